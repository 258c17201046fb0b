"""Where to steer: texts that were read once, places in them, and what is to be said there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from torch import Tensor

from lmphys.lm.model import LanguageModel
from lmphys.mechanics.paths import Paths
from lmphys.pages.steering.contexts import Contexts, Past, head_of
from lmphys.pages.steering.steering import Gradients, target_log_p
from lmphys.pages.steering.targets import Places, choose_places


@dataclass(frozen=True, eq=False)
class Setting:
    """B places to steer at, and all that is known without steering.

    Attributes:
        contexts: the texts up to each place.
        places: where, and towards what.
        paths: all texts, token by token.
        head: states after the last normalisation to log-probabilities.
    """

    contexts: Contexts
    places: Places
    paths: Paths
    head: Callable[[Tensor], Tensor]

    @property
    def targets(self) -> Tensor:
        """(B,) token ids."""
        return self.places.target

    @property
    def states(self) -> Tensor:
        """(B, D) states after the last normalisation, read anew."""
        return self.contexts.read().states[:, 0].detach()


def find_setting(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    texts: Sequence[np.ndarray],
    words: Sequence[int],
    gain: float,
    *,
    seed: int = 0,
) -> Setting:
    """Read texts once, and choose a place and a target in each, by the rule of `choose_places`.

    Args:
        model: the reader.
        prompts: token ids before each text.
        texts: (n,) token ids of each text.
        words: tokens that may be targets.
        gain: nats that a target must have room for.
        seed: of the choice.

    Raises:
        LmphysError: fewer than two texts have such a place.
    """
    starts = [len(prompt) for prompt in prompts]
    past = Past(model, [(*prompt, *text) for prompt, text in zip(prompts, texts, strict=True)])
    paths, head = past.paths(starts), head_of(model)
    places = choose_places(paths, head, words, gain, seed=seed)
    return Setting(Contexts(past, places.text, places.ends(starts)), places, paths, head)


def place_table(setting: Setting, slopes: Gradients, gain: float, *, n_before: int = 9) -> pd.DataFrame:
    """The end of each text, its target, the rank of that, and its probability before and after the gain."""
    decode = setting.contexts.model.tokenizer.decode
    before = target_log_p(slopes.log_p, setting.targets)
    return pd.DataFrame(
        {
            "text up to the place": ["… " + decode(text[-n_before:]) for text in setting.contexts.texts],
            "target": [decode([token]) for token in setting.targets.tolist()],
            "rank": setting.places.rank,
            "p": before.exp(),
            "p after the gain": (before + gain).exp(),
        }
    )
