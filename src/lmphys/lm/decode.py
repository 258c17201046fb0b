"""Chains of thought and their hidden states in one pass.

A fixed number of chains run side by side on a `KVCache`; where one ends the next takes its row, and the prompt of
a question is run once for all of its chains. The states are caught by hooks while the tokens are drawn, so no
second pass over the text is needed. A model without keys and values to keep (a recurrent one) takes the same way, but
reads the whole text again at each step: slower, and equally right.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.hooks import Capture
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, chain_uniforms, draw
from lmphys.lm.sites import SITES

# Columns beyond the longest chain: the timeline is shifted once in as many steps.
_SLACK = 64


@dataclass(frozen=True)
class Request:
    """One chain to sample. Equal prompts in a row share one prefill.

    Attributes:
        prompt: token ids before the first one that is drawn.
        seed: of the tokens.
        given: how many tokens at the end of the prompt are the chain's own, written earlier; `max_tokens` counts them.
        uniforms: numbers that draw the tokens, in place of those of the seed; one for each token that may come.
        version: of the prompt, for a decoder that reads one prompt in several ways.
    """

    prompt: tuple[int, ...]
    seed: int
    given: int = 0
    uniforms: tuple[float, ...] | None = None
    version: int = 0

    @property
    def key(self) -> "PromptKey":
        """What requests share that are prefilled together."""
        return self.prompt, self.version


PromptKey = tuple[tuple[int, ...], int]


@dataclass(frozen=True, eq=False)
class DecodedChain:
    """A sampled chain of n tokens, the end-of-sequence token included where it was drawn.

    Attributes:
        index: place of its request.
        tokens: (n,) ids.
        logp: (n,) log-probability of each token at temperature 1, nats.
        logp_sampling: (n,) the same at the sampling temperature, before truncation.
        entropy: (n,) entropy of the distribution that each token was drawn against, at temperature 1, nats.
        states: site -> (n, D) state at each token, float32 on the CPU.
        ended: whether the chain ended by itself.
    """

    index: int
    tokens: Tensor
    logp: Tensor
    logp_sampling: Tensor
    entropy: Tensor
    states: dict[str, Tensor]
    ended: bool


class _Rows:
    """What is known of the chains on the rows: buffers filled as tokens are drawn, one column a token."""

    def __init__(self, n: int, model: LanguageModel, max_tokens: int) -> None:
        device = model.device
        self.index = [-1] * n  # request of each row, -1 for a row at rest
        self.prompt: list[tuple[int, ...]] = [(model.pad_id,)] * n
        self.n_tokens = torch.zeros(n, dtype=torch.long)
        self.given = torch.zeros(n, dtype=torch.long)
        self.age = torch.ones(n, dtype=torch.long)  # tokens of the row in the timeline, prompt included
        self.closed = torch.zeros(n, dtype=torch.bool)  # every token of the chain has its state
        self.tokens = torch.zeros(n, max_tokens, dtype=torch.long)
        self.logp = torch.zeros(n, max_tokens)
        self.logp_sampling = torch.zeros(n, max_tokens)
        self.entropy = torch.zeros(n, max_tokens)
        self.uniforms = torch.zeros(n, max_tokens, dtype=torch.float64)
        shape = (n, max_tokens, model.width)
        self.states = {site: torch.zeros(shape, dtype=model.dtype, device=device) for site in SITES}

    def busy(self) -> list[int]:
        return [row for row, index in enumerate(self.index) if index >= 0]

    def keep(self, rows: Tensor) -> None:
        self.index = [self.index[row] for row in rows.tolist()]
        self.prompt = [self.prompt[row] for row in rows.tolist()]
        for name in ("n_tokens", "given", "age", "closed", "tokens", "logp", "logp_sampling", "entropy", "uniforms"):
            setattr(self, name, getattr(self, name)[rows])
        self.states = {site: states[rows.to(states.device)] for site, states in self.states.items()}


@dataclass
class PromptState:
    """A question whose prompt has been run: its keys and values, if kept, and the logits of the first token."""

    cache: KVCache | None
    row: int
    length: int
    logits: Tensor


class ChainDecoder:
    """Samples many chains from one model.

    Args:
        model: the language model.
        sampling: how tokens are drawn.
        layer: block whose output is kept, 0 to the number of layers; -1 is the last.
        batch_size: chains side by side.
    """

    def __init__(self, model: LanguageModel, sampling: Sampling, *, layer: int = -1, batch_size: int = 64) -> None:
        sampling.check()
        if batch_size < 1:
            raise LmphysError(f"batch size {batch_size} must be at least 1")
        self.model = model
        self.sampling = sampling
        self.layer = model.layer_index(layer)
        self.batch_size = model.rows(batch_size)

    @torch.inference_mode()
    def run(
        self, requests: Sequence[Request], on_tokens: Callable[[int], None] | None = None
    ) -> Iterator[DecodedChain]:
        """Yield the chains in the order in which they end.

        Args:
            requests: chains to sample; those of one question side by side.
            on_tokens: called after every step with the number of tokens drawn in it.
        """
        if not requests:
            return
        longest = max(len(request.prompt) for request in requests)
        limit = self.model.context_length
        needed = max(len(request.prompt) - request.given for request in requests) + self.sampling.max_tokens
        if limit is not None and needed > limit:
            n_prompt = needed - self.sampling.max_tokens
            shorter = (
                f", or sample shorter chains (lmphys corpus build --max-tokens {limit - n_prompt})"
                if limit > n_prompt
                else ""
            )
            raise LmphysError(
                f"a prompt of {n_prompt} tokens and {self.sampling.max_tokens} more exceed the {limit} that "
                f"{self.model.spec} can read; ask shorter questions or take another model{shorter}"
            )
        n_rows = min(self.batch_size, len(requests))
        capacity = longest + self.sampling.max_tokens + _SLACK
        timeline = KVCache(self.model.n_layers, n_rows, capacity, reserve=longest) if self.model.keeps_keys else None
        rows = _Rows(n_rows, self.model, self.sampling.max_tokens)
        waiting = deque(enumerate(requests))
        prompts: dict[PromptKey, PromptState] = {}
        with Capture(self.model, (self.layer,)).attached() as capture:
            while True:
                resting = [row for row, index in enumerate(rows.index) if index < 0]
                if waiting and (len(resting) >= max(1, n_rows // 8) or len(resting) == len(rows.index)):
                    drawn = self._admit(waiting, resting, prompts, timeline, rows)
                elif len(resting) == len(rows.index):
                    return
                else:
                    if not waiting and len(resting) > 0.4 * len(rows.index):
                        busy = torch.tensor(rows.busy())
                        rows.keep(busy)
                        if timeline is not None:
                            timeline.keep_rows(busy)
                    drawn = self._step(timeline, rows, capture)
                    yield from self._finished(rows)
                if on_tokens is not None:
                    on_tokens(drawn)

    def _admit(
        self,
        waiting: deque[tuple[int, Request]],
        resting: list[int],
        prompts: dict[PromptKey, PromptState],
        timeline: KVCache | None,
        rows: _Rows,
    ) -> int:
        """Give resting rows to waiting chains and draw the first token of each."""
        chosen = [waiting.popleft() for _ in resting[: len(waiting)]]
        new = list(dict.fromkeys(request.key for _, request in chosen if request.key not in prompts))
        prompts.update(self._prefill(new))
        taken = resting[: len(chosen)]
        for row, (index, request) in zip(taken, chosen, strict=True):
            prompt = prompts[request.key]
            if timeline is not None and prompt.cache is not None:
                timeline.admit(row, prompt.cache, prompt.row, prompt.length)
            rows.index[row] = index
            rows.prompt[row] = request.prompt
            rows.n_tokens[row] = 0
            rows.age[row] = prompt.length
            rows.given[row] = request.given
            if request.uniforms is None:
                rows.uniforms[row] = chain_uniforms(request.seed, self.sampling.max_tokens)
            else:
                rows.uniforms[row, : len(request.uniforms)] = torch.tensor(request.uniforms, dtype=torch.float64)
        logits = torch.stack([prompts[request.key].logits for _, request in chosen])
        self._record(rows, torch.tensor(taken), logits)
        still = {request.key for _, request in waiting}
        for done in [key for key in prompts if key not in still]:
            del prompts[done]
        return len(taken)

    def _prefill(self, new: list[PromptKey]) -> dict[PromptKey, PromptState]:
        """Run prompts, padded on the left, and keep their keys, values and last logits."""
        if not new:
            return {}
        prompts = [prompt for prompt, _ in new]
        cache = KVCache(self.model.n_layers, len(new), max(map(len, prompts))) if self.model.keeps_keys else None
        logits = self.model.read(prompts, cache)
        return {key: PromptState(cache, row, len(key[0]), logits[row]) for row, key in enumerate(new)}

    def _feed(self, newest: Tensor, busy: Tensor, timeline: KVCache | None, rows: _Rows) -> Tensor:
        """Logits (B, V) after the newest token of every row."""
        if timeline is None:
            tokens = [row[:n].tolist() for row, n in zip(rows.tokens, rows.n_tokens.tolist(), strict=True)]
            return self.model.read([(*prompt, *own) for prompt, own in zip(rows.prompt, tokens, strict=True)])
        timeline.show(int(rows.age[busy].max()))
        width = timeline.length + 1
        mask = torch.arange(width) >= width - 1 - rows.age[:, None]
        logits = self.model.forward(newest, mask, rows.age[:, None], timeline)
        timeline.advance()
        return logits

    def _step(self, timeline: KVCache | None, rows: _Rows, capture: Capture) -> int:
        """Feed the newest token of every row, keep its state, and draw the next one."""
        busy = torch.tensor(rows.busy())
        newest = rows.tokens.gather(1, (rows.n_tokens - 1).clamp(min=0)[:, None])
        logits = self._feed(newest, busy, timeline, rows)
        for site, latest in capture.states(self.layer).items():
            states = rows.states[site]
            states[busy, rows.n_tokens[busy] - 1] = latest[busy, -1].to(states)
        rows.age[busy] += 1
        full = rows.given[busy] + rows.n_tokens[busy] >= self.sampling.max_tokens
        over = torch.isin(newest[busy, 0], self.model.stop_ids) | full
        rows.closed[busy] = over
        going = busy[~over]
        if len(going):
            self._record(rows, going, logits[going.to(logits.device)])
        return len(going)

    def _record(self, rows: _Rows, which: Tensor, logits: Tensor) -> None:
        """Draw the next token of these rows and write it down."""
        place = rows.n_tokens[which]
        drawn = draw(logits, rows.uniforms[which, place], self.sampling)
        for name, values in drawn._asdict().items():
            getattr(rows, name)[which, place] = values.cpu()
        good = rows.logp[which, place].isfinite()
        if not bool(good.all()):
            newest = [
                int(rows.tokens[row, n - 1]) if n else rows.prompt[row][-1]
                for row, n in zip(which.tolist(), place.tolist(), strict=True)
            ]
            self.model.check_finite("logits", newest, good)
        rows.n_tokens[which] += 1

    def _finished(self, rows: _Rows) -> Iterator[DecodedChain]:
        """Hand over the chains that are closed and put their rows to rest."""
        for row in rows.closed.nonzero()[:, 0].tolist():
            n = int(rows.n_tokens[row])
            tokens = rows.tokens[row, :n].clone()
            yield DecodedChain(
                index=rows.index[row],
                tokens=tokens,
                logp=rows.logp[row, :n].clone(),
                logp_sampling=rows.logp_sampling[row, :n].clone(),
                entropy=rows.entropy[row, :n].clone(),
                states={
                    site: states[row, :n].to("cpu", torch.float32, copy=True) for site, states in rows.states.items()
                },
                ended=bool(torch.isin(tokens[-1], self.model.stop_ids)),
            )
            rows.index[row] = -1
            rows.closed[row] = False
            rows.n_tokens[row] = 0
            rows.age[row] = 1
