"""Claims of papers, and the rule that decides whether a number of ours bears one out.

The rule is fixed before any number is known. Let v be the claimed value, tol its tolerance, x our number, [lo, hi] our
interval, widened to hold x (where there is none, lo = hi = x), w = (hi - lo) / 2, and c_1, c_2, ... the controls. A
claim says with `beats` whether the effect must lie above its controls (`greater`), below them (`less`), or whether
controls are shown only (`none`). With s = +1 for greater and -1 for less, x *beats* a control c when s (x - c) > w.

1.  `comparable = no`: **not comparable at this scale**. The numbers are shown all the same.
2.  `multiple_definitions`: the quantity has several definitions that the paper does not tell apart, and x is one number
    for each. Each is judged as `equal` (rule 3). If all verdicts are the same, that is the verdict; if not:
    **depends on definition**.
3.  `equal`, `at_least`, `at_most`: x *agrees* when x or any point of [lo, hi] lies in the band [v - tol, v + tol],
    [v - tol, ∞) or (-∞, v + tol].
    - agrees, and beats every control (or `beats = none`): **reproduced**;
    - agrees, but a control does as well: **not reproduced**;
    - does not agree, but there are controls and x beats every one of them: **same direction**;
    - otherwise: **not reproduced**.
4.  `direction`: only the sign of an effect is claimed: relative to the controls where some are given, relative to 0
    otherwise; s follows `beats`, or the sign of v where `beats = none`. s (x - reference) > w for every reference:
    **reproduced**; otherwise **not reproduced**.

Comparisons with a band allow a rounding slack of 1e-9 max(1, |v|), so that a decimal on its edge counts as inside.
"""

import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from lmphys.core.errors import LmphysError

REPRODUCED = "reproduced"
SAME_DIRECTION = "same direction"
NOT_REPRODUCED = "not reproduced"
DEPENDS = "depends on definition"
NOT_COMPARABLE = "not comparable at this scale"
VERDICTS = (REPRODUCED, SAME_DIRECTION, NOT_REPRODUCED, DEPENDS, NOT_COMPARABLE)

COMPARISONS = ("equal", "at_least", "at_most", "direction", "multiple_definitions")
BEATS = ("greater", "less", "none")
COLUMNS = (
    *("id", "paper", "place", "statement", "quantity", "value", "unit"),
    *("comparison", "tolerance", "beats", "comparable", "why_not"),
)

Interval = tuple[float, float]
Numbers = float | Mapping[str, float]
Intervals = Interval | Mapping[str, Interval]


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
    comparable: bool
    why_not: str

    def __post_init__(self) -> None:
        if self.comparison not in COMPARISONS or self.beats not in BEATS:
            raise LmphysError(f"claim {self.id}: comparison {self.comparison!r} or beats {self.beats!r} is unknown")
        bare_sign = self.comparison == "direction" and self.beats != "none"
        if not (math.isfinite(self.value) or bare_sign) or not self.tolerance >= 0:
            raise LmphysError(f"claim {self.id}: value {self.value} or tolerance {self.tolerance} is no number ≥ 0")
        if self.comparable == bool(self.why_not):
            raise LmphysError(f"claim {self.id}: give why_not exactly where comparable is no")


@dataclass(frozen=True)
class Verdict:
    """One of `VERDICTS`, and the computed reason for it."""

    word: str
    reason: str

    def __str__(self) -> str:
        return self.word


def load_claims(root: Path) -> dict[str, Claim]:
    """All claims of `data/claims/*.csv` by id.

    Raises:
        LmphysError: there is none, a column is missing, an entry is malformed, or an id occurs twice.
    """
    claims: dict[str, Claim] = {}
    for path in sorted((root / "data" / "claims").glob("*.csv")):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
        if tuple(table.columns) != COLUMNS:
            raise LmphysError(f"{path} has columns {', '.join(table.columns)}; it needs {', '.join(COLUMNS)}")
        for row in table.to_dict("records"):
            fields = {str(name): str(text).strip() for name, text in row.items()}
            if fields["id"] in claims or fields["comparable"] not in ("yes", "no"):
                raise LmphysError(f"{path}: claim {fields['id']} occurs twice, or its `comparable` is not yes or no")
            try:
                value, tolerance = float(fields.pop("value") or "nan"), float(fields.pop("tolerance") or 0)
            except ValueError as error:
                raise LmphysError(f"{path}: claim {fields['id']}: {error}") from error
            comparable = fields.pop("comparable") == "yes"
            claims[fields["id"]] = Claim(value=value, tolerance=tolerance, comparable=comparable, **fields)
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


def _number(value: float, what: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise LmphysError(f"{what} is {value!r}, not a number") from error
    if not math.isfinite(number):
        raise LmphysError(f"{what} is {number}: a verdict needs a finite number; look for empty or constant data")
    return number


def _beaten(x: float, half: float, sign: int, references: Mapping[str, float]) -> tuple[str, float] | None:
    """The reference nearest to (or furthest past) x that x does not beat, or None."""
    close = [(sign * (x - c), name) for name, c in references.items() if not sign * (x - c) > half]
    return (min(close)[1], references[min(close)[1]]) if close else None


def _judge(claim: Claim, comparison: str, x: float, interval: Interval | None, controls: dict[str, float]) -> Verdict:
    """Rules 3 and 4 of the module for a single number."""
    low, high = interval if interval is not None else (x, x)
    half = (high - low) / 2
    sign = {"greater": 1, "less": -1, "none": 0}[claim.beats]
    if comparison == "direction":
        sign = sign or (1 if claim.value > 0 else -1)
        missed = _beaten(x, half, sign, controls or {"zero": 0.0})
        side = "above" if sign > 0 else "below"
        if missed is None:
            return Verdict(REPRODUCED, f"{side} {'every control' if controls else 'zero'} by more than the uncertainty")
        return Verdict(NOT_REPRODUCED, f"not {side} {missed[0]} ({missed[1]:.3g}) by more than the uncertainty")
    slack = claim.tolerance + 1e-9 * max(1.0, abs(claim.value))
    floor = -math.inf if comparison == "at_most" else claim.value - slack
    ceiling = math.inf if comparison == "at_least" else claim.value + slack
    agrees = floor <= x <= ceiling or (low <= ceiling and high >= floor)
    missed = _beaten(x, half, sign, controls) if sign else None
    if agrees and missed is None:
        told = "beats every control" if sign and controls else "no control to beat"
        return Verdict(REPRODUCED, f"agrees within the tolerance; {told}")
    if agrees and missed is not None:
        return Verdict(NOT_REPRODUCED, f"the value agrees, but a control does as well: {missed[0]} ({missed[1]:.3g})")
    if sign and controls and missed is None:
        return Verdict(SAME_DIRECTION, "beats every control, but the value is outside the tolerance")
    also = f", and {missed[0]} ({missed[1]:.3g}) does as well" if missed else ""
    return Verdict(NOT_REPRODUCED, f"the value is outside the tolerance{also}")


def verdicts(
    claim: Claim,
    obtained: Numbers,
    interval: Intervals | None = None,
    controls: Mapping[str, Numbers] | None = None,
) -> dict[str, Verdict]:
    """The verdict under each definition, as if the claim were comparable; one, named "", where there is one only.

    Arguments and errors as `verdict`.
    """
    controls = dict(controls or {})
    several = isinstance(obtained, Mapping)
    if several != (claim.comparison == "multiple_definitions"):
        wanted = "a number for each definition" if claim.comparison == "multiple_definitions" else "one number"
        raise LmphysError(f"claim {claim.id} is {claim.comparison}; give {wanted}")
    numbers = dict(obtained) if isinstance(obtained, Mapping) else {"": obtained}
    if several and len(numbers) < 2:
        raise LmphysError(f"claim {claim.id} has several definitions, {len(numbers)} given; give at least two")
    found: dict[str, Verdict] = {}
    for name, value in numbers.items():
        x = _number(value, f"claim {claim.id}{name and ', '}{name}")
        span = interval.get(name) if isinstance(interval, Mapping) else interval
        if span is not None:
            low, high = (_number(end, f"interval of claim {claim.id}") for end in span)
            if low > high:
                raise LmphysError(f"claim {claim.id}: the interval [{low}, {high}] is reversed; order its ends")
            span = (min(low, x), max(high, x))  # the percentiles of a biased statistic need not hold its value
        mine = {
            control: _number(given[name] if isinstance(given, Mapping) else given, f"control {control}")
            for control, given in controls.items()
            if not isinstance(given, Mapping) or name in given
        }
        comparison = "equal" if several else claim.comparison
        found[name] = _judge(claim, comparison, x, span, mine)
    return found


def verdict(
    claim: Claim,
    obtained: Numbers,
    interval: Intervals | None = None,
    controls: Mapping[str, Numbers] | None = None,
) -> Verdict:
    """Verdict on a claim by the rules in the docstring of the module; a pure function.

    Args:
        claim: What the paper reports.
        obtained: Our number in the claim's unit; for `multiple_definitions` one number for each definition.
        interval: 95 % interval (low, high); for `multiple_definitions` one for each definition (some may lack).
        controls: Name to value; for `multiple_definitions` a value may be given for each definition.

    Raises:
        LmphysError: a number is not finite, an interval is reversed, or definitions are
            given where the claim has one (or one number where it has several).
    """
    each = verdicts(claim, obtained, interval, controls)
    if not claim.comparable:
        return Verdict(NOT_COMPARABLE, claim.why_not)
    first = next(iter(each.values()))
    if claim.comparison != "multiple_definitions":
        return first
    if len({found.word for found in each.values()}) > 1:
        return Verdict(DEPENDS, "; ".join(f"{name}: {found.word}, {found.reason}" for name, found in each.items()))
    if len({found.reason for found in each.values()}) > 1:
        return Verdict(first.word, "; ".join(f"{name}: {found.reason}" for name, found in each.items()))
    return Verdict(first.word, f"under every definition: {first.reason}")
