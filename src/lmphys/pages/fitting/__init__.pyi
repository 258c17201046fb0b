from .synthetic import recovery as recovery
