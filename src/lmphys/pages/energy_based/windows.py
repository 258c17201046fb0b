"""Windows of the book's text with two ends each: the real one, and one that the model draws after the same start."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.lm import ChainDecoder, LanguageModel, Request, Sampling
from lmphys.lm.reading import read_written
from lmphys.problems.prose import Prose, text_of

FILE = Path("data", "reference", "energy_based", "windows.npz")
CONTEXT, LENGTH = 32, 32  # tokens that are given, and of each end


class Window(NamedTuple):
    """Tokens of the text.

    Attributes:
        topic: number of the topic that it was cut from.
        context: (c,) ids before the end.
        real: (L,) ids of the real end.
    """

    topic: int
    context: tuple[int, ...]
    real: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Ends:
    """What the model makes of n windows and their two ends.

    Attributes:
        topics: (n,) topic of each.
        real: (n, D) mean state, after the last block, over the tokens of the real end.
        drawn: (n, D) the same of the end that the model drew.
        real_logp: (n,) log-probability of the real end, nats.
        drawn_logp: (n,) the same of the drawn one.
        tokens: (n, L) ids of the drawn ends, -1 after the one that ends a text.
    """

    topics: np.ndarray
    real: np.ndarray
    drawn: np.ndarray
    real_logp: np.ndarray
    drawn_logp: np.ndarray
    tokens: np.ndarray

    def first(self, n: int) -> "Ends":
        """Those of the first n windows, or of all."""
        return Ends(**{name: x[:n] for name, x in vars(self).items()})

    @classmethod
    def joined(cls, parts: Sequence["Ends"]) -> "Ends":
        """One after the other."""
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def cut(model: LanguageModel, n: int, *, context: int = CONTEXT, length: int = LENGTH, seed: int = 0) -> list[Window]:
    """Windows of the text that do not overlap, drawn at random from all of them, in the order of the text.

    Args:
        model: whose tokens are counted.
        n: windows, at most as many as there are.
        context: tokens that are given.
        length: tokens of an end.
        seed: of the choice.

    Raises:
        LmphysError: the text has fewer.
    """
    topics = [text_of(topic) for split in ("train", "test") for topic in Prose(0, split).topics]
    found = []
    for number, text in enumerate(topics):
        ids = model.prompt_ids(text, "{question}")
        for at in range(0, len(ids) - context - length + 1, context + length):
            middle = at + context
            found.append(Window(number, ids[at:middle], ids[middle : middle + length]))
    if n > len(found):
        raise LmphysError(f"the text has {len(found)} windows of {context + length} tokens, not {n}; take fewer")
    chosen = np.random.default_rng(seed).choice(len(found), n, replace=False)
    return [found[i] for i in np.sort(chosen)]


def read_ends(model: LanguageModel, windows: Sequence[Window], *, first: int = 0, batch_size: int = 64) -> Ends:
    """Draw an end for each window at temperature 1, and read both.

    Args:
        model: writer and reader.
        windows: ends of one length.
        first: number of the first of them, which is the seed of its end; the next has the next one.
        batch_size: chains side by side.
    """
    length = len(windows[0].real)
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=length)
    requests = [Request(window.context, first + i) for i, window in enumerate(windows)]
    drawn = ChainDecoder(model, sampling, batch_size=batch_size).run(requests)
    real = read_written(model, [w.context for w in windows], [torch.tensor(w.real) for w in windows], sampling)
    shape = (len(windows), model.width)
    states, logp = (np.zeros(shape), np.zeros(shape)), (np.zeros(len(windows)), np.zeros(len(windows)))
    tokens = np.full((len(windows), length), -1)
    for which, chains in enumerate((real, drawn)):
        for chain in chains:
            states[which][chain.index] = chain.states["resid_post"].mean(dim=0).numpy()
            logp[which][chain.index] = float(chain.logp.sum())
            if which:
                tokens[chain.index, : len(chain.tokens)] = chain.tokens.numpy()
    return Ends(np.array([w.topic for w in windows]), *states, *logp, tokens)


def save(ends: Ends, file: Path) -> None:
    """Write as a compressed archive: states in float16, log-probabilities in float32."""
    kinds = {"topics": np.int16, "real": np.float16, "drawn": np.float16, "tokens": np.int32}
    np.savez_compressed(file, **{name: x.astype(kinds.get(name, np.float32)) for name, x in vars(ends).items()})


def load(file: Path) -> Ends:
    """Inverse of `save`.

    Raises:
        LmphysError: the file is missing or damaged.
    """
    with given(file, "restore it: git checkout data/reference", "is damaged or missing"), np.load(file) as arrays:
        return Ends(**{name: arrays[name].astype(int if name in ("topics", "tokens") else float) for name in arrays})


def shipped() -> Ends:
    """The ends that come with the book: of the default model, written by `campaign`."""
    return load(project_root() / FILE)
