"""Early places: read as written, and beside heated texts that they must agree with."""

import numpy as np
import pandas as pd
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.pages.boltzmann.early import Places, early_places, text_beside_places


def test_places_are_those_of_a_plain_pass(llama):
    text = "Two and three are five."
    tokens = llama.tokenizer(text, add_special_tokens=False)["input_ids"]
    written = pd.DataFrame({"temperature": [0.0, 1.0, 1.0], "prompt": [0, 0, 1], "text": ["x", text, ""]})
    prompts = [(5, 6, 7), (5,)]
    found = early_places(llama, prompts, written, per_text=100)
    with torch.inference_mode():
        logits = llama.model(torch.tensor([[5, 6, 7, *tokens]])).logits[0]
    torch.testing.assert_close(found.energies, -logits[2 : 2 + len(tokens)].float())
    assert found.prompt.tolist() == [0] * len(tokens)
    assert len(early_places(llama, prompts, written, per_text=2).prompt) == 2
    with pytest.raises(LmphysError, match="write longer ones"):
        early_places(llama, prompts, written[2:])


def test_texts_of_one_law_agree_with_its_internal_energy():
    """Every place has the same levels and no text changes what follows: the differences are chance."""
    rng = np.random.default_rng(0)
    levels = rng.normal(0, 2, 30)
    rows = []
    for T in (0.5, 1.0, 2.0):
        p = np.exp(-levels / T) / np.exp(-levels / T).sum()
        surprisal = levels + np.log(np.exp(-levels).sum())
        rows += [(T, prompt, surprisal[rng.choice(30, 400, p=p)].mean()) for prompt in range(8)]
    written = pd.DataFrame(rows, columns=["temperature", "prompt", "energy"])
    energies = torch.from_numpy(np.tile(levels, (24, 1)))
    table = text_beside_places(written, Places(energies, np.repeat(np.arange(8), 3)), energies[:5] + 3)
    for T, row in table.iterrows():
        p = np.exp(-levels / T) / np.exp(-levels / T).sum()
        assert row["early places"] == pytest.approx((p * (levels + np.log(np.exp(-levels).sum()))).sum())
        assert row["corpus places"] == pytest.approx(row["early places"])  # a constant is no energy
        assert row["difference"] == pytest.approx(row["texts"] - row["early places"])
        assert abs(row["difference"]) < 0.15 and row["low"] < row["difference"] < row["high"]
    hotter = written.assign(energy=written["energy"] + (written["temperature"] == 2))
    moved = text_beside_places(hotter, Places(energies, np.repeat(np.arange(8), 3)), energies)
    assert moved.loc[2.0, "low"] > 0.8 and abs(moved.loc[1.0, "difference"]) < 0.15
