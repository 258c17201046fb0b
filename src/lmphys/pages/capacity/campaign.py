"""The trainings behind the table of points: `python -m lmphys.pages.capacity.campaign RECIPE... [seed=0,1,2]`."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import project_root
from lmphys.pages.capacity.points import FILE, Trial
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import train

FOLDER = Path("runs", "capacity")


def add_points(names: Sequence[str], seeds: Sequence[int], file: Path, folder: Path) -> pd.DataFrame:
    """Train what the table lacks, one model after the other, and write its row as soon as there is one.

    Whoever is stopped goes on with the same call: rows that are there are kept, and a training that was begun is ended.

    Args:
        names: of recipes.
        seeds: of people, documents and first weights; all recipes of one seed come before those of the next.
        file: of the table.
        folder: for the trainings.

    Returns:
        The table.

    Raises:
        LmphysError: a recipe is unknown.
    """
    unknown = [name for name in names if name not in RECIPES]
    if unknown:
        raise LmphysError(f"unknown recipe {unknown[0]!r}; lmphys train --list shows all of them")
    table = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=["recipe", "seed"])
    for seed in seeds:
        for name in names:
            if ((table["recipe"] == name) & (table["seed"] == seed)).any():
                continue
            into = folder / f"{name}-{seed}"
            train(replace(RECIPES[name], seed=seed), into, device="cpu")
            row = pd.DataFrame([Trial.of_folder(into).point(name)])
            table = row if table.empty else pd.concat([table, row], ignore_index=True)
            write_atomically(file, table.to_csv(index=False, lineterminator="\n"))
    return table


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("seed=")]
    given_seeds = [argument[5:] for argument in sys.argv[1:] if argument.startswith("seed=")]
    root = project_root()
    numbers = [int(number) for text in given_seeds or ["0,1,2"] for number in text.split(",")]
    print(add_points(wanted, numbers, root / FILE, root / FOLDER).to_string())
