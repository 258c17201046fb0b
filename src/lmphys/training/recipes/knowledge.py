"""What is told of people and what is asked: biographies, then questions about half of them (parts 3.1 and 3.2)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Everybody has 80 passes of 41 words: seven million tokens, a quarter of an hour of one core. With 20 values an
# attribute there are 50 people of each half for each. A pilot with 500 people, 128 wide, knew all by heart after 50
# passes; with 2,000 it waited three times as long before it began to: the model became wider, and names of more words.
_WORLD = {"n_people": 500, "n_values": 10, "n_names": 100}
_LIVES = TinyRecipe(
    world="biographies",
    options={"world": _WORLD},
    shape=Shape(layers=2, width=128, heads=4, rotary_share=0.25),
    context=128,
    steps=1_625,
    batch_size=16,
    learning_rate=3e-3,
    warmup=0.03,
    n_kept=1,
)
# Two minutes of one core: ten passes over the questions about half of the people.
_ASKED = replace(
    _LIVES,
    world="questions",
    options={"world": _WORLD, "kind": "extract"},
    steps=240,
    batch_size=64,
    learning_rate=1e-3,
    weight_decay=0.01,
    warmup=0.05,
)
# All attributes but that of the first sentence, which is told right after the name even where there is one text.
_LATER = ["origin", "school", "subject", "employer", "workplace"]
_REMAINDERS = {"world": _WORLD, "kind": "classify", "modulus": 5, "attributes": _LATER}
_MANY = "biographies-many"

KNOWLEDGE = {
    "biographies-single": replace(_LIVES, title="biographies of 500 people, one text each, seen 52 times"),
    _MANY: replace(
        _LIVES,
        options={**_LIVES.options, "rewritings": 5, "permuted": True},
        title="biographies of 500 people, five texts each in any order, as many passes",
    ),
    "ask-single": replace(_ASKED, base="biographies-single", title="then: questions about half of the people"),
    "ask-many": replace(_ASKED, base=_MANY, title="then, after five texts each: questions about half of the people"),
    "remainder": replace(
        _ASKED, base=_MANY, options=_REMAINDERS, title="then: remainders by 5 of what is known of half of the people"
    ),
    "remainder-steps": replace(
        _ASKED, base=_MANY, options={**_REMAINDERS, "steps": True}, title="the same, with the value written out first"
    ),
    "inverse": replace(
        _ASKED, base=_MANY, options={"world": _WORLD, "kind": "inverse"}, steps=160, title="then: whose life is it?"
    ),
}
