"""What the faces of the packages promise: few names, each with a thing behind it, nothing loaded before its time."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import lmphys

ROOT = Path(lmphys.__file__).parent
FACES = {".".join(path.relative_to(ROOT.parent).parent.parts): path for path in sorted(ROOT.rglob("__init__.pyi"))}
MOST, MOST_OF_A_PAGE = 20, 24


def names(face):
    """Names that a face lists, as they are imported."""
    imports = [node for node in ast.parse(face.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return [alias.asname or alias.name for node in imports for alias in node.names]


@pytest.mark.parametrize("package", FACES)
def test_a_face_is_short_and_every_name_resolves(package):
    listed = names(FACES[package])
    assert len(listed) == len(set(listed))
    assert len(listed) <= (MOST_OF_A_PAGE if package.startswith("lmphys.pages.") else MOST)
    room = importlib.import_module(package)
    for name in listed:
        assert getattr(room, name) is not None
    assert set(listed) <= set(dir(room))


@pytest.mark.parametrize("package", FACES)
def test_no_name_of_a_face_hides_a_module(package):
    """A function `boltzmann` beside a module `boltzmann.py` would be one or the other, by what was imported first."""
    folder = FACES[package].parent
    inside = {path.stem for path in folder.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    room = importlib.import_module(package)
    for name in inside & set(names(FACES[package])):
        assert getattr(room, name) is importlib.import_module(f"{package}.{name}")


def test_dynamics_needs_no_language_model_and_no_figure():
    code = """
import sys
import lmphys.dynamics as dynamics
for name in dynamics.__all__:
    getattr(dynamics, name)
unwanted = ("transformers", "matplotlib", "seaborn", "lmphys.lm", "lmphys.corpus", "lmphys.problems", "lmphys.book")
print(*(m for m in sys.modules if m in unwanted or m.startswith(tuple(f"{u}." for u in unwanted))))
assert len(dynamics.__all__) > 10
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []
