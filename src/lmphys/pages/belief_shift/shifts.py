"""What poison does to answers at the end of chains: differences of poisoned and clean chains, theme by theme."""

from collections.abc import Mapping

import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift.spec import CONDITIONS, CONTROLS
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval


def theme_difference(one: pd.Series, other: pd.Series, *, seed: int = 0) -> Interval:
    """Mean over themes of the difference of two means, with its 95 % interval over themes.

    Args:
        one: values indexed by theme, as `final_beliefs` gives them.
        other: likewise, of the same themes.
        seed: of the resampling.
    """
    first, second = (values.groupby(level=0, sort=True).mean() for values in (one, other))
    difference = (first - second).to_numpy()
    found = bootstrap_chains(lambda w: w @ difference / w.sum(axis=1), len(difference), seed=seed)
    return Interval(*map(float, found))


def belief_shifts(final: pd.DataFrame, *, seed: int = 0) -> dict[str, Interval]:
    """Poisoned minus clean belief at the end of chains: in the `claim`, and in what is asked as a control.

    Args:
        final: of `BeliefChains.final_beliefs`.
        seed: of the resampling of themes.
    """
    clean, poisoned = (final[final["condition"] == c].set_index("theme") for c in CONDITIONS)
    return {name: theme_difference(poisoned[name], clean[name], seed=seed) for name in ("claim", *CONTROLS)}


def shift_table(final: pd.DataFrame, shifts: Mapping[str, Interval]) -> pd.DataFrame:
    """Mean belief of each condition, and the shift with its interval, a row a statement.

    Args:
        final: of `BeliefChains.final_beliefs`.
        shifts: of `belief_shifts`.
    """
    means = final.groupby("condition")[list(shifts)].mean().T
    return means.join(pd.DataFrame(shifts, index=["shift", "low", "high"]).T.astype(float))


def odds_by_order(traj: Trajectories) -> pd.DataFrame:
    """Mean log odds at the end of chains for each way of asking, before calibration, and their shift.

    Args:
        traj: of `BeliefChains.trajectories`.
    """
    last = traj.sentences.groupby("chain").tail(1).filter(like="odds.")
    means = last.groupby(traj.chains["condition"].to_numpy()).mean().T
    return means.assign(shift=means["poisoned"] - means["clean"])


def first_pair(traj: Trajectories) -> pd.DataFrame:
    """Sentences and beliefs of the first clean and the first poisoned chain, indexed by `condition` and `t`.

    Args:
        traj: of `BeliefChains.trajectories`.
    """
    pair = [traj.chains.index[traj.chains["condition"] == c][0] for c in CONDITIONS]
    told = traj.sentences[traj.sentences["chain"].isin(pair)]
    told = told.assign(condition=traj.chains["condition"].to_numpy()[told["chain"]])
    return told.set_index(["condition", "t"])[["how", "text", "belief"]]
