from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning import forecasts
from lmphys.pages.early_warning.forecast_scores import areas
from lmphys.pages.early_warning.prefixes import PrefixSignals, exposure
from lmphys.pages.early_warning.signals import join, prefix_signals

KNOWN = ("task", "length")


def plant(signals, column):
    """A further signal (C,) at all prefixes."""
    values = {
        m: [{**fold, "planted": column[signals.rows(m), None]} for fold in folds] for m, folds in signals.values.items()
    }
    return replace(signals, values=values)


def test_questions_are_held_out_whole(signals):
    by_question = pd.DataFrame({"q": signals.traj.chains["question_id"], "fold": signals.fold})
    assert (by_question.groupby("q")["fold"].nunique() == 1).all()
    assert set(signals.fold) == {0, 1, 2, 3}
    assert signals.rows(5).tolist() == np.flatnonzero(signals.traj.lengths > 5).tolist()


def test_models_of_the_states_have_not_seen_the_fold(signals):
    """States and outcomes of a fold change nothing about the signals of the others, as they look without it."""
    traj = signals.traj
    states = traj.states.copy()
    states[np.repeat(signals.fold == 2, traj.lengths)] *= 7
    other = prefix_signals(traj.with_states(states), [3], PrefixSignals(3, 2, state_rank=4, n_init=1), n_folds=4)
    others = signals.fold[signals.rows(3)] != 2
    for name, values in signals.values[3][2].items():
        assert np.allclose(values[others], other.values[3][2][name][others]), name
    assert not np.allclose(signals.values[3][1]["state"], other.values[3][1]["state"])


def test_the_own_outcome_plays_no_part(signals, event):
    models = {"both": (KNOWN, ("surprise", "state"))}
    found = forecasts.forecast(signals, event, 3, models)
    for f in range(4):
        turned = np.where(signals.fold == f, ~event, event)
        again = forecasts.forecast(signals, turned, 3, models)
        own = found["fold"] == f
        assert np.array_equal(found["both"][own], again["both"][own])
        assert not np.allclose(found["both"][~own], again["both"][~own])


def test_the_label_scores_one_and_noise_a_half(signals, event):
    table = forecasts.forecast(plant(signals, event.astype(float)), event, 2, {"planted": ((), ("planted",))})
    assert areas(table, "planted", n_bootstrap=10).tolist() == [1.0] * 11
    # Dealt out among the chains of its task, the label is noise.
    scores = []
    for i in range(30):
        shuffled = plant(signals, np.random.default_rng(i).permutation(event).astype(float))
        scores.append(areas(forecasts.forecast(shuffled, event, 2, {"x": ((), ("planted",))}), "x", n_bootstrap=0)[0])
    assert np.mean(scores) == pytest.approx(0.5, abs=3 * np.std(scores) / np.sqrt(30))
    one = areas(forecasts.forecast(shuffled, event, 2, {"x": ((), ("planted",))}), "x", n_bootstrap=300)
    low, high = np.quantile(one[1:], [0.025, 0.975])
    assert low < 0.5 < high


def test_permuting_leaves_what_is_known_alone(signals, event):
    models = {"known": (KNOWN, ()), "both": (KNOWN, ("planted",))}
    own = plant(signals, event.astype(float))
    real = forecasts.forecast(own, event, 2, models)
    permuted = [forecasts.forecast(own, event, 2, models, permute=i) for i in range(20)]
    for table in permuted:
        assert np.array_equal(table["known"], real["known"])
    gain = [areas(t, "both", n_bootstrap=0)[0] - areas(t, "known", n_bootstrap=0)[0] for t in permuted]
    assert areas(real, "both", n_bootstrap=0)[0] > 0.95
    assert abs(np.mean(gain)) < 3 * np.std(gain) / np.sqrt(20) + 0.02


def test_the_null_exchanges_signals_within_tasks():
    task = np.array([0, 1, 0, 1, 1, 0, 2])
    order = forecasts._permuted(task, 3)
    assert sorted(order) == list(range(7)) and np.array_equal(task[order], task)
    assert not np.array_equal(order, forecasts._permuted(task, 4))


def test_who_is_at_risk_is_who_is_scored(signals, event):
    place = np.where(event, 2.0, np.inf)
    table = forecasts.forecast(signals, event, 3, {"base": ((), ())}, place=place)
    assert not table["event"].any()  # all have derailed before
    table = forecasts.forecast(signals, event, 2, {"base": ((), ())}, place=place)
    at_risk = exposure(signals.traj, place) >= 2
    assert table["chain"].tolist() == np.flatnonzero(at_risk).tolist()
    for f in range(4):  # the base rate of the training chains at risk
        rate = event[at_risk & (signals.fold != f)].mean()
        assert table["base"][table["fold"] == f].to_numpy() == pytest.approx(rate)
    assert forecasts.forecast(signals, event, 40, {"base": ((), ())}).empty


def test_what_is_known_has_its_columns(signals):
    chains = signals.rows(3)[:5]
    columns = signals.columns(3, 0, ["place", "task"], chains)
    assert columns[:, :5].tolist() == [[0, 0, 1, 0, 0]] * 5
    assert np.array_equal(columns[:, 5:].sum(axis=1), np.ones(5))
    assert "difficulty" not in signals.names()
    story = replace(signals.traj, chains=signals.traj.chains.assign(question_id="story:4/0-17"))
    assert replace(signals, traj=story).columns(3, 0, ["difficulty"], chains).tolist() == [[4.0]] * 5


def test_alarms_are_set_on_other_questions(signals, event):
    place = np.where(event, signals.traj.lengths - 1, np.inf)
    models = {"planted": (("place",), ("planted",)), "known": (("place", "length"), ())}
    noise = np.random.default_rng(7).standard_normal(len(event))
    own = plant(signals, event + 0.3 * noise)
    found = forecasts.alarm_levels(own, place, models)
    at_risk = exposure(signals.traj, place)
    assert len(found) == np.minimum(at_risk, 5).sum()  # there are signals of five prefixes
    # Turning the outcomes of a fold about changes no level in it, as long as the same chains are at risk.
    fold = signals.fold[found["chain"]]
    turned = np.where((signals.fold == 1) == np.isfinite(place), np.inf, signals.traj.lengths - 1.0)
    turned = np.where(signals.fold == 1, turned, place)
    again = forecasts.alarm_levels(own, turned, models)
    for name in (*models, "place alone"):
        assert np.array_equal(found[name][fold == 1], again[name][fold == 1]), name
    # The place alone rings in a tenth of the chains, the longest.
    good = signals.traj.lengths[~event & (signals.fold != 0)] - 1
    row = found[(fold == 0) & (found["m"] == 4)].iloc[0]
    assert row["place alone"] == pytest.approx((good >= 4).mean())
    first = found.groupby("chain")["planted"].min()
    alarmed = first <= 0.1
    assert alarmed[event[first.index]].mean() > 0.6 and alarmed[~event[first.index]].mean() < 0.25


def test_joined_signals_are_of_the_same_chains(corpus, signals):
    both = join(signals, {"random weights": signals})
    assert np.array_equal(both.values[2][1]["state, random weights"], signals.values[2][1]["state"])
    other = prefix_signals(corpus(n=80), [1], PrefixSignals(3, 2, state_rank=4, n_init=1), n_folds=4)
    with pytest.raises(LmphysError, match="other chains"):
        join(signals, {"others": other})


def test_models_without_their_signals_are_left_out():
    found = forecasts.nested(["task"], {"a": ["x"], "b": ["x", "y"]}, ["x"])
    assert found == {"known": (("task",), ()), "a": ((), ("x",)), "+ a": (("task",), ("x",))}


def test_too_little_is_refused(signals):
    with pytest.raises(LmphysError, match="2 folds"):
        prefix_signals(signals.traj, [1], PrefixSignals(), n_folds=2)
    with pytest.raises(LmphysError, match="no chain is longer"):
        prefix_signals(signals.traj, [50], PrefixSignals())
