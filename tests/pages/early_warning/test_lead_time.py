import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning.lead_time import RANDOM, Alarm, lead_times, levels, random_rate, random_survival


def table(exposure, place, question=None, **columns):
    """Rows of chains with so many prefixes; columns are functions of chain and m."""
    chain = np.repeat(np.arange(len(exposure)), exposure)
    m = np.concatenate([np.arange(1, n + 1) for n in exposure])
    question = np.arange(len(exposure)) if question is None else np.asarray(question)
    rows = pd.DataFrame({"chain": chain, "question": question[chain], "m": m, "place": np.asarray(place)[chain]})
    return rows.assign(**{name: f(chain, m) for name, f in columns.items()})


def test_levels_are_shares_of_the_reference_that_score_as_high():
    assert levels(np.array([0.0, 1.0, 1.5, 3.0, 4.0]), np.array([1.0, 2.0, 3.0, 1.0])).tolist() == [
        *(1.0, 1.0, 0.5, 0.25, 0.0)
    ]


def test_the_random_alarm_has_its_closed_form():
    """Mean lead before sentence n with n prefixes: n - (1 - q) (1 - (1 - q)^n) / q; and so in a simulation."""
    q, n = np.array([0.05, 0.3, 1.0]), np.array([7])
    lead = sum(random_survival(q, n, n, j)[:, 0] for j in range(1, 8))
    assert lead == pytest.approx(7 - (1 - q) * (1 - (1 - q) ** 7) / q)
    first = np.random.default_rng(0).geometric(0.3, 200_000)
    assert np.where(first <= 7, 7 - first + 1, 0).mean() == pytest.approx(lead[1], abs=0.02)
    # With fewer prefixes at risk than sentences before the event it may only ring in these.
    assert random_survival(q, np.array([3]), n, 1)[:, 0] == pytest.approx(1 - (1 - q) ** 3)


def test_its_chance_gives_the_share_of_false_alarms_that_is_asked_for():
    exposure, weights = np.array([1, 4, 9]), np.array([[1.0, 1, 1], [0, 2, 1]])
    rate = np.array([0.1, 0.6])
    q = random_rate(exposure, weights, rate)
    rings = 1 - (1 - q[:, None]) ** exposure
    assert (weights * rings).sum(axis=1) / weights.sum(axis=1) == pytest.approx(rate)
    assert random_rate(np.array([5]), np.ones((1, 1)), np.array([0.2])) == pytest.approx(1 - 0.8**0.2)


def test_an_alarm_rings_once_and_leads_by_what_is_left():
    place = np.array([4.0, np.inf, 2.0])
    rows = table([4, 5, 2], place)
    level = np.array([0.9, 0.05, 0.5, 0.01, *[0.3, 0.2, 0.2, 0.9, 0.9], 0.6, 0.6])
    alarm = Alarm.of(level, rows["chain"].to_numpy(), rows["m"].to_numpy(), place, np.array([0.0, 0.1, 0.2, 0.7]))
    assert alarm.false.tolist() == [[False, False, True, True]]
    assert alarm.lead.tolist() == [[0, 3, 3, 3], [0, 0, 0, 2]]


def test_an_oracle_leads_by_everything_and_at_no_cost():
    rng = np.random.default_rng(2)
    exposure = rng.integers(1, 9, 80)
    event = rng.random(80) < 0.4
    place = np.where(event, exposure, np.inf)
    rows = table(
        exposure, place, np.arange(80) // 2,
        oracle=lambda c, m: np.where(event[c], 0.0, 1.0), blind=lambda c, m: np.ones(len(c)),
    )  # fmt: skip
    found = lead_times(rows, "oracle", ["blind"], n_bootstrap=50)
    assert (found.events, found.others) == (event.sum(), (~event).sum())
    line = found.summary.loc["oracle"]
    assert line["false_alarms"] == 0 and line["warned"] == 1
    assert line["lead"] == pytest.approx(exposure[event].mean())
    assert found.summary.loc[["blind", RANDOM], "lead"].tolist() == pytest.approx([0, 0])
    survival = found.survival[found.survival["alarm"] == "oracle"].set_index("ahead")["share"]
    assert survival.to_numpy() == pytest.approx([(exposure[event] >= j).mean() for j in survival.index])


def test_a_control_with_the_same_levels_has_the_same_lead_and_noise_that_of_the_random_alarm():
    rng = np.random.default_rng(3)
    exposure = rng.choice([3, 9], 20_000)
    event = rng.random(20_000) < 0.5
    place = np.where(event, exposure, np.inf)
    noise = rng.integers(0, 100, int(exposure.sum()))
    reference = rng.integers(0, 100, (20_000, 6)).max(axis=1)
    rows = table(
        exposure, place, noise=lambda c, m: levels(noise, reference), late=lambda c, m: 1 - m / 10.0,
        same=lambda c, m: levels(noise, reference),
    )  # fmt: skip
    found = lead_times(rows, "noise", ["same", "late"], rate=0.3, n_bootstrap=5).summary
    assert found.loc["same", "lead"] == pytest.approx(found.loc["noise", "lead"])
    assert found.loc["same", "difference_low"] == pytest.approx(0) == found.loc["same", "difference_high"]
    # Independent noise at a fixed threshold rings with one chance after each sentence.
    assert found.loc["noise", "lead"] == pytest.approx(found.loc[RANDOM, "lead"], rel=0.07)
    # The alarm that waits for long chains rings at 4, where the short ones have ended, and in a share of the rest.
    good, bad = exposure[~event], exposure[event]
    rate = found.loc["noise", "false_alarms"]
    share = rate / (good >= 9).mean()
    assert share < 1
    assert found.loc["late", "lead"] == pytest.approx(share * (bad >= 9).mean() * (9 - 4 + 1))


def test_chains_of_one_kind_have_no_lead_time():
    rows = table([3, 3], [np.inf, np.inf], a=lambda c, m: m / 4)
    with pytest.raises(LmphysError, match="0 of 2 chains"):
        lead_times(rows, "a")
