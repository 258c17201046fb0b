"""R switching models side by side as tensors: what they say about each transition, and how they are penalised."""

import math
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch

from lmphys.dynamics.slds.packing import Packed
from lmphys.dynamics.slds.parameters import SLDSParameters

Drift = Literal["switching", "shared", "none"]
Covariance = Literal["full", "diagonal", "tied", "low-rank"]

# Numbers in one block of whitened residuals: it should stay in the processor's cache.
BLOCK = 1 << 18


@dataclass(frozen=True)
class Structure:
    """Which parameters the regimes have of their own.

    Attributes:
        drift: "switching" M_j, one "shared" M, or "none", M = 0.
        covariance: "full", "diagonal" or "low-rank" plus diagonal Sigma_j, or one "tied" full Sigma.
        noise_rank: rank of the "low-rank" part.
    """

    drift: Drift
    covariance: Covariance
    noise_rank: int

    def n_parameters(self, K: int, D: int) -> int:
        """Free parameters of K regimes in D dimensions; h_0 is given, so no law of it is counted."""
        r = self.noise_rank
        of_drift = {"switching": K * D * D, "shared": D * D, "none": 0}[self.drift]
        full = D * (D + 1) // 2
        # A rotation of the r factors changes nothing: r (r - 1) / 2 of the D r loadings are not free.
        low_rank = min(D * r - r * (r - 1) // 2 + D, full)
        of_noise = {"full": K * full, "diagonal": K * D, "tied": full, "low-rank": K * low_rank}[self.covariance]
        return of_drift + K * D + of_noise + K * (K - 1) + K - 1


@dataclass(frozen=True)
class Prior:
    """Penalties of the objective, which is the log posterior up to a constant.

    For each regime a matrix-normal inverse-Wishart law of (M, Sigma), flat in b, by its weight in data:

        log p(M, Sigma) = -1/2 tr Sigma^-1 (ridge M M^T + n0 S0) - 1/2 n0 log |Sigma| + const,

    that is M | Sigma ~ MN(0, Sigma, I / ridge) and Sigma ~ IW(n0 S0, n0 - 2 D - 1), a proper law for n0 > 3 D and
    a penalty of the same form below that. To these come Dirichlet laws of pi and of the rows of T. Where regimes
    share M or Sigma, the penalty of what is shared counts once.

    Attributes:
        ridge: weight of M = 0, in squared units of the states.
        pseudo_count: n0, transitions that the prior of Sigma is worth.
        scale: (D,) diagonal of S0.
        concentration: of the Dirichlet laws, at least 1.
        stickiness: added to the concentration of each T_jj.
    """

    ridge: float
    pseudo_count: float
    scale: torch.Tensor
    concentration: float
    stickiness: float


class Models(NamedTuple):
    """Parameters of R models, float64, in the coordinates of a `Packed`: x and y are centred.

    Attributes:
        log_pi: (R, K).
        log_T: (R, K, K).
        M: (R, K, D, D).
        b: (R, K, D).
        Sigma: (R, K, D, D).
        specific: (R, K, D) diagonal part of a low-rank Sigma, the whole diagonal otherwise.
    """

    log_pi: torch.Tensor
    log_T: torch.Tensor  # noqa: N815
    M: torch.Tensor
    b: torch.Tensor
    Sigma: torch.Tensor
    specific: torch.Tensor

    def take(self, rows: torch.Tensor | list[int]) -> "Models":
        """Some of the R models."""
        return Models(*(field[rows] for field in self))

    def to_parameters(self, packed: Packed, r: int = 0) -> SLDSParameters:
        """Model r in the coordinates of the states."""
        pi, T, M, b, Sigma = (
            field[r].cpu().numpy() for field in (self.log_pi.exp(), self.log_T.exp(), self.M, self.b, self.Sigma)
        )
        # M (h - origin) + b + drift = M h + (b + drift - M origin).
        return SLDSParameters(pi, T, M, b + packed.drift - M @ packed.origin, Sigma)

    @classmethod
    def from_parameters(cls, parameters: SLDSParameters, packed: Packed) -> "Models":
        """One model, R = 1, from parameters in the coordinates of the states."""
        p = parameters
        with np.errstate(divide="ignore"):
            logs = np.log(p.pi), np.log(p.T)
        specific = np.diagonal(p.Sigma, axis1=1, axis2=2).copy()
        arrays = (*logs, p.M, p.b - packed.drift + p.M @ packed.origin, p.Sigma, specific)
        return cls(*(torch.from_numpy(np.ascontiguousarray(a))[None].to(packed.rows.device) for a in arrays))


class Whitened(NamedTuple):
    """Inverse Cholesky factors of the noise: L^-1 eps is white for eps ~ N(0, L L^T).

    Attributes:
        inverse: (R, K, D, D) L^-1.
        half_log_det: (R, K) log |L|.
    """

    inverse: torch.Tensor
    half_log_det: torch.Tensor

    @classmethod
    def of(cls, Sigma: torch.Tensor) -> "Whitened":
        """Of covariances (R, K, D, D)."""
        factor = torch.linalg.cholesky(Sigma)
        identity = torch.eye(Sigma.shape[-1], dtype=Sigma.dtype, device=Sigma.device).expand_as(Sigma)
        inverse = torch.linalg.solve_triangular(factor, identity, upper=False)
        return cls(inverse, factor.diagonal(dim1=-2, dim2=-1).log().sum(-1))


def log_emissions(models: Models, white: Whitened, packed: Packed) -> torch.Tensor:
    """Log N(h_{t+1} - h_t; M_j h_t + b_j, Sigma_j), (R, K, n) float64, nats.

    One matrix product whitens the residuals of all models at once: L^-1 (y - M x - b) is linear in [1, x, y].
    """
    R, K, D = models.b.shape
    inverse = white.inverse
    weights = torch.cat([-inverse @ models.b[..., None], -inverse @ models.M, inverse], dim=-1)
    weights = weights.reshape(R * K * D, 2 * D + 1).T.to(packed.rows.dtype).contiguous()
    norms = models.b.new_empty(R * K, len(packed))
    size = min(max(BLOCK // (R * K * D), 256), len(packed))
    # One buffer for all blocks: fresh memory would cost as much as the products.
    residuals, norm = weights.new_empty(size, R * K * D), weights.new_empty(size, R * K)
    for first in range(0, len(packed), size):
        z = packed.rows[first : first + size]
        block = torch.mm(z, weights, out=residuals[: len(z)]).view(-1, R * K, D)
        torch.linalg.vector_norm(block, dim=-1, out=norm[: len(z)])
        norms[:, first : first + size] = norm[: len(z)].T
    constant = white.half_log_det.reshape(-1, 1) + 0.5 * D * math.log(2 * math.pi)
    return norms.square_().mul_(-0.5).sub_(constant).view(R, K, -1)


def log_prior(models: Models, white: Whitened, structure: Structure, prior: Prior) -> torch.Tensor:
    """Penalty of each model, (R,), as in `Prior`."""
    K = models.log_pi.shape[1]
    ridge, count = shares(structure, prior, K)
    of_drift = ridge * (white.inverse @ models.M).square().sum((1, 2, 3))
    trace = (white.inverse.square() * prior.scale).sum((2, 3))
    of_noise = count * (trace + 2 * white.half_log_det).sum(1)
    result = -0.5 * (of_drift + of_noise)
    # 0 log 0 = 0 where the prior is flat.
    alpha = prior.concentration - 1
    if alpha:
        result = result + alpha * (models.log_pi.sum(1) + models.log_T.sum((1, 2)))
    if prior.stickiness:
        result = result + prior.stickiness * models.log_T.diagonal(dim1=1, dim2=2).sum(1)
    return result


def shares(structure: Structure, prior: Prior, K: int) -> tuple[float, float]:
    """What one regime bears of the penalties of M and of Sigma: 1/K of them where the matrix is shared."""
    ridge = prior.ridge / K if structure.drift == "shared" else prior.ridge
    count = prior.pseudo_count / K if structure.covariance == "tied" else prior.pseudo_count
    return ridge, count
