"""What a switching model says of chains, whoever found its parameters: regimes, densities, forecasts, simulations."""

from dataclasses import dataclass

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lmphys.core.devices import resolve_device
from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.base import Forecast
from lmphys.dynamics.slds.messages import Messages, viterbi
from lmphys.dynamics.slds.packing import Packed
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.simulate import simulate
from lmphys.dynamics.slds.structure import Covariance, Drift, Models, Structure, Whitened, log_emissions

_DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True)
class Inference:
    """Regimes and densities of n = N - C transitions, in the order of `traj.pairs()`.

    Attributes:
        predictive: (n, K) P(Z_t | h_0..h_t): all that a forecast of h_{t+1} may use.
        filtered: (n, K) P(Z_t | h_0..h_{t+1}): has seen h_{t+1}.
        smoothed: (n, K) P(Z_t | all states of the chain).
        log_density: (n,) log p(h_{t+1} | h_0..h_t), nats.
    """

    predictive: np.ndarray
    filtered: np.ndarray
    smoothed: np.ndarray
    log_density: np.ndarray


class SwitchingModel(BaseEstimator):
    """Inference with the parameters `parameters_` that a subclass has found or was given.

    Attributes:
        parameters_: the parameters.
    """

    name = "predictive"  # row of a table of scores

    parameters_: SLDSParameters
    drift: Drift
    covariance: Covariance
    noise_rank: int
    dtype: str
    device: str

    @property
    def structure(self) -> Structure:
        """What the regimes have of their own."""
        return Structure(self.drift, self.covariance, self.noise_rank)

    def _packed(self, traj: Trajectories) -> Packed:
        if self.dtype not in _DTYPES:
            raise LmphysError(f"dtype {self.dtype!r}: choose one of {', '.join(_DTYPES)}")
        device = resolve_device(self.device)
        # Likelihoods need float64, which Apple's GPUs do not have.
        return Packed(traj, dtype=_DTYPES[self.dtype], device=torch.device("cpu") if device.type == "mps" else device)

    def _fitting(self, data: Data) -> Trajectories:
        """The chains, if they have the width of the parameters."""
        check_is_fitted(self, "parameters_")
        traj = as_trajectories(data)
        if traj.width != self.parameters_.width:
            raise LmphysError(
                f"states of width {traj.width}, model fitted on {self.parameters_.width}: use one projection for both"
            )
        return traj

    def _emissions(self, data: Data) -> tuple[Models, torch.Tensor, Packed]:
        traj = self._fitting(data)
        if not traj.n_transitions:
            raise LmphysError("no transitions: at least one chain needs two states or more")
        packed = self._packed(traj)
        models = Models.from_parameters(self.parameters_, packed)
        return models, log_emissions(models, Whitened.of(models.Sigma), packed), packed

    def _messages(self, data: Data) -> tuple[Messages, Packed]:
        models, emission, packed = self._emissions(data)
        return Messages(models.log_pi, models.log_T, emission, packed.blocks), packed

    def infer(self, traj: Data) -> Inference:
        """Regime probabilities and densities of each transition: filter and smoother.

        Raises:
            LmphysError: the width differs from the fitted one, or there are no transitions.
        """
        messages, packed = self._messages(traj)
        predictive, filtered, smoothed = (
            packed.unpack(weights[0])
            for weights in (messages.predictive(), messages.filtered(), messages.smoothed()[0])
        )
        return Inference(predictive, filtered, smoothed, packed.unpack(messages.log_density[0]))

    def viterbi(self, traj: Data) -> np.ndarray:
        """Most probable path of regimes of each chain, (N - C,), in the order of `traj.pairs()`."""
        models, emission, packed = self._emissions(traj)
        return packed.unpack(viterbi(models.log_pi, models.log_T, emission, packed.blocks)[0])

    def log_likelihood(self, traj: Data) -> np.ndarray:
        """Log p(h_1..h_T | h_0) of each chain, (C,), nats; 0 for a chain of one state.

        Raises:
            LmphysError: the width differs from the fitted one, or no chain has a transition.
        """
        messages, packed = self._messages(traj)
        n_chains = len(as_trajectories(traj))
        return np.bincount(packed.chain, weights=packed.unpack(messages.log_density[0]), minlength=n_chains)

    def score(self, traj: Data, y: None = None) -> float:
        """Mean log density of h_{t+1} given the past, nats per transition; `y` is not used."""
        return float(self._messages(traj)[0].log_density.mean())

    def predict(self, traj: Data) -> Forecast:
        """Forecasts and densities of h_{t+1} given h_0..h_t; the regimes are weighed by P(Z_t | h_0..h_t).

        Raises:
            LmphysError: the width differs from the fitted one, or there are no transitions.
        """
        messages, packed = self._messages(traj)
        weight, h = packed.unpack(messages.predictive()[0]), as_trajectories(traj).pairs()[0]
        mean = np.zeros(h.shape)
        for j in range(self.parameters_.n_regimes):
            mean += weight[:, j, None] * self._expected(h, j)
        return Forecast(mean, packed.unpack(messages.log_density[0]))

    def forecasts(self, traj: Data) -> dict[str, np.ndarray]:
        """One-step forecasts of h_{t+1}, (N - C, D), by what their regime weights have seen.

        "predictive" weighs the regimes by P(Z_t | h_0..h_t) and is the only forecast, that of `predict`. The others
        know what is to be forecast and have no density: "filtered_after_update" weighs by P(Z_t | h_0..h_{t+1}),
        "smoothed" by P(Z_t | all states), and "oracle" takes the regime that comes closest (a mixture of two may come
        closer still).

        Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eq. 10, whose weights leave open which is meant.
        """
        inference = self.infer(traj)
        h, h_next, _ = as_trajectories(traj).pairs()
        weights = {
            "predictive": inference.predictive,
            "filtered_after_update": inference.filtered,
            "smoothed": inference.smoothed,
        }
        result = {name: np.zeros(h.shape) for name in (*weights, "oracle")}
        least = np.full(len(h), np.inf)
        for j in range(self.parameters_.n_regimes):
            mean = self._expected(h, j)
            for name, weight in weights.items():
                result[name] += weight[:, j, None] * mean
            error = ((h_next - mean) ** 2).sum(axis=1)
            closer = error < least
            result["oracle"][closer], least[closer] = mean[closer], error[closer]
        return result

    def _expected(self, h: np.ndarray, j: int) -> np.ndarray:
        """Next states (n, D) that regime j expects; one at a time, as all together may not fit in memory."""
        return h + h @ self.parameters_.M[j].T + self.parameters_.b[j]

    @property
    def n_parameters(self) -> int:
        """Free parameters, as `Structure.n_parameters` counts them."""
        check_is_fitted(self, "parameters_")
        return self.structure.n_parameters(self.parameters_.n_regimes, self.parameters_.width)

    def aic(self, traj: Data) -> float:
        """Akaike's criterion, 2 p - 2 log L, with p = `n_parameters` and L the likelihood given h_0."""
        return 2 * self.n_parameters - 2 * float(self.log_likelihood(traj).sum())

    def bic(self, traj: Data) -> float:
        """Schwarz's criterion, p log n - 2 log L, with n the number of transitions."""
        n = as_trajectories(traj).n_transitions
        return float(np.log(n)) * self.n_parameters - 2 * float(self.log_likelihood(traj).sum())

    def simulate(self, prefix: Data, steps: int | np.ndarray, *, seed: int) -> Trajectories:
        """Continue each chain of `prefix` by `steps` states drawn from the model; see `simulation.simulate`.

        The regime of the first new step is drawn from what the prefix says of it; for a prefix of one state
        that is pi, and the chain is a fresh simulation from h_0.
        """
        traj, p = self._fitting(prefix), self.parameters_
        weights = np.tile(p.pi, (len(traj), 1))
        if traj.n_transitions:
            messages, packed = self._messages(traj)
            filtered = packed.unpack(messages.filtered()[0])
            last = np.cumsum(traj.lengths - 1)[traj.lengths > 1] - 1
            weights[traj.lengths > 1] = filtered[last] @ p.T
        return simulate(p, traj, steps, weights, seed=seed)
