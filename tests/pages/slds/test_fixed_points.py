import numpy as np
import pandas as pd
import pytest

from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.fixed_points import describe_portraits, portrait, relaxation_times


def one_regime(M, b, Sigma=None):
    D = len(b)
    return SLDSParameters(np.ones(1), np.ones((1, 1)), np.array([M]), np.array([b]), np.array([Sigma or np.eye(D)]))


def test_relaxation_times_in_closed_form():
    # lambda = 1/2, -1/e, 1.2, 0; a rotation by 30 degrees shrunk to 0.9 keeps its modulus.
    turn = 0.9 * np.array([[np.sqrt(3) / 2, -0.5], [0.5, np.sqrt(3) / 2]])
    A = np.zeros((6, 6))
    A[[0, 1, 2], [0, 1, 2]] = 0.5, -1 / np.e, 1.2
    A[4:, 4:] = turn
    times = relaxation_times(one_regime(A - np.eye(6), np.zeros(6)))
    slow = -1 / np.log(0.9)
    np.testing.assert_allclose(times, [[np.inf, slow, slow, 1 / np.log(2), 1, 0]], atol=1e-12)


def test_a_deviation_falls_to_one_over_e_in_one_relaxation_time():
    p = one_regime(np.array([[-0.05]]), np.zeros(1))
    tau = relaxation_times(p)[0, 0]
    assert 0.95**tau == pytest.approx(1 / np.e)


@pytest.mark.parametrize("away", [0.0, 3.0])
def test_distance_of_the_fixed_point_in_units_of_the_spread(away):
    rng = np.random.default_rng(0)
    chains = [rng.standard_normal((6, 2)) for _ in range(30)]
    h = np.concatenate([chain[:-1] for chain in chains])
    centre, spread = h.mean(axis=0), np.sqrt(((h - h.mean(axis=0)) ** 2).sum(axis=1).mean())
    target = centre + away * spread * np.array([0.6, 0.8])
    M = np.array([[-0.5, 0.1], [0.0, -0.3]])
    row = portrait(SLDS.from_parameters(one_regime(M, -M @ target)), chains).iloc[0]
    assert row.fixed_point == pytest.approx(away, abs=1e-9)
    farther = np.mean(np.linalg.norm(h - centre, axis=1) >= away * spread)
    assert row.farther == pytest.approx(farther)
    assert row.steps == len(h) and row.share == 1
    assert row.visit_T == np.inf and row.visit_cut == row.visit_counted == 5  # each chain is one visit
    assert row.largest_eigenvalue == pytest.approx(0.7) and row.relaxation == pytest.approx(-1 / np.log(0.7))


def test_visits_of_the_true_model_are_those_of_its_chains():
    truth = random_parameters(3, 5, separation=8.0, stay=0.7, memory=0.5, seed=1)
    traj = draw_chains(truth, 3000, (3, 10), seed=2)
    table = portrait(SLDS.from_parameters(truth), traj)
    assert table.steps.sum() == traj.n_transitions
    np.testing.assert_allclose(table.visit_T, 1 / 0.3)
    np.testing.assert_allclose(table.visit_counted, table.visit_cut, rtol=0.05)
    assert (table.visit_cut < table.visit_T - 0.5).all()


def test_a_regime_that_is_not_used_has_no_place():
    p = random_parameters(2, 3, separation=6.0, seed=1)
    never = SLDSParameters(np.array([1.0, 0.0]), np.array([[1.0, 0.0], [1.0, 0.0]]), p.M, p.b, p.Sigma)
    table = portrait(SLDS.from_parameters(never), draw_chains(p, 10, 5, seed=0))
    assert table.steps[1] == 0 and np.isnan(table.fixed_point[1]) and np.isnan(table.visit_counted[1])


def test_a_description_counts_regimes_in_use():
    portraits = pd.DataFrame(
        {
            "steps": [10, 5, 1],
            "largest_eigenvalue": [0.9, 1.1, 2.0],
            "relaxation": [9.0, np.inf, np.inf],
            "visit_counted": [12.0, 2.0, 1.0],
            "farther": [0.0, 0.1, 0.0],
        },
        index=pd.MultiIndex.from_product([["a"], range(3)], names=["fit", "regime"]),
    )
    assert describe_portraits(portraits).loc["a"].tolist() == [2, 1, 1, 1]
