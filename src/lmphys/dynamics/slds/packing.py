"""Ragged chains as one matrix, step by step in time, so that no padding is stored and none is computed."""

from functools import cached_property
from itertools import pairwise
from tempfile import TemporaryFile

import numpy as np
import torch

from lmphys.core.trajectories import Trajectories

# Rows that are turned to float64 at a time.
ROWS = 1 << 14


def _room_beside(states: np.ndarray, shape: tuple[int, int], dtype: torch.dtype) -> np.ndarray:
    """Room for rows: in memory, or in a file without a name where the states lie in a file, too."""
    kind = np.float32 if dtype == torch.float32 else np.float64
    if not isinstance(states, np.memmap) or not shape[0]:
        return np.empty(shape, kind)
    with TemporaryFile() as file:  # the mapping holds it open
        return np.memmap(file, kind, "w+", shape=shape)


class Packed:
    """The transitions of C chains, time-major: the first step of every chain, then every second step, ...

    Chains are sorted by falling length, so that step t is one contiguous block of rows, and the chains that go on
    from it are as many of its first rows as the next block has.

    Where the states are memory-mapped, so are the rows, in a temporary file that is gone with them: neither has to be
    in memory as a whole, and every number is the same.

    Args:
        traj: the chains; those without a transition leave no row.
        dtype: of the matrix products.
        device: where they are computed.

    Attributes:
        rows: (n, 2 D + 1) columns [1, x, y] with x = h_t - origin and y = h_{t+1} - h_t - drift.
        origin: (D,) mean of h_t over the transitions, float64; centring keeps float32 products accurate.
        drift: (D,) mean step, float64.
        blocks: rows of each step.
        place: (n,) packed row of each transition in the order of `traj.pairs()`.
        chain: (n,) chain of each transition in that order.
    """

    def __init__(self, traj: Trajectories, *, dtype: torch.dtype, device: torch.device) -> None:
        steps = traj.lengths - 1
        by_length = np.argsort(-steps, kind="stable")
        rank = np.empty_like(by_length)
        rank[by_length] = np.arange(len(steps))
        sizes = [int((steps > t).sum()) for t in range(int(steps.max(initial=0)))]
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        self.blocks = [slice(int(a), int(b)) for a, b in pairwise(starts)]
        t = np.arange(traj.n_transitions) - np.repeat(np.cumsum(steps) - steps, steps)
        self.place = starts[t] + np.repeat(rank, steps)
        self.chain = np.repeat(np.arange(len(traj)), steps)
        # In blocks of rows: whole copies in float64 would be most of the memory of a fit.
        sources = traj.sources()
        blocks = [slice(first, first + ROWS) for first in range(0, len(sources), ROWS)]

        def steps_of(block: slice) -> tuple[np.ndarray, np.ndarray]:
            x = traj.states[sources[block]].astype(np.float64)
            return x, traj.states[sources[block] + 1] - x

        totals = [(x.sum(axis=0), y.sum(axis=0)) for x, y in map(steps_of, blocks)]
        self.origin, self.drift = (np.sum(part, axis=0) / len(sources) for part in zip(*totals, strict=True))
        packed = _room_beside(traj.states, (len(sources), 2 * traj.width + 1), dtype)
        for block in blocks:
            x, y = steps_of(block)
            packed[self.place[block]] = np.hstack([np.ones((len(x), 1)), x - self.origin, y - self.drift])
        self.rows = torch.from_numpy(packed).to(device)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def width(self) -> int:
        """D."""
        return len(self.origin)

    @cached_property
    def moments(self) -> torch.Tensor:
        """Sum of z z^T over all rows z, (2 D + 1, 2 D + 1) float64."""
        total = torch.zeros(self.rows.shape[1], self.rows.shape[1], dtype=torch.float64, device=self.rows.device)
        for z in self.rows.split(ROWS):
            z = z.to(torch.float64)
            total += z.T @ z
        return total

    def unpack(self, values: torch.Tensor) -> np.ndarray:
        """Values (..., n) of packed rows as (n, ...), in the order of `traj.pairs()`."""
        return np.moveaxis(values.cpu().numpy()[..., self.place], -1, 0)
