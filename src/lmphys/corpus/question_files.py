"""Files of questions as their owners have them: objects one a line, or an array of them."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lmphys.core.boundaries import given, said
from lmphys.core.errors import LmphysError
from lmphys.core.intact import fault_of
from lmphys.core.paths import expanded
from lmphys.corpus.rows import half_character

ENDINGS = (".jsonl", ".json")
_FORM = "each line needs a JSON object with question and answer"


def is_file_of_questions(task: str) -> bool:
    """Whether a task is the path of a file, by its ending in small or capital letters."""
    return task.lower().endswith(ENDINGS)


def read_rows(path: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """Number, place for messages, and values of each object of a file, UTF-8 with or without a byte order mark.

    The number is that of its line, or of its entry in an array.

    Raises:
        LmphysError: the file is missing, empty or not UTF-8, or something in it is no object.
    """
    with given(path, _FORM):
        content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LmphysError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    if not text.strip():
        raise LmphysError(f"{path} is empty; {_FORM}")
    if fault := fault_of(path, whole=False):
        raise LmphysError(str(fault))
    for number, where, row in _entries(path, text):
        if not isinstance(row, dict):
            raise LmphysError(f"{where} is not a JSON object with question and answer; write it as one")
        if half := half_character(json.dumps(row, ensure_ascii=False)):
            raise LmphysError(f"{where} has half a character in it ({half}); write it whole, or leave it out")
        yield number, where, row


def _entries(path: Path, text: str) -> Iterator[tuple[int, str, Any]]:
    if text.lstrip().startswith("["):
        try:
            entries = json.loads(text)
        except (ValueError, RecursionError):  # objects a line, the first of which is none
            pass
        else:
            if "\n" in text.strip() or any(isinstance(entry, dict) for entry in entries):
                yield from ((number, f"{path} entry {number}", entry) for number, entry in enumerate(entries, start=1))
                return
    for number, line in enumerate(text.split("\n"), start=1):  # JSON texts may hold other line separators
        if line.strip():
            try:
                yield number, f"{path} line {number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                raise LmphysError(f"{path} line {number} is not JSON ({said(error)}); {_FORM}") from error


def names_of(files: Sequence[str]) -> dict[str, str]:
    """A name for the questions of each file: its stem, with as many folders before it as tell it from the others."""
    paths = {file: expanded(file).absolute() for file in dict.fromkeys(files)}
    names = {}
    for file, path in paths.items():
        rivals = [other for name, other in paths.items() if name != file and other.stem == path.stem]
        # Files of one folder differ in their endings, as test.json and test.jsonl do.
        name = path.name if any(other.parent == path.parent for other in rivals) else path.stem
        above = [folder.name for folder in path.parents if folder.name]
        shared = [_n_shared(path, other) for other in rivals if other.parent != path.parent]
        folders = above[: max(shared) + 1] if shared else []
        names[file] = "/".join([*reversed(folders), name])
    return names


def _n_shared(one: Path, other: Path) -> int:
    """Number of innermost folders of the same names."""
    pairs = zip(one.parents, other.parents, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a.name != b.name), 0)
