"""What random weights must show, without any dynamics."""

from typing import NamedTuple

import numpy as np

from lmphys.lm.model import LanguageModel


class Surprisal(NamedTuple):
    """Mean and standard deviation of -log p of a token under random weights, nats."""

    mean: float
    sd: float


def random_surprisal(n_tokens: int, s: float) -> Surprisal:
    """-log p of a fixed token whose logit, as those of the n others, is drawn from N(0, s²).

    log Z of n such logits is log n + s²/2 up to a correction of order 1/n, included here to first order, with a
    standard deviation of sqrt((e^{s²} - 1) / n); the logit of the token itself varies by s. Derived in this book.

    Args:
        n_tokens: size of the vocabulary.
        s: standard deviation of the logits; initial standard deviation of the head times the length of the state,
            which after a normalisation without gain is sqrt(D).
    """
    wobble = np.expm1(s**2) / n_tokens  # Var(Z) / E(Z)²
    # Cov(z, log Z) = s² / n: the token is one of those that are summed.
    variance = s**2 + wobble - 2 * s**2 / n_tokens
    return Surprisal(float(np.log(n_tokens) + s**2 / 2 - wobble / 2), float(np.sqrt(variance)))


class Head(NamedTuple):
    """What the configuration of a model says of its output head; None where it does not say."""

    n_tokens: int
    width: int
    initial_sd: float | None
    tied: bool

    @property
    def logit_sd(self) -> float | None:
        """Standard deviation of the logits at random weights, for states of length sqrt(D)."""
        return None if self.initial_sd is None else self.initial_sd * float(np.sqrt(self.width))


def describe_head(model: LanguageModel) -> Head:
    """Vocabulary, width, initial standard deviation and tying, from the configuration of a model."""
    config = model.model.config.get_text_config()
    n_tokens = model.model.get_output_embeddings().weight.shape[0]
    sd = getattr(config, "initializer_range", None)
    return Head(n_tokens, model.width, None if sd is None else float(sd), bool(config.tie_word_embeddings))
