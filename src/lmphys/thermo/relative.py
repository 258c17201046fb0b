"""Relative entropy between sources: how many nats a held-out window tells of where it is from.

Seen through a model a window is its mean state; the sources are Gaussians with one covariance, in the leading
directions. Seen without one it is a list of tokens; the sources are tables of counts of single tokens or of pairs.
Both learn from other texts than those that they are asked about, so that what is learned by heart does not count.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.covariance import LedoitWolf

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.thermo.sources import check_sources
from lmphys.thermo.windows import Windows

STATES, SINGLE, PAIRS = "mean states", "1-grams", "2-grams"
_FOLDS = 4
_DIRECTIONS = 8
_EXAMPLES = 6  # training windows that each direction needs
_PAIR_PRIOR = 4.0  # tokens that the law of single tokens counts for after each token
_RESAMPLES = 300


@dataclass(frozen=True, eq=False)
class Comparison:
    """Log densities of W held-out windows under each of S sources, in each way of seeing them.

    Attributes:
        names: of the sources.
        source: (W,) number of the source of each window.
        text: (W,) number of its text, from 0.
        log_density: way of seeing -> (W, S), nats a window.
    """

    names: list[str]
    source: np.ndarray
    text: np.ndarray
    log_density: Mapping[str, np.ndarray]

    def matrix(self, way: str) -> np.ndarray:
        """(S, S) relative entropy of the source of the row to that of the column, nats a window."""
        found = self.log_density[way]
        own = found[np.arange(len(found)), self.source]
        gains = own[:, None] - found
        return np.stack([gains[self.source == i].mean(axis=0) for i in range(len(self.names))])

    def relative_entropy(self, way: str, *, seed: int = 0) -> Interval:
        """Mean over the pairs of sources, with a 95 % interval over texts."""
        found = self.log_density[way]
        own = found[np.arange(len(found)), self.source]
        gain = (len(self.names) * own - found.sum(axis=1)) / (len(self.names) - 1)
        return self._balanced(gain, seed)

    def accuracy(self, way: str, *, less: str | None = None, seed: int = 0) -> Interval:
        """Share of windows that are given back to their source, mean over sources; perhaps less that of another way."""
        right = (self.log_density[way].argmax(axis=1) == self.source).astype(float)
        if less is not None:
            right = right - (self.log_density[less].argmax(axis=1) == self.source)
        return self._balanced(right, seed)

    def _balanced(self, values: np.ndarray, seed: int) -> Interval:
        """Mean over sources of the means over windows; whole texts are resampled."""
        n_texts = int(self.text.max()) + 1
        weights = np.concatenate([np.ones((1, n_texts)), chain_weights(n_texts, _RESAMPLES, seed)])[:, self.text]
        means = np.stack(
            [
                (weights[:, mine] @ values[mine]) / np.maximum(weights[:, mine].sum(axis=1), 1e-12)
                for mine in (self.source == i for i in range(len(self.names)))
            ]
        )
        return percentile_interval(means.mean(axis=0))


def compare_sources(windows: Windows, *, by: str = "source", seed: int = 0, permuted: bool = False) -> Comparison:
    """Held-out log densities of full windows under each source; sources with one text alone are left out.

    Args:
        windows: that were read.
        by: column that names the source.
        seed: of the folds, and of the dealing.
        permuted: deal the sources anew among the texts, each as often as before.

    Raises:
        LmphysError: fewer than two sources have two texts with a full window.
    """
    names = check_sources(windows, by)
    if len(names) < 2:
        raise LmphysError(
            f"{len(names)} {by}s have two texts that fill a window of {windows.length} tokens, and two are needed; "
            "give more texts, or a shorter window"
        )
    chosen = (windows.table["full"] & windows.table[by].astype(str).isin(names)).to_numpy()
    full = windows.select(chosen)
    _, text = np.unique(full.table["text"].to_numpy(), return_inverse=True)
    source = np.array([names.index(str(name)) for name in full.table[by]])
    first = np.array([source[text == i][0] for i in range(text.max() + 1)])
    rng = np.random.default_rng(seed)
    if permuted:
        first = rng.permutation(first)
        source = first[text]
    folds = min(_FOLDS, int(np.bincount(first).min()))
    fold = np.zeros(len(first), int)
    for i in range(len(names)):
        mine = rng.permutation(np.flatnonzero(first == i))
        fold[mine] = np.arange(len(mine)) % folds
    tokens = np.stack(full.tokens)
    found = {way: np.zeros((len(full), len(names))) for way in (STATES, SINGLE, PAIRS)}
    for number in range(folds):
        test = fold[text] == number
        train = ~test
        found[STATES][test] = _gaussian(full.states[train], source[train], full.states[test], len(names))
        single, pairs = _counts(tokens[train], source[train], tokens[test], len(names))
        found[SINGLE][test], found[PAIRS][test] = single, pairs
    return Comparison(names, source, text, found)


def _gaussian(train: np.ndarray, source: np.ndarray, test: np.ndarray, n: int) -> np.ndarray:
    """Log densities (W, n) but for a constant: Gaussians of one covariance in the leading directions."""
    centre = train.mean(axis=0)
    rank = max(1, min(_DIRECTIONS, len(train) // _EXAMPLES))
    basis = np.linalg.svd(train - centre, full_matrices=False)[2][:rank].T
    x, y = (train - centre) @ basis, (test - centre) @ basis
    means = np.stack([x[source == i].mean(axis=0) for i in range(n)])
    noise = LedoitWolf(assume_centered=True).fit(x - means[source]).precision_
    off = y[:, None] - means
    return -0.5 * np.einsum("wsi,ij,wsj->ws", off, noise, off)


def _counts(train: np.ndarray, source: np.ndarray, test: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Log probabilities (W, n) by counts of tokens and of pairs, those of pairs falling back on those of tokens."""
    known, ids = np.unique(np.concatenate([train, test]), return_inverse=True)
    seen, asked = np.split(ids.reshape(-1, train.shape[1]), [len(train)])
    v = len(known)
    counts = np.stack([np.bincount(seen[source == i].ravel(), minlength=v) for i in range(n)]).astype(float)
    pooled = (counts.sum(axis=0) + 0.5) / (counts.sum() + 0.5 * v)
    strength = (counts.sum(axis=0) > 0).sum()
    single = (counts + strength * pooled) / (counts.sum(axis=1, keepdims=True) + strength)
    after = np.stack([np.bincount(seen[source == i][:, :-1].ravel(), minlength=v) for i in range(n)])
    joined = asked[:, :-1] * v + asked[:, 1:]
    codes, place = np.unique(joined, return_inverse=True)
    place = place.reshape(joined.shape)
    log_single = np.log(single)
    first, pairs = log_single[:, asked].sum(axis=2).T, np.zeros((len(test), n))
    for i in range(n):
        mine = seen[source == i]
        own = np.isin(code := (mine[:, :-1] * v + mine[:, 1:]).ravel(), codes)
        times = np.bincount(np.searchsorted(codes, code[own]), minlength=len(codes))
        p = (times[place] + _PAIR_PRIOR * single[i][asked[:, 1:]]) / (after[i][asked[:, :-1]] + _PAIR_PRIOR)
        pairs[:, i] = log_single[i][asked[:, 0]] + np.log(p).sum(axis=1)
    return first, pairs
