import numpy as np
import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.scale.curve import at_stage, curve_of, grown, read_curve
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pool_splits


def rows(parts, values, *, split=None, half=0.1, of="real chains", quantity="honest gain"):
    return pd.DataFrame(
        {
            "parts": parts,
            "part": 0 if split else np.arange(len(values)),
            "split": np.arange(len(values)) if split else 0,
            "quantity": quantity,
            "of": of,
            "value": values,
            "low": np.array(values) - half,
            "high": np.array(values) + half,
            "transitions": 1600 / parts,
        }
    )


def test_the_whole_pools_its_splits():
    table = rows(1, [0.1, 0.3, 0.2], split=True)
    expected = pool_splits([Interval(x, x - 0.1, x + 0.1) for x in (0.1, 0.3, 0.2)])
    assert at_stage(table, "honest gain", 1) == pytest.approx(expected)


def test_many_parts_have_students_interval_over_parts():
    values = [0.0, 0.2] * 4
    mean, low, high = at_stage(rows(8, values), "honest gain", 8)
    assert mean == pytest.approx(0.1)
    # t(0.975, 7) = 2.364624, standard error 0.1 sqrt(8 / 7) / sqrt(8)
    assert (high - low) / 2 == pytest.approx(2.364624 * 0.1 / np.sqrt(7), rel=1e-6)


def test_few_parts_add_the_variances_of_their_own_intervals():
    mean, low, high = at_stage(rows(4, [0.0, 0.1, 0.2, 0.3], half=0.1), "honest gain", 4)
    assert (mean, (high - low) / 2) == pytest.approx((0.15, 0.1 / 2))


def test_growth_is_the_whole_less_the_smallest_and_adds_the_variances():
    table = pd.concat([rows(1, [0.5], half=0.03), rows(4, [0.1] * 4, half=0.08), rows(2, [0.3] * 2)])
    found = grown(table, "honest gain")
    assert found == pytest.approx((0.4, 0.4 - 0.05, 0.4 + 0.05))  # 0.03 and 0.08 / 2 make 0.05
    assert curve_of(table, "honest gain")["transitions"].tolist() == [400, 800, 1600]


def test_what_is_not_there_is_said(tmp_path):
    with pytest.raises(LmphysError, match=r"no 'honest gain' of 'permuted' in 4 parts; quantities: honest gain"):
        at_stage(rows(4, [0.1] * 4), "honest gain", 4, "permuted")
    with pytest.raises(LmphysError, match=r"python -m lmphys.pages.scale.campaign org/name"):
        read_curve("org/name", tmp_path / "none.csv")
    damaged = tmp_path / "damaged.csv"
    damaged.write_text("a,b\n1,2\n")
    with pytest.raises(LmphysError, match="git checkout data"):
        read_curve("smollm2", damaged)
