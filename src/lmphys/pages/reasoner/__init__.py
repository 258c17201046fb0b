"""What the page `reasoner` alone needs."""
