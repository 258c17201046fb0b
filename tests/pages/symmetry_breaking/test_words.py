"""Tables of tokens: units, controls, classes, and what is read off their views."""

import numpy as np
import pytest

from lmphys.generative import condensation_noise
from lmphys.pages.symmetry_breaking import words
from lmphys.pages.symmetry_breaking.centre import AS_IS, MIRRORED, undecided
from lmphys.pages.symmetry_breaking.words import BEGINS, CAPITAL, DEALT, MARKS, OVER, classes_of

RNG = np.random.default_rng(0)
NOISES = np.geomspace(0.5, 60, 14)


def test_a_standardised_table_has_mean_zero_and_one_unit_of_variance():
    table = words.standardised((RNG.normal(size=(500, 6)) * [3, 1, 1, 1, 1, 0.1] + 5).astype(np.float32))
    np.testing.assert_allclose(table.mean(axis=0), 0, atol=1e-5)
    assert (table**2).mean() == pytest.approx(1, abs=1e-5)


def test_a_gaussian_codebook_has_the_variances_asked_for():
    wanted = np.array([4.0, 1.0, 0.5, 0.5])
    drawn = words.gaussian_codebook(wanted, 40_000, np.random.default_rng(1))
    np.testing.assert_allclose(drawn.var(axis=0), wanted / wanted.mean(), rtol=0.03)


def test_equal_norms_are_nearly_equal_after_centring():
    table = RNG.normal(size=(3000, 30)) * RNG.uniform(0.2, 3, size=(3000, 1))
    lengths = np.linalg.norm(words.equal_norms(table), axis=1)
    assert lengths.std() / lengths.mean() < 0.03


def test_classes_are_read_off_the_written_tokens():
    found = classes_of(["Ġthe", "ing", "ĠParis", "!", "▁42", "", "A"])
    assert found[BEGINS].tolist() == [1, 0, 1, 0, 1, 0, 0]
    assert found[CAPITAL].tolist() == [0, 0, 1, 0, 0, 0, 1]
    assert found[MARKS].tolist() == [0, 0, 0, 1, 1, 1, 0]
    assert found[DEALT].sum() == 3
    assert BEGINS not in classes_of(["a", "b"])


def test_gaussian_patterns_are_recognised_where_the_spectrum_says():
    table = words.gaussian_codebook(np.ones(40), 3000, np.random.default_rng(2))
    book = words.see(table, NOISES, 200, 0)
    assert book.predicted == pytest.approx(condensation_noise(book.variances, np.log(3000)))
    found = book.interval(book.condensed, book.predicted)
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(1, abs=0.15)
    assert book.interval(book.condensed, book.condensed) == pytest.approx((1, 1, 1))
    assert book.identity_error() < 0.05
    fastest = book.interval(book.fastest)
    assert 1 < fastest.value / book.predicted < 2


def test_a_planted_class_is_decided_early_and_one_dealt_anew_with_the_word():
    rng = np.random.default_rng(3)
    labels = (np.arange(2000) % 2).astype(int)
    table = rng.standard_normal((2000, 30)).astype(np.float32)
    table[:, 0] += 12 * labels
    table = words.standardised(table)
    given = {BEGINS: labels, DEALT: rng.permutation(labels)}
    book = words.see(table, NOISES, 200, 0, labels=given)
    found = words.class_decisions(book, table, given)
    assert found.loc[BEGINS, OVER] > 1.5 * found.loc[DEALT, OVER]
    assert found.loc[BEGINS, "measured"] == pytest.approx(found.loc[BEGINS, "predicted"], rel=0.25)
    assert np.isnan(found.loc[DEALT, "predicted"]) or found.loc[DEALT, "predicted"] < 1
    assert found.loc[BEGINS, "low"] <= found.loc[BEGINS, "measured"] <= found.loc[BEGINS, "high"]


def test_with_equal_lengths_the_centre_is_lost_at_the_largest_eigenvalue():
    table = np.random.default_rng(4).normal(size=(4000, 12)) * [4, *[1] * 11]
    point = undecided(words.equal_norms(table), lowest=0.7, n_noises=12)
    found = point.over_largest()
    assert found[MIRRORED].value == pytest.approx(1, rel=0.02)
    assert found[MIRRORED].low < found[MIRRORED].value < found[MIRRORED].high
    assert found[AS_IS].value == pytest.approx(1, abs=0.15)


def test_with_unequal_lengths_it_holds_longer():
    """Short and long pairs: the noise favours the short ones, by the weight that the closed form has."""
    corners = np.array([[a, b] for a in (-1, 1) for b in (-0.2, 0.2)])
    table = words.standardised(np.concatenate([0.6 * corners, 1.5 * corners]))
    point = undecided(table, lowest=0.1, n_noises=60)
    squares = (table**2).sum(axis=1)
    s = np.linspace(0.05, 3, 20_000)[:, None]
    weights = np.exp(-squares / (2 * s))
    unstable = (weights @ table[:, 0] ** 2 / weights.sum(axis=1)) > s[:, 0]
    expected = s[unstable, 0].max() / point.largest
    assert expected < 0.8
    for version in (AS_IS, MIRRORED):
        assert point.over_largest()[version].value == pytest.approx(expected, rel=5e-3)
