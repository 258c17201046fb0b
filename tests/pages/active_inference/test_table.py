"""The table of answers: against plain passes of a small model, and the shipped one made anew."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.corpus.answers import Question
from lmphys.corpus.tasks import load_questions
from lmphys.pages.active_inference.live import remade, table_of
from lmphys.pages.active_inference.prompts import DESIGN, TASKS, choice_ids, prompt_ids, worked_example
from lmphys.pages.active_inference.table import FOLDER, N_PROMPTS, Table, ask, shipped

ROOT = Path(__file__).parents[3]
QUESTIONS = [
    Question("t/0-0", "t", "Who is old?", "Bo", ("Al", "Bo", "Cy"), False),
    Question("t/0-1", "t", "Who is the tall one?", "Cy", ("Dee", "Cy", "Eve"), False),
    Question("t/0-2", "t", "Who is it?", "Ann", ("Ann", "Abe"), False),
]
EXAMPLE = Question("t/1-0", "t", "Who?", "Flo", ("Flo", "Gus"), False)


def plain(model, ids, choice):
    """Log-probabilities (n,) of the tokens of a choice after a text, in one pass without a cache."""
    whole = torch.tensor([[*ids, *choice]])
    with torch.inference_mode():
        logp = model.model(input_ids=whole).logits.double().log_softmax(-1)[0]
    return np.array([float(logp[len(ids) - 1 + i, token]) for i, token in enumerate(choice)])


@pytest.mark.parametrize("prompt", [0, 9, 12, 22])
def test_margins_are_those_of_plain_passes(llama, prompt):
    rows = ask(llama, QUESTIONS, EXAMPLE, prompt)
    for row, question in zip(rows.itertuples(), QUESTIONS, strict=True):
        ids = prompt_ids(llama, question, EXAMPLE, DESIGN[prompt])
        choices = choice_ids(llama, question, DESIGN[prompt])
        alike = len({choice[0] for choice in choices}) < len(choices)
        scores = np.array([plain(llama, ids, c)[: None if alike else 1].sum() for c in choices])
        right = question.choices.index(question.answer)
        assert row.margin == pytest.approx(scores[right] - np.delete(scores, right).max(), abs=2e-4)
        assert row.sure == pytest.approx(np.diff(np.sort(scores))[-1], abs=2e-4)
        assert row.tokens == len(ids)


def test_the_wordings_are_all_different_and_say_what_they_are_named_after(llama):
    texts = [llama.tokenizer.decode(prompt_ids(llama, QUESTIONS[0], EXAMPLE, made)) for made in DESIGN]
    assert len(set(texts)) == 32
    for made, text in zip(DESIGN, texts, strict=True):
        assert ("Choose the one" in text) == made[0]
        assert ("Flo" in text) == made[1]
        assert ("<|user|>" in text) == made[2]
        assert text.endswith("Answer:") == made[3]
        assert ("Cy, Bo, Al" in text) == made[4]


def test_no_worked_example_is_asked():
    for task in TASKS:
        questions = load_questions(task, 20, 0)
        assert worked_example(task, questions).text not in {question.text for question in questions}


def test_grades_are_ranks_and_all_grades_are_given_equally_often():
    margin = np.random.default_rng(0).normal(size=(32, 11))
    table = Table(tuple(f"t/{i}" for i in range(11)), margin, margin, margin, {})
    levels = table.levels()
    assert np.bincount(levels.ravel()).tolist() == [32] * 11
    order = margin.ravel().argsort()
    assert (np.diff(levels.ravel()[order]) >= 0).all()


def test_rows_find_their_places():
    rows = pd.DataFrame(
        [(q, p, 100 * j + p, 1.0, 5) for j, q in enumerate(("b/0", "a/0")) for p in reversed(range(N_PROMPTS))],
        columns=["question", "prompt", "margin", "sure", "tokens"],
    )
    table = Table.of_rows(rows)
    assert table.questions == ("b/0", "a/0")
    assert (table.margin == np.arange(32)[:, None] + [0, 100]).all()
    assert table.task.tolist() == ["b", "a"]


@pytest.mark.real_model
def test_the_shipped_table_is_found_again():
    from lmphys.lm.model import LanguageModel

    model = LanguageModel("smollm2", dtype="float32", device="cpu")
    table = shipped("smollm2", ROOT / FOLDER)
    assert table is not None and table.margin.shape == (32, 60)
    assert table.record["tokens"] == table.tokens.sum()
    few = replace(table, record=table.record | {"questions": 3})
    found = remade(model, few, 3, seed=1)
    assert found.largest < 2e-3
    assert len(found.rows) == 9


def test_a_model_without_a_table_is_asked_now(llama, monkeypatch):
    import lmphys.pages.active_inference.live as live

    asked = []

    def measured(model, task, n, *, seed):
        asked.append((task, n, seed))
        return pd.DataFrame({"question": f"{task}/0-0", "prompt": range(32), "margin": 0.0, "sure": 0.0, "tokens": 1})

    monkeypatch.setattr(live, "measure", measured)
    assert table_of(llama, 1, seed=4).margin.shape == (32, 3)
    assert asked == [(task, 1, 4) for task in TASKS]
