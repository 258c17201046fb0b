"""Who is ahead after a quench: the colder plateau's loss less the hotter one's, over seeds and windows."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd

from lmphys.pages.mpemba.quenches import HELD_OUT, INTEGRAL, RECIPE, TOKENS, TWIN, Plan, Quenches, quench_all
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled
from lmphys.training.tiny.recipe import Shape

_REACH = 1.43  # effect that 80 of 100 repeats find, in half widths of a 95 % interval


def over_seeds(values: np.ndarray, *, seed: int = 0) -> Interval:
    """Mean of (seeds, windows) numbers, with a 95 % interval that holds the scatter of both.

    Args:
        values: a row a seed.
        seed: of the resampling of windows.
    """
    return pooled([mean_interval(row, groups=None, seed=seed) for row in values])


def of_runs(values: Sequence[float]) -> Interval:
    """Mean of a number a seed, with a 95 % interval that holds the scatter between them."""
    return pooled([Interval(value, value, value) for value in values])


def lead(found: Sequence[Quenches], kind: str, pair: int, at: int, texts: str = HELD_OUT) -> np.ndarray:
    """(seeds, windows) loss from the colder of two neighbouring plateaus less that from the hotter one, nats.

    Args:
        found: a seed each.
        kind: `TOKENS`, `INTEGRAL` or `TWIN`.
        pair: number of the colder rate.
        at: number of the reading; 0 is the start of the quench, -1 its end.
        texts: which windows.
    """
    losses = [one.losses[kind, texts][:, at] for one in found]
    return np.stack([each[pair] - each[pair + 1] for each in losses])


def pairs(found: Sequence[Quenches]) -> list[str]:
    """Names of the neighbouring rates, the colder first."""
    rates = found[0].rates
    return [f"{cold:.3g} and {hot:.3g}" for cold, hot in pairwise(rates)]


def leads(
    found: Sequence[Quenches], kind: str, at: int, *, texts: str = HELD_OUT, seed: int = 0
) -> dict[str, Interval]:
    """`lead` of each pair, with its interval, by name of the pair."""
    return {name: over_seeds(lead(found, kind, i, at, texts), seed=seed) for i, name in enumerate(pairs(found))}


def overtaking(found: Sequence[Quenches], kind: str, pair: int) -> list[int | None]:
    """For each seed the first update of the quench at which the hotter one's mean loss is below the colder one's.

    None where it never is; 0 where it was before the quench, which is no overtaking.
    """
    first: list[int | None] = []
    for one in found:
        ahead = lead([one], kind, pair, slice(None)).mean(axis=-1)[0] > 0  # type: ignore[arg-type]
        first.append(int(one.steps[ahead.argmax()]) if ahead.any() else None)
    return first


def standings(found: Sequence[Quenches], *, texts: str = HELD_OUT, seed: int = 0) -> pd.DataFrame:
    """A row a pair and kind of comparison: `start` and `end` of the quench with intervals, and who was `ahead` when.

    Args:
        found: a seed each.
        texts: which windows.
        seed: of the resampling.
    """
    rows = {}
    for kind in (TOKENS, INTEGRAL, TWIN):
        start, end = (leads(found, kind, at, texts=texts, seed=seed) for at in (0, -1))
        for i, name in enumerate(pairs(found)):
            when = [str(step) if step is not None else "–" for step in overtaking(found, kind, i)]
            rows[kind, name] = {
                "start": start[name].value,
                "end": end[name].value,
                "low": end[name].low,
                "high": end[name].high,
                "ahead from update": " ".join(when),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["comparison", "rates"])


def live(updates: int, seed: int) -> Quenches:
    """A smaller ladder of two rates, trained now: one block, and a quarter of the updates or fewer.

    Args:
        updates: of each plateau.
        seed: of first weights and documents; no shipped training has it.
    """
    shape = Shape(layers=1, width=32, heads=2)
    plan = Plan(
        recipe=replace(RECIPE, shape=shape, steps=updates),
        rates=(1.5e-3, 6e-3),
        plateau=updates,
        integral=1.5e-3 * updates,
        quench=max(2, updates // 3),
        every=max(1, updates // 15),
        n_texts=32,
    )
    return quench_all(1000 + seed, plan)[0]


def visible(found: Interval) -> str:
    """The effect that a repeat of this size would find in 80 of 100 cases, in words."""
    return f"a difference of {_REACH * (found.high - found.low) / 2:.2g} would be seen in 80 of 100 repeats"
