"""What is told of people and what is asked: biographies, then questions about half of them (parts 3.1 and 3.2)."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Everybody has 52 passes of 41 words: a million tokens, two minutes of one quiet core. The more people there are, the
# longer a model waits before it begins to learn by heart: with four times as many, twelve times as many updates.
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
# Half a minute: ten passes over the questions about half of the people.
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
