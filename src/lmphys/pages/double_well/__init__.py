"""What the page `double_well` alone needs."""
