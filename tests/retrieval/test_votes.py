"""Weighted votes against hand counts, enumeration, closed forms and the exact binomial."""

import dataclasses
from itertools import product
from math import comb

import numpy as np
import pytest
from tests.retrieval.test_pool import random_pool

from lmphys.retrieval.laws import (
    boltzmann,
    calm_half,
    inverse_power,
    laws_of,
    literal,
    lowest,
    uniform,
    whole,
)
from lmphys.retrieval.pool import Pool
from lmphys.retrieval.votes import accuracy_curve, exchanged_accuracies, mcnemar, null_accuracies, vote


def pool_with(answers, right, energy=None):
    answers = np.array(answers)
    energy = np.ones(answers.shape) if energy is None else np.array(energy, float)
    return Pool(answers, np.isin(answers, right), np.full(answers.shape, 10), energy, energy, energy)


def test_weights_decide_as_computed_by_hand():
    # Two chains say 0 at energies 1 and 2, three say 1 at energy 2: 1 + 1/4 against 3/4.
    pool = pool_with([[0, 0, 1, 1, 1]], 0, [[1, 2, 2, 2, 2]])
    by_count, by_energy = vote(pool, uniform(pool)), vote(pool, inverse_power(2, 0)(pool))
    assert by_count.winner[0] == 1 and by_count.accuracy[0] == 0 and by_count.share[0] == pytest.approx(3 / 5)
    assert by_energy.winner[0] == 0 and by_energy.accuracy[0] == 1
    assert by_energy.share[0] == pytest.approx(1.25 / 2.0)
    # With 1/E: 1.5 against 1.5, a tie.
    tied = vote(pool, inverse_power(1, 0)(pool))
    assert tied.tied[0] and tied.accuracy[0] == pytest.approx(0.5) and tied.winner[0] == 0 and tied.right[0]


def test_a_tie_is_a_lot_among_answers_not_among_chains():
    pool = pool_with([[2, 2, 0, 0, 1, 1]], 0)
    found = vote(pool, uniform(pool))
    assert found.accuracy[0] == pytest.approx(1 / 3) and found.winner[0] == 2 and not found.right[0]
    assert found.leaders[0] == 3
    assert vote(pool_with([[-1, -1, 0]], 0), np.zeros(3)).accuracy[0] == 0  # "none" is an answer


def test_votes_agree_with_a_count_in_a_dictionary():
    pool = random_pool(n_questions=200, n_chains=5, n_answers=3, seed=4)
    log_w = inverse_power(3)(pool)
    found = vote(pool, log_w)
    for q in range(200):
        sums: dict[int, float] = {}
        for answer, weight in zip(pool.answers[q], np.exp(log_w[q]), strict=True):
            sums[answer] = sums.get(answer, 0) + weight
        assert found.winner[q] == max(sums, key=lambda a: sums[a])
        assert found.share[q] == pytest.approx(max(sums.values()) / sum(sums.values()))


def test_equal_energies_make_every_law_a_majority_vote():
    pool = random_pool(n_questions=100)
    flat = dataclasses.replace(pool, **{n: np.ones_like(pool.energy) for n in ("energy", "entropy", "spike")})
    flat = dataclasses.replace(flat, n_tokens=np.full(flat.right.shape, 9))
    expected = vote(flat, uniform(flat))
    for name, law in laws_of(flat).items():
        np.testing.assert_allclose(vote(flat, law(flat)).accuracy, expected.accuracy, err_msg=name)


def test_a_large_power_is_the_best_of_k_and_so_is_a_cold_bath():
    pool = random_pool(n_questions=100)
    best = np.take_along_axis(pool.right, pool.energy.argmin(axis=1)[:, None], 1)[:, 0]
    for law in (lowest, inverse_power(1e5), boltzmann(1e6)):
        np.testing.assert_array_equal(vote(pool, law(pool)).accuracy, best)
    np.testing.assert_array_equal(vote(pool, inverse_power(0)(pool)).accuracy, vote(pool, uniform(pool)).accuracy)


def test_the_power_law_is_a_gibbs_weight_on_the_logarithm_and_the_literal_one_has_the_wrong_sign():
    pool = random_pool(n_questions=50)
    logged = dataclasses.replace(pool, energy=np.log(pool.energy))
    np.testing.assert_allclose(inverse_power(2, 0)(pool), boltzmann(2)(logged))
    order = np.argsort(pool.energy, axis=1)
    assert (np.diff(np.take_along_axis(inverse_power(2)(pool), order, 1)) < 0).all()
    assert (np.diff(np.take_along_axis(literal(0.5)(pool), order, 1)) > 0).all()
    np.testing.assert_allclose(whole(pool), -pool.energy * pool.n_tokens)


def test_a_majority_of_two_is_exactly_as_good_as_one_by_enumeration():
    # All pairs of answers with any probabilities, "none" among them.
    p = np.array([0.35, 0.3, 0.2, 0.15])
    both = list(product(range(-1, 3), repeat=2))
    pool = pool_with(both, 0)
    chance = np.array([p[a + 1] * p[b + 1] for a, b in both])
    assert chance @ vote(pool, uniform(pool)).accuracy == pytest.approx(p[1], abs=1e-15)
    # And on any pool, over all its pairs of chains.
    curve = accuracy_curve(random_pool(n_questions=60, n_answers=5), {"majority": uniform}, [1, 2])["majority"]
    np.testing.assert_allclose(curve[0], curve[1], atol=1e-15)


def test_the_curve_of_a_majority_follows_the_binomial():
    # Two answers: of k chains drawn from a pool with r right ones, a majority is right with hypergeometric chance.
    pool = pool_with([[0] * 5 + [1] * 4], 0)
    for size in (1, 3, 5, 7):
        ways = [comb(5, r) * comb(4, size - r) for r in range(size + 1)]
        expected = sum(ways[size // 2 + 1 :]) / comb(9, size)
        curve = accuracy_curve(pool, {"majority": uniform}, [size])
        assert curve["majority"][0, 0] == pytest.approx(expected)
        assert curve["oracle"][0, 0] == pytest.approx(1 - comb(4, size) / comb(9, size))


def test_no_vote_beats_the_oracle():
    pool = random_pool(n_questions=40, n_answers=5)
    curves = accuracy_curve(pool, laws_of(pool), [1, 3, 6])
    for name, values in curves.items():
        assert (values <= curves["oracle"] + 1e-12).all(), name


def test_the_gain_of_two_is_what_pairs_tell():
    from lmphys.pages.gibbs.within import pairs

    pool = random_pool(n_questions=80, n_answers=3, seed=9)
    curve = accuracy_curve(pool, {"1/E²": inverse_power(2), "majority": uniform}, [2])
    won, total = pairs(-pool.energy, pool.right)
    mixed = total.sum() / (80 * comb(pool.n_chains, 2))
    gain = (curve["1/E²"] - curve["majority"])[0].mean()
    assert gain == pytest.approx(mixed * (won.sum() / total.sum() - 0.5))


def test_the_calm_half_votes():
    pool = pool_with([[0, 0, 1, 1, 1]], 0, [[3, 1, 2, 5, 4]])
    assert calm_half(pool)[0].tolist() == [0, 0, 0, -np.inf, -np.inf]
    assert vote(pool, calm_half(pool)).winner[0] == 0


def test_mcnemar_is_the_exact_binomial():
    first = np.array([True] * 9 + [False] * 2 + [True] * 20)
    second = np.array([False] * 9 + [True] * 2 + [True] * 20)
    found = mcnemar(first, second)
    expected = 2 * sum(comb(11, k) for k in range(3)) / 2**11
    assert (found.only_first, found.only_second) == (9, 2) and found.p == pytest.approx(expected)
    assert mcnemar(first, first).p == 1


def test_permuted_energies_gain_nothing_that_only_energies_know():
    # Energies that know the truth; dealt anew they break ties by lot, and in pairs that is a majority vote.
    answers = np.tile([0, 1], (40, 1))
    pool = pool_with(answers, 0, np.where(answers == 0, 1.0, 2.0))
    assert vote(pool, inverse_power(2)(pool)).accuracy.mean() == 1
    null = null_accuracies(pool, inverse_power(2), n=300, seed=1)
    assert null.shape == (300, 40) and null.mean() == pytest.approx(0.5, abs=0.01)
    assert exchanged_accuracies(pool, inverse_power(2)).shape == (39, 40)
