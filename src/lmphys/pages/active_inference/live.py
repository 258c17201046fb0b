"""A part of the table made anew on the page, and the whole of a small one where none is shipped."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.pages.active_inference.prompts import TASKS
from lmphys.pages.active_inference.table import N_PROMPTS, Table, measure, shipped


class Remade(NamedTuple):
    """Answers that were made anew.

    Attributes:
        rows: `question`, `prompt`, `margin` and the `shipped` one.
        share: of the table.
    """

    rows: pd.DataFrame
    share: float

    @property
    def largest(self) -> float:
        """Largest difference of a margin, nats."""
        return float((self.rows["margin"] - self.rows["shipped"]).abs().max())


def table_of(model: LanguageModel, n: int, *, seed: int = 0) -> Table:
    """The shipped table of a model, or one of n questions a task that is made now."""
    found = shipped(model.spec)
    if found is not None:
        return found
    return Table.of_rows(pd.concat([measure(model, task, n, seed=seed) for task in TASKS], ignore_index=True))


def remade(model: LanguageModel, table: Table, n_columns: int, *, seed: int = 0) -> Remade:
    """Ask all questions of a task in a wording, for some pairs of task and wording, and set them beside the table.

    Args:
        model: that the table is of.
        table: a shipped one.
        n_columns: pairs of a task and a wording, drawn without replacement, the tasks in turn.
        seed: of the drawing.
    """
    tasks, rng = table.record["tasks"], np.random.default_rng(seed)
    order = {task: rng.permutation(N_PROMPTS) for task in tasks}
    parts = []
    for number in range(n_columns):
        task, prompt = tasks[number % len(tasks)], int(order[tasks[number % len(tasks)]][number // len(tasks)])
        parts.append(measure(model, task, table.record["questions"], prompts=[prompt], seed=table.record["seed"]))
    rows = pd.concat(parts, ignore_index=True)
    place = {question: i for i, question in enumerate(table.questions)}
    before = [
        table.margin[prompt, place[question]] for prompt, question in zip(rows["prompt"], rows["question"], strict=True)
    ]
    return Remade(rows[["question", "prompt", "margin"]].assign(shipped=before), len(rows) / table.margin.size)
