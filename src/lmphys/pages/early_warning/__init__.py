"""What the page `early_warning` alone needs: forecasts of failure from the first sentences of a chain."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
