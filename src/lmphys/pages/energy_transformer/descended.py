"""A descent that the reader walks down: losses of the characters of a window, perplexity and energy at each step."""

from collections.abc import Sequence

import numpy as np

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.pages.energy_transformer.asked import Told

_SHOWN = {" ": "␣", "\n": "⏎"}
_UNSURE = 0.25  # nats of change that count


def descent(told: Told, characters: str, window: int, trained: int, plain: np.ndarray) -> Explorable:
    """Losses of one window, perplexity of all and mean energy under a slider for the steps of descent.

    Args:
        told: of a text.
        characters: of the window, S.
        window: its number.
        trained: most steps in training, where the reader starts.
        plain: (models, windows) nats of a transformer, one pass.
    """
    each = told.each[:, 0, window]
    perplexities = np.exp(told.surprisals.mean(axis=(1, 2)))
    energies = told.energies.mean(axis=(1, 2, 3))
    steps = np.arange(len(each))
    better, worse = ((sign * (each[1:] - each[:-1]) > _UNSURE).sum(axis=1) for sign in (-1, 1))
    begun = f"perplexity {perplexities[0]:.1f}, mean energy {energies[0]:.2f}."
    words = [f"Before the first step every guess is noise: {begun}"]
    words += [
        f"Step {s} brought the guess nearer at {better[s - 1]} of {len(characters)} characters and farther at "
        f"{worse[s - 1]} (by more than {_UNSURE} nats). Over all windows: perplexity {perplexities[s]:.2f}, mean "
        f"energy {energies[s]:.2f}" + ("; so far the training went." if s == trained else ".")
        for s in steps[1:]
    ]
    transformer = float(np.exp(plain.mean()))
    return Explorable(
        sliders=[Slider("steps of descent", steps.astype(float), min(trained, len(steps) - 1))],
        panels=[
            Panel("loss of each character", y="nats", names=_names(characters)),
            Panel("perplexity", x="steps of descent", log="y"),
            Panel("mean energy", x="steps of descent"),
        ],
        curves=[
            Curve(each, np.arange(each.shape[1], dtype=float), colour=VERMILION, kind="bars"),
            Curve(perplexities[None], steps.astype(float), "energies", VERMILION, 1),
            Curve(np.full((1, len(steps)), transformer), steps.astype(float), "transformer", BLUE, 1, dash="dash"),
            Curve(perplexities[:, None], steps[:, None].astype(float), colour=BLACK, panel=1, kind="points"),
            Curve(energies[None], steps.astype(float), colour=GREEN, panel=2),
            Curve(energies[:, None], steps[:, None].astype(float), colour=BLACK, panel=2, kind="points"),
        ],
        words=np.array(words),
        told="Losses of the characters of one window, perplexity and mean energy of all windows, under a slider for "
        "the number of steps of descent.",
    )


def _names(characters: Sequence[str]) -> tuple[str, ...]:
    return tuple(_SHOWN.get(character, character) for character in characters)
