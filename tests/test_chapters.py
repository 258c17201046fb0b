"""What every chapter of the book owes its reader, read off its source."""

import ast
import re
from pathlib import Path

import pytest

from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims

ROOT = Path(__file__).parents[1]
CHAPTERS = {chapter.id: chapter for chapter in find_chapters(ROOT)}


@pytest.fixture(params=CHAPTERS)
def chapter(request):
    return CHAPTERS[request.param]


def test_it_has_the_standard_parameters_with_help(chapter):
    parameters = {p.name: p for p in chapter.parameters}
    assert {"model", "profile", "seed"} <= set(parameters)
    assert parameters["model"].default in ("smollm2", "reasoner")  # what comes with the package
    assert parameters["profile"].default == "quick"
    assert all(p.help for p in chapter.parameters)


def test_it_has_exercises_with_folded_solutions_whose_code_parses(chapter):
    prose = "\n".join(line[2:] for line in chapter.source.splitlines() if line.startswith("# ") or line == "#")
    assert len(re.findall(r"\{admonition\} Exercise", prose)) >= 3
    solutions = re.findall(r"```\{dropdown\} Solution\n(.*?)```", prose, re.DOTALL)
    assert len(solutions) >= 2
    for solution in solutions:
        code = "\n".join(line[4:] for line in solution.splitlines() if line.startswith("    "))
        ast.parse(code)


def test_it_imports_the_package_of_no_other_page(chapter):
    used = set(re.findall(r"lmphys\.pages(?: import |\.)(\w+)", chapter.source))
    assert used <= {chapter.slug}


def test_its_verdicts_are_of_known_claims(chapter):
    claims = load_claims(ROOT)
    subjects = "|".join(sorted({claim.split(".")[0] for claim in claims}))
    named = re.findall(rf"[\"{{]((?:{subjects})\.[\w.]+)[\":}}]", chapter.source)
    assert named
    assert set(named) <= set(claims)
    assert "Ledger.for_page" in chapter.source
    assert f'for_page("{chapter.id}"' in re.sub(r"\(\s+", "(", chapter.source)


def test_its_figures_have_captions_and_names_of_their_own(chapter):
    figures = re.findall(r'mystnb=\{"figure": \{"name": "(fig-[\w-]+)", "caption": "([^"]+)"', chapter.source)
    assert figures
    names = re.findall(r'"name": "(fig-[\w-]+)"', "".join(c.source for c in CHAPTERS.values()))
    assert len(names) == len(set(names))
