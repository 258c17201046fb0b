"""The trainings behind the page: `python -m lmphys.pages.knowledge.campaign [RECIPE...] [seed=0,1,2]`."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.lm.model import LanguageModel
from lmphys.pages.knowledge.asking import answers
from lmphys.pages.knowledge.shelf import ASKED, LIVES, AnswerShelf
from lmphys.training.checkpoint import step_folder
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import TinyRecipe
from lmphys.training.tiny.trained import Trained, ship, trained_folder

FOLDER = Path("runs", "knowledge")


def add(names: Sequence[str], seeds: Sequence[int], shelf: AnswerShelf, folder: Path) -> None:
    """Train what the book lacks, one model after the other, and keep each as soon as there is one.

    Models of biographies go to `data/trained`. Those that go on with questions answer all questions about all people,
    and their answers are kept. Whoever is stopped goes on with the same call.

    Args:
        names: of recipes, biographies before what goes on from them.
        seeds: of people, documents and first weights; all recipes of one seed come before those of the next.
        shelf: for the answers.
        folder: for the trainings.

    Raises:
        LmphysError: a recipe is none of this page.
    """
    unknown = [name for name in names if name not in (*LIVES, *ASKED)]
    if unknown:
        raise LmphysError(f"no recipe {unknown[0]!r} of this page; use {', '.join((*LIVES, *ASKED))}")
    for seed in seeds:
        for name in names:
            into, recipe = folder / f"{name}-{seed}", replace(RECIPES[name], seed=seed)
            if name in LIVES:
                if not (trained_folder() / name / f"seed-{seed}").is_dir():
                    train(recipe, into, device="cpu")
                    ship(name, into)
            elif not shelf.has(name, seed):
                train(recipe, into, device="cpu")
                shelf.put(name, seed, asked(recipe, into), row(name, into))


def asked(recipe: TinyRecipe, folder: Path) -> dict[str, np.ndarray]:
    """Answers to all questions of a recipe, by the half of the people; what is answered at once is called so.

    Args:
        recipe: of questions.
        folder: of its training.
    """
    questions = recipe.source()
    model = LanguageModel(str(step_folder(folder, recipe.steps)), dtype="float32", device="cpu")
    halves = {split: questions.world.half(split) for split in ("train", "test")}
    found = {split: answers(model, questions, people) for split, people in halves.items()}
    if questions.steps:
        found["test, at once"] = answers(model, questions, halves["test"], at_once=True)
    return found


def row(name: str, folder: Path) -> pd.DataFrame:
    """What is recorded of a training with questions."""
    one = Trained(name, 0, folder)
    told = one.training
    return pd.DataFrame(
        [
            {
                "recipe": name,
                "seed": one.recipe.seed,
                "steps": one.recipe.steps,
                "batch_size": one.recipe.batch_size,
                "learning_rate": one.recipe.learning_rate,
                "tokens": told["tokens"],
                "first_loss": round(float(one.losses["loss"].iloc[0]), 5),
                "final_loss": round(told["final_loss"], 5),
                "seconds": told["seconds"],
                "commit": told["commit"],
            }
        ]
    )


if __name__ == "__main__":
    wanted = [argument for argument in sys.argv[1:] if not argument.startswith("seed=")]
    given_seeds = [argument[5:] for argument in sys.argv[1:] if argument.startswith("seed=")]
    root = project_root()
    numbers = [int(number) for text in given_seeds or ["0,1,2"] for number in text.split(",")]
    add(wanted or (*LIVES, *ASKED), numbers, AnswerShelf.of_book(), root / FOLDER)
