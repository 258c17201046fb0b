"""States of stored chains at every depth of the model, where their labels are: at the ends of sentences."""

from collections.abc import Sequence

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_layers
from lmphys.lm.readings import kept


def states_by_layer(
    model: LanguageModel,
    corpus: Corpus,
    layers: Sequence[int],
    *,
    rows: Sequence[int] | np.ndarray | None = None,
) -> dict[int, np.ndarray]:
    """Residual streams at the boundary tokens of a corpus, all layers from one teacher-forced pass.

    The chains are read as they were written, after the same prompt, so that the states after the corpus' own layer are
    its stored `resid_post` up to rounding. Only the boundary tokens are kept.

    Args:
        model: the corpus' own model, or another that shares its tokenizer.
        corpus: chains and their sentences.
        layers: blocks after which the states are taken: 0 the embeddings, `model.n_layers` (or -1) the last block,
            before the final norm.
        rows: rows of `corpus.chains` to read, None all of them; see `chains_per_question`.

    Returns:
        Layer, counted from 0, -> (N, D) float32: a row a sentence, in the order of
        `corpus.sentences[corpus.sentences["chain"].isin(rows)]`.

    Raises:
        LmphysError: a layer that the model lacks, a chain beyond its context, or tokens of another tokenizer.
    """
    indices = [model.layer_index(layer) for layer in layers]
    ends = corpus.chains["n_tokens"].to_numpy().cumsum()
    chosen = np.arange(len(ends)) if rows is None else np.unique(np.asarray(rows, dtype=np.int64))
    table = corpus.chains.iloc[chosen]
    every = torch.from_numpy(corpus.column("tokens"))
    tokens = [every[end - n : end] for end, n in zip(ends[chosen], table["n_tokens"], strict=True)]
    for chain, text in zip(tokens, table["text"], strict=True):
        if model.tokenizer.decode(chain.tolist(), skip_special_tokens=True, clean_up_tokenization_spaces=False) != text:
            raise LmphysError(
                f"{model.spec} does not share the tokenizer of this corpus; take {corpus.spec.model}, or build a "
                f"corpus of model {model.spec} with writer {corpus.spec.writer or corpus.spec.model}"
            )
    places = corpus.sentences["token"].groupby(corpus.sentences["chain"])
    known = {int(chain): torch.tensor(group.to_numpy()) for chain, group in places}
    wanted = [known.get(int(chain), torch.empty(0, dtype=torch.long)) for chain in chosen]
    prompts = [model.prompt_ids(REQUEST.format(question=text), corpus.spec.prompt) for text in table["question"]]

    def read() -> dict[str, np.ndarray]:
        found: list[dict[int, np.ndarray]] = [{} for _ in chosen]
        for i, states in read_layers(model, prompts, tokens, wanted, layers=indices):
            found[i] = {layer: array.numpy() for layer, array in states.items()}
        empty = np.empty((0, model.width), dtype=np.float32)
        return {f"{layer}": np.concatenate([empty, *(states[layer] for states in found)]) for layer in indices}

    states = kept(model, [prompts, tokens, wanted, indices], read)
    return {layer: states[f"{layer}"] for layer in indices}


def chains_per_question(corpus: Corpus, n: int) -> np.ndarray:
    """Rows of `corpus.chains`, ascending: the first `n` chains of each question, or all that it has.

    Raises:
        LmphysError: `n` is below 1.
    """
    if n < 1:
        raise LmphysError(f"{n} chains per question: take at least 1")
    place = corpus.chains.groupby(["task", "question_id"]).cumcount()
    return np.flatnonzero(place < n)
