"""What a training leaves on disk: adapters in the layout of `peft`, and the state from which it goes on."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from lmphys.core.boundaries import file_system, given
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.locks import alone
from lmphys.training.reasoner.config import TrainingConfig

STATE = "state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass
class Record:
    """How far a training is.

    Attributes:
        step: updates done.
        tokens: tokens read, without padding.
        target_tokens: those of chains, which carry loss.
        seconds: time spent.
        losses: loss of each update, nats a target token.
        rows: lines of `loss.csv` so far.
    """

    step: int = 0
    tokens: int = 0
    target_tokens: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


def step_folder(folder: Path, step: int) -> Path:
    """Folder of the adapter after `step` updates."""
    return folder / f"step-{step:06d}"


@contextmanager
def claimed(folder: Path, recipe: TrainingConfig) -> Iterator[None]:
    """Hold the folder of a training for one recipe and one process.

    Raises:
        LmphysError: another recipe or another process has it, or it cannot be written to.
    """
    busy = f"another process trains in {folder}; wait for it, or choose another folder (--into)"
    with file_system():
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / ".lock", busy):
            for part in folder.rglob(".*.part"):  # of a process that was killed: nobody else writes here now
                part.unlink()
            # A start that failed before there was anything to keep does not bind the folder to its recipe.
            if (folder / STATE).exists() or any(folder.glob("step-*")):
                _check_recipe(folder / "recipe.json", recipe)
            else:
                write_atomically(folder / "recipe.json", json.dumps(recipe.to_json(), indent=1))
            yield


def _check_recipe(file: Path, recipe: TrainingConfig) -> None:
    mend = f"choose another folder (--into), or remove {file.parent}"
    with given(file, mend, "is damaged"):
        found: dict[str, Any] = dict(json.loads(file.read_text(encoding="utf-8")))
    wanted = recipe.to_json()
    differ = [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]
    if differ:
        values = ", ".join(f"{name} {found.get(name)!r} there, {wanted.get(name)!r} here" for name in differ)
        raise LmphysError(f"{file.parent} holds a training by another recipe ({values}); {mend}")


def write_adapter(adapted: Any, base: str, folder: Path) -> None:
    """Write the adapter of a `peft` model in float16, as `PeftModel.from_pretrained` reads it.

    Args:
        adapted: the model.
        base: spec of what it adapts.
        folder: where its two files go.

    Raises:
        LmphysError: a weight exceeds float16.
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


class StateFile:
    """The state of an unfinished training, one file: weights and moments as tensors, the record as their metadata.

    Args:
        file: where it lies.
        weights: name to trained weight.
        optimizer: AdamW over these weights, in this order.
    """

    def __init__(self, file: Path, weights: Mapping[str, Tensor], optimizer: torch.optim.AdamW) -> None:
        self.file = file
        self.weights = weights
        self.optimizer = optimizer

    def write(self, record: Record) -> None:
        """Keep weights, moments and record."""
        tensors = {f"{name}:weight": weight.detach() for name, weight in self.weights.items()}
        for name, weight in self.weights.items():
            tensors |= {f"{name}:{moment}": self.optimizer.state[weight][moment] for moment in _MOMENTS}
        on_cpu = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
        write_atomically(self.file, save(on_cpu, {"record": json.dumps(asdict(record))}))

    def read(self) -> Record:
        """Set weights and moments back to what was kept, and return the record; a new one where there is no file.

        Raises:
            LmphysError: the file is damaged, or of another model.
        """
        if not self.file.is_file():
            return Record()
        with given(self.file, "remove it to train from the beginning", "is damaged"):
            with safe_open(self.file, "pt") as stored:
                record = Record(**json.loads(stored.metadata()["record"]))
                kept = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
            with torch.no_grad():
                for name, weight in self.weights.items():
                    weight.copy_(kept[f"{name}:weight"])
            moments = [{name: kept[f"{weight}:{name}"] for name in _MOMENTS} for weight in self.weights]
            # Each weight counts its own steps, in place.
            state = {i: {"step": torch.tensor(float(record.step)), **pair} for i, pair in enumerate(moments)}
            self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
        return record
