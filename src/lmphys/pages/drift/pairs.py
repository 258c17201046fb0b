"""The two scores of a forecast in one plane, with the curve of processes that remember with one correlation."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLACK, BLUE, GREEN, ORANGE, PURPLE, VERMILION
from lmphys.stats.regression import expected_r2_ar1

_R = np.round(np.arange(0, 0.96, 0.05), 2)
_STEPS = 40
_COLOURS = (VERMILION, ORANGE, PURPLE, GREEN)
_GREY = "#999999"
_LOWEST = -0.3
_FORECAST = "one linear map"
_NULLS = ["shuffled order", "phase-randomised", "per-trace mean"]


def plane(tables: Mapping[str, pd.DataFrame], *, r: float = 0.7, seed: int = 0) -> Explorable:
    """R² of the next state against R² of the increment: measured pairs, and a process x' = r x + noise under a slider.

    Args:
        tables: of `held_out_scores`, for each kind of state: columns `r2_h` and `r2_dh`.
        r: correlation from step to step, where the reader starts.
        seed: of the process that is drawn.
    """
    curve = np.array([expected_r2_ar1(value) for value in _R])
    pairs = {name: table[["r2_h", "r2_dh"]].astype(float) for name, table in tables.items()}
    nulls = np.concatenate([of_kind.reindex(_NULLS).dropna().to_numpy() for of_kind in pairs.values()])
    measured = [Curve(nulls[None, :, 1], nulls[:, 0], "their nulls", _GREY, 1, "points")]
    for (name, of_kind), colour in zip(pairs.items(), _COLOURS, strict=False):
        h, dh = of_kind.loc[_FORECAST]
        measured.append(Curve(np.array([[dh]]), np.array([[h]]), name, colour, 1, "points"))
    return Explorable(
        sliders=[Slider("correlation r", _R, int(np.abs(_R - r).argmin()))],
        panels=[
            Panel("x' = r x + noise, of variance 1", x="step", y="x", y_range=(-3.2, 3.2)),
            Panel("the two scores", x="R² of the next state", y="R² of the increment", x_range=(_LOWEST, 1),
                  y_range=(0, 0.8)),
        ],
        curves=[
            Curve(_paths(seed), np.arange(_STEPS, dtype=float), colour=BLUE),
            Curve(curve[None, :, 1], curve[:, 0], "x' = r x + noise", BLUE, 1),
            Curve(curve[:, 1:], curve[:, :1], colour=BLACK, panel=1, kind="points"),
            *measured,
        ],
        words=np.array([
            f"With r = {value:g} the best forecast explains {h:.0%} of the next state and {dh:.0%} of the increment."
            for value, (h, dh) in zip(_R, curve, strict=True)
        ]),
        told="A process with a given correlation from step to step, and the plane of the two scores of its best "
        "forecast with those that were measured, under a slider for the correlation.",
    )  # fmt: skip


def _paths(seed: int) -> np.ndarray:
    """(positions, steps) the process at each correlation, driven by one series of kicks."""
    kicks = np.random.default_rng(seed).standard_normal(_STEPS)
    x = np.empty((len(_R), _STEPS))
    x[:, 0] = kicks[0]
    for t in range(1, _STEPS):
        x[:, t] = _R * x[:, t - 1] + np.sqrt(1 - _R**2) * kicks[t]
    return x
