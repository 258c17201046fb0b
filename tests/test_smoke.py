"""Every chapter of the book, run on the default model with the smoke profile, in a copy of the project.

The runs of all chapters (`make smoke`) are left out of `make test`, and of CI, which runs every chapter for the book.
"""

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


CHAPTERS = sorted(f"{path.parent.name}/{path.stem}" for path in (ROOT / "chapters").glob("*/*.py"))


def lmphys(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lmphys", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, env=os.environ)


@pytest.mark.real_model
@pytest.mark.smoke
@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_runs_on_the_smoke_profile(project, chapter):
    done = lmphys(project, "run", chapter, "--profile", "smoke")
    assert done.returncode == 0, done.stderr
    (page,) = project.glob("runs/*/*--smoke/*.ipynb")
    assert page.stem == chapter.split("/")[1]
    assert list((project / "runs" / "ledger").glob("*.json"))


@pytest.mark.real_model
@pytest.mark.slow
def test_rows_of_two_models_stand_in_one_ledger(project):
    for model in ("smollm2", "random:smollm2"):
        done = lmphys(project, "run", "reasoning/drift", "--profile", "smoke", "--model", model)
        assert done.returncode == 0, done.stderr
    ledger = lmphys(project, "ledger", "--format", "csv")
    assert ledger.returncode == 0, ledger.stderr
    assert {"smollm2", "random:smollm2"} <= {cell for line in ledger.stdout.splitlines() for cell in line.split(",")}


@pytest.mark.real_model
def test_the_default_model_is_the_one_that_it_says():
    from lmphys.lm.decode import ChainDecoder, Request
    from lmphys.lm.model import LanguageModel
    from lmphys.lm.sampling import Sampling

    model = LanguageModel()
    facts = model.describe()
    assert (facts["parameters"], facts["layers"], facts["width"]) == (134_515_008, 30, 576)
    prompt = model.prompt_ids("What is the capital of France? Answer in one sentence.")
    (chain,) = ChainDecoder(model, Sampling(0.0, max_tokens=30)).run([Request(prompt, 0)])
    assert "Paris" in model.tokenizer.decode(chain.tokens)
    assert chain.ended
