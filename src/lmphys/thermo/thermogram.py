"""Functions of state of many next-token laws at a ladder of inverse temperatures, and the sums that texts are made of.

At the inverse temperature beta = 1 / T the law of a place is p(v) = exp(beta z_v) / Z(beta). A token y that came has
the log-likelihood beta z_y - ln Z(beta), so that of a text needs sums of z_y and of ln Z(beta) alone. The derivatives
of ln Z are the mean and the variance of the logit. All three are kept on a ladder of beta and joined by a quintic that
has them right on every rung. What is kept of a token is a few dozen numbers, whatever the vocabulary, and they add up
over tokens, texts and sources.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import sum_by_group

# A quarter of an octave from rung to rung, as powers of 2: four exponentials are taken, the rest are their squares.
_EXPONENTIALS, _SQUARES = 4, 3
BETAS = 2.0 ** (np.arange(_EXPONENTIALS * _SQUARES) / 4 - 1.5)
"""(12,) rungs, T from 0.42 to 2.83; one of them is 1."""
ONE = 6
_CACHED = 2**16  # logits that are swept at once, so that the sweeps find them in the cache of a core
_ROWS_ON_ACCELERATOR = 64
_HALVINGS = 50

# Rows: value, slope and bend at the left end, then at the right one; columns: coefficients of t^0 to t^5 on [0, 1].
_QUINTIC = np.array(
    [
        [1, 0, 0, -10, 15, -6],
        [0, 1, 0, -6, 8, -3],
        [0, 0, 0.5, -1.5, 1.5, -0.5],
        [0, 0, 0, 10, -15, 6],
        [0, 0, 0, -4, 7, -3],
        [0, 0, 0, 0.5, -1, 0.5],
    ]
)


@dataclass(frozen=True, eq=False)
class Thermogram:
    """Sums over tokens, a row each for N tokens, texts or sources; logits are counted from the largest of each place.

    Attributes:
        taken: (N,) logit of the token that came, at most 0.
        log_Z: (N, K) log of the partition function on the K rungs of `BETAS`, nats.
        mean: (N, K) mean logit of the law.
        variance: (N, K) variance of the logit; over T^2 it is the heat capacity.
        n_tokens: (N,) tokens in each row.
    """

    taken: np.ndarray
    log_Z: np.ndarray  # noqa: N815
    mean: np.ndarray
    variance: np.ndarray
    n_tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.taken)

    @classmethod
    def concatenate(cls, parts: "list[Thermogram]") -> "Thermogram":
        """Rows one after the other."""
        if not parts:
            raise LmphysError("no text to take the temperature of; give at least one")
        names = ("taken", "log_Z", "mean", "variance", "n_tokens")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    def summed(self, group: np.ndarray, n_groups: int) -> "Thermogram":
        """A row for each of the groups 0 to n_groups - 1, the sum of its rows."""
        parts = (self.taken, self.log_Z, self.mean, self.variance, self.n_tokens)
        return Thermogram(*(sum_by_group(part, group, n_groups) for part in parts))

    def weighted(self, weights: np.ndarray) -> "Thermogram":
        """A row for each row of weights (R, N): resampled documents, say."""
        return Thermogram(
            *(weights @ part for part in (self.taken, self.log_Z, self.mean, self.variance, self.n_tokens))
        )

    def rows(self, wanted: np.ndarray) -> "Thermogram":
        """Some of the rows, by number or mask."""
        return Thermogram(
            self.taken[wanted], self.log_Z[wanted], self.mean[wanted], self.variance[wanted], self.n_tokens[wanted]
        )

    def at(self, beta: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Log Z, mean and variance of the logit of each row, at an inverse temperature (N,) of its own."""
        rung = np.clip(np.searchsorted(BETAS, beta, side="right") - 1, 0, len(BETAS) - 2)
        width = BETAS[rung + 1] - BETAS[rung]
        row = np.arange(len(self))
        ends = [
            part[row, rung + side] * width**order
            for side in (0, 1)
            for order, part in enumerate((self.log_Z, self.mean, self.variance))
        ]
        coefficients = (np.stack(ends, axis=1) @ _QUINTIC).T
        t = (beta - BETAS[rung]) / width
        value, slope, bend = (np.zeros(len(self)) for _ in range(3))
        for c in coefficients[::-1]:  # Horner, with its derivatives
            bend = bend * t + 2 * slope
            slope = slope * t + value
            value = value * t + c
        return value, slope / width, bend / width**2

    def beta(self, taken: np.ndarray | None = None) -> np.ndarray:
        """Inverse temperature (N,) of likelihood of each row: there the mean logit is that of the tokens that came.

        The log-likelihood is concave in beta, so there is one; where it lies off the ladder, the end of it is given.

        Args:
            taken: (N,) summed logits in place of those of the tokens that came.
        """
        aim = self.taken if taken is None else taken
        rung = np.clip((self.mean <= aim[:, None]).sum(axis=1) - 1, 0, len(BETAS) - 2)
        low, high = BETAS[rung], BETAS[rung + 1]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            colder = self.at(middle)[1] <= aim
            low, high = np.where(colder, middle, low), np.where(colder, high, middle)
        return (low + high) / 2

    def temperature(self, taken: np.ndarray | None = None) -> np.ndarray:
        """Temperature (N,) of likelihood of each row, 1 / `beta`."""
        return 1 / self.beta(taken)

    @property
    def surprisal(self) -> np.ndarray:
        """(N,) mean -ln p of the tokens that came, at T = 1, nats per token."""
        return (self.log_Z[:, ONE] - self.taken) / self.n_tokens


def thermogram_of(logits: Tensor, tokens: Tensor) -> Thermogram:
    """A row for each of N tokens.

    Args:
        logits: (N, V) at the places from which the tokens were drawn.
        tokens: (N,) ids of the tokens that came.

    Raises:
        LmphysError: the shapes disagree, or a token that came is ruled out by its logit.
    """
    _check(logits, tokens)
    taken = logits.gather(-1, tokens.to(logits.device)[:, None])[:, 0] - logits.amax(-1)
    if not bool(taken.isfinite().all()):
        raise LmphysError("a token that came has probability 0; the text was not drawn from these laws")
    at_once = _ROWS_ON_ACCELERATOR if logits.device.type != "cpu" else max(1, _CACHED // logits.shape[-1])
    sums = torch.cat([_sums(block) for block in logits.split(at_once)]).double().cpu().numpy()
    mass, mean, square = sums[:, 0], sums[:, 1], sums[:, 2]
    mean = mean / mass
    variance = np.maximum(square / mass - mean**2, 0)
    return Thermogram(taken.double().cpu().numpy(), np.log(mass), mean, variance, np.ones(len(tokens)))


def _check(logits: Tensor, tokens: Tensor) -> None:
    if logits.ndim != 2 or tokens.shape != logits.shape[:1] or not len(tokens):
        raise LmphysError(
            f"logits {tuple(logits.shape)} and tokens {tuple(tokens.shape)} disagree; give places × vocabulary, and "
            "the token that came at each place"
        )


def _sums(logits: Tensor) -> Tensor:
    """(B, 3, K): mass, and first and second moments of the logit, on each rung; the largest weight is 1."""
    level = logits.float()
    level = (level - level.amax(-1, keepdim=True)).clamp_(min=-1e4)  # ruled out: weight 0, times a finite number
    square = level * level
    found = level.new_empty(len(level), 3, len(BETAS))
    for first in range(_EXPONENTIALS):
        weight = (level * float(BETAS[first])).exp_()
        for octave in range(_SQUARES):
            if octave:
                weight.mul_(weight)
            rung = first + octave * _EXPONENTIALS
            found[:, 0, rung] = weight.sum(-1)
            found[:, 1, rung] = torch.linalg.vecdot(weight, level)
            found[:, 2, rung] = torch.linalg.vecdot(weight, square)
    return found


def nucleus_means(logits: Tensor, temperature: float, top_p: float) -> np.ndarray:
    """Mean logit (N,), counted from the largest, of the laws that top-p leaves of tempered ones.

    A text that was drawn so has these in place of the means of the full laws; where a thermometer puts its mean logit
    is therefore known without a draw.

    Args:
        logits: (N, V).
        temperature: that the logits are divided by.
        top_p: smallest set of most probable tokens whose mass reaches this share.
    """
    means = []
    for block in logits.split(16):
        level = block.double() - block.double().amax(-1, keepdim=True)
        ordered = level.sort(dim=-1, descending=True).values
        p = (ordered / temperature).softmax(-1)
        before = p.cumsum(-1) - p
        kept = torch.where(before < top_p, p, 0.0)
        means.append((kept * ordered.clamp(min=-1e4)).sum(-1) / kept.sum(-1))
    return torch.cat(means).cpu().numpy()
