"""Displacing hidden states: chains that go on from displaced states, and the energy of a chain beside where it is."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.decode import ChainDecoder, PromptKey, PromptState
from lmphys.lm.intervention import changed_states
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, chain_uniforms, matching_uniforms


def directions(n_tokens: int, width: int, seed: int) -> Tensor:
    """Random directions (n_tokens, width) of norm 1, one for each token, float32."""
    drawn = torch.randn(n_tokens, width, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.norm(dim=-1, keepdim=True)


def displace(states: Tensor, shift: Tensor) -> Tensor:
    """Each state (..., D) moved by a vector of its own, given in units of its norm."""
    wide = states.to(torch.promote_types(states.dtype, torch.float32))
    return (wide + wide.norm(dim=-1, keepdim=True) * shift.to(wide)).to(states.dtype)


class DisplacedDecoder(ChainDecoder):
    """Reads the given tokens of each request with displaced states, and then draws as ever.

    The motion is disturbed once, at its start. A question that several requests in a row share is read once.

    Args:
        model: the writer.
        sampling: how tokens are drawn.
        shifts: for each key of a request a displacement (given, D) of its given tokens, in units of their states.
        at: block after which they are displaced; 0 displaces the embeddings.
        batch_size: chains side by side.

    Raises:
        LmphysError: the model keeps no keys, and so would forget the displacement with the next token.
    """

    def __init__(
        self, model: LanguageModel, sampling: Sampling, shifts: Mapping[PromptKey, Tensor], *, at: int, batch_size: int
    ) -> None:
        if not model.keeps_keys:
            raise LmphysError(f"{model.spec} keeps no keys and values of its past to displace; take a model that does")
        super().__init__(model, sampling, batch_size=batch_size)
        self.shifts, self.at = shifts, at

    def _prefill(self, new: list[PromptKey]) -> dict[PromptKey, PromptState]:
        found: dict[PromptKey, PromptState] = {}
        for prompt, group in groupby(new, key=lambda key: key[0]):
            keys = list(group)
            shift = torch.stack([self.shifts[key] for key in keys])
            rows, given = shift.shape[:2]
            if not given:
                found |= super()._prefill(keys)
                continue
            start = len(prompt) - given
            _, cache = _behind(self.model, prompt[:start], rows, room=given)
            ids, places = torch.tensor(prompt[start:]).repeat(rows, 1), torch.arange(start, len(prompt))
            mask = torch.ones(rows, len(prompt), dtype=torch.bool)
            with changed_states(self.model, self.at, partial(displace, shift=shift)):
                logits = self.model.forward(ids, mask, places.repeat(rows, 1), cache)
            cache.advance(given)
            found |= {key: PromptState(cache, row, len(prompt), logits[row]) for row, key in enumerate(keys)}
        return found


@torch.inference_mode()
def own_uniforms(
    model: LanguageModel, question: Sequence[int], chain: Tensor, given: int, seed: int, sampling: Sampling
) -> tuple[float, ...]:
    """Numbers with which a model draws a chain again after its first `given` tokens.

    They are those that drew it, but for the few where this model, which may round in another way than the writer did,
    would draw another token: there they are the nearest that draw the right one.

    Args:
        model: the model that is to write.
        question: token ids before the chain.
        chain: (n,) its token ids.
        given: tokens that are not drawn again.
        seed: of the chain.
        sampling: how it was drawn.

    Returns:
        As many numbers as tokens may still come, those beyond the end of the chain being the seed's.
    """
    drew = chain_uniforms(seed, sampling.max_tokens)[given:]
    n, ids = len(chain) - given, torch.tensor([[*question, *chain[:-1].tolist()]])
    logits = model.logits(ids, torch.ones_like(ids, dtype=torch.bool), torch.arange(ids.shape[1])[None], last=n)[0]
    again = matching_uniforms(logits, chain[given:], drew[:n], sampling)
    return tuple(torch.cat([again, drew[n:]]).tolist())


def _behind(model: LanguageModel, prompt: Sequence[int], rows: int, *, room: int) -> tuple[Tensor, KVCache]:
    """Logits (V,) after a prompt that is read once, and a past that begins with it for so many rows."""
    past, start = KVCache(model.n_layers, 1, len(prompt)), len(prompt)
    logits = model.read([prompt], past)[0]
    cache = KVCache(model.n_layers, rows, start + room, reserve=start)
    for row in range(rows):
        cache.admit(row, past, 0, start)
    cache.show(start)
    return logits, cache


@torch.inference_mode()
def displaced_energies(
    model: LanguageModel, prompt: Sequence[int], chain: Tensor, shifts: Tensor, *, at: int = 0
) -> np.ndarray:
    """Mean surprisal (R,) of a chain, nats per token at temperature 1, with its states displaced in R ways.

    The text stays as it is; the states of its tokens are moved, those of the prompt are not.

    Args:
        model: the reader; float32 or better, as differences of these numbers are of interest.
        prompt: token ids before the chain.
        chain: (n,) its token ids, n at least 2.
        shifts: (R, n - 1, D) in units of the norm of the state of each token but the last, whose state predicts
            nothing here.
        at: block after which states are displaced; 0 displaces the embeddings.

    Raises:
        LmphysError: shapes do not fit, or the model reads in less than float32.
    """
    n, rows, start = len(chain), len(shifts), len(prompt)
    if n < 2 or shifts.shape[1] != n - 1:
        raise LmphysError(f"a chain of {n} tokens and shifts of {shifts.shape[1]}: give one for all but the last")
    if torch.finfo(model.dtype).bits < 32:
        raise LmphysError(f"{model.spec} was loaded in {model.dtype}: small differences need float32")
    ids, positions = chain[None, :-1].repeat(rows, 1), torch.arange(start, start + n - 1).repeat(rows, 1)
    cache = None
    if model.keeps_keys:
        logits, cache = _behind(model, prompt, rows, room=n - 1)
    else:
        logits = model.read([prompt])[0]
        ids = torch.cat([torch.tensor(prompt).repeat(rows, 1), ids], dim=1)
        positions = torch.arange(start + n - 1).repeat(rows, 1)
    first = logits.double().log_softmax(-1)[chain[0]]

    def change(states: Tensor) -> Tensor:
        own = states[:, 1 - n :]
        return torch.cat([states[:, : 1 - n], displace(own, shifts)], dim=1)

    with changed_states(model, at, change):
        logits = model.logits(ids, torch.ones(rows, start + n - 1, dtype=torch.bool), positions, cache, last=n - 1)
    # Row by row: the logits of all of them fill much of the memory, and their exponentials would once more.
    rest = [(row.gather(-1, chain[1:, None].to(row.device))[:, 0] - row.logsumexp(-1)).double().sum() for row in logits]
    return (-(first + torch.stack(rest)) / n).cpu().numpy()
