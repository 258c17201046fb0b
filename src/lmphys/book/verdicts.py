"""The rule that decides whether a number of ours bears a claim of a paper out: pure functions of numbers.

The rule is fixed before any number is known. A claim has a value v with a tolerance, a side s (`beats`: +1 for greater,
-1 for less) on which its effect must lie, perhaps a number n that means *no effect* (`null`), and the names of controls
that must be given. Our number is x with an interval [lo, hi], widened to hold x (lo = hi = x where there is none);
controls c have intervals, too.

x is *ahead* of a reference when its whole interval lies on the claimed side of the reference's whole interval; the
reference *does as well* when s (x - c) <= 0. All is decided by the ends of intervals, never by their widths.

1.  `comparable = no`, or the run lacks what its numbers need to be compared (`lacking`: enough transitions, a model
    that knows the facts; the claim says from where on): **not comparable at this scale**. The numbers are shown all
    the same.
2.  Several numbers, one for each definition that the paper does not tell apart: each is judged alone. If the verdicts
    are the same, that is the verdict; if not: **depends on definition**.
3.  `equal`, `at_least`, `at_most`: the band is [v - tol, v + tol], [v - tol, ∞) or (-∞, v + tol].
    - the whole interval is outside: **same direction** when it is ahead of every control (and there are some), else
      **contradicted**;
    - x is outside, its interval reaches the band: **undecided**;
    - x is inside, and a control does as well: **matched by a control**;
    - x is inside, but not ahead of a control: **undecided**; ahead of all: **reproduced**.
4.  `direction`: only the side is claimed, relative to n and to every control.
    - ahead of all: **reproduced**; but **same direction** where the claim has a value and a tolerance, and the whole
      interval lies outside of the band;
    - the whole interval is on the wrong side of n, or, where there is no n, of a control: **contradicted**;
    - ahead of n, but a control does as well: **matched by a control**;
    - otherwise, and where no interval was computed: **undecided**.

Where the verdict is undecided the reason tells what could have been seen: the effect that a repeat of this size would
find in 80 of 100 cases, 1.43 half widths of the interval. Comparisons with a band allow a rounding slack of
1e-9 max(1, |v|), so that a decimal on its edge counts as inside.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lmphys.book.claims import Claim
from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval

REPRODUCED = "reproduced"
MATCHED = "matched by a control"
SAME_DIRECTION = "same direction"
CONTRADICTED = "contradicted"
UNDECIDED = "undecided"
DEPENDS = "depends on definition"
NOT_COMPARABLE = "not comparable at this scale"
VERDICTS = (REPRODUCED, MATCHED, SAME_DIRECTION, CONTRADICTED, UNDECIDED, DEPENDS, NOT_COMPARABLE)

NO_EFFECT = "no effect"

Number = float | Interval
Numbers = Number | Mapping[str, Number]


@dataclass(frozen=True)
class Verdict:
    """One of `VERDICTS`, and the computed reason for it."""

    word: str
    reason: str

    def __str__(self) -> str:
        return self.word


def verdict(
    claim: Claim, obtained: Numbers, controls: Mapping[str, Numbers] | None = None, *, lacking: str = ""
) -> Verdict:
    """Verdict on a claim by the rule in the docstring of the module.

    Args:
        claim: what the paper reports.
        obtained: our number in the claim's unit, or its 95 % interval; for several definitions one for each, by name.
        controls: name to what a null gives, likewise; for several definitions one number for all, or one for each
            (controls that are only shown may lack some).
        lacking: what this run lacks to be compared with the paper, as a number beside the one that is needed; empty
            where nothing is.

    Raises:
        LmphysError: a number is not finite, an interval is reversed, a required control is missing, a control has no
            number for a definition, or one number is given where the claim has several definitions. Other claims may
            be given several, where the paper leaves them open.
    """
    each = verdicts(claim, obtained, controls)
    if not claim.comparable:
        return Verdict(NOT_COMPARABLE, claim.why_not)
    if lacking:
        return Verdict(NOT_COMPARABLE, lacking)
    first = next(iter(each.values()))
    if len(each) == 1:
        return first
    if len({found.word for found in each.values()}) > 1:
        return Verdict(DEPENDS, "; ".join(f"{name}: {found.word}, {found.reason}" for name, found in each.items()))
    if len({found.reason for found in each.values()}) > 1:
        return Verdict(first.word, "; ".join(f"{name}: {found.reason}" for name, found in each.items()))
    return Verdict(first.word, f"under every definition: {first.reason}")


def verdicts(claim: Claim, obtained: Numbers, controls: Mapping[str, Numbers] | None = None) -> dict[str, Verdict]:
    """The verdict under each definition, as if the claim were comparable; one, named "", where there is one only.

    Arguments and errors as `verdict`.
    """
    controls = dict(controls or {})
    missing = [name for name in claim.controls if name not in controls]
    if missing and claim.comparable:
        given = ", ".join(controls) or "none"
        raise LmphysError(f"claim {claim.id} lacks the control {missing[0]!r} (given: {given}); pass it, spelt so")
    several = isinstance(obtained, Mapping)
    if claim.comparison == "multiple_definitions" and not several:
        raise LmphysError(f"claim {claim.id} has several definitions; give a number for each")
    numbers = dict(obtained) if isinstance(obtained, Mapping) else {"": obtained}
    if several and len(numbers) < 2:
        raise LmphysError(f"claim {claim.id} has several definitions, {len(numbers)} given; give at least two")
    found: dict[str, Verdict] = {}
    for name, number in numbers.items():
        mine = {}
        for control, numbers_of in controls.items():
            if isinstance(numbers_of, Mapping) and not several:
                raise LmphysError(f"control {control} of claim {claim.id} has numbers by name, the claim one; give one")
            if isinstance(numbers_of, Mapping) and name not in numbers_of:
                if not claim.sign:  # it is only shown
                    continue
                raise LmphysError(f"control {control} of claim {claim.id} has no number for {name!r}; give one")
            own = numbers_of[name] if isinstance(numbers_of, Mapping) else numbers_of
            mine[control] = _interval(own, f"control {control}")
        found[name] = _judge(claim, _interval(number, f"claim {claim.id}{name and ', '}{name}"), mine)
    return found


def _interval(number: Number, what: str) -> Interval:
    """A number with its ends; the percentiles of a biased statistic need not hold its value, so they are widened."""
    try:
        parts = [float(part) for part in (number if isinstance(number, Interval) else (number,) * 3)]
    except (TypeError, ValueError) as error:
        raise LmphysError(f"{what} is {number!r}, not a number") from error
    if not all(map(math.isfinite, parts)):
        raise LmphysError(f"{what} is {parts}: a verdict needs finite numbers; look for empty or constant data")
    value, low, high = parts
    if low > high:
        raise LmphysError(f"the interval [{low}, {high}] of {what} is reversed; order its ends")
    return Interval(value, min(low, value), max(high, value))


def _judge(claim: Claim, x: Interval, controls: dict[str, Interval]) -> Verdict:
    return _direction(claim, x, controls) if claim.comparison == "direction" else _band(claim, x, controls)


def _ahead(x: Interval, c: Interval, sign: int) -> bool:
    """Whether the whole of x lies on the claimed side of the whole of c."""
    return bool(x.low > c.high if sign > 0 else x.high < c.low)


def _limits(claim: Claim) -> tuple[float, float]:
    """Ends of the band of the claimed value."""
    slack = claim.tolerance + 1e-9 * max(1.0, abs(claim.value))
    floor = -math.inf if claim.comparison == "at_most" else claim.value - slack
    return floor, math.inf if claim.comparison == "at_least" else claim.value + slack


def _strongest(x: Interval, references: Mapping[str, Interval], sign: int) -> str:
    """Name and number of the reference that x is least ahead of."""
    name = min(references, key=lambda n: (sign * (x.value - references[n].value), n))
    return f"{name} ({references[name].value:.3g})"


def _as_far(sign: int) -> str:
    """What a control does that lies on the claimed side of our number, or equals it."""
    return "is as large or larger" if sign > 0 else "is as small or smaller"


def _visible(x: Interval) -> str:
    seen = 1.43 * (x.high - x.low) / 2
    return f"an effect of {seen:.2g} would be seen in 80 of 100 repeats" if seen > 0 else "no interval was computed"


def _band(claim: Claim, x: Interval, controls: dict[str, Interval]) -> Verdict:
    sign = claim.sign
    references = controls if sign else {}
    open_ = {name: c for name, c in references.items() if not _ahead(x, c, sign)}
    as_well = {name: c for name, c in open_.items() if sign * (x.value - c.value) <= 0}
    floor, ceiling = _limits(claim)
    if x.low > ceiling or x.high < floor:
        if references and not open_:
            return Verdict(SAME_DIRECTION, "beats every control, but the whole interval is outside the tolerance")
        also = f", and {_strongest(x, as_well, sign)} {_as_far(sign)}" if as_well else ""
        return Verdict(CONTRADICTED, f"the whole interval is outside the tolerance{also}")
    if not floor <= x.value <= ceiling:
        return Verdict(UNDECIDED, f"only the interval reaches the claimed value; {_visible(x)}")
    if as_well:
        return Verdict(MATCHED, f"the value agrees, but {_strongest(x, as_well, sign)} {_as_far(sign)}")
    if open_:
        return Verdict(UNDECIDED, f"agrees, but not beyond {_strongest(x, open_, sign)} for certain; {_visible(x)}")
    told = "beats every control" if references else "no control to beat"
    return Verdict(REPRODUCED, f"agrees within the tolerance; {told}")


def _direction(claim: Claim, x: Interval, controls: dict[str, Interval]) -> Verdict:
    sign = claim.sign or (1 if claim.value > 0 else -1)
    side = "above" if sign > 0 else "below"
    null = None if claim.null is None else Interval(claim.null, claim.null, claim.null)
    references = controls if null is None else {NO_EFFECT: null, **controls}
    if not x.low < x.high:
        return Verdict(UNDECIDED, f"{x.value:.3g}, and {_visible(x)}")
    open_ = {name: c for name, c in references.items() if not _ahead(x, c, sign)}
    if not open_:
        floor, ceiling = _limits(claim) if claim.tolerance and math.isfinite(claim.value) else (-math.inf, math.inf)
        if x.low > ceiling or x.high < floor:
            return Verdict(SAME_DIRECTION, f"{side} {_listed(references)}, but of another size than claimed")
        return Verdict(REPRODUCED, f"the whole interval is {side} {_listed(references)}")
    decisive = controls if null is None else {NO_EFFECT: null}
    wrong = {name: c for name, c in decisive.items() if _ahead(x, c, -sign)}
    if wrong:
        return Verdict(CONTRADICTED, f"the whole interval is on the other side of {_strongest(x, wrong, sign)}")
    as_well = {name: c for name, c in controls.items() if sign * (x.value - c.value) <= 0}
    if null is not None and NO_EFFECT not in open_ and as_well:
        return Verdict(MATCHED, f"{side} no effect, but {_strongest(x, as_well, sign)} {_as_far(sign)}")
    return Verdict(UNDECIDED, f"not {side} {_strongest(x, open_, sign)} for certain; {_visible(x)}")


def _listed(references: Mapping[str, Interval]) -> str:
    if list(references) == [NO_EFFECT]:
        return NO_EFFECT
    return "every control" + (" and no effect" if NO_EFFECT in references else "")
