"""Few points on a line: their equation of state, the order parameter, where it jumps, and its exponents.

Two points, -1 and 1, are the mean-field Ising magnet with the noise s as its temperature: x = tanh(x / s + h). With a
third one at 0 they are the mean-field model of Blume and Capel: the noise itself favours the point at 0, which is
shorter, by e^{1/2s}.
"""

from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from lmphys.generative import NoisyPatterns
from lmphys.stats.interval import Interval

# Names of exponents.
ORDER, RESPONSE, ISOTHERM = "β, order parameter", "γ, susceptibility", "δ, critical isotherm"
TRICRITICAL_ORDER, TRICRITICAL_ISOTHERM = "β, tricritical", "δ, tricritical"
# Weight of the point at 0, and noise, at which the transition changes its order: the root of 2 e^{-3/2} = w / (1 - w).
TRICRITICAL = 1 / (1 + np.exp(1.5) / 2)
TRICRITICAL_NOISE = 1 / 3
_JUMP = 0.05  # an order parameter that starts above it has jumped


def points_on_a_line(weight: float = 0.0) -> NoisyPatterns:
    """The points -1 and 1, and between them 0 with a weight below 1; none where that is 0."""
    if weight == 0:
        return NoisyPatterns(np.array([[-1.0], [1.0]]))
    beside = np.log((1 - weight) / 2)
    return NoisyPatterns(np.array([[-1.0], [0.0], [1.0]]), np.array([beside, np.log(weight), beside]))


def _excess(data: NoisyPatterns, x: float, noise: float) -> float:
    """Denoised place less place, over the place: above 0 where the denoiser leads outwards from x > 0."""
    return float(data.denoised(np.array([x]), noise)[0] / x - 1)


def branch(data: NoisyPatterns, x: float) -> float:
    """Largest noise at which x, between 0 and 1, is a fixed point of the denoiser; NaN where it never is."""
    grid = np.geomspace(0.02, 1.2, 240)
    excess = data.denoised(np.full((len(grid), 1), x), grid)[:, 0] / x - 1
    outwards = np.flatnonzero(excess > 0)
    if not len(outwards) or outwards[-1] == len(grid) - 1:
        return float("nan")
    last = outwards[-1]
    return float(brentq(lambda s: _excess(data, x, s), grid[last], grid[last + 1], xtol=1e-14))


class Onset(NamedTuple):
    """Where a solution beside the centre first appears as the noise falls.

    Attributes:
        noise: s.
        jump: order parameter x there; 0 at a transition of second order.
    """

    noise: float
    jump: float


def onset(weight: float, *, least: float = 1e-3) -> Onset:
    """The highest point of the branch of solutions, for a weight of the point at 0.

    Args:
        weight: 0 to below 1.
        least: smallest order parameter that is looked at; a jump below it reads as it.
    """
    data = points_on_a_line(weight)
    grid = np.geomspace(least, 0.999, 120)
    heights = np.array([branch(data, x) for x in grid])
    top = int(np.nanargmax(heights))
    if top in (0, len(grid) - 1):
        return Onset(float(heights[top]), float(grid[top]))
    fine = minimize_scalar(
        lambda x: -branch(data, x), bounds=(grid[top - 1], grid[top + 1]), method="bounded", options={"xatol": 1e-6}
    )
    return Onset(float(-fine.fun), float(fine.x))


def least_jumping_weight(*, tolerance: float = 1e-4) -> float:
    """Least weight of the point at 0 at which the order parameter jumps, by halving."""
    low, high = 0.05, 0.9
    while high - low > tolerance:
        middle = (low + high) / 2
        low, high = (low, middle) if onset(middle).jump > _JUMP else (middle, high)
    return (low + high) / 2


class Exponent(NamedTuple):
    """A power law, fitted.

    Attributes:
        fitted: slope of ln y on ln x over the whole range, between the least and the largest slope of its fifths.
        x: (n,) what it depends on.
        y: (n,).
    """

    fitted: Interval
    x: np.ndarray
    y: np.ndarray


def exponent(x: np.ndarray, y: np.ndarray, *, sign: float = 1.0) -> Exponent:
    """Exponent of y ~ x^(sign · exponent), with the range of the slopes of five parts of the data in turn."""
    ln_x, ln_y = np.log(x), np.log(y)
    slope = sign * float(np.polyfit(ln_x, ln_y, 1)[0])
    parts = np.array_split(np.argsort(ln_x), 5)
    slopes = [sign * float(np.polyfit(ln_x[part], ln_y[part], 1)[0]) for part in parts]
    return Exponent(Interval(slope, min(slopes), max(slopes)), x, y)


def _outer(data: NoisyPatterns, noise: float, field: float = 0.0) -> float:
    """The largest fixed point between 0 and 1."""

    def excess(x: float) -> float:
        return float(data.denoised(np.array([x + noise * field]), noise)[0] - x)

    grid = np.geomspace(1e-9, 1.0, 700)
    found = np.array([excess(x) for x in grid])
    last = np.flatnonzero(found > 0)[-1]
    return float(brentq(excess, grid[last], grid[last + 1], xtol=1e-15))


def order_exponent(n: int = 25) -> Exponent:
    """β of two points: x ~ (1 - s)^β below the critical noise 1."""
    below = np.geomspace(1e-4, 1e-2, n)
    return exponent(below, np.array([_outer(points_on_a_line(), 1 - e) for e in below]))


def susceptibility_exponent(n: int = 25) -> Exponent:
    """γ of two points: dx / dh ~ (s - 1)^-γ above the critical noise, the response to a small field."""
    above = np.geomspace(1e-4, 1e-2, n)
    field = 1e-9  # so small that the cube of the response does not matter
    response = [_outer(points_on_a_line(), 1 + e, field) / field for e in above]
    return exponent(above, np.array(response), sign=-1)


def isotherm_exponent(weight: float = 0.0, n: int = 25) -> Exponent:
    """δ, h ~ x^δ at the critical noise: of two points, or of three at the tricritical weight.

    Args:
        weight: 0, or `TRICRITICAL`.
        n: fields.
    """
    noise = 1.0 if weight == 0 else TRICRITICAL_NOISE
    field = np.geomspace(1e-7, 1e-4, n)
    x = np.array([_outer(points_on_a_line(weight), noise, h) for h in field])
    return exponent(x, field)


def tricritical_exponent(n: int = 25) -> Exponent:
    """β at the tricritical noise: x ~ (w* - w)^β as the weight of the point at 0 falls below the tricritical one."""
    below = np.geomspace(1e-7, 1e-5, n)
    return exponent(below, np.array([_outer(points_on_a_line(TRICRITICAL - e), TRICRITICAL_NOISE) for e in below]))


def fit_exponents() -> dict[str, Exponent]:
    """All exponents by name: of two points, and of three at the tricritical weight."""
    return {
        ORDER: order_exponent(),
        RESPONSE: susceptibility_exponent(),
        ISOTHERM: isotherm_exponent(),
        TRICRITICAL_ORDER: tricritical_exponent(),
        TRICRITICAL_ISOTHERM: isotherm_exponent(TRICRITICAL),
    }


def relaxation_steps(noises: np.ndarray, *, start: float = 1e-3) -> np.ndarray:
    """Applications of the denoiser of two points until a small displacement from the centre has fallen to 1/e.

    Args:
        noises: above 1.
        start: displacement.
    """
    data, steps = points_on_a_line(), []
    for s in noises:
        x, n = np.array([start]), 0
        while True:
            after, n = data.denoised(x, s), n + 1
            if after[0] <= start / np.e:
                # between two applications by a straight line in the logarithm
                steps.append(n - 1 + float(np.log(x[0] * np.e / start) / np.log(x[0] / after[0])))
                break
            x = after
    return np.array(steps)


def sweep(data: NoisyPatterns, noises: np.ndarray, start: float, *, steps: int = 4000) -> np.ndarray:
    """Order parameter as the noise is changed slowly, each time from where the denoiser came to rest before.

    Args:
        data: points on a line.
        noises: in the order in which they are met.
        start: first place. At each noise it is first pushed by 0.0001, as an unstable point stays for ever.
        steps: applications of the denoiser at each noise, at most.
    """
    x, found = np.array([start]), []
    for s in noises:
        x = np.abs(x) + 1e-4
        for _ in range(steps):
            before, x = x, data.denoised(x, s)
            if np.abs(x - before).max() < 1e-10:
                break
        found.append(float(x[0]))
    return np.array(found)


def landscape(data: NoisyPatterns, noise: float, x: np.ndarray) -> np.ndarray:
    """Free energy s [ln p(0) - ln p(x)] along the line, 0 at the centre: its minima are the fixed points."""
    return noise * (data.log_density(np.zeros((1, 1)), noise)[0] - data.log_density(x[:, None], noise))
