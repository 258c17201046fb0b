"""The physics of a model on one page: a few numbers that can be compared across models."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lmphys.book.across import Column, column_of
from lmphys.book.ledger import format_number, put_together
from lmphys.book.ledgers import Ledgers, best_first, pages_in_order, read_ledgers
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_name
from lmphys.stats.interval import Interval

Values = Mapping[str, float | Interval]
_HONEST, _SEEN, _LINE = "predictive, R² of h", "oracle, R² of h", "one linear map"


@dataclass(frozen=True)
class Quantity:
    """A number of the card.

    Attributes:
        label: what it is called.
        meaning: what it says, in a sentence.
        page: chapter that computes it.
        source: id of the claim or name of the measure that holds it.
        read: from the row to the numbers by name; None where the row does not hold them.
        mark: the number that means nothing special; a line in the picture.
    """

    label: str
    meaning: str
    page: str
    source: str
    read: Callable[[Mapping[str, Any]], Values | None]
    mark: float | None = None


def _all(row: Mapping[str, Any]) -> Values | None:
    found = put_together(row["obtained"], row["interval"])
    return found if isinstance(found, Mapping) else {"": found}


def _shares(row: Mapping[str, Any]) -> Values | None:
    names = {"states, other questions": "states", "increments, other questions": "steps"}
    found = _all(row) or {}
    return {short: found[name] for name, short in names.items() if name in found} or None


def _leak(row: Mapping[str, Any]) -> Values | None:
    """What weights that have seen the step add to one linear map."""
    line = row["controls"].get(_LINE)
    if not all(isinstance(numbers, Mapping) and _SEEN in numbers for numbers in (row["obtained"], line)):
        return None
    return {"": float(row["obtained"][_SEEN] - line[_SEEN])}


QUANTITIES = (
    Quantity(
        "Temperature of the heat-capacity peak",
        "where one more degree of sampling temperature takes most heat; below 1, sampling draws from the tail",
        "thermo/boltzmann", "heat_capacity.peak", _all, 1.0,
    ),
    Quantity(
        "Q of each energy",
        "variance of an energy over those of its two terms: 0 where it is conserved, 1 where they are unrelated",
        "mechanics/conservation", "energy.ratio", _all, 1.0,
    ),
    Quantity(
        "Variance in 40 directions",
        "share that forty directions hold on questions that did not choose them",
        "reasoning/manifold", "slds.rank40.variance", _shares,
    ),
    Quantity(
        "Gain of regimes, honest",
        "R² of the next state that regimes add to one linear map, forecast from the past",
        "reasoning/fitting", "slds.slds.gain", _all, 0.0,
    ),
    Quantity(
        "Gain of regimes, leaking",
        "the same with weights that have seen the step that they forecast: no forecast",
        "reasoning/fitting", "slds.slds.r2_table", _leak, 0.0,
    ),
    Quantity(
        "Isotropy of the output table",
        "smallest singular value over the root mean square one, as it is and centred: 1 where all directions are alike",
        "thermo/random_walk", "table.isotropy", _all, 1.0,
    ),
    Quantity(
        "AUROC of the warning",
        "how well surprise and regimes after a few sentences tell a wrong answer: 0.5 is chance",
        "reasoning/early_warning", "warning.auroc", _all, 0.5,
    ),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Card:
    """The quantities of one model.

    Attributes:
        column: the model.
        values: of each of `QUANTITIES`, by its label; those that were not measured are missing.
        notes: of the rows, likewise.
    """

    column: Column
    values: Mapping[str, Values]
    notes: Mapping[str, str]

    def missing(self, spec: str) -> str:
        """The command that measures what is missing; empty where nothing is."""
        pages = [quantity.page for quantity in QUANTITIES if quantity.label not in self.values]
        return f"lmphys run {' '.join(dict.fromkeys(pages))} --model {spec}" if pages else ""


def told(values: Values) -> str:
    """The numbers with their intervals, each after its name."""
    return "; ".join(f"{name} {_told(value)}".strip() for name, value in values.items())


def _told(value: float | Interval) -> str:
    if isinstance(value, Interval):
        return f"{format_number(value.value)} [{format_number(value.low)}, {format_number(value.high)}]"
    return format_number(value)


def cards(root: Path, ledgers: Ledgers) -> dict[str, Card]:
    """The cards of all models that have a number on theirs, by name."""
    pages = pages_in_order(root)
    rows = best_first(ledgers.rows, pages).drop_duplicates(["claim", "page", "model"])
    measures = best_first(ledgers.measures, pages)
    records = {(row["claim"], row["page"], row["model"]): row for row in rows.to_dict("records")}
    for row in reversed(measures.to_dict("records")):
        records[row["measure"], row["page"], row["model"]] = row
    values: dict[str, dict[str, Values]] = {}
    notes: dict[str, dict[str, str]] = {}
    for quantity in QUANTITIES:
        for (source, page, model), row in records.items():
            found = (
                quantity.read({str(k): v for k, v in row.items()})
                if (source, page) == (quantity.source, quantity.page)
                else None
            )
            if found:
                values.setdefault(model, {})[quantity.label] = found
                few = "profile smoke, whose numbers mean nothing" if row["profile"] == "smoke" else ""
                notes.setdefault(model, {})[quantity.label] = "; ".join(filter(None, [row["note"], few]))
    return {model: Card(column_of(model, ledgers), values[model], notes[model]) for model in values}


def card_of(root: Path, model: str, folder: Path | None = None) -> tuple[Card, dict[str, Card]]:
    """The card of a model, and those of the others.

    Args:
        root: of the project.
        model: its spec or name.
        folder: with further ledgers; None: no other.

    Raises:
        LmphysError: nothing is known of the model.
    """
    found = cards(root, read_ledgers(root, folder))
    mine = found.pop(model_name(model), None)
    if mine is None:
        pages = " ".join(dict.fromkeys(quantity.page for quantity in QUANTITIES))
        have = ", ".join(sorted(found)) or "none"
        raise LmphysError(
            f"nothing is recorded of model {model!r} (there are cards of: {have}); lmphys run {pages} --model {model}"
        )
    return mine, found


def markdown(card: Card, others: Mapping[str, Card], spec: str, picture: str) -> str:
    """The card as Markdown, its random twin beside it where that was run.

    Args:
        card: of the model.
        others: cards by name.
        spec: of the model, for the commands.
        picture: name of the picture's file beside this one.
    """
    twin = others.get(f"random:{card.column.name}")
    head = ["quantity", "here", *(["random weights"] if twin else []), "what it says", "page"]
    lines = [head, ["---"] * len(head)]
    for quantity in QUANTITIES:
        here = card.values.get(quantity.label)
        cells = [quantity.label, told(here) if here else f"not measured: `lmphys run {quantity.page} --model {spec}`"]
        if twin:
            other = twin.values.get(quantity.label)
            cells.append(told(other) if other else "–")
        note = card.notes.get(quantity.label)
        lines.append([*cells, quantity.meaning + (f" ({note})" if note else ""), quantity.page])
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    origins = "\n".join(f"- {origin}" for origin in card.column.origins)
    parts = [f"# The physics of {card.column.head}", f"![{card.column.name}]({picture})", table, "Measured:", origins]
    missing = card.missing(spec)
    return "\n\n".join([*parts, *([f"What is missing: `{missing}`"] if missing else [])]) + "\n"
