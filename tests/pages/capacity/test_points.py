"""The table of points: means over seeds by hand, and a campaign that goes on where it stood."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.capacity import campaign
from lmphys.pages.capacity.bits import learned
from lmphys.pages.capacity.campaign import add_points
from lmphys.pages.capacity.points import Trial, over, over_seeds, peak, read_points
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import train

POINTS = pd.DataFrame(
    [("capacity-1800", 0, 1800, 1.0), ("capacity-2400", 0, 2400, 1.4), ("capacity-1800", 1, 1800, 2.0),
     ("capacity-1800", 2, 1800, 3.0), ("capacity-wide", 0, 3840, 9.0)],
    columns=["recipe", "seed", "people", "R"],
).assign(R_max=4.0)  # fmt: skip


def test_an_interval_is_by_the_scatter_of_the_seeds():
    spread = 1.959964 * math.sqrt((1 + 1 / 3) * 1.0)  # the variance of 1, 2, 3 is 1
    assert tuple(over([1.0, 2.0, 3.0])) == pytest.approx((2, 2 - spread, 2 + spread))
    assert tuple(over([1.5])) == (1.5, 1.5, 1.5)


def test_seeds_of_a_recipe_are_one_row():
    found = over_seeds(POINTS)
    assert found.index.tolist() == ["capacity-1800", "capacity-2400", "capacity-wide"]
    assert found["seeds"].tolist() == [3, 1, 1] and found["value"].tolist() == [2.0, 1.4, 9.0]


def test_the_peak_is_the_largest_mean_among_models_of_one_size():
    assert peak(POINTS) == "capacity-1800"
    with pytest.raises(LmphysError, match="no point of capacity-500"):
        peak(POINTS[POINTS["recipe"] == "capacity-wide"])


@pytest.fixture
def short(monkeypatch):
    """Recipes of the book with a handful of updates."""
    for name, steps in (("capacity-narrow", 40), ("capacity-junk-marked", 5)):
        monkeypatch.setitem(RECIPES, name, replace(RECIPES[name], steps=steps))


def test_a_campaign_goes_on_where_it_stood(short, tmp_path, monkeypatch):
    done = []

    def counted(recipe, folder, **more):
        done.append((recipe.seed, folder.name))
        return train(recipe, folder, **more)

    monkeypatch.setattr(campaign, "train", counted)
    file, folder = tmp_path / "points.csv", tmp_path / "runs"
    add_points(["capacity-narrow"], [0], file, folder)
    found = add_points(["capacity-narrow", "capacity-junk-marked"], [0], file, folder)
    assert done == [(0, "capacity-narrow-0"), (0, "capacity-junk-marked-0")]
    assert found["recipe"].tolist() == ["capacity-narrow", "capacity-junk-marked"]
    assert found["exposures"].tolist() == pytest.approx([40 * 13 / 520, 5 * 104 / 8 / 520])
    assert read_points(file).shape == found.shape
    trial = Trial.of_folder(folder / "capacity-narrow-0")
    row = found.iloc[0]
    assert row["R"] == pytest.approx(learned(trial.model, trial.world).total / trial.model.n_parameters, abs=1e-5)
    assert row["names"] + row["values"] == pytest.approx(row["R"] * row["parameters"], abs=0.3)
    assert row["R_int10"] == pytest.approx(row["R"], abs=0.01) and row["R_max"] == pytest.approx(2.057, abs=0.001)
    assert (found["parameters"].diff().iloc[1]) == 16  # a row of the embedding for the mark


def test_what_is_no_training_of_records_is_refused(tmp_path):
    with pytest.raises(LmphysError, match="unknown recipe 'capacity-0'"):
        add_points(["capacity-0"], [0], tmp_path / "points.csv", tmp_path)
    with pytest.raises(LmphysError, match=r"training\.json"):
        Trial.of_folder(tmp_path)
    train(replace(RECIPES["markov"], steps=2), tmp_path / "markov", device="cpu")
    with pytest.raises(LmphysError, match="was trained on markov"):
        Trial.of_folder(tmp_path / "markov")
