"""What one more observation is expected to tell of a law that is known by counts."""

import numpy as np
from scipy.special import digamma


def novelty(counts: np.ndarray) -> np.ndarray:
    """Information about the law that the next observation is expected to give, I(o; θ) in nats.

    The law θ over K outcomes has the density Dir(a). With the mean m = a / a0, the information is the entropy of the
    mean less the mean entropy, -Σ m ln m - E[H(θ)], and E[H(θ)] = ψ(a0 + 1) - Σ m ψ(a + 1). For large counts it tends
    to (K - 1) / 2 a0.

    Args:
        counts: (..., K) a, positive.

    Examples:
        >>> round(float(novelty(np.array([1.0, 1.0]))), 4)  # ln 2 - 1/2
        0.1931
    """
    total = counts.sum(axis=-1, keepdims=True)
    mean = counts / total
    return (mean * (digamma(counts + 1) - np.log(mean) - digamma(total + 1))).sum(axis=-1)


def library_novelty(counts: np.ndarray) -> np.ndarray:
    """What libraries of active inference take for it: Σ m (1 / a - 1 / a0) = (K - 1) / a0.

    Source: the weights of `spm_MDP_VB` and of pymdp (Heins et al. 2022); half of it is the leading term of `novelty`.

    Args:
        counts: (..., K) a, positive.

    Examples:
        >>> float(library_novelty(np.array([10.0, 20.0, 30.0])))  # (3 - 1) / 60
        0.03333333333333333
    """
    return (counts.shape[-1] - 1) / counts.sum(axis=-1)
