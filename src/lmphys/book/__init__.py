"""What a chapter needs of the book: the ledger, the style and the common figures."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
