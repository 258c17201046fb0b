"""Files of texts as their owners have them: JSON objects, with `text`, and perhaps `source`, `author`, `time`."""

import json
import math
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.corpus.rows import half_character

_FORM = 'each line needs a JSON object with "text"'
# Scripts that one language mixes.
_TOGETHER = dict.fromkeys(("CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"), "EAST ASIAN")
_SHARE = 0.1  # of the letters, from which on a second script counts


@dataclass(frozen=True)
class Text:
    """A text with what its owner knows of it.

    Attributes:
        line: its line in the file, from 1.
        text: what was written.
        source: where it is from; the name of the file where it does not say.
        author: who wrote it; empty where unknown.
        time: when, in seconds or any other unit that its owner counts in; NaN where unknown.
    """

    line: int
    text: str
    source: str
    author: str = ""
    time: float = math.nan


@dataclass(frozen=True)
class TextFile:
    """What was read of a file.

    Attributes:
        texts: in the order of the lines.
        left_out: a line for each text that cannot be used: where it is, and why.
    """

    texts: tuple[Text, ...]
    left_out: tuple[str, ...]


def read_texts(path: Path) -> TextFile:
    """Texts of a file of JSON lines. A line that cannot be used is left out, and said so; the others are kept.

    Languages are told apart by their letters alone: a text is left out as mixed where a tenth of its letters is of a
    second script. English and French side by side are not noticed.

    Args:
        path: of the file.

    Raises:
        LmphysError: the file cannot be read, or no line of it can be used.
    """
    with given(path, _FORM):
        content = path.read_bytes()
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if not lines[-1].strip():
        lines.pop()
    texts, left_out = [], []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(_read(number, line, path.stem))
        except ValueError as error:
            left_out.append(f"line {number} is left out: {error}")
    if not texts:
        first = f"{left_out[0].removesuffix(_FORM).rstrip('; :')}; " if left_out else ""
        raise LmphysError(f"{path} has no text that can be used; {first}{_FORM}")
    return TextFile(tuple(texts), tuple(left_out))


def _read(number: int, line: bytes, name: str) -> Text:
    """One line.

    Raises:
        ValueError: it cannot be used; the message says why.
    """
    if not line.strip():
        raise ValueError("it is empty")
    try:
        content = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 (byte {error.start} of the line); save it as UTF-8") from error
    try:
        row = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON ({' '.join(str(error).split())[:80]}); {_FORM}") from error
    text = row.get("text") if isinstance(row, dict) else None
    if not isinstance(text, str):
        raise ValueError(_FORM)
    if not text.strip():
        raise ValueError("its text is empty")
    if half := half_character(content) or half_character(text):
        raise ValueError(f"it has half a character in it ({half}); write it whole")
    scripts = scripts_of(text)
    if len(scripts) > 1:
        raise ValueError(f"it mixes {' and '.join(scripts)} letters; give each language a line of its own")
    source = row.get("source")
    author = row.get("author")
    return Text(
        number, text, name if source is None else str(source), "" if author is None else str(author), _time(row)
    )


def scripts_of(text: str) -> list[str]:
    """Scripts that a tenth or more of the letters of a text belong to, by their names, the most frequent first."""
    counts: Counter[str] = Counter()
    for letter, times in Counter(text).items():
        if letter.isalpha():
            script = unicodedata.name(letter, "UNKNOWN").split(" ")[0]
            counts[_TOGETHER.get(script, script)] += times
    return [script for script, n in counts.most_common() if n >= _SHARE * counts.total()]


def _time(row: dict[str, Any]) -> float:
    """Seconds, or the number as it is given; NaN where there is none."""
    time = row.get("time")
    if time is None or time == "":
        return math.nan
    if isinstance(time, int | float) and not isinstance(time, bool) and math.isfinite(time):
        return float(time)
    try:
        moment = datetime.fromisoformat(str(time).strip())
    except ValueError as error:
        raise ValueError(f"its time {time!r} is neither a number nor a date such as 2026-01-31T12:00") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
