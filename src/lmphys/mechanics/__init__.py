"""Energies of the motion from token to token, and their balance.

>>> paths = read_paths(model, *chain_texts(model, corpus, chosen_chains(corpus, 12), max_tokens=120))
>>> balance_of(paths, C1).interval(Balance.correlation)
"""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
