from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories


@pytest.fixture
def chains():
    """Builds chains of white noise, with given columns."""

    def build(lengths, width=3, seed=0, **columns):
        rng = np.random.default_rng(seed)
        traj = Trajectories.from_list([rng.standard_normal((n, width)) for n in lengths])
        return replace(traj, chains=pd.DataFrame({"chain_id": np.arange(len(lengths)), **columns}))

    return build
