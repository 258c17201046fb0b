r"""Numbers in a text: figures, fractions, LaTeX and words, and which of them is a result.

A chain of thought writes one value in many ways: `$12,000`, `12{,}000`, `\frac{1}{2}`, `½`, `3e4`, `3 \times 10^4`,
`−3`, `15 percent`, `seven`. All are read here; what is an operand only ("multiply 6 by 2") is told from what comes out.
"""

import math
import re
import unicodedata
from dataclasses import dataclass

_TOLERANCE = 1e-6  # relative
_NEAR = 60  # characters around a number that tell what it is for

_BRACED = r"\{([^{}]*)\}"
# One after the other: LaTeX to plain signs, markdown away, powers of ten to exponents, words to signs.
_REWRITES = tuple(
    (re.compile(pattern), new)
    for pattern, new in (
        (r"\\[dtc]frac", r"\\frac"),
        (r"\\frac\s*(\d)\s*(\d)(?!\d)", r"\\frac{\1}{\2}"),
        (r"\{,\}", ","),
        (r"(?<=\d)(?:\\[,!;: ]|[\u00a0\u2009\u202f])\s*(?=\d{3}(?!\d))", ","),
        (r"(?<=\d)\s?\\%", "%"),
        (r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mbox|operatorname|bf|bm)\s*" + _BRACED, r" \1 "),
        (r"\\(?:left|right|displaystyle|,|!|;|:|quad|qquad)(?![a-zA-Z])", " "),
        (r"\\(?:times|cdot|ast)(?![a-zA-Z])", "×"),
        (r"\\div(?![a-zA-Z])", "÷"),
        (r"\\(?:approx|equiv)(?![a-zA-Z])|≈", "="),
        (r"\^\s*\{?\s*\\circ\s*\}?|°", " degrees "),
        (r"(\d)\s*\\frac\s*" + _BRACED + r"\s*" + _BRACED, r"\1 \2/\3"),
        (r"\\frac\s*\{\s*(-?[\d.,]+)\s*\}\s*\{\s*([\d.,]+)\s*\}", r"\1/\2"),
        (r"\\frac\s*" + _BRACED + r"\s*" + _BRACED, r"(\1)/(\2)"),
        (r"\\[()\[\]]", " "),
        (r"\\\$", "$"),
        (r"\$-\$(?=\d)", "-"),
        (r"(?<=[\d)])\s*[·⋅]\s*(?=[\d(])", " × "),
        (r"</?(?:b|i|u|em|strong|mark|p|br|code)\s*/?>", ""),
        (r"\.{2,}|…", " … "),
        (r"\*\*(?=\S)(?<![\w)]\*\*)|(?<=\S)\*\*(?![\w(])|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)|`+", ""),
        (r"×\s*10\s*\^\s*\{?\s*([-+]?\d+)\s*\}?", r"e\1"),
        (r"(?<=\d)\s*[*x]\s*10\s*\^\s*\{?\s*([-+]?\d+)\s*\}?", r"e\1"),
        (r"(?<=\d)\s(?=e[-+]?\d)", ""),
        (
            r"\bnegative\s+(?=\$?\d)|(?:(?<=\bis\s)|(?<=\bbe\s)|(?<=\bget\s)|(?<=equals\s)|(?<=[=:]\s)|^)minus\s+(?=\$?\d)",
            "-",
        ),
        (r"(?<![\w)])(?<![\d)]\s)–(?=[\d$.])", "-"),
        (r"(?<![\w.^])10\s*\^\s*(?:\{\s*([-+]?\d+)\s*\}|([-+]?\d+))", r"1e\1\2"),
        (r"(\d)\s+thousand\b", r"\1e3"),
        (r"(\d)\s+million\b", r"\1e6"),
        (r"(\d)\s+billion\b", r"\1e9"),
        (r"(?<=\d)\sper\s?cent\b|(?<=\d)\s%", "%"),
    )
)
_NUMBER = re.compile(
    r"""(?<![a-zA-Z0-9_.,/^])(?<!\d:)
    (?P<sign>(?<![a-zA-Z0-9_)\]])(?<![\d)\]]\s)[-+])?
    [$€£¥₹]?\s?(?P<inner>(?<=[$€£¥₹])[-+])?
    (?P<whole>\d{1,3}(?:[,'’]\d{3})+(?!\d)|\d+)?(?P<point>\.\d+)?(?P<power>[eE][-+]?\d+)?
    (?:(?P<mixed>\s(?=\d+/\d))?(?P<top>(?<=\s)\d+)?\s?/\s?(?P<bottom>\d+(?:\.\d+)?))?
    (?P<percent>%)?
    (?!\d|[,.:/]\d|(?![mgshlLCF]\b)[a-zA-Z](?![a-zA-Z])|(?:st|nd|rd|th)\b)""",
    re.VERBOSE,
)
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = (
    "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
)  # fmt: skip
_WORDS = {word: i for i, word in enumerate(_ONES)} | {word: 20 + 10 * i for i, word in enumerate(_TENS)}
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_WORD = "|".join(sorted([*_WORDS, *_SCALES], key=len, reverse=True))
_SPELT = re.compile(
    rf"(?<![\w-])(?P<sign>(?:minus|negative)\s+)?(?P<words>(?:{_WORD})(?:(?:[\s-]+and)?[\s-]+(?:{_WORD}))*)(?![\w-])",
    re.IGNORECASE,
)
_PARTS = {"hal": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8, "tenth": 10}
_SHARE = re.compile(
    rf"(?<![\w-])(?P<sign>(?:minus|negative)\s+)?(?:(?P<whole>{_WORD})\s+and\s+)?"
    rf"(?:(?P<top>an?|{'|'.join(_ONES[1:])})[\s-]+(?P<part>{'|'.join(_PARTS)})(?:f|ves|s)?|(?P<bare>half))(?![\w-])",
    re.IGNORECASE,
)
_DOZENS = re.compile(r"\b(?:(?P<count>an?|" + "|".join(_ONES[1:]) + r")\s+)?dozens?\b", re.IGNORECASE)
_UNIT = re.compile(r"[$€£¥₹]|[a-z]+(?:[\s/]+[a-z]+){0,2}")
_TIMES = re.compile(r"\b(?:once|twice|thrice)\b", re.IGNORECASE)
_TIMES_VALUES = {"once": 1.0, "twice": 2.0, "thrice": 3.0}

_EQUAL = (
    r"(?:[=≈→]|=>|\b(?:equals?|(?:is|are|be)\s+equal\s+to|makes?|gives?|gets?|is|are|be|leaves|yields|results\s+in))"
)
_RESULT = re.compile(
    rf"{_EQUAL}\s*(?:(?:us|me|to|exactly|only|just|simply|about|approximately|now|then|also|therefore|thus)\s+)*[$(\s]*$",
    re.IGNORECASE,
)
_BEFORE_OPERAND = re.compile(
    r"(?:[+*/×÷^(<>]|(?<=[\w)])\s*[-]|\b(?:by|plus|minus|times|over|add|adding|subtract|subtracting|multiply|multiplying"
    r"|divide|dividing|from|between|mod|modulo|not))\s*$",
    re.IGNORECASE,
)
_AFTER_OPERAND = re.compile(
    r"\s*(?:[+*/×÷^-]\s*[\d(]|(?:plus|minus|mod|modulo)\b"
    r"|(?:times|x|divided\s+by|multiplied\s+by)\s+\S*\d"
    r"|(?:by|from)\s+\$?-?\d|(?:is|was)\s+(?:not|wrong|incorrect)\b)",
    re.IGNORECASE,
)
_LISTED = re.compile(r"\s*(?:,\s*and|,|and|or)\s*")


@dataclass(frozen=True)
class Number:
    """A number in a text.

    Attributes:
        text: how it is written.
        value: what it comes to; of a percentage, the percents.
        percent: whether a sign or a word says percent.
        start, end: its place in the plain text.
    """

    text: str
    value: float
    percent: bool
    start: int
    end: int

    def equals(self, other: "Number") -> bool:
        """Whether two numbers are one value; a percentage is also its share, and a bare number where only one is."""
        own = [self.value]
        if self.percent != other.percent:
            own += [self.value / 100] if self.percent else [self.value * 100]
        return any(math.isclose(value, other.value, rel_tol=_TOLERANCE) for value in own)


def plain(text: str) -> str:
    """The text with its LaTeX, markdown and characters of other scripts written as plain figures and signs."""
    for mark in _VULGAR.findall(text):
        text = text.replace(mark, f" {unicodedata.normalize('NFKC', mark).replace('⁄', '/')}")
    text = _RAISED.sub(lambda power: "^" + power.group().translate(_LOWERED), text)
    text = "".join(_ascii(c) for c in text)
    for pattern, new in _REWRITES:
        text = pattern.sub(new, text)
    return text


_VULGAR = re.compile(r"[¼-¾⅐-⅞]")
_RAISED = re.compile(r"(?<=[\w)])⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_ALIKE = {**dict.fromkeys("−﹣－‑", "-"), **dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’", "'")}


def _ascii(c: str) -> str:
    if c.isascii():
        return c
    digit = unicodedata.decimal(c, None)
    return str(digit) if digit is not None else _ALIKE.get(c, c)


def numbers(text: str) -> list[Number]:
    """All numbers of a plain text that are written in figures, in order."""
    return [number for match in _NUMBER.finditer(text) if (number := _number(match)) is not None]


def spelt_numbers(text: str) -> list[Number]:
    """All numbers of a text that are written in words, in order: `seven`, `one hundred and five`, `three quarters`."""
    found = [*_shares(text), *_dozens(text)]
    taken = [range(number.start, number.end) for number in found]
    for match in _SPELT.finditer(text):
        value = _spelt(re.split(r"[\s-]+", match["words"].lower()))
        if value is not None and not any(match.start() in places for places in taken):
            found.append(Number(match.group(), -value if match["sign"] else value, False, match.start(), match.end()))
    return sorted(found, key=lambda number: number.start)


def _shares(text: str) -> list[Number]:
    """`one half`, `three quarters`, `two and a half`."""
    found = []
    for match in _SHARE.finditer(text):
        value = _count(match["top"]) / _PARTS[match["part"].lower()] if match["part"] else 0.5
        value += _WORDS.get((match["whole"] or "").lower(), 0)
        found.append(Number(match.group(), -value if match["sign"] else value, False, *match.span()))
    return found


def _dozens(text: str) -> list[Number]:
    return [Number(m.group(), 12.0 * _count(m["count"]), False, *m.span()) for m in _DOZENS.finditer(text)]


def _count(word: str | None) -> int:
    """One to nineteen; `a` and none are one."""
    return _WORDS.get((word or "a").lower(), 1)


def counted_times(text: str) -> list[Number]:
    """`once`, `twice` and `thrice` as numbers."""
    return [Number(m.group(), _TIMES_VALUES[m.group().lower()], False, *m.span()) for m in _TIMES.finditer(text)]


def number_of(text: str) -> Number | None:
    """The number that a short text is, whatever unit follows it; None where it is no number or several."""
    written = plain(text).strip().strip("$ \t").rstrip(".,;:! ")
    found = numbers(written)
    if not found:
        spelt = spelt_numbers(written) or counted_times(written)
        return spelt[0] if spelt and spelt[0].text == written else None
    rest = re.sub(r"^\s*\((.*)\)$", r"\1", written[found[0].end :]).replace("$", " ").strip()  # "9 (apples)"
    is_whole = len(found) == 1 and found[0].start == 0
    return found[0] if is_whole and (not rest or _UNIT.fullmatch(rest)) else None


def result_in(sentence: str) -> Number | None:
    """The number that a plain sentence comes to: the last one after an equals sign or its like, else the last one.

    Numbers that are only operated with ("multiplication of 6 by 2") are none; of an equation that ends in an
    expression the last side that is a number by itself counts.
    """
    found = numbers(sentence)
    operand = False
    free: list[Number] = []
    for i, number in enumerate(found):
        before, after = _just_before(sentence, number), sentence[number.end : number.end + _NEAR]
        gap = sentence[found[i - 1].end : number.start] if i else ""
        listed = operand and bool(_LISTED.fullmatch(gap))
        result = bool(_RESULT.search(before))
        operand = bool(_AFTER_OPERAND.match(after)) or (
            not result and (listed or bool(_BEFORE_OPERAND.search(before)) or _opens_list(found, i, sentence))
        )
        if not operand:
            free.append(number)
    results = [number for number in free if _RESULT.search(_just_before(sentence, number))]
    chosen = results or free
    return chosen[-1] if chosen else None


def _just_before(sentence: str, number: Number) -> str:
    return sentence[max(0, number.start - _NEAR) : number.start]


def _opens_list(found: list[Number], i: int, sentence: str) -> bool:
    """Whether this number is the first of a list that something is done with: "of 6 and 2", "between 3 and 5"."""
    before = _just_before(sentence, found[i])
    gap = sentence[found[i].end : found[i + 1].start] if i + 1 < len(found) else ""
    return bool(re.search(r"\b(?:of|between|among|for)\s+$", before)) and bool(_LISTED.fullmatch(gap))


def _number(match: re.Match[str]) -> Number | None:
    whole, point, bottom = match["whole"], match["point"], match["bottom"]
    if whole is None and point is None:
        return None
    value = float(re.sub(r"[,'’]", "", whole or "0") + (point or "") + (match["power"] or ""))
    if bottom:
        share = float(bottom)
        if match["mixed"] and match["top"]:
            value = value + float(match["top"]) / share if share else math.nan
        elif match["mixed"] or match["top"]:
            return None
        else:
            value = value / share if share else math.nan
    sign = -1 if "-" in (match["sign"] or "") + (match["inner"] or "") else 1
    text = match.group()
    start = match.start() + len(text) - len(text.lstrip())
    return Number(text.strip(), sign * value, bool(match["percent"]), start, match.end())


def _spelt(words: list[str]) -> float | None:
    total = part = 0
    for word in words:
        if word == "and":
            continue
        if word in _WORDS:
            if part % 10 or (part % 100 and _WORDS[word] >= 10):
                return None  # "two three" is a list
            part += _WORDS[word]
        elif word == "hundred":
            part = max(part, 1) * 100
        else:
            total, part = total + max(part, 1) * _SCALES[word], 0
    return float(total + part)
