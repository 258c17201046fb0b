"""Whether the state at the first wrong name of a solution says that it is wrong."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.tiny.reading import read_places
from lmphys.pages.arithmetic.accuracy import Solved
from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.training.solver.asked import Asked
from lmphys.training.solver.cells import Cell
from lmphys.training.solver.models import Solver
from lmphys.training.solver.probe import probed

# Wrong names from which on the claim is judged.
ENOUGH = 50


class Written(NamedTuple):
    """Names that a model wrote, with the text up to them.

    Attributes:
        texts: token ids, the name last.
        wrong: whether the name is that of a quantity that could not be computed yet.
        problem: number of its problem.
    """

    texts: list[np.ndarray]
    wrong: np.ndarray
    problem: np.ndarray


def written_names(cells: Sequence[Cell], tables: Sequence[pd.DataFrame]) -> Written:
    """First unready names of wrong solutions, and names of right ones that depend on others.

    Args:
        cells: of the problems.
        tables: of `solve`, one a cell, all of one training.
    """
    row: Any  # whose columns are those of `solve`
    texts, wrong, numbers, first = [], [], [], 0
    for cell, table in zip(cells, tables, strict=True):
        for number, (problem, row) in enumerate(zip(cell.problems, table.itertuples(), strict=True)):
            starts = sentence_starts(row.said)
            if row.fault == "unready":
                chosen = [starts[row.sentence]]
            else:
                chosen = [at for at in starts if depends(problem, cell, row.said[at])] if row.right else []
            for at in chosen:
                tokens = [cell.source.words.ids[word] for word in row.said[: at + 1]]
                texts.append(np.concatenate([cell.source.prompt(problem), tokens]))
                wrong.append(row.fault == "unready")
                numbers.append(first + number)
        first += len(cell.problems)
    return Written(texts, np.array(wrong, dtype=bool), np.array(numbers, dtype=int))


def sentence_starts(said: Sequence[str]) -> list[int]:
    """Places of the first words of sentences; the mark of the end begins none."""
    ends = [i + 1 for i, word in enumerate(said) if word in (".", "back")]
    return [at for at in [0, *ends] if at < len(said) and not said[at].startswith("<")]


def depends(problem: ArithmeticProblem, cell: Cell, name: str) -> bool:
    """Whether a name is that of a quantity that depends on others."""
    names = [cell.source.words.names[i] for i in problem.names]
    return name in names and bool(problem.formulas[names.index(name)].parents)


def foreseen(
    solvers: Sequence[Solver], train: Asked, found: Solved, cells: Sequence[Cell], *, seed: int = 0
) -> tuple[Interval, Interval, int]:
    """Share of the first unready names at which the probe for *can be computed next* says no, and of right names, %.

    Args:
        solvers: the trainings, each with a probe of its own.
        train: names after a full stop, on which the probes are trained.
        found: greedy solutions of the trainings.
        cells: of them.
        seed: of the resampling of problems.

    Returns:
        Of wrong names and of right ones, with intervals over problems, NaN where there are none; and how many wrong
        names there are.
    """
    no, wrong, problem = [], [], []
    for number, one in enumerate(solvers):
        written = written_names(cells, [found[cell.operations, cell.unseen][number] for cell in cells])
        if not len(written.texts):
            continue
        probe = train.read(one.model)[1].states[-1], train.table["ready"].to_numpy()
        ends = [np.array([len(text) - 1]) for text in written.texts]
        states = read_places(one.model, written.texts, ends).states[-1]
        no.append(probed(*probe, states) < 0.5)
        wrong.append(written.wrong)
        problem.append(written.problem)
    if not no:
        nothing = Interval(np.nan, np.nan, np.nan)
        return nothing, nothing, 0
    said, is_wrong, group = (np.concatenate(part) for part in (no, wrong, problem))
    both = (_percent(said[rows], group[rows], seed) for rows in (is_wrong, ~is_wrong))
    of_wrong, of_right = both
    return of_wrong, of_right, int(is_wrong.sum())


def _percent(said: np.ndarray, group: np.ndarray, seed: int) -> Interval:
    return mean_interval(said, groups=group, bounds=(0, 1), seed=seed).map(lambda x: 100 * float(x))
