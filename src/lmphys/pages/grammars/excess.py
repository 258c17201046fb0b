"""How far a law of the next word lies above the exact one, in nats per token, on the same strings."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.pages.grammars.strings import Strings
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled


def extra_nats(log_p: np.ndarray, strings: Strings) -> np.ndarray:
    """(strings,) surprise of each string under a law less that under the exact one, nats.

    Both are of the same strings, so that the scatter of what was drawn drops out.

    Args:
        log_p: (rows, words + 1) of the law, as in `Reading`.
        strings: of the language.
    """
    surprise = -log_p[np.arange(len(log_p)), strings.following]
    return strings.sums(surprise) + strings.law.log_probability


def per_token(extra: np.ndarray, strings: Strings, *, seed: int = 0) -> Interval:
    """Extra nats of all strings over their tokens, the ends included, with a 95 % interval over strings."""
    tokens = strings.lengths + 1.0
    return mean_interval(extra / tokens, groups=None, weights=tokens, seed=seed)


def divergences(log_p: np.ndarray, strings: Strings) -> np.ndarray:
    """(strings,) relative entropies of the exact law to another after the prefixes of each string, added up, nats.

    Their expectation is that of `extra_nats`; here what follows a prefix is not drawn but summed over.
    """
    exact = strings.law.next
    allowed = exact > 0
    terms = np.zeros_like(exact)
    terms[allowed] = exact[allowed] * (np.log(exact[allowed]) - log_p[allowed])
    return strings.sums(terms.sum(1))


def pooled_percent(found: Sequence[Interval]) -> Interval:
    """`pooled`, of shares in per cent, which end at 0 and 100."""
    return pooled(found).map(lambda share: float(np.clip(share, 0, 100)))


def excess_table(extra: Mapping[str, Sequence[np.ndarray]], strings: Strings, *, seed: int = 0) -> pd.DataFrame:
    """Excess of several kinds of laws.

    Args:
        extra: kind -> `extra_nats` of each training of that kind.
        strings: of all of them.
        seed: of the resampling.

    Returns:
        A row a kind: `excess` with `low` and `high`, nats per token, `least` and `most` among the trainings, and their
        number `trainings`.
    """
    rows = {}
    for kind, each in extra.items():
        found = [per_token(one, strings, seed=seed) for one in each]
        value, low, high = pooled(found)
        values = [float(one.value) for one in found]
        rows[kind] = {
            "excess": value, "low": low, "high": high, "least": min(values), "most": max(values),
            "trainings": len(values),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index")


def least_ratio(above: Sequence[np.ndarray], below: Sequence[np.ndarray], *, seed: int = 0) -> Interval:
    """The least ratio of two excesses, over pairs of trainings of one seed, with a 95 % interval over strings.

    Args:
        above: (strings,) extra nats of each training in the numerator.
        below: those in the denominator, in the order of the same seeds; where one kind has more, they have no partner.
        seed: of the resampling.
    """
    n, pairs = len(above[0]), list(zip(above, below, strict=False))
    return bootstrap_chains(
        lambda weights: np.min([(weights @ up) / (weights @ down) for up, down in pairs], axis=0), n, seed=seed
    ).map(float)


def largest_ratio(extra: Sequence[np.ndarray], *, seed: int = 0) -> Interval:
    """The largest ratio of the excesses of two trainings that differ in their seed alone, with its interval.

    With one training it is 1, without an interval.
    """
    each = np.stack(extra)

    def ratio(weights: np.ndarray) -> np.ndarray:
        sums = weights @ each.T
        return sums.max(1) / sums.min(1)

    return bootstrap_chains(ratio, each.shape[1], seed=seed).map(float)
