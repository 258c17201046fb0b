"""Tables of numbers as pictures: a colour for each, and the number in it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Colormap, Normalize, TwoSlopeNorm

from lmphys.core.errors import LmphysError


def heat_map(
    table: pd.DataFrame,
    *,
    marked: pd.DataFrame | None = None,
    sparse: bool = False,
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
        sparse: write the marked numbers alone; the others are their colour.
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
        if sparse and not star:
            continue
        colour = _ink(colours(float(np.clip(norm(value), 0, 1))))
        text = f"{value:z.{decimals}f}" + ("*" if star else "")  # z: what rounds to 0 has no sign
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
