"""Formulas as answers: roots, powers, intervals, unknowns. `math-verify` reads and compares them."""

import functools
import logging
import re
import threading
from typing import Any

_PATIENCE = 5  # seconds
# Figures, signs and single letters, or a command of LaTeX; words of two letters and more make a text.
_COMMAND = re.compile(
    r"\\\{|\\(?:[dt]?frac|sqrt|pi|cdot|times|infty|ln|log|sin|cos|tan|in|cup|le|ge|pm|begin|text|left)(?![a-zA-Z])"
)
_HUGE = re.compile(r"\^\s*\{?\s*\d{4,}|\^[^^]*\^\s*\{?\s*\d|\d{3,}!|\d{400,}")
_ROOT = re.compile(r"√\s*\(?\s*(\w+)\s*\)?")
_FORMULA = re.compile(
    r"[\d\s+\-−*/^_().,=<>\[\]{}|!%√π∞]*(?:(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])[\d\s+\-−*/^_().,=<>\[\]{}|!√π∞]*)*"
)


def is_formula(text: str) -> bool:
    """Whether a text is a formula that is more than a number in figures."""
    text = text.strip().strip("$").rstrip(".")
    if _COMMAND.search(text):
        return True
    return bool(re.search(r"\d", text) and re.search(r"[+*/^=(\[√π]|\d[a-z]", text) and _FORMULA.fullmatch(text))


@functools.lru_cache(maxsize=4096)
def equal_formulas(given: str, right: str) -> bool:
    """Whether two formulas are equal; False where one of them cannot be read, or not within `_PATIENCE` seconds.

    Powers too high to be worked out are compared by their signs alone.
    """
    if _HUGE.search(given) or _HUGE.search(right):
        return "".join(given.split()) == "".join(right.split())
    from math_verify import parse, verify  # sympy takes a second to import

    # Its clock is a signal, which only the main thread may set.
    patience = _PATIENCE if threading.current_thread() is threading.main_thread() else None
    logging.getLogger("math_verify").setLevel(logging.CRITICAL)

    def read(text: str) -> list[Any]:
        text = _ROOT.sub(r"\\sqrt{\1}", text.strip().strip("$").rstrip(".")).replace("π", r"\pi ").replace("−", "-")
        return parse(f"${text}$", parsing_timeout=patience) or parse(text, parsing_timeout=patience)

    return bool(verify(read(right), read(given), timeout_seconds=patience))
