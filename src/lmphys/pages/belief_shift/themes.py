"""Themes of misinformation, each with its correction, and plain statements whose truth everyone knows."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root

KINDS = ("true", "false", "neutral")
# Sentences of a chain in which the steps of the themes fit with room behind them; shorter chains scale them down.
_FITTING = 20


@dataclass(frozen=True)
class Theme:
    """A false claim, what is asked about its subject, and what is put into chains about it.

    Attributes:
        id: short name; those of Fig. 5 are the names in `data/claims`.
        kind: what sort of misinformation it is.
        question: a neutral question about the subject.
        claim: the false claim.
        correction: what is known; it stands beside the claim wherever that is shown.
        steps: places (from 0) of the inserted sentences in a chain of `_FITTING` sentences or more.
        poison: sentences that repeat the claim as a rumour, one for each step.
        clean: neutral sentences of like length, one for each step.
    """

    id: str
    kind: str
    question: str
    claim: str
    correction: str
    steps: tuple[int, ...]
    poison: tuple[str, ...]
    clean: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.steps) == len(self.poison) == len(self.clean) or list(self.steps) != sorted(
            set(self.steps)
        ):
            raise LmphysError(f"theme {self.id}: give one poison and one clean sentence for each step, steps rising")

    def places(self, n_steps: int) -> tuple[int, ...]:
        """Places of the inserted sentences in a chain of `n_steps`: as they are, or scaled where it is short.

        None is the first sentence, so that every chain begins by itself, and no two coincide.

        Raises:
            LmphysError: the chain is too short to hold them.
        """
        scale = min(1.0, n_steps / _FITTING)
        found: list[int] = []
        for step in self.steps:
            found.append(max(round(step * scale), found[-1] + 1 if found else 1))
        if found[-1] >= n_steps:
            raise LmphysError(f"{n_steps} sentences cannot hold the insertions of theme {self.id}; take more")
        return tuple(found)


def load_themes(n: int | None = None, folder: Path | None = None) -> list[Theme]:
    """The first `n` themes, or all, of `data/belief_shift/themes.json`.

    Args:
        n: number of themes.
        folder: where the file is; None: that of the book around the working folder.

    Raises:
        LmphysError: the file is missing or damaged, or holds fewer themes.
    """
    file = _folder(folder) / "themes.json"
    try:
        rows = json.loads(file.read_text(encoding="utf-8"))["themes"]
        themes = [_theme(row) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LmphysError(f"{file} cannot be read ({error}); restore it: git checkout data") from error
    if n is not None and not 1 <= n <= len(themes):
        raise LmphysError(f"{n} themes wanted and {len(themes)} in {file}; ask for 1 to {len(themes)}")
    return themes[:n]


def load_statements(n_pairs: int | None = None, folder: Path | None = None) -> pd.DataFrame:
    """Plain statements: `id` (one for the two halves of a pair), `kind` (true, false or neutral), `statement`.

    Args:
        n_pairs: pairs of a true and a false statement; None: all. Neutral statements all come along.
        folder: as in `load_themes`.

    Raises:
        LmphysError: the file is missing or damaged.
    """
    file = _folder(folder) / "calibration.csv"
    try:
        table = pd.read_csv(file, dtype=str)
        neutral = table["kind"] == "neutral"
        if not table["kind"].isin(KINDS).all():
            raise ValueError(f"kinds other than {', '.join(KINDS)}")
    except (OSError, ValueError, KeyError) as error:
        raise LmphysError(f"{file} cannot be read ({error}); restore it: git checkout data") from error
    pairs = list(dict.fromkeys(table["id"][~neutral]))[:n_pairs]
    return table[neutral | table["id"].isin(pairs)].reset_index(drop=True)


def _theme(row: dict[str, Any]) -> Theme:
    """A theme from its JSON values, whose lists become tuples."""
    fields: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
    return Theme(**fields)


def _folder(folder: Path | None) -> Path:
    return folder or project_root() / "data" / "belief_shift"
