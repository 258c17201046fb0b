"""Everything that the gas of texts is asked, of one file of texts: what `lmphys texts` prints."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.stats.interval import Interval
from lmphys.thermo.mixing import susceptibility_table
from lmphys.thermo.paths import forecast_table, future, held_out_texts, text_paths, time_paths
from lmphys.thermo.relative import PAIRS, SINGLE, STATES, Comparison, compare_sources
from lmphys.thermo.sources import off_the_ladder, source_table, text_table
from lmphys.thermo.windows import Windows

WAYS = (STATES, SINGLE, PAIRS)
_DEALINGS = 6


@dataclass(frozen=True, eq=False)
class Survey:
    """Tables of texts and sources; what could not be told is None, and a note says why.

    Attributes:
        by: column that names the sources.
        texts: as `text_table`.
        sources: as `source_table`.
        comparison: held-out log densities of windows under each source.
        permuted: way of seeing -> relative entropy of sources that are dealt out anew; the ends are the least and the
            largest of several dealings.
        susceptibility: as `susceptibility_table`.
        path: what the steps of the path are, "time" or "text".
        forecasts: as `forecast_table`.
        notes: one line each.
    """

    by: str
    texts: pd.DataFrame
    sources: pd.DataFrame
    comparison: Comparison | None
    permuted: Mapping[str, Interval]
    susceptibility: pd.DataFrame | None
    path: str
    forecasts: pd.DataFrame | None
    notes: tuple[str, ...]

    def relative_entropies(self, *, seed: int = 0) -> pd.DataFrame:
        """Mean relative entropy between sources, nats a window, in each way of seeing, beside sources dealt out anew.

        Raises:
            LmphysError: the sources could not be compared.
        """
        if self.comparison is None:
            raise LmphysError(f"there are no two {self.by}s to compare; give texts of several")
        rows = {}
        for way in WAYS:
            found, null = self.comparison.relative_entropy(way, seed=seed), self.permuted[way]
            right = self.comparison.accuracy(way, seed=seed)
            rows[way] = {
                "nats": float(found.value),
                "nats_low": float(found.low),
                "nats_high": float(found.high),
                "permuted": float(null.value),
                "permuted_low": float(null.low),
                "permuted_high": float(null.high),
                "accuracy": float(right.value),
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("seen through")

    def record(self) -> dict[str, Any]:
        """All of it as JSON values; what is no number is null."""
        record: dict[str, Any] = {
            "by": self.by,
            "texts": _rows(self.texts),
            "sources": _rows(self.sources.reset_index()),
            "path": self.path,
            "notes": list(self.notes),
        }
        if self.comparison is not None:
            record["relative_entropy"] = _rows(self.relative_entropies().reset_index())
            record["relative_entropy_by_pair"] = {
                "sources": self.comparison.names,
                **{way: np.round(self.comparison.matrix(way), 4).tolist() for way in WAYS},
            }
        for name, table in (("susceptibility", self.susceptibility), ("forecasts", self.forecasts)):
            record[name] = None if table is None else _rows(table.reset_index())
        return record


def survey_texts(windows: Windows, *, by: str = "source", bins: int = 30, seed: int = 0) -> Survey:
    """Ask everything of windows that were read.

    Paths are in time where the texts have times, else along the windows of each text.

    Args:
        windows: of `read_windows`.
        by: column that names the sources, `source` or `author`.
        bins: steps of a path in time at most.
        seed: of folds, dealings and intervals.
    """
    notes = list(windows.left_out)
    texts, sources = text_table(windows), source_table(windows, by=by, seed=seed)
    beyond = [str(name) for name in sources.index if off_the_ladder(float(sources.loc[name, "T"]))]
    if beyond:
        notes.append(f"the temperature of {', '.join(beyond)} lies beyond the scale (0.42 to 2.83): its end is shown")
    comparison, permuted, susceptibility = None, {}, None
    try:
        comparison = compare_sources(windows, by=by, seed=seed)
        permuted = permuted_entropies(windows, by=by, seed=seed)
        susceptibility = susceptibility_table(windows, by=by, seed=seed)
    except LmphysError as error:
        notes.append(f"sources are not compared: {error}")
    forecasts = None
    path = "time" if bool(windows.table["time"].notna().any()) else "text"
    try:
        parts = (
            future(time_paths(windows, by=by, bins=bins))
            if path == "time"
            else held_out_texts(text_paths(windows), seed=seed)
        )
        forecasts = forecast_table(parts, seed=seed)
    except LmphysError as error:
        notes.append(f"no path is forecast: {error}")
    return Survey(by, texts, sources, comparison, permuted, susceptibility, path, forecasts, tuple(notes))


def permuted_entropies(windows: Windows, *, by: str = "source", seed: int = 0) -> dict[str, Interval]:
    """Relative entropy of sources that are dealt out anew, mean over dealings, from the least to the largest."""
    dealings = [compare_sources(windows, by=by, seed=seed + 1 + i, permuted=True) for i in range(_DEALINGS)]
    found = {}
    for way in WAYS:
        values = [float(dealing.relative_entropy(way).value) for dealing in dealings]
        found[way] = Interval(float(np.mean(values)), min(values), max(values))
    return found


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values: numbers to six digits, what is not finite as None."""
    return [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if np.isfinite(value) else None
    return str(value)
