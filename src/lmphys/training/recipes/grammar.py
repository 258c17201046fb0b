"""Grammars with an exact law: ways to know places, side by side (part 1 of "Physics of Language Models")."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Nineteen words on average; four million tokens.
_SHORT = TinyRecipe(
    world="grammar",
    options={"sizes": [1, 3, 3, 3], "law": 1},
    shape=Shape(layers=3, width=64, heads=4),
    context=64,
    steps=3800,
    batch_size=48,
    learning_rate=2e-3,
    warmup=0.02,
    n_kept=8,
)
# Forty-nine words on average; forty million tokens, half an hour on two cores.
_LONG = replace(
    _SHORT,
    options={"sizes": [1, 3, 3, 3, 3], "law": 1},
    shape=Shape(layers=4, width=96, heads=4),
    context=128,
    steps=11_600,
    batch_size=64,
)
# Positions, and Canon layers, to whose weights the MLP gives up some of its own; and the learning rate, the best of
# 0.001, 0.002 and 0.004 after a quarter of the short training (`lmphys train rates`).
_KINDS = {
    "rotary": ("rotary", "", 4e-3, "rotary positions"),
    "absolute": ("absolute", "", 4e-3, "absolute positions"),
    "relative": ("relative", "", 4e-3, "learned biases of distances"),
    "uniform": ("uniform", "", 4e-3, "plain means over 1, 3, 7 and 15 tokens"),
    "none": ("none", "", 2e-3, "no positions"),
    "canon": ("none", "ABCD", 2e-3, "no positions, Canon layers"),
}


def _of(base: TinyRecipe, length: int, mlp: int) -> dict[str, TinyRecipe]:
    recipes = {}
    for name, (position, canon, rate, what) in _KINDS.items():
        shape = replace(base.shape, position=position, canon=canon, mlp=mlp if canon else None)
        title = f"a grammar of {length} words a string, {what}"
        recipes[name] = replace(base, shape=shape, learning_rate=rate, title=title)
    return recipes


_short, _long = _of(_SHORT, 19, 158), _of(_LONG, 49, 243)
GRAMMARS = {f"grammar-{name}": recipe for name, recipe in _short.items()} | {
    f"long-grammar-{name}": recipe for name, recipe in _long.items() if name != "relative"
}
GRAMMARS["long-grammar-perturbed"] = replace(
    _long["rotary"],
    options={**_LONG.options, "perturbed": 0.1},
    title="a grammar of 49 words a string, a tenth of them with replaced words, rotary positions",
)
