"""Energies of hand-made states; what random weights must show; scores of damaged texts."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C1, C2, C3, C4, CANDIDATES
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, potential_of, speed_of, steadiness, trade_offs, turning_of
from lmphys.pages.conservation.anomaly import detection, detection_gain, exchange_tokens, shuffle_tokens, stretches
from lmphys.pages.conservation.comparison import against, readings
from lmphys.pages.conservation.initial import random_surprisal


@pytest.fixture
def by_hand():
    """Two texts in the plane; steps (3, 4), (0, 0) and (2, 0); probabilities 1/2, 1/4 and 1/e."""
    states = [np.array([[1.0, 0.0], [4.0, 4.0], [4.0, 4.0]]), np.array([[0.0, 1.0], [2.0, 1.0]])]
    log_pp = [np.array([np.log(2), np.log(4), np.nan]), np.array([1.0, np.nan])]
    return Paths({"final_norm": states}, log_pp, [np.array([5, 6, 6]), np.array([6, 9])])


@pytest.fixture(scope="module")
def at_random():
    rng = np.random.default_rng(0)
    states = [rng.standard_normal((60, 16)) for _ in range(12)]
    log_pp = [np.append(rng.exponential(2, 59), np.nan) for _ in range(12)]
    return Paths({"final_norm": states, "resid_post": [3 * s for s in states]}, log_pp, [np.arange(60)] * 12)


def test_by_hand(by_hand):
    motion = by_hand.motion(per_dimension=False)
    np.testing.assert_allclose(motion.kinetic, [12.5, 0, 2])
    np.testing.assert_allclose(by_hand.motion().kinetic, [6.25, 0, 1])
    np.testing.assert_allclose(motion.log_pp, [np.log(2), np.log(4), 1])
    np.testing.assert_allclose(motion.turn, [1 - np.sqrt(0.5), 0, 1 - 1 / np.sqrt(5)], atol=1e-15)
    assert motion.chain.tolist() == [0, 0, 1] and motion.place.tolist() == [0, 1, 0]
    assert motion.repeat.tolist() == [False, True, False]  # not across the texts
    kept = motion.keep(~motion.repeat)
    assert kept.kinetic.tolist() == [12.5, 2] and kept.chain.tolist() == [0, 1]
    np.testing.assert_allclose(C1.energy(motion), [12.5 + np.log(2), np.log(4), 3])
    np.testing.assert_allclose(C2.energy(motion), [14.5, 4, 2 + np.e])
    np.testing.assert_allclose(C3.energy(motion)[[0, 2]], [2 - np.log(12.5) + np.log(2), 2 - np.log(2) + 1])
    np.testing.assert_allclose(C4.energy(motion)[[0, 2]], [np.log(25), np.log(2) + 1])
    assert np.isfinite(C3.energy(motion)).all()  # the step of length 0


def test_longer_steps_and_the_perplexity_at_their_end(by_hand):
    motion = by_hand.motion(lag=2, per_dimension=False)
    np.testing.assert_allclose(motion.kinetic, [12.5])
    np.testing.assert_allclose(motion.log_pp, [np.log(2)])
    arriving = by_hand.motion(per_dimension=False, arriving=True)
    np.testing.assert_allclose(arriving.kinetic, [12.5])  # nothing is known to follow the end of the others
    np.testing.assert_allclose(arriving.log_pp, [np.log(4)])
    for lag in (0, 3):
        with pytest.raises(LmphysError, match="no step"):
            by_hand.motion(lag=lag)
    with pytest.raises(LmphysError, match="unknown site"):
        by_hand.motion("nowhere")


def test_c3_is_the_energy_of_its_lagrangian():
    """p·v - L with L = log(‖v‖²/2) - log PP and p = ∂L/∂v by finite differences."""
    v, log_pp, eps = np.array([0.3, -1.2, 0.5]), 1.7, 1e-6

    def lagrangian(v):
        return np.log((v**2).sum() / 2) - log_pp

    p = np.array([(lagrangian(v + eps * e) - lagrangian(v - eps * e)) / (2 * eps) for e in np.eye(3)])
    path = Paths({"final_norm": [np.stack([0 * v, v])]}, [np.array([log_pp, np.nan])], [np.arange(2)])
    with np.errstate(invalid="ignore"):
        motion = path.motion(per_dimension=False)
    assert C3.energy(motion)[0] == pytest.approx(p @ v - lagrangian(v), abs=1e-8)


def test_c3_and_c4_cannot_both_be_conserved(at_random):
    """Their kinetic terms are of opposite sign, so the two ratios sum to 2."""
    ratios = [balance_of(at_random, c).value(Balance.ratio) for c in (C3, C4)]
    assert sum(ratios) == pytest.approx(2, abs=1e-12)


def test_logarithms_do_not_see_the_scale_of_the_states(at_random):
    table = trade_offs(at_random, n_shuffles=20)
    assert len(table) == 16
    for name in ("C3", "C4"):
        same = table.xs(name, level="energy")["ratio"]
        assert same.max() - same.min() < 1e-12
    assert (table["null_low"] < 1).all() and (table["null_high"] > 1).all()
    assert table["left"].between(0, 1).all()


def test_unrelated_terms_are_as_steady_as_their_parts_say(at_random):
    """sd(E)² = Var K + Var U for independent terms, whatever the candidate."""
    table = steadiness(at_random)
    motion = at_random.motion()
    assert potential_of(at_random).value(Balance.mean) == pytest.approx(motion.log_pp.mean())
    for candidate in CANDIDATES:
        k, u = candidate.terms(motion)
        parts = np.sqrt(Balance.of(k, 0 * u, motion.chain).value(Balance.sd) ** 2
                        + Balance.of(0 * k, u, motion.chain).value(Balance.sd) ** 2)  # fmt: skip
        assert table.loc[candidate.name, "sd"] == pytest.approx(parts, rel=0.06)


def test_the_hardest_control_is_the_rival(at_random):
    """States that are twice as long: four times the kinetic energy, and the same turning."""
    controls = {
        name: Paths({"final_norm": [f * h for h in at_random.states["final_norm"]]}, at_random.log_pp, at_random.tokens)
        for name, f in (("slow", 0.5), ("like", 1.0))
    }
    double = Paths({"final_norm": [2 * h for h in at_random.states["final_norm"]]}, at_random.log_pp, at_random.tokens)
    faster = against(double, controls, speed_of, Balance.mean, more=True, log=True)
    assert faster.rival == "like"
    assert (faster.value, *faster.interval) == pytest.approx([np.log(4)] * 3)
    assert faster.own == pytest.approx(16 * faster.controls["slow"])
    assert faster.spread == pytest.approx(np.log(4))
    slower = against(double, controls, speed_of, Balance.mean, more=False)
    assert slower.rival == "slow"
    assert slower.spread == pytest.approx(slower.controls["slow"] - slower.controls["like"])
    assert against(double, controls, turning_of, Balance.mean, more=True).value == pytest.approx(0, abs=1e-12)


def test_readings_find_the_tie_where_it_was_put():
    """Steps along a line whose squared lengths make up for the perplexity, for C1 before the division by D."""
    rng = np.random.default_rng(2)

    def along(tied):
        kinetic = rng.uniform(1, 9, (12, 60))
        log_pp = 10 - kinetic + 0.1 * rng.standard_normal(kinetic.shape)
        if not tied:
            log_pp = rng.permutation(log_pp.ravel()).reshape(kinetic.shape) + 5
        line = np.concatenate([np.ones((12, 1)), 1 + np.sqrt(2 * kinetic).cumsum(axis=1)], axis=1)
        states = [np.stack([x, np.zeros(61)], axis=1) for x in line]
        sites = {"final_norm": states, "resid_post": states}
        return Paths(sites, [np.append(u, np.nan) for u in log_pp], [np.arange(61)] * 12)

    tied, loose = along(tied=True), along(tied=False)
    ours = readings(tied, {"loose": loose})
    assert len(ours) == 24
    assert balance_of(tied, per_dimension=False).value(Balance.ratio) == pytest.approx(0, abs=2e-3)
    assert ours.loc[("final_norm", "C1", "K", "start")].tolist() == [True, False, False, True]
    assert not ours.loc[("final_norm", "C1", "K", "end"), "trades off"]  # the tie is at the start of the step
    theirs = readings(loose, {"tied": tied})
    assert theirs.loc[("final_norm", "C1", "K", "start")].tolist() == [False, True, True, False]
    assert not ours.loc[("final_norm", "C3", "K/D", "start"), "trades off"]  # the opposite sign


@pytest.mark.parametrize("s", [0.48, 1.0])
def test_random_logits_are_as_foretold(s):
    """A random linear head on states of length sqrt(D): many heads, one token each."""
    rng = np.random.default_rng(0)
    n, d = 2_000, 64
    head = s / np.sqrt(d) * rng.standard_normal((n, d))
    states = rng.standard_normal((4_000, d))
    states *= np.sqrt(d) / np.linalg.norm(states, axis=1, keepdims=True)
    logits = states @ head.T
    tokens = rng.integers(n, size=len(logits))
    surprisal = np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(logits)), tokens]
    expected = random_surprisal(n, s)
    assert surprisal.mean() == pytest.approx(expected.mean, abs=0.03)
    assert surprisal.std() == pytest.approx(expected.sd, rel=0.03)


def test_the_foretold_numbers_of_a_large_vocabulary():
    """ln 50257 + s²/2 ± s with s = 0.02 sqrt(768)."""
    found = random_surprisal(50_257, 0.02 * np.sqrt(768))
    assert found.mean == pytest.approx(10.825 + 0.1536, abs=1e-3)
    assert found.sd == pytest.approx(0.5543, abs=1e-3)


def test_damaged_texts_keep_what_they_should():
    texts = [np.arange(40), np.arange(100, 130)]
    for text, shuffled in zip(texts, shuffle_tokens(texts, seed=1), strict=True):
        assert sorted(shuffled) == sorted(text) and (shuffled != text).any()
    exchanged = exchange_tokens(texts, 8, seed=1)
    for text, damaged in zip(texts, exchanged, strict=True):
        places = np.flatnonzero(text != damaged)
        assert ((places - 1) // 8).tolist() == list(range(len(places)))  # one in each block after the first token
        assert len(places) == np.ceil((len(text) - 1) / 8)
    assert set(np.concatenate(exchanged)) <= set(np.concatenate(texts))
    np.testing.assert_array_equal(texts[0], np.arange(40))  # the original is left alone


def test_stretches_are_means_of_whole_ones(by_hand, at_random):
    table = stretches(by_hand.motion(per_dimension=False), C1, 2)
    assert len(table) == 1  # the second text has one step only
    row = table.iloc[0]
    assert (row.surprisal, row.kinetic) == pytest.approx((np.log(8) / 2, 6.25))
    assert row.energy == pytest.approx(row.surprisal + row.kinetic)
    assert row["minus L"] == pytest.approx(row.surprisal - row.kinetic)
    assert row["spread of energy"] == pytest.approx((12.5 + np.log(2) - np.log(4)) / 2)
    assert row["spread of surprisal"] == pytest.approx(np.log(2) / 2)
    assert len(stretches(at_random.motion(), C1, 16)) == 12 * 3  # 59 places hold three


def test_detection_knows_what_was_added(at_random):
    natural = stretches(at_random.motion(), C1, 8)
    shifted = natural.assign(surprisal=natural.surprisal + 100)
    table = detection(natural, shifted)
    assert table.loc["surprisal", "value"] == 1
    assert table.loc["energy", "value"] == pytest.approx(0.5)  # the same numbers on both sides
    gain = detection_gain(natural, shifted, "energy")
    assert gain.value == pytest.approx(-0.5)
