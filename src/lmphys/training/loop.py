"""The loop that trains: steps kept on the way, a loss curve, and a state to go on from."""

import itertools
import json
import math
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor

from lmphys.core.devices import resolve_device
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import expanded
from lmphys.core.progress import Progress, announce
from lmphys.training.batches import Batch
from lmphys.training.checkpoint import STATE, Record, StateFile, claimed, step_folder
from lmphys.training.recipe import Recipe, kept_steps

ROW_STEPS = 10  # updates a row of the loss curve
ROWS_SECONDS = 2.0  # between two times that the loss curve is written
STATE_SECONDS = 120.0  # between two states to go on from
_COLUMNS = ("step", "examples", "target_tokens", "tokens", "seconds", "loss", "learning_rate")


class Learner(Protocol):
    """What can be trained.

    Attributes:
        title: what is being done, for the bar.
        device: where its weights are.
        dtype: of its products, "float32" or "bfloat16".
        weights: those that are trained, float32, by name.
        facts: what the summary says of it, as JSON values.
    """

    title: str
    device: torch.device
    dtype: str
    weights: dict[str, Tensor]
    facts: dict[str, Any]

    def batches(self, step: int) -> Generator[Batch, None, None]:
        """Batches from update `step` (from 0) to the last, each a function of its number alone."""

    def loss(self, batch: Batch) -> Tensor:
        """Mean loss of a batch, nats a target token, 0-dimensional."""

    def keep(self, folder: Path) -> None:
        """Write what was learned so far into a folder."""


def train(recipe: Recipe, folder: Path, make: Callable[[], Learner], *, progress: bool | None = None) -> Path:
    """Train, or go on with a training that was stopped, and return the folder of what was learned.

    `folder` gets `step-<n>/` for each kept step, `loss.csv`, `recipe.json`, and at the end `training.json`. A training
    that is done returns at once. One that was stopped or killed ends, on a CPU, with the same bits as one that was not.

    Args:
        recipe: how to train.
        folder: where to.
        make: makes what is trained, as it is before the first step.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: the recipe is impossible, the folder holds another training, the loss is not finite, or memory or
            disk do not suffice.
    """
    recipe.check()
    folder = expanded(str(folder))
    with claimed(folder, recipe):
        if not (folder / "training.json").is_file():
            try:
                Training(recipe, folder, make()).run(progress)
            except torch.OutOfMemoryError as error:
                raise LmphysError(
                    f"out of memory with {recipe.batch_size} examples side by side; lower the batch size (--batch-size)"
                ) from error
        (folder / STATE).unlink(missing_ok=True)
    return step_folder(folder, recipe.steps)


def first_losses(recipe: Recipe, learner: Learner, n: int) -> list[float]:
    """Losses of the first n updates, nats a target token, without a file: is a recorded curve had again?"""
    with tempfile.TemporaryDirectory() as folder, closing(learner.batches(0)) as batches:
        training = Training(recipe, Path(folder), learner)
        for batch in itertools.islice(batches, n):
            training.update(batch.to(learner.device))
        training.settle()
    return training.record.losses


def one_device(device: str) -> torch.device:
    """The device of a training: a single one, where `cuda` would take all there are."""
    place = resolve_device(device)
    if place.type == "cuda" and place.index is None:
        return torch.device("cuda", torch.cuda.current_device())
    return place


class Training:
    """A learner with its optimizer and record: what `train` runs from beginning to end, one update at a time.

    Args:
        recipe: how to train; it says the learning rate of each update.
        folder: where a state to go on from is looked for.
        learner: what is trained.

    Attributes:
        optimizer: AdamW; matrices decay, vectors do not.
        state: the file of the state, which also takes weights and moments out and puts them back.
        record: how far the training is.
    """

    def __init__(self, recipe: Recipe, folder: Path, learner: Learner) -> None:
        self.recipe, self.folder, self.learner = recipe, folder, learner
        weights = list(learner.weights.values())
        groups = [
            {"params": [weight for weight in weights if weight.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
        ]
        fused = learner.device.type in ("cpu", "cuda")  # one pass over all weights, not several over each
        self.optimizer = torch.optim.AdamW(
            [group for group in groups if group["params"]], betas=recipe.betas, fused=fused
        )
        self.state = StateFile(folder / STATE, learner.weights, self.optimizer)
        self.record: Record = self.state.read()
        self.kept = kept_steps(recipe.steps, recipe.n_kept)
        # Losses and norms of gradients that the device has not been asked for yet: asking makes the host wait.
        self.pending: list[Tensor] = []

    def run(self, progress: bool | None) -> None:
        """Train to the end, keeping what `train` says."""
        recipe, record = self.recipe, self.record
        begun = told = shown = time.monotonic()
        before = record.seconds
        batches = self.learner.batches(record.step)
        bar = _StepBar(self.learner.title, recipe.steps, shown=progress)
        with bar, _patient() as stop, closing(batches), _fast(self.learner.device):
            bar.skip(record.step)
            for batch in batches:
                self.update(batch.to(self.learner.device))
                last = record.step == recipe.steps
                if record.step % ROW_STEPS == 0 or last:
                    self.settle()
                    record.seconds = before + time.monotonic() - begun
                    self._add_row()
                    bar.loss(record.rows[-1][5])
                    if last or stop.asked or time.monotonic() - shown >= ROWS_SECONDS:
                        self._write_rows()
                        shown = time.monotonic()
                bar.step(batch.n_tokens)
                if record.step in self.kept:
                    self.settle()
                    self.learner.keep(step_folder(self.folder, record.step))
                if not last and (stop.asked or time.monotonic() - told >= STATE_SECONDS):
                    self.settle()
                    record.seconds = before + time.monotonic() - begun
                    self.state.write(record)
                    told = time.monotonic()
                if stop.asked and not last:
                    raise KeyboardInterrupt
        write_atomically(self.folder / "training.json", json.dumps(self._summary(), indent=1))

    def update(self, batch: Batch) -> None:
        """One step of the optimizer."""
        recipe, record, learner = self.recipe, self.record, self.learner
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate_at(record.step)
        with torch.autocast(learner.device.type, torch.bfloat16, enabled=learner.dtype == "bfloat16"):
            loss = learner.loss(batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(learner.weights.values(), recipe.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.pending.append(torch.stack([loss.detach(), norm]))
        record.step += 1
        record.tokens += batch.n_tokens
        record.target_tokens += len(batch.targets)
        record.flops += batch.flops

    def settle(self) -> None:
        """Fetch the losses that are still on the device; nothing is written unless they are finite."""
        values = torch.stack(self.pending).tolist() if self.pending else []
        first = self.record.step - len(values) + 1
        for step, pair in enumerate(values, start=first):
            if not all(map(math.isfinite, pair)):
                raise LmphysError(
                    f"loss or gradient is not finite at step {step}; lower the learning rate "
                    f"(--learning-rate, now {self.recipe.learning_rate:g})"
                )
        self.record.losses.extend(loss for loss, _ in values)
        self.pending.clear()

    def _add_row(self) -> None:
        """A line of the loss curve: the mean since the line before."""
        record = self.record
        since = record.losses[int(record.rows[-1][0]) if record.rows else 0 :]
        rate = self.recipe.rate_at(record.step - 1)
        counts = (record.step, record.step * self.recipe.batch_size, record.target_tokens, record.tokens)
        record.rows.append([*counts, round(record.seconds, 2), sum(since) / len(since), rate])

    def _write_rows(self) -> None:
        lines = [",".join(_COLUMNS), *(",".join(map(str, row)) for row in self.record.rows)]
        write_atomically(self.folder / "loss.csv", "\n".join(lines) + "\n")

    def _summary(self) -> dict[str, Any]:
        from importlib.metadata import version

        from lmphys.core.provenance import PACKAGE, git_state, machine, versions

        recipe, record, learner = self.recipe, self.record, self.learner
        last = record.losses[-math.ceil(recipe.steps / 20) :]
        gpu = {"gpu": torch.cuda.get_device_name(learner.device)} if learner.device.type == "cuda" else {}
        return {
            "recipe": recipe.to_json(),
            **learner.facts,
            "trained_parameters": sum(weight.numel() for weight in learner.weights.values()),
            "kept_steps": list(self.kept),
            "examples": recipe.steps * recipe.batch_size,
            "tokens": record.tokens,
            "target_tokens": record.target_tokens,
            "seconds": round(record.seconds, 1),
            "tokens_per_second": round(record.tokens / record.seconds, 1),
            **({"flops": record.flops} if record.flops else {}),
            "final_loss": sum(last) / len(last),
            "commit": git_state(PACKAGE),
            "machine": {**machine(), **gpu, "threads": torch.get_num_threads()},
            "versions": {**versions(), "peft": version("peft")},
        }


class _StepBar(Progress):
    """Steps done of steps wanted, with loss and tokens per second."""

    def __init__(self, title: str, steps: int, *, shown: bool | None) -> None:
        super().__init__(title, steps, unit="steps", shown=shown)

    def step(self, n_tokens: int) -> None:
        """Count a step and its tokens."""
        self.tokens(n_tokens)
        self.advance()

    def loss(self, value: float) -> None:
        """Show the latest loss."""
        self._bar.update(self._task, description=f"{self.title}, loss {value:.3f}")


class _patient:  # noqa: N801
    """Makes Ctrl-C wait for the end of the step, after which everything fits together; a second one does not wait."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> "_patient":
        # Python allows handlers in the main thread only, which is also the only one that Ctrl-C interrupts.
        self._main = threading.current_thread() is threading.main_thread()
        if self._main:
            self._former = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        if self._main:
            signal.signal(signal.SIGINT, self._former)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        announce("stopping after this step; the same command goes on from there (Ctrl-C again: stop at once)")


@contextmanager
def _fast(device: torch.device) -> Iterator[None]:
    """TF32 on GPUs, and neither talk nor bars of `transformers`."""
    from transformers.utils import logging

    precision, verbosity = torch.get_float32_matmul_precision(), logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if bars:
            logging.enable_progress_bar()
        torch.set_float32_matmul_precision(precision)
        logging.set_verbosity(verbosity)
