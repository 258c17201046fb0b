"""Documents of a world, and rows of them that do not see each other."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.training.batches import Batch


class Source(Protocol):
    """A world that writes documents, such as those of `lmphys.problems`."""

    @property
    def vocabulary(self) -> tuple[str, ...]:
        """Words by token id; the first two are the marks between which a document stands."""

    def document(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """A document, a function of the source's seed and of its number alone.

        Returns:
            (n,) token ids, and (n,) truths: which tokens are targets, each predicted from those before it. The first
            token has none before it and is no target, whatever is said of it.
        """


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Lay documents into rows, the longest first, each into the first row that has room for it.

    Args:
        lengths: of the documents; none exceeds the capacity.
        capacity: tokens a row can hold.

    Returns:
        Rows of numbers of documents. A row begins with a document, and no document is cut: the loss keeps its floor.
    """
    rows: list[list[int]] = []
    room: list[int] = []
    for i in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        row = next((row for row, left in enumerate(room) if left >= lengths[i]), len(rows))
        if row == len(rows):
            rows.append([])
            room.append(capacity)
        rows[row].append(i)
        room[row] -= lengths[i]
    return rows


def packed(documents: Sequence[tuple[np.ndarray, np.ndarray]], capacity: int) -> Batch:
    """A batch of documents, several in a row: places begin anew with each, by which a model tells them apart.

    Args:
        documents: token ids and targets, as `Source.document` gives them.
        capacity: tokens a row can hold; the rows are as long as the fullest one.

    Raises:
        LmphysError: a document is longer than a row, or there is no target.
    """
    lengths = [len(tokens) for tokens, _ in documents]
    if max(lengths) > capacity:
        raise LmphysError(f"a document has {max(lengths)} tokens and a row holds {capacity}; raise the context")
    rows = pack(lengths, capacity)
    width = max(sum(lengths[i] for i in row) for row in rows)
    ids, positions = np.zeros((2, len(rows), width), dtype=np.int64)
    is_target = np.zeros((len(rows), width), dtype=bool)
    for r, row in enumerate(rows):
        start = 0
        for i in row:
            tokens, mask = documents[i]
            at = slice(start, start + len(tokens))
            ids[r, at], is_target[r, at] = tokens, mask
            positions[r, at] = np.arange(len(tokens))
            start += len(tokens)
    is_target &= positions > 0  # the padding, whose places are 0, has no target either
    targets = np.flatnonzero(is_target)
    if not len(targets):
        raise LmphysError("documents without a target cannot be trained on; let their source name one")
    several = any(len(row) > 1 for row in rows)
    return Batch(
        torch.from_numpy(ids),
        torch.from_numpy(targets - 1),
        torch.from_numpy(ids.reshape(-1)[targets]),
        sum(lengths),
        torch.from_numpy(positions) if several else None,
    )
