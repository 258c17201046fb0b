"""The rows of the page, from toy inputs with known answers."""

import numpy as np
import pandas as pd

from lmphys.book.claims import load_claims
from lmphys.book.verdicts import CONTRADICTED, MATCHED, NOT_COMPARABLE, REPRODUCED, verdict
from lmphys.core.paths import project_root
from lmphys.pages.energy_based.residual import DEALT, LOGP, STATES, Residual
from lmphys.pages.energy_based.spins import Weighing
from lmphys.pages.energy_based.verdicts import judge_model, judge_weights

CLAIMS = load_claims(project_root())


def judged(entries):
    return {e.claim: verdict(CLAIMS[e.claim], e.obtained, e.controls, lacking=e.lacking).word for e in entries}


def weighed(error, variation, walkers=1000):
    rows = [Weighing(-error + d, -1.0, d, variation) for d in (-0.02, 0.0, 0.02)]
    table = pd.DataFrame(rows, columns=Weighing._fields).assign(walkers=walkers)
    return table.assign(ratio=table["steering"] / table["expected"])


def test_weights_that_err_as_derived():
    found = judged(judge_weights(weighed(1.0, 0.1), weighed(1.0, 0.1, 4000)))
    assert found == dict.fromkeys(("jar.identity", "jar.self_bias", "jar.ess"), REPRODUCED)


def test_weights_that_do_not_err_contradict_and_an_alarm_ends_the_comparison():
    assert judged(judge_weights(weighed(0.0, 0.1), weighed(0.0, 0.1, 4000)))["jar.self_bias"] == CONTRADICTED
    assert judged(judge_weights(weighed(1.0, 0.8), weighed(1.0, 0.8, 4000)))["jar.ess"] == NOT_COMPARABLE


def head(gain, n=400, seed=0):
    rng = np.random.default_rng(seed)
    noise = rng.normal(scale=0.01, size=(2, n))
    return Residual(rng.integers(20, size=n), gain + noise[0], noise[1], 1)


def test_bits_are_judged_by_their_controls():
    cooled = pd.DataFrame(
        {"text": [0, 1], "steps": 10, "error": [0.01, -0.01], "mean work": [-1.0, -1.2], "effective": [500.0, 20.0]}
    )
    heads = {STATES: head(0.5), LOGP: head(0.1, seed=1), DEALT: head(0.0, seed=2)}
    found = judged(judge_model(cooled, heads))
    assert found == {"jar.lm.softmax": NOT_COMPARABLE, "ebm.residual.bits": REPRODUCED}
    found = judged(judge_model(cooled.assign(effective=500.0), {**heads, LOGP: head(0.7, seed=1)}))
    assert found == {"jar.lm.softmax": REPRODUCED, "ebm.residual.bits": MATCHED}
