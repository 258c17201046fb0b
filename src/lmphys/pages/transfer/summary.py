"""What the transfers add up to."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from lmphys.lm.sources import random_base
from lmphys.pages.transfer.model_transfer import MATCHED, NULLS, OWN_BASIS, REFIT, ModelTransfer
from lmphys.pages.transfer.task_transfer import TransferMatrix
from lmphys.stats.interval import Interval, percentile_interval


def switching_gains(matrix: TransferMatrix, simulated: TransferMatrix) -> dict[str, Interval]:
    """R^2 of the switching model minus that of one linear map, by where the chains come from.

    Args:
        matrix: of the real chains, with all other tasks.
        simulated: of chains without regimes.
    """

    def gain(m: TransferMatrix, which: Literal["own", "other", "rest"], moved: str = "") -> Interval:
        return percentile_interval(m.mean(f"switching{moved}", which) - m.mean(f"one linear map{moved}", which))

    return {
        "own task": gain(matrix, "own"),
        "one other task": gain(matrix, "other"),
        "one other task, re-centred": gain(matrix, "other", ", re-centred"),
        "all other tasks": gain(matrix, "rest"),
        "simulated: one other task": gain(simulated, "other"),
        "simulated: one other task, re-centred": gain(simulated, "other", ", re-centred"),
    }


def describe_matches(crossed: Mapping[str, ModelTransfer]) -> pd.DataFrame:
    """How much the match decides, a row a target.

    Columns: R^2 of the `best null`, of the `matched` coordinates and of the `refit` in the same subspace; and of the
    worst and the best match that is no null, with its name.
    """
    rows = {}
    for name, result in crossed.items():
        table = result.table()
        r2 = table["switching"]
        chosen = r2.drop(list(NULLS))
        rows[name] = {
            "best null": r2[list(NULLS)].max(),
            "matched": r2[MATCHED],
            "refit": table.loc[MATCHED, REFIT],
            "worst choice": f"{chosen.min():.3f}, {chosen.idxmin()}",
            "best choice": f"{chosen.max():.3f}, {chosen.idxmax()}",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("target")


def same_text_means(crossed: Mapping[str, ModelTransfer], others: list[str]) -> pd.DataFrame:
    """Mean R^2 on the source's text, `matched` and of a `refit`, of models with random and with trained weights.

    Args:
        crossed: of `transfer_models`, with `<model>, same text` for each of the others.
        others: model specs.
    """
    rows = {}
    for kind, is_random in (("random weights", True), ("trained weights", False)):
        found = [crossed[f"{model}, same text"] for model in others if bool(random_base(model)) == is_random]
        if found:
            rows[kind] = {
                "matched": np.mean([result.r2(MATCHED)[0] for result in found]),
                "refit": np.mean([result.r2(OWN_BASIS, REFIT)[0] for result in found]),
            }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("same text")
