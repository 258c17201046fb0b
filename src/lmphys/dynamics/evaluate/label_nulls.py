"""What a label and the regimes of a step share where neither the model nor the label matters."""

import numpy as np
from numpy.typing import ArrayLike

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.alignment import alignment
from lmphys.stats.interval import Interval

SAME_PLACE, SAME_FAMILY = "labels exchanged at the same place", "labels exchanged within families"
UNTRAINED = "random weights"


def exchanged_information(
    regimes: ArrayLike, labels: ArrayLike, traj: Trajectories, *, n_permutations: int = 199, seed: int = 0
) -> dict[str, Interval]:
    """Normalised mutual information of regimes with labels that were exchanged between chains, by what was kept.

    Args:
        regimes: (N - C,) regime of each step.
        labels: (N - C,) label of the sentence that each step leads to; steps without one are left out.
        traj: the chains, with `t` in `sentences`, `task` and `question_id` in `chains`.
        n_permutations: of each null.
        seed: of these.

    Returns:
        Mean, 2.5 and 95 % point of `SAME_PLACE`, and of `SAME_FAMILY`, which keeps the place too: what is then left
        is told neither by the place in the chain nor by the family of the question.
    """
    chain = traj.pairs()[2]
    place = traj.sentences["t"].to_numpy()[traj.sources() + 1]
    family = traj.chains["task"].astype(str).to_numpy()[chain]
    both = np.array([f"{name}/{t}" for name, t in zip(family, place, strict=True)])
    found = {}
    for name, kept in {SAME_PLACE: place, SAME_FAMILY: both}.items():
        row = alignment(
            regimes,
            {"label": labels},
            positions=kept,
            chains=chain,
            groups=traj.questions[chain],
            n_permutations=n_permutations,
            n_bootstrap=2,
            seed=seed,
        ).loc["label"]
        found[name] = Interval.of_row(row, "place")
    return found


def untrained_information(states: Trajectories, column: str, *, rank: int, n_regimes: int, seed: int = 0) -> Interval:
    """Normalised mutual information of the regimes of other states of the same text with a label of its sentences.

    Where states of random weights share as much with a label, it is the words that mark it.

    Args:
        states: chains of the full width, such as those of random weights, with the label in `sentences`.
        column: of the label; steps that lead to a sentence without one are left out.
        rank: k of the projection, learned on 70 % of the questions.
        n_regimes: K of the switching model, fitted to them; its regimes are read off the other questions.
        seed: of split, starts and the interval over questions.
    """
    train, test = states.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    inside = projection.transform(test)
    model = SLDS(n_regimes, random_state=seed).fit(projection.transform(train))
    at, chain = inside.sources() + 1, inside.pairs()[2]
    row = alignment(
        model.viterbi(inside),
        {"label": inside.sentences[column].to_numpy()[at]},
        positions=inside.sentences["t"].to_numpy()[at],
        chains=chain,
        groups=inside.questions[chain],
        n_permutations=1,
        seed=seed,
    ).loc["label"]
    return Interval.of_row(row, "nmi").map(float)
