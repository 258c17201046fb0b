"""How far a simulated state is from the real one, beside how far the state of another chain is."""

import numpy as np

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS


def third_state_ratio(model: SLDS, traj: Trajectories, *, seed: int) -> float:
    """Distance of a simulated third state from the real one, over that of the third state of another chain.

    The simulation starts from the first two states; distances are root mean squares over chains.

    Args:
        model: fitted.
        traj: chains of its width; those of fewer than three states are left out.
        seed: of the simulation.

    Returns:
        The ratio: 0 where the model foresees the state, 1 where it knows of its chain no more than any other chain
        does. NaN where there are not two chains of three states.
    """
    traj = traj.select(traj.lengths >= 3)
    if len(traj) < 2:
        return float("nan")
    third = np.stack([chain[2] for chain in traj])
    drawn = model.simulate([chain[:2] for chain in traj], 1, seed=seed)
    missed = np.stack([chain[-1] for chain in drawn]) - third
    other = np.roll(third, 1, axis=0) - third
    return float(np.sqrt((missed**2).sum() / (other**2).sum()))
