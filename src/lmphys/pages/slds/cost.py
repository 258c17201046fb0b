"""What a simulated step costs beside a written sentence: time measured in one run, and operations counted."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.corpus.store import Corpus
from lmphys.corpus.tasks import load_questions
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling


def step_operations(rank: int) -> int:
    """Floating point operations of one simulated step: M h, L eps, and three sums of vectors of k numbers."""
    return 2 * (2 * rank**2) + 3 * rank


def token_operations(model: LanguageModel, context: float) -> float:
    """Floating point operations of one token that a model writes after `context` others.

    Two for each weight of a matrix, the output head included and the table of input embeddings not, as it is only
    looked up; and four for each number of each layer's width and each token that is attended to. Biases,
    normalisations and activations are left out. Where layers attend in fewer dimensions, this counts too many.
    """
    table = model.model.get_input_embeddings().weight
    head = model.model.get_output_embeddings()
    weights = sum(p.numel() for p in model.model.parameters() if p.ndim > 1)
    tied = head is None or head.weight is table
    return 2.0 * (weights if tied else weights - table.numel()) + 4.0 * model.n_layers * model.width * context


@dataclass(frozen=True)
class Cost:
    """Costs of one simulated step and of one written sentence, of `n_chains` chains side by side.

    Attributes:
        table: indexed by what is made, `simulated step` and `written sentence`: `seconds` for one chain, and
            `operations`.
        rounds: (R,) time of a written sentence over that of a simulated step, in each round.
        seconds_per_token: of writing, for one chain.
        n_chains: chains side by side, both for simulating and for writing.
    """

    table: pd.DataFrame
    rounds: np.ndarray
    seconds_per_token: float
    n_chains: int

    @property
    def ratio(self) -> pd.Series:
        """Written sentence over simulated step: `seconds` and `operations`."""
        return (self.table.T["written sentence"] / self.table.T["simulated step"]).rename("ratio")


def simulation_cost(
    model: SLDS,
    starts: Trajectories,
    writer: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    *,
    tokens_per_sentence: float,
    tokens: tuple[int, int] = (2, 10),
    steps: tuple[int, int] = (20, 220),
    rounds: int = 2,
    seed: int = 0,
) -> Cost:
    """Time a simulated step and a written sentence in turns, on one machine and with equal numbers of chains.

    Both times are the difference of a longer and a shorter run over the difference of their lengths: reading the
    prompt, and what starts a simulation, drop out. The least of the rounds counts in the table. A sentence is as
    many tokens as the corpus has on average. Simulating runs on the processor, writing on the device of the writer.

    Args:
        model: fitted.
        starts: chains to simulate from; as many as there are prompts are used, again and again if need be.
        writer: the language model that wrote the chains.
        prompts: token ids of questions, one a chain.
        tokens_per_sentence: mean tokens of a sentence of the corpus.
        tokens: lengths of the shorter and the longer writing.
        steps: lengths of the shorter and the longer simulation.
        rounds: how often each is timed.
        seed: of both.

    Raises:
        LmphysError: no prompt, or the longer writing wrote no more tokens than the shorter (all chains ended).
    """
    if not len(prompts):
        raise LmphysError("nothing to write: give at least one prompt")
    n = len(prompts)
    chosen = starts.select(np.arange(n) % len(starts))
    requests = [Request(tuple(prompt), seed + i) for i, prompt in enumerate(prompts)]

    def write(length: int) -> int:
        decoder = ChainDecoder(writer, Sampling(max_tokens=length), batch_size=n)
        return sum(len(chain.tokens) for chain in decoder.run(requests))

    def simulate(length: int) -> int:
        model.simulate(chosen, length, seed=seed)
        return n * length

    simulate(steps[0]), write(tokens[0])  # warm up
    of_steps, of_tokens = np.empty(rounds), np.empty(rounds)
    for i in range(rounds):
        of_steps[i] = _seconds_each(simulate, *steps)
        of_tokens[i] = _seconds_each(write, *tokens)
    context = float(np.mean([len(prompt) for prompt in prompts])) + np.mean(tokens)
    sentence = tokens_per_sentence * of_tokens
    table = pd.DataFrame(
        {
            "seconds": [of_steps.min(), sentence.min()],
            "operations": [
                step_operations(model.parameters_.width),
                tokens_per_sentence * token_operations(writer, float(context)),
            ],
        },
        index=pd.Index(["simulated step", "written sentence"], name="one"),
    )
    return Cost(table, sentence / of_steps, float(of_tokens.min()), n)


def cost_beside_writer(
    model: SLDS, starts: Trajectories, chains: Corpus, *, copies: int = 4, seed: int = 0
) -> tuple[Cost, LanguageModel]:
    """The model that wrote a corpus writes again, and a switching model simulates: `simulation_cost`.

    Args:
        model: fitted.
        starts: chains to simulate from.
        chains: the corpus; two of its questions are asked.
        copies: chains of each question, all side by side.
        seed: of the questions and of both.

    Returns:
        The costs, and the writer.
    """
    spec = chains.spec
    writer = LanguageModel(spec.writer or spec.model, dtype=spec.dtype)
    asked = [question.text for task in spec.tasks for question in load_questions(task, 1, seed)][:2]
    prompts = [writer.prompt_ids(REQUEST.format(question=text), spec.prompt) for text in asked]
    mean = float(chains.sentences["n_tokens"].mean())
    return simulation_cost(model, starts, writer, copies * prompts, tokens_per_sentence=mean, seed=seed), writer


def _seconds_each(make: Callable[[int], int], few: int, many: int) -> float:
    """Seconds for each thing made beyond those of the shorter run."""
    made, took = [], []
    for length in (few, many):
        start = time.perf_counter()
        made.append(make(length))
        took.append(time.perf_counter() - start)
    if made[1] <= made[0]:
        raise LmphysError(
            f"all chains ended within {few} tokens, so that writing cannot be timed; give other prompts or fewer tokens"
        )
    # A difference of two times may come out below 0 where both are next to nothing.
    return max((took[1] - took[0]) / (made[1] - made[0]), 1e-12)
