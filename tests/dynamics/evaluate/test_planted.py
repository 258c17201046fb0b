import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.planted import planted_parameters, positive_control
from lmphys.dynamics.slds.estimator import SLDS


@pytest.fixture(scope="module")
def real():
    """Chains of one map in six dimensions, two a question, that leaves over three quarters of the variance."""
    rng = np.random.default_rng(0)
    chains = []
    for _ in range(150):
        h = [rng.standard_normal(6)]
        for _ in range(9):
            h.append(0.5 * h[-1] + np.sqrt(0.75) * rng.standard_normal(6))
        chains.append(np.array(h))
    made = Trajectories.from_list(chains)
    made.chains["question_id"] = np.arange(150) // 2
    return made


@pytest.mark.parametrize(("differ", "worth"), [("offset", 0.01), ("map", 0.1)])
def test_regimes_are_worth_what_was_asked_for(real, differ, worth):
    fit = {"n_regimes": 2, "worth": worth, "stay": 0.95, "n_init": 1, "max_iter": 1}
    table = positive_control(real, [f"{differ}, gaussian noise"], n_transitions=20_000, **fit)
    assert table["worth"].item() == pytest.approx(worth, rel=0.35)


def test_offsets_cannot_explain_more_than_their_directions_hold(real):
    truth = planted_parameters(real, "offset", n_regimes=2, worth=0.5, stay=0.95, n_chains=200)
    noise = SLDS(1).fit(real).parameters_.Sigma[0]
    own = truth.b - truth.b.mean(axis=0)
    loudest = np.linalg.eigvalsh(noise)[-1] / np.trace(noise)
    assert 0.3 * loudest < float((own**2).sum() / len(own) / np.trace(noise)) < loudest


def test_clear_regimes_are_seen_and_the_leaking_weights_gain_more(real):
    kinds = ["map, gaussian noise", "map, real noise"]
    table = positive_control(real, kinds, n_regimes=2, worth=0.2, n_transitions=6000, n_init=2)
    assert (table["low"] > 0).all()
    assert (table["oracle"] >= table["gain"] - 1e-9).all()


def test_without_worth_there_is_nothing_to_see(real):
    table = positive_control(real, ["map, gaussian noise", "map, real noise"], n_regimes=2, worth=0.0, n_init=1)
    assert (table["worth"].abs() < 0.02).all()
    assert (table["low"] < 0.02).all()
