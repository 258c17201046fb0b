"""Next-token distributions of a model at places of texts that it, or another model, has written."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.readings import kept_logits


@dataclass(frozen=True, eq=False)
class Contexts:
    """N places in texts, and what a model says may come next.

    Attributes:
        logits: (N, V) float32 on the CPU.
        tokens: (N,) the token that came.
        places: a row a context: `chain`, its row in the corpus; `place`, the number of the token in the chain;
            `question_id`; `before`, the text just before it.
    """

    logits: Tensor
    tokens: Tensor
    places: pd.DataFrame

    def __len__(self) -> int:
        return len(self.tokens)

    def energies(self) -> Tensor:
        """E_v = -z_v, (N, V)."""
        return -self.logits

    def texts(self, corpus: Corpus) -> list[np.ndarray]:
        """Token ids of the chain before each place, without the prompt."""
        tokens = corpus.tokens()
        return [tokens[chain][:place] for chain, place in self.places[["chain", "place"]].to_numpy()]


def read_contexts(
    model: LanguageModel, corpus: Corpus, *, n_chains: int, per_chain: int, seed: int = 0, words_before: int = 60
) -> Contexts:
    """Read chains of a corpus with teacher forcing, and keep the distributions at some of their tokens.

    Chains are drawn without repetition, one a question as long as there are questions; in each, places are drawn
    without repetition. The same seed gives the same places for every model with the corpus's tokenizer.

    Args:
        model: the reader; its tokenizer must be the writer's.
        corpus: whose chains, with the prompts they were written for.
        n_chains: chains to read; all where there are fewer.
        per_chain: places in each; all where it is shorter.
        seed: of chains and places.
        words_before: characters of text kept for display.

    Raises:
        LmphysError: the model's vocabulary lacks tokens of the corpus.
    """
    tokens = corpus.tokens()
    rng = np.random.default_rng(seed)
    chosen = _chosen(corpus.chains["question_id"], n_chains, rng)
    chains = [torch.from_numpy(tokens[chain].astype(np.int64)) for chain in chosen]
    places = [torch.from_numpy(np.sort(rng.permutation(len(chain))[:per_chain])) for chain in chains]
    questions = corpus.chains["question"].iloc[chosen]
    prompts = [model.prompt_ids(REQUEST.format(question=text), corpus.spec.prompt) for text in questions]
    if any(max(max(prompt), int(chain.max())) >= model.n_rows for prompt, chain in zip(prompts, chains, strict=True)):
        raise LmphysError(f"{model.spec} does not know all tokens of the corpus; take a model with its tokenizer")
    kept = dict(kept_logits(model, prompts, chains, places))
    rows = []
    for row, text, wanted in zip(chosen, chains, places, strict=True):
        for place in wanted.tolist():
            before = model.tokenizer.decode(text[:place].tolist())[-words_before:]
            rows.append((row, place, corpus.chains["question_id"].iloc[row], before, int(text[place])))
    table = pd.DataFrame(rows, columns=["chain", "place", "question_id", "before", "token"])
    logits = torch.cat([kept[i] for i in range(len(chains))])
    return Contexts(logits, torch.tensor(table.pop("token").to_numpy()), table)


def _chosen(questions: Sequence[str] | pd.Series, n: int, rng: np.random.Generator) -> list[int]:
    """Rows of n chains: one of each question in random order, then a second of each, and so on."""
    order = rng.permutation(len(questions))
    turn = pd.Series(np.asarray(questions)[order]).groupby(np.asarray(questions)[order]).cumcount().to_numpy()
    return [int(row) for row in order[np.argsort(turn, kind="stable")][:n]]
