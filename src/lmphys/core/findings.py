"""Lines of a report on what is in order and what is not."""

from dataclasses import dataclass

OK, WARN, FAIL = "ok", "warn", "fail"


@dataclass(frozen=True)
class Finding:
    """One line of a report.

    Attributes:
        level: ok, warn or fail.
        what: was looked at.
        detail: what was found, and the mend where there is one.
    """

    level: str
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.level:<5}{self.what:<14}{self.detail}"
