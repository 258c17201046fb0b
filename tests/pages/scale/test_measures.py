import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.pages.scale import campaign
from lmphys.pages.scale.campaign import add_rows
from lmphys.pages.scale.measures import GAUSSIAN, PERMUTED, REAL, SHUFFLED, count_regimes, measure
from lmphys.stats.regression import expected_r2_ar1


@pytest.fixture(scope="module")
def one_map():
    """Chains of one map, x' = 0.8 x + noise, in twelve dimensions, stationary: no regimes."""
    rng = np.random.default_rng(0)
    x = [rng.standard_normal((400, 12))]
    for _ in range(7):
        x.append(0.8 * x[-1] + 0.6 * rng.standard_normal((400, 12)))
    chains = pd.DataFrame({"question_id": np.arange(400) // 4, "task": np.arange(400) % 2})
    return Trajectories(np.concatenate(np.stack(x, axis=1)), np.full(400, 8), chains)


@pytest.fixture(scope="module")
def measured(one_map):
    return measure(one_map, rank=6, n_regimes=2, n_init=1).set_index(["quantity", "of"])


def test_one_map_explains_what_its_correlation_says(measured):
    expected = expected_r2_ar1(0.8)
    for quantity, r2 in zip(("linear R² of h", "linear R² of Δh"), expected, strict=True):
        assert measured.loc[(quantity, REAL), "value"] == pytest.approx(r2, abs=0.05)
    # In random order two states of a chain are still of one chain: less is explained.
    assert measured.loc[("linear R² of h", SHUFFLED), "high"] < measured.loc[("linear R² of h", REAL), "low"]


def test_without_regimes_the_honest_gain_is_none_and_hindsight_gains(measured):
    for of in (REAL, GAUSSIAN, PERMUTED):
        assert abs(measured.loc[("honest gain", of), "value"]) < 0.01
        assert measured.loc[("oracle gain", of), "low"] > 0.01


def test_a_reversible_process_has_no_direction_and_isotropic_noise_no_subspace(measured):
    told = measured.loc[("direction told", REAL)]
    assert told["low"] < 0.5 < told["high"]
    for of in ("states", "increments"):
        assert measured.loc[(f"share of {of}", "isotropic noise"), "value"] == pytest.approx(0.5, abs=0.03)
    assert (measured["questions"] == 100).all() and (measured["transitions"] == 2800).all()


def test_one_gaussian_has_one_component_by_the_bic(one_map, monkeypatch):
    monkeypatch.setattr("lmphys.pages.scale.measures.COMPONENTS", range(1, 4))
    found = count_regimes(one_map, rank=4).set_index("quantity")["value"]
    assert found["K by BIC, full"] == 1


def test_whoever_was_stopped_goes_on(one_map, tmp_path, monkeypatch):
    done = []

    def counted(part, *, seed=0):
        done.append(len(part))
        return pd.DataFrame([{"quantity": "honest gain", "of": REAL, "value": float(seed), "transitions": 1}])

    monkeypatch.setattr(campaign, "measure", counted)
    monkeypatch.setattr(campaign, "count_regimes", counted)
    monkeypatch.setattr(campaign, "STAGES", {2: 1, 1: 2})
    file = tmp_path / "curve.csv"
    table = add_rows(one_map, file)
    assert len(table) == len(done) == 2 + 1 + 2 + 1 and sorted(set(done)) == [200, 400]
    # Rows that were not written are made anew, and no others.
    table.drop(index=[1, 4]).to_csv(file, index=False)
    again = add_rows(one_map, file)
    assert len(done) == 8
    key = ["parts", "part", "split", "kind"]
    assert sorted(map(tuple, again[key].to_numpy().tolist())) == sorted(map(tuple, table[key].to_numpy().tolist()))
