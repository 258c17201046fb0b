"""Models of characters on unseen windows: the masked one, its twin that predicts the next, and counts of neighbours."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.lm import LanguageModel
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.problems.documents import BEGIN
from lmphys.problems.prose import Prose, text_of
from lmphys.training.documents import packed
from lmphys.training.loss import surprisals
from lmphys.training.tiny.masked import masked_model
from lmphys.training.tiny.trained import trained

NEXT, MASKED = "prose-next", "prose-masked"
_AT_ONCE = 64
_STRENGTH = 2.0  # things seen that the shorter context of an n-gram is worth


def windows(n: int, length: int, seed: int = 0) -> np.ndarray:
    """(n, 1 + L) token ids of windows of topics that were held out, with the mark before them."""
    source = Prose(seed, "test", length=length)
    return np.stack([source.document(index).tokens for index in range(n)])


def twins() -> tuple[list[Path], list[Path]]:
    """Where the shipped models of the next character and the masked ones lie, in pairs of one seed."""
    found = [{one.seed: one.folder for one in trained(name)} for name in (NEXT, MASKED)]
    both = sorted(found[0].keys() & found[1].keys())
    return [found[0][seed] for seed in both], [found[1][seed] for seed in both]


def size(name: str) -> str:
    """Weights of the models of a masked recipe, and characters that they read, in words."""
    one = trained(name)[0]
    read = one.recipe.steps * one.recipe.batch_size * one.recipe.options["length"]
    return f"{masked_model(one.folder).config.n_parameters:,} weights on {read:,} characters"


def training_curve(name: str) -> pd.DataFrame:
    """Loss of the shipped trainings, bits a character, a row each tenth of the updates and a column a seed."""
    found = {}
    for one in trained(name):
        losses = one.losses
        part = (losses["step"] - 1) * 10 // losses["step"].max()
        bits = losses["loss"].groupby(part).mean() / math.log(2)
        found[f"seed {one.seed}"] = bits.set_axis(losses["step"].groupby(part).max())
    return pd.DataFrame(found)


def next_bits(folder: Path, tokens: np.ndarray) -> np.ndarray:
    """(n,) bits a character of windows (n, 1 + L), under a model of the next one."""
    model = LanguageModel(str(folder), dtype="float32", device="cpu")
    documents = [(row, np.arange(len(row)) > 0) for row in tokens]
    found = []
    with torch.no_grad():
        for first in range(0, len(documents), _AT_ONCE):
            some = documents[first : first + _AT_ONCE]
            nats = surprisals(model, packed(some, tokens.shape[1])).reshape(len(some), -1)
            found.append(nats.mean(1).numpy())
    return np.concatenate(found) / math.log(2)


@torch.no_grad()
def _nats_of_masked(network: TinyForCausalLM, tokens: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """(n, 1 + L) surprisal of what is hidden (n, 1 + L), 0 elsewhere."""
    mask, found = network.config.vocab_size - 1, np.zeros(tokens.shape)
    for first in range(0, len(tokens), _AT_ONCE):
        some, those = tokens[first : first + _AT_ONCE], hidden[first : first + _AT_ONCE]
        ids = torch.from_numpy(np.where(those, mask, some))
        law = network(input_ids=ids, use_cache=False).logits.log_softmax(-1)
        own = law.gather(-1, torch.from_numpy(some)[..., None])[..., 0].numpy()
        found[first : first + _AT_ONCE] = np.where(those, -own, 0)
    return found


def masked_bits(folder: Path, tokens: np.ndarray, n_steps: int | None, n_views: int, seed: int = 0) -> np.ndarray:
    """(n,) bound, bits a character, of windows (n, 1 + L) under a masked model that writes them in T steps.

    After t of T steps each character is masked with probability t / T, and one in t of those that are is filled in by
    the step back; the mean over which ones is taken exactly, the one over steps by views.

    Args:
        folder: of the model.
        tokens: the windows.
        n_steps: T; None: one character a step, in a random order.
        n_views: steps that are looked at for each window, evenly spread; all T where there are fewer.
        seed: of the masks.
    """
    network, rng = masked_model(folder), np.random.default_rng(seed)
    n, L = len(tokens), tokens.shape[1] - 1
    most = n_steps or L
    views = min(n_views, most)
    total = np.zeros(n)
    for view in range(views):
        # Of the steps 1 ... T one in each of as many equal parts.
        share = (view + rng.random(n)) / views
        t = np.minimum(np.floor(share * most).astype(int) + 1, most)
        hidden = np.zeros(tokens.shape, dtype=bool)
        if n_steps is None:
            hidden[:, 1:] = rng.random((n, L)).argsort(axis=1) < t[:, None]
            weight = 1 / t  # the mean over the masked ones, as each of L numbers of them comes once
        else:
            hidden[:, 1:] = rng.random((n, L)) < t[:, None] / n_steps
            weight = n_steps / t / L
        total += weight * _nats_of_masked(network, tokens, hidden).sum(axis=1)
    return total / views / math.log(2)


class Counts:
    """Interpolated n-grams of characters of all orders up to one, each updated from the next shorter one.

    Source: MacKay & Peto 1995, with a Dirichlet prior of weight 2.

    Args:
        order: n of the longest.
    """

    def __init__(self, order: int) -> None:
        self.order = order

    def fit(self, texts: Sequence[np.ndarray]) -> "Counts":
        """Count in texts of token ids."""
        self.base_ = int(max(text.max() for text in texts)) + 1
        self.pairs_, self.contexts_ = [], []
        for n in range(1, self.order + 1):
            codes = np.concatenate([self._codes(text, n)[n - 1 :] for text in texts])
            self.pairs_.append(np.unique(codes, return_counts=True))
            self.contexts_.append(np.unique(codes // self.base_, return_counts=True))
        return self

    def _codes(self, text: np.ndarray, n: int) -> np.ndarray:
        """(len(text),) the last n characters as one number; before the n-th they are not whole."""
        code = np.zeros(len(text), dtype=np.int64)
        for back in range(n):
            code[back:] += text[: len(text) - back] * self.base_**back
        return code

    def bits(self, tokens: np.ndarray, order: int) -> np.ndarray:
        """(n,) bits a character of windows (n, 1 + L) under the n-grams up to an order, from the windows alone."""
        found = []
        for row in tokens[:, 1:]:
            p = np.full(len(row), 1 / self.base_)
            for n in range(1, order + 1):
                code = self._codes(row, n)
                seen, before = _counts(self.pairs_[n - 1], code), _counts(self.contexts_[n - 1], code // self.base_)
                p = np.where(np.arange(len(row)) >= n - 1, (seen + _STRENGTH * p) / (before + _STRENGTH), p)
            found.append(-np.log2(p).mean())
        return np.array(found)


def _counts(table: tuple[np.ndarray, np.ndarray], codes: np.ndarray) -> np.ndarray:
    keys, counts = table
    at = np.minimum(np.searchsorted(keys, codes), len(keys) - 1)
    return np.where(keys[at] == codes, counts[at], 0)


@torch.no_grad()
def write(folder: Path, length: int, n_steps: int, seed: int = 0) -> tuple[str, np.ndarray]:
    """A text (L,) that a masked model writes in T steps, and the step (L,) in which each character came, from 1 on."""
    network, rng = masked_model(folder), np.random.default_rng(seed)
    mask = network.config.vocab_size - 1
    times = rng.integers(1, n_steps + 1, length)
    ids = np.full(length + 1, mask)
    ids[0] = BEGIN
    for t in range(n_steps, 0, -1):
        logits = network(input_ids=torch.from_numpy(ids)[None], use_cache=False).logits[0]
        law = _without_marks(logits, mask)
        drawn = torch.multinomial(law, 1, generator=torch.Generator().manual_seed(int(rng.integers(2**31))))[:, 0]
        now = np.flatnonzero(times == t) + 1
        ids[now] = drawn.numpy()[now]
    return text_of(ids[1:]), n_steps + 1 - times


def _without_marks(logits: Tensor, mask: int) -> Tensor:
    """Laws of printable characters alone, which is what texts are made of."""
    logits = logits.clone()
    logits[:, [0, 1, mask]] = -math.inf
    return logits.softmax(-1)
