import numpy as np
import pytest
from scipy.stats import ks_2samp

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.simulation import (
    _kolmogorov_smirnov,
    autocorrelation,
    compare_simulated,
    dwell_times,
    occupancy,
)
from lmphys.dynamics.nulls.simulated import simulated_surrogates
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters

LENGTHS = np.random.default_rng(0).integers(1, 25, size=60)


def two_regimes(stay=(0.9, 0.7), decay=0.4, noise=0.3):
    T = np.array([[stay[0], 1 - stay[0]], [1 - stay[1], stay[1]]])
    b = np.array([[1.5, 0.0], [-1.5, 0.5]])
    M = np.stack([-decay * np.eye(2)] * 2)
    return SLDS.from_parameters(SLDSParameters([0.5, 0.5], T, M, b, np.stack([noise * np.eye(2)] * 2)))


def starts(n, seed):
    return Trajectories.from_list(list(np.random.default_rng(seed).standard_normal((n, 1, 2))))


def ragged_chains(model, seed, lengths=LENGTHS):
    return model.simulate(starts(len(lengths), seed), lengths - 1, seed=seed)


def correlation_by_hand(traj, lag):
    mean = traj.states.mean(axis=0)
    pairs = [(h[t] - mean, h[t + lag] - mean) for h in traj for t in range(len(h) - lag)]
    x, y = (np.ravel([pair[side] for pair in pairs]) for side in (0, 1))
    return x @ y / np.sqrt((x @ x) * (y @ y))


@pytest.mark.parametrize("r", [0.8, -0.5, 0.0])
def test_autocorrelation_of_an_ar1_process_is_a_power_of_its_coefficient(ar1, r):
    found = autocorrelation(ar1(r, 400, 50, 3, seed=1), 4)
    np.testing.assert_allclose(found, r ** np.arange(1, 5), atol=0.02)


def test_autocorrelation_equals_the_sum_over_pairs(ragged):
    found = autocorrelation(ragged, 30)
    np.testing.assert_allclose(found[:29], [correlation_by_hand(ragged, lag) for lag in range(1, 30)], rtol=1e-9)
    assert np.isnan(found[29])  # the longest chain has 30 states
    shifted = ragged.with_states(1e4 + 3 * ragged.states)
    np.testing.assert_allclose(autocorrelation(shifted, 5), found[:5], rtol=1e-6)


def test_dwell_times_and_occupancy_by_hand():
    path = np.array([0, 0, 1, 1, 2, 2, 2, 2, 0])
    runs = dwell_times(path, np.array([4, 1, 4, 4]))
    assert runs["chain"].tolist() == [0, 0, 2, 2, 3, 3]
    assert runs["regime"].tolist() == [0, 1, 1, 2, 2, 0]
    assert runs["steps"].tolist() == [2, 1, 1, 2, 2, 1]
    assert runs["complete"].tolist() == [True, False, True, False, True, False]
    np.testing.assert_allclose(occupancy(path, 4), [3 / 9, 2 / 9, 4 / 9, 0])


def test_dwell_times_of_a_markov_chain_are_geometric():
    model = two_regimes(stay=(0.9, 0.6))
    traj = model.simulate(starts(5, 1), 6000, seed=2)
    regimes = traj.sentences["regime"].to_numpy()
    runs = dwell_times(regimes[regimes >= 0], traj.lengths).query("complete")
    for regime, expected in enumerate(model.parameters_.dwell_times()):
        steps = runs.loc[runs["regime"] == regime, "steps"]
        spread = np.sqrt(expected * (expected - 1))
        assert abs(steps.mean() - expected) < 4 * spread / np.sqrt(len(steps))
        for d in (1, 2, 3):
            law = (1 - 1 / expected) ** (d - 1) / expected
            assert abs((steps == d).mean() - law) < 4 * np.sqrt(law * (1 - law) / len(steps))


def test_kolmogorov_smirnov_equals_scipy_with_ties():
    rng = np.random.default_rng(3)
    values, chain = rng.integers(8, size=400), rng.integers(30, size=400)
    real = rng.random((20, 30)) < 0.4
    found = _kolmogorov_smirnov(values, chain, real)
    peer = [ks_2samp(values[m[chain]], values[~m[chain]]).statistic for m in real]
    np.testing.assert_allclose(found, peer, atol=1e-12)


def test_distances_are_those_of_the_two_samples():
    model, other = two_regimes(), two_regimes(stay=(0.5, 0.5), noise=0.5)
    traj = ragged_chains(other, 6)
    table = compare_simulated(model, traj, seed=7, max_lag=3, n_permutations=20)
    first = int(np.random.SeedSequence(7).spawn(2)[0].generate_state(1)[0])
    twins = simulated_surrogates(model, traj, seed=first)
    jumps, lags, paths, runs = zip(
        *(
            (np.linalg.norm(x.increments(), axis=1), autocorrelation(x, 3), z, dwell_times(z, x.lengths)["steps"])
            for x, z in ((traj, model.viterbi(traj)), (twins, model.viterbi(twins)))
        ),
        strict=True,
    )
    expected = {
        "jump norms": ks_2samp(*jumps).statistic,
        "autocorrelation": np.abs(lags[0] - lags[1]).max(),
        "occupancy": np.abs(occupancy(paths[0], 2) - occupancy(paths[1], 2)).sum() / 2,
        "dwell times": ks_2samp(*runs).statistic,
    }
    for name, value in expected.items():
        assert table.loc[name, "distance"] == pytest.approx(value, abs=1e-12)


def test_p_is_uniform_for_chains_that_the_model_made():
    model = two_regimes()
    tables = [compare_simulated(model, ragged_chains(model, s), seed=1000 + s, n_permutations=99) for s in range(60)]
    for name in tables[0].index:
        p = np.array([table.loc[name, "p"] for table in tables])
        assert abs(p.mean() - 0.5) < 4 / np.sqrt(12 * len(p))
        assert 0 < (p <= 0.2).sum() <= 22  # binomial(60, 0.2) exceeds 22 with probability 0.002
        distance, noise = (np.median([table.loc[name, c] for table in tables]) for c in ("distance", "noise"))
        assert 0.75 < distance / noise < 1.35


@pytest.mark.parametrize(
    ("truth", "wrong"),
    [
        ({"noise": 1.5}, ["jump norms"]),
        ({"decay": 1.2}, ["autocorrelation"]),
        ({"stay": (0.5, 0.96)}, ["occupancy"]),
        ({"stay": (0.4, 0.1)}, ["dwell times"]),
    ],
)
def test_a_wrong_model_is_found_out(truth, wrong):
    traj = ragged_chains(two_regimes(**truth), 8)
    table = compare_simulated(two_regimes(), traj, n_permutations=199)
    for name in wrong:
        assert table.loc[name, "p"] == 1 / 200
        assert table.loc[name, "distance"] > 2 * table.loc[name, "noise"]


def test_more_twins_lower_the_noise():
    model = two_regimes()
    traj = ragged_chains(model, 9)
    one, many = (compare_simulated(model, traj, n_repeats=n, n_permutations=200) for n in (1, 20))
    # Variance 1/n + 1/n against 1/n + 1/(20 n).
    ratio = many.loc["jump norms", "noise"] / one.loc["jump norms", "noise"]
    assert ratio == pytest.approx(np.sqrt(1.05 / 2), abs=0.1)


def test_a_model_of_one_regime_has_nothing_to_differ_in():
    p = two_regimes().parameters_
    model = SLDS.from_parameters(SLDSParameters([1.0], [[1.0]], p.M[:1], p.b[:1], p.Sigma[:1]))
    table = compare_simulated(model, ragged_chains(model, 10), n_permutations=19)
    assert table.loc[["occupancy", "dwell times"], "distance"].tolist() == [0, 0]
    assert table.loc[["occupancy", "dwell times"], "p"].tolist() == [1, 1]


def test_unusable_input_is_refused(ragged):
    model = two_regimes()
    with pytest.raises(LmphysError, match="n_permutations 0"):
        compare_simulated(model, ragged_chains(model, 11), n_permutations=0)
    with pytest.raises(LmphysError, match="n_repeats 0"):
        compare_simulated(model, ragged_chains(model, 11), n_repeats=0)
    with pytest.raises(LmphysError, match="width 5"):
        compare_simulated(model, ragged)
    with pytest.raises(LmphysError, match="no transitions"):
        compare_simulated(model, starts(3, 1))
    with pytest.raises(LmphysError, match="max_lag 0"):
        autocorrelation(ragged, 0)
    with pytest.raises(LmphysError, match="3 regimes for 57 transitions"):
        dwell_times(np.zeros(3, dtype=int), ragged.lengths)
