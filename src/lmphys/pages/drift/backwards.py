"""The game of telling chains from their reversals, with and without the ends of the chains, and its controls."""

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.reversible import ReversibleTwin
from lmphys.dynamics.nulls.surrogates import shuffle_order
from lmphys.dynamics.reversal import Reversal, arrow_of_time, playing

# States left out at both ends of every chain, by the name of the game.
_CUTS = {"all states": 0, "less one at each end": 1, "less two at each end": 2}


def play_backwards(
    trained: tuple[Trajectories, Trajectories], untrained: tuple[Trajectories, Trajectories], *, seed: int = 0
) -> dict[str, Reversal]:
    """The game of `arrow_of_time` with and without the ends of the chains, and beside its controls.

    Args:
        trained: chains of the model to learn from, and chains to guess.
        untrained: the same of random weights that read the same text, in coordinates of their own.
        seed: of the random order and the bootstrap.

    Returns:
        By name: the model's chains with 0, 1 and 2 states less at each end; "random order", all of its states
        permuted within each chain; "downhill", chains of their `ReversibleTwin` that begin where they begin; and random
        weights, these two with the same cuts. Cuts that leave fewer than two questions are left out.

    Raises:
        LmphysError: there are fewer than two questions to guess without a cut.
    """
    least = {trim: min(playing(traj, trim) for traj in trained) for trim in _CUTS.values()}
    cuts = {name: trim for name, trim in _CUTS.items() if trim == 0 or least[trim] >= 2}
    games = {name: arrow_of_time(*trained, trim=trim, seed=seed) for name, trim in cuts.items()}
    permuted = (shuffle_order(traj, seed=seed) for traj in trained)
    games["random order"] = arrow_of_time(*permuted, seed=seed)
    twin = ReversibleTwin().fit(trained[0])
    sliding = tuple(twin.simulate(traj, seed=seed + i) for i, traj in enumerate(trained))
    games |= {f"downhill, {name}": arrow_of_time(*sliding, trim=trim, seed=seed) for name, trim in cuts.items()}
    games |= {f"random weights, {name}": arrow_of_time(*untrained, trim=trim, seed=seed) for name, trim in cuts.items()}
    return games
