"""A sweep on this machine, from its command to its comparison."""

import importlib.util

import pandas as pd
import pytest
from tests.sweeps import lmphys, make_sweep, tiny_models

from lmphys.book.ledgers import read_ledgers

needs_snakemake = pytest.mark.skipif(
    importlib.util.find_spec("snakemake") is None, reason="Snakemake is not installed (pip install 'lmphys[sweep]')"
)


@needs_snakemake
@pytest.mark.slow
def test_two_models_from_parts_to_a_comparison(tmp_path, tokenizer):
    models = tiny_models(tmp_path / "models", tokenizer)
    root = make_sweep(tmp_path / "project", models)
    home = tmp_path / "home"
    done = lmphys(root, home, "sweep", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert "2 models × 1 page × 1 seed, profile quick, float32 on cpu" in done.stdout
    assert "12 jobs, 0 of them done: 4 parts and 2 merges of corpora, 2 of pages, 2 ledgers" in done.stdout

    folder = root / "runs" / "sweeps" / "two"
    kinds = [line.split()[1].rpartition("/")[0] for line in (folder / "checksums.txt").read_text().splitlines()]
    assert kinds == ["corpora", "corpora", "ledgers", "ledgers"]
    table = pd.read_csv(folder / "comparison.csv")
    assert table["claim"].tolist() == ["slds.jump.ratio"]
    assert sum(name.endswith(": verdict") for name in table) == 2
    rows = read_ledgers(root, folder).rows
    assert set(rows["model"]) == {"tiny-llama", "tiny-gpt2"}
    assert len(list((home / "corpora").glob("*/manifest.json"))) == 2  # the pages took what was merged
    assert not list((home / "corpora").glob("*/*.lock")) + list((home / "corpora").glob("*/part-*.json"))

    # One machine builds the same corpus without parts.
    alone = tmp_path / "alone"
    built = lmphys(root, alone, "corpus", "build", "--model", str(models[1]), "--dtype", "float32", "--device", "cpu")
    assert built.returncode == 0, built.stderr
    (here,) = (alone / "corpora").glob("*/manifest.json")
    there = home / "corpora" / here.parent.name
    assert (there / "manifest.json").read_bytes() == here.read_bytes()

    again = lmphys(root, home, "sweep", "--dry-run")
    assert "12 jobs, 12 of them done" in again.stdout
