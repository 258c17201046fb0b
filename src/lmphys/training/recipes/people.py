"""What models know of people: capacity in bits, and biographies in one and in several versions (parts 3.1 and 3.3)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# A name of three tokens and four values of one: 42 bits, seen a hundred times.
_RECORDS = TinyRecipe(
    world="records",
    options={"n_people": 1000},
    shape=Shape(layers=2, width=32, heads=4),
    context=9,
    steps=6250,
    batch_size=16,
    learning_rate=2e-3,
    weight_decay=0.01,
    n_kept=1,
)
_FULL = replace(_RECORDS, options={"n_people": 1800}, steps=4500, batch_size=40, learning_rate=3e-3)
_LIVES = TinyRecipe(
    world="biographies",
    options={"world": {"n_people": 2000}},
    shape=Shape(layers=4, width=128, heads=4, rotary_share=0.25),
    context=128,
    steps=16_875,
    batch_size=64,
    learning_rate=1e-3,
    n_kept=4,
)

PEOPLE = {
    "capacity-1000": replace(_RECORDS, title="records of 1,000 people, each seen 100 times"),
    "capacity-1800": replace(_FULL, title="records of 1,800 people, each seen 100 times"),
    "capacity-1800-plain": replace(
        _FULL,
        shape=replace(_FULL.shape, gated=False),
        title="records of 1,800 people, each seen 100 times, a plain MLP",
    ),
    "capacity-1800-long": replace(
        _FULL, steps=45_000, title="records of 1,800 people, each seen 1,000 times: ten minutes"
    ),
    "biographies-single": replace(_LIVES, title="biographies of 2,000 people, one text each, seen 540 times"),
    "biographies-many": replace(
        _LIVES,
        options={**_LIVES.options, "rewritings": 5, "permuted": True},
        title="biographies of 2,000 people, five texts each in any order, as many passes",
    ),
}
