"""Labels of a chain that anyone wrote: phase, truth and straying of each sentence, from the question and the words.

The parser follows the value of the problem through the chain. It reads each sentence by the phrases of the family;
what a claim is about (the next step, one done before, a later one) is decided by what the question says of each step,
and whether it is true by recomputing it. A sentence that fits no phrase, or that repeats an earlier one word for word
without doing the next step, is `stray`.
"""

import re
from collections.abc import Sequence

from lmphys.problems.chains import Sentence
from lmphys.problems.families import FAMILIES
from lmphys.problems.families.family import Claim, walk
from lmphys.problems.problem import Problem
from lmphys.problems.sentences import REVIEWS, answer_phrases, openings, read_claim, with_result

_ANSWER = re.compile(r".*\banswer\b(?: is|:)\s*(?P<answer>.+?)[.!]?")


def label_sentences(problem: Problem, texts: Sequence[str]) -> list[Sentence]:
    """The sentences of a chain about a problem with their labels."""
    track = _Track(problem)
    return [track.read(" ".join(text.split())) for text in texts]


def right_results(problem: Problem, texts: Sequence[str]) -> list[str | None]:
    """For each sentence that does the next step with a wrong result, the same sentence with the right one.

    None for all other sentences; also for a step that is wrong in more than its result, such as one that begins with
    another value than the chain stands at, or a comparison, whose words change with its result.
    """
    track, found = _Track(problem), []
    for text in texts:
        plain = " ".join(text.split())
        right = track.right_result(plain)
        found.append(right if track.read(plain).phase == "compute" else None)
    return found


class _Track:
    """Where a chain stands: its value, and (kind, before, after) of each step done."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.family = FAMILIES[problem.family]
        self.truth = walk(self.family, problem)
        self.value = problem.start
        self.done: list[tuple[str, str, str]] = []
        self.seen: set[str] = set()

    @property
    def astray(self) -> bool:
        return self.value != self.truth[len(self.done)]

    def read(self, text: str) -> Sentence:
        again = text in self.seen
        self.seen.add(text)
        found = read_claim(self.family, text)
        if found is not None:
            phase, claim = found
            if again and not self._is_next(claim):
                return Sentence(text, "stray", None, True)
            phase, valid = self._claimed(phase, claim)
            return Sentence(text, phase, valid, self.astray)
        if again:
            return Sentence(text, "stray", None, True)
        return self._opening(text) or self._closing(text) or Sentence(text, "stray", None, True)

    def right_result(self, text: str) -> str | None:
        """The sentence as it should be, where its result is all that is wrong with it."""
        found, index = read_claim(self.family, text), len(self.done)
        if found is None or index >= self.problem.difficulty or "after" not in found[1].fields:
            return None
        claim, result = found[1], self.family.apply(self.problem, index, self.value)
        mended = Claim(claim.kind, {**claim.fields, "after": result})
        if self._true(index, claim, self.value) or not self._true(index, mended, self.value):
            return None
        return with_result(self.family, text, result)

    def _opening(self, text: str) -> Sentence | None:
        for phase, phrase in openings(self.family):
            fields = phrase.read(text)
            if fields is not None:
                valid = all(self.problem.words.get(name) == value for name, value in fields.items())
                return Sentence(text, phase, valid, self.astray)
        return None

    def _closing(self, text: str) -> Sentence | None:
        if text in REVIEWS:
            return Sentence(text, "check", not self.astray, self.astray)
        read = (phrase.read(text) for phrase in answer_phrases())
        answer = next((fields["answer"] for fields in read if fields is not None), None)
        if answer is None and (match := _ANSWER.fullmatch(text)):
            answer = match["answer"]
        if answer is None:
            return None
        complete = len(self.done) == self.problem.difficulty
        valid = complete and _same(answer, self.family.answer(self.problem, self.value))
        return Sentence(text, "answer", valid, not _same(answer, self.problem.answer))

    def _is_next(self, claim: Claim) -> bool:
        index = len(self.done)
        return index < self.problem.difficulty and self._true(index, claim, self.value)

    def _claimed(self, phase: str, claim: Claim) -> tuple[str, bool]:
        """Phase and truth of a claim; takes the value along."""
        if phase == "compute":
            return self._compute(claim)
        index = self._done_step(claim)
        if index is None:
            return self._compute(claim)
        valid = self._true(index, claim, self.done[index][1])
        if phase == "correct":
            self.done[index:] = [(claim.kind, self.done[index][1], claim.fields["after"])]
            self.value = claim.fields["after"]
        return phase, valid

    def _compute(self, claim: Claim) -> tuple[str, bool]:
        index = len(self.done)
        if index < self.problem.difficulty and self.family.about(self.problem, index, claim):
            return self._advance(index, claim)
        earlier = self._done_step(claim)
        if earlier is not None and claim.fields["before"] == self.done[earlier][1]:
            return "check", self._true(earlier, claim, self.done[earlier][1])
        later = (i for i in range(index + 1, self.problem.difficulty) if self.family.about(self.problem, i, claim))
        return self._advance(next(later, index), claim)

    def _advance(self, index: int, claim: Claim) -> tuple[str, bool]:
        """Do step `index`, leaving out those before it; beyond the last step only the value moves."""
        expected = len(self.done)
        inside = index < self.problem.difficulty
        valid = inside and index == expected and self._true(index, claim, self.value)
        if inside:
            self.done += [("left out", self.value, self.value)] * (index - expected)
            self.done.append((claim.kind, self.value, claim.fields["after"]))
        self.value = claim.fields["after"]
        return "compute", valid

    def _done_step(self, claim: Claim) -> int | None:
        """The latest step done that a claim is about, from the same value where there is one."""
        about = [i for i in range(len(self.done)) if self.family.about(self.problem, i, claim)]
        return max((i for i in about if self.done[i][1] == claim.fields["before"]), default=max(about, default=None))

    def _true(self, index: int, claim: Claim, value: str) -> bool:
        """Whether a claim about a step is right, the chain standing at `value` before it."""
        if claim.fields["before"] != value:
            return False
        said = self.family.says(self.problem, index, value) | {"after": self.family.apply(self.problem, index, value)}
        return claim.kind == self.family.kind(self.problem, index, value) and all(
            said.get(name) == text for name, text in claim.fields.items()
        )


def _same(answer: str, right: str) -> bool:
    words = answer.strip().lower().rstrip(".!")
    return words == right.lower() or words.split(" ")[0] == right.lower()
