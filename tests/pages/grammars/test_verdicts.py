"""Every row of the page names a claim, with the controls that the claim asks for."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import CONTRADICTED, MATCHED, REPRODUCED, verdict
from lmphys.pages.grammars import probe, verdicts
from lmphys.pages.grammars.excess import excess_table
from lmphys.pages.grammars.regimes import REGIMES, SAME_PLACE, SAME_WORD
from lmphys.pages.grammars.strings import fresh
from lmphys.stats.interval import Interval

CLAIMS = load_claims(Path(__file__).parents[3])


def words(entries):
    """Verdict of each entry by its claim."""
    found = {}
    for entry in entries:
        found[entry.claim] = verdict(CLAIMS[entry.claim], entry.obtained, entry.controls, lacking=entry.lacking).word
    return found


def test_excesses_are_judged_by_ratio_and_bound(grammar):
    strings, _ = fresh(grammar, 60, 0)
    tokens = (strings.lengths + 1) * np.random.default_rng(0).uniform(0.9, 1.1, len(strings))
    each = {"rotary": 0.02, "relative": 0.03, "uniform": 0.05, "absolute": 0.04, "uniform words": 0.6,
            "5-gram": 0.3, "10-gram": 0.1}  # fmt: skip
    extra = {kind: [value * tokens, 1.05 * value * tokens, value * tokens] for kind, value in each.items()}
    found = words(verdicts.excess_entries(excess_table(extra, strings), extra, extra))
    assert found["grammar.excess.rotary"] == REPRODUCED
    assert found["grammar.position.ratio"] == REPRODUCED
    extra["absolute"] = [1.001 * one for one in extra["rotary"]]  # as near as two trainings with rotary positions
    assert (
        words(verdicts.excess_entries(excess_table(extra, strings), extra, extra))["grammar.position.ratio"]
        == CONTRADICTED
    )


def test_probes_need_more_than_their_nulls():
    rng = np.random.default_rng(0)
    n = 3000

    def level(window):
        columns = {probe.by_training(probe.TRAINED, 0): 0.97, probe.by_training(probe.RANDOM, 0): 0.5,
                   probe.WINDOW: window, probe.LAW: 0.6, probe.LAW_TREE: 0.7}  # fmt: skip
        return pd.DataFrame({name: rng.random(n) < p for name, p in columns.items()}).assign(string=np.arange(n))

    area = {probe.TRAINED: Interval(0.98, 0.97, 0.99), probe.RANDOM: Interval(0.8, 0.7, 0.9),
            probe.WINDOW: Interval(0.7, 0.6, 0.8)}  # fmt: skip
    areas = {"one": area, "two": area}
    good = words(verdicts.probe_entries({"one": level(0.6), "two": level(0.5)}, areas))
    assert set(good.values()) == {REPRODUCED}
    seen = words(verdicts.probe_entries({"one": level(1.0), "two": level(1.0)}, areas))
    assert seen["grammar.probe.ancestor"] == MATCHED
    assert seen["grammar.probe.margin"] == CONTRADICTED


def test_the_other_rows_have_their_controls():
    some = Interval(50.0, 45.0, 55.0)
    written = pd.DataFrame(
        {"valid": [90.0, 20, 30], "low": [88.0, 18, 28], "high": [92.0, 22, 32]}, index=["rotary", "none", "10-gram"]
    )
    errors = pd.DataFrame(
        {"beginning": ["clean", "spoilt"] * 2, "temperature": [0.2, 0.2, 1, 1], "sound": [90.0, 20, 80, 10],
         "low": [85.0, 15, 75, 5], "high": [95.0, 25, 85, 15]}
    )  # fmt: skip
    counts = pd.DataFrame({"unseen": [0.5, 0.2], "unseen_low": [0.4, 0.15], "unseen_high": [0.6, 0.25]})
    lesson = pd.DataFrame(
        {"tokens": [1.0, 2.0], "strings": ["seen", "unseen"], "excess": [0.04, 0.05], "low": 0.04, "high": 0.06}
    )
    shared = {REGIMES: some, SAME_PLACE: some, SAME_WORD: some}
    entries = [
        *verdicts.generation_entries(written, some, Interval(1.0, 0.0, 2.0), n=10),
        verdicts.noise_entry(errors),
        verdicts.unseen_entry(lesson.assign(tokens=[1.0, 1e6]), counts),
        verdicts.regime_entry(shared, shared),
    ]
    found = words(entries)
    assert found["grammar.generation.canon"] == REPRODUCED
    assert found["grammar.unseen.memory"] == REPRODUCED
    assert entries[3].obtained.value == 20 and entries[3].controls["clean beginning"].value == 90
    assert verdicts.unseen_entry(lesson, counts).lacking


def test_what_trainings_lack_is_said():
    def model(kind, tokens):
        return SimpleNamespace(kind=kind, losses=pd.DataFrame({"tokens": [1, tokens]}))

    assert "1 training" in verdicts.lacking([model("rotary", 4_000_000)])
    assert "400,000 tokens" in verdicts.lacking([model("rotary", 400_000)] * 3)
    assert verdicts.lacking([model("rotary", 4_000_000)] * 3) == ""
