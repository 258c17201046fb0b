"""What training with mistakes is worth: whole solutions, written without chance and with it."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.pages.retries.laws import backs_of_data
from lmphys.problems.arithmetic.solution import Retries
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled
from lmphys.training.solver.cells import Cell
from lmphys.training.solver.models import Solver
from lmphys.training.solver.solutions import solve

GREEDY, SAMPLED = "greedy", "sampled"
TEMPERATURES = {GREEDY: 0.0, SAMPLED: 1.0}

# way of writing -> number of operations -> a table of `solve` for each training.
Solved = Mapping[str, Mapping[int, list[pd.DataFrame]]]


def solved(
    solvers: Sequence[Solver], cells: Sequence[Cell], *, seed: int = 0
) -> dict[str, dict[int, list[pd.DataFrame]]]:
    """Solutions of each training to the problems of each cell, in both ways of writing."""
    return {
        way: {
            cell.operations: [solve(one.model, cell, temperature=temperature, seed=seed) for one in solvers]
            for cell in cells
        }
        for way, temperature in TEMPERATURES.items()
    }


def accuracy_table(found: Mapping[str, Solved], *, seed: int = 0) -> pd.DataFrame:
    """A row a recipe, a way of writing and a number of operations: `right`, %, with `low`, `high`, and `trainings`."""
    rows = []
    for recipe, by_way in found.items():
        for way, by_operations in by_way.items():
            for operations, tables in by_operations.items():
                each = [mean_interval(one["right"], groups=None, bounds=(0, 1), seed=seed) for one in tables]
                ends = (float(np.clip(100 * x, 0, 100)) for x in pooled(each))
                rows.append((recipe, way, operations, *ends, len(tables)))
    columns = ["trained", "written", "operations", "right", "low", "high", "trainings"]
    return pd.DataFrame(rows, columns=columns)


def gain(one: Sequence[pd.DataFrame], other: Sequence[pd.DataFrame], *, seed: int = 0) -> Interval:
    """Whole solutions that are right, one kind of training less another, points, paired by seed and problem.

    The 95 % interval holds the scatter over problems and trainings, and is widened to hold the gain of each pair.

    Args:
        one: a table of `solve` for each training, in the order of the seeds.
        other: of the same problems.
        seed: of the resampling.
    """
    pairs = [
        a["right"].to_numpy(dtype=float) - b["right"].to_numpy(dtype=float) for a, b in zip(one, other, strict=False)
    ]
    found = pooled([mean_interval(each, groups=None, bounds=(-1, 1), seed=seed) for each in pairs])
    means = [each.mean() for each in pairs]
    return Interval(*(100 * float(x) for x in (found.value, min(found.low, *means), max(found.high, *means))))


def gains(mistakes: Solved, flawless: Solved, operations: Sequence[int], *, seed: int = 0) -> dict[str, Interval]:
    """Gain by way of writing, on the problems of some numbers of operations together."""
    return {
        way: gain(
            _joined([mistakes[way][k] for k in operations]), _joined([flawless[way][k] for k in operations]), seed=seed
        )
        for way in TEMPERATURES
    }


def _joined(cells: Sequence[Sequence[pd.DataFrame]]) -> list[pd.DataFrame]:
    """Tables of each training, one under the other."""
    return [pd.concat(tables, ignore_index=True) for tables in zip(*cells, strict=True)]


def backs_table(mistakes: Solved, cells: Sequence[Cell], retries: Retries) -> pd.DataFrame:
    """Names taken back in a right solution against the number of operations, and in the data to the same problems.

    Returns:
        A row a way of writing and a number of operations: `backs` a right solution, `data`, their `ratio`, and `right`,
        the number of right solutions.
    """
    rows = []
    for way, by_operations in mistakes.items():
        for cell in cells:
            own, data = _backs(by_operations[cell.operations], cell, retries)
            mean = own.mean() if len(own) else np.nan
            of_data = data.mean() if len(own) else np.nan
            rows.append((way, cell.operations, mean, of_data, mean / of_data, len(own)))
    return pd.DataFrame(rows, columns=["written", "operations", "backs", "data", "ratio", "right"])


def _backs(tables: Sequence[pd.DataFrame], cell: Cell, retries: Retries) -> tuple[np.ndarray, np.ndarray]:
    """Names taken back in each right solution of all trainings, and their mean number in the data."""
    expected = backs_of_data(cell.problems, retries, cell.source.words)
    right = [one["right"].to_numpy(dtype=bool) for one in tables]
    own = np.concatenate([one.loc[rows, "backs"] for one, rows in zip(tables, right, strict=True)])
    return own.astype(float), np.concatenate([expected[rows] for rows in right])


def backs_ratio(
    tables: Mapping[int, Sequence[pd.DataFrame]], cells: Sequence[Cell], retries: Retries, *, seed: int = 0
) -> tuple[Interval, Interval, int]:
    """Names taken back in right solutions over their mean number in the data, with intervals over solutions.

    Returns:
        The ratio; that of fresh solutions of the data, one to each of the same problems; and the number of right
        solutions. NaN where there are fewer than two.
    """
    pairs = [_backs(tables[cell.operations], cell, retries) for cell in cells]
    own, expected = (np.concatenate(part) for part in zip(*pairs, strict=True))
    fresh = [backs_of_data(cell.problems, retries, cell.source.words, repeats=1, seed=seed + 10_000) for cell in cells]
    right = [[one["right"].to_numpy(dtype=bool) for one in tables[cell.operations]] for cell in cells]
    again = np.concatenate([data[rows] for data, each in zip(fresh, right, strict=True) for rows in each])
    if len(own) < 2 or not expected.sum():
        nothing = Interval(np.nan, np.nan, np.nan)
        return nothing, nothing, len(own)
    return _ratio(own, expected, seed), _ratio(again, expected, seed), len(own)


def _ratio(above: np.ndarray, below: np.ndarray, seed: int) -> Interval:
    return bootstrap_chains(lambda w: (w @ above) / (w @ below), len(above), seed=seed).map(float)
