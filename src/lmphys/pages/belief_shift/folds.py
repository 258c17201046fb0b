"""Models of the motion of states, fitted without the themes on which they are tested."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.gru import GRUForecast, persistence
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.belief_shift.readout import BeliefReadout
from lmphys.stats.folds import question_folds
from lmphys.stats.interval import Interval
from lmphys.stats.regression import r2_difference, r2_interval

# Training transitions for each dimension kept; below that a map is not determined.
_PER_DIMENSION = 10


@dataclass(frozen=True, eq=False)
class Fold:
    """One part of the themes held out, and what was learned on the others.

    Attributes:
        train: projected chains of the other themes.
        test: projected chains of the held-out themes.
        rows: rows of the test chains in the whole set.
        projection: standardised, whitened principal components of the training states.
        linear: one regime, the linear map with its noise.
        slds: K regimes.
        recurrent: the network as it is, and with persistence given; none where only the maps were wanted.
        readout: from coordinates to belief; not fitted where only the maps were wanted.
    """

    train: Trajectories
    test: Trajectories
    rows: np.ndarray
    projection: Projection
    linear: SLDS
    slds: SLDS
    recurrent: list[GRUForecast]
    readout: BeliefReadout


def usable_rank(states: Trajectories, rank: int, n_folds: int) -> int:
    """The wanted rank, or as many dimensions as the training transitions of a fold determine."""
    return max(1, min(rank, int(states.n_transitions * (1 - 1 / n_folds)) // _PER_DIMENSION, states.width))


def case_projection(rank: int) -> Projection:
    """Standardised, whitened principal components, as App. C.2 has them."""
    return Projection(rank, standardise=True, whiten=True)


def fit_folds(
    states: Trajectories,
    *,
    rank: int,
    n_regimes: int = 3,
    n_folds: int = 4,
    maps_only: bool = False,
    seed: int = 0,
) -> list[Fold]:
    """Fit basis, switching model, linear map, networks and read-out for each part of the themes.

    Args:
        states: chains of the full width, with `theme` as `question_id` in `chains` and `belief` in `sentences`.
        rank: k.
        n_regimes: K.
        n_folds: parts of the themes; each theme is held out once.
        maps_only: leave out networks and read-out, for chains that are surrogates and have no beliefs.
        seed: of folds and fits.

    Raises:
        LmphysError: fewer themes than folds, or fewer than two folds.
    """
    part = question_folds(states, n_folds, seed)
    folds = []
    for f in range(n_folds):
        train, test = states.select(part != f), states.select(part == f)
        projection = case_projection(rank).fit(train)
        inside = projection.transform(train)
        networks = [] if maps_only else [GRUForecast(skip=skip, random_state=seed) for skip in (False, True)]
        readout = BeliefReadout(seed)
        folds.append(
            Fold(
                train=inside,
                test=projection.transform(test),
                rows=np.flatnonzero(part == f),
                projection=projection,
                linear=SLDS(1).fit(inside),
                slds=SLDS(n_regimes, max_iter=100, random_state=seed).fit(inside),
                recurrent=[network.fit(inside) for network in networks],
                readout=readout if maps_only else readout.fit(inside),
            )
        )
    return folds


@dataclass(frozen=True, eq=False)
class OneStep:
    """One-step forecasts of held-out transitions, pooled over folds, each in the coordinates of its fold.

    Whitening gives the coordinates of all folds the same unit and mean, so that they can be pooled.

    Attributes:
        h: (n, k) states.
        h_next: (n, k) what is to be forecast.
        forecasts: name -> (n, k).
        theme: (n,) number of the theme, the unit of the intervals.
        seed: of the resampling.
    """

    h: np.ndarray
    h_next: np.ndarray
    forecasts: dict[str, np.ndarray]
    theme: np.ndarray
    seed: int = 0

    @property
    def n_themes(self) -> int:
        """Themes that were held out."""
        return int(self.theme.max()) + 1

    def scores(self) -> pd.DataFrame:
        """R^2 of h_{t+1} and of the increment, with 95 % intervals over themes; columns as `one_step_scores`."""
        rows = {}
        for name, forecast in self.forecasts.items():
            row: dict[str, float] = {}
            pairs = {"r2_h": (self.h_next, forecast), "r2_dh": (self.h_next - self.h, forecast - self.h)}
            for column, (y, predicted) in pairs.items():
                found = r2_interval(y, predicted, self.theme, self.n_themes, seed=self.seed)
                row |= {column + end: float(x) for end, x in zip(("", "_low", "_high"), found, strict=True)}
            rows[name] = row
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("forecast")

    def gain(self, name: str, over: str) -> Interval:
        """R^2 of h_{t+1} of one forecast minus another's, and its 95 % interval over themes, paired."""
        one, other = self.forecasts[name], self.forecasts[over]
        return r2_difference(self.h_next, one, other, self.theme, self.n_themes, seed=self.seed)


def one_step(folds: list[Fold], seed: int = 0) -> OneStep:
    """Forecasts of every held-out transition: honest ones, and those of the switching model that have seen the target.

    Names: `SLDS` (the honest forecast), `one linear map`, the networks, `r h` (one number for all dimensions),
    `persistence`, `mean`, and `leak: ...`, which are no forecasts.
    """
    parts, names = [], [str(name) for fold in folds for name in fold.test.chains["question_id"]]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    for fold in folds:
        h, h_next, chain = fold.test.pairs()
        switching = fold.slds.forecasts(fold.test)
        found = {"SLDS": switching.pop("predictive"), "one linear map": fold.linear.forecasts(fold.test)["predictive"]}
        found |= {network.name: network.predict(fold.test).mean for network in fold.recurrent}
        found |= {
            "r h": persistence(fold.train) * h,
            "persistence": h,
            "mean": np.broadcast_to(fold.train.pairs()[1].mean(axis=0), h.shape),
        }
        found |= {f"leak: {name.replace('_', ' ')}": forecast for name, forecast in switching.items()}
        theme = np.array([number[str(name)] for name in fold.test.chains["question_id"]])[chain]
        parts.append((h, h_next, found, theme))
    return OneStep(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        {name: np.concatenate([part[2][name] for part in parts]) for name in parts[0][2]},
        np.concatenate([part[3] for part in parts]),
        seed,
    )
