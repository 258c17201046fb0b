"""A plan that takes a second."""

from dataclasses import replace

from lmphys.pages.mpemba.quenches import RECIPE, Plan
from lmphys.training.tiny.recipe import Shape

TINY = Plan(
    recipe=replace(RECIPE, steps=4, batch_size=2, shape=Shape(layers=1, width=16, heads=2)),
    rates=(1e-3, 2e-3),
    plateau=4,
    integral=8e-3,
    quench=4,
    every=2,
    n_texts=4,
)
