"""What was read once is not read again, and is read again where anything is another."""

import shutil

import numpy as np
import pytest
import torch

from lmphys.core.passes import passed_tokens
from lmphys.core.paths import cache_home
from lmphys.lm import readings
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_logits
from lmphys.lm.readings import kept, kept_logits

PROMPTS = [(5, 9, 12, 40), (8, 3), (5, 9, 12, 40)]
CHAINS = [torch.tensor(chain) for chain in ([7, 8, 9], [30, 31], [11, 12, 13, 14])]
PLACES = [torch.tensor(places) for places in ([0, 2], [1], [3])]


@pytest.fixture
def saved(model_folder, tmp_path, monkeypatch):
    """A tiny model in a folder of its own, and an empty cache."""
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    return str(shutil.copytree(model_folder, tmp_path / "model"))


def asked(model, chains=CHAINS):
    """Logits of every chain, and how many tokens the model passed for them."""
    before = sum(passed_tokens().values())
    found = dict(kept_logits(model, PROMPTS, chains, PLACES))
    return [found[i] for i in range(len(chains))], sum(passed_tokens().values()) - before


def files():
    return sorted((cache_home() / "readings").glob("*.npz"))


def test_logits_are_those_of_reading_and_cost_nothing_the_second_time(saved):
    model = LanguageModel(saved)
    model.head  # noqa: B018  found in a few passes
    plain = dict(read_logits(model, PROMPTS, CHAINS, PLACES))
    first, cost = asked(model)
    again, nothing = asked(LanguageModel(saved))
    assert cost > 0 and nothing <= 3  # the head of the second model is found anew
    for i in plain:
        assert torch.equal(first[i], plain[i]) and torch.equal(again[i], plain[i])


def test_another_text_or_other_weights_are_read(saved):
    model = LanguageModel(saved)
    first, _ = asked(model)
    other, cost = asked(model, [CHAINS[0], torch.tensor([33, 31]), CHAINS[2]])
    assert cost > 0 and torch.equal(other[0], first[0]) and not torch.equal(other[1], first[1])
    with torch.no_grad():
        model.model.get_input_embeddings().weight *= 2
    model.model.save_pretrained(saved)
    changed, cost = asked(LanguageModel(saved))
    assert cost > 0 and not torch.allclose(changed[0], first[0])
    assert len(files()) == 3


def test_other_code_and_damage_make_the_same_file_anew(saved, monkeypatch):
    model = LanguageModel(saved)
    first, cost = asked(model)
    monkeypatch.setattr(readings, "_code_state", lambda further: "other")
    again, as_much = asked(model)
    (file,) = files()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    for damaged in (bytes(content), content[:100], b""):
        file.write_bytes(damaged)
        mended, once_more = asked(model)
        assert once_more == as_much and all(torch.equal(a, b) for a, b in zip(mended, first, strict=True))
    assert as_much <= cost and len(files()) == 1 and torch.equal(again[0], first[0])


def test_a_model_in_memory_is_read_each_time(saved):
    named = LanguageModel(saved)
    model = LanguageModel.from_parts(named.model, named.tokenizer)
    calls = []

    def make():
        calls.append(1)
        return {"x": np.arange(3), "word": np.array(["a", "bc"])}

    for _ in range(2):
        assert kept(model, "asked", make)["x"].tolist() == [0, 1, 2]
    assert len(calls) == 2 and not files()
    for _ in range(2):
        assert kept(named, "asked", make)["word"].tolist() == ["a", "bc"]
    assert len(calls) == 3
