"""Places in words: which are told of, and what is said of them."""

import numpy as np
import pandas as pd
import torch

from lmphys.pages.boltzmann.places import describe_places, telling_places
from lmphys.thermo.contexts import Contexts


def test_the_telling_places_are_the_ends_and_the_middle():
    assert telling_places(np.array([0.5, 3.0, 0.1, 1.0, 0.7])) == {"most certain": 2, "median": 4, "most open": 1}


def test_a_place_is_described_by_its_own_numbers(tokenizer):
    logits = torch.full((2, len(tokenizer)), -1e9)
    logits[1, [5, 9]] = torch.tensor([0.75, 0.25]).log()
    logits[0, 7] = 0.0
    places = pd.DataFrame({"before": ["a", "b\nc"]})
    found = describe_places(
        Contexts(logits, torch.zeros(2), places), {"open": 1, "certain": 0}, tokenizer, n_likeliest=2
    )
    assert list(found.index) == ["open", "certain"]
    assert found.loc["open", "text before"] == "…b ⏎ c"
    assert found.loc["open", "entropy, nats"] == round(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)), 3)
    assert found.loc["certain", "entropy, nats"] == 0
    first, second = (repr(tokenizer.decode([token])) for token in (5, 9))
    assert found.loc["open", "likeliest"] == f"{first} 0.75, {second} 0.25"
