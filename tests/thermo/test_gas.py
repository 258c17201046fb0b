"""Sources, mixtures and paths on mean states that are made up, so that the answers are known."""

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.thermo.mixing import response_over_fluctuation, susceptibility_table
from lmphys.thermo.paths import (
    LINEAR,
    PERSISTENCE,
    REGIMES,
    SHUFFLED,
    forecast_table,
    future,
    held_out_texts,
    text_paths,
    time_paths,
)
from lmphys.thermo.relative import PAIRS, SINGLE, STATES, compare_sources
from lmphys.thermo.windows import Windows


def made_up(distance=3.0, n_texts=24, per_text=3, width=20, length=12, seed=0):
    """Windows of two sources whose mean states lie `distance` apart, and whose tokens are drawn from two laws."""
    rng = np.random.default_rng(seed)
    rows, states, tokens = [], [], []
    laws = rng.dirichlet(np.ones(30), size=2)
    for text in range(n_texts):
        source = text % 2
        for place in range(per_text):
            rows.append((text, place, True, text + 1, "ab"[source], "", float(text)))
            states.append(rng.standard_normal(width) + distance * source * (np.arange(width) == 0))
            tokens.append(rng.choice(30, length, p=laws[source]))
    columns = ["text", "place", "full", "line", "source", "author", "time"]
    return Windows(
        pd.DataFrame(rows, columns=columns), [(0,)] * len(rows), tokens, length, states=np.array(states)
    ), laws


def test_relative_entropy_of_known_gaussians_and_known_laws():
    windows, laws = made_up(distance=2.0, n_texts=400, length=20)
    found = compare_sources(windows)
    # Gaussians of unit covariance at a distance d: d^2 / 2 nats; the leading directions hold what separates them.
    assert found.relative_entropy(STATES).value == pytest.approx(2.0, abs=0.3)
    exact = np.mean([(p * np.log(p / q)).sum() for p, q in (laws, laws[::-1])]) * 20
    assert found.relative_entropy(SINGLE).value == pytest.approx(exact, rel=0.1)
    assert found.matrix(SINGLE)[0, 0] == 0
    assert found.relative_entropy(PAIRS).low > 0
    assert found.accuracy(STATES).value == pytest.approx(0.841, abs=0.03)  # Phi(1)


def test_sources_dealt_out_anew_differ_by_nothing():
    windows, _ = made_up(n_texts=60)
    dealings = [compare_sources(windows, permuted=True, seed=seed) for seed in range(6)]
    for way in (STATES, SINGLE, PAIRS):
        assert np.mean([found.relative_entropy(way).value for found in dealings]) < 0.1
    assert np.mean([found.accuracy(STATES).value for found in dealings]) == pytest.approx(0.5, abs=0.06)
    one = windows.select((windows.table["source"] == "a").to_numpy())
    with pytest.raises(LmphysError, match="two are needed"):
        compare_sources(one)


def test_response_is_fluctuation_where_texts_of_a_source_are_alike():
    windows, _ = made_up(n_texts=60)
    second = (windows.table["source"] == "b").to_numpy()
    text = windows.table["text"].to_numpy()
    found = response_over_fluctuation(windows.states, second, text)
    assert found.contains(0.2 / (2 * np.log(1.5)) / 0.25)  # the finite difference of the two mixtures
    dealt = np.random.default_rng(0).permutation(np.arange(60) % 2 == 1)[text]
    null = response_over_fluctuation(windows.states, second, text, dealt=dealt)
    assert abs(null.value) < 0.5
    assert null.high < found.low


def test_response_is_not_fluctuation_where_texts_of_a_source_differ():
    windows, _ = made_up(distance=0.0, n_texts=60)
    second = (windows.table["source"] == "b").to_numpy()
    found = response_over_fluctuation(windows.states, second, windows.table["text"].to_numpy())
    assert found.high - found.low > 1  # nothing that texts have in common: nothing is told
    few = windows.select((windows.table["text"] < 4).to_numpy())
    with pytest.raises(LmphysError, match="three or more of each"):
        response_over_fluctuation(few.states, second[:12], few.table["text"].to_numpy())


def test_susceptibility_of_two_known_sources():
    windows, _ = made_up(distance=6.0, n_texts=80)
    table = susceptibility_table(windows)
    spread = 20 + 9  # unit noise in 20 directions, and +-3 along one
    np.testing.assert_allclose(table["susceptibility"], 0.25 * 6 / np.sqrt(spread), rtol=0.1)
    assert (table["susceptibility"] > table["permuted_high"]).all()


def walks(rotation, n=40, length=8, seed=0):
    rng = np.random.default_rng(seed)
    chains = []
    for _ in range(n):
        x = [rng.standard_normal(2)]
        for _ in range(length - 1):
            x.append(rotation @ x[-1] + 0.3 * rng.standard_normal(2))
        chains.append(np.array(x) @ np.eye(2, 10))
    return Trajectories.from_list(chains, questions=list(range(n)))


def test_a_known_motion_is_forecast_and_is_gone_in_another_order():
    turn = 0.95 * np.array([[0.0, -1.0], [1.0, 0.0]])
    table = forecast_table(held_out_texts(walks(turn)))
    assert table.loc[LINEAR, "r2"] > 0.75
    assert table.loc[PERSISTENCE, "r2"] < 0
    assert table.loc[SHUFFLED, "r2_high"] < table.loc[LINEAR, "r2_low"]
    assert table.loc[REGIMES, "gain_low"] < 0.05  # there is one rule
    assert table.loc[LINEAR, "steps"] == 40 * 7


def test_forecasts_of_the_future_do_not_see_it():
    paths = walks(0.9 * np.eye(2), n=3, length=20)
    ((train, test),) = future(paths)
    assert train.lengths.tolist() == [14, 14, 14]
    np.testing.assert_array_equal(test[0][0], train[0][-1])
    changed = [chain.copy() for chain in paths]
    for chain in changed:
        chain[14:] += 100
    ((again, _),) = future(Trajectories.from_list(changed, questions=[0, 1, 2]))
    np.testing.assert_array_equal(again.states, train.states)
    assert len(forecast_table(future(paths), switching=False)) == 3
    with pytest.raises(LmphysError, match="three states"):
        future(Trajectories.from_list([np.zeros((2, 3))], questions=[0]))


def test_paths_of_texts_and_of_times():
    windows, _ = made_up(n_texts=10, per_text=3)
    paths = text_paths(windows)
    assert paths.lengths.tolist() == [3] * 10
    np.testing.assert_array_equal(paths[1], windows.states[3:6])
    in_time = time_paths(windows, bins=3)
    assert in_time.lengths.tolist() == [3, 3]
    first = windows.states[(windows.table["source"] == "a").to_numpy()][: 2 * 3]
    np.testing.assert_allclose(in_time[0][0], first.mean(axis=0))
    with pytest.raises(LmphysError, match="fills 4 windows"):
        text_paths(windows, least=4)
