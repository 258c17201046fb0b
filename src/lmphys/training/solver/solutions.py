"""Solutions that a transformer writes, checked word by word."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.problems.arithmetic.checker import check
from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.training.solver.cells import Cell

_SIDE_BY_SIDE = 256
# Words of a solution at most; the longest right ones of five operations have half as many.
LONGEST = 90
# Whole solutions at 3 operations, the most in training, that are right, %, from which on a transformer has learned to
# solve: what solvers do elsewhere, and know, is compared with the papers from there on.
LEARNED = 95


def write(
    model: LanguageModel,
    source: ArithmeticDocuments,
    problems: Sequence[ArithmeticProblem],
    *,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[list[str]]:
    """Words that a model writes after the colon of each problem, the mark of the end among them where it is written.

    Args:
        model: the writer.
        source: of the problems.
        problems: to solve.
        temperature: 0 takes the likeliest word each time.
        seed: of the words at other temperatures.
    """
    decoder = ChainDecoder(
        model, Sampling(temperature=temperature, top_p=1.0, max_tokens=LONGEST), batch_size=_SIDE_BY_SIDE
    )
    prompts = [tuple(map(int, source.prompt(problem))) for problem in problems]
    requests = [Request(prompt, seed=seed + 1 + number) for number, prompt in enumerate(prompts)]
    said: list[list[str]] = [[] for _ in problems]
    for chain in decoder.run(requests):
        said[chain.index] = [source.vocabulary[token] for token in chain.tokens.tolist()]
    return said


def solve(model: LanguageModel, cell: Cell, *, temperature: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Solutions of the problems of a cell, checked.

    Returns:
        A row a problem: `right`, whether every word is; `fault`, the first one, empty for none; its `sentence`;
        `answered`, whether the number given for the query is right, whatever stands before it; `unnecessary` quantities
        and names that were taken back (`backs`); `said`, the words.
    """
    rows = []
    words = cell.source.words
    said = write(model, cell.source, cell.problems, temperature=temperature, seed=seed)
    for problem, own in zip(cell.problems, said, strict=True):
        found = check(problem, own, words)
        answered = found.answer == problem.answer
        rows.append((found.correct, found.fault, found.sentence, answered, found.unnecessary, found.retries, own))
    columns = ["right", "fault", "sentence", "answered", "unnecessary", "backs", "said"]
    return pd.DataFrame(rows, columns=columns)


def constant_answer(problems: Sequence[ArithmeticProblem]) -> np.ndarray:
    """(n,) whether the one answer that is right most often is right."""
    answers = np.array([problem.answer for problem in problems])
    return answers == np.bincount(answers).argmax()


def lacking_skill(tables: Sequence[pd.DataFrame]) -> str:
    """That transformers have not learned to solve what they were trained on, in words; empty where they have.

    Args:
        tables: of `solve`, a training each, on problems of 3 operations of templates of training.
    """
    share = 100 * float(np.mean([one["right"].mean() for one in tables]))
    return "" if share >= LEARNED else f"{share:.0f} % at 3 operations are right; {LEARNED} % are needed"
