"""What the page `slowing_down` alone needs: critical slowing down where it is known, and in short chains."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
