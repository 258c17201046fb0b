"""What the page `thermal_laws` alone needs."""
