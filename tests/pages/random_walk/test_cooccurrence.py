"""The laws of RAND-WALK on languages small enough to be enumerated, and for many words."""

import numpy as np
import pytest

from lmphys.pages.random_walk.cooccurrence import (
    break_isotropy,
    expected_pmi,
    expected_words,
    finite_size,
    fit_laws,
)
from lmphys.pages.random_walk.walk import draw_vectors, sample_words
from lmphys.stats.sphere import on_sphere


def enumerated(vectors, n_angles=4_000):
    """p(w) and p(w, w') by quadrature over the circle, exact for smooth functions."""
    angle = 2 * np.pi * np.arange(n_angles) / n_angles
    logits = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ vectors.T
    given = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return given.mean(0), given.T @ given / n_angles


def test_expectations_are_those_of_an_enumerated_language():
    vectors = np.random.default_rng(0).standard_normal((5, 2))
    p, joint = enumerated(vectors)
    found = expected_words(vectors, on_sphere((4, 50_000), 2, np.random.default_rng(1)))
    np.testing.assert_allclose(found.p.mean(0), p, atol=2e-3)
    np.testing.assert_allclose(found.joint.mean(0), joint, atol=1e-3)
    np.testing.assert_allclose(expected_pmi(found), np.log(joint / np.outer(p, p)), atol=0.02)


def test_the_pmi_law_on_an_enumerated_language_with_a_constant_partition_function():
    """Words all around a circle make Z_c constant to many digits; the exact PMI is then that of the sphere."""
    angle = 2 * np.pi * np.arange(24) / 24
    vectors = 0.4 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    p, joint = enumerated(vectors)
    pmi = np.log(joint / np.outer(p, p))
    found = expected_words(vectors, on_sphere((2, 10), 2, np.random.default_rng(2)))
    np.testing.assert_allclose(expected_pmi(found), pmi, atol=1e-9)  # ten contexts are enough: nothing fluctuates
    laws = fit_laws(found, vectors)
    assert laws.loc["PMI(w, w')", "slope"] == pytest.approx(1, abs=0.05)
    assert laws.loc["PMI(w, w')", "on the sphere"] < 1e-9
    assert laws.loc["PMI(w, w')", "noise"] < 1e-9
    # In two dimensions the Gaussian approximation errs by the next order of the Bessel function, r^4 / 64.
    assert 1e-4 < laws.loc["PMI(w, w')", "error"] < 0.4**4


def test_laws_hold_for_many_words_and_a_permuted_table_knows_nothing():
    rng = np.random.default_rng(3)
    scales = rng.uniform(0.4, 1.2, 1_500)
    vectors = draw_vectors(scales, 60, seed=4)
    found = expected_words(vectors, on_sphere((8, 500), 60, rng), slice(0, 120))
    laws = fit_laws(found, vectors[:120], n_bootstrap=50)
    np.testing.assert_allclose(laws["slope"], 1, atol=0.05)
    assert (laws["low"] <= laws["slope"]).all() and (laws["slope"] <= laws["high"]).all()
    np.testing.assert_allclose(laws["intercept"], laws["promised"], atol=0.05)
    assert (laws["error"] < 0.05).all() and (laws["noise"] < 0.01).all()
    wrong = fit_laws(found, vectors[rng.permutation(120)], n_bootstrap=2)
    assert abs(wrong.loc["PMI(w, w')", "slope"]) < 0.1


def test_a_common_vector_changes_the_law_and_not_the_language():
    rng = np.random.default_rng(5)
    vectors, m = draw_vectors(np.full(300, 0.8), 20, seed=6), 2.0
    moved = vectors + m
    c = on_sphere((3, 200), 20, rng)
    np.testing.assert_array_equal(sample_words(vectors, c, seed=1), sample_words(moved, c, seed=1))
    table = break_isotropy(vectors, c, slice(0, 60), means=[0, 2], factors=[1, 5], seed=0)
    table = table.set_index(["kind", "strength", "centred"])
    for quantity in ("spread", "error"):
        of = table[quantity]
        assert of["mean", 2, True] == pytest.approx(of["mean", 0, True])
        assert of["mean", 2, False] > 5 * of["mean", 0, False] == 5 * of["stretch", 1, False]
        assert of["stretch", 5, True] > 3 * of["stretch", 1, True]
    assert table["spread"]["mean", 2, False] == pytest.approx(2, rel=0.15)  # <m, c> spreads by 2 nats
    found = expected_words(vectors, c, slice(0, 60))
    kept, broken = (fit_laws(found, v[:60], n_bootstrap=2).loc["PMI(w, w')", "error"] for v in (vectors, moved))
    assert kept < 0.05 < 1 < broken


def test_finite_size_follows_the_number_of_words_and_the_dimension():
    table = finite_size(
        [(250, 20), (2_250, 20), (2_250, 80)], (0.4, 1.2), n_contexts=2_000, n_probes=80, repeats=2, seed=0
    ).groupby(["n", "d"]).mean()  # fmt: skip
    spread = table["spread"]
    assert spread[250, 20] / spread[2_250, 20] == pytest.approx(3, rel=0.35)
    np.testing.assert_allclose(table["spread"], table["expected"], rtol=0.35)
    assert table["error"][2_250, 80] < 0.5 * table["error"][2_250, 20]
