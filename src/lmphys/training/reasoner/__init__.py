"""The reasoner: its training, and what became of its chains."""
