"""What the page `double_well` wants to be judged."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.double_well.escapes import log_slope


def entries(modes: pd.DataFrame, escapes: pd.DataFrame) -> list[Entry]:
    """From the tables of `modes_by_noise` and `escape_rates`."""
    weak = modes["D / ΔU"] < 1
    readings = {
        "where": float((modes["modes"][weak] == 2).mean()),
        "nowhere else": float((modes["modes"][~weak] == 1).mean()),
    }
    slope, exact = log_slope(escapes)
    return [
        Entry("slds.langevin.bimodal", readings, note="closed form; what changes with D is the depth of the valley"),
        Entry("slds.langevin.switching", slope, note=f"timed walkers; Fokker–Planck: {exact:.3f}"),
    ]
