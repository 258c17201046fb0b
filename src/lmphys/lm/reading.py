"""Reading given chains with a model (teacher forcing): the states without the writing.

A prompt is read once for all of its chains, which then stand side by side on its keys and values; with its chain, where
it has one alone. A pass holds about as many tokens as make the matrix products of the machine fast; logits, which are
large, are made in blocks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.cache import KVCache
from lmphys.lm.decode import DecodedChain
from lmphys.lm.hooks import Capture
from lmphys.lm.model import LanguageModel, left_padded
from lmphys.lm.sampling import Draw, Sampling, joined, measure

# Tokens of a pass: more make no product faster, and their states leave the cache of a processor.
_PASS = {"cpu": 512}
_PASS_ON_ACCELERATOR = 16_384
_LOGITS_AT_ONCE = 256
_NUMBERS = "states or logits"

T = TypeVar("T")


@torch.inference_mode()
def read_chains(
    model: LanguageModel, prompts: Sequence[tuple[int, ...]], chains: Sequence[Tensor], *, layer: int = -1
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Yield, for each chain, its index and site -> (n, D) states at its n tokens, float32 on the CPU.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        layer: block after which `resid_post` is taken.
    """
    index = model.layer_index(layer)
    for read in _read(model, prompts, chains, (index,)):
        states = {site: x.float().cpu() for site, x in read.states(index).items()}
        model.check_finite(_NUMBERS, chains[read.chain], *_finite(states.values()))
        yield read.chain, states


@torch.inference_mode()
def read_written(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    sampling: Sampling,
    *,
    layer: int = -1,
) -> Iterator[DecodedChain]:
    """Yield chains that the model wrote before as the decoder would: with states, log-probabilities and entropies.

    Up to rounding this is what `ChainDecoder.run` gives while it draws them, in one pass over each text.

    Args:
        model: the writer.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain, n at least 1.
        sampling: how they were drawn.
        layer: block after which `resid_post` is taken.
    """
    index = model.layer_index(layer)
    for read in _read(model, prompts, chains, (index,), with_logits=True):
        tokens = chains[read.chain]
        drawn = read.measured(tokens, sampling)
        states = {site: x.to("cpu", torch.float32, copy=True) for site, x in read.states(index).items()}
        model.check_finite(_NUMBERS, tokens, *_finite(states.values()), drawn.logp.isfinite())
        yield DecodedChain(
            index=read.chain,
            tokens=tokens,
            logp=drawn.logp.cpu(),
            logp_sampling=drawn.logp_sampling.cpu(),
            entropy=drawn.entropy.cpu(),
            states=states,
            ended=bool(torch.isin(tokens[-1], model.stop_ids)),
        )


@torch.inference_mode()
def read_layers(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    places: Sequence[Tensor],
    *,
    layers: Sequence[int],
) -> Iterator[tuple[int, dict[int, Tensor]]]:
    """Yield, for each chain, its index and layer -> (m, D) `resid_post` at m of its tokens, float32 on the CPU.

    All layers come from one pass, and only the wanted tokens are kept of it.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        places: (m,) places of the wanted tokens in each chain, 0 to n - 1.
        layers: blocks after which the states are taken; the keys of the result are counted from 0, never negative.
    """
    indices = tuple(dict.fromkeys(model.layer_index(layer) for layer in layers))
    for read in _read(model, prompts, chains, indices):
        latest = {index: read.states(index)["resid_post"] for index in indices}
        wanted = places[read.chain]
        states = {index: x[wanted.to(x.device)].float().cpu() for index, x in latest.items()}
        model.check_finite(_NUMBERS, chains[read.chain][wanted], *_finite(states.values()))
        yield read.chain, states


def _finite(states: Iterable[Tensor]) -> Iterator[Tensor]:
    """For each of several (n, D): at which of the n tokens all numbers are finite."""
    return (x.isfinite().all(-1) for x in states)


@torch.inference_mode()
def read_logits(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    places: Sequence[Tensor],
) -> Iterator[tuple[int, Tensor]]:
    """Yield, for each chain, its index and (m, V) logits from which m of its tokens are drawn, float32 on the CPU.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        places: (m,) places of the wanted tokens in each chain, 0 to n - 1.
    """
    for chain, before in read_before(model, prompts, chains, places):
        yield chain, (before if model.head is None else model.head(before)).float().cpu()


@torch.inference_mode()
def read_before(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    places: Sequence[Tensor],
) -> Iterator[tuple[int, Tensor]]:
    """Yield, for each chain, its index and what m of its tokens are drawn from, on the device of the model.

    Where the model has a linear head these are its (m, D) states, else the (m, V) logits; arguments as `read_logits`.
    """
    for read in _read(model, prompts, chains, (), with_logits=True):
        yield read.chain, torch.cat([read.first[None], read.others])[places[read.chain].to(model.device)]


@torch.inference_mode()
def read_laws(
    model: LanguageModel, prompts: Sequence[tuple[int, ...]], chains: Sequence[Tensor]
) -> Iterator[tuple[int, Tensor, Tensor]]:
    """Yield, for each chain, its index, (n, V) logits that its n tokens are drawn from, and (n, D) states at them.

    Both are float32; the logits, which are large, stay on the device of the model, the states (`final_norm`) come to
    the CPU.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
    """
    last = model.layer_index(-1)
    for read in _read(model, prompts, chains, (last,), with_logits=True):
        before = torch.cat([read.first[None], read.others])
        states = read.states(last)["final_norm"].to("cpu", torch.float32, copy=True)
        logits = (before if model.head is None else model.head(before)).float()
        finite = logits.isfinite() | logits.isneginf()  # a token that is ruled out
        model.check_finite(_NUMBERS, chains[read.chain], *_finite([states]), finite.all(-1).cpu())
        yield read.chain, logits, states


@dataclass(frozen=True, eq=False)
class _Read:
    """A chain in the newest pass, on a row of what was captured.

    Attributes:
        chain: its index.
        row: where it stands in the pass.
        own: columns of its tokens there.
        model: the reader.
        capture: states of the pass.
        first: what its first token was drawn from: (D,) state where the model has a linear head, else (V,) logits.
        others: (n - 1, D or V) the same for the further tokens.
    """

    chain: int
    row: int
    own: slice
    model: LanguageModel
    capture: Capture
    first: Tensor
    others: Tensor

    def states(self, layer: int) -> dict[str, Tensor]:
        return {site: x[self.row, self.own] for site, x in self.capture.states(layer).items()}

    def measured(self, tokens: Tensor, sampling: Sampling) -> Draw:
        """Log-probabilities and entropies of its (n,) tokens."""
        before = torch.cat([self.first[None], self.others])
        head = self.model.head
        blocks = zip(before.split(_LOGITS_AT_ONCE), tokens.split(_LOGITS_AT_ONCE), strict=True)
        return joined(measure(x if head is None else head(x), own, sampling) for x, own in blocks)


def _read(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    layers: Sequence[int],
    *,
    with_logits: bool = False,
) -> Iterator[_Read]:
    """Read the chains pass by pass; what is yielded holds until the next one is asked for."""
    longest = max((len(prompts[i]) + len(chains[i]) for i in range(len(chains))), default=0)
    if model.context_length is not None and longest > model.context_length:
        raise LmphysError(
            f"a chain of {longest} tokens with its prompt exceeds the {model.context_length} that {model.spec} can "
            "read; take another model, or chains of shorter questions"
        )
    owners: dict[tuple[int, ...], list[int]] = {}
    for i in range(len(chains)):
        owners.setdefault(tuple(prompts[i]), []).append(i)
    # A prompt that has one chain is read with it: rows of all prompts can be put in order of their length then.
    shared = {prompt: own for prompt, own in owners.items() if len(own) > 1} if model.keeps_keys else {}
    alone = [i for prompt, own in owners.items() if prompt not in shared for i in own]
    with Capture(model, layers).attached() as capture:
        yield from _whole(model, prompts, chains, alone, capture, with_logits)
        yield from _on_prompts(model, chains, shared, capture, with_logits)


def _on_prompts(
    model: LanguageModel,
    chains: Sequence[Tensor],
    owners: Mapping[tuple[int, ...], Sequence[int]],
    capture: Capture,
    with_logits: bool,
) -> Iterator[_Read]:
    """Read each prompt once, then its chains, whose numbers `owners` has, on its keys and values."""
    prompts = {i: prompt for prompt, own in owners.items() for i in own}
    for together in _batches(model, sorted(owners, key=len), len):
        width = max(map(len, together))
        cache = KVCache(model.n_layers, len(together), width)
        ids, mask, positions = left_padded(together, model.pad_id)
        ends = _outputs(model, ids, mask, positions, cache, 1)[:, -1]
        cache.advance(width)
        place = {prompt: row for row, prompt in enumerate(together)}
        members = sorted((i for prompt in together for i in owners[prompt]), key=lambda i: (len(chains[i]), i))
        for batch in _batches(model, members, lambda i: len(chains[i])):
            past, new = max(len(prompts[i]) for i in batch), max(len(chains[i]) for i in batch)
            timeline = KVCache(model.n_layers, len(batch), past + new, reserve=past)
            lengths = torch.tensor([len(prompts[i]) for i in batch])
            ids = torch.full((len(batch), new), model.pad_id)
            for row, i in enumerate(batch):
                timeline.admit(row, cache, place[prompts[i]], len(prompts[i]))
                ids[row, : len(chains[i])] = chains[i]
            timeline.show(past)
            # What follows a shorter chain comes after it, so that no token of it can look there.
            mask = torch.arange(past + new) >= past - lengths[:, None]
            positions = lengths[:, None] + torch.arange(new)
            outputs = _outputs(model, ids, mask, positions, timeline, new if with_logits else 1)
            for row, i in enumerate(batch):
                n, first = len(chains[i]), ends[place[prompts[i]]]
                yield _Read(i, row, slice(0, n), model, capture, first, outputs[row, : n - 1])


def _whole(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    which: Sequence[int],
    capture: Capture,
    with_logits: bool,
) -> Iterator[_Read]:
    """Read some chains, each with its prompt from the beginning."""
    texts = {i: (*prompts[i], *chains[i].tolist()) for i in which}
    order = sorted(which, key=lambda i: (len(texts[i]), i))
    for batch in _batches(model, order, lambda i: len(texts[i])):
        last = 1 + max(len(chains[i]) for i in batch) if with_logits else 1
        outputs = _outputs(model, *left_padded([texts[i] for i in batch], model.pad_id), None, last)
        for row, i in enumerate(batch):
            n, total = len(chains[i]), max(len(texts[i]) for i in batch)
            before = outputs[row, -n - 1 : -1]
            yield _Read(i, row, slice(total - n, total), model, capture, before[:1].squeeze(0), before[1:])


def _outputs(
    model: LanguageModel, ids: Tensor, mask: Tensor, positions: Tensor, cache: KVCache | None, last: int
) -> Tensor:
    """(B, last or T, D) states where the model has a linear head, else (B, last, V) logits."""
    if model.head is not None:
        return model.states(ids, mask, positions, cache)
    return model.logits(ids, mask, positions, cache, last=last)


def _batches(model: LanguageModel, items: Sequence[T], length: Callable[[T], int]) -> Iterator[list[T]]:
    """Items in order, as many at once as a pass holds with all padded to the longest; at least one."""
    most = _PASS.get(model.device.type, _PASS_ON_ACCELERATOR) if model.side_by_side else 1
    batch: list[T] = []
    longest = 0
    for item in items:
        longest = max(longest, length(item))
        if batch and longest * (len(batch) + 1) > most:
            yield batch
            batch, longest = [], length(item)
        batch.append(item)
    if batch:
        yield batch
