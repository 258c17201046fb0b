"""What a page was made with: commit, versions, device, memory."""

import json
import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from lmphys.core.paths import cache_home

PACKAGES = ("lmphys", "torch", "transformers", "numpy", "scipy", "scikit-learn", "pandas", "matplotlib")


def git_state(root: Path) -> str:
    """Commit of the checkout, with `, with local changes` where there are some; says so where there is no git."""

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, timeout=30)
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip() if done.returncode == 0 else None

    changes = git("status", "--porcelain", "--", ".")
    if changes is None:
        return "not a git checkout"
    commit = git("rev-parse", "HEAD")
    return (commit or "no commit yet") + (", with local changes" if changes else "")


def versions() -> dict[str, str]:
    """Version of Python and of the packages that decide a number."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def device_name() -> str:
    """Device that this process has used so far.

    It asks only a torch that is already loaded, and names a GPU only when a CUDA context exists: a page that never
    touched the GPU says cpu.
    """
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        return f"cuda ({torch.cuda.get_device_name()})"
    return "mps" if os.environ.get("LMPHYS_DEVICE", "").startswith("mps") else "cpu"


def peak_memory() -> float:
    """Largest resident memory of this process so far, GB; nan where the system does not tell."""
    try:
        # What getrusage tells on Linux begins with the peak of the process that started this one.
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        pass
    try:
        import resource
    except ImportError:
        return float("nan")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes on macOS, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


def machine() -> dict[str, str]:
    """Name and number of cores of the processor, and the system."""
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), name)
    except OSError:
        pass
    return {"processor": name, "cores": str(os.cpu_count()), "system": f"{platform.system()} {platform.release()}"}


def processor_kind() -> str:
    """What decides the speed of matrix products on this processor: its widest instructions, and its cores.

    Such as "AVX2, 2 cores", or "AVX-512 with bfloat16, 8 cores". Two machines of one kind share their benchmarks.
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        flags = next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), set())
    except OSError:
        flags = set()
    return f"{instructions(flags)}, {os.cpu_count()} cores"


def instructions(flags: set[str]) -> str:
    """The widest instructions in the flags of a processor; its architecture where there is none of them."""
    names = (name for flag, name in (("avx512f", "AVX-512"), ("avx2", "AVX2")) if flag in flags)
    widest = next(names, platform.machine())
    return f"{widest} with bfloat16" if flags & {"avx512_bf16", "amx_bf16"} else widest


PACKAGE = Path(__file__).resolve().parents[1]
_opened: set[str] = set()
_written: set[str] = set()


def watch_files() -> None:
    """Keep the names of all files that this process opens from now on, to read or to write."""

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str):
            _opened.add(arguments[0])
            if isinstance(arguments[1], str) and set(arguments[1]) & set("wxa+"):
                _written.add(arguments[0])

    sys.addaudithook(note)


def inputs(root: Path) -> list[str]:
    """What a page of the project at `root` was made from, as names that hold on every machine.

    These are `lmphys/...` for the modules of this package that are loaded and for other files of it that were opened,
    and `data/...` for the files of the project's data that were opened since `watch_files`. An adapter counts by its
    settings and tensors, which are hashed through `open` before they are loaded.
    """
    loaded = {module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "lmphys"}
    found = set()
    for name in filter(None, loaded | _opened):
        path = Path(name).resolve()
        if path.suffix in (".pyc", ".pyi"):
            continue
        if path.is_relative_to(PACKAGE):
            found.add(f"lmphys/{path.relative_to(PACKAGE).as_posix()}")
        elif path.is_relative_to(root / "data"):
            found.add(path.relative_to(root).as_posix())
    return sorted(found)


def probe() -> dict[str, Any]:
    """What only the process that ran a chapter knows; the runner calls it in the last cell."""
    state: dict[str, Any] = {"device": device_name(), "executable": sys.executable, "versions": versions()}
    state["inputs"] = inputs(Path.cwd().resolve())
    home = cache_home().resolve()
    state["cold"] = any(Path(name).resolve().is_relative_to(home) for name in _written)
    passes = sys.modules.get("lmphys.core.passes")  # not loaded: no model was
    tokens = {"drawn": 0, "read": 0} if passes is None else passes.passed_tokens()
    state |= {f"tokens_{kind}": n for kind, n in tokens.items()}
    memory = peak_memory()
    return state | {"peak_memory_gb": round(memory, 3) if memory == memory else None}


def print_probe() -> None:
    """Print `probe` as one line of JSON."""
    print(json.dumps(probe()))
