"""What the page has found, for the ledger and in words."""

from collections.abc import Mapping

import pandas as pd


def chosen_numbers(picked: Mapping[str, pd.DataFrame]) -> dict[str, dict[str, float]]:
    """Numbers of components by criterion and shape, as the ledger takes them, for each corpus.

    Args:
        picked: corpus to what `count_components` returns.
    """
    return {
        name: {
            f"{criterion}, {shape}": float(row[criterion])
            for shape, row in table.iterrows()
            for criterion in ("BIC", "AIC")
        }
        for name, table in picked.items()
    }


def summary(standing: pd.Series, winner: pd.Series, aligned: pd.DataFrame, left_over: pd.DataFrame) -> pd.Series:
    """What the regimes are, in words.

    Args:
        standing: shape of the components to whether the paper's number stands out.
        winner: of `contest_by_rank`, the row of the real chains in all dimensions.
        aligned: of `LabelledSteps.align`, all steps.
        left_over: the same of the steps of one token.
    """

    def beyond(table: pd.DataFrame) -> pd.Series:
        return table[table["verdict"] == "beyond position"]["nmi"].sort_values(ascending=False)

    following = [f"{name} ({value:.2f})" for name, value in beyond(aligned).items()]
    rows = {
        f"the paper's number stands out (shapes of {len(standing)})": str(int(standing.sum())),
        "best mixture against one Student t, nats": f"{winner.excess:.2f} [{winner.low:.2f}, {winner.high:.2f}]",
        "labels that tell more than place, most first": ", ".join(following) or "none",
        "the same, where the tokens are equal": ", ".join(map(str, beyond(left_over).index)) or "none",
    }
    return pd.Series(rows, name="found")
