"""A transformer that gives an energy to a guess of the next token, and the descent that improves the guess.

Gladstone et al. (2025). Texts and guesses pass through the same blocks. A guess stands at the place of the token that
it guesses; it sees the tokens before this place, and itself, and no other guess. No token sees a guess, so what is read
of a text, its keys and values, is the same for all guesses and is computed once.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from lmphys.core.boundaries import given
from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyConfig, rotary
from lmphys.lm.tiny.model import TinyBlock, TinyModel

WEIGHTS = "model.safetensors"


@dataclass(frozen=True)
class Reading:
    """What guesses see of N texts of S tokens.

    Attributes:
        keys: (N, H, S, width of a head) of each block.
        values: likewise.
    """

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]


@dataclass(frozen=True)
class Place:
    """Where guesses are on their way down.

    Attributes:
        logits: (..., N, S, V).
        energies: (..., N, S).
    """

    logits: Tensor
    energies: Tensor


class EnergyTransformer(nn.Module):
    """E(text up to a token, guess of the next one), one number a place.

    The blocks and the embedding are those of a tiny transformer, and the output head is a vector in place of the
    embedding: with tied embeddings both have the same number of weights, but for this vector.

    Args:
        config: of the tiny transformer: rotary positions and no Canon layers.

    Attributes:
        log_step: logarithm of the step size of the descent, learned where the recipe says so.

    Raises:
        LmphysError: it has other parts.
    """

    def __init__(self, config: TinyConfig) -> None:
        super().__init__()
        if config.position != "rotary" or config.canon or not config.gated:
            raise LmphysError("energies take rotary positions, a gated MLP and no Canon layers; change the shape")
        self.config = config
        self.body = TinyModel(config)
        self.energy = nn.Linear(config.hidden_size, 1, bias=False)
        self.log_step = nn.Parameter(torch.zeros(()))
        nn.init.normal_(self.energy.weight, std=config.initializer_range)

    def read(self, ids: Tensor) -> Reading:
        """Keys and values of texts, (N, S) token ids."""
        x = self.body.embed_tokens(ids)
        turns = rotary.angles(self.config, torch.arange(ids.shape[1], device=ids.device)[None])
        keys, values = [], []
        for block in self.blocks():
            q, k, v = self.heads(block, x)
            q, k = rotary.turned(q, *turns), rotary.turned(k, *turns)
            keys.append(k)
            values.append(v)
            if block.attention.slot + 1 < self.config.num_hidden_layers:  # nobody looks at the texts after the last
                x = self.passed(block, x, scaled_dot_product_attention(q, k, v, is_causal=True))
        return Reading(tuple(keys), tuple(values))

    def energies(self, reading: Reading, logits: Tensor) -> Tensor:
        """Energies of guesses.

        Args:
            reading: of N texts of S tokens.
            logits: (..., N, S, V) of each guess, several of them along leading axes; place t guesses token t + 1.

        Returns:
            (..., N, S), no unit: only differences at one place mean something by construction.
        """
        x = logits.softmax(-1) @ self.body.embed_tokens.weight
        S = logits.shape[-2]
        turns = rotary.angles(self.config, torch.arange(1, S + 1, device=logits.device)[None])
        unseen = torch.ones(S, S, dtype=torch.bool, device=logits.device).triu(1)
        for block, keys, values in zip(self.blocks(), reading.keys, reading.values, strict=True):
            q, k, v = self.heads(block, x)
            q, k = rotary.turned(q, *turns) / math.sqrt(q.shape[-1]), rotary.turned(k, *turns)
            before = (q @ keys.transpose(-1, -2)).masked_fill(unseen, -math.inf)
            weights = torch.cat([before, (q * k).sum(-1, keepdim=True)], -1).softmax(-1)
            x = self.passed(block, x, weights[..., :-1] @ values + weights[..., -1:] * v)
        return self.energy(self.body.norm(x))[..., 0]

    def slopes(self, reading: Reading, logits: Tensor, *, create_graph: bool = False) -> tuple[Tensor, Tensor]:
        """Energies, and their gradients with respect to the guesses, of the shape of `logits`.

        Args:
            reading: as for `energies`.
            logits: likewise.
            create_graph: whether the gradients are to be differentiated again, as training does.
        """
        with torch.enable_grad():
            guesses = logits if logits.requires_grad else logits.detach().requires_grad_()
            energies = self.energies(reading, guesses)
            (slopes,) = torch.autograd.grad(energies.sum(), guesses, create_graph=create_graph)
        return energies, slopes

    def descend(self, reading: Reading, logits: Tensor, steps: int, sizes: Tensor | None = None) -> list["Place"]:
        """Guesses on their way down the energy, without noise.

        Args:
            reading: as for `energies`.
            logits: (..., N, S, V) guesses to begin with.
            steps: number of steps.
            sizes: of the steps, of a shape that multiplies `logits`; None: that of the model.

        Returns:
            The first guesses and those after each step, `steps` + 1 of them.
        """
        sizes = self.log_step.detach().exp() if sizes is None else sizes
        way = []
        for _ in range(steps):
            energies, slopes = self.slopes(reading, logits.detach())
            way.append(Place(logits.detach(), energies.detach()))
            logits = way[-1].logits - sizes * slopes
        with torch.no_grad():
            way.append(Place(logits, self.energies(reading, logits)))
        return way

    def blocks(self) -> list[TinyBlock]:
        """The blocks, in their order."""
        return [block for block in self.body.layers if isinstance(block, TinyBlock)]

    def heads(self, block: TinyBlock, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (..., H, S, width of a head) of what comes into a block, (..., S, D)."""
        H, width = self.config.num_attention_heads, self.config.head_width
        each = block.attention.project(block.attention_norm(x)).unflatten(-1, (3, H, width))
        q, k, v = each.movedim(-3, 0).transpose(-2, -3)
        return q, k, v

    def passed(self, block: TinyBlock, x: Tensor, mixed: Tensor) -> Tensor:
        """What leaves a block: (..., S, D) that came in, and the mixed values (..., H, S, width of a head)."""
        x = x + block.attention.output(mixed.transpose(-2, -3).flatten(-2))
        mlp = block.mlp
        gate, value = mlp.up(block.mlp_norm(x)).chunk(2, -1)
        return x + mlp.down(nn.functional.silu(gate) * value)

    def save(self, folder: Path) -> None:
        """Write the weights in float16, and the configuration."""
        half = {name: weight.detach().to("cpu", torch.float16).contiguous() for name, weight in self.named_parameters()}
        save_file(half, folder / WEIGHTS)
        self.config.save_pretrained(folder)

    @classmethod
    def load(cls, folder: Path) -> "EnergyTransformer":
        """Inverse of `save`, in float32.

        Raises:
            LmphysError: a file is missing or damaged.
        """
        with given(folder, "restore it: git checkout data, or train it anew", "is damaged"):
            model = cls(TinyConfig.from_pretrained(folder))
            model.load_state_dict({name: weight.float() for name, weight in load_file(folder / WEIGHTS).items()})
        return model.eval()
