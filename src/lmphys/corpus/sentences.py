"""Where sentences end in a chain of thought, in characters and in tokens.

A chain is not newspaper prose: decimals, "Step 1.", "2)", markdown lists, equations and headings stand in every one.
What counts here as a sentence, and what the hand-labelled test set follows:

- a sentence ends at `.`, `!`, `?` or `…` followed by white space, the end, or without a blank by a capitalised word,
  closing quotes, brackets, markdown marks and signs of inline mathematics included, or at the end of its line, whatever
  stands there (list item, equation, heading, row of a table, line of code);
- marks of other scripts end one too: `。！？` without a blank after them, `।`, `؟`, `۔`;
- a number or label that opens a list item ("1.", "b)", "Step 3:", "-") belongs to the sentence that it opens, on its
  line or, where it stands alone, on the next;
- a dot in a decimal, an abbreviation, an initial or an ellipsis that goes on in lower case ends nothing, nor does the
  mark of a factorial, nor anything inside inline mathematics, code or the row of a table;
- pieces without a letter or a digit (rules), fences of code, tags such as `<think>` and commands that open or close
  displayed mathematics are no sentences and are left out.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lmphys.corpus.abbreviations import ABBREVIATIONS, AMBIGUOUS, BEFORE_VALUES, OPENERS

_CLOSING = r"(?:[ \u00a0\u202f]?»|[\"'”’›)\]}*_`$」』）】》〉]|\\[)\]])*"
_END = re.compile(
    rf"[.!?…؟۔।॥]+{_CLOSING}(?=\s|$)|[。！？｡]+{_CLOSING}"
    r"|(?<=[\w)])[.!?](?=[A-Z][a-z]+[\s,']|[AI]\s|[\u3040-\u30ff\u3400-\u9fff])"
)
_MARKS = r"[\s>*_`#\-•–+]*"
_LABEL = re.compile(
    rf"{_MARKS}(?![A-Za-z]\.[A-Za-z]\.)(?:\(?(?:\d{{1,3}}|[A-Za-z]|[ivxIVX]{{1,4}})[.):]+|"
    rf"(?:step|case|part|rule|point|question|problem|example|option|statement|method|solution)\s*"
    rf"(?:#?\d{{1,3}}|[A-Z])?\s*[.:)]|\d{{1,3}}[、．）]|第\s*[\d一二三四五六七八九十]+\s*步\s*[:：、.]?|"
    rf"(?:步骤|ステップ|手順)\s*[\d一二三四五六七八九十]+\s*[:：、.]?)(?:{_MARKS}(?:\d{{1,3}}[.)](?=\s|$))?){_MARKS}",
    re.IGNORECASE,
)
_NEAR = 80  # characters before a mark that tell what it is for
_CONTENT = re.compile(r"\w")
_FENCE = re.compile(r"\s*(?:`{3,}|~{3,})\s*[\w+#.-]*\s*")
_TABLE_ROW = re.compile(r"\s*\|.*\|.*")
# Lines of LaTeX that open or close a display and say nothing.
_DISPLAY = re.compile(
    r"[\s$&]*(?:\\(?:[\[\]()\\]|hline|(?:begin|end)\s*\{[a-zA-Z]+\*?\}(?:\{[^}]*\}|\[[^\]]*\])*)[\s$&]*)+"
)
_TAG = re.compile(
    r"</?(?:think|thinking|thought|reasoning|reflection|scratchpad|answer|solution|final|step|output)>", re.IGNORECASE
)
# Inline mathematics and code. A dollar before a figure is a price unless an operator follows.
_OPAQUE = re.compile(
    r"\\\(.*?\\\)|\$\$.+?\$\$|\$(?![\s\d])[^$]+?(?<!\s)\$(?!\d)"
    r"|\$\d[^$]*?[=^+\\*/<>][^$]*?(?<!\s)\$(?!\d)|`[^`]+`"
)
_FACTORIAL = re.compile(r"\s*(?:[=+\-−*/×÷^<>≤≥≠≈,;:)(\\]|[a-z\d])")
_SHORT = r"[^\W\d_]{1,2}"


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
    # Tags are no text, but each ends a line; one character for one keeps the places.
    text = _TAG.sub(lambda tag: "\n" * len(tag.group()), text)
    lines = text.splitlines(keepends=True)
    for line, is_code in zip(lines, _code_lines(lines), strict=True):
        line_start, position = position, position + len(line)
        if not line.strip() or _DISPLAY.fullmatch(line) or _FENCE.fullmatch(line):
            continue
        label = None if is_code else _LABEL.match(line)
        if label and not _CONTENT.search(line[label.end() :]):
            opened = line_start + _indent(line) if opened is None else opened
            continue
        begin = opened if opened is not None else line_start + _indent(line)
        opened = None
        body, stop = line_start + (label.end() if label else 0), line_start + len(line.rstrip())
        inner = [] if is_code or _TABLE_ROW.match(line) else _ends_in_line(text, line_start, body, stop)
        for end in [*inner, stop]:
            piece = text[begin:end]
            if end > begin and _CONTENT.search(piece):
                found.append(Sentence(begin + _indent(piece), end))
            if end > begin:
                begin = end
    if opened is not None and _CONTENT.search(text[opened:]):
        found.append(Sentence(opened, len(text.rstrip())))
    return found


def _code_lines(lines: Sequence[str]) -> list[bool]:
    """Whether each line stands between two fences; one that is never closed fences nothing."""
    fences = [number for number, line in enumerate(lines) if _FENCE.fullmatch(line)]
    inside = [False] * len(lines)
    for first, last in zip(fences[::2], fences[1::2], strict=False):
        inside[first:last] = [True] * (last - first)
    return inside


def _indent(piece: str) -> int:
    return len(piece) - len(piece.lstrip())


def _ends_in_line(text: str, line: int, start: int, stop: int) -> list[int]:
    """Places between `start` and `stop` of the line at `line` where a sentence ends, without the line's own end."""
    opaque = [match.span() for match in _OPAQUE.finditer(text, line, stop)]
    return [
        match.end()
        for match in _END.finditer(text, start, stop)
        if match.end() < stop
        and not any(first <= match.start() and match.end() < last for first, last in opaque)
        and not _continues(text, match, start, stop)
    ]


def _continues(text: str, match: re.Match[str], start: int, stop: int) -> bool:
    """Whether the sentence goes on after this mark: abbreviation, initial, label, or ellipsis before lower case."""
    following = text[match.end() : stop].lstrip()
    if not following:
        return False
    if not _CONTENT.search(following):
        return True  # only closing marks remain: the line's end is the sentence's
    mark, said = match.group()[0], text[max(start, match.start() - _NEAR) : match.start()]
    if mark in "。！？｡":
        return match.group()[-1] in "」』”" and following.startswith(("と", "って"))
    if mark in "؟۔।॥":
        return False
    if not text[match.end()].isspace() and _is_name(said):
        return True
    if mark == "!" and re.search(r"(?:\d|\)|(?<![a-zA-Z])[a-zA-Z])$", said):
        return bool(_FACTORIAL.match(following))
    if mark in "!?":
        return following[0].islower() and match.group()[-1] in "\"'”’)"
    if match.group().startswith(("..", "…")):
        return following[0].islower()
    before = re.search(r"[\w.\u0900-\u0d7f]+$", said)  # vowel signs of India are no word characters
    word = before.group().lower() if before else ""
    goes_on = following[0].islower() or following[0].isdigit()
    # "z. B. rot", "т. е. три", "p. ej. tres"
    if f"{word}.{following.split('.')[0].lower()}" in ABBREVIATIONS:
        return True
    pair = re.search(rf"(?:^|\s)({_SHORT})\.\s({_SHORT})$", said)
    word = ".".join(pair.groups()).lower() if pair and ".".join(pair.groups()).lower() in ABBREVIATIONS else word
    if (
        re.search(rf"(?:^|\s){_SHORT}$", said)
        and re.match(rf"{_SHORT}\.\s+[^\W\d_]", following)
        and word[0] not in "in"
    ):
        return not _answers(said)
    if re.search(rf"(?:^|\s){_SHORT}\.\s?{_SHORT}$", said) and following[0].islower():
        return True
    if word in AMBIGUOUS:
        return goes_on
    if word in ABBREVIATIONS:
        return True
    if len(word) == 1 and word.isalpha() and before is not None and before.group().isupper():
        named = re.match(r"[A-Z][a-z]+", following)
        return named is not None and named[0] not in OPENERS and word != "i" and not _answers(said)
    if word.isdigit() and len(word) <= 2:
        # "... are: 1. Add them. 2. Halve it.": a number after a finished piece opens the next one; "e.g. 3" is none.
        before_it = re.search(r"(?:^|\s)((?:\w{1,2}\.\s)?[\w.]+)\.\s+\d{1,2}$", said)
        if before_it and before_it[1].replace(" ", "").lower() in BEFORE_VALUES:
            return False
        return bool(re.search(r"(?:^|[.;!?]\s+|\n\s*|step\s+)\d{1,2}$|:\s+1$", said, re.IGNORECASE))
    return False


def _is_name(before: str) -> bool:
    """Whether a dot without a blank after it stands inside an address, the name of a file or a call."""
    words = before.split()
    return not words or bool(re.search(r"[/@._(\\]", words[-1]))


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
