"""What the page has judged: rows for the models that are in the table of points."""

from typing import Any

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.book.verdicts import Number
from lmphys.pages.capacity.points import PEOPLE, over, peak
from lmphys.pages.capacity.precision import lost_share, slopes

LONG = ("capacity-1800-long", "capacity-2400-long")
# Claim to the recipes whose bits a parameter are divided: the first by the second.
RATIOS = {
    "capacity.size.width": ("capacity-wide", "capacity-narrow"),
    "capacity.mlp.gated": ("capacity-1800-plain", "capacity-1800"),
    "capacity.mlp.quarter": ("capacity-quarter", "capacity-1800-plain"),
    "capacity.mlp.none": ("capacity-1800-plain", "capacity-attention"),
    "capacity.junk.plain": ("capacity-junk", "capacity-narrow"),
    "capacity.junk.marked": ("capacity-junk-marked", "capacity-narrow"),
}


def ratios(points: pd.DataFrame, over_recipe: str, under_recipe: str) -> pd.Series:
    """Bits learned a parameter of one recipe over those of another, seed by seed, for the seeds that both have."""
    R = points.set_index(["recipe", "seed"])["R"].unstack("recipe")
    if not {over_recipe, under_recipe} <= set(R):
        return pd.Series(dtype=float)
    return (R[over_recipe] / R[under_recipe]).dropna()


def missing(points: pd.DataFrame) -> list[str]:
    """Recipes that a claim needs and the table lacks."""
    wanted = dict.fromkeys([*PEOPLE, *LONG[-1:], *(name for pair in RATIOS.values() for name in pair)])
    return [name for name in wanted if name not in set(points["recipe"])]


def entries(points: pd.DataFrame) -> list[Entry]:
    """Rows for every claim whose models are in the table.

    Args:
        points: of `read_points`.
    """
    best = points[points["recipe"] == peak(points)]
    found = [_peak("capacity.peak.100", best)]
    long = points[points["recipe"].isin(LONG)]
    if len(long):
        name = long.groupby("recipe")["R"].mean().idxmax()
        long = long[long["recipe"] == name]
        found.append(_peak("capacity.peak.1000", long, {"100 exposures": _number(best["R"])}))
    highest = points.iloc[int(points["R"].argmax())]
    text = f"{highest['recipe']}, seed {highest['seed']}; the largest of {len(points)} models"
    found += [Entry("capacity.peak.bound", float(highest["R"]), {}, text), *_rounding(best, long)]
    return [*found, *_ratios(points)]


def _peak(claim: str, part: pd.DataFrame, more: dict[str, Number] | None = None) -> Entry:
    controls = {name: _number(part[name]) for name in ("untrained", "strangers")}
    n, most = part["people"].iloc[0], part["R_max"].mean()
    return Entry(
        claim, _number(part["R"]), {**controls, **(more or {})}, f"{n:,} people, R_max {most:.2f}; {_seeds(part)}"
    )


def _rounding(best: pd.DataFrame, long: pd.DataFrame) -> list[Entry]:
    """Losses at 8 and 4 bits, after as many exposures as there are models for, and how they fall with the step."""
    parts = {"100 exposures": best, **({"1,000 exposures": long} if len(long) else {})}
    each = {bits: {name: _number(lost_share(part, bits)) for name, part in parts.items()} for bits in (8, 4)}
    lost: dict[int, Any] = each if len(parts) > 1 else {bits: found["100 exposures"] for bits, found in each.items()}
    told = "; ".join(f"{name}: {_seeds(part)}" for name, part in parts.items())
    return [
        Entry("capacity.rounding.int8", lost[8], {"4 bits": lost[4]}, told),
        Entry("capacity.rounding.int4", lost[4], {"8 bits": lost[8]}, told),
        Entry(
            "capacity.rounding.slope",
            _number(slopes(best)),
            {"noise of the same size": _number(slopes(best, "noise"))},
            _seeds(best),
        ),
    ]


def _ratios(points: pd.DataFrame) -> list[Entry]:
    found = []
    plain = ratios(points, *RATIOS["capacity.junk.plain"])
    for claim, pair in RATIOS.items():
        each = ratios(points, *pair)
        if each.empty or (claim == "capacity.junk.marked" and plain.empty):
            continue
        controls = {"without the word": _number(plain)} if claim == "capacity.junk.marked" else {}
        lacking = "" if len(each) > 1 else "one seed, where a comparison needs two or more"
        found.append(Entry(claim, _number(each), controls, _counted(len(each)), lacking))
    return found


def _number(values: pd.Series) -> Number:
    """Mean over seeds with its interval, where there is more than one."""
    found = over(values)
    return found if len(values) > 1 else float(found.value)


def _seeds(part: pd.DataFrame) -> str:
    return _counted(part["seed"].nunique())


def _counted(n: int) -> str:
    return f"{n} seed{'s' if n > 1 else ''}"
