"""What RAND-WALK promises of words that occur together, beside expectations over contexts.

The three laws of Arora et al. 2016, for contexts in d dimensions:

    log p(w) = |v_w|^2 / 2d - log Z,  log p(w, w') = |v_w + v_w'|^2 / 2d - 2 log Z,  PMI(w, w') = <v_w, v_w'> / d.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.pages.random_walk.partition import expected_spread, log_partition, log_sphere_mean, mean_partition
from lmphys.pages.random_walk.walk import draw_scales, draw_vectors, stretched
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.sphere import on_sphere

LAWS = ("log p(w)", "log p(w, w')", "PMI(w, w')")


class Expected(NamedTuple):
    """Probabilities of P words as means over contexts, for each of K independent sets of contexts.

    Attributes:
        p: (K, P) of a word.
        joint: (K, P, P) of two words that are drawn from the same context.
        log_Z: (K, m) of every context.
        mean_Z: exact mean of Z_c over the sphere.
    """

    p: np.ndarray
    joint: np.ndarray
    log_Z: np.ndarray  # noqa: N815
    mean_Z: float  # noqa: N815


def expected_words(vectors: np.ndarray, contexts: np.ndarray, probes: np.ndarray | slice = slice(None)) -> Expected:
    """Probabilities of words and of pairs, averaged over contexts that are uniform on the sphere; nothing is sampled.

    Two words are drawn from the same context: the limit of a walk that is slow from word to word. The mean of
    exp(<v, c>) over the sphere is known in closed form; what is left to the average is 1 / Z_c with exp(<v, c>) as
    weights, a ratio of two sums over the same contexts. It is exact where Z_c is constant, and the more precise the
    less it fluctuates; its bias falls with the contexts in a set, m.

    Args:
        vectors: (n, d) of all words.
        contexts: (K, m, d) K independent sets.
        probes: the P words that are looked at.
    """
    d = vectors.shape[1]
    seen = vectors[probes]
    mean_Z = mean_partition(vectors)
    single = np.exp(log_sphere_mean(np.linalg.norm(seen, axis=1), d))
    pair = np.exp(log_sphere_mean(_pair_lengths(seen), d))
    p, joint, log_Z = [], [], []
    for group in contexts:
        Z = np.exp(group @ vectors.T).sum(axis=1)
        weight = np.exp(group @ seen.T)
        p.append(single * (weight.T @ (1 / Z)) / weight.sum(axis=0))
        joint.append(pair * (weight.T @ (weight / Z[:, None] ** 2)) / (weight.T @ weight))
        log_Z.append(np.log(Z))
    return Expected(np.stack(p), np.stack(joint), np.stack(log_Z), mean_Z)


def fit_laws(expected: Expected, vectors: np.ndarray, *, n_bootstrap: int = 200, seed: int = 0) -> pd.DataFrame:
    """Expectations against the laws, over words and over pairs of two different words.

    Args:
        expected: of P words.
        vectors: (P, d) the vectors that the laws are given, which may differ from those of the language.
        n_bootstrap: resamplings of the sets of contexts.
        seed: of the resampling.

    Returns:
        A row a law. `slope` with `low`, `high` and `intercept` of a least-squares line; `promised`, the intercept of
        the law; `error`, the root mean square of what is left with slope and intercept as promised; `on the sphere`,
        the same with the exact mean over the sphere in place of the Gaussian one; `noise`, the standard error of the
        averages over contexts; `spread`, the standard deviation of the law itself. All but the slopes in nats.
    """
    d, log_mean = vectors.shape[1], np.log(expected.mean_Z)
    i, j = np.triu_indices(len(vectors), 1)
    lengths, pairs = np.linalg.norm(vectors, axis=1), _pair_lengths(vectors)[i, j]
    flat = expected.joint[:, i, j]

    def logs(weights: np.ndarray) -> tuple[np.ndarray, ...]:
        share = weights / weights.sum(axis=1, keepdims=True)
        p, joint = share @ expected.p, share @ flat
        one, two = np.log(p), np.log(joint)
        return one, two, two - one[:, i] - one[:, j]

    sphere, sphere_pair = log_sphere_mean(lengths, d), log_sphere_mean(pairs, d)
    promises = (
        (lengths**2 / (2 * d), sphere, -log_mean),
        (pairs**2 / (2 * d), sphere_pair, -2 * log_mean),
        ((vectors @ vectors.T)[i, j] / d, sphere_pair - sphere[i] - sphere[j], 0.0),
    )
    rows = {}
    for number, (name, (x, exact, promised)) in enumerate(zip(LAWS, promises, strict=True)):

        def slopes(weights: np.ndarray, x: np.ndarray = x, number: int = number) -> np.ndarray:
            return logs(weights)[number] @ (x - x.mean()) / np.square(x - x.mean()).sum()

        slope = bootstrap_chains(slopes, len(flat), n_bootstrap=n_bootstrap, seed=seed)
        y = logs(np.ones((1, len(flat))))[number][0]
        alone = logs(np.eye(len(flat)))[number]
        rows[name] = {
            "slope": float(slope.value),
            "low": float(slope.low),
            "high": float(slope.high),
            "intercept": float(y.mean() - slope.value * x.mean()),
            "promised": float(promised),
            "error": _rms(y - x - promised),
            "on the sphere": _rms(y - exact - promised),
            "noise": float(np.sqrt((alone.var(axis=0, ddof=1) / len(flat)).mean())),
            "spread": float(x.std()),
        }
    return pd.DataFrame(rows).T.rename_axis("law")


def expected_pmi(expected: Expected) -> np.ndarray:
    """PMI of all pairs, (P, P), nats, with all contexts taken together."""
    p, joint = expected.p.mean(axis=0), expected.joint.mean(axis=0)
    return np.log(joint / np.outer(p, p))


def finite_size(
    sizes: Sequence[tuple[int, int]],
    scale: tuple[float, float],
    *,
    n_contexts: int,
    n_probes: int,
    repeats: int,
    seed: int,
) -> pd.DataFrame:
    """How the spread of Z_c and the error of the PMI law depend on the number of words and the dimension.

    Args:
        sizes: pairs (n, d).
        scale: bounds of the lengths of words.
        n_contexts: contexts of each language.
        n_probes: words whose pairs are looked at.
        repeats: languages of each size.
        seed: of the first language.

    Returns:
        A row a language: `n`, `d`, `repeat`; `spread` of Z_c relative to its mean, and `expected`, its leading order;
        `error`, root mean square error of the PMI law in nats, and `relative`, the same over the spread of the law.
    """
    rows = []
    for n, d in sizes:
        for repeat in range(repeats):
            scales = draw_scales(n, *scale, seed=seed + repeat)
            vectors = draw_vectors(scales, d, seed=seed + 1_000 + repeat)
            contexts = on_sphere((2, n_contexts // 2), d, np.random.default_rng(seed + 2_000 + repeat))
            few = slice(0, min(n_probes, n))
            found = expected_words(vectors, contexts, few)
            i, j = np.triu_indices(len(vectors[few]), 1)
            law = (vectors[few] @ vectors[few].T)[i, j] / d
            error = _rms(expected_pmi(found)[i, j] - law)
            Z = np.exp(found.log_Z)
            rows.append((n, d, repeat, Z.std() / Z.mean(), expected_spread(scales), error, error / law.std()))
    return pd.DataFrame(rows, columns=["n", "d", "repeat", "spread", "expected", "error", "relative"])


def break_isotropy(
    vectors: np.ndarray,
    contexts: np.ndarray,
    probes: slice,
    *,
    means: Sequence[float],
    factors: Sequence[float],
    seed: int = 0,
) -> pd.DataFrame:
    """Two ways to make word vectors anisotropic, and what centring does to each.

    `mean`: one vector m is added to all words, of such a length that <m, c> has the given standard deviation over
    contexts. It multiplies Z_c by exp(<m, c>) and leaves every probability as it was: a gauge. `stretch`: one
    coordinate of all words is multiplied by a factor, which makes another language.

    Args:
        vectors: (n, d) isotropic.
        contexts: (K, m, d).
        probes: words whose pairs are looked at.
        means: standard deviations, nats.
        factors: of the stretched coordinate.
        seed: of the direction of m.

    Returns:
        Two rows a strength: `kind`, `strength`, `centred`; `spread`, the standard deviation of ln Z_c, and `error`, the
        root mean square error of the PMI law, both nats.
    """
    d = vectors.shape[1]
    direction = on_sphere((), d, np.random.default_rng(seed))
    plain = expected_words(vectors, contexts, probes)
    broken = [("mean", a, plain, vectors + a * np.sqrt(d) * direction) for a in means]
    broken += [
        ("stretch", f, expected_words(v, contexts, probes), v) for f, v in ((f, stretched(vectors, f)) for f in factors)
    ]
    i, j = np.triu_indices(len(vectors[probes]), 1)
    rows = []
    for kind, strength, found, moved in broken:
        for centred in (False, True):
            table = moved - moved.mean(axis=0) if centred else moved
            log_Z = log_partition(table, contexts)
            seen = table[probes]
            error = _rms(expected_pmi(found)[i, j] - (seen @ seen.T)[i, j] / d)
            rows.append((kind, strength, centred, log_Z.std(), error))
    return pd.DataFrame(rows, columns=["kind", "strength", "centred", "spread", "error"])


def _pair_lengths(vectors: np.ndarray) -> np.ndarray:
    """|v_w + v_w'| for all pairs, (P, P)."""
    gram = vectors @ vectors.T
    square = np.diag(gram)
    return np.sqrt(np.maximum(square[:, None] + square + 2 * gram, 0.0))


def _rms(x: np.ndarray) -> float:
    return float(np.sqrt(np.square(x).mean()))
