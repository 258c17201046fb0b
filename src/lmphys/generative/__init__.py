"""Generative diffusion: patterns under noise, the way back, what spectra predict of it, and chains that are learned.

>>> data = NoisyPatterns(np.array([[-1.0], [1.0]]))
>>> data.settle(np.array([0.1]), noise=0.5)
array([0.95750402])
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
