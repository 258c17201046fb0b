import numpy as np
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.nulls.implanted import implant, implanted_chains
from lmphys.dynamics.slds.estimator import SLDS

NAMES = np.array(["answer", "check", "compute"])


@pytest.fixture(scope="package")
def labelled():
    """Chains of three known regimes, and their labels: of a chain's first state one of the three, by its sign."""
    rng = np.random.default_rng(0)
    real = Trajectories.from_list(list(rng.standard_normal((300, 8, 4)) * [3, 2, 1, 1]))
    base = SLDS(1).fit(real).parameters_
    truth = implant(base, real, 3, separation=4.0, differ="drift", stay=0.7, seed=1)
    traj = implanted_chains(truth, real, seed=2)
    z = traj.sentences["regime"].to_numpy().copy()
    z[z < 0] = (traj.states[z < 0, 0] > 0).astype(int)
    return traj, NAMES[z], truth
