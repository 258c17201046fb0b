"""The card of a model: each number from where it stands, and what is missing with its command."""

import pandas as pd
import pytest

from lmphys.book.card import QUANTITIES, card_of, cards, markdown, told
from lmphys.book.card_figure import write_card
from lmphys.book.chapter import find_chapters
from lmphys.book.claims import load_claims
from lmphys.book.ledger import Ledger, typed_rows
from lmphys.book.ledgers import OWN, Ledgers
from lmphys.book.measures import MEASURES
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.stats.interval import Interval

SCORES = {"predictive, R² of h": 0.5, "oracle, R² of h": 0.64}
LINE = {"one linear map": {"predictive, R² of h": 0.49, "oracle, R² of h": 0.49}}


def row(source, page, model, obtained, interval=None, controls=None, **other):
    name = "claim" if source in load_claims(project_root()) else "measure"
    keys = {"profile": "quick", "seed": 0, "prompt": None, "date": "2026-01-01", "note": "", "verdict": "undecided"}
    return keys | {name: source, "page": page, "model": model, "obtained": obtained} | {
        "interval": interval, "controls": controls or {}
    } | other  # fmt: skip


@pytest.fixture
def ledgers():
    rows = [
        row("slds.slds.r2_table", "reasoning/fitting", "a", SCORES, controls=LINE),
        row("slds.slds.gain", "reasoning/fitting", "a", 0.01, [-0.02, 0.03]),
        row("slds.slds.gain", "reasoning/recovery", "a", 0.5, [0.4, 0.6]),
        row("slds.slds.gain", "reasoning/fitting", "b", 0.2, [0.1, 0.3]),
    ]
    measures = [
        row("heat_capacity.peak", "thermo/boltzmann", "a", 1.25, [1.2, 1.3]),
        row("heat_capacity.peak", "thermo/boltzmann", "a", 9.0, profile="smoke"),
        row("energy.ratio", "mechanics/conservation", "a", {"C1": 0.9, "C2": 1.0}, {"C1": [0.8, 1.0]}),
        row("heat_capacity.peak", "thermo/boltzmann", "random:a", 0.5),
    ]
    return Ledgers(
        typed_rows(rows).assign(source=OWN), pd.DataFrame(measures).assign(source=OWN), {"a": 10, "b": 20}, {}, ()
    )


def test_quantities_stand_on_claims_and_measures_of_pages_that_exist():
    claims, pages = load_claims(project_root()), {chapter.id for chapter in find_chapters(project_root())}
    assert all(q.source in claims or q.source in MEASURES for q in QUANTITIES)
    assert {q.page for q in QUANTITIES} <= pages
    assert set(MEASURES) == {q.source for q in QUANTITIES} - set(claims)


def test_numbers_come_from_their_page_and_the_leak_is_what_hindsight_adds(ledgers):
    found = cards(project_root(), ledgers)
    values = found["a"].values
    assert values["Gain of regimes, honest"] == {"": Interval(0.01, -0.02, 0.03)}
    assert values["Gain of regimes, leaking"][""] == pytest.approx(0.64 - 0.49)
    assert values["Temperature of the heat-capacity peak"] == {"": Interval(1.25, 1.2, 1.3)}
    assert told(values["Q of each energy"]) == "C1 0.9 [0.8, 1]; C2 1"
    assert set(found) == {"a", "b", "random:a"}
    assert found["b"].missing("b").startswith("lmphys run thermo/boltzmann mechanics/conservation reasoning/manifold")


def test_the_page_has_the_twin_beside_it_and_names_what_is_missing(ledgers, monkeypatch, tmp_path):
    monkeypatch.setattr("lmphys.book.card.read_ledgers", lambda root, folder: ledgers)
    root = project_root()
    with pytest.raises(LmphysError, match=r"nothing is recorded of model 'z' \(there are cards of: a, b, random:a\)"):
        card_of(root, "z")
    card, others = card_of(root, "a")
    text = markdown(card, others, "a", "a.svg")
    assert "| Temperature of the heat-capacity peak | 1.25 [1.2, 1.3] | 0.5 |" in text
    assert "not measured: `lmphys run thermo/random_walk --model a`" in text
    picture, page = write_card(root, "a", tmp_path)
    assert (picture.name, page.name) == ("a.svg", "a.md")
    drawn = picture.read_text()
    assert "<svg" in drawn and write_card(root, "a", tmp_path)[0].read_text() == drawn


def test_a_measure_is_one_that_the_card_knows(tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_LEDGER_FOLDER", str(tmp_path))
    ledger = Ledger.for_page("toy/page", model="m", profile="quick")
    with pytest.raises(LmphysError, match=r"use heat_capacity\.peak"):
        ledger.measure("heat_capacity.peaks", 1.0)
    ledger.measure("heat_capacity.peak", float("nan"))
    assert not ledger.path.exists()
