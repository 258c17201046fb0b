"""What the recorded branches lost: heat by learning rate and size of batches, shapes of a decay, falls and plateaus.

Intervals are over the fixed texts within a seed and over seeds (`lmphys.stats.splits.pooled`).
"""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import pandas as pd

from lmphys.pages.thermal_laws.experiments import ANNEALED, CONSTANT, DECAY, FELL, HELD_OUT, HOT, TRAINED
from lmphys.pages.thermal_laws.record import Recorded
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled
from lmphys.training.thermal.plateau import RATE

ANNEALS, BATCHES, SHAPES, PLATEAUS = "anneals", "batches", "shapes", "plateaus"
CLOCK = " by the clock"
INVERSE = "1/(1 + t/"
OTHERS = ("linear", "cosine", "1 - sqrt")
_RESAMPLES = 500
STEPS, EQUAL_CLOCK = "equal steps", "equal η × steps"


def settings(record: Recorded, experiment: str) -> list[str]:
    """Settings of an experiment, in the order in which they were done."""
    rows = record.curves["experiment"] == experiment
    return list(dict.fromkeys(record.curves.loc[rows, "setting"]))


def drop(record: Recorded, experiment: str, setting: str, *, clock: bool = False, texts: str = TRAINED) -> np.ndarray:
    """(N,) what an anneal took away from the loss of each text, less what its twin at constant rate lost meanwhile.

    Args:
        record: of a seed.
        experiment: `ANNEALS` or `BATCHES`.
        setting: learning rate or size of batches.
        clock: of the anneal of equal rate times steps; at the trunk's rate it is the one of equal steps.
        texts: which fixed texts.
    """
    suffix = CLOCK if clock and float(setting) != RATE else ""
    annealed, twin = (record.losses(experiment, setting, part + suffix, texts)[-1] for part in (ANNEALED, CONSTANT))
    return twin - annealed


def over_seeds(records: Sequence[Recorded], each: Callable[[Recorded], np.ndarray], *, seed: int = 0) -> Interval:
    """Mean of something that a record has for each text (N,), over texts and seeds."""
    found = [mean_interval(each(record), groups=None, seed=seed) for record in records]
    return pooled(found)


def exponent(
    records: Sequence[Recorded], experiment: str, *, clock: bool = False, texts: str = TRAINED, seed: int = 0
) -> Interval:
    """Slope of the logarithm of the mean drop against that of the setting; seeds and texts are resampled together.

    A small drop may vanish in a resample of one seed alone, and then it has no logarithm.
    """
    names = settings(records[0], experiment)
    x = np.log([float(name) for name in names])
    drops = np.array([[drop(r, experiment, name, clock=clock, texts=texts) for name in names] for r in records])
    weights = chain_weights(drops.shape[2], _RESAMPLES, seed)
    if len(records) > 1:
        of_seeds = chain_weights(len(records), _RESAMPLES, seed + 1)
        means = np.einsum("rs,skn,rn->rk", of_seeds, drops, weights) / drops.shape[2] / len(records)
    else:
        means = weights @ drops[0].T / drops.shape[2]
    means = np.concatenate([drops.mean(axis=(0, 2))[None], means])
    with np.errstate(invalid="ignore", divide="ignore"):
        y = np.log(means)
    slopes = (y - y.mean(axis=1, keepdims=True)) @ (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    return Interval(*(float(end) for end in percentile_interval(slopes, undefined="drop")))


def bound(record: Recorded, experiment: str, setting: str) -> float:
    """(eta / 4) sum sqrt(v), v Adam's second moments when the anneal begins, nats."""
    rate = float(setting) if experiment == ANNEALS else RATE
    return rate / 4 * record.root_v(experiment, setting, HOT)


def ratio(record: Recorded, experiment: str, setting: str) -> np.ndarray:
    """(N,) `drop` of each text in units of `bound`."""
    return drop(record, experiment, setting) / bound(record, experiment, setting)


def heat(records: Sequence[Recorded], experiment: str, *, seed: int = 0) -> pd.DataFrame:
    """A row a setting: the drop (Interval), the same on held-out topics and with an equal clock, bound and ratio."""
    rows = {}
    for name in settings(records[0], experiment):
        fell = partial(drop, experiment=experiment, setting=name)
        rows[name] = {
            "drop": over_seeds(records, fell, seed=seed),
            "held out": over_seeds(records, partial(fell, texts=HELD_OUT), seed=seed),
            "bound": float(np.mean([bound(r, experiment, name) for r in records])),
            "ratio": over_seeds(records, partial(ratio, experiment=experiment, setting=name), seed=seed),
        }
        if experiment == ANNEALS:
            rows[name][EQUAL_CLOCK] = over_seeds(records, partial(fell, clock=True), seed=seed)
    return pd.DataFrame(rows).T


def end(record: Recorded, shape: str, texts: str = TRAINED) -> np.ndarray:
    """(N,) loss of each text at the end of a decay of a shape."""
    return record.losses(SHAPES, shape, DECAY, texts)[-1]


def above(record: Recorded, shape: str, other: str, texts: str = TRAINED) -> np.ndarray:
    """(N,) loss of each text at the end of a decay of a shape, less that of another shape."""
    return end(record, shape, texts) - end(record, other, texts)


def shape_losses(records: Sequence[Recorded], *, texts: str = TRAINED, seed: int = 0) -> pd.DataFrame:
    """A row a shape: loss at the end, mean over texts and seeds, and how much it is above linear, with its interval."""
    return pd.DataFrame({
        shape: {
            "loss": float(np.mean([end(r, shape, texts).mean() for r in records])),
            "above linear": over_seeds(records, partial(above, shape=shape, other="linear", texts=texts), seed=seed),
        }
        for shape in settings(records[0], SHAPES)
    }).T  # fmt: skip


def inverse_less_best(records: Sequence[Recorded], *, texts: str = TRAINED, seed: int = 0) -> tuple[Interval, Interval]:
    """The best 1/t decay less the best of the others; and the constant rate less the same.

    Which is best is chosen on every second text, by the mean over seeds; the others judge.
    """
    names = settings(records[0], SHAPES)
    chosen = {
        kind: min(some, key=lambda shape: np.mean([end(r, shape, texts)[::2].mean() for r in records]))
        for kind, some in (("1/t", [n for n in names if n.startswith(INVERSE)]), ("others", list(OTHERS)))
    }

    def judged(record: Recorded, shape: str) -> np.ndarray:
        return above(record, shape, chosen["others"], texts)[1::2]

    ours, constant = (
        over_seeds(records, partial(judged, shape=shape), seed=seed) for shape in (chosen["1/t"], "constant")
    )
    return ours, constant


def above_twin(record: Recorded, texts: str = TRAINED) -> tuple[np.ndarray, np.ndarray]:
    """After a sudden fall of the rate: updates (E,), and loss less that of the twin that had the low rate (E, N)."""
    low = min(settings(record, ANNEALS), key=float)
    fell = record.losses(ANNEALS, str(RATE), FELL, texts)
    return record.updates(ANNEALS, str(RATE), FELL), fell - record.losses(ANNEALS, low, CONSTANT + CLOCK, texts)


def fall(records: Sequence[Recorded], *, texts: str = TRAINED, seed: int = 0) -> pd.DataFrame:
    """A row a reading after the fall: the loss above that of the twin (Interval)."""
    updates = above_twin(records[0], texts)[0]

    def read(record: Recorded, reading: int) -> np.ndarray:
        return above_twin(record, texts)[1][reading]

    return pd.DataFrame({
        "above the twin": [
            over_seeds(records, partial(read, reading=i), seed=seed) for i in range(len(updates))
        ]
    }, index=pd.Index(updates, name="updates"))  # fmt: skip


def least(records: Sequence[Recorded], *, texts: str = TRAINED, seed: int = 0) -> Interval:
    """The least of the loss above the twin over time; when, is chosen on every second text, the others judge."""
    when = int(np.argmin(np.mean([above_twin(r, texts)[1][:, ::2].mean(axis=1) for r in records], axis=0)))
    return over_seeds(records, lambda r: above_twin(r, texts)[1][when, 1::2], seed=seed)


def hot_less_cool(records: Sequence[Recorded], *, texts: str = TRAINED, seed: int = 0) -> Interval:
    """Loss after the decay of the plateau at twice the trunk's rate, less that of the plateau at the rate."""
    return over_seeds(
        records,
        lambda r: r.losses(PLATEAUS, str(2 * RATE), DECAY, texts)[-1] - r.losses(PLATEAUS, str(RATE), DECAY, texts)[-1],
        seed=seed,
    )


def readable(table: pd.DataFrame) -> pd.DataFrame:
    """A table whose intervals are written out."""
    return table.map(
        lambda x: f"{x.value:.4f} [{x.low:.4f}, {x.high:.4f}]" if isinstance(x, Interval) else f"{x:.4f}"
    ).replace("nan", "–")
