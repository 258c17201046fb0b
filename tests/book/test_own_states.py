"""The page for readers who bring arrays: its code runs as it stands, and finds what was put in."""

import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "book" / "own_states.md"


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_code_of_the_page_finds_two_rules_and_none_where_there_is_one():
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    assert len(code.splitlines()) < 40
    assert "two rules of motion forecast better than one: True" in run(code)
    one_rule = code.replace("else 1 - regime", "else 0")
    assert one_rule != code
    assert "two rules of motion forecast better than one: False" in run(one_rule)
