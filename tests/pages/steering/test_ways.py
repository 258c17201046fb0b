"""Tables of ways to steer: limits in which everything is linear, and identities that hold in any."""

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.pages.steering.contexts import Contexts, SteeringVector
from lmphys.pages.steering.relevance import relevance_gains
from lmphys.pages.steering.steering import Steered, gradients, steer, steer_at_random, steer_by, target_log_p
from lmphys.pages.steering.tilts import logit_bias
from lmphys.pages.steering.ways import cost_table, mean_over_places, means, sweep

from .conftest import TARGETS, TEXTS


@pytest.fixture(scope="module")
def contexts(precise):
    return Contexts.of(precise, TEXTS)


def test_a_small_gain_is_linear_in_every_layer(contexts):
    """The gradient step then gains what was asked, and the vector that does is the gradient step."""
    slopes = gradients(contexts, TARGETS, [0, 1, 3])
    small = sweep(contexts, TARGETS, slopes, 0.1)
    assert small.index.get_level_values("layer").unique().tolist() == [0, 1, 3]
    step = steer_by(contexts, SteeringVector(1, slopes.first_order(1, 0.1)))
    gained = target_log_p(step.log_p, TARGETS) - target_log_p(slopes.log_p, TARGETS)
    np.testing.assert_allclose(small.loc[1, "first"], gained, atol=1e-12)
    tiny = sweep(contexts, TARGETS, slopes, 1e-4)
    np.testing.assert_allclose(tiny["first"], 1e-4, rtol=0.02)
    np.testing.assert_allclose(tiny["longer"], 1, atol=0.03)
    assert (small["kl"] >= small["rest"] - 1e-12).all() and (small["rest"] > -1e-12).all()
    lengths = np.concatenate(
        [(slopes.first_order(layer, 0.1).norm(dim=1) / slopes.lengths[layer]) for layer in (0, 1, 3)]
    )
    np.testing.assert_allclose(small["relative_length"], small["longer"] * lengths, rtol=1e-9)


def test_costs_add_up_and_the_bias_pays_the_floor(contexts):
    slopes = gradients(contexts, TARGETS, [2])
    states = contexts.read().states[:, 0].detach()
    ways = {
        "bias": Steered(logit_bias(slopes.log_p, TARGETS, 0.3)),
        "gradient": steer(contexts, TARGETS, slopes, 2, 0.3, tolerance=1e-8),
    }
    ways["random"] = steer_at_random(contexts, ways["gradient"])
    ways["last"] = Steered(slopes.log_p, last_step=0.5 * states)
    ways["none"] = Steered(torch.full_like(slopes.log_p, torch.nan), ways["gradient"].vector)
    table = cost_table(slopes, states, TARGETS, ways)
    np.testing.assert_allclose(table["kl"], table["floor"] + table["rest"], atol=1e-12)
    np.testing.assert_allclose(table.loc["bias", "rest"], 0, atol=1e-12)
    np.testing.assert_allclose(table.loc["gradient", "floor"], table.loc["bias", "floor"], atol=1e-6)
    assert (table.loc["gradient", "rest"] > 0).all()
    np.testing.assert_allclose(table.loc["gradient", "relative_length"], table.loc["random", "relative_length"])
    np.testing.assert_allclose(table.loc["last", "relative_length"], 0.5)
    assert table.loc["bias", "relative_length"].isna().all() and table.loc["none"].isna().all(axis=None)
    assert not steer_at_random(contexts, ways["none"]).reached.any()


def test_means_leave_out_what_was_not_reached():
    table = pd.DataFrame(
        {"x": [1.0, 3, np.nan, 5, 5, 5, np.nan, np.nan, 2]},
        index=pd.MultiIndex.from_product([["a", "b", "c"], range(3)], names=["way", "place"]),
    )
    found = means(table, ["x"])
    assert found["x", "value"].tolist()[:2] == [2, 5] and np.isnan(found["x", "value"]["c"])
    assert found["places", ""].tolist() == [2, 3, 1]
    assert (found.loc["a", ("x", "low")], found.loc["a", ("x", "high")]) == (1, 3)  # both ends of two values
    assert found.loc["b", ("x", "low")] == found.loc["b", ("x", "high")] == 5
    x = np.random.default_rng(0).standard_normal(400)
    interval = mean_over_places(x)
    assert float(interval.high - interval.low) == pytest.approx(2 * 1.96 / 20, rel=0.15)


def test_gains_of_quality_by_hand():
    """Three contexts; the second is missing in one way, and ends after one token in the other."""
    index = pd.MultiIndex.from_tuples([("a", 0), ("a", 1), ("a", 2), ("b", 0), ("b", 2)], names=["way", "context"])
    scores = pd.DataFrame({"relevance": [1.0, 20, 2, 3, 1], "n_tokens": [10, 1, 30, 20, 20]}, index=index)
    row = relevance_gains(scores, "a").loc["b"]
    assert (row.contexts, row.better) == (2, 1)
    assert (row["mean"], row.low, row.high, row["median"]) == pytest.approx((0.5, -1, 2, 0.5))
    assert row.pooled == pytest.approx((3 * 20 + 1 * 20) / 40 - (1 * 10 + 2 * 30) / 40)
