"""The store that a transformer is held against: a table with an entry for each word of each record."""

from dataclasses import dataclass
from math import ceil, log2

from lmphys.core.errors import LmphysError
from lmphys.problems.people.records import Records


@dataclass(frozen=True)
class LookupTable:
    """A table of all records of a world, a word an entry. It knows everything, by looking.

    Attributes:
        world: the records.
        bits: of an entry.

    Raises:
        LmphysError: an entry has too few bits to tell the words apart.
    """

    world: Records
    bits: int = 8

    def __post_init__(self) -> None:
        n = self.world.n_tokens
        if 2**self.bits < n:
            raise LmphysError(f"{self.bits} bits do not tell {n} words apart; take {ceil(log2(n))} or more")

    @property
    def row(self) -> int:
        """Entries of a record."""
        world = self.world
        return world.name_length + world.n_attributes * world.n_chunks * world.chunk_length

    @property
    def learned(self) -> float:
        """Bits that it has learned, by the count of a model, for each entry."""
        return self.world.capacity.most / (self.world.n_people * self.row)

    @property
    def efficiency(self) -> float:
        """Bits learned for each bit stored."""
        return self.learned / self.bits

    def holds(self, n_entries: int) -> int:
        """People for whom so many entries suffice."""
        return n_entries // self.row
