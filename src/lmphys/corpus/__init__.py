"""From a question to states on disk.

>>> corpus = build_corpus(default_spec("smollm2", "quick"))
>>> states = corpus.trajectories(site="final_norm", position="boundary")
"""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
