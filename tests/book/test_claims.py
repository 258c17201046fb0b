import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lmphys.book.claims import COLUMNS, VERDICTS, Claim, claims_of_pairs, find_claim, load_claims, verdict
from lmphys.core.errors import LmphysError

REPOSITORY = Path(__file__).parents[2]
YES, SAME, NO, DEPENDS, OTHER = VERDICTS


def claim(comparison="equal", value=0.5, tolerance=0.05, beats="greater", why_not=""):
    return Claim(
        "toy.r2", "key", "Table 1", "text", "R²", value, "", comparison, tolerance, beats, not why_not, why_not
    )


# comparison, value, tolerance, beats, obtained, interval, controls, word: each worked by hand from the rules
CASES = [
    ("equal", 0.5, 0.05, "none", 0.55, None, {}, YES),  # on the edge
    ("equal", 0.5, 0.05, "none", 0.5501, None, {}, NO),
    ("equal", 0.5, 0.05, "none", 0.60, (0.54, 0.66), {}, YES),  # the interval reaches the band
    ("equal", 0.5, 0.05, "none", 0.60, (0.56, 0.64), {}, NO),
    ("equal", 0.5, 0.05, "none", 0.51, None, {"null": 0.9}, YES),  # controls are only shown
    ("equal", 0.5, 0.05, "greater", 0.51, None, {"null": 0.2}, YES),
    ("equal", 0.5, 0.05, "greater", 0.51, None, {"null": 0.2, "shuffled": 0.51}, NO),  # a control does as well
    ("equal", 0.5, 0.05, "greater", 0.51, (0.41, 0.61), {"null": 0.42}, NO),  # ahead by 0.09, half width 0.1
    ("equal", 0.5, 0.05, "greater", 0.51, (0.41, 0.61), {"null": 0.40}, YES),  # ahead by 0.11
    ("equal", 0.5, 0.05, "greater", 0.30, None, {"null": 0.1}, SAME),
    ("equal", 0.5, 0.05, "greater", 0.30, None, {"null": 0.3}, NO),
    ("equal", 0.5, 0.05, "greater", 0.30, None, {}, NO),  # no control, no direction
    ("equal", 0.5, 0.05, "none", 0.30, None, {"null": 0.1}, NO),
    ("equal", 0.5, 0.05, "less", 0.52, None, {"null": 0.9}, YES),
    ("equal", 0.5, 0.05, "less", 0.70, None, {"null": 0.9}, SAME),
    ("equal", 0.5, 0.05, "less", 0.70, None, {"null": 0.6}, NO),
    ("at_least", 10, 0, "none", 12, None, {}, YES),
    ("at_least", 10, 0, "none", 9, None, {}, NO),
    ("at_least", 10, 0, "none", 9, (8, 10), {}, YES),
    ("at_least", 10, 0, "greater", 5, None, {"null": 1}, SAME),
    ("at_least", 10, 0, "greater", 50, None, {"null": 50}, NO),
    ("at_most", 0.1, 0, "none", -3, None, {}, YES),
    ("at_most", 0.1, 0, "none", 0.2, None, {}, NO),
    ("at_most", 0.1, 0.1, "none", 0.2, None, {}, YES),
    ("at_most", 0.1, 0, "less", 0.3, None, {"null": 0.5}, SAME),
    ("direction", math.nan, 0, "greater", 0.1, None, {}, YES),
    ("direction", math.nan, 0, "greater", 0.0, None, {}, NO),
    ("direction", math.nan, 0, "greater", 0.1, (-0.1, 0.3), {}, NO),  # half width 0.2
    ("direction", math.nan, 0, "less", -0.3, (-0.4, -0.2), {}, YES),
    ("direction", -0.2, 0, "none", -0.1, None, {}, YES),  # the sign of the value
    ("direction", 0.2, 0, "none", -0.1, None, {}, NO),
    ("direction", 0.2, 0, "greater", 5.0, None, {"null": 6.0}, NO),  # relative to the control, not to zero
    ("direction", 0.2, 0, "greater", -1.0, None, {"null": -2.0}, YES),
]


@pytest.mark.parametrize("case", CASES)
def test_verdict_by_hand(case):
    comparison, value, tolerance, beats, obtained, interval, controls, word = case
    found = verdict(claim(comparison, value, tolerance, beats), obtained, interval, controls)
    assert found.word == word, found.reason
    assert found.reason


def test_the_reason_names_the_strongest_control():
    found = verdict(claim(), 0.5, None, {"mean": 0.1, "shuffled": 0.48, "order": 0.6})
    assert found.reason == "a control does as well".join(["the value agrees, but ", ": order (0.6)"])


def test_definitions_that_disagree():
    several = claim("multiple_definitions", 0.51, 0.05, "greater")
    controls = {"shuffled": {"h": 0.0, "dh": 0.5}, "persistence": {"h": 0.3}}
    found = verdict(several, {"h": 0.20, "dh": 0.52}, {"dh": (0.49, 0.55)}, controls)
    assert found.word == NO  # h is outside and persistence beats it; dh agrees, but so does its control
    assert found.reason == (
        "h: the value is outside the tolerance, and persistence (0.3) does as well; "
        "dh: the value agrees, but a control does as well: shuffled (0.5)"
    )
    found = verdict(several, {"h": 0.50, "dh": 0.52}, {"dh": (0.49, 0.55)}, controls)
    assert found.word == DEPENDS
    assert found.reason == (
        "h: reproduced, agrees within the tolerance; beats every control; "
        "dh: not reproduced, the value agrees, but a control does as well: shuffled (0.5)"
    )
    assert verdict(several, {"h": 0.50, "dh": 0.52}, None, {"shuffled": 0.1}).word == YES


def test_an_interval_that_misses_its_number_is_widened_to_it():
    """Percentiles of a biased statistic may lie to one side of its value."""
    one = claim("equal", 0.5, 0.05, "greater")
    assert verdict(one, 0.5, (0.6, 0.7), {"null": 0.4}) == verdict(one, 0.5, (0.5, 0.7), {"null": 0.4})


@pytest.mark.parametrize("obtained", [0.5, {"a": 0.5, "b": 3.0}])
def test_an_incomparable_claim_never_gets_another_verdict(obtained):
    comparison = "multiple_definitions" if isinstance(obtained, dict) else "equal"
    found = verdict(claim(comparison, why_not="other units"), obtained)
    assert (found.word, found.reason) == (OTHER, "other units")


@pytest.mark.parametrize(
    ("comparison", "obtained", "interval", "controls"),
    [
        ("equal", math.nan, None, {}),
        ("equal", 0.5, (0.6, 0.4), {}),
        ("equal", 0.5, None, {"null": math.inf}),
        ("equal", {"a": 0.5}, None, {}),
        ("multiple_definitions", 0.5, None, {}),
        ("multiple_definitions", {}, None, {}),
        ("multiple_definitions", {"a": 0.5}, None, {}),
        ("equal", "x", None, {}),
    ],
)
def test_numbers_that_allow_no_verdict_are_refused(comparison, obtained, interval, controls):
    with pytest.raises(LmphysError, match=r"^(claim|control|interval)"):
        verdict(claim(comparison), obtained, interval, controls)


number = st.floats(-100, 100)
positive = st.floats(0, 10)


comparisons = st.sampled_from(["equal", "at_least", "at_most", "direction"])


@given(number, positive, number, positive, st.lists(number, max_size=3), comparisons)
def test_mirroring_all_numbers_changes_nothing(value, tolerance, x, half, controls, comparison):
    assume(comparison != "direction" or value != 0)
    names = dict(zip("abc", controls, strict=False))
    mirrored = {"at_least": "at_most", "at_most": "at_least"}.get(comparison, comparison)
    one = verdict(claim(comparison, value, tolerance, "greater"), x, (x - half, x + half), names)
    other = verdict(
        claim(mirrored, -value, tolerance, "less"), -x, (-x - half, -x + half), {n: -c for n, c in names.items()}
    )
    assert one.word == other.word


@given(number, positive, number, positive, st.lists(number, max_size=3), number)
def test_another_control_never_helps_a_number_that_agrees(value, tolerance, x, half, controls, more):
    names = dict(zip("abc", controls, strict=False))
    before = verdict(claim("equal", value, tolerance), x, (x - half, x + half), names).word
    after = verdict(claim("equal", value, tolerance), x, (x - half, x + half), names | {"more": more}).word
    if before == YES:
        assert after in (YES, NO)
    if after == YES:
        assert before == YES


@given(number, positive, positive, number)
def test_a_wider_tolerance_never_takes_a_verdict_back(value, tolerance, wider, x):
    if verdict(claim("equal", value, tolerance), x).word == YES:
        assert verdict(claim("equal", value, tolerance + wider), x).word == YES


@given(number, positive, st.sampled_from(["equal", "at_least", "at_most"]))
def test_the_claimed_value_itself_reproduces_the_claim(value, tolerance, comparison):
    assert verdict(claim(comparison, value, tolerance), value).word == YES


@given(number, number, st.floats(0.1, 10))
def test_a_change_of_unit_changes_nothing(value, x, scale):
    assume(abs(abs(x - value) - 1) > 1e-6 and abs(x) > 1e-6)  # away from the edges, where rounding decides
    before = verdict(claim("equal", value, 1.0), x, None, {"null": 0.0})
    after = verdict(claim("equal", value * scale, scale), x * scale, None, {"null": 0.0})
    assert before.word == after.word


def test_the_committed_claims_are_well_formed():
    files = sorted((REPOSITORY / "data" / "claims").glob("*.csv"))
    assert files
    seen: set[str] = set()
    keys = set()
    bibliography = REPOSITORY / "book" / "references.bib"
    if bibliography.exists():
        keys = set(re.findall(r"@\w+\{\s*([^,\s]+)", bibliography.read_text(encoding="utf-8")))
    for path in files:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert tuple(rows[0]) == COLUMNS
        for row in rows:
            assert row["id"] not in seen, row["id"]
            seen.add(row["id"])
            assert row["place"], row["id"]
            assert row["statement"], row["id"]
            assert float(row["tolerance"]) >= 0
            assert row["value"] == "" or math.isfinite(float(row["value"]))
            assert row["paper"] == path.stem
            assert not keys or row["paper"] in keys
    claims = load_claims(REPOSITORY)  # checks the rest: comparisons, beats, comparable and why_not
    assert set(claims) == seen


def test_the_main_numbers_of_the_first_paper_are_claims():
    claims = load_claims(REPOSITORY)
    values = {
        "slds.global_linear.r2": 0.51,
        "slds.rank40.variance": 0.50,
        "slds.slds.r2_text": 0.68,
        "slds.slds.r2_table": 0.74,
        "slds.regimes.k": 4,
    }
    assert {name: claims[name].value for name in values} == values
    assert not claims["slds.jump.sentence_median"].comparable


def test_an_unknown_claim_suggests_the_nearest():
    with pytest.raises(LmphysError, match=r"nearest: slds\.global_linear\.r2"):
        find_claim(load_claims(REPOSITORY), "slds.global.linear.r2")


def test_a_malformed_file_is_refused(tmp_path):
    folder = tmp_path / "data" / "claims"
    folder.mkdir(parents=True)
    with pytest.raises(LmphysError, match="no claims"):
        load_claims(tmp_path)
    (folder / "x.csv").write_text("id,paper\na,b\n")
    with pytest.raises(LmphysError, match="it needs id, paper, place"):
        load_claims(tmp_path)
    with pytest.raises(LmphysError, match="why_not"):
        replace(claim(), comparable=False)
    with pytest.raises(LmphysError, match="comparison"):
        claim("about")


def test_claims_of_pairs_are_a_table():
    table = claims_of_pairs(load_claims(REPOSITORY), "transfer")
    assert table.columns.tolist() == ["nll", "r2"]
    assert table.notna().all(axis=None)
    assert table.loc[("gemma7b_boolq", "gemma2b_boolq"), "r2"] == 0.55
    # The differences of the table that are claims of their own follow from its rows.
    models = [table.index.get_level_values(i).str.split("_").str[0] for i in (0, 1)]
    own = table.index.get_level_values(0) == table.index.get_level_values(1)
    task = (models[0] == models[1]) & ~own
    means = [table.loc[rows, "r2"].mean() for rows in (own, task, models[0] != models[1])]
    claims = load_claims(REPOSITORY)
    assert means[1] - means[0] == pytest.approx(claims["slds.transfer.task_drop"].value, abs=0.002)
    assert means[2] - means[1] == pytest.approx(claims["slds.transfer.model_drop"].value, abs=0.002)
    with pytest.raises(LmphysError, match=r"named <paper>\.nothing"):
        claims_of_pairs(claims, "nothing")
