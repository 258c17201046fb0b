"""Expectation maximisation of several restarts at once."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.m_step import Statistics, maximise, weighted_moments
from lmphys.dynamics.slds.messages import Messages
from lmphys.dynamics.slds.packing import Packed
from lmphys.dynamics.slds.structure import Models, Prior, Structure, Whitened, log_emissions, log_prior

# A fall of the objective by less, relative to its size, is rounding.
ROUNDING = {torch.float32: 1e-6, torch.float64: 1e-9}
TOO_COARSE = (
    "EM lost its way: float32 is too coarse for chains whose regimes differ so much in scale; use dtype 'float64'"
)


@dataclass
class Monitor:
    """What one restart of EM did.

    Attributes:
        objective: log posterior (up to a constant of the prior) at the start and after each iteration, nats.
            It never falls, up to rounding, except where a regime was re-seeded.
        log_likelihood: log p(h_1.. | h_0), summed over chains, at the same times, nats.
        reseeded: (iteration, regime) of each regime that had died and was placed anew; `objective[iteration]`
            is the first value that it enters.
        dead: regimes that drive no step in the end: re-seeded in vain 2 K times in all, or died in the last
            iteration.
        converged: whether the objective stopped rising before `max_iter`.
    """

    objective: list[float] = field(default_factory=list)
    log_likelihood: list[float] = field(default_factory=list)
    reseeded: list[tuple[int, int]] = field(default_factory=list)
    dead: list[int] = field(default_factory=list)
    converged: bool = False

    @property
    def n_iter(self) -> int:
        """Iterations done."""
        return len(self.objective) - 1


def expectation_maximisation(
    models: Models,
    single: Models,
    packed: Packed,
    structure: Structure,
    prior: Prior,
    *,
    max_iter: int,
    tol: float,
    progress: Callable[[int], None] | None = None,
) -> tuple[Models, list[Monitor]]:
    """Iterate all restarts until each has converged.

    Args:
        models: R starts.
        single: one regime for all transitions, what a dead regime is re-seeded from.
        packed: the transitions.
        structure: what the regimes share.
        prior: penalties.
        max_iter: M-steps at most.
        tol: a restart has converged when an iteration raises its objective by less than this, in nats per
            transition.
        progress: receives the number of each iteration.

    Returns:
        The R fitted models and their monitors, in the order of the starts.

    Raises:
        LmphysError: sums in float32 are too coarse, so that the objective fell.
    """
    R = len(models.log_pi)
    monitors = [Monitor() for _ in range(R)]
    done: list[Models | None] = [None] * R
    active = list(range(R))
    for iteration in range(max_iter + 1):
        if progress is not None:
            progress(iteration)
        white = Whitened.of(models.Sigma)
        emission = log_emissions(models, white, packed)
        messages = Messages(models.log_pi, models.log_T, emission, packed.blocks)
        likelihood = messages.log_density.sum(1)
        objective = likelihood + log_prior(models, white, structure, prior)
        running = []
        for row, (r, value) in enumerate(zip(active, objective.tolist(), strict=True)):
            monitor = monitors[r]
            monitor.objective.append(value)
            monitor.log_likelihood.append(float(likelihood[row]))
            if iteration and not any(when == iteration for when, _ in monitor.reseeded):
                rise, slack = value - monitor.objective[-2], ROUNDING[packed.rows.dtype] * abs(value)
                if rise < -slack and packed.rows.dtype == torch.float32:
                    raise LmphysError(TOO_COARSE)
                monitor.converged = -slack <= rise < tol * len(packed)
            if monitor.converged or iteration == max_iter:
                done[r] = models.take([row])
            else:
                running.append(row)
        if not running:
            break
        gamma, passages = messages.smoothed()
        log_density = messages.log_density
        if len(running) < len(active):
            active = [active[row] for row in running]
            models = models.take(running)
            gamma, passages, log_density = (x[running] for x in (gamma, passages, log_density))
        stats = Statistics(gamma[:, :, packed.blocks[0]].sum(-1), passages, weighted_moments(gamma, packed))
        models, alive = maximise(stats, models, structure, prior)
        for r, living in zip(active, alive.tolist(), strict=True):
            monitors[r].dead = [j for j, lives in enumerate(living) if not lives]
        # With more weight than that, only rounding can make a covariance improper.
        weighty = stats.moments[..., 0, 0] > 3 * packed.width
        if packed.rows.dtype == torch.float32 and bool((weighty & ~alive).any()):
            raise LmphysError(TOO_COARSE)
        # One that is placed anew wants an iteration to settle.
        if not bool(alive.all()) and iteration + 1 < max_iter:
            models = _reseed(models, log_density, single, packed, structure, active, monitors, iteration + 1)
    return Models(*(torch.cat(fields) for fields in zip(*[m for m in done if m is not None], strict=True))), monitors


def _reseed(
    models: Models,
    log_density: torch.Tensor,
    single: Models,
    packed: Packed,
    structure: Structure,
    active: list[int],
    monitors: list[Monitor],
    iteration: int,
) -> Models:
    """Place each dead regime on transitions that its model explains worst; at most 2 K times a restart."""
    K, D = models.log_pi.shape[1], packed.width
    models = Models(*(field.clone() for field in models))
    for row, r in enumerate(active):
        monitor = monitors[r]
        worst = log_density[row].argsort()
        dead = monitor.dead[: max(0, 2 * K - len(monitor.reseeded))]
        share = max(1, min(len(packed) // (4 * K), len(packed) // max(len(dead), 1)))
        for number, j in enumerate(dead):
            monitor.reseeded.append((iteration, j))
            rows = packed.rows[worst[number * share : (number + 1) * share]].to(torch.float64)
            if structure.drift == "switching":
                models.M[row, j] = single.M[0, 0]
            models.b[row, j] = (rows[:, D + 1 :] - rows[:, 1 : D + 1] @ models.M[row, j].T).mean(0)
            if structure.covariance != "tied":
                models.Sigma[row, j], models.specific[row, j] = single.Sigma[0, 0], single.specific[0, 0]
            # As likely as any other regime, from any other regime.
            for law in (models.log_pi[row], models.log_T[row]):
                law += math.log1p(-1 / K)
                law[..., j] = torch.logaddexp(law[..., j], law.new_full((), -math.log(K)))
            models.log_T[row, j] = -math.log(K)
        monitor.dead = monitor.dead[len(dead) :]
    return models
