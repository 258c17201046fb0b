"""Energy-based transformers: a prediction is where a descent in a learned energy has led (Gladstone et al. 2025)."""
