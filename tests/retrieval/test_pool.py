"""Pools of chains: answers that are equal, windows, subsets, and the nulls that keep what they should."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.retrieval.pool import POOL_TASKS, SCORES, Pool, highest_group, number_answers, pool_of, pool_spec, subsets


def random_pool(n_questions=7, n_chains=6, n_answers=3, seed=0, p_right=None):
    """Answers drawn at random, answer 0 being the right one, and scores that know nothing."""
    rng = np.random.default_rng(seed)
    shape = (n_questions, n_chains)
    answers = rng.integers(n_answers, size=shape) - (n_answers > 3)
    if p_right is not None:
        answers = np.where(rng.random(shape) < p_right, 0, rng.integers(1, n_answers, size=shape))
    energy = rng.gamma(20, 0.02, shape)
    n_tokens = rng.integers(50, 150, shape)
    return Pool(answers, answers == 0, n_tokens, energy, energy * rng.uniform(0.8, 1.2, shape), 3 * energy)


def test_equal_numbers_and_words_are_one_answer_and_none_is_an_answer():
    assert number_answers(["7", "7.0", None, "08", "8", "Monday", "monday", None]) == [0, 0, -1, 1, 1, 2, 2, -1]
    assert number_answers([None, None]) == [-1, -1]


def test_the_highest_group_is_the_largest_window_mean():
    x = np.random.default_rng(0).exponential(size=40)
    assert highest_group(x, 7) == pytest.approx(max(x[i : i + 7].mean() for i in range(34)))
    assert highest_group(x, 1) == pytest.approx(x.max())
    assert highest_group(x[:3], 7) == pytest.approx(x[:3].mean())


def test_a_corpus_becomes_a_pool_of_its_own_numbers():
    rng = np.random.default_rng(1)
    lengths = np.array([3, 5, 2, 4])
    logp, entropy = -rng.exponential(size=14).astype(np.float32), rng.random(14).astype(np.float32)
    table = pd.DataFrame({"n_tokens": lengths, "extracted": ["3", None, "3.0", "4"], "correct": [True, False] * 2})
    columns = {"logp": logp, "entropy": entropy}
    corpus = SimpleNamespace(chains=table, spec=SimpleNamespace(n_chains=2), column=columns.__getitem__)
    pool = pool_of(corpus, window=2)
    assert pool.answers.tolist() == [[0, -1], [0, 1]] and pool.right.tolist() == [[True, False]] * 2
    assert pool.energy[1, 0] == pytest.approx(-logp[8:10].mean()) and pool.energy[0, 1] == pytest.approx(
        -logp[3:8].mean()
    )
    assert pool.entropy[1, 1] == pytest.approx(entropy[10:].mean())
    assert pool.spike[0, 0] == pytest.approx(max(-logp[:2].mean(), -logp[1:3].mean()))
    assert (
        pool.has_energies
        and not pool_of(
            SimpleNamespace(**{**vars(corpus), "column": lambda name: np.full(14, np.nan, np.float32)})
        ).has_energies
    )
    with pytest.raises(LmphysError, match="window"):
        pool_of(corpus, window=0)


def test_subsets_are_all_or_distinct_random_ones():
    assert subsets(5, 2).tolist() == [[i, j] for i in range(5) for j in range(i + 1, 5)]
    some = subsets(20, 8, most=300, seed=3)
    assert some.shape == (300, 8) and (np.diff(some, axis=1) > 0).all() and some.max() == 19
    with pytest.raises(LmphysError, match="cannot be chosen"):
        subsets(4, 5)


def test_taking_chains_takes_their_columns():
    pool = random_pool()
    part = pool.take(np.array([[0, 2], [3, 5]]))
    assert part.right.shape == (2, 7, 2)
    for name in (*SCORES, "answers", "right"):
        np.testing.assert_array_equal(getattr(part, name)[1], getattr(pool, name)[:, [3, 5]])


def test_permuted_scores_stay_in_their_question_and_move_together():
    pool = random_pool(n_questions=30)
    null = pool.permuted(np.random.default_rng(0))
    np.testing.assert_array_equal(null.answers, pool.answers)
    for name in SCORES:
        np.testing.assert_array_equal(np.sort(getattr(null, name)), np.sort(getattr(pool, name)))
    assert (null.energy != pool.energy).mean() > 0.5
    np.testing.assert_allclose(null.spike, 3 * null.energy)
    # Each chain is as likely to get the energy of any other.
    rng = np.random.default_rng(1)
    kept = np.mean([pool.permuted(rng).energy == pool.energy for _ in range(300)])
    assert kept == pytest.approx(1 / pool.n_chains, abs=0.01)


def test_exchanged_scores_are_those_of_another_question():
    pool = random_pool()
    null = pool.exchanged(2)
    np.testing.assert_array_equal(null.energy[0], pool.energy[2])
    np.testing.assert_array_equal(null.n_tokens[6], pool.n_tokens[1])
    np.testing.assert_array_equal(null.right, pool.right)


def test_limits_say_what_is_missing():
    pool = random_pool(n_answers=3)
    assert pool.limits() == [] and pool.decides
    mute = dataclasses.replace(pool, answers=np.full_like(pool.answers, -1), right=np.zeros_like(pool.right))
    assert len(mute.limits()) == 2 and not mute.decides
    single = pool.take(np.array([[0]]))
    assert "one chain" in single.limits()[0] and not single.decides
    blind = dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan))
    assert blind.limits()[0].startswith("no energies") and blind.decides
    sure = dataclasses.replace(pool, right=np.ones_like(pool.right))
    assert "every chain" in sure.limits()[0] and not sure.decides


def test_the_corpus_of_a_pool_is_that_of_its_model():
    asked = {"n_questions": 36, "n_chains": 12, "temperature": 0.8, "prompt": "chat", "seed": 1}
    spec = pool_spec("reasoner", "quick", **asked)
    assert (spec.tasks, spec.n_questions, spec.n_chains, spec.sampling.max_tokens) == (POOL_TASKS, 12, 12, 360)
    small = pool_spec("random:reasoner#3", "smoke", **asked)
    assert (small.tasks, small.n_questions, small.n_chains, small.writer) == (POOL_TASKS, 2, 4, "reasoner")
    other = pool_spec("smollm2", "quick", **asked)
    assert (len(other.tasks), other.n_questions, other.sampling.max_tokens) == (8, 4, 200)
    assert pool_spec("smollm2", "quick", tasks=["sums"], **asked).n_questions == 36
