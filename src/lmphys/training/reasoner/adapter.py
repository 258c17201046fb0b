"""The adapter of the reasoner: put into a model, trained on chains of thought, and written down."""

import json
import warnings
from collections.abc import Generator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from lmphys.core.devices import resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.lm.model import LanguageModel
from lmphys.training.batches import Batch
from lmphys.training.loop import one_device
from lmphys.training.loop import train as run
from lmphys.training.loss import mean_surprisal
from lmphys.training.reasoner.batches import Batches, Examples
from lmphys.training.reasoner.config import TrainingConfig
from lmphys.training.recipe import DTYPES


def train(
    recipe: TrainingConfig,
    folder: Path,
    *,
    device: str = "auto",
    examples: Examples | None = None,
    progress: bool | None = None,
) -> Path:
    """Train an adapter, or go on with a training that was stopped, and return the folder of the last adapter.

    Args:
        recipe: what to train.
        folder: where to; see `lmphys.training.loop.train`.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        examples: from the number of an example to (question, chain), a pure function; None stands for
            `lmphys.problems.chains.training_example` at the recipe's seed, difficulties and habits.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: the recipe or the base is impossible, or as `lmphys.training.loop.train`.
    """
    return run(recipe, folder, lambda: _Adapter(recipe, device, examples or _chains(recipe)), progress=progress)


def _chains(recipe: TrainingConfig) -> Examples:
    from lmphys.problems.chains import training_example

    return lambda index: training_example(index, recipe.seed, recipe.difficulties, recipe.habits)


def adapt(model: LanguageModel, recipe: TrainingConfig) -> Any:
    """Put a fresh adapter into all linear maps of the blocks, in place, and return the model as `peft` sees it.

    The adapter changes nothing yet: one of its two factors is 0. It is float32 whatever the model is.

    Raises:
        LmphysError: `peft` cannot adapt this architecture.
    """
    from peft import LoraConfig, TaskType, get_peft_model

    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=recipe.rank,
        lora_alpha=recipe.alpha,
        lora_dropout=0.0,
        target_modules="all-linear",
    )
    try:
        with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
            warnings.simplefilter("ignore")
            # The factors are drawn on the CPU; torch.manual_seed would also reseed the GPUs of the caller.
            torch.default_generator.manual_seed(recipe.seed)
            return get_peft_model(model.model, config)
    except ValueError as error:
        raise LmphysError(f"{recipe.base} cannot be adapted: {' '.join(str(error).split())[:160]}") from error


def write_adapter(adapted: Any, base: str, folder: Path) -> None:
    """Write the adapter of a `peft` model in float16, as `PeftModel.from_pretrained` reads it.

    Args:
        adapted: the model.
        base: spec of what it adapts.
        folder: where its two files go.

    Raises:
        LmphysError: a weight exceeds float16, or the disk is full.
    """
    from peft import get_peft_model_state_dict

    config = {**adapted.active_peft_config.to_dict(), "base_model_name_or_path": base, "inference_mode": True}
    # Sets have no order; a file that is the same each time is worth more than the order in which `peft` found them.
    config = {name: sorted(value) if isinstance(value, set | list) else value for name, value in config.items()}
    tensors = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    half = {name: tensor.detach().to("cpu", torch.float16).contiguous() for name, tensor in tensors.items()}
    if not all(bool(torch.isfinite(tensor).all()) for tensor in half.values()):
        raise LmphysError("the adapter has grown beyond float16; lower the learning rate (--learning-rate)")
    write_atomically(folder / "adapter_config.json", json.dumps(config, indent=1, sort_keys=True))
    write_atomically(folder / "adapter_model.safetensors", save(half, {"format": "pt"}))


class _Adapter:
    """A model with a fresh adapter, for the loop."""

    def __init__(self, recipe: TrainingConfig, device: str, examples: Examples) -> None:
        self.recipe = recipe
        self.title = f"training on {recipe.base}"
        self.device = one_device(device)
        self.dtype = resolve_dtype(recipe.dtype, self.device)
        if self.dtype not in DTYPES:
            raise LmphysError(f"a training in {self.dtype} is not possible; use float32 or bfloat16")
        self.model = LanguageModel(recipe.base, dtype=self.dtype, device=str(self.device))
        self.facts = {"model": self.model.describe()}
        self._batches = Batches(recipe, self.model, examples)
        self._adapted = adapt(self.model, recipe)
        named = self._adapted.named_parameters()
        self.weights: dict[str, Tensor] = {name: weight for name, weight in named if weight.requires_grad}

    def batches(self, step: int) -> Generator[Batch, None, None]:
        return self._batches.from_step(step)

    def loss(self, batch: Batch) -> Tensor:
        from peft.helpers import disable_input_dtype_casting

        # Copies of inputs in float32, which autocast would turn back at once.
        with disable_input_dtype_casting(self.model.model):
            return mean_surprisal(self.model, batch)

    def keep(self, folder: Path) -> None:
        write_adapter(self._adapted, self.recipe.base, folder)
