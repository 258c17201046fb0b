"""Several predictions of one character, and ways to make one of them."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from lmphys.pages.energy_transformer.scores import Guesses, surprisals

SINGLE, ENERGY, HIGHEST = "one prediction", "least energy", "highest energy"
MEAN, RANDOM, ENTROPY, TEMPERATURE = "mean", "random pick", "least entropy", "best temperature"
TEMPERATURES = np.geomspace(0.25, 4.0, 49)


def choose(found: Guesses, n: int, step: int = -1, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Surprisals of the characters under each way to use n predictions.

    Args:
        found: of one model.
        n: how many of its candidates are used.
        step: of the descent.
        seed: of the random pick.

    Returns:
        Way to (windows,) nats, means over the characters of a window.
    """
    each, log_p = found.surprisals[step, :n], found.log_p[step, :n]
    energies = found.energies[step, :n].numpy()
    drawn = np.random.default_rng(seed).integers(0, n, each.shape[1:])
    picks = {
        SINGLE: np.zeros(each.shape[1:], dtype=int),
        ENERGY: energies.argmin(0),
        HIGHEST: energies.argmax(0),
        RANDOM: drawn,
        ENTROPY: found.entropies[step, :n].argmin(0),
    }
    ways = {name: np.take_along_axis(each, pick[None], 0)[0] for name, pick in picks.items()}
    ways[MEAN] = mean_of(each)
    ways[TEMPERATURE] = at_best_temperature(log_p[0], found.targets)
    return {name: values.mean(-1) for name, values in ways.items()}


def mean_of(surprisals_of_each: np.ndarray) -> np.ndarray:
    """Surprisals under the mean of M probabilities, from (M, ...) nats: never above their mean, by convexity."""
    return -np.logaddexp.reduce(-surprisals_of_each, axis=0) + np.log(len(surprisals_of_each))


def tempered(log_p: Tensor, temperature: float) -> Tensor:
    """Log-probabilities (..., V) at a temperature: p to the power 1 / T, made to sum to 1."""
    return (log_p / temperature).log_softmax(-1)


def best_temperature(log_p: Tensor, targets: Tensor) -> float:
    """The temperature at which characters are least surprising, of `TEMPERATURES`."""
    losses = [surprisals(tempered(log_p, float(t)), targets).mean() for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def at_best_temperature(log_p: Tensor, targets: Tensor) -> np.ndarray:
    """(N, S) surprisals at the temperature that is best for the other half of the windows, every second one."""
    out = np.empty(tuple(targets.shape))
    for half in (0, 1):
        here, there = slice(half, None, 2), slice(1 - half, None, 2)
        t = best_temperature(log_p[there], targets[there])
        out[here] = surprisals(tempered(log_p[here], t), targets[here])
    return out


def table(found: Sequence[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Way to (models, windows), from the choices of each model."""
    return {name: np.stack([one[name] for one in found]) for name in found[0]}
