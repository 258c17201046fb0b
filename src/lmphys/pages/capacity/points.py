"""Trained models as points: how many facts, how many parameters, how many bits; the table that comes with the book."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.lm.model import LanguageModel
from lmphys.pages.capacity.bits import learned, strangers
from lmphys.pages.capacity.rounding import by_precision
from lmphys.problems.people.records import Records
from lmphys.stats import Interval
from lmphys.stats.splits import pooled
from lmphys.training.checkpoint import step_folder
from lmphys.training.tiny.learner import Tiny
from lmphys.training.tiny.recipe import TinyRecipe

FILE = Path("data", "reference", "capacity", "points.csv")
# Recipes whose models have equally many parameters, and unequally many people.
PEOPLE = tuple(f"capacity-{n}" for n in (500, 1000, 1400, 1800, 2400, 3200, 4200))


@dataclass(frozen=True)
class Trial:
    """A finished training on records.

    Attributes:
        recipe: of the training.
        world: the records.
        model: at its end, float32.
        training: what the training tells of itself.
    """

    recipe: TinyRecipe
    world: Records
    model: LanguageModel
    training: dict[str, Any]

    @classmethod
    def of_folder(cls, folder: str | Path) -> "Trial":
        """From the folder that `lmphys train` leaves.

        Raises:
            LmphysError: the training is not done, is damaged, or is not one of records.
        """
        file = Path(folder) / "training.json"
        with given(file, "finish the training, or name another folder", "cannot be read"):
            training = dict(json.loads(file.read_text(encoding="utf-8")))
        recipe = TinyRecipe.from_json(training["recipe"])
        world = recipe.source()
        if not isinstance(world, Records):
            raise LmphysError(f"{folder} was trained on {recipe.world}; name a training of records")
        model = LanguageModel(str(step_folder(Path(folder), recipe.steps)), dtype="float32", device="cpu")
        return cls(recipe, world, model, training)

    @property
    def exposures(self) -> float:
        """How often each person was met."""
        return self.recipe.steps * self.recipe.batch_size / self.world.n_people / (1 + self.world.strangers)

    def point(self, name: str) -> dict[str, Any]:
        """A row of the table: sizes, bits learned, and bits learned a parameter with few bits a weight.

        Args:
            name: of the recipe.
        """
        recipe, model, n = self.recipe, self.model, self.model.n_parameters
        bits = learned(model, self.world)
        blank = Tiny(recipe, "cpu", self.world).model
        few = by_precision(model, self.world, seed=recipe.seed)
        return {
            "recipe": name,
            "seed": recipe.seed,
            "people": self.world.n_people,
            "parameters": n,
            "width": recipe.shape.width,
            "exposures": self.exposures,
            "gated": recipe.shape.gated,
            "learning_rate": recipe.learning_rate,
            "steps": recipe.steps,
            "names": round(bits.names, 1),
            "values": round(bits.values, 1),
            "R": round(bits.total / n, 5),
            "R_max": round(self.world.capacity.most / n, 5),
            "untrained": round(learned(blank, self.world).total / n, 5),
            "strangers": round(learned(model, strangers(self.world)).total / n, 5),
            **{f"R_int{b}": round(float(x), 5) for b, x in few["rounded"].items()},
            **{f"R_noise{b}": round(float(x), 5) for b, x in few["noise"].items()},
            "seconds": self.training["seconds"],
            "commit": self.training["commit"],
        }


def read_points(file: Path | None = None) -> pd.DataFrame:
    """The table of points that comes with the book, a row a trained model.

    Args:
        file: another table of this form.

    Raises:
        LmphysError: the table is missing or damaged.
    """
    path = project_root() / FILE if file is None else file
    with given(path, "restore it: git checkout data"):
        return pd.read_csv(path)


def over_seeds(points: pd.DataFrame, column: str = "R") -> pd.DataFrame:
    """Mean of a column for each recipe, with an interval over its seeds; no interval where there is one seed.

    Returns:
        Indexed by recipe, in the order of the table: `people`, `R_max`, `seeds`, `value`, `low`, `high`.
    """
    rows = {}
    for name, part in points.groupby("recipe", sort=False):
        found = over(part[column])
        head = {"people": part["people"].iloc[0], "R_max": part["R_max"].mean(), "seeds": len(part)}
        rows[name] = {**head, **found._asdict()}
    return pd.DataFrame.from_dict(rows, orient="index")


def over(values: Sequence[float] | pd.Series) -> Interval:
    """Mean over seeds; with its 95 % interval, by their scatter, where there are two or more, else the number alone."""
    return pooled([Interval(float(x), float(x), float(x)) for x in values])


def peak(points: pd.DataFrame) -> str:
    """Recipe at whose number of people most bits are held, the mean over seeds, among those of equal size.

    Raises:
        LmphysError: there is none.
    """
    equal = points[points["recipe"].isin(PEOPLE)]
    if equal.empty:
        raise LmphysError("no point of " + ", ".join(PEOPLE) + " is in the table; add one")
    return str(equal.groupby("recipe")["R"].mean().idxmax())
