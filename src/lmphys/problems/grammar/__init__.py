"""Layered context-free grammars: rules, samples, the exact law of the next token, distance, documents."""
