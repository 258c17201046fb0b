from dataclasses import replace

import pandas as pd
import pytest

from lmphys.core.errors import LmphysError
from lmphys.pages.energy_transformer import campaign
from lmphys.pages.energy_transformer.scores import guesses
from lmphys.pages.energy_transformer.texts import held_out
from lmphys.training.energy_transformer.model import EnergyTransformer


def test_a_campaign_adds_what_is_missing_and_keeps_what_is_there(tmp_path, monkeypatch):
    for name in ("ENERGIES", "TRANSFORMERS"):
        short = {key: replace(each, steps=4, batch_size=2, n_kept=2) for key, each in getattr(campaign, name).items()}
        monkeypatch.setattr(campaign, name, short)
    monkeypatch.setattr(campaign, "N_TEXTS", 3)
    shelf, runs = tmp_path / "shelf", tmp_path / "runs"
    table = campaign.run_all(["energies", "transformer"], [3], shelf, runs)
    assert list(zip(table["name"], table["step"], table["tokens"], strict=True)) == [
        (name, step, step * 64) for name in ("energies", "transformer") for step in (1, 4)
    ]
    assert ((table["loss"] > 3) & (table["loss"] < 8)).all()
    table.loc[0, "loss"] = 9.0
    table.to_csv(shelf / campaign.CURVES, index=False)
    again = campaign.run_all(["energies", "transformer"], [3], shelf, runs)
    pd.testing.assert_frame_equal(again, table)
    model = EnergyTransformer.load(shelf / "energies" / "seed-3")
    whole = guesses(model, held_out(campaign.N_TEXTS), steps=3, begin=0.1)
    assert whole.surprisals[-1].mean() == pytest.approx(table["loss"][1], abs=1e-5)
    with pytest.raises(LmphysError, match="use energies"):
        campaign.run_all(["other"], [0], shelf, runs)
