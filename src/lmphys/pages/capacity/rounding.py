"""Weights with few bits: rounding after the training, noise of the same size, and what either costs."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.pages.capacity.bits import learned
from lmphys.problems.people.records import Records

BITS = tuple(range(2, 11))


def steps(weight: Tensor, bits: int) -> Tensor:
    """(rows, 1) distance of two levels: 2^(bits - 1) - 1 of them reach from 0 to the largest weight of a row.

    Raises:
        LmphysError: fewer than two bits, which leave no level but 0.
    """
    if bits < 2:
        raise LmphysError(f"weights of {bits} bit have no level but 0; take 2 or more")
    largest = weight.abs().amax(dim=1, keepdim=True)
    return largest / (2 ** (bits - 1) - 1)


def rounded(weight: Tensor, bits: int) -> Tensor:
    """A matrix, each row rounded to the nearest of its own 2^bits - 1 evenly spaced levels around 0."""
    step = steps(weight, bits)
    return torch.where(step > 0, torch.round(weight / step) * step, weight)


def noisy(weight: Tensor, bits: int, generator: torch.Generator) -> Tensor:
    """A matrix with even noise of up to half a step added: as large as rounding errors, and blind to the weight."""
    noise = torch.rand(weight.shape, generator=generator) - 0.5
    return weight + steps(weight, bits) * noise.to(weight)


@contextmanager
def changed(model: LanguageModel, change: Callable[[Tensor], Tensor], part: str = "") -> Iterator[LanguageModel]:
    """The model with its matrices changed, embedding included, until the end of the block; vectors are left alone.

    Args:
        model: that is changed, and put back.
        change: of a matrix.
        part: of the names of the matrices that are changed; "" changes all.
    """
    matrices = [p for name, p in model.model.named_parameters() if p.ndim > 1 and p.numel() and part in name]
    before = [matrix.detach().clone() for matrix in matrices]
    with torch.no_grad():
        try:
            for matrix in matrices:
                matrix.copy_(change(matrix))
            yield model
        finally:
            for matrix, old in zip(matrices, before, strict=True):
                matrix.copy_(old)


def by_precision(
    model: LanguageModel, world: Records, bits: Sequence[int] = BITS, *, part: str = "", seed: int = 0
) -> pd.DataFrame:
    """Bits learned that are left when the weights have few bits.

    Args:
        model: in float32.
        world: that it was trained on.
        bits: for each weight.
        part: of the names of the matrices that are changed; "" changes all.
        seed: of the noise.

    Returns:
        A row a number of bits (index `bits`): `rounded` and `noise`, bits learned a parameter.
    """
    rows = {}
    for b in bits:
        generator = torch.Generator().manual_seed(seed)
        with changed(model, partial(rounded, bits=b), part):
            of_rounded = learned(model, world).total
        with changed(model, partial(noisy, bits=b, generator=generator), part):
            of_noisy = learned(model, world).total
        rows[b] = {"rounded": of_rounded, "noise": of_noisy}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("bits") / model.n_parameters
