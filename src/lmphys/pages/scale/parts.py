"""Parts of a corpus: disjoint, each with all chains of its questions and with as many questions of each task."""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories


def disjoint_parts(traj: Trajectories, n_parts: int) -> list[Trajectories]:
    """Deal the questions of each task out to a number of parts, one after the other, as they come.

    Args:
        traj: chains with `question_id` and, where there is one, `task`.
        n_parts: parts; 1 is the corpus itself.

    Returns:
        Parts that differ by one question of a task at most. Questions of a corpus are drawn anew one by one, so what
        comes first is no other than what comes last.

    Raises:
        LmphysError: there are fewer questions than parts.
    """
    if n_parts == 1:
        return [traj]
    questions = traj.chains[["question_id"]].assign(task=traj.chains.get("task", "")).drop_duplicates("question_id")
    if len(questions) < n_parts:
        raise LmphysError(f"{len(questions)} questions do not make {n_parts} parts; take fewer parts or more questions")
    # Each task goes on where the one before it has stopped, so that no part is left without a question.
    dealt = questions.sort_values("task", kind="stable")["question_id"]
    part = {question: place % n_parts for place, question in enumerate(dealt)}
    mine = traj.chains["question_id"].map(part).to_numpy()
    return [traj.select(np.flatnonzero(mine == i)) for i in range(n_parts)]
