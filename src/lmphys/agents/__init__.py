"""Agents that act on what they believe: belief, expected free energy, and policies for choosing among arms."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
