"""What the page `early_warning` alone needs."""
