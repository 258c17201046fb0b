"""Many noisy views of known patterns at many noises: how far the posterior has decided, exactly and in blocks."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from scipy.special import entr

from lmphys.core.errors import LmphysError

_BLOCK = 64  # views at a time: with 50,000 patterns, 13 MB an array


class Views(NamedTuple):
    """Posterior of each view at each noise, arrays (S, n).

    Attributes:
        noises: (S,) variances s.
        truth: (n,) number of the pattern that was seen.
        p_true: posterior probability of it.
        entropy: of the posterior over patterns, nats.
        purity: Σ p².
        error: half the mean squared distance of a pattern of the posterior from the true one. Its mean over views is
            the least mean squared error of any denoiser: truth and posterior are two draws of one law.
        classes: by name of a labelling, (S, n, C) the posterior probability of each class.
    """

    noises: np.ndarray
    truth: np.ndarray
    p_true: np.ndarray
    entropy: np.ndarray
    purity: np.ndarray
    error: np.ndarray
    classes: dict[str, np.ndarray]

    def class_entropy(self, name: str) -> np.ndarray:
        """Entropy (S, n) of the posterior over the classes of a labelling, nats."""
        return entr(self.classes[name]).sum(axis=-1)

    def class_purity(self, name: str) -> np.ndarray:
        """Σ P(class | view)² (S, n): probability that two clones that part there end in one class."""
        return (self.classes[name] ** 2).sum(axis=-1)


def view(
    patterns: np.ndarray,
    noises: Sequence[float] | np.ndarray,
    truth: np.ndarray,
    rng: np.random.Generator,
    *,
    labels: Mapping[str, np.ndarray] | None = None,
    log_weights: np.ndarray | None = None,
) -> Views:
    """See patterns through noise, one direction of noise for each view at all noises.

    Two products for each view serve all noises, as x = x_i + √s z is linear in √s.

    Args:
        patterns: (N, d), float32 for large N.
        noises: (S,) variances.
        truth: (n,) numbers of the patterns to be seen.
        rng: of the noise.
        labels: by name, (N,) classes numbered from 0.
        log_weights: (N,) of the patterns; equal ones by default.

    Raises:
        LmphysError: no noise, or no view.
    """
    s_all = np.asarray(noises, float)
    if not (len(s_all) and len(truth)):
        raise LmphysError("no noise or no pattern to be seen; give at least one of each")
    kind, n = patterns.dtype.type, len(truth)
    squares = np.einsum("nd,nd->n", patterns, patterns)
    known = {name: np.eye(int(of.max()) + 1, dtype=patterns.dtype)[of] for name, of in (labels or {}).items()}
    # One product with these columns gives the sums over all patterns.
    columns = np.column_stack([np.ones_like(squares), squares, *known.values()])
    prior = None if log_weights is None else np.asarray(log_weights, patterns.dtype)
    p_true, entropy, purity, error = (np.empty((len(s_all), n)) for _ in range(4))
    sums = np.empty((len(s_all), n, columns.shape[1]))
    for start in range(0, n, _BLOCK):
        part = slice(start, start + _BLOCK)
        which = truth[part]
        own = patterns[which] @ patterns.T
        pushed = rng.standard_normal((len(which), patterns.shape[1])).astype(patterns.dtype) @ patterns.T
        near = own - 0.5 * squares
        logits, weights = np.empty_like(own), np.empty_like(own)
        for i, s in enumerate(s_all):
            np.multiply(near, kind(1 / s), out=logits)
            logits += np.multiply(pushed, kind(1 / np.sqrt(s)), out=weights)
            if prior is not None:
                logits += prior
            logits -= logits.max(axis=1, keepdims=True)
            np.exp(logits, out=weights)
            sums[i, part] = weights @ columns
            total = sums[i, part, 0]
            p_true[i, part] = weights[np.arange(len(which)), which] / total
            entropy[i, part] = np.log(total) - np.einsum("bn,bn->b", weights, logits) / total
            purity[i, part] = np.einsum("bn,bn->b", weights, weights) / total**2
            overlap = np.einsum("bn,bn->b", weights, own) / total
            error[i, part] = 0.5 * (sums[i, part, 1] / total + squares[which]) - overlap
    shares = np.split(
        sums[..., 2:] / sums[..., :1], np.cumsum([each.shape[1] for each in known.values()])[:-1], axis=-1
    )
    classes = dict(zip(known, shares, strict=False))
    return Views(s_all, np.asarray(truth), p_true, entropy, purity, error, classes)


def crossing(noises: np.ndarray, values: np.ndarray, level: float) -> np.ndarray:
    """Noise (...) at which values (S, ...) pass a level, by straight lines in ln s; NaN where they do not.

    Where they pass it more than once, as measured curves may, the passage at the largest noise counts.

    Args:
        noises: (S,) in any order.
        values: of each noise.
        level: to be passed.
    """
    order = np.argsort(noises)[::-1]
    ln_s, y = np.log(np.asarray(noises, float)[order]), np.asarray(values, float)[order] - level
    passes = np.sign(y[:-1]) * np.sign(y[1:]) <= 0
    first = passes.argmax(axis=0)
    before, after = (np.take_along_axis(y, (first + k)[None], 0)[0] for k in (0, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(before == after, 0.0, before / (before - after))
    found = ln_s[first] + share * (ln_s[first + 1] - ln_s[first])
    return np.where(passes.any(axis=0), np.exp(found), np.nan)


def vertex(x: np.ndarray, y: np.ndarray) -> float:
    """Place of the largest of the values y (n,) at x (n,), on a parabola through it and its neighbours.

    Where it stands at an end there is no parabola, and the end is given.
    """
    top = int(y.argmax())
    if top in (0, len(y) - 1):
        return float(x[top])
    a, b, _ = np.polyfit(x[top - 1 : top + 2] - x[top], y[top - 1 : top + 2], 2)
    return float(x[top] - b / (2 * a)) if a < 0 else float(x[top])
