"""Training energies through their descent, and the transformers they are compared with, from a recipe to a folder."""

import copy
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lmphys.core.devices import resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyConfig, TinyForCausalLM
from lmphys.training.batches import Batch, in_windows
from lmphys.training.checkpoint import whole_folder
from lmphys.training.documents import packed
from lmphys.training.energy_transformer.model import EnergyTransformer, Reading
from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.loop import one_device
from lmphys.training.loop import train as run
from lmphys.training.tiny.learner import WINDOW
from lmphys.training.tiny.recipe import TinyRecipe


def train(recipe: TinyRecipe, folder: Path, *, device: str = "auto", progress: bool | None = None) -> Path:
    """Train energies, or a transformer beside them (or go on), and return the folder of the last step.

    Args:
        recipe: what to train: energies where it is an `EnergyRecipe`.
        folder: where to; see `lmphys.training.loop.train`.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: the recipe is impossible, or as `lmphys.training.loop.train`.
    """
    return run(recipe, folder, lambda: learner(recipe, device), progress=progress)


def learner(recipe: TinyRecipe, device: str = "cpu") -> "WindowLearner":
    """What trains a recipe."""
    return EnergyLearner(recipe, device) if isinstance(recipe, EnergyRecipe) else TransformerLearner(recipe, device)


@dataclass(frozen=True)
class NumberedBatch(Batch):
    """A batch that knows its number, from which its random guesses are drawn.

    Attributes:
        number: of the update, from 0.
    """

    number: int = 0


class WindowLearner:
    """A model with fresh weights and a world of documents of one length, as `lmphys.training.loop.Learner`.

    The learner of the tiny transformers (`lmphys.training.tiny`) packs documents of many lengths and keeps a tokenizer
    of words between spaces, which characters have not.

    Args:
        recipe: what to train; all tokens of a document but the first are targets.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        model: from a configuration to a model with random weights.

    Raises:
        LmphysError: the recipe is impossible.
    """

    def __init__(self, recipe: TinyRecipe, device: str, model: Callable[[TinyConfig], nn.Module]) -> None:
        self.source = recipe.source()
        self.size, self.context, self.steps = recipe.batch_size, recipe.context, recipe.steps
        self.title = f"training {recipe.shape} on {recipe.world}"
        self.device = one_device(device)
        self.dtype = resolve_dtype(recipe.dtype, self.device)
        if self.dtype != "float32":
            raise LmphysError("these trainings are in float32; set the dtype of the recipe")
        self.config = recipe.shape.config(len(self.source.vocabulary), recipe.context)
        with torch.random.fork_rng(devices=[]):  # the random numbers of the caller are left alone
            torch.default_generator.manual_seed(recipe.seed)
            self.network = model(self.config).to(self.device)
        self.weights: dict[str, Tensor] = dict(self.network.named_parameters())
        self.facts: dict[str, Any] = {"parameters": sum(weight.numel() for weight in self.weights.values())}

    def batches(self, step: int) -> Generator[Batch, None, None]:
        """Documents number `step * batch_size` and on."""
        return in_windows(self._window, WINDOW, step, self.steps)

    def _window(self, number: int) -> list[Batch]:
        first = number * WINDOW
        return [self.batch(step) for step in range(first, min(first + WINDOW, self.steps))]

    def batch(self, step: int) -> NumberedBatch:
        """Documents of one update.

        Raises:
            LmphysError: they are not of one length, or have tokens that are no targets.
        """
        size = self.size
        documents = [self.source.document(index) for index in range(step * size, (step + 1) * size)]
        batch = packed(documents, self.context)
        if len(batch.targets) != size * (batch.ids.shape[1] - 1):
            raise LmphysError("documents must be of one length, and all their tokens targets; choose another world")
        return NumberedBatch(batch.ids, batch.rows, batch.targets, batch.n_tokens, number=step)

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss of a batch, nats a target token, 0-dimensional."""
        raise NotImplementedError

    def keep(self, folder: Path) -> None:
        """Write the weights in float16, and the configuration.

        Raises:
            LmphysError: a weight exceeds float16, or the disk is full.
        """
        half = {name: weight.detach().to("cpu", torch.float16).contiguous() for name, weight in self.weights.items()}
        if not all(bool(torch.isfinite(weight).all()) for weight in half.values()):
            raise LmphysError("the weights have grown beyond float16; lower the learning rate")
        with whole_folder(folder) as part:
            self.write(part)

    def write(self, folder: Path) -> None:
        """Write the weights in float16, and the configuration."""
        raise NotImplementedError


class TransformerLearner(WindowLearner):
    """A tiny transformer on documents of one length."""

    def __init__(self, recipe: TinyRecipe, device: str) -> None:
        super().__init__(recipe, device, TinyForCausalLM)

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy, nats."""
        logits = self.network(input_ids=batch.ids[:, :-1], use_cache=False).logits
        return cross_entropy(logits.flatten(0, 1), batch.targets)

    def write(self, folder: Path) -> None:
        """As `TinyForCausalLM.from_pretrained` reads it."""
        network = cast(TinyForCausalLM, copy.deepcopy(self.network))
        network.to("cpu", torch.float16).save_pretrained(folder)


class EnergyLearner(WindowLearner):
    """An energy-based transformer, trained through its descent."""

    def __init__(self, recipe: EnergyRecipe, device: str) -> None:
        super().__init__(recipe, device, EnergyTransformer)
        self.recipe, self.model = recipe, cast(EnergyTransformer, self.network)
        with torch.no_grad():
            self.model.log_step.fill_(math.log(recipe.step_size))
        if not recipe.learned:
            del self.weights["log_step"]

    def loss(self, batch: Batch) -> Tensor:
        """Mean cross-entropy of the guesses after the descent, nats; detached: the mean over its steps."""
        assert isinstance(batch, NumberedBatch)
        recipe, model = self.recipe, self.model
        chance = torch.Generator().manual_seed((recipe.seed << 32) + batch.number)
        reading = model.read(batch.ids[:, :-1])
        N, S = batch.ids[:, 1:].shape
        guesses = recipe.begin * self._noise(N, S, chance)
        steps = int(torch.randint(recipe.fewest, recipe.most + 1, (), generator=chance))
        spread = torch.rand((N, S, 1), generator=chance) * (recipe.spread - 1 / recipe.spread) + 1 / recipe.spread
        sizes = model.log_step.exp() * spread.to(self.device)
        replayed = round(recipe.replayed * N)
        if replayed:
            some = Reading(
                *(tuple(part[:replayed].detach() for part in parts) for parts in (reading.keys, reading.values))
            )
            begun = model.descend(some, guesses[:replayed], steps, sizes[:replayed].detach())[-1].logits
            guesses = torch.cat([begun, guesses[replayed:]])
        losses = []
        for step in range(steps):
            if recipe.noise:
                guesses = guesses + recipe.noise * self._noise(N, S, chance)
            if recipe.detached or not step:
                guesses = guesses.detach().requires_grad_()
            guesses = guesses - sizes * model.slopes(reading, guesses, create_graph=True)[1]
            if recipe.detached or step + 1 == steps:
                losses.append(cross_entropy(guesses.flatten(0, 1), batch.targets))
        return torch.stack(losses).mean()

    def _noise(self, N: int, S: int, chance: torch.Generator) -> Tensor:
        return torch.randn((N, S, self.config.vocab_size), generator=chance).to(self.device)

    def write(self, folder: Path) -> None:
        """As `EnergyTransformer.load` reads it."""
        self.model.save(folder)
