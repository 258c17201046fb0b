"""The book on one page: questions about each paper in plain words, answered by the ledger alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import Chapter, toc_files
from lmphys.book.claims import KINDS, Claim, find_claim, load_claims
from lmphys.book.ledger import format_claimed, format_number, format_obtained, judged_again
from lmphys.book.record import book_records
from lmphys.book.reference import book_rows
from lmphys.book.verdicts import DEPENDS, NOT_COMPARABLE, VERDICTS
from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError

SUMMARY_FILE = Path("book", "summary.csv")
# The verdict comes early: on a narrow screen the columns to the right are out of sight.
COLUMNS = ("section", "question", "verdict", "paper", "here", "controls", "why", "page")
_PLURAL = {
    "reading": "readings of this book, of which the paper says nothing",
    "identity": "identities, which cannot fail",
    "critique": "numbers of the paper that cannot be",
}
# More definitions than these are told by their range; the ledger has each.
_SHOWN = 2


@dataclass(frozen=True)
class Question:
    """A row of the summary.

    Attributes:
        section: heading that it stands under.
        text: the question, in plain words.
        claim: id of the claim that answers it.
    """

    section: str
    text: str
    claim: str


def read_questions(root: Path, claims: Mapping[str, Claim]) -> list[Question]:
    """The questions of `book/summary.csv`, columns section, question, claim; none where there is no such file.

    Raises:
        LmphysError: it has other columns, names an unknown claim, or one twice.
    """
    path = root / SUMMARY_FILE
    if not path.is_file():
        return []
    with given(path, "restore it: git checkout book"):
        table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != ["section", "question", "claim"]:
        raise LmphysError(f"{SUMMARY_FILE} has columns {', '.join(table.columns)}; it needs section, question, claim")
    twice = table["claim"][table["claim"].duplicated()]
    if len(twice):
        raise LmphysError(f"{SUMMARY_FILE} asks twice for {twice.iloc[0]}; keep one of the rows")
    for name in table["claim"]:
        find_claim(claims, name)
    return [Question(*row) for row in table.itertuples(index=False)]


def summarise(questions: list[Question], rows: pd.DataFrame, claims: Mapping[str, Claim]) -> pd.DataFrame:
    """The answers.

    Args:
        questions: in the order of the page.
        rows: of the ledger, columns as `read_ledger`; the first row of a claim answers.
        claims: by id.

    Returns:
        A row a question, columns `COLUMNS`, as text. A question that no row answers has the verdict "not run".
    """
    answers = rows.drop_duplicates("claim").set_index("claim")
    table = []
    for question in questions:
        claim = claims[question.claim]
        entry: dict[str, str] = {"section": question.section, "question": question.text, "paper": paper_text(claim)}
        if claim.id in answers.index:
            row = answers.loc[claim.id].to_dict()
            entry |= {
                "here": brief(row["obtained"], row["interval"]) + (f" {claim.unit}" if claim.unit else ""),
                "controls": "; ".join(f"{name} {brief(value)}" for name, value in row["controls"].items()) or "–",
                "verdict": row["verdict"],
                "why": why(claim, row),
                "page": row["page"],
            }
        else:
            entry |= {"here": "–", "controls": "–", "verdict": "not run", "why": "no page recorded it", "page": ""}
        table.append(entry)
    return pd.DataFrame(table, columns=list(COLUMNS))


def in_order_of_pages(rows: pd.DataFrame, pages: Sequence[str]) -> pd.DataFrame:
    """Ledger rows in the order in which a reader meets them: where pages repeat a claim, the first one answers.

    Args:
        rows: columns as `read_ledger`.
        pages: of the table of contents, `chapters/<part>/<slug>`.
    """
    place = {page.removeprefix("chapters/"): number for number, page in enumerate(pages)}
    return rows.sort_values("page", key=lambda page: page.map(place), kind="stable", ignore_index=True)


def rows_of_book(root: Path, chapters: Sequence[Chapter]) -> pd.DataFrame:
    """Ledger rows of the pages in the book of the project in `root`, in the order in which a reader meets them."""
    return in_order_of_pages(book_rows(root, book_records(chapters)), toc_files(root))


def paper_text(claim: Claim) -> str:
    """What the paper reports, and where."""
    claimed = format_claimed(claim.value, claim.comparison, claim.tolerance, claim.unit)
    return f"{claimed}, {claim.place}"


def brief(obtained: Any, interval: Any = None) -> str:
    """A number with its interval; of more than two definitions the least and the greatest."""
    if not isinstance(obtained, Mapping) or len(obtained) <= _SHOWN:
        return format_obtained(obtained, interval)
    low, high = min(obtained.values()), max(obtained.values())
    return f"{format_number(low)} to {format_number(high)}"


def why(claim: Claim, row: Mapping[Any, Any]) -> str:
    """One sentence on the verdict of a ledger row, computed from its numbers by the rule that gives the verdict."""
    if not claim.comparable:
        return f"{claim.why_not}."
    if row.get("lacking"):
        return f"{row['lacking']}."
    each = judged_again(claim, row)
    if len(each) == 1:
        return f"{next(iter(each.values())).reason}."
    names = defaultdict(list)
    for name, found in each.items():
        names[found.word].append(name)
    if len(names) == 1:
        reasons = {found.reason for found in each.values()}
        return f"under each of {len(each)} definitions" + (f": {reasons.pop()}." if len(reasons) == 1 else ".")
    ordered = sorted(names, key=VERDICTS.index)
    return "; ".join(f"{word} under {_listed(names[word])}" for word in ordered) + "."


def _listed(names: list[str]) -> str:
    if len(names) > _SHOWN:
        return f"{len(names)} definitions"
    return " and ".join(f"“{name}”" for name in names)


def untested(rows: pd.DataFrame, claims: Mapping[str, Claim], paper: str) -> pd.DataFrame:
    """Claims of a paper that no row judges, grouped by the reason: columns claims, reason, examples."""
    seen = set(rows["claim"])
    reasons = defaultdict(list)
    for claim in claims.values():
        if claim.paper == paper and claim.id not in seen:
            reasons[claim.why_not or "no page of this book has recorded it yet"].append(claim.statement)
    table = [
        {"claims": len(found), "reason": reason, "examples": "; ".join(found[:2]) + ("; …" if len(found) > 2 else "")}
        for reason, found in sorted(reasons.items(), key=lambda item: -len(item[1]))
    ]
    return pd.DataFrame(table, columns=["claims", "reason", "examples"])


def counts(verdicts_found: pd.Series) -> str:
    """How many rows have each verdict, in the order of the rule: "3 reproduced, 5 undecided"."""
    found = verdicts_found.value_counts()
    order = [*VERDICTS, *sorted(set(found.index) - set(VERDICTS))]
    return ", ".join(f"{found[word]} {word}" for word in order if word in found)


def headline(rows: pd.DataFrame, claims: Mapping[str, Claim], paper: str) -> str:
    """One sentence: how many claims of the paper were tested here, and how they came out."""
    mine = rows[rows["paper"] == paper].drop_duplicates("claim")
    judged = mine[mine["verdict"] != NOT_COMPARABLE]
    kinds = judged["claim"].map(lambda name: claims[name].kind if name in claims else "claim")
    own = judged[kinds == "claim"]
    total = sum(claim.paper == paper and claim.kind == "claim" for claim in claims.values())
    text = f"Of {total} claims of the paper, {len(own)} can be judged on this model"
    if judged.empty:
        return f"{text}: no page has recorded one yet."
    text += f": {counts(own['verdict'])}." if len(own) else "."
    if DEPENDS in set(own["verdict"]):
        text += " Where a verdict depends on the definition, the paper does not say which it used."
    for kind in (name for name in KINDS if name != "claim"):
        words = judged["verdict"][kinds == kind]
        if len(words):
            text += f" Apart from these, {_PLURAL[kind]}: {counts(words)}."
    return text


@dataclass(frozen=True, eq=False)
class Summary:
    """What became of one paper.

    Attributes:
        paper: its key in the list of references.
        headline: one sentence.
        table: see `summarise`.
        untested: see the function of that name.
    """

    paper: str
    headline: str
    table: pd.DataFrame
    untested: pd.DataFrame

    def markdown(self) -> str:
        """Headline and table as Markdown, a heading for each section: a text that can be sent to anyone."""
        parts = [f"## {self.paper}", self.headline]
        columns = list(COLUMNS[1:-1])
        for section, rows in self.table.groupby("section", sort=False):
            lines = [" | ".join(columns), " | ".join(["---"] * len(columns))]
            lines += [" | ".join(str(value).replace("|", "\\|") for value in row) for row in rows[columns].to_numpy()]
            parts.append(f"### {section}\n\n" + "\n".join(f"| {line} |" for line in lines))
        return "\n\n".join(parts) + "\n"


def summaries_of_book(root: Path, chapters: Sequence[Chapter]) -> list[Summary]:
    """The questions of the project in `root`, answered by the pages in its book, paper by paper in their order.

    Raises:
        LmphysError: the file of questions is damaged.
    """
    claims = load_claims(root)
    by_paper = defaultdict(list)
    for question in read_questions(root, claims):
        by_paper[claims[question.claim].paper].append(question)
    rows = rows_of_book(root, chapters)
    return [
        Summary(paper, headline(rows, claims, paper), summarise(asked, rows, claims), untested(rows, claims, paper))
        for paper, asked in by_paper.items()
    ]
