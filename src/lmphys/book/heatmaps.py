"""Tables of numbers as pictures: a colour for each, and the number in it."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure

from lmphys.core.errors import LmphysError

# What the weights of the regimes have seen, and whose variance is explained, in words that fit a figure.
SEEN = {"predictive": "honest", "filtered_after_update": "seen", "smoothed": "smooth", "oracle": "oracle"}
SPACE = {"k": "k coordinates", "D": "all D, completed", "Eq. 10": "all D as Eq. 10"}


def heat_map(
    table: pd.DataFrame,
    *,
    marked: pd.DataFrame | None = None,
    low: float | None = None,
    high: float | None = None,
    centre: float | None = None,
    decimals: int = 2,
    ax: Axes | None = None,
) -> Axes:
    """A table as coloured cells with their numbers, so that colour never carries the meaning alone.

    Colours go from `low` to `high`, of the table unless given; what lies beyond has the colour of the end and its
    own number. Cells without a number stay empty.

    Args:
        table: numbers; its index and columns name the rows and columns.
        marked: of the same shape, whether a number is set in bold with a star.
        low: value of the first colour.
        high: value of the last colour.
        centre: value of the neutral colour in the middle of a scale of two colours; None: a scale of one.
        decimals: of the numbers.
        ax: axes to draw on; new ones by default.

    Raises:
        LmphysError: the table has no finite number.
    """
    values = table.to_numpy(float)
    if not np.isfinite(values).any():
        raise LmphysError("a heat map needs at least one finite number; the table has none")
    if ax is None:
        ax = plt.subplots(figsize=(1.5 + 0.8 * values.shape[1], 1.0 + 0.45 * values.shape[0]))[1]
    low = float(np.nanmin(values)) if low is None else low
    high = float(np.nanmax(values)) if high is None else high
    if centre is None:
        norm: Normalize = Normalize(low, high if high > low else low + 1.0)
        colours: Colormap = plt.get_cmap("cividis")
    else:
        reach = max(high - centre, centre - low) or 1.0
        norm, colours = TwoSlopeNorm(centre, centre - reach, centre + reach), plt.get_cmap("PuOr")
    ax.imshow(np.ma.masked_invalid(values), norm=norm, cmap=colours, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            continue
        star = marked is not None and bool(marked.to_numpy()[row, column])
        colour = _ink(colours(float(np.clip(norm(value), 0, 1))))
        text = f"{value:.{decimals}f}" + ("*" if star else "")
        weight = "bold" if star else "normal"
        ax.text(column, row, text, ha="center", va="center", color=colour, weight=weight, fontsize=9)
    ax.set_xticks(np.arange(values.shape[1]), [str(name) for name in table.columns])
    ax.set_yticks(np.arange(values.shape[0]), [str(name) for name in table.index])
    ax.tick_params(length=0)
    ax.grid(visible=False)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def _ink(ground: tuple[float, ...]) -> str:
    """Black or white, whichever stands out more from a colour, by the contrast of WCAG 2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in ground[:3]]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "white" if 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 else "black"


def ablation(table: pd.DataFrame, paper: Mapping[str, float], title: str) -> Figure:
    """The table of ablations under every definition of R^2, a panel for each space, beside the paper's column.

    Args:
        table: as `lmphys.pages.slds.ablation.Ablation.scores` returns it.
        paper: R^2 of the rows that the paper has.
        title: whose chains.

    Returns:
        A figure outside pyplot.
    """
    columns = table["r2"].unstack(["space", "target", "weights"])
    models = list(dict.fromkeys(table.index.get_level_values("model")))
    figure = Figure(figsize=(9, 7.4), layout="constrained")
    for ax, (space, where) in zip(figure.subplots(len(SPACE), 1), SPACE.items(), strict=True):
        part = columns[space].loc[models]
        targets = dict.fromkeys(part.columns.get_level_values("target"))
        shown = pd.DataFrame({f"{t}\n{label}": part[t, w] for t in targets for w, label in SEEN.items()})
        shown.insert(0, "paper", pd.Series(paper))
        heat_map(shown, low=0, high=0.8, ax=ax).set_title(f"{title}, {where}")
        for border in (0.5, 4.5):
            ax.axvline(border, color="white", linewidth=4)
    return figure
