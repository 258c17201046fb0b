"""What a probe is compared with: labels permuted within strata, and what is known of a sentence without its state."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# Later positions count as this one: few chains get there.
MAX_POSITION = 15
# Boundary tokens and positions with fewer sentences are lumped together.
_MIN_SENTENCES = 10


def questions_of(y: np.ndarray, group: np.ndarray, n_classes: int) -> np.ndarray:
    """Number of groups in which each class occurs, (K,)."""
    pairs = pd.DataFrame({"y": y, "group": group}).drop_duplicates()
    return np.bincount(pairs["y"], minlength=n_classes)


def spread_over(y: np.ndarray, fold: np.ndarray) -> bool:
    """Whether each class is in three folds, so that a probe sees it whichever are held out and choose the ridge."""
    pairs = pd.DataFrame({"y": y, "fold": fold}).drop_duplicates()
    return bool((pairs["y"].value_counts() >= 3).all())


def shuffled(y: np.ndarray, stratum: np.ndarray, fold: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Labels permuted within strata; drawn again until each class is in enough folds."""
    out = np.empty_like(y)
    while True:
        out[np.argsort(stratum, kind="stable")] = y[np.lexsort((rng.random(len(y)), stratum))]
        if spread_over(out, fold):
            return out


def position(t: ArrayLike) -> np.ndarray:
    """Place in the chain, late ones counted as `MAX_POSITION`."""
    return np.minimum(np.asarray(t), MAX_POSITION)


def covariates(baseline: pd.DataFrame, train: np.ndarray) -> np.ndarray:
    """What is known without the state, (N, k).

    One-hot position and boundary token, logarithm of the length, and how surprising and how open the sentence was
    while it was written: mean surprisal and mean entropy of its tokens, nats, where they are known. A state that only
    knows how sure the model was knows no more than these.

    Args:
        baseline: columns `t`, `boundary_token`, `n_tokens`; and `logp` and `entropy`, sums over the tokens, which are
            left out unless they are there and finite in all rows.
        train: (N,) rows that scale and categories are learned on.
    """
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=_MIN_SENTENCES, sparse_output=False)
    names = pd.DataFrame({"t": position(baseline["t"]), "token": baseline["boundary_token"].to_numpy()})
    tokens = baseline[["n_tokens"]].to_numpy(dtype=float)
    numbers = [np.log(tokens)]
    for column in ("logp", "entropy"):
        known = baseline.get(column)
        if known is not None and np.isfinite(known).all():
            numbers.append(known.to_numpy(dtype=float)[:, None] / tokens)
    plain = np.hstack(numbers)
    one_hot = encoder.fit(names[train]).transform(names)
    return np.hstack([one_hot, StandardScaler().fit(plain[train]).transform(plain)])
