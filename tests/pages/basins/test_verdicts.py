"""The rows of the page from tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import REPRODUCED, UNDECIDED, verdict
from lmphys.core.paths import project_root
from lmphys.pages.basins.comparisons import AFTER_CUTS, DISPLACED, LESS_SHARE, SHARE, compare_returns
from lmphys.pages.basins.matched import compare_pairs
from lmphys.pages.basins.verdicts import entries


def table(*names, seed=0):
    """Comparisons of twenty pairs by numbers at random."""
    rng = np.random.default_rng(seed)
    picked = pd.DataFrame({"question": np.repeat(np.arange(20), 2), "right": [True, False] * 20})
    return compare_pairs({name: rng.normal(size=40) for name in names}, picked, rng.normal(size=(40, 1)), n_null=50)


def test_each_way_is_judged_against_its_rivals():
    returns, displaced = table(SHARE, AFTER_CUTS, LESS_SHARE), table("0", DISPLACED, seed=1)
    flat = table("c", "c, random weights", seed=2)
    found = {entry.claim: entry for entry in entries(returns, displaced, flat)}
    assert set(found) <= set(load_claims(project_root())) and len(found) == 4
    entry = found["gibbs.basin.return"]
    for name, row in (("share of the votes", returns.loc[SHARE]), ("return after a cut", returns.loc[AFTER_CUTS])):
        assert tuple(entry.obtained[name]) == tuple(row[["difference", "low", "high"]])
        assert entry.controls["labels permuted"][name] == row["permuted"]
    assert "return after a cut: 20 pairs; p of the permutations" in entry.note
    row, entry = returns.loc[LESS_SHARE], found["gibbs.basin.beyond"]
    assert tuple(entry.obtained) == tuple(row[["difference", "low", "high"]])
    assert entry.controls == {"labels permuted": row["permuted"], "share and energy": row["predicted"]}
    assert found["gibbs.basin.flat"].controls["random weights"] == flat.loc["c, random weights", "difference"]
    assert list(found["gibbs.basin.noise"].controls) == ["labels permuted", "share and energy"]


def test_a_popular_answer_is_wide_and_not_wider_than_popular():
    """Returns that are the shares of the votes, up to noise, with the right answer the more popular one."""
    rng = np.random.default_rng(4)
    picked = pd.DataFrame({"question": np.repeat(np.arange(40), 2), "right": [True, False] * 40})
    share = np.where(picked.right, 0.6, 0.3) + 0.1 * rng.normal(size=80)
    back = pd.DataFrame({0.5: share + 0.05 * rng.normal(size=80)})
    known = share[:, None]
    returns = compare_returns(back, share, picked, known, seed=0)
    claims = load_claims(project_root())
    words = {
        e.claim: verdict(claims[e.claim], e.obtained, e.controls).word
        for e in entries(returns, table("0")[:0], table("c", "c, random weights"))
    }
    assert words["gibbs.basin.return"] == REPRODUCED
    assert words["gibbs.basin.beyond"] == UNDECIDED


def test_a_way_that_was_not_gone_has_no_row():
    flat = table("c", "c, random weights")
    assert [entry.claim for entry in entries(table(SHARE), table("0")[:0], flat)] == ["gibbs.basin.flat"]
    assert entries(table(SHARE), table("0")[:0], flat)[0].obtained.value == pytest.approx(flat.loc["c", "difference"])
