"""Reading given chains with a model (teacher forcing): the states without the writing."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.hooks import Capture
from lmphys.lm.model import LanguageModel


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
    for i, row, capture in _passes(model, prompts, chains, (index,), batch_size):
        latest = {site: x[row] for site, x in capture.states(index).items()}
        yield i, {site: x[len(x) - len(chains[i]) :].float().cpu() for site, x in latest.items()}


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
    for i, row, capture in _passes(model, prompts, chains, indices, batch_size):
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
) -> Iterator[tuple[int, int, Capture]]:
    """Read the chains batch by batch; yield each chain's index, its row in the batch, and what was captured of it.

    A row is a prompt and its chain at the right end of the captured states: the padding is on the left.
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
            model.read([(*prompts[i], *chains[i].tolist()) for i in batch])
            for row, i in enumerate(batch):
                yield i, row, capture
