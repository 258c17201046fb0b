"""What a chapter needs of the book: the ledger, the style and the common figures."""

from lmphys.book import heatmaps, plots, style
from lmphys.book.ledger import Ledger
from lmphys.book.style import use_style

__all__ = ["Ledger", "heatmaps", "plots", "style", "use_style"]
