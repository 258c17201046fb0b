"""What the page says in the end: whether a slip surprises, and what regimes add to a forecast of these chains."""

import pandas as pd

from lmphys.book import Entry
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.evaluate.target_leakage import leak_curve
from lmphys.dynamics.nulls.simulated import simulated_surrogates, student_surrogates
from lmphys.dynamics.nulls.surrogates import shuffle_chains
from lmphys.dynamics.projection import Projection
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.stats.regression import r2_gain


def right_and_wrong(surprise: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Surprise of right and of wrong steps at the last kept step, and whether it differs.

    Args:
        surprise: of `held_out_nll`, with a column `step`.

    Returns:
        Rows `compute` and `slip` with `nll`, `low`, `high`; and a sentence, "yes" where the intervals lie apart.
    """
    last = surprise[(surprise["step"] == surprise["step"].max()) & (surprise["kind"] == "slipped")]
    table = last.set_index("part").loc[["compute", "slip"], ["nll", "low", "high"]]
    apart = table["low"]["slip"] > table["high"]["compute"]
    return table, f"a wrong step is more surprising than a right one: {'yes' if apart else 'not shown'}"


def gain_entry(states: Trajectories, *, rank: int, n_regimes: int, seed: int = 0) -> Entry:
    """What a switching model adds to one map in the honest forecast of h_{t+1}, on held-out questions.

    The controls are the same gain on chains of one map, with Gaussian noise and with one Student t of the real tail,
    and on states that are permuted among all chains.

    Args:
        states: C chains of the full width.
        rank: k of the projection, which is learned on the training questions.
        n_regimes: K.
        seed: of split, starts, permutation and resampling.
    """
    train, test = states.split(0.7, seed=seed)
    projection = Projection(rank).fit(train)
    seen, unseen = projection.transform(train), projection.transform(test)
    models = SLDS(n_regimes, random_state=seed).fit(seen), SLDS(1).fit(seen)
    gain = r2_gain(unseen, *(model.forecasts(unseen)["predictive"] for model in models), seed=seed)
    one_map = models[1]
    h, h_next, _ = seen.pairs()
    left = h_next - one_map.parameters_.means(h.astype(float))[0]
    sides = ((seed, seen), (seed + 1, unseen))
    nulls = {
        "Gaussian surrogates": [simulated_surrogates(one_map, part, seed=s) for s, part in sides],
        "Student surrogates": [student_surrogates(one_map, part, left, seed=s) for s, part in sides],
        "permuted": [shuffle_chains(part, seed=s) for s, part in sides],
    }
    controls = {}
    for name, (first, second) in nulls.items():
        null = leak_curve(first, second, (1, n_regimes), random_state=seed).set_index(["n_regimes", "weights"])["r2_h"]
        controls[name] = float(null[n_regimes, "predictive"] - null[1, "predictive"])
    note = f"honest forecast of h, K = {n_regimes}, rank {rank}, held out by question"
    return Entry("slds.slds.gain", gain, controls, note)
