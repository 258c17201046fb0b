"""Is SGD a heat bath? Covariances, temperatures and currents of linear SGD in closed form, and of runs as measured.

Plain SGD near the bottom of a valley, with curvature H, gradient noise of covariance C and learning rate e, is the map
z' = (1 - e H) z + e N(0, C). It is a discrete Ornstein-Uhlenbeck process.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

from lmphys.pages.mpemba.subspace import Run
from lmphys.stats.interval import Interval

LAG = 10  # updates between the two moments of an area


def stationary_covariance(hessian: np.ndarray, noise: np.ndarray, rate: float) -> np.ndarray:
    """(k, k) covariance S of z at rest: S = (1 - e H) S (1 - e H) + e^2 C.

    For small e this is the Lyapunov equation H S + S H = e C. Source: Mandt, Hoffman & Blei 2017, JMLR 18, 134.
    """
    return np.asarray(solve_discrete_lyapunov(np.eye(len(hessian)) - rate * hessian, rate**2 * noise))


def temperatures(hessian: np.ndarray, covariance: np.ndarray, rate: float) -> np.ndarray:
    """(k,) effective temperature along each direction, curvature times variance, without what a finite step adds.

    Where H is diagonal and z at rest, it is e C_ii / 2: half the learning rate times the variance of the gradient.
    """
    h = np.diag(hessian)
    return h * np.diag(covariance) * (1 - rate * h / 2)


def areas(z: np.ndarray, lag: int = LAG) -> np.ndarray:
    """(k (k - 1) / 2,) signed area that each pair of directions sweeps in `lag` steps, in units of their deviations.

    (z_i(t) z_j(t + lag) - z_j(t) z_i(t + lag)) / 2, its mean over t. Time reversal turns its sign, so it is 0 wherever
    a film of the process looks the same backwards.

    Args:
        z: (n, k).
        lag: steps.
    """
    centred = (z - z.mean(axis=0)) / z.std(axis=0)
    lagged = centred[:-lag].T @ centred[lag:] / (len(z) - lag)
    return _pairs(lagged - lagged.T) / 2


def agreement_of_halves(z: np.ndarray, lag: int = LAG) -> float:
    """Correlation over pairs of the areas of the first half of a run and those of the second."""
    half = len(z) // 2
    return float(np.corrcoef(areas(z[:half], lag), areas(z[half:], lag))[0, 1])


def agreement(z: np.ndarray, lag: int = LAG) -> Interval:
    """`agreement_of_halves` with a 95 % interval over pairs, by Fisher's transformation.

    Pairs that share a direction are taken as independent, as the areas of a bath with detailed balance are.
    """
    found = agreement_of_halves(z, lag)
    k = z.shape[1]
    reach = 1.959963984540054 / np.sqrt(k * (k - 1) / 2 - 3)
    centre = np.arctanh(found)
    return Interval(found, float(np.tanh(centre - reach)), float(np.tanh(centre + reach)))


def entropy_production(drift: np.ndarray, diffusion: np.ndarray) -> float:
    """Nats per unit of time that dz = -K z dt + sqrt(2 D) dW makes at rest: tr(K' D^-1 K S) - tr K, 0 at balance.

    Args:
        drift: K (k, k).
        diffusion: D (k, k), positive definite.
    """
    covariance = solve_continuous_lyapunov(drift, 2 * diffusion)
    return float(np.trace(drift.T @ np.linalg.solve(diffusion, drift) @ covariance) - np.trace(drift))


def simulated(step: np.ndarray, noise: np.ndarray, n: int, *, seed: int = 0) -> np.ndarray:
    """(n, k) states of z' = M z + N(0, Q) at rest.

    Args:
        step: M (k, k), stable.
        noise: Q (k, k).
        n: steps.
        seed: of noise and start.
    """
    rng = np.random.default_rng(seed)
    covariance = solve_discrete_lyapunov(step, noise)
    z = np.empty((n, len(step)))
    z[0] = _root(covariance) @ rng.standard_normal(len(step))
    kicks = rng.standard_normal((n, len(step))) @ _root(noise).T
    for t in range(1, n):
        z[t] = step @ z[t - 1] + kicks[t]
    return z


def rotating(stiffness: float, turning: float, n: int, *, lag: int = LAG, seed: int = 0) -> dict[str, float]:
    """Two directions of one temperature with a force that also turns: K = [[k, w], [-w, k]], D = 1.

    Args:
        stiffness: k per step.
        turning: w per step.
        n: steps.
        lag: of the area.
        seed: of the noise.

    Returns:
        The area as measured and in closed form, e^{-k lag} sin(w lag); the nats a step that are produced, 2 w^2 / k.
    """
    drift = np.array([[stiffness, turning], [-turning, stiffness]])
    kept = np.exp(-2 * stiffness)
    z = simulated(expm(-drift), (1 - kept) / stiffness * np.eye(2), n, seed=seed)
    return {
        "area, measured": float(areas(z, lag)[0]),
        "area, closed form": float(np.exp(-stiffness * lag) * np.sin(turning * lag)),
        "nats a step": entropy_production(drift, np.eye(2)),
        "2 w² / k": 2 * turning**2 / stiffness,
    }


def equal_noise(run: Run) -> Run:
    """The run with the mean noise in all directions: one temperature."""
    k = len(run.noise)
    return replace(run, noise=np.eye(k) * np.trace(run.noise) / k)


def imitated(run: Run, *, seed: int = 0) -> Run:
    """Linear SGD of a run's curvature, noise and length in its place."""
    step = np.eye(len(run.hessian)) - run.rate * run.hessian
    return replace(run, z=simulated(step, run.rate**2 * run.noise, len(run.z), seed=seed))


def balanced(run: Run) -> Run:
    """A run along the eigenvectors of its curvature, its noise made independent there: H C = C H, no currents."""
    return replace(run, hessian=np.diag(np.diag(run.hessian)), noise=np.diag(np.diag(run.noise)))


def misfit(run: Run, expected: Run | None = None) -> float:
    """Root mean square of ln of measured over expected variances along the directions.

    Args:
        run: measured.
        expected: whose curvature and noise give the expected ones; None: its own.
    """
    law = expected or run
    theory = np.diag(stationary_covariance(law.hessian, law.noise, law.rate))
    return float(np.sqrt((np.log(run.z.var(axis=0) / theory) ** 2).mean()))


def measured_temperatures(run: Run) -> np.ndarray:
    """(k,) of `temperatures`, from the variances of a run along the eigenvectors of its curvature."""
    return temperatures(run.hessian, np.cov(run.z.T), run.rate)


def summary(runs: Sequence[Run], lag: int = LAG, *, characters: int) -> pd.DataFrame:
    """A row a run: learning rate, curvatures, and what was found of its variances, temperatures and currents.

    `slope of ln T` is that of ln of the temperature against ln of the curvature: 0 for a bath of one temperature, 1
    where the noise of the gradient has the covariance of the curvature. `noise over curvature` is the variance of the
    gradient, times the characters of a batch, over the curvature, its mean over directions: 1 for independent
    characters whose law the model knows, by the identity of the information matrix.

    Args:
        runs: along the eigenvectors of their curvature.
        lag: of the areas.
        characters: of a batch.
    """
    rows = []
    for run in runs:
        curvature, hot = np.diag(run.hessian), measured_temperatures(run)
        rows.append(
            {
                "rate": run.rate,
                "largest curvature": curvature.max(),
                "least": curvature.min(),
                "misfit of ln variance": misfit(run),
                "hottest over coolest tenth": spread(hot),
                "slope of ln T": np.polyfit(np.log(curvature), np.log(hot), 1)[0],
                "noise over curvature": (characters * np.diag(run.noise) / curvature).mean(),
                "halves agree": agreement_of_halves(run.z, lag),
            }
        )
    return pd.DataFrame(rows).rename_axis("seed")


def spread(values: np.ndarray) -> float:
    """90 % quantile over 10 % quantile."""
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high / low)


def _pairs(matrix: np.ndarray) -> np.ndarray:
    return matrix[np.triu_indices(len(matrix), 1)]


def _root(matrix: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(matrix)
    return vectors * np.sqrt(np.maximum(values, 0))
