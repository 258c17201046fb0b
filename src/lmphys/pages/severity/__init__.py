"""What the page `severity` alone needs: an equation of how harmful an answer becomes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
