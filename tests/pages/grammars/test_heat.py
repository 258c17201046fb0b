"""Heat capacities in closed form."""

import numpy as np
import pytest

from lmphys.pages.grammars.heat import capacity_ratio, exact_log_p, heated
from lmphys.pages.grammars.strings import fresh


def test_two_levels_are_a_schottky_system():
    p, temperatures = 0.2, np.array([0.5, 1.0, 3.0])
    table = heated(np.log([[p, 1 - p]] * 3), temperatures)
    gap = np.log((1 - p) / p)
    excited = 1 / (1 + np.exp(gap / temperatures))
    np.testing.assert_allclose(table["C"], (gap / temperatures) ** 2 * excited * (1 - excited))
    np.testing.assert_allclose(table["U"], -np.log(1 - p) + gap * excited)


def test_the_exact_law_has_its_own_capacity(grammar):
    strings, _ = fresh(grammar, 40, 0)
    assert tuple(capacity_ratio(exact_log_p(strings), strings)) == pytest.approx((1, 1, 1))
    # Forbidden words are out of reach at any temperature: what is left is the logarithm of the allowed ones.
    hot = heated(exact_log_p(strings), [1e6]).loc[1e6]
    assert hot["C"] == pytest.approx(0, abs=1e-9)
    allowed = [row[row > 0] for row in strings.law.next]
    assert hot["U"] == pytest.approx(np.mean([-np.log(row).mean() for row in allowed]), rel=1e-4)
    # A little chance for what is forbidden costs little energy and much capacity.
    spread = np.log(0.99 * strings.law.next + 0.01 / 4)
    assert capacity_ratio(spread, strings).low > 1
