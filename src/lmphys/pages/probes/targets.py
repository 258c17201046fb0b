"""Which labels of which sentences are probed, and the scores of a probe for each."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.corpus.store import Corpus
from lmphys.pages.probes.probe import Probe
from lmphys.stats.alignment import common, table_or_reason

# Names of what is probed.
PHASE, VALIDITY = "phase", "validity of a step"


def labelled_sentences(corpus: Corpus, rows: Sequence[int] | np.ndarray) -> pd.DataFrame:
    """Sentences of some chains, in the order of `states_by_layer`, with the `question` and `family` of their chain.

    Args:
        corpus: chains about problems with known steps.
        rows: rows of `corpus.chains`.
    """
    read = corpus.sentences[corpus.sentences["chain"].isin(rows)].reset_index(drop=True)
    chains = corpus.chains[["question_id", "task"]].rename(columns={"question_id": "question", "task": "family"})
    return read.join(chains, on="chain")


def probed_labels(read: pd.DataFrame) -> dict[str, pd.Series]:
    """Labels of the sentences that take part, by what is probed, each indexed by the row of its sentence.

    `PHASE` of every sentence; `VALIDITY` of computing sentences that claim something. Labels in fewer than ten
    questions are left out: a probe could not be trained and tested on them.

    Args:
        read: of `labelled_sentences`.
    """
    phase = read["phase"][common(read["phase"], read["question"])]
    claims = (read["phase"] == "compute") & read["valid"].notna()
    valid = read["valid"].astype(object)[claims & common(read["valid"].where(claims), read["question"])]
    return {PHASE: phase, VALIDITY: valid}


def probe_layers(
    states: Mapping[int, np.ndarray],
    read: pd.DataFrame,
    target: pd.Series,
    *,
    baseline: Sequence[str] = ("family", "boundary_token"),
    seed: int = 0,
) -> pd.DataFrame:
    """`Probe.by_layer` of one target, or one cell `reason` where it cannot be measured.

    Questions are the unit of folds and intervals.

    Args:
        states: layer -> (N, D), a row for each of `read`.
        read: of `labelled_sentences`.
        target: one of `probed_labels`.
        baseline: columns whose values together stand as the boundary token of the baseline.
        seed: of folds, permutations and resampling.
    """
    rows = target.index.to_numpy()
    own = read.loc[rows]
    known = own.assign(boundary_token=[" ".join(values) for values in own[list(baseline)].astype(str).to_numpy()])
    return table_or_reason(
        Probe(seed=seed).by_layer,
        {layer: array[rows] for layer, array in states.items()},
        target.to_numpy(),
        groups=own["question"].to_numpy(),
        chains=own["question"].to_numpy(),
        baseline=known,
    )


def probe_families(states: np.ndarray, read: pd.DataFrame, target: pd.Series, *, seed: int = 0) -> pd.DataFrame:
    """`Probe.transfer` of one target between families, or one cell `reason` where it cannot be measured.

    Args:
        states: (N, D) of one layer, a row for each of `read`.
        read: of `labelled_sentences`.
        target: one of `probed_labels`.
        seed: of folds, permutations and resampling.
    """
    rows = target.index.to_numpy()
    own = read.loc[rows]
    return table_or_reason(
        Probe(seed=seed, n_bootstrap=100).transfer,
        states[rows],
        target.to_numpy(),
        own["family"].to_numpy(),
        groups=own["question"].to_numpy(),
        chains=own["question"].to_numpy(),
        positions=own["t"].to_numpy(),
    )
