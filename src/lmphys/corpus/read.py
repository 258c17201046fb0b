"""Reading given chains with a model (teacher forcing): the states without the writing."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from lmphys.corpus.decode import Capture
from lmphys.corpus.model import LanguageModel
from lmphys.corpus.store import SITES
from lmphys.errors import LmphysError


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
    longest = max((len(prompts[i]) + len(chains[i]) for i in range(len(chains))), default=0)
    if model.context_length is not None and longest > model.context_length:
        raise LmphysError(
            f"a chain of {longest} tokens with its prompt exceeds the {model.context_length} of {model.spec}"
        )
    order = sorted(range(len(chains)), key=lambda i: (len(prompts[i]) + len(chains[i]), i))
    with Capture(model, model.layer_index(layer)).attached() as capture:
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            model.read([(*prompts[i], *chains[i].tolist()) for i in batch])
            for row, i in enumerate(batch):
                latest = {site: capture.latest[site][row] for site in SITES}
                yield i, {site: x[len(x) - len(chains[i]) :].float().cpu() for site, x in latest.items()}
