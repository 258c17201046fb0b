"""A recurrent network that forecasts the next state from all states so far."""

import copy

import numpy as np
import torch
from sklearn.base import BaseEstimator
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.base import Forecast


class GRUForecast(BaseEstimator):
    """A gated recurrent unit with a linear read-out, h_{t+1} = W g(h_0, ..., h_t) + w, trained on squared errors.

    With `skip` the network forecasts what is left over by r h_t, r the one number that forecasts best. A model that is
    pulled towards persistence, as `SLDS` is, must be compared with a network that need not learn persistence first.

    Training stops where the error on other chains no longer falls, and the best weights are kept. States are
    standardised first, with the numbers of the training chains.

    Args:
        width: of the recurrent state.
        skip: whether r h_t is passed on to the forecast.
        learning_rate: of Adam.
        patience: epochs without a better validation error before it stops.
        max_epochs: at most.
        batch_size: chains.
        held_out: share of the training questions (or themes) that validate.
        random_state: seed of weights, batches and the split.

    Attributes:
        n_epochs_: epochs whose weights were kept.
        validation_error_: mean squared error there, in standardised units.

    Source: baseline GRU-256 of Carson & Reisizadeh 2025 (arXiv 2506.04374), Table 3, whose training is not described.
    """

    n_epochs_: int
    validation_error_: float

    def __init__(
        self,
        width: int = 256,
        *,
        skip: bool = False,
        learning_rate: float = 2e-3,
        patience: int = 10,
        max_epochs: int = 200,
        batch_size: int = 16,
        held_out: float = 0.2,
        random_state: int = 0,
    ) -> None:
        self.width = width
        self.skip = skip
        self.learning_rate = learning_rate
        self.patience = patience
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.held_out = held_out
        self.random_state = random_state

    @property
    def name(self) -> str:
        """Row of a table of scores."""
        return f"GRU-{self.width}" + (" on r h" if self.skip else "")

    def fit(self, traj: Data) -> "GRUForecast":
        """Train on chains (N, D); some of their questions are kept apart to validate.

        Raises:
            LmphysError: no transitions, or too few questions to keep some apart.
        """
        traj = as_trajectories(traj)
        if not traj.n_transitions:
            raise LmphysError("no transitions to fit: at least one chain needs two states or more")
        self._mean, deviation = traj.states.mean(axis=0), traj.states.std(axis=0)
        self._scale = np.where(deviation > 0, deviation, 1.0)
        share = persistence(traj.with_states((traj.states - self._mean) / self._scale)) if self.skip else 0.0
        train, other = traj.split(1 - self.held_out, seed=self.random_state)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.random_state)
            self._network = _Network(traj.width, self.width, share)
            self._train(self._sequences(train), self._sequences(other))
        return self

    def _train(self, train: list[Tensor], other: list[Tensor]) -> None:
        optimiser = torch.optim.Adam(self._network.parameters(), lr=self.learning_rate)
        best, kept = float("inf"), copy.deepcopy(self._network.state_dict())
        self.n_epochs_ = 0
        for epoch in range(1, self.max_epochs + 1):
            self._network.train()
            for rows in torch.randperm(len(train)).split(self.batch_size):
                optimiser.zero_grad()
                self._error([train[i] for i in rows.tolist()]).backward()
                nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
                optimiser.step()
            with torch.no_grad():
                error = float(self._error(other))
            if error < best:
                best, kept = error, copy.deepcopy(self._network.state_dict())
                self.n_epochs_ = epoch
            elif epoch - self.n_epochs_ >= self.patience:
                break
        self._network.load_state_dict(kept)
        self._network.eval()
        self.validation_error_ = best

    def _sequences(self, traj: Trajectories) -> list[Tensor]:
        """Standardised chains that have a transition."""
        chains = ((np.asarray(chain) - self._mean) / self._scale for chain in traj if len(chain) > 1)
        return [torch.from_numpy(chain).float() for chain in chains]

    def _error(self, chains: list[Tensor]) -> Tensor:
        """Mean squared error of the one-step forecasts of some chains."""
        forecast = self._network(pad_sequence([chain[:-1] for chain in chains], batch_first=True))[0]
        target = pad_sequence([chain[1:] for chain in chains], batch_first=True)
        lengths = torch.tensor([len(chain) - 1 for chain in chains])
        there = torch.arange(target.shape[1]) < lengths[:, None]
        return (forecast - target)[there].square().mean()

    @torch.no_grad()
    def predict(self, traj: Data) -> Forecast:
        """Forecasts of h_{t+1} from h_0..h_t; trained on squared errors, the network has no density."""
        traj = as_trajectories(traj)
        parts = [self._network(chain[None, :-1])[0][0].numpy() for chain in self._sequences(traj)]
        joined = np.concatenate(parts) if parts else np.empty((0, traj.width))
        return Forecast(joined.astype(np.float64) * self._scale + self._mean)

    @torch.no_grad()
    def continued(self, prefix: Trajectories, steps: int) -> np.ndarray:
        """State (C, D) `steps` after the last one of each chain, its own forecasts taken as states."""
        ends = []
        for chain in prefix:
            state = torch.from_numpy((np.asarray(chain) - self._mean) / self._scale).float()[None]
            memory: Tensor | None = None
            for _ in range(steps):
                forecast, memory = self._network(state, memory)
                state = forecast[:, -1:]
            ends.append(state[0, -1].numpy())
        return np.stack(ends).astype(np.float64) * self._scale + self._mean


class _Network(nn.Module):
    def __init__(self, width: int, hidden: int, share: float) -> None:
        super().__init__()
        self.share = share
        self.gru = nn.GRU(width, hidden, batch_first=True)
        self.out = nn.Linear(hidden, width)

    def forward(self, states: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Forecasts (B, T, D) of the state after each of (B, T, D), and the memory after the last."""
        hidden, memory = self.gru(states, memory)
        return self.share * states + self.out(hidden), memory


def persistence(traj: Trajectories) -> float:
    """The number r for which r h_t forecasts h_{t+1} best, one for all dimensions."""
    h, h_next, _ = traj.pairs()
    return float((h * h_next).sum() / (h * h).sum())
