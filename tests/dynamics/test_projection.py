import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.projection import (
    Projection,
    davis_kahan_bound,
    principal_angles,
    random_overlap,
    rank_share,
    split_half_angles,
)
from lmphys.stats.bootstrap import chain_weights


def leading(covariance, k):
    return np.linalg.eigh(covariance)[1][:, ::-1][:, :k]


def test_basis_is_the_leading_eigenspace_of_the_covariance(ragged):
    for of, data in (("states", ragged.states), ("increments", ragged.increments())):
        fitted = Projection(3, of=of).fit(ragged)
        covariance = np.cov(data.T)
        values = np.linalg.eigvalsh(covariance)[::-1]
        np.testing.assert_allclose(fitted.basis_.T @ fitted.basis_, np.eye(3), atol=1e-12)
        assert principal_angles(fitted.basis_, leading(covariance, 3)).max() < 1e-7
        np.testing.assert_allclose(fitted.explained_variance_ratio_, values / values.sum(), rtol=1e-9)
        assert fitted.variance_captured(2) == pytest.approx(values[:2].sum() / values.sum())
        np.testing.assert_allclose(fitted.mean_, ragged.states.mean(axis=0))


@pytest.mark.parametrize("of", ["states", "increments"])
@pytest.mark.parametrize("standardise", [False, True])
@pytest.mark.parametrize("whiten", [False, True])
def test_full_rank_round_trip_is_exact(ragged, of, standardise, whiten):
    fitted = Projection(5, of=of, standardise=standardise, whiten=whiten).fit(ragged)
    projected = fitted.transform(ragged)
    np.testing.assert_allclose(fitted.inverse_transform(projected).states, ragged.states, atol=1e-10)
    np.testing.assert_allclose(fitted.inverse_transform(projected[0]), ragged[0], atol=1e-10)
    assert projected.meta == {"rank": 5, "of": of, "standardise": standardise, "whiten": whiten}
    # What a unit of each coordinate is worth along its direction, in units of the scaled states.
    steps = (fitted.inverse_transform(np.eye(5)) - fitted.mean_) / fitted.scale_
    np.testing.assert_allclose(fitted.unit_, np.linalg.norm(steps, axis=1), atol=1e-12)
    if whiten:
        white = projected.states if of == "states" else projected.increments()
        np.testing.assert_allclose(np.cov(white.T), np.eye(5), atol=1e-10)


def test_low_rank_round_trip_is_the_orthogonal_projection_about_the_mean(ragged):
    fitted = Projection(2).fit(ragged)
    back = fitted.inverse_transform(fitted.transform(ragged)).states
    lost = ((ragged.states - back) ** 2).sum() / ((ragged.states - fitted.mean_) ** 2).sum()
    assert lost == pytest.approx(1 - fitted.variance_captured(2))
    np.testing.assert_allclose((ragged.states - back) @ fitted.basis_, 0, atol=1e-10)


def test_unit_of_a_dimension_is_irrelevant_when_standardised(ragged):
    rescaled = ragged.with_states(ragged.states * np.array([1, 10, 100, 0.1, 3]))
    one, two = (Projection(3, standardise=True).fit(t) for t in (ragged, rescaled))
    np.testing.assert_allclose(one.transform(ragged).states, two.transform(rescaled).states, atol=1e-9)


def test_rank_beyond_the_data_names_the_largest_usable_one(ragged):
    with pytest.raises(LmphysError, match="largest usable rank is 5"):
        Projection(6).fit(ragged)
    with pytest.raises(LmphysError, match="largest usable rank is 1"):
        Projection(2, of="increments").fit(Trajectories.from_list([ragged[0][:2], ragged[3]]))
    with pytest.raises(LmphysError, match="largest usable rank is 0"):
        Projection(1).fit(Trajectories.from_list([np.ones((4, 3))]))
    with pytest.raises(LmphysError, match="largest usable rank is 2"):
        Projection(3).fit(ragged.with_states(ragged.states * [1, 1, 0, 0, 0]))
    with pytest.raises(LmphysError, match="choose 'states'"):
        Projection(1, of="residuals").fit(ragged)
    with pytest.raises(LmphysError, match="width 2"):
        Projection(1).fit(ragged).transform(ragged.with_states(ragged.states[:, :2]))


@given(st.lists(st.floats(1e-9, np.pi / 2), min_size=1, max_size=3), st.integers(0, 99))
@settings(max_examples=200, deadline=None)
def test_principal_angles_of_known_rotations(angles, seed):
    k = len(angles)
    turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((2 * k + 1, 2 * k + 1)))[0]
    U = turn[:, :k]
    V = turn[:, :k] * np.cos(angles) + turn[:, k : 2 * k] * np.sin(angles)
    np.testing.assert_allclose(principal_angles(U, V), np.sort(angles), atol=1e-12, rtol=1e-6)


def test_principal_angles_between_subspaces_of_unequal_dimension():
    # A line at angle 0.3 above a plane; a plane within a space; the order of the arguments is irrelevant.
    plane = np.eye(4)[:, :2]
    line = np.array([[np.cos(0.3)], [0], [np.sin(0.3)], [0]])
    np.testing.assert_allclose(principal_angles(plane, line), [0.3])
    np.testing.assert_allclose(principal_angles(7 * line, plane @ [[1, 5], [2, 3]]), [0.3])
    np.testing.assert_allclose(principal_angles(plane, np.eye(4)[:, 1:]), [0, np.pi / 2], atol=1e-15)


def test_overlap_of_random_subspaces_is_k_over_d():
    rng = np.random.default_rng(1)
    angles = [principal_angles(*(rng.standard_normal((20, 5)) for _ in range(2))) for _ in range(400)]
    draws = np.mean(np.cos(angles) ** 2, axis=1)
    standard_error = np.std(draws) / np.sqrt(len(draws))
    assert abs(np.mean(draws) - random_overlap(20, 5)) < 4 * standard_error


@given(st.integers(2, 7), st.data())
@settings(max_examples=60, deadline=None)
def test_davis_kahan_bounds_the_rotation_of_the_eigenspace(D, data):
    k = data.draw(st.integers(1, D))
    rng = np.random.default_rng(data.draw(st.integers(0, 10**6)))
    a = rng.standard_normal((2 * D, D))
    b = a + data.draw(st.floats(0.001, 1)) * rng.standard_normal((2 * D, D))
    cov_a, cov_b = a.T @ a, b.T @ b
    sine = np.linalg.norm(np.sin(principal_angles(leading(cov_a, k), leading(cov_b, k))))
    assert sine <= davis_kahan_bound(cov_a, cov_b, k) + 1e-12


def test_davis_kahan_closed_form_in_two_dimensions():
    # B = A + e (off-diagonal): ||A - B|| is e in operator norm and e sqrt 2 in Frobenius norm.
    a, e = np.diag([2.0, 1.0]), 0.1
    assert davis_kahan_bound(a, a + e * np.array([[0, 1], [1, 0]]), 1) == pytest.approx(2 * e)
    assert davis_kahan_bound(np.eye(2), a, 1) == float("inf")


def test_split_halves_agree_where_the_variance_lies_in_a_plane_and_not_in_noise():
    rng = np.random.default_rng(2)
    noise = rng.standard_normal((60, 20, 8))
    plane = noise * np.array([30, 20, 1, 1, 1, 1, 1, 1])
    sure = split_half_angles(Trajectories.from_list(list(plane)), 2, seed=0)
    unsure = split_half_angles(Trajectories.from_list(list(noise)), 2, seed=0)
    assert sure.max() < 0.05
    assert unsure.max() > 0.3


@pytest.mark.parametrize("of", ["states", "increments"])
def test_share_of_other_chains(ragged, of):
    fitted = Projection(2, of=of).fit(ragged)
    assert fitted.share_of(ragged) == pytest.approx(fitted.variance_captured(2))
    other = ragged.with_states(np.random.default_rng(1).standard_normal(ragged.states.shape))
    data = other.states if of == "states" else other.increments()
    covariance = np.cov(data.T)
    assert fitted.share_of(other) == pytest.approx(
        np.trace(fitted.basis_.T @ covariance @ fitted.basis_) / np.trace(covariance)
    )


@pytest.mark.parametrize("of", ["states", "increments"])
def test_rank_share_is_that_of_the_projection_with_the_spread_of_resampled_corpora(ragged, of):
    found = rank_share(ragged, 2, of=of, n_bootstrap=30, seed=4)
    assert found.value == pytest.approx(Projection(2, of=of).fit(ragged).variance_captured(2))
    shares = []
    for weights in chain_weights(len(ragged), 30, 4).astype(int):
        parts = [chain for chain, w in zip(ragged, weights, strict=True) for _ in range(w)]
        shares.append(Projection(2, of=of).fit(Trajectories.from_list(parts)).variance_captured(2))
    assert found.high - found.value == pytest.approx(1.96 * np.std(shares))
    assert found.value - found.low == pytest.approx(1.96 * np.std(shares))
