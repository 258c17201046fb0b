"""Trained transformers on documents that they have not seen."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.pages.canon.answers import accuracy_by_document, answers
from lmphys.pages.canon.comparisons import over_trainings
from lmphys.pages.canon.laws import even_guess
from lmphys.problems.copying import Copies
from lmphys.problems.documents import Document
from lmphys.problems.hops import Hops
from lmphys.training.checkpoint import step_folder
from lmphys.training.tiny.trained import Trained, trained


def specs(names: Mapping[str, str]) -> dict[str, list[str]]:
    """Model specs of the shipped trainings, by what a reader calls their recipe.

    Args:
        names: what it is called, to the name of the recipe.
    """
    return {label: [one.spec for one in trained(name)] for label, name in names.items()}


def loaded(spec: str) -> LanguageModel:
    """A tiny transformer; its float16 weights are read into float32, on the CPU."""
    return LanguageModel(spec, dtype="float32", device="cpu")


def cycles(options: Mapping[str, Any], hops: int, n: int, seed: int) -> list[Document]:
    """Documents of the test split with one question, for one number of steps on cycles of the largest size.

    Later questions of a document may have been asked before, with their answers; the first never has.

    Args:
        options: of the world `hops`.
        hops: number of steps.
        n: documents.
        seed: of the documents.
    """
    world = Hops(seed, **{**options, "split": "test", "exact": True, "hops": hops, "n_questions": 1})
    return [world.document(index) for index in range(n)]


def lists(options: Mapping[str, Any], n: int, seed: int) -> list[Document]:
    """Documents of the test split of the world `copying`; arguments as in `cycles`."""
    world = Copies(seed, **{**options, "split": "test"})
    return [world.document(index) for index in range(n)]


def accuracy(
    models: Mapping[Any, Sequence[str]], documents: Mapping[Any, Sequence[Document]]
) -> dict[Any, dict[Any, np.ndarray]]:
    """Accuracy, %, of each model on each set of documents.

    Args:
        models: what they are called, to their specs, one a training.
        documents: sets by name.

    Returns:
        Name of the set, to what the models are called, to (trainings, documents).
    """
    found: dict[Any, dict[Any, np.ndarray]] = {name: {} for name in documents}
    for label, each in models.items():
        read = [loaded(spec) for spec in each]
        for name, some in documents.items():
            found[name][label] = np.stack([accuracy_by_document(answers(model, some)) for model in read])
    return found


def accuracy_by_place(models: Mapping[str, Sequence[str]], documents: Sequence[Document]) -> pd.DataFrame:
    """Share of right targets, %, by place among the targets of a document (rows), a column a kind of model."""
    columns = {}
    for label, each in models.items():
        tables = [answers(loaded(spec), documents) for spec in each]
        columns[label] = 100 * pd.concat(tables).groupby("place")["right"].mean()
    return pd.DataFrame(columns)


def own_trainings(folders: Sequence[str], n: int, seed: int) -> pd.DataFrame:
    """Accuracy by number of steps of trainings of one's own, on cycles of the largest size of their world.

    Args:
        folders: of trainings on the world `hops`, as `lmphys train NAME --into FOLDER` leaves them.
        n: documents.
        seed: of the documents.

    Returns:
        A row a training and number of steps: `folder`, `model`, `steps`, `accuracy` (%), `low`, `high`, `even guess`.
    """
    rows = []
    for folder in map(Path, folders):
        recipe = Trained(folder.name, 0, folder).recipe
        model, options = loaded(str(step_folder(folder, recipe.steps))), recipe.options
        for hops in range(1, options["max_hops"] + 1):
            right = accuracy_by_document(answers(model, cycles(options, hops, n, seed)))
            found = over_trainings(right[None], bounds=(0, 100), seed=seed)
            rows.append((str(folder), str(recipe.shape), hops, *found, even_guess(options["n_vertices"])))
    return pd.DataFrame(rows, columns=["folder", "model", "steps", "accuracy", "low", "high", "even guess"])
