import numpy as np
import pytest
import torch
from tests.pages.mpemba.plans import TINY

from lmphys.core.errors import LmphysError
from lmphys.pages.mpemba.subspace import Run, heat, sharpest
from lmphys.training.thermal.branches import grow


def test_sharpest_directions_are_those_of_the_whole_matrix():
    generator = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(60, 60, generator=generator))[0]
    values = torch.cat([torch.tensor([9.0, 6.0, 4.0]), torch.linspace(-1, 1, 57)])
    matrix = basis * values @ basis.T
    found, directions = sharpest(lambda v: matrix @ v, 60, 3, iterations=30, seed=1)
    assert found.numpy() == pytest.approx([9, 6, 4], abs=1e-3)
    assert (directions @ directions.T).numpy() == pytest.approx(np.eye(3), abs=1e-5)
    assert (directions @ basis[:, :3]).abs().numpy() == pytest.approx(np.eye(3), abs=1e-2)


def test_a_run_along_sharp_directions_is_had_again_and_bends_as_differences_of_the_loss_do(tmp_path):
    trunk = grow(TINY.recipe)
    small = {"k": 2, "n_updates": 6, "burn_in": 1, "n_documents": 8, "n_noise": 4, "iterations": 8, "first_batch": 50}
    one, other = heat(trunk, **small), heat(trunk, **small)
    assert np.array_equal(one.z, other.z) and one.z.shape == (6, 2)
    assert np.linalg.eigvalsh(one.hessian).max() > 0
    assert np.linalg.eigvalsh(one.noise).min() > 0
    one.write(tmp_path / "bath-0.npz")
    back = Run.read(tmp_path / "bath-0.npz")
    assert back.z == pytest.approx(one.z, rel=1e-6) and back.rate == one.rate


def test_a_missing_run_says_how_to_have_it(tmp_path):
    with pytest.raises(LmphysError, match="git checkout data"):
        Run.read(tmp_path / "bath-0.npz")
