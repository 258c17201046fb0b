"""What one page alone needs, a package a page; no page imports the package of another."""
