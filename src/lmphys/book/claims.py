"""Claims of papers: what they report, and how a number is compared with it; the rule is in `lmphys.book.verdicts`."""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed

COMPARISONS = ("equal", "at_least", "at_most", "direction", "multiple_definitions")
# What is measured by a clock is named so.
BY_CLOCK = "by the clock"
BEATS = ("greater", "less", "none")
# What a row is about. Only the first is a claim of the paper's own words; the summary counts the others apart.
KINDS = {
    "claim": "claim of the paper",
    "reading": "reading of this book: the paper says nothing of it",
    "identity": "identity: it cannot fail",
    "critique": "critique: a number of the paper that cannot be",
}
COLUMNS = (
    *("id", "paper", "place", "statement", "quantity", "value", "unit"),
    *("comparison", "tolerance", "beats", "null", "controls", "kind", "comparable", "why_not"),
)


@dataclass(frozen=True)
class Claim:
    """A row of `data/claims/*.csv`: what a paper reports, and how a number is compared with it.

    Attributes:
        id: Unique name, `<paper>.<subject>.<quantity>`.
        paper: BibTeX key.
        place: Section, table or figure.
        statement: The claim in our words.
        quantity: What is measured.
        value: The reported number, in `unit`; nan for a `direction` claim without one.
        unit: Its unit, empty for a pure number.
        comparison: equal, at_least, at_most, direction, or multiple_definitions.
        tolerance: Half width of the band around `value`, in `unit`.
        beats: greater, less or none: the side of its controls on which the effect must lie.
        null: The number that means no effect, a reference of every `direction` claim; None where only controls are.
        controls: Names of the controls without which there is no verdict.
        kind: One of `KINDS`.
        comparable: Whether a model of another size can be expected to show the same number.
        why_not: The reason where it cannot.
    """

    id: str
    paper: str
    place: str
    statement: str
    quantity: str
    value: float
    unit: str
    comparison: str
    tolerance: float
    beats: str
    null: float | None
    controls: tuple[str, ...]
    kind: str
    comparable: bool
    why_not: str

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS or self.beats not in BEATS:
            raise LmphysError(f"claim {self.id}: comparison {self.comparison!r} or beats {self.beats!r} is unknown")
        if self.kind not in KINDS:
            raise LmphysError(f"claim {self.id}: kind {self.kind!r} is unknown; use {', '.join(KINDS)}")
        bare_sign = self.comparison == "direction" and self.beats != "none"
        if not (math.isfinite(self.value) or bare_sign) or not self.tolerance >= 0:
            raise LmphysError(f"claim {self.id}: value {self.value} or tolerance {self.tolerance} is no number ≥ 0")
        if self.comparable == bool(self.why_not):
            raise LmphysError(f"claim {self.id}: give why_not exactly where comparable is no")
        if self.comparison == "direction" and self.null is None and not self.controls and self.comparable:
            raise LmphysError(f"claim {self.id}: a direction needs a number that means no effect, or required controls")
        if self.comparison == "direction" and self.beats == "none" and not self.value:
            raise LmphysError(f"claim {self.id}: a direction needs a side; set beats, or a value that is not 0")

    @property
    def timed(self) -> bool:
        """Whether the number is taken by a clock, so that it differs from run to run; `quantity` then says so."""
        return BY_CLOCK in self.quantity

    @property
    def sign(self) -> int:
        """+1 where the effect must lie above its controls, -1 below, 0 where controls are shown only."""
        return {"greater": 1, "less": -1, "none": 0}[self.beats]


_PARSED = ("value", "tolerance", "null", "controls", "comparable")


def load_claims(root: Path) -> dict[str, Claim]:
    """All claims of `data/claims/*.csv` by id.

    Raises:
        LmphysError: there is none, a column is missing, an entry is malformed, or an id occurs twice.
    """
    claims: dict[str, Claim] = {}
    for path in listed(root / "data" / "claims", "*.csv"):
        with given(path, "restore it: git checkout data"):
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if tuple(table.columns) != COLUMNS:
            raise LmphysError(f"{path} has columns {', '.join(table.columns)}; it needs {', '.join(COLUMNS)}")
        for row in table.to_dict("records"):
            fields = {str(name): str(text).strip() for name, text in row.items()}
            if fields["id"] in claims or fields["comparable"] not in ("yes", "no"):
                raise LmphysError(f"{path}: claim {fields['id']} occurs twice, or its `comparable` is not yes or no")
            try:
                value, tolerance = float(fields.pop("value") or "nan"), float(fields.pop("tolerance") or 0)
                null = float(fields["null"]) if fields["null"] else None
            except ValueError as error:
                raise LmphysError(f"{path}: claim {fields['id']}: {error}") from error
            text = {name: fields[name] for name in COLUMNS if name in fields and name not in _PARSED}
            controls = tuple(name.strip() for name in fields["controls"].split(";") if name.strip())
            claims[fields["id"]] = Claim(
                **text,
                value=value,
                tolerance=tolerance,
                null=null,
                controls=controls,
                comparable=fields["comparable"] == "yes",
            )
    if not claims:
        raise LmphysError(f"no claims in {root / 'data' / 'claims'}; add a CSV file with the claims of a paper")
    return claims


def find_claim(claims: Mapping[str, Claim], claim_id: str) -> Claim:
    """The claim with an id.

    Raises:
        LmphysError: there is none; suggests the nearest ids.
    """
    if claim_id in claims:
        return claims[claim_id]
    close = difflib.get_close_matches(claim_id, claims, 3, 0.4)
    raise LmphysError(f"no claim {claim_id!r} in data/claims; {'nearest: ' + ', '.join(close) if close else 'add it'}")


def claims_of_pairs(claims: Mapping[str, Claim], subject: str) -> pd.DataFrame:
    """Reported values of the claims named `<paper>.<subject>.<source>.<target>.<quantity>`.

    Returns:
        Indexed by `source` and `target`, a column for each quantity; NaN where a pair lacks one.

    Raises:
        LmphysError: no claim has such a name.
    """
    values = {}
    for name, claim in claims.items():
        parts = name.split(".")
        if len(parts) == 5 and parts[1] == subject:
            values[tuple(parts[2:])] = claim.value
    if not values:
        raise LmphysError(f"no claim in data/claims is named <paper>.{subject}.<source>.<target>.<quantity>")
    return pd.Series(values).rename_axis(["source", "target", None]).unstack()
