"""What transformers pay above the exact law: along a short training, and at the end of long ones."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lmphys.training.checkpoint import step_folder
from lmphys.training.recipe import kept_steps
from lmphys.training.solver.floor import Costs, by_part, per_word, surprisals
from lmphys.training.solver.models import Solver, loaded
from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import TinyRecipe

_KEPT = 7


def learn(recipe: TinyRecipe, found: Costs, *, steps: int, seed: int = 0) -> pd.DataFrame:
    """Train a shortened recipe in a folder that is then thrown away, and read the same words after some of its updates.

    Args:
        recipe: of a transformer on arithmetic.
        found: words of fresh solutions.
        steps: updates.
        seed: of its documents and first weights.

    Returns:
        `tokens` read, `part` of the solution and `nats` a word above the exact law; "all" is over all words.
    """
    short = replace(recipe, steps=steps, n_kept=_KEPT, seed=seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "training"
        train(short, folder, device="cpu", progress=False)
        per_step = pd.read_csv(folder / "loss.csv")["tokens"].iloc[-1] / steps
        tables = []
        for step in kept_steps(steps, _KEPT):
            extra = surprisals(loaded(str(step_folder(folder, step))), found) - found.floor
            nats = by_part([extra], found)["per word"]
            nats["all"] = extra.mean()
            tables.append(nats.rename_axis("part").rename("nats").reset_index().assign(tokens=step * per_step))
    return pd.concat(tables, ignore_index=True)


def excess_table(solvers: Sequence[Solver], found: Costs, *, seed: int = 0) -> pd.DataFrame:
    """Nats a word above the exact law: a row a training, and a row for whoever lacks one skill.

    Returns:
        `nats` with `low` and `high` over documents, and `tokens` of the training.
    """
    rows = {}
    for one in solvers:
        extra = surprisals(one.model, found) - found.floor
        rows[f"{one.name}, seed {one.recipe.seed}"] = (
            *per_word(extra, found, seed=seed),
            one.training.training["tokens"],
        )
    for lacking, nats in found.lacking.items():
        rows[lacking] = (*per_word(nats, found, seed=seed), float("nan"))
    return pd.DataFrame.from_dict(rows, orient="index", columns=["nats", "low", "high", "tokens"])
