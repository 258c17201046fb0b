import numpy as np
import pytest
from tests.pages.phases.conftest import NAMES

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.phases.labelled import LabelledSLDS


def by_hand(traj, y):
    rows = traj.sources()
    return traj.states[rows], traj.states[rows + 1] - traj.states[rows], y[rows + 1]


def test_maps_of_labels_are_least_squares_of_their_steps(labelled):
    traj, y, _ = labelled
    model = LabelledSLDS(drift_prior=0, covariance_prior=0).fit(traj, y)
    h, step, label = by_hand(traj, y)
    assert model.classes_.tolist() == NAMES.tolist()
    for j, name in enumerate(NAMES):
        mine = label == name
        design = np.column_stack([h[mine], np.ones(mine.sum())])
        solution = np.linalg.lstsq(design, step[mine], rcond=None)[0]
        np.testing.assert_allclose(model.parameters_.M[j], solution[:-1].T, atol=1e-8)
        np.testing.assert_allclose(model.parameters_.b[j], solution[-1], atol=1e-8)
        left = step[mine] - design @ solution
        np.testing.assert_allclose(model.parameters_.Sigma[j], left.T @ left / mine.sum(), atol=1e-8)


def test_a_shared_map_is_one_regression_with_offsets_of_labels(labelled):
    traj, y, _ = labelled
    model = LabelledSLDS(drift="shared", covariance="tied", drift_prior=0, covariance_prior=0).fit(traj, y)
    h, step, label = by_hand(traj, y)
    design = np.column_stack([h, label[:, None] == NAMES])
    solution = np.linalg.lstsq(design, step, rcond=None)[0]
    for j in range(3):
        np.testing.assert_allclose(model.parameters_.M[j], solution[:4].T, atol=1e-7)
    np.testing.assert_allclose(model.parameters_.b, solution[4:], atol=1e-7)


def test_true_labels_give_the_true_parameters(labelled):
    traj, y, truth = labelled
    p = LabelledSLDS().fit(traj, y).parameters_
    assert np.linalg.norm(p.M - truth.M) < 0.15 * np.linalg.norm(truth.M)
    np.testing.assert_allclose(p.Sigma, truth.Sigma, atol=0.12 * np.abs(truth.Sigma).max())
    # Passages of all sentences, each counted once more; the first sentence's label is no regime and draws evenly.
    code = np.searchsorted(NAMES, y)
    counts = np.ones((3, 3))
    for a in traj.sources():
        counts[code[a], code[a + 1]] += 1
    np.testing.assert_allclose(p.T, counts / counts.sum(axis=1, keepdims=True))


def test_known_takes_the_map_of_the_next_label_and_the_others_weigh_them_all(labelled):
    traj, y, _ = labelled
    model = LabelledSLDS().fit(traj, y)
    h, _, label = by_hand(traj, y)
    means = model.parameters_.means(h)
    found = model.label_forecasts(traj, y)
    code = np.searchsorted(NAMES, label)
    np.testing.assert_allclose(found["known"], means[code, np.arange(len(h))])
    before = np.searchsorted(NAMES, y[traj.sources()])
    np.testing.assert_allclose(found["by label"], (model.parameters_.T[before].T[:, :, None] * means).sum(axis=0))
    gate = model.gate_.predict_proba(np.hstack([h, np.eye(3)[before]]))
    np.testing.assert_allclose(found["by state"], (gate.T[:, :, None] * means).sum(axis=0))


def test_an_honest_forecast_does_not_change_with_the_future(labelled):
    traj, y, _ = labelled
    model = LabelledSLDS().fit(traj, y)
    rng = np.random.default_rng(5)
    states, labels = traj.states.copy(), y.copy()
    t = np.arange(len(y)) - np.repeat(traj.offsets[:-1], traj.lengths)
    future = t >= 4
    states[future] += rng.standard_normal((future.sum(), 4))
    labels[future] = np.roll(NAMES, 1)[np.searchsorted(NAMES, y[future])]
    found, changed = model.label_forecasts(traj, y), model.label_forecasts(traj.with_states(states), labels)
    past = t[traj.sources()] < 4
    for way in ("by label", "by state"):
        np.testing.assert_array_equal(found[way][past], changed[way][past])
    assert (found["known"][past] != changed["known"][past]).any()


def test_an_unknown_label_says_nothing(labelled):
    traj, y, _ = labelled
    model = LabelledSLDS().fit(traj, y)
    assert model.codes(["check", "review", "answer"]).tolist() == [1, -1, 0]
    p, h = model.parameters_, traj.pairs()[0]
    found = model.label_forecasts(traj, ["review"] * len(y))
    average = np.tensordot(p.stationary(), p.means(h), 1)
    np.testing.assert_allclose(found["known"], average)
    np.testing.assert_allclose(found["by label"], average)
    gate = model.gate_.predict_proba(np.hstack([h, np.zeros((len(h), 3))]))
    np.testing.assert_allclose(found["by state"], (gate.T[:, :, None] * p.means(h)).sum(axis=0))


def test_missing_things_are_refused(labelled):
    traj = labelled[0]
    with pytest.raises(LmphysError, match="3 labels for 2400 states"):
        LabelledSLDS().fit(traj, NAMES)
    with pytest.raises(LmphysError, match="no transitions"):
        LabelledSLDS().fit(Trajectories.from_list([np.zeros((1, 2))] * 3), ["a", "b", "a"])


def test_one_label_is_one_map(labelled):
    traj, _, _ = labelled
    found = LabelledSLDS().fit(traj, ["x"] * len(traj.states)).label_forecasts(traj, ["x"] * len(traj.states))
    one = SLDS(1).fit(traj).forecasts(traj)["predictive"]
    for forecast in found.values():
        np.testing.assert_allclose(forecast, one, atol=1e-9)
