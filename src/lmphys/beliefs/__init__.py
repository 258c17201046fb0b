"""Beliefs that are asked while a chain of thought goes on, and what moves them."""
