"""The rows of the page, from toy inputs with known answers."""

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import CONTRADICTED, REPRODUCED, verdict
from lmphys.core.paths import project_root
from lmphys.generative import Centre
from lmphys.pages.symmetry_breaking import points, words
from lmphys.pages.symmetry_breaking.centre import AS_IS, MIRRORED, Undecided
from lmphys.pages.symmetry_breaking.clones import Clones
from lmphys.pages.symmetry_breaking.late_start import GAUSSIAN, Ends
from lmphys.pages.symmetry_breaking.verdicts import judge_paths, judge_points, judge_words
from lmphys.stats import Interval

CLAIMS = load_claims(project_root())


def judged(entries):
    return {each.claim: verdict(CLAIMS[each.claim], each.obtained, each.controls).word for each in entries}


def test_exponents_of_mean_field_bear_the_claims_out_and_a_jump_does_not():
    values = (0.5, 1.0, 3.0, 0.25, 5.0)
    names = (points.ORDER, points.RESPONSE, points.ISOTHERM, points.TRICRITICAL_ORDER, points.TRICRITICAL_ISOTHERM)
    fits = {
        name: points.Exponent(Interval(v, v - 0.001, v + 0.001), np.ones(1), np.ones(1))
        for name, v in zip(names, values, strict=True)
    }
    onsets = {0.1: points.Onset(0.8, 0.001), 0.4: points.Onset(0.18, 0.76)}
    found = judged(judge_points(fits, onsets, 0.3086))
    assert found.pop("amb.second_order") == CONTRADICTED
    assert found == dict.fromkeys(("amb.beta", "amb.gamma", "amb.delta", "amb.tricritical"), REPRODUCED)


def test_clones_as_expected_and_a_late_start_that_errs():
    rng = np.random.default_rng(0)
    expected = np.array([[0.5], [0.9]]) * np.ones((2, 4000))
    clones = Clones(np.array([1.0, 0.1]), rng.random((2, 4000)) < expected, expected)
    truth = np.full(4, 0.25)
    early = Ends(10.0, GAUSSIAN, rng.integers(4, size=4000), truth)
    late = Ends(0.1, GAUSSIAN, rng.integers(3, size=4000), truth)
    assert judged(judge_paths(clones, late, early)) == dict.fromkeys(("amb.clones", "amb.late_start"), REPRODUCED)


@pytest.fixture(scope="module")
def books():
    table = words.gaussian_codebook(np.ones(40), 3000, np.random.default_rng(2))
    noises = np.geomspace(0.5, 60, 14)
    names = (words.WORDS, words.SAME, words.ISOTROPIC, words.RANDOM)
    return {name: words.see(table, noises, 150, i) for i, name in enumerate(names)}


def test_gaussian_words_condense_as_predicted_and_the_order_is_that_of_the_numbers(books):
    s = np.array([10.0, 3.0, 1.0])
    centre = Undecided(3.0, Centre(s, 3 / s, s, s), Centre(s, 3 / s, s, s))
    for version in (AS_IS, MIRRORED):
        assert centre.critical()[version] == pytest.approx((3.0, 3.0, 10.0))
    known = pd.DataFrame({words.OVER: [0.5, 0.4], f"{words.OVER}_low": [0.4, 0.3], f"{words.OVER}_high": [0.6, 0.5]})
    known.index = [words.BEGINS, words.DEALT]
    entries = judge_words(books, {words.WORDS: centre, "equal norms": centre}, known)
    found = judged(entries)
    assert found["amb.words.lambda"] == REPRODUCED
    assert found["amb.words.classes"] == CONTRADICTED
    recognised = books[words.WORDS].interval(books[words.WORDS].condensed).value
    order = next(each.obtained for each in entries if each.claim == "amb.words.order")
    assert order[AS_IS].value == pytest.approx(3 / recognised)
    assert order[AS_IS].low < order[AS_IS].value < order[AS_IS].high
    ratio = next(each.obtained for each in entries if each.claim == "amb.words.condense")
    assert ratio.value == pytest.approx(1, abs=0.15)


def test_a_table_without_the_class_has_no_row_of_it(books):
    s = np.array([10.0, 3.0, 1.0])
    centre = Undecided(3.0, Centre(s, 3 / s, s, s), Centre(s, 3 / s, s, s))
    entries = judge_words(books, {words.WORDS: centre}, pd.DataFrame())
    assert "amb.words.classes" not in [each.claim for each in entries]
