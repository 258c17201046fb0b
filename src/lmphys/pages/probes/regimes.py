"""Regimes that were found without labels, set beside the labels of the sentences to which their steps lead."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.inference import SwitchingModel
from lmphys.stats.alignment import alignment

_PLACES = 3  # sentences that are one position


def step_labels(traj: Trajectories) -> dict[str, np.ndarray]:
    """Labels (N - C,) of the sentence that each step leads to; None or NA where there is none.

    Args:
        traj: C chains about problems with known steps.
    """
    target = traj.sentences.iloc[traj.sources() + 1]
    labels: dict[str, ArrayLike] = {
        "phase": target["phase"],
        "validity of a step": target["valid"].where(target["phase"] == "compute"),
        "position": target["t"] // _PLACES,
        "boundary token": target["boundary_token"],
        "family": traj.chains["task"].to_numpy()[traj.pairs()[2]],
    }
    return {name: np.asarray(values, dtype=object) for name, values in labels.items()}


def align(model: SwitchingModel, traj: Trajectories, labels: Mapping[str, ArrayLike], *, seed: int = 0) -> pd.DataFrame:
    """`alignment` of the most probable regimes of held-out steps with their labels.

    Args:
        model: fitted to other questions.
        traj: C chains in its coordinates.
        labels: of `step_labels`.
        seed: of permutations and resampling.
    """
    chain = traj.pairs()[2]
    return alignment(
        model.viterbi(traj),
        labels,
        positions=traj.sentences["t"].to_numpy()[traj.sources() + 1],
        chains=chain,
        groups=traj.chains["question_id"].to_numpy()[chain],
        seed=seed,
    )


def chance_information(regimes: ArrayLike, labels: ArrayLike) -> float:
    """Normalised mutual information that independent regimes and labels show on N steps, to first order.

    2 N I follows a chi-square law with (K - 1)(L - 1) degrees of freedom (likelihood ratio), so I is (K - 1)(L - 1) /
    2 N on average; it is divided by the mean of both entropies.

    Args:
        regimes: (N,) of K values.
        labels: (N,) of L values.
    """
    shares = [pd.Series(np.asarray(x, dtype=object)).value_counts(normalize=True) for x in (regimes, labels)]
    entropy = np.mean([-(p * np.log(p)).sum() for p in shares])
    n_regimes, n_labels = map(len, shares)
    return float((n_regimes - 1) * (n_labels - 1) / (2 * len(np.asarray(regimes))) / entropy)
