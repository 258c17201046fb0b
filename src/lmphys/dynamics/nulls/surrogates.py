"""Surrogate chains: the null hypotheses that a claim about dynamics must beat, as data.

A surrogate keeps the chains and their lengths and replaces the states. Tables that described a state by its
sentence no longer hold, so `sentences` keeps the place (`chain`, `t`) alone.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Data, Trajectories, as_trajectories


def _surrogate(traj: Trajectories, states: np.ndarray, kind: str, seed: int) -> Trajectories:
    places = traj.sentences[["chain", "t"]].reset_index(drop=True)
    meta = {**traj.meta, "surrogate": kind, "surrogate_seed": seed}
    return replace(traj, states=states.astype(traj.states.dtype, copy=False), sentences=places, meta=meta)


def shuffle_order(traj: Data, *, seed: int) -> Trajectories:
    """Permute the states within each chain.

    Keeps each chain's set of states, hence its mean and covariance; removes every effect of order. What
    survives is the difference between chains: a linear map can still earn R^2 by telling chains apart.
    """
    traj = as_trajectories(traj)
    chain = np.repeat(np.arange(len(traj)), traj.lengths)
    order = np.lexsort((np.random.default_rng(seed).random(len(chain)), chain))
    return _surrogate(traj, traj.states[order], "shuffled order", seed)


def shuffle_chains(traj: Data, *, seed: int) -> Trajectories:
    """Permute the states across all chains, keeping the lengths.

    Removes order and chain identity: up to sampling without replacement the states are i.i.d., so R^2(h) = 0
    and R^2(dh) = 0.5 (see `expected_r2_ar1`). No chain has a question or an outcome any more, so `chains`
    keeps a running number alone.
    """
    traj = as_trajectories(traj)
    order = np.random.default_rng(seed).permutation(len(traj.states))
    mixed = _surrogate(traj, traj.states[order], "shuffled chains", seed)
    return replace(mixed, chains=pd.DataFrame({"chain_id": np.arange(len(traj))}))


def phase_randomise(traj: Data, *, seed: int) -> Trajectories:
    """Replace the Fourier phases of each chain, over the sentence index, by random ones.

    One phase for each frequency is shared by all dimensions, so the mean, the power spectrum and the
    cross-spectra of a chain are kept exactly, and with them its circular auto- and cross-correlations;
    whatever is not linear and Gaussian goes. A linear map should therefore do nearly as well on it as on the
    data, while a model that claims regimes should not. Nearly: in a circular correlation the end of a chain
    meets its start, which lowers the correlation of neighbours by about 1 / T in a stationary chain of length
    T, and so matters for short chains.
    Computed in float64, returned in the states' type. The states are not those of any sentence, nor is a
    chain's set of states kept.

    Source: Theiler et al. 1992, Physica D 58, 77; shared phases: Prichard & Theiler 1994, Phys. Rev. Lett.
    73, 951.
    """
    traj, rng = as_trajectories(traj), np.random.default_rng(seed)
    parts = [_randomise_phases(states.astype(np.float64), rng) for states in traj]
    return _surrogate(traj, np.concatenate(parts), "phase-randomised", seed)


def _randomise_phases(states: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    length = len(states)
    spectrum = np.fft.rfft(states, axis=0)
    turn = np.exp(2j * np.pi * rng.random(len(spectrum)))
    turn[0] = 1  # the mean
    if length % 2 == 0:
        turn[-1] = rng.choice([-1.0, 1.0])  # the highest frequency is real: only its sign is free
    return np.fft.irfft(spectrum * turn[:, None], n=length, axis=0)
