"""Answers by vote among sampled chains, and what weights of the chains add.

>>> pool = pool_of(corpus)
>>> compare_laws(pool, laws_of(pool))
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
