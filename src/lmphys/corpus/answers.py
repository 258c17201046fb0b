"""From the text of a chain to its final answer, and whether that is right."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lmphys.corpus.choices import mentions, same_choice
from lmphys.corpus.formulas import equal_formulas, is_formula
from lmphys.corpus.numbers import counted_times, number_of, numbers, plain, result_in, spelt_numbers
from lmphys.corpus.sentences import split_sentences

_LONGEST = 500  # characters that an announcement can say
# Thoughts that come before an answer; where a template opens them in the prompt only their end is in the text.
_THOUGHTS = re.compile(r"^.*</(?:think|thinking|reasoning|thought)>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHTS = re.compile(r"<(?:think|thinking|reasoning|thought)>", re.IGNORECASE)
# A model without a chat template goes on with a question of its own.
_NEXT = re.compile(
    r"\n[#* \t]*(?P<kind>(?:next\s+|new\s+)?(?:question|problem|exercise|q|human|user|instruction|input)\b\s*\d*)"
    r"\s*\**\s*[.:][* ]*(?P<text>[^\n]*)"
    r"|\n[ \t]*(?:[#*]+[ \t]*(?:next\s+|new\s+)?(?:question|problem|exercise)\b[ \t]*\d*[ \t*]*\n"
    r"|\[(?:question|user|instruction)\])"
    r"\s*(?P<line>[^\n]*)"
    r"|<\|(?:im_start|im_end|endoftext|eot_id|user|end)\|>|\[/?INST\]",
    re.IGNORECASE,
)
_REMARK = (
    r"(?!\s*(?:in|also|indeed|therefore|thus)?\s*(?:correct|right\b|wrong|incorrect|helpful|clear|obvious|simple|"
    r"simply\s+the\b|based|given\b|found|as\s+follows|below|above|already|unique|known|unknown|the\s+same\b|computed|"
    r"calculated|obtained|ambiguous|important|complete)\b(?!\s*:))"
)
# What announces a final answer; the last readable announcement counts, since a chain may correct itself.
_ANNOUNCED = re.compile(
    rf"\banswers?\b(?!\s+(?:choice|option)s)[^.!?\n:=,;]{{0,60}}?\b(?:is|are|was|be|remains|becomes|equals)\b{_REMARK}\s*:?"
    r"|\banswer\b[^.!?\n:=]{0,60}[*_\"']*(?:\s*[:=]|\s+[-–—]\s)"
    r"|(?:^|\n)[ \t#>*]*(?:final[ \t]+)?answer[ \t*_]*\n"
    r"|(?:^|\n)[ \t]*####[ \t]*(?=[^\n])"
    r"|答案(?:是|为|為|[：:])+|答え(?:は|[：:])+|정답은|(?:उत्तर|الإجابة|الجواب)\s*(?:هو|هي|:)?|\bответ\s*[:—-]*"
    r"|\b(?:respuesta|réponse|antwort|resposta|risposta)\b[^.!?\n:=]{0,40}?(?:\b(?:es|est|ist|lautet|é|è)\b|:)",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"n't\b|\bcannot\b|\bnot\b", re.IGNORECASE)
_CHOSEN = re.compile(
    r"\b(?:correct|right|best|final|my)\s+(?:option|choice|letter|statement)\s*(?:is|would\s+be|:)"
    r"|\b(?:I|we|I'd|we'd|I'll)\s+(?:would\s+|will\s+)?(?:choose|pick|select|go\s+with)\b",
    re.IGNORECASE,
)
_IS_ANSWER = re.compile(
    r"(?:\bis|,[ \n]which\s+is)\s+(?:indeed\s+|therefore\s+|thus\s+)?(?:(?:the|our|my)\s+(?:\w+\s+)?"
    r"(?:answer|solution|option|choice)\b(?:\s+to(?:\s+[^\s.!?]+){1,5})?(?=\s*[.,;:!\n*]|\s*$|\s+(?:because|since|as|so)\b)"
    r"|(?:the\s+)?(?P<mark>correct|right|true)\b(?!\s+(?:but|that)))",
    re.IGNORECASE,
)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")
# Where what an answer is ends, and why it is or what else it is begins.
_CLAUSE_END = re.compile(
    r"\s*(?:;|,(?=\s)(?!\s*-?\$?\d)|\s\(|\s[-–—]\s+(?=[a-zA-Z])|—"
    r"|\b(?:because|since|so|but|where|when|if|given|not|after|before|rather)\b)\s*"
)
_REASON = re.compile(r"\b(?:because|since|as|whereas|unlike)\b", re.IGNORECASE)
_COMES_TO = re.compile(r",?\s*\bwhich\s+(?:is|equals|makes|gives)\b", re.IGNORECASE)
_LABEL = re.compile(r"^[\s>*_#]*(?:[-•+]\s+|\(?(?:\d{1,3}|[a-z])[.)]\s+|step\s*\d+\s*[.:)]\s*|[*•]\s+)+", re.IGNORECASE)
_CLOCK = re.compile(r"(?<![\d:.])\d+(?::\d+){1,2}(?![\d:])")  # a time, or a ratio
# An answer that stands first, alone on its line, and is explained below.
_EXPLAINED = re.compile(
    r"\s*(?P<first>[^\n]{1,80})\n\s*[*_#]*(?:explanation|reason|reasoning|rationale|justification|because)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Question:
    """A question with its answer.

    Attributes:
        id: unique name, `task/number`.
        task: name of the task.
        text: what the model is asked, choices included.
        answer: the right answer: a number, a formula, one of `choices`, or a short text.
        choices: the possible answers, where they are few.
        letters: whether A), B), ... stand for the choices.
    """

    id: str
    task: str
    text: str
    answer: str
    choices: tuple[str, ...] = ()
    letters: bool = False

    @property
    def gold(self) -> str:
        """The final answer in `answer`: what follows `####` or stands in a box, where a whole solution is given."""
        return final_answer(self.answer)


def final_answer(solution: str) -> str:
    """The final answer of a written solution: what follows its last `####`, or stands in its last box, or all of it."""
    if "####" in solution:
        solution = solution.rsplit("####", 1)[1]
    boxes = list(_BOX.finditer(solution))
    return (_braced(solution[boxes[-1].end() :]) if boxes else solution).strip()


def extract(text: str, question: Question, *, ended: bool = True) -> str | None:
    """The final answer that a chain gives to a question, or None where it gives none.

    What a model thinks (`<think>`) and what it writes after a next question of its own are left out. Of the rest the
    last announcement that can be read counts ("the answer is", "####", a box, "B is correct"). Without one, it is the
    result of the last sentence that has one, or the choice that is named last; free text counts only where it is
    announced, and an announced answer that is none of the choices is none.

    Args:
        text: of the chain.
        question: that it is about.
        ended: whether the chain ended by itself; one that was cut off has answered only if it announced the answer.
    """
    answered = _own_answer(text, question)
    last = 0  # end of the last announcement
    for end, phrase in _announced_last_first(answered, question):
        found = _read_phrase(phrase, question)
        if found is not None:
            return found
        last = max(last, end)
    if not ended:
        return None
    explained = _EXPLAINED.match(answered)
    if explained and _opens_with_answer(explained["first"], question):
        return _read_phrase(explained["first"], question)
    return _read_rest(answered[last if question.choices else 0 :], question)


def is_correct(extracted: str | None, question: Question) -> bool:
    """Whether an extracted answer is the right one: equal as a number or a formula, or in words whatever their case."""
    if extracted is None:
        return False
    if question.choices:
        return same_choice(extracted, question.gold)
    given, right = number_of(extracted), number_of(question.gold)
    if given and right:
        return given.equals(right)
    if is_formula(question.gold) or (right and is_formula(extracted)):
        return equal_formulas(extracted, question.gold)
    return _words(extracted) == _words(question.gold)


def _own_answer(text: str, question: Question) -> str:
    """The text without thoughts and without what follows an invented next question."""
    text = _THOUGHTS.sub("", text)
    opened = _OPEN_THOUGHTS.search(text)
    text = text[: opened.start()] if opened else text
    for match in _NEXT.finditer(text):
        line = match["text"] if match["text"] is not None else match["line"]
        restated = line is not None and _restates(line, question.text)
        if text[: match.start()].strip() and not restated:
            return text[: match.start()]
    return text


def _restates(line: str, question: str) -> bool:
    """Whether a line repeats the question that was asked, or opens a part of its own."""
    words = _words(line).split()
    return not words or sum(word in _words(question).split() for word in words) >= 0.8 * len(words)


def _announced_last_first(text: str, question: Question) -> Iterator[tuple[int, str]]:
    """Where each announcement ends, and what it says: the sentence after it, the box, or the clause before it."""
    kinds = [_BOX, _ANNOUNCED, _IS_ANSWER, *([_CHOSEN] if question.choices else [])]
    found = [match for kind in kinds for match in kind.finditer(text)]
    for match in sorted(found, key=lambda match: match.end(), reverse=True):
        rest = text[match.end() : match.end() + _LONGEST]
        if match.re is _BOX:
            yield match.end(), _braced(rest)
        elif match.re is _IS_ANSWER:
            said = _said_before(text[max(0, match.start() - _LONGEST) : match.start()], match, question)
            if said is not None:
                yield match.end(), said
        elif match.group().strip() == "####" and not _opens_with_answer(rest.split("\n")[0], question):
            continue
        elif not _NEGATED.search(match.group()):
            yield match.end(), _first_sentence(rest)


def _said_before(before: str, match: re.Match[str], question: Question) -> str | None:
    """What the clause before "is the answer" names; None where it names nothing."""
    sentences = split_sentences(before)
    clause = before[sentences[-1].start :] if sentences else ""
    clause = re.sub(r"(?<![\w'])[A-Z]{1,2}$", r"(\g<0>)", clause.rstrip())  # "Therefore, D is the correct option"
    if match["mark"] and not (question.choices and mentions(plain(clause), question.choices, letters=question.letters)):
        return None  # "that is correct" names nothing
    return _read_rest(clause, question)


def _first_sentence(text: str) -> str:
    lead = "is "  # without words before it "1." would be the label of a list
    text = lead + text.lstrip()
    sentences = split_sentences(text)
    return text[len(lead) : sentences[0].end] if text[len(lead) :] else ""


def _opens_with_answer(line: str, question: Question) -> bool:
    """Whether a line after #### is an answer and no heading."""
    written = plain(line).strip()
    if question.choices:
        first = mentions(written, question.choices, letters=question.letters, opening=True)
        return bool(first) and first[0].start <= 3
    if number_of(question.gold):
        found = numbers(written) or spelt_numbers(written)
        return bool(found) and found[0].start <= 1
    return True


def _braced(text: str) -> str:
    """Text up to the brace that closes what is open at its start."""
    depth = 1
    for place, character in enumerate(text):
        depth += (character == "{") - (character == "}")
        if not depth:
            return text[:place]
    return text


def _read_phrase(phrase: str, question: Question) -> str | None:
    """The answer in what follows an announcement."""
    if question.choices:
        found = mentions(plain(phrase), question.choices, letters=question.letters, opening=True)
        return question.choices[found[0].index] if found else None
    if number_of(question.gold):
        return _read_number(phrase)
    if _CLOCK.fullmatch(question.gold.strip()):
        return next((match.group() for match in _CLOCK.finditer(phrase)), None)
    if is_formula(question.gold):
        return phrase.strip() or None
    phrase = _without_marks(phrase)
    if not _CLAUSE_END.search(question.gold):
        phrase = _CLAUSE_END.split(phrase, maxsplit=1)[0]
    return phrase.strip() or None


def _read_number(phrase: str) -> str | None:
    """The number that an announced phrase comes to: of "3 + 4 = 7" the 7, of "10, because 20 = 2 * 10" the 10."""
    written = re.sub(r"^(\$?\d{1,3})((?: \d{3})+)(?!\d)", _joined, plain(phrase).strip())
    written = re.sub(r"^(-?\$?\d+),(\d{1,2})(?![\d,])", r"\1.\2", written)  # a decimal comma
    if re.match(r"not\b", written):
        return None
    if re.search(r"\\(?!boxed)[a-zA-Z]+|\d\s*\^", written) and is_formula(phrase):
        return phrase.strip()
    written = _COMES_TO.sub(" = ", written)
    for clause in _CLAUSE_END.split(written):
        sides = [side for side in re.split(r"=+|\bequals?\b|\bis\b", clause) if side.strip()]
        for side in reversed(sides):
            found = numbers(side)
            if found and (len(sides) == 1 or result_in(side) is not None):
                result = result_in(side)
                return (found[0] if result is None or (len(sides) == 1 and not _operates(side)) else result).text
        spelt = spelt_numbers(clause) or counted_times(clause)
        if spelt:
            return spelt[0].text
    return None


def _joined(match: re.Match[str]) -> str:
    """12 000 as 12000: where a number opens what is announced, a space in it can only be that of thousands."""
    return match.group().replace(" ", "")


def _operates(side: str) -> bool:
    return bool(re.search(r"[+*/×÷^]|\s-\s|\b(?:times|plus|minus|makes?|gives?)\b", side))


def _read_rest(text: str, question: Question) -> str | None:
    """The answer of a text that announces none: the result or the choice in the last sentence that has one."""
    if not question.choices and _CLOCK.fullmatch(question.gold.strip()):
        return next((match.group() for match in reversed(list(_CLOCK.finditer(text)))), None)
    if not question.choices and not number_of(question.gold):
        return None
    written = plain(text)
    for sentence in reversed(split_sentences(written)):
        said = written[sentence.start : sentence.end]
        body = _LABEL.sub("", said)
        if question.choices:
            for part in (_REASON.split(body)[0], body, said):
                found = mentions(part, question.choices, letters=question.letters)
                if found:
                    return question.choices[found[-1].index]
            continue
        if body != said and re.fullmatch(r"[-\d.,\s]*", body):
            continue  # an item that is nothing but a number is a datum
        result = result_in(body)
        if result is not None:
            return result.text
        times = counted_times(body)
        if times:
            return times[-1].text
    return None


def _without_marks(phrase: str) -> str:
    return plain(phrase).strip(" \t\n\"'“”‘’*_$.!:;,()[]")


def _words(text: str) -> str:
    """Words of a text in lower case, without marks and a leading article."""
    words = re.sub(r"[^\w]+", " ", text.lower()).strip()
    return re.sub(r"^(?:an?|the)\s+(?=\w)", "", words)
