"""Paths of mean states, along a text or in time, and what is known of their next step."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import shuffle_order
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.folds import question_folds
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.thermo.windows import Windows

LINEAR, PERSISTENCE, REGIMES, SHUFFLED = "one linear map", "persistence", "two regimes", "shuffled order"
_FOLDS = 5
_STEPS_OF_A_DIRECTION = 12  # transitions to learn from, for each direction
_MOST = 6
_PENALTY = 1.0  # of the linear map, in mean squares of a coordinate
Part = tuple[Trajectories, Trajectories]


def text_paths(windows: Windows, *, least: int = 3) -> Trajectories:
    """A chain a text: the mean states of its full windows, one after the other.

    Raises:
        LmphysError: no text has so many windows.
    """
    full = windows.select(windows.table["full"].to_numpy())
    groups = [rows for rows in full.table.groupby("text", sort=False).indices.values() if len(rows) >= least]
    if not groups:
        raise LmphysError(f"no text fills {least} windows of {windows.length} tokens; give longer texts")
    names = [int(full.table["text"].iloc[rows[0]]) for rows in groups]
    return Trajectories.from_list([full.states[rows] for rows in groups], questions=names)


def time_paths(windows: Windows, *, by: str = "source", bins: int = 30) -> Trajectories:
    """A chain a source: mean states of its texts in the order of their times, as many texts in each step.

    Args:
        windows: that were read.
        by: column that names the source.
        bins: steps of a chain at most.

    Raises:
        LmphysError: no source has three texts with a time.
    """
    timed = windows.select((windows.table["full"] & windows.table["time"].notna()).to_numpy())
    chains, names = [], []
    for name, rows in timed.table.groupby(by, sort=False).indices.items():
        texts = timed.table.iloc[rows].groupby("text", sort=False)
        order = texts["time"].first().sort_values(kind="stable").index
        means = np.stack([timed.states[np.asarray(rows)[texts.indices[text]]].mean(axis=0) for text in order])
        if len(means) >= 3:
            chains.append(np.stack([part.mean(axis=0) for part in np.array_split(means, min(bins, len(means)))]))
            names.append(str(name))
    if not chains:
        raise LmphysError(f"no {by} has three texts with a time that fill a window; give times, or more texts")
    return Trajectories.from_list(chains, questions=names)


def held_out_texts(paths: Trajectories, *, seed: int = 0) -> list[Part]:
    """Training and test chains, each text held out once.

    Raises:
        LmphysError: there are fewer than two.
    """
    fold = question_folds(paths, min(_FOLDS, len(paths)), seed)
    return [(paths.select(fold != i), paths.select(fold == i)) for i in range(int(fold.max()) + 1)]


def future(paths: Trajectories, *, learned: float = 0.7) -> list[Part]:
    """The beginning of each chain to learn from, the rest to forecast, its last known state before it.

    Raises:
        LmphysError: no chain has three states.
    """
    early, late, names = [], [], []
    for chain, name in zip(paths, paths.chains["question_id"], strict=True):
        cut = min(len(chain) - 1, max(2, round(learned * len(chain))))
        if len(chain) >= 3:
            early.append(chain[:cut])
            late.append(chain[cut - 1 :])
            names.append(name)
    if not early:
        raise LmphysError("no chain has three states, two to learn from and one to forecast; give more texts")
    return [(Trajectories.from_list(early, questions=names), Trajectories.from_list(late, questions=names))]


def forecast_table(parts: Sequence[Part], *, switching: bool = True, seed: int = 0) -> pd.DataFrame:
    """How much of the next mean state is known beforehand, in the leading directions of the training chains.

    R^2 is over the mean of the training chains, all parts together. The shuffled order keeps the states of each chain,
    in the training and in the test chains: what is left there tells texts apart, and is no motion.

    Args:
        parts: training and test chains.
        switching: also fit a switching model of two regimes, where there are steps enough.
        seed: of the shuffling, the fits and the intervals.

    Returns:
        Indexed by forecast: `r2` and `gain`, the held-out log density less that of one linear map, nats per step, each
        with `_low` and `_high` over test chains (NaN with one); `steps`, how many were forecast.
    """
    real = [_scored(train, test, switching, seed) for train, test in parts]
    mixed = [
        _scored(shuffle_order(train, seed=seed), shuffle_order(test, seed=seed + 1), False, seed)
        for train, test in parts
    ]
    rows = {name: _row(real, name, seed) for name in real[0] if all(name in found for found in real)}
    rows[SHUFFLED] = _row(mixed, LINEAR, seed)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecast")


def _scored(train: Trajectories, test: Trajectories, switching: bool, seed: int) -> dict[str, pd.DataFrame]:
    """Forecast -> a row a test step: squared `error`, `spread` about the mean, `gain`, and the `chain`."""
    varying = int(np.linalg.matrix_rank(train.states - train.states.mean(axis=0)))
    most = min(_MOST, train.n_transitions // _STEPS_OF_A_DIRECTION, varying)
    projection = Projection(max(1, most)).fit(train)
    inside, outside = projection.transform(train), projection.transform(test)
    now, following, _ = (np.asarray(part, float) for part in outside.pairs())
    chain = np.repeat(test.chains["question_id"].astype(str).to_numpy(), test.lengths - 1)
    spread = ((following - inside.states.mean(axis=0)) ** 2).sum(axis=1)
    ridge = _PENALTY * float(inside.states.var())
    # Persistence is what an infinite penalty leaves: little data pull the map towards it.
    forecasts = {LINEAR: LinearDrift(ridge, penalty="A-I").fit(inside).predict(outside).mean, PERSISTENCE: now}
    gain = {name: np.zeros(len(now)) for name in forecasts}
    gain[PERSISTENCE] = np.full(len(now), np.nan)
    if switching and train.n_transitions >= 2 * _STEPS_OF_A_DIRECTION:
        fits = [SLDS(K, n_init=1 if K == 1 else 2, random_state=seed).fit(inside).predict(outside) for K in (1, 2)]
        forecasts[REGIMES], gain[REGIMES] = fits[1].mean, fits[0].nll - fits[1].nll
    return {
        name: pd.DataFrame(
            {
                "error": ((following - forecast) ** 2).sum(axis=1),
                "spread": spread,
                "gain": gain[name],
                "chain": chain,
            }
        )
        for name, forecast in forecasts.items()
    }


def _row(found: Sequence[dict[str, pd.DataFrame]], name: str, seed: int) -> dict[str, float]:
    steps = pd.concat([scores[name] for scores in found], ignore_index=True)
    chain, names = pd.factorize(steps["chain"])
    row: dict[str, float] = {"steps": len(steps)}
    error, spread = sum_by_group(steps[["error", "spread"]].to_numpy(), chain, len(names)).T
    if len(names) > 1:
        r2 = bootstrap_chains(lambda w: 1 - (w @ error) / (w @ spread), len(names), n_bootstrap=300, seed=seed)
    else:
        r2 = Interval(1 - error.sum() / spread.sum(), np.nan, np.nan)
    gain = mean_interval(steps["gain"], groups=chain, n_groups=len(names), seed=seed)
    for column, interval in (("r2", r2), ("gain", gain)):
        row |= dict(zip((column, f"{column}_low", f"{column}_high"), map(float, interval), strict=True))
    return row
