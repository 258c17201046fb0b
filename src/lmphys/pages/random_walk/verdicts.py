"""What is judged on the page on random walks: the language drawn from the model, and the head of a transformer."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lmphys.book import Entry
from lmphys.pages.random_walk.cooccurrence import Expected
from lmphys.pages.random_walk.heads import REAL, Head
from lmphys.pages.random_walk.partition import share_interval, share_within
from lmphys.stats.interval import Interval
from lmphys.stats.sphere import on_sphere


def judge_language(
    expected: Expected, contexts: np.ndarray, laws: pd.DataFrame, permuted: pd.DataFrame, *, seed: int = 0
) -> list[Entry]:
    """Whether Z is a constant in a language drawn from the model, and whether its three laws hold.

    Args:
        expected: probabilities over the contexts.
        contexts: (K, m, d) K independent sets.
        laws: of `fit_laws`.
        permuted: the same for permuted vectors.
        seed: of the bootstrap, and of the direction of the common mean that is the control.
    """
    n_sets, n_contexts, d = contexts.shape
    sets = np.repeat(np.arange(n_sets), n_contexts)
    mean = np.sqrt(d) * on_sphere((), d, np.random.default_rng(seed))
    concentration = Entry(
        "randwalk.partition.concentration",
        share_interval(expected.log_Z.ravel(), sets, seed=seed),
        {"a common mean, ⟨m, c⟩ of 1 nat": share_within((expected.log_Z + contexts @ mean).ravel())},
    )
    slopes = [
        Entry(
            f"randwalk.{claim}.slope",
            Interval.of_row(laws.loc[law], "slope"),
            {"permuted vectors": permuted.loc[law, "slope"]},
            "expected over contexts, two words from one; the interval is over contexts, for this table",
        )
        for claim, law in zip(("unigram", "joint", "pmi"), laws.index, strict=True)
    ]
    return [concentration, *slopes]


def judge_head(
    heads: Mapping[str, Head], random_directions: Head, known: pd.DataFrame, *, seed: int = 0
) -> list[Entry]:
    """The same asked of the head of a transformer.

    Args:
        heads: `trained` and `random weights`.
        random_directions: the trained head with random directions in its table.
        known: of `compare_tables`, with the centred output tables of both heads.
        seed: of the bootstrap.
    """
    trained = heads["trained"]
    concentration = Entry(
        "randwalk.transformer.concentration",
        share_interval(trained.log_Z[REAL], trained.questions, seed=seed),
        {
            "random weights, real": share_within(heads["random weights"].log_Z[REAL]),
            "random directions, real": share_within(random_directions.log_Z[REAL]),
        },
        "logits as they are; other gauges are on the page and decide nothing here",
    )
    at, control = (known.loc[f"{name}, output, centred"] for name in ("trained", "random weights"))
    correlations = [
        Entry(
            f"randwalk.transformer.{claim}",
            Interval.of_row(at.loc[law], "r"),
            {"permuted vectors, upper end": at["null_high"][law], "random weights": control["r"][law]},
        )
        for claim, law in (("pmi", "PMI"), ("norm", "frequency"))
    ]
    return [concentration, *correlations]
