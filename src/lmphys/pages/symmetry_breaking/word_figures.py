"""Figures of the page on symmetry breaking: the tokens of a language model."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from lmphys.book.style import BLUE, GREEN, ORANGE, VERMILION
from lmphys.generative import recognised
from lmphys.pages.symmetry_breaking.centre import AS_IS, MIRRORED, Undecided
from lmphys.pages.symmetry_breaking.figures import GREY, log_noise
from lmphys.pages.symmetry_breaking.words import ISOTROPIC, RANDOM, SAME, WORDS, Codebook
from lmphys.stats.mean import mean_interval

NOISE = "noise s / σ²"
_MARKS = {WORDS: ("o-", BLUE), SAME: ("s--", ORANGE), ISOTROPIC: ("^:", VERMILION), RANDOM: ("x-.", GREEN)}


def condensation(books: Mapping[str, Codebook], *, seed: int = 0) -> Figure:
    """Probability of the true token, with what the spectrum expects, and the rate at which entropy is lost."""
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.8, 4.2), layout="constrained")
    for name, book in books.items():
        (mark, colour), seen = _MARKS[name], book.views
        ends = [mean_interval(each, groups=None, bounds=(0, 1), seed=seed) for each in seen.p_true]
        y = np.array([end.value for end in ends])
        bars = np.abs(np.array([(end.low, end.high) for end in ends]).T - y) if name == WORDS else None
        ax.errorbar(seen.noises, y, bars, fmt=mark, color=colour, mfc="white", ms=5, capsize=2, label=name)
        beside.plot(seen.noises, book.rate().mean(axis=1), mark, color=colour, mfc="white", ms=5)
    words = books[WORDS]
    noises = np.geomspace(words.views.noises.min(), words.views.noises.max(), 200)
    ax.plot(
        noises, recognised(words.variances, noises, words.nats), color="black", lw=1.5, label="words, from spectrum"
    )
    for each in (ax, beside):
        each.axvline(words.predicted, color=GREY, linestyle="--", linewidth=1)
        log_noise(each, NOISE)
    ax.set(ylabel="p(true token)", ylim=(-0.03, 1.03))
    beside.set(ylabel="entropy lost, dH / d ln s, nats", ylim=(0, None))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3, fontsize=10)
    return figure


def centres(found: Mapping[str, Undecided], condensed: float) -> Figure:
    """Slope of the denoiser at the central fixed point, and tokens that share the posterior there.

    Args:
        found: by name of the table, the first one with the tokens that share drawn too.
        condensed: noise at which words are recognised.
    """
    figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.8, 4.2), layout="constrained")
    for (name, point), colour, marks in zip(found.items(), (BLUE, VERMILION), ("os", "^D"), strict=True):
        for version, centre, mark, line in (
            (AS_IS, point.followed, marks[0], "-"),
            (MIRRORED, point.mirrored, marks[1], ":"),
        ):
            label = f"{name}, {version}"
            ax.plot(centre.noises, centre.slope, mark + line, color=colour, mfc="white", ms=5, label=label)
        ax.axvline(point.largest, color=colour, linestyle="--", linewidth=1)
    first = next(iter(found.values()))
    words, largest = first.followed, first.largest
    ax.plot(words.noises, largest / (largest + words.noises), color="black", lw=1.5, label="Gaussian cloud")
    beside.plot(words.noises, words.effective, "o-", color=BLUE, mfc="white", ms=5)
    beside.set(yscale="log", ylabel="tokens that share the centre")
    for each in (ax, beside):
        each.axvline(condensed, color=GREY, linestyle="-.", linewidth=1)
        log_noise(each, NOISE)
    ax.axhline(1, color="black", linewidth=0.8)
    ax.set(ylabel="slope at the centre", ylim=(0, None))
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2, fontsize=10)
    return figure


def classes(book: Codebook, table: pd.DataFrame) -> Figure:
    """Share of the entropy that is left, of the token and of its classes.

    Args:
        book: the words.
        table: of `class_decisions`.
    """
    figure, ax = plt.subplots(figsize=(6.8, 3.9))
    seen = book.views
    ax.plot(seen.noises, seen.entropy.mean(axis=1) / book.nats, "k-", label="the token")
    marks = ("o-", BLUE), ("s--", GREEN), ("^-.", ORANGE), ("x:", VERMILION)
    for (name, row), (mark, colour) in zip(table.iterrows(), marks[-len(table) :], strict=True):
        share = row["share"]
        prior = -(share * np.log(share) + (1 - share) * np.log(1 - share))
        left = seen.class_entropy(str(name)).mean(axis=1) / prior
        ax.plot(seen.noises, left, mark, color=colour, mfc="white", ms=5, label=str(name))
    ax.axhline(0.5, color=GREY, linewidth=0.8)
    ax.axvline(book.predicted, color=GREY, linestyle="--", linewidth=1)
    log_noise(ax, NOISE)
    ax.set(ylabel="share of the entropy left", ylim=(0, 1.05))
    ax.legend()
    return figure
