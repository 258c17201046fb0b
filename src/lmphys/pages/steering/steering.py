"""Moving the state of one token of one layer until a target token gains as much as was asked."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.hooks import Capture
from lmphys.pages.steering.contexts import Contexts, SteeringVector

# Rungs of the ladder on which a strength is looked for, in multiples of a first guess.
_RUNGS = tuple(2.0**k for k in range(-1, 6))


@dataclass(frozen=True, eq=False)
class Gradients:
    """Slopes of log p_t at the last token of B contexts.

    Attributes:
        log_p: (B, V) log-probabilities without steering.
        slopes: layer -> (B, D) gradient of log p_t in the state after that block.
        lengths: layer -> (B,) length of that state.
    """

    log_p: Tensor
    slopes: dict[int, Tensor]
    lengths: dict[int, Tensor]

    def first_order(self, layer: int, gain: float) -> Tensor:
        """Shortest vector (B, D) that would have the gain if log p_t were linear: gain · g / ‖g‖²."""
        g = self.slopes[layer]
        return gain * g / g.square().sum(1, keepdim=True)


def gradients(contexts: Contexts, targets: Tensor, layers: Sequence[int]) -> Gradients:
    """Gradients in all these layers from one pass forward and one back.

    Args:
        contexts: B texts.
        targets: (B,) token whose probability is to rise.
        layers: 0 to the number of blocks, or negative.

    Raises:
        LmphysError: a layer is out of range, or a gradient is not finite.
    """
    model = contexts.model
    indices = sorted({model.layer_index(layer) for layer in layers})
    steps = [
        torch.zeros(len(contexts), model.width, dtype=model.dtype, device=model.device, requires_grad=True)
        for _ in indices
    ]
    with ExitStack() as stack, torch.enable_grad():
        capture = stack.enter_context(Capture(model, indices).attached())
        log_p = contexts.read(vectors=[SteeringVector(i, s) for i, s in zip(indices, steps, strict=True)]).log_p[:, 0]
        lengths = {i: capture.states(i)["resid_post"][:, -1].detach().norm(dim=1).cpu() for i in indices}
        slopes = [g.cpu() for g in torch.autograd.grad(target_log_p(log_p, targets).sum(), steps)]
    if not all(bool(torch.isfinite(slope).all()) for slope in slopes):
        raise LmphysError(f"a gradient of {model.spec} is not finite; load it in float32")
    return Gradients(log_p.detach(), dict(zip(indices, slopes, strict=True)), lengths)


def equal_gain(
    gain_at: Callable[[Tensor, Tensor], Tensor],
    first: Tensor,
    gain: float,
    *,
    tolerance: float = 1e-3,
    max_steps: int = 60,
) -> Tensor:
    """Strengths (B,) at which each row gains as much as asked; NaN where no rung of the ladder reaches it.

    The ladder doubles from half of the first guess to 32 times. The gain need not rise all the way: what is found
    lies between the lowest rung that reaches the gain and the rung below it (the Illinois variant of regula falsi).

    Args:
        gain_at: strengths (R,) and rows (R,) to gains (R,), nats.
        first: (B,) guesses, positive.
        gain: asked, nats.
        tolerance: of the gain, nats.
        max_steps: limit of the search between two rungs.

    Raises:
        LmphysError: the gain is not positive.
    """
    if not gain > 0:
        raise LmphysError(f"a gain of {gain} nats is no step towards a token; give a positive one")
    low, high = torch.zeros_like(first), torch.full_like(first, torch.nan)
    f_low, f_high = torch.full_like(first, -gain), torch.full_like(first, torch.nan)
    for rung in _RUNGS:
        rows = high.isnan().nonzero()[:, 0]
        if not len(rows):
            break
        strength = rung * first[rows]
        f = gain_at(strength, rows) - gain
        reached = f >= 0
        high[rows[reached]], f_high[rows[reached]] = strength[reached], f[reached]
        low[rows[~reached]], f_low[rows[~reached]] = strength[~reached], f[~reached]
    found = torch.where(f_high <= tolerance, high, torch.nan)
    side = torch.zeros_like(first)
    active = ((~high.isnan()) & found.isnan()).nonzero()[:, 0]
    for _ in range(max_steps):
        if not len(active):
            break
        a, b, fa, fb = low[active], high[active], f_low[active], f_high[active]
        middle = (a * fb - b * fa) / (fb - fa)
        f = gain_at(middle, active) - gain
        found[active] = middle
        below = f < 0
        # The end that stays twice is halved, or the search would creep from one side.
        f_high[active] = torch.where(below, torch.where(side[active] < 0, fb / 2, fb), f)
        f_low[active] = torch.where(below, f, torch.where(side[active] > 0, fa / 2, fa))
        low[active], high[active] = torch.where(below, middle, a), torch.where(below, b, middle)
        side[active] = torch.where(below, -1.0, 1.0).to(side)
        active = active[f.abs() > tolerance]
    return found


@dataclass(frozen=True, eq=False)
class Steered:
    """B contexts after one way of steering.

    Attributes:
        log_p: (B, V) log-probabilities of the next token; NaN where the gain was not reached.
        vector: what was added, zeros where the gain was not reached; None where no block's state was moved.
        last_step: (B, D) what was added to the state after the last normalisation, which feeds this one token alone.
    """

    log_p: Tensor
    vector: SteeringVector | None = None
    last_step: Tensor | None = None

    @property
    def reached(self) -> Tensor:
        """(B,) whether there is a result."""
        return ~self.log_p.isnan().any(1)


def steer_by(contexts: Contexts, vector: SteeringVector) -> Steered:
    """The next-token distributions after a steering vector as it is."""
    with torch.no_grad():
        return Steered(contexts.read(vectors=[vector]).log_p[:, 0], vector)


def steer(
    contexts: Contexts,
    targets: Tensor,
    slopes: Gradients,
    layer: int,
    gain: float,
    *,
    directions: Tensor | None = None,
    tolerance: float = 1e-3,
) -> Steered:
    """Move the state along given directions, as far as the gain needs.

    Args:
        contexts: B texts.
        targets: (B,) tokens.
        slopes: of these contexts and targets, with this layer.
        layer: block whose state is moved.
        gain: nats that log p_t is to gain.
        directions: (B, D) of any length; None stands for the gradient.
        tolerance: of the gain, nats.
    """
    layer = contexts.model.layer_index(layer)
    shortest = slopes.first_order(layer, gain)
    along = shortest if directions is None else directions.to(shortest)
    unit = along / along.norm(dim=1, keepdim=True)
    before = target_log_p(slopes.log_p, targets)

    def gain_at(strength: Tensor, rows: Tensor) -> Tensor:
        vector = SteeringVector(layer, strength[:, None] * unit[rows])
        with torch.no_grad():
            log_p = contexts.read(rows, vectors=[vector]).log_p[:, 0]
        return target_log_p(log_p, targets[rows]) - before[rows]

    strength = equal_gain(gain_at, shortest.norm(dim=1), gain, tolerance=tolerance)
    result = steer_by(contexts, SteeringVector(layer, strength.nan_to_num()[:, None] * unit))
    return Steered(result.log_p.masked_fill(strength.isnan()[:, None], torch.nan), result.vector)


def random_vector(like: SteeringVector, *, seed: int = 0) -> SteeringVector:
    """A vector in random directions, as long as another one, row by row."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(like.step.shape, generator=generator, dtype=torch.float64).to(like.step)
    return SteeringVector(like.layer, noise / noise.norm(dim=1, keepdim=True) * like.step.norm(dim=1, keepdim=True))


def steer_at_random(contexts: Contexts, like: Steered, *, seed: int = 0) -> Steered:
    """The same contexts after random vectors, as long as those of `like`, and missing where those are."""
    assert like.vector is not None
    found = steer_by(contexts, random_vector(like.vector, seed=seed))
    return Steered(found.log_p.masked_fill(~like.reached[:, None], torch.nan), found.vector)


def target_log_p(log_p: Tensor, targets: Tensor) -> Tensor:
    """Log-probability (B,) of each row's target."""
    return log_p.gather(1, targets[:, None])[:, 0]
