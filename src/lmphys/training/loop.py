"""Training of an adapter: loss on the chains alone, steps kept on the way, and a state to go on from."""

import json
import math
import signal
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import expanded
from lmphys.core.progress import Progress, announce
from lmphys.lm.model import LanguageModel
from lmphys.training.batches import Batch, Batches, Examples
from lmphys.training.checkpoint import STATE, Record, StateFile, claimed, step_folder, write_adapter
from lmphys.training.reasoner.config import DTYPES, TrainingConfig, kept_steps

ROW_STEPS = 10  # updates a row of the loss curve
STATE_SECONDS = 120.0  # between two states to go on from
_COLUMNS = ("step", "examples", "target_tokens", "tokens", "seconds", "loss", "learning_rate")


def train(
    recipe: TrainingConfig,
    folder: Path,
    *,
    device: str = "auto",
    examples: Examples | None = None,
    progress: bool | None = None,
) -> Path:
    """Train an adapter, or go on with a training that was stopped, and return the folder of the last adapter.

    `folder` gets `step-<n>/` for each kept step, `loss.csv`, `recipe.json`, and at the end `training.json`. A training
    that is done returns at once. One that was stopped or killed ends, on a CPU, with the same bits as one that was not.

    Args:
        recipe: what to train.
        folder: where to.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        examples: from the number of an example to (question, chain), a pure function; None stands for
            `lmphys.problems.chains.training_example` at the recipe's seed, difficulties and habits.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: the recipe or the base is impossible, the folder holds another training, the loss is not finite,
            or memory or disk do not suffice.
    """
    recipe.check()
    folder = expanded(str(folder))
    with claimed(folder, recipe):
        if not (folder / "training.json").is_file():
            try:
                _Training(recipe, folder, device, examples or _chains(recipe)).run(progress)
            except torch.OutOfMemoryError as error:
                raise LmphysError(
                    f"out of memory with {recipe.batch_size} examples side by side; lower the batch size (--batch-size)"
                ) from error
        (folder / STATE).unlink(missing_ok=True)
    return step_folder(folder, recipe.steps)


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


def surprisals(model: LanguageModel, batch: Batch, reduction: str = "none") -> Tensor:
    """Cross-entropy of the targets of a batch, nats, float32: (N,), or 0-dimensional as `reduction` "mean" has it.

    The output head works only on the places of the targets: with many thousands of tokens in the vocabulary it would
    otherwise take most of the time and memory.
    """
    head = model.model.get_output_embeddings()
    chosen = head.register_forward_pre_hook(lambda _, inputs: (inputs[0].flatten(0, 1)[batch.rows][None],))
    try:
        logits = model.model(input_ids=batch.ids, use_cache=False).logits
    finally:
        chosen.remove()
    return cross_entropy(logits[0].float(), batch.targets, reduction=reduction)


def chain_loss(model: LanguageModel, batch: Batch) -> Tensor:
    """Mean cross-entropy over the targets of a batch, nats, 0-dimensional float32."""
    return surprisals(model, batch, "mean")


class _Training:
    """A model with its adapter, optimizer and record."""

    def __init__(self, recipe: TrainingConfig, folder: Path, device: str, examples: Examples) -> None:
        place = resolve_device(device)
        if place.type == "cuda" and place.index is None:
            place = torch.device("cuda", torch.cuda.current_device())  # one, where `cuda` would take all there are
        dtype = resolve_dtype(recipe.dtype, place)
        if dtype not in DTYPES:
            raise LmphysError(f"a training in {dtype} is not possible; use float32 or bfloat16")
        self.recipe, self.folder = recipe, folder
        self.model = LanguageModel(recipe.base, dtype=dtype, device=str(place))
        self.facts = self.model.describe()
        self.batches = Batches(recipe, self.model, examples)
        self.adapted = adapt(self.model, recipe)
        named = self.adapted.named_parameters()
        self.weights: dict[str, Tensor] = {name: weight for name, weight in named if weight.requires_grad}
        self.optimizer = torch.optim.AdamW(
            list(self.weights.values()), weight_decay=recipe.weight_decay, fused=place.type == "cuda"
        )
        self.state = StateFile(folder / STATE, self.weights, self.optimizer)
        self.record: Record = self.state.read()
        self.kept = kept_steps(recipe.steps, recipe.n_kept)
        # Losses and norms of gradients that the device has not been asked for yet: asking makes the host wait.
        self.pending: list[Tensor] = []

    def run(self, progress: bool | None) -> None:
        recipe, record = self.recipe, self.record
        begun = told = time.monotonic()
        before = record.seconds
        batches = self.batches.from_step(record.step)
        bar = _StepBar(recipe, shown=progress)
        with bar, _patient() as stop, closing(batches), _fast(self.model):
            bar.skip(record.step)
            for batch in batches:
                self._update(batch.to(self.model.device))
                last = record.step == recipe.steps
                if record.step % ROW_STEPS == 0 or last:
                    self._settle()
                    record.seconds = before + time.monotonic() - begun
                    self._add_row()
                    bar.loss(record.rows[-1][5])
                bar.step(batch.n_tokens)
                if record.step in self.kept:
                    self._settle()
                    write_adapter(self.adapted, recipe.base, step_folder(self.folder, record.step))
                if not last and (stop.asked or time.monotonic() - told >= STATE_SECONDS):
                    self._settle()
                    record.seconds = before + time.monotonic() - begun
                    self.state.write(record)
                    told = time.monotonic()
                if stop.asked and not last:
                    raise KeyboardInterrupt
        write_atomically(self.folder / "training.json", json.dumps(self._summary(), indent=1))

    def _update(self, batch: Batch) -> None:
        """One step of the optimizer."""
        recipe, record = self.recipe, self.record
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.rate_at(record.step)
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=self.model.dtype == torch.bfloat16):
            loss = chain_loss(self.model, batch)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.weights.values(), recipe.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.pending.append(torch.stack([loss.detach(), norm]))
        record.step += 1
        record.tokens += batch.n_tokens
        record.target_tokens += len(batch.targets)

    def _settle(self) -> None:
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
        lines = [",".join(_COLUMNS), *(",".join(map(str, row)) for row in record.rows)]
        write_atomically(self.folder / "loss.csv", "\n".join(lines) + "\n")

    def _summary(self) -> dict[str, Any]:
        from importlib.metadata import version

        from lmphys.core.provenance import machine, versions

        recipe, record = self.recipe, self.record
        last = record.losses[-math.ceil(recipe.steps / 20) :]
        gpu = {"gpu": torch.cuda.get_device_name(self.model.device)} if self.model.device.type == "cuda" else {}
        return {
            "recipe": recipe.to_json(),
            "model": self.facts,
            "trained_parameters": sum(weight.numel() for weight in self.weights.values()),
            "kept_steps": list(self.kept),
            "examples": recipe.steps * recipe.batch_size,
            "tokens": record.tokens,
            "target_tokens": record.target_tokens,
            "seconds": round(record.seconds, 1),
            "tokens_per_second": round(record.tokens / record.seconds, 1),
            "final_loss": sum(last) / len(last),
            "machine": {**machine(), **gpu, "threads": torch.get_num_threads()},
            "versions": {**versions(), "peft": version("peft")},
        }


class _StepBar(Progress):
    """Steps done of steps wanted, with loss and tokens per second."""

    def __init__(self, recipe: TrainingConfig, *, shown: bool | None) -> None:
        super().__init__(f"training on {recipe.base}", recipe.steps, unit="steps", shown=shown)

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
def _fast(model: LanguageModel) -> Iterator[None]:
    """TF32 on GPUs, no copies of inputs in float32 that autocast would turn back at once, and no talk of masks."""
    from peft.helpers import disable_input_dtype_casting
    from transformers.utils import logging

    precision, verbosity = torch.get_float32_matmul_precision(), logging.get_verbosity()
    if model.device.type == "cuda":
        torch.set_float32_matmul_precision("high")
    logging.set_verbosity_error()
    try:
        with disable_input_dtype_casting(model.model):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
        logging.set_verbosity(verbosity)
