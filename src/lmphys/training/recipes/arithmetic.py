"""Arithmetic with a graph of quantities: retries in the training data, depth (parts 2.1 and 2.2)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Sixty million tokens: hours on two cores.
_WHOLE = TinyRecipe(
    world="arithmetic",
    options={"ops": [1, 6], "max_quantities": 10, "modulus": 7, "retries": {"rate": 0.0}},
    shape=Shape(layers=6, width=128, heads=8),
    context=256,
    steps=17_000,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.05,
    warmup=0.02,
    n_kept=4,
)
# Three million tokens.
_SMALL = replace(
    _WHOLE,
    options={"ops": [1, 3], "max_quantities": 5, "modulus": 5, "n_names": 12, "retries": {"rate": 0.0}},
    shape=Shape(layers=3, width=64, heads=4),
    context=160,
    steps=2_000,
    batch_size=48,
    learning_rate=2e-3,
)


def _retrying(recipe: TinyRecipe, rate: float, kind: str = "unready") -> TinyRecipe:
    return replace(recipe, options={**recipe.options, "retries": {"rate": rate, "kind": kind}})


ARITHMETIC = {
    "arithmetic-small": replace(_SMALL, title="problems of up to 3 operations modulo 5, no mistakes"),
    "arithmetic-small-retries": replace(
        _retrying(_SMALL, 0.5), title="problems of up to 3 operations modulo 5, half of the names taken back"
    ),
    "arithmetic": replace(_WHOLE, title="problems of up to 6 operations modulo 7, no mistakes"),
    "arithmetic-retries-02": replace(_retrying(_WHOLE, 0.2), title="the same, a fifth of the names taken back"),
    "arithmetic-retries-05": replace(_retrying(_WHOLE, 0.5), title="the same, half of the names taken back"),
    "arithmetic-weak-02": replace(
        _retrying(_WHOLE, 0.2, "needed"), title="the same, a fifth of the names taken back, of later steps alone"
    ),
    "arithmetic-wide": replace(
        _WHOLE,
        shape=Shape(layers=2, width=224, heads=8, mlp=579),
        title="no mistakes, two wide layers with as many weights",
    ),
    "arithmetic-deep": replace(
        _WHOLE,
        shape=Shape(layers=12, width=96, heads=8, mlp=213),
        title="no mistakes, twelve narrow layers with as many weights",
    ),
}
