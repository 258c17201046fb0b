from dataclasses import replace

import numpy as np
import pytest

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import verdict
from lmphys.core.paths import project_root
from lmphys.pages.mpemba import bath
from lmphys.pages.mpemba.quenches import HELD_OUT, INTEGRAL, SEEN, TOKENS, TWIN, Quenches
from lmphys.pages.mpemba.subspace import Run
from lmphys.pages.mpemba.verdicts import bath_entries, lead_of_walkers, quench_entries
from lmphys.pages.mpemba.walkers import Ensemble


def judged(entries):
    claims = load_claims(project_root())
    return {e.claim: verdict(claims[e.claim], e.obtained, e.controls, lacking=e.lacking).word for e in entries}


def ladder(seed, ends):
    """Two plateaus whose losses fall from 1 and 2, to the given ends for each kind of comparison."""
    rng = np.random.default_rng(seed)
    windows = rng.normal(0, 0.001, 8)
    losses = {
        (kind, texts): np.stack([np.linspace(a, b, 3) for a, b in zip((1, 2), ends[kind], strict=True)])[:, :, None]
        + windows
        + rng.normal(0, 0.001, (2, 3, 8))
        for kind in (TOKENS, INTEGRAL, TWIN)
        for texts in (HELD_OUT, SEEN)
    }
    # A third rate, so that the claim has two definitions as on the page.
    losses = {key: np.concatenate([x, 2 * x[1:] - x[:1]]) for key, x in losses.items()}
    return Quenches(seed, np.array([1e-3, 2e-3, 4e-3]), np.array([0, 5, 10]), losses, {})


def test_a_lead_at_equal_tokens_alone_is_told_from_a_mpemba_effect():
    ends = {TOKENS: (0.8, 0.6), INTEGRAL: (0.6, 0.8), TWIN: (1, 2)}
    found = [ladder(seed, ends) for seed in range(3)]
    words = judged(quench_entries(found))
    assert words["mpemba.lm.tokens"] == "reproduced"
    assert words["mpemba.lm.integral"] == "contradicted"
    assert words["mpemba.lm.strong"] == "not comparable at this scale"
    (strong,) = (e for e in quench_entries(found) if e.claim == "mpemba.lm.strong")
    assert strong.obtained == 4e-3
    assert judged(quench_entries(found[:2]))["mpemba.lm.tokens"] == "not comparable at this scale"


def test_baths_with_and_without_one_temperature_and_currents_are_told_apart():
    hessian = np.diag(np.linspace(10, 1, 14))
    blank = Run(0.03, np.zeros((6000, 14)), hessian, np.eye(14))
    still = [bath.imitated(blank, seed=seed) for seed in range(3)]
    words = judged(bath_entries(still, seed=7))
    assert words["mpemba.bath.one_temperature"] == "reproduced"
    assert words["chaudhari.currents"] != "reproduced"
    root = np.random.default_rng(0).standard_normal((14, 14))
    flowing = [bath.imitated(replace(blank, noise=root @ root.T), seed=seed) for seed in range(3)]
    words = judged(bath_entries(flowing, seed=7))
    assert words == {
        "mandt.covariance": "reproduced",
        "mpemba.bath.one_temperature": "contradicted",
        "chaudhari.currents": "reproduced",
    }


def test_the_lead_of_walkers_is_in_units_of_the_final_temperature():
    cool, hot = (Ensemble(np.zeros(1), np.zeros((1, 50)), np.full((1, 50), loss)) for loss in (0.5, 0.3))
    assert lead_of_walkers(cool, hot, 0, 0.1).value == pytest.approx(2.0)
