import json

import pytest

from lmphys.book import text_command
from lmphys.core.errors import LmphysError

WORDS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]


def posts(path, n=12):
    lines = []
    for i in range(n):
        text = " ".join(WORDS[(i * 3 + j * (1 + i % 2)) % 10] for j in range(60))
        lines.append(json.dumps({"text": text, "source": "ab"[i % 2], "time": i}))
    path.write_text("\n".join([*lines, "", '{"text": "x"}', "{"]) + "\n")


@pytest.fixture
def command(model_of, monkeypatch):
    monkeypatch.setattr("lmphys.lm.model.LanguageModel", lambda spec, **_: model_of("llama"))
    said = []

    def run(file, **changes):
        settings = {"model": "tiny", "by": "source", "window": 10, "context": 4, "bins": 5, "seed": 0}
        text_command.take_temperatures(
            file, **{**settings, "figure": None, "record": None, "echo": said.append, **changes}
        )
        return "\n".join(said)

    return run


def test_tables_figure_and_record(command, tmp_path):
    file, figure, record = tmp_path / "posts.jsonl", tmp_path / "new" / "posts.png", tmp_path / "posts.json"
    posts(file)
    told = command(file, figure=figure, record=record)
    assert "12 texts read, 3 left out" in told
    for line in ("line 13 is left out: it is empty", "line 14 is left out: 1 token", "line 15 is left out: it is not"):
        assert line in told
    assert "relative entropy" in told
    assert "in time" in told
    assert figure.read_bytes().startswith(b"\x89PNG")
    found = json.loads(record.read_text())
    assert len(found["texts"]) == 12
    assert len(found["left_out"]) == 3
    assert {row["source"] for row in found["sources"]} == {"a", "b"}
    assert found["relative_entropy_by_pair"]["mean states"][0][0] == 0


def test_one_source_is_read_and_what_cannot_be_told_is_said(command, tmp_path):
    file = tmp_path / "few.jsonl"
    file.write_text(json.dumps({"text": " ".join(WORDS * 3)}) + "\n")
    told = command(file)
    assert "1 text read, 0 left out" in told
    assert "note: sources are not compared" in told


def test_settings_that_make_no_sense(command, tmp_path):
    with pytest.raises(LmphysError, match="choose source or author"):
        command(tmp_path / "x.jsonl", by="colour")
    with pytest.raises(LmphysError, match="no known ending"):
        command(tmp_path / "x.jsonl", figure=tmp_path / "x.doc")
    with pytest.raises(LmphysError, match="cannot be read"):
        command(tmp_path / "missing.jsonl")
