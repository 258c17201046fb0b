from dataclasses import replace

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics import approach as ap


def chains(lengths, width=3, seed=0, **columns):
    rng = np.random.default_rng(seed)
    traj = Trajectories.from_list([rng.standard_normal((n, width)) for n in lengths])
    return replace(traj, chains=pd.DataFrame({"chain_id": np.arange(len(lengths)), **columns}))


def test_what_comes_at_and_after_the_event_is_cut():
    traj = chains([8, 7, 5, 4, 9], correct=[True, False, False, True, False], question_id=list("aabbc"))
    found = ap.approach_wrong_answer(traj, 3)
    assert found.before.lengths.tolist() == [7, 6, 4, 8]  # 4 - 1 states have one window only
    assert found.event.tolist() == [False, True, True, True]
    assert found.group.tolist() == [0, 0, 1, 2]
    assert np.array_equal(found.before[1], traj[1][:6])


def test_derailment_is_a_label_where_there_is_one_and_a_loop_elsewhere():
    traj = chains([6, 6, 7])
    texts = ["a b", "c", "A  b", "d", "e", "f", *"ghijkl", *"mnopqrs"]
    looped = replace(traj, sentences=traj.sentences.assign(text=texts))
    assert ap.first_derailment(looped).tolist() == [2, -1, -1]
    astray = pd.array([None] * 6 + [False] * 4 + [True, True] + [False] * 7, dtype="boolean")
    labelled = replace(looped, sentences=looped.sentences.assign(astray=astray))
    assert ap.first_derailment(labelled).tolist() == [-1, 4, -1]
    found = ap.approach_derailment(labelled, 3)
    assert found.event.tolist() == [False, True, False]
    assert found.before.lengths.tolist() == [4, 4, 4]  # cut at the same place
    assert np.array_equal(found.before[1], traj[1][:4])
