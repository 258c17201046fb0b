"""Texts cut into windows of one length, and read by a model: laws, temperatures and mean states.

Every window is read by itself: some tokens of context, which do not count, then the tokens that do. So all sources are
compared at the same places of equally long contexts, and what differs is neither length nor position.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.core.progress import Progress
from lmphys.corpus.text_files import Text
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_laws
from lmphys.lm.readings import kept
from lmphys.thermo.thermogram import Thermogram, thermogram_of

CONTEXT = 8
LONGEST = 48
_SHORTEST = 4  # tokens that count, fewer tell nothing
_TOGETHER = 64  # windows that are handed to the model together


@dataclass(frozen=True, eq=False)
class Windows:
    """Windows of texts, and after `read_windows` what a model makes of them.

    Attributes:
        table: a row a window: `text`, its number from 0; `place`, the number of the window in it; `full`, whether it
            has
            `length` tokens that count; and `line`, `source`, `author`, `time` of the text.
        prompts: token ids before those that count.
        tokens: (n,) ids of those that count, n at most `length`.
        length: of a full window.
        left_out: a line for each text that is too short.
        thermogram: a row for each token that counts, window by window.
        states: (W, D) mean final state over the tokens of each window.
        numbers: (N,) of each token that counts, where `read_windows` was given a function of its law; else empty.
    """

    table: pd.DataFrame
    prompts: list[tuple[int, ...]]
    tokens: list[np.ndarray]
    length: int
    left_out: tuple[str, ...] = ()
    thermogram: Thermogram | None = None
    states: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    numbers: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def __len__(self) -> int:
        return len(self.tokens)

    @property
    def n_tokens(self) -> int:
        """Tokens that count."""
        return sum(map(len, self.tokens))

    @property
    def of_token(self) -> np.ndarray:
        """(N,) window of each token that counts."""
        return np.repeat(np.arange(len(self)), [len(tokens) for tokens in self.tokens])

    @property
    def laws(self) -> Thermogram:
        """The thermogram, once the windows are read.

        Raises:
            LmphysError: they are not.
        """
        if self.thermogram is None:
            raise LmphysError("these windows were not read yet; read_windows does it")
        return self.thermogram

    def select(self, wanted: np.ndarray) -> "Windows":
        """Some of the windows, by mask or number."""
        rows = np.flatnonzero(wanted) if np.asarray(wanted).dtype == bool else np.asarray(wanted)
        ends = np.concatenate([[0], np.cumsum([len(tokens) for tokens in self.tokens])])
        own = np.concatenate([np.arange(ends[i], ends[i + 1]) for i in rows] or [np.zeros(0, int)])
        return replace(
            self,
            table=self.table.iloc[rows].reset_index(drop=True),
            prompts=[self.prompts[i] for i in rows],
            tokens=[self.tokens[i] for i in rows],
            thermogram=None if self.thermogram is None else self.thermogram.rows(own),
            states=self.states[rows] if len(self.states) else self.states,
            numbers=self.numbers[own] if len(self.numbers) else self.numbers,
        )


def cut_windows(
    model: LanguageModel,
    texts: Sequence[Text],
    *,
    length: int | None = None,
    context: int = CONTEXT,
    most: int | None = None,
) -> Windows:
    """Cut texts into windows, one after the other; what is left at the end of a text makes a shorter one.

    Args:
        model: whose tokens are counted.
        texts: what is cut.
        length: tokens that count in a window; by default such that three texts of four fill one, and at most 48.
        context: tokens before them; the marks that the model's tokenizer puts before a text come on top.
        most: windows of one text at most, from its beginning.

    Raises:
        LmphysError: no text is long enough, or a window is longer than the model can read.
    """
    if context < 1 or (length is not None and length < 1) or (most is not None and most < 1):
        raise LmphysError(f"context {context}, length {length}, most {most}: each must be 1 or more")
    marks = model.prompt_ids("", "{question}")
    ids = [model.tokenizer(text.text, add_special_tokens=False)["input_ids"] for text in texts]
    if length is None:
        long_enough = [len(tokens) - context for tokens in ids if len(tokens) >= context + _SHORTEST]
        length = min(LONGEST, int(np.quantile(long_enough, 0.25))) if long_enough else LONGEST
    if model.context_length is not None and len(marks) + context + length > model.context_length:
        raise LmphysError(
            f"a window of {context} + {length} tokens exceeds the {model.context_length} that {model.spec} can read; "
            "take a shorter one"
        )
    rows, prompts, chains, left_out = [], [], [], []
    for number, (text, tokens) in enumerate(zip(texts, ids, strict=True)):
        least = context + min(length, _SHORTEST)
        if len(tokens) < least:
            short = f"{len(tokens)} token{'' if len(tokens) == 1 else 's'}"
            left_out.append(f"line {text.line} is left out: {short}, and {least} are needed")
        if max(tokens, default=0) >= model.n_rows:
            raise LmphysError(f"{model.spec} does not know all tokens of its tokenizer; take another model")
        starts = range(0, len(tokens) - least + 1, context + length)
        for place, start in enumerate(starts[:most]):
            own = np.array(tokens[start + context : start + context + length])
            prompts.append((*marks, *tokens[start : start + context]))
            chains.append(own)
            known = (text.line, text.source, text.author, text.time)
            rows.append((number, place, len(own) == length, *known))
    if not rows:
        told = f" ({left_out[0]})" if left_out else ""
        raise LmphysError(f"no text is long enough{told}; give longer ones, or a shorter context")
    columns = ["text", "place", "full", "line", "source", "author", "time"]
    return Windows(pd.DataFrame(rows, columns=columns), prompts, chains, length, tuple(left_out))


def read_windows(
    model: LanguageModel,
    windows: Windows,
    *,
    each: Callable[[Tensor], np.ndarray] | None = None,
    title: str = "reading",
) -> Windows:
    """The same windows with laws and states, from one pass of the model over each, which is kept on disk.

    Args:
        model: the reader, whose tokenizer cut them.
        windows: of `cut_windows`.
        each: from the (n, V) logits of a window to (n,) numbers, which are kept as `numbers`; it may depend on nothing
            else but its own module.
        title: of the bar that shows the time left.
    """
    own = "" if each is None else f"{each.__module__} {each.__qualname__}"
    code = [thermogram_of.__module__, *own.split()[:1]]
    found = kept(model, [windows.prompts, windows.tokens, own], lambda: _laws(model, windows, each, title), code=code)
    states, numbers = found.pop("states"), found.pop("numbers")
    return replace(windows, thermogram=Thermogram(**found), states=states, numbers=numbers)


def _laws(
    model: LanguageModel, windows: Windows, each: Callable[[Tensor], np.ndarray] | None, title: str
) -> dict[str, np.ndarray]:
    """Fields of the thermogram of some windows, and their `states` and `numbers`."""
    laws: list[Thermogram | None] = [None] * len(windows)
    numbers = [np.zeros(0)] * len(windows)
    states = np.zeros((len(windows), model.width))
    with Progress(title, len(windows), unit="windows") as bar:
        for first in range(0, len(windows), _TOGETHER):
            some = range(first, min(first + _TOGETHER, len(windows)))
            tokens = [torch.from_numpy(windows.tokens[i].astype(np.int64)) for i in some]
            for i, logits, state in read_laws(model, [windows.prompts[i] for i in some], tokens):
                laws[first + i] = thermogram_of(logits, tokens[i])
                if each is not None:
                    numbers[first + i] = each(logits)
                states[first + i] = state.double().mean(dim=0).numpy()
                bar.tokens(len(tokens[i]))
                bar.advance()
    thermogram = Thermogram.concatenate([law for law in laws if law is not None])
    return {**vars(thermogram), "states": states, "numbers": np.concatenate(numbers)}
