"""Novelty of counts against the definition, term by term."""

import numpy as np
import pytest
from scipy.special import betaln, digamma, gammaln

from lmphys.agents import library_novelty, novelty


def divergence(a, b):
    """KL of Dir(a) from Dir(b)."""
    return (
        gammaln(a.sum()) - gammaln(a).sum() - gammaln(b.sum()) + gammaln(b).sum()
        + ((a - b) * (digamma(a) - digamma(a.sum()))).sum()
    )  # fmt: skip


@pytest.mark.parametrize("counts", [[1.0, 1.0], [10.0, 20.0, 30.0], [0.3, 2.0, 0.7, 5.0]])
def test_novelty_is_the_expected_divergence_of_the_next_belief_from_this_one(counts):
    a = np.array(counts)
    brute = sum(a[i] / a.sum() * divergence(a + np.eye(len(a))[i], a) for i in range(len(a)))
    assert novelty(a) == pytest.approx(brute, rel=1e-9)


def test_a_fair_coin_that_nobody_has_thrown_is_worth_ln_2_less_a_half():
    assert novelty(np.ones(2)) == pytest.approx(np.log(2) - 0.5)
    assert betaln(1, 1) == 0  # the density was even


def test_the_library_counts_twice_what_is_there_in_the_end():
    a = np.array([10.0, 20.0, 30.0])
    assert library_novelty(a) == pytest.approx(2 / 60)
    assert library_novelty(1000 * a) / novelty(1000 * a) == pytest.approx(2, rel=1e-3)
    mean = a / a.sum()
    assert library_novelty(a) == pytest.approx((mean * (1 / a - 1 / a.sum())).sum())
