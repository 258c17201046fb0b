from pathlib import Path

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.training.thermal.heat import BY_DISTANCE, BY_UPDATE, fit_heat
from lmphys.training.thermal.log import TrainingLog, read_log
from lmphys.training.thermal.schedules import shaped

ROOT = Path(__file__).parents[3]
PEAK, COEFFICIENT = 3e-3, 20.0


def made(shape="wsd", coefficient=COEFFICIENT, *, noise=0.05, n=1000, seed=0, clock=BY_UPDATE):
    step, rate = np.arange(1.0, n + 1), shaped(shape, PEAK, n)
    x = step if clock == BY_UPDATE else np.cumsum(rate) / PEAK
    loss = 1.2 + 2 * x**-0.5 + coefficient * rate + noise * np.random.default_rng(seed).standard_normal(n)
    return TrainingLog(step, loss, rate)


@pytest.mark.parametrize("shape", ["wsd", "linear", "1 - sqrt"])
@pytest.mark.parametrize("clock", [BY_UPDATE, BY_DISTANCE])
def test_without_noise_the_coefficient_comes_back(shape, clock):
    found = fit_heat(made(shape, noise=0.0, clock=clock))
    assert found.clock == clock
    assert found.coefficient.value == pytest.approx(COEFFICIENT, rel=0.03)
    assert found.largest.value == pytest.approx(COEFFICIENT * found.rate.max(), rel=0.03)
    assert found.slow[-1] == pytest.approx(found.loss[-1] - COEFFICIENT * found.rate[-1], abs=2e-3)


def test_what_a_decay_gains_is_told_before_it_is_over():
    log = made(n=4000)
    half = TrainingLog(log.step[:3500], log.loss[:3500], log.rate[:3500])
    found = fit_heat(half)
    assert found.now.value == pytest.approx(COEFFICIENT * half.rate[-1], rel=0.35)
    assert found.now.contains(COEFFICIENT * half.rate[-1])
    assert found.told and any("is extrapolated" in remark for remark in found.remarks())


def test_intervals_hold_the_truth_and_no_heat_is_told_where_there_is_none():
    found = [fit_heat(made(coefficient=0.0, n=600, seed=seed), n_bootstrap=100) for seed in range(80)]
    assert np.mean([one.coefficient.contains(0.0) for one in found]) >= 0.87
    assert np.mean([one.told for one in found]) <= 0.1
    # The fit is linear in the heat: with it, the same draws give the same intervals, moved.
    with_heat = fit_heat(made(n=600, seed=79), n_bootstrap=100).coefficient
    np.testing.assert_allclose(with_heat, np.array(found[-1].coefficient) + COEFFICIENT, rtol=1e-6)


def test_a_sudden_learning_is_no_power_law():
    log = made(coefficient=0.0)
    found = fit_heat(TrainingLog(log.step, log.loss - (log.step > 400), log.rate))
    assert not found.told
    assert any("learned suddenly" in remark for remark in found.remarks())


def test_one_rate_and_few_rows_are_said():
    with pytest.raises(LmphysError, match="one rate cannot tell heat from progress; branch off a short decay"):
        fit_heat(made("constant"))
    with pytest.raises(LmphysError, match=r"9 rows are left .* log more often"):
        fit_heat(made(n=10))
    log = made()
    with pytest.raises(LmphysError, match="the learning rate is 0 in all rows"):
        fit_heat(TrainingLog(log.step, log.loss, 0 * log.rate))


def test_the_logs_of_the_book_can_be_read():
    files = [*sorted(ROOT.glob("data/trained/*/seed-0/loss.csv")), ROOT / "data/reference/reasoner/loss.csv"]
    assert len(files) > 10
    for file in files:
        found = fit_heat(read_log(file), n_bootstrap=20)
        assert np.isfinite([*found.coefficient, found.own, found.misfit]).all()
        assert found.to_json()["rows"] == len(found.step) <= 400


def test_numbers_are_the_same_in_all_forms():
    found = fit_heat(made())
    told = found.to_json()
    assert told["gain_now"] == list(found.now)
    assert f"{found.largest.value:.3g} [" in dict(found.lines())["heat at the highest rate"]
    again = fit_heat(made())
    assert again.coefficient == found.coefficient
