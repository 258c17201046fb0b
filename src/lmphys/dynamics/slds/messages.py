"""Sums and maxima over all regime paths, for many chains and many models at once.

Shapes: R models, K regimes, n transitions packed by `Packed`. The regime of transition t is Z_t. Everything is
float64: the log densities of one step differ by hundreds of nats in 40 dimensions. The recursions are written
once, for two ways to hold a positive number: by its log, which is always safe, and as it is, relative to the
largest of its step, which is twice as fast and loses nothing where no passage is all but impossible.
"""

from collections.abc import Iterator
from itertools import pairwise

import torch

Blocks = list[slice]

# With passages at least so probable, what underflows beside the likeliest regime of a step (1e-308 of it) is
# smaller, by hundreds of orders, than what comes to the same regime from that one.
LEAST = 1e-100


class _Logs:
    """Numbers by their logs."""

    def __init__(self, log_pi: torch.Tensor, log_T: torch.Tensor, log_emission: torch.Tensor) -> None:
        self.first, self.T, self.emission = log_pi[:, :, None], log_T, log_emission
        self.one = 0.0

    def times(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a + b

    def over(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a - b

    def total(self, a: torch.Tensor) -> torch.Tensor:
        """Sum over regimes, (R, K, m) to (R, 1, m)."""
        return torch.logsumexp(a, dim=1, keepdim=True)

    def ahead(self, p: torch.Tensor) -> torch.Tensor:
        """sum_i p_i T_ij."""
        return torch.logsumexp(p[:, :, None] + self.T[..., None], dim=1)

    def back(self, w: torch.Tensor) -> torch.Tensor:
        """sum_j T_ij w_j."""
        return torch.logsumexp(self.T[..., None] + w[:, None], dim=2)

    def count(self, p: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        """sum_n p_i T_ij w_j, (R, K, K), as it is."""
        return (p[:, :, None] + self.T[..., None] + w[:, None]).exp_().sum(dim=-1)

    def plain(self, a: torch.Tensor) -> torch.Tensor:
        return a.exp()

    def log_evidence(self, total: torch.Tensor) -> torch.Tensor:
        """Log densities (R, n) from the sums over regimes (R, 1, n)."""
        return total[:, 0]


class _Plain(_Logs):
    """Numbers as they are; emissions relative to the largest of their step."""

    def __init__(self, log_pi: torch.Tensor, log_T: torch.Tensor, log_emission: torch.Tensor) -> None:
        self.first, self.T = log_pi.exp()[:, :, None], log_T.exp()
        self.top = log_emission.amax(dim=1, keepdim=True)
        self.emission = (log_emission - self.top).exp_()
        self.one = 1.0

    def times(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a * b

    def over(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a / b

    def total(self, a: torch.Tensor) -> torch.Tensor:
        return a.sum(dim=1, keepdim=True)

    def ahead(self, p: torch.Tensor) -> torch.Tensor:
        return self.T.transpose(1, 2) @ p

    def back(self, w: torch.Tensor) -> torch.Tensor:
        return self.T @ w

    def count(self, p: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        return self.T * (p @ w.transpose(1, 2))

    def plain(self, a: torch.Tensor) -> torch.Tensor:
        return a

    def log_evidence(self, total: torch.Tensor) -> torch.Tensor:
        return (total.log() + self.top)[:, 0]


class Messages:
    """Filter and smoother of R models.

    Args:
        log_pi: (R, K).
        log_T: (R, K, K), from row to column.
        log_emission: (R, K, n) log N(h_{t+1} - h_t; M_j h_t + b_j, Sigma_j).
        blocks: rows of each step.

    Attributes:
        log_density: (R, n) log p(h_{t+1} | h_0..h_t), nats.
    """

    def __init__(self, log_pi: torch.Tensor, log_T: torch.Tensor, log_emission: torch.Tensor, blocks: Blocks) -> None:
        self.blocks = blocks
        kind = _Plain if float(min(log_pi.min(), log_T.min()).exp()) > LEAST else _Logs
        self._as = number = kind(log_pi, log_T, log_emission)
        self._filtered = torch.empty_like(log_emission)
        self._evidence = torch.empty_like(log_emission[:, :1])
        for block, predictive in zip(blocks, self._predictive(), strict=True):
            joint = number.times(predictive, number.emission[:, :, block])
            evidence = number.total(joint)
            self._filtered[:, :, block], self._evidence[:, :, block] = number.over(joint, evidence), evidence
        self.log_density = number.log_evidence(self._evidence)

    def _predictive(self) -> Iterator[torch.Tensor]:
        """P(Z_t | h_0..h_t) of one step after the other, once `_filtered` holds the steps before."""
        yield self._as.first
        for before, block in pairwise(self.blocks):
            yield self._as.ahead(self._filtered[:, :, before.start : before.start + block.stop - block.start])

    def predictive(self) -> torch.Tensor:
        """P(Z_t | h_0..h_t), (R, K, n)."""
        parts = [
            self._as.plain(step).expand(-1, -1, block.stop - block.start)
            for step, block in zip(self._predictive(), self.blocks, strict=True)
        ]
        return torch.cat(parts, dim=2)

    def filtered(self) -> torch.Tensor:
        """P(Z_t | h_0..h_{t+1}), (R, K, n)."""
        return self._as.plain(self._filtered)

    def smoothed(self) -> tuple[torch.Tensor, torch.Tensor]:
        """P(Z_t | h_0..h_T), (R, K, n), and the expected number of passages over all chains, (R, K, K)."""
        smoothed = self._filtered.clone()
        count = self._filtered.new_zeros(*self._as.T.shape)
        for here, _, weight, beta in self._backward():
            smoothed[:, :, here] = self._as.times(smoothed[:, :, here], beta)
            count += self._as.count(self._filtered[:, :, here], weight)
        return self._as.plain(smoothed), count

    def _backward(self) -> Iterator[tuple[slice, slice, torch.Tensor, torch.Tensor]]:
        """Messages from the last step to the first.

        Yields the rows of the chains that go on, the rows of their next step, the weights w_j (R, K, m) =
        P(h_{t+2}.. | Z_{t+1} = j) / P(h_{t+2}.. | h_0..h_{t+1}), and beta_i = sum_j T_ij w_j.
        """
        number = self._as
        R, K, _ = self._filtered.shape
        beta = self._filtered.new_zeros(R, K, 0)
        for now, after in zip(reversed(self.blocks[:-1]), reversed(self.blocks[1:]), strict=True):
            size = after.stop - after.start
            if beta.shape[2] < size:  # chains that end here
                beta = torch.cat([beta, beta.new_full((R, K, size - beta.shape[2]), number.one)], dim=2)
            weight = number.over(number.times(number.emission[:, :, after], beta), self._evidence[:, :, after])
            beta = number.back(weight)
            yield slice(now.start, now.start + size), after, weight, beta


def viterbi(log_pi: torch.Tensor, log_T: torch.Tensor, log_emission: torch.Tensor, blocks: Blocks) -> torch.Tensor:
    """Most probable path of regimes, (R, n) int64; arguments as of `Messages`."""
    best_before = torch.empty_like(log_emission, dtype=torch.int64)
    score = torch.empty_like(log_emission)
    for number, block in enumerate(blocks):
        if number == 0:
            score[:, :, block] = log_pi[:, :, None] + log_emission[:, :, block]
            continue
        before = blocks[number - 1]
        last = score[:, :, before.start : before.start + block.stop - block.start]
        value, best_before[:, :, block] = (last[:, :, None] + log_T[..., None]).max(dim=1)
        score[:, :, block] = value + log_emission[:, :, block]
    path = torch.empty_like(best_before[:, 0])
    for number in reversed(range(len(blocks))):
        block = blocks[number]
        path[:, block] = score[:, :, block].argmax(dim=1)
        if number + 1 < len(blocks):  # chains that go on take the regime that their successor came from
            after = blocks[number + 1]
            came_from = best_before[:, :, after].gather(1, path[:, None, after])[:, 0]
            path[:, block.start : block.start + after.stop - after.start] = came_from
    return path
