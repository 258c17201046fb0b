"""What the page `double_well` wants to be judged."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.double_well.escapes import log_slope


def entries(modes: pd.DataFrame, escapes: pd.DataFrame) -> list[Entry]:
    """From the tables of `modes_by_noise` and `escape_rates`."""
    two = modes.loc[modes["modes"] == 2, "D / ΔU"].max()
    slope, exact = log_slope(escapes)
    searched = modes["D / ΔU"].max()
    return [
        Entry(
            "slds.langevin.bimodal",
            float(two),
            note=f"closed form; the search ends at {searched:g}. What grows with D is the valley",
        ),
        Entry("slds.langevin.switching", slope, note=f"timed walkers; Fokker–Planck: {exact:.3f}"),
    ]
