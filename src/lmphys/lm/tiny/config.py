"""What a tiny transformer is made of."""

from typing import ClassVar

from transformers import PreTrainedConfig

from lmphys.core.errors import LmphysError

POSITIONS = ("none", "absolute", "relative", "rotary", "uniform")
CANON = "ABCD"
TAPS = 4  # tokens that a Canon layer sees: the present one and three before it


class TinyConfig(PreTrainedConfig):
    """Settings of `TinyForCausalLM`, under the names that `transformers` uses where it has one.

    Attributes:
        vocab_size: tokens V.
        hidden_size: width D of the residual stream.
        num_hidden_layers: blocks.
        num_attention_heads: heads H of each block, D / H wide.
        intermediate_size: width of the MLP; None: 4 D, or the 8/3 D at which a gated MLP has as many weights.
        max_position_embeddings: longest text.
        position: how attention knows where a token stands:
            "none": only by the causal mask;
            "absolute": a learned vector for each place is added to the embedding;
            "relative": a learned number for each head and distance is added to the scores;
            "rotary": queries and keys are turned by an angle that grows with the place (RoPE);
            "uniform": head h = 1, 2, ... takes the plain mean over the last 2^h - 1 tokens; there are no scores.
        rotary_share: share of the dimensions of a head that are turned.
        rope_theta: base of the angles.
        causal: whether a token sees itself and those before it alone; False: its whole text, to fill in masks.
        canon: which Canon layers there are: "A" before attention, "B" on queries, keys and values, "C" before the MLP,
            "D" in the MLP before its activation; "" for none.
        gated: whether the MLP is gated, SiLU(W x) * (U x), or plain, GELU(U x).
        tie_word_embeddings: whether the output head is the embedding.
        initializer_range: standard deviation of the initial linear maps and embeddings.
        rms_norm_eps: of the norms.

    Raises:
        LmphysError: the parts do not fit together.
    """

    model_type: ClassVar[str] = "lmphys_tiny"
    keys_to_ignore_at_inference: ClassVar[list[str]] = ["past_key_values"]

    vocab_size: int = 64
    hidden_size: int = 64
    num_hidden_layers: int = 3
    num_attention_heads: int = 4
    intermediate_size: int | None = None
    max_position_embeddings: int = 128
    position: str = "rotary"
    rotary_share: float = 1.0
    rope_theta: float = 10_000.0
    causal: bool = True
    canon: str = ""
    gated: bool = True
    tie_word_embeddings: bool = True
    initializer_range: float = 0.02
    rms_norm_eps: float = 1e-6
    use_cache: bool = True
    bos_token_id: int | None = None
    eos_token_id: int | list[int] | None = None
    pad_token_id: int | None = None

    def __post_init__(self, **kwargs: object) -> None:
        if self.intermediate_size is None:
            self.intermediate_size = round(8 * self.hidden_size / 3) if self.gated else 4 * self.hidden_size
        if self.position not in POSITIONS:
            raise LmphysError(f"unknown position {self.position!r} of a tiny model; use {', '.join(POSITIONS)}")
        if list(self.canon) != sorted(set(self.canon) & set(CANON)):
            raise LmphysError(f"canon of a tiny model is {self.canon!r}; use some letters of {CANON}, in this order")
        if not self.causal and (self.position not in ("none", "absolute", "rotary") or self.canon):
            raise LmphysError(
                f"positions {self.position!r} and canon {self.canon!r} look back alone; a tiny model that is not "
                "causal takes none, absolute or rotary positions and no Canon layers"
            )
        if self.hidden_size % self.num_attention_heads:
            raise LmphysError(
                f"{self.num_attention_heads} heads do not divide a width of {self.hidden_size}; choose another number"
            )
        if self.position == "rotary" and (self.rotary_width < 2 or self.rotary_width % 2):
            raise LmphysError(
                f"rotary positions would turn {self.rotary_width} of the {self.head_width} dimensions of a head, and "
                "turn them in pairs; change rotary_share or the number of heads"
            )
        super().__post_init__(**kwargs)

    @property
    def head_width(self) -> int:
        """Dimensions of a head."""
        return self.hidden_size // self.num_attention_heads

    @property
    def rotary_width(self) -> int:
        """Dimensions of a head that are turned."""
        return round(self.rotary_share * self.head_width)

    @property
    def projections(self) -> int:
        """What a block reads from its input for attention: queries, keys and values; no more than values if uniform."""
        return 1 if self.position == "uniform" else 3

    @property
    def linear_weights(self) -> int:
        """Weights of all linear maps of the blocks: each takes a multiplication and an addition a token."""
        assert self.intermediate_size is not None
        attention = (self.projections + 1) * self.hidden_size**2
        mlp = (3 if self.gated else 2) * self.hidden_size * self.intermediate_size
        return self.num_hidden_layers * (attention + mlp)

    @property
    def n_parameters(self) -> int:
        """Number of parameters, embeddings included, tied ones counted once."""
        assert self.intermediate_size is not None
        D, L = self.hidden_size, self.num_hidden_layers
        before_activation = self.intermediate_size * (2 if self.gated else 1)
        canon = {"A": D, "B": self.projections * D, "C": D, "D": before_activation}
        return (
            self.vocab_size * D * (1 if self.tie_word_embeddings else 2)
            + (self.max_position_embeddings * D if self.position == "absolute" else 0)
            + self.linear_weights
            + L * (self.num_attention_heads * self.max_position_embeddings if self.position == "relative" else 0)
            + L * TAPS * sum(canon[letter] for letter in self.canon)
            + (2 * L + 1) * D
        )
