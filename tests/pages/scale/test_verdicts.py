import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.core.paths import project_root
from lmphys.pages.scale.curve import as_curve
from lmphys.pages.scale.measures import (
    GAUSSIAN,
    ISOTROPIC,
    PERMUTED,
    PERSISTENCE,
    RANDOM_ORDER,
    REAL,
    SHUFFLED,
    STUDENT,
)
from lmphys.pages.scale.verdicts import by_size, entries, first_seen, planted_at, seen_on_page

QUANTITIES = {
    "honest gain": (GAUSSIAN, STUDENT, PERMUTED),
    "leaking gain": (GAUSSIAN, STUDENT, PERMUTED),
    "share of states": (ISOTROPIC,),
    "share of increments": (ISOTROPIC,),
    "linear R² of h": (PERSISTENCE, SHUFFLED),
    "linear R² of Δh": (PERSISTENCE, SHUFFLED),
    "direction told": (RANDOM_ORDER,),
}


def made(parts, transitions, real, control=0.0, part=0):
    """A table with one number for all real chains and one for all controls."""
    rows = []
    for quantity, controls in QUANTITIES.items():
        for of, value in [(REAL, real), *((name, control) for name in controls)]:
            ends = {"value": value, "low": value - 0.01, "high": value + 0.01}
            rows.append({"quantity": quantity, "of": of, **ends})
    rows += [{"quantity": f"K by {name}, full", "of": REAL, "value": 4.0} for name in ("BIC", "AIC")]
    return pd.DataFrame(rows).assign(parts=parts, part=part, split=0, transitions=transitions, chains=transitions // 4)


@pytest.fixture(scope="module")
def claims():
    return load_claims(project_root())


def test_a_corpus_of_the_papers_size_is_judged_and_a_small_one_is_not():
    large = {entry.claim: entry for entry in entries(made(1, 30_000, 0.5))}
    small = {entry.claim: entry for entry in entries(made(1, 1_200, 0.5))}
    assert set(large) == set(small) and "slds.scale.gain_grows" not in large
    assert {entry.lacking for entry in large.values()} == {""}
    assert {entry.lacking for entry in small.values()} == {"1,200 transitions, where the paper has 40,000"}
    assert large["slds.scale.k"].obtained == {"BIC, full": 4.0, "AIC, full": 4.0}
    assert set(large["slds.scale.linear"].obtained) == {"R² of h", "R² of Δh"}
    assert set(large["slds.scale.gain"].controls) == {GAUSSIAN, STUDENT, PERMUTED}


def test_growth_is_judged_where_there_are_two_sizes():
    table = pd.concat([made(1, 32_000, 0.17), *(made(2, 16_000, 0.05, part=i) for i in range(2))])
    found = {entry.claim: entry for entry in entries(table)}["slds.scale.gain_grows"]
    assert found.obtained.value == pytest.approx(0.12) and found.controls[STUDENT].value == pytest.approx(0)
    assert found.note == "from 16,000 to 32,000 transitions"


def test_verdicts_by_size_follow_the_numbers(claims):
    table = pd.concat([made(1, 32_000, 0.17), *(made(2, 16_000, -0.05, part=i) for i in range(2))])
    words = by_size(table, claims)
    assert list(words.columns) == ["16,000", "32,000"]
    assert words.loc["slds.scale.gain"].tolist() == ["contradicted", "reproduced"]


def test_planted_regimes_are_seen_from_the_size_on_from_which_all_larger_ones_show_them():
    rows = []
    for n, gain, low in ((500, 0.02, 0.01), (1000, 0.03, -0.01), (2000, 0.06, 0.02), (4000, 0.09, 0.05)):
        rows.append({"quantity": "honest gain", "value": gain, "low": low, "high": gain + 0.02, "transitions": n})
        rows.append({"quantity": "worth", "value": 0.1, "transitions": n})
        rows.append({"quantity": "leaking gain", "value": 0.2, "transitions": n})
    planted = planted_at(pd.DataFrame(rows).assign(of="planted: map, real noise"))
    assert planted.loc[("map, real noise", 2000), "share found"] == pytest.approx(0.6)
    seen = first_seen(planted).loc["map, real noise"]
    assert (seen["seen from"], seen["half found from"]) == ("2,000", "2,000")
    nothing = planted_at(made(1, 100, 0.1))
    assert nothing.empty and first_seen(nothing).empty


def test_the_corpus_of_the_page_stands_beside_parts_of_its_size():
    live = made(1, 1_000, 0.2)
    table = pd.concat([made(1, 16_000, 0.4), *(made(16, 900, 0.1 + 0.01 * i, part=i) for i in range(16))])
    row = seen_on_page(live, table).loc["honest gain"]
    assert row[["here", "least of the parts", "greatest"]].tolist() == pytest.approx([0.2, 0.1, 0.25])
    assert as_curve(live)["parts"].unique().tolist() == [1]
