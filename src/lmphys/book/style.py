"""The look of the figures: one style sheet, distinguishable to colour-blind readers."""

import sys
from io import StringIO
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

# Okabe and Ito (2008), "Color Universal Design": distinguishable with each common form of colour blindness.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK = (
    *("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
)
PALETTE = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, BLACK)


def use_style() -> None:
    """Use the style of the book for all figures and tables that follow; in a notebook, also draw vector graphics.

    Tables show three decimals and whole texts. SVG carries no date and ids from a fixed salt, so that equal figures are
    equal files.
    """
    plt.style.use(Path(__file__).with_name("lmphys.mplstyle"))
    pd.set_option("display.precision", 3, "display.max_colwidth", None)
    if "ipykernel" in sys.modules:
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg", metadata={"Date": None})


def svg_text(figure: Figure) -> str:
    """A figure as SVG; equal figures, equal text."""
    text = StringIO()
    figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
