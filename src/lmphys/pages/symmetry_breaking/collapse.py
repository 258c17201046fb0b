"""Many random patterns: the sharper, the larger, at a noise that the spectrum knows beforehand."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.generative import condensation_noise, crossing, recognised, view


def finite_sizes(
    dimensions: Sequence[int], load: float, ratios: np.ndarray, *, n_views: int, seed: int = 0
) -> pd.DataFrame:
    """Posterior probability of the true one of e^{load d} Gaussian patterns in d dimensions, of unit variances.

    Args:
        dimensions: d.
        load: ln N / d.
        ratios: (S,) noises over that at which the information is used up.
        n_views: for each d.
        seed: of patterns and views.

    Returns:
        A row a dimension and noise: `d`, `N`, `ratio`, `measured`, `expected` (the theory of large d).
    """
    rows = []
    for d in dimensions:
        rng = np.random.default_rng(seed + d)
        n = round(np.exp(load * d))
        patterns = rng.standard_normal((n, d)).astype(np.float32)
        unit = np.ones(d)
        critical = condensation_noise(unit, np.log(n))
        found = view(patterns, ratios * critical, rng.integers(n, size=n_views), rng)
        expected = recognised(unit, ratios * critical, np.log(n))
        for ratio, p, theory in zip(ratios, found.p_true.mean(axis=1), expected, strict=True):
            rows.append({"d": d, "N": n, "ratio": ratio, "measured": p, "expected": theory})
    return pd.DataFrame(rows)


def widths(table: pd.DataFrame) -> pd.DataFrame:
    """Where the probability passes 1/2, and from 3/4 to 1/4 in ln s, measured and expected; times √d it should stay.

    Args:
        table: of `finite_sizes`.
    """
    rows = {}
    for d, part in table.groupby("d"):
        row: dict[str, float] = {"N": int(part["N"].iloc[0])}
        for column in ("measured", "expected"):
            upper, half, lower = (
                float(crossing(part["ratio"].to_numpy(), part[column].to_numpy(), level)) for level in (0.25, 0.5, 0.75)
            )
            row |= {f"p = 1/2, {column}": half, f"width, {column}": np.log(upper / lower)}
        row["width × √d, measured"] = row["width, measured"] * np.sqrt(float(d))  # type: ignore[arg-type]
        rows[d] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("d")
