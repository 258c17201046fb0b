"""An update of a tiny transformer: the whole loop beside the bare matrix products of the same shapes."""

import dataclasses
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from benchmarks.fit import in_ms, in_turns, seconds
from lmphys.book.benchmarks import Row
from lmphys.lm.tiny import TinyConfig
from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import Shape, TinyRecipe

LENGTH = 62  # words of a document: rows of 64 tokens, all full
SHAPES = (Shape(3, 64, 4), Shape(4, 96, 4), Shape(4, 96, 4, canon="ABCD"), Shape(4, 128, 4))
ROWS = 32


def updates(recipe: TinyRecipe) -> Callable[[int], object]:
    def run(n: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            train(dataclasses.replace(recipe, steps=n), Path(folder), device="cpu", progress=False)

    return run


def products(config: TinyConfig, rows: int, length: int) -> Callable[[int], object]:
    """Each linear map three times, forward and twice backward, and attention as often as it multiplies."""
    width, inner, n = config.hidden_size, config.intermediate_size or 0, rows * length
    maps = [(width, 3 * width), (width, width), (width, inner * (2 if config.gated else 1)), (inner, width)]
    pairs = [(torch.randn(n, a), torch.randn(n, b), torch.randn(a, b)) for a, b in maps]
    heads = torch.randn(rows * config.num_attention_heads, length, config.head_width)
    scores = torch.randn(rows * config.num_attention_heads, length, length)
    hidden, logits = torch.randn(n, width), torch.randn(n, config.vocab_size)
    table = torch.randn(config.vocab_size, width)

    def run(updates: int) -> None:
        for _ in range(updates):
            for _ in range(config.num_hidden_layers):
                for x, y, weight in pairs:
                    x @ weight, y @ weight.T, x.T @ y
                for _ in range(3):
                    heads @ heads.transpose(1, 2), scores @ heads
            hidden @ table.T, logits @ table, logits.T @ hidden

    return run


def run() -> list[Row]:
    rows = []
    for shape in SHAPES:
        recipe = TinyRecipe(
            world="markov", options={"length": LENGTH}, shape=shape, context=LENGTH + 2, batch_size=ROWS, n_kept=1
        )
        bare = products(shape.config(6, LENGTH + 2), ROWS, LENGTH + 2)
        mine, floor = in_turns(partial(seconds, updates(recipe), 2, 22), partial(seconds, bare, 2, 22), rounds=3)
        tokens = ROWS * (LENGTH + 2) / mine
        here = f"{in_ms(mine)} ({tokens:,.0f} tokens/s)"
        bound = None if shape.canon else 2.0
        rows.append(Row(f"update of {shape}, float32", here, f"{in_ms(floor)} (bare matrix products)", mine / floor,
                        at_most=bound))  # fmt: skip
    return rows
