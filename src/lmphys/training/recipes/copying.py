"""Copying different words: a second layer, or Canon layers (part 4.1)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Six million tokens; twenty-four words are listed, and written once more.
_ONE = TinyRecipe(
    title="copying 24 different words, one rotary layer",
    world="copying",
    options={"length": 24, "n_words": 50},
    shape=Shape(layers=1, width=16, heads=2),
    context=51,
    steps=4000,
    batch_size=32,
    learning_rate=3e-3,
    weight_decay=0.03,
    n_kept=6,
)
COPYING = {
    "copying-rotary": _ONE,
    # The MLP gives up the weights that the Canon layers take.
    "copying-rotary-canon": replace(
        _ONE,
        title="copying 24 different words, one rotary layer with Canon layers",
        shape=replace(_ONE.shape, canon="ABCD", mlp=31),
    ),
    "copying-two-rotary": replace(
        _ONE, title="copying 24 different words, two rotary layers", shape=replace(_ONE.shape, layers=2)
    ),
}
