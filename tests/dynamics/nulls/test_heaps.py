import numpy as np
import pytest
from scipy.signal import find_peaks
from scipy.stats import norm

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.heaps import heap_calibration, heap_chains, heap_lengths, heap_separation, seen_from


@pytest.fixture(scope="module")
def chains():
    rng = np.random.default_rng(0)
    return Trajectories.from_list([rng.standard_normal((9, 8)) * 3 for _ in range(120)])


@pytest.mark.parametrize("separation", [0.0, 2.0, 5.0])
def test_lengths_have_the_stated_mean_and_spread(separation):
    drawn = heap_lengths(20.0, 3.0, separation, 200_000, np.random.default_rng(1))
    assert drawn.mean() == pytest.approx(20, abs=0.03)
    assert drawn.std() == pytest.approx(3, abs=0.03)


def test_three_heaps_part_at_2_07_sd():
    """The number that the claims take for no effect."""
    x = np.linspace(-8, 8, 16_001)
    for separation, modes in ((2.06, 1), (2.08, 3)):
        density = norm.pdf(x[:, None] - separation * np.array([-1, 0, 1])).sum(axis=1)
        assert len(find_peaks(density)[0]) == modes


def test_planted_chains_follow_the_map_and_their_noise_lies_in_heaps(chains):
    drift = LinearDrift(1.0).fit(chains)
    residuals = drift.residuals(chains)
    planted = heap_chains(drift, chains, residuals, 12.0, seed=2)
    np.testing.assert_array_equal(planted.states[planted.offsets[:-1]], chains.states[chains.offsets[:-1]])
    h, h_next, _ = planted.pairs()
    lengths = np.linalg.norm(h_next - drift.step(h), axis=1)
    real = np.linalg.norm(residuals, axis=1)
    width = real.std() / np.sqrt(1 + 144 * 8 / 12)
    away = np.abs(lengths[:, None] - (real.mean() + 12 * width * np.array([-1, 0, 1]))).min(axis=1)
    assert (away < 5 * width).all()


def test_a_corpus_is_placed_where_it_was_planted(chains):
    train, test = chains.select(range(80)), chains.select(range(80, 120))
    table = heap_calibration(train, test, separations=(0.0, 3.0, 6.0, 9.0), n_corpora=4, seed=3)
    means = table.groupby("true")["dip"].mean()
    assert means[9.0] > means[6.0] > means[0.0]
    assert table[table["true"] == 9.0]["seen"].all()
    assert seen_from(table) <= 9.0
    found = heap_separation(table, float(means[6.0]))
    assert found.low <= 6.0 <= found.high
    assert found.value == pytest.approx(6.0)
    # A dip that no corpus shows leaves a number without an interval.
    beyond = heap_separation(table, 0.9)
    assert beyond.low == beyond.high == beyond.value == 9.0


def test_where_the_heaps_are_never_seen_there_is_no_separation_from_which_on(chains):
    table = heap_calibration(chains.select(range(80)), chains.select(range(80, 120)), separations=(0.0, 1.0))
    assert seen_from(table.assign(seen=False)) == float("inf")
    assert seen_from(table.assign(seen=table["true"] > 0)) == 1.0
