import pytest

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.dynamics.ssm_shim import import_ssm
from lmphys.pages.slds.agreement import compare_learners


@pytest.fixture
def _ssm():
    try:
        import_ssm()
    except LmphysError as error:
        pytest.skip(str(error))


@pytest.mark.usefixtures("_ssm")
def test_two_programs_climb_to_one_summit():
    truth = random_parameters(2, 3, separation=4.0, stay=0.7, memory=0.5, seed=1)
    train, test = (draw_chains(truth, n, (3, 8), seed=seed) for n, seed in ((60, 2), (40, 3)))
    found = compare_learners(train, test, n_iter=15)
    assert list(found.index) == ["start", "this package", "ssm"]
    ours, theirs = found.loc["this package"], found.loc["ssm"]
    assert ours.log_likelihood > found.log_likelihood["start"]
    assert theirs.log_likelihood == pytest.approx(ours.log_likelihood, abs=1e-3)
    assert theirs.held_out == pytest.approx(ours.held_out, abs=0.01)
    assert (ours[["pi", "T", "I + M", "b", "Sigma"]] == 0).all()
    assert (theirs[["I + M", "b", "Sigma"]] < 0.01).all() and theirs["T"] < 0.03
    # The law of the first regime may differ most: ssm holds it to mixtures of the rows of T.
    assert theirs["pi"] < 0.3


def test_without_ssm_one_line_says_so(monkeypatch):
    def missing():
        raise LmphysError("ssm cannot be imported (no module); install the lock under Python 3.11 or 3.12")

    monkeypatch.setattr("lmphys.dynamics.peers.import_ssm", missing)
    traj = draw_chains(random_parameters(2, 3, separation=2.0), 20, 4)
    with pytest.raises(LmphysError, match="ssm cannot be imported"):
        compare_learners(traj, traj)
