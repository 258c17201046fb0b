"""Everything on the face of `dynamics` takes a list of arrays where it takes trajectories."""

import numpy as np
import pandas as pd
import pytest

from lmphys import dynamics
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.penalty import choose_ridge


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(0)
    turn = 0.9 * np.linalg.qr(rng.standard_normal((3, 3)))[0]
    chains = []
    for length in (7, 9, 12, 8, 10, 11, 9, 12, 8, 10):
        x = [rng.standard_normal(3)]
        for _ in range(length - 1):
            x.append(turn @ x[-1] + 0.3 * rng.standard_normal(3))
        chains.append(np.array(x))
    return chains


def _numbers(found):
    if isinstance(found, Trajectories):
        return found.states
    if isinstance(found, pd.DataFrame | pd.Series):
        return found.select_dtypes("number").to_numpy() if isinstance(found, pd.DataFrame) else found.to_numpy()
    return np.asarray(found)


def _completed(x):
    projection = dynamics.Projection(2).fit(x)
    complement = dynamics.Complement(projection).fit(x)
    inside = dynamics.LinearDrift().fit(projection.transform(x)).predict(projection.transform(x)).mean
    return np.concatenate([complement.forecast(x, inside).ravel(), complement.log_density(x)])


CALLS = {
    "projection": lambda x: dynamics.Projection(2).fit(x).transform(x),
    "linear map": lambda x: dynamics.LinearDrift().fit(x).predict(x).mean,
    "residuals": lambda x: dynamics.LinearDrift().fit(x).residuals(x),
    "complement": _completed,
    "gru": lambda x: dynamics.GRUForecast(width=4, max_epochs=2).fit(x).predict(x).mean,
    "switching model": lambda x: dynamics.SLDS(2, random_state=0).fit(x).predict(x).mean,
    "shuffled order": lambda x: dynamics.shuffle_order(x, seed=1),
    "shuffled chains": lambda x: dynamics.shuffle_chains(x, seed=1),
    "phases": lambda x: dynamics.phase_randomise(x, seed=1),
    "ridge": lambda x: choose_ridge(x, (0.1, 1.0)),
    "scores": lambda x: dynamics.one_step_scores(dynamics.LinearDrift().fit(x), x, train=x, n_bootstrap=20),
    "held-out scores": lambda x: dynamics.held_out_scores(x, rank=2, n_bootstrap=20),
    "number of regimes": lambda x: dynamics.choose_regimes(x, (1, 2), n_folds=2, n_bootstrap=20),
}


@pytest.mark.parametrize("name", CALLS)
def test_arrays_give_the_numbers_of_trajectories(arrays, name):
    call = CALLS[name]
    ours, theirs = _numbers(call(arrays)), _numbers(call(Trajectories.from_list(arrays)))
    assert ours.size and np.array_equal(ours, theirs, equal_nan=True)
