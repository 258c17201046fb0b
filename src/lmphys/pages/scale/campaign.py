"""The measurements behind the curve: `python -m lmphys.pages.scale.campaign [MODEL] [planted] [profile=full]`.

The corpus has to be built before or is built then: 9,792 chains, an hour and a half on one core for the default model,
minutes on a GPU. Rows that are in the table are kept, so that whoever was stopped goes on with the same call.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.files import write_atomically
from lmphys.core.paths import DEFAULT_MODEL, project_root
from lmphys.core.progress import Progress
from lmphys.core.provenance import git_state
from lmphys.core.trajectories import Trajectories
from lmphys.corpus import build_corpus, default_spec
from lmphys.dynamics.evaluate.planted import PLANTED, positive_control
from lmphys.dynamics.projection import Projection
from lmphys.pages.scale.curve import STAGES, curve_file
from lmphys.pages.scale.measures import count_regimes, measure
from lmphys.pages.scale.parts import disjoint_parts

WORTH = 0.17  # gain in R² that the paper reports
_RANK = 40

Task = tuple[tuple[int, int, int, str], Callable[[], pd.DataFrame]]


def add_rows(traj: Trajectories, file: Path, *, planted: bool = False) -> pd.DataFrame:
    """Measure what the table lacks, the largest parts first, and write the rows of each part as soon as there are some.

    Args:
        traj: chains of the whole corpus.
        file: of the table.
        planted: whether regimes of a known worth are planted and looked for too, in one part of each size.

    Returns:
        The table.
    """
    table = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=["parts", "part", "split", "kind"])
    tasks = [task for n_parts, splits in STAGES.items() for task in _tasks(traj, n_parts, splits, planted)]
    with Progress("parts of the corpus", len(tasks)) as bar:
        for (n_parts, part, split, kind), work in tasks:
            place: dict[str, Any] = {"parts": n_parts, "part": part, "split": split, "kind": kind}
            if (table[list(place)] == pd.Series(place)).all(axis=1).any():
                bar.skip(1)
                continue
            begun = time.perf_counter()
            found = work()
            rows = found.assign(
                **place, seconds=round(time.perf_counter() - begun, 1), commit=git_state(project_root())
            )
            table = rows if table.empty else pd.concat([table, rows], ignore_index=True)
            write_atomically(file, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
            bar.advance()
    return table


def _tasks(traj: Trajectories, n_parts: int, splits: int, planted: bool) -> list[Task]:
    tasks: list[Task] = []
    for i, part in enumerate(disjoint_parts(traj, n_parts)):
        for split in range(splits):
            tasks.append(((n_parts, i, split, "split"), lambda part=part, split=split: measure(part, seed=split)))  # type: ignore[misc]
        if i == 0:
            tasks.append(((n_parts, i, 0, "components"), lambda part=part: count_regimes(part)))  # type: ignore[misc]
            if planted:
                tasks.append(((n_parts, i, 0, "planted"), lambda part=part: planted_gains(part)))  # type: ignore[misc]
    return tasks


def planted_gains(traj: Trajectories) -> pd.DataFrame:
    """What the same pipeline finds of regimes that are worth the paper's gain, or as much as their kind allows.

    Args:
        traj: chains of all D dimensions, in whose geometry they are planted.
    """
    found = positive_control(Projection(_RANK).fit(traj).transform(traj), tuple(PLANTED), worth=WORTH, n_init=2)
    rows = []
    for kind, row in found.iterrows():
        ends = {"value": row["gain"], "low": row["low"], "high": row["high"]}
        rows.append({"quantity": "honest gain", "of": f"planted: {kind}", **ends})
        for quantity, column in (("worth", "worth"), ("leaking gain", "target seen"), ("oracle gain", "oracle")):
            rows.append({"quantity": quantity, "of": f"planted: {kind}", "value": row[column]})
    return pd.DataFrame(rows).assign(transitions=traj.n_transitions, chains=len(traj))


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if word != "planted" and "=" not in word]
    profiles = [word.removeprefix("profile=") for word in sys.argv[1:] if word.startswith("profile=")]
    name = words[0] if words else DEFAULT_MODEL
    states = build_corpus(default_spec(name, *(profiles or ["full"]), dtype="float32")).trajectories()
    print(add_rows(states, curve_file(name), planted="planted" in sys.argv[1:]).to_string())
