"""A sweep of two tiny random models of two architectures, over one page and two shards each."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

from tests.book.conftest import REPOSITORY, make_project
from tests.conftest import QUICK, tiny_model

PAGE = """import numpy as np
from lmphys import book, corpus
spec = corpus.default_spec(model, profile, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", "boundary")
jumps = np.linalg.norm(states.increments(), axis=1)
ledger = book.Ledger.for_page("toy/jumps", model=model, profile=profile)
ledger.record("slds.jump.ratio", float(jumps.std() / jumps.mean()))
"""
# So short that every shard is a job of its own.
MINUTES = 1e-6


def tiny_models(folder: Path, tokenizer) -> list[Path]:
    """Two of them, saved."""
    folders = [folder / f"tiny-{architecture}" for architecture in QUICK]
    for architecture, path in zip(QUICK, folders, strict=True):
        tiny_model(architecture, len(tokenizer)).save_pretrained(path)
        tokenizer.save_pretrained(path)
    return folders


def make_sweep(root: Path, models: list[Path], **settings) -> Path:
    """A project with one page that takes the corpus of its model, the workflow, and settings for these models."""
    make_project(root, {"toy/jumps": PAGE})
    shutil.copytree(REPOSITORY / "workflow", root / "workflow")
    shutil.copy(REPOSITORY / "data" / "rates.csv", root / "data" / "rates.csv")
    (root / "config").mkdir()
    chosen = {"models": list(map(str, models)), "pages": ["toy/jumps"], "job_minutes": MINUTES, "cpus": 1}
    (root / "config" / "sweep.yaml").write_text(yaml.safe_dump(chosen | {"device": "cpu", "name": "two"} | settings))
    return root


def environment(home: Path) -> dict[str, str]:
    """Of a process that keeps its corpora in a folder of its own and computes in one way everywhere."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("SLURM")}
    return inherited | {"LMPHYS_HOME": str(home), "OMP_NUM_THREADS": "1"}


def lmphys(root: Path, home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a project, to its end."""
    command = [sys.executable, "-m", "lmphys", *arguments]
    return subprocess.run(command, cwd=root, env=environment(home), capture_output=True, text=True)
