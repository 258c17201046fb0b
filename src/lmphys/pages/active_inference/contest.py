"""Policies on the measured table: what each loses by not pulling the best prompt."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.agents import (
    UCB1,
    EpsilonGreedy,
    ExpectedFreeEnergy,
    Greedy,
    MainEffects,
    Play,
    SequentialHalving,
    Thompson,
    play,
)
from lmphys.agents.arms import Policy
from lmphys.pages.active_inference.paper_agent import GRADES, N_LEVELS
from lmphys.pages.active_inference.prompts import DESIGN
from lmphys.pages.active_inference.table import Table
from lmphys.stats import Interval, mean_interval

EXACT, LIBRARY = "exact novelty", "library novelty"  # of expected free energy
NO_NOVELTY, SOFT = "no novelty", "exact, γ = 8"
GREEDY, EPSILON, RANDOM = "greedy", "ε-greedy", "random"
UCB, THOMPSON, HALVING, EFFECTS = "UCB1", "Thompson", "sequential halving", "main effects"
USUAL = (UCB, THOMPSON, HALVING)
FORGETTING = 0.05  # share of the counts that is forgotten at a pull, where the task may change

_SIGNS = np.hstack([np.ones((len(DESIGN), 1)), np.where(DESIGN, 1.0, -1.0)])
# Made anew for each play, as one of them keeps what it has still to pull.
POLICIES: Mapping[str, Callable[[], Policy]] = {
    EXACT: lambda: ExpectedFreeEnergy(GRADES),
    LIBRARY: lambda: ExpectedFreeEnergy(GRADES, novelty="library"),
    SOFT: lambda: ExpectedFreeEnergy(GRADES, gamma=8.0),
    NO_NOVELTY: lambda: ExpectedFreeEnergy(GRADES, novelty="none"),
    GREEDY: Greedy,
    EPSILON: EpsilonGreedy,
    UCB: UCB1,
    THOMPSON: Thompson,
    HALVING: SequentialHalving,
    EFFECTS: lambda: MainEffects(_SIGNS),
    RANDOM: lambda: EpsilonGreedy(1.0),
}


class Contest(NamedTuple):
    """Plays of several policies on one table.

    Attributes:
        plays: of each policy, by name.
        means: (T, P) mean pay of each prompt at each pull.
    """

    plays: dict[str, Play]
    means: np.ndarray

    def regret(self, name: str) -> np.ndarray:
        """(R, T) summed shortfall of a policy."""
        return self.plays[name].regret(self.means)

    def final(self, name: str) -> np.ndarray:
        """(R,) summed shortfall at the last pull."""
        return self.regret(name)[:, -1]

    def rows(self, *, seed: int = 0) -> pd.DataFrame:
        """A row a policy: regret, its ends (95 % over runs), share of the pulls of the best prompt, final shortfall."""
        best = self.means.argmax(axis=1)
        found = {}
        for name, played in self.plays.items():
            number = mean_interval(self.final(name), groups=None, seed=seed)
            found[name] = {
                "regret": number.value,
                "low": number.low,
                "high": number.high,
                "best prompt pulled": (played.arms == best).mean(),
                "shortfall of the one named": played.shortfall(self.means[-1]).mean(),
            }
        return pd.DataFrame(found).T

    def best_of(self, names: Sequence[str] = USUAL) -> str:
        """The one of several policies that loses least."""
        return min(names, key=lambda name: float(self.final(name).mean()))

    def beyond(self, name: str, reference: np.ndarray, *, seed: int = 0) -> Interval:
        """What a policy loses more than a reference, in the mean, with a 95 % interval over runs.

        Args:
            name: of the policy.
            reference: (R,) regrets.
            seed: of the bootstrap.
        """
        return mean_interval(self.final(name) - reference, groups=None, seed=seed)


def compete(
    table: Table,
    names: Sequence[str] = tuple(POLICIES),
    *,
    n_pulls: int = 80,
    n_runs: int = 200,
    switching: bool = False,
    forgetting: float = 0.0,
    seed: int = 0,
) -> Contest:
    """Let policies choose prompts; a pull asks one question at random, and pays the grade of the answer.

    Args:
        table: of answers.
        names: of policies.
        n_pulls: T.
        n_runs: R.
        switching: the first half of the pulls asks the first task, the second half the last; else all tasks are asked.
        forgetting: as in `lmphys.agents.play`.
        seed: of the plays.
    """
    levels = table.levels(N_LEVELS)
    tasks = list(dict.fromkeys(table.task))
    everything = np.arange(levels.shape[1])
    own = [np.flatnonzero(table.task == task) for task in (tasks[0], tasks[-1])]
    asked = [(own[2 * pull // n_pulls] if switching else everything) for pull in range(n_pulls)]
    means = np.array([levels[:, which].mean(axis=1) for which in asked]) / (N_LEVELS - 1)

    def draw(arms: np.ndarray, pull: int, rng: np.random.Generator) -> np.ndarray:
        return levels[arms, rng.choice(asked[pull], size=len(arms))]

    plays = {
        name: play(
            POLICIES[name](),
            draw,
            n_arms=len(levels),
            n_levels=N_LEVELS,
            n_pulls=n_pulls,
            n_runs=n_runs,
            forgetting=forgetting,
            seed=seed,
        )
        for name in names
    }
    return Contest(plays, means)
