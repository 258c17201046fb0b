"""What is judged: each kind of imitator by itself, sizes apart from training."""

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import DEPENDS, verdict
from lmphys.core.paths import project_root
from lmphys.pages.entropy_zeros.beside import Beside
from lmphys.pages.entropy_zeros.verdicts import HEADS, NETWORKS, TABLES, judge_falls, judge_share
from lmphys.stats.interval import Interval

CLAIMS = load_claims(project_root())
FAMILIES = {TABLES: ["1", "2"], HEADS: ["r", "s"], NETWORKS: ["x", "y", "z"]}


def test_the_finest_of_each_family_is_a_definition_and_no_best_one_is_selected():
    excess = {name: Interval(v, v - 0.1, v + 0.1) for name, v in zip("12rsxyz", range(-3, 4), strict=True)}
    excess["blind"] = Interval(0.5, 0.4, 0.6)
    other = Beside("smollm2", None, Interval(-0.05, -0.1, 0.0))
    entry = judge_share(excess, FAMILIES, "blind", other)
    assert entry.obtained == {
        "random weights": excess["blind"],
        TABLES: excess["2"],
        HEADS: excess["s"],
        NETWORKS: excess["z"],
        f"{TABLES}, smollm2": other.excess,
    }
    assert entry.note == f"the finest: {TABLES} 2, {HEADS} s, {NETWORKS} z"
    assert verdict(CLAIMS[entry.claim], entry.obtained).word == DEPENDS


def test_sizes_are_judged_apart_from_training():
    falls = {TABLES: Interval(0.5, 0.4, 0.6), HEADS: Interval(-1, -2, -0.5), NETWORKS: Interval(1.0, 0.8, 1.2)}
    size, training = judge_falls(falls, FAMILIES)
    assert size.obtained == {TABLES: falls[TABLES], HEADS: falls[HEADS]}
    assert size.note == f"{TABLES}: 1 to 2; {HEADS}: r to s"
    assert training.obtained == falls[NETWORKS] and training.note == f"{NETWORKS}: x to z"
    assert {size.claim, training.claim} <= set(CLAIMS)
    assert verdict(CLAIMS[size.claim], size.obtained).word == DEPENDS
    assert [entry.claim for entry in judge_falls({NETWORKS: falls[NETWORKS]}, FAMILIES)] == [training.claim]
    assert len(judge_falls({TABLES: falls[TABLES], HEADS: falls[HEADS]}, FAMILIES)) == 1
