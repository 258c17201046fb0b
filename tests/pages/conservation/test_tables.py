"""Tables of the page on paths whose numbers are known."""

import numpy as np
import pytest

from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C1, C3
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of
from lmphys.pages.conservation.initial import Head, random_surprisal
from lmphys.pages.conservation.tables import (
    best_masses,
    ratio_table,
    sphere,
    surprisal_table,
    surprisals,
    without_repeats,
)


def test_the_potential_alone(by_hand):
    x = np.array([np.log(2), np.log(4), 1])
    np.testing.assert_allclose(surprisals(by_hand), x)
    head = Head(100, 4, 0.1, tied=True)
    table = surprisal_table(head, by_hand, {"seed": by_hand})
    assert table.index.tolist() == ["closed form", "seed", "model"]
    assert tuple(table.loc["closed form", ["mean", "sd"]]) == pytest.approx(tuple(random_surprisal(100, 0.2)))
    assert table.loc["model"].tolist() == pytest.approx([x.mean(), x.std(), x.std() / x.mean()])
    assert surprisal_table(head._replace(initial_sd=None), by_hand, {}).index.tolist() == ["model"]


def test_states_on_a_sphere_move_as_their_angle_says():
    angle = np.cumsum([0.0, 0.3, 1.2, 0.1])
    states = 5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    paths = Paths({"final_norm": [states]}, [np.array([1.0, 2, 3, np.nan])], [np.arange(4)])
    found = sphere(paths)
    assert found["radius"] == pytest.approx(5 / np.sqrt(2))
    assert found["spread"] == pytest.approx(0, abs=1e-12) and found["error"] == pytest.approx(0, abs=1e-9)
    paths.states["final_norm"][0][1] *= 1.1
    assert sphere(paths)["error"] > 0.05 < sphere(paths)["spread"] * 10


def test_ratios_are_those_of_the_balances(at_random):
    balance = balance_of(at_random, C1)
    row = ratio_table({"C1": balance}).loc["C1"]
    assert row["places"] == 12 * 59
    assert row["Q"] == pytest.approx(balance.value(Balance.ratio))
    assert row["low"] < row["Q"] < row["high"] and row["r"] == pytest.approx(balance.value(Balance.correlation))


def test_steps_that_repeat_a_token_are_left_out(at_random):
    """Every tenth token repeats; there the state stands still, and log PP is low: a tie of C3 that goes with them."""
    rng = np.random.default_rng(3)
    states, tokens, log_pp = [], [], []
    for h, u in zip(at_random.states["final_norm"], at_random.log_pp, strict=True):
        stays = np.arange(60) % 10 == 9
        source = np.where(stays, np.arange(60) - 1, np.arange(60))
        states.append(h[source] + 1e-3 * rng.standard_normal(h.shape))
        tokens.append(source)
        log_pp.append(np.where(np.roll(stays, -1), 0.01, u))
    table = without_repeats({"model": Paths({"final_norm": states}, log_pp, tokens)})
    assert table.loc[("model", "all"), "places"] == 12 * 59
    assert table.loc[("model", "no repeats"), "places"] == 12 * (59 - 6)
    assert table.loc[("model", "all"), "Q"] < 0.9
    assert table.loc[("model", "no repeats"), "Q"] == pytest.approx(1, abs=0.1)


def test_the_best_mass_of_a_tie_is_its_own():
    """K falls by 1 where log PP rises by 3: m = 3, and nothing is left."""
    rng = np.random.default_rng(0)
    kinetic = rng.uniform(1, 9, (6, 40))
    line = np.concatenate([np.ones((6, 1)), 1 + np.sqrt(2 * kinetic).cumsum(axis=1)], axis=1)
    log_pp = [np.append(30 - 3 * k, np.nan) for k in kinetic]
    table = best_masses({"tied": Paths({"final_norm": [x[:, None] for x in line]}, log_pp, [np.arange(41)] * 6)})
    assert table.loc[("tied", "C1")].tolist() == pytest.approx([3, 0, 0, 0], abs=1e-7)
    assert table.loc[("tied", "C1, potential at the end"), "left"] > 0.9
    assert set(table.loc["tied"].index) == {"C1", "C1, potential at the end", C3.name}
