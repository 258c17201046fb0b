"""Small services for files: names for models, whole-or-nothing writing, digests."""

import contextlib
import hashlib
import os
import re
from pathlib import Path

from lmphys.core.paths import RANDOM

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*")


def model_slug(model: str) -> str:
    """File name for a model spec; a spec that is no file name gets six hexadecimal digits, so that none collide."""
    if _PLAIN.fullmatch(model) and len(model) <= 48:
        return model
    readable = "-".join(re.findall(r"[A-Za-z0-9._]+", model_name(model)))[:64].strip("-.")
    return f"{readable}-{hashlib.sha256(model.encode()).hexdigest()[:6]}"


def model_name(model: str) -> str:
    """A model spec without folders that only one machine has: the name of its file, or of its own folder."""
    if match := RANDOM.fullmatch(model):
        return f"random:{model_name(match['base'])}{model[match.end('base') :]}"
    rooted = model.startswith(("/", "./", "../", "~")) or model.lower().endswith(".gguf")
    return Path(model).name or model if rooted else model


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) so that a reader, an interrupt or a crash sees either the old or the whole new one.

    What is being written is beside it as `.<name>.<process>.part`; only a killed process leaves that behind.

    Raises:
        OSError: with the name of the file; the old one stands.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except OSError as error:
        error.filename = str(path)  # what writes and closes does not know it, and the other name is our own
        raise
    finally:
        with contextlib.suppress(OSError):  # the error that is on its way says more
            part.unlink(missing_ok=True)


def listed(folder: Path, pattern: str) -> list[Path]:
    """Entries of a folder whose names match a pattern, in order; none where there is no folder.

    Raises:
        OSError: the folder may not be read; `Path.glob` would find nothing there, and say nothing.
    """
    try:
        return sorted(path for path in folder.iterdir() if path.match(pattern))
    except FileNotFoundError:
        return []


def files_below(folder: Path) -> list[Path]:
    """All files of a folder and the folders in it, in order; none where there is no folder.

    Raises:
        OSError: one of the folders may not be read; `Path.rglob` would pass over it.
    """

    def stop(error: OSError) -> None:
        raise error

    if not folder.is_dir():
        return []
    return sorted(Path(top, name) for top, _, names in os.walk(folder, onerror=stop) for name in names)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; empty where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
