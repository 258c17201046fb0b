"""The next-token distribution as a canonical ensemble, and texts as a gas of which it is the thermometer.

>>> contexts = read_contexts(model, corpus, n_chains=16, per_chain=8)
>>> state = thermodynamics(contexts.energies(), temperatures)
>>> windows = read_windows(model, cut_windows(model, texts))
>>> survey_texts(windows).sources["T"]
"""

from lmphys.core.extras import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
