"""Drawing the next token: temperature, top-k and top-p with one uniform number per token.

The draw is the inverse of the cumulative distribution over tokens in order of falling probability. It needs one
uniform number, so a chain's text is a function of its own seed and of the logits alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from lmphys.core.settings import real, whole

# A nucleus rarely holds more tokens than this; the rows where it does are sorted whole.
_CANDIDATES = 64
# Logits that are swept at once, so that the sweeps of a block find them in the processor's cache.
_CACHED = 2**19
_RULED_OUT = -1e5


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn.

    Attributes:
        temperature: divides the logits; 0 takes the most probable token.
        top_p: smallest set of most probable tokens whose mass reaches this share (1 keeps all).
        top_k: number of most probable tokens kept, before `top_p` (0 keeps all).
        max_tokens: longest chain, in tokens.
    """

    temperature: float = 0.8
    top_p: float = 0.95
    top_k: int = 0
    max_tokens: int = 200

    def check(self) -> None:
        """Raise LmphysError where a setting makes no sense."""
        real("temperature (0 is greedy)", self.temperature, least=0)
        real("top_p (1 keeps every token)", self.top_p, least=0, most=1, above=True)
        whole("top_k (0 keeps every token)", self.top_k, least=0)
        whole("max_tokens", self.max_tokens, least=1)


def chain_uniforms(seed: int, n: int) -> Tensor:
    """The n uniform numbers in [0, 1) that draw the tokens of the chain with this seed, float64 on the CPU."""
    return torch.rand(n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


class Draw(NamedTuple):
    """One token for each of B rows.

    Attributes:
        tokens: (B,) ids.
        logp: (B,) their log-probabilities at temperature 1, nats, of the full distribution.
        logp_sampling: (B,) the same at the sampling temperature, before truncation; at temperature 0 as `logp`.
        entropy: (B,) entropy of the full distribution at temperature 1 that the token was drawn against, nats.
    """

    tokens: Tensor
    logp: Tensor
    logp_sampling: Tensor
    entropy: Tensor


def draw(logits: Tensor, uniforms: Tensor, sampling: Sampling) -> Draw:
    """Draw one token for each row.

    Args:
        logits: (B, V), any floating dtype.
        uniforms: (B,) in [0, 1).
        sampling: temperature, top_p and top_k; as in `transformers`, top-k acts before top-p and both after the
            temperature.
    """
    rows = _rows_at_once(logits)
    return joined(_draw(*block, sampling) for block in zip(logits.split(rows), uniforms.split(rows), strict=True))


def measure(logits: Tensor, tokens: Tensor, sampling: Sampling) -> Draw:
    """What `draw` tells of tokens (B,) that were drawn before, from their logits (B, V)."""
    rows = _rows_at_once(logits)
    blocks = zip(logits.split(rows), tokens.to(logits.device).split(rows), strict=True)
    return joined(_Distribution.of(block, sampling).measure(own) for block, own in blocks)


def _draw(logits: Tensor, uniforms: Tensor, sampling: Sampling) -> Draw:
    distribution = _Distribution.of(logits, sampling)
    if sampling.temperature == 0:
        tokens = distribution.logits.argmax(-1)
    else:
        tokens = _pick(distribution.scaled, distribution.log_z_scaled, uniforms.double(), sampling)
    return distribution.measure(tokens)


def _rows_at_once(logits: Tensor) -> int:
    """Rows whose sweeps over the vocabulary stay in a processor's cache; on an accelerator, all."""
    if logits.device.type != "cpu":
        return max(1, len(logits))
    return max(1, _CACHED // logits.shape[-1])


def joined(parts: Iterable[Draw]) -> Draw:
    """Draws for some rows and then others, as one."""
    return Draw(*(torch.cat(columns) for columns in zip(*parts, strict=True)))


class _Distribution(NamedTuple):
    """Logits (B, V) less the largest of each row, at temperature 1 and at that of the sampling.

    Attributes:
        logits: at temperature 1.
        weights: (B, V) their exponentials.
        z: (B, 1) sums of the weights.
        scaled: logits at the sampling temperature.
        log_z_scaled: (B, 1) their normalisation.
    """

    logits: Tensor
    weights: Tensor
    z: Tensor
    scaled: Tensor
    log_z_scaled: Tensor

    @classmethod
    def of(cls, logits: Tensor, sampling: Sampling) -> "_Distribution":
        logits = logits.float()
        # A token that is ruled out has weight 0, and 0 times a finite number is 0.
        logits = (logits - logits.amax(-1, keepdim=True)).clamp_(min=_RULED_OUT)
        weights = logits.exp()
        z = weights.sum(-1, keepdim=True)
        if sampling.temperature in (0, 1):
            return cls(logits, weights, z, logits, z.log())
        scaled = logits / sampling.temperature
        return cls(logits, weights, z, scaled, scaled.logsumexp(-1, keepdim=True))

    def measure(self, tokens: Tensor) -> Draw:
        column = tokens[:, None]
        logp = (self.logits.gather(-1, column) - self.z.log())[:, 0]
        logp_sampling = (self.scaled.gather(-1, column) - self.log_z_scaled)[:, 0]
        # S = ln Z - <ln w>, with the largest weight 1.
        entropy = self.z.log()[:, 0] - torch.linalg.vecdot(self.weights, self.logits) / self.z[:, 0]
        return Draw(tokens, logp, logp_sampling, entropy.clamp(min=0))


def matching_uniforms(
    logits: Tensor, tokens: Tensor, uniforms: Tensor, sampling: Sampling, *, margin: float = 0.05
) -> Tensor:
    """Numbers (B,) that draw given tokens: the nearest to given ones, where those draw other tokens.

    A token is drawn by all numbers between the mass of the likelier tokens and that mass with its own. So a text can be
    drawn again by a model that rounds in another way, or by one that did not write it.

    Args:
        logits: (B, V).
        tokens: (B,) ids; for one that the truncation leaves out there is no such number, and the nearest below 1 is
            given.
        uniforms: (B,) in [0, 1).
        sampling: how tokens are drawn.
        margin: share of the width of a token's interval that the numbers keep away from its ends, so that rounding
            does not draw a neighbour. It may all the same where a token is rarer than about 1e-5.
    """
    uniforms = uniforms.double()
    if sampling.temperature == 0:
        return uniforms
    scaled = logits.float() / sampling.temperature
    p = scaled.double().softmax(-1).cpu()
    column = tokens[:, None].cpu()
    own = p.gather(-1, column)
    above = torch.where(p > own, p, 0.0).sum(-1, keepdim=True)
    mass = p.sort(dim=-1, descending=True).values.cumsum(-1)
    mass = mass[:, : sampling.top_k or mass.shape[-1]]
    cut = (mass < sampling.top_p * mass[:, -1:]).sum(-1, keepdim=True).clamp(max=mass.shape[-1] - 1)
    kept = mass.gather(-1, cut)
    low, width = (above / kept)[:, 0], (own / kept)[:, 0]
    return uniforms.clamp(low + margin * width, low + (1 - margin) * width).clamp(max=1 - 1e-9)


def _pick(scaled: Tensor, log_z: Tensor, uniforms: Tensor, sampling: Sampling) -> Tensor:
    """Invert the truncated cumulative distribution, looking at few candidates first and at all where needed.

    The sums are taken on the CPU in float64, which some accelerators lack, so that devices agree where logits do.
    """
    vocabulary = scaled.shape[-1]
    width = min(sampling.top_k or _CANDIDATES, vocabulary)
    values, tokens = (part.cpu() for part in scaled.topk(width, dim=-1))
    log_z = log_z.cpu()
    mass = (values.double() - log_z).exp().cumsum(-1)
    if sampling.top_k:
        mass = mass / mass[:, -1:]
    needed = torch.full_like(uniforms, sampling.top_p) if sampling.top_p < 1 else uniforms
    # Tokens of equal logit may straddle the last candidate; only what lies strictly above it is trusted.
    short = (mass * (values > values[:, -1:])).amax(-1) <= needed
    picked = tokens.gather(-1, _invert(mass, uniforms, sampling.top_p))[:, 0]
    if not sampling.top_k and width < vocabulary and bool(short.any()):
        values, tokens = scaled[short.to(scaled.device)].cpu().sort(dim=-1, descending=True)
        mass = (values.double() - log_z[short]).exp().cumsum(-1)
        picked[short] = tokens.gather(-1, _invert(mass, uniforms[short], sampling.top_p))[:, 0]
    return picked.to(scaled.device)


def _invert(mass: Tensor, uniforms: Tensor, top_p: float) -> Tensor:
    """Column (B, 1) of the first token whose cumulative mass exceeds u times the mass of the nucleus."""
    last = mass.shape[-1] - 1
    if top_p < 1:
        cut = (mass < top_p).sum(-1, keepdim=True).clamp(max=last)
        nucleus = mass.gather(-1, cut)
    else:
        cut = torch.full_like(mass[:, :1], last, dtype=torch.long)
        nucleus = torch.ones_like(mass[:, :1])
    return torch.minimum((mass <= uniforms[:, None] * nucleus).sum(-1, keepdim=True), cut)
