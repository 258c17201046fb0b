"""Lengths of steps under each reading of "the state at a sentence boundary", with intervals over questions."""

import numpy as np
import pandas as pd

from lmphys.corpus.store import Corpus
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval
from lmphys.stats.tails import median_ratio

# Which state: name -> site and position.
READINGS = {
    f"{name}, {position}": (site, position)
    for site, name in {"final_norm": "final norm", "resid_post": "before it"}.items()
    for position in ("boundary", "after")
}


def step_ratios(chains: Corpus, *, midway: bool = False, seed: int = 0) -> dict[str, Interval]:
    """Median step between sentences over that between tokens, for each of `READINGS`.

    Args:
        chains: with the lengths of the steps.
        midway: steps over as many tokens that begin half a sentence earlier, instead of those between sentences.
        seed: of the resampling of questions.
    """
    return {
        name: median_ratio(
            _by_question(chains, chains.midway_jumps(site) if midway else chains.sentence_jumps(site, position)),
            _by_question(chains, chains.token_jumps(site)),
            seed=seed,
        )
        for name, (site, position) in READINGS.items()
    }


def length_variation(chains: Corpus, *, seed: int = 0) -> dict[str, Interval]:
    """Standard deviation over mean of the steps between sentences, for each of `READINGS`."""
    return {
        name: coefficient_of_variation(_by_question(chains, chains.sentence_jumps(site, position)), seed=seed)
        for name, (site, position) in READINGS.items()
    }


def coefficient_of_variation(values: pd.Series, *, n_bootstrap: int = 500, seed: int = 0) -> Interval:
    """Standard deviation over mean, with a 95 % interval over groups.

    Args:
        values: positive numbers; the index is the group of each.
        n_bootstrap: replicates.
        seed: of the resampling.
    """
    group, names = pd.factorize(values.index)
    x = values.to_numpy(dtype=np.float64)
    n, first, second = sum_by_group(np.stack([np.ones(len(x)), x, x**2], axis=1), group, len(names)).T

    def statistic(weights: np.ndarray) -> np.ndarray:
        mean, square = (weights @ first) / (weights @ n), (weights @ second) / (weights @ n)
        return np.sqrt(square - mean**2) / mean

    return Interval(*map(float, bootstrap_chains(statistic, len(names), n_bootstrap=n_bootstrap, seed=seed)))


def _by_question(chains: Corpus, jumps: pd.Series) -> pd.Series:
    """The same lengths, indexed by question instead of chain."""
    question = pd.factorize(chains.chains["question_id"])[0]
    return pd.Series(jumps.to_numpy(), index=question[jumps.index.to_numpy()])
