"""How a transformer answers documents whose answers are known: right or not, and how surprised."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch

from lmphys.lm.model import LanguageModel
from lmphys.problems.documents import Document

_AT_ONCE = 128


@torch.inference_mode()
def answers(model: LanguageModel, documents: Sequence[Document]) -> pd.DataFrame:
    """Each target of each document, predicted from the true tokens before it.

    Args:
        model: a transformer of the documents' world.
        documents: tokens and targets.

    Returns:
        A row a target: `document`; `place` among the targets of its document, from 0; `right`, whether the likeliest
        token is the target; `nats`, its surprisal.
    """
    tables = []
    for first in range(0, len(documents), _AT_ONCE):
        some = documents[first : first + _AT_ONCE]
        width = max(len(document.tokens) for document in some)
        # Padding stands on the right, where a causal model does not look.
        ids, wanted = np.zeros((len(some), width), dtype=np.int64), np.zeros((len(some), width), dtype=bool)
        for row, (tokens, mask) in enumerate(some):
            ids[row, : len(tokens)], wanted[row, : len(tokens)] = tokens, mask
        rows, at = np.nonzero(wanted)
        logits = model.model(input_ids=torch.from_numpy(ids).to(model.device), use_cache=False).logits
        log_p = logits[rows, at - 1].float().log_softmax(-1).cpu()
        targets = torch.from_numpy(ids[rows, at])
        tables.append(
            pd.DataFrame(
                {
                    "document": first + rows,
                    "place": np.cumsum(wanted, axis=1)[rows, at] - 1,
                    "right": (log_p.argmax(-1) == targets).numpy(),
                    "nats": -log_p.gather(1, targets[:, None])[:, 0].double().numpy(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)


def accuracy_by_document(table: pd.DataFrame) -> np.ndarray:
    """(documents,) share of right targets, %, of what `answers` returns."""
    return 100 * table.groupby("document")["right"].mean().to_numpy()
