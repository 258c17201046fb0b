"""The light core imports no package of an extra, and a missing one is told in one line."""

import ast
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import lmphys
from lmphys.core.errors import LmphysError
from lmphys.core.extras import EXTRAS, MissingExtraError, needed

PACKAGE = Path(lmphys.__file__).parent
LIGHT = ("core", "stats", "dynamics", "problems", "generative", "agents")
PROJECT = tomllib.loads((PACKAGE.parents[1] / "pyproject.toml").read_text())["project"]
HIDE = f"""
import sys
class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted(EXTRAS)}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Hidden())
"""


def without_extras(code):
    """Run code in an interpreter that has no package of an extra."""
    return subprocess.run([sys.executable, "-c", HIDE + code], capture_output=True, text=True)


def imported(folder):
    """Names of foreign packages that the modules below a folder import, at their top or later."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"lmphys"}


def brought(names):
    """Distributions that are installed with these, their own needs included."""
    waiting, found = list(names), set()
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        try:
            needs = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another platform
            continue
        found.add(name)
        for need in map(Requirement, needs):
            if need.marker is None or need.marker.evaluate({"extra": ""}):
                waiting.append(need.name)
    return found


def test_every_package_that_is_imported_comes_with_the_core_or_with_the_extra_that_is_told():
    owners = {k: {v.lower().replace("_", "-") for v in names} for k, names in metadata.packages_distributions().items()}
    core = brought(Requirement(text).name for text in PROJECT["dependencies"])
    for package in imported(PACKAGE) - set(EXTRAS):
        assert owners[package] & core, f"{package} comes with no dependency of the core; it belongs into EXTRAS"
    for package, extra in EXTRAS.items():
        texts = PROJECT["optional-dependencies"][extra]
        direct = {Requirement(text).name for text in texts if not text.startswith("lmphys[")}
        assert owners.get(package, {package}) & (brought(direct) or direct), package  # hub and pdf may not be installed


def test_the_rooms_of_the_light_core_name_no_package_of_an_extra():
    for room in LIGHT:
        assert not imported(PACKAGE / room) & set(EXTRAS), room


def test_the_light_core_forecasts_without_any_extra():
    code = """
import numpy as np
from lmphys import agents, dynamics, generative, stats
for room in (agents, dynamics, generative, stats):
    for name in room.__all__:
        getattr(room, name)
rng = np.random.default_rng(0)
chains = [rng.normal(size=(6, 4)).cumsum(axis=0) for _ in range(40)]
drift = dynamics.LinearDrift(ridge=1.0).fit(chains[:30])
table = dynamics.one_step_scores(drift, chains[30:], train=chains[:30])
print(len(table))
"""
    done = without_extras(code)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 3


def test_rooms_that_need_an_extra_say_so_in_one_line():
    code = """
from lmphys import book, corpus, lm, thermo
from lmphys.core.extras import MissingExtraError
for room, name in ((lm, "LanguageModel"), (corpus, "build_corpus"), (thermo, "read_contexts"), (book, "use_style")):
    try:
        getattr(room, name)
    except MissingExtraError as error:
        print(error)
"""
    done = without_extras(code)
    said = "{} needs the package {}, which is not installed; pip install 'lmphys[{}]'"
    assert done.stdout.splitlines() == [
        said.format("lmphys.lm.LanguageModel", "transformers", "models"),
        said.format("lmphys.corpus.build_corpus", "transformers", "models"),
        said.format("lmphys.thermo.read_contexts", "transformers", "models"),
        said.format("lmphys.book.use_style", "matplotlib", "book"),
    ], done.stderr


@pytest.mark.parametrize(("command", "extra"), [("list", "book"), ("texts nowhere.jsonl", "models")])
def test_a_command_without_its_extra_ends_with_one_line(command, extra, tmp_path):
    code = f"import sys; sys.argv = {['lmphys', *command.split()]}\nfrom lmphys.cli import main; main()"
    (tmp_path / "nowhere.jsonl").write_text('{"text": "a b c"}\n')
    done = without_extras(f"import os; os.chdir({str(tmp_path)!r})\n" + code)
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("lmphys: this command needs the package ")
    assert f"pip install 'lmphys[{extra}]'" in done.stderr


def test_only_a_missing_package_of_an_extra_is_told():
    with (
        pytest.raises(
            MissingExtraError, match=r"^drawing needs the package seaborn, .*; pip install 'lmphys\[book\]'$"
        ),
        needed("drawing"),
    ):
        raise ModuleNotFoundError("No module named 'seaborn.objects'", name="seaborn.objects")
    with pytest.raises(ModuleNotFoundError) as raised, needed():
        raise ModuleNotFoundError("No module named 'lmphys.nothing'", name="lmphys.nothing")
    assert not isinstance(raised.value, LmphysError)
    assert issubclass(MissingExtraError, ImportError)
