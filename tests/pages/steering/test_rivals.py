"""The setting of the page and its rivals are the pieces they are made of."""

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.mechanics.energies import C1
from lmphys.mechanics.summary import steadiness
from lmphys.pages.steering.contexts import Contexts, head_of
from lmphys.pages.steering.continuations import Continuation, as_paths, energies_along, examples
from lmphys.pages.steering.energy import UNSTEERED, changes_by_way, energy_table, passages, ratios_out
from lmphys.pages.steering.relevance import trace_gains
from lmphys.pages.steering.rivals import rival_ways, steer_last_state
from lmphys.pages.steering.setting import Setting, place_table
from lmphys.pages.steering.steering import gradients, target_log_p
from lmphys.pages.steering.targets import Places, contrast, contrast_directions, target_tokens
from lmphys.pages.steering.tilts import tilt_cost

from .conftest import TARGETS, TEXTS


@pytest.fixture(scope="module")
def setting(precise):
    contexts = Contexts.of(precise, TEXTS)
    paths = contexts.past.paths([0, 0, 0])
    last = np.array([len(text) - 1 for text in TEXTS])
    places = Places(np.arange(3), last, TARGETS, np.array([4, 5, 6]))
    return Setting(contexts, places, paths, head_of(precise))


def test_rivals_gain_the_same_and_the_bias_is_the_cheapest(setting):
    slopes = gradients(setting.contexts, setting.targets, [2])
    before = target_log_p(slopes.log_p, setting.targets)
    last = steer_last_state(setting, slopes, 0.3)
    generator = torch.Generator().manual_seed(0)
    directions = slopes.slopes[2] + 0.2 * slopes.slopes[2].norm() * torch.randn(
        slopes.slopes[2].shape, generator=generator, dtype=torch.float64
    )
    ways = rival_ways(setting, slopes, 2, 0.3, last_state=last.steered, contrast=directions)
    assert list(ways) == ["logit bias", "last state", "gradient", "contrast", "random"]
    costs = {}
    for name, way in ways.items():
        gained = (target_log_p(way.log_p, setting.targets) - before)[way.reached]
        if name != "random":
            np.testing.assert_allclose(gained, 0.3, atol=2e-3)
        costs[name] = tilt_cost(way.log_p, slopes.log_p, setting.targets).total
    assert (costs["logit bias"] <= costs["last state"] + 1e-9).all()
    assert (costs["logit bias"] <= costs["gradient"] + 1e-9).all()
    table = last.table
    assert (table["gain of one step, nats"] < 0.3).all()  # concave
    np.testing.assert_allclose(table["gain of the shortest vector, nats"], 0.3, atol=1e-3)
    assert (table["its length over that of one step"] >= 1).all()
    np.testing.assert_allclose(table["length over its proven lower bound"], 1, atol=5e-3)
    shown = place_table(setting, slopes, 0.3)
    np.testing.assert_allclose(shown["p after the gain"] / shown["p"], np.exp(0.3))
    assert shown["rank"].tolist() == [4, 5, 6]
    found = passages(setting, slopes.log_p, ways)
    assert list(found) == [UNSTEERED, *ways]
    changes = changes_by_way(found, setting)
    assert changes.index.unique("way").tolist() == list(ways)
    # A bias moves no state, and takes the gain from the step out.
    table = energy_table(found, changes)
    assert table.loc["logit bias", ["in", "out", "kinetic, out"]].tolist() == pytest.approx([0, -0.3, 0], abs=1e-5)
    out = found["gradient"].energy(C1)[:, 1] - found[UNSTEERED].energy(C1)[:, 1]
    assert table.loc["gradient", "out"] == pytest.approx(out.mean())
    ratios = ratios_out(changes, changes)
    assert list(ratios.columns) == ["C1", "C2", "C3", "C4", "C1, own word"]
    assert ratios["C1"].equals(ratios["C1, own word"].rename("C1"))


def test_targets_are_the_words_given_or_the_frequent_ones(llama):
    texts = [np.array([70, 80, 70, 80, 70])]
    token = next(i for i in range(60, 360) if len(llama.tokenizer(llama.tokenizer.decode([i]))["input_ids"]) == 1)
    assert target_tokens(llama, [llama.tokenizer.decode([token])], texts, 99) == [token]
    with pytest.raises(LmphysError, match="occurs 99 times"):
        target_tokens(llama, [], texts, 99)


def test_directions_are_those_of_each_target(llama):
    texts = [np.array([70, 80, 90, 80, 70, 90, 70])]
    found = contrast_directions(llama, [(5, 6)], texts, torch.tensor([80, 70, 80]), 2)
    each = contrast(llama, [(5, 6)], texts, [70, 80], 2)
    assert torch.equal(found, torch.stack([each[80], each[70], each[80]]))


def test_texts_after_a_bias_are_the_forced_ones_with_one_token_more_likely(precise):
    contexts = Contexts.of(precise, TEXTS)
    rng = np.random.default_rng(0)
    written = [
        Continuation(i, rng.integers(5, 300, 6), -rng.uniform(1, 4, 6), rng.standard_normal((6, precise.width)), False)
        for i in range(3)
    ]
    table = energies_along(contexts, {"natural": written, "forced": written, "random": []}, 0.5)
    assert table.index.tolist() == ["natural", "forced", "logit bias"]
    expected = steadiness(as_paths(contexts, written)).loc["C1", "mean"]
    assert table.loc["forced", "mean"] == pytest.approx(expected)
    assert table.loc["logit bias", "mean"] == pytest.approx(expected - 0.5 / 5)  # one of five places with a next token
    texts = examples(contexts, {"natural": written, "gradient": written[1:2]}, n_before=2)
    assert texts.loc[1, "natural"] == texts.loc[1, "gradient"] == precise.tokenizer.decode(written[1].tokens)
    assert texts["gradient"].isna().tolist() == [True, False, True]


def test_the_trace_is_what_differs_from_the_forced_word():
    index = pd.MultiIndex.from_product([["natural", "forced", "gradient"], range(2)], names=["way", "context"])
    scores = pd.DataFrame({"relevance": [0.0, 0, 1, 1, 1, 2], "n_tokens": 3}, index=index)

    def texts(*tokens):
        return [Continuation(i, np.array(t), np.zeros(2), np.zeros((2, 1)), True) for i, t in enumerate(tokens)]

    written = {"natural": [], "forced": texts([1, 2], [1, 3]), "gradient": texts([1, 2], [1, 4])}
    table = trace_gains(scores, written)
    assert table.index.tolist() == ["gradient"]
    assert table.loc["gradient", "mean"] == 0.5 and table.loc["gradient", "same text"] == 0.5
