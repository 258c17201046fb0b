"""What the page has judged."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmphys import agents
from lmphys.book.ledger import Entry
from lmphys.pages.active_inference import contest, halves
from lmphys.pages.active_inference.contest import EXACT, GREEDY, LIBRARY, RANDOM, THOMPSON, UCB, Contest
from lmphys.pages.active_inference.paper_agent import CONSTANT, NOISE, TABLE, Replay
from lmphys.pages.active_inference.table import N_QUESTIONS, Table
from lmphys.stats import Interval, bootstrap_chains, mean_interval

WITHOUT_B, ONLY_B, CHANCE = "without the novelty of B", "only the novelty of B", "random policy"
LEANING, LEANING_WITHOUT_B = "transitions lean", "transitions lean, without the novelty of B"
N_RUNS = 200
_TASKS = 3


def _mean(values: Sequence[float], bounds: tuple[float, float], seed: int) -> Interval:
    return mean_interval(values, groups=None, bounds=bounds, seed=seed)


def judge_replays(runs: Mapping[str, Sequence[Replay]], *, seed: int = 0) -> list[Entry]:
    """Rows of the replayed agent.

    Args:
        runs: replays by the name of the judge or of what was changed; the names are constants of this module and of
            `paper_agent`. Intervals are over seeds.
        seed: of the bootstrap.
    """
    shift = {name: _mean([run.shift for run in found], (-1, 1), seed) for name, found in runs.items()}
    controls = {"constant judge": shift[CONSTANT], "noise judge": shift[NOISE], "random policy": shift[CHANCE]}
    ratio = _ratio([run.structure for run in runs[TABLE]], [run.structure for run in runs[CHANCE]], seed)
    knows = _mean([run.knows_its_prompt for run in runs[TABLE]], (0, 1), seed)
    even = 1 / len(runs[TABLE][0].agent.q[0])
    return [
        Entry("prk.shift", shift[TABLE], controls, note=f"intervals over {len(runs[TABLE])} seeds"),
        Entry("prk.structure", ratio, {"random policy": 1.0}),
        Entry("prk.state", knows, {"even belief": even}),
        Entry(
            "prk.cause",
            {"counts start even": shift[WITHOUT_B], "transitions lean": shift[LEANING_WITHOUT_B]},
            {"only the novelty of B": shift[ONLY_B]},
            note="the second: 0.1 more for the transition that a control is meant to make",
        ),
    ]


def _ratio(over: Sequence[float], under: Sequence[float], seed: int) -> Interval:
    """Ratio of two means, seeds resampled in pairs."""
    x, y = np.array(over), np.array(under)
    return bootstrap_chains(lambda w: (w @ x) / (w @ y), len(x), seed=seed)


def judge_novelty() -> list[Entry]:
    """The row of the library's novelty."""
    counts = np.array([10.0, 20.0, 30.0])
    library, exact = agents.library_novelty(counts), agents.novelty(counts)
    return [Entry("prk.novelty", float(library / exact), {"leading terms at large counts": 2.0})]


def too_small(table: Table, n_runs: int | None = None) -> str:
    """What a run lacks to be compared; empty where nothing is."""
    n, least = len(table.questions), _TASKS * N_QUESTIONS
    if n < least:
        return f"{n} questions of {least}"
    if n_runs is not None and n_runs < N_RUNS:
        return f"{n_runs} runs of {N_RUNS}"
    return ""


def judge_table(table: Table, *, n: int, seed: int = 0) -> list[Entry]:
    """Rows of the table: whether there is a best prompt, and whether the model knows which.

    Args:
        table: of answers.
        n: halvings.
        seed: of the halvings.
    """
    rows = []
    for claim, statistic in (("prk.table", halves.gain), ("prk.confidence", halves.trust)):
        found = halves.over_halves(table, statistic, n=n, seed=seed)
        null = halves.over_halves(table, statistic, n=n, anew=True, seed=seed)
        note = "intervals hold 95 % of the halvings"
        rows.append(Entry(claim, found, {"prompts dealt anew": null}, note, too_small(table)))
    return rows


def judge_contests(table: Table, still: Contest, moving: Contest, forgetful: Contest, *, seed: int = 0) -> list[Entry]:
    """Rows of the policies.

    Args:
        table: that they played on.
        still: plays with all tasks.
        moving: plays with a change of task.
        forgetful: the same by policies that forget.
        seed: of the bootstrap.
    """
    best, least = still.best_of(), still.final(still.best_of())
    entries = [
        Entry(
            "prk.regret",
            {name: still.beyond(name, least, seed=seed) for name in (EXACT, LIBRARY)},
            {name: still.beyond(name, least, seed=seed) for name in (GREEDY, RANDOM)},
            f"the least of the three is that of {best}; intervals over runs",
            too_small(table, len(least)),
        )
    ]
    best, least = moving.best_of(), moving.final(moving.best_of())
    entries.append(
        Entry(
            "prk.switching",
            {name: forgetful.beyond(name, least, seed=seed) for name in (EXACT, LIBRARY)},
            {f"{name} with forgetting": forgetful.beyond(name, least, seed=seed) for name in (UCB, THOMPSON)},
            f"the least of the three, which forget nothing, is that of {best}; intervals over runs",
            too_small(table, len(least)),
        )
    )
    return entries


def forgetting_contest(table: Table, *, n_runs: int, seed: int = 0) -> Contest:
    """Plays with a change of task by policies that forget."""
    names = (EXACT, LIBRARY, UCB, THOMPSON, GREEDY, RANDOM)
    return contest.compete(table, names, n_runs=n_runs, switching=True, forgetting=contest.FORGETTING, seed=seed)
