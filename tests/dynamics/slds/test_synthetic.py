import numpy as np
import pytest
from scipy.spatial.distance import pdist

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters


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
