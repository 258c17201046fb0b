"""Right against wrong chains, by how often they come back after a cut and after a displacement."""

import numpy as np
import pandas as pd

from lmphys.pages.basins.matched import compare_pairs

SHARE = "0 (share of the votes)"
AFTER_CUTS, LESS_SHARE = "mean after cuts", "mean less share"
DISPLACED = "mean of all displacements"


def compare_returns(
    back: pd.DataFrame, share: np.ndarray, picked: pd.DataFrame, known: np.ndarray, *, seed: int = 0
) -> pd.DataFrame:
    """Returns after each cut, beside the share of the votes, which is the return after no sentence.

    Args:
        back: of `return_table` by `cut`: a row a picked chain; no columns where none was written on.
        share: (P,) share of the votes of each chain's answer.
        picked: of `matched_chains`.
        known: (P, p), see `compare_pairs`.
        seed: of bootstrap and null.

    Returns:
        As `compare_pairs`: a row for the share, which nothing predicts, one a cut, their mean, and what each chain
        comes back more often than its answer has votes.
    """
    values = {SHARE: share} | {f"{cut:g}": back[cut].to_numpy() for cut in back}
    if len(back.columns):
        values[AFTER_CUTS] = back.mean(axis=1).to_numpy()
        values[LESS_SHARE] = values[AFTER_CUTS] - share
    table = compare_pairs(values, picked, known, seed=seed)
    table.loc[[SHARE], "predicted"] = np.nan
    return table


def compare_astray(
    back: pd.DataFrame, astray: pd.DataFrame, picked: pd.DataFrame, known: np.ndarray, *, seed: int = 0
) -> pd.DataFrame:
    """Returns of the pairs whose wrong chain was astray when it was cut: a row a cut, as `compare_pairs`.

    Args:
        back: of `return_table` by `cut`.
        astray: of `astray_table`; its columns are taken.
        picked: of `matched_chains`.
        known: (P, p), see `compare_pairs`.
        seed: of bootstrap and null.
    """
    right = picked["right"].to_numpy(dtype=bool)
    values = {f"{cut:g}": np.where(right | astray[cut], back[cut], np.nan) for cut in astray}
    return compare_pairs(values, picked, known, seed=seed)


def compare_displaced(kept: pd.DataFrame, picked: pd.DataFrame, known: np.ndarray, *, seed: int = 0) -> pd.DataFrame:
    """Answers kept after displacements of each size, and in the mean over all sizes above 0, as `compare_pairs`.

    Args:
        kept: of `return_table` by `norm`; no columns where none was displaced.
        picked: of `matched_chains`.
        known: (P, p), see `compare_pairs`.
        seed: of bootstrap and null.
    """
    values = {f"{norm:g}": kept[norm].to_numpy() for norm in kept}
    moved = kept.columns[np.array(kept.columns, dtype=float) > 0]
    if len(moved):
        values[DISPLACED] = kept[moved].mean(axis=1).to_numpy()
    return compare_pairs(values, picked, known, seed=seed)


def half_lost(norms: np.ndarray, shares: np.ndarray) -> float:
    """Norm at which half of the share at the first norm is lost, between norms by a straight line; NaN where it is not.

    Args:
        norms: (n,) rising.
        shares: (n,).
    """
    below = np.flatnonzero(shares <= shares[0] / 2)
    if not len(below) or below[0] == 0:
        return float("nan")
    i, j = below[0] - 1, below[0]
    return float(norms[i] + (norms[j] - norms[i]) * (shares[i] - shares[0] / 2) / (shares[i] - shares[j]))


def half_lost_by_kind(kept: pd.DataFrame, table: pd.DataFrame) -> pd.Series:
    """Size of the displacement at which half of the right, and of the wrong, chains have lost their answer.

    Args:
        kept: of `return_table` by `norm`.
        table: of `compare_displaced`.
    """
    norms = np.array(kept.columns, dtype=float)
    shares = table.iloc[: len(norms)]
    kinds = ("right", "wrong") if len(norms) else ()
    return pd.Series({kind: half_lost(norms, shares[kind].to_numpy()) for kind in kinds}, dtype=float)
