"""What the model is compared with: random weights along the same texts, and texts that nobody sampled."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lmphys.core.boundaries import given
from lmphys.corpus.spec import control_of
from lmphys.lm.model import LanguageModel
from lmphys.mechanics.paths import Paths, read_paths


def read_with_random_weights(
    model: str, n_seeds: int, prompts: Sequence[Sequence[int]], texts: Sequence[np.ndarray], *, dtype: str
) -> dict[str, Paths]:
    """Paths of the same texts through fresh weights of the architecture of a model.

    Args:
        model: spec of the model; its own seed, if it has one, is passed over.
        n_seeds: how many draws of the weights.
        prompts: token ids before each text.
        texts: (n,) token ids of each text.
        dtype: in which the weights are loaded.

    Returns:
        Spec of the random weights to their paths, in the order of the seeds.
    """
    found, name = {}, model
    for _ in range(n_seeds):
        name = control_of(name)
        found[name] = read_paths(LanguageModel(name, dtype=dtype), prompts, texts)
    return found


def read_paragraphs(model: LanguageModel, path: Path, max_tokens: int, most: int | None = None) -> Paths:
    """Paths of plain paragraphs, which are separated by empty lines in a file; without any prompt.

    Args:
        model: the reader.
        path: of the file.
        max_tokens: tokens kept of each paragraph.
        most: paragraphs, the first ones; None for all.
    """
    with given(path, "give a plain text in UTF-8, with empty lines between its paragraphs"):
        paragraphs = path.read_text(encoding="utf-8-sig").split("\n\n")[:most]
    texts = [np.array(model.tokenizer(paragraph)["input_ids"])[:max_tokens] for paragraph in paragraphs]
    return read_paths(model, [()] * len(texts), texts)
