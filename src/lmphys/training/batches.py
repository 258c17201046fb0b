"""What one update is made from, and making it while the one before is at work."""

from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """Some texts side by side.

    Attributes:
        ids: (B, T) token ids, padded on the right.
        rows: (N,) places in the flattened `ids` whose next token is to be predicted.
        targets: (N,) these next tokens.
        n_tokens: tokens but padding.
        positions: (B, T) places of the tokens in their own text, where several stand in a row; None: from 0 in each.
        flops: multiplications and additions of an update with it, where they were counted.
    """

    ids: Tensor
    rows: Tensor
    targets: Tensor
    n_tokens: int
    positions: Tensor | None = None
    flops: float = 0.0

    def to(self, device: torch.device) -> "Batch":
        """The same batch on a device; a copy from pinned memory does not wait for it."""
        return self._each(lambda x: x.to(device, non_blocking=True))

    def pinned(self) -> "Batch":
        """The same batch in memory from which a GPU copies by itself."""
        return self._each(torch.Tensor.pin_memory)

    def counted(self, flops: float) -> "Batch":
        """The same batch with its number of multiplications and additions."""
        return replace(self, flops=flops)

    def _each(self, moved: Callable[[Tensor], Tensor]) -> "Batch":
        positions = None if self.positions is None else moved(self.positions)
        return replace(
            self, ids=moved(self.ids), rows=moved(self.rows), targets=moved(self.targets), positions=positions
        )


def in_windows(make: Callable[[int], list[Batch]], size: int, step: int, steps: int) -> Generator[Batch, None, None]:
    """Batches from update `step` (from 0) to the last; the next window is made while one is used.

    Args:
        make: from the number of a window to its batches, `size` of them but in the last one.
        size: batches of a window.
        step: where to begin.
        steps: number of all updates.
    """
    n_windows = -(-steps // size)
    skipped = step % size
    with ThreadPoolExecutor(1) as pool:
        ahead = pool.submit(make, step // size)
        for number in range(step // size + 1, n_windows + 1):
            window = ahead.result()
            if number < n_windows:
                ahead = pool.submit(make, number)
            yield from window[skipped:]
            skipped = 0
