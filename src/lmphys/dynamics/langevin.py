"""A particle in a potential with noise: the double well, its linear limit, and paths of both.

The equation is the overdamped Langevin equation dx = -U'(x) dt + sqrt(2D) dW, x and t without units.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gamma, pbdv
from scipy.stats import chi2

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval

# A function of positions (n,), or the same number everywhere.
Field = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class DoubleWell:
    """The potential U(x) = a x^4 / 4 - b x^2 / 2: two wells for b > 0, one for b <= 0.

    Attributes:
        a: stiffness far out, positive.
        b: minus the curvature at 0.

    Raises:
        LmphysError: a is not positive, or b is not finite.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), App. E.
    """

    a: float = 1.0
    b: float = 1.0

    def __post_init__(self) -> None:
        if not (self.a > 0 and math.isfinite(self.a) and math.isfinite(self.b)):
            raise LmphysError(f"double well with a = {self.a}, b = {self.b}: a must be positive, both finite")

    def potential(self, x: np.ndarray) -> np.ndarray:
        """U(x)."""
        return self.a * x**4 / 4 - self.b * x**2 / 2

    def force(self, x: np.ndarray) -> np.ndarray:
        """-U'(x)."""
        return self.b * x - self.a * x**3

    @property
    def well(self) -> float:
        """Place of the right well, sqrt(b / a); 0 where there is one well."""
        return math.sqrt(max(self.b, 0.0) / self.a)

    @property
    def barrier(self) -> float:
        """Height U(0) - U(well) = b^2 / (4a); 0 where there is one well."""
        return max(self.b, 0.0) ** 2 / (4 * self.a)

    @property
    def curvature(self) -> float:
        """U'' at the bottom of a well: 2b for two wells, -b for one. 0 at b = 0, the critical point."""
        return 2 * self.b if self.b > 0 else -self.b

    def moment(self, order: int, D: float) -> float:
        """Stationary mean of x^order for an even order >= 0, in closed form.

        With t = x^2 the integral of x^(2m) exp(-U / D) is one of a parabolic cylinder function.

        Raises:
            LmphysError: the order is odd or negative, or the noise is out of range.
        """
        if order < 0 or order % 2:
            raise LmphysError(f"moment {order}: the closed form is for even orders from 0; odd ones are 0")
        return math.exp(self._log_integral(order // 2, D) - self._log_integral(0, D))

    def density(self, x: np.ndarray, D: float) -> np.ndarray:
        """Stationary density exp(-U(x) / D) / Z, with Z in closed form.

        Raises:
            LmphysError: the noise is not positive, or so small that Z leaves the range of a float.
        """
        log_norm = self._log_integral(0, D)
        return np.exp(-self.potential(np.asarray(x, dtype=np.float64)) / D - log_norm)

    def _log_integral(self, m: int, D: float) -> float:
        """Log of the integral of x^(2m) exp(-U / D) over the line (Gradshteyn & Ryzhik 3.462.1, with t = x^2)."""
        if not D > 0:
            raise LmphysError(f"noise D = {D} is not positive: a density needs noise")
        alpha, beta, order = self.a / (4 * D), self.b / (2 * D), m + 0.5
        y = beta / math.sqrt(2 * alpha)
        if abs(y) > 35:
            raise LmphysError(f"D = {D} is too small for the closed form: keep b^2 / (2aD) below {35**2}")
        cylinder = float(pbdv(-order, -y)[0])
        return -order / 2 * math.log(2 * alpha) + math.log(gamma(order)) + y**2 / 4 + math.log(cylinder)

    def kramers_rate(self, D: float) -> float:
        """Escapes per unit time from one well over the barrier, for a barrier much higher than the noise.

            r = sqrt(U''(well) |U''(0)|) / (2 pi) exp(-barrier / D),

        0 where there is one well. A passage to the bottom of the other well; the slowest decay rate of
        the Fokker-Planck equation is 2r, since two wells empty into each other.

        Source: Kramers 1940, Physica 7, 284; Risken 1989, The Fokker-Planck Equation, Sec. 5.10.
        """
        return math.sqrt(2) * max(self.b, 0.0) / (2 * math.pi) * math.exp(-self.barrier / D)

    def escape_rate(
        self, D: float, *, n_walkers: int = 500, dt: float = 0.01, horizon: float = 200.0, seed: int = 0
    ) -> Interval:
        """Measured rate of first passages from the bottom of one well to that of the other, with its 95 % interval.

        Walkers that have not passed by `horizon` count with the time that they were watched: the rate is passages
        over time watched, and its interval that of a Poisson count. That holds where passages are exponential, so
        for rates much below the curvature.

        Args:
            D: noise.
            n_walkers: walkers side by side.
            dt: step of Euler-Maruyama; keep it well below 1 / curvature.
            horizon: time for which a walker is watched at most.
            seed: of the noise.

        Raises:
            LmphysError: there is one well.
        """
        if self.b <= 0:
            raise LmphysError(f"b = {self.b}: a single well has no barrier to escape over; use b > 0")
        rng = np.random.default_rng(seed)
        x = np.full(n_walkers, -self.well)
        watched = 0.0
        for _ in range(round(horizon / dt)):
            watched += len(x) * dt
            x = x + self.force(x) * dt + math.sqrt(2 * D * dt) * rng.standard_normal(len(x))
            x = x[x < self.well]
            if not len(x):
                break
        passed = n_walkers - len(x)
        low = chi2.ppf(0.025, 2 * passed) / 2 if passed else 0.0
        high = chi2.ppf(0.975, 2 * passed + 2) / 2
        value, low, high = np.array([passed, low, high]) / watched
        return Interval(value, low, high)


@dataclass(frozen=True)
class OrnsteinUhlenbeck:
    """The linear equation dx = -k x dt + sqrt(2D) dW: any potential close to the bottom of a well.

    Attributes:
        k: restoring rate, the curvature of the potential, positive.
        D: noise, positive.

    Raises:
        LmphysError: k or D is not positive.
    """

    k: float
    D: float

    def __post_init__(self) -> None:
        if not (self.k > 0 and self.D > 0):
            raise LmphysError(f"k = {self.k}, D = {self.D}: a stationary linear equation needs both positive")

    @property
    def variance(self) -> float:
        """Stationary variance D / k."""
        return self.D / self.k

    def autocorrelation(self, lag: float) -> float:
        """Correlation of x(t) and x(t + lag), e^{-k lag}."""
        return math.exp(-self.k * lag)

    def exact_step(self, dt: float) -> tuple[float, float]:
        """Factor and noise variance of the linear map that the equation is when looked at every `dt`.

        x_{t+1} = e^{-k dt} x_t + N(0, D / k (1 - e^{-2 k dt})): no approximation, for any `dt`.
        """
        return math.exp(-self.k * dt), -self.variance * math.expm1(-2 * self.k * dt)

    def euler_step(self, dt: float) -> tuple[float, float]:
        """Factor 1 - k dt and noise variance 2 D dt of the Euler-Maruyama step."""
        return 1 - self.k * dt, 2 * self.D * dt


def stationary_variance(factor: float, noise: float) -> float:
    """Variance noise / (1 - factor^2) of the map x_{t+1} = factor x_t + N(0, noise); infinite if it does not settle."""
    return noise / (1 - factor**2) if abs(factor) < 1 else math.inf


def euler_maruyama(
    drift: Field,
    diffusion: Field | float,
    start: np.ndarray,
    *,
    dt: float,
    n_steps: int,
    keep_every: int = 1,
    bounds: tuple[float, float] | None = None,
    seed: int = 0,
) -> np.ndarray:
    """Paths of the Ito equation dx = drift(x) dt + sqrt(2 diffusion(x)) dW, all walkers side by side.

    Args:
        drift: of positions (W,).
        diffusion: D, or D(x) of positions (W,).
        start: (W,) positions at time 0.
        dt: step.
        n_steps: steps.
        keep_every: keep each so many steps.
        bounds: walls that reflect.
        seed: of the noise.

    Returns:
        (n_steps // keep_every + 1, W) positions, the start first.

    Raises:
        LmphysError: `dt` is not positive, or the paths grow beyond what is finite.
    """
    if not dt > 0:
        raise LmphysError(f"step dt = {dt} is not positive")
    rng = np.random.default_rng(seed)
    x = np.array(start, dtype=np.float64)
    kept = [x]
    with np.errstate(over="ignore", invalid="ignore"):  # refused below
        for step in range(1, n_steps + 1):
            D = diffusion(x) if callable(diffusion) else diffusion
            x = x + drift(x) * dt + np.sqrt(2 * D * dt) * rng.standard_normal(x.shape)
            if bounds is not None:
                low, high = bounds
                x = high - np.abs(high - (low + np.abs(x - low)))
            if step % keep_every == 0:
                kept.append(x)
    if not np.isfinite(x).all():
        raise LmphysError(
            f"paths are no longer finite: a step dt = {dt} is too long for this drift; take a smaller one"
        )
    return np.stack(kept)
