"""Five ways to raise the same targets by the same gain."""

from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor

from lmphys.pages.steering.setting import Setting
from lmphys.pages.steering.steering import Gradients, Steered, steer, steer_at_random, target_log_p
from lmphys.pages.steering.tilts import logit_bias, minimal_steering


class LastState(NamedTuple):
    """The shortest steering vector on the state after the last normalisation, where the problem is convex.

    Attributes:
        steered: what it makes of the next token.
        table: a row a place: gains of one gradient step and of the shortest vector, nats; and the length of the latter
            over that of the step, of the state, and of its proven lower bound.
    """

    steered: Steered
    table: pd.DataFrame


def steer_last_state(setting: Setting, slopes: Gradients, gain: float) -> LastState:
    """Solve for the shortest steering vectors (B, D) with the gain, after the last normalisation.

    Args:
        setting: the places.
        slopes: of the unsteered contexts.
        gain: nats.

    Raises:
        LmphysError: a probability would be 1 or more.
    """
    head, targets, states = setting.head, setting.targets, setting.states
    shortest = minimal_steering(lambda h: target_log_p(head(h), targets), states, gain)
    before = target_log_p(slopes.log_p, targets)
    with torch.no_grad():
        log_q = head(states + shortest.step)
        one_step = target_log_p(head(states + shortest.first), targets) - before
    length = shortest.step.norm(dim=1)
    table = pd.DataFrame(
        {
            "gain of one step, nats": one_step,
            "gain of the shortest vector, nats": shortest.gain,
            "its length over that of one step": length / shortest.first.norm(dim=1),
            "its length over that of the state": length / states.norm(dim=1),
            "length over its proven lower bound": length / shortest.floor,
        }
    )
    return LastState(Steered(log_q, last_step=shortest.step), table)


def rival_ways(
    setting: Setting,
    slopes: Gradients,
    layer: int,
    gain: float,
    *,
    last_state: Steered,
    contrast: Tensor,
    seed: int = 0,
) -> dict[str, Steered]:
    """Logit bias, last state, and in one layer the gradient, the contrast and a random direction.

    Args:
        setting: the places.
        slopes: with this layer.
        layer: block whose states are moved.
        gain: nats; the random vectors have the length of the gradient's instead.
        last_state: of `steer_last_state`.
        contrast: (B, D) directions of the contrast.
        seed: of the random directions.
    """
    contexts, targets = setting.contexts, setting.targets
    gradient = steer(contexts, targets, slopes, layer, gain)
    return {
        "logit bias": Steered(logit_bias(slopes.log_p, targets, gain)),
        "last state": last_state,
        "gradient": gradient,
        "contrast": steer(contexts, targets, slopes, layer, gain, directions=contrast),
        "random": steer_at_random(contexts, gradient, seed=seed),
    }
