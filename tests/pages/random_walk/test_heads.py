"""A head is what its model makes of its states, and the judged numbers are those of the heads."""

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.trajectories import Trajectories
from lmphys.pages.random_walk.cooccurrence import expected_words, fit_laws
from lmphys.pages.random_walk.heads import ANY, REAL, Head, read_head
from lmphys.pages.random_walk.partition import log_partition, share_within
from lmphys.pages.random_walk.verdicts import judge_head, judge_language
from lmphys.pages.random_walk.walk import draw_vectors
from lmphys.stats.sphere import on_sphere


def random_head(seed, n_states=60):
    rng = np.random.default_rng(seed)
    table = torch.from_numpy(rng.normal(0.1, 0.3, (200, 8))).float()
    states = {REAL: rng.normal(0, 1, (n_states, 8)).astype(np.float32)}
    return Head({"output": table}, states, np.arange(n_states) % 12, {REAL: log_partition(table, states[REAL])})


def test_a_head_reads_the_states_it_is_given(any_model):
    rng = np.random.default_rng(0)
    width = any_model.width
    paths = Trajectories(
        rng.normal(size=(9, width)),
        np.array([4, 5]),
        pd.DataFrame({"question_id": ["a", "b"]}),
        pd.DataFrame({"chain": [0] * 4 + [1] * 5}),
    )
    head = read_head(any_model, paths, 6, rng)
    rows = [int(np.flatnonzero((paths.states.astype(np.float32) == h).all(1))[0]) for h in head.states[REAL]]
    assert rows == sorted(rows) and len(set(rows)) == 6
    assert list(head.questions) == ["a" if row < 4 else "b" for row in rows]
    np.testing.assert_allclose(
        np.linalg.norm(head.states[ANY], axis=1), np.linalg.norm(head.states[REAL], axis=1), rtol=1e-6
    )
    logits = head.states[REAL] @ head.tables["output"].numpy().T
    np.testing.assert_allclose(head.log_Z[REAL], np.log(np.exp(logits.astype(float)).sum(1)), rtol=1e-4)


def test_gauges_take_away_what_one_vector_can():
    head = random_head(1)
    gauges = head.gauges()
    moved = Head({"output": head.tables["output"] + 1.0}, head.states, head.questions, {})
    moved.log_Z[REAL] = log_partition(moved.tables["output"], moved.states[REAL])
    shifted = moved.gauges()
    assert shifted["raw"].std() > 2 * gauges["raw"].std()
    np.testing.assert_allclose(shifted["centred"], gauges["centred"], atol=1e-4)
    assert head.constancy()["best gauge"] == pytest.approx(gauges["best gauge"].std())


def test_random_directions_keep_the_lengths_about_the_mean():
    head = random_head(2)
    other = head.with_random_directions(0)
    table = head.tables["output"]
    torch.testing.assert_close(other.tables["output"].norm(dim=1), (table - table.mean(0)).norm(dim=1))
    assert other.states[REAL] is head.states[REAL] and set(other.log_Z) == {REAL}


def test_the_head_is_judged_beside_its_controls():
    heads = {"trained": random_head(3), "random weights": random_head(4)}
    directions = heads["trained"].with_random_directions(0)
    row = {"r": 0.3, "low": 0.1, "high": 0.5, "null_low": -0.2, "null_high": 0.2}
    part = pd.DataFrame([row, {**row, "r": 0.4}], index=["PMI", "frequency"])
    known = pd.concat({"trained, output, centred": part, "random weights, output, centred": part - 0.1})
    entries = {entry.claim: entry for entry in judge_head(heads, directions, known)}
    concentration = entries["randwalk.transformer.concentration"]
    assert concentration.obtained.value == share_within(heads["trained"].log_Z[REAL])
    assert concentration.controls["random directions, real"] == share_within(directions.log_Z[REAL])
    assert entries["randwalk.transformer.norm"].obtained == (0.4, 0.1, 0.5)
    found = entries["randwalk.transformer.pmi"].controls
    assert found == {"permuted vectors, upper end": 0.2, "random weights": pytest.approx(0.2)}


def test_the_language_is_judged_by_its_own_fits():
    vectors = draw_vectors(np.full(400, 0.5), 20, seed=0)
    contexts = on_sphere((4, 100), 20, np.random.default_rng(1))
    expected = expected_words(vectors, contexts, slice(0, 40))
    laws, permuted = (fit_laws(expected, v, n_bootstrap=20) for v in (vectors[:40], vectors[40:80]))
    entries = {entry.claim: entry for entry in judge_language(expected, contexts, laws, permuted)}
    assert list(entries) == ["randwalk.partition.concentration"] + [
        f"randwalk.{law}.slope" for law in ("unigram", "joint", "pmi")
    ]
    concentration = entries["randwalk.partition.concentration"]
    assert concentration.obtained.value == pytest.approx(share_within(expected.log_Z.ravel()))
    (control,) = concentration.controls.values()
    assert control < 0.2 < concentration.obtained.value  # a common mean of a nat spreads Z over far more than 10 %
    assert entries["randwalk.joint.slope"].obtained.value == laws.loc["log p(w, w')", "slope"]
    assert entries["randwalk.joint.slope"].controls == {"permuted vectors": permuted.loc["log p(w, w')", "slope"]}
