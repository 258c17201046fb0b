"""Answers by vote among sampled chains, and what weights of the chains add.

>>> pool = pool_of(corpus)
>>> compare_laws(pool, laws_of(pool))
"""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
