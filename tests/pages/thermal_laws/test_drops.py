import numpy as np
import pandas as pd
import pytest

from lmphys.pages.thermal_laws import drops
from lmphys.pages.thermal_laws.experiments import HELD_OUT, TRAINED, Plan
from lmphys.pages.thermal_laws.live import anneal
from lmphys.pages.thermal_laws.record import Recorded, recorded, trunk_file
from lmphys.pages.thermal_laws.verdicts import judge_model
from lmphys.training.thermal.branches import Trunk, branch
from lmphys.training.thermal.plateau import RATE
from lmphys.training.thermal.schedules import SHAPES, shaped

RATES, SIZES = (0.00075, 0.0015, 0.003), (8, 32)
SHAPE_GAIN = {
    "linear": 0.10,
    "cosine": 0.09,
    "1 - sqrt": 0.11,
    "constant": 0.0,
    "1/(1 + t/10)": 0.08,
    "1/(1 + t/20)": 0.105,
}


def toy(seed, *, power=1.0, noise=0.01):
    """A record whose heat is 20 rate^power B^(-1/2) / 4^(-1/2) and whose slow part is that of each text."""
    rng = np.random.default_rng(seed)
    base = 1.3 + 0.2 * rng.standard_normal(40)
    rows, texts = [], []

    def add(experiment, setting, part, update, loss, root_v=200.0):
        row = {"seed": seed, "experiment": experiment, "setting": str(setting), "part": part, "update": update}
        rows.append({**row, "batch_size": 16, "rate": RATE, "trained": 1.0, "held_out": 1.0, "root_v": root_v})
        texts.append(base + loss + noise * rng.standard_normal(len(base)))

    for rate in RATES:
        heat = 20 * RATE * (rate / RATE) ** power
        add("anneals", rate, "hot", 160, heat)
        for suffix in ("", " by the clock") if rate != RATE else ("",):
            add("anneals", rate, "annealed" + suffix, 60, 0.0)
            add("anneals", rate, "constant" + suffix, 60, heat)
    add("anneals", RATE, "fell", 60, 20 * RATES[0] + 0.05)
    for size in SIZES:
        heat = 20 * RATE * (16 / size) ** 0.5
        for part, loss in (("hot", heat), ("annealed", 0.0), ("constant", heat)):
            add("batches", size, part, 60, loss, root_v=200 * (16 / size) ** 0.5)
    for shape, gain in SHAPE_GAIN.items():
        add("shapes", shape, "decay", 240, -gain)
    for rate, loss in ((RATE, 0.0), (2 * RATE, 0.03)):
        add("plateaus", rate, "decay", 240, loss)
    return Recorded(seed, pd.DataFrame(rows), {TRAINED: np.stack(texts), HELD_OUT: np.stack(texts)})


@pytest.fixture(scope="module")
def records():
    return [toy(seed) for seed in range(3)]


def test_heat_and_its_exponents_come_back(records):
    for power in (1.0, 1.5):
        found = drops.exponent([toy(seed, power=power, noise=0.002) for seed in range(3)], drops.ANNEALS)
        assert found.contains(power) and found.value == pytest.approx(power, abs=0.1)
    assert drops.exponent(records, drops.ANNEALS, clock=True).value == pytest.approx(1.0, abs=0.15)
    assert drops.exponent(records, drops.BATCHES).value == pytest.approx(-0.5, abs=0.1)
    assert drops.exponent(records[:1], drops.BATCHES).value == pytest.approx(-0.5, abs=0.2)
    table = drops.heat(records, drops.ANNEALS)
    assert table.loc["0.003", "drop"].value == pytest.approx(0.06, abs=0.004)
    assert table.loc["0.003", "bound"] == pytest.approx(RATE / 4 * 200)
    assert table.loc["0.003", "ratio"].value == pytest.approx(0.06 / 0.15, abs=0.03)
    assert drops.bound(records[0], drops.BATCHES, "8") == pytest.approx(RATE / 4 * 200 * 2**0.5)


def test_shapes_are_compared_with_the_best_of_the_others(records):
    ours, constant = drops.inverse_less_best(records)
    assert ours.value == pytest.approx(0.11 - 0.105, abs=0.005)
    assert constant.value == pytest.approx(0.11, abs=0.005)
    table = drops.shape_losses(records)
    assert table.loc["cosine", "above linear"].contains(0.01)
    assert table.loc["linear", "above linear"] == (0, 0, 0)


def test_falls_and_plateaus(records):
    assert drops.fall(records)["above the twin"].iloc[0].value == pytest.approx(0.05, abs=0.005)
    assert drops.least(records).value == pytest.approx(0.05, abs=0.006)
    assert drops.hot_less_cool(records).value == pytest.approx(0.03, abs=0.005)


def test_every_claim_on_the_model_is_judged_once(records):
    looks = pd.DataFrame({"seed": [0, 0, 1, 1], "lag": [1, 128] * 2, "sharp": [8.0, 2, 6, 2], "random": 1.0})
    entries = {entry.claim: entry for entry in judge_model(records, looks, 1000)}
    assert len(entries) == 9
    assert set(entries["ntl.lm.slope"].obtained) == {drops.STEPS, drops.EQUAL_CLOCK}
    share = max(one.value for one in entries["ntl.lm.prediction"].obtained.values())
    assert entries["ntl.lm.valley_directions"].obtained == pytest.approx(1000 * share)
    assert not entries["ntl.lm.slope"].lacking
    assert judge_model(records[:2], looks, 1000)[0].lacking == "2 seeds, where 3 are needed"


def test_intervals_are_written_out(records):
    text = drops.readable(drops.heat(records, drops.BATCHES))
    assert text.loc["8", "drop"].startswith("0.08") and "[" in text.loc["8", "drop"]


def test_the_shipped_record_is_whole():
    found = recorded()
    assert [record.seed for record in found] == [0, 1, 2, 3, 4]
    for record in found:
        assert {"anneals", "shapes", "plateaus"} <= set(record.curves["experiment"])
        assert set(SHAPES) < set(drops.settings(record, "shapes"))
        for name, column in ((TRAINED, "trained"), (HELD_OUT, "held_out")):
            np.testing.assert_allclose(record.texts[name].mean(axis=1), record.curves[column], atol=1e-3)


def test_a_piece_of_the_record_is_had_again():
    """The first reading of the linear decay, from the shipped trunk: sixty updates."""
    trunk, plan, record = Trunk.read(trunk_file()), Plan(), recorded()[0]
    rates = shaped("linear", RATE, plan.decay)[: plan.every]
    found = branch(trunk, rates, first_batch=trunk.step, every=plan.every, texts=plan.texts())
    for name in (TRAINED, HELD_OUT):
        kept = record.losses("shapes", "linear", "decay", name)[:2]
        np.testing.assert_allclose(found.losses[name].mean(axis=1), kept.mean(axis=1), atol=2e-3)
    assert found.root_v[0] == pytest.approx(record.curves.query("experiment == 'shapes'")["root_v"].iloc[0], rel=1e-4)


def test_a_live_anneal_is_a_log():
    trunk = Trunk.read(trunk_file())
    live = anneal(trunk, Plan(settle=4, anneal=3, n_texts=8))
    log = live.log()
    np.testing.assert_allclose(log.rate, [RATE] * 5 + [RATE * 2 / 3, RATE / 3])
    np.testing.assert_array_equal(live.twin.training[:1], live.annealed.training[:1])
    assert live.drop.shape == (8,) and live.bound == pytest.approx(RATE / 4 * live.hot.end.root_v)
