"""Phrases that are written and read by one template, so that what is written can be read back."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

NUMBER = r"-?\d+"
NAME = r"[A-Z][a-z]+"
WORD = r"[a-z]+"
DAY = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"

_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Phrase:
    """A template with {fields}.

    Attributes:
        template: text with names of fields in braces.
        types: regular expression of each field; unknown ones take anything.
    """

    template: str
    types: tuple[tuple[str, str], ...] = ()

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        types = dict(self.types)
        parts, seen, end = [], set(), 0
        for match in _FIELD.finditer(self.template):
            parts.append(re.escape(self.template[end : match.start()]))
            name = match[1]
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>{types.get(name, '.+')})")
            seen.add(name)
            end = match.end()
        parts.append(re.escape(self.template[end:]))
        return re.compile("".join(parts))

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of the fields."""
        return frozenset(_FIELD.findall(self.template))

    def write(self, values: Mapping[str, str]) -> str:
        """The phrase with its fields filled in."""
        return _FIELD.sub(lambda match: values[match[1]], self.template)

    def read(self, text: str) -> dict[str, str] | None:
        """Values of the fields where the whole text fits, with its first letter in either case; else None."""
        match = self._pattern.fullmatch(text) or self._pattern.fullmatch(text[:1].swapcase() + text[1:])
        return match.groupdict() if match else None


def capitalised(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
