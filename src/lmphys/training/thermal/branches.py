"""Branches of a training: one trunk with Adam's memory, gone on with at any learning rates, on the same batches."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.lm.model import LanguageModel
from lmphys.training.batches import Batch
from lmphys.training.documents import packed
from lmphys.training.loop import Training
from lmphys.training.loss import surprisals
from lmphys.training.tiny.learner import Tiny
from lmphys.training.tiny.recipe import TinyRecipe

_SQUARE = "exp_avg_sq"
_TEXTS_SEED = 1_000_000  # of the fixed texts: no training of the book has this seed
_ROWS = 32  # fixed texts that are read together

Watch = Callable[[int, Mapping[str, Tensor]], None]


@dataclass(frozen=True)
class Trunk:
    """A training at one moment.

    Attributes:
        recipe: of the training.
        step: updates done.
        tensors: weights and Adam's moments, as `lmphys.training.checkpoint.StateFile.taken` names them.
    """

    recipe: TinyRecipe
    step: int
    tensors: Mapping[str, Tensor]

    @property
    def root_v(self) -> float:
        """Sum over all weights of the root of Adam's second moment, without its bias from the start at 0."""
        seen = 1 - self.recipe.betas[1] ** self.step
        squares = [tensor for name, tensor in self.tensors.items() if name.endswith(_SQUARE)]
        return sum(float((square.double() / seen).sqrt().sum()) for square in squares)

    def model(self) -> LanguageModel:
        """The language model with these weights, on the CPU."""
        learner = Tiny(self.recipe, "cpu", self.recipe.source())
        with torch.no_grad():
            for name, weight in learner.weights.items():
                weight.copy_(self.tensors[f"{name}:weight"])
        return learner.model

    def rounded(self) -> "Trunk":
        """The trunk as `write` keeps it and `read` has it: weights in float16, moments in bfloat16, made float32."""
        return replace(self, tensors={name: tensor.float() for name, tensor in self._small().items()})

    def write(self, file: Path) -> None:
        """Keep the trunk in one file of six bytes a weight; what branches off it should branch off `rounded()`."""
        facts = {"recipe": json.dumps(self.recipe.to_json()), "step": str(self.step)}
        write_atomically(file, save(self._small(), facts))

    @classmethod
    def read(cls, file: Path) -> "Trunk":
        """The trunk that `write` kept.

        Raises:
            LmphysError: the file is missing or damaged.
        """
        with given(file, "restore it: git checkout data", "is damaged"), safe_open(file, "pt") as stored:
            facts: dict[str, Any] = stored.metadata()
            tensors = {name: stored.get_tensor(name).float() for name in stored.keys()}  # noqa: SIM118
            return cls(TinyRecipe.from_json(json.loads(facts["recipe"])), int(facts["step"]), tensors)

    def _small(self) -> dict[str, Tensor]:
        # Squares of gradients are too small for float16, whose least number is 6e-8.
        return {
            name: tensor.to(torch.float16 if name.endswith(":weight") else torch.bfloat16).contiguous()
            for name, tensor in self.tensors.items()
        }


@dataclass(frozen=True)
class Branch:
    """What came of a trunk that went on.

    Attributes:
        rates: (n,) learning rate of each update.
        steps: (E,) updates of the branch after which the fixed texts were read; 0 first, n last.
        losses: by name of the texts (E, N), mean surprisal of each text, nats a token.
        root_v: (E,) `Trunk.root_v` then.
        training: (n,) loss of each update on its batch, before the update, nats a token.
        end: the training after the last update, from which branches can branch off again.
    """

    rates: np.ndarray
    steps: np.ndarray
    losses: Mapping[str, np.ndarray]
    root_v: np.ndarray
    training: np.ndarray
    end: Trunk

    def curve(self, name: str) -> np.ndarray:
        """(E,) mean loss over the fixed texts of a name."""
        return self.losses[name].mean(axis=1)


def fixed_texts(recipe: TinyRecipe, n: int, *, split: str = "train") -> list[Batch]:
    """Documents of the recipe's world that are read to measure a loss, the same ones for every seed of the recipe.

    Args:
        recipe: which world, with which options; each document has a row of its own.
        n: number of documents.
        split: `train`: the law that is trained on, in other draws; `test`: what the world holds out.
    """
    options = {**recipe.options, "split": split}
    source = replace(recipe, seed=_TEXTS_SEED, options=options).source()
    parts = [range(start, min(start + _ROWS, n)) for start in range(0, n, _ROWS)]
    # Rows too short for two keep the documents in their order.
    return [_one_a_row([source.document(i) for i in part]) for part in parts]


def _one_a_row(documents: list[tuple[np.ndarray, np.ndarray]]) -> Batch:
    longest = max(len(tokens) for tokens, _ in documents)
    if any(len(tokens) != longest for tokens, _ in documents):
        raise LmphysError("fixed texts must have one length; choose a world whose documents do, such as prose")
    return packed(documents, longest)


@torch.no_grad()
def text_losses(model: LanguageModel, texts: Sequence[Batch]) -> np.ndarray:
    """(N,) mean surprisal of each text, nats a token.

    Args:
        model: that reads.
        texts: of `fixed_texts`.
    """
    found = []
    for batch in texts:
        row = batch.rows // batch.ids.shape[1]
        total = torch.zeros(len(batch.ids)).index_add_(0, row, surprisals(model, batch))
        found.append(total / torch.bincount(row, minlength=len(batch.ids)))
    return torch.cat(found).numpy()


def grow(recipe: TinyRecipe) -> Trunk:
    """Train from nothing for the recipe's steps, on the CPU, without a file.

    Raises:
        LmphysError: the recipe is impossible, or the loss is not finite.
    """
    recipe.check()
    return _gone_on(recipe, None, first_batch=0, n=recipe.steps, every=recipe.steps, texts={}).end


def branch(
    trunk: Trunk,
    rates: Sequence[float] | np.ndarray,
    *,
    first_batch: int,
    every: int,
    texts: Mapping[str, Sequence[Batch]],
    batch_size: int | None = None,
    watch: Watch | None = None,
) -> Branch:
    """Go on with a training at given learning rates, on the CPU.

    A batch is a function of the trunk's seed, of its size and of its number alone, so that branches with one
    `first_batch` meet the same documents in the same order, whatever their rates are.

    Args:
        trunk: where to start from; it is left as it is.
        rates: learning rate of each update; 0 for one that only goes into Adam's memory.
        first_batch: number of the batch of the first update; `trunk.step` is the next one that the trunk has not seen.
        every: updates between two readings of the fixed texts, which are also read at the beginning and at the end.
        texts: fixed texts by name, as `fixed_texts` makes them.
        batch_size: documents an update; None: as the trunk.
        watch: called after each update with the number of updates of this branch and the weights by name, which change
            in place.

    Raises:
        LmphysError: there is no rate, or the loss is not finite.
    """
    if not len(rates):
        raise LmphysError("a branch without an update is its trunk; give a learning rate for each update")
    recipe = replace(
        trunk.recipe, batch_size=batch_size or trunk.recipe.batch_size, steps=first_batch + len(rates), n_kept=1
    )
    # The recipe of the end is the trunk's: the rates of a branch are no part of it.
    given_rates = _Given(**{**vars(recipe), "rates": tuple(map(float, rates)), "since": trunk.step})
    found = _gone_on(given_rates, trunk, first_batch=first_batch, n=len(rates), every=every, texts=texts, watch=watch)
    return replace(found, end=replace(found.end, recipe=trunk.recipe))


@dataclass(frozen=True)
class _Given(TinyRecipe):
    """A recipe whose learning rates are given one by one, from update `since` on."""

    rates: tuple[float, ...] = ()
    since: int = 0

    def rate_at(self, step: int) -> float:
        return self.rates[step - self.since]


def _gone_on(
    recipe: TinyRecipe,
    trunk: Trunk | None,
    *,
    first_batch: int,
    n: int,
    every: int,
    texts: Mapping[str, Sequence[Batch]],
    watch: Watch | None = None,
) -> Branch:
    learner = Tiny(recipe, "cpu", recipe.source())
    with tempfile.TemporaryDirectory() as folder:  # where the training finds no state
        training = Training(recipe, Path(folder), learner)
    if trunk is not None:
        training.state.put_back(trunk.tensors, trunk.step)
        training.record.step = trunk.step
    since = training.record.step
    steps: list[int] = []
    roots: list[float] = []
    losses: dict[str, list[np.ndarray]] = {name: [] for name in texts}

    def read(step: int) -> None:
        steps.append(step)
        roots.append(_now(recipe, training).root_v if training.record.step else 0.0)
        for name, some in texts.items():
            losses[name].append(text_losses(learner.model, some))

    rates = [recipe.rate_at(since + i) for i in range(n)]
    read(0)
    with closing(learner.batches(first_batch)) as batches:
        for done, batch in enumerate(batches, start=1):
            training.update(batch)
            if watch is not None:
                watch(done, learner.weights)
            if done % every == 0 or done == n:
                read(done)
    training.settle()
    return Branch(
        np.array(rates),
        np.array(steps),
        {name: np.stack(some) for name, some in losses.items()},
        np.array(roots),
        np.array(training.record.losses),
        _now(recipe, training, copied=True),
    )


def _now(recipe: TinyRecipe, training: Training, *, copied: bool = False) -> Trunk:
    tensors = training.state.taken()
    if copied:
        tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
    return Trunk(recipe, training.record.step, tensors)
