"""The rows of the page, on paths whose kinetic energy is four times that of the controls."""

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import CONTRADICTED, DEPENDS, MATCHED, verdict
from lmphys.core.paths import project_root
from lmphys.mechanics.balance import Balance
from lmphys.mechanics.energies import C3, CANDIDATES
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, trade_offs
from lmphys.pages.conservation.anomaly import detection
from lmphys.pages.conservation.verdicts import RULES, alarm_entries, entries

NAMES = [c.name for c in CANDIDATES]
CLAIMS = load_claims(project_root())


@pytest.fixture(scope="module")
def rows(at_random):
    faster = Paths(
        {site: [2 * h for h in states] for site, states in at_random.states.items()},
        at_random.log_pp,
        at_random.tokens,
    )
    trade = trade_offs(faster, n_shifts=20)
    one, two = (entries(faster, random, trade) for random in ({"a": at_random}, {"a": at_random, "b": at_random}))
    return trade, {e.claim: e for e in one}, {e.claim: e for e in two}


def test_every_rule_has_a_row_of_a_known_claim(rows):
    assert set(rows[1]) == {"mechanics.conservation.tradeoff", "mechanics.random.conserved", *RULES} <= set(CLAIMS)


def test_the_rows_hold_what_was_measured(rows):
    trade, one, two = rows
    own = one["mechanics.conservation.tradeoff"]
    for name in NAMES:
        row = trade.loc[("final_norm", name)]
        assert tuple(own.obtained[name]) == (row["r"], row["low"], row["high"])
        assert tuple(own.controls["circular shifts"][name]) == (row["null"], row["null_low"], row["null_high"])
    assert own.obtained["C3"].value == pytest.approx(-own.obtained["C4"].value)
    assert tuple(one["mechanics.training.speed"].obtained) == pytest.approx([np.log(4)] * 3)
    assert one["mechanics.training.turning"].obtained.value == pytest.approx(0, abs=1e-12)
    assert one["mechanics.training.speed"].controls == {}
    assert two["mechanics.training.speed"].controls == {"between seeds": pytest.approx(0)}
    assert set(two["mechanics.random.tradeoff"].controls["between seeds"]) == set(NAMES)
    assert "of C1 alone" in one["mechanics.training.energy"].note
    assert "of C1 alone" not in one["mechanics.random.tradeoff"].note


def test_the_mean_energy_hangs_on_the_definition(at_random, rows):
    """K fourfold: C1 and C4 rise, C3 = 2 - log K + log PP falls, by closed forms."""
    found = rows[1]["mechanics.training.energy"]
    k = at_random.motion().kinetic
    assert found.obtained["C1"].value == pytest.approx(3 * k.mean())
    assert found.obtained["C1, K as it is"].value == pytest.approx(3 * 16 * k.mean())
    assert found.obtained["C3"].value == pytest.approx(-np.log(4))
    assert found.obtained["C4"].value == pytest.approx(np.log(4))
    assert verdict(CLAIMS[found.claim], found.obtained, found.controls).word == DEPENDS


def test_random_weights_are_judged_by_those_that_trade_off_least(at_random):
    """One control whose C3 terms are tied exactly, and one as it is."""
    flipped = Paths(
        at_random.states,
        [np.append(np.log(((h[1:] - h[:-1]) ** 2).sum(1)), np.nan) for h in at_random.states["final_norm"]],
        at_random.tokens,
    )
    trade = trade_offs(at_random, n_shifts=20)
    found = {e.claim: e for e in entries(at_random, {"tied": flipped, "loose": at_random}, trade)}
    row = found["mechanics.random.conserved"].obtained["C3"]
    assert balance_of(flipped, C3).value(Balance.correlation) == pytest.approx(-1)
    assert row.value == pytest.approx(trade["r"]["final_norm", "C3"])


def test_an_alarm_that_the_perplexity_rings_as_well_is_matched_by_it():
    rng = np.random.default_rng(0)

    def stretches(shift):
        names = ["surprisal", "kinetic", "minus L", "spread of surprisal", "spread of energy"]
        table = pd.DataFrame(rng.normal(size=(120, 5)), columns=names).assign(chain=np.repeat(np.arange(12), 10))
        table["surprisal"] += shift
        return table.assign(energy=table["surprisal"] + 0.7 * rng.normal(size=120))

    natural, damaged = stretches(0), stretches(3)
    areas = detection(natural, damaged)
    detects, better = alarm_entries(natural, damaged, areas)
    assert detects.obtained.value == areas.loc["energy", "value"] > 0.9
    assert detects.controls["surprisal alone"].value == areas.loc["surprisal", "value"]
    assert verdict(CLAIMS[detects.claim], detects.obtained, detects.controls).word == MATCHED
    assert better.obtained.value == pytest.approx(areas.loc["energy", "value"] - areas.loc["surprisal", "value"])
    assert verdict(CLAIMS[better.claim], better.obtained, better.controls).word == CONTRADICTED
