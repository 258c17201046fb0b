"""The same sweep on this machine and on a Slurm of one node, where two of its jobs are killed while they write."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.sweeps import environment, lmphys, make_sweep, tiny_models

_MISSING = [name for name in ("sbatch", "slurmctld", "slurmd", "munged") if shutil.which(name) is None]
_MISSING += ["Snakemake and its plugin"] * (importlib.util.find_spec("snakemake_executor_plugin_slurm") is None)
_MISSING += ["root"] * (os.getuid() != 0)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(_MISSING), reason=f"a Slurm of one node needs {', '.join(_MISSING)}"),
]


@pytest.fixture(scope="module")
def slurm(tmp_path_factory) -> Iterator[dict[str, str]]:
    """A Slurm, and what its commands need in their environment."""
    folder = tmp_path_factory.mktemp("slurm")
    for parent in (folder, *folder.parents[:3]):  # munge, another user, passes through
        parent.chmod(parent.stat().st_mode | 0o011)
    script = str(Path(__file__).with_name("slurm.sh"))
    subprocess.run(["bash", script, "start", str(folder)], check=True)
    yield {"SLURM_CONF": str(folder / "slurm.conf")}
    subprocess.run(["bash", script, "stop", str(folder)], check=True)


def wait_for(found: Callable[[], Any], process: subprocess.Popen[str], seconds: float = 900) -> Any:
    """What is found, once something is; the sweep must go on meanwhile."""
    end = time.monotonic() + seconds
    while not (value := found()):
        assert process.poll() is None, "the sweep ended before"
        assert time.monotonic() < end
        time.sleep(0.05)
    return value


def in_hand(home: Path) -> set[Path]:
    """Shards that somebody writes now."""
    return {file for file in home.glob("corpora/*/shard-*.lock") if not file.with_suffix(".json").exists()}


def builders(home: Path) -> dict[str, psutil.Process]:
    """Slurm's number of each job that builds a part now, and its process."""
    found = {}
    for process in psutil.process_iter():
        try:
            told = process.environ()
            if told.get("LMPHYS_HOME") == str(home) and "--shard" in process.cmdline() and "SLURM_JOB_ID" in told:
                found[told["SLURM_JOB_ID"]] = process
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def test_a_sweep_on_slurm_with_killed_jobs_is_the_local_one(slurm, tmp_path, tokenizer):
    models = tiny_models(tmp_path / "models", tokenizer)
    local = make_sweep(tmp_path / "local", models)
    done = lmphys(local, tmp_path / "local-home", "sweep")
    assert done.returncode == 0, done.stderr

    root, home = make_sweep(tmp_path / "cluster", models), tmp_path / "cluster-home"
    command = [sys.executable, "-m", "lmphys", "sweep", "--executor", "slurm", "--profile-dir"]
    command += ["workflow/profiles/slurm-plain"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment(home) | slurm, stdout=log, stderr=log, text=True)
        wait_for(lambda: in_hand(home), process)
        cancelled = next(iter(wait_for(lambda: builders(home), process)))
        subprocess.run(["scancel", cancelled], check=True, env=environment(home) | slurm)
        others = wait_for(
            lambda: in_hand(home) and {n: p for n, p in builders(home).items() if n != cancelled}, process
        )
        killed, victim = next(iter(others.items()))
        victim.send_signal(signal.SIGKILL)
        assert killed != cancelled
        status = process.wait(3600)
    if status:  # more failures than retries: the same command goes on
        again = subprocess.run(command, cwd=root, env=environment(home) | slurm, capture_output=True, text=True)
        assert again.returncode == 0, (tmp_path / "log").read_text() + again.stderr

    sums = Path("runs", "sweeps", "two", "checksums.txt")
    assert (root / sums).read_text() == (local / sums).read_text()
    assert len((root / sums).read_text().splitlines()) == 4
