"""The rule of verdicts: cases worked by hand, and what must hold for all numbers."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lmphys.book.claims import Claim
from lmphys.book.verdicts import (
    CONTRADICTED,
    DEPENDS,
    MATCHED,
    NOT_COMPARABLE,
    REPRODUCED,
    SAME_DIRECTION,
    UNDECIDED,
    VERDICTS,
    verdict,
)
from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval


def claim(comparison="equal", value=0.5, tolerance=0.05, beats="greater", null=None, controls=(), why_not=""):
    null = 0.0 if comparison == "direction" and null is None else null
    null = None if null == "none" else null
    names = ("toy.r2", "key", "Table 1", "text", "R²", value, "", comparison, tolerance, beats)
    return Claim(*names, null, tuple(controls), "claim", not why_not, why_not)


def of(x, ends=None):
    return x if ends is None else Interval(x, *ends)


NAN = math.nan
# comparison, value, tolerance, beats, number, ends, controls, word: each worked by hand from the rule
CASES = [
    ("equal", 0.5, 0.05, "none", 0.55, None, {}, REPRODUCED),  # on the edge
    ("equal", 0.5, 0.05, "none", 0.5501, None, {}, CONTRADICTED),
    ("equal", 0.5, 0.05, "none", 0.60, (0.54, 0.66), {}, UNDECIDED),  # only the interval reaches the band
    ("equal", 0.5, 0.05, "none", 0.60, (0.56, 0.64), {}, CONTRADICTED),
    ("equal", 0.5, 0.05, "none", 0.51, None, {"null": 0.9}, REPRODUCED),  # controls are only shown
    ("equal", 0.5, 0.05, "greater", 0.51, None, {"null": 0.2}, REPRODUCED),
    ("equal", 0.5, 0.05, "greater", 0.51, None, {"null": 0.2, "shuffled": 0.51}, MATCHED),
    ("equal", 0.5, 0.05, "greater", 0.51, (0.41, 0.61), {"null": 0.42}, UNDECIDED),
    ("equal", 0.5, 0.05, "greater", 0.51, (0.41, 0.61), {"null": 0.40}, REPRODUCED),
    ("equal", 0.5, 0.05, "greater", 0.51, (0.45, 0.61), {"null": Interval(0.40, 0.3, 0.46)}, UNDECIDED),
    ("equal", 0.5, 0.05, "greater", 0.30, None, {"null": 0.1}, SAME_DIRECTION),
    ("equal", 0.5, 0.05, "greater", 0.30, None, {"null": 0.3}, CONTRADICTED),
    ("equal", 0.5, 0.05, "greater", 0.30, None, {}, CONTRADICTED),
    ("equal", 0.5, 0.05, "less", 0.52, None, {"null": 0.9}, REPRODUCED),
    ("equal", 0.5, 0.05, "less", 0.70, None, {"null": 0.9}, SAME_DIRECTION),
    ("at_least", 10, 0, "none", 12, None, {}, REPRODUCED),
    ("at_least", 10, 0, "none", 9, None, {}, CONTRADICTED),
    ("at_least", 10, 0, "none", 9, (8, 10), {}, UNDECIDED),
    ("at_least", 10, 0, "greater", 5, None, {"null": 1}, SAME_DIRECTION),
    ("at_least", 10, 0, "greater", 50, None, {"null": 50}, MATCHED),
    ("at_most", 0.1, 0, "none", -3, None, {}, REPRODUCED),
    ("at_most", 0.1, 0.1, "none", 0.2, None, {}, REPRODUCED),
    ("at_most", 0.1, 0, "less", 0.3, None, {"null": 0.5}, SAME_DIRECTION),
    ("direction", NAN, 0, "greater", 0.1, (0.05, 0.2), {}, REPRODUCED),
    ("direction", NAN, 0, "greater", 2.0, (0.2, 4.3), {}, REPRODUCED),  # by its end, not by half its width
    ("direction", NAN, 0, "greater", 0.3, (-0.05, 0.4), {}, UNDECIDED),
    ("direction", NAN, 0, "greater", 0.1, None, {}, UNDECIDED),  # no interval
    ("direction", NAN, 0, "greater", -0.2, (-0.3, -0.1), {}, CONTRADICTED),
    ("direction", NAN, 0, "greater", -1.0, (-1.1, -0.9), {"null": -2.0}, CONTRADICTED),  # a worse control is no help
    ("direction", NAN, 0, "greater", 5.0, (4.5, 5.5), {"null": 6.0}, MATCHED),
    ("direction", NAN, 0, "greater", 5.0, (4.5, 5.5), {"null": 4.8}, UNDECIDED),
    ("direction", NAN, 0, "less", -0.3, (-0.4, -0.2), {}, REPRODUCED),
    ("direction", -0.2, 0, "none", -0.1, (-0.15, -0.05), {}, REPRODUCED),  # the side is the sign of the value
    ("direction", -0.088, 0.05, "less", -0.64, (-0.7, -0.6), {}, SAME_DIRECTION),  # of another size
    ("direction", -0.088, 0.05, "less", -0.12, (-0.2, -0.05), {}, REPRODUCED),
]


@pytest.mark.parametrize("case", CASES)
def test_verdict_by_hand(case):
    comparison, value, tolerance, beats, x, ends, controls, word = case
    found = verdict(claim(comparison, value, tolerance, beats), of(x, ends), controls)
    assert found.word == word, found.reason
    assert found.reason


def test_without_a_number_for_no_effect_the_controls_decide():
    bare = claim("direction", NAN, 0, "less", null="none", controls=("shuffled",))
    assert verdict(bare, Interval(0.8, 0.7, 0.9), {"shuffled": 1.0}).word == REPRODUCED
    assert verdict(bare, Interval(1.2, 1.1, 1.3), {"shuffled": 1.0}).word == CONTRADICTED
    assert verdict(bare, Interval(1.0, 0.9, 1.1), {"shuffled": 1.0}).word == UNDECIDED
    one = claim("direction", NAN, 0, "less", null=1.0)
    assert verdict(one, Interval(0.8, 0.7, 0.9), {"shuffled": 0.6}).word == MATCHED


def test_the_reason_names_the_strongest_control_and_what_could_be_seen():
    found = verdict(claim(), 0.5, {"mean": 0.1, "shuffled": 0.48, "order": 0.6})
    assert found.reason == "the value agrees, but order (0.6) is as large or larger"
    found = verdict(claim("direction", NAN, 0), Interval(0.1, -0.1, 0.3))
    assert found.reason == "not above no effect (0) for certain; an effect of 0.29 would be seen in 80 of 100 repeats"


def test_definitions_that_disagree():
    several = claim("multiple_definitions", 0.51, 0.05, "greater")
    controls = {"shuffled": {"h": 0.0, "dh": 0.52}, "persistence": 0.3}
    found = verdict(several, {"h": 0.50, "dh": Interval(0.52, 0.49, 0.55)}, controls)
    assert (found.word, found.reason) == (
        DEPENDS,
        "h: reproduced, agrees within the tolerance; beats every control; "
        "dh: matched by a control, the value agrees, but shuffled (0.52) is as large or larger",
    )
    assert verdict(several, {"h": 0.50, "dh": 0.52}, {"shuffled": 0.1}).word == REPRODUCED
    sides = {"raw": Interval(0.2, 0.1, 0.3), "scaled": Interval(-0.2, -0.3, -0.1)}
    assert verdict(claim("direction", NAN, 0), sides).word == DEPENDS  # definitions of a direction, too


def test_a_required_control_that_is_missing_or_misspelt_is_an_error():
    needed = claim(controls=("shuffled order",))
    with pytest.raises(LmphysError, match=r"lacks the control 'shuffled order' \(given: shuffled\); pass it"):
        verdict(needed, 0.5, {"shuffled": 0.1})
    assert verdict(needed, 0.5, {"shuffled order": 0.1}).word == REPRODUCED
    several = claim("multiple_definitions")
    with pytest.raises(LmphysError, match=r"control null of claim toy\.r2 has no number for 'b'"):
        verdict(several, {"a": 0.5, "b": 0.5}, {"null": {"a": 0.1, "B": 0.1}})


@pytest.mark.parametrize("obtained", [0.5, {"a": 0.5, "b": 3.0}])
def test_an_incomparable_claim_never_gets_another_verdict(obtained):
    comparison = "multiple_definitions" if isinstance(obtained, dict) else "equal"
    found = verdict(claim(comparison, why_not="other units", controls=("none given",)), obtained)
    assert (found.word, found.reason) == (NOT_COMPARABLE, "other units")


@pytest.mark.parametrize(
    ("comparison", "obtained", "controls"),
    [
        ("equal", math.nan, {}),
        ("equal", Interval(0.5, 0.6, 0.4), {}),
        ("equal", 0.5, {"null": math.inf}),
        ("equal", {"a": 0.5}, {}),
        ("multiple_definitions", 0.5, {}),
        ("multiple_definitions", {}, {}),
        ("multiple_definitions", {"a": 0.5}, {}),
        ("equal", "x", {}),
    ],
)
def test_numbers_that_allow_no_verdict_are_refused(comparison, obtained, controls):
    with pytest.raises(LmphysError, match=r"claim|control"):
        verdict(claim(comparison), obtained, controls)


number, positive = st.floats(-100, 100), st.floats(0, 10)
comparisons = st.sampled_from(["equal", "at_least", "at_most", "direction"])
interval = st.tuples(number, positive, positive).map(lambda t: Interval(t[0], t[0] - t[1], t[0] + t[2]))
nulls = st.lists(interval, max_size=3).map(lambda found: dict(zip("abc", found, strict=False)))


@given(number, positive, interval, nulls, comparisons)
def test_mirroring_all_numbers_changes_nothing(value, tolerance, x, controls, comparison):
    assume(comparison != "direction" or value != 0)
    other = {"at_least": "at_most", "at_most": "at_least"}.get(comparison, comparison)

    def mirror(i):
        return Interval(-i.value, -i.high, -i.low)

    one = verdict(claim(comparison, value, tolerance, "greater"), x, controls)
    two = verdict(claim(other, -value, tolerance, "less"), mirror(x), {n: mirror(c) for n, c in controls.items()})
    assert one.word == two.word


@given(number, positive, interval, positive, positive, nulls, comparisons)
def test_a_wider_interval_never_turns_undecided_into_contradicted(value, tolerance, x, down, up, controls, comparison):
    assume(x.low < x.high)  # a number without an interval may become decided by having one
    one = claim(comparison, value, tolerance)
    wider = Interval(x.value, x.low - down, x.high + up)
    if verdict(one, x, controls).word == UNDECIDED:
        assert verdict(one, wider, controls).word != CONTRADICTED


@given(number, positive, interval, nulls, comparisons)
def test_a_control_equal_to_the_value_never_loses_to_it(value, tolerance, x, controls, comparison):
    found = verdict(claim(comparison, value, tolerance), x, controls | {"equal": x})
    assert found.word not in (REPRODUCED, SAME_DIRECTION)


@given(number, positive, interval, nulls, interval, comparisons)
def test_another_control_never_helps(value, tolerance, x, controls, more, comparison):
    before = verdict(claim(comparison, value, tolerance), x, controls).word
    after = verdict(claim(comparison, value, tolerance), x, controls | {"more": more}).word
    assert after == before or after != REPRODUCED


@given(number, positive, st.sampled_from(["equal", "at_least", "at_most"]))
def test_the_claimed_value_itself_reproduces_the_claim(value, tolerance, comparison):
    assert verdict(claim(comparison, value, tolerance), value).word == REPRODUCED


def test_every_word_occurs_in_the_table():
    assert {case[-1] for case in CASES} == set(VERDICTS) - {DEPENDS, NOT_COMPARABLE}


def test_a_run_that_lacks_something_is_not_compared_and_says_what():
    found = verdict(claim(), of(0.51), {"null": 0.2}, lacking="847 transitions of 40,000")
    assert (found.word, found.reason) == (NOT_COMPARABLE, "847 transitions of 40,000")
    assert verdict(claim(), of(0.51), {"null": 0.2}).word == REPRODUCED
    with pytest.raises(LmphysError, match="lacks the control"):  # lacking data is no leave to omit a control
        verdict(claim(controls=("null",)), of(0.51), {}, lacking="too few")
    with pytest.raises(LmphysError, match="finite"):
        verdict(claim(), of(NAN), {"null": 0.2}, lacking="too few")
