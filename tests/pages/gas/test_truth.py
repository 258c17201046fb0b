import numpy as np
import pytest

from lmphys.pages.gas import examples, heating, truth
from lmphys.thermo.thermogram import BETAS, ONE, Thermogram
from lmphys.thermo.windows import Windows


@pytest.fixture(scope="module")
def found(model_of):
    return truth.draw_and_read(model_of("llama"), n=6, length=24, context=4)


def test_sets_share_their_beginnings(found):
    people = found.sets[truth.HUMAN]
    for own in found.sets.values():
        assert own.prompts == people.prompts
        assert all(1 <= len(tokens) <= 24 for tokens in own.tokens)
    assert len(found.truncated) == found.sets[truth.NUCLEUS].n_tokens


def test_draws_of_a_known_temperature_give_it_back(found):
    for temperature in truth.TEMPERATURES:
        T = found.state(truth.PURE[temperature])["T"]
        assert T.value == pytest.approx(temperature, rel=0.25)  # some hundred tokens of a random model


def test_a_nucleus_is_as_cold_as_expected(found):
    expected, off = found.predicted()
    assert expected.value < 1
    assert off.value == pytest.approx(found.state(truth.NUCLEUS)["T"].value - expected.value, abs=1e-6)
    # The truncated mean is that of likelier tokens.
    own = found.sets[truth.NUCLEUS]
    assert found.truncated.sum() > own.laws.mean[:, ONE].sum()


def test_differences_are_of_means(found):
    gap = found.difference(truth.PURE[1.0], truth.HUMAN)
    means = [found.surprisals(name).mean() for name in (truth.PURE[1.0], truth.HUMAN)]
    assert gap.value == pytest.approx(means[0] - means[1])
    assert found.nearer(truth.HUMAN, truth.PURE[1.0]).value == pytest.approx(-abs(means[0] - means[1]))


def two_levels(temperature, n=4000, length=12, seed=0):
    """Texts of independent tokens, each 0 or -1 in its logit: all is known."""
    rng = np.random.default_rng(seed)
    p = 1 / (1 + np.exp(-BETAS))  # of the level 0
    mean, variance = -(1 - p), p * (1 - p)
    log_z = np.log1p(np.exp(-BETAS))
    up = rng.random(n * length) < 1 / (1 + np.exp(-1 / temperature))
    rows = np.ones((n * length, 1))
    laws = Thermogram(np.where(up, 0.0, -1.0), rows * log_z, rows * mean, rows * variance, rows[:, 0])
    tokens = [np.zeros(length, int)] * n
    return Windows(None, [(0,)] * n, tokens, length, thermogram=laws)


def test_the_score_predicts_the_answer_of_independent_tokens():
    sets = {truth.PURE[t]: two_levels(t, seed=i) for i, t in enumerate(truth.TEMPERATURES)}
    answer = heating.heating_response(truth.Truth(sets, np.zeros(0)))
    p = 1 / (1 + np.exp(-1.0))
    assert answer.predicted.value == pytest.approx(-p * (1 - p), rel=0.05)  # minus the variance of one token's energy
    assert answer.ratio.value == pytest.approx(1, abs=0.08)
    assert abs(answer.permuted.value) < 0.1


def test_the_texts_of_the_example():
    assert len(examples.prose_texts()) == 10
    assert len(examples.topic_texts()) == 79
    assert all("\f" not in text.text for text in examples.topic_texts())
    assert len(examples.book_texts()) >= 8
