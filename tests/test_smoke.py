"""Every chapter of the book, run on the default model with the smoke profile, in a copy of the project."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def project(tmp_path) -> Path:
    """The files of the book that a run reads, without its pages and records."""
    for name in ("chapters", "data"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("_config.yml", "requirements.lock", "book/_toc.yml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "src").symlink_to(ROOT / "src")
    for page in (
        "intro",
        "how_to_read",
        "run_it",
        "notation",
        "dictionary",
        "summary",
        "ledger",
        "status",
        "references",
    ):
        (tmp_path / "book" / f"{page}.md").write_text("# A page\n")
    return tmp_path


@pytest.mark.real_model
def test_every_chapter_runs_on_the_smoke_profile_and_on_random_weights(project):
    def run(*options):
        command = [sys.executable, "-m", "lmphys", "run", *options]
        return subprocess.run(command, cwd=project, capture_output=True, text=True, env=os.environ)

    done = run("--profile", "smoke")
    assert done.returncode == 0, done.stderr
    pages = sorted(path.name for path in project.glob("runs/*/*--smoke/*.ipynb"))
    assert pages == sorted(f"{chapter.stem}.ipynb" for chapter in project.glob("chapters/*/*.py"))
    done = run("reasoning/drift", "--profile", "smoke", "--model", "random:smollm2")
    assert done.returncode == 0, done.stderr
    ledger = subprocess.run(
        [sys.executable, "-m", "lmphys", "ledger", "--format", "csv"], cwd=project, capture_output=True, text=True
    )
    assert ledger.returncode == 0, ledger.stderr
    assert {"smollm2", "random:smollm2"} <= {cell for line in ledger.stdout.splitlines() for cell in line.split(",")}


@pytest.mark.real_model
def test_the_default_model_is_the_one_that_it_says():
    from lmphys.corpus import LanguageModel, Request, Sampling
    from lmphys.corpus.decode import ChainDecoder

    model = LanguageModel()
    facts = model.describe()
    assert (facts["parameters"], facts["layers"], facts["width"]) == (134_515_008, 30, 576)
    prompt = model.prompt_ids("What is the capital of France? Answer in one sentence.")
    (chain,) = ChainDecoder(model, Sampling(0.0, max_tokens=30)).run([Request(prompt, 0)])
    assert "Paris" in model.tokenizer.decode(chain.tokens)
    assert chain.ended
