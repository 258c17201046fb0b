import pandas as pd
import pytest

from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.pages.phases.found import beside_surrogates, regime_gains

FAST = {"n_folds": 3, "n_init": 1, "max_iter": 10, "n_bootstrap": 20}


def test_where_nothing_can_be_predicted_only_hindsight_gains(labelled):
    permuted = shuffle_chains(labelled[0], seed=3)
    table = regime_gains(permuted, 3, n_folds=3, n_init=1, max_iter=20, n_bootstrap=50)
    assert table.low["known"] > 0.05
    assert table.gain[["hidden chain", "state"]].max() < 0.01
    lasting = regime_gains(labelled[0], 3, n_folds=3, n_init=2, max_iter=60, n_bootstrap=50)
    assert lasting.gain["known"] > lasting.gain["hidden chain"] > 0.02


def test_each_corpus_stands_beside_surrogates_of_its_own(labelled):
    traj = labelled[0].select(range(60))
    table = beside_surrogates({"mine": traj}, 3, seed=1, **FAST)
    assert table.index.unique("corpus").tolist() == ["mine", "mine, Gaussian surrogates", "mine, Student surrogates"]
    pd.testing.assert_frame_equal(table.loc["mine"], regime_gains(traj, 3, seed=1, **FAST))
    heavy = linear_surrogates(LinearDrift().fit(traj), traj, noise="student", seed=1)
    expected = regime_gains(heavy, 3, seed=1, **FAST).gain["state"]
    assert table.gain["mine, Student surrogates", "state"] == pytest.approx(expected)
