import pandas as pd

from lmphys.pages.probes.verdicts import beyond_the_obvious, phase_entry, what_regimes_follow, within_families
from lmphys.stats.interval import Interval


def test_a_state_knows_more_only_interval_above_interval():
    rows = []
    for layer, low in ((0, 0.6), (6, 0.8)):
        rows += [(layer, "state", 0.9, low, 1.0), (layer, "no state", 0.6, 0.5, 0.7)]
        rows.append((layer, "shuffled within position", 0.55, 0.5, 0.6))
    table = pd.DataFrame(rows, columns=["layer", "probe", "auroc", "auroc_low", "auroc_high"])
    found = beyond_the_obvious({"phase": table, "other": pd.DataFrame({"reason": ["none"]})})
    assert found["verdict"]["phase"].tolist() == ["not beyond", "beyond place and token"]
    assert found.loc[("phase", 6), ["state", "no state", "place alone"]].tolist() == [0.9, 0.6, 0.55]
    assert found["reason"].dropna().tolist() == ["none"]


def test_within_families_are_the_measured_rows_of_the_diagonal():
    table = pd.DataFrame(
        {"train": list("aabb"), "test": list("abab"), "probe": "state", "auroc": [0.7, 0.6, 0.5, None]}
    )
    found = within_families(table.assign(auroc_low=0.4, auroc_high=0.9, n=8))
    assert found["train"].tolist() == ["a"] and found["auroc"].tolist() == [0.7]
    reason = pd.DataFrame({"reason": ["few"]})
    assert within_families(reason) is reason


ALIGNED = pd.DataFrame(
    {
        **{"nmi": [0.4, 0.6, 0.1], "low": [0.3, 0.5, 0.0], "high": [0.5, 0.7, 0.2], "place": [0.3, 0.2, 0.1]},
        **{"beyond": [0.1, 0.4, 0.0], "verdict": ["beyond position", "beyond position", "no more than position"]},
    },
    ["phase", "family", "position"],
)


def test_what_is_followed_most_has_most_beyond_its_place():
    lines = what_regimes_follow(ALIGNED).splitlines()
    assert lines == ["beyond position, regimes follow: phase, family", "most of all: family"]
    assert what_regimes_follow(ALIGNED[2:]) == "beyond position, regimes follow: none of these labels"


def test_the_row_of_the_ledger_is_the_phase_beside_its_place():
    nulls = {"labels exchanged at the same place": Interval(0.3, 0.2, 0.4)}
    entry = phase_entry(ALIGNED, nulls, "K = 4")
    assert (entry.claim, entry.obtained) == ("slds.regimes.phases", (0.4, 0.3, 0.5))
    assert entry.controls == nulls
