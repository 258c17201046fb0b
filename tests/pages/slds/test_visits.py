"""Visits of regimes, against closed forms and the enumeration of all paths."""

from itertools import groupby, pairwise, product

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.visits import (
    compare_corpora,
    compare_visits,
    count_visits,
    expected_visits,
    mean_visit,
    persistence,
)

PI = np.array([0.2, 0.5, 0.3])
T = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.25, 0.25, 0.5]])


def test_expected_visits_are_those_of_all_paths():
    lengths = np.array([5, 3, 1, 4])
    expected = np.zeros((4, 3))
    for steps in lengths - 1:
        for path in product(range(3), repeat=steps):
            p = np.prod([PI[path[0]], *(T[i, j] for i, j in pairwise(path))]) if path else 0.0
            for regime, run in groupby(path):
                expected[: len(list(run)), regime] += p
    np.testing.assert_allclose(expected_visits(PI, T, lengths), expected, atol=1e-12)


def test_long_chains_have_the_geometric_law():
    visits = expected_visits(PI, T, np.array([1501]))
    np.testing.assert_allclose(visits.sum(axis=0) / visits[0], 1 / (1 - np.diag(T)), rtol=3e-3)
    np.testing.assert_allclose(visits[1:6] / visits[:5], np.tile(np.diag(T), (5, 1)), rtol=3e-3)


def test_steps_are_conserved():
    lengths = np.array([7, 2, 12])
    visits = expected_visits(PI, T, lengths)
    assert visits.sum() == pytest.approx((lengths - 1).sum())
    law, used = PI, np.zeros(3)
    for t in range(11):
        used += law * (lengths - 1 > t).sum()
        law = law @ T
    np.testing.assert_allclose(visits.sum(axis=0), used)


def test_one_regime_lasts_as_long_as_its_chains():
    visits = expected_visits(np.ones(1), np.ones((1, 1)), np.array([4, 6, 1]))
    np.testing.assert_array_equal(visits[:, 0], [2, 2, 2, 1, 1])
    assert mean_visit(visits) == pytest.approx((3 + 5) / 2)


def test_visits_counted_by_hand():
    counts = count_visits(np.array([0, 0, 1, 1, 1, 0]), np.array([4, 1, 4]), 2)
    # Chain 0: 0 0 1; chain 2: 1 1 0. The end of a chain ends a visit.
    np.testing.assert_array_equal(counts, [[2, 2], [1, 1], [0, 0]])
    assert mean_visit(counts) == pytest.approx(6 / 4)
    with pytest.raises(LmphysError, match="regimes for"):
        count_visits(np.zeros(3, int), np.array([2, 2]), 1)


def draw(pi, T, lengths, seed):
    rng = np.random.default_rng(seed)
    path = []
    for steps in lengths - 1:
        law = pi
        for _ in range(steps):
            path.append(rng.choice(len(pi), p=law))
            law = T[path[-1]]
    return np.array(path)


def test_counts_of_drawn_paths_follow_the_fitted_law():
    lengths = np.random.default_rng(0).integers(1, 12, size=3000)
    table = compare_visits(draw(PI, T, lengths, 1), lengths, PI, T)
    assert list(table.index[:3]) == [1, 2, 3]
    np.testing.assert_allclose(table.counted, table.fitted, atol=0.015)
    assert table.fitted[3] > table.memoryless[3] + 0.02


def test_persistence_is_one_without_memory_and_not_with_it():
    lengths = np.full(1500, 9)
    shares = np.array([0.6, 0.4])
    fresh = persistence(draw(shares, np.tile(shares, (2, 1)), lengths, 2), lengths, 2)
    assert fresh.low < 1 < fresh.high and fresh.high - fresh.low < 0.06
    sticky = np.array([[0.9, 0.1], [0.1, 0.9]])
    lasting = persistence(draw(np.full(2, 0.5), sticky, lengths, 3), lengths, 2)
    # 8 steps have 1 + 7 / 2 visits without memory, and 1 + 7 / 10 with it.
    assert lasting.value == pytest.approx((1 + 7 * 0.5) / (1 + 7 * 0.1), rel=0.03)


def test_persistence_by_hand():
    found = persistence(np.array([0, 0, 1, 0]), np.array([4, 2]), 2, n_bootstrap=3)
    # Shares 3/4 and 1/4 agree with probability 5/8; two chains with 2 and 0 neighbours; three visits.
    assert float(found.value) == pytest.approx((2 + 2 * 3 / 8) / 3)


def test_persistence_resamples_questions():
    path, lengths = np.array([0, 0, 1, 0, 1, 1, 0, 1]), np.array([3, 3, 3, 3])
    alone = persistence(path, lengths, 2, n_bootstrap=50)
    assert tuple(persistence(path, lengths, 2, questions=np.arange(4), n_bootstrap=50)) == tuple(alone)
    pairs = persistence(path, lengths, 2, questions=np.array([0, 0, 1, 1]), n_bootstrap=50)
    assert pairs.value == alone.value and tuple(pairs) != tuple(alone)


def test_corpora_are_decoded_each_by_its_own_model():
    truths = {
        name: random_parameters(2, 4, separation=8.0, stay=stay, seed=1) for name, stay in (("a", 0.9), ("b", 0.5))
    }
    models = {name: SLDS.from_parameters(truth) for name, truth in truths.items()}
    chains = {name: draw_chains(truth, 200, (2, 9), seed=2) for name, truth in truths.items()}
    tables, lasting = compare_corpora(models, chains, seed=3)
    assert list(tables) == list(lasting.index) == ["a", "b"]
    path = models["a"].viterbi(chains["a"])
    expected = compare_visits(path, chains["a"].lengths, truths["a"].pi, truths["a"].T)
    np.testing.assert_allclose(tables["a"], expected)
    assert tuple(lasting.loc["a"]) == pytest.approx(persistence(path, chains["a"].lengths, 2, seed=3))
    assert lasting.low["a"] > 1.5 > lasting.high["b"]
