"""Signals of a chain that is still being written: what its first m sentences say, and nothing that comes after them."""

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.approach import first_derailment
from lmphys.dynamics.linear import LinearDrift
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS

# The columns of each signal; all are known once the m-th sentence has ended.
SIGNALS = ("length", "jumps", "linear map", "surprise", "regimes", "entropy", "first state", "state")


def prefix(traj: Trajectories, m: int) -> Trajectories:
    """The first m sentences of each chain.

    Raises:
        LmphysError: m is below 1, or a chain has fewer sentences.
    """
    if m < 1 or (len(traj) and int(traj.lengths.min()) < m):
        raise LmphysError(f"the first {m} sentences of chains of {traj.lengths.min()} or more: choose 1 to that many")
    rows = (traj.offsets[:-1, None] + np.arange(m)).ravel()
    sentences = traj.sentences.iloc[rows].reset_index(drop=True)
    return Trajectories(traj.states[rows], np.full(len(traj), m), traj.chains, sentences, traj.meta)


def derailment(traj: Trajectories) -> np.ndarray:
    """Place of the sentence with which each chain derails, (C,) float; infinite for a chain that does not.

    The first that leaves its way (`first_derailment`: labels where there are some, loops elsewhere); the number of
    sentences, that is the one which was never finished, for a chain that ran into the limit of tokens before.

    Args:
        traj: C chains, with `ended` in `chains` where known.
    """
    found = first_derailment(traj)
    place = np.where(found >= 0, found, np.inf)
    if "ended" in traj.chains:
        cut = ~traj.chains["ended"].to_numpy(dtype=bool)
        place = np.where(cut, np.minimum(place, traj.lengths), place)
    return place


def exposure(traj: Trajectories, place: np.ndarray | None = None) -> np.ndarray:
    """Number of prefixes at which each chain is at risk, (C,): m = 1 to this.

    A chain that has ended is not at risk, nor is one that has derailed: m is below the number of sentences, and the
    first m do not contain sentence `place`.

    Args:
        traj: C chains.
        place: (C,) place of the event, counted from 0; None where it comes with the last sentence.
    """
    last = traj.lengths - 1
    return last if place is None else np.minimum(last, place).astype(np.int64)


class PrefixSignals(BaseEstimator):
    """Signals of the first m sentences, by models of the states that are fitted to other chains.

    Each signal is an array (C, p) of p columns. With one sentence there is no step yet, and columns about steps are 0:

    - length: logarithm of the number of tokens so far, and of the tokens of the last sentence;
    - jumps: mean norm of the steps so far, and the last, in all D dimensions;
    - linear map: the same of the residuals of one linear map, in the k dimensions of the projection;
    - surprise: mean of -log p(h_{t+1} | h_0..h_t) of the steps so far under the switching model, and the last, nats;
    - regimes: P(Z | h_0..h_{m-1}) of the regime of the step that comes next, without the last regime;
    - entropy: mean over the tokens so far of the entropy of the distribution that each was drawn from and of -log p,
      and both in the last sentence, nats; absent where the writer was another model;
    - first state, state: the projected states at the ends of the first and of the last sentence.

    Args:
        rank: k, dimensions of the linear map and of the switching model.
        n_regimes: K.
        state_rank: dimensions of the two states, at least k; fewer where the states have fewer.
        n_init: restarts of the switching model.
        seed: of its starts.

    Attributes:
        projection_: fitted `Projection`; the dynamics live in its first k coordinates.
        slds_: fitted `SLDS`.
        drift_: fitted `LinearDrift`.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eqs. 5, 8 and 10 for the models.
    """

    projection_: Projection
    slds_: SLDS
    drift_: LinearDrift

    def __init__(
        self, rank: int = 10, n_regimes: int = 4, *, state_rank: int = 40, n_init: int = 2, seed: int = 0
    ) -> None:
        self.rank = rank
        self.n_regimes = n_regimes
        self.state_rank = state_rank
        self.n_init = n_init
        self.seed = seed

    def fit(self, traj: Trajectories, y: None = None) -> "PrefixSignals":
        """Fit basis, switching model and linear map to whole chains; `y` is not used.

        Raises:
            LmphysError: what `Projection.fit` and `SLDS.fit` raise.
        """
        most = min(self.state_rank, traj.width, len(traj.states) - 1)
        self.projection_ = Projection(max(self.rank, most)).fit(traj)
        inside = self._inside(self.projection_.transform(traj))
        self.slds_ = SLDS(self.n_regimes, n_init=self.n_init, random_state=self.seed).fit(inside)
        self.drift_ = LinearDrift().fit(inside)
        return self

    def transform(self, traj: Trajectories, m: int) -> dict[str, np.ndarray]:
        """The signals of the first m sentences of each of C chains.

        Raises:
            LmphysError: a chain has fewer than m sentences.
        """
        check_is_fitted(self, "slds_")
        seen = prefix(traj, m)
        states = self.projection_.transform(seen)
        inside = self._inside(states)
        C, pi = len(seen), self.slds_.parameters_.pi
        path = states.states.reshape(C, m, -1)
        n_tokens = _grid(seen, "n_tokens", m)
        found = {"length": np.log(np.stack([n_tokens.sum(axis=1), n_tokens[:, -1]], axis=1))}
        if m > 1:
            inference, T = self.slds_.infer(inside), self.slds_.parameters_.T
            found["jumps"] = _mean_and_last(np.linalg.norm(seen.increments(), axis=1), C)
            found["linear map"] = _mean_and_last(np.linalg.norm(self.drift_.residuals(inside), axis=1), C)
            found["surprise"] = _mean_and_last(-inference.log_density, C)
            weights = inference.filtered.reshape(C, m - 1, -1)[:, -1] @ T
        else:
            found |= {name: np.zeros((C, 2)) for name in ("jumps", "linear map", "surprise")}
            weights = np.tile(pi, (C, 1))
        found["regimes"] = weights[:, :-1]
        sums = {name: _grid(seen, name, m) for name in ("entropy", "logp") if name in seen.sentences}
        if sums and all(np.isfinite(x).all() for x in sums.values()):
            rates = [[x.sum(axis=1) / n_tokens.sum(axis=1), x[:, -1] / n_tokens[:, -1]] for x in sums.values()]
            found["entropy"] = np.stack([column for pair in rates for column in pair], axis=1)
        return found | {"first state": path[:, 0], "state": path[:, -1]}

    def _inside(self, states: Trajectories) -> Trajectories:
        return states.with_states(states.states[:, : self.rank])


def _grid(seen: Trajectories, name: str, m: int) -> np.ndarray:
    """A column of `sentences` by chain, (C, m)."""
    return seen.sentences[name].to_numpy(dtype=np.float64).reshape(-1, m)


def _mean_and_last(values: np.ndarray, n_chains: int) -> np.ndarray:
    """Mean over the steps of each chain, and the last one, (C, 2), from values of the steps in order."""
    by_chain = values.reshape(n_chains, -1)
    return np.stack([by_chain.mean(axis=1), by_chain[:, -1]], axis=1)
