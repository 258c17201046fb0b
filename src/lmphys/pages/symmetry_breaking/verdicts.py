"""What the page has judged: exponents and order of the transitions, clones, late starts, and the words."""

from collections.abc import Mapping

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.symmetry_breaking.centre import Undecided
from lmphys.pages.symmetry_breaking.clones import Clones
from lmphys.pages.symmetry_breaking.late_start import Ends
from lmphys.pages.symmetry_breaking.points import (
    ISOTHERM,
    ORDER,
    RESPONSE,
    TRICRITICAL_ISOTHERM,
    TRICRITICAL_ORDER,
    Exponent,
    Onset,
)
from lmphys.pages.symmetry_breaking.words import (
    BEGINS,
    DEALT,
    ISOTROPIC,
    OVER,
    WORDS,
    Codebook,
)
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval


def judge_points(exponents: Mapping[str, Exponent], onsets: Mapping[float, Onset], changes_at: float) -> list[Entry]:
    """Exponents of two points, and the order of the transition with a third.

    Args:
        exponents: by the names of this module.
        onsets: by the weight of the point at 0; 0.1 and 0.4 among them.
        changes_at: least weight with a jump.
    """
    fits = {name: found.fitted for name, found in exponents.items()}
    note = "ends: least and largest slope of five parts of the range"
    third = "three points, tricritical"
    return [
        Entry("amb.beta", fits[ORDER], {third: fits[TRICRITICAL_ORDER]}, note),
        Entry("amb.gamma", fits[RESPONSE], {}, note),
        Entry("amb.delta", fits[ISOTHERM], {third: fits[TRICRITICAL_ISOTHERM]}, note),
        Entry("amb.second_order", onsets[0.4].jump, {"weight 0.1 on 0": onsets[0.1].jump}, "no sampling: no interval"),
        Entry("amb.tricritical", changes_at, {}, "no sampling: no interval"),
    ]


def judge_paths(clones: Clones, late: Ends, early: Ends, *, seed: int = 0) -> list[Entry]:
    """Clones and late starts.

    Args:
        clones: of two Gaussians.
        late: samples that started from a Gaussian at a fifth of the larger critical noise.
        early: samples that started from one well above it.
        seed: of intervals.
    """
    start = mean_interval((clones.together - clones.expected[-1:]).mean(axis=0), groups=None, seed=seed)
    above = {"start above the critical noise": early.error(seed=seed)}
    return [
        Entry("amb.clones", clones.excess(seed=seed), {"clones that part at the start": start}, "interval over pairs"),
        Entry("amb.late_start", late.error(seed=seed), above, "interval over samples"),
    ]


def judge_words(
    books: Mapping[str, Codebook],
    centres: Mapping[str, Undecided],
    classes: pd.DataFrame,
    *,
    seed: int = 0,
) -> list[Entry]:
    """Condensation, stability, order and rate of the tokens of a model.

    Args:
        books: by name of the codebook.
        centres: of the words and of `equal norms`.
        classes: of `class_decisions`.
        seed: of intervals.
    """
    note = "interval over tokens and their noise"
    over = {name: book.interval(book.condensed, book.predicted, seed=seed) for name, book in books.items()}
    slopes = {name: found.over_largest() for name, found in centres.items()}
    words, where = books[WORDS], centres[WORDS].critical()
    seen = words.interval(words.condensed, seed=seed)
    order = {name: Interval(c.value / seen.value, c.low / seen.high, c.high / seen.low) for name, c in where.items()}
    peaks = {name: book.interval(book.fastest, book.condensed, seed=seed) for name, book in books.items()}
    off = f"entropy lost and integral of the rate differ by {100 * words.identity_error():.1f} %"
    entries = [
        Entry("amb.words.condense", over.pop(WORDS), over, note),
        Entry("amb.words.lambda", slopes.pop(WORDS), slopes, "ends: the noises looked at on either side"),
        Entry("amb.words.order", order, {}, f"{note}, and the noises looked at on either side"),
        Entry("amb.words.rate", peaks[WORDS], {ISOTROPIC: peaks[ISOTROPIC]}, f"{note}; {off}"),
    ]
    if BEGINS in classes.index:
        ratios = {name: Interval.of_row(classes.loc[name], OVER) for name in (BEGINS, DEALT)}
        entries.append(Entry("amb.words.classes", ratios[BEGINS], {"classes dealt anew": ratios[DEALT]}, note))
    return entries
