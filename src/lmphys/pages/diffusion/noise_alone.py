"""Table 1 of the paper: what its likelihood of the noise alone must be."""

from pathlib import Path

import numpy as np
import pandas as pd

from lmphys.core.boundaries import given
from lmphys.core.paths import project_root

FILE = Path("data", "figures", "sohldickstein2015_table1.csv")
ACTIVITY = 0.2  # of the heartbeat, and of its noise


def coin_entropy(p: float) -> float:
    """Entropy of a coin that shows 1 with a probability strictly between 0 and 1, bits."""
    return float(-(p * np.log2(p) + (1 - p) * np.log2(1 - p)))


def null_rows(activity: float = ACTIVITY) -> pd.DataFrame:
    """A row of Table 1 each: `implied`, K less its gain, and `entropy`, minus that of the noise, bits.

    Args:
        activity: mean of the coins that are the noise of the heartbeat.

    Raises:
        LmphysError: the table cannot be read.
    """
    path = project_root() / FILE
    with given(f"the table {path}", "restore it: git checkout -- data/figures"):
        table = pd.read_csv(path).set_index("data")
    each = np.where(table["kind"] == "normal", 0.5 * np.log2(2 * np.pi * np.e), coin_entropy(activity))
    return pd.DataFrame(
        {"K": table["K"], "implied": table["K"] - table["gain"], "entropy": -table["numbers"] * each}
    ).assign(difference=lambda rows: rows["implied"] - rows["entropy"])
