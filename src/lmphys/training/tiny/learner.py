"""Training a tiny transformer, from a recipe to a folder that `--model` takes."""

import copy
from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from lmphys.core.devices import resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny import TinyConfig, TinyForCausalLM, character_tokenizer, word_tokenizer
from lmphys.training.batches import Batch, in_windows
from lmphys.training.checkpoint import whole_folder
from lmphys.training.documents import Source, packed
from lmphys.training.loop import Learner, one_device
from lmphys.training.loop import train as run
from lmphys.training.loss import mean_surprisal
from lmphys.training.recipe import DTYPES
from lmphys.training.tiny.recipe import TinyRecipe
from lmphys.training.tiny.trained import trained

WINDOW = 8  # batches that are made together


def train(
    recipe: TinyRecipe,
    folder: Path,
    *,
    device: str = "auto",
    source: Source | None = None,
    progress: bool | None = None,
) -> Path:
    """Train a tiny transformer, or go on with a training that was stopped, and return the folder of its last step.

    Args:
        recipe: what to train.
        folder: where to; see `lmphys.training.loop.train`.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        source: of the documents; None: that of the recipe.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: the recipe is impossible, a document is too long for its rows, or as `lmphys.training.loop.train`.
    """
    return run(recipe, folder, lambda: learner_of(recipe, device, source or recipe.source()), progress=progress)


def learner_of(recipe: TinyRecipe, device: str, source: Source) -> Learner:
    """What a recipe trains: a model of the next token, or one that fills in what is masked; arguments as `Tiny`."""
    from lmphys.training.tiny.masked import Masked

    return (Tiny if recipe.shape.causal else Masked)(recipe, device, source)


def fresh(config: TinyConfig, seed: int) -> TinyForCausalLM:
    """A model whose weights are drawn from a seed, on the CPU; the random numbers of the caller are left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return TinyForCausalLM(config)


def first_weights(recipe: TinyRecipe, config: TinyConfig, words: Sequence[str]) -> PreTrainedModel:
    """A model as it is before its first update: drawn from the recipe's seed, or the trained one that it goes on from.

    Args:
        recipe: of the training.
        config: of the model.
        words: of its tokens.

    Raises:
        LmphysError: the book has no such transformer of this seed, or it has another shape or other words.
    """
    if not recipe.base:
        return fresh(config, recipe.seed)
    one = next((one for one in trained(recipe.base) if one.seed == recipe.seed), None)
    if one is None:
        raise LmphysError(
            f"no transformer of the recipe {recipe.base!r} and seed {recipe.seed} comes with the book; train one: "
            f"lmphys train {recipe.base} --seed {recipe.seed}, and then lmphys train ship {recipe.base} FOLDER"
        )
    theirs = tuple(one.recipe.source().vocabulary)
    if one.recipe.shape != recipe.shape or theirs != tuple(words):
        raise LmphysError(
            f"the transformer of {recipe.base!r} is {one.recipe.shape} with {len(theirs)} words, this training one of "
            f"{recipe.shape} with {len(words)}; give both the same shape and world"
        )
    return LanguageModel(one.spec, dtype="float32", device="cpu").model.train()


def in_half(model: PreTrainedModel) -> PreTrainedModel:
    """A copy on the CPU in float16, as what was trained is kept.

    Raises:
        LmphysError: a weight exceeds float16.
    """
    half: PreTrainedModel = copy.deepcopy(model).to("cpu", torch.float16)
    if not all(bool(torch.isfinite(weight).all()) for weight in half.parameters()):
        raise LmphysError("the weights have grown beyond float16; lower the learning rate (--learning-rate)")
    return half


def update_flops(config: TinyConfig, ids: Tensor, n_targets: int) -> float:
    """Multiplications and additions of the matrix products of an update: forward, and twice as many backward.

    Every token, padding included, passes the linear maps and meets all tokens of its row, those to come included;
    a target passes the output head.

    Args:
        config: of the model.
        ids: (B, T) token ids.
        n_targets: tokens that are predicted.
    """
    rows, length = ids.shape
    linear = 3 * 2 * config.linear_weights * rows * length
    head = 3 * 2 * config.vocab_size * config.hidden_size * n_targets
    # Scores, and the mixing of values by them; uniform spans have no scores, and nothing to learn in them.
    products = 2 if config.position == "uniform" else 3 * 2
    attention = products * 2 * config.num_hidden_layers * rows * length**2 * config.hidden_size
    return float(linear + head + attention)


class Tiny:
    """A tiny transformer before its training and its world, as `lmphys.training.loop.Learner`.

    Args:
        recipe: what to train.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        source: of the documents.

    Raises:
        LmphysError: the recipe is impossible.
    """

    def __init__(self, recipe: TinyRecipe, device: str, source: Source) -> None:
        self.recipe, self.source = recipe, source
        self.title = f"training {recipe.shape} on {recipe.world}"
        self.device = one_device(device)
        self.dtype = resolve_dtype(recipe.dtype, self.device)
        if self.dtype not in DTYPES:
            raise LmphysError(f"a training in {self.dtype} is not possible; use float32 or bfloat16")
        self.config = recipe.shape.config(len(source.vocabulary), recipe.context)
        begin, end = source.vocabulary[:2]
        # A written text has a token that is a space; in all other worlds spaces stand between the tokens.
        tokenizer_of = character_tokenizer if " " in source.vocabulary else word_tokenizer
        tokenizer = tokenizer_of(source.vocabulary, bos=begin, eos=end)
        model = first_weights(recipe, self.config, source.vocabulary).to(self.device)
        self.model = LanguageModel.from_parts(model, tokenizer, spec=recipe.world)
        self.weights: dict[str, Tensor] = dict(model.named_parameters())
        self.facts = {"model": {**self.model.describe(), "products": self.dtype}}

    def batches(self, step: int) -> Generator[Batch, None, None]:
        """Documents number `step * batch_size` and on, packed."""
        return in_windows(self._window, WINDOW, step, self.recipe.steps)

    def _window(self, number: int) -> list[Batch]:
        first = number * WINDOW
        batches = [self._batch(step) for step in range(first, min(first + WINDOW, self.recipe.steps))]
        return [batch.pinned() for batch in batches] if self.device.type == "cuda" else batches

    def _batch(self, step: int) -> Batch:
        size, context = self.recipe.batch_size, self.recipe.context
        documents = [self.source.document(index) for index in range(step * size, (step + 1) * size)]
        largest = max(int(np.max(tokens)) for tokens, _ in documents)
        if largest >= self.config.vocab_size:
            raise LmphysError(
                f"token {largest} is none of the {self.config.vocab_size} words of the world; correct its vocabulary"
            )
        batch = packed(documents, context)
        return batch.counted(update_flops(self.config, batch.ids, len(batch.targets)))

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy over the targets of a batch, nats."""
        return mean_surprisal(self.model, batch)

    def keep(self, folder: Path) -> None:
        """Write the model in float16 and its tokenizer, as `from_pretrained` reads them.

        Raises:
            LmphysError: a weight exceeds float16, or the disk is full.
        """
        half = in_half(self.model.model)
        with whole_folder(folder) as part:
            half.save_pretrained(part)
            self.model.tokenizer.save_pretrained(part)
