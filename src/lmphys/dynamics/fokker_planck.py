"""The Fokker-Planck equation in one dimension, by finite volumes: how the density of many walkers moves."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh_tridiagonal, eigvalsh_tridiagonal, solve_banded

from lmphys.core.errors import LmphysError

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(8)


@dataclass(frozen=True, eq=False)
class Modes:
    """The slowest ways in which a density comes to rest: p(t) = sum over k of a_k exp(-rate_k t) right_k.

    Attributes:
        rates: (K,) ascending, the first of them 0.
        left: (K, n) left eigenvectors, `left[0]` all ones; `left @ right.T` is the identity.
        right: (K, n) right eigenvectors, `right[0]` the stationary probability.
    """

    rates: np.ndarray
    left: np.ndarray
    right: np.ndarray

    def amplitudes(self, probability: np.ndarray) -> np.ndarray:
        """Share (..., K) of each mode in probabilities (..., n); that of the first is their sum.

        The sign of a mode is arbitrary, its square is not: the sum of the squares of all but the first, over all n
        modes, is the chi-square distance from the stationary law.
        """
        return probability @ self.left.T

    def evolved(self, probability: np.ndarray, times: np.ndarray) -> np.ndarray:
        """(T, n) probabilities at times (T,), of the modes that are held: exact where these are all n."""
        return (self.amplitudes(probability) * np.exp(-np.outer(times, self.rates))) @ self.right


class FokkerPlanck:
    """p_t = -(drift p)_x + (diffusion p)_xx between two walls, for dx = drift dt + sqrt(2 diffusion) dW (Ito).

    Probability moves between neighbouring cells at rates that keep detailed balance with the stationary density
    exp(integral of drift / diffusion) / diffusion. So that density is exact at the centres of the cells up to
    quadrature, probability is conserved up to rounding, and no cell turns negative.

    Args:
        drift: of positions (n,).
        diffusion: D, or D(x) of positions (n,), positive.
        low: wall on the left; for an open line, where the density is negligible.
        high: wall on the right.
        n_cells: n, at least 2.

    Attributes:
        centres: (n,) of the cells.
        width: of a cell.
        stationary: (n,) probability of each cell in the long run.

    Raises:
        LmphysError: the interval is empty, there are fewer than 2 cells, or the diffusion is not positive.

    Source: Risken 1989, The Fokker-Planck Equation, Sec. 5.2 (zero current); the square-root rates are those of
    Wang, Peskin & Elston 2003, J. Theor. Biol. 221, 491, to second order in the width.
    """

    def __init__(
        self,
        drift: Callable[[np.ndarray], np.ndarray],
        diffusion: Callable[[np.ndarray], np.ndarray] | float,
        low: float,
        high: float,
        n_cells: int = 400,
    ) -> None:
        if not low < high or n_cells < 2:
            raise LmphysError(f"{n_cells} cells between {low} and {high}: use low < high and at least 2 cells")
        self.width = (high - low) / n_cells
        self.centres = low + self.width * (np.arange(n_cells) + 0.5)

        def noise(x: np.ndarray) -> np.ndarray:
            return np.asarray(diffusion(x)) if callable(diffusion) else np.full(np.shape(x), float(diffusion))

        edges = self.centres[:-1] + self.width / 2
        if not (noise(self.centres) > 0).all():
            raise LmphysError("the diffusion is not positive between the walls: move them, or add noise")
        points = edges[:, None] + self.width / 2 * _POINTS
        climb = self.width / 2 * (drift(points) / noise(points)) @ _WEIGHTS - np.diff(np.log(noise(self.centres)))
        log_density = np.concatenate([[0.0], np.cumsum(climb)])
        weights = np.exp(log_density - log_density.max())
        self.stationary = weights / weights.sum()
        self._hop = noise(edges) / self.width**2
        self._up, self._down = self._hop * np.exp(climb / 2), self._hop * np.exp(-climb / 2)
        self._log_stationary = log_density - log_density.max() - np.log(weights.sum())

    @property
    def density(self) -> np.ndarray:
        """(n,) stationary density at the centres."""
        return self.stationary / self.width

    def decay_rates(self, n: int = 3) -> np.ndarray:
        """The n smallest rates at which deviations from the stationary density die out, the first of them 0.

        They are minus the eigenvalues of the operator. Detailed balance makes it symmetric in the right units, so all
        are real and none is negative. Rounding adds some 1e-13 diffusion / width^2, which hides very slow ones: for
        these use `passage_time`.
        """
        found = eigvalsh_tridiagonal(-self._diagonal(), -self._hop, select="i", select_range=(0, n - 1))
        return np.maximum(found, 0.0)

    def modes(self, n: int | None = None) -> Modes:
        """The n slowest modes, all of them by default.

        Detailed balance makes the operator symmetric in the units in which the stationary probability is a square, so
        its eigenvectors there are orthogonal, and left and right ones differ by that square alone.

        Args:
            n: how many.

        Example:
            >>> well = FokkerPlanck(lambda x: -x, 0.5, -4, 4)
            >>> modes = well.modes(3)
            >>> print(modes.rates.round(2))
            [0. 1. 2.]
            >>> left_half = well.stationary * (well.centres < 0) * 2
            >>> print(modes.amplitudes(left_half).round(2)[[0, 2]])
            [1. 0.]

        Source: Risken 1989, The Fokker-Planck Equation, Sec. 5.4.
        """
        last = len(self.centres) if n is None else n
        rates, found = eigh_tridiagonal(-self._diagonal(), -self._hop, select="i", select_range=(0, last - 1))
        root = np.exp(self._log_stationary / 2)
        vectors = found.T * np.sign(found.T @ root + (found.T @ root == 0))[:, None]
        rates[0], vectors[0] = 0.0, root  # known exactly
        return Modes(np.maximum(rates, 0.0), vectors / root, vectors * root)

    def generator(self) -> np.ndarray:
        """(n, n) rates of the master equation dp/dt = Q p, whose columns add up to 0; for tests by brute force."""
        return np.diag(self._diagonal()) + np.diag(self._up, -1) + np.diag(self._down, 1)

    def evolve(self, probability: np.ndarray, time: float, *, n_steps: int = 400) -> np.ndarray:
        """Probability of each cell (n,) after `time`, by the implicit Euler method.

        The method keeps the sum and the sign for every length of the step, and is of first order in it.

        Args:
            probability: (n,) at the beginning.
            time: how long.
            n_steps: steps.
        """
        step = time / n_steps
        matrix = np.zeros((3, len(self.centres)))
        matrix[0, 1:], matrix[2, :-1] = -step * self._down, -step * self._up
        matrix[1] = 1 - step * self._diagonal()
        p = np.asarray(probability, dtype=np.float64)
        for _ in range(n_steps):
            after = solve_banded((1, 1), matrix, p)
            # What flows out of a cell flows into the next, to the last digit, however long the step.
            flow = step * (self._up * after[:-1] - self._down * after[1:])
            p = p - np.diff(flow, prepend=0.0, append=0.0)
        return p

    def passage_time(self, start: float, target: float) -> float:
        """Mean time to reach `target` for the first time from `start` < `target`, the left wall reflecting.

        Exact for the walk between the cells; both places are moved to the nearest centre.
        """
        i, j = (int(np.abs(self.centres - x).argmin()) for x in (start, target))
        below = np.logaddexp.accumulate(self._log_stationary)
        return float((np.exp(below[i:j] - self._log_stationary[i:j]) / self._up[i:j]).sum())

    def _diagonal(self) -> np.ndarray:
        """(n,) minus the rates of leaving each cell."""
        leaving = np.zeros(len(self.centres))
        leaving[:-1] += self._up
        leaving[1:] += self._down
        return -leaving
