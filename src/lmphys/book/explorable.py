"""Figures that a reader moves: curves at every position of one or two sliders, computed when the page runs.

In the rendered book `explorable.js` draws the panels with Plotly, whose script lies once in `_static`; the sliders are
those of the browser, for keyboard, mouse and touch. Where no script runs (a notebook, print, a phone without it) the
drawing at the starting position is shown. What the words under the figure say is computed here too: the script knows
no formula.
"""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lmphys.book.sources import own_pages
from lmphys.book.style import BLUE, svg_text
from lmphys.core.errors import LmphysError

SCRIPT = Path("_static", "plotly.min.js")
_MARK = "lmphys-explorable"
_LINES = {"solid": "-", "dash": "--", "dot": ":"}
_DIGITS = 4


@dataclass(frozen=True)
class Slider:
    """What a reader moves.

    Attributes:
        name: what it is, such as "temperature T".
        values: its positions, in order.
        start: number of the position where the page begins.
        unit: after the value, such as "nats".
    """

    name: str
    values: Sequence[float] | np.ndarray
    start: int = 0
    unit: str = ""

    def label(self, place: int) -> str:
        """Position as it is shown."""
        return f"{self.values[place]:.3g}".replace("-", "−") + (f" {self.unit}" if self.unit else "")


@dataclass(frozen=True)
class Panel:
    """Axes.

    Attributes:
        title: what is shown.
        x: label of the abscissa.
        y: label of the ordinate.
        x_range: its ends; None: those of the data at all positions.
        y_range: its ends.
        log: which axes are logarithmic: "", "x", "y" or "xy".
        names: labels of the bars x = 0, 1, ..., where there are bars; at each position the same.
    """

    title: str
    x: str = ""
    y: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    log: str = ""
    names: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Curve:
    """A line, a row of points, or bars.

    Attributes:
        y: (positions of the first slider, of the second, ..., n); an axis of length 1 holds for all positions.
        x: (n,), or as y.
        label: in the legend; "" for none.
        colour: of the book's palette.
        panel: number of its panel.
        kind: "line", "points" or "bars".
        dash: of a line, "solid", "dash" or "dot".
    """

    y: np.ndarray
    x: np.ndarray
    label: str = ""
    colour: str = BLUE
    panel: int = 0
    kind: str = "line"
    dash: str = "solid"

    def at(self, which: str, place: Sequence[int]) -> np.ndarray:
        """(n,) abscissas ("x") or ordinates ("y") at a position of the sliders."""
        values: np.ndarray = getattr(self, which)
        index = tuple(min(i, size - 1) for i, size in zip(place, values.shape[:-1], strict=False))
        return values[index]


@dataclass(frozen=True, eq=False)
class Explorable:
    """Panels of curves under sliders.

    Attributes:
        sliders: one or two.
        panels: side by side, or one below the other on a narrow page.
        curves: what is drawn.
        words: (positions of the first slider, ...) a sentence for each position.
        told: what the figure shows, for a reader who does not see it.

    Raises:
        LmphysError: an array does not fit the sliders, or holds no number at all.
    """

    sliders: Sequence[Slider]
    panels: Sequence[Panel]
    curves: Sequence[Curve]
    told: str
    words: np.ndarray | None = field(default=None)

    def __post_init__(self) -> None:
        sizes = tuple(len(slider.values) for slider in self.sliders)
        for curve in self.curves:
            shapes = [curve.y.shape] + [curve.x.shape] * (curve.x.ndim > 1)
            fits = all(
                len(shape) == len(sizes) + 1 and all(n in (1, size) for n, size in zip(shape[:-1], sizes, strict=True))
                for shape in shapes
            )
            if not fits or curve.x.shape[-1] != curve.y.shape[-1] or not np.isfinite(curve.y).any():
                raise LmphysError(
                    f"the curve {curve.label!r} has the shape {curve.y.shape} over {curve.x.shape}, and the sliders "
                    f"have {sizes} positions; give one value for each position and point"
                )
        if self.words is not None and self.words.shape != sizes:
            raise LmphysError(f"{self.words.shape} sentences and {sizes} positions; give one for each")

    @property
    def start(self) -> tuple[int, ...]:
        """Position where the page begins."""
        return tuple(slider.start for slider in self.sliders)

    def figure(self) -> Figure:
        """The drawing at the starting position."""
        n = len(self.panels)
        figure, axes = plt.subplots(1, n, figsize=(6.4 if n == 1 else 3.7 * n, 3.4), squeeze=False)
        for ax, panel in zip(axes[0], self.panels, strict=True):
            ax.set(title=panel.title, xlabel=panel.x, ylabel=panel.y)
            for axis in panel.log:
                getattr(ax, f"set_{axis}scale")("log")
        for curve in self.curves:
            ax, x, y = axes[0][curve.panel], curve.at("x", self.start), curve.at("y", self.start)
            label = curve.label or None
            if curve.kind == "bars":
                ax.bar(x, y, color=curve.colour, label=label)
            elif curve.kind == "points":
                ax.plot(x, y, "o", color=curve.colour, label=label)
            else:
                ax.plot(x, y, _LINES[curve.dash], color=curve.colour, label=label)
        for i, (ax, panel) in enumerate(zip(axes[0], self.panels, strict=True)):
            ax.set(xlim=panel.x_range, ylim=panel.y_range or self._reached(i))
            if panel.names:
                ax.set_xticks(range(len(panel.names)), panel.names, rotation=60, ha="right")
            if any(curve.panel == i and curve.label for curve in self.curves):
                ax.legend()
        plt.close(figure)
        return figure

    def _reached(self, panel: int) -> tuple[float, float]:
        """Ends of the ordinates at all positions, so that nothing jumps as the sliders move."""
        drawn = [curve for curve in self.curves if curve.panel == panel]
        y = np.concatenate([curve.y[np.isfinite(curve.y)].ravel() for curve in drawn])
        if "y" in self.panels[panel].log:
            y = y[y > 0]
            return float(y.min()) / 1.3, float(y.max()) * 1.3
        low, high = float(y.min()), float(y.max())
        if any(curve.kind == "bars" for curve in drawn):
            low = min(low, 0.0)
        room = 0.05 * ((high - low) or 1.0)
        return (low - room if low else 0.0), high + room

    def svg(self) -> str:
        """The drawing at the starting position, as SVG without a date."""
        text = svg_text(self.figure())
        return text[text.index("<svg") :]

    def spec(self) -> dict[str, object]:
        """What the script draws, as JSON values."""
        return {
            "sliders": [
                {"name": s.name, "labels": [s.label(i) for i in range(len(s.values))], "start": s.start}
                for s in self.sliders
            ],
            "panels": [
                {
                    "title": panel.title,
                    "x": panel.x,
                    "y": panel.y,
                    "x_range": panel.x_range,
                    "y_range": panel.y_range or self._reached(i),
                    "log": panel.log,
                    "names": panel.names,
                }
                for i, panel in enumerate(self.panels)
            ],
            "curves": [
                {
                    "label": curve.label,
                    "colour": curve.colour,
                    "panel": curve.panel,
                    "kind": curve.kind,
                    "dash": curve.dash,
                    "x": _numbers(curve.x if curve.x.ndim > 1 else curve.x.reshape(*[1] * len(self.sliders), -1)),
                    "y": _numbers(curve.y),
                }
                for curve in self.curves
            ],
            "words": None if self.words is None else self.words.tolist(),
        }

    def html(self) -> str:
        """The drawing, and what the script needs to take its place."""
        spec = json.dumps(self.spec(), separators=(",", ":"), allow_nan=False).replace("</", "<\\/")
        words = "" if self.words is None else html.escape(str(self.words[self.start]))
        return (
            f'<div class="{_MARK}" role="group" aria-label="{html.escape(self.told)}">'
            f'<div class="still">{self.svg()}</div><div class="panels" hidden></div><div class="sliders" hidden></div>'
            f'<p class="words" aria-live="polite">{words}</p><script type="application/json">{spec}</script></div>'
        )

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """The page takes the HTML; print, which has none, the drawing."""
        return {"text/html": self.html(), "image/svg+xml": self.svg(), "text/plain": self.told}


def _numbers(values: np.ndarray) -> object:
    """Nested lists of numbers rounded to what an eye can see; no number is null."""
    if values.ndim:
        return [_numbers(row) for row in values]
    value = float(values)
    return float(f"{value:.{_DIGITS}g}") if np.isfinite(value) else None


def place_script(folder: Path) -> bool:
    """Put Plotly's script beside the pages where one of them needs it, and say whether one does.

    Args:
        folder: of the rendered pages.
    """
    needed = any(_MARK in page.read_text(encoding="utf-8") for page in own_pages(folder))
    if needed:
        script = files("plotly").joinpath("package_data", SCRIPT.name).read_bytes()
        (folder / SCRIPT).write_bytes(script)
    return needed
