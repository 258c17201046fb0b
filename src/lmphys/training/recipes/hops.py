"""Steps along a cycle: positions and Canon layers (part 4.1)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Three million tokens.
_SMALL = TinyRecipe(
    world="hops",
    options={"n_vertices": 5, "max_hops": 2},
    shape=Shape(layers=3, width=32, heads=4),
    context=144,
    steps=1500,
    batch_size=32,
    learning_rate=6e-3,  # of 0.0015, 0.003 and 0.006 the best for Canon layers without positions
    weight_decay=0.03,
    n_kept=6,
)
# Two hundred million tokens: hours on two cores.
_WHOLE = replace(
    _SMALL,
    options={"n_vertices": 20, "max_hops": 4},
    shape=Shape(layers=4, width=96, heads=4),
    context=144,
    steps=30_000,
    batch_size=64,
    learning_rate=1e-3,
)


def _of(base: TinyRecipe, cycle: str, mlp: int) -> dict[str, TinyRecipe]:
    """With and without positions and Canon layers, whose weights the MLP gives up."""
    recipes = {}
    for position, what in (("none", "no positions"), ("rotary", "rotary positions")):
        for canon, more in (("", ""), ("ABCD", ", Canon layers")):
            shape = replace(base.shape, position=position, canon=canon, mlp=mlp if canon else None)
            name = f"{position}-canon" if canon else position
            recipes[name] = replace(base, shape=shape, title=f"steps along a cycle of {cycle}, {what}{more}")
    return recipes


HOPS = (
    {f"hops-{name}": recipe for name, recipe in _of(_SMALL, "5, up to 2", 72).items()}
    | {f"long-hops-{name}": recipe for name, recipe in _of(_WHOLE, "20, up to 4", 243).items()}
    | {
        "hops-none-AC": replace(
            _SMALL,
            shape=replace(_SMALL.shape, position="none", canon="AC", mlp=82),
            title="steps along a cycle of 5, up to 2, no positions, Canon layers A and C alone",
        )
    }
)
