"""Create a virtual environment and install the exact lock and this package into it.

    python tools/install.py .venv

Plain pip does the work, so a build of torch that your pip is configured to prefer (a CPU build, say) is taken.
"""

import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
SSM = "ssm==0.0.1"  # a source release of 2019 that an isolated build cannot compile
ANSI = re.compile(r"\x1b\[[0-9;]*m")
TORCH_ONLY = re.compile(r"torch==|triton==|nvidia-|cuda-")  # what a CUDA build of torch asks for, a CPU build not


def stop(message: str) -> None:
    """End with one line on standard error."""
    sys.exit(f"install: {message}")


def pip(python: Path, *arguments: str, check: bool = True) -> bool:
    """Run pip of the environment; stop with its errors, a line each, when it fails and `check` is set.

    What pip warns of (that it runs as root, that another try follows, that metadata are old) is no work for the user;
    the environment is checked by `lmphys doctor`.
    """
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if check and done.returncode:
        for line in errors(done.stdout):
            print(f"install: pip: {line}", file=sys.stderr)
        stop(f"pip failed (see above); mend it and run the same command again: {arguments[-1]}")
    return done.returncode == 0


def errors(said: str) -> list[str]:
    """The errors in what pip said, each once and on one line; its last words where it named none."""
    lines = [line.strip() for line in ANSI.sub("", said).splitlines() if line.strip()]
    named = [line for line in lines if line.startswith("ERROR:") or re.match(r"(\w*Error|error):", line)]
    return list(dict.fromkeys(named)) or lines[-3:]


def environment_python(folder: Path) -> Path:
    """Return the interpreter of the environment in `folder`, which is created if it is missing."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"install: creating {folder}", flush=True)
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError) as error:
            stop(f"cannot create {folder} ({error}); on Debian, `apt install python3-venv` may be missing")
    return python


def main(folder: str) -> None:
    """Install everything into the environment at `folder`."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        here = ".".join(map(str, sys.version_info[:2]))
        stop(f"Python 3.11 to 3.13 is needed, this is {here}; name another one: make PYTHON=python3.12 book")
    python = environment_python(Path(folder))
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    torch = next(line for line in lines if line.startswith("torch=="))
    print(f"install: {torch}", flush=True)
    pip(python, "--constraint", str(LOCK), torch)
    rest = [line for line in lines if not TORCH_ONLY.match(line)]
    print(f"install: {len(rest)} packages of {LOCK.name}", flush=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n".join(rest))
        file.flush()
        pip(python, "--no-deps", "--requirement", file.name)
    pip(python, "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
    print(f"install: {SSM} (compiles)", flush=True)
    if not pip(python, "--no-deps", "--no-build-isolation", SSM, check=False):
        why = "it needs a C compiler and Python below 3.13"
        print(f"install: {SSM} could not be compiled ({why}); what compares with it is skipped")
    print("install: done", flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        stop("usage: python tools/install.py FOLDER")
    main(sys.argv[1])
