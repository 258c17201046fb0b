"""One question's votes, answer by answer."""

import pandas as pd

from lmphys.corpus.store import Corpus
from lmphys.retrieval.pool import Pool


def ballot_of(sampled: Corpus, pool: Pool, question: int) -> pd.DataFrame:
    """Answers of a question with their votes, in order of the votes.

    Args:
        sampled: the corpus of the pool.
        pool: arrays (Q, K).
        question: its row.

    Returns:
        A row an answer: `answer`, `votes`, `E` (mean, nats per token), `weight` (sum of 1/E², scaled to the number of
        chains), `right`.
    """
    first = question * pool.n_chains
    chains = sampled.chains.iloc[first : first + pool.n_chains].assign(
        number=pool.answers[question], E=pool.energy[question], weight=1 / pool.energy[question] ** 2
    )
    chains["answer"] = chains.extracted.fillna("none").astype(str)
    found = chains.groupby("number").agg(
        answer=("answer", "first"),
        votes=("E", "size"),
        E=("E", "mean"),
        weight=("weight", lambda w: w.sum(skipna=False)),
        right=("correct", "first"),
    )
    found["weight"] *= found.votes.sum() / found.weight.sum()
    return found.sort_values("votes", ascending=False)
