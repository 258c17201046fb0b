"""Where EM starts: each transition is given to one regime, and the parameters follow from that."""

import math
from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.m_step import Statistics, maximise, weighted_moments
from lmphys.dynamics.slds.packing import ROWS, Packed
from lmphys.dynamics.slds.structure import Models, Prior, Structure

# A direction with a smaller share of the largest variance of the steps does not move but for rounding.
STILL = 1e-26
# Quantile at which squares of residuals are clipped.
CLIPPED = 0.99

# Of more transitions, so many are drawn to find the groups, and the others follow.
GROUPED = 1 << 18

Init = Literal["auto", "mixture", "kmeans", "random"]


def prepare(
    packed: Packed,
    structure: Structure,
    *,
    drift_prior: float,
    covariance_prior: float,
    concentration: float,
    stickiness: float = 0.0,
) -> tuple[Models, Prior]:
    """One regime for all transitions, and the prior in the units of the states; settings as of `SLDS`.

    Raises:
        LmphysError: as in `one_regime`.
    """
    D = packed.width
    unscaled = torch.ones(D, dtype=torch.float64, device=packed.rows.device)
    spread = float(packed.moments.diagonal()[1 : D + 1].mean()) / len(packed)
    # Where all chains start from one state and end after one step there is no spread; any unit will do.
    ridge = drift_prior * D * (spread or 1.0)
    return one_regime(packed, structure, Prior(ridge, covariance_prior * D, unscaled, concentration, stickiness))


def one_regime(packed: Packed, structure: Structure, prior: Prior) -> tuple[Models, Prior]:
    """One regime for all transitions, R = K = 1, and the prior with the scale S0 taken from its residuals.

    S0 is diagonal, the typical square of the residuals in each direction. A direction in which nothing moves
    counts with the mean variance of the others.

    Raises:
        LmphysError: the transitions do not determine the map or the covariance.
    """
    D, like = packed.width, prior.scale
    moments = weighted_moments(like.new_ones(1, 1, len(packed)), packed)
    stats = Statistics(like.new_ones(1, 1), like.new_ones(1, 1, 1), moments)
    zeros, identity = like.new_zeros(1, 1, D, D), torch.eye(D).to(like).expand(1, 1, D, D)
    variance = moments[0, 0].diagonal()[D + 1 :] / len(packed)
    refusal = LmphysError(
        f"{len(packed)} transitions of width {D} do not determine a linear map at ridge {prior.ridge:.3g}: "
        "the states do not vary enough; raise drift_prior or use a lower rank"
    )
    if not float(variance.max()) > 0:
        raise refusal
    unit = torch.where(variance <= STILL * variance.max(), variance.mean(), variance)
    nothing = Models(
        like.new_zeros(1, 1), like.new_zeros(1, 1, 1), zeros, zeros[..., 0], identity * unit, unit.expand(1, 1, D)
    )
    # Next to no weight, in the unit of each direction: it keeps those that do not move from a variance of 0.
    start = replace(prior, pseudo_count=1e-9, scale=unit)
    model, alive = maximise(stats, nothing, replace(structure, covariance="diagonal"), start)
    if not bool(alive.all()):
        raise refusal
    prior = replace(prior, scale=_typical_square(model, packed, unit))
    model, alive = maximise(stats, nothing._replace(specific=prior.scale.expand(1, 1, D)), structure, prior)
    if not bool(alive.all()):
        raise LmphysError(
            f"{len(packed)} transitions of width {D} do not determine a noise covariance of the kind "
            f"{structure.covariance!r}; raise covariance_prior, use 'diagonal' or 'low-rank', or a lower rank"
        )
    return model, prior


def _typical_square(model: Models, packed: Packed, unit: torch.Tensor) -> torch.Tensor:
    """Mean square of the residuals of one linear map in each direction, (D,), the largest of them clipped.

    A plain mean would follow a single outlier, and pull every regime there. Heavy tails are left in: squares
    count up to their quantile `CLIPPED`, unless most of them are 0. At least a share of `STILL` of `unit`.
    """
    D = packed.width
    # In blocks: a copy of all rows in float64 would be most of the memory of a fit.
    squares = packed.rows.new_empty(len(packed), D)
    for z, out in zip(packed.rows.split(ROWS), squares.split(ROWS), strict=True):
        z = z.to(torch.float64)
        out.copy_((z[:, D + 1 :] - z[:, 1 : D + 1] @ model.M[0, 0].T - model.b[0, 0]).square_())
    typical = []
    for column, least in zip(squares.T, STILL * unit, strict=True):
        square = column.to(torch.float64)
        limit = square.kthvalue(math.ceil(CLIPPED * len(square))).values
        typical.append((square.clamp(max=limit) if limit > least else square).mean().clamp(min=least))
    return torch.stack(typical)


def labels(packed: Packed, single: Models, K: int, kind: str, seed: int) -> np.ndarray:
    """Regime (n,) of each packed transition.

    "kmeans" groups the increments; "mixture" is the paper's route (Sec. 4.2, Eq. 7), a Gaussian mixture on the
    residuals of one linear map, here with diagonal covariances; "random" draws.
    """
    if K == 1:
        return np.zeros(len(packed), dtype=np.int64)
    if kind == "random":
        return np.random.default_rng(seed).integers(K, size=len(packed))
    D = packed.width
    rows = packed.rows.cpu().numpy()
    drift = single.M[0, 0].cpu().numpy().T.astype(rows.dtype)

    def placed(z: np.ndarray) -> np.ndarray:
        """What is grouped, (m, D), of rows z."""
        return z[:, D + 1 :] if kind == "kmeans" else z[:, D + 1 :] - z[:, 1 : D + 1] @ drift

    n = len(rows)
    chosen = slice(None) if n <= GROUPED else np.sort(np.random.default_rng(seed).choice(n, GROUPED, replace=False))
    some = placed(rows[chosen])
    if kind == "kmeans":
        groups = KMeans(K, n_init=1, random_state=seed)
    else:
        floor = 1e-6 * float(some.var(axis=0).mean())
        groups = GaussianMixture(K, covariance_type="diag", reg_covar=floor, random_state=seed, max_iter=50, tol=1e-2)
    groups.fit(some)
    return np.concatenate([groups.predict(placed(rows[first : first + ROWS])) for first in range(0, n, ROWS)])


def from_labels(z: np.ndarray, packed: Packed, single: Models, K: int, structure: Structure, prior: Prior) -> Models:
    """Models of greatest posterior for given regimes (R, n), from one M-step."""
    hard = torch.nn.functional.one_hot(torch.from_numpy(z.astype(np.int64)), K).to(prior.scale).transpose(1, 2)
    # One passage more than counted: a passage of probability 0 could never be taken again.
    transitions = prior.scale.new_ones(len(z), K, K)
    for now, after in zip(packed.blocks[:-1], packed.blocks[1:], strict=True):
        came, went = hard[:, :, now][:, :, : after.stop - after.start], hard[:, :, after]
        transitions += came @ went.transpose(1, 2)
    first = 1.0 + hard[:, :, packed.blocks[0]].sum(-1)
    before = Models(
        first, transitions, *(field.expand(len(z), K, *field.shape[2:]) for field in single[2:])
    )  # fmt: skip
    return maximise(Statistics(first, transitions, weighted_moments(hard, packed)), before, structure, prior)[0]
