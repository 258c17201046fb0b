"""A vote over answers as a dense Hopfield network: each chain stores the unit vector of its answer."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.pages.basins.hopfield import DenseHopfield


def answer_memories(answers: np.ndarray) -> np.ndarray:
    """Unit vectors (K, A) of the answers (K,) of K chains, the A different ones in ascending order."""
    return (answers[:, None] == np.unique(answers)).astype(float)


def iterated_vote(
    answers: np.ndarray, names: Sequence[str | None], betas: Sequence[float], *, n_steps: int = 3
) -> pd.DataFrame:
    """States of the network from x = 0, where nothing is preferred.

    Args:
        answers: (K,) number of each chain's answer.
        names: (K,) text of it, None where there is none.
        betas: inverse temperatures.
        n_steps: steps to show.

    Returns:
        A column an answer; a row for each β and step, and one for where it comes to rest.
    """
    memories = answer_memories(answers)
    first = np.unique(answers, return_index=True)[1]
    rows = {}
    for beta in betas:
        network, x = DenseHopfield(memories, beta), np.zeros(memories.shape[1])
        for step in range(1, n_steps + 1):
            x = network.update(x)
            rows[f"β = {beta:g}, step {step}"] = x
        rows[f"β = {beta:g}, at rest"] = network.relax(x)
    return pd.DataFrame(rows, [names[i] or "none" for i in first]).T
