"""Weighted means: how many equal values unequal weights amount to."""

import numpy as np


def effective_size(log_weights: np.ndarray) -> np.ndarray:
    """How many equal votes the weights amount to, 1 / Σ w² with Σ w = 1, over the last axis: 1 to K."""
    weights = np.exp(log_weights - log_weights.max(axis=-1, keepdims=True))
    return weights.sum(axis=-1) ** 2 / (weights**2).sum(axis=-1)
