"""Figures of the page `drift`."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from lmphys.book.style import BLUE, GREEN, VERMILION
from lmphys.dynamics.reversal import Reversal

_COLOURS = {"random order": "#555555", "downhill": GREEN, "random weights": VERMILION}


def draw_directions(games: Mapping[str, Reversal]) -> Axes:
    """Share of directions guessed right in each game of `play_backwards`, with its interval and its nats a step."""
    ax = plt.subplots(figsize=(6.6, 0.8 + 0.33 * len(games)))[1]
    for row, (name, (told, nats, _)) in enumerate(games.items()):
        colour = next((colour for start, colour in _COLOURS.items() if name.startswith(start)), BLUE)
        ax.hlines(row, told.low, told.high, color=colour)
        ax.plot(told.value, row, "o", color=colour)
        ax.text(1.04, row, f"{nats.value:.1f} nats", va="center")
    ax.axvline(0.5, color="#222222", lw=0.9, ls="--")
    ax.set_yticks(range(len(games)), list(games))
    ax.invert_yaxis()
    ax.grid(visible=False, axis="y")
    ax.set(xlabel="directions guessed right", xlim=(0.3, 1.3), xticks=(0.4, 0.6, 0.8, 1))
    return ax
