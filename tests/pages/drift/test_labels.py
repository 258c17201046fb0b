import numpy as np
import pytest

from lmphys.pages.drift.labels import explained_by
from lmphys.stats.tails import group_r2


def test_a_label_that_makes_half_of_the_variance_explains_half_of_it():
    rng = np.random.default_rng(0)
    chain = np.repeat(np.arange(400), 10)
    sign = rng.choice([-1.0, 1.0], size=len(chain))
    values = np.column_stack([sign + rng.standard_normal(len(chain)), np.zeros(len(chain))])
    other = rng.integers(3, size=len(chain))
    table = explained_by(
        {"sign": sign, "other": other}, {"sum": values, "noise": rng.standard_normal(values.shape)}, chain
    )
    assert list(table.index) == [("sum", "sign"), ("sum", "other"), ("noise", "sign"), ("noise", "other")]
    assert table.explained["sum", "sign"] == pytest.approx(0.5, abs=0.03)
    assert table.explained.drop(("sum", "sign")).abs().max() < 0.01
    assert table["permuted labels"].abs().max() < 0.01
    again = group_r2(values, sign, chain, seed=0)
    assert table.loc[("sum", "sign")].tolist() == [again.r2, again.null.mean()]
