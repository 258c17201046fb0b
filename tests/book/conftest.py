"""A toy project: the folders that the runner expects, without a model."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

REPOSITORY = Path(__file__).parents[2]

HEAD = """# %% [markdown]
# # A toy page
#
# Some text.

# %% tags=["parameters"]
model: str = "smollm2"  # model spec
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of everything
rank: int = 40  # dimension of the projection
"""


def make_project(root: Path, chapters: dict[str, str]) -> Path:
    """Write a project with chapters of the given code cells (separated by `# %%`), listed in the contents."""
    for folder in ("book", "chapters", "src", "data"):
        (root / folder).mkdir(parents=True)
    (root / "data" / "claims").mkdir()
    for path in (REPOSITORY / "data" / "claims").glob("*.csv"):  # a toy page need not give the controls of a real one
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        null = table["null"].mask((table["comparison"] == "direction") & (table["null"] == ""), "0")
        table.assign(controls="", null=null).to_csv(root / "data" / "claims" / path.name, index=False)
    (root / "_config.yml").write_text("title: toy\n")
    (root / "requirements.lock").write_text("numpy==2.0\n")
    (root / "src" / "code.py").write_text("x = 1\n")
    lines = ["format: jb-book", "root: intro", "parts:", "  - caption: part", "    chapters:"]
    lines += [f"      - file: chapters/{name}" for name in chapters]
    (root / "book" / "_toc.yml").write_text("\n".join(lines) + "\n")
    (root / "book" / "intro.md").write_text("# Introduction\n")
    for name, code in chapters.items():
        path = root / "chapters" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{HEAD}\n# %%\n{code}")
    return root


@pytest.fixture(scope="session")
def project_maker() -> Callable[[Path, dict[str, str]], Path]:
    return make_project
