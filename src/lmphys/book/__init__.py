"""What a chapter needs of the book: the ledger, the style and the common figures."""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
