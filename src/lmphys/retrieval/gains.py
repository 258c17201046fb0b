"""What a law of weights gains over another way to answer, how sure that is, and what could have been seen."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from lmphys.retrieval.laws import Law, effective_size, uniform
from lmphys.retrieval.pool import Pool, subsets
from lmphys.retrieval.votes import mcnemar, vote
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval


def mean_over_questions(x: np.ndarray, *, bounds: tuple[float, float] = (-1.0, 1.0), seed: int = 0) -> Interval:
    """Mean of (Q,) values with a 95 % bootstrap interval over questions; NaN ends with one question.

    Equal values resample to themselves. Then the ends are what the mean would be if as many questions were unlike them
    as Q questions would fail to show in one sample of forty, so that no interval is a point.

    Args:
        x: values by question; differences of two voters on the same questions are paired by being one array.
        bounds: smallest and largest value that a question can have: 0 and 1 for accuracies, -1 and 1 for gains.
        seed: of the resampling.
    """
    n, mean = len(x), float(x.mean())
    if n < 2:
        return Interval(np.asarray(mean), np.asarray(np.nan), np.asarray(np.nan))
    if np.ptp(x) < 1e-12:
        slack = 1 - 0.025 ** (1 / n)
        low, high = (mean + slack * (end - mean) for end in bounds)
        return Interval(np.asarray(mean), np.asarray(low), np.asarray(high))
    return bootstrap_chains(lambda w: w @ x / n, n, n_bootstrap=2000, seed=seed)


def compare_laws(pool: Pool, laws: Mapping[str, Law], *, seed: int = 0) -> pd.DataFrame:
    """Votes of all K chains under several laws, beside the majority vote of the same chains.

    Args:
        pool: arrays (Q, K).
        laws: by name.
        seed: of the bootstrap.

    Returns:
        A row a law: `accuracy`, `gain` over the majority vote, `low`, `high` (paired, over questions), all shares;
        `votes` (mean effective number of equal votes), `other winner` (questions whose winner differs from the
        majority's although that had no tie), `ties broken` (questions in which the majority had one, and other answers
        or fewer of them lead here), `better`, `worse` (questions right here and wrong by majority, and the reverse)
        and the exact `p` of that. A tie is broken by lot for accuracy and gain, and in favour of the chain sampled
        first for the last three columns.
    """
    majority = vote(pool, uniform(pool))
    rows = {}
    for name, law in laws.items():
        log_weights = law(pool)
        found = vote(pool, log_weights)
        difference = found.accuracy - majority.accuracy
        gain = mean_over_questions(difference, bounds=(0, 0) if law is uniform else (-1, 1), seed=seed)
        test = mcnemar(found.right, majority.right)
        other = found.winner != majority.winner
        broken = majority.tied & (other | (found.leaders != majority.leaders))
        rows[name] = {
            "accuracy": found.accuracy.mean(),
            "gain": float(gain.value),
            "low": float(gain.low),
            "high": float(gain.high),
            "votes": effective_size(np.broadcast_to(log_weights, pool.right.shape)).mean(),
            "other winner": int((other & ~majority.tied).sum()),
            "ties broken": int(broken.sum()),
            "better": test.only_first,
            "worse": test.only_second,
            "p": test.p,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("law")


def gain_by_ties(
    pool: Pool, law: Law, sizes: Sequence[int], *, most: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, np.ndarray]:
    """Where the gain of a law over the majority vote comes from, for votes of k of the K chains.

    Args:
        pool: arrays (Q, K).
        law: of the weights.
        sizes: k, each at most K.
        most: subsets of one size, see `subsets`.
        seed: of subsets and bootstrap.

    Returns:
        A row a size: `gain`, `low`, `high` (paired, over questions), which is `from ties` (votes in which several
        answers lead by count) plus `from overturned` (votes in which one leads, and the weights elect another), and
        the shares of such votes, `tied` and `overturned`. And the gains by question, (sizes, Q).
    """
    rows, gains = {}, []
    for size in sizes:
        part = pool.take(subsets(pool.n_chains, size, most=most, seed=seed))
        majority, found = vote(part, uniform(part)), vote(part, law(part))
        difference = found.accuracy - majority.accuracy
        tied, other = majority.tied, ~majority.tied & (found.winner != majority.winner)
        gains.append(difference.mean(axis=0))
        gain = mean_over_questions(gains[-1], seed=seed)
        rows[size] = {
            "gain": float(gain.value),
            "low": float(gain.low),
            "high": float(gain.high),
            "from ties": (difference * tied).mean(),
            "from overturned": (difference * ~tied).mean(),
            "tied": tied.mean(),
            "overturned": other.mean(),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("K"), np.array(gains)


class Power(NamedTuple):
    """What a comparison of two voters could have shown.

    Attributes:
        error: standard error of the mean gain.
        visible: smallest true gain that is found at level 0.05 (two sides) in 80 of 100 such experiments.
        questions: questions needed to see `wanted` as often.

    All NaN where the gains do not scatter, as when no question was decided differently.
    """

    error: float
    visible: float
    questions: float


def power(gain: np.ndarray, wanted: float, *, level: float = 0.05, share: float = 0.8) -> Power:
    """Power of a paired comparison from its own scatter, by the normal approximation.

    Args:
        gain: (Q,) differences of accuracy by question.
        wanted: a gain of interest, a share.
        level: of the two-sided test.
        share: of the experiments that find it.
    """
    spread = float(gain.std(ddof=1)) if len(gain) > 1 and np.ptp(gain) > 1e-12 else np.nan
    reach = float(norm.ppf(1 - level / 2) + norm.ppf(share))
    error = spread / np.sqrt(len(gain))
    return Power(error, reach * error, (reach * spread / wanted) ** 2)
