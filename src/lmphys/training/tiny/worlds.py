"""Worlds by name, each made from a seed and its options when it is asked for."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmphys.training.documents import Source


def _markov(*, seed: int, **options: int) -> "Source":
    from lmphys.problems.markov import MarkovChain

    return MarkovChain(seed, **options)


WORLDS: dict[str, Callable[..., "Source"]] = {"markov": _markov}
