"""How early an alarm rings: sentences between the alarm and the event, beside alarms that know less, at equal cost.

An alarm looks at the first m sentences, m = 1, 2, ..., and rings at the first m at which a number, its *level*, falls
to a threshold or below. It is false in a chain without the event, whenever it rings. In a chain whose sentence `place`
(counted from 0) is the event, an alarm after m sentences has a lead of place - m + 1 sentences: 1 if it rings just
before. A chain in which it does not ring in time has lead 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import percentile_interval

RANDOM = "rings at random"
_HALVINGS = 50


def levels(score: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Level of each score: the share of reference chains, without the event, that ever score as high.

    An alarm at level 0.1 or below would thus ring in a tenth of the reference chains.

    Args:
        score: (n,), high where the event is near.
        reference: (C,) the highest score of each reference chain.
    """
    ordered = np.sort(reference)
    return 1 - np.searchsorted(ordered, score, side="left") / len(ordered)


@dataclass(frozen=True, eq=False)
class Alarm:
    """When an alarm rings at each of L thresholds, in rising order.

    Attributes:
        false: (G, L) whether it rings in each chain without the event.
        lead: (E, L) lead in each chain with it, sentences.
    """

    false: np.ndarray
    lead: np.ndarray

    @classmethod
    def of(
        cls, level: np.ndarray, chain: np.ndarray, m: np.ndarray, place: np.ndarray, thresholds: np.ndarray
    ) -> "Alarm":
        """From the levels after each prefix.

        Args:
            level: (n,), a row a chain and prefix.
            chain: (n,) chain of each row, 0 to C - 1, each with a row or more.
            m: (n,) length of the prefix.
            place: (C,) place of the event, infinite without one.
            thresholds: (L,).
        """
        first = np.full((len(place), len(thresholds)), np.inf)
        np.minimum.at(first, chain, np.where(level[:, None] <= thresholds, m[:, None], np.inf))
        event = np.isfinite(place)
        lead = np.where(np.isfinite(first[event]), place[event, None] - first[event] + 1, 0)
        return cls(np.isfinite(first[~event]), lead.astype(np.int64))


def random_rate(exposure: np.ndarray, weights: np.ndarray, rate: np.ndarray) -> np.ndarray:
    """Chance q of ringing after each sentence with which the alarm rings in a share `rate` of chains, (R,).

    Solves sum_c w_c (1 - (1 - q)^n_c) = rate * sum_c w_c by bisection.

    Args:
        exposure: (G,) prefixes n_c of each chain.
        weights: (R, G).
        rate: (R,) in [0, 1].
    """
    low, high = np.zeros(len(weights)), np.ones(len(weights))
    for _ in range(_HALVINGS):
        q = (low + high) / 2
        rings = 1 - (1 - q[:, None]) ** exposure
        below = (weights * rings).sum(axis=1) < rate * weights.sum(axis=1)
        low, high = np.where(below, q, low), np.where(below, high, q)
    return (low + high) / 2


def random_survival(q: np.ndarray, exposure: np.ndarray, place: np.ndarray, ahead: int) -> np.ndarray:
    """Chance that an alarm which rings with chance q after each sentence has a lead of `ahead` or more, (R, E).

    It must ring among the first place + 1 - ahead prefixes: 1 - (1 - q)^that many, the geometric law.

    Args:
        q: (R,).
        exposure: (E,) prefixes at which it may ring.
        place: (E,) places of the events.
        ahead: sentences, at least 1.
    """
    tries = np.clip(np.minimum(exposure, place + 1 - ahead), 0, None)
    return 1 - (1 - q[:, None]) ** tries


@dataclass(frozen=True, eq=False)
class LeadTimes:
    """What `lead_times` found.

    Attributes:
        summary: a row an alarm: `false_alarms`, share of chains without the event in which it rings; `warned`, share
            of the events before which it rings; `lead`, mean lead, misses counted as 0; `lead_low`, `lead_high`; and
            `difference`, `difference_low`, `difference_high` of the first alarm's mean lead and this one's.
        survival: a row an alarm and number of sentences `ahead`: `share` of the events warned of so many sentences
            ahead or more, `low`, `high`.
        events: number of events.
        others: number of chains without one.
    """

    summary: pd.DataFrame
    survival: pd.DataFrame
    events: int
    others: int


def lead_times(
    table: pd.DataFrame,
    alarm: str,
    controls: Sequence[str] = (),
    *,
    rate: float = 0.1,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> LeadTimes:
    """Lead of an alarm, and of others that are made to ring in as many chains without the event.

    The alarm rings at a level of `rate` or below, which was set on other chains; its share of false alarms here is what
    it turns out to be. A control gets the threshold that gives it the same share here (between two thresholds, the
    lower or the higher at random), and so does an alarm that rings at random, added to the table: so all of them are
    compared at equal cost. Intervals are over questions, 95 %, with the thresholds of the controls found anew in each
    replicate.

    Args:
        table: a row a chain and prefix at which it is at risk: `chain`, `question`, `m`, `place` (infinite without
            event), and a column of levels for each alarm.
        alarm: its column.
        controls: columns of the others.
        rate: share of false alarms that the alarm was set to.
        n_bootstrap: replicates.
        seed: of the resampling.

    Raises:
        LmphysError: no event, no chain without one, or fewer than two questions.
    """
    names, chain = np.unique(table["chain"], return_inverse=True)
    one = table.groupby("chain").agg(question=("question", "first"), place=("place", "first"), n=("m", "max"))
    place, n = one["place"].to_numpy(dtype=float), one["n"].to_numpy()
    event = np.isfinite(place)
    if event.all() or not event.any():
        raise LmphysError(
            f"{int(event.sum())} of {len(names)} chains have the event: lead times need chains of both kinds"
        )
    question = pd.factorize(one["question"])[0]
    n_questions = int(question.max()) + 1
    weights = np.vstack([np.ones(n_questions), chain_weights(n_questions, n_bootstrap, seed)])[:, question]
    good, bad = weights[:, ~event], weights[:, event]
    n_ahead = int(place[event].max())
    m = table["m"].to_numpy()

    def survival(shares: np.ndarray) -> np.ndarray:
        """Weighted means (R, n_ahead) from shares (n_ahead, R or 1, E)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return ((bad * shares).sum(axis=2) / bad.sum(axis=1)).T

    ahead = np.arange(1, n_ahead + 1)
    main = Alarm.of(table[alarm].to_numpy(), chain, m, place, np.array([rate]))
    with np.errstate(invalid="ignore", divide="ignore"):
        false = (good @ main.false[:, 0]) / good.sum(axis=1)
    found = {alarm: survival((main.lead[:, 0] >= ahead[:, None])[:, None, :])}
    for name in controls:
        level = table[name].to_numpy()
        curve = Alarm.of(level, chain, m, place, np.append(-np.inf, np.unique(level)))
        found[name] = _matched(curve, good, bad, false, ahead)
    q = random_rate(n[~event], good, np.nan_to_num(false))
    found[RANDOM] = survival(np.stack([random_survival(q, n[event], place[event], int(j)) for j in ahead]))
    return LeadTimes(_summary(found, false), _survival(found), int(event.sum()), int((~event).sum()))


def _matched(curve: Alarm, good: np.ndarray, bad: np.ndarray, false: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Survival (R, n_ahead) of an alarm at the thresholds with the shares `false` (R,) of false alarms."""
    with np.errstate(invalid="ignore", divide="ignore"):
        costs = (good @ curve.false) / good.sum(axis=1)[:, None]
        shares = [(bad @ (curve.lead >= j)) / bad.sum(axis=1)[:, None] for j in ahead]
    out = np.full((len(false), len(ahead)), np.nan)
    for r in np.flatnonzero(np.isfinite(costs).all(axis=1) & np.isfinite(false)):
        # Of thresholds with equal cost the last warns best; rounding must not tell equal costs apart.
        cost = np.round(costs[r], 12)
        last = np.r_[cost[1:] > cost[:-1], True]
        for j in range(len(ahead)):
            out[r, j] = np.interp(round(false[r], 12), cost[last], shares[j][r, last])
    return out


def _summary(found: dict[str, np.ndarray], false: np.ndarray) -> pd.DataFrame:
    rows = {}
    main = next(iter(found.values())).sum(axis=1)
    for name, shares in found.items():
        lead = shares.sum(axis=1)  # the mean of a whole number is the sum of its survival function
        row = {"false_alarms": false[0], "warned": shares[0, 0], "lead": lead[0]}
        row["lead_low"], row["lead_high"] = _interval(lead)
        row["difference"] = main[0] - lead[0]
        row["difference_low"], row["difference_high"] = _interval(main - lead)
        rows[name] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("alarm")


def _survival(found: dict[str, np.ndarray]) -> pd.DataFrame:
    rows = []
    for name, shares in found.items():
        for j in range(shares.shape[1]):
            low, high = _interval(shares[:, j])
            rows.append({"alarm": name, "ahead": j + 1, "share": shares[0, j], "low": low, "high": high})
    return pd.DataFrame(rows)


def _interval(values: np.ndarray) -> tuple[float, float]:
    """95 % interval of (R + 1,), the value first; a resample without chains of both kinds has no lead."""
    found = percentile_interval(values, undefined="drop")
    return float(found.low), float(found.high)
