"""A right and a wrong chain of the same question with nearly the same energy, and what differs between them."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.pool import Pool
from lmphys.stats.power import paired_power

COLUMNS = ["question", "chain", "right", "energy", "row"]
_FOUND = ("right", "wrong", "difference", "low", "high", "predicted", "permuted", "p", "visible")


def matched_chains(pool: Pool, n_questions: int) -> pd.DataFrame:
    """Two chains of each question where there are right and wrong ones, one where there are not.

    The two are the right and the wrong chain whose energies are closest, or whose lengths are where chains have no
    energies. Questions with two come first, the closest pairs before others; of the others the chain with the median
    energy is taken.

    Args:
        pool: arrays (Q, K).
        n_questions: at most so many questions.

    Returns:
        A row a chain: `question` (row of the pool), `chain` (its column), `right`, `energy`, `row` (number of the chain
        in the corpus); the right one of a pair stands before the wrong one.

    Raises:
        LmphysError: no question is asked for.
    """
    if n_questions < 1:
        raise LmphysError(f"{n_questions} questions hold no chains; ask for at least 1")
    level = pool.energy if pool.has_energies else pool.n_tokens.astype(float)
    pairs, singles = [], []
    for q in range(pool.n_questions):
        right, wrong = np.flatnonzero(pool.right[q]), np.flatnonzero(~pool.right[q])
        if len(right) and len(wrong):
            gap = np.abs(level[q, right][:, None] - level[q, wrong])
            i, j = np.unravel_index(gap.argmin(), gap.shape)
            pairs.append((float(gap[i, j]), q, [int(right[i]), int(wrong[j])]))
        else:
            singles.append((np.inf, q, [int(np.argsort(level[q])[(pool.n_chains - 1) // 2])]))
    taken = (sorted(pairs) + singles)[:n_questions]
    rows = [
        (q, k, bool(pool.right[q, k]), pool.energy[q, k], q * pool.n_chains + k)
        for _, q, chains in taken
        for k in chains
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def right_less_wrong(values: np.ndarray, picked: pd.DataFrame) -> np.ndarray:
    """Difference (n, ...) of the two chains of each question that has two, right less wrong.

    Args:
        values: (P, ...) in the order of `picked`.
        picked: of `matched_chains`.
    """
    paired = picked.groupby("question")["right"].transform("size").to_numpy() == 2
    rows, right = np.flatnonzero(paired), picked["right"].to_numpy()[paired]
    return values[rows[right]] - values[rows[~right]]


def permuted(differences: np.ndarray, *, n: int = 2000, seed: int = 0) -> np.ndarray:
    """Means (n,) of differences (m,) when "right" and "wrong" change places at random within each question: a null."""
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, len(differences)))
    return signs @ differences / max(1, len(differences))


def predicted(y: np.ndarray, known: np.ndarray, question: np.ndarray) -> np.ndarray:
    """What other questions predict of y: least squares on known numbers, each question left out in turn.

    Args:
        y: (P,) a number of each chain.
        known: (P, p) what is known of it beforehand; a constant is added.
        question: (P,) chains of one question are left out together.

    Returns:
        (P,); NaN where the other questions have fewer than three chains for each of the p + 1 coefficients, or a known
        number is missing.
    """
    columns = np.column_stack([np.ones(len(y)), known])
    out = np.full(len(y), np.nan)
    for q in np.unique(question) if np.isfinite(columns).all() else ():
        mine = question == q
        if (~mine).sum() >= 3 * columns.shape[1]:
            out[mine] = columns[mine] @ np.linalg.lstsq(columns[~mine], y[~mine], rcond=None)[0]
    return out


def compare_pairs(
    values: Mapping[str, np.ndarray],
    picked: pd.DataFrame,
    known: np.ndarray,
    *,
    n_null: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Right against wrong chains of the same questions, by several numbers.

    Args:
        values: name to a number of each picked chain, (P,); a question with a NaN is left out of that row.
        picked: of `matched_chains`.
        known: (P, p) what is known beforehand, see `predicted`.
        n_null: permutations of the null.
        seed: of bootstrap and null.

    Returns:
        A row a name: `right`, `wrong` (means over the pairs), `difference` with `low` and `high` (95 %, over
        questions), `predicted` (the difference that `known` predicts from other questions), `permuted` (mean difference
        when "right" and "wrong" change places), `p` (share of these and of the labels as they are whose difference is
        as large), `visible` (smallest true difference that so many pairs show in 80 of 100 repeats, by their own
        scatter), `pairs`. NaN where there are too few pairs.
    """
    rows = {}
    for name, y in values.items():
        finite = pd.Series(np.isfinite(y)).groupby(picked["question"].to_numpy()).transform("all").to_numpy()
        mine, y = picked[finite].reset_index(drop=True), np.asarray(y)[finite]
        difference = right_less_wrong(y, mine)
        row = dict.fromkeys(_FOUND, np.nan)
        if len(difference):
            paired = mine.groupby("question")["right"].transform("size").to_numpy() == 2
            right = mine["right"].to_numpy()
            interval = mean_over_questions(difference, seed=seed)
            expected = right_less_wrong(predicted(y, known[finite], mine["question"].to_numpy()), mine)
            null = permuted(difference, n=n_null, seed=seed)
            row |= {"right": y[paired & right].mean(), "wrong": y[paired & ~right].mean()}
            row |= {part: float(end) for part, end in zip(("difference", "low", "high"), interval, strict=True)}
            reached = np.abs(null) >= abs(interval.value) - 1e-12
            p = (1 + reached.sum()) / (1 + n_null)
            row |= {"predicted": expected.mean(), "permuted": null.mean(), "p": p}
            row["visible"] = paired_power(difference, 1).visible
        rows[name] = {**{key: float(value) for key, value in row.items()}, "pairs": len(difference)}
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=[*_FOUND, "pairs"])


def predictors(pool: Pool, picked: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """A number of each picked chain (P,) beside its energy, (P, 2); alone, (P, 1), where chains have no energies."""
    return np.column_stack([values, picked["energy"]] if pool.has_energies else [values])
