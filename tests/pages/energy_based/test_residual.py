"""The bound on bits against laws whose relative entropy is known; windows, and those that come with the book."""

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.lm import LanguageModel, Sampling
from lmphys.lm.reading import read_written
from lmphys.pages.energy_based import campaign
from lmphys.pages.energy_based.residual import DEALT, LOGP, STATES, Residual, fit_residual
from lmphys.pages.energy_based.windows import Ends, cut, load, read_ends, save, shipped


def ends_of(shift, n=2000, width=3, seed=0):
    """Drawn ends are standard normal, real ones are shifted along one axis; the log-probability knows nothing."""
    rng = np.random.default_rng(seed)
    real, drawn = rng.standard_normal((2, n, width))
    real[:, 0] += shift
    logp = rng.standard_normal((2, n))
    return Ends(rng.integers(20, size=n), real, drawn, *logp, np.zeros((n, 1), int))


def test_the_bound_is_the_relative_entropy_for_the_right_f():
    ends = ends_of(1.0, n=40_000)
    f = [x[:, 0] - 0.5 for x in (ends.real, ends.drawn)]
    found = Residual(ends.topics, *f, 2)
    expected = 0.5 / np.log(2) / 2  # |shift|² / 2 nats, over two tokens
    assert found.bits().value == pytest.approx(expected, abs=0.02)
    assert found.plain_bits().value >= found.bits().value


def test_no_f_is_worth_more_than_the_relative_entropy():
    ends = ends_of(1.0, n=40_000)
    for scale, offset in ((0.5, 0.0), (1.5, -0.5), (1.0, 1.0)):
        f = [scale * x[:, 0] + offset for x in (ends.real, ends.drawn)]
        assert Residual(ends.topics, *f, 1).bits().value < 0.5 / np.log(2) + 0.02


def test_a_head_finds_most_of_it_and_its_nulls_find_nothing():
    ends = ends_of(1.0)
    bits = {name: fit_residual(ends, name).bits() for name in (STATES, LOGP, DEALT)}
    assert bits[STATES].value == pytest.approx(0.5 / np.log(2), abs=0.1)
    assert bits[STATES].low > 0.4
    for name in (LOGP, DEALT):
        assert abs(bits[name].value) < 0.02


def test_a_head_sees_no_topic_of_its_test():
    ends = ends_of(0.0, n=300)
    changed = Ends(**{**vars(ends), "real": ends.real + 50.0 * (ends.topics == 3)[:, None]})
    one, other = fit_residual(ends), fit_residual(changed)
    assert other.real[ends.topics == 3].mean() != pytest.approx(one.real[ends.topics == 3].mean())
    # Its own fold is scored by heads that never saw the change.
    assert other.drawn[ends.topics == 3] == pytest.approx(one.drawn[ends.topics == 3])


@pytest.fixture(scope="module")
def windows(llama):
    return cut(llama, 12, context=6, length=5, seed=1)


def test_windows_do_not_overlap_and_their_ends_are_read_alike(llama, windows):
    assert len({(w.topic, w.context, w.real) for w in windows}) == 12
    whole = read_ends(llama, windows)
    parts = Ends.joined([read_ends(llama, windows[:7]), read_ends(llama, windows[7:], first=7)])
    assert (whole.tokens == parts.tokens).all()
    assert whole.drawn == pytest.approx(parts.drawn, abs=1e-4)
    ids = torch.tensor([*windows[3].context, *windows[3].real])
    logits = llama.logits(ids[None], torch.ones(1, 11, dtype=torch.bool), torch.arange(11)[None], last=11)[0]
    each = logits.log_softmax(-1)[torch.arange(5, 10), ids[6:]]
    assert whole.real_logp[3] == pytest.approx(float(each.detach().sum()), abs=1e-3)


def test_a_campaign_goes_on_where_it_stood(llama, windows, tmp_path, monkeypatch):
    monkeypatch.setattr(campaign, "PART", 4)
    monkeypatch.setattr(campaign, "cut", lambda model, n, seed: windows[:n])
    monkeypatch.setattr(campaign, "LanguageModel", lambda *_, **__: llama)
    file, folder = tmp_path / "data" / "windows.npz", tmp_path / "runs"
    made = campaign.make(6, file, folder)
    kept = (folder / "6-0.npz").stat().st_mtime_ns
    (folder / "6-4.npz").unlink()
    again = campaign.make(6, file, folder)
    assert (folder / "6-0.npz").stat().st_mtime_ns == kept
    assert (made.tokens == again.tokens).all()
    assert load(file).real == pytest.approx(made.real, rel=1e-3, abs=1e-3)
    assert file.with_suffix(".json").is_file()


def test_saving_keeps_what_float16_keeps(tmp_path):
    ends = ends_of(1.0, n=20)
    save(ends, tmp_path / "ends.npz")
    assert load(tmp_path / "ends.npz").real == pytest.approx(ends.real, rel=1e-3)
    with pytest.raises(LmphysError, match="git checkout data/reference"):
        load(tmp_path / "none.npz")


@pytest.mark.real_model
def test_the_shipped_windows_are_those_of_the_default_model():
    ends, model = shipped(), LanguageModel(campaign.MODEL, dtype="float32", device="cpu")
    windows = cut(model, len(ends.topics), seed=campaign.SEED)
    assert [w.topic for w in windows] == ends.topics.tolist()
    some = (0, 300)
    sampling = Sampling(temperature=1.0, top_p=1.0)
    prompts = [windows[i].context for i in some]
    drawn = [torch.tensor(ends.tokens[i][ends.tokens[i] >= 0]) for i in some]
    for tokens, logp, states in (
        (drawn, ends.drawn_logp, ends.drawn),
        ([torch.tensor(windows[i].real) for i in some], ends.real_logp, ends.real),
    ):
        for chain in read_written(model, prompts, tokens, sampling):
            i = some[chain.index]
            assert float(chain.logp.sum()) == pytest.approx(logp[i], abs=0.02)
            mean = chain.states["resid_post"].mean(dim=0).numpy()
            assert mean == pytest.approx(states[i], rel=0.01, abs=0.05)
