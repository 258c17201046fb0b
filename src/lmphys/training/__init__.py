"""Training small models and adapters."""
