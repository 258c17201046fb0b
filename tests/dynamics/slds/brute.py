"""A switching model by enumeration of every path of its regimes: what a recursion must reproduce on short chains."""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp
from scipy.stats import multivariate_normal

from lmphys.dynamics.slds.parameters import SLDSParameters


class BruteForce(NamedTuple):
    """Exact inference for one chain of T states, T - 1 steps, given h_0.

    Attributes:
        log_density: (T-1,) log p(h_{t+1} | h_0..h_t), nats.
        predictive: (T-1, K) P(Z_t | h_0..h_t).
        filtered: (T-1, K) P(Z_t | h_0..h_{t+1}).
        smoothed: (T-1, K) P(Z_t | h_0..h_{T-1}).
        pairs: (T-2, K, K) P(Z_t = i, Z_{t+1} = j | h_0..h_{T-1}).
        path: (T-1,) the most probable path of regimes.
        log_path: its log p(path, h_1.. | h_0).
    """

    log_density: np.ndarray
    predictive: np.ndarray
    filtered: np.ndarray
    smoothed: np.ndarray
    pairs: np.ndarray
    path: np.ndarray
    log_path: float


def emissions(parameters: SLDSParameters, states: np.ndarray) -> np.ndarray:
    """log N(h_{t+1}; h_t + M_j h_t + b_j, Sigma_j) of one chain (T, D), (T-1, K), one scalar after the other."""
    means = np.array([[h + M @ h + b for M, b in zip(parameters.M, parameters.b, strict=True)] for h in states[:-1]])
    return np.array(
        [
            [multivariate_normal.logpdf(h, mean, Sigma) for mean, Sigma in zip(row, parameters.Sigma, strict=True)]
            for h, row in zip(states[1:], means.reshape(len(states) - 1, *parameters.b.shape), strict=True)
        ]
    ).reshape(len(states) - 1, parameters.n_regimes)


def brute_force(parameters: SLDSParameters, states: np.ndarray) -> BruteForce:
    """Sum over the K^(T-1) paths of regimes of one chain (T, D); keep K^(T-1) below some 10^5."""
    states = np.asarray(states, dtype=np.float64)
    n, K = len(states) - 1, parameters.n_regimes
    log_emission = emissions(parameters, states)
    paths = np.array(list(product(range(K), repeat=n)), dtype=int).reshape(K**n, n)
    with np.errstate(divide="ignore"):
        log_pi, log_T = np.log(parameters.pi), np.log(parameters.T)
    log_prior = np.zeros(len(paths))
    if n:
        log_prior = log_pi[paths[:, 0]] + log_T[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    log_each = log_emission[np.arange(n), paths]
    # Summed over its future, a path's prior is that of its first steps: log p(path, h_1..h_t) for t = 0..n.
    joint = log_prior[:, None] + np.concatenate([np.zeros((len(paths), 1)), np.cumsum(log_each, axis=1)], axis=1)
    evidence = logsumexp(joint, axis=0)
    posterior = np.exp(joint - evidence)
    is_in = np.eye(K)[paths]
    return BruteForce(
        log_density=np.diff(evidence),
        predictive=np.einsum("pt,ptk->tk", posterior[:, :-1], is_in),
        filtered=np.einsum("pt,ptk->tk", posterior[:, 1:], is_in),
        smoothed=np.einsum("p,ptk->tk", posterior[:, -1], is_in),
        pairs=np.einsum("p,pti,ptj->tij", posterior[:, -1], is_in[:, :-1], is_in[:, 1:]),
        path=paths[np.argmax(joint[:, -1])],
        log_path=float(joint[:, -1].max()),
    )
