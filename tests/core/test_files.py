import os

import pytest
from tests.faults import failing

from lmphys.core.files import file_digest, files_below, listed, model_name, model_slug, write_atomically


def test_slugs_are_file_names_and_never_collide():
    specs = [
        "smollm2",
        "random:smollm2",
        "random-smollm2",
        "org/name",
        "org-name",
        "/home/me/org/name",
        "a--b",
        "a/../b",
    ]
    slugs = [model_slug(spec) for spec in specs]
    assert len(set(slugs)) == len(specs)
    assert slugs[0] == "smollm2"
    assert all("/" not in slug and "--" not in slug and not slug.startswith(".") for slug in slugs)


def test_a_folder_is_listed_in_order_or_not_at_all(tmp_path):
    for name in ("b.json", "a.json", "a.csv"):
        (tmp_path / name).touch()
    assert listed(tmp_path, "*.json") == [tmp_path / "a.json", tmp_path / "b.json"]
    assert listed(tmp_path / "none", "*") == []
    with failing(tmp_path, 0), pytest.raises(PermissionError):  # where glob would find nothing
        listed(tmp_path, "*")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "c").touch()
    names = ["a.csv", "a.json", "b.json", "in/deep/c"]
    assert [path.relative_to(tmp_path).as_posix() for path in files_below(tmp_path)] == names
    assert files_below(tmp_path / "none") == []
    with failing(tmp_path / "in" / "deep", 0), pytest.raises(PermissionError):
        files_below(tmp_path)


def test_text_and_bytes_are_written_whole_into_a_new_folder(tmp_path):
    path = tmp_path / "new" / "file"
    for content, stored in (("ü\n", b"\xc3\xbc\n"), (b"\x00\xff", b"\x00\xff")):
        write_atomically(path, content)
        assert path.read_bytes() == stored
        assert list(path.parent.iterdir()) == [path]
    # printf '\000\377' | sha256sum
    assert file_digest(path) == "06eb7d6a69ee19e5fbdf749018d3d2abfa04bcbd1365db312eb86dc7169389b8"
    assert file_digest(tmp_path / "none") == ""


@pytest.mark.parametrize("interrupt", [OSError("full"), KeyboardInterrupt()])
def test_an_interrupt_leaves_the_old_file_alone(tmp_path, monkeypatch, interrupt):
    def stop(descriptor):
        raise interrupt

    path = tmp_path / "file"
    write_atomically(path, "old")
    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(type(interrupt)):
        write_atomically(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_models_have_whole_names_without_the_folders_of_one_machine():
    assert model_name("/home/me/models/gemma-3-270m-q4_k_m.gguf") == "gemma-3-270m-q4_k_m.gguf"
    assert model_name("random:/home/me/my-model#3") == "random:my-model#3"
    assert model_name("org/name@main") == "org/name@main"
    assert model_name("reasoner@52") == "reasoner@52"
    assert model_slug("/home/me/models/gemma-3-270m-q4_k_m.gguf").startswith("gemma-3-270m-q4_k_m.gguf-")
