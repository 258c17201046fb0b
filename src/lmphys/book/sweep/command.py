"""`lmphys sweep`: the plan of a sweep, and Snakemake, which carries it out."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

from lmphys.book.chapter import find_chapters
from lmphys.book.sweep.config import SWEEP_CONFIG, SweepConfig
from lmphys.book.sweep.plan import SweepPlan, plan_sweep
from lmphys.core.errors import LmphysError
from lmphys.core.locks import alone

SNAKEFILE = Path("workflow", "Snakefile")
LOCAL = "local"
# Jobs that wait or run on a cluster at a time.
_MOST_JOBS = 64
# Seconds that a file may take to be seen from another node.
_LATENCY = 60


def run_sweep(
    root: Path,
    config: Path | None,
    *,
    dry_run: bool = False,
    executor: str = LOCAL,
    jobs: int | None = None,
    profile: Path | None = None,
    more: Sequence[str] = (),
    echo: Callable[[str], None] = print,
) -> None:
    """Print the plan of a sweep, write it, and let Snakemake carry it out.

    Args:
        root: of the project.
        config: file of settings; None for that of the project.
        dry_run: only print and write the plan.
        executor: `local`, or the name of a plugin of Snakemake.
        jobs: side by side.
        profile: folder of a profile of Snakemake.
        more: arguments for Snakemake.
        echo: receives the lines.

    Raises:
        LmphysError: settings that cannot be; Snakemake, a plugin or a profile is missing; or a job failed.
    """
    path = root / SWEEP_CONFIG if config is None else config
    if jobs is not None and jobs < 1:
        raise LmphysError(f"{jobs} jobs: take at least 1")
    plan = plan_sweep(root, SweepConfig.read(path), find_chapters(root), local=executor == LOCAL)
    engine = [] if dry_run else _engine(executor, profile)
    echo("\n".join(plan.lines(root)))
    folder = root / plan.folder
    if dry_run:
        echo(f"plan: {_seen(plan.write(root))}")
        return
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / ".lock", f"the sweep {plan.config.name} is running already; wait for it, or stop it"):
        plan.write(root)
        command = snakemake_arguments(root, plan, executor=executor, jobs=jobs, profile=profile)
        status = subprocess.run([*engine, *command, *more], cwd=root, env=os.environ | plan.environment()).returncode
    if status:
        raise LmphysError(
            f"the sweep stopped with status {status}; what its jobs said is in {_seen(folder / 'logs')}; the same "
            "command goes on where it stopped"
        )
    echo(f"comparison: {_seen(folder / 'comparison.csv')}")
    echo(f"ledgers: {_seen(folder / 'ledgers')}; headline claims: lmphys ledger --across --folder {_seen(folder)}")


def snakemake_arguments(
    root: Path, plan: SweepPlan, *, executor: str = LOCAL, jobs: int | None = None, profile: Path | None = None
) -> list[str]:
    """What Snakemake is told, to carry out a plan that was written.

    Nothing is locked, as a controller that was killed would leave its lock; the sweep holds a lock of its own.
    """
    command = ["--snakefile", str(root / SNAKEFILE), "--directory", str(root)]
    command += ["--config", f"plan={plan.folder.as_posix()}/plan.json"]
    command += ["--nolock", "--rerun-incomplete", "--keep-going", "--show-failed-logs"]
    if profile is not None:
        command += ["--profile", str(profile)]
    if executor != LOCAL:
        return [*command, "--executor", executor, "--jobs", str(jobs or _MOST_JOBS), "--latency-wait", str(_LATENCY)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    free = int(psutil.virtual_memory().available / 1e6)
    # Jobs of a model that needs all memory still run, one at a time; and one at a time has the GPU.
    sized = [job.resources for job in plan.corpora] + [job.resources for job in plan.pages]
    largest = max(each.mem_mb for each in sized)
    limits = [f"mem_mb={max(free, largest)}"]
    if plan.device == "cuda":
        limits.append(f"gpu={max(1, *(each.gpus for each in sized))}")
    wanted = plan.config.cpus * jobs if jobs is not None else cores
    return [*command, "--cores", str(wanted), "--resources", *limits]


def _engine(executor: str, profile: Path | None) -> list[str]:
    """The command of Snakemake: of this environment, else of the one whose `snakemake` is found first.

    It wants some packages in other versions than the book's lock, and so had better have an environment of its own.

    Raises:
        LmphysError: what runs the jobs is missing.
    """
    python = sys.executable
    if importlib.util.find_spec("snakemake") is None:
        found = shutil.which("snakemake")
        if found is None:
            raise LmphysError(
                "Snakemake is not installed; install it beside the book: python3 -m venv .sweep && .sweep/bin/pip "
                "install 'snakemake>=9' snakemake-executor-plugin-slurm && export PATH=$PWD/.sweep/bin:$PATH"
            )
        python = str(Path(found).parent / "python")
    plugin = f"snakemake-executor-plugin-{executor}"
    if executor != LOCAL and not _has(python, plugin.replace("-", "_")):
        pip = Path(python).parent / "pip"
        raise LmphysError(f"Snakemake has no executor {executor!r}; use local, or install it: {pip} install {plugin}")
    if profile is not None and not (list(profile.glob("config*.yaml")) or list(profile.glob("config*.yml"))):
        raise LmphysError(f"{profile} holds no profile of Snakemake (config.yaml); see workflow/profiles")
    return [python, "-m", "snakemake"]


def _has(python: str, module: str) -> bool:
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"
    return subprocess.run([python, "-c", code], capture_output=True).returncode == 0


def _seen(path: Path) -> str:
    """A path as it is typed here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
