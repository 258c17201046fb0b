"""The ledger: every number that the book sets beside a number of a paper, with the computed verdict."""

import html
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lmphys.book.claims import Claim, find_claim, load_claims
from lmphys.book.measures import check_measure, read_measures
from lmphys.book.verdicts import NOT_COMPARABLE, Numbers, Verdict, verdict, verdicts
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import listed, model_name, model_slug, write_atomically
from lmphys.core.paths import project_root
from lmphys.stats.interval import Interval

# Parameters that suit a page to a model, as a base model needs another prompt: columns, and no other experiment.
SUITED = ("prompt", "layer", "max_tokens")
COLUMNS = (
    *("claim", "paper", "place", "statement", "unit", "value", "comparison", "tolerance", "obtained", "interval"),
    *(
        "controls",
        "control_intervals",
        "verdict",
        "reason",
        "lacking",
        "note",
        "page",
        "model",
        "profile",
        "seed",
        *SUITED,
        "date",
    ),
)


def _taken_apart(obtained: Numbers) -> tuple[Any, Any]:
    """The number or numbers, and the ends of the intervals that there are, as JSON values."""
    if isinstance(obtained, Mapping):
        parts = {str(name): _taken_apart(item) for name, item in obtained.items()}
        ends = {name: interval for name, (_, interval) in parts.items() if interval is not None}
        return {name: number for name, (number, _) in parts.items()}, ends or None
    if isinstance(obtained, Interval):
        return float(obtained.value), [float(obtained.low), float(obtained.high)]
    return float(obtained), None


def put_together(obtained: Any, interval: Any) -> Numbers:
    """The numbers of a row with their intervals, as they were recorded."""
    if isinstance(obtained, Mapping):
        ends = interval if isinstance(interval, Mapping) else {}
        return {name: put_together(number, ends.get(name)) for name, number in obtained.items()}  # type: ignore[misc]
    return float(obtained) if interval is None else Interval(float(obtained), *map(float, interval))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _numbers(values: Iterable[Any]) -> Iterator[float]:
    """All numbers in numbers, intervals, and either by name."""
    for value in values:
        if isinstance(value, Mapping):
            yield from _numbers(value.values())
        elif isinstance(value, Interval):
            yield from map(float, value)
        else:
            yield float(value)


def format_number(value: Any) -> str:
    """A number, or numbers by name, to three digits; a dash where there is none."""
    if value is None or value != value:
        return "–"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {format_number(item)}" for name, item in value.items())
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def format_obtained(obtained: Any, interval: Any = None) -> str:
    """Numbers as `format_number`, each with its interval."""
    if isinstance(obtained, Mapping):
        ends = interval if isinstance(interval, Mapping) else {}
        return "; ".join(f"{name}: {format_obtained(x, ends.get(name))}" for name, x in obtained.items())
    return format_number(obtained) + (
        f" [{format_number(interval[0])}, {format_number(interval[1])}]" if interval else ""
    )


def format_claimed(value: float, comparison: str, tolerance: float, unit: str = "") -> str:
    """What a paper reports, with the tolerance in which a number agrees, and whether only the side of it is judged."""
    bound, margin = {"at_least": ("≥ ", "−"), "at_most": ("≤ ", "+")}.get(comparison, ("", "±"))
    if value != value:
        return "side only"
    slack = f" {margin} {format_number(tolerance)}" if tolerance else ""
    side = f" ({'side, then size' if tolerance else 'side only'})" if comparison == "direction" else ""
    return f"{bound}{format_number(value)}{slack}{unit and f' {unit}'}{side}"


def verdict_badge(word: str) -> str:
    """HTML of a verdict; the style sheet of the book colours it by its class, the word itself says the same."""
    return f'<span class="verdict verdict-{html.escape(word.replace(" ", "-"))}">{html.escape(word)}</span>'


def ledger_html(table: pd.DataFrame, raw: tuple[str, ...] = ()) -> str:
    """HTML of a table with the columns of `readable`, and others."""
    badged = table.assign(verdict=table["verdict"].map(verdict_badge))
    return scrolling_table(badged, raw=("verdict", *raw), css="lmphys-table lmphys-ledger")


def scrolling_table(table: pd.DataFrame, raw: tuple[str, ...] = (), css: str = "lmphys-table") -> str:
    """HTML of a table that scrolls sideways on a narrow screen, on one line.

    Args:
        table: Cells are shown by `str`.
        raw: Columns that are HTML already.
        css: Classes of the box around the table.
    """
    head = "".join(f"<th>{html.escape(str(name))}</th>" for name in table.columns)
    rows = []
    for values in table.itertuples(index=False):
        cells = (str(v) if n in raw else html.escape(str(v)) for n, v in zip(table.columns, values, strict=True))
        rows.append("<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>")
    body = "".join(rows).replace("\n", " ")
    return (
        f'<div class="{css}" style="overflow-x: auto"><table class="table">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def raw_html(html_text: str) -> str:
    """HTML as a block of a Markdown page."""
    return f"```{{raw}} html\n{html_text}\n```\n"


def readable(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns claim, verdict, paper, here, controls, reason, as text, of rows with the columns of `read_ledger`."""

    def row(r: Any) -> dict[str, str]:
        unit = f" {r.unit}" if r.unit else ""
        return {
            "claim": f"{r.statement} ({r.claim})",
            "verdict": r.verdict,
            "paper": f"{format_claimed(r.value, r.comparison, r.tolerance, r.unit)}, {r.paper} {r.place}",
            "here": format_obtained(r.obtained, r.interval) + unit,
            "controls": format_number(r.controls) if r.controls else "–",
            "reason": r.reason + (f" ({r.note})" if r.note else ""),
        }

    columns = ["claim", "verdict", "paper", "here", "controls", "reason"]
    return pd.DataFrame([row(r) for r in rows.itertuples(index=False)], columns=columns)


class LedgerTable:
    """A ledger that a notebook shows as a table and a terminal as text."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows

    def _repr_html_(self) -> str:
        return ledger_html(readable(self.rows))

    def __repr__(self) -> str:
        return readable(self.rows).to_string(index=False)


class Entry(NamedTuple):
    """What a page wants to be judged: the arguments of `Ledger.record`, as the page's own package computes them."""

    claim: str
    obtained: Numbers
    controls: Mapping[str, Numbers] = MappingProxyType({})
    note: str = ""
    lacking: str = ""


class Finding(str):
    """A text that a notebook shows as Markdown."""

    def _repr_markdown_(self) -> str:
        return str(self)


class Ledger:
    """Rows of one page for one model and profile.

    Rows are written as they are recorded, one JSON file for page, model and profile under `runs/ledger/`. While the
    runner runs a page, they wait in the folder `$LMPHYS_LEDGER_FOLDER` until the whole page has succeeded. Where a
    notebook is run by hand, its file ends in `--by-hand` and its rows have no seed.
    """

    def __init__(self, page: str, model: str, profile: str, claims: Mapping[str, Claim], path: Path) -> None:
        self.page, self.model, self.profile, self.claims, self.path = page, model, profile, claims, path
        self._recorded: list[str] = []

    @classmethod
    def for_page(cls, page: str, *, model: str, profile: str) -> "Ledger":
        """Ledger of a page of the project around the working folder.

        Args:
            page: `<part>/<slug>`.
            model: Model spec that the numbers belong to.
            profile: smoke, quick or full.
        """
        root = project_root()
        name = f"{page.replace('/', '-')}--{model_slug(model)}--{profile}"
        staged = os.environ.get("LMPHYS_LEDGER_FOLDER")
        # Rows of a notebook that someone tries by hand must not replace those of the book.
        path = Path(staged) / f"{name}.json" if staged else root / "runs" / "ledger" / f"{name}--by-hand.json"
        return cls(page, model, profile, load_claims(root), path)

    def record(
        self,
        claim_id: str,
        obtained: Numbers,
        *,
        controls: Mapping[str, Numbers] | None = None,
        note: str = "",
        lacking: str = "",
    ) -> Verdict:
        """Compare a number with a claim, keep the row, and return the verdict (`verdicts.verdict` says how).

        Args:
            claim_id: A row of `data/claims/*.csv`.
            obtained: Our number, in the claim's unit, or its `Interval` (95 %); one for each definition, by name, where
                the claim has several.
            controls: Name to what a null gives, likewise.
            note: A remark for the reader.
            lacking: What this run lacks to be compared with the paper, as in `verdicts.verdict`.

        Raises:
            LmphysError: there is no such claim (suggests the nearest), or a number is not finite.
        """
        claim = find_claim(self.claims, claim_id)
        found = verdict(claim, obtained, controls, lacking=lacking)
        numbers, interval = _taken_apart(obtained)
        apart = {name: _taken_apart(control) for name, control in (controls or {}).items()}
        row = {
            **{name: getattr(claim, name) for name in ("paper", "place", "statement", "unit", "comparison")},
            "claim": claim.id,
            "value": None if claim.value != claim.value else claim.value,
            "tolerance": claim.tolerance,
            "obtained": numbers,
            "interval": interval,
            "controls": {name: number for name, (number, _) in apart.items()},
            "control_intervals": {name: ends for name, (_, ends) in apart.items() if ends is not None},
            "verdict": found.word,
            "reason": found.reason,
            "lacking": lacking,
            "note": note,
            **{name: getattr(self, name) for name in ("page", "model", "profile")},
            **dict.fromkeys(("seed", *SUITED)),  # the runner knows them, and fills them in
            "date": _now(),
        }
        rows = {**{kept["claim"]: kept for kept in self._rows()}, claim.id: row}
        self._write(rows=list(rows.values()))
        if claim.id not in self._recorded:
            self._recorded.append(claim.id)
        return found

    def measure(self, name: str, obtained: Numbers, note: str = "") -> None:
        """Keep a number of the model that no claim is about, for its card (`lmphys.book.measures`).

        What does not exist in this run is left out.

        Args:
            name: one of `lmphys.book.measures.MEASURES`.
            obtained: the number or its 95 % `Interval`; several by name.
            note: A remark for the reader.

        Raises:
            LmphysError: there is no such measure.
        """
        check_measure(name)
        if not all(np.isfinite(number) for number in _numbers([obtained])):
            return
        number, interval = _taken_apart(obtained)
        row = {"measure": name, "obtained": number, "interval": interval, "note": note}
        row |= {part: getattr(self, part) for part in ("page", "model", "profile")}
        row |= {**dict.fromkeys(("seed", *SUITED)), "date": _now()}
        kept = [kept for kept in read_measures(self.path) if kept["measure"] != name] if self.path.exists() else []
        self._write(measures=[*kept, row])

    def _write(self, **parts: list[dict[str, Any]]) -> None:
        content = {"rows": self._rows(), "measures": read_measures(self.path) if self.path.exists() else []}
        write_atomically(self.path, json.dumps(content | parts, indent=1, allow_nan=False))

    def record_all(self, entries: Iterable[Entry]) -> None:
        """Record entries in turn; one with a number that does not exist in this run is left out, and named."""
        for claim, obtained, controls, note, lacking in entries:
            if all(np.isfinite(number) for number in _numbers([obtained, *controls.values()])):
                self.record(claim, obtained, controls=controls, note=note, lacking=lacking)
            else:
                print(f"{claim}: no verdict, as there is too little data for one of its numbers; ask more questions")

    def finding(self, text: str) -> "Finding":
        """What the page found, in words, with numbers and verdicts of rows that it has recorded.

        The cell that shows it is tagged `finding`; the runner also sets it at the top of the page.

        Args:
            text: Markdown in which `{claim.id}` is our number with its interval, `{claim.id:paper}` the claimed one,
                `{claim.id:verdict}` the verdict and `{claim.id:controls}` what the controls give. A row that could not
                be judged in this run reads *not judged here*.

        Raises:
            LmphysError: there is no such claim.
        """
        rows = {row.claim: row for row in typed_rows(self._rows()).itertuples(index=False)}

        def filled(match: re.Match[str]) -> str:
            claim, part = find_claim(self.claims, match["claim"]), match["part"] or "here"
            if claim.id not in rows:
                return "*not judged here*"
            row = rows[claim.id]
            parts = {
                "here": format_obtained(row.obtained, row.interval),
                "paper": format_number(row.value),
                "verdict": str(row.verdict),
                "controls": format_number(row.controls),
            }
            if part not in parts:
                raise LmphysError(f"{{{claim.id}:{part}}} is unknown; use one of {', '.join(parts)}")
            return parts[part]

        return Finding(re.sub(r"\{(?P<claim>[a-z]\w*(?:\.\w+)+)(?::(?P<part>\w+))?\}", filled, text))

    def _rows(self) -> list[dict[str, Any]]:
        return read_rows(self.path) if self.path.exists() else []

    def show(self) -> LedgerTable:
        """The rows that were recorded through this object, as a table."""
        rows = {row["claim"]: row for row in self._rows()}
        return LedgerTable(pd.DataFrame([rows[claim] for claim in self._recorded], columns=list(COLUMNS)))


def judged_again(claim: Claim, row: Mapping[Any, Any]) -> dict[str, Verdict]:
    """The verdict of a row under each definition, from its numbers."""
    ends = row.get("control_intervals")
    ends = ends if isinstance(ends, Mapping) else {}
    controls = {name: put_together(number, ends.get(name)) for name, number in row["controls"].items()}
    return verdicts(claim, put_together(row["obtained"], row["interval"]), controls)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Rows of one file, as they were written.

    Raises:
        LmphysError: it is damaged.
    """
    with given(path, "delete it and run its page again", "is no ledger file"):
        return list(json.loads(path.read_text(encoding="utf-8"))["rows"])


def typed_rows(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows as they are written, as a table with the columns of `read_ledger`."""
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"value": float, "seed": "Int64"})
    table["lacking"] = table["lacking"].fillna("")  # rows from before there was such a column
    table = table.astype(dict.fromkeys(("obtained", "interval", "controls", "control_intervals"), object))
    suited = {name: [row.get(name) for row in rows] for name in SUITED}  # whole numbers, and none where there is none
    return table.assign(**{name: pd.Series(values, dtype=object) for name, values in suited.items()})


def read_ledger(root: Path, model: str | None = None) -> pd.DataFrame:
    """All rows of all runs, of one model if given: one row for claim, page, model, profile and seed, in that order;
    claims that cannot be compared come last.

    Columns are `COLUMNS`; `obtained`, `interval` and `controls` hold Python values, NaN in `value` means no value.

    Raises:
        LmphysError: a file is damaged, or no run was made with `model`.
    """
    rows = [row for path in listed(root / "runs" / "ledger", "*.json") for row in read_rows(path)]
    table = typed_rows(rows)
    if model is not None:
        models = sorted(set(table["model"]))
        table = table[(table["model"] == model) | (table["model"].map(model_name) == model_name(model))]
        if table.empty:
            ran = ", ".join(models) or "none"
            raise LmphysError(
                f"no ledger rows of model {model!r} (there are rows of: {ran}); lmphys run --model {model}"
            )
    return by_claim(table)


def by_claim(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in the order of claims, pages and models; claims that cannot be compared last."""
    order = ["last", "claim", "page", "model", "profile", "seed"]
    last = rows["verdict"] == NOT_COMPARABLE
    return rows.assign(last=last).sort_values(order, ignore_index=True).drop(columns="last")
