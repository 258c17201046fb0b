"""People: names drawn without repetition, attributes drawn evenly, and the exact number of bits in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lgamma, log, prod

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.problems.documents import of_world
from lmphys.problems.people.words import ATTRIBUTES, DETERMINED, NAMES, VALUES


@dataclass(frozen=True)
class World:
    """People, numbered from 0.

    Attributes:
        n_people: how many there are.
        seed: who they are.
        n_names: number of first, of middle and of last names.
        n_values: most words of each part of a value.
        attributes: what is known of them, in the order of a plain biography.

    Raises:
        LmphysError: more people than names, unknown attributes, or numbers of names or values out of range.
    """

    n_people: int
    seed: int = 0
    n_names: int = 50
    n_values: int = 1000
    attributes: Sequence[str] = ATTRIBUTES

    def __post_init__(self) -> None:
        unknown = sorted(set(self.attributes) - set(ATTRIBUTES))
        if unknown:
            raise LmphysError(f"unknown attribute {unknown[0]!r}; there are {', '.join(ATTRIBUTES)}")
        if self.n_values < 1:
            raise LmphysError(f"values of {self.n_values} words cannot be had; take 1 or more")
        most = min(map(len, NAMES))
        if not 0 < self.n_names <= most:
            raise LmphysError(f"{self.n_names} names of each kind cannot be had; take 1 to {most}")
        if not 0 < self.n_people <= self.n_names ** len(NAMES):
            raise LmphysError(
                f"{self.n_names} names of each kind make {self.n_names ** len(NAMES)} people, not {self.n_people}; "
                "take more names or fewer people"
            )

    def pools(self, attribute: str) -> tuple[tuple[str, ...], ...]:
        """Words of each part of an attribute's value."""
        source = DETERMINED[attribute][1] if attribute in DETERMINED else attribute
        return tuple(pool[: self.n_values] for pool in VALUES[source])

    @cached_property
    def names(self) -> np.ndarray:
        """(people, 3) number of each one's first, middle and last name; no two people share all."""
        drawn = of_world(self.seed, 0).choice(self.n_names ** len(NAMES), self.n_people, replace=False)
        return np.stack(np.unravel_index(drawn, (self.n_names,) * len(NAMES)), axis=1)

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """(people, parts) number of each word of each attribute's value."""
        found: dict[str, np.ndarray] = {}
        for i, attribute in enumerate(ATTRIBUTES):
            rng = of_world(self.seed, 1, i)
            sizes = [len(pool) for pool in self.pools(attribute)]
            if attribute in DETERMINED:
                by = found[DETERMINED[attribute][0]][:, 0]
                found[attribute] = rng.integers(sizes[0], size=(len(self.pools(DETERMINED[attribute][0])[0]), 1))[by]
            else:
                found[attribute] = np.stack([rng.integers(size, size=self.n_people) for size in sizes], axis=1)
        return found

    def name(self, person: int) -> list[str]:
        """Words of a name."""
        return [pool[i] for pool, i in zip(NAMES, self.names[person], strict=True)]

    def value(self, person: int, attribute: str) -> list[str]:
        """Words of a value."""
        return [pool[i] for pool, i in zip(self.pools(attribute), self.values[attribute][person], strict=True)]

    @property
    def words(self) -> list[str]:
        """All words of names and values, each once."""
        pools = [pool[: self.n_names] for pool in NAMES]
        pools += [pool for attribute in self.attributes for pool in self.pools(attribute)]
        return list(dict.fromkeys(word for pool in pools for word in pool))

    @property
    def value_counts(self) -> dict[str, int]:
        """Number of values of each attribute that no other determines."""
        free = [attribute for attribute in self.attributes if attribute not in DETERMINED]
        return {attribute: prod(len(pool) for pool in self.pools(attribute)) for attribute in free}

    @property
    def bits(self) -> float:
        """Exact entropy of who there is: the set of names, every free value, and what values determine others."""
        total = log_choose(self.n_names ** len(NAMES), self.n_people)
        total += self.n_people * sum(log(count) for count in self.value_counts.values())
        for attribute in set(self.attributes) & set(DETERMINED):
            total += len(self.pools(DETERMINED[attribute][0])[0]) * log(len(self.pools(attribute)[0]))
        return total / log(2)

    def half(self, split: str) -> np.ndarray:
        """People of a split: a random half each, so that nobody who is asked for in one is in the other."""
        order = of_world(self.seed, 2).permutation(self.n_people)
        middle = self.n_people // 2
        return np.sort(order[:middle] if split == "test" else order[middle:])


def log_choose(n: float, k: float) -> float:
    """Natural logarithm of the number of sets of k out of n."""
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
