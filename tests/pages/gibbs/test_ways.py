"""Ways to answer, the sources of a gain, and what is judged of them."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from tests.pages.gibbs.test_paper import made_up
from tests.retrieval.test_pool import random_pool

from lmphys.pages.gibbs.ballot import ballot_of
from lmphys.pages.gibbs.ties import gain_of_two_by_pairs, gain_of_weights
from lmphys.pages.gibbs.verdicts import judge_energy, judge_paper, judge_votes
from lmphys.pages.gibbs.ways import EXCHANGED, PERMUTED, WEIGHTED, compare_ways
from lmphys.pages.gibbs.within import discrimination, scores_of
from lmphys.retrieval.laws import laws_of
from lmphys.retrieval.votes import accuracy_curve, vote


def blinded(pool):
    return dataclasses.replace(pool, energy=np.full(pool.right.shape, np.nan))


def telling_pool():
    """Energies that tell right from wrong now and then."""
    pool = random_pool(n_questions=24, n_chains=5, seed=9)
    return dataclasses.replace(pool, energy=np.where(pool.right, 0.8, 1.0) * pool.energy)


def test_ways_are_votes_and_their_nulls():
    pool, greedy = telling_pool(), np.tile([1.0, 0.0], 12)
    ways = compare_ways(pool, greedy, n_null=40, seed=1)
    np.testing.assert_array_equal(ways.accuracy[WEIGHTED], vote(pool, laws_of(pool)["1/E²"](pool)).accuracy)
    assert ways.nulls[PERMUTED].shape == (40, 24) and ways.nulls[EXCHANGED].shape == (23, 24)
    np.testing.assert_allclose(ways.accuracy[EXCHANGED], ways.nulls[EXCHANGED].mean(axis=0))
    table = ways.table()
    assert table.accuracy["one chain"] == pytest.approx(pool.right.mean())
    assert table.accuracy["oracle"] == table.accuracy.max()
    beside = ways.beside_permuted()
    assert beside["share of permutations at least as good"] < 0.2  # the energies were made to know
    assert ways.controls(greedy)[PERMUTED] == pytest.approx(100 * (ways.nulls[PERMUTED].mean() - 0.5))
    blind = compare_ways(blinded(pool), greedy)
    assert WEIGHTED not in blind.accuracy and not blind.nulls and blind.beside_permuted().empty


def test_the_gain_of_two_is_the_same_by_votes_and_by_pairs():
    pool = telling_pool()
    gain = gain_of_weights(pool, [2, 3, 5], 0.05)
    assert gain.by_size.gain[2] == pytest.approx(gain_of_two_by_pairs(pool))
    assert gain.in_points().gain[2] == pytest.approx(100 * gain.by_size.gain[2])
    np.testing.assert_array_equal(gain.in_points().needed, gain.by_size.needed)
    assert gain.by_question.mean() == pytest.approx(gain.by_size.gain[5])
    assert gain.n_changed == (gain.by_question != 0).sum() > 0
    blind = blinded(pool)
    assert np.isnan(gain_of_two_by_pairs(blind))
    assert gain_of_weights(blind, [2], 0.05).in_points().empty and gain_of_weights(blind, [2], 0.05).n_changed == 0


def test_a_ballot_is_counted_by_hand():
    pool = random_pool(n_questions=2, n_chains=4)
    answers = np.array([[0, 0, 0, 0], [0, 1, -1, 1]])
    pool = dataclasses.replace(pool, answers=answers, energy=np.array([[1.0] * 4, [1.0, 2.0, 1.0, 0.5]]))
    chains = pd.DataFrame(
        {"extracted": ["8"] * 4 + ["3", "7", None, "7"], "correct": [False] * 5 + [True, False, True]}
    )
    found = ballot_of(SimpleNamespace(chains=chains), pool, 1)
    assert found["answer"].iloc[0] == "7" and set(found["answer"]) == {"7", "3", "none"}
    first = found.iloc[0]
    assert (first.votes, first.E, bool(first.right)) == (2, 1.25, True)
    assert first.weight == pytest.approx(4 * (1 / 4 + 4) / (1 + 1 / 4 + 1 + 4))


def test_the_judged_numbers_are_those_of_the_page():
    pool, greedy = telling_pool(), np.tile([1.0, 0.0], 12)
    ways, gain = compare_ways(pool, greedy, n_null=10), gain_of_weights(pool, [2, 5], 0.05)
    curve = accuracy_curve(pool, {name: laws_of(pool)[name] for name in ("majority", "1/E²")}, [1, 2, 5])
    entries = {entry.claim: entry for entry in judge_votes(pool, ways, curve, gain)}
    assert entries["gibbs.majority.two"].obtained == pytest.approx(0, abs=1e-9)
    assert entries["gibbs.accuracy.greedy"].obtained.value == 50
    gained = entries["gibbs.gain.majority"]
    assert gained.obtained.value == pytest.approx(100 * gain.by_size.gain[5])
    assert gained.obtained.low < gained.obtained.value < gained.obtained.high
    assert gained.controls == {"no gain": 0.0, **ways.controls(ways.accuracy["majority"])}
    assert gained.note.startswith(f"{gain.n_changed} of 24 questions decided differently by 5 chains; by 2,")
    two = entries["gibbs.gain.two"].obtained.value
    assert two == pytest.approx(100 * gain.by_size.gain[2])
    blind = judge_votes(blinded(pool), compare_ways(blinded(pool), greedy), curve, gain)
    assert {entry.claim for entry in blind} == set(list(entries)[:5])
    wrong = dataclasses.replace(pool, right=np.zeros_like(pool.right))
    assert judge_votes(wrong, ways, curve, gain) == []
    assert judge_paper(made_up()).obtained == pytest.approx(60 + 3 * np.log(12))


def test_the_energy_is_judged_where_it_can_be():
    pool = telling_pool()
    knows = discrimination(scores_of(pool), pool.right)
    (entry,) = judge_energy(knows)
    assert entry.obtained.value == knows.value["low energy (−E)"] > 0.5
    length = entry.controls["length alone"]
    assert tuple(length) == tuple(knows.loc["short (−L)", ["value", "low", "high"]]) and entry.controls["a coin"] == 0.5
    assert judge_energy(discrimination(scores_of(blinded(pool)), pool.right)) == []
    one = dataclasses.replace(pool, right=np.zeros_like(pool.right))
    assert judge_energy(discrimination(scores_of(one), one.right)) == []
