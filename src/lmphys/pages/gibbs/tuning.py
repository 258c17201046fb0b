"""The parameter of a law of weights, chosen on other questions than those it is used for."""

from collections.abc import Callable, Sequence

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.retrieval.laws import Law, Parameter, boltzmann, confident
from lmphys.retrieval.pool import Pool, subsets
from lmphys.retrieval.votes import vote


class TunedLaw:
    """A family of laws with its parameter tuned for accuracy, in folds of questions.

    Args:
        family: from a parameter to a law, such as `boltzmann`; the parameter may be (Q, 1).
        grid: candidates, the most cautious first: of equally good ones the first is taken.
        n_folds: each fold gets the parameter that is best on all other folds; no more folds than questions.
        size: chains in the votes that are counted for tuning; None: half of them, so that many votes are close.
        most: subsets of that size.
        seed: of folds and subsets.

    Attributes:
        fold_: (Q,) fold of each question.
        parameter_: (Q,) parameter of each question.
    """

    def __init__(
        self,
        family: Callable[[Parameter], Law],
        grid: Sequence[float],
        *,
        n_folds: int = 6,
        size: int | None = None,
        most: int = 200,
        seed: int = 0,
    ) -> None:
        self.family, self.grid, self.n_folds = family, grid, n_folds
        self.size, self.most, self.seed = size, most, seed

    def fit(self, pool: Pool) -> "TunedLaw":
        """Tune on a pool of shape (Q, K).

        Raises:
            LmphysError: there is a single question.
        """
        n = pool.n_questions
        if n < 2:
            raise LmphysError("a parameter cannot be tuned on other questions where there is one; ask more")
        folds = min(self.n_folds, n)
        self.fold_ = np.random.default_rng(self.seed).permutation(n) % folds
        part = pool.take(
            subsets(pool.n_chains, self.size or max(1, pool.n_chains // 2), most=self.most, seed=self.seed)
        )
        accuracy = np.array([vote(part, self.family(value)(part)).accuracy.mean(axis=0) for value in self.grid])
        self.parameter_ = np.empty(n)
        for fold in range(folds):
            seen = accuracy[:, self.fold_ != fold].mean(axis=1)
            self.parameter_[self.fold_ == fold] = self.grid[int(np.argmax(seen >= seen.max() - 1e-12))]
        return self

    def __call__(self, pool: Pool) -> np.ndarray:
        """Log weights (..., Q, K) of a pool with the questions of the fitted one, in their order."""
        return self.family(self.parameter_[:, None])(pool)


def tuned_laws(pool: Pool, *, seed: int = 0) -> dict[str, TunedLaw]:
    """The Boltzmann weights and those of CISC, tuned on a pool (Q, K); none without energies, or with one question.

    A parameter of 0, the majority vote, is the first candidate.
    """
    if not pool.has_energies or pool.n_questions < 2:
        return {}
    grid = [0.0, *np.geomspace(1, 1000, 13)]
    families = {"exp(−βE), tuned": boltzmann, "CISC, tuned": confident}
    return {name: TunedLaw(family, grid, seed=seed).fit(pool) for name, family in families.items()}
