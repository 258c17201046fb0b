"""What a label of the step explains of states, increments and residuals."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.stats.tails import group_r2


def explained_by(
    labels: Mapping[str, np.ndarray], targets: Mapping[str, np.ndarray], chain: np.ndarray, *, seed: int = 0
) -> pd.DataFrame:
    """Share of the variance of each target that the means of each label's classes explain, learned on other chains.

    Args:
        labels: name to the class of each transition, (n,).
        targets: name to values (n, d).
        chain: (n,) chain of each transition.
        seed: of the folds and the permutations.

    Returns:
        Indexed by target and label: `explained`, and `permuted labels`, the mean share after the labels were permuted
        over all transitions.
    """
    found = {
        (target, label): group_r2(values, classes, chain, seed=seed)
        for target, values in targets.items()
        for label, classes in labels.items()
    }
    rows = {key: {"explained": share.r2, "permuted labels": share.null.mean()} for key, share in found.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["target", "label"])
