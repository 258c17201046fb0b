"""Belief about a hidden state, and what acting on it is expected to bring: free energies of finite laws, in nats."""

import numpy as np
from scipy.special import rel_entr, xlogy


def updated(prior: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    """Posterior of Bayes' rule.

    Args:
        prior: (..., S) belief.
        likelihood: (..., S) probability of what was observed in each state.
    """
    joint = prior * likelihood
    return joint / joint.sum(axis=-1, keepdims=True)


def free_energy(belief: np.ndarray, prior: np.ndarray, likelihood: np.ndarray) -> np.ndarray:
    """Variational free energy F = Σ q ln (q / p(o, s)) of a belief q; it is least, -ln p(o), at the posterior.

    Its energy is -ln p(o, s) and its temperature 1: a number of Bayesian bookkeeping, not of heat.

    Args:
        belief: (..., S) q, 0 where the joint probability is.
        prior: (..., S) p(s).
        likelihood: (..., S) p(o | s).

    Examples:
        >>> prior, likelihood = np.array([0.5, 0.5]), np.array([0.9, 0.3])
        >>> F = free_energy(updated(prior, likelihood), prior, likelihood)
        >>> bool(np.isclose(F, -np.log(0.6)))
        True
    """
    return rel_entr(belief, prior * likelihood).sum(axis=-1)


def utility(belief: np.ndarray, A: np.ndarray, log_c: np.ndarray) -> np.ndarray:
    """Expected log preference Σ p(o) ln p(o | C) of what will be observed.

    Args:
        belief: (..., S) of the state that an action leads to.
        A: (O, S) p(o | s).
        log_c: (O,) log of the preferred law of observations.
    """
    return belief @ (A.T @ log_c)


def information(belief: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Information I(s; o) that an observation is expected to give about the state: H[p(o)] - Σ q(s) H[p(o | s)].

    Args:
        belief: (..., S) of the state that an action leads to.
        A: (O, S) p(o | s).
    """
    observed = belief @ A.T
    return belief @ xlogy(A, A).sum(axis=0) - xlogy(observed, observed).sum(axis=-1)
