"""Arithmetic with a graph of dependencies: problems, solutions with or without retries, a checker, documents."""
