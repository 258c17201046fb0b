"""The trainings that come with the book, or of a folder of your own."""

from pathlib import Path

from lmphys.core.errors import LmphysError
from lmphys.core.files import listed
from lmphys.core.paths import expanded, project_root
from lmphys.pages.mpemba.quenches import Quenches
from lmphys.pages.mpemba.subspace import Run

FOLDER = Path("data", "reference", "mpemba")


def read_quenches(folder: str = "") -> list[Quenches]:
    """All quenches of a folder, by seed.

    Args:
        folder: of `lmphys.pages.mpemba.campaign`; empty: that of the book.

    Raises:
        LmphysError: there is none.
    """
    return [Quenches.read(path) for path in _files(folder, "quenches")]


def read_baths(folder: str = "") -> list[Run]:
    """All runs of plain SGD of a folder, by seed, along the eigenvectors of their curvature; arguments likewise."""
    return [Run.read(path).in_eigenbasis() for path in _files(folder, "bath")]


def _files(folder: str, kind: str) -> list[Path]:
    place = expanded(folder) if folder else project_root() / FOLDER
    found = listed(place, f"{kind}-*.npz")
    if not found:
        raise LmphysError(f"no {kind}-<seed>.npz in {place}; write some: python -m lmphys.pages.mpemba.campaign seed=0")
    return found
