"""The tokens of a language model as patterns: its table, codebooks to compare it with, and classes of its tokens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import entr

from lmphys.generative import Views, condensation_noise, crossing, principal_variances, view
from lmphys.generative.classes import decision_noise
from lmphys.generative.views import vertex
from lmphys.lm.model import LanguageModel
from lmphys.lm.tables import read_tables
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval

WORDS, SAME, ISOTROPIC, RANDOM = "words", "Gaussian, same covariance", "Gaussian, isotropic", "random weights"
# Marks with which tokenizers write the space before a word.
_SPACES = ("Ġ", "▁")
BEGINS, CAPITAL, MARKS, DEALT = "begins a word", "begins with a capital", "has no letter", "dealt anew"
OVER = "over the word"
# A noise for each row of weights (R, n) of the views.
Statistic = Callable[[np.ndarray], np.ndarray]


def token_table(model: LanguageModel, rows: np.ndarray | None = None) -> np.ndarray:
    """Vectors (V, D) that a model reads its tokens as, float32, centred, in units of their mean variance per axis.

    Args:
        model: whose.
        rows: of which tokens; all by default.
    """
    tables = read_tables(model)
    table = tables.get("input", tables["output"]).numpy()
    return standardised(table if rows is None else table[rows])


def standardised(table: np.ndarray) -> np.ndarray:
    """Rows about their mean, over the root of their mean variance per axis: σ² = 1, which is the unit of noise."""
    centred = table - table.mean(axis=0)
    return centred / np.sqrt((centred**2).mean(dtype=float)).astype(table.dtype)


def gaussian_codebook(variances: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Gaussian patterns (n, d) of given variances along the axes, float32, centred and in units of their variance."""
    drawn = rng.standard_normal((n, len(variances)), dtype=np.float32)
    return standardised(drawn * np.sqrt(variances).astype(np.float32))


def equal_norms(table: np.ndarray) -> np.ndarray:
    """The same directions with one length, centred: the control in which the noise favours no token."""
    return standardised(table / np.linalg.norm(table, axis=1, keepdims=True))


def token_classes(model: LanguageModel, rows: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Classes of tokens by how they are written, 0 or 1 each; those without two kinds are left out.

    Args:
        model: whose tokenizer.
        rows: (V,) ids of the tokens; one that the tokenizer does not know is written as nothing.
        seed: of the labels that are dealt anew, as many of each kind as in the first labelling.
    """
    known = len(model.tokenizer)
    written = [str(model.tokenizer.convert_ids_to_tokens(i)) if i < known else "" for i in rows.tolist()]
    return classes_of(written, seed)


def classes_of(written: Sequence[str], seed: int = 0) -> dict[str, np.ndarray]:
    """The same for tokens as the tokenizer writes them, a mark in place of the space before a word."""
    bare = [text[1:] if text.startswith(_SPACES) else text for text in written]
    truths = {
        BEGINS: [text.startswith(_SPACES) for text in written],
        CAPITAL: [text[:1].isupper() for text in bare],
        MARKS: [not any(letter.isalpha() for letter in text) for text in bare],
    }
    found = {name: np.array(each, int) for name, each in truths.items() if 0 < sum(each) < len(each)}
    if found:
        found[DEALT] = np.random.default_rng(seed).permutation(next(iter(found.values())))
    return found


@dataclass(frozen=True, eq=False)
class Codebook:
    """Patterns with what was seen of them and what their spectrum predicts; noise in units of σ².

    Attributes:
        variances: (d,) along the principal directions.
        n_patterns: N.
        views: of some of them.
    """

    variances: np.ndarray
    n_patterns: int
    views: Views

    @property
    def nats(self) -> float:
        """Ln N, what is to be known of a pattern."""
        return float(np.log(self.n_patterns))

    @property
    def predicted(self) -> float:
        """Noise at which the information of a view is ln N, from the spectrum alone."""
        return condensation_noise(self.variances, self.nats)

    @property
    def condensed(self) -> Statistic:
        """Noise at which the true pattern has a posterior probability of 1/2 in the mean."""
        return self._passing(self.views.p_true, 0.5)

    @property
    def half_known(self) -> Statistic:
        """Noise at which half of the entropy of the patterns is left."""
        return self._passing(self.views.entropy, self.nats / 2)

    def class_known(self, name: str, labels: np.ndarray) -> Statistic:
        """Noise at which half of the entropy of a labelling (N,) is left."""
        shares = np.bincount(labels) / len(labels)
        return self._passing(self.views.class_entropy(name), float(entr(shares).sum()) / 2)

    @property
    def fastest(self) -> Statistic:
        """Noise at which the mean of `rate` is largest, on a parabola through the highest three."""
        order = np.argsort(self.views.noises)
        ln_s, rate = np.log(self.views.noises[order]), self.rate()[order]
        return lambda weights: np.array(
            [np.exp(vertex(ln_s, each)) for each in weights @ rate.T / weights.sum(axis=1, keepdims=True)]
        )

    def _passing(self, values: np.ndarray, level: float) -> Statistic:
        return lambda weights: crossing(self.views.noises, values @ weights.T / weights.sum(axis=1), level)

    def interval(self, noise: Statistic, over: Statistic | float = 1.0, *, seed: int = 0) -> Interval:
        """A noise, or its ratio to another one of the same views, with a 95 % interval over views.

        Args:
            noise: one of the statistics of this codebook.
            over: another, of the same resamples, or a number.
            seed: of the resampling.
        """
        return bootstrap_chains(
            lambda weights: noise(weights) / (over(weights) if callable(over) else over),
            len(self.views.truth),
            n_bootstrap=300,
            seed=seed,
        )

    def rate(self) -> np.ndarray:
        """DH / d ln s (S, n) for each view, nats, from the error of the best denoiser: d / ds of H is mmse / 2s²."""
        return self.views.error / (2 * self.views.noises[:, None])

    def identity_error(self) -> float:
        """How far the entropy lost between the outer noises is from the integral of the rate, as a share of it."""
        order = np.argsort(self.views.noises)
        ln_s, rate = np.log(self.views.noises[order]), self.rate().mean(axis=1)[order]
        entropy = self.views.entropy.mean(axis=1)[order]
        return float(abs(np.trapezoid(rate, ln_s) / (entropy[-1] - entropy[0]) - 1))


def see(
    table: np.ndarray,
    noises: Sequence[float],
    n_views: int,
    seed: int,
    *,
    labels: Mapping[str, np.ndarray] | None = None,
) -> Codebook:
    """Look at patterns, drawn alike, through noise.

    Args:
        table: (N, d), standardised.
        noises: variances in units of σ².
        n_views: patterns to be seen, with one direction of noise each.
        seed: of both.
        labels: by name, (N,).
    """
    rng = np.random.default_rng(seed)
    truth = rng.integers(len(table), size=n_views)
    return Codebook(principal_variances(table), len(table), view(table, noises, truth, rng, labels=labels))


def class_decisions(
    book: Codebook, table: np.ndarray, labels: Mapping[str, np.ndarray], *, seed: int = 0
) -> pd.DataFrame:
    """Noise at which half of the entropy of a class is left, measured and as means and covariance predict.

    Args:
        book: of `see`, with these labels.
        table: the patterns of it.
        labels: by name, (N,).
        seed: of the resampling.

    Returns:
        A row a labelling: `share` of class 1, `measured` with `low` and `high` over views, `predicted` (NaN where means
        and covariance never tell so much), and `over the word`, its ratio to the noise at which half of the token is
        known, with ends.
    """
    rows = {}
    for name, of in labels.items():
        known = book.class_known(name, of)
        at, ratio = book.interval(known, seed=seed), book.interval(known, book.half_known, seed=seed)
        rows[name] = {
            "share": of.mean(),
            "measured": at.value,
            "low": at.low,
            "high": at.high,
            "predicted": decision_noise(table, of),
            OVER: ratio.value,
            f"{OVER}_low": ratio.low,
            f"{OVER}_high": ratio.high,
        }
    return pd.DataFrame.from_dict(rows, orient="index")
