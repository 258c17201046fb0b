"""Dense Hopfield networks against closed forms of the magnets and of the random energy model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import spearmanr

from lmphys.core.errors import LmphysError
from lmphys.pages.basins import hopfield_capacity, mean_field
from lmphys.pages.basins.hopfield import DenseHopfield, clusters, depth_and_width, find_basins, on_sphere, uneven
from lmphys.pages.basins.voting import answer_memories, iterated_vote


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 12), st.integers(1, 6), st.floats(0.05, 50), st.integers(0, 10_000))
def test_the_energy_falls_by_half_the_square_of_the_step_at_least(n, d, beta, seed):
    rng = np.random.default_rng(seed)
    network = DenseHopfield(rng.normal(size=(n, d)) * rng.uniform(0.1, 3), beta)
    x = rng.normal(size=(5, d)) * 3
    after = network.update(x)
    fall = network.energy(x) - network.energy(after)
    assert (fall >= 0.5 * ((after - x) ** 2).sum(axis=1) - 1e-9).all()


def test_the_update_is_a_step_down_the_gradient():
    rng = np.random.default_rng(0)
    network, x, h = DenseHopfield(rng.normal(size=(7, 4)), 1.3), rng.normal(size=4), 1e-6
    gradient = [(network.energy(x + h * e) - network.energy(x - h * e)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(network.update(x), x - gradient, atol=1e-8)
    with pytest.raises(LmphysError, match="above 0"):
        DenseHopfield(np.eye(2), 0)
    with pytest.raises(LmphysError, match="critical point"):
        DenseHopfield(np.array([[1.0], [-1.0]]), 1.0).relax(np.array([0.5]), most=50)


@pytest.mark.parametrize("beta", [0.5, 0.9, 1.2, 3.0])
def test_two_antipodal_memories_are_the_ising_magnet(beta):
    network = DenseHopfield(np.array([[0.6, 0.8], [-0.6, -0.8]]), beta)
    m = float(network.relax(np.array([[0.5, 0.5]]))[0] @ network.memories[0])
    assert m == pytest.approx(np.tanh(beta * m), abs=1e-7)
    assert (abs(m) > 1e-3) == (beta > 1)


@pytest.mark.parametrize("n", [3, 4, 10])
def test_orthonormal_memories_are_the_potts_magnet(n):
    beta, jump = mean_field.transition(n)
    memories = np.linalg.qr(np.random.default_rng(n).normal(size=(n + 2, n + 2)))[0][:n]
    network = DenseHopfield(memories, beta)
    uniform, retrieved = memories.mean(axis=0), network.relax(memories[0])
    # At the transition the two states have the same energy, and the order parameter jumps by (N - 2) / (N - 1).
    assert network.energy(uniform) == pytest.approx(network.energy(retrieved), abs=1e-9)
    shares = retrieved @ memories.T
    assert mean_field.order_parameter(shares) == pytest.approx(jump, abs=1e-7) and shares.sum() == pytest.approx(1)
    assert mean_field.branch(np.array(jump), n) == pytest.approx(beta)
    # A uniform state is stable up to beta = N: along differences of shares the update multiplies by beta / N.
    nudge = 1e-6 * (memories[0] - memories[1])
    moved = DenseHopfield(memories, 1.7 * n).update(uniform + nudge) - uniform
    np.testing.assert_allclose(moved, 1.7 * nudge, atol=1e-10)
    first, last = mean_field.limits(n)
    assert first < beta < last == n
    below, above = (DenseHopfield(np.eye(n), first + by).relax(np.eye(n)[0], most=200_000) for by in (-0.01, 0.01))
    assert mean_field.order_parameter(below) < 1e-4 < 0.2 < mean_field.order_parameter(above)


def test_two_memories_change_continuously_and_more_with_hysteresis():
    assert mean_field.transition(2) == (2.0, 0.0) and mean_field.limits(2) == (2.0, 2.0)
    assert mean_field.transition(3)[0] == pytest.approx(4 * np.log(2))
    with pytest.raises(LmphysError, match="at least 2"):
        mean_field.transition(1)
    betas = np.linspace(2.3, 7.5, 27)
    up, down = mean_field.sweep(betas, 6), mean_field.sweep(betas[::-1], 6)[::-1]
    first, last = mean_field.limits(6)
    both = (betas > first + 0.02) & (betas < last - 0.02)
    assert (up[both] < 1e-3).all() and (down[both] > 0.3).all() and both.sum() > 5
    np.testing.assert_allclose(up[betas > last + 0.1], down[betas > last + 0.1], atol=1e-4)


@pytest.mark.parametrize("beta", [0.1, 0.5, 2.0])
def test_the_critical_load_is_where_signal_and_noise_meet(beta):
    alpha, t = hopfield_capacity.critical_load(beta), np.linspace(0, 0.9999, 200_001)
    assert hopfield_capacity.noise_exponent(alpha, beta) == pytest.approx(beta)

    def brute(a):
        count = a + 0.5 * np.log1p(-(t**2))
        return float((count + beta * t)[count >= 0].max())

    for load in (0.2 * alpha, alpha, 1.5 * alpha):
        assert hopfield_capacity.noise_exponent(load, beta) == pytest.approx(brute(load), abs=1e-4)
    assert brute(0.9 * alpha) < beta < brute(1.1 * alpha)


def test_the_weight_of_a_memory_follows_its_closed_form():
    d, beta = 9, 0.4
    density = quad(lambda t: (1 - t * t) ** ((d - 3) / 2), -1, 1)[0]
    mean = quad(lambda t: (1 - t * t) ** ((d - 3) / 2) * np.exp(beta * d * t), -1, 1)[0] / density
    alpha = 0.35
    exact = 1 / (1 + (np.exp(alpha * d) - 1) * mean * np.exp(-beta * d))
    assert hopfield_capacity.expected_weight(np.array([alpha]), beta, d)[0] == pytest.approx(exact)
    drawn = hopfield_capacity.sampled_weight(0.25, 0.25, 40, n_draws=40, rng=np.random.default_rng(0))
    assert np.median(drawn) == pytest.approx(hopfield_capacity.expected_weight(np.array([0.25]), 0.25, 40)[0], rel=0.1)
    # Overlaps drawn by their law are those of vectors on a sphere.
    rng = np.random.default_rng(1)
    vectors = on_sphere(20_000, 6, rng)
    assert np.var(vectors @ vectors[0]) == pytest.approx(1 / 6, rel=0.05)
    # The weight is 1 / (1 + e^{(α - α_c) d}) for large d: half at the critical load, and 2 ln 9 / d from 0.9 to 0.1.
    for d in (50, 500, 1000):
        loads = hopfield_capacity.critical_load(0.25) + np.linspace(-6, 6, 2401) / d
        crossed = [np.interp(-w, -hopfield_capacity.expected_weight(loads, 0.25, d), loads) for w in (0.9, 0.5, 0.1)]
        assert crossed[1] == pytest.approx(hopfield_capacity.critical_load(0.25), abs=0.1 / d)
        assert (crossed[2] - crossed[0]) * d == pytest.approx(2 * np.log(9), rel=0.01)
    with pytest.raises(LmphysError, match="too many"):
        hopfield_capacity.sampled_weight(0.5, 0.25, 40, n_draws=1, rng=rng)


def test_starts_are_counted_in_the_basin_they_fall_into():
    network = DenseHopfield(np.array([[1.0, 0.0], [0.0, 1.0]]), 8.0)
    starts = np.array([[1.0, 0.2], [0.9, 0.1], [0.1, 0.8]])
    found = find_basins(network, starts)
    np.testing.assert_allclose(found.width, [2 / 3, 1 / 3])
    assert found.points[0] @ network.memories[0] > 0.9
    np.testing.assert_allclose(found.energy, network.energy(found.points))


def test_deep_and_wide_are_two_things():
    signs = {"uneven": [], "clusters": []}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        starts = on_sphere(2000, 30, rng)
        crowded = clusters((1, 1, 2, 2, 3, 3, 4, 5), np.linspace(1.15, 0.95, 8), 30, rng)
        for name, memories in {"uneven": uneven(12, 30, rng), "clusters": crowded}.items():
            found = find_basins(DenseHopfield(memories, 12.0), starts)
            assert len(found.width) == {"uneven": 12, "clusters": 8}[name]  # a crowd is one basin
            assert found.width.sum() == pytest.approx(1)
            signs[name].append(spearmanr(found.width, -found.energy)[0])
    assert min(signs["uneven"]) > 0.8 and max(signs["clusters"]) < -0.3


def test_the_first_step_of_a_vote_is_the_shares():
    """Three chains of one answer, two of another, one of none; the leader of the count leads at every step."""
    votes = np.array([2, 5, 2, -1, 5, 2])
    assert answer_memories(votes).sum(axis=0).tolist() == [1, 3, 2]
    table = iterated_vote(votes, ["b", "c", "b", None, "c", "b"], (0.5, 12.0), n_steps=2)
    assert table.columns.tolist() == ["none", "b", "c"]
    for beta in ("0.5", "12"):
        assert table.loc[f"β = {beta}, step 1"].tolist() == pytest.approx([1 / 6, 1 / 2, 1 / 3])
        second = np.array([1, 3, 2]) * np.exp(float(beta) * np.array([1, 3, 2]) / 6)
        np.testing.assert_allclose(table.loc[f"β = {beta}, step 2"], second / second.sum())
    assert table.loc["β = 12, at rest", "b"] == pytest.approx(1, abs=1e-3)
    assert (table.idxmax(axis=1) == "b").all()


def test_depth_and_width_are_ranked():
    rng = np.random.default_rng(0)
    found = find_basins(DenseHopfield(uneven(6, 12, rng), 12.0), on_sphere(500, 12, rng))
    row = depth_and_width({"one": found}).loc["one"]
    assert row["basins"] == len(found.width)
    assert row["rank correlation"] == pytest.approx(spearmanr(found.width, -found.energy)[0])
