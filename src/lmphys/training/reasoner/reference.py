"""The training of the shipped reasoner as it was run, what it did there, and a run beside it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.paths import project_root
from lmphys.problems.chains import problem_of
from lmphys.problems.sentences import PHASES
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.training.reasoner.outcomes import OUTCOMES

MEDIUM = (5, 6, 7)  # numbers of steps at which accuracy is to be neither 0 nor 1


@dataclass(frozen=True)
class Reference:
    """Files of `data/reference/reasoner`.

    Attributes:
        training: recipe, tokens, seconds, machine and versions of the training.
        loss: the loss curve, a row each ten updates.
        outcomes: `chain_outcomes` of held-out chains at temperature 0.8.
        greedy: the same without randomness, or None.
        by_step: the same at each kept step, with a column `step`, or None.
    """

    training: dict[str, Any]
    loss: pd.DataFrame
    outcomes: pd.DataFrame
    greedy: pd.DataFrame | None
    by_step: pd.DataFrame | None


def load_reference(folder: Path | None = None) -> Reference:
    """Read the committed record of the training.

    Args:
        folder: where from; None: `data/reference/reasoner` of the book around the working folder.

    Raises:
        LmphysError: outside a checkout, or a file is missing or damaged.
    """
    folder = folder or project_root() / "data" / "reference" / "reasoner"
    with given(f"the record {folder}", "restore it: git checkout data"):
        training = json.loads((folder / "training.json").read_text(encoding="utf-8"))
        loss, outcomes = (pd.read_csv(folder / name) for name in ("loss.csv", "outcomes.csv"))
        greedy, by_step = (
            pd.read_csv(folder / name) if (folder / name).is_file() else None
            for name in ("greedy.csv", "accuracy_by_step.csv")
        )
    return Reference(training, loss, outcomes, greedy, by_step)


def chance(outcomes: pd.DataFrame) -> pd.Series:
    """Accuracy of a blind guess among the choices of each question, mean by family; 0 where answers are open."""
    questions = outcomes.drop_duplicates("question_id")
    problems = [problem_of(name) for name in questions["question_id"]]
    guess = [1 / len(p.choices) if p is not None and p.choices else 0.0 for p in problems]
    return pd.Series(guess, index=questions.index).groupby(questions["family"], sort=False).mean().rename("chance")


def compare(outcomes: pd.DataFrame, reference: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Rates of a run beside those of the reference, the latter at the run's mix of families and difficulties.

    Args:
        outcomes: `chain_outcomes` of the run.
        reference: `chain_outcomes` of the reference.
        seed: of the resampling of questions.

    Returns:
        A row for each of `OUTCOMES` and the number of sentences: `here`, `low`, `high`, `reference`, `reference_low`,
        `reference_high` (95 % intervals over questions) and `agree`, whether the intervals overlap.
    """
    cells = ["family", "difficulty"]
    share = outcomes.groupby(cells).size() / reference.groupby(cells).size()
    weight = reference[cells].merge(share.rename("w").reset_index(), "left", cells)["w"].fillna(0).to_numpy()
    rows = {}
    for column in (*OUTCOMES, "n_sentences"):
        here = outcome_mean(outcomes, column, seed=seed)
        there = outcome_mean(reference, column, weight, seed=seed)
        names = ("here", "low", "high", "reference", "reference_low", "reference_high")
        agree = bool(here.low <= there.high and there.low <= here.high)
        rows[column] = {**dict(zip(names, [*here, *there], strict=True)), "agree": agree}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("quantity")


def outcome_mean(outcomes: pd.DataFrame, column: str, weight: np.ndarray | None = None, *, seed: int = 0) -> Interval:
    """Mean of a column over chains, with a 95 % interval over questions; a share of none or all has one as well.

    Args:
        outcomes: a row a chain.
        column: of numbers or truths.
        weight: (chains,) weights of the chains, None for equal ones; questions of weight 0 do not count.
        seed: of the resampling.
    """
    w = np.ones(len(outcomes)) if weight is None else weight
    part = outcomes[w > 0]
    bounds = (0, 1) if part[column].dtype == bool else None
    return mean_interval(part[column], groups=part["question_id"], weights=w[w > 0], bounds=bounds, seed=seed)


def difficulty_slope(outcomes: pd.DataFrame, *, seed: int = 0) -> tuple[float, float, float]:
    """Change of accuracy a further step of the problem, least squares, with a 95 % interval over questions."""
    question, ids = pd.factorize(outcomes["question_id"])
    d, y = outcomes["difficulty"].to_numpy(float), outcomes["correct"].to_numpy(float)
    if len(np.unique(d)) < 2:
        return np.nan, np.nan, np.nan
    sums = sum_by_group(np.stack([np.ones_like(d), d, y, d * y, d * d], axis=1), question, len(ids))

    def slope(draws: np.ndarray) -> np.ndarray:
        n, d1, y1, dy, dd = (draws @ sums).T
        spread = n * dd - d1**2
        return np.where(spread > 0, n * dy - d1 * y1, 0.0) / np.where(spread > 0, spread, 1.0)

    value, low, high = bootstrap_chains(slope, len(ids), seed=seed)
    return float(value), float(low), float(high)


def acceptance_checks(outcomes: pd.DataFrame, greedy: pd.DataFrame | None = None, *, seed: int = 0) -> pd.DataFrame:
    """What a reasoner of this book is to do, and whether it does.

    Args:
        outcomes: `chain_outcomes` of sampled chains.
        greedy: the same of chains that were written without randomness, None where there are none.
        seed: of the resampling of questions.

    Returns:
        A row a check: `value`, `low`, `high` (95 % over questions), `wanted`, and `kept`: "yes", "no", or "cannot
        tell" where there are no such chains, or where a sign is promised and the interval holds 0.
    """
    medium = outcomes[outcomes["difficulty"].isin(MEDIUM)]
    phases = [phase for phase in PHASES if phase != "stray"]
    occur = float(sum((outcomes[f"n_{phase}"] > 0).any() for phase in phases))

    rows = {
        f"accuracy at {MEDIUM[0]} to {MEDIUM[-1]} steps": _size(outcome_mean(medium, "correct", seed=seed), 0.4, 0.8),
        "accuracy a further step": _sign(difficulty_slope(outcomes, seed=seed), -1),
        "sentences a chain": _size(outcome_mean(outcomes, "n_sentences", seed=seed), 6, 15),
        "phases that occur": _size((occur, np.nan, np.nan), len(phases), len(phases)),
        "chains with a slip": _sign(outcome_mean(outcomes, "slipped", seed=seed), 1),
        "chains with a correction": _sign(outcome_mean(outcomes, "corrected", seed=seed), 1),
    }
    if greedy is not None:
        easiest = greedy[greedy["difficulty"] == greedy["difficulty"].min()]
        rows["accuracy at the easiest level, greedy"] = _size(outcome_mean(easiest, "correct", seed=seed), 0.7, 1)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("check")


def _size(found: tuple[float, float, float], least: float, most: float) -> dict[str, Any]:
    """A check of a size, judged by its value."""
    value, low, high = found
    kept = "cannot tell" if np.isnan(value) else "yes" if least <= value <= most else "no"
    wanted = f"{least:g}" if least == most else f"{least:g} to {most:g}"
    return {"value": value, "low": low, "high": high, "wanted": wanted, "kept": kept}


def _sign(found: tuple[float, float, float], sign: int) -> dict[str, Any]:
    """A check of a sign, judged by the interval."""
    value, low, high = found
    kept = "yes" if min(sign * low, sign * high) > 0 else "no" if max(sign * low, sign * high) < 0 else "cannot tell"
    return {"value": value, "low": low, "high": high, "wanted": "above 0" if sign > 0 else "below 0", "kept": kept}
