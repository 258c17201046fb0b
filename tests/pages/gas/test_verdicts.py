from pathlib import Path

import pytest
from tests.thermo.test_gas import made_up

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import verdict
from lmphys.pages.gas import truth, two_sources, verdicts
from lmphys.pages.gas.heating import Response
from lmphys.stats.interval import Interval
from lmphys.thermo.survey import survey_texts

ROOT = Path(__file__).parents[3]


class Known:
    """Truth with numbers that are typed."""

    sets = dict.fromkeys([truth.HUMAN, *truth.PURE.values(), truth.NUCLEUS])

    def state(self, name, *, seed=0):
        value = {**{truth.PURE[t]: t for t in truth.PURE}, truth.NUCLEUS: 0.85, truth.HUMAN: 1.2}[name]
        return {
            "T": Interval(value, value - 0.02, value + 0.02),
            "fluctuation": Interval(1.3, 1.2, 1.4) if name == truth.HUMAN else Interval(1, 0.95, 1.05),
        }

    def predicted(self, *, seed=0):
        return Interval(0.84, 0.8, 0.9), Interval(0.01, -0.02, 0.03)

    def difference(self, one, other, *, seed=0):
        return Interval(0.5, 0.3, 0.7)

    def nearer(self, one, other, *, seed=0):
        return Interval(-0.1, -0.3, 0.1)


def test_numbers_as_claimed_and_otherwise():
    one = Interval(1.1, 0.8, 1.4)
    entries = verdicts.judge_truth(Known(), Response(one, one, one, Interval(0, -0.3, 0.3)))
    claims = load_claims(ROOT)
    words = {entry.claim: verdict(claims[entry.claim], entry.obtained, entry.controls).word for entry in entries}
    assert words == {
        "gas.temperature.recovered": "reproduced",
        "gas.temperature.nucleus": "reproduced",
        "gas.temperature.human": "reproduced",
        "gas.response.temperature": "reproduced",
        "gas.fluctuation.own": "reproduced",
        "gas.fluctuation.human": "reproduced",
        "gas.pure.surprise": "reproduced",
        "gas.nucleus.surprise": "undecided",
    }


@pytest.mark.parametrize("distance", [4.0, 0.0])
def test_sources_apart_and_alike(distance):
    windows, _ = made_up(distance=distance, n_texts=30)
    # The laws of the tokens are needed for the tables of temperatures alone.
    windows = _with_laws(windows)
    mixture = two_sources.mix_two(windows, "a", "b")
    gas = survey_texts(windows)
    entries = {entry.claim: entry for entry in verdicts.judge_sources(gas, mixture)}
    claims = load_claims(ROOT)
    mixed = entries["gas.response.mixture"]
    word = verdict(claims[mixed.claim], mixed.obtained, mixed.controls).word
    assert (word == "reproduced") == (distance > 0)
    assert {"gas.sources.entropy", "gas.sources.states_beyond", "gas.path.order"} <= set(entries)
    assert gas.path == "time"
    assert gas.record()["relative_entropy_by_pair"]["sources"] == ["a", "b"]


def _with_laws(windows):
    from dataclasses import replace

    import torch

    from lmphys.thermo.thermogram import thermogram_of

    tokens = torch.tensor([int(token) for own in windows.tokens for token in own])
    logits = torch.randn(len(tokens), 30, generator=torch.Generator().manual_seed(0))
    return replace(windows, thermogram=thermogram_of(logits, tokens))
