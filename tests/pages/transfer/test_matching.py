import numpy as np
import pandas as pd
import pytest
from scipy.spatial import procrustes as peer
from scipy.stats import ortho_group

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.pages.transfer.matching import Procrustes, paired_rows


@pytest.mark.parametrize("reflect", [False, True])
@pytest.mark.parametrize("scale", [False, True])
def test_it_recovers_a_rotation_or_reflection_a_shift_and_a_scale(reflect, scale):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 5)) * [5, 3, 2, 1, 0.5] + 7
    truth = ortho_group.rvs(5, random_state=rng)
    if (np.linalg.det(truth) < 0) != reflect:
        truth[:, 0] *= -1
    factor, shift = (2.5 if scale else 1.0), rng.standard_normal(5)
    y = factor * x @ truth + shift
    fitted = Procrustes(scale=scale).fit(x, y)
    np.testing.assert_allclose(fitted.rotation_, truth, atol=1e-10)
    assert fitted.scale_ == pytest.approx(factor)
    np.testing.assert_allclose(fitted.transform(x), y, atol=1e-9)
    np.testing.assert_allclose(fitted.inverse_transform(y), x, atol=1e-9)
    assert fitted.score(x, y) == pytest.approx(1)


def test_no_other_rotation_is_better_and_the_scale_is_that_of_a_peer():
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((60, 4)), rng.standard_normal((60, 4)) * [4, 2, 1, 1]
    fitted = Procrustes().fit(x, y)
    np.testing.assert_allclose(fitted.rotation_ @ fitted.rotation_.T, np.eye(4), atol=1e-12)

    def loss(rotation):
        return ((y - y.mean(0) - (x - x.mean(0)) @ rotation) ** 2).sum()

    best = loss(fitted.rotation_)
    assert all(loss(ortho_group.rvs(4, random_state=rng)) >= best for _ in range(200))
    # Scipy's disparity is the loss with a scale, in units of the spread of y.
    scaled = Procrustes(scale=True).fit(x, y)
    assert 1 - scaled.score(x, y) == pytest.approx(peer(y, x)[2])


def test_what_cannot_be_matched_is_refused_in_one_line():
    x = np.random.default_rng(3).standard_normal((20, 4))
    with pytest.raises(LmphysError, match="project both to one rank"):
        Procrustes().fit(x, x[:, :3])
    with pytest.raises(LmphysError, match="4 pairs do not determine a rotation of width 4"):
        Procrustes().fit(x[:4], x[:4])
    with pytest.raises(LmphysError, match="do not vary"):
        Procrustes().fit(np.ones((20, 4)), x)


def chains(names, ends):
    lengths = [len(e) for e in ends]
    sentences = pd.DataFrame({"chain": np.repeat(np.arange(len(names)), lengths), "end": np.concatenate(ends)})
    sentences["t"] = np.concatenate([np.arange(n) for n in lengths])
    return Trajectories(np.zeros((sum(lengths), 2)), lengths, pd.DataFrame({"chain_id": names}), sentences)


def test_sentences_are_paired_by_chain_and_place_whatever_the_order():
    one = chains(["a/0", "b/0", "c/0"], [[5, 9, 14], [4, 8], [3, 6]])
    # Another order, a sentence that the second model did not see end, and chains that the other lacks.
    other = chains(["b/0", "d/0", "a/0"], [[4, 8, 12], [5, 9], [5, 14]])
    first, second = paired_rows(one, other)
    assert first.tolist() == [0, 2, 3, 4]
    assert second.tolist() == [5, 6, 0, 1]
    with pytest.raises(LmphysError, match="no sentence is in both"):
        paired_rows(one, chains(["z/0"], [[1, 2]]))
