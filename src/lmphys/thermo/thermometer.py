"""The temperature of a text: the one at which the tempered law of a model makes it likeliest."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.thermo.ensemble import thermodynamics

_NEWTON = 60
_SURE = 1.959963984540054  # 97.5 % point of the standard normal law


class Temperature(NamedTuple):
    """A temperature with its interval, 95 %, from the curvature of the likelihood.

    Attributes:
        T: temperature of likelihood; 0 where every token is the likeliest one, infinite where the tokens are no
            likelier
            than a draw from all of the vocabulary alike.
        low: lower end.
        high: upper end, infinite where no heat is ruled out.
        nll: mean -ln p of the tokens at T, nats per token.
    """

    T: float
    low: float
    high: float
    nll: float


def effective_temperature(logits: Tensor, tokens: Tensor) -> Temperature:
    """The temperature that makes tokens likeliest: one parameter, exact likelihood, the whole vocabulary in float64.

    With beta = 1 / T the log-likelihood is the sum of beta z_y - ln Z(beta) over the places. It is concave in beta: its
    slope is the logit of what came less the mean logit of the law, minus its bend is the variance of the logit, the
    Fisher information. Newton's steps find the one maximum; a step that would leave the bracket halves it instead.

    The interval holds the luck of the draw of independent tokens, given their places. Texts differ in more than that:
    for several texts resample them (`Thermogram.weighted`).

    Args:
        logits: (N, V) at the places from which the tokens were drawn.
        tokens: (N,) ids of the tokens that came.

    Raises:
        LmphysError: the shapes disagree, or a token that came is ruled out.

    >>> import torch
    >>> draws = torch.tensor([0] * 9 + [1] * 3)  # of two tokens, one comes three times as often
    >>> logits = torch.tensor([[2.0, 0.0]]).repeat(12, 1)
    >>> found = effective_temperature(logits, draws)
    >>> round(found.T, 4), round(2 / float(torch.tensor(3.0).log()), 4)  # 2 / T = ln 3
    (1.8205, 1.8205)
    """
    if logits.ndim != 2 or tokens.shape != logits.shape[:1] or not len(tokens):
        raise LmphysError(
            f"logits {tuple(logits.shape)} and tokens {tuple(tokens.shape)} disagree; give places × vocabulary, and "
            "the token that came at each place"
        )
    levels = logits.double()
    taken = float(levels.gather(-1, tokens.to(levels.device)[:, None]).sum())
    if not np.isfinite(taken):
        raise LmphysError("a token that came has probability 0; the text was not drawn from these laws")
    largest = float(levels.amax(-1).sum())
    alike = float(torch.where(levels.isfinite(), levels, 0.0).sum(-1).div(levels.isfinite().sum(-1)).sum())
    scale = 1e-12 * (1 + abs(largest))
    if taken >= largest - scale:
        return Temperature(0.0, 0.0, np.inf, 0.0)
    if taken <= alike + scale:
        nll = float(levels.isfinite().sum(-1).double().log().mean())
        return Temperature(np.inf, 0.0, np.inf, nll)
    beta, low, high = 1.0, 0.0, np.inf
    for _ in range(_NEWTON):
        log_z, mean, variance = _sums(levels, beta)
        slope = taken - mean
        low, high = (beta, high) if slope > 0 else (low, beta)
        step = beta + slope / variance if variance > 0 else np.inf
        inside = low < step < min(high, 10 * beta)
        following = step if inside else (2 * beta if np.isinf(high) else (low + high) / 2)
        if abs(following - beta) <= 1e-12 * beta:
            break
        beta = following
    log_z, _, variance = _sums(levels, beta)
    half = _SURE / np.sqrt(variance)
    upper = 1 / (beta - half) if beta > half else np.inf
    return Temperature(1 / beta, 1 / (beta + half), upper, (log_z - beta * taken) / len(tokens))


def _sums(levels: Tensor, beta: float) -> tuple[float, float, float]:
    """Log Z, mean and variance of the logit at an inverse temperature, summed over the places."""
    state = thermodynamics(-levels, [1 / beta])
    return float(state.log_Z.sum()), -float(state.U.sum()), float((state.C / beta**2).sum())
