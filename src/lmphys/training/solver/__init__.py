"""What transformers that were trained on arithmetic write, what it costs them, and what they know of a name."""
