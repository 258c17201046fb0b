import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.fitting.synthetic import draw_chains, random_parameters, recovery

QUICK = {"n_chains": 30, "length": (3, 8), "width": 3, "n_regimes": 2, "n_init": 1, "max_iter": 5}


@pytest.mark.parametrize("separation", [0.0, 0.4, 5.0])
def test_offsets_are_as_far_apart_as_asked_and_the_noise_is_one(separation):
    p = random_parameters(4, 6, separation=separation, memory=0.7, seed=1)
    np.testing.assert_allclose(pdist(p.b), separation, atol=1e-12)
    np.testing.assert_array_equal(p.Sigma, np.stack([np.eye(6)] * 4))
    own = p.M - (0.7 - 1) * np.eye(6)
    size = 0.1 * min(separation, 1)
    np.testing.assert_allclose(own @ own.transpose(0, 2, 1), np.stack([size**2 * np.eye(6)] * 4), atol=1e-12)


def test_lengths_are_uniform_in_their_range_and_the_draws_belong_to_the_seed():
    p = random_parameters(2, 2, separation=2.0)
    traj = draw_chains(p, 4000, (2, 5), seed=3)
    counts = np.bincount(traj.lengths, minlength=6)
    assert counts[:2].tolist() == [0, 0]
    np.testing.assert_allclose(counts[2:] / 4000, 0.25, atol=4 * np.sqrt(0.25 * 0.75 / 4000))
    again, other = (draw_chains(p, 4000, (2, 5), seed=seed) for seed in (3, 4))
    np.testing.assert_array_equal(again.states, traj.states)
    assert not np.array_equal(other.lengths, traj.lengths)


def test_lengths_say_nothing_of_the_states():
    # From one seed, the random bits of the first regimes would be those of the lengths, two lengths in each number.
    p = random_parameters(2, 2, separation=2.0)
    traj = draw_chains(p, 4000, (2, 3), seed=6, warm_up=0)
    first = traj.sentences["regime"].to_numpy()[traj.offsets[:-1] + 1]
    for lengths in (traj.lengths[:2000], traj.lengths[::2], traj.lengths[1::2]):
        assert abs(np.corrcoef(lengths, first[:2000])[0, 1]) < 4 / np.sqrt(2000)


def test_chains_begin_where_the_model_likes_to_be():
    p = random_parameters(1, 2, separation=3.0, memory=0.5, seed=2)
    first = np.array([chain[0] for chain in draw_chains(p, 5000, 1, seed=5)])
    A = np.eye(2) + p.M[0]
    variance = np.linalg.solve(np.eye(4) - np.kron(A, A), np.eye(2).ravel()).reshape(2, 2)
    np.testing.assert_allclose(first.mean(axis=0), p.fixed_points()[0], atol=0.08)
    np.testing.assert_allclose(np.cov(first.T), variance, atol=0.12)


def test_row_of_recovery_is_its_steps_with_independent_seeds():
    table = recovery([2.0, 0.0], n_repeats=2, seed=7, **QUICK)
    assert table[["separation", "repeat"]].to_numpy().tolist() == [[2, 0], [2, 1], [0, 0], [0, 1]]

    def seeds(seed, n):
        return [int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(n)]

    of_truth, of_chains, of_fit = seeds(seeds(7, 2)[1], 3)
    truth = random_parameters(2, 3, separation=2.0, seed=of_truth)
    traj = draw_chains(truth, 30, (3, 8), seed=of_chains)
    z = traj.sentences["regime"].to_numpy()[traj.sources() + 1]
    model = SLDS(2, n_init=1, max_iter=5, random_state=of_fit).fit(traj)
    assert table.ari[1] == pytest.approx(adjusted_rand_score(z, model.viterbi(traj)))
    assert table.ari_best[1] == pytest.approx(adjusted_rand_score(z, SLDS.from_parameters(truth).viterbi(traj)))
    errors = [
        np.linalg.norm(model.parameters_.permute(order).b - truth.b) / np.linalg.norm(truth.b)
        for order in ([0, 1], [1, 0])
    ]
    assert min(abs(table.b_error[1] - error) for error in errors) < 1e-12


def test_recovery_of_one_seed_shares_no_draw_with_the_next():
    # Seeds that were counted up would give the second repeat of seed 0 to the first of seed 1.
    tables = [recovery([2.0], n_repeats=2, seed=seed, **QUICK) for seed in (0, 1)]
    best = pd.concat(tables).ari_best
    assert best.nunique() == 4


def test_offsets_of_no_size_have_no_relative_error():
    row = recovery([0.0], n_repeats=1, **QUICK).iloc[0]
    assert np.isnan(row.b_error)
    assert np.isfinite(row[["ari", "ari_best", "M_error", "Sigma_error", "T_error"]].astype(float)).all()


def test_unusable_sizes_are_refused():
    with pytest.raises(LmphysError, match="4 regimes in 3 dimensions: use 1 to 3"):
        random_parameters(4, 3, separation=1.0)
    with pytest.raises(LmphysError, match="0 regimes in 3 dimensions"):
        random_parameters(0, 3, separation=1.0)
    p = random_parameters(2, 3, separation=1.0)
    for length, message in (
        ((5, 2), "lengths from 5 to 2"),
        (0, "lengths from 0 to 0"),
        ((0, 4), "lengths from 0 to 4"),
    ):
        with pytest.raises(LmphysError, match=message):
            draw_chains(p, 3, length)
    with pytest.raises(LmphysError, match="after -1 steps"):
        draw_chains(p, 3, 4, warm_up=-1)
    with pytest.raises(LmphysError, match="at least one chain"):
        draw_chains(p, 0, 4)
    with pytest.raises(LmphysError, match="3 regimes in 2 dimensions"):
        recovery([1.0], width=2)
