import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import phase_randomise, shuffle_chains, shuffle_order


def sorted_rows(x):
    return x[np.lexsort(x.T)]


def test_shuffled_order_keeps_each_chains_states_and_moves_them(ragged):
    shuffled = shuffle_order(ragged, seed=1)
    for before, after in zip(ragged, shuffled, strict=True):
        np.testing.assert_array_equal(sorted_rows(before), sorted_rows(after))
    assert not np.array_equal(ragged[4], shuffled[4])


def test_every_order_of_a_chain_is_equally_likely():
    traj = Trajectories.from_list([np.arange(3.0)[:, None]] * 6000)
    orders = shuffle_order(traj, seed=2).states.reshape(-1, 3) @ [9, 3, 1]
    counts = np.unique(orders, return_counts=True)[1]
    assert len(counts) == 6
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(1000)


def test_shuffled_chains_keep_the_states_and_the_lengths(ragged):
    shuffled = shuffle_chains(ragged, seed=1)
    np.testing.assert_array_equal(sorted_rows(ragged.states), sorted_rows(shuffled.states))
    np.testing.assert_array_equal(ragged.lengths, shuffled.lengths)


def test_phase_randomised_chains_keep_mean_spectrum_and_cross_spectra(ragged):
    for before, after in zip(ragged, phase_randomise(ragged, seed=1), strict=True):
        assert np.isrealobj(after)
        np.testing.assert_allclose(after.mean(axis=0), before.mean(axis=0), atol=1e-10)
        f, g = np.fft.rfft(before, axis=0), np.fft.rfft(after, axis=0)
        np.testing.assert_allclose(np.abs(g) ** 2, np.abs(f) ** 2, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(g[:, :1].conj() * g, f[:, :1].conj() * f, rtol=1e-8, atol=1e-8)


def test_phase_randomisation_keeps_circular_correlations_and_changes_the_states(ragged):
    before, after = ragged[4], phase_randomise(ragged, seed=1)[4]
    for lag in range(4):
        np.testing.assert_allclose(
            np.roll(after, lag, axis=0).T @ after, np.roll(before, lag, axis=0).T @ before, atol=1e-9
        )
    assert np.abs(after - before).max() > 0.1


def test_phase_randomised_linear_process_loses_only_the_seam(ar1):
    # Of the T circular neighbours T - 1 have correlation r, and the seam has none: rho = (1 - 1 / T) r.
    train, test = ar1(0.8, 200, 40, 2, seed=7), ar1(0.8, 200, 40, 2, seed=8)
    scores = one_step_scores(LinearDrift().fit(train), test, train=train, n_bootstrap=10)
    assert scores.r2_h["phase-randomised"] == pytest.approx((0.8 * 39 / 40) ** 2, abs=0.02)
    # An order drawn at random leaves only what a chain's mean, of variance near 9 / T, says of its states.
    assert 0 < scores.r2_h["shuffled order"] < 0.15


@pytest.mark.parametrize("surrogate", [shuffle_order, shuffle_chains, phase_randomise])
def test_tables_keep_only_what_still_holds_and_the_seed_decides(surrogate):
    rng = np.random.default_rng(9)
    states = rng.standard_normal((7, 2)).astype(np.float32)
    sentences = pd.DataFrame({"chain": [0] * 4 + [1] * 3, "t": [0, 1, 2, 3, 0, 1, 2], "text": list("abcdefg")})
    traj = Trajectories(states, np.array([4, 3]), pd.DataFrame({"correct": [True, False]}), sentences, {"layer": 3})
    made = surrogate(traj, seed=4)
    assert list(made.sentences) == ["chain", "t"]
    assert made.states.dtype == np.float32
    assert made.meta["layer"] == 3
    assert made.meta["surrogate_seed"] == 4
    assert ("correct" in made.chains) == (surrogate is not shuffle_chains)
    assert list(traj.sentences["text"]) == list("abcdefg")
    np.testing.assert_array_equal(made.states, surrogate(traj, seed=4).states)
    assert not np.array_equal(made.states, surrogate(traj, seed=5).states)
