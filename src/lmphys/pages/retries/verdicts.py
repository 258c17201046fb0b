"""What the page has judged: the floor, the gain, how often names are taken back, and whether a slip is known."""

from collections.abc import Mapping, Sequence

from lmphys.book.ledger import Entry
from lmphys.pages.retries.worth import Solved, gains
from lmphys.pages.retries.wrong_names import Regret
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled
from lmphys.training.solver.models import Solver

# Trainings of each kind for a sign, how far their tokens may differ, and right solutions whose retries are counted.
ENOUGH_TRAININGS, EQUAL_TOKENS, ENOUGH_RIGHT = 3, 0.1, 50
HARDEST = 5


def floor_entry(excess: Sequence[Interval], lacking: Mapping[str, Interval]) -> Entry:
    """Nats above the exact law of solutions with mistakes; arguments as of the page on arithmetic."""
    return Entry("retries.floor.excess", pooled(excess), lacking, f"{len(excess)} trainings")


def tokens_ratio(mistakes: Sequence[Solver], flawless: Sequence[Solver]) -> float:
    """Tokens that trainings with mistakes read, over those without, on the mean."""
    with_mistakes, without = (
        sum(one.training.training["tokens"] for one in each) / len(each) for each in (mistakes, flawless)
    )
    return float(with_mistakes / without)


def lacking_trainings(mistakes: Sequence[Solver], flawless: Sequence[Solver]) -> str:
    """What two kinds of training lack to be compared, in words; empty where nothing is."""
    n, ratio = min(len(mistakes), len(flawless)), tokens_ratio(mistakes, flawless)
    if n < ENOUGH_TRAININGS:
        return f"{n} trainings of each kind; {ENOUGH_TRAININGS} are needed for a sign"
    if abs(ratio - 1) > EQUAL_TOKENS:
        return f"the trainings with mistakes read {ratio:.2f} times the tokens; within {EQUAL_TOKENS:.0%} is needed"
    return ""


def gain_entries(mistakes: Solved, flawless: Solved, *, lacking: str, note: str, seed: int = 0) -> list[Entry]:
    """The gain at the hardest problems, and over all of them."""
    operations = sorted(next(iter(mistakes.values())))
    return [
        Entry("retries.hardest.gain", gains(mistakes, flawless, [HARDEST], seed=seed), {}, note, lacking),
        Entry("retries.mean.gain", gains(mistakes, flawless, operations, seed=seed), {}, note, lacking),
    ]


def rarely_entry(ratio: Interval, data: Interval, n_right: int) -> Entry:
    """Names taken back, of the data's number."""
    lacking = "" if n_right >= ENOUGH_RIGHT else f"{n_right} right solutions; {ENOUGH_RIGHT} are needed"
    return Entry(
        "retries.written.rarely", ratio, {"solutions of the data": data}, f"{n_right} right solutions", lacking
    )


def regret_entries(
    flawless: Regret, mistakes: Regret, untrained: Regret, *, lacking: str, seed: int = 0
) -> list[Entry]:
    """Whether states know a wrong name, and whether a model acts on it; `lacking` as `lacking_skill` says."""
    last = {name: [p[-1] for p in one.probes] for name, one in (("own", flawless), ("random", untrained))}
    n = f"{len(flawless.wrong)} names, of which {int(flawless.wrong.sum())} cannot be computed yet"
    return [
        Entry(
            "retries.regret.known",
            flawless.score(last["own"], seed=seed),
            {
                "random weights": untrained.score(last["random"], seed=seed),
                "surprisal": flawless.score(flawless.surprise, seed=seed),
            },
            f"{n}; the last layer, chosen beforehand",
            lacking,
        ),
        Entry(
            "retries.regret.acted",
            mistakes.score(mistakes.back, seed=seed),
            {"surprisal": mistakes.score(mistakes.surprise, seed=seed)},
            n,
        ),
    ]
