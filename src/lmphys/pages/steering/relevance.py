"""How well continuations fit their own questions: relevance, a number that no rater can bend."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import torch

from lmphys.pages.steering.contexts import Contexts
from lmphys.pages.steering.continuations import Continuation
from lmphys.pages.steering.ways import mean_over_places
from lmphys.thermo.heating import repeated


def log_likelihoods(
    contexts: Contexts, rows: Sequence[int], texts: Sequence[np.ndarray], *, batch_size: int = 16
) -> list[np.ndarray]:
    """Log-probability (n,) of each token of the texts, as continuations of the contexts `rows`, without steering."""
    order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
    found = [np.empty(0)] * len(texts)
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        n = max(len(texts[i]) for i in batch)
        padded = torch.full((len(batch), n), contexts.model.pad_id)
        for k, i in enumerate(batch):
            padded[k, : len(texts[i])] = torch.from_numpy(texts[i])
        with torch.no_grad():
            log_p = contexts.read(torch.tensor([rows[i] for i in batch]), padded[:, :-1]).log_p
        each = log_p.gather(2, padded[:, :, None])[:, :, 0].double().numpy()
        for k, i in enumerate(batch):
            found[i] = each[k, : len(texts[i])]
    return found


def derangement(n: int, *, seed: int = 0) -> np.ndarray:
    """A partner (n,) for each of n contexts, never itself: the next one around a ring in random order."""
    order = np.random.default_rng(seed).permutation(n)
    partner = np.empty(n, dtype=int)
    partner[order] = np.roll(order, -1)
    return partner


def text_scores(contexts: Contexts, written: Mapping[str, Sequence[Continuation]], partner: np.ndarray) -> pd.DataFrame:
    """How well continuations fit their contexts, under the model without steering.

    Args:
        contexts: of which the continuations are.
        written: name of a way -> one for some or all of the contexts; a text that several ways have is read once.
        partner: (B,) the context of another question that each is tried on.

    Returns:
        A row for each way and context: `n_tokens`; `surprisal`, mean of -log p after its own context; `relevance`,
        log P(continuation | own context) - log P(continuation | the partner's), both nats per token; `later`, the
        same relevance without the first token, NaN where there is no other; `repeated`, share of the sequences of three
        tokens that occurred before in the same text.
    """
    once = {(c.context, tuple(c.tokens.tolist())): c for those in written.values() for c in those}
    known = {
        (c.context, tuple(c.tokens.tolist())): c.log_p for those in written.values() for c in those if not c.steered
    }
    unread = [key for key in once if key not in known]
    found = log_likelihoods(contexts, [context for context, _ in unread], [once[key].tokens for key in unread])
    known |= dict(zip(unread, found, strict=True))
    own = [known[key] for key in once]
    other = log_likelihoods(contexts, [int(partner[i]) for i, _ in once], [c.tokens for c in once.values()])
    scores = {
        key: {
            "n_tokens": len(a),
            "surprisal": -a.mean(),
            "relevance": (a - b).mean(),
            "later": (a - b)[1:].mean() if len(a) > 1 else np.nan,
            "repeated": repeated(list(key[1]), 3),
        }
        for key, a, b in zip(once, own, other, strict=True)
    }
    rows = {(way, c.context): scores[c.context, tuple(c.tokens.tolist())] for way in written for c in written[way]}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["way", "context"])


def relevance_gains(scores: pd.DataFrame, over: str, *, seed: int = 0) -> pd.DataFrame:
    """Relevance of every way minus that of one of them, over the contexts that both have.

    Args:
        scores: of `text_scores`.
        over: the way to compare with.
        seed: of the intervals.

    Returns:
        A row for each other way: `contexts`; `mean`, `low`, `high` of the difference, NaN with fewer than two
        contexts; `median`; `pooled`, the difference of the nats over all tokens, which a text that ends at once
        cannot move; `better`, in how many contexts the way is the more relevant one.
    """
    relevance, n_tokens = scores["relevance"].unstack("way"), scores["n_tokens"].unstack("way")
    rows = {}
    for way in scores.index.unique("way").drop(over):
        r, n = (x[[way, over]].loc[relevance[[way, over]].notna().all(axis=1)] for x in (relevance, n_tokens))
        difference = r[way] - r[over]
        pooled = (r * n).sum() / n.sum()
        interval = mean_over_places(difference, seed=seed)
        rows[way] = {
            "contexts": len(difference),
            **dict(zip(("mean", "low", "high"), map(float, interval), strict=True)),
            "median": difference.median(),
            "pooled": pooled[way] - pooled[over],
            "better": int((difference > 0).sum()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("way")


def trace_gains(scores: pd.DataFrame, written: Mapping[str, Sequence[Continuation]], *, seed: int = 0) -> pd.DataFrame:
    """What the trace of a steering vector alone does: relevance minus that of the forced word.

    Args:
        scores: of `text_scores`, with the ways `natural` and `forced`.
        written: the same texts.
        seed: of the intervals.

    Returns:
        As `relevance_gains`, of the steered ways; and `same text`, share of the contexts in which not a token differs.
    """
    forced = {c.context: c.tokens.tolist() for c in written["forced"]}
    gains = relevance_gains(scores, "forced", seed=seed).drop("natural")
    for way in gains.index:
        gains.loc[way, "same text"] = np.mean([c.tokens.tolist() == forced[c.context] for c in written[way]])
    return gains
