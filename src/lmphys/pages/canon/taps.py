"""Canon layers from inside: the same numbers as a convolution, what they cost, and the weights that were learned."""

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

from lmphys.lm.tiny.config import TAPS, TinyConfig
from lmphys.lm.tiny.model import Canon, TinyBlock, TinyForCausalLM
from lmphys.pages.canon.scores import loaded
from lmphys.training.recipes import RECIPES
from lmphys.training.tiny.learner import fresh

# Where the modules of a block keep the Canon layer of a letter.
_PLACES = {"A": "attention_canon", "B": "attention.canon", "C": "mlp_canon", "D": "mlp.canon"}


def convolved(h: Tensor, weight: Tensor) -> Tensor:
    """Features beside their causal depth-wise convolution: each feature with its own kernel, none with another.

    Args:
        h: (B, T, D) features.
        weight: (4, D) weights of the present token and of those 1, 2 and 3 places back.
    """
    # A convolution of torch is a correlation: its kernel begins with the oldest token.
    kernel = weight.flip(0).T[:, None]
    return h + conv1d(pad(h.mT, (TAPS - 1, 0)), kernel, groups=h.shape[-1]).mT


def kernels(model: TinyForCausalLM) -> dict[tuple[int, str], np.ndarray]:
    """(4, width) weights of each Canon layer, by block (from 1) and letter."""
    return {
        (number, letter): cast(Canon, model.get_submodule(f"model.layers.{number - 1}.{_PLACES[letter]}"))
        .weight.detach()
        .numpy()
        for number in range(1, model.config.num_hidden_layers + 1)
        for letter in model.config.canon
    }


def learned_taps(specs: Sequence[str]) -> pd.DataFrame:
    """Root mean square over features of each weight of each Canon layer, the mean over trainings.

    Args:
        specs: of trained transformers of one shape.

    Returns:
        Indexed by `block` and `letter`; a column for each number of places back, 0 to 3.
    """
    each = [kernels(loaded(spec).model) for spec in specs]
    sizes = {
        key: np.mean([np.sqrt((found[key].astype(float) ** 2).mean(axis=1)) for found in each], axis=0)
        for key in each[0]
    }
    return pd.DataFrame.from_dict(sizes, orient="index").set_axis(
        pd.MultiIndex.from_tuples(list(sizes), names=["block", "letter"])
    )


def initial_size() -> float:
    """Root mean square of a weight before training, drawn evenly between -1/2 and 1/2."""
    return float(TAPS**-0.5 / np.sqrt(3))


def costs(names: Mapping[str, str]) -> pd.DataFrame:
    """Parameters of recipes, those of their Canon layers, and what the MLP gave up for them.

    Args:
        names: what a reader calls a recipe, to its name.
    """
    rows = {}
    for label, name in names.items():
        recipe = RECIPES[name]
        config = recipe.shape.config(len(recipe.source().vocabulary), recipe.context)
        model = fresh(config, 0)
        in_canon = sum(part.weight.numel() for part in model.modules() if isinstance(part, Canon))
        rows[label] = {
            "blocks": config.num_hidden_layers,
            "width of the MLP": config.intermediate_size,
            "parameters": config.n_parameters,
            "in Canon layers": in_canon,
            "share, %": 100 * in_canon / config.n_parameters,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def reach(canon: str, blocks: int, *, width: int = 8, length: int = 48, seed: int = 0) -> int:
    """How far back a state can look through Canon layers alone, attention being switched off, in tokens.

    Random weights; the first token is pushed, and the last state that feels it is looked for.

    Args:
        canon: letters of the Canon layers.
        blocks: number of blocks.
        width: of the states.
        length: of the text.
        seed: of weights and text.
    """
    config = TinyConfig(
        vocab_size=16, hidden_size=width, num_hidden_layers=blocks, num_attention_heads=1, position="none",
        canon=canon, max_position_embeddings=length, initializer_range=1.0,
    )  # fmt: skip
    model = fresh(config, seed).double()
    for layer in model.model.layers:
        torch.nn.init.zeros_(cast(TinyBlock, layer).attention.output.weight)
    x = torch.randn(1, length, width, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    pushed = x.clone()
    pushed[:, 0] += 1.0
    with torch.inference_mode():
        moved = model.model(inputs_embeds=pushed).last_hidden_state - model.model(inputs_embeds=x).last_hidden_state
    return int(torch.nonzero(moved[0].abs().amax(-1)).max())
