"""The last step of a language model as the model of the walk: its table of vectors, and final states as contexts."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from lmphys.core.trajectories import Trajectories
from lmphys.lm.model import LanguageModel
from lmphys.lm.tables import read_tables
from lmphys.pages.random_walk.partition import (
    best_gauge,
    constancy,
    isotropic_surrogate,
    log_partition,
)
from lmphys.stats.sphere import on_sphere

REAL, ANY = "real", "any direction"


@dataclass(frozen=True, eq=False)
class Head:
    """Tables of vectors and states at which they are scored.

    Attributes:
        tables: of `read_tables`, (V, D); `output` makes the logits.
        states: by kind, (N, D): `real`, final states at the ends of sentences; `any direction`, of the same lengths.
        questions: (N,) that the real states belong to.
        log_Z: by kind of states, (N,) of the output table as it is.
    """

    tables: dict[str, Tensor]
    states: dict[str, np.ndarray]
    questions: np.ndarray
    log_Z: dict[str, np.ndarray]  # noqa: N815

    def constancy(self, kind: str = REAL) -> dict[str, float]:
        """`lmphys.pages.random_walk.constancy` at one kind of states; the best gauge at real ones alone."""
        groups = self.questions if kind == REAL else None
        return constancy(self.log_Z[kind], self.tables["output"], self.states[kind], groups)

    def gauges(self) -> dict[str, np.ndarray]:
        """Ln Z at the real states, (N,), in three gauges: `raw`, `centred` and `best gauge`, on held-out questions."""
        log_Z, states = self.log_Z[REAL], self.states[REAL]
        return {
            "raw": log_Z,
            "centred": log_Z - states @ self.tables["output"].mean(0).numpy(),
            "best gauge": best_gauge(log_Z, states, self.questions),
        }

    def with_random_directions(self, seed: int) -> "Head":
        """The same real states beside a table of the lengths of this one, centred, and random directions."""
        table = isotropic_surrogate(self.tables["output"], seed)
        states = {REAL: self.states[REAL]}
        return Head({"output": table}, states, self.questions, {REAL: log_partition(table, states[REAL])})


def read_head(model: LanguageModel, paths: Trajectories, n_states: int, rng: np.random.Generator) -> Head:
    """Tables of a model, and final states that it had in texts, with their log partition functions.

    Args:
        model: whose tables.
        paths: its final states at the ends of sentences, after the last normalisation.
        n_states: states that are taken; all where there are fewer.
        rng: of the choice of states, and of the directions of those that are not real.
    """
    rows = np.sort(rng.permutation(len(paths.states))[:n_states])
    real = paths.states[rows].astype(np.float32)
    length = np.linalg.norm(real, axis=1, keepdims=True)
    states = {REAL: real, ANY: length * on_sphere(len(rows), paths.width, rng)}
    tables = read_tables(model)
    return Head(
        tables=tables,
        states=states,
        questions=paths.chains["question_id"].to_numpy()[paths.sentences["chain"].iloc[rows]],
        log_Z={kind: log_partition(tables["output"], h) for kind, h in states.items()},
    )
