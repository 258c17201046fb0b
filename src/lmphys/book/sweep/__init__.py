"""Sweeps: models by pages by seeds, as jobs that any machines can share."""
