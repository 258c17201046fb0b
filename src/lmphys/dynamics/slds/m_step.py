"""The M-step: from expected sufficient statistics to the parameters of greatest expected log posterior."""

from itertools import product
from typing import NamedTuple

import torch

from lmphys.dynamics.slds.packing import Packed
from lmphys.dynamics.slds.structure import Models, Prior, Structure, shares

# Transitions in one batch of products, and the parts that it is cut into: few enough for the cache of a processor and
# as many as keep its cores busy; short enough that float32 sums lose nothing (the batches are added in float64).
BATCH, PARTS = {"cpu": 1 << 14, "cuda": 1 << 18}, {"cpu": 4, "cuda": 64}
# Weights below change no digit of a sum: where the regimes are told apart, most of them.
NEGLIGIBLE = {torch.float32: 1e-9, torch.float64: 1e-13}
# A sum that is this share of another is not taken as a difference from it.
CANCELLED = {torch.float32: 1e-3, torch.float64: 1e-8}

# A regime with less weight, in transitions, has died.
ALIVE = 0.5
# ... and with less its means are rounding.
NOTHING = 1e-10

_CG_STEPS, _CG_TOLERANCE = 200, 1e-11


class Statistics(NamedTuple):
    """Expected sufficient statistics of R models, float64.

    Attributes:
        first: (R, K) expected number of chains whose first step is driven by each regime.
        transitions: (R, K, K) expected number of passages.
        moments: (R, K, 2 D + 1, 2 D + 1) sum_t gamma_t(j) z_t z_t^T with z = [1, x, y].
    """

    first: torch.Tensor
    transitions: torch.Tensor
    moments: torch.Tensor


def weighted_moments(weights: torch.Tensor, packed: Packed) -> torch.Tensor:
    """sum_t w_t z_t z_t^T, (R, K, 2 D + 1, 2 D + 1), for weights (R, K, n) whose sum over regimes is 1.

    Two savings leave the sums as they are: weights too small to change a digit are skipped, and the heaviest
    regime of each model gets what the others leave of the sum over all transitions.
    """
    R, K, _ = weights.shape
    P = packed.rows.shape[1]
    moments = weights.new_zeros(R, K, P, P)
    n = weights.sum(-1)
    heaviest = n.argmax(1).tolist()
    weights = weights.to(packed.rows.dtype)
    sums = (weights @ packed.rows).to(torch.float64)
    sums[..., 0] = n
    product_of = _Product(packed)

    def add_up(r: int, k: int) -> None:
        product_of.add_to(moments[r, k, 1:, 1:], weights[r, k])
        moments[r, k, 0] = moments[r, k, :, 0] = sums[r, k]

    for r, k in product(range(R), range(K)):
        if k != heaviest[r]:
            add_up(r, k)
    for r, k in enumerate(heaviest):
        rest = packed.moments - moments[r].sum(0)
        if bool((rest.diagonal() > CANCELLED[weights.dtype] * packed.moments.diagonal()).all()):
            moments[r, k] = rest
        else:  # the heaviest regime hardly moves beside the others: a difference would be rounding
            add_up(r, k)
    return moments


class _Product:
    """sum_t w_t z_t z_t^T in batches through one buffer: fresh memory would cost as much as the products."""

    def __init__(self, packed: Packed) -> None:
        self.rows = packed.rows[:, 1:]  # without the column of ones: 2 D columns suit the processor better
        device = self.rows.device.type
        self.parts = PARTS[device]
        self.batch = min(BATCH[device], -(-len(packed) // self.parts) * self.parts)
        self.scaled = self.rows.new_empty(self.batch, self.rows.shape[1])

    def add_to(self, total: torch.Tensor, weight: torch.Tensor) -> None:
        """Add the sum for weights (n,) to `total`, (2 D, 2 D): the moments of x and y."""
        root = weight.sqrt()
        matters = weight > NEGLIGIBLE[weight.dtype]
        n = int(matters.sum())
        chosen = matters.nonzero()[:, 0] if 2 * n < len(weight) else None
        for first in range(0, len(weight) if chosen is None else n, self.batch):
            part = slice(first, first + self.batch)
            if chosen is None:
                scale = root[part]
                scaled = torch.mul(self.rows[part], scale[:, None], out=self.scaled[: len(scale)])
            else:
                scale = root.index_select(0, chosen[part])
                scaled = torch.index_select(self.rows, 0, chosen[part], out=self.scaled[: len(scale)])
                scaled.mul_(scale[:, None])
            missing = -len(scale) % self.parts  # to equal parts, with rows of 0
            self.scaled[len(scale) : len(scale) + missing] = 0.0
            z = self.scaled[: len(scale) + missing].view(self.parts, -1, scaled.shape[1])
            total += torch.bmm(z.transpose(1, 2), z).sum(0)


class _Blocks(NamedTuple):
    """Moments about the means of each regime: (R, K) n, (R, K, D) means, (R, K, D, D) central sums."""

    n: torch.Tensor
    x_mean: torch.Tensor
    y_mean: torch.Tensor
    xx: torch.Tensor
    xy: torch.Tensor
    yy: torch.Tensor


def _central(moments: torch.Tensor) -> _Blocks:
    D = moments.shape[-1] // 2
    x, y = slice(1, D + 1), slice(D + 1, None)
    n = moments[..., 0, 0]
    x_mean, y_mean = (moments[..., part, 0] / n.clamp(min=1e-300)[..., None] for part in (x, y))

    def central(a: slice, b: slice, a_mean: torch.Tensor, b_mean: torch.Tensor) -> torch.Tensor:
        return moments[..., a, b] - n[..., None, None] * a_mean[..., :, None] * b_mean[..., None, :]

    return _Blocks(
        n, x_mean, y_mean, central(x, x, x_mean, x_mean), central(x, y, x_mean, y_mean), central(y, y, y_mean, y_mean)
    )


def maximise(stats: Statistics, before: Models, structure: Structure, prior: Prior) -> tuple[Models, torch.Tensor]:
    """One M-step.

    First M and b given Sigma (of which they depend only where M is shared), then Sigma given M and b, so that
    the objective cannot fall.

    Returns:
        The models, and (R, K) which regimes live: have weight of `ALIVE` transitions, which determine M and a
        proper covariance. The others keep the M and Sigma they had.
    """
    blocks = _central(stats.moments)
    K = blocks.n.shape[1]
    ridge, count = shares(structure, prior, K)
    identity = torch.eye(blocks.xx.shape[-1], dtype=blocks.xx.dtype, device=blocks.xx.device)
    alive = blocks.n >= ALIVE
    if structure.drift == "none":
        M = torch.zeros_like(before.M)
    elif structure.drift == "shared":
        M, solved = _shared_drift(blocks, before, ridge * identity)
        alive = alive & solved[:, None]
    else:
        factor, info = torch.linalg.cholesky_ex(torch.where(_wide(alive), blocks.xx + ridge * identity, identity))
        alive = alive & (info == 0)
        factor = torch.where(_wide(alive), factor, identity)
        M = torch.where(_wide(alive), torch.cholesky_solve(blocks.xy, factor).transpose(-1, -2), before.M)
    # The best b for any M; without it the sums below would not be those about the mean.
    b = blocks.y_mean - (M @ blocks.x_mean[..., None])[..., 0]
    cross = M @ blocks.xy
    scatter = blocks.yy - cross - cross.transpose(-1, -2) + M @ (blocks.xx + ridge * identity) @ M.transpose(-1, -2)
    scatter = 0.5 * (scatter + scatter.transpose(-1, -2)) + torch.diag(count * prior.scale)
    n = blocks.n + count
    if structure.covariance == "tied":
        n, scatter = n.sum(1, keepdim=True), scatter.sum(1, keepdim=True).expand_as(scatter)
    Sigma, specific = _constrained(scatter / _wide(n.clamp(min=1e-300)), before, structure, alive)
    proper = torch.linalg.cholesky_ex(Sigma).info == 0
    alive = alive & proper
    # What is shared is everyone's, whether dead or not; of its own, a regime that has died keeps M and Sigma.
    fresh = proper if structure.covariance == "tied" else alive
    models = Models(
        _log_dirichlet_mode(stats.first, prior.concentration),
        _log_dirichlet_mode(stats.transitions + prior.stickiness * torch.eye(K).to(stats.first), prior.concentration),
        M,
        torch.where((blocks.n > NOTHING)[..., None], b, before.b),
        torch.where(_wide(fresh), Sigma, before.Sigma),
        torch.where(fresh[..., None], specific, before.specific),
    )
    return models, alive


def conform(models: Models, structure: Structure) -> Models:
    """The models with what their structure does not allow taken away: a start for EM from any parameters."""
    M, Sigma = models.M, models.Sigma
    if structure.drift == "none":
        M = torch.zeros_like(M)
    elif structure.drift == "shared":
        M = M.mean(1, keepdim=True).expand_as(M)
    if structure.covariance == "tied":
        Sigma = Sigma.mean(1, keepdim=True).expand_as(Sigma)
    alive = torch.ones_like(models.log_pi, dtype=torch.bool)
    Sigma, specific = _constrained(Sigma, models, structure, alive)
    return models._replace(M=M, Sigma=Sigma, specific=specific)


def _wide(x: torch.Tensor) -> torch.Tensor:
    return x[..., None, None]


def _log_dirichlet_mode(counts: torch.Tensor, concentration: float) -> torch.Tensor:
    """Log of the most probable distributions (..., K) given counts; uniform where there are none."""
    counts = counts + (concentration - 1)
    total = counts.sum(-1, keepdim=True)
    return torch.where(total > 0, counts / total, 1.0 / counts.shape[-1]).log()


def _shared_drift(blocks: _Blocks, before: Models, penalty: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """One M for all regimes: the solution of sum_j P_j (M X_j - C_j) = 0 with P_j = Sigma_j^-1.

    By conjugate gradients from the M before, so that even a truncated solution does not lower the objective;
    preconditioned by the means of P_j and X_j, which solves the case of equal Sigma_j in one step.

    Returns:
        M (R, K, D, D), and (R,) whether the transitions determine it; where not, it is the M before.
    """
    precision = torch.cholesky_inverse(torch.linalg.cholesky(before.Sigma))
    xx, yx = blocks.xx + penalty, blocks.xy.transpose(-1, -2)
    weight = _wide(blocks.n)
    mean_precision = torch.linalg.cholesky((precision * weight).sum(1) / weight.sum(1))
    total_xx, info = torch.linalg.cholesky_ex(xx.sum(1))
    solved = info == 0
    if not bool(solved.all()):
        identity = torch.eye(penalty.shape[-1], dtype=penalty.dtype, device=penalty.device)
        total_xx = torch.where(_wide(solved), total_xx, identity)

    def apply(M: torch.Tensor) -> torch.Tensor:
        return (precision @ M[:, None] @ xx).sum(1)

    def precondition(G: torch.Tensor) -> torch.Tensor:
        return torch.cholesky_solve(torch.cholesky_solve(G, mean_precision).transpose(-1, -2), total_xx).transpose(
            -1, -2
        )

    def inner(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return (a * b).sum((1, 2), keepdim=True)

    M = before.M[:, 0].clone()
    target = (precision @ yx).sum(1)
    residual = target - apply(M)
    step = direction = precondition(residual)
    size = inner(residual, step)
    enough = _CG_TOLERANCE**2 * inner(target, precondition(target))
    for _ in range(_CG_STEPS):
        if bool((size <= enough).all()):
            break
        image = apply(direction)
        length = size / inner(direction, image).clamp(min=1e-300)
        M = M + length * direction
        residual = residual - length * image
        step = precondition(residual)
        size, previous = inner(residual, step), size
        direction = step + size / previous.clamp(min=1e-300) * direction
    M = torch.where(_wide(solved), M, before.M[:, 0])
    return M[:, None].expand_as(before.M), solved


def _constrained(
    S: torch.Tensor, before: Models, structure: Structure, alive: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Covariance of the wanted form that best fits the scatter S, (R, K, D, D), and its specific part (R, K, D)."""
    diagonal = S.diagonal(dim1=-2, dim2=-1)
    if structure.covariance == "diagonal":
        return torch.diag_embed(diagonal), diagonal
    if structure.covariance != "low-rank":
        return S, diagonal
    identity = torch.eye(S.shape[-1], dtype=S.dtype, device=S.device)
    S = torch.where(_wide(alive), S, identity)
    specific = torch.where(alive[..., None], before.specific, 1.0)
    specific = _specific(S, _loadings(S, specific, structure.noise_rank), specific)
    U = _loadings(S, specific, structure.noise_rank)
    return U @ U.transpose(-1, -2) + torch.diag_embed(specific), specific


def _loadings(S: torch.Tensor, specific: torch.Tensor, rank: int) -> torch.Tensor:
    """The U (..., D, r) of greatest likelihood of U U^T + diag(specific), in closed form.

    Source: Tipping & Bishop 1999, J. R. Stat. Soc. B 61, 611, in units in which the specific part is I.
    """
    unit = specific.sqrt()
    values, vectors = torch.linalg.eigh(S / unit[..., :, None] / unit[..., None, :])
    excess = (values[..., -rank:] - 1).clamp(min=0)
    return unit[..., None] * vectors[..., -rank:] * excess.sqrt()[..., None, :]


def _specific(S: torch.Tensor, U: torch.Tensor, specific: torch.Tensor) -> torch.Tensor:
    """One EM step of factor analysis for the specific part given U; cannot lower the likelihood."""
    Sigma = U @ U.transpose(-1, -2) + torch.diag_embed(specific)
    beta = torch.cholesky_solve(U, torch.linalg.cholesky(Sigma)).transpose(-1, -2)
    identity = torch.eye(U.shape[-1], dtype=U.dtype, device=U.device)
    factors = identity - beta @ U + beta @ S @ beta.transpose(-1, -2)
    fitted = (U * (2 * S @ beta.transpose(-1, -2) - U @ factors)).sum(-1)
    diagonal = S.diagonal(dim1=-2, dim2=-1)
    # A specific variance of 0 (a Heywood case) would make the covariance singular once the factors are few.
    return torch.maximum(diagonal - fitted, 1e-6 * diagonal)
