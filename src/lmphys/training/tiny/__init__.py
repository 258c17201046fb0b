"""Tiny transformers on documents of a world: their recipes, and training them."""
