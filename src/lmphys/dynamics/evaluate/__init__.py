"""How well a model forecasts, how many regimes it wants, and whether what it simulates is alike."""
