"""Linear probes of the tree above a word, and what else could be read to the same end.

All readers see the same words of the same strings, are fitted on some of the strings and scored on the others.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from lmphys.pages.grammars.belief import ending_symbols
from lmphys.pages.grammars.excess import pooled_percent
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.grammar.sample import Derivations
from lmphys.stats.classification import measure
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled

TRAINED, RANDOM, WINDOW = "trained", "random weights", "window of words"
LAW, LAW_TREE, IDEAL = "law of the next word", "law of the next word, tree", "ideal reader"
_RAREST = 1e-6  # probabilities below are as good as nothing in a logarithm
_LEAF = 5


def window(strings: Strings, width: int = 16) -> np.ndarray:
    """(rows, width (W + 1)) the last words of each prefix, each as one of W + 1 truths, the last: before the string.

    With three words and sixteen places it is as wide as the states of the transformers of this page.
    """
    W = strings.grammar.n_words
    found = np.full((len(strings.place), width), W)
    for back in range(1, width + 1):
        rows = np.flatnonzero(strings.place >= back)
        found[rows, back - 1] = strings.following[rows - back]
    return np.eye(W + 1)[found].reshape(len(found), -1)


def law_features(strings: Strings) -> np.ndarray:
    """(rows, 2 (W + 1)) probabilities of what follows each prefix, and their logarithms."""
    p = strings.law.next
    return np.hstack([p, np.log(np.maximum(p, _RAREST))])


class Places(NamedTuple):
    """Words to be read, and what is asked of each.

    Attributes:
        rows: (n,) rows of `Strings` after the words.
        labels: (n,) what is asked.
        fitted: (n,) whether the word is of a string that readers are fitted on.
    """

    rows: np.ndarray
    labels: np.ndarray
    fitted: np.ndarray


def last_words(strings: Strings, derivations: Derivations, depth: int, n_fitted: int) -> Places:
    """The last word of every sub-tree of a level, asked for the symbol of the sub-tree.

    Args:
        strings: of the derivations.
        derivations: of the same strings.
        depth: of the level, from 0 for the root.
        n_fitted: number of strings that readers are fitted on, the first ones.
    """
    last = derivations.boundaries[depth]
    rows = strings.after_word[last]
    return Places(rows, derivations.ancestors[depth][last], strings.string[rows] < n_fitted)


def all_words(strings: Strings, derivations: Derivations, depth: int, n_fitted: int) -> Places:
    """Every word, asked whether it is the last of a sub-tree of a level; arguments as in `last_words`."""
    rows = strings.after_word
    return Places(rows, derivations.boundaries[depth].astype(int), strings.string[rows] < n_fitted)


@threadpool_limits.wrap(limits=1)
def chances(features: np.ndarray, places: Places, *, tree: bool = False) -> np.ndarray:
    """(tested words, classes) probabilities of a reader, of the words of strings that it was not fitted on.

    Args:
        features: (rows, F) what it reads.
        places: where, and what is asked.
        tree: whether it is a tree of decisions, which may bend; else logistic regression, a linear map.
    """
    reader = (
        DecisionTreeClassifier(min_samples_leaf=_LEAF, random_state=0)
        if tree
        else make_pipeline(StandardScaler(), LogisticRegression(C=10.0, max_iter=1000))
    )
    seen = features[places.rows]
    return reader.fit(seen[places.fitted], places.labels[places.fitted]).predict_proba(seen[~places.fitted])


def hits_of(features: np.ndarray, places: Places) -> np.ndarray:
    """(tested words,) whether a linear reader gives the label of each."""
    return chances(features, places).argmax(1) == places.labels[~places.fitted]


def by_training(name: str, number: int) -> str:
    """Name of a reader of one of several trainings."""
    return f"{name}, training {number}"


def symbol_hits(features: Mapping[str, np.ndarray], strings: Strings, places: Places, depth: int) -> pd.DataFrame:
    """Which tested words' symbols each reader names, a column a reader.

    Args:
        features: name -> (rows, F) of linear readers.
        strings: where the words stand.
        places: of `last_words`.
        depth: of the level.

    Returns:
        (tested words,) truths of each linear reader, of `WINDOW`, `LAW`, `LAW_TREE`, and of `IDEAL`, which knows the
        grammar and all words so far; and `string`.
    """
    law, tested = law_features(strings), ~places.fitted
    readers = {**features, WINDOW: window(strings), LAW: law}
    asked = {name: chances(each, places) for name, each in readers.items()}
    asked[LAW_TREE] = chances(law, places, tree=True)
    asked[IDEAL] = ending_symbols(strings, depth)[places.rows[tested]]
    hits = {name: p.argmax(1) == places.labels[tested] for name, p in asked.items()}
    return pd.DataFrame(hits).assign(string=strings.string[places.rows[tested]])


def accuracy(hits: pd.DataFrame, reader: str, *, seed: int = 0) -> Interval:
    """Share of the words whose symbol a reader names, per cent, with a 95 % interval over strings.

    Of a reader of several trainings it is their mean, and the interval holds the scatter between them.
    """

    def of(column: str) -> Interval:
        found = mean_interval(hits[column], groups=hits["string"], bounds=(0, 1), seed=seed)
        return found.map(lambda share: float(100 * share))

    return pooled_percent([of(column) for column in _columns(hits, reader)])


def margin(hits: pd.DataFrame, reader: str, others: tuple[str, ...], *, seed: int = 0) -> Interval:
    """Accuracy of a reader less that of the best of others on the same words, points; intervals as of `accuracy`."""

    def over_best(number: int, column: str) -> Interval:
        rivals = [_columns(hits, other)[min(number, len(_columns(hits, other)) - 1)] for other in others]
        gain = hits[column].astype(float) - hits[hits[rivals].mean().idxmax()].astype(float)
        return mean_interval(100 * gain, groups=hits["string"], seed=seed).map(float)

    return pooled([over_best(number, column) for number, column in enumerate(_columns(hits, reader))])


def accuracy_table(hits: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """`accuracy` of every reader, a row each: `accuracy`, `low`, `high`, per cent."""
    readers = dict.fromkeys(name.split(", training")[0] for name in map(str, hits.drop(columns="string")))
    rows = {reader: accuracy(hits, reader, seed=seed) for reader in readers}
    return pd.DataFrame(list(rows.values()), index=list(rows), columns=["accuracy", "low", "high"])


def _columns(hits: pd.DataFrame, reader: str) -> list[str]:
    return [name for name in map(str, hits) if name == reader or name.startswith(by_training(reader, 0)[:-1])]


def boundary_areas(features: Mapping[str, np.ndarray], strings: Strings, places: Places, depth: int) -> pd.DataFrame:
    """How well readers tell the last words of sub-trees from other words.

    Args:
        features: name -> (rows, F) of linear readers.
        strings: where the words stand.
        places: of `all_words`.
        depth: of the level.

    Returns:
        A row a reader, `WINDOW`, `LAW` and `IDEAL` included: `auroc` with `auroc_low` and `auroc_high` over strings.
    """
    tested = ~places.fitted
    ideal = ending_symbols(strings, depth).sum(1)[places.rows[tested]]
    readers = {**features, WINDOW: window(strings), LAW: law_features(strings)}
    asked = {name: chances(each, places) for name, each in readers.items()}
    asked[IDEAL] = np.column_stack([1 - ideal, ideal])
    y, string = places.labels[tested], strings.string[places.rows[tested]]
    rows = {name: measure(p, y, string, np.zeros(len(y), dtype=int)) for name, p in asked.items()}
    return pd.DataFrame.from_dict(rows, orient="index")


def by_layer(
    layers: Mapping[str, Sequence[np.ndarray]],
    strings: Strings,
    derivations: Derivations,
    levels: Mapping[str, int],
    n_fitted: int,
    hits: Mapping[str, pd.DataFrame],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Accuracy of linear probes of every layer, and of the readers that need none.

    Args:
        layers: name -> (rows, D) of each layer.
        strings: where the words stand.
        derivations: of the same strings.
        levels: name of a level -> its depth.
        n_fitted: number of strings that probes are fitted on.
        hits: name of a level -> `symbol_hits`, for the readers without layers.
        seed: of the resampling.

    Returns:
        `level`, `layer` (missing for a reader without one), `reader`, `accuracy` with `low` and `high`, per cent.
    """
    rows: list[tuple[object, ...]] = []
    for level, depth in levels.items():
        places = last_words(strings, derivations, depth, n_fitted)
        string = strings.string[places.rows[~places.fitted]]
        for name, states in layers.items():
            for layer, each in enumerate(states):
                right = pd.DataFrame({name: hits_of(each, places), "string": string})
                rows.append((level, layer, name, *accuracy(right, name, seed=seed)))
        rows += [(level, None, name, *accuracy(hits[level], name, seed=seed)) for name in (WINDOW, LAW, IDEAL)]
    return pd.DataFrame(rows, columns=["level", "layer", "reader", "accuracy", "low", "high"])
