"""What the training of a tiny transformer is, as a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lmphys.core.errors import LmphysError
from lmphys.training.recipe import Recipe
from lmphys.training.tiny.worlds import WORLDS

if TYPE_CHECKING:
    from lmphys.lm.tiny import TinyConfig


@dataclass(frozen=True)
class Shape:
    """A tiny transformer without its vocabulary; the words are explained at `lmphys.lm.tiny.TinyConfig`.

    Attributes:
        layers: number of blocks.
        width: of the residual stream.
        heads: of each block.
        position: "none", "absolute", "relative", "rotary" or "uniform".
        rotary_share: share of the dimensions of a head that rotary positions turn.
        canon: letters of its Canon layers.
        causal: whether it predicts the next token; False: it sees both sides and fills in what is masked.
        gated: whether the MLP is gated.
        mlp: width of the MLP; None: as many weights as a plain one of four times the width has.
        tied: whether the output head is the embedding.
    """

    layers: int = 3
    width: int = 64
    heads: int = 4
    position: str = "rotary"
    rotary_share: float = 1.0
    canon: str = ""
    causal: bool = True
    gated: bool = True
    mlp: int | None = None
    tied: bool = True

    def config(self, n_words: int, context: int) -> "TinyConfig":
        """The configuration for a vocabulary whose first two words begin and end a document.

        Args:
            n_words: size of the vocabulary.
            context: longest document.
        """
        from lmphys.lm.tiny import TinyConfig

        return TinyConfig(
            vocab_size=n_words,
            hidden_size=self.width,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            intermediate_size=self.mlp,
            max_position_embeddings=context,
            position=self.position,
            rotary_share=self.rotary_share,
            canon=self.canon,
            causal=self.causal,
            gated=self.gated,
            tie_word_embeddings=self.tied,
            # As wide as keeps the size of what a linear map reads, halved: 0.02 is made for widths of a thousand.
            initializer_range=0.5 * self.width**-0.5,
            bos_token_id=0,
            eos_token_id=1,
        )

    def __str__(self) -> str:
        canon = f" canon {self.canon}" if self.canon else ""
        masked = "" if self.causal else " masked"
        return f"L{self.layers} d{self.width} h{self.heads} {self.position}{canon}{masked}"


@dataclass(frozen=True)
class TinyRecipe(Recipe):
    """A tiny transformer trained from nothing on documents of a world; `batch_size` counts documents.

    Attributes:
        title: what it is for, in one line.
        world: one of `WORLDS`.
        options: of the world.
        shape: of the model.
        context: tokens of a row, and longest document.
        base: recipe whose transformer of the same seed, as it comes with the book, goes on to be trained; fresh weights
            where it is empty.
    """

    betas: tuple[float, float] = (0.9, 0.98)  # of the papers
    weight_decay: float = 0.1
    title: str = ""
    world: str = "markov"
    options: Mapping[str, Any] = field(default_factory=dict)
    shape: Shape = field(default_factory=Shape)
    context: int = 128
    base: str = ""

    def check(self) -> None:
        """Raise LmphysError where the recipe asks for the impossible."""
        super().check()
        self._require("context", self.context >= 2, "it must be 2 or more")
        self._require("world", self.world in WORLDS, f"use {', '.join(WORLDS)}")
        self._require("base", not self.base or self.shape.causal, "only a model of the next token goes on from another")

    @classmethod
    def _parsed(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {**super()._parsed(values), "shape": Shape(**values["shape"])}

    def source(self) -> Any:
        """The documents (`lmphys.training.documents.Source`) that it trains on.

        Raises:
            LmphysError: the world has no such option.
        """
        try:
            return WORLDS[self.world](seed=self.seed, **self.options)
        except TypeError as error:
            raise LmphysError(f"the world {self.world} cannot be made ({error}); correct the options") from error
