"""Does a chain come back to its answer, and how much of that did the votes know already?"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.corpus.store import Corpus
from lmphys.retrieval.gains import mean_over_questions
from lmphys.retrieval.pool import Pool, number_answers


def came_back(answer: str | None, found: Sequence[str | None]) -> np.ndarray:
    """Whether each found answer is the given one (n,); none is an answer like any other."""
    first, *others = number_answers([answer, *found])
    return np.array(others, dtype=int) == first


def returned(trials: pd.DataFrame, answers: Sequence[str | None]) -> np.ndarray:
    """Whether each trial ended in the answer of its chain, (len(trials),).

    Args:
        trials: `chain` (number of the chain) and `extracted` (the answer of the trial).
        answers: of all chains, by number.
    """
    out = np.zeros(len(trials), dtype=bool)
    found = np.array([None if pd.isna(a) else str(a) for a in trials["extracted"]], dtype=object)
    chains = trials["chain"].to_numpy(dtype=int)
    for chain in np.unique(chains):
        rows = np.flatnonzero(chains == chain)
        out[rows] = came_back(answers[chain], list(found[rows]))
    return out


def return_table(
    trials: pd.DataFrame, answers: Sequence[str | None], by: str, chains: Sequence[int] | None = None
) -> pd.DataFrame:
    """Share of the trials that came back: a row a chain, a column a value of `by`; no columns without trials.

    Args:
        trials: see `returned`.
        answers: of all chains, by number.
        by: a column of the trials.
        chains: the rows, NaN where a chain has no trials; None for those with trials, in their order.
    """
    if trials.empty:
        return pd.DataFrame(index=[] if chains is None else list(chains))
    table = trials.assign(back=returned(trials, answers).astype(float))
    shares = table.pivot_table(index="chain", columns=by, values="back", sort=False).sort_index(axis=1)
    return shares if chains is None else shares.reindex(list(chains))


def share_of_answer(pool: Pool) -> np.ndarray:
    """Share of the *other* chains of the question that give the answer of a chain, (Q, K): a return after no sentence.

    NaN where there is no other chain.
    """
    same = (pool.answers[..., :, None] == pool.answers[..., None, :]).sum(axis=-1) - 1
    return same / (pool.n_chains - 1) if pool.n_chains > 1 else np.full(same.shape, np.nan)


def given_tokens(ends: np.ndarray, cut: float) -> int:
    """Tokens up to the end of the sentences that a cut leaves, the share of them rounded down.

    Args:
        ends: (S,) place of the last token of each sentence.
        cut: share of the sentences, 0 to 1.
    """
    kept = int(cut * len(ends) + 1e-9)
    return int(ends[kept - 1]) + 1 if kept else 0


KINDS = ("right", "wrong, not yet astray", "wrong, astray")


def astray_table(corpus: Corpus, chains: Sequence[int], cuts: Sequence[float]) -> pd.DataFrame:
    """Whether each chain stands elsewhere at a cut than a right one would: a row a chain, a column a cut.

    No columns where sentences have no labels.

    Args:
        corpus: the chains, by number.
        chains: P of them.
        cuts: shares of the sentences.
    """
    sentences, table = corpus.sentences, {}
    for cut in cuts if "astray" in sentences else ():
        column = []
        for chain in chains:
            own = sentences.loc[sentences["chain"] == chain, "astray"]
            kept = own.iloc[: int(cut * len(own) + 1e-9)]
            column.append(bool(len(kept)) and not pd.isna(kept.iloc[-1]) and bool(kept.iloc[-1]))
        table[cut] = column
    return pd.DataFrame(table, index=list(chains), dtype=bool)


def returns_by_mistake(back: pd.DataFrame, right: np.ndarray, astray: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Returns of right chains, and of wrong ones by whether they had gone astray before the cut.

    Args:
        back: of `return_table` by `cut`: a row a chain, a column a cut.
        right: (P,) whether the chain is right.
        astray: of `astray_table`, rows as in `back`; its columns are taken.
        seed: of the bootstrap.

    Returns:
        A row a kind and cut, `KINDS` in this order: `kind`, `cut`, `comes back`, `low`, `high` (95 %, over chains; of
        each kind a question has one at most), `chains`.
    """
    rows = []
    right = np.asarray(right, dtype=np.bool_)
    for cut in astray:
        lost = astray[cut].to_numpy(dtype=np.bool_)
        kinds = (right, np.logical_not(right | lost), np.logical_not(right) & lost)
        for kind, mine in zip(KINDS, kinds, strict=True):
            x = back[cut].to_numpy()[mine]
            found = mean_over_questions(x, bounds=(0, 1), seed=seed) if len(x) else (np.nan,) * 3
            rows.append((kind, cut, *map(float, found), len(x)))
    return pd.DataFrame(rows, columns=["kind", "cut", "comes back", "low", "high", "chains"])
