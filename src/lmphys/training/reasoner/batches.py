"""Examples as batches: windows of them sorted by length, cut, and shuffled."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST, after_answer
from lmphys.training.batches import Batch, in_windows
from lmphys.training.reasoner.config import TrainingConfig

WINDOW = 32  # batches that are sorted together

Examples = Callable[[int], tuple[str, str]]


@dataclass(frozen=True)
class Encoded:
    """An example as tokens.

    Attributes:
        ids: prompt, chain and the end-of-turn token.
        n_prompt: tokens of the prompt.
    """

    ids: list[int]
    n_prompt: int


def closing_token(model: LanguageModel) -> int:
    """The token that ends an answer: what the chat template puts after it, or the end-of-sequence token without one.

    Raises:
        LmphysError: there is neither.
    """
    tokenizer = model.tokenizer
    if getattr(tokenizer, "chat_template", None):
        ids = after_answer(tokenizer)
        if ids:
            return ids[0]
    if tokenizer.eos_token_id is None:
        raise LmphysError(f"{model.spec} has no end-of-sequence token to end a chain with; choose another base")
    return tokenizer.eos_token_id


class Batches:
    """The batches of a training, each a function of the recipe and its number alone.

    Args:
        recipe: how many, of what size, in what order.
        model: whose tokenizer and chat prompt are used.
        examples: from the number of an example to (question, chain).
    """

    def __init__(self, recipe: TrainingConfig, model: LanguageModel, examples: Examples) -> None:
        self.recipe = recipe
        self.model = model
        self.examples = examples
        self.closing = closing_token(model)

    def encode(self, numbers: Iterable[int]) -> list[Encoded]:
        """Tokens of some examples.

        Raises:
            LmphysError: one is longer than the model can read.
        """
        texts = [self.examples(number) for number in numbers]
        prompts = [self.model.prompt_ids(REQUEST.format(question=question)) for question, _ in texts]
        # All at once, which the tokenizer does beside Python: the training is not kept waiting.
        chains = self.model.tokenizer([chain for _, chain in texts], add_special_tokens=False)["input_ids"]
        pairs = zip(prompts, chains, strict=True)
        encoded = [Encoded([*prompt, *chain, self.closing], len(prompt)) for prompt, chain in pairs]
        longest = max(len(example.ids) for example in encoded)
        if self.model.context_length is not None and longest > self.model.context_length:
            raise LmphysError(
                f"an example has {longest} tokens and {self.model.spec} reads {self.model.context_length}; "
                "train on lower difficulties"
            )
        return encoded

    def members(self, number: int) -> list[list[Encoded]]:
        """Examples of each batch of a window: of like length, so that there is little padding, in random order."""
        size = self.recipe.batch_size
        n_batches = min(WINDOW, self.recipe.steps - number * WINDOW)
        first = number * WINDOW * size
        encoded = sorted(self.encode(range(first, first + n_batches * size)), key=lambda example: len(example.ids))
        order = np.random.default_rng((self.recipe.seed, number)).permutation(n_batches)
        return [encoded[i * size : (i + 1) * size] for i in order]

    def from_step(self, step: int) -> Generator[Batch, None, None]:
        """Batches from update `step` (from 0) to the last."""
        return in_windows(self._window, WINDOW, step, self.recipe.steps)

    def _window(self, number: int) -> list[Batch]:
        batches = [collate(members, self.model.pad_id) for members in self.members(number)]
        return [batch.pinned() for batch in batches] if self.model.device.type == "cuda" else batches


def collate(examples: list[Encoded], pad_id: int) -> Batch:
    """Examples side by side. Padding stands on the right, where no token of a causal model looks."""
    length = max(len(example.ids) for example in examples)
    ids = np.full((len(examples), length), pad_id)
    rows = []
    for row, example in enumerate(examples):
        ids[row, : len(example.ids)] = example.ids
        rows.append(row * length + np.arange(example.n_prompt - 1, len(example.ids) - 1))
    places = np.concatenate(rows)
    targets = ids.reshape(-1)[places + 1]
    n_tokens = sum(len(example.ids) for example in examples)
    return Batch(torch.from_numpy(ids), torch.from_numpy(places), torch.from_numpy(targets), n_tokens)
