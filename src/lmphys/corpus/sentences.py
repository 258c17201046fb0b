"""Where sentences end in a chain of thought, in characters and in tokens.

A chain is not newspaper prose: decimals, "Step 1.", "2)", markdown lists, equations and headings stand in every one.
What counts here as a sentence, and what the hand-labelled test set follows:

- a sentence ends at `.`, `!`, `?` or `…` followed by white space or the end, closing quotes, brackets and markdown
  marks included, or at the end of its line, whatever stands there (list item, equation, heading);
- a number or label that opens a list item ("1.", "b)", "Step 3:", "-") belongs to the sentence that it opens, on its
  line or, where it stands alone, on the next;
- a dot in a decimal, an abbreviation, an initial or an ellipsis that goes on in lower case ends nothing;
- pieces without a letter or a digit (rules, code fences) are no sentences and are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_END = re.compile(r"[.!?…]+[\"'”’)\]}*_`]*(?=\s|$)")
_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "prof",
        "sr",
        "jr",
        "st",
        "vs",
        "etc",
        "e.g",
        "i.e",
        "eg",
        "ie",
        "approx",
        "fig",
        "eq",
        "eqs",
        "no",
        "nos",
        "vol",
        "pp",
        "ca",
        "cf",
        "al",
        "inc",
        "ltd",
        "co",
        "dept",
        "est",
        "min",
        "max",
        "hr",
        "hrs",
        "sec",
        "ft",
        "in",
        "lb",
        "lbs",
        "oz",
        "a.m",
        "p.m",
        "u.s",
        "u.k",
        "ph.d",
    ]
)
# Abbreviations that are also common words or units that close sentences: only before a digit or lower case.
_AMBIGUOUS = frozenset(
    [
        "no",
        "in",
        "etc",
        "a.m",
        "p.m",
        "min",
        "max",
        "sec",
        "hr",
        "hrs",
        "ft",
        "lb",
        "lbs",
        "oz",
        "co",
        "st",
        "u.s",
        "u.k",
        "inc",
        "ltd",
        "al",
        "est",
        "ph.d",
    ]
)
_MARKS = r"[\s>*_`#\-•–+]*"
_LABEL = re.compile(
    rf"{_MARKS}(?:\(?(?:\d{{1,3}}|[A-Za-z]|[ivxIVX]{{1,4}})[.):]+|"
    rf"(?:step|case|part|rule|point|question|problem|example|option|statement|method|solution)\s*"
    rf"(?:#?\d{{1,3}}|[A-Z])?\s*[.:)])(?:{_MARKS}(?:\d{{1,3}}[.)](?=\s|$))?){_MARKS}",
    re.IGNORECASE,
)
_CONTENT = re.compile(r"\w")


@dataclass(frozen=True)
class Sentence:
    """One sentence of a text: characters `start` to `end` (exclusive), outer white space left out."""

    start: int
    end: int


def split_sentences(text: str) -> list[Sentence]:
    """Sentences of a text, in order; the last one may be unfinished (see `is_finished`)."""
    found: list[Sentence] = []
    opened: int | None = None  # start of a label that waits for its sentence on a later line
    position = 0
    for line in text.splitlines(keepends=True):
        line_start, position = position, position + len(line)
        if not line.strip():
            continue
        label = _LABEL.match(line)
        if label and not _CONTENT.search(line[label.end() :]):
            opened = line_start + _indent(line) if opened is None else opened
            continue
        begin = opened if opened is not None else line_start + _indent(line)
        opened = None
        body = line_start + (label.end() if label else 0)
        for end in [
            *_ends_in_line(text, body, line_start + len(line.rstrip())),
            line_start + len(line.rstrip()),
        ]:
            piece = text[begin:end]
            if end > begin and _CONTENT.search(piece):
                found.append(Sentence(begin + _indent(piece), end))
            if end > begin:
                begin = end
    if opened is not None and _CONTENT.search(text[opened:]):
        found.append(Sentence(opened, len(text.rstrip())))
    return found


def _indent(piece: str) -> int:
    return len(piece) - len(piece.lstrip())


def _ends_in_line(text: str, start: int, stop: int) -> list[int]:
    """Places inside a line where a sentence ends, without the line's own end."""
    return [
        match.end()
        for match in _END.finditer(text, start, stop)
        if match.end() < stop and not _continues(text, match, start, stop)
    ]


def _continues(text: str, match: re.Match[str], start: int, stop: int) -> bool:
    """Whether the sentence goes on after this mark: abbreviation, initial, label, or ellipsis before lower case."""
    following = text[match.end() : stop].lstrip()
    if not following:
        return False
    if not _CONTENT.search(following):
        return True  # only closing marks remain: the line's end is the sentence's
    if match.group()[0] in "!?":
        return following[0].islower() and match.group()[-1] in "\"'”’)"
    if match.group().startswith(("..", "…")):
        return following[0].islower()
    before = re.search(r"[\w.]+$", text[start : match.start()])
    word = before.group().lower() if before else ""
    goes_on = following[0].islower() or following[0].isdigit()
    if word in _AMBIGUOUS:
        return goes_on
    if word in _ABBREVIATIONS:
        return True
    if len(word) == 1 and word.isalpha() and before is not None and before.group().isupper():
        return bool(re.match(r"[A-Z][a-z]", following)) and word != "i" and not _answers(text[start : match.start()])
    if word.isdigit() and len(word) <= 2:
        # "... are: 1. Add them. 2. Halve it.": a number after a finished piece opens the next one.
        return bool(re.search(r"(?:^|[.:;!?]\s+|\n\s*|step\s+)\d{1,2}$", text[start : match.start()], re.IGNORECASE))
    return False


def _answers(before: str) -> bool:
    """Whether a single capital is an answer ("option B.") and not an initial ("J. Smith")."""
    return bool(re.search(r"\b(?:is|option|answer|choice|statement|and|or|=|house|person)\s+\(?[A-Z]$", before))


def is_finished(text: str, sentence: Sentence, *, ended: bool) -> bool:
    """Whether a sentence is complete: something follows it, or the chain ended there by itself."""
    return ended or bool(text[sentence.end :].strip()) or "\n" in text[sentence.end :]


def token_ends(tokenizer: Any, tokens: Sequence[int]) -> list[int]:
    """Number of characters of the decoded text that the first 1, 2, ..., n tokens make.

    Special tokens make none. Tokens are decoded one by one where that gives the same text, else as growing prefixes
    (a character may be spread over several tokens; it is counted with its last one).
    """
    options = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
    pieces = tokenizer.batch_decode([[token] for token in tokens], **options)
    text = tokenizer.decode(list(tokens), **options)
    if "".join(pieces) == text:
        ends, total = [], 0
        for piece in pieces:
            total += len(piece)
            ends.append(total)
        return ends
    prefixes = (tokenizer.decode(list(tokens[: i + 1]), **options) for i in range(len(tokens)))
    return [len(prefix.rstrip("\ufffd")) for prefix in prefixes]
