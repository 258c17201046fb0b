"""The same question to another model: how certain its texts are, and where tables of counts fail to imitate it."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import default_spec
from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.pages.entropy_zeros.approximation import divergences, excess_share
from lmphys.pages.entropy_zeros.imitators import count_tables, weights_at_one
from lmphys.stats.interval import Interval
from lmphys.thermo.contexts import Contexts, read_contexts


class Beside(NamedTuple):
    """Another model as the target.

    Attributes:
        name: its spec.
        entropy: of the next token at every place of its texts, nats.
        excess: share of the divergence of the finest table of counts at its near-zero places, minus their part.
    """

    name: str
    entropy: np.ndarray
    excess: Interval


def unread_counts(texts: Corpus, contexts: Contexts) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Tokens of the chains whose questions are not read, and what each token counts for at temperature 1.

    Args:
        texts: chains.
        contexts: places in some of them.
    """
    unread = ~texts.chains["question_id"].isin(contexts.places["question_id"]).to_numpy()
    pairs = zip(texts.tokens(), weights_at_one(texts), unread, strict=True)
    kept = [(tokens, weights) for tokens, weights, counted in pairs if counted]
    return [tokens for tokens, _ in kept], [weights for _, weights in kept]


def imitate_by_counts(
    model: str,
    profile: str,
    order: int,
    *,
    n_chains: int = 6,
    per_chain: int = 40,
    strength: float = 2.0,
    seed: int = 0,
) -> Beside:
    """Imitate a model by an n-gram table, counted on its own texts, and measure where the table fails.

    Args:
        model: the target.
        profile: of its corpus.
        order: n.
        n_chains: chains that are read, at most of half of the questions.
        per_chain: places in each.
        strength: see `NGram`.
        seed: of questions, places and interval.
    """
    texts = build_corpus(default_spec(model, profile, seed=seed))
    n_read = min(n_chains, texts.chains["question_id"].nunique() // 2)
    contexts = read_contexts(LanguageModel(model), texts, n_chains=n_read, per_chain=per_chain, seed=seed)
    written, weights = unread_counts(texts, contexts)
    tables = count_tables(
        written, contexts.texts(texts), [order], contexts.logits.shape[1], weights=weights, strength=strength
    )
    distance: pd.DataFrame = divergences(contexts.logits, tables[f"{order}-gram"])
    excess = excess_share(distance, contexts.places["question_id"], seed=seed)
    return Beside(model, texts.column("entropy").astype(float), excess)
