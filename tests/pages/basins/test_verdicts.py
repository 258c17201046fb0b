"""The rows of the page from tables made by hand."""

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.core.paths import project_root
from lmphys.pages.basins.comparisons import AFTER_CUTS, DISPLACED, LESS_SHARE, SHARE
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
    assert set(found) <= set(load_claims(project_root())) and len(found) == 3
    row, entry = returns.loc[AFTER_CUTS], found["gibbs.basin.return"]
    assert tuple(entry.obtained) == tuple(row[["difference", "low", "high"]])
    assert entry.controls == {
        "labels permuted": row["permuted"],
        "shares of the votes": returns.loc[SHARE, "difference"],
        "share and energy": row["predicted"],
    }
    assert entry.note.startswith("20 pairs; p of the permutations")
    assert f"paired: {returns.loc[LESS_SHARE, 'difference']:.2f} [" in entry.note
    assert found["gibbs.basin.flat"].controls["random weights"] == flat.loc["c, random weights", "difference"]
    assert list(found["gibbs.basin.noise"].controls) == ["labels permuted", "share and energy"]


def test_a_way_that_was_not_gone_has_no_row():
    flat = table("c", "c, random weights")
    assert [entry.claim for entry in entries(table(SHARE), table("0")[:0], flat)] == ["gibbs.basin.flat"]
    assert entries(table(SHARE), table("0")[:0], flat)[0].obtained.value == pytest.approx(flat.loc["c", "difference"])
