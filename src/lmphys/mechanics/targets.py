"""Which token is pushed towards, where, and what tells the states before it from others."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from lmphys.corpus import LanguageModel
from lmphys.corpus.read import read_layers
from lmphys.errors import LmphysError
from lmphys.mechanics.paths import Paths


def token_id(model: LanguageModel, text: str) -> int:
    """The one token that a text is.

    Raises:
        LmphysError: it is none or several, or the model has no output for it.
    """
    ids = model.tokenizer(text, add_special_tokens=False)["input_ids"]
    if len(ids) != 1:
        raise LmphysError(f"{text!r} is {len(ids)} tokens of {model.spec}; give one (most words begin with a space)")
    n_tokens = model.model.get_output_embeddings().weight.shape[0]
    if ids[0] >= n_tokens:
        raise LmphysError(f"{text!r} is token {ids[0]}, out of the vocabulary of {n_tokens} of {model.spec}")
    return int(ids[0])


def frequent_words(model: LanguageModel, texts: Sequence[np.ndarray], least: int) -> list[int]:
    """Tokens of letters alone, perhaps after a space, that follow another token in the texts `least` times.

    Raises:
        LmphysError: there is none.
    """
    counts = Counter(token for text in texts for token in text[1:].tolist())
    frequent = [token for token, count in counts.items() if count >= least]
    words = sorted(token for token in frequent if model.tokenizer.decode([token]).strip().isalpha())
    if not words:
        raise LmphysError(f"no word occurs {least} times in {len(texts)} texts; read more of them, or ask for fewer")
    return words


@dataclass(frozen=True, eq=False)
class Places:
    """B places in texts, one a text, each with a token to push towards.

    Attributes:
        text: (B,) number of the text.
        place: (B,) number of its token at which the push is made; the target would be the next one.
        target: (B,) token ids.
        rank: (B,) rank of the target among all tokens without a push, from 1.
    """

    text: np.ndarray
    place: np.ndarray
    target: Tensor
    rank: np.ndarray

    def __len__(self) -> int:
        return len(self.text)

    def contexts(self, prompts: Sequence[Sequence[int]], texts: Sequence[np.ndarray]) -> list[tuple[int, ...]]:
        """Each text with its prompt, up to the place and with it."""
        return [(*prompts[i], *texts[i][: place + 1].tolist()) for i, place in zip(self.text, self.place, strict=True)]

    def following(self, texts: Sequence[np.ndarray]) -> Tensor:
        """The token (B,) that each text itself has after the place."""
        pairs = zip(self.text, self.place, strict=True)
        return torch.tensor([int(texts[i][place + 1]) for i, place in pairs])


def choose_places(
    paths: Paths,
    head: Callable[[Tensor], Tensor],
    words: Sequence[int],
    gain: float,
    *,
    ranks: Sequence[int] = (2, 100),
    gap: float = 5.0,
    earliest: int = 12,
    last: int = 8,
    highest: float = 0.9,
    seed: int = 0,
) -> Places:
    """One place and target at random in each text, among those that a rule fixed in advance admits.

    A pair of place and target is admitted where the target ranks within `ranks`, lies at most `gap` below the most
    probable token, is not the token that follows in the text, and has room for the gain: e^gain p_t ≤ `highest`.

    Args:
        paths: of the texts, unsteered.
        head: states after the last normalisation (n, D) to log-probabilities (n, V).
        words: tokens that may be targets.
        gain: nats.
        ranks: lowest and highest.
        gap: nats; further down, a token stays improbable after any moderate gain.
        earliest: first token of a text that may be a place.
        last: tokens of each text after the last place.
        highest: probability after the push.
        seed: of the choice.

    Raises:
        LmphysError: fewer than two texts have such a place.
    """
    candidates = torch.tensor(list(words))
    rng = np.random.default_rng(seed)
    chosen = []
    for i, (states, tokens) in enumerate(zip(paths.states["final_norm"], paths.tokens, strict=True)):
        places = np.arange(earliest, len(tokens) - last)
        if not len(places):
            continue
        with torch.no_grad():
            log_p = torch.cat([head(part).cpu() for part in torch.from_numpy(states[places]).split(32)])
        own = log_p[:, candidates]
        ends = log_p.topk(min(ranks[1], log_p.shape[1]), dim=1).values
        fits = (own >= ends[:, -1:]) & (own <= ends[:, ranks[0] - 1 : ranks[0]]) & (own + gain <= np.log(highest))
        fits &= own >= ends[:, :1] - gap
        fits &= candidates != torch.from_numpy(tokens[places + 1])[:, None]
        pairs = fits.nonzero()
        if len(pairs):
            place, word = pairs[rng.integers(len(pairs))].tolist()
            rank = int((log_p[place] > own[place, word]).sum()) + 1
            chosen.append((i, int(places[place]), int(candidates[word]), rank))
    if len(chosen) < 2:
        raise LmphysError(
            f"{len(chosen)} texts have a place with one of {len(words)} targets at rank {ranks[0]} to {ranks[1]}; "
            "read more texts, widen the ranks, or lower the gain"
        )
    columns = np.array(chosen).T
    return Places(columns[0], columns[1], torch.from_numpy(columns[2]), columns[3])


def contrast(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    texts: Sequence[np.ndarray],
    words: Sequence[int],
    layer: int,
) -> dict[int, Tensor]:
    """Contrast of each word: mean state before it, minus mean state before other tokens, (D,) float32.

    Args:
        model: the reader.
        prompts: token ids before each text.
        texts: (n,) token ids, of other questions than those where the contrast is used.
        words: tokens.
        layer: block after which the states are taken.

    Raises:
        LmphysError: a word never follows another token in the texts.

    Source: contrastive activation addition, Rimsky et al. 2023 (arXiv 2312.06681), with "t comes next" as the trait.
    """
    index = model.layer_index(layer)
    chains = [torch.from_numpy(np.asarray(text)) for text in texts]
    places = [torch.arange(len(chain) - 1) for chain in chains]
    states = [torch.empty(0)] * len(chains)
    for i, found in read_layers(model, prompts, chains, places, layers=[index]):
        states[i] = found[index]
    before, following = torch.cat(states), torch.cat([chain[1:] for chain in chains])
    total, n = before.sum(0), len(before)
    result = {}
    for word in words:
        mine = following == word
        count = int(mine.sum())
        if not 0 < count < n:
            raise LmphysError(f"no contrast for {model.tokenizer.decode([word])!r}: it follows {count} of {n} tokens")
        own = before[mine].sum(0)
        result[word] = own / count - (total - own) / (n - count)
    return result
