"""RAND-WALK: a language whose words are drawn with probability exp(<v_w, c_t>) / Z_c, while c_t walks on a sphere.

Contexts c have length 1. Word vectors are v_w = s_w g_w with g_w Gaussian of unit variance and a length of its own for
every word, so that <v_w, c> has standard deviation s_w over contexts, and |v_w|^2 / 2d is about s_w^2 / 2.

Source: Arora et al. 2016, the generative model.
"""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.stats.sphere import on_sphere

# The largest table of weights that is held while words are drawn: tokens times words.
_BLOCK = 1 << 23


def draw_scales(n: int, low: float, high: float, seed: int) -> np.ndarray:
    """The lengths s_w of n words, uniform between two positive bounds, (n,)."""
    if n < 2 or not 0 < low <= high:
        raise LmphysError(f"{n} words of scales {low} to {high}; give two words or more, and 0 < low <= high")
    return np.random.default_rng(seed).uniform(low, high, n)


def draw_vectors(scales: np.ndarray, d: int, seed: int) -> np.ndarray:
    """Isotropic word vectors s_w g_w, (n, d)."""
    return scales[:, None] * np.random.default_rng(seed).standard_normal((len(scales), d))


def stretched(vectors: np.ndarray, factor: float) -> np.ndarray:
    """The same vectors with their first coordinate multiplied by a factor: anisotropic without a common mean."""
    scaled = vectors.copy()
    scaled[:, 0] *= factor
    return scaled


def step_correlation(step: float) -> float:
    """Inner product of successive contexts, 1 - step^2 / 2, for steps of chord length `step` in [0, 2]."""
    if not 0 <= step <= 2:
        raise LmphysError(f"a step of {step} does not fit on the unit sphere; give 0 to 2")
    return 1 - step**2 / 2


def next_context(c: np.ndarray, step: float, rng: np.random.Generator) -> np.ndarray:
    """A step of chord length `step` in a uniformly random direction, (..., d).

    Exact on the sphere, and the uniform distribution stays as it is. The mean of <c_t, c_{t+k}> is
    `step_correlation(step) ** k`.
    """
    rho = step_correlation(step)
    sideways = rng.standard_normal(c.shape)
    sideways -= (sideways * c).sum(-1, keepdims=True) * c
    sideways /= np.linalg.norm(sideways, axis=-1, keepdims=True)
    moved = rho * c + np.sqrt(1 - rho**2) * sideways
    # Rounding would accumulate over a long walk.
    return moved / np.linalg.norm(moved, axis=-1, keepdims=True)


def draw_walk(n_walks: int, length: int, d: int, step: float, seed: int) -> np.ndarray:
    """Independent walks, each begun at a uniformly random place, (n_walks, length, d) float32."""
    if d < 2:
        raise LmphysError(f"a walk needs a sphere to walk on; dimension {d} has none, give 2 or more")
    rng = np.random.default_rng(seed)
    places = np.empty((n_walks, length, d), dtype=np.float32)
    c = on_sphere((n_walks,), d, rng)
    for t in range(length):
        places[:, t] = c
        c = next_context(c, step, rng)
    return places


def sample_words(vectors: np.ndarray, contexts: np.ndarray, seed: int) -> np.ndarray:
    """One word for each context, drawn with probability exp(<v_w, c>) / Z_c.

    Args:
        vectors: (n, d).
        contexts: (..., d).
        seed: of the draws.

    Returns:
        (...) rows of `vectors`.
    """
    rng = np.random.default_rng(seed)
    flat = contexts.reshape(-1, contexts.shape[-1]).astype(np.float32)
    table = vectors.astype(np.float32).T
    size = max(1, _BLOCK // len(vectors))
    words = []
    for start in range(0, len(flat), size):
        mass = flat[start : start + size] @ table
        np.exp(mass, out=mass)
        np.cumsum(mass, axis=1, out=mass)
        wanted = rng.random(len(mass)).astype(np.float32) * mass[:, -1]
        words.append(np.minimum((mass <= wanted[:, None]).sum(axis=1), len(vectors) - 1))
    return np.concatenate(words).reshape(contexts.shape[:-1])
