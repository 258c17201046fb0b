"""The switching linear dynamical system, fitted by expectation maximisation on chains of unequal length."""

import json
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lmphys.corpus import Trajectories
from lmphys.corpus.model import resolve_device
from lmphys.dynamics.em import Monitor, expectation_maximisation
from lmphys.dynamics.messages import Messages, viterbi
from lmphys.dynamics.models import Covariance, Drift, Models, Prior, Structure, Whitened, log_emissions
from lmphys.dynamics.packing import Data, Packed, as_trajectories
from lmphys.dynamics.parameters import SLDSParameters
from lmphys.dynamics.simulation import simulate
from lmphys.dynamics.starts import Init, from_labels, labels, one_regime
from lmphys.errors import LmphysError

_DTYPES = {"float32": torch.float32, "float64": torch.float64}
_CHOICES: dict[str, tuple[Any, ...]] = {
    "drift": ("switching", "shared", "none"),
    "covariance": ("full", "diagonal", "tied", "low-rank"),
    "dtype": tuple(_DTYPES),
}
_INITS = ("auto", "mixture", "kmeans", "random")


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


class SLDS(BaseEstimator):
    """Switching linear dynamics h_{t+1} = h_t + M_z h_t + b_z + eps, eps ~ N(0, Sigma_z), z a Markov chain.

    The state itself switches, without observation noise: an autoregressive hidden Markov model of order 1 in
    the increments. `SLDSParameters` states the model and its index convention; `LatentSLDS` is the textbook
    model of the same name, which adds a latent state and is another model.

    Fitted by EM to the greatest posterior, with a penalty on M_j and Sigma_j that keeps a regime with few
    transitions from turning singular (see `Prior` in `models.py`; 0, 0 and 1 for `drift_prior`,
    `covariance_prior` and `concentration` give maximum likelihood).

    Args:
        n_regimes: K.
        drift: "switching" M_j; one "shared" M, regimes differ in b_j and Sigma_j; "none", M = 0 (the paper's
            "no state-dependent drift").
        covariance: "full", "diagonal", "low-rank" plus diagonal, or one "tied" Sigma for all.
        noise_rank: rank of the low-rank part.
        drift_prior: pull of each M_j towards 0, in transitions for each dimension: it weighs as much as
            drift_prior * D transitions of average spread. With K = 1, M and b are those of
            `LinearDrift(ridge_, penalty="A-I")`.
        covariance_prior: pull of each Sigma_j towards the diagonal noise of one linear map, likewise in
            transitions for each dimension. Both defaults are near the best held-out density of the default
            corpus at ranks 10 and 40.
        concentration: of the Dirichlet laws of pi and of the rows of T, at least 1 (flat).
        stickiness: added to the concentration of each T_jj.
        init: start of EM: "mixture", a Gaussian mixture on the residuals of one linear map, as in Sec. 4.2 of
            the source; "kmeans" on the increments; "auto", the two in turns over the restarts, as each fails
            where the other does not; "random" labels; or parameters to go on from.
        n_init: restarts, run side by side; the one of greatest posterior is kept.
        max_iter: iterations at most.
        tol: EM has converged when an iteration raises the objective by less, in nats per transition.
        dtype: of the sums over transitions, "float64", or "float32" for speed; the rest is float64.
        device: "cpu", "cuda", ...; "auto" takes a GPU where there is one.
        random_state: seed of the starts. Same seed, same machine: same result.
        verbose: show a progress bar.

    Attributes:
        parameters_: the fitted `SLDSParameters`.
        ridge_: lambda of the penalty on M_j, in squared units of the states.
        monitor_: `Monitor` of the restart that was kept.
        monitors_: those of all restarts.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eqs. 8-10 and App. B, with the emission density
    multiplied into the pair posterior, where the source prints a plus.
    """

    parameters_: SLDSParameters
    ridge_: float
    monitor_: Monitor
    monitors_: list[Monitor]

    def __init__(
        self,
        n_regimes: int = 4,
        *,
        drift: Drift = "switching",
        covariance: Covariance = "full",
        noise_rank: int = 10,
        drift_prior: float = 0.3,
        covariance_prior: float = 1.0,
        concentration: float = 1.1,
        stickiness: float = 0.0,
        init: Init | SLDSParameters = "auto",
        n_init: int = 4,
        max_iter: int = 200,
        tol: float = 1e-4,
        dtype: str = "float64",
        device: str = "auto",
        random_state: int = 0,
        verbose: bool = False,
    ) -> None:
        self.n_regimes = n_regimes
        self.drift = drift
        self.covariance = covariance
        self.noise_rank = noise_rank
        self.drift_prior = drift_prior
        self.covariance_prior = covariance_prior
        self.concentration = concentration
        self.stickiness = stickiness
        self.init = init
        self.n_init = n_init
        self.max_iter = max_iter
        self.tol = tol
        self.dtype = dtype
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    @classmethod
    def from_parameters(cls, parameters: SLDSParameters, **settings: Any) -> "SLDS":
        """A model with given parameters, ready to infer, forecast and simulate; it is not fitted."""
        model = cls(parameters.n_regimes, **settings)
        model.parameters_, model.monitor_, model.monitors_ = parameters, Monitor(), []
        return model

    @property
    def name(self) -> str:
        """What tables call the model."""
        return f"{self.n_regimes} regimes"

    @property
    def structure(self) -> Structure:
        """What the regimes have of their own."""
        return Structure(self.drift, self.covariance, self.noise_rank)

    def _check(self, traj: Trajectories) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise LmphysError(f"{name} {getattr(self, name)!r}: choose one of {', '.join(allowed)}")
        if not isinstance(self.init, SLDSParameters) and self.init not in _INITS:
            raise LmphysError(f"init {self.init!r}: choose one of {', '.join(_INITS)}, or give SLDSParameters")
        least = {"concentration": 1, "n_regimes": 1, "n_init": 1}
        least |= dict.fromkeys(("drift_prior", "covariance_prior", "stickiness", "max_iter", "tol"), 0)
        for name, bound in least.items():
            if not getattr(self, name) >= bound:
                raise LmphysError(f"{name} {getattr(self, name)}: use {bound} or more")
        if self.covariance == "low-rank" and not 1 <= self.noise_rank < traj.width:
            raise LmphysError(
                f"noise_rank {self.noise_rank} for states of width {traj.width}: use 1 to {traj.width - 1}"
            )
        if not traj.n_transitions:
            raise LmphysError("no transitions to fit: at least one chain needs two states or more")
        if self.n_regimes > traj.n_transitions:
            raise LmphysError(
                f"{self.n_regimes} regimes for {traj.n_transitions} transitions: use fewer regimes or more chains"
            )
        if isinstance(self.init, SLDSParameters):
            given = (self.init.n_regimes, self.init.width)
            if given != (self.n_regimes, traj.width):
                raise LmphysError(
                    f"init has {given[0]} regimes in {given[1]} dimensions, the fit {self.n_regimes} in {traj.width}"
                )

    def fit(self, traj: Data) -> "SLDS":
        """Fit by EM to chains (Trajectories, or a list of (T_c, D) arrays).

        Raises:
            LmphysError: a setting is not allowed, there are fewer transitions than regimes, a state is not
                finite, or the transitions do not determine the parameters (only with weak priors).
        """
        traj = as_trajectories(traj)
        self._check(traj)
        packed = self._packed(traj)
        K = self.n_regimes
        unscaled = torch.ones(traj.width, dtype=torch.float64, device=packed.rows.device)
        spread = float(packed.moments.diagonal()[1 : traj.width + 1].mean()) / len(packed)
        # Where all chains start from one state and end after one step there is no spread; any unit will do.
        self.ridge_ = self.drift_prior * traj.width * (spread or 1.0)
        prior = Prior(self.ridge_, self.covariance_prior * traj.width, unscaled, self.concentration, self.stickiness)
        single, prior = one_regime(packed, self.structure, prior)
        if isinstance(self.init, SLDSParameters):
            starts = Models.from_parameters(self.init, packed)
        else:
            seeds = np.random.SeedSequence(self.random_state).generate_state(1 if K == 1 else self.n_init)
            in_turns = cycle(("mixture", "kmeans") if self.init == "auto" else (self.init,))
            kinds = islice(in_turns, len(seeds))
            z = np.stack([labels(packed, single, K, kind, int(seed)) for kind, seed in zip(kinds, seeds, strict=True)])
            starts = from_labels(z, packed, single, K, self.structure, prior)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=not self.verbose) as bar:
            task = bar.add_task(f"EM, {K} regimes, {len(starts.b)} restarts", total=self.max_iter)
            fitted, self.monitors_ = expectation_maximisation(
                starts, single, packed, self.structure, prior, max_iter=self.max_iter, tol=self.tol,
                progress=lambda iteration: bar.update(task, completed=iteration),
            )  # fmt: skip
        best = int(np.argmax([monitor.objective[-1] for monitor in self.monitors_]))
        self.parameters_, self.monitor_ = fitted.to_parameters(packed, best), self.monitors_[best]
        return self

    def _packed(self, traj: Trajectories) -> Packed:
        return Packed(traj, dtype=_DTYPES[self.dtype], device=resolve_device(self.device))

    def _emissions(self, data: Data) -> tuple[Models, torch.Tensor, Packed]:
        check_is_fitted(self, "parameters_")
        traj = as_trajectories(data)
        if traj.width != self.parameters_.width:
            raise LmphysError(
                f"states of width {traj.width}, model fitted on {self.parameters_.width}: use one projection for both"
            )
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

    def pair_marginals(self, traj: Data) -> np.ndarray:
        """P(Z_t = i, Z_{t+1} = j | all states of the chain), (n', K, K).

        One for each two successive transitions of a chain, n' = N - C - (number of chains with a transition), in
        the order of `traj.pairs()` without the first transition of each chain.
        """
        messages, packed = self._messages(traj)
        place = packed.place[packed.place >= packed.sizes[0]] - packed.sizes[0]
        return np.moveaxis(messages.pairs()[0].cpu().numpy()[..., place], -1, 0)

    def viterbi(self, traj: Data) -> np.ndarray:
        """Most probable path of regimes of each chain, (N - C,), in the order of `traj.pairs()`."""
        models, emission, packed = self._emissions(traj)
        return packed.unpack(viterbi(models.log_pi, models.log_T, emission, packed.blocks)[0])

    def log_likelihood(self, traj: Data) -> np.ndarray:
        """Log p(h_1..h_T | h_0) of each chain, (C,), nats; 0 for a chain of one state."""
        messages, packed = self._messages(traj)
        n_chains = len(as_trajectories(traj))
        return np.bincount(packed.chain, weights=packed.unpack(messages.log_density[0]), minlength=n_chains)

    def score(self, traj: Data) -> float:
        """Mean log density of h_{t+1} given the past, nats per transition."""
        return float(self._messages(traj)[0].log_density.mean())

    def log_densities(self, traj: Data) -> dict[str, np.ndarray]:
        """Log p(h_{t+1} | h_0..h_t) of the honest forecast, (N - C,), nats; the others have no density."""
        messages, packed = self._messages(traj)
        return {"predictive": packed.unpack(messages.log_density[0])}

    def forecasts(self, traj: Data) -> dict[str, np.ndarray]:
        """One-step forecasts of h_{t+1}, (N - C, D), by what their regime weights have seen.

        "predictive" weighs the regimes by P(Z_t | h_0..h_t) and is the only forecast. The others know what is
        to be forecast: "filtered_after_update" by P(Z_t | h_0..h_{t+1}), "smoothed" by P(Z_t | all states), and
        "oracle" takes the regime that comes closest.

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
        for j in range(self.n_regimes):
            mean = h + h @ self.parameters_.M[j].T + self.parameters_.b[j]
            for name, weight in weights.items():
                result[name] += weight[:, j, None] * mean
            error = ((h_next - mean) ** 2).sum(axis=1)
            closer = error < least
            result["oracle"][closer], least[closer] = mean[closer], error[closer]
        return result

    @property
    def n_parameters(self) -> int:
        """Free parameters, as `Structure.n_parameters` counts them."""
        return self.structure.n_parameters(self.n_regimes, self.parameters_.width)

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
        check_is_fitted(self, "parameters_")
        traj = as_trajectories(prefix)
        p = self.parameters_
        if traj.width != p.width:
            raise LmphysError(f"states of width {traj.width}, model fitted on {p.width}: use one projection for both")
        weights = np.tile(p.pi, (len(traj), 1))
        if traj.n_transitions:
            filtered = self.infer(traj).filtered
            last = np.cumsum(traj.lengths - 1)[traj.lengths > 1] - 1
            weights[traj.lengths > 1] = filtered[last] @ p.T
        return simulate(p, traj, steps, weights, seed=seed)

    def save(self, folder: str | Path) -> None:
        """Write parameters.safetensors and model.json (settings and monitors) into `folder`."""
        check_is_fitted(self, "parameters_")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        save_file(
            {k: np.ascontiguousarray(v) for k, v in asdict(self.parameters_).items()}, folder / "parameters.safetensors"
        )
        settings = self.get_params()
        if isinstance(self.init, SLDSParameters):
            settings["init"] = "auto"
        kept = next((i for i, m in enumerate(self.monitors_) if m is self.monitor_), None)
        content = {"settings": settings, "monitors": [asdict(m) for m in self.monitors_], "kept": kept}
        (folder / "model.json").write_text(json.dumps(content, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, folder: str | Path) -> "SLDS":
        """Read what `save` wrote. Parameters that were given as `init` are not kept: the setting reads "auto".

        Raises:
            LmphysError: a file is missing or damaged.
        """
        folder = Path(folder)
        try:
            arrays = load_file(folder / "parameters.safetensors")
            content = json.loads((folder / "model.json").read_text(encoding="utf-8"))
            model = cls(**content["settings"])
            model.parameters_ = SLDSParameters(**arrays)
            model.monitors_ = [
                Monitor(**{**m, "reseeded": [tuple(x) for x in m["reseeded"]]}) for m in content["monitors"]
            ]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise LmphysError(f"{folder} holds no readable model ({error}); fit and save it again") from error
        model.monitor_ = Monitor() if content["kept"] is None else model.monitors_[content["kept"]]
        return model
