"""What is judged: the imitator that speaks least for the claim, and the last family beside the others."""

from lmphys.pages.entropy_zeros.verdicts import judge_share, judge_slowest
from lmphys.stats.interval import Interval


def test_the_least_excess_is_judged():
    kl = {"a": Interval(0.3, 0.2, 0.4), "b": Interval(-0.1, -0.2, 0.0)}
    entry = judge_share(kl, {"a": Interval(0.1, 0.0, 0.2), "b": Interval(-0.25, -0.3, -0.2)})
    assert entry.obtained == kl["b"]
    assert entry.note == "least of 2 imitators: b; by total variation -0.25"


def test_the_last_family_is_judged_and_the_others_are_controls():
    falls = {"tables": Interval(0.5, 0.4, 0.6), "networks": Interval(1.0, 0.8, 1.2)}
    entry = judge_slowest(falls, {"tables": ["1", "2"], "networks": ["x", "y", "z"]})
    assert entry.obtained == falls["networks"]
    assert entry.controls == {"no difference": 0.0, "tables": 0.5}
    assert entry.note == "networks: x to z"
    alone = judge_slowest({"tables": falls["tables"]}, {"tables": ["1", "2"]})
    assert alone.controls == {"no difference": 0.0} and alone.note == "tables: 1 to 2"
