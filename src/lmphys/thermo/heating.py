"""What a model writes at each sampling temperature."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.lm.decode import Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.lm.shelf import write_chains


def sample_texts(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    temperatures: Sequence[float],
    *,
    n_chains: int = 2,
    max_tokens: int = 60,
    seed: int = 0,
) -> pd.DataFrame:
    """Sample texts at several temperatures, without truncation, with the same random numbers at each.

    Args:
        model: the writer.
        prompts: token ids before each text.
        temperatures: of the sampling; 0 takes the most probable token.
        n_chains: texts for each prompt.
        max_tokens: longest text.
        seed: of the random numbers; text c of prompt i has its own at every temperature.

    Returns:
        A row a text: `temperature`, `prompt`, `chain`, `text`, `n_tokens`; `energy`, its mean surprisal at T = 1, and
        `entropy`, the mean entropy at T = 1 of the distributions that it met, both nats per token; `repeated`, the
        share of its sequences of four tokens that occurred in it before.
    """
    requests = [
        Request(prompt, seed + 1_000 * i + chain) for i, prompt in enumerate(prompts) for chain in range(n_chains)
    ]
    rows = []
    for temperature in temperatures:
        sampling = Sampling(temperature=temperature, top_p=1.0, max_tokens=max_tokens)
        for chain in write_chains(model, requests, sampling):
            tokens = chain.tokens.tolist()
            rows.append(
                {
                    "temperature": temperature,
                    "prompt": chain.index // n_chains,
                    "chain": chain.index % n_chains,
                    "text": model.tokenizer.decode(tokens, skip_special_tokens=True),
                    "n_tokens": len(tokens),
                    "energy": -float(chain.logp.mean()),
                    "entropy": float(chain.entropy.mean()),
                    "repeated": repeated(tokens),
                }
            )
    table = pd.DataFrame(rows)
    return table.sort_values(["temperature", "prompt", "chain"], ignore_index=True)


def repeated(tokens: Sequence[int], n: int = 4) -> float:
    """Share of the sequences of n tokens that occurred before in the same text; NaN where it is shorter than that."""
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    return 1 - len(set(grams)) / len(grams) if grams else float(np.nan)
