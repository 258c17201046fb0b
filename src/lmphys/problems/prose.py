"""A written text, a character a token: the topics of Python's own help, which come with the book.

Its law is not known, as those of the other worlds are; it is there so that a model of a minute meets real language.
Whole topics are held out, so that no sentence of the test was ever seen.
"""

from functools import cached_property
from pathlib import Path

import numpy as np

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.problems.documents import BEGIN, MARKS, Document, stream

FILE = Path("data", "texts", "python_topics.txt")
CHARACTERS = ("\n", *map(chr, range(32, 127)))
_BETWEEN = "\f\n"  # two topics
_TENTH, _HELD_OUT = 10, 5  # topics number 5, 15, ... are held out: a twelfth of the text


class Prose:
    """Windows of the text as documents, `<s>` and then `length` characters, all of them targets.

    Args:
        seed: of the windows.
        split: `train`, or `test`: the topics held out, every tenth in the order of their names.
        length: characters of a window.

    Attributes:
        vocabulary: the marks, and the printable characters of ASCII with the end of a line.

    Raises:
        LmphysError: no topic is that long, or the file of the text is missing or has another character.
    """

    vocabulary = (*MARKS, *CHARACTERS)

    def __init__(self, seed: int, split: str = "train", length: int = 64) -> None:
        stream(seed, split, 0)  # refuses an unknown split
        self.seed, self.split, self.length = seed, split, length
        longest = max(map(len, self.topics))
        if not 0 < length <= longest:
            raise LmphysError(f"no topic has {length} characters; take 1 to {longest}")

    @cached_property
    def topics(self) -> tuple[np.ndarray, ...]:
        """Token ids of each topic of the split, (n,) int64, without marks."""
        whole = whole_text().split(_BETWEEN)
        return tuple(
            tokens_of(text) for i, text in enumerate(whole) if (i % _TENTH == _HELD_OUT) == (self.split == "test")
        )

    @cached_property
    def _windows(self) -> np.ndarray:
        """Number of windows of the topics up to each one."""
        return np.cumsum([max(0, len(topic) - self.length + 1) for topic in self.topics])

    def window(self, index: int) -> np.ndarray:
        """(length,) token ids of a window, each window of a topic as likely as the others."""
        at = int(stream(self.seed, self.split, index).integers(self._windows[-1]))
        topic = int(np.searchsorted(self._windows, at, side="right"))
        start = at - (int(self._windows[topic - 1]) if topic else 0)
        return self.topics[topic][start : start + self.length]

    def document(self, index: int) -> Document:
        """Document of an index."""
        tokens = np.concatenate(([BEGIN], self.window(index)))
        return Document(tokens, np.arange(len(tokens)) > 0)


def whole_text() -> str:
    """The text, its topics separated by form feeds.

    Raises:
        LmphysError: the working folder is not inside the book, or the file cannot be read.
    """
    path = project_root() / FILE
    with given(f"the text {path}", "restore it: git checkout -- data/texts"):
        return path.read_text(encoding="ascii")


def tokens_of(text: str) -> np.ndarray:
    """(n,) int64 token ids of a text.

    Raises:
        LmphysError: it has a character beyond ASCII, or one that does not print.
    """
    table = {character: len(MARKS) + i for i, character in enumerate(CHARACTERS)}
    unknown = sorted(set(text) - table.keys())
    if unknown:
        raise LmphysError(f"the text has the character {unknown[0]!r}; write it in printable ASCII and line ends")
    return np.array([table[character] for character in text], dtype=np.int64)


def text_of(tokens: np.ndarray) -> str:
    """Inverse of `tokens_of`; marks are left out."""
    return "".join(CHARACTERS[token - len(MARKS)] for token in tokens if token >= len(MARKS))
