import tomllib
from pathlib import Path

import yaml

import lmphys

ROOT = Path(__file__).parents[1]


def test_one_version_is_said_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    heading = next(line for line in (ROOT / "CHANGELOG.md").read_text().splitlines() if line.startswith("## 0"))
    assert lmphys.__version__ == project == citation["version"]
    assert heading == f"## {project} ({citation['date-released']})"
