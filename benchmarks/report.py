"""Rows of the benchmark table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One measurement.

    Attributes:
        what: what was measured.
        ours: our number with its unit.
        plain: the number that it is compared with, from the same run.
        ratio: ours over plain, in the sense of the row.
        at_least: bound that the ratio must reach, if any.
        at_most: bound that it must not pass, if any.
    """

    what: str
    ours: str
    plain: str = ""
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def holds(self) -> bool:
        """Whether the ratio keeps its bounds."""
        if self.ratio is None:
            return True
        return (self.at_least is None or self.ratio >= self.at_least) and (
            self.at_most is None or self.ratio <= self.at_most
        )

    @property
    def bound(self) -> str:
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else ""
