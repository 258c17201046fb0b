"""What the page `double_well` alone needs: a potential with two wells, and what is left of it once per sentence."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
