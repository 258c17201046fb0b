"""What is written after a push, with the same random numbers as without it, and how well it fits its question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.hooks import Capture
from lmphys.lm.sampling import Sampling, chain_uniforms, draw
from lmphys.mechanics.paths import Paths
from lmphys.pages.steering.contexts import Contexts, Push, pushed
from lmphys.pages.steering.steering import Steered
from lmphys.pages.steering.ways import mean_over_places


@dataclass(frozen=True, eq=False)
class Continuation:
    """n tokens written after a context.

    Attributes:
        context: number of the context.
        tokens: (n,) ids, the end-of-sequence token included where it was drawn.
        log_p: (n,) log-probability of each, at temperature 1, by the model that wrote it (with the push), nats.
        states: (n, D) state after the last normalisation from which each was drawn.
        pushed: whether a push was made; where not, `log_p` is that of the model by itself.
    """

    context: int
    tokens: np.ndarray
    log_p: np.ndarray
    states: np.ndarray
    pushed: bool


@dataclass(frozen=True, eq=False)
class Start:
    """How the B contexts are to be continued.

    Attributes:
        first: (B,) tokens to begin with; None draws them too.
        steered: whose push stays on the last token of each context, where it reached its gain: the others are left
            out. None for no push.
    """

    first: Tensor | None = None
    steered: Steered | None = None


@torch.inference_mode()
def continue_texts(
    contexts: Contexts, starts: Mapping[str, Start], sampling: Sampling, *, seed: int = 0, batch_size: int = 64
) -> dict[str, list[Continuation]]:
    """Continue every context from several starts, with the same random numbers.

    A push acts on the first new token through the distribution, and on all later ones through the keys and values
    that the pushed token leaves behind.

    Args:
        contexts: B texts.
        starts: by name; their pushes are in one layer.
        sampling: how tokens are drawn; `max_tokens` is the number written.
        seed: of the random numbers; those of context b and token i are the same whatever else is set.
        batch_size: continuations side by side.

    Returns:
        The continuations of each start, in the order of the contexts.

    Raises:
        LmphysError: pushes are in several layers.
    """
    pushes = {
        name: s.steered.push for name, s in starts.items() if s.steered is not None and s.steered.push is not None
    }
    layers = {push.layer for push in pushes.values()}
    if len(layers) > 1:
        raise LmphysError(f"pushes in layers {sorted(layers)} cannot run side by side; continue them one by one")
    rows, first, steps, names = [], [], [], []
    for name, start in starts.items():
        there = torch.arange(len(contexts)) if start.steered is None else start.steered.reached.nonzero()[:, 0]
        still = torch.zeros(len(contexts), contexts.model.width)  # adding it changes no bit
        rows.append(there)
        first.append(torch.full_like(there, -1) if start.first is None else start.first[there])
        steps.append((pushes[name].step.float() if name in pushes else still)[there])
        names += [name] * len(there)
    each = [torch.cat(parts).split(batch_size) for parts in (rows, first, steps)]
    done = [
        continuation
        for part, begin, step in zip(*each, strict=True)
        for continuation in _write(contexts, part, begin, [Push(layer, step) for layer in layers], sampling, seed)
    ]
    return {wanted: [c for c, name in zip(done, names, strict=True) if name == wanted] for wanted in starts}


def _write(
    contexts: Contexts, rows: Tensor, first: Tensor, pushes: list[Push], sampling: Sampling, seed: int
) -> list[Continuation]:
    """Continue the contexts `rows` (R,), each with its token of `first` where that is not -1."""
    model, n = contexts.model, sampling.max_tokens
    uniforms = torch.stack([chain_uniforms(1_000 * seed + row, n) for row in rows.tolist()])
    tokens = torch.empty(len(rows), 0, dtype=torch.long)
    log_p, states = [], []
    past = _Growing(contexts, rows, n) if contexts.past.timeline is not None else None
    for i in range(n):
        if past is None:
            reading = contexts.read(rows, tokens, pushes)
            logits, state = reading.log_p[:, -1], reading.states[:, -1]
        else:
            logits, state = past.feed(tokens[:, -1] if i else contexts.last[rows], pushes if i == 0 else [])
        new = draw(logits, uniforms[:, i], sampling).tokens.cpu()
        if i == 0:
            new = torch.where(first >= 0, first, new)
        log_p.append(logits.float().log_softmax(-1).cpu().gather(1, new[:, None])[:, 0])
        states.append(state.float().cpu())
        tokens = torch.cat([tokens, new[:, None]], 1)
    stops = torch.isin(tokens, model.stop_ids)
    ends = torch.where(stops.any(1), stops.int().argmax(1) + 1, n)
    table, path = torch.stack(log_p, 1), torch.stack(states, 1)
    return [
        Continuation(
            row,
            tokens[i, :end].numpy(),
            table[i, :end].double().numpy(),
            path[i, :end].numpy(),
            any(bool(push.step[i].any()) for push in pushes),
        )
        for i, (row, end) in enumerate(zip(rows.tolist(), ends.tolist(), strict=True))
    ]


class _Growing:
    """The past of some contexts, which grows by up to `n_tokens`, one at a time."""

    def __init__(self, contexts: Contexts, rows: Tensor, n_tokens: int) -> None:
        self.model = contexts.model
        self.age = contexts.lengths[rows].clone()
        longest = int(self.age.max())
        self.timeline = KVCache(self.model.n_layers, len(rows), longest + n_tokens, reserve=longest)
        for layer, held in zip(self.timeline.layers, contexts.keys(rows), strict=True):
            if held is not None:
                layer.lazy_initialization(*held)
                assert layer.keys is not None and layer.values is not None
                layer.keys[:, :, :longest], layer.values[:, :, :longest] = held

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


def quality(contexts: Contexts, written: Mapping[str, Sequence[Continuation]], partner: np.ndarray) -> pd.DataFrame:
    """How well continuations fit their contexts, under the model without a push.

    Args:
        contexts: of which the continuations are.
        written: name of a way -> one for some or all of the contexts; a text that several ways have is read once.
        partner: (B,) the context of another question that each is tried on.

    Returns:
        A row for each way and context: `n_tokens`; `surprisal`, mean of -log p after its own context; `relevance`,
        log P(continuation | own context) - log P(continuation | the partner's), both nats per token; `later`, the
        same relevance without the first token, NaN where there is no other.
    """
    once = {(c.context, tuple(c.tokens.tolist())): c for those in written.values() for c in those}
    known = {
        (c.context, tuple(c.tokens.tolist())): c.log_p for those in written.values() for c in those if not c.pushed
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
        }
        for key, a, b in zip(once, own, other, strict=True)
    }
    rows = {(way, c.context): scores[c.context, tuple(c.tokens.tolist())] for way in written for c in written[way]}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["way", "context"])


def quality_gains(scores: pd.DataFrame, over: str, *, seed: int = 0) -> pd.DataFrame:
    """Relevance of every way minus that of one of them, over the contexts that both have.

    Args:
        scores: of `quality`.
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
