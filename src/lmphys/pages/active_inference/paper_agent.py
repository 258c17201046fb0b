"""The paper's agent, replayed with judges whose law is known in place of a language model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import rel_entr

from lmphys.agents import Agent, Modality

N_PROMPTS, N_SEARCHES, N_INFORMATION, N_LEVELS = 32, 10, 3, 11
N_ACTIONS = 80  # 20 trials of 4 steps
# Log preferences of the author: none of grade 0, and more and more of the higher ones.
GRADES = np.array([-16.0, *(2 * (i / 10) ** 2 for i in range(1, N_LEVELS))])
INFORMATION = np.array([-32.0, 8.0, 64.0])
NULL_PROMPT, NO_SEARCH = N_PROMPTS, N_SEARCHES  # the last state of each factor
# Do nothing, or try a prompt and search nothing, or search and use no prompt.
POLICIES = np.array(
    [(NULL_PROMPT, NO_SEARCH, 0)]
    + [(prompt, NO_SEARCH, 0) for prompt in range(N_PROMPTS)]
    + [(NULL_PROMPT, search, 0) for search in range(N_SEARCHES)]
)
TABLE, CONSTANT, NOISE = "table with noise", "always 8", "noise"

# What a judge says of an action: three grades.
Judge = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True, eq=False)
class Replay:
    """What an agent did.

    Attributes:
        actions: (T,) policy at each step, a row of `POLICIES`.
        agent: as it ended.
    """

    actions: np.ndarray
    agent: Agent

    @property
    def searching(self) -> np.ndarray:
        """(T,) whether a step was a search."""
        return POLICIES[self.actions, 1] != NO_SEARCH

    @property
    def shift(self) -> float:
        """Share of searches in the first half of the steps minus that in the second."""
        first, second = np.array_split(self.searching, 2)
        return float(first.mean() - second.mean())

    @property
    def distinct(self) -> int:
        """How many different actions were taken."""
        return len(set(self.actions.tolist()))

    @property
    def structure(self) -> float:
        """Mean divergence of the learned laws of grades from an even one, nats."""
        found = []
        for modality, counts in zip(self.agent.modalities, self.agent.a, strict=True):
            if modality.factor < 2:
                A = counts / counts.sum(axis=0)
                found.append(rel_entr(A, 1 / len(A)).sum(axis=0))
        return float(np.concatenate(found).mean())

    @property
    def knows_its_prompt(self) -> float:
        """Posterior probability of the prompt that was in use at the last step."""
        return float(self.agent.q[0][POLICIES[self.actions[-1], 0]])


def judge(kind: str, seed: int) -> Judge:
    """A judge: grades of each action from a seeded table, with noise of two grades; always 8; or even noise."""
    table = np.random.default_rng(seed).integers(0, N_LEVELS, size=(len(POLICIES), 3))

    def says(action: int, rng: np.random.Generator) -> np.ndarray:
        if kind == CONSTANT:
            return np.full(3, 8)
        if kind == NOISE:
            return rng.integers(0, N_LEVELS, size=3)
        return np.clip(table[action] + rng.integers(-2, 3, size=3), 0, N_LEVELS - 1)

    return says


def replay(
    says: Judge, *, n_actions: int = N_ACTIONS, by_chance: bool = False, seed: int = 0, **settings: Any
) -> Replay:
    """Let the agent act and learn.

    Args:
        says: the judge of what it does.
        n_actions: steps.
        by_chance: whether each action is drawn at random instead.
        seed: of the breaking of ties; the judge draws from a stream of its own.
        settings: of `Agent`; by default those of the author's script.
    """
    shown = (0, 0, 0, 1, 1, 1, 2)  # three grades of a prompt, three of a search, and what is known
    modalities = [Modality(f, INFORMATION if f == 2 else GRADES) for f in shown]
    agent = Agent(
        (N_PROMPTS + 1, N_SEARCHES + 1, N_INFORMATION),
        (N_PROMPTS + 1, N_SEARCHES + 1, 1),
        modalities,
        POLICIES,
        **{"rate_A": 0.1, "rate_B": 50.0, **settings},
    )
    ties, noise = (np.random.default_rng([seed, stream]) for stream in range(2))
    actions = np.zeros(n_actions, dtype=int)
    for step in range(n_actions):
        actions[step] = action = int(ties.integers(len(POLICIES))) if by_chance else agent.choose(ties)
        prompt, search, _ = POLICIES[action]
        grades = [int(grade) for grade in says(action, noise)]
        nothing: Sequence[int | None] = (None, None, None)
        agent.learn(
            action,
            [*(grades if prompt != NULL_PROMPT else nothing), *(grades if search != NO_SEARCH else nothing), 1],
        )
    return Replay(actions, agent)


def pays_of(levels: np.ndarray, n: int, *, seed: int = 0) -> np.ndarray:
    """(n,) what the prompts that the agent tries pay more than the mean prompt, judged by measured grades.

    A prompt is judged by its grade on a question that is drawn at random, a search by an even grade.

    Args:
        levels: (P, Q) grades of the prompts.
        n: replays, at seeds of their own.
        seed: of the first.
    """
    pays = levels.mean(axis=1) / (N_LEVELS - 1)

    def says(action: int, rng: np.random.Generator) -> np.ndarray:
        if not 1 <= action <= N_PROMPTS:
            return rng.integers(0, N_LEVELS, size=3)
        return np.full(3, levels[action - 1, rng.integers(levels.shape[1])])

    found = []
    for i in range(n):
        tried = POLICIES[replay(says, seed=seed + i).actions, 0]
        found.append(pays[tried[tried != NULL_PROMPT]].mean() - pays.mean())
    return np.array(found)


def replays(kind: str, n: int, *, seed: int = 0, **settings: Any) -> list[Replay]:
    """N replays with one kind of judge, at seeds of their own."""
    return [replay(judge(kind, seed + i), seed=seed + i, **settings) for i in range(n)]
