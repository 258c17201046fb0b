"""The trainings behind the page: `python -m lmphys.pages.mpemba.campaign [seed=0,1,2] [baths=0,1] [into=FOLDER]`."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import torch

from lmphys.core.files import write_atomically
from lmphys.core.paths import expanded, project_root
from lmphys.core.provenance import PACKAGE, git_state, machine, versions
from lmphys.pages.mpemba.quenches import Plan, quench_all
from lmphys.pages.mpemba.shipped import FOLDER
from lmphys.pages.mpemba.subspace import heat
from lmphys.training.loop import first_losses
from lmphys.training.tiny.learner import Tiny

FIRST = 20  # updates whose losses the record keeps, for whoever trains anew


def run(seeds: Sequence[int], baths: Sequence[int], folder: Path, plan: Plan) -> None:
    """Do what the folder lacks, one seed after the other.

    Whoever is stopped goes on with the same call: a seed whose record is there is left alone.

    Args:
        seeds: of trunks.
        baths: those of them along whose sharpest directions SGD is run at the end.
        folder: for `quenches-<seed>.npz`, `bath-<seed>.npz` and `record-<seed>.json`.
        plan: of the trainings.
    """
    for seed in seeds:
        record = folder / f"record-{seed}.json"
        if record.is_file():
            continue
        begun = time.monotonic()
        quenched, end = quench_all(seed, plan)
        quenched.write(folder / f"quenches-{seed}.npz")
        if seed in baths:
            heat(end).write(folder / f"bath-{seed}.npz")
        facts = {
            "seed": seed,
            "plan": {**asdict(plan), "recipe": {**plan.recipe.to_json(), "seed": seed}},
            "first_losses": first_losses_of(seed, plan),
            "seconds": round(time.monotonic() - begun, 1),
            "commit": git_state(PACKAGE),
            "machine": {**machine(), "threads": torch.get_num_threads()},
            "versions": versions(),
        }
        write_atomically(record, json.dumps(facts, indent=1) + "\n")


def first_losses_of(seed: int, plan: Plan) -> list[float]:
    """Losses of the first updates of a trunk, nats a character."""
    recipe = replace(plan.recipe, seed=seed)
    return first_losses(recipe, Tiny(recipe, "cpu", recipe.source()), FIRST)


if __name__ == "__main__":
    wanted = {"seed": "0,1,2,3,4", "baths": "0,1,2", "into": str(project_root() / FOLDER)}
    wanted |= dict(argument.split("=", 1) for argument in sys.argv[1:])
    numbers = {name: [int(number) for number in wanted[name].split(",")] for name in ("seed", "baths")}
    run(numbers["seed"], numbers["baths"], expanded(wanted["into"]), Plan())
