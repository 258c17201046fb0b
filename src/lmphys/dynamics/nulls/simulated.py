"""Surrogate chains that a fitted model makes: what real chains would be like, were the model the truth."""

from typing import Literal

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.simulate import simulate
from lmphys.stats.student import mardia_excess


def simulated_surrogates(model: SLDS, traj: Data, *, seed: int) -> Trajectories:
    """A fresh simulation for each chain by a fitted model: same h_0, same length, same row in `chains`.

    Args:
        model: fitted.
        traj: C chains; the surrogates have their starts, lengths and rows in `chains`.
        seed: of the draws.
    """
    traj = as_trajectories(traj)
    return model.simulate(_starts(traj), traj.lengths - 1, seed=seed)


def _starts(traj: Trajectories) -> Trajectories:
    """The first state of each chain, with its row in `chains`."""
    return Trajectories(traj.states[traj.offsets[:-1]], np.ones(len(traj)), traj.chains, meta=traj.meta)


def student_surrogates(model: SLDS, traj: Data, residuals: np.ndarray, *, seed: int) -> Trajectories:
    """Twins of `simulated_surrogates` with heavy tails: the noise of each step is one Student t of the same covariance.

    Its degrees of freedom are 4 + 2 / excess, with the excess `mardia_excess` of real residuals; without any the noise
    is Gaussian. One draw of the width for all dimensions of a step: they grow and shrink together.

    Args:
        model: fitted, or made from parameters.
        traj: C chains; the surrogates have their starts, lengths and rows in `chains`.
        residuals: (n, k) of real chains, in as many coordinates as they are known in; they give the tail alone.
        seed: of the draws.
    """
    traj, p = as_trajectories(traj), model.parameters_
    starts = _starts(traj)
    of_noise, of_chains = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(of_noise)
    white = rng.standard_normal((max(2000, traj.n_transitions), p.width))
    excess = mardia_excess(residuals)
    if excess > 0:
        df = 4 + 2 / excess
        white *= np.sqrt((df - 2) / rng.chisquare(df, len(white)))[:, None]
    weights = np.tile(p.pi, (len(traj), 1))
    number = int(of_chains.generate_state(1)[0])
    return simulate(p, starts, traj.lengths - 1, weights, seed=number, innovations=white)


def linear_surrogates(
    drift: LinearDrift, traj: Trajectories, *, noise: Literal["gaussian", "student"], seed: int
) -> Trajectories:
    """Chains with the starts and lengths of real ones that follow one linear map: corpora without regimes.

    Each step adds noise of the covariance of the fitted map's residuals, drawn independently. As "student" it
    also has about their kurtosis (`mardia_excess`), through 4 + 2 / excess degrees of freedom; where the excess is not
    positive the noise is Gaussian. One heap either way, whatever a mixture makes of it.

    Args:
        drift: fitted.
        traj: C chains of the drift's width.
        noise: "gaussian" or "student".
        seed: of the noise.

    Raises:
        LmphysError: `noise` is neither, or the widths differ.
    """
    if noise not in ("gaussian", "student"):
        raise LmphysError(f"noise {noise!r}: use 'gaussian' or 'student'")
    rng = np.random.default_rng(seed)
    residuals = drift.residuals(traj)
    values, vectors = np.linalg.eigh(drift.noise_covariance_)
    kicks = rng.standard_normal(residuals.shape) * np.sqrt(np.maximum(values, 0)) @ vectors.T
    excess = mardia_excess(residuals) if noise == "student" else 0.0
    if excess > 0:
        df = 4 + 2 / excess
        # One draw for all dimensions of a step: they grow and shrink together.
        kicks *= np.sqrt((df - 2) / rng.chisquare(df, len(kicks)))[:, None]
    states = traj.states.astype(np.float64)
    place = np.arange(len(states)) - np.repeat(traj.offsets[:-1], traj.lengths)
    sources = traj.sources()
    for t in range(int(traj.lengths.max()) - 1):
        now = place[sources] == t
        states[sources[now] + 1] = drift.step(states[sources[now]]) + kicks[now]
    places = traj.sentences[["chain", "t"]].reset_index(drop=True)
    return Trajectories(states, traj.lengths, traj.chains, places, {**traj.meta, "surrogate": f"one map, {noise}"})
