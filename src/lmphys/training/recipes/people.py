"""What models know of people who are bare records: capacity in bits (part 3.3)."""

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
_BUSY = replace(_FULL, options={"n_people": 2400}, steps=4000, batch_size=60)
_PLAIN = replace(_FULL.shape, gated=False)
# As many people for each weight as 1,800 are for the model that is 32 wide.
_NARROW = replace(
    _FULL,
    options={"n_people": 520},
    shape=Shape(layers=2, width=16, heads=4),
    steps=4000,
    batch_size=13,
    learning_rate=6e-3,
)

PEOPLE = {
    "capacity-500": replace(
        _RECORDS, options={"n_people": 500}, steps=3125, title="records of 500 people, each seen 100 times"
    ),
    "capacity-1000": replace(_RECORDS, title="records of 1,000 people, each seen 100 times"),
    "capacity-1400": replace(
        _FULL,
        options={"n_people": 1400},
        steps=4000,
        batch_size=35,
        title="records of 1,400 people, each seen 100 times",
    ),
    "capacity-1800": replace(_FULL, title="records of 1,800 people, each seen 100 times"),
    "capacity-2400": replace(_BUSY, title="records of 2,400 people, each seen 100 times"),
    "capacity-3200": replace(
        _BUSY, options={"n_people": 3200}, batch_size=80, title="records of 3,200 people, each seen 100 times"
    ),
    "capacity-4200": replace(
        _BUSY, options={"n_people": 4200}, batch_size=105, title="records of 4,200 people, each seen 100 times"
    ),
    "capacity-1800-plain": replace(
        _FULL, shape=_PLAIN, title="records of 1,800 people, each seen 100 times, a plain MLP"
    ),
    "capacity-quarter": replace(
        _FULL,
        options={"n_people": 1040},
        shape=replace(_PLAIN, mlp=32),
        steps=4000,
        batch_size=26,
        title="as many people a weight, a plain MLP of a quarter of the width",
    ),
    "capacity-attention": replace(
        _FULL,
        options={"n_people": 780},
        shape=replace(_PLAIN, mlp=0),
        steps=3900,
        batch_size=20,
        title="as many people a weight, no MLP",
    ),
    "capacity-narrow": replace(_NARROW, title="as many people a weight, half as wide"),
    "capacity-wide": replace(
        _FULL,
        options={"n_people": 3840},
        shape=Shape(layers=2, width=48, heads=4),
        steps=4000,
        batch_size=96,
        title="as many people a weight, half wider",
    ),
    "capacity-1800-long": replace(
        _FULL, steps=45_000, title="records of 1,800 people, each seen 1,000 times: ten minutes"
    ),
    "capacity-2400-long": replace(
        _BUSY, steps=30_000, batch_size=80, title="records of 2,400 people, each seen 1,000 times: ten minutes"
    ),
    "capacity-junk": replace(
        _NARROW,
        options={**_NARROW.options, "strangers": 7},
        batch_size=8 * _NARROW.batch_size,
        title="half as wide, among seven times as many records that never come again",
    ),
    "capacity-junk-marked": replace(
        _NARROW,
        options={**_NARROW.options, "strangers": 7, "marked": True},
        context=10,
        batch_size=8 * _NARROW.batch_size,
        title="the same, with a word before the records that do come again",
    ),
}
