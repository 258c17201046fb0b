"""Thirty-two ways to ask one question: five choices of wording, each made or not."""

from collections.abc import Sequence

import numpy as np

from lmphys.corpus.answers import Question
from lmphys.corpus.tasks import load_questions
from lmphys.lm.model import LanguageModel

FACTORS = ("instruction", "example", "chat", "cue", "reversed")
DESIGN = np.array([[prompt >> i & 1 for i in range(len(FACTORS))] for prompt in range(2 ** len(FACTORS))], dtype=bool)
TASKS = ("needle", "contest:2", "calendar:2")  # to look up, to compare, to count days

_INSTRUCTION = "Choose the one right answer among the options."
_CUE = "Answer:"
_EXAMPLE_SEED = 1_000  # of the worked examples: other problems than those that are asked


def worked_example(task: str, asked: Sequence[Question]) -> Question:
    """A question of a task that is none of those that are asked."""
    texts = {question.text for question in asked}
    return next(question for question in load_questions(task, 20, _EXAMPLE_SEED) if question.text not in texts)


def prompt_ids(model: LanguageModel, question: Question, example: Question, made: Sequence[bool]) -> tuple[int, ...]:
    """Tokens of a question in one of the wordings.

    Args:
        model: that is asked.
        question: with choices.
        example: shown before it with its answer, where the wording has one.
        made: (5,) whether each of `FACTORS` is made: a line of instruction; a worked example; the chat template (or
            names of speakers, where the model has none); an answer that is begun; options in reversed order.
    """
    instruction, shown, chat, cue, backwards = made
    parts = [_INSTRUCTION] if instruction else []
    if shown:
        parts.append(f"{_posed(example, backwards)}\n{_CUE} {example.answer}\n")
    parts.append(_posed(question, backwards))
    text = "\n".join(parts)
    if not chat:
        return model.prompt_ids(f"{text}\n{_CUE}" if cue else f"{text}\n", "{question}")
    has_template = bool(getattr(model.tokenizer, "chat_template", None))
    ids = model.prompt_ids(text, "chat" if has_template else "User: {question}\nAssistant:")
    return (*ids, *_tokens(model, _CUE if has_template else f" {_CUE}")) if cue else ids


def choice_ids(model: LanguageModel, question: Question, made: Sequence[bool]) -> list[tuple[int, ...]]:
    """Tokens of each choice as an answer in one of the wordings; a space stands before it where a word does."""
    _, _, chat, cue, _ = made
    has_template = bool(getattr(model.tokenizer, "chat_template", None))
    space = " " if cue or (chat and not has_template) else ""
    return [_tokens(model, f"{space}{choice}") for choice in question.choices]


def _posed(question: Question, backwards: bool) -> str:
    choices = question.choices[::-1] if backwards else question.choices
    return f"{question.text}\nOptions: {', '.join(choices)}."


def _tokens(model: LanguageModel, text: str) -> tuple[int, ...]:
    return tuple(model.tokenizer(text, add_special_tokens=False)["input_ids"])
