"""A switching model whose regimes are given: labels of sentences in place of hidden states."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Data, Trajectories, as_trajectories
from lmphys.dynamics.slds.inference import SwitchingModel
from lmphys.dynamics.slds.init import from_labels, prepare
from lmphys.dynamics.slds.structure import Covariance, Drift


class LabelledSLDS(SwitchingModel):
    """Switching linear dynamics whose regimes are known in training: one M-step from labels, and no EM.

    Each state carries the label of the sentence that it ends, y_t. The step from h_t to h_{t+1} is driven by the label
    of the sentence to come, Z_t = y_{t+1}. Map, offset and noise of a label come from its steps alone; the Markov chain
    of labels from all successive sentences, the first included, each passage counted once more than it was seen.

    Args:
        drift: "switching", M_j of their own; "shared", one M, so that labels differ in offset and noise; "none".
        covariance: as of `SLDS`.
        noise_rank: as of `SLDS`.
        drift_prior: as of `SLDS`; 0 is least squares for each label.
        covariance_prior: as of `SLDS`.
        concentration: as of `SLDS`, for the label of the first step.
        dtype: as of `SLDS`.
        device: as of `SLDS`.

    Which label comes next is learned in a second way too, from the state: a multinomial logistic regression of
    y_{t+1} on h_t and y_t, the gate. With it the state chooses the regime, as in a recurrent switching model.

    Source: Linderman et al. 2017, AISTATS, for the recurrent model; the gate here is fitted to known labels.

    Attributes:
        classes_: (K,) labels, sorted; regime j is `classes_[j]`.
        gate_: the logistic regression; None where all steps lead to one label.
        parameters_: the fitted `SLDSParameters`, so that the model can also infer and decode without labels.
    """

    classes_: np.ndarray
    gate_: Pipeline | None

    def __init__(
        self,
        *,
        drift: Drift = "switching",
        covariance: Covariance = "full",
        noise_rank: int = 10,
        drift_prior: float = 0.3,
        covariance_prior: float = 1.0,
        concentration: float = 1.1,
        dtype: str = "float64",
        device: str = "auto",
    ) -> None:
        self.drift = drift
        self.covariance = covariance
        self.noise_rank = noise_rank
        self.drift_prior = drift_prior
        self.covariance_prior = covariance_prior
        self.concentration = concentration
        self.dtype = dtype
        self.device = device

    def fit(self, traj: Data, y: ArrayLike) -> "LabelledSLDS":
        """Fit to chains and the labels (N,) of their states.

        Raises:
            LmphysError: labels and states disagree in number, or what `SLDS.fit` raises of the states.
        """
        traj = as_trajectories(traj)
        self.classes_, code = np.unique(np.asarray(y).astype(str), return_inverse=True)
        if len(code) != len(traj.states):
            raise LmphysError(f"{len(code)} labels for {len(traj.states)} states: give one for each sentence")
        if not traj.n_transitions:
            raise LmphysError("no transitions to fit: at least one chain needs two sentences or more")
        K, rows = len(self.classes_), traj.sources()
        packed = self._packed(traj)
        single, prior = prepare(
            packed, self.structure, drift_prior=self.drift_prior, covariance_prior=self.covariance_prior,
            concentration=self.concentration,
        )  # fmt: skip
        z = np.empty(len(packed), dtype=np.int64)
        z[packed.place] = code[rows + 1]
        fitted = from_labels(z[None], packed, single, K, self.structure, prior).to_parameters(packed)
        passages = 1 + np.bincount(code[rows] * K + code[rows + 1], minlength=K * K).reshape(K, K)
        self.parameters_ = replace(fitted, T=passages / passages.sum(axis=1, keepdims=True))
        self.gate_ = None
        if len(np.unique(code[rows + 1])) > 1:
            gate = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
            self.gate_ = gate.fit(self._seen(traj, code), code[rows + 1])
        return self

    def _seen(self, traj: Trajectories, code: np.ndarray) -> np.ndarray:
        """What the gate knows before each step: the state, and the label of its sentence, (N - C, D + K)."""
        rows = traj.sources()
        return np.hstack([traj.states[rows], code[rows, None] == np.arange(len(self.classes_))])

    def codes(self, y: ArrayLike) -> np.ndarray:
        """Regimes of labels (N,); -1 for one that was not in the training set."""
        labels = np.asarray(y).astype(str)
        code = np.searchsorted(self.classes_, labels).clip(max=len(self.classes_) - 1)
        return np.where(self.classes_[code] == labels, code, -1)

    def label_forecasts(self, traj: Trajectories, y: ArrayLike) -> dict[str, np.ndarray]:
        """One-step forecasts of h_{t+1}, (N - C, D), by what is known of the label of the sentence to come.

        "known" takes the map of the label y_{t+1} and has so seen a part of what it forecasts. "by label" weighs the
        maps by P(y_{t+1} | y_t), the Markov chain of labels; "by state" by the gate, P(y_{t+1} | h_t, y_t). These two
        are forecasts, from h_t and y_t alone.

        A label that was not in the training set says nothing: each label then counts by its stationary share.

        Args:
            traj: C chains.
            y: (N,) labels of their states.
        """
        traj = self._fitting(traj)
        code, rows = self.codes(y), traj.sources()
        K, share = len(self.classes_), self.parameters_.stationary()
        gated = np.zeros((len(rows), K))
        if self.gate_ is None:  # one label, or one that all steps lead to
            gated[:] = share
        else:
            gated[:, self.gate_.classes_] = self.gate_.predict_proba(self._seen(traj, code))
        weights = {
            "known": np.vstack([np.eye(K), share])[code[rows + 1]],
            "by label": np.vstack([self.parameters_.T, share])[code[rows]],
            "by state": gated,
        }
        means = self.parameters_.means(traj.states[rows].astype(np.float64))
        return {name: np.einsum("nk,knd->nd", weight, means) for name, weight in weights.items()}
