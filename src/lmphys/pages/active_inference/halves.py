"""Is there a best prompt at all? The table on two halves of its questions."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from lmphys.pages.active_inference.prompts import DESIGN, FACTORS
from lmphys.pages.active_inference.table import Table
from lmphys.stats import Interval, mean_interval, percentile_interval


def dealt_anew(table: Table, rng: np.random.Generator) -> Table:
    """The table with the prompts of each question in another order: no prompt is better than another, but by chance."""
    n_prompts, n_questions = table.margin.shape
    order = rng.permuted(np.tile(np.arange(n_prompts), (n_questions, 1)), axis=1).T
    parts = (table.margin, table.sure, table.tokens)
    margin, sure, tokens = (np.take_along_axis(part, order, axis=0) for part in parts)
    return replace(table, margin=margin, sure=sure, tokens=tokens)


def halves(table: Table, n: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """N random halvings of the questions, each task halved by itself."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        parts: tuple[list[int], list[int]] = ([], [])
        for task in dict.fromkeys(table.task):
            own = rng.permutation(np.flatnonzero(table.task == task))
            parts[0].extend(own[: len(own) // 2])
            parts[1].extend(own[len(own) // 2 :])
        found.append((np.array(parts[0]), np.array(parts[1])))
    return found


def over_halves(
    table: Table,
    statistic: Callable[[Table, np.ndarray, np.ndarray], float],
    *,
    n: int,
    anew: bool = False,
    seed: int = 0,
) -> Interval:
    """Mean of a statistic of two halves of the questions, with the range that holds 95 % of the halvings.

    Args:
        table: of answers.
        statistic: of the table and the places of the questions of each half.
        n: halvings.
        anew: whether the prompts are dealt anew before each.
        seed: of both.
    """
    rng = np.random.default_rng([seed, 1])
    values = np.array(
        [statistic(dealt_anew(table, rng) if anew else table, one, other) for one, other in halves(table, n, seed)]
    )
    known = values[np.isfinite(values)]
    return percentile_interval(values, known.mean() if len(known) else np.nan, undefined="drop")


def gain(table: Table, one: np.ndarray, other: np.ndarray) -> float:
    """Accuracy, on one half, of the prompt that is best on the other, minus that of the mean prompt.

    Prompts that are equally often right are told apart by their mean margin.
    """
    score = table.right[:, one].mean(axis=1) + 1e-6 * table.margin[:, one].mean(axis=1)
    accuracy = table.right[:, other].mean(axis=1)
    return float(accuracy[score.argmax()] - accuracy.mean())


def reliability(table: Table, one: np.ndarray, other: np.ndarray) -> float:
    """Correlation over prompts between mean grades on two halves, stepped up to the whole (Spearman, Brown)."""
    levels = table.levels()
    r = _correlation(levels[:, one].mean(axis=1), levels[:, other].mean(axis=1))
    return 2 * r / (1 + r) if r > -1 else np.nan


def worth(table: Table, one: np.ndarray, other: np.ndarray) -> float:
    """Correlation over prompts between the mean grade on one half and accuracy on the other."""
    return _correlation(table.levels()[:, one].mean(axis=1), table.right[:, other].mean(axis=1))


def trust(table: Table, one: np.ndarray, other: np.ndarray) -> float:
    """Correlation over prompts between the model's own margin on one half and accuracy on the other."""
    return _correlation(table.sure[:, one].mean(axis=1), table.right[:, other].mean(axis=1))


def effects(table: Table, *, seed: int = 0) -> pd.DataFrame:
    """What each choice of wording does, in the mean over all others: made less not made.

    Args:
        table: of answers.
        seed: of the bootstrap.

    Returns:
        A row a choice; `pay` with its ends, 95 % over questions, `accuracy`, and `tokens`, its cost.
    """
    grade, rows = table.levels() / 10, {}
    for i, factor in enumerate(FACTORS):
        pay, right, tokens = (
            x[DESIGN[:, i]].mean(axis=0) - x[~DESIGN[:, i]].mean(axis=0) for x in (grade, table.right, table.tokens)
        )
        number = mean_interval(pay, groups=None, seed=seed)
        rows[factor] = {**number._asdict(), "accuracy": right.mean(), "tokens": tokens.mean()}
    return pd.DataFrame(rows).T.rename(columns={"value": "pay"})


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else np.nan
