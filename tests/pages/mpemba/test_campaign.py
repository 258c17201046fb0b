import json
from dataclasses import replace

import pytest
from tests.pages.mpemba.plans import TINY

from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root
from lmphys.pages.mpemba import shipped
from lmphys.pages.mpemba.campaign import first_losses_of, run
from lmphys.pages.mpemba.quenches import Plan
from lmphys.training.tiny.recipe import TinyRecipe


def test_a_seed_is_done_once(tmp_path):
    run([3], [], tmp_path, TINY)
    record = tmp_path / "record-3.json"
    stamp = record.stat().st_mtime_ns
    run([3], [], tmp_path, TINY)
    assert record.stat().st_mtime_ns == stamp
    assert [one.seed for one in shipped.read_quenches(str(tmp_path))] == [3]
    assert json.loads(record.read_text())["plan"]["recipe"]["seed"] == 3
    with pytest.raises(LmphysError, match="campaign seed=0"):
        shipped.read_baths(str(tmp_path))


def test_the_first_losses_of_what_is_shipped_are_had_again():
    record = json.loads((project_root() / shipped.FOLDER / "record-1.json").read_text())
    recipe = TinyRecipe.from_json(record["plan"]["recipe"])
    assert recipe == replace(Plan().recipe, seed=1)
    assert first_losses_of(1, Plan()) == pytest.approx(record["first_losses"], rel=1e-4)


def test_all_that_is_shipped_belongs_together():
    found, runs = shipped.read_quenches(), shipped.read_baths()
    assert [one.seed for one in found] == list(range(len(found)))
    assert len(found) == 5 and len(runs) == 3
    for one in found:
        assert one.rates.tolist() == pytest.approx(Plan().rates)
        assert (one.updates["equal integral"] * one.rates).tolist() == pytest.approx([Plan().integral] * 4)
    size = sum(file.stat().st_size for file in (project_root() / shipped.FOLDER).iterdir())
    assert size < 3e6
