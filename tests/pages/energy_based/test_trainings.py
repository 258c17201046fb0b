"""Heaps, words and the next token of the page against closed forms and counts."""

import numpy as np
import pytest

from lmphys.generative import EnergyModel, PottsWords
from lmphys.pages.energy_based import mixture, next_token, spins
from lmphys.pages.energy_based.verdicts import noise_ratios
from lmphys.pages.energy_based.vocabulary import four_letter_words, spelt


@pytest.fixture(scope="module")
def words():
    return spins.Words(*four_letter_words())


def test_words_of_the_text_are_counted_with_their_letters(words):
    kinds = spelt(words.letters)
    assert len(set(kinds)) == len(kinds) == len(words.counts)
    assert words.counts[kinds.index("that")] == words.counts.max()
    assert 0 < words.entropy < words.independent < 4 * np.log(26)


def test_likelihood_is_that_of_independent_letters_where_there_are_no_couplings(words):
    p = words.counts / words.counts.sum()
    fields = [np.log(np.bincount(column, p, 26) + 1e-300) for column in words.letters.T]
    theta = np.concatenate([np.maximum(np.concatenate(fields), -40), np.zeros(6 * 26**2)])
    assert spins.likelihood(theta, words) == pytest.approx(words.independent, abs=1e-9)
    best = "".join(chr(97 + int(np.argmax(field))) for field in fields)
    assert spins.likeliest(theta, 1) == best


def test_what_weights_say_is_set_beside_the_count(words):
    model = EnergyModel(PottsWords(), n_walkers=200, n_observers=200, n_steps=30).fit(*words)
    found = spins.weighing(model, 30)
    assert found.observers == pytest.approx(model.log_z_ - model.family.log_partition(model.theta_))
    assert found.expected < 0 and found.steering < 0
    table = spins.weighings([model], 30)
    assert table["ratio"].iloc[0] == pytest.approx(found.steering / found.expected)


def test_the_exact_slope_is_its_own_measure(words):
    models = spins.train_words(words, (0,), n_walkers=50, n_steps=4)
    table = spins.excess_table(models, words)
    assert len(table) == 6
    exact = models[spins.GIBBS, spins.EXACT, 0]
    again = EnergyModel(PottsWords(), "exact", n_walkers=50, n_steps=4).fit(*words)
    assert exact.theta_ == pytest.approx(again.theta_)


def test_heaps_have_their_masses():
    x = mixture.heaps(2, 400, np.random.default_rng(0))
    assert (x[:, 0] < -2).mean() == 0.25
    assert x[:100].mean(axis=0) == pytest.approx([-10, 0], abs=0.4)


def test_dealt_weights_sum_to_one_and_are_the_same_numbers():
    model = mixture.WeightsDealt(PottsWords())
    walkers = type("Walkers", (), {"log_weights": np.log([1.0, 2.0, 3.0, 4.0])})()
    found = model._weights(walkers, np.random.default_rng(1))
    assert sorted(found) == pytest.approx([0.1, 0.2, 0.3, 0.4])


def test_a_slow_cooling_knows_the_ratio_and_its_work_is_above_it():
    logits = np.random.default_rng(0).normal(scale=3, size=(2, 50))
    _, table = next_token.cooled(logits, (5, 300), n_walkers=2000)
    slow = table[table["steps"] == 300]
    assert slow["exact"].iloc[0] == pytest.approx(np.log(np.exp(logits[0]).sum() / np.exp(logits[0] / 4).sum()))
    assert slow["error"].abs().max() < 0.05
    assert (table["mean work"] < 0).all()
    assert next_token.over_texts(table, "error")[300].value == pytest.approx(slow["error"].mean())


def test_noises_of_the_code_are_hundredths():
    assert noise_ratios() == pytest.approx({"MNIST": 0.01, "CIFAR-10": 0.00707}, rel=1e-3)
