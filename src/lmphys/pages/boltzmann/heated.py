"""One place of a text, heated by the reader: what may come next, and how much heat that takes."""

import numpy as np
import torch
from transformers import PreTrainedTokenizerBase

from lmphys.book.explorable import Curve, Explorable, Panel, Slider
from lmphys.book.style import BLACK, BLUE, VERMILION
from lmphys.thermo.contexts import Contexts
from lmphys.thermo.ensemble import gauge, thermodynamics

_N_BARS = 10
_TEMPERATURES = np.round(10 ** np.linspace(-1, 0.7, 35), 3)


def heated_token(contexts: Contexts, row: int, tokenizer: PreTrainedTokenizerBase) -> Explorable:
    """The next token at one place under a slider for the temperature: likeliest tokens, entropy and heat capacity.

    Args:
        contexts: the places and their logits.
        row: the place.
        tokenizer: of the model.
    """
    logits = contexts.logits[row].double()
    likeliest = logits.topk(min(_N_BARS, len(logits))).indices
    inverse = torch.from_numpy(1 / _TEMPERATURES)[:, None]
    p = (inverse * logits).softmax(-1)
    bars = p[:, likeliest].numpy()
    rest = 1 - bars.sum(axis=1)
    state = thermodynamics(gauge(-contexts.logits[row : row + 1], "ground"), _TEMPERATURES)
    names = tuple(repr(tokenizer.decode([token]))[1:-1] for token in likeliest.tolist())
    entropy, capacity = state.S[:, 0], state.C[:, 0]
    here = _TEMPERATURES[:, None]
    n_others = len(logits) - len(likeliest)
    words = [
        f"The likeliest token has {share[0]:.1%}; {other:.1%} lie on the {n_others:,} others that are not shown. "
        f"Entropy {S:.2f} nats, heat capacity {C:.2f}."
        for share, other, S, C in zip(bars, rest, entropy, capacity, strict=True)
    ]
    return Explorable(
        sliders=[Slider("temperature T", _TEMPERATURES, int(np.abs(_TEMPERATURES - 1).argmin()))],
        panels=[
            Panel("likeliest tokens", y="probability", y_range=(0, 1), names=names),
            Panel("entropy and heat capacity", x="temperature T", y="nats", log="x"),
        ],
        curves=[
            Curve(bars, np.arange(len(names), dtype=float), colour=BLUE, kind="bars"),
            Curve(entropy[None], _TEMPERATURES, "entropy S", BLUE, 1),
            Curve(capacity[None], _TEMPERATURES, "heat capacity C", VERMILION, 1, dash="dash"),
            Curve(entropy[:, None], here, colour=BLACK, panel=1, kind="points"),
            Curve(capacity[:, None], here, colour=BLACK, panel=1, kind="points"),
        ],
        words=np.array(words),
        told="Probabilities of the likeliest next tokens at one place, with entropy and heat capacity, under a slider "
        "for the temperature.",
    )
