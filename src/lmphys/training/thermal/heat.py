"""How much of a training loss is heat: the part that is proportional to the learning rate, and goes when it is lowered.

A stationary training at the rate eta pays a thermal loss c eta over what its place in the landscape costs (Liu, Liu,
Gore and Tegmark 2025). A log in which the rate changes can tell c from the slow progress, if both do not change alike:

    loss = L0 + A x^-alpha + c eta

with x the number of updates, or the sum of the rates: progress may be made by the update or by the distance. Both
clocks are tried, and the interval holds both.

    >>> import numpy as np
    >>> step = np.arange(1.0, 1001)
    >>> rate = 0.003 * np.minimum(1, (1000 - step) / 200)
    >>> loss = 1 + step**-0.5 + 20 * rate
    >>> round(fit_heat(TrainingLog(step[:900], loss[:900], rate[:900])).now.value, 3)
    0.03
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.training.thermal.log import TrainingLog

BY_UPDATE, BY_DISTANCE = "updates", "sum of the rates"
_EXPONENTS = np.geomspace(0.05, 3, 24)
_MOST = 400  # rows that are fitted: more are averaged
_FEWEST = 20
_BLOCKS = 20  # of residuals
_SKIPPED = 0.1  # of the updates: the first fall is no power law
_ONE_RATE = 1.05  # rates that differ by less are one
_ALIKE = 0.05  # share of the rate's variance below which it follows the slow part
_MISFIT = 0.5  # correlation of neighbouring residuals from which on the slow part is no power law


@dataclass(frozen=True)
class Heat:
    """What a log says of its heat.

    Attributes:
        step: (n,) updates of the rows that were fitted.
        loss: (n,) their loss.
        rate: (n,) their learning rate.
        slow: (n,) the slow part, by the better clock.
        coefficient: c, loss for each unit of the learning rate; 95 % over blocks of residuals and both clocks.
        clock: the better one.
        exponent: alpha.
        own: share of the rate's variance that does not go along with the slow part.
        misfit: correlation of neighbouring residuals; near 0 where the law fits.
    """

    step: np.ndarray
    loss: np.ndarray
    rate: np.ndarray
    slow: np.ndarray
    coefficient: Interval
    clock: str
    exponent: float
    own: float
    misfit: float

    @property
    def now(self) -> Interval:
        """Loss that a decay from the last rate to 0 would take away."""
        return self.coefficient.map(lambda c: float(c * self.rate[-1]))

    @property
    def largest(self) -> Interval:
        """Heat at the highest rate of the rows."""
        return self.coefficient.map(lambda c: float(c * self.rate.max()))

    @property
    def told(self) -> bool:
        """Whether the law fits, and there is heat that is not explained by chance."""
        return bool(self.coefficient.low > 0) and self.misfit < _MISFIT

    def remarks(self) -> list[str]:
        """What to bear in mind, one sentence each."""
        found = []
        lowest, now = float(self.rate.min()), float(self.rate[-1])
        if self.coefficient.low <= 0:
            found.append("The interval does not lie above 0: this log does not show that a decay gains anything.")
        if self.misfit >= _MISFIT:
            found.append(
                f"Neighbouring residuals go along (correlation {self.misfit:.2f}): the slow part is no power law, as "
                "where something is learned suddenly, and the numbers mean nothing."
            )
        if self.own < _ALIKE:
            found.append(
                f"The rate falls as the slow part does ({100 * self.own:.1f} % of its variance is its own), so that "
                "the two are told apart by the form of the fit alone."
            )
        if now > 0 and lowest > 0.1 * now:
            found.append(f"No rate below {lowest:.3g} was seen: what a decay gains beyond it is extrapolated.")
        if now == lowest:
            found.append("The rate is at its lowest already; the heat of the highest one is what the decay took away.")
        return found

    def lines(self) -> list[tuple[str, str]]:
        """What was found, as names and values to be shown."""
        rate, coefficient = self.rate, self.coefficient
        fitted = self.slow[-1] + coefficient.value * rate[-1]
        return [
            ("rows fitted", f"{len(self.step)}, updates {self.step[0]:,.0f} to {self.step[-1]:,.0f}"),
            ("learning rate", f"now {rate[-1]:.4g}; {rate.min():.4g} to {rate.max():.4g} in these rows"),
            ("loss now", f"{fitted:.4g}, of which slow part {self.slow[-1]:.4g}"),
            ("a decay to 0 would gain now", _shown(self.now)),
            ("heat at the highest rate", _shown(self.largest)),
            ("slow part", f"power {-self.exponent:.2g} of the {self.clock}"),
            ("the rate's own share", f"{100 * self.own:.1f} % of its variance does not go along with the slow part"),
            ("misfit", f"{self.misfit:.2f}, correlation of neighbouring residuals"),
        ]

    def to_json(self) -> dict[str, Any]:
        """All numbers, as JSON values."""
        return {
            "rows": len(self.step),
            "steps": [float(self.step[0]), float(self.step[-1])],
            "rates": {"lowest": float(self.rate.min()), "highest": float(self.rate.max()), "now": float(self.rate[-1])},
            "loss_now": float(self.slow[-1] + self.coefficient.value * self.rate[-1]),
            "slow_part_now": float(self.slow[-1]),
            "gain_now": _listed(self.now),
            "heat_at_highest_rate": _listed(self.largest),
            "coefficient": _listed(self.coefficient),
            "clock": self.clock,
            "exponent": self.exponent,
            "own_share_of_rate": self.own,
            "misfit": self.misfit,
            "told": self.told,
            "remarks": self.remarks(),
        }


def fit_heat(log: TrainingLog, *, n_bootstrap: int = 300, seed: int = 0) -> Heat:
    """Split the loss of a training into a slow part and heat.

    The rise of the rate at the beginning and a tenth of the updates after it are left out.

    Args:
        log: of the training.
        n_bootstrap: resamples of blocks of residuals, a twentieth of the rows each, for each clock.
        seed: of the resampling.

    Raises:
        LmphysError: there is one rate only, or too few rows.
    """
    step, loss, rate, distance = _rows(log)
    if rate.max() < _ONE_RATE * rate.min():
        raise LmphysError(
            f"the learning rate is {rate.max():.3g} in all rows after the warm-up: one rate cannot tell heat from "
            "progress; branch off a short decay, and give its log joined to this one"
        )
    rng = np.random.default_rng(seed)
    clocks = {BY_UPDATE: step, BY_DISTANCE: distance}
    fits = {name: _Fit(clock / clock[-1], rate) for name, clock in clocks.items()}
    found = {name: fit.best(loss[:, None]) for name, fit in fits.items()}
    draws = {name: fit.resampled(loss, n_bootstrap, rng) for name, fit in fits.items()}
    clock = min(found, key=lambda name: found[name][1][0])
    ends = [percentile_interval(some, found[name][0][2, 0]) for name, some in draws.items()]
    (offset, height, coefficient), which = found[clock][0][:, 0], int(found[clock][2][0])
    interval = Interval(float(coefficient), min(float(one.low) for one in ends), max(float(one.high) for one in ends))
    fall = fits[clock].falls[which]
    slow = offset + height * fall
    residual = loss - slow - coefficient * rate
    misfit = float(residual[1:] @ residual[:-1] / (residual @ residual))
    own = float(1 - np.corrcoef(rate, fall)[0, 1] ** 2)
    return Heat(step, loss, rate, slow, interval, clock, float(_EXPONENTS[which]), own, misfit)


class _Fit:
    """Least squares for each exponent of the slow part.

    Args:
        x: (n,) clock, 1 at the end.
        rate: (n,) learning rate.
    """

    def __init__(self, x: np.ndarray, rate: np.ndarray) -> None:
        self.falls = [x**-exponent for exponent in _EXPONENTS]
        # The rate has its own unit; scaled, the three columns are of one size.
        self.scale = rate.max()
        self.designs = [np.stack([np.ones_like(x), fall, rate / self.scale], axis=1) for fall in self.falls]
        self.inverses = [np.linalg.pinv(design) for design in self.designs]

    def best(self, losses: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Coefficients (3, R), squared error (R,) and number of the exponent (R,) of losses (n, R)."""
        found = np.stack([inverse @ losses for inverse in self.inverses])
        errors = np.stack(
            [((losses - design @ one) ** 2).sum(axis=0) for design, one in zip(self.designs, found, strict=True)]
        )
        which = errors.argmin(axis=0)
        each = np.arange(losses.shape[1])
        coefficients = found[which, :, each].T
        coefficients[2] /= self.scale
        return coefficients, errors[which, each], which

    def resampled(self, loss: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        """(n,) coefficients of the rate of the fit with its residuals dealt anew in blocks."""
        coefficients, _, which = self.best(loss[:, None])
        fitted = self.designs[int(which[0])] @ (coefficients[:, 0] * [1, 1, self.scale])
        residual = loss - fitted
        block = -(-len(loss) // _BLOCKS)
        n_blocks = -(-len(loss) // block)
        # Of so many independent blocks three numbers and an exponent were fitted: residuals are too small by this root.
        residual = (residual - residual.mean()) * np.sqrt(n_blocks / (n_blocks - 4))
        starts = rng.integers(len(loss) - block + 1, size=(n, n_blocks))
        rows = (starts[:, :, None] + np.arange(block)).reshape(n, -1)[:, : len(loss)]
        return self.best(fitted[:, None] + residual[rows].T)[0][2]


def _rows(log: TrainingLog) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Step, loss, rate and sum of the rates after the warm-up and the first fall, averaged to at most 400 rows."""
    if not (log.rate > 0).any():
        raise LmphysError("the learning rate is 0 in all rows; give the log of a training that learns")
    # Each rate held since the row before.
    distance = np.cumsum(log.rate * np.diff(log.step, prepend=min(0.0, log.step[0])))
    top = int(np.argmax(log.rate >= 0.999 * log.rate.max()))
    first = log.step[top] + _SKIPPED * (log.step[-1] - log.step[top])
    kept = np.flatnonzero(log.step >= max(first, 1e-12))
    if len(kept) < _FEWEST:
        raise LmphysError(
            f"{len(kept)} rows are left after the warm-up and the first tenth; a fit needs {_FEWEST}: log more often"
        )
    parts = np.array_split(kept, min(_MOST, len(kept)))
    step, loss, rate, path = (
        np.array([values[part].mean() for part in parts]) for values in (log.step, log.loss, log.rate, distance)
    )
    return step, loss, rate, path


def _listed(interval: Interval) -> list[float]:
    return [float(end) for end in interval]


def _shown(interval: Interval) -> str:
    return f"{interval.value:.3g} [{interval.low:.3g}, {interval.high:.3g}]"
