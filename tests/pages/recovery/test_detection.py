import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from lmphys.core.errors import LmphysError
from lmphys.dynamics.nulls.implanted import implant, implanted_chains, regime_separation
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.recovery.detection import (
    calibrate,
    calibrate_stays,
    held_out_gain,
    power,
    regime_statistics,
)
from lmphys.stats.folds import question_folds
from lmphys.stats.regression import r2_gain

FIT = {"n_init": 1, "max_iter": 30}


def test_the_statistics_are_what_two_halves_say(forgetful):
    drawn = implanted_chains(
        implant(SLDS(1).fit(forgetful).parameters_, forgetful, 2, separation=5.0, stay=0.9),
        forgetful,
        n_chains=120,
        seed=1,
    )
    found = regime_statistics(drawn, n_regimes=2, n_splits=1, seed=5, **FIT)
    split = int(np.random.SeedSequence(5).generate_state(1)[0])
    fold = question_folds(drawn, 2, split)
    halves = [drawn.select(fold == i) for i in (1, 0)]
    fits = [SLDS(2, random_state=split, **FIT).fit(half) for half in halves]
    assert found["halves"] == pytest.approx(adjusted_rand_score(*(fit.viterbi(drawn) for fit in fits)))
    assert found["separation"] == pytest.approx(np.mean([regime_separation(f.parameters_, drawn) for f in fits]))
    honest, one = np.empty((drawn.n_transitions, 3)), np.empty((drawn.n_transitions, 3))
    for i, (fit, half) in enumerate(zip(fits, halves, strict=True)):
        rows = np.repeat(fold == i, drawn.lengths - 1)
        other = drawn.select(fold == i)
        honest[rows] = fit.forecasts(other)["predictive"]
        one[rows] = SLDS(1).fit(half).forecasts(other)["predictive"]
    assert found["gain"] == pytest.approx(float(r2_gain(drawn, honest, one).value))
    assert found["gain_low"] < found["gain"] < found["gain_high"]


def test_calibration_tells_far_from_none(forgetful):
    table = calibrate(forgetful, (0.0, 8.0), n_regimes=2, stay=0.9, n_corpora=2, n_splits=1, seed=2, n_init=4)
    assert table.true.tolist() == [0, 0, 8, 8]
    assert table.halves[2:].min() > 0.9 > 0.5 > table.halves[:2].max()
    assert table.gain[2:].min() > table.gain[:2].max() + 0.05


def test_stays_share_their_corpora_of_one_map(forgetful):
    settings = {"n_regimes": 2, "n_corpora": 2, "n_splits": 1, "seed": 2, **FIT}
    tables = calibrate_stays(forgetful, (8.0,), (0.5, 0.9), **settings)
    assert [table.true.tolist() for table in tables.values()] == [[0, 0, 8, 8]] * 2
    pd.testing.assert_frame_equal(tables[0.5][:2], tables[0.9][:2])
    pd.testing.assert_frame_equal(tables[0.9][2:], calibrate(forgetful, (8.0,), stay=0.9, **settings))


def test_a_gain_is_held_out_by_question(forgetful):
    base = SLDS(1).fit(forgetful).parameters_
    lasting = implanted_chains(implant(base, forgetful, 2, separation=6.0, stay=0.95), forgetful, seed=1)
    lasting.chains["question_id"] = np.arange(len(lasting)) // 2
    found = held_out_gain(lasting, 2, n_folds=3, n_bootstrap=100, n_init=2, max_iter=40)
    assert 0 < found.low < found.value < found.high
    fold = question_folds(lasting, 3, 0)
    honest, one = (np.empty((lasting.n_transitions, lasting.width)) for _ in range(2))
    for f in range(3):
        rows, train, test = (
            np.repeat(fold == f, lasting.lengths - 1),
            lasting.select(fold != f),
            lasting.select(fold == f),
        )
        honest[rows] = SLDS(2, random_state=0, n_init=2, max_iter=40).fit(train).forecasts(test)["predictive"]
        one[rows] = SLDS(1).fit(train).forecasts(test)["predictive"]
    assert found.value == pytest.approx(float(r2_gain(lasting, honest, one).value))


def test_power_is_where_the_curve_reaches_the_target():
    rng = np.random.default_rng(0)
    x = np.repeat(np.linspace(0, 8, 9), 400)
    probability = 1 / (1 + np.exp(-1.5 * (x - 4)))
    table = pd.DataFrame({"true": x, "gain_low": np.where(rng.random(len(x)) < probability, 1.0, -1.0)})
    found = power(table, n_bootstrap=50)
    assert found.separation == pytest.approx(4 + np.log(9) / 1.5, abs=0.25)
    assert found.low < found.separation < found.high
    np.testing.assert_allclose(found.curve.fitted, 1 / (1 + np.exp(-1.5 * (np.arange(9) - 4))), atol=0.05)
    never = power(table.assign(gain_low=-1.0), n_bootstrap=5)
    assert (never.separation, never.low, never.high) == (np.inf, np.inf, np.inf)
    assert power(table.assign(gain_low=1.0), n_bootstrap=5).separation == 0


def test_unknown_noise_is_refused(forgetful):
    with pytest.raises(LmphysError, match="'gaussian' or 'real'"):
        calibrate(forgetful, (1.0,), noise="pink")
