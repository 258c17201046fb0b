"""From token to token: where the state is, and how likely the token was that followed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.store import Corpus
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_written
from lmphys.lm.readings import kept
from lmphys.lm.sampling import Sampling
from lmphys.lm.sites import SITES

# Tokens that a text without a prompt spends before its path begins: the first token of a text is an outlier in
# most models, with a state many times as long as the others.
N_LEAD = 4


@dataclass(frozen=True, eq=False)
class Motion:
    """Places of N tokens from which a step to a later token is taken.

    Attributes:
        kinetic: (N,) half of the squared length of the step.
        log_pp: (N,) negative log-probability of the token that follows, nats: log of the point perplexity.
        turn: (N,) 1 - cos of the angle between the states at both ends.
        chain: (N,) number of the chain, ascending.
        place: (N,) number of the token in its chain.
        repeat: (N,) whether the token at the end of the step is the one at its start.
    """

    kinetic: np.ndarray
    log_pp: np.ndarray
    turn: np.ndarray
    chain: np.ndarray
    place: np.ndarray
    repeat: np.ndarray

    def keep(self, which: np.ndarray) -> "Motion":
        """The places (N,) for which `which` is true."""
        return Motion(**{name: values[which] for name, values in vars(self).items()})


@dataclass(frozen=True, eq=False)
class Paths:
    """Token by token through C texts, n_c tokens each.

    Attributes:
        states: site -> C arrays (n_c, D), `resid_post` (before the final normalisation) and `final_norm` (after it).
        log_pp: C arrays (n_c,), entry t for the token that follows token t, nats; NaN at the last token.
        tokens: C arrays (n_c,) of token ids.
    """

    states: dict[str, list[np.ndarray]]
    log_pp: list[np.ndarray]
    tokens: list[np.ndarray]

    def __len__(self) -> int:
        return len(self.tokens)

    def motion(
        self, site: str = "final_norm", *, lag: int = 1, per_dimension: bool = True, arriving: bool = False
    ) -> Motion:
        """Kinetic energy, log point perplexity and turning of the steps h_{t+lag} - h_t.

        Args:
            site: a key of `states`.
            lag: tokens in a step.
            per_dimension: divide the kinetic energy by D.
            arriving: take the point perplexity at the state to which the step leads; else at the one where it starts,
                which is about the first token of the step.

        Raises:
            LmphysError: the site is unknown, or no text is longer than `lag` tokens.
        """
        if site not in self.states:
            raise LmphysError(f"unknown site {site!r}; use {' or '.join(self.states)}")
        # Nothing follows the last token, so that a step which arrives there has no perplexity.
        steps = np.array([max(0, len(tokens) - lag - arriving) for tokens in self.tokens])
        if lag < 1 or not steps.any():
            raise LmphysError(f"no step of {lag} tokens in these texts; use a lag of 1 or more, or longer texts")
        kinetic, turn = [], []
        for states, n in zip(self.states[site], steps, strict=True):
            h = states.astype(np.float64)
            old, new = h[:n], h[lag : lag + n]
            scale = h.shape[1] if per_dimension else 1
            kinetic.append(((new - old) ** 2).sum(axis=1) / 2 / scale)
            lengths = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
            turn.append(1 - (old * new).sum(axis=1) / lengths)
        return Motion(
            np.concatenate(kinetic),
            np.concatenate([x[lag * arriving :][:n] for x, n in zip(self.log_pp, steps, strict=True)]),
            np.concatenate(turn),
            np.repeat(np.arange(len(self)), steps),
            np.concatenate([np.arange(n) for n in steps]),
            np.concatenate([x[lag : lag + n] == x[:n] for x, n in zip(self.tokens, steps, strict=True)]),
        )


@torch.inference_mode()
def read_paths(
    model: LanguageModel, prompts: Sequence[Sequence[int]], texts: Sequence[np.ndarray], *, layer: int = -1
) -> Paths:
    """Read texts with teacher forcing; states and probabilities come from the same pass.

    Args:
        model: the reader.
        prompts: token ids before each text; none, and the first `N_LEAD` tokens of the text are its prompt.
        texts: (n,) token ids of each text.
        layer: block after which `resid_post` is taken.

    Raises:
        LmphysError: the model does not know a token, cannot read so long a text, or a text has no two tokens.
    """
    before: list[tuple[int, ...]] = []
    chains: list[torch.Tensor] = []
    for prompt, text in zip(prompts, texts, strict=True):
        whole = [*prompt, *np.asarray(text).tolist()]
        start = len(prompt) or N_LEAD
        if len(whole) < start + 2:
            raise LmphysError(f"a text of {len(text)} tokens has no step; leave short texts out")
        if max(whole) >= model.n_rows:
            raise LmphysError(f"{model.spec} does not know all tokens of the text; take a model with its tokenizer")
        before.append(tuple(whole[:start]))
        chains.append(torch.tensor(whole[start:]))

    def read() -> dict[str, np.ndarray]:
        written = read_written(model, before, chains, Sampling(temperature=1.0), layer=layer)
        ordered = sorted(written, key=lambda chain: chain.index)
        joined = {site: torch.cat([chain.states[site] for chain in ordered]).numpy() for site in SITES}
        return joined | {"logp": torch.cat([chain.logp for chain in ordered]).numpy()}

    if not chains:
        return Paths({site: [] for site in SITES}, [], [])
    found = kept(model, [before, chains, layer], read)
    ends = np.cumsum([len(chain) for chain in chains])[:-1]
    parts = {name: np.split(array, ends) for name, array in found.items()}
    return Paths(
        {site: parts[site] for site in SITES},
        # The first token's probability belongs to the last token of the prompt.
        [np.append(-logp[1:].astype(np.float64), np.nan) for logp in parts["logp"]],
        [chain.numpy() for chain in chains],
    )


def chosen_chains(corpus: Corpus, n_chains: int, *, shortest: int = 32, seed: int = 0) -> list[int]:
    """Rows of chains of different questions, in random order; fewer than `n_chains` where there are not as many.

    Args:
        corpus: whose chains.
        n_chains: wanted.
        shortest: least number of tokens of a chain.
        seed: of the choice.

    Raises:
        LmphysError: fewer than two questions have such a chain.
    """
    long = corpus.chains[corpus.chains["n_tokens"] >= shortest].sample(frac=1, random_state=seed)
    rows = long.drop_duplicates("question_id").index[:n_chains].tolist()
    if len(rows) < 2:
        raise LmphysError(f"{len(rows)} questions have a chain of {shortest} tokens; two are needed: raise max_tokens")
    return rows


def chain_texts(
    model: LanguageModel, corpus: Corpus, rows: Sequence[int], max_tokens: int
) -> tuple[list[tuple[int, ...]], list[np.ndarray]]:
    """Prompts and the first tokens of chains of a corpus, as `read_paths` takes them.

    Args:
        model: whose chat template makes the prompts.
        corpus: whose chains.
        rows: of the chains.
        max_tokens: tokens kept of each.
    """
    tokens = corpus.tokens()
    questions = corpus.chains["question"]
    prompts = [model.prompt_ids(REQUEST.format(question=questions[row]), corpus.spec.prompt) for row in rows]
    return prompts, [tokens[row][:max_tokens] for row in rows]
