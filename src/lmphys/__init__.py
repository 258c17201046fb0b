"""The statistical physics of language models: extraction, dynamics, and an executable book."""

__version__ = "0.2.0"
