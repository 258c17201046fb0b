import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import implant, implanted_chains
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.recovery.maps import chain_counts, cuts, found_from, recovery_ceiling, recovery_map

FIT = {"n_init": 1, "max_iter": 30}


def test_clear_regimes_are_found_and_absent_ones_are_not(forgetful):
    table = recovery_map(forgetful, (0.0, 12.0), ((160, None), (100, 5)), n_regimes=2, seed=3, **FIT)
    found = table.set_index(["separation", "n_chains"])
    assert found.length.tolist() == [0, 5, 0, 5]
    assert (found.ari.loc[0.0].abs() < 0.05).all()
    assert (found.ari.loc[12.0] > 0.99).all()
    assert (found.ari_best.loc[12.0] > 0.99).all()
    assert (found.gain.loc[12.0] > 0.02).all()
    assert (found.gain.loc[0.0] < 0.01).all()


def test_the_forecast_of_the_truth_is_worth_the_square_of_what_regimes_remember():
    # One dimension, no memory but the regimes': the share of the spread that is predicted is (2 p - 1)^2 (1 - left).
    rng = np.random.default_rng(2)
    forgetful = Trajectories.from_list(list(rng.standard_normal((100, 12, 1))))
    base = SLDS(1, drift="none").fit(forgetful).parameters_
    base = type(base)(base.pi, base.T, -np.ones((1, 1, 1)), np.zeros((1, 1)), np.ones((1, 1, 1)))
    p = implant(base, forgetful, 2, separation=20.0, stay=0.9)
    drawn = implanted_chains(p, forgetful, n_chains=3000, length=12, seed=4)
    _, h_next, chain = drawn.pairs()
    later = np.arange(len(chain)) % 11 > 0  # the first regime of a chain is drawn from pi
    forecast = SLDS.from_parameters(p).forecasts(drawn)["predictive"]
    left = 1 / (1 + 20.0**2 / 4)
    explained = 1 - ((h_next - forecast)[later] ** 2).mean() / h_next[later].var()
    assert explained == pytest.approx(0.8**2 * (1 - left), abs=0.01)


def test_nobody_gains_from_regimes_without_memory(forgetful):
    table = recovery_ceiling(forgetful, (0.0, 8.0), (0.5, 0.9), n_regimes=2, n_chains=1500, seed=1)
    ceiling = table.set_index(["stay", "separation"])
    assert abs(ceiling.gain[0.5, 8.0]) < 0.005
    assert ceiling.ari[0.5, 8.0] > 0.99  # found, and not predicted
    assert ceiling.gain[0.9, 8.0] > 0.05
    assert ceiling.ari.xs(0.0, level="separation").abs().max() < 0.02


def test_sizes_keep_the_number_of_chains_or_of_steps():
    traj = Trajectories.from_list([np.zeros((5, 1))] * 40)
    assert chain_counts(traj, (0.1, 0.5, 2)) == [(8, None), (20, None), (80, None)]
    assert cuts(traj, (3, 41)) == [(80, 3), (8, 41)]


def test_where_regimes_are_found_is_interpolated():
    table = pd.DataFrame({"n_chains": [9] * 4 + [5] * 4, "separation": [0, 2, 4, 6] * 2, "ari": [0, 0.2, 0.6, 0.5] * 2})
    table.loc[table["n_chains"] == 5, "ari"] = 0.4
    assert found_from(table, 9) == pytest.approx(3.5)
    assert np.isnan(found_from(table, 5))
