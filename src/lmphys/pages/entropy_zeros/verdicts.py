"""What is judged on the page on near-zeros of the entropy."""

from collections.abc import Mapping, Sequence

from lmphys.book import Entry
from lmphys.pages.entropy_zeros.beside import Beside
from lmphys.stats.interval import Interval

# Families whose members differ in size, and the one whose members differ in what they were taught.
TABLES, HEADS, NETWORKS = "tables of counts", "heads of lower rank", "networks"


def judge_share(
    excess: Mapping[str, Interval], families: Mapping[str, Sequence[str]], ignorant: str, beside: Beside
) -> Entry:
    """The excess share by imitator: one that knows nothing, the finest of each family, and another target.

    Args:
        excess: imitator to `excess_share` of the divergence.
        families: family to its members, from coarse to fine.
        ignorant: name of the imitator that knows nothing.
        beside: of `imitate_by_counts`.
    """
    finest = {family: excess[members[-1]] for family, members in families.items()}
    found = {"random weights": excess[ignorant], **finest, f"{TABLES}, {beside.name}": beside.excess}
    members = ", ".join(f"{family} {names[-1]}" for family, names in families.items())
    return Entry("thermo.entropy_zeros.share", found, note=f"the finest: {members}")


def judge_falls(falls: Mapping[str, Interval], families: Mapping[str, Sequence[str]]) -> list[Entry]:
    """How much slower the divergence falls near zero, as the imitator grows and as it is trained.

    Args:
        falls: family to `slower`, families of one member left out.
        families: family to its members, from coarse to fine.
    """

    def note(names: Sequence[str]) -> str:
        return "; ".join(f"{name}: {families[name][0]} to {families[name][-1]}" for name in names)

    sizes = {name: falls[name] for name in (TABLES, HEADS) if name in falls}
    entries = []
    if len(sizes) == 2:
        entries.append(Entry("thermo.entropy_zeros.size", sizes, note=note(list(sizes))))
    if NETWORKS in falls:
        entries.append(Entry("thermo.entropy_zeros.slowest", falls[NETWORKS], note=note([NETWORKS])))
    return entries
