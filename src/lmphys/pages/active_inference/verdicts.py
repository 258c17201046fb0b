"""What the page has judged."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lmphys import agents
from lmphys.book.ledger import Entry
from lmphys.pages.active_inference import contest, halves
from lmphys.pages.active_inference.contest import EXACT, GREEDY, LIBRARY, RANDOM, THOMPSON, UCB, Contest
from lmphys.pages.active_inference.paper_agent import CONSTANT, NOISE, TABLE, Replay, replays
from lmphys.pages.active_inference.table import N_QUESTIONS, Table
from lmphys.stats import Interval, bootstrap_chains, mean_interval

WITHOUT_B, ONLY_B, CHANCE = "without the novelty of B", "only the novelty of B", "random policy"
LEANING, LEANING_WITHOUT_B = "transitions lean", "transitions lean, without the novelty of B"
N_RUNS = 200
_TASKS = 3


def judge_replays(runs: Mapping[str, Sequence[Replay]], *, seed: int = 0) -> list[Entry]:
    """Rows of the replayed agent.

    Args:
        runs: replays by the name of the judge or of what was changed; the names are constants of this module and of
            `paper_agent`. Intervals are over seeds.
        seed: of the bootstrap.
    """
    shift = {
        name: mean_interval([run.shift for run in found], groups=None, bounds=(-1, 1), seed=seed)
        for name, found in runs.items()
    }
    controls = {"constant judge": shift[CONSTANT], "noise judge": shift[NOISE], "random policy": shift[CHANCE]}
    ratio = _ratio([run.structure for run in runs[TABLE]], [run.structure for run in runs[CHANCE]], seed)
    # The same at every seed, by symmetry and not by chance: an interval of a sample would say too much.
    knows = mean_interval([run.knows_its_prompt for run in runs[TABLE]], groups=None, seed=seed)
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


def run_replays(n: int, *, seed: int = 0) -> dict[str, list[Replay]]:
    """N replays for each judge and each change that the rows of the agent need."""
    rest = {"novelty_A": False, "epistemic_and_utility": False}
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        TABLE: (TABLE, {}),
        CONSTANT: (CONSTANT, {}),
        NOISE: (NOISE, {}),
        ONLY_B: (TABLE, rest),
        WITHOUT_B: (TABLE, {"novelty_B": False}),
        LEANING: (TABLE, {"lean": 0.1}),
        LEANING_WITHOUT_B: (TABLE, {"lean": 0.1, "novelty_B": False}),
        CHANCE: (TABLE, {"by_chance": True}),
    }
    return {name: replays(kind, n, seed=seed, **settings) for name, (kind, settings) in changes.items()}


def replay_rows(runs: Mapping[str, Sequence[Replay]]) -> pd.DataFrame:
    """A row a kind of replay: shares of searches, actions, structure, and how many actions are those of the first."""
    first = [run.actions for run in next(iter(runs.values()))]
    rows = {}
    for name, found in runs.items():
        same = np.mean([a == run.actions for a, run in zip(first, found, strict=True)])
        searching = np.array([run.searching for run in found])
        early, late = np.array_split(searching, 2, axis=1)
        rows[name] = {
            "searches, first half": early.mean(),
            "searches, second half": late.mean(),
            "different actions": np.mean([run.distinct for run in found]),
            "KL of A, nats": f"{np.mean([run.structure for run in found]):.1e}",
            "actions as in the first row": f"{same:.0%}",
        }
    return pd.DataFrame(rows).T


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
