"""A written text, character by character: one model predicts the next one, its twin fills in those that are masked."""

from dataclasses import replace

from lmphys.training.tiny.recipe import Shape, TinyRecipe

# Three million characters, three minutes of one core.
_NEXT = TinyRecipe(
    world="prose",
    options={"length": 128},
    shape=Shape(layers=3, width=72, heads=4),
    context=129,
    steps=1500,
    batch_size=16,
    learning_rate=4e-3,
    weight_decay=0.03,
    n_kept=1,
)

PROSE = {
    "prose-next": replace(_NEXT, title="a written text, the next character from those before it"),
    "prose-masked": replace(
        _NEXT, shape=replace(_NEXT.shape, causal=False), title="a written text, masked characters from both sides"
    ),
}
