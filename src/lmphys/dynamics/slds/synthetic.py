"""Switching models as far apart as one wishes, and chains from them whose regimes are known."""

import numpy as np

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters


def random_parameters(
    n_regimes: int, width: int, *, separation: float, stay: float = 0.8, memory: float = 0.5, seed: int = 0
) -> SLDSParameters:
    """A switching model whose regimes are as far apart as one wishes.

    All regimes pull towards their fixed points at the same rate, with noise of covariance I. Their offsets
    differ in directions orthogonal to each other, and so do, a little, their drifts.

    Args:
        n_regimes: K.
        width: D, at least K.
        separation: distance of the offsets of any two regimes, in standard deviations of the noise; at 0 the
            regimes are one.
        stay: probability to stay in a regime; the others share the rest.
        memory: share of a displacement that is left after one step, before the regimes' own part.
        seed: of the directions.

    Raises:
        LmphysError: there are fewer dimensions than regimes, or no regime.
    """
    K, D = n_regimes, width
    if not 1 <= K <= D:
        raise LmphysError(f"{K} regimes in {D} dimensions: use 1 to {D}, as their offsets are orthogonal")
    rng = np.random.default_rng(seed)
    offsets = np.linalg.qr(rng.standard_normal((D, K)))[0].T * separation / np.sqrt(2)
    own = np.linalg.qr(rng.standard_normal((K, D, D)))[0] * 0.1 * min(separation, 1.0)
    T = np.full((K, K), (1 - stay) / max(K - 1, 1))
    np.fill_diagonal(T, stay if K > 1 else 1.0)
    identity = np.eye(D)
    noise = np.broadcast_to(identity, (K, D, D))
    return SLDSParameters(np.full(K, 1 / K), T, (memory - 1) * identity + own, offsets, noise)


def draw_chains(
    parameters: SLDSParameters, n_chains: int, length: int | tuple[int, int], *, seed: int = 0, warm_up: int = 20
) -> Trajectories:
    """Chains from a switching model after a warm-up, so that they begin where the model likes to be.

    Args:
        parameters: of the model.
        n_chains: C.
        length: states of each chain, or the smallest and the largest number, drawn uniformly.
        seed: of the lengths and of the states, which are independent of each other.
        warm_up: steps that are thrown away; the regime of the first step that is kept follows from them.

    Returns:
        Chains whose `sentences` have `regime`, the one of the step that led to the state (-1 for the first).

    Raises:
        LmphysError: there are no chains, `length` is no range from 1 up, or `warm_up` is negative.
    """
    low, high = (length, length) if isinstance(length, int) else length
    if not 1 <= low <= high or warm_up < 0:
        raise LmphysError(
            f"lengths from {low} to {high} after {warm_up} steps: use 1 <= smallest <= largest and warm_up >= 0"
        )
    origin = Trajectories.from_list([np.zeros((1, parameters.width))] * n_chains)
    of_lengths, of_states = spawn_seeds(seed, 2)
    lengths = np.random.default_rng(of_lengths).integers(low, high + 1, size=n_chains)
    drawn = SLDS.from_parameters(parameters).simulate(origin, warm_up + lengths - 1, seed=of_states)
    kept = [chain[warm_up:] for chain in drawn]
    regimes = np.split(drawn.sentences["regime"].to_numpy(), drawn.offsets[1:-1])
    kept_regimes = [np.append(-1, z[warm_up + 1 :]) for z in regimes]
    traj = Trajectories.from_list(kept)
    return Trajectories(traj.states, traj.lengths, sentences=traj.sentences.assign(regime=np.concatenate(kept_regimes)))


def spawn_seeds(seed: int, n: int) -> list[int]:
    """Seeds of n independent generators, none of which occurs under another seed, as it would by counting up."""
    return [int(child.generate_state(1)[0]) for child in np.random.SeedSequence(seed).spawn(n)]
