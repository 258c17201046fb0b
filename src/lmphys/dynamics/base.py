"""What it takes to forecast: one method, whatever the model is."""

from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories


class Forecast(NamedTuple):
    """One-step forecasts of N - C transitions, in the order of `Trajectories.pairs()`.

    Attributes:
        mean: (N - C, k) expected h_{t+1} given h_0..h_t of the same chain.
        log_density: (N - C,) log p(h_{t+1} | h_0..h_t), nats; NaN where the fit does not determine it, None where the
            model has no density.
    """

    mean: np.ndarray
    log_density: np.ndarray | None = None

    @property
    def nll(self) -> np.ndarray:
        """Negative log density (N - C,), nats.

        Raises:
            LmphysError: the model has no density.
        """
        if self.log_density is None:
            raise LmphysError("this forecast has no density; take a Gaussian of its residuals, see `residual_nll`")
        return -self.log_density


class Forecaster(Protocol):
    """Whatever forecasts the next state of each chain from the states before it.

    A forecast may use nothing that comes after h_t; the density is that of the h_{t+1} that came. To be fitted again to
    surrogate chains, as `one_step_scores` does, a forecaster is a scikit-learn estimator with `fit(trajectories)`. Its
    row in a table of scores is its `name`, or that of its class.

    Any regression becomes one, and can be scored beside the models of this package:

        >>> from sklearn.base import BaseEstimator
        >>> from sklearn.neighbors import KNeighborsRegressor
        >>> from lmphys.core import Trajectories
        >>> from lmphys.dynamics import Forecast, one_step_scores
        >>> class Neighbours(BaseEstimator):
        ...     def fit(self, traj):
        ...         self.regressor_ = KNeighborsRegressor(3).fit(*traj.pairs()[:2])
        ...         return self
        ...     def predict(self, traj):
        ...         return Forecast(self.regressor_.predict(traj.pairs()[0]))
        >>> chains = np.random.default_rng(0).standard_normal((8, 6, 2)).cumsum(axis=1)
        >>> train, test = Trajectories.from_list(chains[:4]), Trajectories.from_list(chains[4:])
        >>> list(one_step_scores(Neighbours().fit(train), test, train=train).index[:3])
        ['Neighbours', 'one linear map', 'persistence']
    """

    def predict(self, trajectories: Trajectories, /) -> Forecast:
        """Forecasts of all transitions of these chains."""
        ...


@runtime_checkable
class Hindsight(Protocol):
    """A forecaster that can also say what it would have forecast, had it seen its target: a leak, shown as one.

    Attributes:
        name: of the honest forecast, that of `predict`, among `forecasts`.
    """

    name: str

    def forecasts(self, trajectories: Trajectories, /) -> dict[str, np.ndarray]:
        """Forecasts by what they have seen, each as `Forecast.mean`."""
        ...
