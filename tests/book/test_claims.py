import csv
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from lmphys.book.claims import COLUMNS, KINDS, Claim, claims_of_pairs, find_claim, load_claims
from lmphys.core.errors import LmphysError

REPOSITORY = Path(__file__).parents[2]


def claim(comparison="equal", kind="claim", null=None):
    names = ("toy.r2", "key", "Table 1", "text", "R²", 0.5, "", comparison, 0.05, "greater")
    return Claim(*names, null, (), kind, True, "")


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
            assert row["kind"] in KINDS
            assert row["null"] == "" or row["comparison"] == "direction", row["id"]
            assert not row["controls"] or row["beats"] != "none", row["id"]
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
    with pytest.raises(LmphysError, match="kind 'guess' is unknown; use claim, reading"):
        claim(kind="guess")


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


def test_a_direction_needs_a_reference_and_a_side():
    with pytest.raises(LmphysError, match="a number that means no effect, or required controls"):
        claim("direction")
    with pytest.raises(LmphysError, match="a direction needs a side"):
        replace(claim("direction", null=0.0), beats="none", value=0.0)
