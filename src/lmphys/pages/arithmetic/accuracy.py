"""How many solutions are right, what is wrong with the others, and whether they do more than they must."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from lmphys.problems.arithmetic.problem import ArithmeticProblem
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled
from lmphys.training.solver.cells import Cell
from lmphys.training.solver.models import Solver
from lmphys.training.solver.solutions import constant_answer, solve

# First faults, by what they say of the writer; the names are those of `checker.FAULTS`.
KINDS = {
    "plan": ("unready", "repeated", "unstated", "unanswered"),
    "formula": ("formula",),
    "copy": ("copied",),
    "sum": ("sum",),
    "form": ("form",),
}

# (operations, whether the templates are new) -> a table of `solve` for each training.
Solved = Mapping[tuple[int, bool], list[pd.DataFrame]]


def solved(solvers: Sequence[Solver], cells: Sequence[Cell]) -> dict[tuple[int, bool], list[pd.DataFrame]]:
    """Greedy solutions of each training to the problems of each cell."""
    return {(cell.operations, cell.unseen): [solve(one.model, cell) for one in solvers] for cell in cells}


def share(tables: Sequence[pd.DataFrame], column: str, *, seed: int = 0) -> Interval:
    """Share of problems with a truth, %, over trainings and problems."""
    return _percent(pooled([mean_interval(one[column], groups=None, bounds=(0, 1), seed=seed) for one in tables]))


def _percent(found: Interval) -> Interval:
    """In %, inside of 0 and 100."""
    return Interval(*(float(np.clip(100 * x, 0, 100)) for x in found))


def constant(cell: Cell, *, seed: int = 0) -> Interval:
    """Accuracy of the best constant answer, %, as answers alone are scored; that of whole solutions is 0."""
    return _percent(mean_interval(constant_answer(cell.problems), groups=None, bounds=(0, 1), seed=seed))


def accuracy_table(found: Solved, cells: Sequence[Cell], *, seed: int = 0) -> pd.DataFrame:
    """A row a cell: `whole` solutions and `answer` right, %, each with its ends, and the best `constant` answer."""
    rows = []
    for cell in cells:
        tables = found[cell.operations, cell.unseen]
        row: dict[str, object] = {"operations": cell.operations, "templates": "new" if cell.unseen else "of training"}
        for name, column in {"whole": "right", "answer": "answered"}.items():
            row |= dict(zip((name, f"{name}_low", f"{name}_high"), share(tables, column, seed=seed), strict=True))
        rows.append(row | {"constant": constant(cell).value, "problems": len(cell.problems), "trainings": len(tables)})
    return pd.DataFrame(rows).set_index(["operations", "templates"])


def fault_table(found: Solved, cells: Sequence[Cell]) -> pd.DataFrame:
    """Share of all solutions by their first fault, %, a row a cell, a column a kind."""
    rows = {}
    for cell in cells:
        faults = pd.concat(found[cell.operations, cell.unseen])["fault"]
        name = (cell.operations, "new" if cell.unseen else "of training")
        rows[name] = {"none": 100 * (faults == "").mean()} | {
            kind: 100 * faults.isin(of_kind).mean() for kind, of_kind in KINDS.items()
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index = pd.MultiIndex.from_tuples(table.index, names=["operations", "templates"])
    return table


def largest_change(found: Solved, operations: Sequence[int], *, seed: int = 0) -> Interval:
    """The larger of the changes of the accuracy from one number of operations to the next, points, on new templates."""
    changes = []
    for before, after in pairwise(operations):
        each = [
            mean_interval(b["right"].astype(float) - a["right"], groups=None, bounds=(-1, 1), seed=seed)
            for a, b in zip(found[before, True], found[after, True], strict=True)
        ]
        changes.append(pooled(each).map(lambda x: 100 * float(x)))
    return max(changes, key=lambda change: change.value)


def right_solutions(found: Solved, cells: Sequence[Cell]) -> int:
    """Number of right solutions, over all trainings."""
    return sum(int(one["right"].sum()) for cell in cells for one in found[cell.operations, cell.unseen])


def unnecessary(found: Solved, cells: Sequence[Cell], *, seed: int = 0) -> tuple[Interval, Interval]:
    """Unnecessary quantities in a right solution: of the trainings, and of whoever computes every ready one.

    Both are over the problems that were solved; NaN where none was.
    """
    models, controls = [], []
    extra = {(cell.operations, cell.unseen): extra_of_every_ready(cell.problems, seed=seed) for cell in cells}
    most = max((len(p.formulas) - len(p.necessary) for cell in cells for p in cell.problems), default=0)
    for training in range(len(next(iter(found.values())))):
        tables = {(cell.operations, cell.unseen): found[cell.operations, cell.unseen][training] for cell in cells}
        own = np.concatenate([table.loc[table["right"], "unnecessary"] for table in tables.values()])
        other = np.concatenate([extra[key][table["right"].to_numpy()] for key, table in tables.items()])
        if len(own):
            models.append(mean_interval(own, groups=None, bounds=(0, most), seed=seed))
            controls.append(mean_interval(other, groups=None, bounds=(0, most), seed=seed))
    if not models:
        nothing = Interval(np.nan, np.nan, np.nan)
        return nothing, nothing
    return _not_negative(pooled(models)), _not_negative(pooled(controls))


def _not_negative(found: Interval) -> Interval:
    return Interval(*(max(0.0, float(x)) for x in found))


def extra_of_every_ready(problems: Sequence[ArithmeticProblem], *, repeats: int = 20, seed: int = 0) -> np.ndarray:
    """(n,) unnecessary quantities that come before the query where each is drawn evenly from all that are ready."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(problems))
    for row, problem in enumerate(problems):
        for _ in range(repeats):
            known: list[int] = []
            while problem.query not in known:
                ready = problem.computable(known)
                known.append(ready[rng.integers(len(ready))])
            found[row] += len(set(known) - set(problem.necessary)) / repeats
    return found
