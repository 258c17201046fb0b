"""Rotary positions: queries and keys are turned by angles that grow with the place (RoPE)."""

import torch
from torch import Tensor

from lmphys.lm.tiny.config import TinyConfig


def angles(config: TinyConfig, positions: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines (B, 1, T, turned dimensions), float32: the angle of pair i is the place over theta^(2i / n)."""
    n = config.rotary_width
    steps = config.rope_theta ** (torch.arange(0, n, 2, device=positions.device, dtype=torch.float32) / -n)
    angles = (positions[:, None, :, None] * steps).repeat(1, 1, 1, 2)
    return angles.cos(), angles.sin()


def turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """Turn the first dimensions of (B, H, T, head width), dimension i together with i + half of the turned ones."""
    n = cosines.shape[-1]
    cosines, sines = cosines.to(x.dtype), sines.to(x.dtype)
    turned, kept = x[..., :n], x[..., n:]
    one, other = turned.chunk(2, dim=-1)
    turned = turned * cosines + torch.cat([-other, one], dim=-1) * sines
    return torch.cat([turned, kept], dim=-1) if kept.shape[-1] else turned
