"""The paper's switching linear dynamical system, fitted by expectation maximisation on chains of unequal length."""

from itertools import cycle, islice
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.utils.validation import check_is_fitted

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.slds.em import Monitor, expectation_maximisation
from lmphys.dynamics.slds.inference import SwitchingModel
from lmphys.dynamics.slds.init import Init, from_labels, labels, prepare
from lmphys.dynamics.slds.io import read_model, write_model
from lmphys.dynamics.slds.m_step import conform
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.structure import Covariance, Drift, Models

_CHOICES: dict[str, tuple[Any, ...]] = {
    "drift": ("switching", "shared", "none"),
    "covariance": ("full", "diagonal", "tied", "low-rank"),
}
_INITS = ("auto", "mixture", "kmeans", "random")


class SLDS(SwitchingModel):
    """Switching linear dynamics h_{t+1} = h_t + M_z h_t + b_z + eps, eps ~ N(0, Sigma_z), z a Markov chain.

    This is the paper's SLDS: the states themselves switch, and there is no observation layer. The field calls this
    model an autoregressive hidden Markov model (ARHMM) or a switching vector autoregression, here of order 1 in the
    increments, and keeps the name SLDS for one with a latent state that is seen through noise: that is `LatentSLDS`.
    `SLDSParameters` states the model and its index convention.

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
        covariance_prior: pull of each Sigma_j towards the noise of one linear map, its mean square in each
            direction (the largest hundredth clipped, so that no outlier sets it), likewise in transitions for each
            dimension. Both defaults are near the best held-out density of the default corpus at ranks 10 and 40.
        concentration: of the Dirichlet laws of pi and of the rows of T, at least 1 (flat).
        stickiness: added to the concentration of each T_jj.
        init: start of EM: "mixture", a Gaussian mixture on the residuals of one linear map, as in Sec. 4.2 of
            the source; "kmeans" on the increments; "auto", the two in turns over the restarts, as each fails
            where the other does not; "random" labels; or parameters to go on from.
        n_init: restarts, run side by side; the one of greatest posterior is kept. One regime, and a start from
            parameters, need one.
        max_iter: iterations at most.
        tol: EM has converged when an iteration raises the objective by less, in nats per transition.
        dtype: of the sums over transitions, "float64", or "float32" for speed; the rest is float64. In float32
            the noise of two regimes may differ some hundredfold in scale, not more; EM says so when it fails.
        device: "cpu" or "cuda"; "auto" takes a GPU where there is one.
        random_state: seed of the starts. Same seed, same machine: same result.
        verbose: show a progress bar.

    Attributes:
        parameters_: the fitted `SLDSParameters`.
        ridge_: lambda of the penalty on M_j, in squared units of the states; only after `fit`.
        monitor_: `Monitor` of the restart that was kept.
        monitors_: those of all restarts.

    Source: Carson & Reisizadeh 2025 (arXiv 2506.04374), Eqs. 8-10 and App. B, with the emission density
    multiplied into the pair posterior, where the source prints a plus.
    """

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

    def _check(self, traj: Trajectories) -> None:
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise LmphysError(f"{name} {getattr(self, name)!r}: choose one of {', '.join(allowed)}")
        if not isinstance(self.init, SLDSParameters) and not (isinstance(self.init, str) and self.init in _INITS):
            raise LmphysError(f"init {self.init!r}: choose one of {', '.join(_INITS)}, or give SLDSParameters")
        for kind, what, bounds in (
            (
                Integral,
                "a whole number",
                {"n_regimes": 1, "n_init": 1, "max_iter": 0, "noise_rank": 1, "random_state": 0},
            ),
            (
                Real,
                "a number",
                {"concentration": 1, "drift_prior": 0, "covariance_prior": 0, "stickiness": 0, "tol": 0},
            ),
        ):
            for name, bound in bounds.items():
                value = getattr(self, name)
                if not isinstance(value, kind) or not bound <= float(value) < np.inf:
                    raise LmphysError(f"{name} {value!r}: use {what}, {bound} or more")
        if self.covariance == "low-rank" and self.noise_rank >= traj.width:
            raise LmphysError(
                f"noise_rank {self.noise_rank} for width {traj.width}: use a smaller one, or covariance 'full'"
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

    def fit(self, traj: Data, y: None = None) -> "SLDS":
        """Fit by EM to chains (Trajectories, or a list of (T_c, D) arrays); `y` is not used.

        Raises:
            LmphysError: a setting is not allowed, there are fewer transitions than regimes, a state is not
                finite, or the transitions do not determine the parameters (only with weak priors).
        """
        traj = as_trajectories(traj)
        self._check(traj)
        packed = self._packed(traj)
        K = self.n_regimes
        single, prior = prepare(
            packed, self.structure, drift_prior=self.drift_prior, covariance_prior=self.covariance_prior,
            concentration=self.concentration, stickiness=self.stickiness,
        )  # fmt: skip
        self.ridge_ = prior.ridge
        if isinstance(self.init, SLDSParameters):
            starts = conform(Models.from_parameters(self.init, packed), self.structure)
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

    def save(self, folder: str | Path) -> None:
        """Write parameters.safetensors and model.json (settings and monitors) into `folder`.

        Parameters that were given as `init` are not kept: the setting then reads "auto".
        """
        check_is_fitted(self, "parameters_")
        settings = self.get_params()
        if isinstance(self.init, SLDSParameters):
            settings["init"] = "auto"
        kept = next((i for i, m in enumerate(self.monitors_) if m is self.monitor_), None)
        fitted = {"ridge": getattr(self, "ridge_", None), "kept": kept}
        write_model(Path(folder), self.parameters_, settings, fitted, self.monitors_)

    @classmethod
    def load(cls, folder: str | Path) -> "SLDS":
        """Read what `save` wrote.

        Raises:
            LmphysError: a file is missing or damaged.
        """
        parameters, settings, fitted, monitors = read_model(Path(folder))
        try:
            model = cls(**settings)
            model.monitor_ = Monitor() if fitted["kept"] is None else monitors[fitted["kept"]]
            if fitted["ridge"] is not None:
                model.ridge_ = float(fitted["ridge"])
        except (KeyError, IndexError, TypeError) as error:
            raise LmphysError(f"{folder} holds no readable model ({error}); fit and save it again") from error
        model.parameters_, model.monitors_ = parameters, monitors
        return model
