"""Learning: a small reasoner whose chains of thought have known labels."""
