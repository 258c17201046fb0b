"""How the case stands, in a few computed sentences: what is decided, what is open, what only another scale can tell."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.book.chapter import Chapter
from lmphys.book.claims import Claim, load_claims
from lmphys.book.ledger import format_obtained
from lmphys.book.summary import brief, counts, rows_of_book
from lmphys.book.verdicts import NOT_COMPARABLE, UNDECIDED

# What the paper that was reproduced first stands on: regimes that help to see the next step coming.
_GAIN, _PLANTED, _SCORE = "slds.slds.gain", "slds.positive_control.here", "slds.slds.r2_table"
# The same in a corpus of the paper's size.
_LARGE, _LARGE_PLANTED = "slds.scale.gain", "slds.positive_control.paper_size"
_HONEST, _SEEN, _NULL = "predictive, R² of h", "oracle, R² of h", "Gaussian surrogates"


def standing_of_book(root: Path, chapters: Sequence[Chapter]) -> str:
    """The same of the pages in the book of the project in `root`, each claim answered by the first page that has it."""
    return standing(rows_of_book(root, chapters), load_claims(root))


def standing(rows: pd.DataFrame, claims: Mapping[str, Claim]) -> str:
    """The sentences, as Markdown; empty where no row was recorded.

    Args:
        rows: of the ledger, in the order of the pages, columns as `read_ledger`; the first row of a claim answers.
        claims: by id.
    """
    answers = rows.drop_duplicates("claim")
    first = answers[[name in claims and claims[name].kind == "claim" for name in answers["claim"]]]
    if first.empty:
        return ""
    words = first["verdict"]
    decided = first[~words.isin((UNDECIDED, NOT_COMPARABLE))]
    papers = first["paper"].nunique()
    parts = [
        f"**Decided here**: {len(decided)} of {len(first)} claims of {papers} paper{'s' * (papers > 1)} "
        f"({counts(decided['verdict']) or 'none yet'}).",
        f"**Undecided**: {(words == UNDECIDED).sum()}, where the data tell neither the claim nor what would refute it; "
        "each row says which effect would have been seen.",
        f"**Left to another scale**: {(words == NOT_COMPARABLE).sum()}, each with what this one lacks.",
    ]
    return " ".join(parts) + _regimes(answers.set_index("claim"), claims)


def _regimes(rows: pd.DataFrame, claims: Mapping[str, Claim]) -> str:
    """The claim that the book began with, where its rows are there."""
    if _GAIN not in rows.index:
        return ""
    gain = rows.loc[_GAIN]
    text = (
        "\n\nThe claim that the book began with: regimes that switch between linear maps add "
        f"{claims[_GAIN].value:+.2g} to the variance explained of the next sentence. Forecast honestly they add "
        f"{format_obtained(gain['obtained'], gain['interval'])} here: *{gain['verdict']}*."
    )
    if _PLANTED in rows.index:
        planted = rows.loc[_PLANTED]
        text += f" Regimes planted into the same states add {brief(planted['obtained'], planted['interval'])}."
    if _LARGE in rows.index and rows.loc[_LARGE, "verdict"] != NOT_COMPARABLE:
        large = rows.loc[_LARGE]
        text += (
            f" In a corpus of the paper's size they add {format_obtained(large['obtained'], large['interval'])}: "
            f"*{large['verdict']}*."
        )
        if _LARGE_PLANTED in rows.index:
            planted = rows.loc[_LARGE_PLANTED]
            text += f" Planted ones add {brief(planted['obtained'], planted['interval'])} there."
    return text + (_hindsight(rows.loc[_SCORE]) if _SCORE in rows.index else "")


def _hindsight(score: Any) -> str:
    """What weights that have seen the target are worth, with and without regimes to be found."""
    ours, null = score["obtained"], score["controls"].get(_NULL)
    if not all(isinstance(numbers, Mapping) and {_HONEST, _SEEN} <= set(numbers) for numbers in (ours, null)):
        return ""
    both = [(numbers[_SEEN] - numbers[_HONEST]) for numbers in (ours, null)]
    return (
        f" Weights that have seen the step which they forecast change the score by {both[0]:+.2f}, and by "
        f"{both[1]:+.2f} on chains that have no regimes: a score means nothing without saying which weights it used."
    )
