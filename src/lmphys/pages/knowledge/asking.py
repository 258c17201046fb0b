"""What a transformer answers when it is asked about people: the likeliest words, one after the other."""

from collections.abc import Sequence

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.problems.documents import BEGIN
from lmphys.problems.people.questions import Questions

_AT_ONCE = 500


def prompts(questions: Questions, people: Sequence[int] | np.ndarray) -> np.ndarray:
    """(people, attributes, tokens) questions up to their colon; an inverse question names all attributes, and is one.

    Args:
        questions: of a kind that asks about one person.
        people: who is asked about, perhaps of both halves.
    """
    ids = {word: i for i, word in enumerate(questions.vocabulary)}
    asked = questions.attributes[:1] if questions.kind == "inverse" else questions.attributes
    return np.array(
        [[[BEGIN, *(ids[word] for word in questions.ask(who, what)[0])] for what in asked] for who in people]
    )


def truths(questions: Questions, people: Sequence[int] | np.ndarray) -> list[list[tuple[int, ...]]]:
    """Tokens of the right answer by person and attribute, in the order of `prompts`."""
    ids = {word: i for i, word in enumerate(questions.vocabulary)}
    asked = questions.attributes[:1] if questions.kind == "inverse" else questions.attributes
    return [[tuple(ids[word] for word in questions.ask(who, what)[1]) for what in asked] for who in people]


@torch.inference_mode()
def written(model: LanguageModel, asked: np.ndarray, n: int, among: Sequence[int] | None = None) -> np.ndarray:
    """The likeliest token after each prompt, then the likeliest after that, and so on.

    Args:
        model: a tiny transformer.
        asked: (..., tokens) prompts.
        n: tokens to write.
        among: tokens that may be written; all by default.

    Returns:
        (..., n) tokens.
    """
    flat = torch.from_numpy(asked.reshape(-1, asked.shape[-1]).astype(np.int64))
    parts = []
    for some in flat.split(_AT_ONCE):
        ids = some.to(model.device)
        for _ in range(n):
            logits = model.model(input_ids=ids, use_cache=False).logits[:, -1]
            if among is not None:
                allowed = torch.tensor(list(among), device=logits.device)
                best = allowed[logits[:, allowed].argmax(-1)]
            else:
                best = logits.argmax(-1)
            ids = torch.cat([ids, best[:, None]], dim=1)
        parts.append(ids[:, -n:].cpu().numpy())
    return np.concatenate(parts).reshape(*asked.shape[:-1], n).astype(np.uint16)


def answers(model: LanguageModel, questions: Questions, people: np.ndarray, *, at_once: bool = False) -> np.ndarray:
    """(people, attributes, tokens) what the model answers, as many tokens as the longest right answer has.

    Args:
        model: a tiny transformer.
        questions: what is asked.
        people: about whom.
        at_once: whether the first word has to be a remainder, where the model learned to write the value before it.

    Raises:
        LmphysError: remainders are wanted where no question asks for one.
    """
    asked = prompts(questions, people)
    if at_once:
        if questions.kind != "classify":
            raise LmphysError(f"questions of the kind {questions.kind!r} ask for no remainder; use 'classify'")
        return written(model, asked, 1, [questions.vocabulary.index(str(n)) for n in range(questions.modulus)])
    longest = max(len(answer) for row in truths(questions, people[:1]) for answer in row)
    return written(model, asked, longest)


def right(found: np.ndarray, wanted: Sequence[Sequence[tuple[int, ...]]]) -> np.ndarray:
    """(people, attributes) whether the answer is the right one, in all of its words.

    Args:
        found: (people, attributes, tokens) of `answers`; what is written beyond the right answer does not count.
        wanted: of `truths`.
    """
    return np.array(
        [
            [tuple(answer[: len(truth)].tolist()) == truth for answer, truth in zip(*pair, strict=True)]
            for pair in zip(found, wanted, strict=True)
        ]
    )
