import json

import pytest
from typer.testing import CliRunner

from lmphys.corpus.build import build_corpus
from lmphys.corpus.cli import app
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.sampling import Sampling


@pytest.fixture
def three(model_folder, tmp_path, monkeypatch):
    """A corpus of a file with three questions, of which ten were asked for."""
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps({"question": f"{i} + 1?", "answer": i + 1}) for i in range(3)))
    spec = CorpusSpec(
        str(model_folder),
        tasks=(str(file),),
        n_questions=10,
        n_chains=2,
        sampling=Sampling(max_tokens=8),
        dtype="float32",
    )
    return build_corpus(spec, device="cpu")


def rows(output):
    return [line.split() for line in output.splitlines() if line.strip()]


def test_info_counts_what_is_there_and_cuts_nothing(three):
    assert len(three.chains) == 6
    header, row = rows(CliRunner().invoke(app, ["info"]).stdout)
    assert header == ["key", "model", "writer", "tasks", "chains", "seed", "MB"]
    assert row[:6] == [three.folder.name, three.spec.model, "itself", "1", "6", "0"]


def test_info_tells_of_a_build_that_was_stopped(three):
    (three.folder / "manifest.json").unlink()
    _, row = rows(CliRunner().invoke(app, ["info"]).stdout)
    assert row[:5] == [three.folder.name, "unfinished", "–", "–", "6"]
