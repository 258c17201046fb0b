"""What is written after a push, with the same random numbers as without it, and how well it fits its question."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.corpus import Sampling
from lmphys.corpus.decode import Capture
from lmphys.corpus.sampling import chain_uniforms, draw
from lmphys.corpus.timeline import Timeline
from lmphys.mechanics.contexts import Contexts, Push, pushed
from lmphys.mechanics.paths import Paths


@dataclass(frozen=True, eq=False)
class Continuation:
    """n tokens written after a context.

    Attributes:
        context: number of the context.
        tokens: (n,) ids, the end-of-sequence token included where it was drawn.
        log_p: (n,) log-probability of each, at temperature 1, by the model that wrote it (with the push), nats.
        states: (n, D) state after the last normalisation from which each was drawn.
    """

    context: int
    tokens: np.ndarray
    log_p: np.ndarray
    states: np.ndarray


@torch.inference_mode()
def continue_texts(
    contexts: Contexts,
    sampling: Sampling,
    *,
    first: Tensor | None = None,
    push: Push | None = None,
    seed: int = 0,
    batch_size: int = 32,
) -> list[Continuation]:
    """Continue every context, with a push on its last token alone.

    The push acts on the first new token through the distribution, and on all later ones through the keys and values
    that the pushed token leaves behind.

    Args:
        contexts: B texts.
        sampling: how tokens are drawn; `max_tokens` is the number written.
        first: (B,) tokens to begin with; None draws them too.
        push: (B, D) on the last token of each context.
        seed: of the random numbers; those of context b and token i are the same whatever else is set.
        batch_size: continuations side by side.
    """
    written = []
    for rows in torch.arange(len(contexts)).split(batch_size):
        own = None if push is None else Push(push.layer, push.step[rows])
        written += _write(contexts, rows, sampling, None if first is None else first[rows], own, seed)
    return written


def _write(
    contexts: Contexts, rows: Tensor, sampling: Sampling, first: Tensor | None, push: Push | None, seed: int
) -> list[Continuation]:
    model, n = contexts.model, sampling.max_tokens
    uniforms = torch.stack([chain_uniforms(1_000 * seed + row, n) for row in rows.tolist()])
    tokens = torch.empty(len(rows), 0, dtype=torch.long)
    log_p, states = [], []
    pushes = [] if push is None else [push]
    past = _Growing(contexts, rows, n) if contexts.past is not None else None
    for i in range(n):
        if past is None:
            reading = contexts.read(rows, tokens, pushes)
            logits, state = reading.log_p[:, -1], reading.states[:, -1]
        else:
            logits, state = past.feed(tokens[:, -1] if i else contexts.last[rows], pushes if i == 0 else [])
        drawn = draw(logits, uniforms[:, i], sampling)
        new = first if i == 0 and first is not None else drawn.tokens.cpu()
        log_p.append(logits.float().log_softmax(-1).cpu().gather(1, new[:, None])[:, 0])
        states.append(state.float().cpu())
        tokens = torch.cat([tokens, new[:, None]], 1)
    stops = torch.isin(tokens, model.stop_ids)
    ends = torch.where(stops.any(1), stops.int().argmax(1) + 1, n)
    table, path = torch.stack(log_p, 1), torch.stack(states, 1)
    return [
        Continuation(row, tokens[i, :end].numpy(), table[i, :end].double().numpy(), path[i, :end].numpy())
        for i, (row, end) in enumerate(zip(rows.tolist(), ends.tolist(), strict=True))
    ]


class _Growing:
    """The past of some contexts, which grows by up to `n_tokens`, one at a time."""

    def __init__(self, contexts: Contexts, rows: Tensor, n_tokens: int) -> None:
        assert contexts.past is not None
        self.model = contexts.model
        self.age = contexts.lengths[rows].clone()
        longest = int(self.age.max())
        self.timeline = Timeline(self.model.n_layers, len(rows), longest + n_tokens, reserve=longest)
        for i, row in enumerate(rows.tolist()):
            self.timeline.admit(i, contexts.past, row, int(self.age[i]))

    def feed(self, newest: Tensor, pushes: Sequence[Push]) -> tuple[Tensor, Tensor]:
        """Logits (R, V) and states (R, D) after the newest token (R,) of every row."""
        self.timeline.show(int(self.age.max()))
        width = self.timeline.length + 1
        mask = torch.arange(width) >= width - 1 - self.age[:, None]
        last = self.model.n_layers
        with Capture(self.model, (last,)).attached() as capture, pushed(self.model, pushes, -1):
            logits = self.model.forward(newest[:, None], mask, self.age[:, None], self.timeline)
            state = capture.states(last)["final_norm"][:, -1]
        self.timeline.advance()
        self.age += 1
        return logits, state


def as_paths(contexts: Contexts, written: Sequence[Continuation]) -> Paths:
    """The continuations as paths from the place of the push on, for the energies along them."""
    tokens = [np.append(contexts.last[c.context].item(), c.tokens[:-1]) for c in written]
    return Paths({"final_norm": [c.states for c in written]}, [-c.log_p for c in written], tokens)


def log_likelihoods(
    contexts: Contexts, rows: Sequence[int], texts: Sequence[np.ndarray], *, batch_size: int = 16
) -> list[np.ndarray]:
    """Log-probability (n,) of each token of the texts, as continuations of the contexts `rows`, without any push."""
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
        each = log_p.gather(2, padded[:, :, None].to(log_p.device))[:, :, 0].cpu().double().numpy()
        for k, i in enumerate(batch):
            found[i] = each[k, : len(texts[i])]
    return found


def derangement(n: int, *, seed: int = 0) -> np.ndarray:
    """A partner (n,) for each of n contexts, never itself: the next one around a ring in random order."""
    order = np.random.default_rng(seed).permutation(n)
    partner = np.empty(n, dtype=int)
    partner[order] = np.roll(order, -1)
    return partner


def quality(contexts: Contexts, written: Sequence[Continuation], partner: np.ndarray) -> pd.DataFrame:
    """How well each continuation fits its context, under the model without a push.

    Args:
        contexts: of which the continuations are.
        written: one for some or all of the contexts.
        partner: (B,) the context of another question that each is tried on.

    Returns:
        A row a continuation, index `context`: `n_tokens`; `surprisal`, mean of -log p after its own context;
        `relevance`, log P(continuation | own context) - log P(continuation | the partner's), both nats per token;
        `later`, the same relevance without the first token, NaN where there is no other.
    """
    texts = [c.tokens for c in written]
    own = log_likelihoods(contexts, [c.context for c in written], texts)
    other = log_likelihoods(contexts, [int(partner[c.context]) for c in written], texts)
    rows = {
        c.context: {
            "n_tokens": len(c.tokens),
            "surprisal": -a.mean(),
            "relevance": (a - b).mean(),
            "later": (a - b)[1:].mean() if len(a) > 1 else np.nan,
        }
        for c, a, b in zip(written, own, other, strict=True)
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("context")
