"""How many random memories a dense Hopfield network holds: the random energy model, and what a finite size makes of it.

N = e^{αd} memories lie at random on the sphere of radius √d. At one of them its own term of Σ_i e^{β ξ_i · x} is
e^{βd}. The others have overlaps ξ_i · x = d t with a density (1 - t²)^{d/2}, and together make e^{dφ} with
φ = max_t [α + ln(1 - t²) / 2 + β t], where only t with α + ln(1 - t²) / 2 ≥ 0 occur at all. The memory is held as long
as β > φ: its own term is the larger.
"""

import numpy as np
from scipy.special import gammaln, ive

from lmphys.core.errors import LmphysError


def noise_overlap(beta: float) -> float:
    """t* = (√(1 + 4β²) - 1) / (2β): overlap of the memories that make most of the noise."""
    return float((np.sqrt(1 + 4 * beta**2) - 1) / (2 * beta))


def critical_load(beta: float) -> float:
    """α_c = β (1 - t*) - ln(1 - t*²) / 2: below it the memory's own term wins.

    There α + ln(1 - t*²) / 2 = β (1 - t*) > 0, so the maximum is inside the allowed range. Where it is at the edge,
    for small α, the noise is β t with t < 1 and loses anyway.

    Source: the argument is that of Lucibello & Mézard 2024 (arXiv 2304.14964).
    """
    t = noise_overlap(beta)
    return float(beta * (1 - t) - 0.5 * np.log1p(-(t**2)))


def noise_exponent(alpha: float, beta: float) -> float:
    """The noise φ per dimension, the largest α + ln(1 - t²) / 2 + β t of the overlaps t that occur."""
    t = min(noise_overlap(beta), float(np.sqrt(-np.expm1(-2 * alpha))))
    return float(alpha + 0.5 * np.log1p(-(t**2)) + beta * t)


def expected_weight(alpha: np.ndarray, beta: float, d: int) -> np.ndarray:
    """Weight of a memory at its own place if the noise were its mean, for any d: 1 / (1 + (e^{αd} - 1) M e^{-βd}).

    M = Γ(d/2) (2 / βd)^{d/2 - 1} I_{d/2-1}(βd) is the mean of e^{βd t}, exactly.
    """
    order, kappa = d / 2 - 1, beta * d
    log_mean = gammaln(d / 2) + order * np.log(2 / kappa) + np.log(ive(order, kappa)) + kappa
    others = np.maximum(np.exp(np.asarray(alpha) * d) - 1, 0)
    return 1 / (1 + others * np.exp(log_mean - kappa))


def sampled_weight(alpha: float, beta: float, d: int, *, n_draws: int, rng: np.random.Generator) -> np.ndarray:
    """The same (n_draws,) with memories drawn at random, e^{αd} in all, to the next whole number.

    Their overlaps are all that is needed: (1 + t) / 2 has the law Beta((d - 1) / 2, (d - 1) / 2).

    Raises:
        LmphysError: there would be more than three million.
    """
    n = round(float(np.exp(alpha * d)))
    if n > 3_000_000:
        raise LmphysError(f"{n:,} memories are too many to draw; lower alpha or d")
    weights = np.empty(n_draws)
    for i in range(n_draws):
        t = 2 * rng.beta((d - 1) / 2, (d - 1) / 2, max(n - 1, 0)) - 1
        weights[i] = 1 / (1 + np.exp(beta * d * (t - 1)).sum())
    return weights
