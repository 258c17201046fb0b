"""The ledger across models for a terminal, and for a page that a phone can show."""

import html
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lmphys.book.across import HEADLINE_FILE, MODEL, OWN, Across, Headline, across_models, suited
from lmphys.book.card import QUANTITIES, cards, told
from lmphys.book.forest import paper_names
from lmphys.book.ledger import raw_html, verdict_badge
from lmphys.book.ledgers import read_ledgers
from lmphys.book.summary import brief, paper_text
from lmphys.core.errors import LmphysError

_NOTHING = "–"


def terminal_table(found: Across) -> Table:
    """Claims of models as rows, models as columns; then those of no model, with one number each."""
    table = Table("claim", "paper", *(column.head for column in found.columns), "with size", show_lines=True)
    for headline in _of(found, MODEL):
        cells = [_cell(headline, found.row(headline, column)) for column in found.columns]
        table.add_row(headline.label, _paper(headline), *cells, _trends(found, headline))
    return table


def own_table(found: Across) -> Table:
    """The claims that are not of a language model, with one number each."""
    table = Table("claim", "paper", "here", show_lines=True)
    for headline in _of(found, OWN):
        table.add_row(headline.label, _paper(headline), _cell(headline, found.row(headline)))
    return table


def notes(found: Across) -> list[str]:
    """Where each column comes from, and what adds another."""
    lines = [f"{column.name}: {'; '.join(column.origins)}" for column in found.columns]
    return [*lines, f"another column: {command(found)}"]


def command(found: Across, model: str = "X") -> str:
    """What a model has to run for a whole column."""
    return f"lmphys run {' '.join(found.pages)} --model {model}"


def models_page(root: Path) -> str:
    """Markdown of the page on models: the table, where its columns come from, and the claims of no model."""
    found = across_models(root)
    if not found.columns:
        return "No model has been run yet.\n"
    names = paper_names(root)
    head = ["claim", *(column.head for column in found.columns), "with size"]
    rows = [_html_row(root, found, headline, names) for headline in _of(found, MODEL)]
    own = [
        [_html_claim(root, headline, found.row(headline), names), _html_cell(headline, found.row(headline))]
        for headline in _of(found, OWN)
    ]
    origins = [f"- `{column.name}`: {'; '.join(column.origins)}." for column in found.columns]
    parts = [
        _counted(found),
        raw_html(stacked_table(head, rows)),
        "Where the columns come from:\n\n" + "\n".join(origins),
        *_physics(root),
        "## Claims that no language model decides\n\n"
        "These are of worlds with known laws, or of models that a page trains for its question. They are the same "
        "whatever `--model` says.",
        raw_html(stacked_table(["claim", "here"], own)),
    ]
    return "\n\n".join(parts) + "\n"


def _physics(root: Path) -> list[str]:
    """The cards of all models as a table, in the order of the columns."""
    known = sorted(cards(root, read_ledgers(root)).values(), key=lambda card: card.column.place)
    if not known:
        return []
    rows = []
    for quantity in QUANTITIES:
        first = f"{html.escape(quantity.label)}<small>{html.escape(quantity.meaning)}</small>"
        values = [card.values.get(quantity.label) for card in known]
        rows.append([first, *(html.escape(told(value)) if value else _NOTHING for value in values)])
    head = ["quantity", *(card.column.head for card in known)]
    return [
        "## The physics of the models\n\n`lmphys card MODEL` writes a column of this as a page.",
        raw_html(stacked_table(head, rows)),
    ]


def _counted(found: Across) -> str:
    told = []
    for column in found.columns:
        n = sum(found.row(headline, column) is not None for headline in _of(found, MODEL))
        told.append(f"`{column.name}` has {n}")
    return f"Of {len(_of(found, MODEL))} claims {', '.join(told)}."


def _of(found: Across, of: str) -> list[Headline]:
    return [headline for headline in found.headlines if headline.of == of]


def _paper(headline: Headline) -> str:
    return f"{headline.claim.paper}: {paper_text(headline.claim)}"


def _number(headline: Headline, row: Mapping[str, Any]) -> str:
    return brief(row["obtained"], row["interval"]) + (f" {headline.claim.unit}" if headline.claim.unit else "")


def _aside(row: Mapping[str, Any]) -> str:
    """What a cell says besides, where it is not of the profile `quick` or not as the page is by itself."""
    return ", ".join(filter(None, ["" if row["profile"] == "quick" else row["profile"], suited(row)]))


def _cell(headline: Headline, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return _NOTHING
    aside = _aside(row)
    return f"{row['verdict']}\n{_number(headline, row)}" + (f"\n({aside})" if aside else "")


def _trends(found: Across, headline: Headline) -> str:
    size, step = (found.trend(headline, axis) for axis in ("size", "step"))
    return "\n".join(filter(None, [str(size) if size else "", f"with training {step}" if step else ""])) or _NOTHING


def _html_cell(headline: Headline, row: Mapping[str, Any] | None) -> str:
    if row is None:
        return _NOTHING
    aside = _aside(row)
    small = f"<small>{html.escape(aside)}</small>" if aside else ""
    return f"{verdict_badge(row['verdict'])} <span>{html.escape(_number(headline, row))}</span>{small}"


def _html_claim(root: Path, headline: Headline, row: Mapping[str, Any] | None, names: Mapping[str, str]) -> str:
    """Label, what the paper says, and a link to the page."""
    paper = f"{names.get(headline.claim.paper, headline.claim.paper)}: {paper_text(headline.claim)}"
    label = html.escape(headline.label)
    if row is not None and (root / "book" / "chapters" / f"{row['page']}.ipynb").is_file():
        label = f'<a href="chapters/{row["page"]}.html">{label}</a>'
    return f"{label}<small>{html.escape(paper)}</small>"


def _html_row(root: Path, found: Across, headline: Headline, names: Mapping[str, str]) -> list[str]:
    rows = [found.row(headline, column) for column in found.columns]
    first = next((row for row in rows if row is not None), None)
    cells = [_html_cell(headline, row) for row in rows]
    return [_html_claim(root, headline, first, names), *cells, html.escape(_trends(found, headline))]


def stacked_table(head: list[str], rows: list[list[str]]) -> str:
    """HTML of a table whose rows a narrow screen shows one below the other, each cell with its column's name.

    Args:
        head: names of the columns.
        rows: cells as HTML; empty ones (a dash) are left out where the screen is narrow.
    """
    body = []
    for first, *others in rows:
        cells = [f'<th scope="row">{first}</th>']
        for name, cell in zip(head[1:], others, strict=True):
            empty = ' class="nothing"' if cell == _NOTHING else ""
            cells.append(f'<td data-label="{html.escape(name)}"{empty}>{cell}</td>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    names = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    return (
        '<div class="lmphys-table lmphys-stacked"><table class="table">'
        f"<thead><tr>{names}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )


def print_across(root: Path, folder: Path | None, model: str | None, form: str) -> None:
    """Print the ledger across models.

    Args:
        root: of the project.
        folder: with further ledgers.
        model: the only column.
        form: `table`, `csv` or `json`.

    Raises:
        LmphysError: no claims are chosen, or as `across_models`.
    """
    found = across_models(root, folder, model)
    if not found.headlines:
        raise LmphysError(f"no headline claims: {HEADLINE_FILE} is missing or empty; restore it with git")
    if form != "table":
        table = found.table()
        text = (
            table.to_csv(index=False) if form == "csv" else table.to_json(orient="records", indent=1, force_ascii=False)
        )
        print(str(text).rstrip("\n"))
        return
    if not found.rows:
        print("no rows yet: lmphys run, or lmphys build, records them")
        return
    width = None if sys.stdout.isatty() else max(160, 34 * (len(found.columns) + 2))
    console = Console(width=width, highlight=False, markup=False)
    console.print(terminal_table(found))
    for line in notes(found):
        console.print("-", line, soft_wrap=True)
    if model is None:
        console.print("\nThe same whatever the language model is:")
        console.print(own_table(found))
