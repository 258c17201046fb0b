"""Choices that are named in a text, by their words, their value or their letter."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lmphys.corpus.numbers import Number, number_of, numbers, plain

# What stands around a letter that is meant as one: "option B", "(B)", "B)", "**B**", "[B]", "B." at an end.
_BEFORE_LETTER = r"(?:\b(?i:option|choice|answer|letter|statement)\s*:?\s*[\"'(\[{*]*|[(\[{]\s*|(?<=\s)[\"*]+|^[\"*]*)"
_CHOOSING = r"(?:\b(?i:choose|pick|select|go(?:es)?\s+with|is|be|are|as)\b|[:=])\s*[\"'(\[{*$]*"
_NOT_BEFORE = re.compile(
    r"(?:\b(?:not|isn't|nor|neither|never|rather\s+than|instead\s+of|except|unlike|than|excludes?|eliminates?)|n't)"
    r"\s+(?:(?:an?|the|option|choice|be)\s+)*[\"'(\[*]*$",
    re.IGNORECASE,
)
_NOT_AFTER = re.compile(
    r"[\"')\]*.:,]*\s*(?:(?:is|are|was|were|seems?|must\s+be|would\s+be)\s+(?:also\s+|clearly\s+|therefore\s+)?"
    r"(?:not|wrong|incorrect|false|impossible|excluded|eliminated|ruled\s+out|out\b)|can(?:not|'t)\b|do(?:es)?(?:\s+not|n't)\b|"
    r"(?:is|are|was|were)n't\b)",
    re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")
_NEAR = 60  # characters before a choice that tell whether it is ruled out
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")  # scripts without spaces between words
_STANDING_ALONE = re.compile(r"[\"')\]*]*(?:[.,;:!?]|\s*$|\s*\n|\s+[-–—]\s)")


@dataclass(frozen=True)
class Mention:
    """A choice that a text names at `start` to `end`; `index` is its place among the choices."""

    start: int
    end: int
    index: int


def letter_of(index: int) -> str:
    """Letter of a choice: A to Z, then AA, AB, ..."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def same_choice(one: str, other: str) -> bool:
    """Whether two choices say the same: equal as numbers, or as words whatever their case and marks."""
    a, b = number_of(one), number_of(other)
    if a and b and not (_worded(one) or _worded(other)):
        return a.equals(b)
    return _words(one) == _words(other)


def mentions(text: str, choices: Sequence[str], *, letters: bool, opening: bool = False) -> list[Mention]:
    """Where a text names a choice, in order, without those that it rules out ("not B", "A) is wrong").

    Where two overlap the longer one counts: `cat food` is not `cat`.

    Args:
        text: in plain figures, see `lmphys.corpus.numbers.plain`.
        choices: the possible answers.
        letters: whether A), B), ... stand for them.
        opening: the text follows "the answer is": a bare letter that opens it counts, and any yes or no.
    """
    found = _numeric(text, choices) if _all_numbers(choices) else _worded_mentions(text, choices, opening)
    if letters:
        found += [m for i in range(len(choices)) for m in _letter_mentions(text, letter_of(i), i, opening)]
    found = [m for m in found if not any(_inside(m, other) for other in found)]
    out = [
        m for m in found if _NOT_BEFORE.search(text[max(0, m.start - _NEAR) : m.start]) or _NOT_AFTER.match(text, m.end)
    ]
    kept = [m for m in found if m not in out and not any(_labels(m, other) for other in out)]
    return sorted(set(kept), key=lambda m: (m.start, -m.end))


def _labels(one: Mention, other: Mention) -> bool:
    """Whether one mention is the letter right before another of the same choice: "A) cat"."""
    return one.index == other.index and 0 < other.start - one.end <= 3


def _inside(one: Mention, other: Mention) -> bool:
    return other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start


def _all_numbers(choices: Sequence[str]) -> bool:
    return all(_value(choice) is not None for choice in choices)


def _value(choice: str) -> Number | None:
    return None if _worded(choice) else number_of(choice)


def _numeric(text: str, choices: Sequence[str]) -> list[Mention]:
    values = [_value(choice) for choice in choices]
    return [
        Mention(number.start, number.end, index)
        for number in numbers(text)
        for index, value in enumerate(values)
        if value is not None and value.equals(number)
    ]


def _worded_mentions(text: str, choices: Sequence[str], opening: bool) -> list[Mention]:
    found = []
    for index, choice in enumerate(choices):
        words = re.findall(r"\w+|[^\w\s]", plain(choice).strip(" $\n").rstrip(".,;:!?") or choice)
        if len(words) > 1 and words[0].lower() in ("a", "an", "the"):
            words = words[1:]
        if len(choice.strip()) == 1:  # "A" is an article and "I" a person: letters alone are read as letters
            found += _letter_mentions(text, re.escape(choice.strip()), index, opening)
            continue
        for match in re.finditer(_spaced(words), text, re.IGNORECASE):
            # "no tigers" is no answer, "No, ..." is
            if choice.lower() in ("yes", "no") and not opening and not _STANDING_ALONE.match(text, match.end()):
                continue
            found.append(Mention(match.start(), match.end(), index))
    return found


def _spaced(words: list[str]) -> str:
    """Pattern of words in a row with any white space between them, and none inside another word."""
    before = "" if _UNSPACED.match(words[0]) else r"(?<!\w)"
    after = "" if _UNSPACED.match(words[-1][-1]) else r"(?!\w)"
    return before + r"\s*".join(re.escape(word) for word in words) + after


def _letter_mentions(text: str, letter: str, index: int, opening: bool) -> list[Mention]:
    """Where a letter is meant as one."""
    ends = rf"(?P<it>{letter})(?=[\"')\]}}*.:,;!]|\s*$|\s*\n|\s+[-–—]\s)"
    patterns = [
        rf"{_BEFORE_LETTER}{ends}",
        rf"{_CHOOSING}{ends}",
        rf"(?<![a-zA-Z0-9_'])(?P<it>{letter})(?=[).:]\s|[).:]$|\))",
        rf"\b(?i:option|choice|letter)\s+[\"'(\[*]*(?P<it>{letter})(?!\w|')",
        rf"\b(?i:option|choice|letter)\s*:?\s*\((?P<it>(?i:{letter}))\)",
        rf"(?<![\w'])(?P<it>{letter})\s+is\s+the\s+(?:one|only|best|correct|right)\b",
        rf"^[\s\"'(\[*_]*(?P<it>(?i:{letter}))(?=[\s\"')\]*_.]*$)",
    ]
    if opening:
        patterns.append(rf"^[\s\"'(\[{{<*$:]*(?:(?i:option|choice|letter)\s+)?[\"'(\[*]*(?P<it>{letter})(?!\w|'\w)")
        if index < len(_ORDINALS):
            patterns.append(rf"^\s*(?i:the\s+(?P<it>{_ORDINALS[index]})\s+(?:option|choice|statement|one|answer))\b")
    return [Mention(*m.span("it"), index) for pattern in patterns for m in re.finditer(pattern, text)]


def _worded(choice: str) -> bool:
    """Whether a choice is more than a number: "5 kg" is read by its words."""
    return bool(re.search(r"[^\W\d_]", re.sub(r"\\[a-zA-Z]+|[eE](?=[-+]?\d)", "", choice)))


def _words(text: str) -> str:
    return re.sub(r"[^\w+\-*/<>=%.]+|\.(?!\d)", " ", plain(text).lower()).strip()
