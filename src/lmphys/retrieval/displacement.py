"""Displacing hidden states: chains that go on from displaced states, and the energy of a chain beside where it is."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from lmphys.corpus import ChainDecoder, LanguageModel, Request, Sampling
from lmphys.corpus.timeline import Timeline
from lmphys.errors import LmphysError


@contextmanager
def changed_states(model: LanguageModel, layer: int, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Change the residual stream in every pass inside a `with` block.

    Args:
        model: whose states.
        layer: block after which they are changed; 0 is before the first, the embeddings.
        change: from states (B, T, D) to others of the same shape and dtype.
    """

    def before(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

    def after(module: nn.Module, args: tuple, output: Tensor | tuple) -> Tensor | tuple:
        return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

    block = model.blocks[max(layer - 1, 0)]
    hook = block.register_forward_hook(after) if layer else block.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()


def directions(n_tokens: int, width: int, seed: int) -> Tensor:
    """Random directions (n_tokens, width) of norm 1, one for each token, float32."""
    drawn = torch.randn(n_tokens, width, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.norm(dim=-1, keepdim=True)


def displace(states: Tensor, shift: Tensor) -> Tensor:
    """Each state (..., D) moved by a vector of its own, given in units of its norm."""
    wide = states.to(torch.promote_types(states.dtype, torch.float32))
    return (wide + wide.norm(dim=-1, keepdim=True) * shift.to(wide)).to(states.dtype)


class _DisplacedDecoder(ChainDecoder):
    """Reads the given tokens with displaced states, and then draws as ever."""

    def __init__(
        self,
        model: LanguageModel,
        sampling: Sampling,
        shifts: Mapping[tuple[int, ...], Tensor],
        *,
        at: int,
        batch_size: int,
    ) -> None:
        super().__init__(model, sampling, batch_size=batch_size)
        self.shifts, self.at = shifts, at

    def _prefill(self, new: list[tuple[int, ...]]) -> dict:
        """As ever, with the states of the last tokens of each prompt displaced; the padding is on the left."""
        shift = torch.zeros(len(new), max(map(len, new), default=0), self.model.width)
        for row, prompt in enumerate(new):
            own = self.shifts[prompt]
            shift[row, shift.shape[1] - len(own) :] = own
        with changed_states(self.model, self.at, lambda states: displace(states, shift.to(states.device))):
            return super()._prefill(new)


def write_on(
    model: LanguageModel,
    requests: Sequence[Request],
    *,
    sampling: Sampling,
    norm: float = 0.0,
    at: int = 0,
    seeds: Sequence[int] = (),
    batch_size: int = 64,
    on_tokens: Callable[[int], None] | None = None,
) -> list[tuple[list[int], bool]]:
    """What follows the given tokens of each chain, and whether the chain ended by itself.

    With a norm, the states of all given tokens are displaced, each by a random vector of `norm` times its own length;
    what is drawn afterwards is not. So the motion is disturbed once, at its start, and its random numbers are those of
    the request: with norm 0 a chain that is continued with its own seed repeats itself, up to rounding.

    Args:
        model: the writer.
        requests: chains, each with its given tokens at the end of the prompt; those of one prompt side by side.
        sampling: how tokens are drawn.
        norm: of the displacement, relative; at 0 nothing is displaced.
        at: block after which states are displaced.
        seeds: of the displacement, one a request; of equal prompts the first counts. Directions are alike at all norms.
        batch_size: chains side by side.
        on_tokens: called after every step with the number of tokens drawn in it.

    Raises:
        LmphysError: a displacement is asked of a model that keeps no keys, and so forgets it with the next token.
    """
    decoder = ChainDecoder(model, sampling, batch_size=batch_size)
    if norm:
        if not model.keeps_keys:
            raise LmphysError(f"{model.spec} keeps no keys and values of its past to displace; take a model that does")
        shifts: dict[tuple[int, ...], Tensor] = {}
        for request, seed in zip(requests, seeds, strict=True):
            if request.prompt not in shifts:
                shifts[request.prompt] = norm * directions(request.given, model.width, seed)
        decoder = _DisplacedDecoder(model, sampling, shifts, at=at, batch_size=batch_size)
    written: list[tuple[list[int], bool]] = [([], False)] * len(requests)
    for chain in decoder.run(requests, on_tokens):
        written[chain.index] = (chain.tokens.tolist(), chain.ended)
    return written


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
        shifts: (R, n - 1, D) in units of the norm of the state of each token but the last, whose state foretells
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
    past = Timeline(model.n_layers, 1, start) if model.keeps_keys else None
    first = model.read([prompt], past).double().log_softmax(-1)[0, chain[0]]
    cache = None
    if past is not None:  # the prompt is read once for all rows
        cache = Timeline(model.n_layers, rows, start + n - 1, reserve=start)
        for row in range(rows):
            cache.admit(row, past, 0, start)
        cache.show(start)
    else:
        ids = torch.cat([torch.tensor(prompt).repeat(rows, 1), ids], dim=1)
        positions = torch.arange(start + n - 1).repeat(rows, 1)

    def change(states: Tensor) -> Tensor:
        own = states[:, 1 - n :]
        return torch.cat([states[:, : 1 - n], displace(own, shifts)], dim=1)

    with changed_states(model, at, change):
        logits = model.logits(ids, torch.ones(rows, start + n - 1, dtype=torch.bool), positions, cache, keep=n - 1)
    # Row by row: the logits of all of them fill much of the memory, and their exponentials would once more.
    rest = [(row.gather(-1, chain[1:, None].to(row.device))[:, 0] - row.logsumexp(-1)).double().sum() for row in logits]
    return (-(first + torch.stack(rest)) / n).cpu().numpy()
