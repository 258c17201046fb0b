"""Labels of sentences: their phase, the token that ends them, and the family of their question."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from lmphys.core.trajectories import Trajectories


def sentence_labels(traj: Trajectories, *, n_tokens: int = 6) -> dict[str, np.ndarray]:
    """Three kinds of labels (N,) of the sentences of chains about problems with known steps.

    Args:
        traj: C chains; `sentences` with `phase`, `chains` with `question_id` and `task`.
        n_tokens: classes of boundary tokens, the rest among them.

    Returns:
        "phase", those of fewer than ten questions put together as "rare"; "boundary token"; "family".
    """
    chain = traj.sentences["chain"].to_numpy()
    question = traj.chains["question_id"].to_numpy()[chain]
    return {
        "phase": merge_rare(traj.sentences["phase"], question),
        "boundary token": merge_uncommon(traj.sentences["boundary_token"], n_tokens),
        "family": traj.chains["task"].to_numpy()[chain],
    }


def merge_rare(labels: ArrayLike, groups: ArrayLike, n: int = 10, *, name: str = "rare") -> np.ndarray:
    """Labels (N,), those of fewer than `n` groups (questions) put together under one name: too few to learn."""
    table = pd.DataFrame({"label": np.asarray(labels).astype(str), "group": np.asarray(groups)})
    counts = table.groupby("label")["group"].nunique()
    return table["label"].where(table["label"].map(counts) >= n, name).to_numpy(dtype=object)


def merge_uncommon(labels: ArrayLike, n_classes: int, *, name: str = "other") -> np.ndarray:
    """Labels (N,) of which the n_classes - 1 commonest are kept and the others put together."""
    values = pd.Series(np.asarray(labels).astype(str))
    kept = values.value_counts().index[: n_classes - 1]
    return values.where(values.isin(kept), name).to_numpy(dtype=object)
