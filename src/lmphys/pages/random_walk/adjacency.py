"""Which tokens of real texts stand side by side, and whether a table of vectors knows it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from scipy.sparse import csr_array
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Counts of adjacent tokens in either order, by group of texts.

    Attributes:
        words: (W,) ids of the tokens that are looked at.
        pairs: (P, 2) rows of `words`, two different ones, first < second.
        counts: (G, P) sparse, how often each pair stands side by side in each group.
        ends: (G, W) how often each word is an end of any adjacent pair.
        totals: (G,) number of ends, two for each adjacent pair.
        frequency: (G, F) sparse, occurrences in each group of the tokens `tokens`.
        tokens: (F,) ids of all tokens that occur often enough for a frequency.
    """

    words: np.ndarray
    pairs: np.ndarray
    counts: csr_array
    ends: np.ndarray
    totals: np.ndarray
    frequency: csr_array
    tokens: np.ndarray

    def expected(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Pairs to be expected of independent ends, (R, P), for weights (R, G) of the groups; all 1 by default."""
        weights = np.ones((1, len(self.totals))) if weights is None else weights
        ends = weights @ self.ends
        # The table of counts in both orders is symmetric, with rows that sum to the ends and N ends in all.
        return ends[:, self.pairs[:, 0]] * ends[:, self.pairs[:, 1]] / (weights @ self.totals)[:, None]

    def pmi(self, weights: np.ndarray | None = None, pseudo: float = 1.0) -> np.ndarray:
        """Log (count + pseudo) / (expected + pseudo), (R, P): shrunk towards 0 where little is expected."""
        weights = np.ones((1, len(self.totals))) if weights is None else weights
        seen = (self.counts.T @ weights.T).T
        return np.log((seen + pseudo) / (self.expected(weights) + pseudo))

    def log_frequency(self, weights: np.ndarray | None = None) -> np.ndarray:
        """Log (1 + occurrences) of `tokens`, (R, F)."""
        weights = np.ones((1, len(self.totals))) if weights is None else weights
        return np.log1p((self.frequency.T @ weights.T).T)

    def correlation(self, x: np.ndarray, of: str = "pmi", *, pseudo: float = 1.0, seed: int = 0) -> Interval:
        """Pearson correlation of x with the `pmi` of the pairs or the `log_frequency` of the tokens.

        The interval is a bootstrap over groups of texts; the choice of pairs and tokens is kept.
        """
        values: Callable[[np.ndarray], np.ndarray] = (
            self.log_frequency if of == "log_frequency" else lambda weights: self.pmi(weights, pseudo)
        )
        return bootstrap_chains(
            lambda weights: pearson(values(weights), x), len(self.totals), n_bootstrap=200, seed=seed
        )


def count_adjacent(
    tokens: np.ndarray,
    lengths: np.ndarray,
    groups: np.ndarray,
    *,
    apart: int = 1,
    min_expected: float = 5.0,
    min_count: int = 5,
    max_words: int = 300,
) -> Adjacency:
    """Count tokens that stand side by side inside texts, or a given number of places apart.

    Pairs are chosen by the count that is expected of independent tokens and never by the one that occurred: among rare
    pairs those that occurred are the lucky ones, and their PMI is too high.

    Args:
        tokens: (N,) ids of all texts, one after the other.
        lengths: (C,) their lengths.
        groups: (C,) the group of each text, such as its question.
        apart: places between the two tokens of a pair; 1 for neighbours.
        min_expected: least expected count of a pair that is kept.
        min_count: least occurrences of a token for a frequency.
        max_words: most frequent tokens among which pairs are formed.

    Raises:
        LmphysError: no pair is expected often enough, or fewer than three are.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    n_groups = len(names)
    text = np.repeat(np.arange(len(lengths)), lengths)
    inside = text[apart:] == text[:-apart]
    left, right, where = tokens[:-apart][inside], tokens[apart:][inside], group[text[apart:][inside]]
    ids, count = np.unique(np.concatenate([left, right]), return_counts=True)
    words = np.sort(ids[np.argsort(-count, kind="stable")[:max_words]])
    row = np.full(int(tokens.max(initial=0)) + 1, -1)
    row[words] = np.arange(len(words))
    a, b = row[left], row[right]
    ends = np.zeros((n_groups, len(words)))
    for side in (a, b):
        np.add.at(ends, (where[side >= 0], side[side >= 0]), 1.0)
    totals = 2.0 * np.bincount(where, minlength=n_groups)
    i, j = np.triu_indices(len(words), 1)
    kept = ends.sum(0)[i] * ends.sum(0)[j] / max(totals.sum(), 1.0) >= min_expected
    pairs = np.stack([i[kept], j[kept]], axis=1)
    if len(pairs) < 3:
        raise LmphysError(
            f"{len(pairs)} pairs of tokens are expected {min_expected:g} times in so little text; "
            "use a larger profile (--profile)"
        )
    place = np.full((len(words), len(words)), -1)
    place[pairs[:, 0], pairs[:, 1]] = place[pairs[:, 1], pairs[:, 0]] = np.arange(len(pairs))
    found = np.where((a >= 0) & (b >= 0), place[a, b], -1)
    hit = found >= 0
    counts = csr_array((np.ones(hit.sum()), (where[hit], found[hit])), shape=(n_groups, len(pairs)))
    known, index, times = np.unique(tokens, return_inverse=True, return_counts=True)
    often = np.flatnonzero(times >= min_count)
    every = csr_array((np.ones(len(tokens)), (group[text], index)), shape=(n_groups, len(known)))
    return Adjacency(words, pairs, counts, ends, totals, every[:, often], known[often])


def pearson(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Correlation of x (P,) with each row of y (R, P), (R,)."""
    x, y = x - x.mean(), y - y.mean(axis=1, keepdims=True)
    return (y @ x) / np.sqrt((y**2).sum(axis=1) * (x**2).sum())


def permuted_vectors(gram: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Inner products (W, W) after the vectors were permuted among the words: lengths and angles stay, owners do not."""
    order = rng.permutation(len(gram))
    return gram[np.ix_(order, order)]


def table_correlations(
    adjacency: Adjacency, table: Tensor, *, centre: bool, pseudo: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """Whether a table of vectors knows which tokens stand side by side, and which are frequent.

    Args:
        adjacency: of the texts.
        table: (V, d) a vector for every token.
        centre: whether the mean over the whole table is taken out of it.
        pseudo: see `Adjacency.pmi`.
        seed: of bootstrap and permutations.

    Returns:
        Rows `PMI` (with <v, v'>, over pairs) and `frequency` (its log, with |v|^2, over tokens): Pearson correlation
        `r` with `low` and `high` over groups of texts, and the central 95 % of the null of permuted vectors,
        `null_low` and `null_high`.
    """
    words = table.float().cpu()
    shift = words.mean(0) if centre else torch.zeros(words.shape[1])
    seen, known = (
        (words[torch.from_numpy(ids)] - shift).double().numpy() for ids in (adjacency.words, adjacency.tokens)
    )
    gram, lengths = seen @ seen.T, np.square(known).sum(axis=1)
    i, j = adjacency.pairs.T
    rng = np.random.default_rng(seed)
    log_frequency = adjacency.log_frequency()
    nulls = (
        null_correlations(adjacency.pmi(pseudo=pseudo)[0], gram, adjacency.pairs, seed=seed),
        np.array([pearson(log_frequency, rng.permutation(lengths))[0] for _ in range(200)]),
    )
    found = (
        adjacency.correlation(gram[i, j], pseudo=pseudo, seed=seed),
        adjacency.correlation(lengths, "log_frequency", seed=seed),
    )
    rows = {
        name: {
            "r": float(at.value),
            "low": float(at.low),
            "high": float(at.high),
            "null_low": float(np.quantile(null, 0.025)),
            "null_high": float(np.quantile(null, 0.975)),
        }
        for name, at, null in zip(("PMI", "frequency"), found, nulls, strict=True)
    }
    return pd.DataFrame(rows).T


def compare_tables(
    adjacency: Adjacency, tables: Mapping[str, Tensor], *, pseudo: float = 1.0, seed: int = 0
) -> pd.DataFrame:
    """`table_correlations` of several tables, each as it is and centred.

    Returns:
        Indexed by "name, raw" or "name, centred", and law.
    """
    found = {
        f"{name}, {'centred' if centre else 'raw'}": table_correlations(
            adjacency, table, centre=centre, pseudo=pseudo, seed=seed
        )
        for name, table in tables.items()
        for centre in (False, True)
    }
    return pd.concat(found)


def correlations_by_distance(
    tokens: np.ndarray,
    lengths: np.ndarray,
    groups: np.ndarray,
    table: Tensor,
    *,
    distances: Sequence[int] = (1, 2, 4, 8, 16),
    min_expected: float = 5.0,
    pseudo: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Whether a centred table knows which tokens stand some places apart: the row `PMI` of `table_correlations`.

    Args:
        tokens: see `count_adjacent`, as `lengths`, `groups` and `min_expected`.
        lengths: see there.
        groups: see there.
        table: (V, d).
        distances: places between the two tokens of a pair.
        min_expected: see there.
        pseudo: see `Adjacency.pmi`.
        seed: of bootstrap and permutations.
    """
    rows = {}
    for apart in distances:
        adjacency = count_adjacent(tokens, lengths, groups, apart=apart, min_expected=min_expected)
        rows[apart] = table_correlations(adjacency, table, centre=True, pseudo=pseudo, seed=seed).loc["PMI"]
    return pd.DataFrame(rows).T.rename_axis("tokens apart")


def null_correlations(
    y: np.ndarray, gram: np.ndarray, pairs: np.ndarray, *, n_permutations: int = 200, seed: int = 0
) -> np.ndarray:
    """Correlation of y (P,) with the entries `pairs` (P, 2) of permuted inner products, (n_permutations,).

    With pairs (w, w) the entries are squared lengths, and y may be a property of the word.
    """
    rng = np.random.default_rng(seed)
    i, j = pairs.T
    rows = [pearson(y[None], permuted_vectors(gram, rng)[i, j])[0] for _ in range(n_permutations)]
    return np.array(rows)
