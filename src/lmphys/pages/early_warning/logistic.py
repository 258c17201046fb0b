"""Logistic regression with several penalties at once, as small tables need it by the thousand."""

import numpy as np
from scipy.special import expit

from lmphys.core.errors import LmphysError

_MAX_ITER = 100
_TOLERANCE = 1e-8


def fit_logistic(x: np.ndarray, y: np.ndarray, penalties: np.ndarray) -> np.ndarray:
    """Weights of logistic regressions of one table that differ in their penalties alone.

    Minimises sum_n [log(1 + e^{z_n}) - y_n z_n] + 1/2 sum_i penalty_i w_i^2 with z = w_0 + x w, for all R vectors of
    penalties side by side, by Newton steps that are halved where they do not descend. The intercept w_0 is free.

    Args:
        x: (n, p); p may be 0.
        y: (n,) bool, of both kinds.
        penalties: (R, p), positive.

    Returns:
        (R, p + 1), the intercept first.

    Raises:
        LmphysError: outcomes of one kind, or a penalty that is not positive: weights would be infinite.
    """
    if y.all() or not y.any() or not (penalties > 0).all():
        raise LmphysError("a logistic regression needs outcomes of both kinds and positive penalties")
    design = np.hstack([np.ones((len(x), 1)), x])
    ridge = np.hstack([np.zeros((len(penalties), 1)), penalties])
    target = y.astype(float)
    w = np.zeros(ridge.shape)
    rate = target.mean()
    w[:, 0] = np.log(rate / (1 - rate))

    def objective(w: np.ndarray) -> np.ndarray:
        z = w @ design.T
        return (np.logaddexp(0, z) - target * z).sum(axis=1) + (ridge * w**2).sum(axis=1) / 2

    value = objective(w)
    for _ in range(_MAX_ITER):
        p = expit(w @ design.T)
        gradient = (p - target) @ design + ridge * w
        hessian = (design.T * (p * (1 - p))[:, None, :]) @ design
        hessian[:, *np.diag_indices(design.shape[1])] += ridge
        step = np.linalg.solve(hessian, gradient[..., None])[..., 0]
        size = np.ones(len(w))
        while True:
            new = w - size[:, None] * step
            found = objective(new)
            worse = found > value + 1e-12 * np.abs(value)
            if not worse.any() or size.min() < 1e-6:
                break
            size[worse] /= 2
        descended = value - found
        w, value = new, found
        if (descended <= _TOLERANCE * (1 + np.abs(value))).all():
            break
    return w


def predict_logistic(x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Probabilities (R, n) for rows x (n, p) and weights w (R, p + 1)."""
    return expit(w[:, :1] + w[:, 1:] @ x.T)
