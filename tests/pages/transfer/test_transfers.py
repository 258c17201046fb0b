from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ortho_group

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.pages.transfer.held_out import HeldOut, by_task, select_fold, task_folds
from lmphys.pages.transfer.model_transfer import transfer_models
from lmphys.pages.transfer.task_transfer import REST, permute_tasks, single_map_surrogates, transfer_matrix
from lmphys.stats.interval import percentile_interval
from lmphys.stats.regression import pooled_r2, r2_interval


def chains(A, offset, *, n_questions, n_chains=4, length=9, seed=0, name="task", noise=1.0, extra=0):
    """Chains h' = A h + (I - A) offset + noise with questions; `extra` directions of small noise."""
    rng = np.random.default_rng(seed)
    k = len(A)
    parts, rows = [], []
    for q in range(n_questions):
        for c in range(n_chains):
            h = offset + rng.standard_normal(k)
            states = []
            for _ in range(length + 5):
                h = offset + (h - offset) @ A.T + noise * rng.standard_normal(k)
                states.append(np.append(h, 0.01 * rng.standard_normal(extra)))
            parts.append(np.array(states[5:]))
            rows.append({"chain_id": f"{name}/{q}/{c}", "question_id": f"{name}/{q}", "task": name})
    traj = Trajectories.from_list(parts)
    sentences = traj.sentences.assign(end=10 * (traj.sentences["t"] + 1))
    return Trajectories(traj.states, traj.lengths, pd.DataFrame(rows), sentences)


A = np.array([[0.8, 0.3, 0.0], [-0.3, 0.7, 0.2], [0.0, -0.2, 0.3]])


def test_held_out_scores_are_the_pooled_ones_with_their_intervals():
    traj = chains(A, np.zeros(3), n_questions=6)
    h, y, chain = traj.pairs()
    drift = LinearDrift(1.0).fit(traj)
    folds = task_folds([traj], 3, 0)
    scores = HeldOut(traj, n_bootstrap=300, seed=5)
    for fold in range(3):
        test = select_fold(traj, folds, fold)[1]
        scores.add(test, lambda x: x, {"map": drift.predict(test).mean, "two": np.stack([test.pairs()[0]] * 2)})
    question = pd.factorize(traj.chains["question_id"], sort=True)[0][chain]
    expected = r2_interval(y, drift.predict(traj).mean, question, 6, n_bootstrap=300, seed=5)
    np.testing.assert_allclose(percentile_interval(scores.r2("map")), expected, rtol=1e-9)
    assert scores.r2("two")[0] == pytest.approx(pooled_r2(y, h))
    np.testing.assert_allclose(scores.share("map"), 1, rtol=1e-9)


def test_folds_with_other_bases_count_variance_about_the_image_of_one_mean():
    traj = chains(A, np.array([3.0, 0, 0]), n_questions=4)
    folds = task_folds([traj], 2, 0)
    scores = HeldOut(traj, n_bootstrap=20, seed=0)
    mean = traj.pairs()[1].mean(axis=0)
    error = variance = 0.0
    for fold, axis in enumerate((0, 2)):
        test = select_fold(traj, folds, fold)[1]
        y = test.pairs()[1][:, [axis]]
        scores.add(test, lambda x, axis=axis: x[:, [axis]] - 1, {"one": np.ones_like(y)})
        error += ((y - 1 - 1) ** 2).sum()
        variance += ((y - mean[axis]) ** 2).sum()
    assert scores.r2("one")[0] == pytest.approx(1 - error / variance)


def test_no_question_is_on_both_sides_whoever_read_it():
    one = chains(A, np.zeros(3), n_questions=7)
    other = one.select(np.random.default_rng(0).permutation(len(one))[:20])
    folds = task_folds([one, other], 3, 1)
    for fold in range(3):
        seen, tested = select_fold(one, folds, fold)
        assert not set(seen.chains["question_id"]) & set(select_fold(other, folds, fold)[1].chains["question_id"])
        assert len(seen) + len(tested) == len(one)
    with pytest.raises(LmphysError, match="8 folds of 7 questions"):
        task_folds([one], 8, 0)


def two_tasks(shift=4.0):
    return {
        "near": chains(A, np.zeros(3), n_questions=12, seed=1, name="near"),
        "far": chains(A, np.array([shift, 0, 0]), n_questions=12, seed=2, name="far"),
    }


def test_the_mean_of_the_source_costs_the_squared_distance_of_the_means():
    tasks = two_tasks()
    matrix = transfer_matrix(tasks, rank=3, n_regimes=1, n_folds=2, n_bootstrap=20)
    folds = task_folds(list(tasks.values()), 2, 0)
    target = tasks["far"].pairs()[1]
    lost = 0.0
    for fold in range(2):
        mean = select_fold(tasks["near"], folds, fold)[0].pairs()[1].mean(axis=0)
        lost += ((select_fold(tasks["far"], folds, fold)[1].pairs()[1] - mean) ** 2).sum()
    expected = 1 - lost / ((target - target.mean(axis=0)) ** 2).sum()
    assert matrix.scores["near", "far"].r2("mean of source")[0] == pytest.approx(expected)
    # Close to the closed form with one mean for all folds.
    distance = ((tasks["near"].pairs()[1].mean(axis=0) - target.mean(axis=0)) ** 2).sum()
    assert expected == pytest.approx(-distance / target.var(axis=0).sum(), abs=0.05)


def test_one_law_in_two_places_transfers_once_the_mean_is_moved():
    # The law is the same in both, so what is lost is the place alone: a map that pulls to its own mean.
    matrix = transfer_matrix(two_tasks(12.0), rank=3, n_regimes=1, n_folds=3, n_bootstrap=20)
    own, other = (matrix.mean("switching", which)[0] for which in ("own", "other"))
    moved = matrix.mean("switching, re-centred", "other")[0]
    assert other < -1
    assert moved == pytest.approx(own, abs=0.03)
    assert matrix.mean("switching, re-centred", "own")[0] == pytest.approx(own, abs=1e-12)
    np.testing.assert_allclose(matrix.mean("mean of target", "other"), matrix.mean("mean of target", "own"))
    summary = matrix.summary()
    assert summary.loc["switching", "drop"] == pytest.approx(other - own)
    # One regime is one linear map.
    np.testing.assert_allclose(matrix.mean("one linear map", "other"), matrix.mean("switching", "other"), rtol=1e-6)


@pytest.mark.parametrize("basis", ["source", "target", "pooled"])
def test_the_future_of_a_test_question_changes_no_forecast(basis, monkeypatch):
    tasks = two_tasks(1.0)
    told: list[dict[str, np.ndarray]] = []

    def listen(self, test, frame, forecasts):
        told.append({name: np.array(values) for name, values in forecasts.items()} | {"frame": frame(np.eye(3))})

    monkeypatch.setattr(HeldOut, "add", listen)
    settings = {"rank": 2, "n_regimes": 2, "n_folds": 2, "n_bootstrap": 2, "basis": basis}
    transfer_matrix(tasks, **settings)
    first, told = told, []
    # The last states of all chains of one question: they are no past of any forecast of that question's fold, so in
    # that fold nothing changes. In the other fold the question is in training, and forecasts do change.
    folds = task_folds(list(tasks.values()), 2, 0)
    question = tasks["far"].chains["question_id"].iloc[0]
    states = tasks["far"].states.copy()
    last = tasks["far"].offsets[1:] - 1
    states[last[(tasks["far"].chains["question_id"] == question).to_numpy()]] += 50
    transfer_matrix({**tasks, "far": tasks["far"].with_states(states)}, **settings)
    same = [all(np.allclose(a[n], b[n], rtol=0, atol=1e-9) for n in a) for a, b in zip(first, told, strict=True)]
    per_fold = len(same) // 2
    mine = folds[question]
    assert all(same[mine * per_fold : (mine + 1) * per_fold])
    assert not all(same[(1 - mine) * per_fold : (2 - mine) * per_fold])


def test_all_other_tasks_leave_the_target_out():
    tasks = two_tasks() | {"third": chains(A, np.ones(3), n_questions=12, seed=3, name="third")}
    matrix = transfer_matrix(tasks, rank=3, n_regimes=1, n_folds=2, n_bootstrap=5)
    pair = transfer_matrix({n: tasks[n] for n in ("near", "far")}, rank=3, n_regimes=1, n_folds=2, n_bootstrap=5)
    # Of two tasks all others are the other one.
    for rule in ("switching", "mean of source"):
        np.testing.assert_allclose(pair.scores[REST, "far"].r2(rule), pair.scores["near", "far"].r2(rule), rtol=1e-9)
    assert matrix.matrix().shape == (4, 3)
    assert transfer_matrix(tasks, rank=3, n_regimes=1, n_folds=2, n_bootstrap=5, rest=False).matrix().shape == (3, 3)


def test_permuted_tasks_keep_questions_whole_and_sizes():
    tasks = two_tasks()
    permuted = permute_tasks(tasks, seed=0)
    for name, part in permuted.items():
        assert part.chains["question_id"].nunique() == tasks[name].chains["question_id"].nunique()
        assert set(part.chains["task"]) == {name}
    kept = np.sort(np.concatenate([part.states[:, 0] for part in permuted.values()]))
    np.testing.assert_array_equal(kept, np.sort(np.concatenate([part.states[:, 0] for part in tasks.values()])))
    own, other = (
        transfer_matrix(permuted, rank=3, n_regimes=1, n_bootstrap=5).mean("switching", w)[0] for w in ("own", "other")
    )
    assert other == pytest.approx(own, abs=0.05)


def test_surrogates_have_one_map_the_chains_and_the_questions():
    tasks = {name: chains(A, np.zeros(3), n_questions=60, seed=i, name=name, extra=2) for i, name in enumerate("ab")}
    surrogates = single_map_surrogates(tasks, rank=3, seed=0)
    P = Projection(3).fit(Trajectories.concatenate(list(tasks.values())))
    for name, part in tasks.items():
        assert surrogates[name].chains.equals(part.chains)
        real, made = (LinearDrift(1e-6).fit(t).A_ for t in (P.transform(part), surrogates[name]))
        np.testing.assert_allclose(made, real, atol=0.12)


def test_tasks_with_few_questions_are_named():
    both = Trajectories.concatenate([chains(A, np.zeros(3), n_questions=n, name=f"of {n}") for n in (5, 2)])
    parts, few = by_task(both, min_questions=3)
    assert list(parts) == ["of 5"] and few == ["of 2"]
    with pytest.raises(LmphysError, match="two tasks or more"):
        transfer_matrix(parts, rank=2, n_regimes=1)
    with pytest.raises(LmphysError, match="choose one of source, target, pooled"):
        transfer_matrix(two_tasks(), rank=2, n_regimes=1, basis="mine")


def turned(traj, *, width=8, seed=3, scale=1.0):
    """The same chains seen by a model whose axes are others, with a shift."""
    rng = np.random.default_rng(seed)
    basis = ortho_group.rvs(width, random_state=rng)[: traj.width]
    return traj.with_states(scale * traj.states @ basis + 3)


@pytest.fixture(scope="module")
def copies():
    # Equal spreads along the axes, so that principal axes of source and copy need not agree, and a law that turns.
    law = 0.9 * np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -0.6]])
    source = chains(law, np.zeros(3), n_questions=30, length=12, name="one")
    return source, turned(source), turned(source, scale=5.0)


def test_a_rotated_copy_is_as_good_as_the_source_once_matched_and_bad_before(copies):
    source, copy, larger = copies
    found = transfer_models(
        source, {"self": source, "copy": copy, "larger": larger}, rank=3, n_regimes=2, n_bootstrap=10
    )
    own = found["self"].r2("matched")
    assert own[0] > 0.4
    np.testing.assert_allclose(found["self"].r2("source basis"), own, rtol=1e-9)
    np.testing.assert_allclose(found["copy"].r2("matched"), own, rtol=1e-6)
    np.testing.assert_allclose(found["copy"].r2("matched and scaled"), own, rtol=1e-6)
    np.testing.assert_allclose(found["larger"].r2("matched and scaled"), own, rtol=1e-6)
    assert found["copy"].agreement["matched"] == pytest.approx(1)
    assert found["copy"].r2("rotated at random")[0] < own[0] - 0.3
    assert found["copy"].r2("matched, sentences shuffled")[0] < own[0] - 0.3
    # Without the factor the copy lies in the right directions at five times the distance.
    assert found["larger"].agreement["matched and scaled"] == pytest.approx(1)
    assert found["larger"].agreement["matched"] == pytest.approx(1 - 4**2, abs=0.05)  # up to the means of a fold
    # A refit needs no match.
    np.testing.assert_allclose(
        found["copy"].r2("own basis", "refit"), found["self"].r2("own basis", "refit"), atol=0.01
    )


def test_models_of_other_width_have_no_source_basis(copies):
    source, copy, _ = copies
    result = transfer_models(source, {"copy": copy}, rank=2, n_regimes=1, n_folds=2, n_bootstrap=5)["copy"]
    assert result.missing == ("source basis", "source basis, own mean")
    assert result.table().index[0] == "own basis"
    assert result.table()["share"].between(0, 1).all()


def test_the_match_comes_from_training_questions_alone(copies, monkeypatch):
    source, copy, _ = copies
    seen = []
    from lmphys.pages.transfer import model_transfer

    real = model_transfer.paired_rows

    def listen(one, other):
        seen.append((set(one.chains["question_id"]), set(other.chains["question_id"])))
        return real(one, other)

    monkeypatch.setattr(model_transfer, "paired_rows", listen)
    transfer_models(source, {"copy": copy}, rank=2, n_regimes=1, n_folds=3, n_bootstrap=5)
    folds = task_folds([source, copy], 3, 0)
    # In turns: training pairs, then the pairs of the fold on which the agreement is measured.
    for fold in range(3):
        tested = {q for q, f in folds.items() if f == fold}
        for questions in seen[2 * fold]:
            assert not questions & tested
        assert seen[2 * fold + 1] == (tested, tested)


def test_the_future_of_another_model_changes_no_forecast(copies, monkeypatch):
    source = copies[0]
    copy = turned(source, width=3)
    told: list[dict[str, np.ndarray]] = []

    def listen(self, test, frame, forecasts):
        told.append({name: np.array(values) for name, values in forecasts.items()})

    monkeypatch.setattr(HeldOut, "add", listen)
    settings = {"rank": 2, "n_regimes": 2, "n_folds": 2, "n_bootstrap": 2}
    transfer_models(source, {"copy": copy}, **settings)
    first, told = told, []
    question = copy.chains["question_id"].iloc[0]
    states = copy.states.copy()
    states[(copy.offsets[1:] - 1)[(copy.chains["question_id"] == question).to_numpy()]] += 50
    transfer_models(source, {"copy": copy.with_states(states)}, **settings)
    # Two calls a fold, for equal widths.
    same = [all(np.allclose(a[n], b[n], rtol=0, atol=1e-8) for n in a) for a, b in zip(first, told, strict=True)]
    mine = 2 * task_folds([source, copy], 2, 0)[question]
    assert all(same[mine : mine + 2])
    assert not all(same[2 - mine : 4 - mine])


def test_another_text_is_matched_through_what_both_have_read(copies):
    source, copy, _ = copies
    law = 0.9 * np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -0.6]])
    fresh = chains(law, np.zeros(3), n_questions=30, length=12, name="other", seed=9)
    found = transfer_models(
        source, {"fresh": turned(fresh)}, bridges={"fresh": copy}, rank=3, n_regimes=1, n_bootstrap=5
    )["fresh"]
    assert found.agreement == {}
    # Both texts have one mean here.
    assert found.r2("matched, own mean")[0] == pytest.approx(found.r2("matched")[0], abs=0.02)
    assert found.r2("matched")[0] == pytest.approx(found.r2("own basis", "refit")[0], abs=0.02)
    with pytest.raises(LmphysError, match="no sentence is in both"):
        transfer_models(source, {"fresh": turned(fresh)}, rank=3, n_regimes=1, n_bootstrap=5)


def test_questions_that_are_too_few_are_refused(copies):
    source, _, _ = copies
    few = source.select(np.arange(4))
    with pytest.raises(LmphysError, match="no task of few has 3 questions"):
        transfer_models(source, {"few": replace(few)}, rank=2, n_regimes=1)
