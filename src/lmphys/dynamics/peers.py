"""Other people's switching models beside ours: the package `ssm`, and the field's SLDS, with a latent state."""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, as_trajectories
from lmphys.dynamics.base import Forecast
from lmphys.dynamics.latent import LatentParameters, filter_one_step
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.ssm_shim import import_ssm
from lmphys.stats.regression import pooled_r2

# Observation noise that a latent model starts from, as a share of each dimension's variance: with as many
# latent as observed dimensions nothing is left over, and EM never leaves a noise of 0.
_START_NOISE = 0.1


@contextmanager
def _running(seed: int) -> Iterator[None]:
    """Seed the global generator, which ssm draws from, and put it back; one thread, many times faster; no output.

    Raises:
        LmphysError: ssm broke down.
    """
    state = np.random.get_state()
    np.random.seed(seed)
    try:
        with threadpool_limits(1), redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (AssertionError, ValueError) as error:
        why = str(error) or "a value is not finite"
        raise LmphysError(f"ssm broke down ({why}); use fewer regimes, a lower rank or another random_state") from error
    finally:
        np.random.set_state(state)


def to_ssm(parameters: SLDSParameters) -> Any:
    """An `ssm.HMM` with autoregressive observations that gives every chain the probability that we give it.

    Its list of regimes has one entry for each state: z_0, at h_0, drives nothing, and z_1 drives the first
    step. Our pi is therefore the law of z_1, so its initial law p must solve p T = pi. Not every pi can be
    written so: the models of ssm are those of ours with pi in the convex hull of the rows of T.

    Raises:
        LmphysError: there is no such p, or ssm is not installed.
    """
    silent, gap = nnls(parameters.T.T, parameters.pi)
    if gap > 1e-9:
        raise LmphysError("ssm cannot express this pi, which is no mixture of the rows of T; use one such as T[0]")
    K, D = parameters.b.shape
    with _running(0):
        model = import_ssm().HMM(K, D, observations="ar", transitions="standard")
        model.init_state_distn.log_pi0 = np.log(silent)
        model.transitions.log_Ps = np.log(parameters.T)
        model.observations.As = np.eye(D) + parameters.M
        model.observations.bs = parameters.b.copy()
        model.observations.Sigmas = parameters.Sigma
    return model


def from_ssm(model: Any) -> SLDSParameters:
    """Parameters, in our convention, of an `ssm.HMM` with autoregressive observations; see `to_ssm`."""
    T = model.transitions.transition_matrix
    observed = model.observations
    pi = model.init_state_distn.init_state_distn @ T
    return SLDSParameters(pi, T, observed.As - np.eye(model.D), observed.bs, observed.Sigmas)


def log_likelihood(model: Any, traj: Data) -> np.ndarray:
    """Log densities of h_1, h_2, ... given h_0 under an `ssm.HMM`, nats, (C,); 0 for a chain of one state.

    ssm scores h_0 too, under N(0, I) whatever its regime; that is taken off again.
    """
    chains = [states.astype(np.float64) for states in as_trajectories(traj)]
    with _running(0):
        return np.array([model.log_likelihood(x) - _of_first(x) if len(x) > 1 else 0.0 for x in chains])


def _of_first(states: np.ndarray) -> float:
    """The log density N(h_0; 0, I)."""
    return float(-0.5 * (states[0] @ states[0] + len(states[0]) * np.log(2 * np.pi)))


def _chains(traj: Data) -> list[np.ndarray]:
    """The chains of two states and more, float64.

    Raises:
        LmphysError: there are none.
    """
    chains = [states.astype(np.float64) for states in as_trajectories(traj) if len(states) > 1]
    if not chains:
        raise LmphysError("no transitions to fit: at least one chain needs two sentences or more")
    return chains


class SSMPeer(BaseEstimator):
    """The model of `SLDS`, learned by the EM of `ssm`: maximum likelihood, no priors, a fixed number of steps.

    Differences that remain: its T also counts the step from the silent z_0 to z_1 (see `to_ssm`), so that pi
    is held in the convex hull of the rows of T; M + I and b carry a ridge of 1e-8 toward 0, and Sigma an added
    1e-8 I; a regime that drives less than one step is replaced by a perturbed copy of another.

    Args:
        n_regimes: K; that of `init` where it is given.
        n_iter: steps of EM.
        init: parameters to start from; None: ssm's own start, k-means of the states h_t.
        random_state: seed.

    Attributes:
        parameters_: SLDSParameters in our convention.
        log_likelihoods_: (n_iter + 1,) log p(h_1.. | h_0) of all chains, nats, after 0, 1, ... steps of EM.
    """

    parameters_: SLDSParameters
    log_likelihoods_: np.ndarray

    def __init__(
        self, n_regimes: int = 4, *, n_iter: int = 50, init: SLDSParameters | None = None, random_state: int = 0
    ) -> None:
        self.n_regimes = n_regimes
        self.n_iter = n_iter
        self.init = init
        self.random_state = random_state

    def fit(self, traj: Data) -> "SSMPeer":
        """Run EM on the chains of two states and more.

        Raises:
            LmphysError: ssm is not installed or breaks down, there are no transitions, or `init` cannot be
                written as one of its models.
        """
        chains = _chains(traj)
        ssm = import_ssm()
        start = None if self.init is None else to_ssm(self.init)
        with _running(self.random_state):
            model = start or ssm.HMM(self.n_regimes, chains[0].shape[1], observations="ar", transitions="standard")
            history = model.fit(chains, method="em", num_em_iters=self.n_iter, initialize=start is None)
            # Its record opens with the start twice and lacks the end.
            history = np.array([*history[1:], model.log_likelihood(chains)])
        self.parameters_ = from_ssm(model)
        self.log_likelihoods_ = history - sum(map(_of_first, chains))
        return self

    def predict(self, traj: Data) -> Forecast:
        """Forecasts and densities, by our filter: those of `SLDS` with these parameters."""
        check_is_fitted(self, "parameters_")
        return SLDS.from_parameters(self.parameters_).predict(traj)


class LatentSLDS(BaseEstimator):
    """What the field calls a switching linear dynamical system: a latent state x_t, observed through noise.

    It is a different model from the paper's, in which the regimes act on the observed states and there is no
    observation layer (`SLDS`, elsewhere an ARHMM); see `LatentParameters` for its equations. Learned by `ssm.SLDS`
    with Gaussian emissions, diagonal R and variational Laplace EM, which draws samples, so that its bound does not
    rise at every step. The gauge is x_0 ~ N(0, I). It starts from the principal components of the states, scaled to
    unit variance.

    Args:
        n_regimes: K.
        latent_dim: L, at most D.
        n_iter: steps of Laplace EM.
        random_state: seed.

    Attributes:
        parameters_: LatentParameters.
        elbos_: (n_iter + 1,) lower bounds, nats, with the silent first regime and y_0 included.

    Source: Zoltowski, Pillow & Linderman 2020 (ICML), for the learning.
    """

    name = "latent state"

    parameters_: LatentParameters
    elbos_: np.ndarray

    def __init__(self, n_regimes: int = 4, latent_dim: int = 5, *, n_iter: int = 20, random_state: int = 0) -> None:
        self.n_regimes = n_regimes
        self.latent_dim = latent_dim
        self.n_iter = n_iter
        self.random_state = random_state

    def fit(self, traj: Data) -> "LatentSLDS":
        """Learn the parameters from the chains of two states and more.

        Raises:
            LmphysError: ssm is not installed or breaks down, there are no transitions, or `latent_dim` exceeds
                the width of the states or their number.
        """
        chains = _chains(traj)
        y = np.concatenate(chains)
        if not 1 <= self.latent_dim <= min(y.shape):
            raise LmphysError(f"latent_dim {self.latent_dim} is not within 1 and {min(y.shape)}; set one that is")
        ssm = import_ssm()
        with _running(self.random_state):
            model = ssm.SLDS(y.shape[1], self.n_regimes, self.latent_dim, transitions="standard", emissions="gaussian")
            emission = model.emissions
            d = y.mean(axis=0)
            _, s, Vt = np.linalg.svd(y - d, full_matrices=False)
            V = Vt[: self.latent_dim].T
            left_over = y - d - (y - d) @ V @ V.T
            emission.ds, emission.Cs = d[None], (V * s[: self.latent_dim] / np.sqrt(len(y)))[None]
            emission.inv_etas = np.log((left_over**2).mean(axis=0) + _START_NOISE * y.var(axis=0))[None]
            self.elbos_ = np.array(model.fit(chains, method="laplace_em", num_iters=self.n_iter)[0])
        T, dynamics = model.transitions.transition_matrix, model.dynamics
        self.parameters_ = LatentParameters(
            pi=model.init_state_distn.init_state_distn @ T,
            T=T,
            A=dynamics.As,
            b=dynamics.bs,
            Q=dynamics.Sigmas,
            C=emission.Cs[0],
            d=emission.ds[0],
            R=np.diag(np.exp(emission.inv_etas[0])),
            mean=np.zeros(self.latent_dim),
            covariance=np.eye(self.latent_dim),
        )
        return self

    def predict(self, traj: Data) -> Forecast:
        """Forecasts and densities of h_{t+1} given h_0..h_t, see `filter_one_step`.

        Raises:
            LmphysError: the width differs from the fitted one.
        """
        check_is_fitted(self, "parameters_")
        traj = as_trajectories(traj)
        if traj.width != self.parameters_.width:
            raise LmphysError(f"states of width {traj.width}, model of {self.parameters_.width}: use one projection")
        parts = [filter_one_step(self.parameters_, states) for states in traj]
        return Forecast(*(np.concatenate(of_chains) for of_chains in zip(*parts, strict=True)))


def compare_peers(
    train: Data, test: Data, *, n_regimes: int = 4, latent_dim: int = 3, n_iter: int = 20, random_state: int = 0
) -> pd.DataFrame:
    """One-step forecasts of held-out chains by three learners of two models.

    Rows:
        switching state: `SLDS` with its default priors.
        switching state, ssm: the same model by maximum likelihood, `SSMPeer`.
        latent state, ssm: the textbook model, `LatentSLDS`.

    Args:
        train: chains to fit.
        test: chains to forecast.
        n_regimes: K, of all three.
        latent_dim: dimension of the latent state.
        n_iter: iterations of ssm.
        random_state: seed.

    Returns:
        Columns `r2_h`, R^2 of the forecast of h_{t+1}, pooled over dimensions; `nll`, nats per transition; and
        `seconds` of the fit. Without ssm, the first row alone.

    Raises:
        LmphysError: widths differ, or a learner cannot fit these chains.
    """
    train, test = as_trajectories(train), as_trajectories(test)
    fits: dict[str, SLDS | SSMPeer | LatentSLDS] = {
        "switching state": SLDS(n_regimes, random_state=random_state),
        "switching state, ssm": SSMPeer(n_regimes, n_iter=n_iter, random_state=random_state),
        "latent state, ssm": LatentSLDS(n_regimes, latent_dim, n_iter=n_iter, random_state=random_state),
    }
    h_next = test.pairs()[1].astype(np.float64)
    rows = {}
    for name, model in fits.items():
        start = time.perf_counter()
        try:
            model.fit(train)
        except LmphysError as error:
            if isinstance(error.__cause__, ImportError):
                break
            raise
        seconds = time.perf_counter() - start
        found = model.predict(test)
        rows[name] = {"r2_h": pooled_r2(h_next, found.mean), "nll": float(found.nll.mean()), "seconds": seconds}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("learner")
