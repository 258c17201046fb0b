"""Checks of numbers that a user gives as settings: a boolean is no number, and NaN passes every comparison."""

import math

from lmphys.core.errors import LmphysError


def whole(name: str, value: object, *, least: int | None = None) -> None:
    """Raise LmphysError where a setting is no whole number, or below the least one."""
    if type(value) is not int or (least is not None and value < least):
        bound = "" if least is None else f" of at least {least}"
        raise LmphysError(f"{name} is {value!r}; give a whole number{bound}")


def real(name: str, value: object, *, least: float, most: float = math.inf, above: bool = False) -> None:
    """Raise LmphysError where a setting is no finite number from `least` to `most`, or, if `above`, is `least`."""
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not math.isfinite(value)
        or not least <= value <= most
        or (above and value == least)
    ):
        lower = "above" if above else "of at least"
        upper = f" and at most {most:g}" if math.isfinite(most) else ""
        raise LmphysError(f"{name} is {value!r}; give a number {lower} {least:g}{upper}")
