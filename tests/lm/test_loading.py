"""What files may hold, and what is never read from them: pickles and code."""

import importlib.util
import json
import shutil

import pytest
import torch
from tests.conftest import tiny_model
from transformers import AutoModelForCausalLM

from lmphys.core.devices import quantized
from lmphys.core.errors import LmphysError
from lmphys.lm import weights
from lmphys.lm.model import LanguageModel
from lmphys.lm.weights import load_weights

CPU = torch.device("cpu")
CODE = "import pathlib\npathlib.Path({mark!r}).write_text('ran')\nfrom transformers import LlamaForCausalLM as Own\n"


def refused(spec):
    with pytest.raises(LmphysError) as caught:
        LanguageModel(str(spec))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


@pytest.fixture
def folder(model_folder, tmp_path):
    shutil.copytree(model_folder, tmp_path / "model")
    return tmp_path / "model"


def test_shards_are_read_as_one_file_is(tmp_path, tokenizer, model_folder):
    model = tiny_model("llama", len(tokenizer))
    model.save_pretrained(tmp_path, max_shard_size="100KB")
    tokenizer.save_pretrained(tmp_path)
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    assert equal(load_weights(str(tmp_path), torch.float32, CPU).model, model)


def test_pickled_weights_are_refused_unread(folder):
    (folder / "model.safetensors").unlink()
    torch.save({"a": torch.zeros(1)}, folder / "pytorch_model.bin")
    text = refused(folder)
    assert "pickles (pytorch_model.bin), which can run code" in text and "save_pretrained" in text


def test_pickles_beside_safetensors_are_left_alone(folder, model_folder):
    torch.save({"a": torch.zeros(1)}, folder / "pytorch_model.bin")
    assert equal(LanguageModel(str(folder)).model, LanguageModel(str(model_folder)).model)


@pytest.mark.parametrize("kind", ["llama", "never_heard_of"])
def test_code_that_comes_with_a_model_is_not_run(folder, tmp_path, kind):
    mark = tmp_path / "mark"
    (folder / "modeling_own.py").write_text(CODE.format(mark=str(mark)))
    config = json.loads((folder / "config.json").read_text())
    own = {"AutoModelForCausalLM": "modeling_own.Own", "AutoConfig": "modeling_own.OwnConfig"}
    (folder / "config.json").write_text(json.dumps({**config, "model_type": kind, "auto_map": own}))
    if kind == "llama":  # which transformers knows
        LanguageModel(str(folder))
    else:
        text = refused(folder)
        assert "code of its own (auto_map in its config.json), which is not run" in text
    assert not mark.exists()


@pytest.fixture
def hub(tmp_path, model_folder, tokenizer, monkeypatch):
    """A hub that is out of reach, and its cache with two commits of one model."""
    from huggingface_hub import constants

    home = tmp_path / "hub" / "models--org--name"
    (home / "refs").mkdir(parents=True)
    for seed, (ref, commit) in enumerate((("main", "a" * 40), ("v2", "b" * 40))):
        (home / "refs" / ref).write_text(commit)
        tiny_model("llama", len(tokenizer), seed).save_pretrained(home / "snapshots" / commit)
        tokenizer.save_pretrained(home / "snapshots" / commit)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.mark.parametrize(("revision", "seed"), [("", 0), ("@main", 0), ("@v2", 1), (f"@{'b' * 40}", 1)])
def test_a_revision_of_the_hub_is_the_one_that_is_read(hub, tokenizer, revision, seed):
    model = LanguageModel(f"org/name{revision}")
    assert equal(model.model, tiny_model("llama", len(tokenizer), seed))
    assert model.revision == (revision[1:] or "a" * 40)


def test_weights_of_few_bits_ask_for_their_package(model_folder, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else find(name))
    for call in (lambda: quantized("4bit"), lambda: LanguageModel(str(model_folder), dtype="4bit")):
        with pytest.raises(LmphysError, match=r"^4bit weights need .*; install it: pip install bitsandbytes$"):
            call()
    with pytest.raises(LmphysError, match=r"^--quantize 2bit: use 8bit or 4bit$"):
        quantized("2bit")


@pytest.mark.parametrize("bits", ["8bit", "4bit"])
def test_weights_of_few_bits_are_asked_for_as_transformers_documents_it(model_folder, tokenizer, monkeypatch, bits):
    """With a stand-in for `from_pretrained`: the package itself is not installed here."""
    asked, stored = [], tiny_model("llama", len(tokenizer)).bfloat16()

    def from_pretrained(place, **settings):
        asked.append(settings)
        return stored, {"missing_keys": set(), "unexpected_keys": set(), "mismatched_keys": set()}

    monkeypatch.setattr(weights, "quantized", lambda bits: bits)
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", from_pretrained)
    model = LanguageModel(str(model_folder), dtype=bits)
    (settings,) = asked
    config = settings["quantization_config"]
    assert (config.load_in_8bit, config.load_in_4bit) == (bits == "8bit", bits == "4bit")
    assert settings["device_map"] == {"": CPU} and settings["dtype"] == torch.bfloat16
    assert model.describe()["dtype"] == bits and model.dtype == torch.bfloat16


@pytest.mark.parametrize(("device", "spread"), [("cuda", True), ("cuda:1", False), ("cpu", False)])
def test_a_model_goes_over_all_gpus_unless_one_is_named(device, spread, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert weights._spreads(torch.device(device)) == spread
