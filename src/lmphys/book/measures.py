"""Numbers of a model that no claim is about: what a page measures for the model's card, beside its ledger rows."""

import difflib
import json
from pathlib import Path
from typing import Any

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

# Name to what is measured.
MEASURES = {
    "heat_capacity.peak": "temperature at which the heat capacity of the next token peaks, median over places",
    "energy.ratio": "Q, the variance of an energy over those of its two terms, for each energy",
    "table.isotropy": "smallest singular value of the output table over the root mean square one",
    "warning.auroc": "AUROC with which surprise and regimes alone tell what is to come",
}


def check_measure(name: str) -> None:
    """Refuse a name that stands for no measure.

    Raises:
        LmphysError: it does; suggests the nearest.
    """
    if name not in MEASURES:
        close = difflib.get_close_matches(name, MEASURES, 1, 0.4) or list(MEASURES)
        raise LmphysError(f"no measure {name!r} in lmphys.book.measures; use {', '.join(close)}")


def read_measures(path: Path) -> list[dict[str, Any]]:
    """Measures of one ledger file, as they were written; none where it has none.

    Raises:
        LmphysError: it is damaged.
    """
    with given(path, "delete it and run its page again", "is no ledger file"):
        return list(json.loads(path.read_text(encoding="utf-8")).get("measures", []))
