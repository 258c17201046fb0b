import numpy as np
import pytest

from lmphys.stats.power import paired_power


def test_power_of_a_known_scatter():
    gain = np.tile([1.0, -1.0, 0.0, 0.0], 100)
    found = paired_power(gain, 0.05)
    spread = np.sqrt(200 / 399)
    assert found.error == pytest.approx(spread / 20)
    assert found.visible == pytest.approx(2.8016 * spread / 20, rel=1e-3)
    assert found.questions == pytest.approx((2.8016 * spread / 0.05) ** 2, rel=1e-3)
    # Simulated: of many experiments with a true gain of that size, about 80 in 100 find it.
    rng = np.random.default_rng(0)
    draws = rng.choice(gain, size=(2000, 400)) + found.visible
    z = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / 20)
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.03)


def test_gains_that_do_not_scatter_say_nothing():
    assert np.isnan(paired_power(np.zeros(36), 0.05)).all()
    assert np.isnan(paired_power(np.ones(1), 0.05)).all()
