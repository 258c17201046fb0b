"""Six families of problems whose every step is known."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from lmphys.problems.families.family import Claim, Family, walk

__all__ = ["FAMILIES", "Claim", "Family", "walk"]


class _Families(Mapping[str, Family]):
    """The families by name, each loaded when it is asked for: a page depends on those that it uses, and no others."""

    _NAMES = ("story", "tally", "contest", "kin", "rules", "calendar")

    def __getitem__(self, name: str) -> Family:
        if name not in self._NAMES:
            raise KeyError(name)
        return _load(name)

    def __contains__(self, name: object) -> bool:
        return name in self._NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(self._NAMES)

    def __len__(self) -> int:
        return len(self._NAMES)


@cache
def _load(name: str) -> Family:
    family: Family = getattr(import_module(f"{__name__}.{name}"), name.capitalize())()
    return family


FAMILIES: Mapping[str, Family] = _Families()
