"""Chains of one theme as they are read: the state and the answer at the end of every sentence."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.progress import Progress
from lmphys.corpus.store import Shard
from lmphys.lm.model import LanguageModel
from lmphys.pages.belief_shift.query import ORDERS, Query, column
from lmphys.pages.belief_shift.reading import Reading
from lmphys.pages.belief_shift.spec import CONDITIONS, CONTROLS, REQUEST, BeliefSpec, neutral_statements
from lmphys.pages.belief_shift.themes import Theme, load_themes
from lmphys.pages.belief_shift.writing import WrittenChain

_READ_TOGETHER = 12
_CLAIM = "claim"


def chains_of(theme: Theme, n_chains: int) -> list[tuple[str, int, tuple[str, ...]]]:
    """Condition, number and inserted sentences of each chain of a theme."""
    inserted = dict(zip(CONDITIONS, (theme.clean, theme.poison), strict=True))
    return [(condition, i, inserted[condition]) for condition in CONDITIONS for i in range(n_chains)]


def ask_chains(
    model: LanguageModel, spec: BeliefSpec, theme: Theme, other: Theme, written: Sequence[WrittenChain], bar: Progress
) -> Shard:
    """States and answers of the chains of one theme.

    Args:
        model: the reader.
        spec: of the set.
        theme: of the chains.
        other: the theme whose claim is asked as a control.
        written: the chains, in the order of `chains_of`.
        bar: told of tokens and chains.
    """
    prompt = model.prompt_ids(REQUEST.format(question=theme.question), spec.prompt)
    neutral = neutral_statements()
    index = [t.id for t in load_themes()].index(theme.id)
    statements = {_CLAIM: theme.claim, CONTROLS[0]: neutral[index % len(neutral)], CONTROLS[1]: other.claim}
    ways = [(wording, order) for wording in spec.wordings for order in ORDERS]
    queries: dict[tuple[str, ...], Query] = {
        (name, *way): Query.of(model, text, *way) for name, text in statements.items() for way in ways
    }
    chains, sentences, states = [], [], []
    rows = list(zip(chains_of(theme, spec.n_chains), written, strict=True))
    for first in range(0, len(rows), _READ_TOGETHER):
        batch = rows[first : first + _READ_TOGETHER]
        read, odds = _read(model, prompt, [chain for _, chain in batch], queries, bar)
        for i, ((condition, number, _), chain) in enumerate(batch):
            names = {"chain_id": f"{theme.id}/{condition}/{number}", "question_id": theme.id, "theme": theme.id}
            text = model.tokenizer.decode(chain.tokens, skip_special_tokens=True)
            counts = {"number": number, "n_tokens": len(chain.tokens), "text": text}
            controls = {f"control.{c}.{column(*way)}": odds[(c, *way)][-1, i] for c in CONTROLS for way in ways}
            chains.append({**names, "condition": condition, **counts, **controls})
            for t in range(spec.n_steps):
                answers = {column(*way): odds[(_CLAIM, *way)][t, i] for way in ways}
                sentences.append({"chain": first + i, "t": t, **_sentence(model, chain, t), **answers})
            states.append(read[i])
    tokens = np.concatenate([np.array(chain.tokens) for chain in written])
    arrays = {"final_norm.boundary": np.concatenate(states), "tokens": tokens}
    return Shard(arrays, pd.DataFrame(chains), pd.DataFrame(sentences))


def _read(
    model: LanguageModel,
    prompt: tuple[int, ...],
    batch: Sequence[WrittenChain],
    queries: Mapping[tuple[str, ...], Query],
    bar: Progress,
) -> tuple[list[np.ndarray], dict[tuple[str, ...], np.ndarray]]:
    """States (S, D) of each chain, and log odds (S, B) of each query, the controls at the last sentence only."""
    room = max(len(query.ids) for query in queries.values())
    reading = Reading(model, [(*prompt, *chain.tokens) for chain in batch], room=room)
    bar.tokens(int(reading.lengths.sum()))
    n_steps = len(batch[0].ends)
    odds = {name: np.full((n_steps, len(batch)), np.nan) for name in queries}
    for t in reversed(range(n_steps)):
        reading.shorten(np.array([len(prompt) + chain.ends[t] + 1 for chain in batch]))
        for name, query in queries.items():
            if name[0] == _CLAIM or t == n_steps - 1:
                odds[name][t] = reading.ask([query] * len(batch))
                bar.tokens(len(query.ids) * len(batch))
    for _ in batch:
        bar.advance()
    return [reading.states(i, [len(prompt) + end for end in chain.ends]) for i, chain in enumerate(batch)], odds


def _sentence(model: LanguageModel, chain: WrittenChain, t: int) -> dict[str, Any]:
    start, end = chain.ends[t - 1] + 1 if t else 0, chain.ends[t]
    text = model.tokenizer.decode(chain.tokens[start : end + 1], skip_special_tokens=True).strip()
    piece = model.tokenizer.decode([chain.tokens[end]])
    counts = {"token": end, "n_tokens": end + 1 - start}
    return {"text": text, "how": chain.how[t], "boundary_token": piece, **counts}
