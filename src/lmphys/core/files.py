"""Small services for files: names for models, whole-or-nothing writing, digests."""

import hashlib
import os
import re
from pathlib import Path

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._]*(-[A-Za-z0-9._]+)*")


def model_slug(model: str) -> str:
    """File name for a model spec; a spec that is no file name gets six hexadecimal digits, so that none collide."""
    if _PLAIN.fullmatch(model) and len(model) <= 48:
        return model
    readable = "-".join(re.findall(r"[A-Za-z0-9._]+", model)[-3:])[-40:].strip("-.")
    return f"{readable}-{hashlib.sha256(model.encode()).hexdigest()[:6]}"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) so that a reader, an interrupt or a crash sees either the old or the whole new one.

    What is being written is beside it as `.<name>.<process>.part`; only a killed process leaves that behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal; empty where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
