import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.thermal_laws import campaign
from lmphys.pages.thermal_laws.campaign import add_experiments
from lmphys.pages.thermal_laws.experiments import EXPERIMENTS, HELD_OUT, TRAINED, Plan
from lmphys.pages.thermal_laws.record import Recorded, recorded
from lmphys.training.thermal.plateau import PLATEAU
from lmphys.training.tiny.recipe import Shape

SMALL = Plan(
    recipe=replace(
        PLATEAU, steps=6, batch_size=2, options={"length": 12}, context=13, shape=Shape(layers=1, width=16, heads=2)
    ),
    rates=(1.5e-3, 3e-3),
    batch_sizes=(2, 4),
    settle=3,
    anneal=2,
    decay=4,
    plateau=4,
    times=(2,),
    n_texts=3,
    every=2,
)


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("record")
    return folder, add_experiments(1, list(EXPERIMENTS), SMALL, folder, folder / "work")


def test_the_record_comes_back(done):
    folder, found = done
    (back,) = recorded(folder)
    assert back.seed == 1
    pd.testing.assert_frame_equal(back.curves, found.curves, check_dtype=False, rtol=1e-5)
    for name, column in ((TRAINED, "trained"), (HELD_OUT, "held_out")):
        np.testing.assert_allclose(back.texts[name].mean(axis=1), back.curves[column], atol=2e-3)
    assert set(json.loads((folder / "seed-1.json").read_text())["parts"]) == {"trunk", *EXPERIMENTS}


def test_twins_begin_alike_and_differ_by_their_rates(done):
    _, found = done
    for setting in ("0.0015", "0.003"):
        hot, annealed, constant = (found.losses("anneals", setting, part) for part in ("hot", "annealed", "constant"))
        np.testing.assert_array_equal(hot[-1], annealed[0])
        np.testing.assert_array_equal(constant[0], annealed[0])
        assert np.abs(annealed[-1] - constant[-1]).max() > 0
    assert not len(found.losses("anneals", "0.003", "annealed by the clock"))  # it would be the same
    assert list(found.updates("anneals", "0.0015", "annealed by the clock")) == [0, 4]
    np.testing.assert_array_equal(
        found.losses("anneals", "0.003", "fell")[0], found.losses("anneals", "0.003", "hot")[-1]
    )
    at = found.updates("anneals", "0.003", "fell")
    np.testing.assert_array_equal(at, found.updates("anneals", "0.0015", "constant by the clock"))


def test_all_shapes_leave_one_trunk(done):
    _, found = done
    rows = found.curves[(found.curves["experiment"] == "shapes") & (found.curves["update"] == 0)]
    assert len(rows) == 6 and rows["trained"].nunique() == 1 and (rows["rate"] == 3e-3).all()


def test_what_is_done_is_not_done_again(done, monkeypatch):
    folder, found = done
    monkeypatch.setattr(campaign, "EXPERIMENTS", dict.fromkeys(EXPERIMENTS))
    monkeypatch.setattr(campaign, "grow", None)
    again = add_experiments(1, ["shapes"], SMALL, folder, folder / "work")
    assert len(again.curves) == len(found.curves)
    with pytest.raises(LmphysError, match="unknown experiment 'heat'; use anneals"):
        add_experiments(1, ["heat"], SMALL, folder, folder)


def test_an_empty_record_has_nothing():
    assert not Recorded.empty(0, 3).has("shapes")
