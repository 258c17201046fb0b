"""Thermodynamic functions of energy levels E_v, one set a context, with k_B = 1.

A softmax over logits z_v at sampling temperature T is the Boltzmann distribution of the energies E_v = -z_v:
p_v = exp(-E_v / T) / Z. Nothing here is an approximation; all sums run over the whole vocabulary.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from lmphys.core.errors import LmphysError

Gauge = Literal["raw", "information", "ground"]
GAUGES: tuple[Gauge, ...] = ("raw", "information", "ground")
# Levels that are swept at once: on a processor the sweeps find them in its cache, elsewhere they fit into memory.
_CACHED, _BLOCK = 1 << 16, 1 << 22
_NEVER = 1e100  # in place of an infinite energy: its probability is 0, and 0 times its square is 0


class State(NamedTuple):
    """Functions of state, each (m, N): m temperatures, N contexts. Energies in nats, as logits are.

    Attributes:
        T: (m, 1) temperatures.
        log_Z: log of the partition function.
        F: free energy -T log Z.
        U: internal energy, the mean of E.
        S: entropy -sum p log p, nats.
        C: heat capacity Var(E) / T^2, in units of k_B.
    """

    T: np.ndarray
    log_Z: np.ndarray  # noqa: N815
    F: np.ndarray
    U: np.ndarray
    S: np.ndarray
    C: np.ndarray


def gauge(energies: Tensor, kind: Gauge) -> Tensor:
    """Energies (N, V) with the free constant of each context chosen.

    A constant added to all energies of one context moves F and U and leaves p, S and C alone. Three choices:

        raw: as the model gives them; the constant is an accident of training.
        information: E_v = -log p_v at T = 1, the surprisal. Then F(1) = 0 and U(1) = S(1).
        ground: the most probable token has energy 0. Then U is the mean excitation.
    """
    if kind == "raw":
        return energies
    if kind == "information":
        return energies + torch.logsumexp(-energies, dim=-1, keepdim=True)
    if kind == "ground":
        return energies - energies.amin(dim=-1, keepdim=True)
    raise LmphysError(f"unknown gauge {kind!r}; use {', '.join(GAUGES)}")


def _checked(energies: Tensor, temperatures: Sequence[float] | np.ndarray) -> tuple[Tensor, np.ndarray]:
    levels = torch.as_tensor(energies)
    T = np.asarray(temperatures, dtype=np.float64).ravel()
    if levels.ndim != 2 or not levels.numel():
        raise LmphysError(f"energies have shape {tuple(levels.shape)}; give contexts × tokens")
    if not len(T) or not np.isfinite(T).all() or T.min() <= 0:
        raise LmphysError("temperatures must be positive numbers; T = 0 is the most probable token alone")
    return levels, T


def thermodynamics(energies: Tensor, temperatures: Sequence[float] | np.ndarray) -> State:
    """Functions of state at each temperature, in float64.

    Args:
        energies: (N, V), each row the levels of one context, in any gauge. -log p with p = 0 may be infinite.
        temperatures: (m,) positive.

    Raises:
        LmphysError: a shape is wrong, or a temperature is not positive.
    """
    levels, T = _checked(energies, temperatures)
    size = max(1, (_CACHED if levels.device.type == "cpu" else _BLOCK) // levels.shape[1])
    parts = []
    for block in levels.split(size):
        level = block.double().clamp(max=_NEVER)
        room = torch.empty_like(level), torch.empty_like(level)
        parts.append(np.stack([_at(level, float(t), *room) for t in T], axis=1))
    log_Z, U, S, C = np.concatenate(parts, axis=2)
    return State(T[:, None], log_Z, -T[:, None] * log_Z, U, S, C)


def _at(levels: Tensor, T: float, log_p: Tensor, p: Tensor) -> np.ndarray:
    """Log Z, U, S and C of each row of levels, (4, N); `log_p` and `p`, of their shape, are written over."""
    torch.mul(levels, -1 / T, out=log_p)
    top = log_p.amax(-1, keepdim=True)
    log_p -= top
    torch.exp(log_p, out=p)
    Z = p.sum(-1, keepdim=True)
    p /= Z
    log_p -= Z.log()
    S = -torch.linalg.vecdot(p, log_p)
    U = torch.linalg.vecdot(p, levels)
    square = torch.sub(levels, U[:, None], out=log_p).square_()
    variance = torch.linalg.vecdot(p, square)
    return torch.stack([(Z.log() + top)[:, 0], U, S, variance / T**2]).cpu().numpy()


def identity_errors(energies: Tensor, temperatures: Sequence[float] | np.ndarray) -> pd.DataFrame:
    """How far the identities of the canonical ensemble are from holding, in float64.

    The two sides are computed in different ways: derivatives by automatic differentiation of the function itself, the
    entropy from the probabilities, the heat capacity from the variance of the energy.

    Returns:
        Indexed by identity, with `largest`: the largest absolute difference of the two sides over contexts and
        temperatures, relative to 1 plus the size of the terms.
    """
    levels, T = _checked(energies, temperatures)
    levels = levels.double()
    state = thermodynamics(levels, T)
    dF, dU = _slope(_free_energy, levels, T), _slope(_internal_energy, levels, T)
    sides = {
        "F = U − T S": (state.F, state.U - state.T * state.S, np.abs(state.U) + state.T * state.S),
        "dF/dT = −S": (dF, -state.S, state.S),
        "dU/dT = Var(E) / T²": (dU, state.C, state.C),
    }
    return pd.DataFrame(
        {"largest": {name: float(np.max(np.abs(a - b) / (1 + scale))) for name, (a, b, scale) in sides.items()}}
    ).rename_axis("identity")


def _free_energy(levels: Tensor, T: Tensor) -> Tensor:
    """(N,) for a temperature of its own for each context, (N,)."""
    return -T * torch.logsumexp(-levels / T[:, None], dim=-1)


def _internal_energy(levels: Tensor, T: Tensor) -> Tensor:
    """As `_free_energy`."""
    p = torch.softmax(-levels / T[:, None], dim=-1)
    return (p * torch.where(p > 0, levels, 0.0)).sum(-1)


def _slope(function: Callable[[Tensor, Tensor], Tensor], levels: Tensor, temperatures: np.ndarray) -> np.ndarray:
    """Derivative of a function of (levels, T) with respect to T, (m, N)."""
    rows = []
    for t in temperatures:
        # Contexts do not mix, so the gradient of the sum holds the derivative of each.
        T = torch.full((len(levels),), float(t), dtype=torch.float64, requires_grad=True)
        rows.append(torch.autograd.grad(function(levels, T).sum(), T)[0])
    return torch.stack(rows).numpy()
