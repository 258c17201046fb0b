"""Three statements of the paper, as the ledger judges them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Number
from lmphys.lm.sources import locate
from lmphys.pages.transfer.model_transfer import MATCHED, OWN_BASIS, REFIT, SCALED, ModelTransfer
from lmphys.pages.transfer.task_transfer import TransferMatrix
from lmphys.stats.interval import Interval, percentile_interval


def task_drop(claim: str, summary: pd.DataFrame, permuted: pd.DataFrame, settings: str) -> Entry:
    """From the own task to another, beside the same with questions permuted among the tasks.

    Args:
        claim: of the number.
        summary: `TransferMatrix.summary` of the real tasks.
        permuted: of the permuted ones.
        settings: for the note.
    """
    row, centred = summary.loc["switching"], summary["drop"]["switching, re-centred"]
    controls: dict[str, Number] = {
        "no drop": 0.0,
        "questions permuted among tasks": Interval.of_row(permuted.loc["switching"], "drop"),
    }
    return Entry(claim, Interval.of_row(row, "drop"), controls, f"with the mean moved {centred:.3f}; {settings}")


def same_base(model: str, others: Sequence[str]) -> str:
    """That all other models have the base of the source, in words; empty where one has another.

    Args:
        model: spec of the source.
        others: specs of trained targets.
    """
    place = locate(model).place
    if not others or any(locate(other).place != place for other in others):
        return ""
    return f"{', '.join(others)}: adapted from the base of {model}; another model with a base of its own is needed"


def model_drop(
    claim: str, trained: Sequence[ModelTransfer], matrix: TransferMatrix, *, lacking: str = ""
) -> list[Entry]:
    """From all other tasks of the source's model to another trained model on the same text; nothing without one.

    Its control is a model that is refitted: a target may simply be harder to predict.

    Args:
        claim: of the number.
        trained: transfers to trained models on the source's text.
        matrix: of the tasks, with all other tasks.
        lacking: of `same_base`.
    """
    if not trained:
        return []
    rest = matrix.mean("switching", "rest")

    def across(*names: str) -> np.ndarray:
        return np.mean([result.r2(*names) for result in trained], axis=0) - rest

    ways = ", ".join(f"{way}: {across(way)[0]:.3f}" for way in (OWN_BASIS, SCALED))
    controls: dict[str, Number] = {"no drop": 0.0, "refitted": percentile_interval(across(OWN_BASIS, REFIT))}
    return [Entry(claim, percentile_interval(across(MATCHED)), controls, f"matched on the same text; {ways}", lacking)]


def beats_linear(claim: str, gains: Mapping[str, Interval], summary: pd.DataFrame) -> Entry:
    """What a switching model gains over one map on one other task, beside chains without regimes and the target's mean.

    Args:
        claim: of the number.
        gains: of `switching_gains`.
        summary: `TransferMatrix.summary` of the real tasks.
    """
    other = summary["other"]
    controls: dict[str, Number] = {
        "no gain": 0.0,
        "simulated without regimes": gains["simulated: one other task"],
        "mean of the target": float(other["mean of target"] - other["one linear map"]),
    }
    note = (
        f"to one other task, at R² {other['switching']:.3f}; with the mean moved "
        f"{gains['one other task, re-centred'].value:.3f}, simulated "
        f"{gains['simulated: one other task, re-centred'].value:.3f}"
    )
    return Entry(claim, gains["one other task"], controls, note)
