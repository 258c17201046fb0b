import numpy as np
import pytest

from lmphys.book.heat import draw
from lmphys.core.errors import LmphysError
from lmphys.training.thermal.heat import fit_heat
from lmphys.training.thermal.log import TrainingLog


def test_the_figure_is_drawn_into_the_kinds_of_files_that_there_are(tmp_path):
    step = np.arange(1.0, 101)
    found = fit_heat(TrainingLog(step, 1 + step**-0.5, 1 - step / 200), n_bootstrap=5)
    draw(found, tmp_path / "heat.svg")
    assert (tmp_path / "heat.svg").read_bytes().startswith(b"<?xml")
    with pytest.raises(LmphysError, match=r"end its name in \.png, \.svg or \.pdf"):
        draw(found, tmp_path / "heat.txt")
