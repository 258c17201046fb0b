"""Reading given chains with a model (teacher forcing): the states without the writing."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.decode import DecodedChain
from lmphys.lm.hooks import Capture
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling, measure


@torch.inference_mode()
def read_chains(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    *,
    layer: int = -1,
    batch_size: int = 16,
) -> Iterator[tuple[int, dict[str, Tensor]]]:
    """Yield, for each chain, its index and site -> (n, D) states at its n tokens, float32 on the CPU.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        layer: block after which `resid_post` is taken.
        batch_size: chains side by side; chains of like length are put together.
    """
    index = model.layer_index(layer)
    for i, row, capture, _ in _passes(model, prompts, chains, (index,), batch_size):
        latest = {site: x[row] for site, x in capture.states(index).items()}
        yield i, {site: x[len(x) - len(chains[i]) :].float().cpu() for site, x in latest.items()}


@torch.inference_mode()
def read_written(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    sampling: Sampling,
    *,
    layer: int = -1,
    batch_size: int = 8,
) -> Iterator[DecodedChain]:
    """Yield chains that the model wrote before as the decoder would: with states, log-probabilities and entropies.

    Up to rounding this is what `ChainDecoder.run` gives while it draws them, in one pass over each text.

    Args:
        model: the writer.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain, n at least 1.
        sampling: how they were drawn.
        layer: block after which `resid_post` is taken.
        batch_size: chains side by side; their logits are in memory together.
    """
    index = model.layer_index(layer)
    for i, row, capture, logits in _passes(model, prompts, chains, (index,), batch_size, with_logits=True):
        n = len(chains[i])
        drawn = measure(logits[row, -n - 1 : -1], chains[i], sampling)
        states = {site: x[row][-n:].float().cpu() for site, x in capture.states(index).items()}
        yield DecodedChain(
            index=i,
            tokens=chains[i],
            logp=drawn.logp.cpu(),
            logp_sampling=drawn.logp_sampling.cpu(),
            entropy=drawn.entropy.cpu(),
            states=states,
            ended=bool(torch.isin(chains[i][-1], model.stop_ids)),
        )


@torch.inference_mode()
def read_layers(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    places: Sequence[Tensor],
    *,
    layers: Sequence[int],
    batch_size: int = 16,
) -> Iterator[tuple[int, dict[int, Tensor]]]:
    """Yield, for each chain, its index and layer -> (m, D) `resid_post` at m of its tokens, float32 on the CPU.

    All layers come from one pass, and only the wanted tokens are kept of it.

    Args:
        model: the reader.
        prompts: token ids before each chain.
        chains: (n,) token ids of each chain.
        places: (m,) places of the wanted tokens in each chain, 0 to n - 1.
        layers: blocks after which the states are taken; the keys of the result are counted from 0, never negative.
        batch_size: chains side by side; chains of like length are put together.
    """
    indices = tuple(dict.fromkeys(model.layer_index(layer) for layer in layers))
    for i, row, capture, _ in _passes(model, prompts, chains, indices, batch_size):
        latest = {index: capture.states(index)["resid_post"][row] for index in indices}
        yield (
            i,
            {index: x[(len(x) - len(chains[i]) + places[i]).to(x.device)].float().cpu() for index, x in latest.items()},
        )


def _passes(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    chains: Sequence[Tensor],
    layers: Sequence[int],
    batch_size: int,
    *,
    with_logits: bool = False,
) -> Iterator[tuple[int, int, Capture, Tensor]]:
    """Read the chains batch by batch; yield each chain's index, its row in the batch, what was captured, and logits.

    A row is a prompt and its chain at the right end of the captured states: the padding is on the left. The logits
    (B, T, V) follow the last token alone, or `with_logits` each token of the longest chain and the one before it.
    """
    longest = max((len(prompts[i]) + len(chains[i]) for i in range(len(chains))), default=0)
    if model.context_length is not None and longest > model.context_length:
        raise LmphysError(
            f"a chain of {longest} tokens with its prompt exceeds the {model.context_length} of {model.spec}"
        )
    order = sorted(range(len(chains)), key=lambda i: (len(prompts[i]) + len(chains[i]), i))
    with Capture(model, layers).attached() as capture:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            last = 1 + max(len(chains[i]) for i in batch) if with_logits else 1
            logits = model.read_ends([(*prompts[i], *chains[i].tolist()) for i in batch], last)
            for row, i in enumerate(batch):
                yield i, row, capture, logits
