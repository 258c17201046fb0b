"""The rows of the page, on paths whose kinetic energy is four times that of the controls."""

import numpy as np
import pytest

from lmphys.book.claims import load_claims
from lmphys.core.paths import project_root
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import trade_offs
from lmphys.pages.conservation.verdicts import RULES, entries


@pytest.fixture(scope="module")
def rows(at_random):
    faster = Paths(
        {site: [2 * h for h in states] for site, states in at_random.states.items()},
        at_random.log_pp,
        at_random.tokens,
    )
    trade = trade_offs(faster, n_shuffles=20)
    one, two = (entries(faster, random, trade) for random in ({"a": at_random}, {"a": at_random, "b": at_random}))
    return trade, {e.claim: e for e in one}, {e.claim: e for e in two}


def test_every_rule_has_a_row_of_a_known_claim(rows):
    claims = load_claims(project_root())
    assert set(rows[1]) == {"mechanics.conservation.tradeoff", "mechanics.random.conserved", *RULES} <= set(claims)


def test_the_rows_hold_what_was_measured(rows):
    trade, one, two = rows
    row = trade.loc[("final_norm", "K/D", "C1")]
    own = one["mechanics.conservation.tradeoff"]
    assert tuple(own.obtained) == (row["ratio"], row["low"], row["high"])
    assert own.controls == {"shuffled positions, lower end": row["null_low"]}
    assert tuple(one["mechanics.training.speed"].obtained) == pytest.approx([np.log(4)] * 3)
    assert one["mechanics.training.turning"].obtained.value == pytest.approx(0, abs=1e-12)
    assert one["mechanics.training.speed"].controls == {}
    assert two["mechanics.training.speed"].controls == {"between seeds": pytest.approx(0)}
    assert "of the potential alone" in one["mechanics.training.energy"].note
    assert "of the potential alone" not in one["mechanics.random.tradeoff"].note
