"""A training with questions on the page: those about the people asked for, and those about the others."""

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.pages.knowledge.asking import answers, right, truths
from lmphys.pages.knowledge.scores import over_trainings
from lmphys.training.checkpoint import step_folder
from lmphys.training.recipe import kept_steps
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import train


def learn(name: str, steps: int, n_people: int, *, n_kept: int = 6, seed: int = 0) -> pd.DataFrame:
    """Go on with questions from a transformer of the book, and ask it on the way; the weights are thrown away.

    Args:
        name: of a recipe of questions.
        steps: updates, over which its learning rate falls.
        n_people: asked about, of each half.
        n_kept: times that it is asked.
        seed: of the people; a transformer of this seed comes with the book.

    Returns:
        A row a time and half: `step`, `people` ("asked about in training" or "others"), `accuracy` (%), `low`, `high`,
        of all attributes but the first.
    """
    recipe = replace(RECIPES[name], steps=steps, n_kept=n_kept, seed=seed)
    questions = recipe.source()
    later = tuple(attribute for attribute in questions.attributes if attribute != questions.world.attributes[0])
    halves = {"asked about in training": "train", "others": "test"}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        train(recipe, Path(folder), device="cpu", progress=False)
        for step in kept_steps(steps, n_kept):
            model = LanguageModel(str(step_folder(Path(folder), step)), dtype="float32", device="cpu")
            for called, half in halves.items():
                people = questions.world.half(half)[:n_people]
                hits = right(answers(model, questions, people), truths(questions, people))
                kept = [questions.attributes.index(attribute) for attribute in later]
                found = over_trainings(100 * np.mean(hits[:, kept], axis=1)[None], bounds=(0, 100), seed=seed)
                rows.append((step, called, *found))
    return pd.DataFrame(rows, columns=["step", "people", "accuracy", "low", "high"])
