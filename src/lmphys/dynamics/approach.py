"""What comes before something goes wrong: chains cut off before a wrong answer or a derailment, and comparable ones."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories


@dataclass(frozen=True, eq=False)
class Approach:
    """Chains cut off before an event, and comparable ones.

    Attributes:
        before: C chains, each with the states that come before its event, or before a place without one.
        event: (C,) whether there is one.
        group: (C,) whole numbers from 0: chains of one question are drawn together in a bootstrap.
    """

    before: Trajectories
    event: np.ndarray
    group: np.ndarray


def approach_wrong_answer(traj: Trajectories, window: int) -> Approach:
    """All sentences but the last of each chain, which states the answer; the event is a wrong answer.

    Chains too short for two windows are left out.

    Args:
        traj: C chains whose `chains` have `correct`.
        window: as in `rolling_indicators`.
    """
    wrong = ~traj.chains["correct"].to_numpy(dtype=bool)
    return _approach(traj, traj.lengths - 1, wrong, window)


def first_derailment(traj: Trajectories) -> np.ndarray:
    """Place of the first sentence of each chain that leaves its way, (C,); -1 where there is none.

    Where the corpus has labels, that is the first sentence that is `astray`. Elsewhere it is the first one that
    repeats an earlier sentence of its chain word for word: a loop.
    """
    s = traj.sentences
    if "astray" in s and s["astray"].notna().any():
        bad = s["astray"].fillna(False).to_numpy(dtype=bool)
    else:
        bad = s.assign(words=s["text"].str.split().str.join(" ").str.lower()).duplicated(["chain", "words"]).to_numpy()
    place = np.full(len(traj), -1)
    rows = np.flatnonzero(bad)
    chain, first = np.unique(s["chain"].to_numpy()[rows], return_index=True)
    place[chain] = s["t"].to_numpy()[rows[first]]
    return place


def approach_derailment(traj: Trajectories, window: int, *, seed: int = 0) -> Approach:
    """The sentences before the first derailment, and chains without one, cut at places drawn from the same.

    Args:
        traj: C chains with the columns that `first_derailment` needs.
        window: as in `rolling_indicators`.
        seed: of the places at which the others are cut.
    """
    place = first_derailment(traj)
    cuts = place.copy()
    usable = place[place > window]
    rng = np.random.default_rng(seed)
    for c in np.flatnonzero(place < 0):
        possible = usable[usable < traj.lengths[c]]
        cuts[c] = rng.choice(possible) if len(possible) else 0
    return _approach(traj, cuts, place >= 0, window)


def _approach(traj: Trajectories, cuts: np.ndarray, event: np.ndarray, window: int) -> Approach:
    """Cut chains, and keep those with two windows or more before the cut."""
    kept = np.flatnonzero(cuts > window)
    t = np.arange(len(traj.states)) - np.repeat(traj.offsets[:-1], traj.lengths)
    rows = (t < np.repeat(np.where(cuts > window, cuts, 0), traj.lengths)).nonzero()[0]
    chains = traj.chains.iloc[kept].reset_index(drop=True)
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(len(kept)), cuts[kept]), "t": t[rows]})
    before = Trajectories(traj.states[rows], cuts[kept], chains, sentences, traj.meta)
    names = chains["question_id"] if "question_id" in chains else pd.Series(np.arange(len(kept)))
    return Approach(before, event[kept], pd.factorize(names)[0])
