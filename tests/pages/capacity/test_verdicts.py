"""Rows of the ledger from points with known ratios."""

import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import verdict
from lmphys.core.paths import project_root
from lmphys.pages.capacity.rounding import BITS
from lmphys.pages.capacity.verdicts import entries, missing, ratios

R = {
    "capacity-1400": 1.0, "capacity-1800": 1.5, "capacity-1800-plain": 1.95, "capacity-narrow": 1.2,
    "capacity-wide": 1.2, "capacity-junk": 0.06, "capacity-junk-marked": 0.6, "capacity-2400-long": 2.1,
}  # fmt: skip


def points(seeds=(0, 1, 2), recipes=tuple(R)):
    rows = []
    for name in recipes:
        for seed in seeds:
            left = R[name] * (1 + 0.001 * seed)
            few = {f"R_{kind}{b}": left * (1 - 10 * 4.0**-b) for b in BITS for kind in ("int", "noise")}
            head = {"recipe": name, "seed": seed, "people": 1800, "R": left, "R_max": 3.0}
            rows.append({**head, "untrained": -0.5, "strangers": -3.0, **few})
    return pd.DataFrame(rows)


def words(table):
    claims = load_claims(project_root())
    return {e.claim: verdict(claims[e.claim], e.obtained, e.controls, lacking=e.lacking).word for e in entries(table)}


def test_rows_are_judged_by_the_peak_and_by_ratios_seed_by_seed():
    found = {entry.claim: entry for entry in entries(points())}
    assert found["capacity.peak.100"].obtained.value == pytest.approx(1.5 * 1.001)
    assert found["capacity.peak.1000"].controls["100 exposures"].value == pytest.approx(1.5 * 1.001)
    assert found["capacity.peak.bound"].obtained == pytest.approx(2.1 * 1.002)
    assert found["capacity.mlp.gated"].obtained.value == pytest.approx(1.3)
    assert found["capacity.size.width"].obtained.value == pytest.approx(1)
    assert found["capacity.junk.plain"].obtained.value == pytest.approx(0.05)
    assert found["capacity.junk.marked"].controls["without the word"].value == pytest.approx(0.05)
    assert found["capacity.rounding.slope"].obtained.value == pytest.approx(-2)
    by_exposures = found["capacity.rounding.int4"].obtained
    assert by_exposures["100 exposures"].value == pytest.approx(1000 / 256)
    assert "capacity.mlp.quarter" not in found


def test_verdicts_follow_the_numbers():
    found = words(points())
    for claim in ("peak.100", "peak.1000", "peak.bound", "rounding.int8", "rounding.slope", "size.width"):
        assert found[f"capacity.{claim}"] == "reproduced"
    assert found["capacity.rounding.int4"] == "same direction"  # 4 % are lost, and less with 8 bits


def test_one_seed_compares_no_two_models():
    found = words(points(seeds=(1,)))
    assert found["capacity.mlp.gated"] == found["capacity.size.width"] == "not comparable at this scale"
    assert found["capacity.peak.1000"] == "reproduced"


def test_ratios_are_of_seeds_that_both_have():
    table = pd.concat([points((0, 1)), points((5,), ("capacity-1800",))])
    assert ratios(table, "capacity-1800-plain", "capacity-1800").index.tolist() == [0, 1]
    assert ratios(table, "capacity-1800", "capacity-500").empty


def test_what_claims_need_and_the_table_lacks_is_named():
    lacking = ("500", "1000", "2400", "3200", "4200", "quarter", "attention")
    assert missing(points()) == [f"capacity-{name}" for name in lacking]
    assert not {"capacity.junk.marked", "capacity.junk.plain"} & set(words(points(recipes=("capacity-1800",))))
