"""Chains of a fixed number of sentences, some of which are given and not drawn.

Many chains run side by side. Each takes one token a step: the next one of a given sentence, or one that it draws. What
may end the model's turn is never drawn, so that every chain reaches its number of sentences; a sentence that does not
end by itself is closed with a full stop.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.sentences import is_finished, split_sentences, token_ends
from lmphys.lm.cache import KVCache
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, chain_uniforms, draw


@dataclass(frozen=True)
class Plan:
    """A chain to be written.

    Attributes:
        prompt: token ids before it.
        seed: of its tokens.
        given: place of a sentence -> its token ids.
    """

    prompt: tuple[int, ...]
    seed: int
    given: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class WrittenChain:
    """A chain of n tokens and S sentences.

    Attributes:
        tokens: the n ids.
        ends: (S,) place of the last token of each sentence.
        how: (S,) `drawn`, `given`, or `cut` where a drawn sentence was closed with a full stop.
    """

    tokens: list[int]
    ends: list[int]
    how: list[str]


@torch.inference_mode()
def write_chains(
    model: LanguageModel,
    plans: Sequence[Plan],
    *,
    n_steps: int,
    longest: int,
    sampling: Sampling,
    batch_size: int = 48,
    on_tokens: Callable[[int], None] | None = None,
) -> list[WrittenChain]:
    """Write chains, in the order of their plans.

    Args:
        model: the writer.
        plans: what to write.
        n_steps: sentences of each chain, given ones included.
        longest: tokens of a drawn sentence after which it is closed.
        sampling: how tokens are drawn; its `max_tokens` is not used.
        batch_size: chains side by side.
        on_tokens: called after every step with the number of tokens written in it.

    Raises:
        LmphysError: a chain may become longer than the model can read.
    """
    sampling.check()
    written: list[WrittenChain] = []
    for first in range(0, len(plans), batch_size):
        batch = [_Draft(model, plan, n_steps, longest) for plan in plans[first : first + batch_size]]
        _run(model, batch, sampling, on_tokens)
        written += [draft.finished() for draft in batch]
    return written


def _run(
    model: LanguageModel, batch: list["_Draft"], sampling: Sampling, on_tokens: Callable[[int], None] | None
) -> None:
    """Write one batch to its end."""
    reserve = max(len(draft.prompt) for draft in batch)
    capacity = reserve + max(draft.capacity for draft in batch)
    if model.context_length is not None and capacity > model.context_length:
        raise LmphysError(
            f"chains of up to {capacity} tokens exceed the {model.context_length} that {model.spec} can read; write "
            "fewer or shorter sentences"
        )
    cache = KVCache(model.n_layers, len(batch), capacity) if model.keeps_keys else None
    logits = model.read([draft.prompt for draft in batch], cache)
    live = list(batch)
    barred = torch.tensor(sorted({*model.stop_ids.tolist(), *model.tokenizer.all_special_ids}))
    while True:
        logits[:, barred.to(logits.device)] = -torch.inf
        uniforms = torch.tensor([draft.uniform() for draft in live], dtype=torch.float64)
        drawn = draw(logits, uniforms, sampling).tokens.tolist()
        going = [draft.take(token) for draft, token in zip(live, drawn, strict=True)]
        if on_tokens is not None:
            on_tokens(len(live))
        kept = [row for row, goes_on in enumerate(going) if goes_on]
        if not kept:
            return
        if len(kept) < 0.8 * len(live) or cache is None:
            if cache is not None:
                cache.keep_rows(torch.tensor(kept))
            live = [live[row] for row in kept]
        logits = _feed(model, live, cache)


def _feed(model: LanguageModel, live: list["_Draft"], cache: KVCache | None) -> torch.Tensor:
    """Logits (B, V) after the newest token of every draft."""
    if cache is None:
        return model.read([(*draft.prompt, *draft.tokens) for draft in live])
    ages = torch.tensor([len(draft.prompt) + len(draft.tokens) - 1 for draft in live])[:, None]
    cache.show(int(ages.max()))
    past = cache.length
    mask = torch.arange(past + 1) >= past - ages
    logits = model.forward(torch.tensor([[draft.tokens[-1]] for draft in live]), mask, ages, cache)
    cache.advance()
    return logits


class _Draft:
    """A chain that is being written."""

    def __init__(self, model: LanguageModel, plan: Plan, n_steps: int, longest: int) -> None:
        self.tokenizer, self.prompt, self.given = model.tokenizer, plan.prompt, plan.given
        self.n_steps, self.longest = n_steps, longest
        self.stop = tuple(model.tokenizer(".", add_special_tokens=False)["input_ids"])
        widest = max([longest + len(self.stop), *(len(ids) for ids in plan.given.values())])
        self.capacity = n_steps * widest + 1
        self.uniforms = chain_uniforms(plan.seed, self.capacity).tolist()
        self.tokens: list[int] = []
        self.n_drawn = 0
        self.ends: list[int] = []
        self.how: list[str] = []
        self.waiting: deque[int] = deque()  # tokens of a given sentence, or of a full stop, still to come
        self.closes_with = ""  # what the sentence is called once they have come
        self._open()

    @property
    def done(self) -> bool:
        return len(self.ends) == self.n_steps

    def uniform(self) -> float:
        return self.uniforms[min(self.n_drawn, len(self.uniforms) - 1)]

    def take(self, drawn: int) -> bool:
        """Write the next token, the drawn one where none is given; whether the chain goes on."""
        if self.done:
            return False
        if not self.waiting:
            before = len(self.tokens)
            self.tokens.append(drawn)
            self.n_drawn += 1
            self._look_for_end()
            if self.done:
                return False
            if len(self.tokens) > before:
                return True
            # It would have opened the next sentence, and was taken back, as that sentence is given.
        self.tokens.append(self.waiting.popleft())
        if not self.waiting:
            self._close(len(self.tokens) - 1, self.closes_with)
        return not self.done

    def _look_for_end(self) -> None:
        """Close the sentence if what was drawn last ends it, or opens the next one."""
        start = self._start()
        own = self.tokens[start:]
        text = self.tokenizer.decode(own, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        pieces = split_sentences(text)
        if pieces and is_finished(text, pieces[0], ended=False):
            end = start + int(np.searchsorted(token_ends(self.tokenizer, own), pieces[0].end))
            self._close(end, "drawn")
        elif len(own) >= self.longest:
            self.waiting.extend(self.stop)
            self.closes_with = "cut"

    def _start(self) -> int:
        return self.ends[-1] + 1 if self.ends else 0

    def _close(self, end: int, how: str) -> None:
        self.ends.append(end)
        self.how.append(how)
        self._open()

    def _open(self) -> None:
        """Prepare the next sentence."""
        place = len(self.ends)
        if place in self.given and not self.done:
            self.waiting.extend(self.given[place])
            self.closes_with = "given"
            if self.ends and self.ends[-1] < len(self.tokens) - 1:
                self.tokens.pop()

    def finished(self) -> WrittenChain:
        return WrittenChain(self.tokens[: self.ends[-1] + 1], self.ends, self.how)
