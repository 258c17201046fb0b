"""Copying different words: a second layer, or Canon layers (part 4.1)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Four to five million tokens; up to twenty-four words are listed, and written once more.
_ONE = TinyRecipe(
    world="copying",
    options={"length": 24, "n_words": 50},
    shape=Shape(layers=1, width=16, heads=2),
    context=51,
    steps=3000,
    batch_size=32,
    learning_rate=3e-3,
    weight_decay=0.03,
    n_kept=6,
)
_KINDS = {
    "rotary": (_ONE.shape, "one rotary layer"),
    # The MLP gives up the weights that the Canon layers take.
    "rotary-canon": (replace(_ONE.shape, canon="ABCD", mlp=31), "one rotary layer, Canon layers"),
    "two-rotary": (replace(_ONE.shape, layers=2), "two rotary layers"),
}
# Where all lists have one length, one distance tells where the word stands that is copied.
_LISTS = {"copying": ({}, "24"), "copying-varied": ({"fewest": 12}, "12 to 24")}

COPYING = {
    f"{world}-{name}": replace(
        _ONE, options={**_ONE.options, **more}, shape=shape, title=f"copying {words} different words, {what}"
    )
    for world, (more, words) in _LISTS.items()
    for name, (shape, what) in _KINDS.items()
}
