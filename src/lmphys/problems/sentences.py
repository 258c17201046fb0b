"""The frames of a chain of thought: how each phase is said around what a family says of a step."""

from functools import cache

from lmphys.problems.families.family import Claim, Family
from lmphys.problems.phrases import Phrase, capitalised

PHASES = ("restate", "decompose", "compute", "check", "correct", "answer", "stray")

# {c} is a clause in the middle of a sentence, {C} one that opens it.
FRAMES = {
    "check": (
        "Let me check: {c}.", "Checking this, {c}.", "Indeed, {c}.", "Once more, {c}, as it should be.",
        "{C}, which holds.", "Yes, {c}.", "To be sure, {c}.",
    ),
    "correct": (
        "Wait, {c}, not {wrong}.", "No, that is wrong: {c}.", "That was a slip, since {c}.",
        "I made a mistake there: {c}.", "Hold on, {c}.", "{C}, not {wrong} as I said.",
    ),
    "compute": (
        "So {c}.", "Next, {c}.", "Then {c}.", "Now {c}.", "After that, {c}.", "This means that {c}.", "{C}.", "{C}.",
    ),
}  # fmt: skip

# Looks back at the whole, not at a single step.
REVIEWS = ("So far everything fits.", "Nothing is missing up to here.", "That looks right to me.", "No mistake so far.")

ANSWERS = (
    "The answer is {answer}.", "So the answer is {answer}.", "The final answer is {answer}.", "Answer: {answer}.",
    "After all this, the answer is {answer}.", "That makes the answer: {answer}.", "Hence the answer is {answer}.",
)  # fmt: skip

# Where a chain leaves its topic.
STRAYS = (
    "The weather was fine on that day.", "Somebody had left the kitchen light burning.",
    "A long walk would be nice now.",
    "Music was playing in the next room.", "The old map on the wall had lost its colour.",
    "Most people like a warm supper.",
    "It had rained a little in the morning.", "The neighbours were painting their fence again.",
    "Bread is best when it is fresh.", "Nobody could remember the name of the song.",
    "The river runs slowly in summer.",
    "A small bird sat on the window sill.", "The library closes early on some days.", "Winter was long in those hills.",
    "There is a good story behind that photograph.", "The tea had gone cold by then.",
    "Somewhere a clock struck the hour.",
    "The children were playing in the yard.", "Such evenings are hard to forget.",
    "The path leads down to the old mill.",
)  # fmt: skip


@cache
def frames(phase: str) -> tuple[Phrase, ...]:
    """Frames of a phase; the field of the clause is c or C."""
    return tuple(Phrase(text) for text in dict.fromkeys(FRAMES[phase]))


def read_claim(family: Family, text: str) -> tuple[str, Claim] | None:
    """Phase and claim of a sentence about a step, by its words alone; None where it is no such sentence."""
    for phase in FRAMES:
        for frame in frames(phase):
            framed = frame.read(text)
            if framed is None:
                continue
            clause = framed["c"] if "c" in framed else framed["C"]
            for kind, phrases in _clauses(family).items():
                for phrase in phrases:
                    fields = phrase.read(clause)
                    if fields is not None:
                        return phase, Claim(kind, fields)
    return None


def with_result(family: Family, text: str, result: str) -> str | None:
    """A sentence about a step with another result and the same words; None where it is no such sentence."""
    for phase in FRAMES:
        for frame in frames(phase):
            framed = frame.read(text)
            if framed is None:
                continue
            name = "c" if "c" in framed else "C"
            for phrases in _clauses(family).values():
                for phrase in phrases:
                    fields = phrase.read(framed[name])
                    if fields is not None and "after" in fields:
                        said = phrase.write({**fields, "after": result})
                        return frame.write({**framed, name: capitalised(said) if name == "C" else said})
    return None


@cache
def _clauses(family: Family) -> dict[str, list[Phrase]]:
    return {kind: family.phrases(kind) for kind in family.clauses}


@cache
def openings(family: Family) -> tuple[tuple[str, Phrase], ...]:
    """(phase, phrase) of the sentences that restate and decompose."""
    return tuple(
        (phase, family.phrase(text))
        for phase, texts in (("restate", family.facts), ("restate", family.goals), ("decompose", family.plans))
        for text in texts
    )


@cache
def answer_phrases() -> tuple[Phrase, ...]:
    """Sentences that answer; the field is answer."""
    return tuple(Phrase(text) for text in ANSWERS)
