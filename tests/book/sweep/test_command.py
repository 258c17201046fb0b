import importlib.util
import json
import sys

import pytest
from tests.sweeps import make_sweep, tiny_models

from lmphys.book.sweep import command
from lmphys.book.sweep.command import run_sweep
from lmphys.core.errors import LmphysError
from lmphys.core.locks import alone


@pytest.fixture
def root(tmp_path, tokenizer):
    return make_sweep(tmp_path / "project", tiny_models(tmp_path / "models", tokenizer))


@pytest.fixture
def calls(monkeypatch):
    """Commands that would have been run; Snakemake is taken to be there."""
    made = []

    def run(arguments, **how):
        made.append((arguments, how["env"]))
        return type("Done", (), {"returncode": 3 if "--fail" in arguments else 0})

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if name == "snakemake" else find(name))
    monkeypatch.setattr(command, "_has", lambda python, module: module == "snakemake_executor_plugin_slurm")
    monkeypatch.setattr(command.subprocess, "run", run)
    return made


def test_a_dry_run_prints_and_writes_the_plan_alone(root, monkeypatch):
    monkeypatch.chdir(root)
    said = []
    run_sweep(root, None, dry_run=True, echo=said.append)
    assert said[-1] == "plan: runs/sweeps/two/plan.json"
    assert [file.name for file in (root / "runs").rglob("*") if file.is_file()] == ["plan.json"]


def test_snakemake_is_told_what_the_plan_allows(root, calls):
    said = []
    run_sweep(root, None, jobs=3, echo=said.append)
    ((arguments, environment),) = calls
    assert arguments[arguments.index("--cores") + 1] == "3"
    assert "plan=runs/sweeps/two/plan.json" in arguments and (root / "runs" / "sweeps" / "two" / "plan.json").is_file()
    assert environment["LMPHYS_DTYPE"] == "float32" and environment["LMPHYS_DEVICE"] == "cpu"
    assert said[-1].startswith("ledgers: ")


def test_a_cluster_gets_jobs_profile_and_further_arguments(root, calls):
    profile = root / "workflow" / "profiles" / "slurm-plain"
    run_sweep(
        root, None, executor="slurm", profile=profile, more=["--default-resources", "x=1"], echo=lambda line: None
    )
    ((arguments, _),) = calls
    assert arguments[arguments.index("--executor") + 1] == "slurm"
    assert arguments[arguments.index("--jobs") + 1] == "64"
    assert arguments[arguments.index("--profile") + 1] == str(profile)
    assert arguments[-2:] == ["--default-resources", "x=1"]


def test_what_is_missing_is_said_before_anything_runs(root, calls, tmp_path, monkeypatch):
    with pytest.raises(LmphysError, match=r"no executor 'lsf'; .* install snakemake-executor-plugin-lsf$"):
        run_sweep(root, None, executor="lsf")
    with pytest.raises(LmphysError, match="holds no profile of Snakemake"):
        run_sweep(root, None, profile=tmp_path)
    with pytest.raises(LmphysError, match="0 jobs: take at least 1"):
        run_sweep(root, None, jobs=0)
    with pytest.raises(LmphysError, match="no file"):
        run_sweep(root, tmp_path / "none.yaml")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LmphysError, match=r"Snakemake is not installed; .*pip install 'snakemake>=9'"):
        run_sweep(root, None)
    assert not calls and not (root / "runs").exists()


def test_a_sweep_that_stopped_says_how_to_go_on(root, calls):
    with pytest.raises(LmphysError, match=r"stopped with status 3; .*the same command goes on"):
        run_sweep(root, None, more=["--fail"], echo=lambda line: None)


def test_one_sweep_of_a_name_at_a_time(root, calls):
    folder = root / "runs" / "sweeps" / "two"
    folder.mkdir(parents=True)
    with alone(folder / ".lock", "busy"), pytest.raises(LmphysError, match="the sweep two is running already"):
        run_sweep(root, None, echo=lambda line: None)


def test_an_engine_of_another_environment_runs_jobs_in_this_one(root, calls, tmp_path, monkeypatch):
    (tmp_path / "snakemake").write_text("#!/bin/sh\n")
    (tmp_path / "snakemake").chmod(0o755)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    run_sweep(root, None, echo=lambda line: None)
    ((arguments, _),) = calls
    assert arguments[:3] == [str(tmp_path / "python"), "-m", "snakemake"]
    plan = json.loads((root / "runs" / "sweeps" / "two" / "plan.json").read_text())
    assert plan["python"] == sys.executable
