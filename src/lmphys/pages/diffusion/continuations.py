"""How much the next tokens of a language model have to do with each other: what one step of a generator would waste.

All laws are whole ones of the model, so that the joint entropy has no bias, and the laws of single tokens, which are
means of the model's over sampled beginnings, are bounded from both sides: the entropy of the mean is too low, and the
cross entropy with the mean of the other samples too high.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm import LanguageModel
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.reading import read_logits
from lmphys.lm.readings import kept
from lmphys.lm.sampling import Sampling

CONTEXTS = (
    "The river runs through the valley, and the old mill",
    "She opened the letter slowly, because she knew that",
    "To make bread you need flour, water, salt and",
    "The committee met on Tuesday in order to discuss",
    "When the rain had stopped, the children went out to",
    "In the nineteenth century most people in the country",
)
LOW, HIGH = "from below", "from above"
_WRITTEN_WITH = ("lmphys.lm.decode",)


def shuffled(context: str, seed: int) -> str:
    """The same words in another order."""
    words = context.split()
    return " ".join(np.random.default_rng(seed).permutation(words))


def laws(model: LanguageModel, context: str, n: int, length: int, seed: int) -> torch.Tensor:
    """Laws (length, n, V) of the next tokens after n sampled beginnings, float32; after an end comes the end again."""
    prompt = model.prompt_ids(context, "{question}")
    requests = [Request(prompt, int(s)) for s in np.random.default_rng(seed).integers(2**31, size=n)]
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=length)
    chains = sorted(ChainDecoder(model, sampling, batch_size=n).run(requests), key=lambda chain: chain.index)
    tokens = [chain.tokens for chain in chains]
    found: torch.Tensor | None = None
    for i, logits in read_logits(model, [prompt] * n, tokens, [torch.arange(len(each)) for each in tokens]):
        if found is None:
            found = torch.zeros(length, n, logits.shape[-1])
        found[: len(tokens[i]), i] = logits.softmax(-1)
        if len(tokens[i]) < length:
            found[len(tokens[i]) :, i, tokens[i][-1]] = 1.0
    if found is None:
        raise LmphysError("no continuation was asked for; take at least one")
    return found


def correlation(p: torch.Tensor) -> dict[str, float]:
    """Joint entropy of the tokens and the two estimates of their total correlation, bits.

    Args:
        p: (length, n, V) laws after n sampled beginnings each, n at least 2.
    """
    n, tiny = p.shape[1], torch.finfo(p.dtype).tiny
    bits, joint, low, high = float(np.log2(np.e)), 0.0, 0.0, 0.0
    for each in p:
        own = float(torch.special.entr(each).sum(-1).mean())
        mean = each.mean(0)
        others = ((n * mean - each) / (n - 1)).clamp(min=tiny)
        joint += bits * own
        low += bits * (float(torch.special.entr(mean).sum()) - own)
        high += bits * (float(-(each * others.log()).sum(-1).mean()) - own)
    return {"joint": joint, LOW: low, HIGH: high}


def table(model: LanguageModel, contexts: Sequence[str], n: int, length: int = 6, seed: int = 0) -> pd.DataFrame:
    """A row a context: `joint`, total correlation from below and above, bits, and both over the joint entropy.

    What was found is kept on disk.
    """

    def row(context: str, own_seed: int) -> dict[str, float]:
        asked = [model.prompt_ids(context, "{question}"), n, length, own_seed]
        found = kept(model, asked, lambda: correlation(laws(model, context, n, length, own_seed)), code=_WRITTEN_WITH)
        return {name: float(value) for name, value in found.items()}

    rows = {context: row(context, seed + i) for i, context in enumerate(contexts)}
    found = pd.DataFrame.from_dict(rows, orient="index")
    return found.assign(**{f"share {name}": found[name] / found["joint"] for name in (LOW, HIGH)})
