"""What a law of weights gains over another way to answer, how sure that is, and what could have been seen."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from lmphys.dynamics.bootstrap import Interval, bootstrap_chains
from lmphys.retrieval.laws import Law, effective_size, uniform
from lmphys.retrieval.pool import Pool
from lmphys.retrieval.votes import mcnemar, vote


def mean_over_questions(x: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean of (Q,) values with a 95 % bootstrap interval over questions; NaN ends with one question.

    Differences of two voters on the same questions are paired by giving them as one array.
    """
    if len(x) < 2:
        return Interval(np.asarray(x.mean()), np.asarray(np.nan), np.asarray(np.nan))
    return bootstrap_chains(lambda w: w @ x / len(x), len(x), n_bootstrap=2000, seed=seed)


def compare_laws(pool: Pool, laws: Mapping[str, Law], *, seed: int = 0) -> pd.DataFrame:
    """Votes of all K chains under several laws, beside the majority vote of the same chains.

    Args:
        pool: arrays (Q, K).
        laws: by name.
        seed: of the bootstrap.

    Returns:
        A row a law: `accuracy`, `gain` over the majority vote, `low`, `high` (paired, over questions), all shares;
        `votes` (mean effective number of equal votes), `other winner` (questions whose winner differs from the
        majority's although that had no tie), `ties broken` (the same where it had one), `better`, `worse`
        (questions right here and wrong by majority, and the reverse) and the exact `p` of that. A tie is broken by lot
        for accuracy and gain, and in favour of the chain sampled first for the other columns.
    """
    majority = vote(pool, uniform(pool))
    rows = {}
    for name, law in laws.items():
        log_weights = law(pool)
        found = vote(pool, log_weights)
        gain = mean_over_questions(found.accuracy - majority.accuracy, seed=seed)
        test = mcnemar(found.right, majority.right)
        other = found.winner != majority.winner
        rows[name] = {
            "accuracy": found.accuracy.mean(),
            "gain": float(gain.value),
            "low": float(gain.low),
            "high": float(gain.high),
            "votes": effective_size(np.broadcast_to(log_weights, pool.right.shape)).mean(),
            "other winner": int((other & ~majority.tied).sum()),
            "ties broken": int((other & majority.tied).sum()),
            "better": test.only_first,
            "worse": test.only_second,
            "p": test.p,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("law")


class Power(NamedTuple):
    """What a comparison of two voters could have shown.

    Attributes:
        error: standard error of the mean gain.
        visible: smallest true gain that is found at level 0.05 (two sides) in 80 of 100 such experiments.
        questions: questions needed to see `wanted` as often; NaN where no question was decided differently.
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
    spread = float(gain.std(ddof=1)) if len(gain) > 1 else np.nan
    reach = float(norm.ppf(1 - level / 2) + norm.ppf(share))
    error = spread / np.sqrt(len(gain))
    return Power(error, reach * error, (reach * spread / wanted) ** 2 if spread > 0 else np.nan)
