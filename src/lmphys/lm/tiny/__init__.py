"""The tiny transformer: a decoder whose parts can be exchanged, and the tokenizer of its small vocabulary."""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
