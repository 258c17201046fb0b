"""Chains that come with the book: read in one pass they give what sampling gave, and a changed token is found."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus
from lmphys.corpus.shipped import FOLDER, load_chains, save_chains
from lmphys.corpus.spec import CorpusSpec, chain_seed, default_spec
from lmphys.corpus.tasks import load_questions
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.reading import read_written
from lmphys.lm.sampling import Sampling


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A project, in whose folder of chains those of a tiny corpus are put."""
    root = tmp_path_factory.mktemp("project")
    (root / "chapters").mkdir()
    (root / "_config.yml").write_text("title: toy\n")
    return root


@pytest.fixture
def shipped(home, model_folder, monkeypatch, tmp_path):
    """A spec, and its corpus as it was sampled; the cache is then an empty one."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("LMPHYS_HOME", str(home / "sampled"))
    model, sampling = str(model_folder), Sampling(max_tokens=24)
    spec = CorpusSpec(model, tasks=("sums",), n_questions=3, n_chains=2, sampling=sampling, dtype="float32")
    sampled = build_corpus(spec, device="cpu", resample=True)
    save_chains(sampled, home / FOLDER)
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path))
    return spec, sampled


def test_they_are_read_and_give_what_sampling_gave(shipped):
    spec, sampled = shipped
    read = build_corpus(spec, device="cpu")
    assert (sampled.manifest["drawn"], read.manifest["drawn"]) == ("sampled", "shipped")
    assert read.chains.drop(columns="logp").equals(sampled.chains.drop(columns="logp"))
    for name in ("tokens", "logp", "logp_sampling", "entropy", "jumps.final_norm"):
        np.testing.assert_allclose(read.column(name), sampled.column(name), atol=2e-4)
    for site in ("final_norm.boundary", "resid_post.after"):
        np.testing.assert_allclose(read.column(site), sampled.column(site), atol=2e-4)


def test_the_file_holds_ids_and_log_probabilities_and_tells_the_recipe(shipped, home):
    spec, sampled = shipped
    chains = load_chains(spec.key())
    np.testing.assert_array_equal(np.concatenate([t.numpy() for t in chains.tokens]), sampled.column("tokens"))
    np.testing.assert_allclose(np.concatenate([t.numpy() for t in chains.logp]), sampled.column("logp"), atol=1e-4)
    recipe = json.loads((home / FOLDER / f"{spec.key()}.json").read_text())
    assert CorpusSpec.from_json(recipe["spec"]) == spec
    assert (recipe["chains"], recipe["tokens"]) == (6, len(sampled.column("tokens")))
    assert {"torch", "transformers"} <= set(recipe["versions"])


def test_a_changed_token_is_found(shipped, home):
    spec, _ = shipped
    path = home / FOLDER / f"{spec.key()}.npz"
    with np.load(path) as arrays:
        content = dict(arrays)
    place = int(content["lengths"][0]) + 2  # the third token of the second chain
    changed = content["tokens"].copy()
    changed[place] = (changed[place] + 7) % 300
    np.savez_compressed(path, **{**content, "tokens": changed})
    with pytest.raises(LmphysError, match=r"of chain 1 in .* remove it to sample anew"):
        build_corpus(spec, device="cpu")
    rest = int(content["lengths"][:-1].sum())
    fewer = {"tokens": content["tokens"][:rest], "logp": content["logp"][:rest], "lengths": content["lengths"][:-1]}
    np.savez_compressed(path, **fewer)
    with pytest.raises(LmphysError, match="holds 5 chains instead of 6"):
        build_corpus(spec, device="cpu")
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(LmphysError, match=r"is damaged .*; restore it: git checkout"):
        build_corpus(spec, device="cpu")


def test_another_seed_is_sampled(shipped):
    spec = dataclasses.replace(shipped[0], seed=1)
    assert load_chains(spec.key()) is None
    assert build_corpus(spec, device="cpu").manifest["drawn"] == "sampled"


def test_chains_of_a_reader_are_not_shipped(shipped, home):
    spec, _ = shipped
    reader = build_corpus(spec.read_by(f"random:{spec.model}"), device="cpu")
    with pytest.raises(LmphysError, match="only reads chains of"):
        save_chains(reader, home / FOLDER)


ROOT = Path(__file__).parents[2]


@pytest.mark.real_model
@pytest.mark.slow
def test_the_chains_of_the_book_are_those_that_the_default_model_writes(monkeypatch):
    monkeypatch.chdir(ROOT)
    spec = default_spec().resolved("cpu")
    shipped = load_chains(spec.key())
    assert shipped is not None and len(shipped.tokens) == 320
    model = LanguageModel(spec.model, dtype="float32", device="cpu")
    questions = load_questions("sums", spec.n_questions, spec.seed)[:2]
    prompts = [model.prompt_ids(REQUEST.format(question=q.text)) for q in questions for _ in range(spec.n_chains)]
    tokens = shipped.tokens[: len(prompts)]
    for chain in read_written(model, prompts, tokens, spec.sampling):
        shipped.check(chain.index, chain.logp)  # to 0.001 of what it was when it was drawn
    seeds = [chain_seed(spec.seed, q.id, i) for q in questions for i in range(spec.n_chains)]
    requests = [Request(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
    drawn = {chain.index: chain.tokens for chain in ChainDecoder(model, spec.sampling).run(requests)}
    equal = [torch.equal(drawn[i], tokens[i]) for i in range(len(tokens))]
    assert np.mean(equal) >= 0.75  # 319 of all 320 on a processor with AVX2; a rounding may tip one token


@pytest.mark.parametrize("path", sorted((ROOT / FOLDER).glob("*.npz")), ids=lambda path: path.stem)
def test_each_shipped_corpus_has_its_recipe(path):
    recipe = json.loads(path.with_suffix(".json").read_text())
    with np.load(path) as arrays:
        assert arrays["lengths"].sum() == len(arrays["tokens"]) == len(arrays["logp"]) == recipe["tokens"]
        assert len(arrays["lengths"]) == recipe["chains"]
        assert (arrays["logp"] <= 0).all()
    spec = CorpusSpec.from_json(recipe["spec"])
    assert spec.writer is None and spec.dtype == "float32" and spec.key() == path.stem
