"""Places in texts at which the next token is certain or open, in words."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from transformers import PreTrainedTokenizerBase

from lmphys.thermo.contexts import Contexts


def telling_places(entropy: np.ndarray) -> dict[str, int]:
    """Rows of the most certain, the median and the most open of N places, by their entropy (N,)."""
    order = np.argsort(entropy)
    return {"most certain": int(order[0]), "median": int(order[len(order) // 2]), "most open": int(order[-1])}


def describe_places(
    contexts: Contexts, rows: Mapping[str, int], tokenizer: PreTrainedTokenizerBase, *, n_likeliest: int = 3
) -> pd.DataFrame:
    """What stands before each place, how open it is, and what the model would say next.

    Args:
        contexts: the places and their logits.
        rows: name to row of `contexts`.
        tokenizer: of the model.
        n_likeliest: tokens that are named.

    Returns:
        A row a name: `text before`, `entropy, nats`, `likeliest`, tokens with their probabilities.
    """
    found = {}
    for name, row in rows.items():
        p = contexts.logits[row].double().softmax(-1)
        likeliest = zip(*(values.tolist() for values in p.topk(n_likeliest)), strict=True)
        found[name] = {
            "text before": "…" + contexts.places["before"][row].replace("\n", " ⏎ "),
            "entropy, nats": round(float(-p.xlogy(p).sum()), 3) + 0.0,
            "likeliest": ", ".join(f"{tokenizer.decode([token])!r} {share:.2f}" for share, token in likeliest),
        }
    return pd.DataFrame.from_dict(found, orient="index")
