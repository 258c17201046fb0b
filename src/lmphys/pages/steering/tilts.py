"""Raising the probability of one token: what it costs at least, and the shortest steering vector that does it.

All functions work on B rows at once: log-probabilities (B, V) before (p) and after (q), and a target token t (B,).
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError


def logit_bias(log_p: Tensor, targets: Tensor, gain: float) -> Tensor:
    """Log-probabilities (B, V) after a bias b is added to the logit of the target, so that log q_t = log p_t + gain.

        q_t = e^gain p_t,   q_v = p_v (1 - q_t) / (1 - p_t),   b = logit(q_t) - logit(p_t).

    An external field b conjugate to the occupation of t. Of all q with that q_t it is the one of least KL(q ‖ p).

    Raises:
        LmphysError: a probability would be 1 or more.

    Source: I-projection on a linear constraint, Csiszár 1975, Ann. Probab. 3, 146.
    """
    own = log_p.gather(1, targets[:, None])
    raised = own + gain
    if not bool((raised < 0).all()):
        raise LmphysError(f"a gain of {gain} nats takes a probability to 1 or beyond; lower the gain")
    rest = log_p + torch.log1p(-raised.exp()) - torch.log1p(-own.exp())
    return rest.scatter(1, targets[:, None], raised)


class Cost(NamedTuple):
    """KL(q ‖ p) and its parts, nats, (B,) each: `total` = `floor` + `rest`.

    Attributes:
        total: KL divergence of the steered from the unsteered distribution.
        floor: that of "t or not t" alone, which every q with this q_t must pay.
        rest: (1 - q_t) times the KL divergence among the other tokens; 0 for the logit bias alone.
    """

    total: Tensor
    floor: Tensor
    rest: Tensor


def tilt_cost(log_q: Tensor, log_p: Tensor, targets: Tensor) -> Cost:
    """What a change of the distribution costs, by the chain rule of relative entropy, in float64."""
    log_q, log_p = log_q.double(), log_p.double()
    total = torch.where(log_q == -torch.inf, 0, log_q.exp() * (log_q - log_p)).sum(1)  # 0 log 0 = 0
    q, p = (x.gather(1, targets[:, None])[:, 0] for x in (log_q, log_p))
    floor = q.exp() * (q - p) + (1 - q.exp()) * (torch.log1p(-q.exp()) - torch.log1p(-p.exp()))
    return Cost(total, floor, total - floor)


class MinimalSteering(NamedTuple):
    """The shortest steering vector with a given gain, and the bracket that its length lies in.

    Attributes:
        first: (B, D) gradient step, gain · g / ‖g‖² with the gradient g where it begins.
        step: (B, D) the vector; NaN where none with the gain was found.
        gain: (B,) what it gains, nats; NaN where none was found.
        floor: (B,) no vector shorter than this has the gain, if log p_t is a concave function of the state.
    """

    first: Tensor
    step: Tensor
    gain: Tensor
    floor: Tensor


def minimal_steering(
    log_p: Callable[[Tensor], Tensor],
    states: Tensor,
    gain: float,
    *,
    tolerance: float = 1e-3,
    max_steps: int = 200,
) -> MinimalSteering:
    """Shortest d (B, D) with log p_t(h + d) = log p_t(h) + gain.

    For logits linear in h, log p_t is concave, the states with log p_t ≥ c are a convex set, and d is the projection
    on it: unique, and parallel to the gradient where it ends. Each tangent plane of log p_t bounds the set from
    outside, so that the way to the plane is a bound from below on the way to the set; the next plane is taken where
    this way ended. The first way is the gradient step.

    Args:
        log_p: states (B, D) to log-probabilities of each row's target (B,), differentiable.
        states: (B, D) h.
        gain: nats.
        tolerance: relative change of d at which the iteration ends.
        max_steps: its limit. A row that is not done by then has a `floor` below the length of `step`.

    Raises:
        LmphysError: a probability would be 1 or more.

    Source: the iteration of Hasofer & Lind 1974 and Rackwitz & Fiessler 1978 for design points, here damped; the
    bounds are derived in this book.
    """
    h = states.detach()

    def at(step: Tensor) -> tuple[Tensor, Tensor]:
        step = step.detach().requires_grad_()
        with torch.enable_grad():
            value = log_p(h + step)
            (slope,) = torch.autograd.grad(value.sum(), step)
        return value.detach(), slope

    step = torch.zeros_like(h)
    value, slope = at(step)
    start = value
    first = gain * slope / slope.square().sum(1, keepdim=True)
    goal = start + gain
    if not bool((goal < 0).all()):
        raise LmphysError(f"a gain of {gain} nats takes a probability to 1 or beyond; lower the gain")
    floor = torch.zeros_like(start)
    damping, last = torch.ones_like(start), torch.zeros_like(h)
    for _ in range(max_steps):
        way = (goal - value + (slope * step).sum(1)) / slope.square().sum(1)
        proposal = way[:, None] * slope
        floor = floor.maximum(proposal.norm(dim=1))
        ahead = proposal - step
        far = ahead.norm(dim=1) > tolerance * proposal.norm(dim=1)
        if not bool(far.any()):
            break
        # Where curvature makes the way swing to and fro without settling, go half of it.
        swings = ((ahead * last).sum(1) < 0) & (ahead.norm(dim=1) > 0.5 * last.norm(dim=1))
        damping = torch.where(far & swings, damping / 2, damping)
        last = ahead
        step = step + damping[:, None] * ahead
        value, slope = at(step)
    for _ in range(8):  # along its own direction to the gain: Newton's steps on a concave function do not overshoot
        along = (slope * step).sum(1)
        stretch = torch.where(along > 0, (goal - value) / along, 0)
        if bool((stretch.abs() < 1e-3 * tolerance).all()):
            break
        step = step * (1 + stretch.clamp(-0.5, 1))[:, None]
        value, slope = at(step)
    missed = ~((value - goal).abs() <= 1e-3 * gain)
    found = (value - start).masked_fill(missed, torch.nan)
    return MinimalSteering(first, step.masked_fill(missed[:, None], torch.nan), found, floor)
