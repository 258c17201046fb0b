"""Two programs, one model, one start: do they climb to the same summit?"""

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Data, as_trajectories
from lmphys.dynamics.peers import SSMPeer
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters


def compare_learners(
    train: Data, test: Data, *, n_regimes: int = 2, n_iter: int = 10, random_state: int = 0
) -> pd.DataFrame:
    """Maximum likelihood of one model by this package and by `ssm`, from one start and with equal many steps of EM.

    The start is a fit with the default priors, so that both begin on the same slope; its law of the first regime
    is set to that of the regimes in the long run, which both can express (`peers.to_ssm`). The priors are then
    off. What is left to differ: `ssm` holds pi to mixtures of the rows of T, and counts the step from a silent regime
    before the first.

    Args:
        train: chains to fit.
        test: chains to score.
        n_regimes: K.
        n_iter: steps of EM of both.
        random_state: seed of the start.

    Returns:
        Indexed by `start`, `this package` and `ssm`: `log_likelihood` of the training chains and `held_out` of the
        others, nats per transition; and the largest difference from this package's parameters, relative to the
        largest entry of each, `pi`, `T`, `I + M`, `b`, `Sigma`.

    Raises:
        LmphysError: ssm is not installed or breaks down, or as in `SLDS.fit`.
    """
    train, test = as_trajectories(train), as_trajectories(test)
    p = SLDS(n_regimes, random_state=random_state).fit(train).parameters_
    start = SLDSParameters(p.stationary(), p.T, p.M, p.b, p.Sigma)
    theirs = SSMPeer(n_regimes, n_iter=n_iter, init=start, random_state=random_state).fit(train).parameters_
    flat = SLDS(n_regimes, drift_prior=0.0, covariance_prior=0.0, concentration=1.0)
    ours = flat.set_params(init=start, max_iter=n_iter, tol=0.0).fit(train).parameters_
    rows = {}
    for name, parameters in (("start", start), ("this package", ours), ("ssm", theirs)):
        model = SLDS.from_parameters(parameters)
        rows[name] = {"log_likelihood": model.score(train), "held_out": model.score(test)}
        rows[name] |= {symbol: _difference(x, y) for symbol, x, y in _pairs(parameters, ours)}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameters")


def _pairs(a: SLDSParameters, b: SLDSParameters) -> list[tuple[str, np.ndarray, np.ndarray]]:
    identity = np.eye(a.width)
    return [
        ("pi", a.pi, b.pi),
        ("T", a.T, b.T),
        ("I + M", identity + a.M, identity + b.M),
        ("b", a.b, b.b),
        ("Sigma", a.Sigma, b.Sigma),
    ]


def _difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.abs(a - b).max() / np.abs(b).max())
