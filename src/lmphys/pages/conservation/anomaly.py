"""Telling damaged texts from natural ones by energy, beside the perplexity that the energy contains."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.mechanics.energies import Candidate
from lmphys.mechanics.paths import Motion
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.classification import auroc
from lmphys.stats.interval import Interval


def shuffle_tokens(texts: Sequence[np.ndarray], *, seed: int = 0) -> list[np.ndarray]:
    """The same tokens of each text in random order."""
    rng = np.random.default_rng(seed)
    return [rng.permutation(text) for text in texts]


def exchange_tokens(texts: Sequence[np.ndarray], every: int, *, seed: int = 0) -> list[np.ndarray]:
    """Texts in which one token of each `every` is another one, drawn from all tokens of all texts.

    The first token stays. The blocks begin at the second, whose surprisal is that of the first place: each stretch of
    `every` places, see `stretches`, has one exchanged token whose surprisal falls into it.
    """
    rng = np.random.default_rng(seed)
    pool = np.concatenate(list(texts))
    exchanged = []
    for text in texts:
        damaged = np.array(text)
        for start in range(1, len(text), every):
            place = rng.integers(start, min(start + every, len(text)))
            damaged[place] = rng.choice(pool[pool != text[place]])
        exchanged.append(damaged)
    return exchanged


def stretches(motion: Motion, candidate: Candidate, size: int) -> pd.DataFrame:
    """Scores of stretches of `size` successive places; what is left at the end of a chain is dropped.

    Returns:
        A row a stretch: `chain`; `surprisal`, mean of log PP; `kinetic`, mean of K; `energy`, mean of the candidate;
        `spread of surprisal` and `spread of energy`, their standard deviations within the stretch; `minus L`, mean of
        U - K with the terms of the candidate: minus the Lagrangian of a particle.
    """
    kinetic, potential = candidate.terms(motion)
    table = pd.DataFrame(
        {
            "chain": motion.chain,
            "stretch": motion.place // size,
            "surprisal": motion.log_pp,
            "kinetic": motion.kinetic,
            "energy": kinetic + potential,
            "minus L": potential - kinetic,
        }
    )
    groups = table.groupby(["chain", "stretch"])
    scores = groups[["surprisal", "kinetic", "energy", "minus L"]].mean()
    for name in ("surprisal", "energy"):
        scores[f"spread of {name}"] = groups[name].std(ddof=0)
    return scores[groups.size() == size].reset_index()


def detection(natural: pd.DataFrame, damaged: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Chance that a damaged stretch scores above a natural one, by each score; 1/2 knows nothing.

    Args:
        natural: of `stretches`.
        damaged: the same of the damaged texts, under the same numbers of chains.
        seed: of the intervals; a chain is drawn together with its damaged copy.

    Returns:
        Columns `value`, `low`, `high`; index the scores.
    """
    names = ["surprisal", "energy", "spread of surprisal", "spread of energy", "kinetic", "minus L"]
    found = {name: _interval(natural, damaged, [name], seed) for name in names}
    rows = {name: {key: float(x) for key, x in interval._asdict().items()} for name, interval in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def detection_gain(
    natural: pd.DataFrame, damaged: pd.DataFrame, score: str, baseline: str = "surprisal", *, seed: int = 0
) -> Interval:
    """The same chance by one score minus that by another, in pairs of resamplings."""
    return _interval(natural, damaged, [score, baseline], seed)


def _interval(natural: pd.DataFrame, damaged: pd.DataFrame, names: list[str], seed: int) -> Interval:
    """AUROC of the first score, minus that of the second where there is one."""
    both = pd.concat([natural, damaged], ignore_index=True)
    positive = np.arange(len(both)) >= len(natural)
    chain = np.unique(both["chain"], return_inverse=True)[1]
    fold = np.zeros(len(both), dtype=int)

    def statistic(weights: np.ndarray) -> np.ndarray:
        areas = [auroc(both[name].to_numpy(), positive, weights, chain, fold) for name in names]
        return areas[0] if len(areas) == 1 else areas[0] - areas[1]

    return bootstrap_chains(statistic, int(chain.max()) + 1, seed=seed)
