"""What a model answers to every question in every wording: `python -m lmphys.pages.active_inference.table [MODEL]`.

The answers of one model are a table of 32 prompts and 60 questions. The book ships it for two models; the command adds
another one, task by task, and goes on where it was stopped.
"""

import io
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lmphys.core.errors import LmphysError
from lmphys.core.files import model_slug, write_atomically
from lmphys.core.paths import project_root
from lmphys.core.provenance import git_state, machine, versions
from lmphys.corpus.answers import Question
from lmphys.corpus.tasks import load_questions
from lmphys.lm.model import LanguageModel
from lmphys.lm.readings import kept_logits
from lmphys.pages.active_inference.prompts import DESIGN, TASKS, choice_ids, prompt_ids, worked_example

FOLDER = Path("data", "reference", "active_inference")
N_PROMPTS = len(DESIGN)
N_QUESTIONS = 20  # of each task
_COLUMNS = ("question", "prompt", "margin", "sure", "tokens")


@dataclass(frozen=True, eq=False)
class Table:
    """Answers of one model.

    Attributes:
        questions: ids of the Q questions.
        margin: (P, Q) log-probability of the right choice less that of the best wrong one, nats.
        sure: (P, Q) log-probability of the best choice less that of the second, whichever is right, nats.
        tokens: (P, Q) of the prompt.
        record: how it was made; empty where it was made on the page.
    """

    questions: tuple[str, ...]
    margin: np.ndarray
    sure: np.ndarray
    tokens: np.ndarray
    record: dict

    @property
    def right(self) -> np.ndarray:
        """(P, Q) whether the right choice is the most probable one."""
        return self.margin > 0

    @property
    def task(self) -> np.ndarray:
        """(Q,) task of each question."""
        return np.array([question.partition("/")[0] for question in self.questions])

    def levels(self, n: int = 11) -> np.ndarray:
        """(P, Q) the margin as a grade from 0 to n - 1: by its rank among all answers, all grades equally often."""
        order = self.margin.ravel().argsort(kind="stable").argsort(kind="stable")
        return (order * n // order.size).reshape(self.margin.shape)

    @classmethod
    def of_rows(cls, rows: pd.DataFrame, record: dict | None = None) -> "Table":
        """From rows `question`, `prompt`, `margin`, `sure`, `tokens`, questions in the order in which they occur."""
        questions = tuple(dict.fromkeys(rows["question"]))
        wide = {name: rows.pivot(index="prompt", columns="question", values=name) for name in _COLUMNS[2:]}
        arrays = {name: part.loc[list(range(N_PROMPTS)), list(questions)].to_numpy() for name, part in wide.items()}
        return cls(questions, arrays["margin"], arrays["sure"], arrays["tokens"].astype(int), record or {})


def ask(model: LanguageModel, questions: Sequence[Question], example: Question, prompt: int) -> pd.DataFrame:
    """Rows of questions in one of the wordings; columns as `Table.of_rows`.

    What all of them begin with is read once. A choice is scored by the log-probability of its first token after the
    prompt, or of all its tokens where two choices begin alike.
    """
    made = DESIGN[prompt]
    texts = [prompt_ids(model, question, example, made) for question in questions]
    choices = [choice_ids(model, question, made) for question in questions]
    cut = max(1, _common(texts))
    chains = [(i, ids) for i, own in enumerate(choices) for ids in ([own[0][:1]] if _told_apart(own) else own)]
    read = kept_logits(
        model,
        [texts[i][:cut] for i, _ in chains],
        [torch.tensor((*texts[i][cut:], *ids)) for i, ids in chains],
        [len(texts[i]) - cut + torch.arange(len(ids)) for i, ids in chains],
    )
    scores: dict[int, dict[tuple[int, ...], float]] = {i: {} for i in range(len(questions))}
    for chain, logits in read:
        i, ids = chains[chain]
        logp = logits.double().log_softmax(-1)
        if _told_apart(choices[i]):
            scores[i] = {own: float(logp[0, own[0]]) for own in choices[i]}
        else:
            scores[i][ids] = float(logp[range(len(ids)), list(ids)].sum())
    rows = []
    for i, question in enumerate(questions):
        each = np.array([scores[i][ids] for ids in choices[i]])
        right = question.choices.index(question.answer)
        second, best = np.sort(each)[-2:]
        margin = each[right] - np.delete(each, right).max()
        rows.append((question.id, prompt, margin, best - second, len(texts[i])))
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _common(texts: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all of several texts begin with; the last one of the shortest is not counted."""
    shortest = min(map(len, texts)) - 1
    return next((at for at in range(shortest) if len({text[at] for text in texts}) > 1), shortest)


def _told_apart(choices: Sequence[tuple[int, ...]]) -> bool:
    return len({ids[0] for ids in choices}) == len(choices)


def measure(
    model: LanguageModel, task: str, n: int, *, prompts: Sequence[int] = range(N_PROMPTS), seed: int = 0
) -> pd.DataFrame:
    """Rows of the first n questions of a task in some of the wordings."""
    questions = load_questions(task, n, seed)
    example = worked_example(task, questions)
    return pd.concat([ask(model, questions, example, prompt) for prompt in prompts], ignore_index=True)


def shipped(spec: str, folder: Path | None = None) -> Table | None:
    """The table of a model that lies in the project's data; None where there is none, or not the whole of it."""
    file = (folder or project_root() / FOLDER) / f"{model_slug(spec)}.csv"
    record = file.with_suffix(".json")
    if not (file.is_file() and record.is_file()):
        return None
    return Table.of_rows(pd.read_csv(file), json.loads(record.read_text(encoding="utf-8")))


def make(spec: str, folder: Path, *, n: int = N_QUESTIONS, tasks: Sequence[str] = TASKS, seed: int = 0) -> Table:
    """Ask a model everything, on the CPU in float32, and write its table and, at its end, the record.

    What is there of the table is kept, task by task.

    Raises:
        LmphysError: fewer than two questions a task.
    """
    if n < 2:
        raise LmphysError(f"{n} question a task cannot be halved; ask 2 or more")
    file = folder / f"{model_slug(spec)}.csv"
    rows = pd.read_csv(file) if file.is_file() else pd.DataFrame(columns=list(_COLUMNS))
    model = LanguageModel(spec, dtype="float32", device="cpu")
    began = time.process_time()
    for task in tasks:
        ids = [question.id for question in load_questions(task, n, seed)]
        if set(ids) <= set(rows["question"]):
            continue
        new = measure(model, task, n, seed=seed)
        rows = new if rows.empty else pd.concat([rows, new], ignore_index=True)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(file, _text(rows))
        print(f"{task}: {n} questions, {time.process_time() - began:.0f} s of CPU", flush=True)
    rows = pd.read_csv(io.StringIO(_text(rows)))
    record = {
        "model": model.describe(),
        "tasks": list(tasks),
        "questions": n,
        "seed": seed,
        "tokens": int(rows["tokens"].sum()),
        "cpu_seconds": round(time.process_time() - began),
        "commit": git_state(Path.cwd()),
        "versions": versions(),
        "machine": machine(),
    }
    write_atomically(file.with_suffix(".json"), json.dumps(record, indent=1) + "\n")
    return Table.of_rows(rows, record)


def _text(rows: pd.DataFrame) -> str:
    return rows.to_csv(index=False, float_format="%.4f", lineterminator="\n")


if __name__ == "__main__":
    table = make(sys.argv[1] if len(sys.argv) > 1 else "smollm2", project_root() / FOLDER)
    print(f"accuracy of the prompts: {np.sort(table.right.mean(axis=1)).round(2)}")
