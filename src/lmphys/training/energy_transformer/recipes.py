"""The trainings that are compared: energies, and transformers of the same size that read as much, or more."""

from typing import Any

from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.tiny.recipe import Shape, TinyRecipe

PRICE = 6.66  # updates of a transformer for the multiplications of one update with energies, as the paper counts them
_STEPS = 2048
# Trials of 100 to 150 updates came before. Learning rates of 0.002 to 0.005 and step sizes of 20 to 200 came out nearly
# alike. Noise did not: with a tenth of the paper's, in the first guesses and before the steps, 100 updates were worth
# more than 1000 with the first guesses of the paper ("energies-noisy", which came first and is kept).
# A constant learning rate: each point of a curve is then the end of a shorter training.
_SHARED: dict[str, Any] = {
    "world": "prose",
    "options": {"length": 32},
    "shape": Shape(layers=2, width=48, heads=2),
    "context": 33,
    "batch_size": 16,
    "learning_rate": 3e-3,
    "schedule": "constant",
    "warmup": 0.02,
    "dtype": "float32",
    "n_kept": 10,
}

ENERGIES: dict[str, EnergyRecipe] = {
    "energies": EnergyRecipe(
        **_SHARED, steps=_STEPS, begin=0.1, title="energies that are trained to be descended in two or three steps"
    ),
    "energies-noisy": EnergyRecipe(
        **_SHARED, steps=_STEPS, title="the same, with first guesses as noisy as the paper's"
    ),
    "energies-plain": EnergyRecipe(
        **_SHARED,
        steps=_STEPS,
        learned=True,
        spread=1.0,
        most=2,
        begin=0.1,
        noise=0.0,
        detached=True,
        replayed=0.0,
        title="energies that are trained for two steps, without noise, each step by itself",
    ),
}
TRANSFORMERS: dict[str, TinyRecipe] = {
    "transformer": TinyRecipe(**_SHARED, steps=_STEPS, title="a transformer that reads as many tokens"),
    "transformer-long": TinyRecipe(
        **_SHARED, steps=round(PRICE * _STEPS), title="a transformer that multiplies as often as the energies"
    ),
}
