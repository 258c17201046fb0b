"""What a training leaves on disk: its recipe, kept steps, and the state from which it goes on."""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
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
from lmphys.training.recipe import Recipe

STATE = "state.safetensors"
_MOMENTS = ("exp_avg", "exp_avg_sq")


@dataclass
class Record:
    """How far a training is.

    Attributes:
        step: updates done.
        tokens: tokens read, without padding.
        target_tokens: those of them that carry loss.
        seconds: time spent.
        flops: multiplications and additions, where the batches count them.
        losses: loss of each update, nats a target token.
        rows: lines of `loss.csv` so far.
    """

    step: int = 0
    tokens: int = 0
    target_tokens: int = 0
    seconds: float = 0.0
    flops: float = 0.0
    losses: list[float] = field(default_factory=list)
    rows: list[list[float]] = field(default_factory=list)


def step_folder(folder: Path, step: int) -> Path:
    """Folder of the weights after `step` updates."""
    return folder / f"step-{step:06d}"


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder to write into, which takes the place of `folder` once all is written.

    Raises:
        LmphysError: there is no room, or no right to write there.
    """
    part = folder.with_name(f".{folder.name}.part")
    with file_system():
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        yield part
        shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed after it had kept this step
        part.rename(folder)


@contextmanager
def claimed(folder: Path, recipe: Recipe) -> Iterator[None]:
    """Hold the folder of a training for one recipe and one process.

    Raises:
        LmphysError: another recipe or another process has it, or it cannot be written to.
    """
    busy = f"another process trains in {folder}; wait for it, or choose another folder (--into)"
    with file_system():
        folder.mkdir(parents=True, exist_ok=True)
        with alone(folder / ".lock", busy):
            for part in list(folder.rglob(".*.part")):  # of a process that was killed: nobody else writes here now
                shutil.rmtree(part) if part.is_dir() else part.unlink()
            # A start that failed before there was anything to keep does not bind the folder to its recipe.
            if (folder / STATE).exists() or any(folder.glob("step-*")):
                _check_recipe(folder / "recipe.json", recipe)
            else:
                write_atomically(folder / "recipe.json", json.dumps(recipe.to_json(), indent=1))
            yield


def _check_recipe(file: Path, recipe: Recipe) -> None:
    mend = f"choose another folder (--into), or remove {file.parent}"
    with given(file, mend, "is damaged"):
        found: dict[str, Any] = dict(json.loads(file.read_text(encoding="utf-8")))
    with suppress(LmphysError):  # what an older version did not write down
        found = recipe.from_json(found).to_json()
    wanted = recipe.to_json()
    differ = [name for name in sorted({*found, *wanted}) if found.get(name) != wanted.get(name)]
    if differ:
        values = ", ".join(f"{name} {found.get(name)!r} there, {wanted.get(name)!r} here" for name in differ)
        raise LmphysError(f"{file.parent} holds a training by another recipe ({values}); {mend}")


class StateFile:
    """The state of an unfinished training, one file: weights and moments as tensors, the record as their metadata.

    Args:
        file: where it lies.
        weights: name to trained weight.
        optimizer: AdamW over these weights.
    """

    def __init__(self, file: Path, weights: Mapping[str, Tensor], optimizer: torch.optim.AdamW) -> None:
        self.file = file
        self.weights = weights
        self.optimizer = optimizer

    def write(self, record: Record) -> None:
        """Keep weights, moments and record."""
        on_cpu = {name: tensor.cpu().contiguous() for name, tensor in self.taken().items()}
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
            self.put_back(kept, record.step)
        return record

    def taken(self) -> dict[str, Tensor]:
        """Weights and moments as they are, by `<name>:weight`, `<name>:exp_avg` and `<name>:exp_avg_sq`; no copies."""
        tensors = {f"{name}:weight": weight.detach() for name, weight in self.weights.items()}
        for name, weight in self.weights.items():
            tensors |= {f"{name}:{moment}": self.optimizer.state[weight][moment] for moment in _MOMENTS}
        return tensors

    def put_back(self, kept: Mapping[str, Tensor], step: int) -> None:
        """Set weights and moments to what was taken after `step` updates."""
        with torch.no_grad():
            for name, weight in self.weights.items():
                weight.copy_(kept[f"{name}:weight"])
        names = {id(weight): name for name, weight in self.weights.items()}
        order = [names[id(weight)] for group in self.optimizer.param_groups for weight in group["params"]]
        # The optimizer would go on in the very tensors that it is given.
        moments = [{name: kept[f"{weight}:{name}"].clone() for name in _MOMENTS} for weight in order]
        # Each weight counts its own steps, in place.
        state = {i: {"step": torch.tensor(float(step)), **pair} for i, pair in enumerate(moments)}
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})
