"""Logs of trainings, of this project or another: step, loss and learning rate, from the usual files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

# Names under which trainers write them, the first one that is there is taken.
STEP = ("step", "global_step", "_step", "iteration", "iter", "train/global_step", "Step")
LOSS = ("loss", "train_loss", "train/loss", "training_loss", "loss/train", "lm_loss", "Loss")
RATE = ("learning_rate", "lr", "train/learning_rate", "train/lr", "rate", "lr-AdamW", "LR")
_PLAIN = {"step": "the step", "loss": "the loss", "rate": "the learning rate"}
_EXPORT = "export it first (TensorBoard: tick 'Show data download links' and take the CSV), with loss and learning rate"


@dataclass(frozen=True)
class TrainingLog:
    """What a training wrote of itself, in the order of its updates.

    Attributes:
        step: (n,) number of updates done.
        loss: (n,) training loss, nats or whatever the training has.
        rate: (n,) learning rate.
    """

    step: np.ndarray
    loss: np.ndarray
    rate: np.ndarray

    def __len__(self) -> int:
        return len(self.step)


def read_log(file: Path, *, step: str | None = None, loss: str | None = None, rate: str | None = None) -> TrainingLog:
    """Read the log of a training.

    Args:
        file: CSV with a heading, JSON lines, a JSON list, or `trainer_state.json` of `transformers`. Rows without a
            loss or without a learning rate, such as those of an evaluation, are passed over. Where a step comes twice,
            as after a restart, the later row counts.
        step: name of its column; None: the usual ones.
        loss: likewise.
        rate: likewise.

    Raises:
        LmphysError: the file is missing, empty or of another kind, lacks a column, or has a loss that is no number.
    """
    if "tfevents" in file.name:
        raise LmphysError(f"{file.name} is an event file of TensorBoard, which no package of the lock reads; {_EXPORT}")
    if file.is_dir():
        raise LmphysError(f"{file} is a folder; name the log in it, such as trainer_state.json or loss.csv")
    with given(file, "name the log of a training"):
        text = file.read_text(encoding="utf-8-sig")
    if not text.strip():
        raise LmphysError(f"{file.name} is empty; name the log of a training that has begun")
    with given(file, "give CSV, JSON lines or trainer_state.json", "is no log that can be read"):
        table = _table(text)
    wanted = {"step": (step, STEP), "loss": (loss, LOSS), "rate": (rate, RATE)}
    columns = {what: _column(table, what, name, usual, file.name) for what, (name, usual) in wanted.items()}
    found = table[list(columns.values())].set_axis(list(columns), axis=1)
    # A NaN that a trainer wrote is a text or a number; a row of another kind lacks the entry.
    kept = found[found.notna().all(axis=1)]
    if kept.empty:
        raise LmphysError(f"{file.name} has no row with both a loss and a learning rate; let the training write both")
    numbers = kept.apply(pd.to_numeric, errors="coerce")
    bad = ~np.isfinite(numbers.to_numpy(dtype=float))
    if bad.any():
        row, what = np.argwhere(bad)[0]
        at = kept["step"].iloc[row]
        raise LmphysError(
            f"{_PLAIN[list(columns)[what]]} at step {at} is {kept.iloc[row, what]!r} ({bad.any(axis=1).sum()} of "
            f"{len(kept)} rows hold no number); cut the log before that step"
        )
    numbers = numbers.drop_duplicates("step", keep="last").sort_values("step")
    return TrainingLog(*(numbers[what].to_numpy(dtype=float) for what in ("step", "loss", "rate")))


def _table(text: str) -> pd.DataFrame:
    """Rows of a log; what is lacking in a row is None or NaN, and a NaN that was written is the text "nan"."""
    if text.lstrip()[0] in "{[":
        return pd.DataFrame([_flat(row) for row in _rows(text)], dtype=object)
    sep = max(",;\t", key=text.split("\n", 1)[0].count)
    table = pd.read_csv(StringIO(text), sep=sep, dtype=str, keep_default_na=False, skipinitialspace=True)
    return table.rename(columns=str.strip).replace("", None)


def _rows(text: str) -> Sequence[Mapping[str, Any]]:
    try:
        whole = json.loads(text, parse_constant=str)
    except ValueError:
        return [json.loads(line, parse_constant=str) for line in text.splitlines() if line.strip()]
    if isinstance(whole, dict):
        return list(whole.get("log_history", [whole]))
    return list(whole)


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what is below it, but for one level: {"train": {"loss": 1}} has "train/loss"."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            flat |= {f"{name}/{below}": entry for below, entry in value.items()}
        else:
            flat[name] = value
    return flat


def _column(table: pd.DataFrame, what: str, name: str | None, usual: Sequence[str], file: str) -> str:
    here = [column for column in ((name,) if name else usual) if column in table.columns]
    if here:
        return here[0]
    there = ", ".join(map(str, table.columns[:12])) or "none"
    looked = f"{name!r}" if name else " or ".join(usual[:3])
    raise LmphysError(f"{file} has no column for {_PLAIN[what]} ({looked}) among {there}; name it with --{what}")
