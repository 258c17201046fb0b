"""The page on notation leads from every numbered equation to the code that computes it."""

import re
from pathlib import Path

import pytest

from lmphys.book.sources import SourceIndex

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "book" / "notation.md").read_text().split("(equations)=")[1]
ROWS = dict(re.findall(r"^\| \{eq\}`(eq-[\w-]+)` \|.*\| `(lmphys[\w.]+)` \|$", TABLE, flags=re.MULTILINE))


def test_every_numbered_equation_has_its_row():
    chapters = "".join(path.read_text() for path in (ROOT / "chapters").glob("*/*.py"))
    assert set(re.findall(r"\$\$ \((eq-[\w-]+)\)", chapters)) == set(ROWS)


@pytest.mark.parametrize(("equation", "name"), ROWS.items())
def test_its_code_exists(equation, name):
    module, found = SourceIndex().find(name)
    assert name in (module, f"{module}.{found}"), equation
