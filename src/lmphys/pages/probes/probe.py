"""What a linear probe reads of a label in a state, on questions that it has not seen, beside its controls.

A probe is a multinomial logistic regression on the whitened principal components of the standardised states, with
classes weighted equally. It is scored on held-out questions only; its ridge is chosen on other questions again.

A score says little by itself. Labels of sentences follow their place in the chain (the first restates, the last
answers), and so do states. Hence two nulls, where the same probe is trained and scored on labels that were permuted
between sentences, either of the same position in the chain (what the position alone gives away) or of any; and a
baseline, the same classifier on the position, boundary token, length and surprisal of the sentence, without the state.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from lmphys.core.errors import LmphysError
from lmphys.pages.probes.covariates import covariates, position, questions_of, shuffled, spread_over
from lmphys.stats.classification import measure
from lmphys.stats.folds import stratified_group_folds

# Penalties of half the squared weights, against a sum of losses over sentences.
RIDGES = (1.0, 10.0, 100.0, 1000.0)
# Directions of less variance, relative to the largest, are rounding: at layer 0 there are no more states than tokens.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Probe:
    """How a label is read off states, and scored.

    Attributes:
        seed: of the folds, the permutations and the resampling.
        n_folds: at least 3: one is held out, another chooses the ridge.
        ridges: penalties to choose from.
        n_components: principal components of the states that the probe sees, found in the training folds; a direction
            of less variance than these is lost on it.
        n_bootstrap: replicates of the intervals.
    """

    seed: int = 0
    n_folds: int = 5
    ridges: tuple[float, ...] = RIDGES
    n_components: int = 64
    n_bootstrap: int = 500

    # The products are small: on a busy machine, several threads spend most of their time waiting for each other.
    @threadpool_limits.wrap(limits=1)
    def by_layer(
        self,
        states: Mapping[int, np.ndarray],
        labels: ArrayLike,
        *,
        groups: ArrayLike,
        chains: ArrayLike,
        baseline: pd.DataFrame,
    ) -> pd.DataFrame:
        """Scores of a probe of one label at each layer, beside its nulls and its baseline.

        Folds and permutations are the same for all layers. The baseline knows no layer: its row is repeated for each.

        Args:
            states: layer -> (N, D), a row a sentence, as `states_by_layer` gives them.
            labels: (N,) text or booleans, none missing.
            groups: (N,) questions. The sentences of a question are in one fold; folds have like shares of each label.
            chains: (N,) chains, the unit of the bootstrap. Where the chains of a question resemble each other, give
                the questions here too: intervals over chains are then too narrow.
            baseline: (N,) rows of `Corpus.sentences`, see `covariates`. The token after the boundary is left out, since
                it is the future.

        Returns:
            A row a layer and probe, named in columns `layer` and `probe`: "state", "shuffled within position",
            "shuffled labels", "no state", "state and baseline". Columns `balanced_accuracy`
            (chance: 1 / `classes`) and `auroc` (one against the rest, mean over classes, pairs of sentences of one
            fold; chance 1/2), each with the limits `_low` and `_high` of its 95 % percentile interval over chains; `n`
            sentences, `classes`. The interval is that of the chains tested, given the fits: the fits vary too, so that
            it covers chance in about eight of ten cases where labels have nothing to do with states. A score just
            above chance is to be compared with the nulls.

        Raises:
            LmphysError: a label of one value, a value in fewer questions than there are folds, a missing label, arrays
                of unequal length, or states that are not finite.
        """
        classes, y, group, chain = _coded(labels, groups, chains, baseline.index, *states.values())
        fold = self.folds(y, group, classes)
        rng = np.random.default_rng(self.seed)
        within = shuffled(y, position(baseline["t"]), fold, rng)
        anywhere = shuffled(y, np.zeros(len(y)), fold, rng)

        def row(name: str, y: np.ndarray, features: Sequence[np.ndarray]) -> dict[str, Any]:
            p = self.held_out(features, y, fold, len(classes))
            return {"probe": name, **measure(p, y, chain, fold, seed=self.seed, n_bootstrap=self.n_bootstrap)}

        known = [covariates(baseline, fold != f) for f in range(self.n_folds)]
        stateless = row("no state", y, known)
        rows: list[dict[str, Any]] = []
        for layer, array in states.items():
            seen = [self.whitened(array, fold != f) for f in range(self.n_folds)]
            both = [np.hstack(pair) for pair in zip(seen, known, strict=True)]
            found = [
                row("state", y, seen),
                row("shuffled within position", within, seen),
                row("shuffled labels", anywhere, seen),
                stateless,
                row("state and baseline", y, both),
            ]
            rows += [{"layer": layer, **scores} for scores in found]
        return pd.DataFrame(rows)

    @threadpool_limits.wrap(limits=1)
    def transfer(
        self,
        states: np.ndarray,
        labels: ArrayLike,
        families: ArrayLike,
        *,
        groups: ArrayLike,
        chains: ArrayLike,
        positions: ArrayLike,
    ) -> pd.DataFrame:
        """How well a probe trained on one family of questions reads the states of another.

        The probe goes to the other family as it is, centre and scale of the training family included; on its own
        family it is scored on held-out questions. A family takes part with the labels that it has in at least
        `n_folds` questions, if these are two or more. A pair is scored on the labels that take part in both, the probe
        choosing between these, and has NaN where they are fewer than two. So pairs may differ in their labels: see
        `classes`.

        Args:
            states: (N, D).
            labels: (N,), see `by_layer`.
            families: (N,) family of each sentence.
            groups: (N,) questions.
            chains: (N,) chains; those of the tested family are resampled.
            positions: (N,) place t of each sentence in its chain, for the null.

        Returns:
            Two rows a pair, with `probe` "state" and "shuffled within position" (labels permuted between sentences of
            one position of one family, in training and in test); columns `train`, `test` and those of `by_layer`.
            `table[table["probe"] == "state"].pivot(index="train", columns="test", values="auroc")` is the matrix.

        Raises:
            LmphysError: as `by_layer`; where no family takes part.
        """
        classes, y, group, chain = _coded(labels, groups, chains, families, positions, states)
        names, family = np.unique(np.asarray(families), return_inverse=True)
        stratum = position(positions)
        rng = np.random.default_rng(self.seed)
        permuted = y.copy()
        kept = np.zeros((len(names), len(classes)), dtype=bool)  # labels with which a family takes part
        folds = np.full((len(names), len(y)), -1)  # of the sentences with which it does
        for a in range(len(names)):
            enough = questions_of(y[family == a], group[family == a], len(classes)) >= self.n_folds
            if enough.sum() >= 2:
                kept[a] = enough
                rows = np.flatnonzero((family == a) & enough[y])
                folds[a, rows] = self.folds(y[rows], group[rows], classes)
                permuted[rows] = shuffled(y[rows], stratum[rows], folds[a, rows], rng)
        if not kept.any():
            raise LmphysError(f"no family has two labels in {self.n_folds} questions each; sample more questions")
        table: list[dict[str, Any]] = []
        drawn: dict[str, Any] = {"seed": self.seed, "n_bootstrap": self.n_bootstrap}
        for a, fold in enumerate(folds):
            inside = fold >= 0
            seen = [self.whitened(states, inside & (fold != f)) for f in range(-1, self.n_folds) if inside.any()]
            for name, target in (("state", y), ("shuffled within position", permuted)):
                p = np.full((len(y), len(classes)), np.nan)
                if inside.any():
                    p = self.held_out(seen[1:], target, fold, len(classes))
                    p[~inside] = self.predict(seen[0], target, inside, fold == 0, ~inside, len(classes))
                for b in range(len(names)):
                    both = kept[a] & kept[b]
                    rows = np.flatnonzero((folds[b] >= 0) & both[target])
                    found: dict[str, Any] = {"classes": int(both.sum())}
                    if both.sum() >= 2:
                        choice = np.maximum(p[rows][:, both], np.finfo(float).tiny)
                        choice /= choice.sum(axis=1, keepdims=True)
                        y_pair = (np.cumsum(both) - 1)[target[rows]]
                        found = measure(choice, y_pair, chain[rows], fold[rows], **drawn)
                    table.append({"probe": name, "train": names[a], "test": names[b], **found})
        return pd.DataFrame(table)

    def folds(self, y: np.ndarray, group: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """Fold (N,) of each sentence, 0 to n_folds - 1."""
        if self.n_folds < 3:
            raise LmphysError(f"{self.n_folds} folds leave nothing to train on; take at least 3")
        if (y == y[0]).all():
            raise LmphysError(f"every sentence has the label {classes[y[0]]}, a probe needs two; sample more chains")
        questions = questions_of(y, group, len(classes))
        rare = min(np.unique(y), key=lambda k: questions[k])
        fold = np.empty(len(y), dtype=int)
        if questions[rare] >= self.n_folds:
            fold = stratified_group_folds(y, group, self.n_folds, seed=self.seed)
        if questions[rare] < self.n_folds or not spread_over(y, fold):
            raise LmphysError(
                f"label {classes[rare]} is in {questions[rare]} questions, too few for {self.n_folds} folds; "
                "sample more questions, or leave that label out"
            )
        return fold

    def whitened(self, states: np.ndarray, train: np.ndarray) -> np.ndarray:
        """Principal components (N, k) of standardised states, of unit variance on the rows `train`."""
        if not np.isfinite(states).all():
            raise LmphysError("states that are not finite cannot be probed; read them in float32")
        data = states.astype(float)
        scaled = StandardScaler().fit(data[train]).transform(data)
        k = min(self.n_components, *scaled[train].shape)
        with np.errstate(invalid="ignore"):  # states that do not vary: no shares of their variance
            pca = PCA(k, svd_solver="covariance_eigh").fit(scaled[train])
        variance = pca.explained_variance_
        scale = np.where(variance > _TOLERANCE * variance[0], np.sqrt(variance), np.inf)
        return pca.transform(scaled) / scale

    def held_out(self, features: Sequence[np.ndarray], y: np.ndarray, fold: np.ndarray, n_classes: int) -> np.ndarray:
        """Probabilities (N, K) of each sentence from the other folds; NaN in fold -1, which is not used.

        Args:
            features: (N, k) for each fold, made without it.
            y: (N,) classes.
            fold: (N,).
            n_classes: K.
        """
        p = np.full((len(y), n_classes), np.nan)
        for f, x in enumerate(features):
            train = (fold >= 0) & (fold != f)
            p[fold == f] = self.predict(x, y, train, fold == (f + 1) % self.n_folds, fold == f, n_classes)
        return p

    def predict(
        self, x: np.ndarray, y: np.ndarray, train: np.ndarray, valid: np.ndarray, test: np.ndarray, n_classes: int
    ) -> np.ndarray:
        """Probabilities (n, K) on `test` of a probe trained on `train`; its part `valid` has chosen the ridge."""
        model = LogisticRegression(class_weight="balanced", warm_start=True, max_iter=1000)

        def probabilities(ridge: float, fit: np.ndarray, on: np.ndarray) -> np.ndarray:
            p = np.zeros((int(on.sum()), n_classes))
            model.set_params(C=1 / ridge).fit(x[fit], y[fit])
            p[:, model.classes_] = model.predict_proba(x[on])
            return p

        losses = {}
        for ridge in sorted(self.ridges, reverse=True):  # from the easiest to fit, each from where the last ended
            p = probabilities(ridge, train & ~valid, valid)[np.arange(valid.sum()), y[valid]]
            loss = -np.log(np.maximum(p, np.finfo(float).tiny))
            losses[ridge] = np.mean([loss[y[valid] == k].mean() for k in np.unique(y[valid])])
        return probabilities(min(losses, key=losses.__getitem__), train, test)


def _coded(
    labels: ArrayLike, groups: ArrayLike, chains: ArrayLike, *others: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Classes (K,), their codes (N,), groups (N,) and chains (N,), if all have N rows and no label is missing."""
    names, group, chain = np.asarray(labels), np.asarray(groups), np.asarray(chains)
    lengths = [len(array) for array in (names, group, chain, *others)]
    if len(set(lengths)) > 1:
        raise LmphysError(f"arrays of {sorted(set(lengths))} rows; take all of them from the same sentences")
    if missing := int(pd.isna(names).sum()):
        raise LmphysError(f"{missing} of {len(names)} sentences have no label; leave them out")
    classes, y = np.unique(names, return_inverse=True)
    return classes, y, group, chain
