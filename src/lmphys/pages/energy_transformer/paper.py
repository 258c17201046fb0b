"""Numbers of the paper beside each other."""

import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.paths import project_root

FILE = ("data", "figures", "gladstone2025.csv")
NO_THOUGHT, THOUGHT = 2, 30  # forward passes of Fig. 6a


def numbers() -> pd.DataFrame:
    """Rows of the paper: `exhibit`, `text`, `passes`, `transformer`, `energies`, perplexities.

    Raises:
        LmphysError: the file is missing or damaged.
    """
    path = project_root().joinpath(*FILE)
    with given(path, "restore it: git checkout data", "is damaged"):
        return pd.read_csv(path)


def shifts() -> pd.DataFrame:
    """Ratio of the perplexity of each text of Table 3 to that of the training text, beside the ratio in Fig. 7."""
    table = numbers().query("exhibit == 'Table 3'").set_index("text")[["transformer", "energies"]]
    ratios = (table / table.iloc[0]).add_suffix(", Table 3")
    # Which text a point of Fig. 7 belongs to is not told; both are put in order.
    ratios = ratios.sort_values("energies, Table 3")
    figure = numbers().query("exhibit == 'Fig. 7'")["energies"].sort_values().to_numpy()
    return ratios.assign(**{"Fig. 7": figure})


def thinking() -> pd.Series:
    """By how many percent thinking lowers the number of Fig. 6a, from three starting points."""
    table = numbers().query("exhibit == 'Fig. 6a'").set_index("passes")[["energies", "transformer"]]
    (start, flat), (end, _) = table.loc[[NO_THOUGHT, THOUGHT]].to_numpy(float)
    return pd.Series(
        {
            "from its own start": 100 * (start - end) / start,
            "from the transformer": 100 * (flat - end) / flat,
            "transformer, from that start": 100 * (start - flat) / start,
        }
    )
