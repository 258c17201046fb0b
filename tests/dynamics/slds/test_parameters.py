import warnings

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.dynamics.slds.parameters import SLDSParameters


def arrays(K=3, D=2, seed=0):
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((K, D, D))
    return {
        "pi": rng.dirichlet(np.ones(K)),
        "T": rng.dirichlet(np.ones(K), K),
        "M": rng.standard_normal((K, D, D)),
        "b": rng.standard_normal((K, D)),
        "Sigma": root @ root.transpose(0, 2, 1) + 0.1 * np.eye(D),
    }


def test_parameters_are_copies_of_what_was_given():
    given = arrays()
    p = SLDSParameters(**given)
    kept = {name: getattr(p, name).copy() for name in given}
    for name, array in given.items():
        array[...] = np.nan
        np.testing.assert_array_equal(getattr(p, name), kept[name])


def test_broadcast_and_transposed_arrays_become_plain_ones_that_torch_takes_without_a_warning():
    given = arrays() | {
        "M": np.broadcast_to(-0.5 * np.eye(2), (3, 2, 2)),
        "Sigma": np.broadcast_to(np.eye(2), (3, 2, 2)),
    }
    given["T"] = np.asfortranarray(given["T"])
    p = SLDSParameters(**given)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name, array in given.items():
            assert getattr(p, name).flags.c_contiguous
            np.testing.assert_array_equal(torch.from_numpy(getattr(p, name)).numpy(), array)


def test_probabilities_rounded_to_float32_sum_to_one_exactly():
    given = arrays(K=7)
    rounded = {name: given[name].astype(np.float32) for name in ("pi", "T")}
    assert np.abs(rounded["T"].astype(np.float64).sum(axis=1) - 1).max() > 1e-9
    p = SLDSParameters(**{**given, **rounded})
    np.testing.assert_allclose(p.T.sum(axis=1), 1, rtol=0, atol=1e-15)
    assert p.pi.sum() == pytest.approx(1, abs=1e-15)
    np.testing.assert_allclose(p.T / p.T[:, :1], rounded["T"] / rounded["T"][:, :1].astype(np.float64), rtol=1e-12)


def test_parameters_made_of_parameters_are_equal_bit_by_bit():
    for seed in range(200):
        p = SLDSParameters(**arrays(K=7, seed=seed))
        again = SLDSParameters(**vars(p))
        for name in vars(p):
            np.testing.assert_array_equal(getattr(again, name), getattr(p, name))


def test_covariances_that_are_symmetric_up_to_rounding_are_made_symmetric():
    Sigma = np.array([[[4.0, 1.0 + 2e-8], [1.0, 3.0]]])
    p = SLDSParameters([1.0], [[1.0]], np.zeros((1, 2, 2)), np.zeros((1, 2)), Sigma)
    np.testing.assert_array_equal(p.Sigma[0], p.Sigma[0].T)
    assert p.Sigma[0, 0, 1] == pytest.approx(1 + 1e-8, abs=1e-15)


@pytest.mark.parametrize(
    ("Sigma", "message"),
    [
        ([[4.0, 1.0 + 1e-7], [1.0, 3.0]], "Sigma of regime 1 is not symmetric"),
        ([[1.0, 0.5], [-0.5, 1.0]], "Sigma of regime 1 is not symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], "Sigma of regime 1 is not positive definite"),
        ([[-1.0, 0.0], [0.0, 1.0]], "Sigma of regime 1 is not positive definite"),
        ([[1.0, 1.0], [1.0, 1.0]], "Sigma of regime 1 is not positive definite"),
        ([[0.0, 0.0], [0.0, 0.0]], "Sigma of regime 1 is not positive definite"),
    ],
)
def test_what_is_no_covariance_is_refused_with_its_regime(Sigma, message):
    with pytest.raises(LmphysError, match=message) as caught:
        SLDSParameters(
            [0.5, 0.5], np.eye(2), np.zeros((2, 2, 2)), np.zeros((2, 2)), np.stack([np.eye(2), np.array(Sigma)])
        )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("change", [{"pi": [0.5, 0.3, 0.1]}, {"T": np.ones((3, 3))}, {"pi": [1.2, -0.1, -0.1]}])
def test_what_is_no_distribution_is_refused(change):
    with pytest.raises(LmphysError, match="probabilities that sum to 1"):
        SLDSParameters(**{**arrays(), **change})
