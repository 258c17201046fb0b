import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.severity.severity import Severity, at_the_peak, severity_sweep


def test_rest_is_a_zero_of_the_drift_and_its_rate_the_slope():
    for given in (Severity(1.0), Severity(0.4, 1.3), Severity(1.2, 0.5, gamma=0.1)):
        assert given.drift(given.rest) == pytest.approx(0, abs=1e-12)
        slope = (given.drift(given.rest + 1e-6) - given.drift(given.rest - 1e-6)) / 2e-6
        assert given.rest_rate == pytest.approx(-slope, rel=1e-6)
    assert Severity(0.7, 0.7).rest == 0.5
    assert Severity(0.7, 0.7).rest_rate == pytest.approx(0.7)


def test_stationary_density_is_the_closed_form_for_constant_noise():
    s = Severity(1.2, 0.8, gamma=0.05, sigma0=0.3)
    fp = s.fokker_planck(200)
    x = fp.centres
    p = np.exp(2 / 0.3**2 * (0.05 * x + 1.2 * x**2 / 2 - 2.0 * x**3 / 3))
    assert fp.stationary == pytest.approx(p / p.sum(), rel=1e-9)


def test_simulation_agrees_with_the_fokker_planck_equation():
    s = Severity(1.0, 1.0, sigma0=0.15, sigma1=0.2)
    fp = s.fokker_planck()
    x = s.simulate(np.full(4000, 0.5), dt=0.005, n_steps=3000, keep_every=1000, seed=0)[1:]
    mean = fp.stationary @ fp.centres
    assert x.mean() == pytest.approx(mean, abs=0.01)
    assert x.var() == pytest.approx(fp.stationary @ (fp.centres - mean) ** 2, rel=0.05)


def test_with_less_noise_the_threshold_sharpens_and_the_mean_does_not():
    table = severity_sweep(np.array([0.9, 1.0, 1.1]), np.array([0.1, 0.03]))
    wide, narrow = (table[table["sigma0"] == s].set_index("alpha") for s in (0.1, 0.03))
    jump = {s: t["above"][1.1] - t["above"][0.9] for s, t in ((0.1, wide), (0.03, narrow))}
    assert jump[0.03] > 2 * jump[0.1]
    slope = (narrow["mean"][1.1] - narrow["mean"][0.9]) / 0.2
    assert slope == pytest.approx(1 / 4, rel=0.05)  # beta / (alpha + beta)^2
    assert narrow["relaxation"][1.0] == pytest.approx(1.0, rel=0.1)  # 1 / alpha: nothing diverges


def test_the_peak_is_that_of_each_noise_beside_the_nearest_to_one_alpha():
    sweep = pd.DataFrame(
        {
            "sigma0": [0.1, 0.1, 0.1, 0.2, 0.2, 0.2],
            "alpha": [0.5, 1.0, 1.5] * 2,
            "relaxation": [3.0, 2.0, 1.0, 1.0, 2.0, 4.0],
            "mean": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            "variance": 0.0,
        }
    )
    found = at_the_peak(sweep, alpha=1.1)
    assert found.index.tolist() == [0.2, 0.1]  # the strongest noise first
    assert found["peak"].tolist() == [1.5, 0.5]
    assert found["relaxation at the peak"].tolist() == [4, 3]
    assert found["relaxation"].tolist() == [2, 2] and found["mean"].tolist() == [0.5, 0.2]


def test_what_makes_no_sense_is_refused():
    with pytest.raises(LmphysError, match="sigma0 > 0"):
        Severity(1.0, sigma0=0.0)
    with pytest.raises(LmphysError, match="without a zero"):
        _ = Severity(0.1, gamma=-1.0).rest
