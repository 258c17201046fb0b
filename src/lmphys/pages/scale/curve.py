"""The curve that comes with the book: `measure` on disjoint parts of a corpus of the paper's size."""

from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import t as student_t

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_slug
from lmphys.core.paths import project_root
from lmphys.core.trajectories import Trajectories
from lmphys.pages.scale.measures import REAL, count_regimes, measure
from lmphys.pages.scale.parts import disjoint_parts
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled

FOLDER = Path("data", "reference", "scale")
# Parts into which the questions are dealt, and splits of each: where the parts are few, the splits are more.
STAGES = {16: 1, 8: 1, 4: 2, 2: 3, 1: 5}
_ENOUGH_PARTS = 8  # for an interval over parts
_HALVED = 500  # transitions from which on a half of a corpus says something


def read_curve(model: str, file: Path | None = None) -> pd.DataFrame:
    """Rows of `measure` and `count_regimes` for each part and split, of the corpus of a model.

    Args:
        model: spec.
        file: another table of this form.

    Raises:
        LmphysError: there is none for this model, or it is damaged.
    """
    path = curve_file(model) if file is None else file
    if not path.is_file():
        raise LmphysError(
            f"no corpus of {model} was measured at the paper's size; do it (hours, goes on where it was stopped): "
            f"python -m lmphys.pages.scale.campaign {model}"
        )
    with given(path, "restore it: git checkout data"):
        table = pd.read_csv(path)
        table[["parts", "part", "split", "quantity", "of", "value", "low", "high", "transitions"]]
    return table


def has_curve(model: str) -> bool:
    """Whether the corpus of a model was measured at the paper's size."""
    return curve_file(model).is_file()


def curve_file(model: str) -> Path:
    """Where the table of a model lies."""
    return project_root() / FOLDER / f"{model_slug(model)}.csv"


def as_curve(measured: pd.DataFrame) -> pd.DataFrame:
    """Rows of `measure` of one corpus in the form of the table that comes with the book."""
    return measured.assign(parts=1, part=0, split=0)


def small_curve(traj: Trajectories, measured: pd.DataFrame, *, rank: int = 40, seed: int = 0) -> pd.DataFrame:
    """A table of one small corpus: itself, its number of components, and, where it is not tiny, its halves.

    Args:
        traj: the corpus.
        measured: of `measure`, of the whole.
        rank: k of the projection.
        seed: of the splits.
    """
    rows = [as_curve(measured)]
    if traj.n_transitions >= _HALVED:
        rows.append(as_curve(count_regimes(traj, rank=rank, seed=seed)))
        for i, half in enumerate(disjoint_parts(traj, 2)):
            rows.append(measure(half, rank=rank, seed=seed).assign(parts=2, part=i, split=0))
    return pd.concat(rows, ignore_index=True)


def at_stage(table: pd.DataFrame, quantity: str, n_parts: int, of: str = REAL) -> Interval:
    """A number at one size of the corpus, with an interval for what another corpus of this size would show on average.

    The whole: mean over its splits, with the scatter within and between them (`pool_splits`). Parts share no question:
    mean over the parts, eight or more with Student's interval over them, fewer with the variances of their own
    intervals.

    Args:
        table: of `read_curve`.
        quantity: of `measure`.
        n_parts: parts into which the corpus was dealt.
        of: the real chains or a control.
    """
    rows = table[(table["parts"] == n_parts) & (table["quantity"] == quantity) & (table["of"] == of)]
    if rows.empty:
        raise LmphysError(f"no {quantity!r} of {of!r} in {n_parts} parts; quantities: {', '.join(_names(table))}")
    of_parts = [pooled([Interval.of_row(row) for _, row in part.iterrows()]) for _, part in rows.groupby("part")]
    if n_parts == 1:
        return of_parts[0]
    values = np.array([found.value for found in of_parts])
    if n_parts >= _ENOUGH_PARTS:
        spread = float(student_t.ppf(0.975, n_parts - 1) * values.std(ddof=1) / np.sqrt(n_parts))
    else:
        spread = float(np.sqrt(np.sum([((found.high - found.low) / 2) ** 2 for found in of_parts])) / n_parts)
    return Interval(float(values.mean()), float(values.mean()) - spread, float(values.mean()) + spread)


def grown(table: pd.DataFrame, quantity: str, of: str = REAL) -> Interval:
    """A number of the whole corpus minus the mean of its smallest parts; the variances of both are added."""
    least = int(table["parts"].max())
    whole, small = at_stage(table, quantity, 1, of), at_stage(table, quantity, least, of)
    value = whole.value - small.value
    spread = float(np.hypot((whole.high - whole.low) / 2, (small.high - small.low) / 2))
    return Interval(value, value - spread, value + spread)


def curve_of(table: pd.DataFrame, quantity: str, of: str = REAL) -> pd.DataFrame:
    """`at_stage` for all sizes, small first: `transitions` (mean of the parts), `value`, `low`, `high`."""
    rows = {}
    for n_parts in sorted(table["parts"].unique(), reverse=True):
        found = at_stage(table, quantity, n_parts, of)
        mine = table[(table["parts"] == n_parts) & (table["quantity"] == quantity) & (table["of"] == of)]
        rows[n_parts] = {"transitions": mine["transitions"].mean(), **found._asdict()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parts")


def _names(table: pd.DataFrame) -> list[str]:
    return sorted(table["quantity"].unique())
