"""From the text of a chain to its final answer, and whether that is right."""

import re
from dataclasses import dataclass

# What announces a final answer; the last announcement counts, since a chain may correct itself.
_ANNOUNCED = re.compile(
    r"(?:answer|result|total|conclusion)\s*(?:is|are|=|:)+\s*:?\s*|####\s*|\\boxed\s*\{|(?:^|\n)\s*answer\s*:\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?<![\w.])[-−]?\$?\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n|\}")


@dataclass(frozen=True)
class Question:
    """A question with its answer.

    Attributes:
        id: unique name, `task/number`.
        task: name of the task.
        text: what the model is asked, choices included.
        answer: the right answer: a number, one of `choices`, or a short text.
        choices: the possible answers, where they are few.
        letters: whether the text offers the choices as A), B), ...
    """

    id: str
    task: str
    text: str
    answer: str
    choices: tuple[str, ...] = ()
    letters: bool = False


def extract(text: str, question: Question) -> str | None:
    """The final answer that a chain gives to a question, or None where it gives none.

    The words after the last announcement ("the answer is", "####", a box) are read first. Without one, the last
    number or the last choice named in the text is taken; free text counts only where it is announced.
    """
    announced = [match.end() for match in _ANNOUNCED.finditer(text)]
    if announced:
        phrase = text[announced[-1] :]
        found = _read(phrase, question, first=True)
        if found is not None:
            return found
    return _read(text, question, first=False) if question.choices or _is_number(question.answer) else None


def is_correct(extracted: str | None, question: Question) -> bool:
    """Whether an extracted answer is the right one: equal as a number, or as words whatever their case."""
    if extracted is None:
        return False
    if _is_number(question.answer) and _is_number(extracted):
        return abs(_value(extracted) - _value(question.answer)) <= 1e-6 * max(1.0, abs(_value(question.answer)))
    return _plain(extracted) == _plain(question.answer)


def _read(text: str, question: Question, *, first: bool) -> str | None:
    """The first or last answer in a piece of text."""
    if question.choices:
        return _read_choice(text, question, first=first)
    if _is_number(question.answer):
        # In an announced phrase "3 + 4 = 7" the answer is what the equation comes to.
        end = _SENTENCE_END.search(text.strip()) if first else None
        phrase = text.strip()[: end.start()] if end else text
        phrase = phrase.rsplit("=", 1)[-1] if first and _NUMBER.search(phrase.rsplit("=", 1)[-1]) else phrase
        numbers = [match.group() for match in _NUMBER.finditer(phrase)]
        return (numbers[0] if first else numbers[-1]) if numbers else None
    end = _SENTENCE_END.search(text.strip())
    phrase = text.strip()[: end.start()] if end else text.strip()
    return phrase or None


def _read_choice(text: str, question: Question, *, first: bool) -> str | None:
    found: list[tuple[int, int, str]] = []
    for number, choice in enumerate(question.choices):
        pattern = rf"(?<!\w){re.escape(choice)}(?!\w)"
        found += [(m.start(), -len(choice), choice) for m in re.finditer(pattern, text, re.IGNORECASE)]
        if question.letters:
            letter = chr(ord("A") + number)
            pattern = rf"(?<![\w'])\(?{letter}(?:[).:,]|\s*$)"
            found += [(m.start(), 0, choice) for m in re.finditer(pattern, text)]
    if not found:
        return None
    return (min(found) if first else max(found))[2]


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip()))


def _value(text: str) -> float:
    plain = text.replace("−", "-").replace("$", "").replace(",", "").replace(" ", "")
    if "/" in plain:
        top, bottom = plain.split("/")
        return float(top) / float(bottom) if float(bottom) else float("nan")
    return float(plain)


def _plain(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower()).strip()
