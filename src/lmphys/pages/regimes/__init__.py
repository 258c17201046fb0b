"""What the page `regimes` alone needs."""
