"""What the page `probes` alone needs."""
