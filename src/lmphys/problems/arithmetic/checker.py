"""Reads a solution word by word, and says whether it is right, where it first fails, and what it did not need."""

from collections.abc import Sequence
from dataclasses import dataclass

from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.problems.arithmetic.words import BACK, ArithmeticWords

# What may be wrong first, from form to sums.
FAULTS = ("form", "unstated", "repeated", "unready", "formula", "copied", "sum", "unanswered")


@dataclass(frozen=True)
class Check:
    """What a solution is worth.

    Attributes:
        fault: the first fault, one of `FAULTS`; empty for a right solution. `unready` is planning (a parent is not
            known yet), `formula` another formula than the stated, `copied` a known number read wrongly, `sum` a wrong
            result.
        sentence: number of the sentence with the fault; that of all sentences without one.
        answer: number given for the query, if any; right or wrong, as a rule that looks at answers alone would take it.
        unnecessary: quantities computed that the answer does not depend on.
        retries: names taken back.
    """

    fault: str
    sentence: int
    answer: int | None
    unnecessary: int
    retries: int

    @property
    def correct(self) -> bool:
        """Whether every sentence is right and the query is answered."""
        return not self.fault


def check(problem: ArithmeticProblem, said: Sequence[str], words: ArithmeticWords) -> Check:
    """Check the words of a solution, the mark of the end left out or not.

    The solution ends with the sentence of the query; words after it, and a sentence without its full stop, are faults
    of form.
    """
    quantity_of = {words.names[name]: i for i, name in enumerate(problem.names)}
    sentences = _sentences(list(said[:-1] if said and said[-1] == words.vocabulary[1] else said))
    fault, at, retries, known = "", len(sentences), 0, list[int]()
    for number, sentence in enumerate(sentences):
        if len(sentence) < 2 or sentence[-1] not in (".", BACK) or problem.query in known:
            fault = "form"
        elif sentence[0] not in quantity_of:
            fault = "unstated" if sentence[0] in words.names else "form"
        elif sentence[1:] == [BACK]:
            retries += 1
        else:
            fault = _fault(problem, quantity_of[sentence[0]], sentence, known, words)
            known += [quantity_of[sentence[0]]] * (not fault)
        if fault:
            at = number
            break
    if not fault and problem.query not in known:
        fault = "unanswered"
    unnecessary = len(set(known) - set(problem.necessary))
    return Check(fault, at, _answer(problem, sentences, words), unnecessary, retries)


def _sentences(said: list[str]) -> list[list[str]]:
    """Words up to each full stop, or to each word that takes back."""
    found: list[list[str]] = [[]]
    for word in said:
        found[-1].append(word)
        if word in (".", BACK):
            found.append([])
    return found if found[-1] else found[:-1]


def _fault(
    problem: ArithmeticProblem, quantity: int, sentence: list[str], known: list[int], words: ArithmeticWords
) -> str:
    """What is wrong with a sentence that computes a quantity; empty for nothing."""
    if quantity in known:
        return "repeated"
    if not set(problem.formulas[quantity].parents) <= set(known):
        return "unready"
    if sentence[1] != "=":
        return "form"
    said = [[part.split() for part in step.split("=")] for step in " ".join(sentence[2:-1]).split(";")]
    right = words.step(problem, quantity)
    if [[len(part) for part in step] for step in said] != [[len(part) for part in step] for step in right]:
        return "formula" if _well_formed(said) else "form"
    for number, (step, wanted) in enumerate(zip(said, right, strict=True)):
        for i, (part, truth) in enumerate(zip(step, wanted, strict=True)):
            if part != truth:
                at = next(k for k, (word, other) in enumerate(zip(part, truth, strict=True)) if word != other)
                return kind_of_word(problem.formulas[quantity], number, i, at, last=i == len(wanted) - 1)
    return ""


def kind_of_word(formula: Formula, step: int, part: int, word: int, *, last: bool) -> str:
    """What a word of a sentence is: of the `formula`, a number that is `copied`, or the result of a `sum`.

    Args:
        formula: of the quantity that the sentence computes.
        step: number of the binary step.
        part: number of its part: terms, numbers, result, as in `ArithmeticWords.step`.
        word: number of the word in the part.
        last: whether the part is the last of the step.
    """
    if not formula.steps:  # a constant is read off its statement, a copy off what is known
        return "copied" if last and formula.parents else "formula"
    if last:
        return "sum"
    operands = formula.steps[step]
    return "copied" if part > 0 or (word != 1 and operands[word].kind == "so far") else "formula"  # type: ignore[union-attr]


def _well_formed(said: list[list[list[str]]]) -> bool:
    return all(len(part) in (1, 3) for step in said for part in step) and all(step[-1][-1:] for step in said)


def _answer(problem: ArithmeticProblem, sentences: list[list[str]], words: ArithmeticWords) -> int | None:
    name = words.names[problem.names[problem.query]]
    given = [s[-2] for s in sentences if len(s) > 2 and s[0] == name and s[-2].isdigit()]
    return int(given[-1]) if given else None
