"""The trunk of the pages on training as thermodynamics: prose, character by character, at one hot learning rate."""

from lmphys.training.tiny.recipe import Shape, TinyRecipe

RATE = 3e-3  # of the plateau
PLATEAU = TinyRecipe(
    title="characters of prose at a constant rate: a plateau from which decays branch off",
    world="prose",
    options={"length": 64},
    shape=Shape(layers=2, width=64, heads=4),
    context=65,
    batch_size=16,
    steps=1200,
    learning_rate=RATE,
    schedule="constant",
    betas=(0.9, 0.99),
    weight_decay=0.0,  # else the bound of a stationary Adam would have a second term
    clip=10.0,  # clipped gradients would be another noise; none is that large here
    n_kept=1,
)
