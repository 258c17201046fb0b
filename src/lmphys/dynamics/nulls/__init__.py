"""Chains without the effect that is looked for, or with a known one.

`surrogates` are made of the real states (order shuffled, chains shuffled, phases random), `simulated` ones by a fitted
model without the effect, and `implanted` chains have regimes of known separation.
"""
