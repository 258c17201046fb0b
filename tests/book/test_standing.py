"""How the case stands: every number in the sentences is one of the ledger."""

from pathlib import Path

import pandas as pd
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.ledger import typed_rows
from lmphys.book.reference import read_references
from lmphys.book.standing import standing

ROOT = Path(__file__).parents[2]
CLAIMS = load_claims(ROOT)


@pytest.fixture(scope="module")
def recorded():
    (reference,) = [run for run in read_references(ROOT) if run.model == "smollm2"]
    return typed_rows(list(reference.rows))


def test_every_claim_is_counted_once_and_readings_not_at_all(recorded):
    text = standing(recorded, CLAIMS)
    first = recorded.drop_duplicates("claim")
    first = first[first["claim"].map(lambda name: CLAIMS[name].kind == "claim")]
    words = first["verdict"].value_counts()
    n_open, n_left = words["undecided"], words["not comparable at this scale"]
    assert f"**Decided here**: {len(first) - n_open - n_left} of {len(first)} claims of" in text
    assert f"**Undecided**: {n_open}," in text and f"**Left to another scale**: {n_left}," in text
    assert f"{words['contradicted']} contradicted" in text
    assert standing(pd.concat([recorded, recorded]), CLAIMS) == text


def test_hindsight_is_the_difference_of_two_scores_with_and_without_regimes(recorded):
    text = standing(recorded, CLAIMS)
    (row,) = recorded[recorded["claim"] == "slds.slds.r2_table"].to_dict("records")[:1]
    ours, null = row["obtained"], row["controls"]["Gaussian surrogates"]
    for numbers in (ours, null):
        assert f"{numbers['oracle, R² of h'] - numbers['predictive, R² of h']:+.2f}" in text
    assert "add +0.17 to the variance explained" in text and "Regimes planted into the same states add" in text


def test_sentences_without_their_rows_are_left_out(recorded):
    some = recorded[recorded["paper"] == "yang2024"]
    text = standing(some, CLAIMS)
    assert "claims of 1 paper (" in text and "regimes" not in text
    gain = recorded[recorded["claim"] == "slds.slds.gain"]
    text = standing(gain, CLAIMS)
    assert f"*{gain['verdict'].iloc[0]}*." in text and "planted" not in text and "Weights" not in text
    assert standing(recorded[:0], CLAIMS) == ""


def test_the_papers_size_is_told_where_a_corpus_has_it(recorded):
    gain = recorded[recorded["claim"] == "slds.slds.gain"]
    large = gain.assign(claim="slds.scale.gain", verdict="contradicted")
    text = standing(pd.concat([gain, large]), CLAIMS)
    assert text.endswith(": *contradicted*.") and "In a corpus of the paper's size they add" in text
    small = large.assign(verdict="not comparable at this scale")
    assert standing(pd.concat([gain, small]), CLAIMS).split("\n\n")[1] == standing(gain, CLAIMS).split("\n\n")[1]
