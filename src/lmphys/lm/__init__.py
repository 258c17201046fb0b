"""Language models and what is done to them: loading, sampling, decoding, reading, writing into their states."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
