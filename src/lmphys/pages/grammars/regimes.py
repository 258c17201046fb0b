"""The states of a transformer as a path: do regimes that are found without labels follow the sub-trees?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.grammar.sample import Derivations
from lmphys.stats.alignment import alignment
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_interval

REGIMES = "regimes"
SAME_PLACE, SAME_WORD = "labels exchanged at the same place", "labels exchanged at the same word"


def paths(strings: Strings, states: np.ndarray, derivations: Derivations) -> Trajectories:
    """A chain for each string, a state after the mark and after each word; `word` and `above-…` say what it read.

    Args:
        strings: of the derivations.
        states: (rows, D) of one layer.
        derivations: of the same strings.
    """
    table = {"chain": strings.string, "t": strings.place}
    labels = {"word": derivations.words}
    labels |= {name: derivations.ancestors[depth] for name, depth in levels(derivations).items()}
    for name, values in labels.items():
        column = np.full(len(strings.place), -1)
        column[strings.after_word] = values
        table[name] = column
    return Trajectories(states.astype(float), strings.lengths + 1, sentences=pd.DataFrame(table))


def levels(derivations: Derivations) -> dict[str, int]:
    """Names of the levels between the root and the words, the nearest to the words first, and their depths."""
    names = ("one level up", "two levels up", "three levels up", "four levels up")
    depths = range(derivations.grammar.depth - 1, 0, -1)
    return dict(zip(names, depths, strict=False))


class Fitted(NamedTuple):
    """A switching model of some chains, and others that it has not seen, in the same coordinates."""

    model: SLDS
    train: Trajectories
    test: Trajectories


def switching(traj: Trajectories, *, rank: int, n_regimes: int, seed: int = 0) -> Fitted:
    """A switching model of the principal coordinates of 70 % of the chains."""
    train, test = traj.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    train, test = projection.transform(train), projection.transform(test)
    return Fitted(SLDS(n_regimes, n_init=2, random_state=seed).fit(train), train, test)


def followed(fitted: Fitted, label: str, *, n_permutations: int = 99, seed: int = 0) -> dict[str, Interval]:
    """Normalised mutual information of the regimes of unseen steps with a label of the word that each leads to.

    Args:
        fitted: with the steps.
        label: a column of `paths`.
        n_permutations: of the labels, for each null.
        seed: of permutations and resampling.

    Returns:
        `REGIMES` with its interval over strings; and mean, 2.5 and 95 % points for labels that were exchanged between
        strings, `SAME_PLACE` and, at the same place after the same word, `SAME_WORD`.
    """
    steps = fitted.test.sentences.iloc[fitted.test.sources() + 1]
    regimes, place = fitted.model.viterbi(fitted.test), steps["t"].to_numpy()
    both = place * (1 + int(steps["word"].max())) + steps["word"].to_numpy()
    found: dict[str, Interval] = {}
    for name, kept in {SAME_PLACE: place, SAME_WORD: both}.items():
        row = alignment(
            regimes,
            {label: steps[label].to_numpy()},
            positions=kept,
            chains=steps["chain"].to_numpy(),
            n_permutations=n_permutations,
            n_bootstrap=200,
            seed=seed,
        ).loc[label]
        found |= {REGIMES: Interval.of_row(row, "nmi").map(float), name: Interval.of_row(row, "place").map(float)}
    return found


def gains(fitted: Fitted, *, seed: int = 0) -> pd.DataFrame:
    """Forecasts of the next step of the state from the past alone: variance explained, `r2` with `low` and `high`."""
    h, h_next, chain = fitted.test.pairs()
    linear = LinearDrift(fitted.model.ridge_, penalty="A-I").fit(fitted.train)
    forecasts = {
        "switching model": fitted.model.predict(fitted.test).mean,
        "one linear map": linear.predict(fitted.test).mean,
        "persistence": h,
    }
    rows = {
        name: r2_interval(h_next - h, mean - h, chain, len(fitted.test), n_bootstrap=200, seed=seed)
        for name, mean in forecasts.items()
    }
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=["r2", "low", "high"], dtype=float)
