"""Chains that come with the book: read in one pass they give what drawing gave, and a changed token is found."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from lmphys.core.errors import LmphysError
from lmphys.core.paths import SHIP
from lmphys.corpus.spec import chain_seed, default_spec
from lmphys.corpus.tasks import load_questions
from lmphys.lm.decode import Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.lm.sampling import Sampling
from lmphys.lm.shelf import FOLDER, Shelf, write_chains

SAMPLING = Sampling(max_tokens=24)
REQUESTS = [Request(prompt, seed) for prompt in ((5, 9, 12, 40), (8, 3)) for seed in range(3)]
# The same question asked with part of the chain given, and with other random numbers.
REQUESTS += [Request((5, 9, 12, 40), 0, given=2), Request((8, 3), 1, uniforms=(0.5,) * 24)]


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty project."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_config.yml").write_text("title: toy\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(model, requests=REQUESTS, **options):
    found = {chain.index: chain for chain in write_chains(model, requests, SAMPLING, **options)}
    assert sorted(found) == list(range(len(requests)))
    return [found[i] for i in sorted(found)]


def draws(monkeypatch):
    """A list that grows by every request that is drawn."""
    from lmphys.lm import shelf

    seen = []

    class Counting(shelf.ChainDecoder):
        def run(self, requests, on_tokens=None):
            seen.extend(requests)
            return super().run(requests, on_tokens)

    monkeypatch.setattr(shelf, "ChainDecoder", Counting)
    return seen


@pytest.fixture
def shipped(home, model_of, monkeypatch):
    """A model, its chains as they were drawn, and its shelf, which holds all but the last one."""
    model = model_of("llama")
    monkeypatch.setenv(SHIP, "1")
    drawn = written(model, REQUESTS[:-1])
    monkeypatch.delenv(SHIP)
    return model, drawn, Shelf.of(model.spec, "float32", SAMPLING)


def test_nothing_is_shipped_unasked(home, model_of):
    written(model_of("llama"))
    assert not (home / FOLDER).exists()


def test_they_are_read_and_give_what_drawing_gave(shipped, monkeypatch):
    model, drawn, _ = shipped
    seen = draws(monkeypatch)
    for chain, old in zip(written(model, REQUESTS[:-1]), drawn, strict=True):
        assert torch.equal(chain.tokens, old.tokens) and chain.ended == old.ended
        for name in ("logp", "logp_sampling", "entropy"):
            torch.testing.assert_close(getattr(chain, name), getattr(old, name), atol=1e-4, rtol=1e-4)
        for site, states in old.states.items():
            torch.testing.assert_close(chain.states[site], states, atol=2e-4, rtol=1e-4)
    assert seen == []


def test_what_is_not_on_the_shelf_is_drawn(shipped, monkeypatch):
    model, drawn, _ = shipped
    seen = draws(monkeypatch)
    mixed = written(model)
    assert seen == REQUESTS[-1:]
    assert all(torch.equal(a.tokens, b.tokens) for a, b in zip(mixed, drawn, strict=False))
    seen.clear()
    written(model, resample=True)
    assert seen == REQUESTS
    seen.clear()
    [*write_chains(model, REQUESTS[:1], Sampling(max_tokens=25))]  # drawn in another way
    assert seen == REQUESTS[:1]


def test_adding_keeps_what_was_there(shipped, monkeypatch):
    model, drawn, shelf = shipped
    before = shelf.state
    monkeypatch.setenv(SHIP, "1")
    last = written(model)[-1]
    monkeypatch.delenv(SHIP)
    shelf = Shelf.of(model.spec, "float32", SAMPLING)
    assert shelf.state != before
    for request, chain in zip(REQUESTS, [*drawn, last], strict=True):
        number = shelf.find(request)
        assert torch.equal(shelf.tokens[number], chain.tokens)
        torch.testing.assert_close(shelf.logp[number], chain.logp, atol=1e-4, rtol=0)
    recipe = json.loads(shelf.path.with_suffix(".json").read_text())
    assert recipe["chains"] == len(REQUESTS) and recipe["sampling"]["max_tokens"] == 24


def test_a_changed_token_is_found(shipped):
    model, _, shelf = shipped
    with np.load(shelf.path) as arrays:
        content = dict(arrays)
    changed = content["tokens"].copy()
    place = int(content["lengths"][0]) + 2  # the third token of the second chain
    changed[place] = (changed[place] + 7) % 300
    np.savez_compressed(shelf.path, **{**content, "tokens": changed})
    with pytest.raises(LmphysError, match=r"of chain 1 in .* remove it to sample anew"):
        written(model)
    np.savez_compressed(shelf.path, **{**content, "lengths": content["lengths"][:-1]})
    with pytest.raises(LmphysError, match=r"is damaged \(7 names of 6 chains\); restore it: git checkout"):
        written(model)
    shelf.path.write_bytes(shelf.path.read_bytes()[:40])
    with pytest.raises(LmphysError, match=r"is damaged .*; restore it: git checkout"):
        written(model)


ROOT = Path(__file__).parents[2]


@pytest.mark.real_model
@pytest.mark.slow
def test_the_chains_of_the_book_are_those_that_the_default_model_writes(monkeypatch):
    monkeypatch.chdir(ROOT)
    spec = default_spec().resolved("cpu")
    model = LanguageModel(spec.model, dtype="float32", device="cpu")
    requests = [
        Request(model.prompt_ids(REQUEST.format(question=q.text)), chain_seed(spec.seed, q.id, i))
        for q in load_questions("sums", spec.n_questions, spec.seed)[:2]
        for i in range(spec.n_chains)
    ]
    seen = draws(monkeypatch)
    read = {chain.index: chain.tokens for chain in write_chains(model, requests, spec.sampling)}
    assert seen == []  # and each log-probability is to 0.001 what it was when it was drawn
    drawn = {c.index: c.tokens for c in write_chains(model, requests, spec.sampling, resample=True)}
    equal = [torch.equal(drawn[i], read[i]) for i in read]
    assert np.mean(equal) >= 0.75  # 319 of all 320 on a processor with AVX2; a rounding may tip one token


@pytest.mark.parametrize("path", sorted((ROOT / FOLDER).glob("*.npz")), ids=lambda path: path.stem)
def test_each_shelf_has_its_recipe(path):
    recipe = json.loads(path.with_suffix(".json").read_text())
    with np.load(path) as arrays:
        assert arrays["lengths"].sum() == len(arrays["tokens"]) == len(arrays["logp"]) == recipe["tokens"]
        assert len(arrays["lengths"]) == len(set(arrays["requests"].tolist())) == recipe["chains"]
        assert (arrays["logp"] <= 0).all()
    shelf = Shelf(recipe["writer"], recipe["dtype"], Sampling(**recipe["sampling"]), path.parent)
    assert shelf.path == path and recipe["dtype"] == "float32"
