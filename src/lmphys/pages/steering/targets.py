"""Which token is steered towards, where, and what tells the states before it from others."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_layers
from lmphys.lm.readings import kept
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


def target_tokens(model: LanguageModel, words: Sequence[str], texts: Sequence[np.ndarray], least: int) -> list[int]:
    """Tokens that may be targets: those of the words or, where none are given, those frequent in the texts."""
    return [token_id(model, word) for word in words] if words else frequent_words(model, texts, least)


@dataclass(frozen=True, eq=False)
class Places:
    """B places in texts, one a text, each with a token to steer towards.

    Attributes:
        text: (B,) number of the text.
        place: (B,) number of its token at which the state is moved; the target would be the next one.
        target: (B,) token ids.
        rank: (B,) rank of the target among all tokens without steering, from 1.
        gap: nats that targets may lie below the most probable token.
    """

    text: np.ndarray
    place: np.ndarray
    target: Tensor
    rank: np.ndarray
    gap: float = np.inf

    def __len__(self) -> int:
        return len(self.text)

    def ends(self, starts: Sequence[int]) -> np.ndarray:
        """Number of tokens (B,) up to each place and with it, where texts begin with `starts` tokens of a prompt."""
        return np.asarray(starts)[self.text] + self.place + 1

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
    gaps: Sequence[float] = (5.0, 10.0, 20.0),
    earliest: int = 12,
    last: int = 8,
    highest: float = 0.9,
    seed: int = 0,
) -> Places:
    """One place and target at random in each text, among those that a rule fixed in advance admits.

    A pair of place and target is admitted where the target is not the most probable token and lies at most a gap below
    it, is not the token that follows in the text, and has room for the gain: e^gain p_t ≤ `highest`. The gap is the
    first that leaves a place to half of the texts, or else the last.

    Args:
        paths: of the texts, unsteered.
        head: states after the last normalisation (n, D) to log-probabilities (n, V).
        words: tokens that may be targets.
        gain: nats.
        gaps: nats, ascending; further down, a token stays improbable after any moderate gain.
        earliest: first token of a text that may be a place.
        last: tokens of each text after the last place.
        highest: probability after the gain.
        seed: of the choice.

    Raises:
        LmphysError: fewer than two texts have such a place.
    """
    candidates = torch.tensor(list(words))
    found = []
    for i, (states, tokens) in enumerate(zip(paths.states["final_norm"], paths.tokens, strict=True)):
        places = np.arange(earliest, len(tokens) - last)
        if not len(places):
            continue
        with torch.no_grad():
            log_p = torch.cat([head(part) for part in torch.from_numpy(states[places]).split(32)])
        own = log_p[:, candidates]
        below = log_p.max(1, keepdim=True).values - own
        fits = (below > 0) & (below <= gaps[-1]) & (own + gain <= np.log(highest))
        fits &= candidates != torch.from_numpy(tokens[places + 1])[:, None]
        for row, word in fits.nonzero().tolist():
            above = int((log_p[row] > own[row, word]).sum())
            found.append((i, int(places[row]), int(candidates[word]), above + 1, float(below[row, word])))
    table = pd.DataFrame(found, columns=["text", "place", "target", "rank", "below"])
    counts = [table.loc[table["below"] <= gap, "text"].nunique() for gap in gaps]
    if counts[-1] < 2:
        raise LmphysError(
            f"{counts[-1]} texts have a place with one of {len(candidates)} targets at most {gaps[-1]:g} nats below "
            "the likeliest token; read more texts, or lower the gain"
        )
    gap = next((gap for gap, n in zip(gaps, counts, strict=True) if n >= max(2, len(paths) / 2)), gaps[-1])
    rng = np.random.default_rng(seed)
    groups = table[table["below"] <= gap].groupby("text")
    chosen = pd.DataFrame([part.iloc[rng.integers(len(part))] for _, part in groups])
    text, place, target, rank = (chosen[name].to_numpy(int) for name in ("text", "place", "target", "rank"))
    return Places(text, place, torch.from_numpy(target), rank, gap)


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
    following = torch.cat([chain[1:] for chain in chains])
    counts, n = [int((following == word).sum()) for word in words], len(following)
    for word, count in zip(words, counts, strict=True):
        if not 0 < count < n:
            raise LmphysError(f"no contrast for {model.tokenizer.decode([word])!r}: it follows {count} of {n} tokens")

    def read() -> dict[str, np.ndarray]:
        places = [torch.arange(len(chain) - 1) for chain in chains]
        states = dict(read_layers(model, prompts, chains, places, layers=[index]))
        before = torch.cat([states[i][index] for i in range(len(chains))])
        total, found = before.sum(0), dict[str, np.ndarray]()
        for word, count in zip(words, counts, strict=True):
            own = before[following == word].sum(0)
            found[f"{word}"] = (own / count - (total - own) / (n - count)).numpy()
        return found

    kept_on_disk = kept(model, [list(prompts), chains, list(words), index], read)
    return {word: torch.from_numpy(kept_on_disk[f"{word}"]) for word in words}


def contrast_directions(
    model: LanguageModel,
    prompts: Sequence[tuple[int, ...]],
    texts: Sequence[np.ndarray],
    targets: Tensor,
    layer: int,
) -> Tensor:
    """The contrast (B, D) of each target (B,), see `contrast`."""
    found = contrast(model, prompts, texts, sorted(set(targets.tolist())), layer)
    return torch.stack([found[token] for token in targets.tolist()])
