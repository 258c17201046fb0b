import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.pages.energy_transformer import choices, curves, intervals, paper, texts, verdicts
from lmphys.pages.energy_transformer.asked import told
from lmphys.pages.energy_transformer.costs import DOUBLED, ONCE, TRANSFORMER, cost
from lmphys.pages.energy_transformer.learning import first_updates, frequency_loss, recorded
from lmphys.pages.energy_transformer.scores import Guesses, guesses
from lmphys.problems.prose import Prose, text_of
from lmphys.training.energy_transformer.model import EnergyTransformer
from lmphys.training.tiny.recipe import Shape


@pytest.fixture(scope="module")
def found():
    """Guesses of two windows of three characters out of four, three candidates, two steps."""
    chance = torch.Generator().manual_seed(0)
    log_p = torch.randn(3, 3, 2, 3, 4, generator=chance).log_softmax(-1)
    return Guesses(log_p, torch.randn(3, 3, 2, 3, generator=chance), torch.tensor([[0, 1, 2], [3, 3, 0]]))


def test_choices_are_those_made_by_hand(found):
    ways = choices.choose(found, 3, seed=1)
    for n in range(2):
        least, mean, sure = [], [], []
        for s in range(3):
            p = found.log_p[-1, :, n, s].exp().double()
            right = int(found.targets[n, s])
            least.append(-np.log(p[int(found.energies[-1, :, n, s].argmin()), right]))
            mean.append(-np.log(p[:, right].mean()))
            sure.append(-np.log(p[int((-(p * p.log()).sum(-1)).argmin()), right]))
        for way, values in ((choices.ENERGY, least), (choices.MEAN, mean), (choices.ENTROPY, sure)):
            assert ways[way][n] == pytest.approx(np.mean(values), rel=1e-6)
    assert ways[choices.SINGLE] == pytest.approx(found.surprisals[-1, 0].mean(-1))
    assert (ways[choices.MEAN] <= found.surprisals[-1].mean((0, 2)) + 1e-12).all()
    one = choices.choose(found, 1)
    same = (choices.ENERGY, choices.HIGHEST, choices.MEAN, choices.RANDOM, choices.ENTROPY)
    assert all(one[way] == pytest.approx(one[choices.SINGLE]) for way in same)


def test_the_best_temperature_undoes_a_wrong_one():
    chance = torch.Generator().manual_seed(3)
    log_p = (2 * torch.randn(60, 50, 6, generator=chance)).log_softmax(-1)
    torch.manual_seed(5)
    targets = torch.distributions.Categorical(logits=log_p).sample()
    assert choices.best_temperature(log_p, targets) == pytest.approx(1.0, rel=0.07)
    assert choices.best_temperature(choices.tempered(log_p, 0.5), targets) == pytest.approx(2.0, rel=0.07)
    undone = choices.at_best_temperature(choices.tempered(log_p, 0.5), targets)
    assert undone.mean() == pytest.approx(choices.at_best_temperature(log_p, targets).mean(), rel=0.01)


def test_slopes_of_exact_powers_are_found_with_their_floor():
    tokens = 2.0 ** np.arange(15, 22)
    rows = [
        (name, seed, int(t), int(t), floor + a * t**-b)
        for seed, floor in ((0, 0.0), (1, 1.2))
        for name, a, b in (("energies", 40.0, 0.3), ("transformer", 20.0, 0.2))
        for t in tokens
    ]
    table = pd.DataFrame(rows, columns=["name", "seed", "step", "tokens", "loss"])
    ratios = curves.slope_ratios(table)
    assert ratios.loc[0, "power"] == pytest.approx(50.0)
    assert ratios.loc[1, "floor"] == pytest.approx(1.2, abs=0.01)
    assert ratios.loc[1, "power above a floor"] == pytest.approx(50.0, abs=2)
    assert ratios.loc[1, "power"] != pytest.approx(50.0, abs=5)
    assert len(curves.points(table, "energies", 0, most=2.0**17)[0]) == 3


def test_gains_are_those_of_perplexities_and_their_ratio():
    rng = np.random.default_rng(0)
    before = rng.normal(2.0, 0.3, (3, 400))
    after = before - 0.1 + 0.01 * rng.standard_normal((3, 400))
    found = intervals.gain(before, after)
    assert found.value == pytest.approx(100 * (1 - np.exp((after - before).mean())))
    assert found.low < 100 * (1 - np.exp(-0.1)) < found.high
    further = before - 0.2 + 0.01 * rng.standard_normal((3, 400))
    ratio = intervals.ratio_of_gains((before, further), (before, after))
    assert ratio.contains((1 - np.exp(-0.2)) / (1 - np.exp(-0.1))) and ratio.high - ratio.low < 0.1


def test_rank_correlations_and_differences_of_known_numbers():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((2, 80, 30))
    assert intervals.rank_correlation(x, np.exp(x)).value == pytest.approx(1.0)
    y = 0.6 * x + 0.8 * rng.standard_normal(x.shape)
    found = intervals.rank_correlation(x, y)
    assert found.contains(6 / np.pi * np.arcsin(0.3))  # of a Gaussian pair with correlation 0.6
    assert found.high - found.low < 0.2
    assert intervals.standardised_difference(x, x + 2 * x.std(axis=(1, 2))[:, None, None]).value == pytest.approx(-2)


def test_students_interval_of_three_trainings():
    found = intervals.over_seeds(np.array([1.0, 2.0, 3.0]))
    assert found.value == 2 and found.high - 2 == pytest.approx(4.302653 / np.sqrt(3))
    assert np.isnan(intervals.over_seeds(np.array([1.0])).low)


def test_the_paper_against_itself():
    shifts = paper.shifts()
    assert shifts.loc["Dyck words", "energies, Table 3"] == pytest.approx(125.3 / 33.43)
    assert shifts["Fig. 7"].tolist() == [1.0, 1.31, 1.77, 2.32, 4.37]
    assert paper.thinking()["from its own start"] == pytest.approx(29, abs=0.1)
    assert paper.thinking()["from the transformer"] == pytest.approx(100 * 6.6 / 38.4)


def test_texts_are_windows_of_their_kind():
    held = texts.ladder(40, 2)
    assert all(ids.shape == (40, 33) and (ids[:, 0] == 0).all() and ids.max() < 98 for ids in held.values())
    near, mixed = held["held-out topics"], held["shuffled characters"]
    assert torch.equal(near.sort(-1).values, mixed.sort(-1).values) and not torch.equal(near, mixed)
    test_topics = [text_of(topic) for topic in Prose(0, "test").topics]
    assert all(any(text_of(row[1:].numpy()) in topic for topic in test_topics) for row in near[:5])
    assert set("".join(text_of(row.numpy()) for row in held["prefix arithmetic"])) <= set("0123456789+-*= \n")


def test_frequencies_pay_the_entropy_on_the_text_that_they_were_counted_in():
    whole = np.concatenate(Prose(0).topics)
    counts = np.bincount(whole)
    p = counts[counts > 0] / counts.sum()
    ids = torch.from_numpy(np.concatenate([[0], whole]))[None]
    assert frequency_loss(ids) == pytest.approx(-(p * np.log(p)).sum(), abs=2e-3)


def test_products_of_an_update_are_those_of_its_linear_maps():
    """Per weight and place: 6 for a transformer; for a step 2 forward, 2 for the slope, 8 backward through both."""
    table = cost(repeats=1)
    assert table.loc[ONCE, "parameters"] - table.loc[TRANSFORMER, "parameters"] == 48
    assert 4.5 < table.loc[ONCE, "products ratio"] < 6
    assert 8 < table.loc[DOUBLED, "products ratio"] < 10.5


def test_what_is_told_of_several_models_is_that_of_each():
    config = Shape(layers=1, width=8, heads=2).config(98, 33)
    models = [EnergyTransformer(config) for _ in range(2)]
    ids = texts.held_out(3)
    each = [guesses(model, ids, steps=2, begin=1.0, candidates=2, seed=4) for model in models]
    both = told(each)
    assert both.each.shape == (3, 2, 3, 32) and both.surprisals.shape == (3, 2, 3)
    assert np.array_equal(both.each[:, 1], each[1].surprisals[:, 0])
    way = models[1].descend(models[1].read(ids[:, :-1]), each[1].log_p[0, 0], 2)  # energies know no constant
    torch.testing.assert_close(way[2].energies, each[1].energies[2, 0], atol=1e-4, rtol=1e-4)


def test_energies_that_know_nothing_are_not_compared():
    assert verdicts.unlearned(np.full((3, 50), 2.0), 3.1) == ""
    assert "3.20 nats" in verdicts.unlearned(np.full((3, 50), 3.2), 3.1)


def test_the_record_is_had_again():
    table = first_updates(10, 1)
    both = recorded(table, 1)
    assert list(both["recipe"]) == ["energies", "transformer"]
    assert both["here"].to_numpy() == pytest.approx(both["record"].to_numpy(), rel=2e-3)
    assert recorded(table, 99).empty
