import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.pages.scale.parts import disjoint_parts


def corpus(tasks, chains=3):
    """Chains of two states, some for each question; the first state tells the question."""
    questions = [f"{task}:{i}" for task, n in tasks.items() for i in range(n)]
    about = [q for q in questions for _ in range(chains)]
    states = np.repeat(np.arange(len(about)) // chains, 2)[:, None].astype(float)
    table = pd.DataFrame({"question_id": about, "task": [q.split(":")[0] for q in about]})
    return Trajectories(states, np.full(len(about), 2), table)


def test_parts_are_disjoint_whole_and_balanced():
    traj = corpus({"a": 8, "b": 5, "c": 3})
    parts = disjoint_parts(traj, 4)
    found = [set(part.chains["question_id"]) for part in parts]
    assert set.union(*found) == set(traj.chains["question_id"]) and sum(map(len, found)) == 16
    assert [len(questions) for questions in found] == [4, 4, 4, 4]
    # A question keeps all of its chains, and their states go with them.
    for part in parts:
        assert (part.chains["question_id"].value_counts() == 3).all()
        known = {q: i for i, q in enumerate(traj.chains["question_id"].unique())}
        assert part.states[::2, 0].tolist() == [known[q] for q in part.chains["question_id"]]
    by_task = pd.DataFrame([part.chains["task"].value_counts() for part in parts]).fillna(0) / 3
    assert (by_task.max() - by_task.min() <= 1).all()


def test_one_part_is_the_corpus_and_too_many_are_refused():
    traj = corpus({"a": 3})
    assert disjoint_parts(traj, 1)[0] is traj
    with pytest.raises(LmphysError, match="3 questions do not make 4 parts"):
        disjoint_parts(traj, 4)
