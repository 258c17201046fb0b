"""What became of sampled chains about problems with known steps: right, wrong, corrected, derailed, and how often."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.corpus.store import Corpus
from lmphys.problems.chains import problem_of
from lmphys.problems.sentences import PHASES
from lmphys.stats.mean import mean_interval

OUTCOMES = ("correct", "slipped", "corrected", "recovered", "derailed", "ended")


def chain_outcomes(corpus: Corpus) -> pd.DataFrame:
    """A row for each chain of a corpus whose tasks have known steps, other chains left out.

    Columns: question_id, family, difficulty, n_sentences, first_error (t of the first sentence that is not valid, NaN
    without one), n_restate, n_decompose and so on (sentences of each phase), and, as truths,

    - correct: the answer is right;
    - slipped: a computing sentence is not valid;
    - corrected: a later sentence corrects a step;
    - recovered: slipped, and right in the end;
    - derailed: a sentence is stray;
    - ended: the chain ended by itself.

    Raises:
        LmphysError: no chain has labels.
    """
    problems = [problem_of(name) for name in corpus.chains["question_id"]]
    known = np.array([problem is not None for problem in problems])
    if not known.any():
        raise LmphysError("no chain of this corpus has labels; build one with tasks such as story or story:4")
    chains = corpus.chains.loc[known, ["question_id", "correct", "ended", "n_sentences"]]
    chains.insert(1, "family", [p.family for p in problems if p is not None])
    chains.insert(2, "difficulty", [p.difficulty for p in problems if p is not None])
    sentences = corpus.sentences[corpus.sentences["chain"].isin(chains.index)]
    counts = pd.crosstab(sentences["chain"], sentences["phase"])
    counts = counts.reindex(chains.index, columns=list(PHASES), fill_value=0).add_prefix("n_")
    false = sentences[sentences["valid"].eq(False).fillna(False).astype(bool)]
    slips = false[false["phase"] == "compute"]
    chains["first_error"] = false.groupby("chain")["t"].min().reindex(chains.index)
    chains["slipped"] = chains.index.isin(slips["chain"])
    chains["corrected"] = counts["n_correct"] > 0
    chains["recovered"] = chains["slipped"] & chains["correct"]
    chains["derailed"] = counts["n_stray"] > 0
    return pd.concat([chains, counts], axis=1).reset_index(drop=True)


def rates(
    outcomes: pd.DataFrame,
    columns: Sequence[str] = OUTCOMES,
    *,
    by: Sequence[str] = ("difficulty",),
    seed: int = 0,
) -> pd.DataFrame:
    """Means of columns of `chain_outcomes` by group, with 95 % bootstrap intervals over questions.

    Returns:
        Long table: the columns of `by`, quantity, chains, value, low, high. A group of one question has no interval
        (NaN).
    """
    rows = []
    for name, part in outcomes.groupby(list(by), sort=False):
        group = {**dict(zip(by, name, strict=True)), "chains": len(part)}
        for column in columns:
            found = mean_interval(part[column], groups=part["question_id"], seed=seed)
            rows.append({**group, "quantity": column, **found._asdict()})
    return pd.DataFrame(rows, columns=[*by, "quantity", "chains", "value", "low", "high"])
