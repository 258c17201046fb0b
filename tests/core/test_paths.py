import os
from pathlib import Path

import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.paths import cache_home, expanded, home_folder, seen_from


@pytest.fixture
def here(tmp_path) -> Path:
    folder = tmp_path / "Größe und Maß"
    for name in ("model", "org/name", "quick"):
        (folder / name).mkdir(parents=True)
    for name in (
        "model/config.json",
        "org/name/adapter_config.json",
        "mine.jsonl",
        "MINE.JSON",
        "x.gguf",
        "notes",
        "a.txt",
    ):
        (folder / name).write_text("{}")
    return folder


@pytest.mark.parametrize(
    "value", ["model", "./model", "org/name", "mine.jsonl", "MINE.JSON", "./x.gguf", "../Größe und Maß/a.txt"]
)
def test_a_relative_path_is_seen_from_the_folder_it_was_typed_in(here, value):
    found = seen_from(here, value)
    assert Path(found).is_absolute() and Path(found).samefile(here / value)
    assert seen_from(here / "model", found) == found


def test_paths_inside_lists_and_specs(here):
    assert seen_from(here, ["sums", "mine.jsonl"]) == ["sums", str(here / "mine.jsonl")]
    assert seen_from(here, "random:model#3") == f"random:{here / 'model'}#3"
    assert seen_from(here, "random:./model") == f"random:{here / 'model'}"


@pytest.mark.parametrize(
    "value",
    ["smollm2", "reasoner@52", "random:smollm2", "org/other@main", "sums", "quick", "notes", "boundary", "", ".", 3,
     None, "Read this: {question}", "./{question}", "x" * 5000, "a\0b"],
)  # fmt: skip
def test_what_names_no_path_stays(here, value):
    assert seen_from(here, value) == value


@pytest.mark.parametrize("value", ["none.jsonl", "./none", "random:./none", "/none/x", "~nobody-at-all/x", "Y.GGUF"])
def test_a_path_to_nothing_is_refused_at_once(here, value):
    with pytest.raises(LmphysError, match="does not exist; give the path"):
        seen_from(here, value)


def test_home_and_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert expanded("~/x") == home_folder() / "x" == tmp_path / "x"
    assert expanded("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LMPHYS_HOME", "cache")
    assert cache_home() == tmp_path / "cache"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user whom the system does not know
    assert home_folder() is None
