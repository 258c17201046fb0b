"""What is judged on the page on Gibbs weights."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book import Entry
from lmphys.book.verdicts import Numbers
from lmphys.pages.gibbs.paper import Paper
from lmphys.pages.gibbs.subsets import SubsetGains
from lmphys.pages.gibbs.ties import Gain
from lmphys.pages.gibbs.ways import WEIGHTED, Ways
from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.pool import Pool
from lmphys.stats.interval import Interval


def judge_paper(paper: Paper) -> Entry:
    """The paper's table beside its own figure."""
    return Entry(
        "gibbs.majority.table_and_figure",
        float(paper.figure.majority[paper.n_chains]),
        note="the paper's table beside its own figure; no model of ours is in it",
    )


def judge_subsets(pool: Pool, found: SubsetGains, *, seed: int = 0) -> list[Entry]:
    """Gain of the weights over the majority vote in the mean over subsets; none where no vote can differ.

    Args:
        pool: arrays (Q, K).
        found: of `subset_gains`.
        seed: of the bootstrap over questions.
    """
    if not (pool.has_energies and pool.decides):
        return []

    def points(by_question: np.ndarray) -> Interval:
        return mean_over_questions(by_question, seed=seed).map(lambda share: 100 * share)

    nulls = {name: points(by_question) for name, by_question in found.nulls.items()}
    return [Entry("gibbs.gain.subsets", points(found.gain), nulls)]


def judge_votes(pool: Pool, ways: Ways, curve: Mapping[str, np.ndarray], gain: Gain, *, seed: int = 0) -> list[Entry]:
    """Accuracies and gains of the votes; none where no vote can differ, the majority's alone without energies.

    Args:
        pool: arrays (Q, K).
        ways: of `compare_ways`.
        curve: law to accuracy (sizes, Q), the first sizes being one chain and two.
        gain: of `gain_of_weights`.
        seed: of the bootstrap over questions.
    """
    if not pool.decides:
        return []
    accuracy = ways.accuracy
    greedy, majority = accuracy["greedy, temperature 0"], accuracy["majority"]

    def points(by_question: np.ndarray, least: float = -1.0) -> Interval:
        found = mean_over_questions(by_question, bounds=(least, 1.0), seed=seed)
        return found.map(lambda share: 100 * share)

    idle = 100 * float((curve["majority"][1] - curve["majority"][0]).mean())
    entries = [
        Entry("gibbs.majority.two", idle, note="exact: zero for every model"),
        Entry("gibbs.majority.rise", points(majority - accuracy["one chain"])),
        Entry("gibbs.majority.greedy", points(majority - greedy)),
        Entry("gibbs.accuracy.greedy", points(greedy, 0.0)),
        Entry("gibbs.accuracy.majority", points(majority, 0.0)),
    ]
    if not pool.has_energies:
        return entries
    weighted, two = accuracy[WEIGHTED], curve[WEIGHTED][1] - curve[WEIGHTED][0]
    return [
        *entries,
        Entry("gibbs.accuracy.weighted", points(weighted, 0.0)),
        Entry(
            "gibbs.gain.majority",
            points(gain.by_question),
            {"no gain": 0.0, **ways.controls(majority)},
            _changed(pool, gain),
        ),
        Entry("gibbs.gain.greedy", points(weighted - greedy), {"no gain": 0.0, **ways.controls(greedy)}),
        Entry("gibbs.gain.two", points(two), {"majority vote": idle}),
    ]


def _changed(pool: Pool, gain: Gain) -> str:
    """How many questions were decided differently, and the gain of the next smaller vote."""
    fewer = (100 * gain.by_size[["gain", "low", "high"]]).iloc[max(0, len(gain.by_size) - 2)]
    return (
        f"{gain.n_changed} of {pool.n_questions} questions decided differently by {pool.n_chains} chains; "
        f"by {fewer.name}, mean over subsets: {fewer.gain:+.1f} [{fewer.low:.1f}, {fewer.high:.1f}] points"
    )


def judge_energy(knows: pd.DataFrame) -> list[Entry]:
    """Whether right chains have the lower energy; nothing where no energies, or too few questions, can tell.

    Args:
        knows: of `discrimination`.
    """
    name = "low energy (−E)"
    if name not in knows.index or not np.isfinite(knows.low[name]):
        return []
    controls: dict[str, Numbers] = {"a coin": 0.5, "length alone": Interval.of_row(knows.loc["short (−L)"])}
    return [Entry("gibbs.energy.right_lower", Interval.of_row(knows.loc[name]), controls)]
