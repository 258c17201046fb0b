import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")

import matplotlib.pyplot as plt

from lmphys.dynamics.reversal import Reversal
from lmphys.pages.drift.figures import draw_directions
from lmphys.stats import Interval


def test_each_game_has_its_share_its_interval_and_its_nats():
    games = {
        name: Reversal(Interval(share, share - 0.1, share + 0.05), Interval(nats, 0.0, 9.0), 7)
        for name, share, nats in (
            ("all states", 0.9, 3.26),
            ("random order", 0.5, 0.0),
            ("random weights", 0.7, 1.0),
        )
    }
    ax = draw_directions(games)
    marks = [line.get_xydata()[0] for line in ax.lines if line.get_marker() == "o"]
    assert np.array(marks).tolist() == [[0.9, 0], [0.5, 1], [0.7, 2]]
    assert ax.collections[2].get_segments()[0][:, 0].tolist() == pytest.approx([0.6, 0.75])
    assert [text.get_text() for text in ax.texts] == ["3.3 nats", "0.0 nats", "1.0 nats"]
    assert len({line.get_color() for line in ax.lines if line.get_marker() == "o"}) == 3
    plt.close("all")
