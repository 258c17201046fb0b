"""Several chains about one question as voters: their answers, whether they are right, and how sure they were."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.corpus.answers import Question, is_correct
from lmphys.corpus.spec import CorpusSpec, default_spec
from lmphys.corpus.store import Corpus
from lmphys.lm.adapters import REASONER
from lmphys.lm.sampling import Sampling
from lmphys.lm.sources import random_base

# Tasks of which the shipped reasoner solves 20 to 80 % with little text, by its reference run.
POOL_TASKS = ("story:8", "kin:6", "calendar:3")
# What a vote may weigh; answers and truths are not among them.
SCORES = ("n_tokens", "energy", "entropy", "spike")


@dataclass(frozen=True, eq=False)
class Pool:
    """K chains for each of Q questions; all arrays are (..., Q, K).

    Attributes:
        answers: number of the answer within its question, equal for equal answers; -1 stands for no answer, which is
            an answer like any other to a vote, and is never right.
        right: whether the answer is right.
        n_tokens: length, the token that ends the chain included.
        energy: mean surprisal of the sampled tokens at temperature 1, nats per token (E, Eq. 3 of Awadhiya 2026); NaN
            where the chains were written by another model.
        entropy: mean entropy of the distributions that the tokens were drawn from, nats.
        spike: highest mean surprisal over a window of consecutive tokens, nats.
    """

    answers: np.ndarray
    right: np.ndarray
    n_tokens: np.ndarray
    energy: np.ndarray
    entropy: np.ndarray
    spike: np.ndarray

    @property
    def n_questions(self) -> int:
        """Q."""
        return int(self.right.shape[-2])

    @property
    def n_chains(self) -> int:
        """K."""
        return int(self.right.shape[-1])

    @property
    def has_energies(self) -> bool:
        """Whether every chain has an energy."""
        return bool(np.isfinite(self.energy).all())

    def limits(self) -> list[str]:
        """What these chains cannot tell, a line each; empty where nothing stands in the way."""
        several = self.n_chains > 1
        found = {
            "one chain a question: there is no vote; raise n_chains": not several,
            "one question: there are no intervals; raise n_questions": self.n_questions < 2,
            "no chain gives an answer: ask for one in the prompt": bool((self.answers < 0).all()),
            "no chain is right, so no vote can be; choose easier tasks": not self.right.any(),
            "every chain is right, so no vote can be wrong; choose harder tasks": bool(self.right.all()),
            "no energies: the chains were written by another model; only counts and lengths vote": (
                not self.has_energies
            ),
        }
        return [line for line, holds in found.items() if holds]

    @property
    def decides(self) -> bool:
        """Whether two voters could differ in what they get right, over questions enough for an interval."""
        return self.n_chains > 1 and self.n_questions > 1 and bool(self.right.any()) and not bool(self.right.all())

    def take(self, chains: np.ndarray) -> "Pool":
        """The pools of R subsets of the chains, (R, Q, k).

        Args:
            chains: (R, k) columns of this pool, whose arrays are (Q, K).
        """
        arrays = {f.name: getattr(self, f.name)[:, chains].swapaxes(0, 1) for f in dataclasses.fields(self)}
        return Pool(**arrays)

    def permuted(self, rng: np.random.Generator) -> "Pool":
        """The same answers with the scores permuted among the chains of each question: a null.

        Each question keeps its scores, hence its set of weights; who carries which is chance.
        """
        order = rng.permuted(np.broadcast_to(np.arange(self.n_chains), self.right.shape), axis=-1)
        return self._rescored({name: np.take_along_axis(getattr(self, name), order, -1) for name in SCORES})

    def exchanged(self, shift: int) -> "Pool":
        """The same answers with the scores of the question `shift` places on: a null."""
        return self._rescored({name: np.roll(getattr(self, name), -shift, axis=-2) for name in SCORES})

    def _rescored(self, scores: dict[str, np.ndarray]) -> "Pool":
        return dataclasses.replace(self, **scores)


def pool_of(corpus: Corpus, *, window: int = 16) -> Pool:
    """The chains of a corpus as a pool, a row a question in the order of the corpus.

    Args:
        corpus: with the same number of chains for each question, as `build_corpus` makes it.
        window: tokens in the window of `spike`; a shorter chain is one window.

    Raises:
        LmphysError: the window is empty.
    """
    if window < 1:
        raise LmphysError(f"a window of {window} tokens is empty; give at least 1")
    table, shape = corpus.chains, (-1, corpus.spec.n_chains)
    lengths = table["n_tokens"].to_numpy()
    surprisal, entropy = -corpus.column("logp").astype(float), corpus.column("entropy").astype(float)
    parts = np.split(surprisal, np.cumsum(lengths)[:-1])
    by_question = table["extracted"].to_numpy(object).reshape(shape)
    return Pool(
        answers=np.array([number_answers([None if pd.isna(a) else str(a) for a in row]) for row in by_question]),
        right=table["correct"].to_numpy(bool).reshape(shape),
        n_tokens=lengths.reshape(shape),
        energy=np.array([part.mean() for part in parts]).reshape(shape),
        entropy=np.array([part.mean() for part in np.split(entropy, np.cumsum(lengths)[:-1])]).reshape(shape),
        spike=np.array([highest_group(part, window) for part in parts]).reshape(shape),
    )


def pool_spec(
    model: str,
    profile: str,
    *,
    tasks: Sequence[str] = (),
    n_questions: int,
    n_chains: int,
    temperature: float,
    prompt: str,
    max_tokens: int | None = None,
    seed: int,
) -> CorpusSpec:
    """The corpus of a pool: many chains for each of few questions that a model gets right now and then.

    Args:
        model: whose chains.
        profile: at `smoke` at most 6 questions and 4 chains are taken.
        tasks: none stands for `POOL_TASKS` where the model is the reasoner or its control, else for the profile's.
        n_questions: in equal parts from the tasks.
        n_chains: chains a question.
        temperature: of the sampling.
        prompt: see `CorpusSpec`.
        max_tokens: of the longest chain; None takes what is usual for the model.
        seed: of questions and chains.
    """
    is_reasoner = REASONER.fullmatch(random_base(model) or model) is not None
    chosen = tuple(tasks) or (POOL_TASKS if is_reasoner else ())
    asked = default_spec(model, profile, tasks=chosen).tasks
    longest = default_spec("reasoner" if is_reasoner else model, profile).sampling.max_tokens
    if profile == "smoke":
        n_questions, n_chains = min(n_questions, 6), min(n_chains, 4)
    return default_spec(
        model,
        profile,
        tasks=asked,
        n_questions=max(1, n_questions // len(asked)),
        n_chains=n_chains,
        sampling=Sampling(temperature=temperature, max_tokens=longest if max_tokens is None else max_tokens),
        prompt=prompt,
        seed=seed,
    )


def number_answers(answers: Sequence[str | None]) -> list[int]:
    """Numbers of answers in the order of their first appearance, equal answers alike; -1 for None.

    Two answers are equal where one would be right if the other were the solution: 7 and 7.0 are.
    """
    known: list[str] = []
    numbers = []
    for answer in answers:
        if answer is None:
            numbers.append(-1)
            continue
        same = (i for i, other in enumerate(known) if is_correct(answer, Question("", "", "", other)))
        number = next(same, len(known))
        if number == len(known):
            known.append(answer)
        numbers.append(number)
    return numbers


def highest_group(surprisal: np.ndarray, window: int) -> float:
    """Highest mean over a window of consecutive tokens, after the lowest group confidence of Fu et al. 2025.

    They take the mean of the log-probabilities of the likeliest tokens as confidence; here it is the surprisal of the
    drawn one, which a corpus keeps.

    Args:
        surprisal: (n,) of the tokens of one chain, n at least 1.
        window: tokens in a group; all of them where the chain is shorter.
    """
    width = min(window, len(surprisal))
    return float(np.convolve(surprisal, np.full(width, 1 / width), mode="valid").max())


def subsets(n_chains: int, size: int, *, most: int = 1000, seed: int = 0) -> np.ndarray:
    """Subsets of the chains, (R, size) ascending columns: all of them up to `most`, else so many drawn at random.

    Raises:
        LmphysError: there is no such subset.
    """
    if not 1 <= size <= n_chains:
        raise LmphysError(f"{size} of {n_chains} chains cannot be chosen; take 1 to {n_chains}")
    if math.comb(n_chains, size) <= most:
        return np.array(list(combinations(range(n_chains), size)))
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.broadcast_to(np.arange(n_chains), (most, n_chains)), axis=1)[:, :size]
    return np.sort(drawn, axis=1)
