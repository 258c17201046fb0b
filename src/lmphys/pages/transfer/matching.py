"""Coordinates of one language model as those of another, learned on sentences that both have read."""

import numpy as np
from scipy.linalg import LinAlgError, orthogonal_procrustes
from sklearn.base import BaseEstimator

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories


class Procrustes(BaseEstimator):
    """The rotation or reflection that brings the states of one model closest to those of another.

    Minimises sum_i ||y_i - m_y - s (x_i - m_x) R||^2 over orthogonal R, with m_x and m_y the means, and over one
    factor s > 0 where `scale` is set (otherwise s = 1). A rotation changes no distance: a linear model that is moved
    along with it keeps its eigenvalues and its errors.

    Args:
        scale: fit s as well.

    Attributes:
        mean_x_: (k,) m_x.
        mean_y_: (k,) m_y.
        rotation_: (k, k) R, applied from the right to rows.
        scale_: s.

    Source: Schoenemann 1966, Psychometrika 31, 1; with a scale, Gower 1975, Psychometrika 40, 33.
    """

    mean_x_: np.ndarray
    mean_y_: np.ndarray
    rotation_: np.ndarray
    scale_: float

    def __init__(self, *, scale: bool = False) -> None:
        self.scale = scale

    def fit(self, x: np.ndarray, y: np.ndarray) -> "Procrustes":
        """Learn the match from states x and y, (n, k) each; row i of both belongs to the same sentence.

        Raises:
            LmphysError: shapes differ, there are not more pairs than dimensions, or x does not vary.
        """
        x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if x.ndim != 2 or x.shape != y.shape:
            raise LmphysError(
                f"states of shape {x.shape} and {y.shape} cannot be matched: pair them, and project both to one rank"
            )
        if len(x) <= x.shape[1]:
            raise LmphysError(
                f"{len(x)} pairs do not determine a rotation of width {x.shape[1]}: use more pairs or a lower rank"
            )
        self.mean_x_, self.mean_y_ = x.mean(axis=0), y.mean(axis=0)
        x, y = x - self.mean_x_, y - self.mean_y_
        spread = float((x**2).sum())
        if not spread > 0:
            raise LmphysError("the states to match do not vary; give sentences that differ")
        try:
            self.rotation_, singular = orthogonal_procrustes(x, y)  # and the sum of the singular values of x^T y
        except (LinAlgError, ValueError) as error:
            raise LmphysError(f"the states cannot be matched ({error}); look for values that are not finite") from error
        self.scale_ = float(singular) / spread if self.scale else 1.0
        return self

    def transform(self, x: np.ndarray) -> np.ndarray:
        """States (n, k) of the first model in the coordinates of the second."""
        return self.scale_ * (np.asarray(x) - self.mean_x_) @ self.rotation_ + self.mean_y_

    def inverse_transform(self, y: np.ndarray) -> np.ndarray:
        """States (n, k) of the second model in the coordinates of the first."""
        return (np.asarray(y) - self.mean_y_) @ self.rotation_.T / self.scale_ + self.mean_x_

    def score(self, x: np.ndarray, y: np.ndarray) -> float:
        """Share of the variance of y, about its own mean, that the matched x explain; pairs as in `fit`."""
        y = np.asarray(y, dtype=np.float64)
        return 1 - float(((y - self.transform(x)) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum())


def paired_rows(one: Trajectories, other: Trajectories) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the states of the same sentences of the same chains in two containers, (n,) each.

    A sentence is known by its chain's `chain_id` and the place `end` of its last character, so that two models may cut
    the text into tokens as they like, and a chain or sentence that one of them lacks is left out.

    Raises:
        LmphysError: the chains have no names or places, or no sentence is in both.
    """
    keys = []
    for traj in (one, other):
        if "chain_id" not in traj.chains or "end" not in traj.sentences:
            raise LmphysError("sentences can be paired by chain_id and end only; take chains of a corpus")
        name = traj.chains["chain_id"].to_numpy()[traj.sentences["chain"].to_numpy()]
        keys.append({key: row for row, key in enumerate(zip(name, traj.sentences["end"], strict=True))})
    rows = [(row, keys[1][key]) for key, row in keys[0].items() if key in keys[1]]
    if not rows:
        raise LmphysError("no sentence is in both corpora; let one model read what the other wrote")
    first, second = np.array(rows).T
    return first, second
