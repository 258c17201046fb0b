"""What is written after steering, with the same random numbers as without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.hooks import Capture
from lmphys.lm.sampling import Sampling, chain_uniforms, draw
from lmphys.mechanics.balance import Balance, difference
from lmphys.mechanics.paths import Paths
from lmphys.mechanics.summary import balance_of, steadiness
from lmphys.pages.steering.contexts import Contexts, SteeringVector, steered_states
from lmphys.pages.steering.steering import Steered
from lmphys.stats.interval import Interval


@dataclass(frozen=True, eq=False)
class Continuation:
    """n tokens written after a context.

    Attributes:
        context: number of the context.
        tokens: (n,) ids, the end-of-sequence token included where it was drawn.
        log_p: (n,) log-probability of each, at temperature 1, by the model that wrote it (with the vector), nats.
        states: (n, D) state after the last normalisation from which each was drawn.
        steered: whether a steering vector was added; where not, `log_p` is that of the model by itself.
    """

    context: int
    tokens: np.ndarray
    log_p: np.ndarray
    states: np.ndarray
    steered: bool


@dataclass(frozen=True, eq=False)
class Start:
    """How the B contexts are to be continued.

    Attributes:
        first: (B,) tokens to begin with; None draws them too.
        steered: whose vector stays on the last token of each context, where it reached its gain: the others are left
            out. None for no steering.
    """

    first: Tensor | None = None
    steered: Steered | None = None


@torch.inference_mode()
def continue_texts(
    contexts: Contexts, starts: Mapping[str, Start], sampling: Sampling, *, seed: int = 0, batch_size: int = 64
) -> dict[str, list[Continuation]]:
    """Continue every context from several starts, with the same random numbers.

    A steering vector acts on the first new token through the distribution, and on all later ones through the keys and
    values that the steered token leaves behind.

    Args:
        contexts: B texts.
        starts: by name; their vectors are in one layer.
        sampling: how tokens are drawn; `max_tokens` is the number written.
        seed: of the random numbers; those of context b and token i are the same whatever else is set.
        batch_size: continuations side by side.

    Returns:
        The continuations of each start, in the order of the contexts.

    Raises:
        LmphysError: vectors are in several layers.
    """
    vectors = {
        name: s.steered.vector for name, s in starts.items() if s.steered is not None and s.steered.vector is not None
    }
    layers = {vector.layer for vector in vectors.values()}
    if len(layers) > 1:
        raise LmphysError(f"vectors in layers {sorted(layers)} cannot run side by side; continue them one by one")
    rows, first, steps, names = [], [], [], []
    for name, start in starts.items():
        there = torch.arange(len(contexts)) if start.steered is None else start.steered.reached.nonzero()[:, 0]
        still = torch.zeros(len(contexts), contexts.model.width)  # adding it changes no bit
        rows.append(there)
        first.append(torch.full_like(there, -1) if start.first is None else start.first[there])
        steps.append((vectors[name].step.float() if name in vectors else still)[there])
        names += [name] * len(there)
    each = [torch.cat(parts).split(batch_size) for parts in (rows, first, steps)]
    done = [
        continuation
        for part, begin, step in zip(*each, strict=True)
        for continuation in _write(
            contexts, part, begin, [SteeringVector(layer, step) for layer in layers], sampling, seed
        )
    ]
    return {wanted: [c for c, name in zip(done, names, strict=True) if name == wanted] for wanted in starts}


def _write(
    contexts: Contexts, rows: Tensor, first: Tensor, vectors: list[SteeringVector], sampling: Sampling, seed: int
) -> list[Continuation]:
    """Continue the contexts `rows` (R,), each with its token of `first` where that is not -1."""
    model, n = contexts.model, sampling.max_tokens
    uniforms = torch.stack([chain_uniforms(1_000 * seed + row, n) for row in rows.tolist()])
    tokens = torch.empty(len(rows), 0, dtype=torch.long)
    log_p, states = [], []
    past = _Growing(contexts, rows, n) if contexts.past.cache is not None else None
    for i in range(n):
        if past is None:
            reading = contexts.read(rows, tokens, vectors)
            logits, state = reading.log_p[:, -1], reading.states[:, -1]
        else:
            logits, state = past.feed(tokens[:, -1] if i else contexts.last[rows], vectors if i == 0 else [])
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
            any(bool(vector.step[i].any()) for vector in vectors),
        )
        for i, (row, end) in enumerate(zip(rows.tolist(), ends.tolist(), strict=True))
    ]


class _Growing:
    """The past of some contexts, which grows by up to `n_tokens`, one at a time."""

    def __init__(self, contexts: Contexts, rows: Tensor, n_tokens: int) -> None:
        self.model = contexts.model
        self.age = contexts.lengths[rows].clone()
        longest = int(self.age.max())
        past = contexts.keys(rows)  # more than the layers of the model where it keeps more than keys and values
        self.cache = KVCache(len(past), len(rows), longest + n_tokens, reserve=longest)
        for layer, held in zip(self.cache.layers, past, strict=True):
            if held is not None:
                layer.lazy_initialization(*held)
                assert layer.keys is not None and layer.values is not None
                layer.keys[:, :, :longest], layer.values[:, :, :longest] = held

    def feed(self, newest: Tensor, vectors: Sequence[SteeringVector]) -> tuple[Tensor, Tensor]:
        """Logits (R, V) and states (R, D) after the newest token (R,) of every row."""
        self.cache.show(int(self.age.max()))
        width = self.cache.length + 1
        mask = torch.arange(width) >= width - 1 - self.age[:, None]
        last = self.model.n_layers
        with Capture(self.model, (last,)).attached() as capture, steered_states(self.model, vectors, -1):
            logits = self.model.forward(newest[:, None], mask, self.age[:, None], self.cache)
            state = capture.states(last)["final_norm"][:, -1]
        self.cache.advance()
        self.age += 1
        return logits, state


def as_paths(contexts: Contexts, written: Sequence[Continuation]) -> Paths:
    """The continuations as paths from the place of the steering on, for the energies along them."""
    tokens = [np.append(contexts.last[c.context].item(), c.tokens[:-1]) for c in written]
    return Paths({"final_norm": [c.states for c in written]}, [-c.log_p for c in written], tokens)


def energies_along(contexts: Contexts, written: Mapping[str, Sequence[Continuation]], gain: float) -> pd.DataFrame:
    """Mean, standard deviation and coefficient of variation of C1 along the continuations of each start.

    A last row stands for a bias of the logit that has its way: the texts of `forced`, with the log-probability of their
    first token raised.

    Args:
        contexts: of which the continuations are.
        written: by start; one of them is `forced`. A start without continuations is left out.
        gain: of the bias, nats.
    """
    biased = [replace(c, log_p=c.log_p + gain * (np.arange(len(c.log_p)) == 0)) for c in written["forced"]]
    each = {name: texts for name, texts in written.items() if texts} | {"logit bias": biased}
    rows = {name: steadiness(as_paths(contexts, texts)).loc["C1"] for name, texts in each.items()}
    return pd.DataFrame(rows).T[["mean", "sd", "variation"]]


def constancy_gain(
    contexts: Contexts, written: Mapping[str, Sequence[Continuation]], way: str, over: str = "natural", *, seed: int = 0
) -> Interval:
    """Log of the coefficient of variation of C1 within the texts of one start, over that within those of another.

    0 where the energy is as constant along the one as along the other, in both from the place of the push on. Only the
    contexts count that both have, with two steps at least. All three are NaN where there are fewer than two of them.

    Args:
        contexts: of which the continuations are.
        written: by start.
        way: a start.
        over: the start to compare with.
        seed: of the interval, over contexts.
    """
    long = [{c.context: c for c in written[name] if len(c.tokens) > 3} for name in (way, over)]
    both = sorted(set(long[0]) & set(long[1]))
    if len(both) < 2:
        return Interval(np.nan, np.nan, np.nan)
    own, other = (balance_of(as_paths(contexts, [texts[i] for i in both])) for texts in long)
    return Interval(*map(float, difference(own, other, Balance.variation, log=True, seed=seed)))


def examples(contexts: Contexts, written: Mapping[str, Sequence[Continuation]], *, n_before: int = 9) -> pd.DataFrame:
    """The continuations as text, a row a context and a column a start; `after` is the end of the context."""
    decode = contexts.model.tokenizer.decode
    table = pd.DataFrame({name: {c.context: decode(c.tokens) for c in texts} for name, texts in written.items()})
    table = table.reindex(range(len(contexts)))
    table.insert(0, "after", ["… " + decode(text[-n_before:]) for text in contexts.texts])
    return table
