import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lmphys.core.errors import LmphysError
from lmphys.corpus import build as build_module
from lmphys.corpus.build import build_corpus
from lmphys.corpus.cli import app
from lmphys.corpus.parts import Part, build_part, merge_parts
from lmphys.corpus.store import Corpus, ShardStore, corpora_home


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a corpus, byte for byte."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("n_parts", [1, 2, 4, 6])
def test_parts_in_any_order_make_the_corpus_of_one_machine(spec, home, small_shards, sharded_folder, n_parts):
    shards = []
    for number in reversed(range(1, n_parts + 1)):
        built = build_part(spec, Part(number, n_parts), device="cpu")
        assert built.folder.name == sharded_folder.name
        assert built.n_shards == 6
        shards += built.shards
        with pytest.raises(LmphysError, match="holds no finished corpus"):
            Corpus(built.folder)
    assert sorted(shards) == list(range(6))
    merged = merge_parts(sharded_folder.name)
    assert content(merged.folder) == content(sharded_folder)
    assert merge_parts(sharded_folder.name).folder == merged.folder


def test_parts_that_read_what_another_model_wrote(spec, home, small_shards):
    blind = spec.read_by(f"random:{spec.model}")
    for number in (2, 1):
        folder = build_part(blind, Part(number, 2), device="cpu").folder
    parts = content(merge_parts(folder.name).folder)
    shutil.rmtree(folder)
    assert content(build_corpus(blind, device="cpu").folder) == parts


def test_a_part_that_stands_asks_for_no_model(spec, home, small_shards, monkeypatch):
    first = build_part(spec, Part(1, 2), device="cpu")
    monkeypatch.setattr(build_module, "LanguageModel", None)
    assert build_part(spec, Part(1, 2), device="cpu") == first
    with pytest.raises(TypeError):
        build_part(spec, Part(2, 2), device="cpu")


def test_a_damaged_shard_of_a_part_is_built_again(spec, home, small_shards, sharded_folder):
    for number in (1, 2):
        folder = build_part(spec, Part(number, 2), device="cpu").folder
    (folder / "shard-00004.safetensors").write_bytes(b"")
    with pytest.raises(LmphysError, match=r"lacks 1 of its 6 shards; .* --shard 5/6$"):
        merge_parts(folder.name)
    build_part(spec, Part(2, 2), device="cpu")
    assert content(merge_parts(folder.name).folder) == content(sharded_folder)


def test_parts_of_two_machines_are_put_together(spec, tmp_path, small_shards, sharded_folder, monkeypatch):
    folders = []
    for number in (1, 2):
        monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / f"machine-{number}"))
        folders.append(build_part(spec, Part(number, 2), device="cpu").folder)
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "here"))
    with pytest.raises(LmphysError, match="lacks 3 of its 6 shards"):
        merge_parts(folders[0].name, folders[:1])
    assert content(merge_parts(folders[0].name, folders).folder) == content(sharded_folder)


def test_parts_that_were_not_made_alike_are_refused(spec, home, small_shards):
    for number in (1, 2):
        folder = build_part(spec, Part(number, 2), device="cpu").folder
    record = folder / Part(2, 2).file
    found = json.loads(record.read_text())
    found["manifest"]["versions"]["torch"] = "1.0"
    record.write_text(json.dumps(found))
    with pytest.raises(LmphysError, match=r"part-00001-of-00002\.json and part-00002-of-.* differ in torch"):
        merge_parts(folder.name)
    found = json.loads((folder / Part(1, 2).file).read_text()) | {"shards": [3, 4, 5]}
    found["manifest"]["threads"] = 99
    record.write_text(json.dumps(found))
    assert [way["threads"] == 99 for way in merge_parts(folder.name).manifest["parts"]] == [False, True]


def test_a_shard_in_hand_is_left_alone_by_who_builds_the_whole(tmp_path):
    store = ShardStore(tmp_path / "corpus")
    with store.holding(3):
        half = store.folder / ".shard-00003.json.4711.part"
        half.write_text("{")
        with store.locked():
            assert half.exists()
    assert not (store.folder / "shard-00003.lock").exists()
    with store.holding(3):
        assert not half.exists()


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/2/3", "a/b", "-1/2", "1.0/2"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(LmphysError, match="is not I/N"):
        Part.parse(text)


def test_more_parts_than_shards_are_refused():
    with pytest.raises(LmphysError, match="has 2 shards, which 3 parts cannot share; take N at most 2"):
        Part(1, 3).shards(2)
    assert [list(Part(i, 3).shards(7)) for i in (1, 2, 3)] == [[0, 1], [2, 3], [4, 5, 6]]


def test_the_commands_build_and_merge(spec, home, small_shards, sharded_folder):
    options = ["--model", spec.model, "--task", spec.tasks[0], "--questions", "6", "--chains", "4"]
    options += ["--temperature", "1", "--top-p", "1", "--max-tokens", "40", "--dtype", "float32", "--device", "cpu"]
    first = CliRunner().invoke(app, ["build", *options, "--shard", "1/2"])
    assert first.exit_code == 0, first.output
    assert first.stdout.splitlines()[-1] == str(corpora_home() / sharded_folder.name)
    assert "part 1 of 2 stands: 3 of 6 shards" in first.stdout
    assert isinstance(CliRunner().invoke(app, ["merge", sharded_folder.name[:6]]).exception, LmphysError)
    second = CliRunner().invoke(app, ["build", *options, "--shard", "2/2"])
    done = CliRunner().invoke(app, ["merge", second.stdout.splitlines()[-1]])
    assert done.exit_code == 0, done.output
    assert content(Path(done.stdout.strip())) == content(sharded_folder)
    unknown = CliRunner().invoke(app, ["merge", "nothing"])
    assert str(unknown.exception).startswith("0 corpora begin with 'nothing'")
