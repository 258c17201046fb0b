"""The table, the heartbeat and the peaks against enumeration, closed forms and each other."""

import numpy as np
import pytest
import torch

from lmphys.generative import BinaryNoise
from lmphys.pages.diffusion import Peaks, entropy_bounds, heartbeat, likelihoods, noise_alone
from lmphys.pages.diffusion.peaks import log_odds_slope
from lmphys.pages.diffusion.verdicts import crooks, exponent, jarzynski


def test_the_rows_of_the_table_are_entropies():
    rows = noise_alone.null_rows()
    assert rows.loc["swiss roll", "entropy"] == pytest.approx(-4.0942, abs=1e-4)
    assert rows.loc["binary heartbeat", "entropy"] == pytest.approx(-14.4386, abs=1e-4)
    assert rows["difference"].abs().max() < 0.05
    assert noise_alone.null_rows(0.5).loc["binary heartbeat", "entropy"] == -20


def test_the_phases_are_found_by_bayes_rule():
    noise = BinaryNoise(50, 0.3)
    x = torch.tensor(np.random.default_rng(0).random((6, 20)) < 0.3).double()
    t = torch.tensor([1, 5, 20, 35, 49, 50])
    found = heartbeat.denoiser(noise)(x, t)
    for row, step, guess in zip(x, t, found, strict=True):
        kept = float(noise.kept[step])
        p = kept * heartbeat.SEQUENCES + (1 - kept) * 0.3
        like = (row * p + (1 - row) * (1 - p)).prod(-1)
        assert guess.numpy() == pytest.approx((like / like.sum() @ heartbeat.SEQUENCES).numpy(), abs=1e-9)


def test_the_entropy_after_one_step():
    # At the end nothing is left but coins; at the beginning nothing but the phase.
    assert heartbeat.first_step_entropy(1, 0.2) == pytest.approx((20 * noise_alone.coin_entropy(0.2),) * 2)
    assert heartbeat.first_step_entropy(10**9, 0.2)[0] == pytest.approx(np.log2(5), abs=1e-6)
    # By sampling.
    noise = BinaryNoise(10, 0.2)
    x0 = heartbeat.SEQUENCES.repeat(4000, 1)
    x1 = noise.noisy(x0, torch.ones(len(x0), dtype=torch.long), torch.Generator().manual_seed(0))
    p = noise._active(heartbeat.SEQUENCES, noise.kept[1])
    like = (x1[:, None] * p + (1 - x1[:, None]) * (1 - p)).prod(-1).mean(-1)
    entropy, given = heartbeat.first_step_entropy(10, 0.2)
    assert float(-like.log2().mean()) == pytest.approx(entropy, abs=0.1)
    assert given < entropy < given + np.log2(5)


def test_the_pilot_of_the_heartbeat_is_had_again():
    found = heartbeat.bound(100, 0.2, 400)
    assert found["learned"].low < -2.34 < found["learned"].high + 0.03
    assert found["set"].low < -2.94 < found["set"].high
    assert found["learned"].value < -np.log2(5) + 0.05


def test_entropies_of_the_peaks():
    peaks = Peaks()
    assert peaks.whole == pytest.approx(9.1) and peaks.scaled().whole == pytest.approx(1)
    normal = 0.5 * np.log2(2 * np.pi * np.e)
    assert peaks.entropy(1.0) == pytest.approx(normal + 0.5 * np.log2(0.1) + 1, abs=1e-4)  # two that do not overlap
    assert peaks.entropy(0.0) == pytest.approx(normal, abs=1e-6)
    assert entropy_bounds(peaks.scaled())["holds"].all()
    assert not entropy_bounds(peaks)["holds"].all()
    single = entropy_bounds(Peaks(0.0, 1.0))  # data that are the noise: the reverse step is the forward one
    assert single["exact"].to_numpy() == pytest.approx(single["upper"].to_numpy(), abs=1e-6)


def test_the_likelihood_of_the_chain_is_the_exponential_mean():
    found = likelihoods(Peaks().scaled(), 5, 4, 20_000, seed=1)
    assert np.abs(found.from_paths - found.exact).max() < 0.15
    assert (found.mean_work < found.exact).all()
    fine = likelihoods(Peaks().scaled(), 40, 4, 100, seed=1)
    assert np.abs(fine.exact - fine.data).max() < 0.5 * np.abs(found.exact - found.data).max()


def test_fits_of_the_work_find_what_was_put_in():
    rng = np.random.default_rng(0)
    # Normal work obeys Crooks' relation if its variance is twice its mean, in nats.
    forward, reverse = rng.normal(1, 2**0.5, 4000), rng.normal(-1, 2**0.5, 4000)
    slope = crooks(forward / np.log(2), reverse / np.log(2))
    assert slope.low < 1 < slope.high and slope.value == pytest.approx(1, abs=0.08)
    assert log_odds_slope(2 * np.append(forward, reverse), np.repeat([1.0, 0.0], 4000))[0] == pytest.approx(
        0.5, abs=0.04
    )
    assert jarzynski(forward / np.log(2)).value == pytest.approx(0, abs=0.1)
    works = {T: rng.normal(16 / T, 0.1, 500) for T in (1, 2, 4, 8, 16, 32, 64)}
    assert exponent(works, 16).value == pytest.approx(-1, abs=0.02)
