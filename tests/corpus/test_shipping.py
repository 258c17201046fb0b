"""A corpus whose chains come with the book is read, and is another one than that which was sampled."""

import dataclasses

import numpy as np
import pytest

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus, ship_corpus
from lmphys.corpus.spec import CorpusSpec
from lmphys.lm.sampling import Sampling


@pytest.fixture
def shipped(model_folder, monkeypatch, tmp_path):
    """A spec whose chains are on the shelf of a project, and its corpus as it was sampled."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").write_text("title: toy\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "cache"))
    sampling = Sampling(max_tokens=24)
    spec = CorpusSpec(str(model_folder), tasks=("sums",), n_questions=3, n_chains=2, sampling=sampling, dtype="float32")
    sampled = build_corpus(spec, device="cpu")
    ship_corpus(sampled)
    return spec, sampled


def test_it_is_read_and_gives_what_sampling_gave(shipped):
    spec, sampled = shipped
    read = build_corpus(spec, device="cpu")
    assert read.folder != sampled.folder
    assert (sampled.manifest["drawn"], read.manifest["drawn"]) == ("sampled", "shipped")
    assert read.chains.drop(columns="logp").equals(sampled.chains.drop(columns="logp"))
    for name in ("tokens", "logp", "logp_sampling", "entropy", "jumps.final_norm"):
        np.testing.assert_allclose(read.column(name), sampled.column(name), atol=2e-4)
    for site in ("final_norm.boundary", "resid_post.after"):
        np.testing.assert_allclose(read.column(site), sampled.column(site), atol=2e-4)
    assert build_corpus(spec, device="cpu", resample=True).manifest["drawn"] == "sampled"


def test_questions_beyond_the_shelf_are_sampled(shipped):
    spec, _ = shipped
    assert build_corpus(dataclasses.replace(spec, n_chains=3), device="cpu").manifest["drawn"] == "partly shipped"
    assert build_corpus(dataclasses.replace(spec, seed=1), device="cpu").manifest["drawn"] == "sampled"


def test_chains_of_a_reader_are_not_shipped(shipped):
    spec, _ = shipped
    with pytest.raises(LmphysError, match="only reads chains of"):
        ship_corpus(build_corpus(spec.read_by(f"random:{spec.model}"), device="cpu"))
