import numpy as np
import pandas as pd
import pytest

from lmphys.core.trajectories import Trajectories
from lmphys.pages.probes.regimes import align, chance_information, step_labels
from lmphys.stats.alignment import normalised_information


class Told:
    """A model whose most probable regime is the first coordinate of the state that a step leads to."""

    def viterbi(self, traj):
        return traj.pairs()[1][:, 0].astype(int)


@pytest.fixture
def traj():
    rng = np.random.default_rng(1)
    n, length = 60, 7
    phase = rng.integers(0, 3, n * length)
    chains = pd.DataFrame({"question_id": np.arange(n) // 2, "task": rng.choice(["a", "b"], n)})
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(n), length), "t": np.tile(np.arange(length), n)})
    sentences["phase"] = np.array(["restate", "compute", "answer"])[phase]
    sentences["valid"] = pd.array(rng.choice([True, False], n * length), dtype="boolean")
    sentences["boundary_token"] = rng.choice([".", "!"], n * length)
    return Trajectories(phase[:, None].astype(float), np.full(n, length), chains, sentences)


def test_a_step_has_the_labels_of_the_sentence_it_leads_to(traj):
    labels = step_labels(traj)
    at = traj.sources() + 1
    assert (labels["phase"] == traj.sentences["phase"].to_numpy()[at]).all()
    assert labels["position"].tolist()[:6] == [0, 0, 1, 1, 1, 2]
    computes = labels["phase"] == "compute"
    assert pd.notna(labels["validity of a step"]).tolist() == computes.tolist()
    assert len(labels["family"]) == 60 * 6


def test_regimes_that_are_the_phase_follow_it_and_nothing_else(traj):
    table = align(Told(), traj, step_labels(traj))
    assert table.loc["phase", "nmi"] == pytest.approx(1) and table.loc["phase", "verdict"] == "beyond position"
    assert (table.drop("phase")["verdict"] != "beyond position").all()


def test_information_of_independent_labels_is_that_of_the_chi_square_law():
    rng = np.random.default_rng(2)
    z, y = rng.integers(0, 4, (400, 300)), rng.integers(0, 3, (400, 300))
    counts = np.stack([np.histogram2d(a, b, bins=(4, 3))[0] for a, b in zip(z, y, strict=True)])
    assert chance_information(z[0], y[0]) == pytest.approx(normalised_information(counts).mean(), rel=0.1)
