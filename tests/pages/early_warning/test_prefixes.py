from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.pages.early_warning.prefixes import PrefixSignals, derailment, exposure, prefix

WIDTH = 12


def chains(n=40, seed=0, lengths=None):
    """Chains with tokens, entropies and labels of their sentences."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(4, 9, n) if lengths is None else np.asarray(lengths)
    traj = Trajectories.from_list([rng.standard_normal((T, WIDTH)).cumsum(axis=0) for T in lengths])
    N = len(traj.states)
    sentences = traj.sentences.assign(
        n_tokens=rng.integers(3, 20, N),
        entropy=rng.random(N) * 10,
        logp=-rng.random(N) * 10,
        text=[f"sentence {i}" for i in range(N)],
        astray=pd.array(rng.random(N) < 0.1, dtype="boolean"),
    )
    table = pd.DataFrame(
        {
            "chain_id": np.arange(len(lengths)),
            "question_id": np.arange(len(lengths)) // 4,
            "correct": rng.random(len(lengths)) < 0.5,
            "ended": rng.random(len(lengths)) < 0.9,
        }
    )
    return replace(traj, chains=table, sentences=sentences)


@pytest.fixture(scope="module")
def fitted():
    return PrefixSignals(rank=3, n_regimes=2, state_rank=5).fit(chains(60, seed=1))


def with_other_future(traj, m, seed=9):
    """The same chains up to sentence m, and anything after it: states, tokens, labels, lengths, outcomes."""
    rng = np.random.default_rng(seed)
    states, tables = [], []
    for c, rows in enumerate(traj):
        old = traj.sentences[traj.sentences["chain"] == c]
        extra = int(rng.integers(0, 4))
        states.append(np.vstack([rows[:m], 100 * rng.standard_normal((extra, WIDTH))]))
        new = old.iloc[np.arange(m + extra) % len(old)].copy()
        new["t"] = np.arange(m + extra)
        for name in ("n_tokens", "entropy", "logp"):
            new.loc[new["t"] >= m, name] = 50.0
        new["astray"] = np.where(new["t"] < m, new["astray"], True)
        tables.append(new)
    other = traj.chains.assign(correct=~traj.chains["correct"], ended=~traj.chains["ended"])
    return Trajectories(
        np.concatenate(states), np.array([len(s) for s in states]), other, pd.concat(tables, ignore_index=True)
    )


@pytest.mark.parametrize("m", [1, 2, 4])
def test_nothing_after_the_prefix_is_seen(fitted, m):
    traj = chains()
    before, after = fitted.transform(traj, m), fitted.transform(with_other_future(traj, m), m)
    assert set(before) == {"length", "jumps", "linear map", "surprise", "regimes", "entropy", "first state", "state"}
    for name, values in before.items():
        assert np.array_equal(values, after[name]), name


def test_but_everything_before_it_is(fitted):
    traj = chains()
    rows = traj.offsets[:-1] + 1  # the second sentence of each chain
    states = traj.states.copy()
    states[rows] += 1
    other = replace(traj, states=states, sentences=traj.sentences.assign(n_tokens=7, entropy=1.0))
    before, after = fitted.transform(traj, 3), fitted.transform(other, 3)
    moved = {name for name, values in before.items() if not np.allclose(values, after[name])}
    assert moved == {"length", "jumps", "linear map", "surprise", "regimes", "entropy"}


def test_each_signal_is_what_its_name_says(fitted):
    traj, m = chains(), 4
    found = fitted.transform(traj, m)
    x = fitted.projection_.transform(traj)
    inside = x.with_states(x.states[:, :3])
    inference, drift = fitted.slds_.infer(prefix(inside, m)), fitted.drift_
    assert isinstance(drift, LinearDrift)
    for c in (0, 7):
        h, z = traj[c][:m], inside[c][:m]
        words = traj.sentences[traj.sentences["chain"] == c].iloc[:m]
        assert found["length"][c] == pytest.approx(np.log([words["n_tokens"].sum(), words["n_tokens"].iloc[-1]]))
        jumps = np.linalg.norm(np.diff(h, axis=0), axis=1)
        assert found["jumps"][c] == pytest.approx([jumps.mean(), jumps[-1]])
        misses = np.linalg.norm(z[1:] - (z[:-1] @ drift.A_.T + drift.c_), axis=1)
        assert found["linear map"][c] == pytest.approx([misses.mean(), misses[-1]])
        here = slice(c * (m - 1), (c + 1) * (m - 1))
        nats = -inference.log_density[here]
        assert found["surprise"][c] == pytest.approx([nats.mean(), nats[-1]])
        assert found["regimes"][c] == pytest.approx((inference.filtered[here][-1] @ fitted.slds_.parameters_.T)[:-1])
        total = words["n_tokens"].sum()
        last = words.iloc[-1]
        expected = [words["entropy"].sum() / total, last["entropy"] / last["n_tokens"]]
        expected += [words["logp"].sum() / total, last["logp"] / last["n_tokens"]]
        assert found["entropy"][c] == pytest.approx(expected)
        assert np.allclose(found["state"][c], x[c][m - 1]) and np.allclose(found["first state"][c], x[c][0])


def test_the_weights_are_those_of_the_next_step_before_it_is_seen(fitted):
    """On the whole chain the filter gives them as `predictive`, one step further on."""
    traj, m = chains(lengths=[6] * 10), 3
    inside = fitted.projection_.transform(traj)
    predictive = fitted.slds_.infer(inside.with_states(inside.states[:, :3])).predictive.reshape(10, 5, -1)
    assert fitted.transform(traj, m)["regimes"] == pytest.approx(predictive[:, m - 1, :-1])
    first = fitted.transform(traj, 1)
    assert first["regimes"] == pytest.approx(predictive[:, 0, :-1])
    assert not first["surprise"].any() and not first["jumps"].any()


def test_a_reader_has_no_entropy_and_short_chains_are_refused(fitted):
    traj = chains()
    silent = replace(traj, sentences=traj.sentences.assign(entropy=np.nan, logp=np.nan))
    assert "entropy" not in fitted.transform(silent, 2)
    with pytest.raises(LmphysError, match="the first 30 sentences"):
        fitted.transform(traj, 30)


def test_who_is_at_risk():
    traj = chains(lengths=[5, 5, 5, 5, 5])
    astray = np.zeros(25, dtype=bool)
    astray[[5 + 2, 5 + 4, 10]] = True  # chain 1 at 2 (and 4), chain 2 at 0
    ended = [True, True, True, False, False]
    traj = replace(
        traj,
        sentences=traj.sentences.assign(astray=pd.array(astray, dtype="boolean")),
        chains=traj.chains.assign(ended=ended),
    )
    place = derailment(traj)
    assert place.tolist() == [np.inf, 2, 0, 5, 5]
    # A chain is at risk while it is not at its end and has not derailed: with 2 sentences read, sentence 2 is next.
    assert exposure(traj, place).tolist() == [4, 2, 0, 4, 4]
    assert exposure(traj).tolist() == [4] * 5
