"""What a message advises can be done: every option, command, parameter and variable that it names exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import typer

import lmphys
from lmphys import cli
from lmphys.book.chapter import find_chapters
from lmphys.corpus.cli import app as corpus_app
from lmphys.training.cli import app as training_app

PACKAGE = Path(lmphys.__file__).parent
ROOT = Path(__file__).parents[1]
SPEAKERS = ("LmphysError", "given", "Finding", "announce")
OTHERS = {"--no-deps"}  # of pip
FIELDS = {"base_model_name_or_path", "drift_prior", "covariance_prior"}  # of an adapter, of estimators


def messages() -> Iterator[tuple[str, str]]:
    """Place and text of every message for the user, with `{}` for what is filled in."""
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in SPEAKERS:
                parts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                text = " ".join(part for part in parts if isinstance(part, str))
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", text


@pytest.fixture(scope="module")
def commands() -> dict[str, set[str]]:
    """Commands, such as `corpus build`, with their options."""
    found: dict[str, set[str]] = {}

    def add(command: click.Command, name: str) -> None:
        found[name] = {option for parameter in command.params for option in parameter.opts if option.startswith("-")}
        for below, inner in getattr(command, "commands", {}).items():
            add(inner, f"{name} {below}".strip())

    for app, name in ((cli.app, ""), (corpus_app, "corpus"), (training_app, "train")):
        add(typer.main.get_command(app), name)
    return found


def test_options_and_commands_exist(commands):
    options = set().union(*commands.values())
    assert {"--max-tokens", "--into", "--set", "--model"} <= options
    named = 0
    for place, text in messages():
        for option in set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) - OTHERS:
            named += 1
            assert option in options, f"{place} names {option}"
        for command in re.findall(r"\blmphys ([a-z]+(?: [a-z]+)?)", text):
            first = command.split()[0]
            if first in ("is", "and", "again", "carries"):  # of the package, in prose
                continue
            named += 1
            assert first in commands, f"{place} names lmphys {command}"
    assert named > 20


def test_parameters_and_variables_exist():
    parameters = {parameter.name for chapter in find_chapters(ROOT) for parameter in chapter.parameters}
    source = "\n".join(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    variables = set(re.findall(r"environ(?:\.get\(|\[)\"(LMPHYS_\w+)\"", source))
    for place, text in messages():
        advised = re.findall(r"\b(?:lower|raise|set|increase) ([a-z]+(?:_[a-z]+)+)", text)
        for name in advised + re.findall(r"--set (\w+)=", text):
            assert name in parameters | FIELDS, f"{place} names {name}"
        for name in re.findall(r"LMPHYS_[A-Z]+", text):
            assert name in variables, f"{place} names {name}"
