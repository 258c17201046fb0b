"""What a training step costs: multiplications counted while it runs, and seconds in turns with the transformer."""

import math
import time
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cross_entropy
from torch.utils.flop_counter import FlopCounterMode

from lmphys.lm.tiny import rotary
from lmphys.training.energy_transformer.model import EnergyTransformer, Reading
from lmphys.training.energy_transformer.recipe import EnergyRecipe
from lmphys.training.energy_transformer.recipes import ENERGIES
from lmphys.training.tiny.learner import fresh

TRANSFORMER, ONCE, DOUBLED = "transformer", "energies, each text read once", "energies, sequence doubled"


class Doubled(EnergyTransformer):
    """The same energies as the paper computes them: texts and guesses in one sequence, read anew at each step."""

    def read(self, ids: Tensor) -> Reading:
        """The texts themselves; nothing is computed yet."""
        return Reading((self.body.embed_tokens(ids),), ())

    def energies(self, reading: Reading, logits: Tensor) -> Tensor:
        """As `EnergyTransformer.energies`, by attention over 2S places under one mask."""
        texts = reading.keys[0]
        S = texts.shape[-2]
        x = torch.cat([texts, logits.softmax(-1) @ self.body.embed_tokens.weight], -2)
        places = torch.arange(S)
        turns = rotary.angles(self.config, torch.cat([places, places + 1])[None])
        before = places[:, None] >= places
        own, none = torch.eye(S, dtype=torch.bool), torch.zeros(S, S, dtype=torch.bool)
        seen = torch.cat([torch.cat([before, none], 1), torch.cat([before, own], 1)], 0)
        for block in self.blocks():
            q, k, v = self.heads(block, x)
            q, k = rotary.turned(q, *turns) / math.sqrt(q.shape[-1]), rotary.turned(k, *turns)
            weights = (q @ k.transpose(-1, -2)).masked_fill(~seen, -math.inf).softmax(-1)
            x = self.passed(block, x, weights @ v)
        return self.energy(self.body.norm(x[..., S:, :]))[..., 0]


def _updates(recipe: EnergyRecipe, steps: int) -> dict[str, tuple[nn.Module, Callable[[], None]]]:
    """Forward and backward pass of an update of each kind, on the same random texts."""
    source = recipe.source()
    n_words = len(source.vocabulary)
    config = recipe.shape.config(n_words, recipe.context)
    chance = torch.Generator().manual_seed(recipe.seed)
    ids = torch.randint(0, n_words, (recipe.batch_size, recipe.context), generator=chance)
    begun = torch.randn((recipe.batch_size, recipe.context - 1, n_words), generator=chance)
    transformer = fresh(config, recipe.seed)

    def plain() -> None:
        logits = transformer(input_ids=ids[:, :-1], use_cache=False).logits
        cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten()).backward()

    def descent(model: EnergyTransformer) -> Callable[[], None]:
        def run() -> None:
            reading, guesses = model.read(ids[:, :-1]), begun.clone().requires_grad_()
            for _ in range(steps):
                guesses = guesses - recipe.step_size * model.slopes(reading, guesses, create_graph=True)[1]
            cross_entropy(guesses.flatten(0, 1), ids[:, 1:].flatten()).backward()

        return run

    once, doubled = EnergyTransformer(config), Doubled(config)
    return {TRANSFORMER: (transformer, plain), ONCE: (once, descent(once)), DOUBLED: (doubled, descent(doubled))}


def cost(*, steps: int = 2, repeats: int = 5, recipe: EnergyRecipe | None = None) -> pd.DataFrame:
    """Cost of a training step of energies and of a transformer of the same size.

    Args:
        steps: of the descent.
        repeats: rounds in which each kind has its turn; the least time of each counts.
        recipe: sizes; None: those of the page.

    Returns:
        Indexed by kind: `parameters`, `products` (multiplications and additions of matrix products), `seconds`, and
        both over those of the transformer: `products ratio`, `seconds ratio`.
    """
    updates = _updates(recipe or ENERGIES["energies"], steps)
    rows: dict[str, dict[str, float]] = {}
    for kind, (model, update) in updates.items():
        # The fused kernel of attention hides its products from the counter.
        with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
            update()
        rows[kind] = {
            "parameters": sum(weight.numel() for name, weight in model.named_parameters() if name != "log_step"),
            "products": counter.get_total_flops(),
            "seconds": math.inf,
        }
    for _ in range(repeats):
        for kind, (_, update) in updates.items():
            begun = time.process_time()
            update()
            rows[kind]["seconds"] = min(rows[kind]["seconds"], time.process_time() - begun)
    table = pd.DataFrame(rows).T
    for column in ("products", "seconds"):
        table[f"{column} ratio"] = table[column] / table[column][TRANSFORMER]
    return table
