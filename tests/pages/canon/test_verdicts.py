from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import verdict
from lmphys.pages.canon import verdicts
from lmphys.pages.canon.regimes import Found
from lmphys.stats.interval import Interval

CLAIMS = load_claims(Path(__file__).parents[3])


def words(entries):
    return {
        entry.claim: verdict(CLAIMS[entry.claim], entry.obtained, entry.controls, lacking=entry.lacking).word
        for entry in entries
    }


def at(accuracy, trainings=3, documents=200):
    """Right in so many of the documents, %, in an order of its own for each training."""
    right = 100.0 * (np.arange(documents) < accuracy * documents / 100)
    return np.stack([np.random.default_rng(i).permutation(right) for i in range(trainings)])


LISTS = {"one": np.full(200, 24), "several": np.tile(np.arange(12, 22), 20)}


def copied(one, several):
    kinds = (verdicts.PLAIN, verdicts.CANON, verdicts.TWO)
    return {name: dict(zip(kinds, map(at, each), strict=True)) for name, each in (("one", one), ("several", several))}


def test_copying_depends_on_the_lists_where_one_layer_copies_those_of_one_length():
    found = words(verdicts.copying_entries(copied((98, 99, 99), (16, 97, 99)), LISTS, 3000))
    assert found == {"canon.copying.gain": "depends on definition", "canon.copying.replaces": "depends on definition"}
    found = words(verdicts.copying_entries(copied((15, 98, 99), (16, 97, 99)), LISTS, 3000))
    assert set(found.values()) == {"reproduced"}
    found = words(verdicts.copying_entries(copied((15, 16, 99), (16, 17, 99)), LISTS, 3000))
    assert set(found.values()) == {"contradicted"}


def test_short_trainings_on_lists_are_not_compared():
    (gain, _) = verdicts.copying_entries(copied((15, 16, 99), (16, 17, 99)), LISTS, 40)
    assert gain.lacking == "40 updates, where 2,000 are needed"


def walked(none, canon, rotary=(90, 25), rotary_canon=(95, 90), ac=60):
    kinds = {
        verdicts.NONE: none, verdicts.NONE_CANON: canon, verdicts.ROTARY: rotary, verdicts.ROTARY_CANON: rotary_canon,
        verdicts.AC: (ac, ac), verdicts.RANDOM: (1, 1), verdicts.RANDOM_CANON: (2, 2),
    }  # fmt: skip
    return {hops: {kind: at(values[hops - 1]) for kind, values in kinds.items()} for hops in (1, 2)}


def test_walks_are_judged_by_the_gain_and_by_the_number_of_steps():
    found = words(verdicts.walking_entries(walked((26, 25), (98, 97)), 5))
    assert found == {
        "canon.hops.one": "reproduced", "canon.hops.two": "reproduced", "canon.hops.depth": "reproduced",
        "canon.hops.twice": "not comparable at this scale", "canon.hops.ac": "reproduced",
    }  # fmt: skip
    found = words(verdicts.walking_entries(walked((26, 25), (30, 26), rotary_canon=(95, 25), ac=26), 5))
    assert found["canon.hops.one"] == "contradicted" and found["canon.hops.depth"] == "contradicted"
    assert found["canon.hops.two"] == "not comparable at this scale"  # neither walks two steps
    assert found["canon.hops.ac"] == "undecided"


def test_numbers_of_steps_are_told_for_each_training():
    depth, ratio = verdicts.walking_entries(walked((26, 25), (98, 97)), 5)[2:4]
    assert depth.obtained == 1 and depth.controls == {"strictly smaller with Canon layers": 0}
    assert ratio.obtained == 2
    assert depth.note == "3 trainings; steps walked without: 1, 1, 1, with: 2, 2, 2"


def test_one_training_does_not_decide_how_far_one_walks():
    scores = {
        hops: {kind: each[:1] for kind, each in some.items()} for hops, some in walked((26, 25), (98, 97)).items()
    }
    depth = verdicts.walking_entries(scores, 5)[2]
    assert depth.lacking == "number of trainings: 1, where 3 are needed"


def test_the_constant_answers_are_those_of_the_recursion():
    entries = verdicts.guessing_entries()
    assert [entry.obtained for entry in entries] == pytest.approx([7.03, 7.13, 7.21], abs=0.005)
    assert all(entry.controls["even guess"] == pytest.approx(100 / 23) for entry in entries)
    assert set(words(entries).values()) == {"reproduced"}


def test_canon_layers_must_be_worth_more_than_another_training():
    rng = np.random.default_rng(0)
    plain = rng.normal(0.3, 0.1, (3, 300)) + np.array([[0.02], [0], [-0.02]])
    canon = plain - 0.25 + rng.normal(0, 0.01, plain.shape)
    entry = verdicts.grammar_entry({verdicts.NONE: plain, verdicts.NONE_CANON: canon})
    assert entry.obtained.value == pytest.approx(-0.25, abs=0.002) and words([entry]) == {
        "canon.grammar.rescue": "reproduced"
    }
    assert entry.controls["another training"].value == pytest.approx(-0.04, abs=0.02)
    same = verdicts.grammar_entry({verdicts.NONE: plain, verdicts.NONE_CANON: plain[::-1]})
    assert words([same]) == {"canon.grammar.rescue": "undecided"}


def test_regimes_are_judged_by_the_part_against_place_and_random_weights():
    def found(nmi, place):
        row = {"nmi": nmi, "low": nmi - 0.05, "high": nmi + 0.05, "place": place, "place_low": place - 0.02}
        table = pd.DataFrame([{**row, "place_high": place + 0.02}], index=["part"])
        return Found(table, Interval(0.02, 0.01, 0.03), 90.0)

    def judged(*pairs):
        ranks = {
            6 + i: {"trained": found(*one), "random weights": found(*other)} for i, (one, other) in enumerate(pairs)
        }
        return verdicts.regime_entry(ranks)

    good, bad = ((0.8, 0.4), (0.5, 0.4)), ((0.3, 0.28), (0.6, 0.4))
    assert words([judged(good, good)]) == {"canon.regimes.role": "reproduced"}
    assert words([judged(bad, bad)]) == {"canon.regimes.role": "contradicted"}
    assert words([judged(good, bad)]) == {"canon.regimes.role": "depends on definition"}
    told = (
        "6 directions: the regimes add 0.02 [0.01, 0.03] to R²; 7 directions: the regimes add 0.02 [0.01, 0.03] to R²"
    )
    assert judged(good, bad).note == told
