import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters, spawn_seeds
from lmphys.pages.fitting.recovery import recovery_curve

QUICK = {"n_chains": 30, "length": (3, 8), "width": 3, "n_regimes": 2, "n_init": 1, "max_iter": 5}


def test_regimes_are_recovered_as_far_as_they_are_apart():
    curve = recovery_curve([0.0, 1.0, 3.0, 6.0], n_regimes=3, width=5, n_chains=150, n_repeats=2, n_init=3, seed=1)
    mean = curve.groupby("separation").mean()
    assert mean.ari[0.0] == pytest.approx(0, abs=0.05)
    assert mean.ari[6.0] > 0.97
    assert mean.ari.is_monotonic_increasing
    assert (mean.ari < mean.ari_best + 0.05).all()
    assert mean.ari[3.0] > 0.8 * mean.ari_best[3.0]
    easy = mean.loc[6.0]
    assert easy.b_error < 0.15 and easy.T_error < 0.15 and easy.Sigma_error < 0.25 and easy.M_error < 0.35


def test_row_of_recovery_is_its_steps_with_independent_seeds():
    table = recovery_curve([2.0, 0.0], n_repeats=2, seed=7, **QUICK)
    assert table[["separation", "repeat"]].to_numpy().tolist() == [[2, 0], [2, 1], [0, 0], [0, 1]]

    of_truth, of_chains, of_fit = spawn_seeds(spawn_seeds(7, 2)[1], 3)
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
    tables = [recovery_curve([2.0], n_repeats=2, seed=seed, **QUICK) for seed in (0, 1)]
    best = pd.concat(tables).ari_best
    assert best.nunique() == 4


def test_offsets_of_no_size_have_no_relative_error():
    row = recovery_curve([0.0], n_repeats=1, **QUICK).iloc[0]
    assert np.isnan(row.b_error)
    assert np.isfinite(row[["ari", "ari_best", "M_error", "Sigma_error", "T_error"]].astype(float)).all()
    with pytest.raises(LmphysError, match="3 regimes in 2 dimensions"):
        recovery_curve([1.0], width=2)
