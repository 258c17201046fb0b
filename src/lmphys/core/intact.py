"""What files look like that are not what their name says: pointers, web pages, files that were cut off."""

import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

_POINTER = b"version https://git-lfs.github.com/spec/"


class Fault(NamedTuple):
    """What is wrong with a file.

    Attributes:
        path: of the file.
        cause: as in `is empty`.
        mend: what helps whatever the file is for; empty where another copy does.
    """

    path: Path
    cause: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.path} {self.cause}; {self.mend or 'copy or download it again'}"


def fault_of(path: Path, *, whole: bool = True) -> Fault | None:
    """What is wrong with a file; None where it looks as its name promises.

    Args:
        path: of the file.
        whole: read as much of it as it takes; otherwise only its beginning, at no cost.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(512)
        size = path.stat().st_size
        if size == 0:
            return Fault(path, "is empty")
        if head.startswith(_POINTER):
            mend = "fetch the file itself: git lfs pull in its folder, or hf download"
            return Fault(path, "is a pointer of Git LFS, not the file itself", mend)
        if head.lstrip().lower().startswith((b"<!doctype html", b"<html")):
            return Fault(path, "is a web page, not the file itself", "download the file that the page shows")
        kind = path.suffix.lower()
        check = _QUICK.get(kind) or (_WHOLE.get(kind) if whole else None)
        cause = check(path, head, size) if check else None
        return Fault(path, cause) if cause else None
    except OSError:  # whoever reads it will say why
        return None


def folder_fault(folder: Path, *, whole: bool = False) -> Fault | None:
    """What is wrong with the first faulty file of a model's folder; None where there is none."""
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _OF_A_MODEL and file.is_file())
    return next(filter(None, (fault_of(file, whole=whole) for file in files)), None)


def _safetensors(path: Path, head: bytes, size: int) -> str | None:
    if size < 8:
        return "is cut off"
    (length,) = struct.unpack("<Q", head[:8])
    if length > 100_000_000 or head[8:9] != b"{":  # the format's own bound
        return "is no safetensors file"
    if 8 + length > size:
        return "is cut off"
    with path.open("rb") as stream:
        stream.seek(8)
        try:
            entries = json.loads(stream.read(length))
            ends = [entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"]
        except (ValueError, KeyError, TypeError, AttributeError, IndexError):
            return "is damaged in its head"
    whole = 8 + length + max(ends, default=0)
    return None if size >= whole else f"is cut off, {size:,} of {whole:,} bytes"


def _gguf(path: Path, head: bytes, size: int) -> str | None:
    return None if head.startswith(b"GGUF") else "is no GGUF file"


def _pickled(path: Path, head: bytes, size: int) -> str | None:
    if head.startswith(b"PK"):
        return None if zipfile.is_zipfile(path) else "is cut off"
    return None if head.startswith(b"\x80") else "is no file of PyTorch"


def _json(path: Path, head: bytes, size: int) -> str | None:
    try:
        json.loads(path.read_bytes())
    except ValueError as error:  # not UTF-8 as well
        return f"is not JSON ({' '.join(str(error).split())})"
    return None


_Check = Callable[[Path, bytes, int], str | None]
_QUICK: dict[str, _Check] = {".safetensors": _safetensors, ".gguf": _gguf, ".bin": _pickled, ".pt": _pickled}
_WHOLE: dict[str, _Check] = {".json": _json}
_OF_A_MODEL = {*_QUICK, *_WHOLE, ".jinja", ".txt", ".model", ".tiktoken"}
