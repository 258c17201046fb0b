import numpy as np
import pandas as pd

from lmphys.core.trajectories import Trajectories
from lmphys.pages.reasoner.verdicts import gain_entry, right_and_wrong


def test_a_slip_surprises_where_the_intervals_lie_apart():
    rows = [(0, "compute", 2, 1, 3), (0, "slip", 9, 8, 10), (5, "compute", 0.5, 0.4, 0.6), (5, "slip", 0.9, 0.7, 1.1)]
    table = pd.DataFrame(rows, columns=["step", "part", "nll", "low", "high"]).assign(kind="slipped")
    last, said = right_and_wrong(table)
    assert last["nll"].tolist() == [0.5, 0.9]
    assert said.endswith("yes")
    table.loc[3, "low"] = 0.55
    assert right_and_wrong(table)[1].endswith("not shown")


def test_regimes_that_last_gain_and_permuted_states_do_not():
    rng = np.random.default_rng(0)
    chains = []
    for _ in range(120):
        z, h = rng.choice([-1, 1]), [rng.standard_normal(3)]
        for _ in range(9):
            z = z if rng.random() < 0.95 else -z
            h.append(0.95 * z * h[-1] + 0.3 * rng.standard_normal(3))  # one map sees nothing of it
        chains.append(np.array(h))
    states = Trajectories.from_list(chains)
    states.chains["question_id"] = np.arange(120) // 2
    entry = gain_entry(states, rank=3, n_regimes=2)
    assert entry.claim == "slds.slds.gain"
    assert entry.obtained.low > 0.2
    assert entry.obtained.low < entry.obtained.value < entry.obtained.high
    assert set(entry.controls) == {"Gaussian surrogates", "Student surrogates", "permuted"}
    assert max(map(abs, entry.controls.values())) < 0.05
