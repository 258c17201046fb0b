"""The card of a model as a picture, and both of its files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from lmphys.book.card import QUANTITIES, Card, Quantity, Values, card_of, markdown
from lmphys.book.style import BLACK, BLUE, ORANGE, svg_text, use_style
from lmphys.core.files import model_slug, write_atomically
from lmphys.stats.interval import Interval

_GREY = "#6b7280"


def card_figure(card: Card, others: Sequence[Card]) -> Figure:
    """A strip for each quantity: this model in blue, random weights in orange, other models hollow.

    Args:
        card: of the model.
        others: of those to compare with.
    """
    heights = [1.0 + 0.5 * max(0, len(card.values.get(quantity.label, ())) - 1) for quantity in QUANTITIES]
    figure = Figure(figsize=(4.6, 0.9 + 0.62 * sum(heights)), layout="constrained")
    strips = figure.subplots(len(QUANTITIES), 1, height_ratios=heights)
    for axes, quantity in zip(strips, QUANTITIES, strict=True):
        _strip(axes, quantity, card, others)
    figure.suptitle(f"The physics of {card.column.head}", fontsize=9, fontweight="bold")
    looks = [("this model", "o", BLUE, BLUE)]
    if any(not other.column.twin for other in others):
        looks.append(("other models", "o", _GREY, "white"))
    if any(other.column.twin for other in others):
        looks.append(("random weights", "x", ORANGE, ORANGE))
    handles = [
        Line2D([], [], linestyle="", marker=marker, color=edge, markerfacecolor=face, markersize=5, label=label)
        for label, marker, edge, face in looks
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, fontsize=8)
    return figure


def _strip(axes: Axes, quantity: Quantity, card: Card, others: Sequence[Card]) -> None:
    axes.set_title(quantity.label, fontsize=8, loc="left", pad=2)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.tick_params(labelsize=7)
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    mine = card.values.get(quantity.label)
    if mine is None:
        axes.set_xticks([])
        axes.text(
            0, 0.5, f"not measured: lmphys run {quantity.page}", fontsize=7, va="center", transform=axes.transAxes
        )
        return
    if quantity.mark is not None:
        axes.axvline(quantity.mark, color=BLACK, linewidth=0.8, linestyle=":")
    names = list(mine)
    for other in others:
        theirs: Values = other.values.get(quantity.label, {})
        looks = ("x", ORANGE, ORANGE) if other.column.twin else ("o", _GREY, "white")
        for y, name in enumerate(names):
            if name in theirs:
                axes.plot(
                    _parts(theirs[name])[0], y, looks[0], color=looks[1], markerfacecolor=looks[2], markersize=4.5
                )
    for y, name in enumerate(names):
        value, low, high = _parts(mine[name])
        axes.hlines(y, low, high, color=BLUE, linewidth=1.6)
        axes.plot(value, y, "o", color=BLUE, markersize=5)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.margins(x=0.12)
    if names != [""]:
        axes.set_yticks(range(len(names)), names, fontsize=7)


def _parts(value: float | Interval) -> tuple[float, float, float]:
    return tuple(value) if isinstance(value, Interval) else (value, value, value)


def write_card(root: Path, model: str, place: Path, folder: Path | None = None) -> list[Path]:
    """Write the card of a model; returns the two files.

    Args:
        root: of the project.
        model: its spec or name.
        place: folder of the files.
        folder: with further ledgers; None: no other.

    Raises:
        LmphysError: nothing is known of the model.
    """
    card, others = card_of(root, model, folder)
    stem = model_slug(card.column.name)
    with mpl.rc_context():
        use_style()
        drawing = svg_text(card_figure(card, _compared(card, others)))
    texts = {f"{stem}.svg": drawing, f"{stem}.md": markdown(card, others, model, f"{stem}.svg")}
    for name, text in texts.items():
        write_atomically(place / name, text)
    return [place / name for name in texts]


def _compared(card: Card, others: Mapping[str, Card]) -> list[Card]:
    """All other models, of random ones the twin of this one alone."""
    twin = f"random:{card.column.name}"
    return [other for name, other in others.items() if not other.column.twin or name == twin]
