"""A model of one language model's chains tested on those of another, under several matches of their coordinates."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import ortho_group

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.pages.transfer.held_out import HeldOut, by_task, select_fold, task_folds
from lmphys.pages.transfer.matching import Procrustes, paired_rows
from lmphys.stats.interval import percentile_interval

SOURCE_BASIS, SOURCE_CENTRED = "source basis", "source basis, own mean"
OWN_BASIS, MATCHED, CENTRED, SCALED = "own basis", "matched", "matched, own mean", "matched and scaled"
SHUFFLED, ROTATED, SIGNED = "matched, sentences shuffled", "rotated at random", "signs at random"
NULLS = (SHUFFLED, ROTATED, SIGNED)
_IN_SOURCE = (SOURCE_BASIS, SOURCE_CENTRED)
MATCHES = (*_IN_SOURCE, OWN_BASIS, MATCHED, CENTRED, SCALED, *NULLS)
# Those that map a sentence of the target to the same sentence of the source, and so can agree with it.
_MEASURED = (OWN_BASIS, MATCHED, CENTRED, SCALED, SHUFFLED)
REFIT = "refit"


class _Match(NamedTuple):
    """From the coordinates of the target to those of the source, and back."""

    there: Callable[[np.ndarray], np.ndarray]
    back: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class ModelTransfer:
    """Scores of one target under every match of its coordinates to those of the source.

    Attributes:
        scores: task of the target to its scores; a forecast is named `match/rule`.
        agreement: match to the share of the variance of the source's coordinates, held out, that the target's
            explain through it, sentence by sentence; only where both have read the same text.
        missing: matches that are not defined here, because the widths of the models differ.
    """

    scores: dict[str, HeldOut]
    agreement: dict[str, float]
    missing: tuple[str, ...]

    def r2(self, match: str, rule: str = "switching") -> np.ndarray:
        """Mean over tasks of R^2, and its replicates, (R + 1,)."""
        return np.mean([scores.r2(f"{match}/{rule}") for scores in self.scores.values()], axis=0)

    def table(self) -> pd.DataFrame:
        """A row a match.

        Columns: `switching` with its interval; `one linear map` and `shuffled source`, moved in the same way; `refit`,
        a switching model of the target's own training chains in the same subspace, and the `mean` of these; `share`
        of the target's variance in the subspace; `agreement` as in the attribute.
        """
        rows = {}
        for match in (m for m in MATCHES if m not in self.missing):
            of_basis = SOURCE_BASIS if match in _IN_SOURCE else OWN_BASIS
            value, low, high = percentile_interval(self.r2(match))
            rows[match] = {
                **{"switching": value, "low": low, "high": high},
                **{rule: self.r2(match, rule)[0] for rule in ("one linear map", "shuffled source")},
                **{rule: self.r2(of_basis, rule)[0] for rule in (REFIT, "mean")},
                "share": np.mean([s.share(f"{match}/switching")[0] for s in self.scores.values()]),
                "agreement": self.agreement.get(match, np.nan),
            }
        return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("match")


def transfer_models(
    source: Trajectories,
    targets: Mapping[str, Trajectories],
    *,
    bridges: Mapping[str, Trajectories] | None = None,
    rank: int,
    n_regimes: int,
    n_folds: int = 3,
    n_draws: int = 5,
    n_bootstrap: int = 500,
    seed: int = 0,
) -> dict[str, ModelTransfer]:
    """Fit a switching model to the chains of one language model and test it on those of others.

    The matches of coordinates, all learned on training questions:

        source basis: the target's states in the source's basis, as they are; needs equal widths.
        source basis, own mean: the same, moved so that the mean states agree.
        own basis: principal coordinates of the target about its mean, taken for those of the source in their order.
        matched: those, turned and moved as `Procrustes` says, learned on sentences that both models have read.
        matched, own mean: the same turn, about the mean of the chains that are to be forecast instead of the mean of
            what both have read; a difference where these are of another text.
        matched and scaled: with one factor of scale.
        matched, sentences shuffled; rotated at random; signs at random: nulls. The first is learned on pairs that
            do not belong together, the others turn about the own mean, by `n_draws` rotations or signs.

    Args:
        source: states of the source, all tasks together, with `task` and `question_id`.
        targets: name to states that are to be forecast, of the source's text or another.
        bridges: name to states of the same model on the source's text, from which the match is learned; where a name
            is missing, the target itself is on the source's text.
        rank: k, of all bases.
        n_regimes: K.
        n_folds: folds of questions, the same for all chains. Tasks with fewer questions are left out.
        n_draws: of the random matches; their R^2 is that of the mean squared error.
        n_bootstrap: replicates, over questions, drawn for each task.
        seed: of folds, fits, draws and replicates.

    Raises:
        LmphysError: too few questions or pairs, or a rank that the chains do not support.
    """
    source = enough_questions(source, n_folds, "the source")
    targets = {name: enough_questions(chains, n_folds, name) for name, chains in targets.items()}
    bridges = {**targets, **(bridges or {})}
    folds = task_folds([source, *targets.values()], n_folds, seed)
    # No basis of one model holds states of another width.
    missing = {name: _IN_SOURCE if chains.width != source.width else () for name, chains in targets.items()}
    scores = {
        name: {
            task: HeldOut(part, n_bootstrap=n_bootstrap, seed=seed + i)
            for i, (task, part) in enumerate(by_task(chains)[0].items())
        }
        for name, chains in targets.items()
    }
    agreement: dict[str, list[dict[str, float]]] = {name: [] for name in targets}
    for fold in range(n_folds):
        train, test = select_fold(source, folds, fold)
        fitted = _Fitted(train, rank, n_regimes, seed)
        for name, chains in targets.items():
            seen, unseen = select_fold(chains, folds, fold)
            crossing = _Crossing(fitted, seen, select_fold(bridges[name], folds, fold)[0], n_draws, seed + fold)
            for task, part in by_task(unseen, min_questions=1)[0].items():
                crossing.score(scores[name][task], part)
            if bridges[name] is chains:
                agreement[name].append(crossing.agreement(test, unseen))
    return {
        name: ModelTransfer(
            scores[name],
            {match: float(np.mean([a[match] for a in agreement[name]])) for match in _MEASURED if agreement[name]},
            missing[name],
        )
        for name in targets
    }


def enough_questions(traj: Trajectories, n_questions: int, name: str) -> Trajectories:
    """The chains of the tasks that have so many questions; `name` is for the message.

    Raises:
        LmphysError: no task has.
    """
    parts = by_task(traj, min_questions=n_questions)[0]
    if not parts:
        raise LmphysError(f"no task of {name} has {n_questions} questions with chains; sample more, or use fewer folds")
    return Trajectories.concatenate(list(parts.values()))


class _Fitted:
    """Basis and models of the source, from its training chains."""

    def __init__(self, train: Trajectories, rank: int, n_regimes: int, seed: int) -> None:
        self.train = train
        self.projection = Projection(rank).fit(train)
        self.inside = self.projection.transform(train)
        self.n_regimes, self.seed = n_regimes, seed
        self.switching = self.refit(self.inside)
        self.linear = LinearDrift(self.switching.ridge_, penalty="A-I").fit(self.inside)
        self.shuffled = LinearDrift(self.switching.ridge_).fit(shuffle_chains(self.inside, seed=seed))

    def refit(self, chains: Trajectories) -> SLDS:
        return SLDS(self.n_regimes, random_state=self.seed, n_init=2).fit(chains)

    def forecasts(self, chains: Trajectories) -> dict[str, np.ndarray]:
        """By rule, of chains in the coordinates of the source."""
        return {
            "switching": self.switching.forecasts(chains)["predictive"],
            "one linear map": self.linear.predict(chains).mean,
            "shuffled source": self.shuffled.predict(chains).mean,
        }


class _Crossing:
    """The matches of one target to the source, from the training chains of a fold."""

    def __init__(self, fitted: _Fitted, seen: Trajectories, bridge: Trajectories, n_draws: int, seed: int) -> None:
        self.fitted = fitted
        self.projection = Projection(fitted.projection.rank).fit(seen)
        self.inside = self.projection.transform(seen)
        self.own_refit = fitted.refit(self.inside)
        self.same_width = seen.width == fitted.train.width
        if self.same_width:
            self.in_source = fitted.projection.transform(seen)
            self.source_refit = fitted.refit(self.in_source)
        ours, theirs = paired_rows(self.fitted.train, bridge)
        x = self.projection.coordinates(bridge.states[theirs])
        y = self.fitted.inside.states[ours]
        rng = np.random.default_rng(seed)
        shuffled = rng.permutation(len(y))
        k = x.shape[1]
        fit = Procrustes().fit(x, y)
        self.matches: dict[str, list[_Match]] = {
            OWN_BASIS: [_turned(np.eye(k))],
            MATCHED: [_of(fit)],
            CENTRED: [_turned(fit.rotation_)],
            SCALED: [_of(Procrustes(scale=True).fit(x, y))],
            SHUFFLED: [_of(Procrustes().fit(x, y[shuffled]))],
            ROTATED: [_turned(ortho_group.rvs(k, random_state=rng)) for _ in range(n_draws)],
            SIGNED: [_turned(np.diag(rng.choice([-1.0, 1.0], size=k))) for _ in range(n_draws)],
        }

    def score(self, scores: HeldOut, test: Trajectories) -> None:
        """Forecast the test chains under every match."""
        inside = self.projection.transform(test)
        result: dict[str, np.ndarray] = {}
        for match, maps in self.matches.items():
            drawn = [self._through(m, inside) for m in maps]
            result |= {f"{match}/{rule}": np.stack([forecasts[rule] for forecasts in drawn]) for rule in drawn[0]}
        result |= _own(OWN_BASIS, self.own_refit, self.inside, inside)
        scores.add(test, self.projection.coordinates, result)
        if self.same_width:
            inside = self.fitted.projection.transform(test)
            shift = self.fitted.inside.states.mean(axis=0) - self.in_source.states.mean(axis=0)
            moved = inside.with_states(inside.states + shift)
            result = {f"{SOURCE_BASIS}/{r}": x for r, x in self.fitted.forecasts(inside).items()}
            result |= {f"{SOURCE_CENTRED}/{r}": x - shift for r, x in self.fitted.forecasts(moved).items()}
            result |= _own(SOURCE_BASIS, self.source_refit, self.in_source, inside)
            scores.add(test, self.fitted.projection.coordinates, result)

    def _through(self, match: _Match, chains: Trajectories) -> dict[str, np.ndarray]:
        """Forecasts by rule of chains in the target's coordinates, made in those of the source."""
        moved = chains.with_states(match.there(chains.states))
        return {rule: match.back(forecast) for rule, forecast in self.fitted.forecasts(moved).items()}

    def agreement(self, source: Trajectories, target: Trajectories) -> dict[str, float]:
        """Share of the variance of the source's coordinates that the target's explain, of test sentences."""
        ours, theirs = paired_rows(source, target)
        y = self.fitted.projection.coordinates(source.states[ours])
        x = self.projection.coordinates(target.states[theirs])
        spread = ((y - y.mean(axis=0)) ** 2).sum()
        return {m: 1 - float(((y - self.matches[m][0].there(x)) ** 2).sum() / spread) for m in _MEASURED}


def _turned(rotation: np.ndarray) -> _Match:
    return _Match(lambda x: x @ rotation, lambda y: y @ rotation.T)


def _of(fitted: Procrustes) -> _Match:
    return _Match(fitted.transform, fitted.inverse_transform)


def _own(basis: str, refit: SLDS, train: Trajectories, test: Trajectories) -> dict[str, np.ndarray]:
    """What the target's own training chains give."""
    mean = train.pairs()[1].mean(axis=0)
    return {
        f"{basis}/{REFIT}": refit.forecasts(test)["predictive"],
        f"{basis}/mean": np.broadcast_to(mean, (test.n_transitions, test.width)),
    }
