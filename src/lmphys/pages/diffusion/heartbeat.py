"""The heartbeat of the paper: 20 bits, a 1 every fifth step from one of five phases, and the best factorised chain."""

from collections.abc import Sequence
from itertools import product
from math import comb

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.generative import BinaryNoise
from lmphys.generative.noise import Denoiser
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

LENGTH, PERIOD = 20, 5
SEQUENCES = torch.tensor([[float(i % PERIOD == phase) for i in range(LENGTH)] for phase in range(PERIOD)]).double()


def denoiser(noise: BinaryNoise) -> Denoiser:
    """The exact probability that each bit of x_0 is 1: Bayes' rule over the five phases."""

    def guess(x: Tensor, t: Tensor) -> Tensor:
        kept = noise.kept[t][..., None]
        on, off = kept + (1 - kept) * noise.mean, (1 - kept) * noise.mean
        # ln p(x | phase) = sum over bits; what differs between phases is the sum over the bits that the phase has on.
        ones = x @ SEQUENCES.T
        zeros = SEQUENCES[0].sum() - ones
        tiny = torch.finfo(x.dtype).tiny
        odds = (on / off.clamp(tiny)).log() * ones + ((1 - on).clamp(tiny) / (1 - off)).log() * zeros
        return odds.softmax(-1) @ SEQUENCES

    return guess


def bound(n_steps: int, mean: float, n: int, seed: int = 0) -> dict[str, Interval]:
    """K of the best factorised chain, bits a sequence, with 95 % intervals over forward views of sequences.

    Args:
        n_steps: T.
        mean: activity of the noise.
        n: sequences; each phase comes as often.
        seed: of the views and of the resampling.

    Returns:
        K where the last step is "learned", and where it is "set"; the views of all other steps are the same.
    """
    learned, set_ = (BinaryNoise(n_steps, mean, last) for last in ("learned", "set"))
    x0 = SEQUENCES.repeat(-(-n // PERIOD), 1)
    generator, guess = torch.Generator().manual_seed(seed), denoiser(learned)
    found = set_.bound(guess, x0, generator)
    first = torch.ones(len(x0), dtype=torch.long)
    x1 = learned.noisy(x0, first, generator)
    costs = [noise.cost(x0, x1, first, guess(x1, first)) for noise in (learned, set_)]
    both = {"learned": found + costs[1] - costs[0], "set": found}
    return {last: mean_interval(nats.numpy() / np.log(2), groups=None, seed=seed) for last, nats in both.items()}


def first_step_entropy(n_steps: int, mean: float) -> tuple[float, float]:
    """Entropy H(X_1) of the heartbeat after one step, and H(X_1 | X_0), bits, exact.

    A perfect chain whose last step is set has K = -H(X_1). The number of ones among the bits of each phase is all that
    a law of five phases depends on, so that 5^5 classes of sequences stand for all 2^20.
    """
    kept = 1 - 1 / n_steps
    on, off = kept + (1 - kept) * mean, (1 - kept) * mean
    each = LENGTH // PERIOD
    total = 0.0
    for ones in product(range(each + 1), repeat=PERIOD):
        like = [(on**k * (1 - on) ** (each - k), off**k * (1 - off) ** (each - k)) for k in ones]
        each_phase = (np.prod([like[r][0 if r == phase else 1] for r in range(PERIOD)]) for phase in range(PERIOD))
        p = float(sum(each_phase)) / PERIOD
        if p > 0:
            total -= float(np.prod([comb(each, k) for k in ones])) * p * float(np.log2(p))

    def coin(a: float) -> float:
        return 0.0 if a in (0, 1) else float(-(a * np.log2(a) + (1 - a) * np.log2(1 - a)))

    return total, each * coin(on) + (LENGTH - each) * coin(off)


def bounds(steps: Sequence[int], means: Sequence[float], n: int, seed: int = 0) -> pd.DataFrame:
    """A row a number of steps and activity of the noise: K with both last steps, its ends, and -H(X_1)."""
    rows = []
    for mean, n_steps in product(means, steps):
        row = {"noise": mean, "steps": n_steps}
        for last, found in bound(n_steps, mean, n, seed).items():
            row |= dict(zip((last, f"{last}_low", f"{last}_high"), found, strict=True))
        whole, edge = first_step_entropy(n_steps, mean)
        rows.append(row | {"-H(X1)": -whole, "H(X1|X0)": edge})
    return pd.DataFrame(rows)
