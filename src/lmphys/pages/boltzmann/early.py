"""Places at the beginning of texts that were drawn without truncation: what heated texts are to be compared with.

Places anywhere in the chains of a corpus differ from those of a heated text twice: they lie further on, where texts are
surer, and a sampler with top-p prepared them. The texts that were written at T = 1 have places at the same positions,
prepared without truncation.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.readings import kept_logits
from lmphys.stats.mean import mean_interval
from lmphys.thermo.ensemble import gauge, thermodynamics


class Places(NamedTuple):
    """N places of texts: their energies (N, V), and the prompt (N,) of each text."""

    energies: Tensor
    prompt: np.ndarray


def early_places(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    written: pd.DataFrame,
    *,
    temperature: float = 1.0,
    per_text: int = 16,
    seed: int = 0,
) -> Places:
    """Energies of the next token at places of the texts that were written at one temperature.

    Args:
        model: the writer.
        prompts: token ids before the texts.
        written: of `lmphys.thermo.sample_texts`; a text is cut into tokens anew.
        temperature: of the texts that are read.
        per_text: places in each, at random; all where it is shorter.
        seed: of the places.

    Raises:
        LmphysError: no text of that temperature has a token.
    """
    rng = np.random.default_rng(seed)
    mine = written[written["temperature"] == temperature]
    texts = [torch.tensor(model.tokenizer(text, add_special_tokens=False)["input_ids"]) for text in mine["text"]]
    pairs = [(number, text) for number, text in zip(mine["prompt"].tolist(), texts, strict=True) if len(text)]
    if not pairs:
        raise LmphysError(f"no text at temperature {temperature:g} has a token; write longer ones")
    chains = [text for _, text in pairs]
    places = [torch.from_numpy(np.sort(rng.permutation(len(text))[:per_text])) for text in chains]
    read = dict(kept_logits(model, [prompts[number] for number, _ in pairs], chains, places))
    energies = torch.cat([-read[i] for i in range(len(chains))])
    return Places(energies, np.repeat([number for number, _ in pairs], [len(part) for part in places]))


def text_beside_places(written: pd.DataFrame, places: Places, corpus: Tensor, *, seed: int = 0) -> pd.DataFrame:
    """Surprisal of heated texts beside that of single tokens heated at given places, at each temperature above 0.

    Args:
        written: of `lmphys.thermo.sample_texts`.
        places: of `early_places`, of the same prompts.
        corpus: (M, V) energies at places of a corpus.
        seed: of the intervals.

    Returns:
        A row a temperature, nats per token: `texts`, mean surprisal at T = 1 of the drawn tokens; `early places`,
        internal energy in the information gauge at equal positions and without truncation; `difference`, the former
        minus the latter, mean over prompts with `low` and `high`; `corpus places`. At T = 1, where the places come
        from, the difference is 0 but for the luck of the draw.
    """
    heated = written[written["temperature"] > 0]
    temperatures = sorted(heated["temperature"].unique())
    early = thermodynamics(gauge(places.energies, "information"), temperatures).U
    elsewhere = thermodynamics(gauge(corpus, "information"), temperatures).U.mean(axis=1)
    rows = {}
    for T, at_places, at_corpus in zip(temperatures, early, elsewhere, strict=True):
        texts = heated[heated["temperature"] == T].groupby("prompt")["energy"].mean()
        given = pd.Series(at_places).groupby(places.prompt).mean()
        both = pd.DataFrame({"texts": texts, "given": given}).dropna()
        difference = (both["texts"] - both["given"]).to_numpy()
        value, low, high = (np.nan,) * 3
        if len(difference) > 1:
            value, low, high = map(float, mean_interval(difference, groups=None, seed=seed))
        rows[T] = {
            "texts": both["texts"].mean(),
            "early places": both["given"].mean(),
            "difference": value,
            "low": low,
            "high": high,
            "corpus places": at_corpus,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("temperature")
