"""The ledger across models: the headline claims of every paper as rows, the models that were run as columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import find_chapters
from lmphys.book.claims import Claim, find_claim, load_claims
from lmphys.book.ledger import SUITED
from lmphys.book.ledgers import Ledgers, best_first, pages_in_order, read_ledgers
from lmphys.book.trend import Trend, trend_of
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.core.files import model_name
from lmphys.core.paths import RANDOM

HEADLINE_FILE = Path("book", "headline.csv")
MODEL, OWN = "model", "own"
# How a claim's numbers are looked up where the language model plays no part in them.
_ANY = ""


@dataclass(frozen=True)
class Headline:
    """A claim that speaks for its paper.

    Attributes:
        claim: what is compared.
        label: its number, in a few words.
        of: `model`, a property of the language model; `own`, of what the page trains or simulates by itself.
    """

    claim: Claim
    label: str
    of: str


def read_headlines(root: Path, claims: Mapping[str, Claim]) -> list[Headline]:
    """The rows of `book/headline.csv`, columns claim, of, label; none where there is no such file.

    Raises:
        LmphysError: it has other columns, names an unknown claim, or one twice.
    """
    path = root / HEADLINE_FILE
    if not path.is_file():
        return []
    with given(path, "restore it: git checkout book"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != ["claim", "of", "label"] or not set(table["of"]) <= {MODEL, OWN}:
        raise LmphysError(f"{HEADLINE_FILE} needs the columns claim, of ({MODEL} or {OWN}) and label; mend it")
    twice = table["claim"][table["claim"].duplicated()]
    if len(twice):
        raise LmphysError(f"{HEADLINE_FILE} has {twice.iloc[0]} twice; keep one of the rows")
    rows = table[["claim", "label", "of"]].to_numpy(dtype=str).tolist()
    return [Headline(find_claim(claims, claim), label, of) for claim, label, of in rows]


@dataclass(frozen=True)
class Column:
    """A model that was run.

    Attributes:
        name: its spec, without folders that only one machine has.
        size: number of its parameters; None where nothing tells it.
        step: of its training, where it is one of several checkpoints.
        twin: whether its weights are random.
        origins: where its rows come from, a line each.
    """

    name: str
    size: int | None
    step: int | None
    twin: bool
    origins: tuple[str, ...]

    @property
    def head(self) -> str:
        """Name and size."""
        return self.name if self.size is None else f"{self.name} ({_rounded(self.size)})"

    @property
    def place(self) -> tuple[Any, ...]:
        """What columns are ordered by: size, then step of training; random weights last."""
        size = float("inf") if self.size is None else self.size
        return self.twin, size, -1 if self.step is None else self.step, self.name


def _rounded(size: int) -> str:
    for unit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if size >= unit:
            return f"{size / unit:.3g}{name}"
    return str(size)


@dataclass(frozen=True, eq=False)
class Across:
    """Headline claims by models.

    Attributes:
        headlines: in the order of their file.
        columns: by size, then by step of training; random weights last.
        rows: of the ledger, by claim and name of the model; of claims that are not of the model the name is empty.
        pages: of the claims of the model, in the order of the book: what a further model has to run.
        defaults: page to what its parameters are where nobody says otherwise.
    """

    headlines: tuple[Headline, ...]
    columns: tuple[Column, ...]
    rows: Mapping[tuple[str, str], Mapping[str, Any]]
    pages: tuple[str, ...]
    defaults: Mapping[str, Mapping[str, Any]]

    def suited(self, row: Mapping[str, Any]) -> str:
        """What suits a row to its model, where it is not what the page does by itself: "prompt Q: {question}"."""
        usual = {"prompt": "chat", **self.defaults.get(row["page"], {})}
        return ", ".join(f"{name} {row[name]}" for name in SUITED if row[name] not in (None, usual.get(name)))

    def row(self, headline: Headline, column: Column | None = None) -> Mapping[str, Any] | None:
        """The ledger row of a claim for a model, or for none where the claim is not of the model."""
        name = _ANY if headline.of == OWN or column is None else column.name
        return self.rows.get((headline.claim.id, name))

    def trend(self, headline: Headline, axis: str = "size") -> Trend | None:
        """Trend of a claim's number with `size` over models or `step` over checkpoints; None below three.

        Random weights, runs of `smoke` and, over models, checkpoints do not count.
        """
        found = []
        for column in self.columns:
            row = self.row(headline, column)
            counts = not column.twin and (axis == "step" or column.step is None)
            counts = counts and row is not None and row["profile"] != "smoke"
            if counts and row is not None and getattr(column, axis) is not None:
                found.append((getattr(column, axis), row["obtained"]))
        return trend_of(*zip(*found, strict=True)) if found else None

    def table(self) -> pd.DataFrame:
        """A row a claim and model, with the columns of the ledger and those of the model and the trends."""
        table = []
        for headline in self.headlines:
            columns: Iterable[Column | None] = [None] if headline.of == OWN else self.columns
            trends = {f"trend_{axis}": _told(self.trend(headline, axis)) for axis in ("size", "step")}
            for column in columns:
                row = self.row(headline, column)
                if row is not None:
                    model: dict[str, Any] = {"size": None, "step": None, "random": None}
                    if column is not None:
                        model = {"size": column.size, "step": column.step, "random": column.twin}
                    table.append({"label": headline.label, "of": headline.of, **row, **model, **trends})
        return pd.DataFrame(table).astype({"size": "Int64", "step": "Int64"}) if table else pd.DataFrame()


def _told(trend: Trend | None) -> str:
    return "" if trend is None else str(trend)


def across_models(root: Path, folder: Path | None = None, model: str | None = None) -> Across:
    """Headline claims by the models of the recorded ledgers, of a folder of such ledgers, and of the reader's own runs.

    Of several rows of a claim and model the one counts that `lmphys.book.ledgers.best_first` has first.

    Args:
        root: of the project.
        folder: with further ledgers, such as a sweep leaves; None: no other.
        model: the only column, by its name or spec; None: all.

    Raises:
        LmphysError: a file is damaged, the folder has no ledger, or there is no row of the model.
    """
    claims = load_claims(root)
    headlines = read_headlines(root, claims)
    ledgers = read_ledgers(root, folder)
    order = pages_in_order(root)
    rows = _chosen(ledgers.rows, headlines, order)
    columns = [column_of(name, ledgers) for name in dict.fromkeys(name for _, name in rows if name != _ANY)]
    columns.sort(key=lambda column: column.place)
    if model is not None:
        wanted = [column for column in columns if column.name == model_name(model)]
        if not wanted:
            have = ", ".join(column.name for column in columns) or "none"
            raise LmphysError(
                f"no headline rows of model {model!r} (there are rows of: {have}); lmphys run --model {model}"
            )
        columns = wanted
    of_model = {headline.claim.id for headline in headlines if headline.of == MODEL}
    recorded: dict[str, set[str]] = {}
    for (claim, _), row in rows.items():
        if claim in of_model:
            recorded.setdefault(claim, set()).add(row["page"])
    firsts = {next(page for page in (*order, *sorted(pages)) if page in pages) for pages in recorded.values()}
    pages = tuple(page for page in order if page in firsts)
    defaults = {chapter.id: chapter.resolve({}) for chapter in find_chapters(root)}
    return Across(tuple(headlines), tuple(columns), rows, pages, defaults)


def _chosen(
    rows: pd.DataFrame, headlines: Sequence[Headline], pages: Sequence[str]
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The row that counts for each claim and model."""
    own = {headline.claim.id for headline in headlines if headline.of == OWN}
    rows = rows[rows["claim"].isin([headline.claim.id for headline in headlines])]
    if rows.empty:
        return {}
    rows = rows.assign(model=rows["model"].mask(rows["claim"].isin(own), _ANY))
    rows = best_first(rows, pages).drop_duplicates(["claim", "model"]).drop(columns="source")
    records: list[dict[str, Any]] = [{str(k): v for k, v in row.items()} for row in rows.to_dict("records")]
    return {(row["claim"], row["model"]): row for row in records}


def column_of(name: str, ledgers: Ledgers) -> Column:
    """A model by its name, with what the ledgers tell of it."""
    from lmphys.lm.adapters import REASONER, reasoner_steps

    match, step = REASONER.fullmatch(name), None
    if match:
        last = max(reasoner_steps())
        step = last if match["step"] is None else int(match["step"]) if match["step"].isdecimal() else None
    return Column(name, ledgers.size(name), step, RANDOM.fullmatch(name) is not None, ledgers.origins(name))
