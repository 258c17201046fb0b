"""Language models and what is done to them: loading, sampling, decoding, reading, writing into their states."""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
