"""The states of a transformer, word by word, as a path: do regimes follow what a word is for?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.one_step import one_step_scores
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.lm.model import LanguageModel
from lmphys.lm.tiny.reading import read_places
from lmphys.problems.arithmetic.parts import parts_of_document
from lmphys.stats.alignment import alignment, normalised_information
from lmphys.stats.interval import Interval
from lmphys.training.solver.cells import Cell

SAME_PLACE, SAME_WORD = "labels exchanged at the same place", "labels exchanged at the same word"
UNTRAINED = "random weights"
# Forecasts that see nothing of the state to come.
_HONEST = ["predictive", "one linear map", "persistence", "mean", "shuffled order"]
PARTS = ("statement", "question", "name", "formula", "copied", "sum", "end")


def paths(model: LanguageModel, cells: Sequence[Cell]) -> Trajectories:
    """States after the last norm at every word of the documents of some cells; `part` and `word` in `sentences`."""
    texts, parts = [], []
    for cell in cells:
        for index in range(len(cell.problems)):
            solution, tokens = cell.source.solution(index), cell.source.document(index).tokens
            n_prompt = len(cell.source.prompt(solution.problem))
            texts.append(tokens)
            parts.append(parts_of_document(solution, cell.source.words, n_prompt))
    places = [np.arange(1, len(text)) for text in texts]
    states = read_places(model, texts, places).states[-1].astype(float)
    table = pd.DataFrame(
        {
            "chain": np.repeat(np.arange(len(texts)), [len(at) for at in places]),
            "t": np.concatenate(places) - 1,
            "part": np.concatenate(parts),
            "word": np.concatenate([text[1:] for text in texts]),
        }
    )
    return Trajectories(states, np.array([len(at) for at in places]), sentences=table)


class Switching:
    """A switching model of the principal coordinates of 70 % of some paths, judged on the others.

    Args:
        traj: paths of the full width.
        rank: of the projection.
        n_regimes: of the model.
        seed: of split and starts.
    """

    def __init__(self, traj: Trajectories, *, rank: int, n_regimes: int, seed: int = 0) -> None:
        train, test = traj.split(0.7, seed=seed)
        projection = Projection(rank).fit(train)
        self.train, self.test = projection.transform(train), projection.transform(test)
        self.model = SLDS(n_regimes, random_state=seed).fit(self.train)
        self.regimes = self.model.viterbi(self.test)
        self.steps = self.test.sentences.iloc[self.test.sources() + 1].reset_index(drop=True)
        self.seed = seed

    def followed(self) -> dict[str, Interval]:
        """Normalised mutual information of the regimes of steps with the part of the word that each leads to.

        Returns:
            "regimes" with its interval over documents; and mean, 2.5 and 95 % points with labels that were exchanged:
            between documents at the same place, and among all steps that lead to the same word.
        """
        labels, words = self.steps["part"].to_numpy(), self.steps["word"].to_numpy()
        chains = self.steps["chain"].to_numpy()
        row = alignment(
            self.regimes, {"part": labels}, positions=self.steps["t"].to_numpy(), chains=chains, n_permutations=199,
            seed=self.seed,
        ).loc["part"]  # fmt: skip
        return {
            "regimes": Interval.of_row(row, "nmi").map(float),
            SAME_PLACE: Interval.of_row(row, "place").map(float),
            SAME_WORD: exchanged_within(self.regimes, labels, words, seed=self.seed),
        }

    def shares(self) -> pd.DataFrame:
        """Share of the steps to each part that have each regime, a row a regime, a column a part."""
        parts = [part for part in PARTS if (self.steps["part"] == part).any()]
        table = pd.crosstab(self.regimes, self.steps["part"], normalize="columns").reindex(columns=parts)
        return table.rename_axis("regime")

    def gains(self) -> pd.DataFrame:
        """Honest forecasts of the next state, beside one linear map and the baselines."""
        table = one_step_scores(self.model, self.test, train=self.train, n_bootstrap=100, seed=self.seed)
        return table.loc[_HONEST, ["r2_dh", "r2_dh_low", "r2_dh_high"]]


def exchanged_within(
    regimes: np.ndarray, labels: np.ndarray, kept: np.ndarray, *, n_permutations: int = 199, seed: int = 0
) -> Interval:
    """Normalised mutual information of regimes with labels permuted among steps of equal `kept`: mean, 2.5, 95 %.

    What is left is told by `kept` alone, such as the word that is read.
    """
    z, y = (pd.factorize(values)[0] for values in (regimes, labels))
    n_z, n_y = int(z.max()) + 1, int(y.max()) + 1
    rng, order = np.random.default_rng(seed), np.argsort(kept, kind="stable")
    found = np.empty(n_permutations)
    for i in range(n_permutations):
        permuted = np.empty_like(y)
        permuted[order] = y[np.lexsort((rng.random(len(y)), kept))]
        found[i] = normalised_information(np.bincount(z * n_y + permuted, minlength=n_z * n_y).reshape(n_z, n_y))
    return Interval(float(found.mean()), float(np.quantile(found, 0.025)), float(np.quantile(found, 0.95)))
