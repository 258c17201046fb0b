"""The numbers of the paper beside each other: its table, its figure, and what a logarithm makes of it."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root


@dataclass(frozen=True, eq=False)
class Paper:
    """Accuracies in per cent that Awadhiya 2026 reports.

    Attributes:
        figure: read off Fig. 2, indexed by the number of chains K, from 1: columns `gibbs` and `majority`.
        table: rows of Table 1, indexed by the vote: `chains`, `accuracy`, `questions`.
        earlier: accuracies by vote of Table 1 of Wang et al. 2022, who tried likelihood weights.
    """

    figure: pd.DataFrame
    table: pd.DataFrame
    earlier: pd.Series

    @property
    def n_chains(self) -> int:
        """Chains in the votes of the table."""
        return int(self.table.chains["majority"])

    @property
    def n_questions(self) -> int:
        """Questions behind the table."""
        return int(self.table.questions["majority"])

    @property
    def standard_error(self) -> float:
        """Binomial standard error of the table's majority vote, points."""
        p = self.table.accuracy["majority"] / 100
        return 100 * math.sqrt(p * (1 - p) / self.n_questions)

    @property
    def gain(self) -> float:
        """What the weights gain over the majority vote, by the table, points."""
        return float(self.table.accuracy["1/E²"] - self.table.accuracy["majority"])

    def logarithm(self) -> tuple[float, float]:
        """A and b of a + b ln K through the figure's majority votes of more than one chain, per cent."""
        b, a = np.polyfit(np.log(self.figure.index[1:]), self.figure.majority[1:], 1)
        return float(a), float(b)

    def summary(self) -> pd.Series:
        """Table beside figure, and the figure beside what chance allows; points, or per cent."""
        majority, K = self.figure.majority, self.n_chains
        a, b = self.logarithm()
        left = float(self.figure.gibbs[K] - majority[K])
        rise = float(majority[2] - majority[1])
        away = np.abs(majority - a - b * np.log(self.figure.index))[1:]
        return pd.Series(
            {
                f"majority of {K}, table": self.table.accuracy["majority"],
                f"majority of {K}, figure": majority[K],
                "a single chain, figure": majority[1],
                "gain of the weights, table": self.gain,
                "gain of the weights, figure": left,
                "share of the table's gain that the figure leaves, %": 100 * left / self.gain,
                "standard error of one accuracy": self.standard_error,
                "one question": 100 / self.n_questions,
                "farthest from a + b ln K, K > 1": away.max(),
                "gain of a majority of two over one, figure": rise,
                "chains without an answer that would explain it": 100 * rise / self.table.accuracy["majority"],
            },
            name="points, or per cent",
        )


def read_paper(folder: Path | None = None) -> Paper:
    """Read the committed numbers.

    Args:
        folder: where from; None: `data/figures` of the book around the working folder.

    Raises:
        LmphysError: outside a checkout, or a file is missing.
    """
    folder = folder or project_root() / "data" / "figures"
    names = ("awadhiya2026_fig2", "awadhiya2026_table1", "wang2022_table1")
    try:
        figure, table, earlier = (pd.read_csv(folder / f"{name}.csv") for name in names)
    except OSError as error:
        raise LmphysError(f"a number of the paper cannot be read ({error}); restore it: git checkout data") from error
    return Paper(figure.set_index("K"), table.set_index("vote"), earlier.set_index("vote")["accuracy"])
