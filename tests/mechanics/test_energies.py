"""Energies of hand-made states, and their ratios."""

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C1, C2, C3, C4, CANDIDATES
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, potential_of, steadiness, trade_offs


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
    """Their kinetic terms are of opposite sign, so the two ratios sum to 2, and the two correlations to 0."""
    for statistic, total in ((Balance.ratio, 2), (Balance.correlation, 0)):
        values = [balance_of(at_random, c).value(statistic) for c in (C3, C4)]
        assert sum(values) == pytest.approx(total, abs=1e-12)


def test_logarithms_do_not_see_the_scale_of_the_states(at_random):
    table = trade_offs(at_random, n_shifts=20)
    assert len(table) == 8
    for name in ("C3", "C4"):
        same = table.xs(name, level="energy")
        assert np.ptp(same[["Q", "Q, K as it is"]].to_numpy()) < 1e-12
    assert (table["null_low"] < 0).all() and (table["null_high"] > 0).all()
    assert table["left"].between(0, 1).all()


def test_a_tie_knows_no_scale_where_the_ratio_does(at_random):
    """States that are three times as long: the same correlation, another ratio; a small K forces the latter to 1."""
    table = trade_offs(at_random, n_shifts=20)
    r = table["r"].unstack("site")
    np.testing.assert_allclose(r["resid_post"], r["final_norm"], atol=1e-12)
    Q = table.loc[[("final_norm", "C1"), ("resid_post", "C1")], "Q"]
    assert abs(Q.iloc[0] - Q.iloc[1]) > 1e-3
    u, chain = at_random.motion().log_pp, at_random.motion().chain
    tied = Balance.of(1e-3 * (u.max() - u), u, chain)
    assert tied.value(Balance.ratio) == pytest.approx(1, abs=2e-3) and tied.value(Balance.correlation) == -1


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
