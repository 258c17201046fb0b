"""What each part of the switching model adds: the models of the paper's table, under every definition of R^2."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.complement import Complement
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.simulated import simulated_surrogates, student_surrogates
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.bootstrap import bootstrap_chains, sum_by_group
from lmphys.stats.regression import spread

# The rows of Table 2, the full model first, and the map of Sec. 3.2 as it is printed, in all dimensions.
FULL, NO_REGIMES, NO_PROJECTION = "full model", "no regimes", "no projection"
NO_STATE_DRIFT, LINEAR = "no state drift", "one linear map"
TABLE = (FULL, NO_REGIMES, NO_PROJECTION, NO_STATE_DRIFT, LINEAR)
MODELS = (*TABLE, "one linear map, all D")

SPACES = ("k", "D", "Eq. 10")
TARGETS = ("h", "Δh")
WEIGHTS = ("predictive", "filtered_after_update", "smoothed", "oracle")
DEFINITIONS = pd.MultiIndex.from_product([SPACES, TARGETS, WEIGHTS], names=["space", "target", "weights"])


@dataclass(frozen=True, eq=False)
class Ablation:
    """Models of `MODELS`, fitted to one set of chains and scored on another of C chains.

    Attributes:
        fits: each model.
        projection: of the models in k coordinates.
        completion: their rule outside the subspace.
        inside: the chains of the fit and those that are scored, in k coordinates.
        question: (C,) of each chain, what intervals resample.
        errors: (models, spaces, weights, C) sum of squared errors of the forecasts of each chain.
        spreads: for each space and target, the spread of the targets given weights of the chains (`r2.spread`).
        surprise: (models, C) sum over the steps of each chain of the negative log density of h_{t+1} given the past,
            nats in all D dimensions; the models in k coordinates are completed.
        steps: (C,) transitions of each chain.
    """

    fits: dict[str, SLDS | LinearDrift]
    projection: Projection
    completion: Complement
    inside: tuple[Trajectories, Trajectories]
    question: np.ndarray
    errors: np.ndarray
    spreads: dict[tuple[str, str], Callable[[np.ndarray], np.ndarray]]
    surprise: np.ndarray
    steps: np.ndarray

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order of their rows."""
        return tuple(self.fits)

    @property
    def nll(self) -> pd.Series:
        """Mean negative log density of h_{t+1} by model, nats per transition in all D dimensions."""
        return pd.Series(self.surprise.sum(axis=1) / self.steps.sum(), list(self.models), name="nll")

    @property
    def n_chains(self) -> int:
        """C."""
        return self.errors.shape[-1]

    def r2(self, weights: np.ndarray) -> np.ndarray:
        """R^2 of weighted chains (R, C), by model and definition, (R, models, 24), in the order of `DEFINITIONS`."""
        result = np.empty((len(weights), self.errors.shape[0], len(SPACES), len(TARGETS), len(WEIGHTS)))
        for i, space in enumerate(SPACES):
            sse = np.einsum("rc,mwc->rmw", weights, self.errors[:, i], optimize=True)
            for j, target in enumerate(TARGETS):
                result[:, :, i, j] = 1 - sse / self.spreads[space, target](weights)[:, None, None]
        return result.reshape(*result.shape[:2], -1)

    def scores(self, *, n_bootstrap: int = 500, seed: int = 0) -> pd.DataFrame:
        """R^2 of each model under each definition, with 95 % intervals over the questions of the test chains.

        Returns:
            Indexed by model, space, target and weights: `r2`, `low`, `high`.
        """
        return _long(self.r2, self.models, self.question, "r2", n_bootstrap, seed)

    def drops(self, *, n_bootstrap: int = 500, seed: int = 0) -> pd.DataFrame:
        """R^2 of each model minus that of the full one, likewise, paired: `drop`, `low`, `high`."""
        return _long(self._drops, self.models[1:], self.question, "drop", n_bootstrap, seed)

    def _drops(self, weights: np.ndarray) -> np.ndarray:
        r2 = self.r2(weights)
        return r2[:, 1:] - r2[:, :1]

    def surrogates(self, *chains: Trajectories, seed: int, heavy: bool = False) -> list[Trajectories]:
        """Chains without regimes, of full width, simulated from the fit of one regime and the completion.

        Together these are one linear map of R^D with one noise: Gaussian, or a Student t of the same covariance, with
        the tail that the residuals of the map have in k coordinates. Each set gets a seed of its own.
        """
        single = self.fits[NO_REGIMES]
        assert isinstance(single, SLDS)
        model = SLDS.from_parameters(self.completion.lift(single.parameters_))
        if not heavy:
            return [simulated_surrogates(model, traj, seed=seed + i) for i, traj in enumerate(chains)]
        h, h_next, _ = self.inside[0].pairs()
        left = h_next - single.parameters_.means(h.astype(np.float64))[0]
        return [student_surrogates(model, traj, left, seed=seed + i) for i, traj in enumerate(chains)]


def ablate(
    train: Trajectories,
    test: Trajectories,
    *,
    rank: int = 40,
    n_regimes: int = 4,
    ridge: float = 1.0,
    noise_rank: int = 10,
    max_iter: int = 10,
    random_state: int = 0,
    only: Sequence[str] = MODELS,
) -> Ablation:
    """Fit the models of Table 2 and score their one-step forecasts under every definition.

    Models, with the priors of `SLDS` unless something else is said:
        full model: K regimes in k coordinates.
        no regimes: K = 1.
        no projection: K regimes in all D dimensions, in float32 and from one start. Few transitions determine
            neither its maps nor its noise. M_j is drawn towards 0 with the weight of `drift_prior` D transitions,
            and Sigma_j is diagonal plus `noise_rank` factors, drawn towards the residuals of one map with the weight
            of D transitions.
        no state drift: M_j = 0, the drift is b_j.
        one linear map: ridge regression in k coordinates (`LinearDrift`, penalty on A as printed).
        one linear map, all D: the same in all dimensions, as Sec. 3.2 is printed.

    Definitions, the product of what the paper leaves open:
        space: of the k coordinates ("k"); of all D dimensions with the directions outside forecast by the
            completion ("D"), or left where they are, as Eq. 10 is printed ("Eq. 10"). A model without projection
            has one forecast of all dimensions, and its coordinates are those of that forecast.
        target: h_{t+1} ("h") or the step ("Δh").
        weights: what the weights of the regimes have seen, as in `SLDS.forecasts`.

    Args:
        train: chains of the full width.
        test: chains that are scored; not those of `train`.
        rank: k.
        n_regimes: K.
        ridge: of the linear maps.
        noise_rank: of the noise without projection.
        max_iter: iterations of EM without projection.
        random_state: seed of the starts.
        only: models that are wanted, in the order of `MODELS`; the full one, and that without regimes, among them.

    Raises:
        LmphysError: the rank is not usable, or as in `SLDS.fit`.
    """
    projection = Projection(rank).fit(train)
    completion, still = Complement(projection).fit(train), Complement(projection, memory=1.0).fit(train)
    inside, outside = projection.transform(train), projection.transform(test)
    whole = SLDS(n_regimes, covariance="low-rank", noise_rank=min(noise_rank, train.width - 1), n_init=1,
                 max_iter=max_iter, dtype="float32", random_state=random_state)  # fmt: skip
    models: tuple[SLDS | LinearDrift, ...] = (
        SLDS(n_regimes, random_state=random_state),
        SLDS(1),
        whole,
        SLDS(n_regimes, drift="none", random_state=random_state),
        LinearDrift(ridge),
        LinearDrift(ridge),
    )
    in_full = {name for name in only if name in (NO_PROJECTION, MODELS[-1])}
    wanted = {name: model for name, model in zip(MODELS, models, strict=True) if name in only}
    fits = {name: model.fit(train if name in in_full else inside) for name, model in wanted.items()}

    h, h_next, chain = test.pairs()
    h, h_next = h.astype(np.float64), h_next.astype(np.float64)
    x, x_next, _ = outside.pairs()
    states = {"k": (x, x_next), "D": (h, h_next), "Eq. 10": (h, h_next)}
    errors = np.empty((len(fits), len(SPACES), len(WEIGHTS), len(test)))
    surprise = np.empty((len(fits), len(test)))
    outer = completion.log_density(test)
    for i, (name, model) in enumerate(fits.items()):
        full = name in in_full
        seen = test if full else outside
        forecasts = _forecasts(model, seen)
        for j, weights in enumerate(WEIGHTS):
            y = forecasts[weights]
            if j and y is forecasts[WEIGHTS[0]]:
                errors[i, :, j] = errors[i, :, 0]
                continue
            if full:
                by_space = {"k": _coordinates(projection, y), "D": y, "Eq. 10": y}
            else:
                by_space = {"k": y, "D": completion.forecast(test, y), "Eq. 10": still.forecast(test, y)}
            for s, space in enumerate(SPACES):
                square = ((states[space][1] - by_space[space]) ** 2).sum(axis=1)
                errors[i, s, j] = sum_by_group(square, chain, len(test))
        nll = model.predict(seen).nll
        surprise[i] = sum_by_group(nll if full else nll - outer, chain, len(test))
    spreads = {}
    for space, (now, then) in states.items():
        spreads[space, "h"] = spread(then, chain, len(test))
        spreads[space, "Δh"] = spread(then - now, chain, len(test))
    scored = (test.questions, errors, spreads, surprise, test.lengths - 1)
    return Ablation(fits, projection, completion, (inside, outside), *scored)


def likeness(ablations: Mapping[str, Ablation]) -> pd.DataFrame:
    """Whether surrogates are like the chains they stand for, a row a corpus, in k coordinates.

    Columns: `largest eigenvalue`, of the map of one regime, its modulus; `spread`, the root of the summed variance of
    the held-out states; `R²(h) of one map`, held out.
    """
    rows = {}
    for name, ablation in ablations.items():
        single = ablation.fits[NO_REGIMES]
        assert isinstance(single, SLDS)
        r2 = pd.DataFrame(
            ablation.r2(np.ones((1, ablation.n_chains)))[0], index=list(ablation.models), columns=DEFINITIONS
        )
        rows[name] = {
            "largest eigenvalue": np.abs(single.parameters_.eigenvalues()).max(),
            "spread": np.sqrt(ablation.inside[1].states.var(axis=0).sum()),
            "R²(h) of one map": r2.loc[NO_REGIMES, ("k", "h", "predictive")],
        }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("corpus")


def readings(table: pd.DataFrame, model: str) -> pd.DataFrame:
    """The rows of one model in `Ablation.scores` or `drops` under the definitions that the paper's text admits.

    Its forecast is either of the k coordinates or, as Eq. 10, of all dimensions; the completed one is ours. The index
    says each in words. A model of one regime has one forecast, whatever weights have seen: one row stands for all.
    """
    rows = pd.DataFrame(table.loc[model]).drop("D", level="space")
    names = {weights: weights for weights in WEIGHTS}
    if rows.groupby(level=["space", "target"]).nunique().to_numpy().max() == 1:
        rows = rows[rows.index.get_level_values("weights") == WEIGHTS[0]]
        names[WEIGHTS[0]] = "one forecast"
    places = {"k": "k coordinates", "Eq. 10": "all D"}
    rows.index = pd.Index([f"{names[w]}, R² of {target}, {places[space]}" for space, target, w in rows.index])
    return rows


def _long(
    statistic: Callable[[np.ndarray], np.ndarray],
    models: tuple[str, ...],
    question: np.ndarray,
    column: str,
    n_bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    n_questions = int(question.max()) + 1
    found = bootstrap_chains(lambda w: statistic(w[:, question]), n_questions, n_bootstrap=n_bootstrap, seed=seed)
    index = pd.MultiIndex.from_tuples(
        [(m, *d) for m in models for d in DEFINITIONS], names=["model", *DEFINITIONS.names]
    )
    values = {name: x.ravel() for name, x in zip((column, "low", "high"), found, strict=True)}
    return pd.DataFrame(values, index=index)


def _forecasts(model: SLDS | LinearDrift, traj: Trajectories) -> dict[str, np.ndarray]:
    """Forecasts by weights; one array for all of them where there are no regimes to weigh."""
    if isinstance(model, SLDS) and model.n_regimes > 1:
        return model.forecasts(traj)
    return dict.fromkeys(WEIGHTS, model.predict(traj).mean)


def _coordinates(projection: Projection, h: np.ndarray) -> np.ndarray:
    """Coordinates (n, k) of points (n, D)."""
    return (h - projection.mean_) / projection.scale_ @ projection.basis_ / projection.unit_
