"""The tiny transformer: a decoder whose parts can be exchanged, and the tokenizer of its small vocabulary."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
