"""What a law of weights gains over another way to answer, and how sure that is."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.retrieval.laws import Law, uniform
from lmphys.retrieval.pool import Pool, subsets
from lmphys.retrieval.votes import mcnemar, vote
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.weights import effective_size


def mean_over_questions(x: np.ndarray, *, bounds: tuple[float, float] = (-1.0, 1.0), seed: int = 0) -> Interval:
    """Mean of (Q,) values, one a question, as `mean_interval` gives it, with 2000 resamples of questions.

    Args:
        x: values by question; differences of two voters on the same questions are paired by being one array.
        bounds: smallest and largest value that a question can have: 0 and 1 for accuracies, -1 and 1 for gains.
        seed: of the resampling.
    """
    return mean_interval(x, groups=None, bounds=bounds, n_bootstrap=2000, seed=seed)


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
