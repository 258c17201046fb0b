r"""Bits that a model has learned of a world, by the definition of "Physics of Language Models: Part 3.3" (2404.05405).

With the mean summed losses in nats, $p_1$ of a name, $p_2$ of a value after its name, $p_3$ of a value's first chunk,

$$N \log_2 \frac{N_0}{e^{p_1}} + N \sum_a \log_2 \frac{D_a^C}{e^{p_2}}
+ \sum_a D_a \log_2 \frac{T^L}{D_a e^{p_3}}$$

of N people with $N_0$ possible names, attributes a of values of C chunks, out of $D_a$ strings of L of T tokens. An
even guess has learned nothing of names and values; a model that has learned everything still pays $p_1 = \ln N$.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from lmphys.problems.people.world import World, log_choose


@dataclass(frozen=True)
class Capacity:
    """What there is to learn.

    Attributes:
        n_people: N.
        n_names: possible names.
        n_values: possible values of each attribute.
        n_chunks: strings that values of each attribute are made of, where these are to be learned too.
        n_strings: possible strings of a chunk.
    """

    n_people: int
    n_names: int
    n_values: Sequence[int]
    n_chunks: Sequence[int] = ()
    n_strings: int = 1

    @classmethod
    def of(cls, world: World) -> "Capacity":
        """Of people with biographies, whose values are words of the vocabulary; determined attributes hold no bits."""
        return cls(world.n_people, world.n_names ** world.names.shape[1], tuple(world.value_counts.values()))

    def learned(
        self, name: float, values: Sequence[float] | np.ndarray, chunks: Sequence[float] | np.ndarray = ()
    ) -> float:
        """Bits learned; negative for a model worse than an even guess.

        Args:
            name: $p_1$, mean summed loss of a name, in nats.
            values: $p_2$ of each attribute.
            chunks: $p_3$ of each attribute, where chunks are to be learned.
        """
        nats = self.n_people * (log(self.n_names) - name)
        nats += self.n_people * sum(log(n) - loss for n, loss in zip(self.n_values, values, strict=True))
        nats += sum(n * (log(self.n_strings / n) - loss) for n, loss in zip(self.n_chunks, chunks, strict=True))
        return nats / log(2)

    @property
    def most(self) -> float:
        """Bits of a model that knows everything, $R_{max}$ times the number of parameters."""
        return self.learned(log(self.n_people), [0.0] * len(self.n_values), [0.0] * len(self.n_chunks))

    @property
    def entropy(self) -> float:
        """Exact entropy of the world, in bits; `most` falls short of it by the order of names and chunks."""
        nats = log_choose(self.n_names, self.n_people) + self.n_people * sum(map(log, self.n_values))
        return (nats + sum(log_choose(self.n_strings, n) for n in self.n_chunks)) / log(2)
