import dataclasses
import errno
import json
import math
import os
import signal
import subprocess
import sys
from itertools import chain
from pathlib import Path

import pytest
import torch
from filelock import FileLock
from safetensors.torch import load_file
from tests.conftest import tiny_model
from typer.testing import CliRunner

from lmphys import cli
from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import REQUEST
from lmphys.problems import chains
from lmphys.problems.chains import ErrorRates
from lmphys.training import checkpoint
from lmphys.training import loop as training
from lmphys.training.loss import mean_surprisal
from lmphys.training.reasoner import adapter as adapters
from lmphys.training.reasoner.adapter import adapt, train
from lmphys.training.reasoner.batches import Batches
from lmphys.training.reasoner.config import PROFILES, TrainingConfig
from lmphys.training.recipe import kept_steps

REPOSITORY = Path(__file__).parents[3]
TOY = TrainingConfig(steps=40, batch_size=4, n_kept=3, learning_rate=2e-2, warmup=0.1, dtype="float32")


def sums(index):
    """A toy of a chain, of one to three sentences."""
    a, b = index % 7, index * 5 % 9
    return f"Add {a} and {b}.", " ".join(["First, take the number.", f"That makes {a + b}."][-1 - index % 2 :])


@pytest.fixture(scope="session", params=["llama", "gpt2"])
def base(request, tokenizer, tmp_path_factory):
    """Folder of a tiny model; GPT-2 has no linear modules but its own transposed ones."""
    folder = tmp_path_factory.mktemp(request.param)
    tiny_model(request.param, len(tokenizer)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def adapter(folder):
    return load_file(folder / "adapter_model.safetensors")


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


# TrainingConfig


def test_a_recipe_survives_json():
    recipe = dataclasses.replace(PROFILES["full"], habits=ErrorRates(slip=0.2), difficulties=(3, 4), base="a/b")
    assert TrainingConfig.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe
    with pytest.raises(LmphysError, match=r"not the recipe of a training .*; train anew"):
        TrainingConfig.from_json({**recipe.to_json(), "colour": "red"})


@pytest.mark.parametrize("profile", PROFILES)
def test_profiles_are_possible(profile):
    PROFILES[profile].check()


@pytest.mark.parametrize(
    "change",
    [
        {"rank": 0}, {"steps": 0}, {"batch_size": 0}, {"n_kept": 0}, {"alpha": 0}, {"learning_rate": 0.0},
        {"learning_rate": math.nan}, {"clip": -1.0}, {"weight_decay": -0.1}, {"warmup": 1.0}, {"difficulties": ()},
        {"difficulties": (2, 99)}, {"dtype": "float16"}, {"seed": -1},
    ],
)  # fmt: skip
def test_an_impossible_recipe_is_named(change, tmp_path):
    with pytest.raises(LmphysError, match=rf"^{next(iter(change))} of a training (is|are) .*; ") as caught:
        train(dataclasses.replace(TOY, **change), tmp_path / "new")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "new").exists()


# Batches


def long_and_short(index):
    return "Double 7.", "Take the number. " * (1 + index * 7 % 11)


def test_a_window_has_every_example_once_and_little_padding(llama):
    recipe = dataclasses.replace(TOY, steps=70, batch_size=5)
    seen = []

    def examples(index):
        seen.append(index)
        return long_and_short(index)

    maker = Batches(recipe, llama, examples)
    for number, n_batches in enumerate((32, 32, 6)):
        seen.clear()
        members = maker.members(number)
        first = number * 32 * 5
        assert sorted(seen) == list(range(first, first + 5 * n_batches))
        ids = [tuple(example.ids) for batch in members for example in batch]
        assert [len(batch) for batch in members] == [5] * n_batches
        assert sorted(ids) == sorted(
            tuple(example.ids) for example in maker.encode(range(first, first + 5 * n_batches))
        )
    lengths = [[len(example.ids) for example in batch] for batch in maker.members(0)]
    unsorted = [[len(example.ids) for example in maker.encode(range(5 * i, 5 * i + 5))] for i in range(32)]
    assert sorted(chain.from_iterable(lengths)) == sorted(chain.from_iterable(unsorted))
    padded = [sum(max(batch) * len(batch) - sum(batch) for batch in some) for some in (lengths, unsorted)]
    assert padded[0] < 0.2 * padded[1]
    assert lengths != sorted(lengths)  # not from short to long


def test_batches_from_a_step_are_the_rest_of_those_from_the_beginning(llama):
    maker = Batches(dataclasses.replace(TOY, steps=70), llama, sums)
    everything = list(maker.from_step(0))
    assert len(everything) == 70
    for step in (1, 31, 32, 69, 70):
        rest = list(maker.from_step(step))
        assert len(rest) == 70 - step
        for one, other in zip(rest, everything[step:], strict=True):
            assert torch.equal(one.ids, other.ids) and torch.equal(one.rows, other.rows)


def test_targets_are_the_chain_and_its_end_of_turn(llama):
    maker = Batches(dataclasses.replace(TOY, steps=1), llama, sums)
    (batch,) = maker.from_step(0)
    expected = []
    for example in maker.members(0)[0]:
        assert example.ids[-1] == llama.tokenizer.eos_token_id
        prompt = llama.prompt_ids(REQUEST.format(question="Add"))[:8]
        assert tuple(example.ids[:8]) == prompt
        expected += example.ids[example.n_prompt :]
    assert batch.targets.tolist() == expected
    assert batch.ids.flatten()[batch.rows + 1].tolist() == expected
    texts = llama.tokenizer.decode(expected).split("<|end|>")
    assert sorted(texts) == sorted(["", *(sums(index)[1] for index in range(4))])


# Loss


def test_the_loss_is_that_of_the_chains_read_one_by_one_with_all_logits(any_model):
    maker = Batches(dataclasses.replace(TOY, steps=1, batch_size=6), any_model, long_and_short)
    (batch,) = maker.from_step(0)
    total, count = 0.0, 0
    with torch.no_grad():
        for example in maker.members(0)[0]:
            ids = torch.tensor([example.ids])
            labels = ids.clone()
            labels[:, : example.n_prompt] = -100
            n = int((labels != -100).sum())
            total += n * any_model.model(ids, labels=labels).loss.item()
            count += n
        loss = mean_surprisal(any_model, batch).item()
    assert count == len(batch.targets)
    assert loss == pytest.approx(total / count, rel=1e-5)
    assert not any_model.model.get_output_embeddings()._forward_pre_hooks


# Adapter


def test_an_adapter_is_seeded_changes_nothing_and_leaves_the_random_numbers_alone(base):
    maker = Batches(dataclasses.replace(TOY, steps=1), LanguageModel(base, dtype="float32", device="cpu"), sums)
    (batch,) = maker.from_step(0)
    factors = []
    for seed in (1, 1, 2):
        model = LanguageModel(base, dtype="float32", device="cpu")
        with torch.no_grad():
            before = mean_surprisal(model, batch)
        state = torch.get_rng_state()
        adapted = adapt(model, dataclasses.replace(TOY, seed=seed, rank=3))
        assert torch.equal(state, torch.get_rng_state())
        with torch.no_grad():
            assert torch.equal(mean_surprisal(model, batch), before)
        factors.append({n: w.detach().clone() for n, w in adapted.named_parameters() if w.requires_grad})
        # every linear map of the three blocks, and nothing else: 7 of a Llama, 4 of a GPT-2, two factors each
        assert len(factors[-1]) == 3 * 2 * {"LlamaForCausalLM": 7, "GPT2LMHeadModel": 4}[type(model.model).__name__]
        assert all(".lora_" in name and 3 in weight.shape for name, weight in factors[-1].items())
    assert same(factors[0], factors[1])
    assert not same(factors[0], factors[2])


def test_every_architecture_with_a_linear_map_can_be_adapted(any_model, tokenizer):
    model = LanguageModel.from_parts(tiny_model(any_model.spec, len(tokenizer)), tokenizer, spec=any_model.spec)
    recipe = dataclasses.replace(TOY, steps=1, base=any_model.spec)
    if any_model.spec == "mamba":  # its kernel takes the weights of a linear map past any adapter
        one_line(lambda: adapt(model, recipe), "mamba cannot be adapted", "out_proj")
        return
    (batch,) = Batches(recipe, model, sums).from_step(0)
    adapted = adapt(model, recipe)
    weights = [weight for weight in adapted.parameters() if weight.requires_grad]
    mean_surprisal(model, batch).backward()
    # At the start the second factor is 0, so that all of the gradient is its own.
    norms = {name: weight.grad.norm() for name, weight in adapted.named_parameters() if weight.requires_grad}
    assert all((norm > 0) == ("lora_B" in name) for name, norm in norms.items())
    assert len(weights) == len(norms) and all(weight.dtype == torch.float32 for weight in weights)


def test_training_learns_and_what_it_keeps_is_the_trained_model(base, tmp_path, monkeypatch):
    from peft import PeftModel

    kept, write = [], adapters.write_adapter

    def spy(adapted, *arguments):
        kept.append(adapted)
        write(adapted, *arguments)

    monkeypatch.setattr(adapters, "write_adapter", spy)
    last = train(dataclasses.replace(TOY, base=base), tmp_path / "run", device="cpu", examples=sums)
    rows = [line.split(",") for line in (tmp_path / "run" / "loss.csv").read_text().splitlines()]
    assert rows[0] == ["step", "examples", "target_tokens", "tokens", "seconds", "loss", "learning_rate"]
    assert [row[:2] for row in rows[1:]] == [["10", "40"], ["20", "80"], ["30", "120"], ["40", "160"]]
    losses = [float(row[5]) for row in rows[1:]]
    assert losses[0] > 2 * losses[-1]

    folders = [tmp_path / "run" / f"step-{step:06d}" for step in kept_steps(40, 3)]
    assert last == folders[-1] == tmp_path / "run" / "step-000040"
    tensors = [adapter(folder) for folder in folders]
    assert all(tensor.dtype == torch.float16 for some in tensors for tensor in some.values())
    assert not same(tensors[0], tensors[1]) and not same(tensors[1], tensors[2])
    trained = {
        name.replace(".default", ""): weight.detach().half()
        for name, weight in kept[-1].named_parameters()
        if weight.requires_grad
    }
    assert same(tensors[-1], trained)

    ids = torch.tensor([LanguageModel(base, dtype="float32", device="cpu").prompt_ids("Add 3 and 4.")])
    fresh = LanguageModel(base, dtype="float32", device="cpu").model
    with torch.no_grad():
        untrained = fresh(ids).logits
        wanted = kept[-1](ids).logits
        found = PeftModel.from_pretrained(fresh, last).eval()(ids).logits
    assert (found - wanted).norm() < 1e-3 * wanted.norm()
    assert (untrained - wanted).norm() > 0.1 * wanted.norm()
    config = json.loads((last / "adapter_config.json").read_text())
    assert (config["base_model_name_or_path"], config["r"], config["lora_alpha"]) == (base, 8, 16)
    assert config["target_modules"] == sorted(config["target_modules"])


def test_the_summary_counts_what_was_read(base, tmp_path):
    recipe = dataclasses.replace(TOY, base=base, steps=11, batch_size=3)
    train(recipe, tmp_path, device="cpu", examples=sums)
    summary = json.loads((tmp_path / "training.json").read_text())
    maker = Batches(recipe, LanguageModel(base, dtype="float32", device="cpu"), sums)
    encoded = maker.encode(range(33))
    assert summary["examples"] == 33
    assert summary["tokens"] == sum(len(example.ids) for example in encoded)
    assert summary["target_tokens"] == sum(len(example.ids) - example.n_prompt for example in encoded)
    assert summary["recipe"] == recipe.to_json()
    assert summary["kept_steps"] == list(kept_steps(11, 3))
    rows = [line.split(",") for line in (tmp_path / "loss.csv").read_text().splitlines()[1:]]
    assert [row[0] for row in rows] == ["10", "11"]
    assert [int(value) for value in rows[-1][1:4]] == [33, summary["target_tokens"], summary["tokens"]]
    assert summary["model"]["dtype"] == "float32"
    assert summary["final_loss"] == float(rows[-1][5])  # one step is the last 5 % of 11, and has a row of its own
    seconds = float(rows[-1][4])
    assert summary["tokens_per_second"] == pytest.approx(summary["tokens"] / seconds, rel=0.1)
    assert {"torch", "transformers", "peft", "python", "lmphys"} <= summary["versions"].keys()
    names = {path.name for path in tmp_path.iterdir()} - {".lock"}
    assert names == {"recipe.json", "training.json", "loss.csv", *(f"step-{n:06d}" for n in kept_steps(11, 3))}


def test_the_adapter_is_trained_in_float32_on_a_model_in_bfloat16(base, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(adapters, "write_adapter", lambda adapted, *_: seen.append(adapted))
    recipe = dataclasses.replace(TOY, base=base, steps=12, n_kept=1, dtype="bfloat16")
    train(recipe, tmp_path, device="cpu", examples=sums)
    types = {weight.dtype for weight in seen[0].parameters() if weight.requires_grad}
    assert types == {torch.float32}
    assert {weight.dtype for weight in seen[0].parameters() if not weight.requires_grad} == {torch.bfloat16}
    losses = [float(line.split(",")[5]) for line in (tmp_path / "loss.csv").read_text().splitlines()[1:]]
    assert losses[-1] < losses[0]


# Going on


@pytest.fixture(scope="module")
def whole(model_folder, tmp_path_factory):
    """A training that was not stopped: its folder and recipe."""
    recipe = dataclasses.replace(TOY, base=str(model_folder))
    folder = tmp_path_factory.mktemp("whole")
    train(recipe, folder, device="cpu", examples=sums)
    return folder, recipe


def curve(folder):
    """The loss curve without the seconds."""
    rows = [line.split(",") for line in (folder / "loss.csv").read_text().splitlines()]
    return [row[:4] + row[5:] for row in rows]


def check_equal(folder, whole):
    for step in kept_steps(40, 3):
        one, other = (f / f"step-{step:06d}" / "adapter_model.safetensors" for f in (folder, whole))
        assert one.read_bytes() == other.read_bytes()
    assert curve(folder) == curve(whole)
    finals = [json.loads((f / "training.json").read_text())["final_loss"] for f in (folder, whole)]
    assert finals[0] == finals[1]
    assert not (folder / "state.safetensors").exists()


class KilledError(Exception):
    pass


@pytest.mark.parametrize(
    ("stops", "every"),
    [
        ((7, 33), 1),
        ((38,), 5),
        pytest.param((1,), 1, marks=pytest.mark.slow),
        pytest.param((3,), 100, marks=pytest.mark.slow),
        pytest.param((39,), 1, marks=pytest.mark.slow),
    ],
)
def test_a_killed_training_goes_on_to_the_same_bits(whole, tmp_path, monkeypatch, stops, every):
    """Killed in the middle of an update, with states after every, or some, or none of the steps before."""
    original, write = torch.optim.AdamW.step, checkpoint.StateFile.write

    def write_some(self, record):
        if record.step % every == 0:
            write(self, record)

    monkeypatch.setattr(training, "STATE_SECONDS", 0.0)
    monkeypatch.setattr(checkpoint.StateFile, "write", write_some)
    for stop in stops:
        left = [stop]

        def step(self, *arguments, left=left, **options):
            original(self, *arguments, **options)
            left[0] -= 1
            if left[0] == 0:
                raise KilledError

        monkeypatch.setattr(torch.optim.AdamW, "step", step)
        with pytest.raises(KilledError):
            train(whole[1], tmp_path, device="cpu", examples=sums)
    monkeypatch.setattr(torch.optim.AdamW, "step", original)
    train(whole[1], tmp_path, device="cpu", examples=sums)
    check_equal(tmp_path, whole[0])


def test_ctrl_c_keeps_the_step_at_hand_and_the_training_goes_on_to_the_same_bits(whole, tmp_path, capsys):
    def interrupted(index):
        if index == 32 * 4:  # of the second window, which is made while the first is trained on
            os.kill(os.getpid(), signal.SIGINT)
        return sums(index)

    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(whole[1], tmp_path, device="cpu", examples=interrupted)
    assert signal.getsignal(signal.SIGINT) is handler
    assert capsys.readouterr().err.count("the same command goes on from there") == 1
    assert (tmp_path / "state.safetensors").is_file()
    assert not (tmp_path / "training.json").exists()
    train(whole[1], tmp_path, device="cpu", examples=sums)
    check_equal(tmp_path, whole[0])


@pytest.mark.slow
def test_a_process_killed_outright_leaves_a_training_that_goes_on_to_the_same_bits(whole, tmp_path):
    code = (
        "import json, sys, time; from pathlib import Path; import torch; torch.set_num_threads(int(sys.argv[3]))\n"
        "from lmphys.training import loop as t; from lmphys.training.reasoner.adapter import train\n"
        "from lmphys.training.reasoner.config import TrainingConfig\n"
        "from tests.training.reasoner.test_adapter import sums\n"
        "t.STATE_SECONDS = 0.0; put = t.StateFile.write\n"
        "def write(self, record):\n"
        "    put(self, record)\n"
        "    if record.step == 11: print('here', flush=True); time.sleep(600)\n"
        "t.StateFile.write = write\n"
        "train(TrainingConfig.from_json(json.loads(sys.argv[1])), Path(sys.argv[2]), device='cpu', examples=sums)\n"
    )
    values = [json.dumps(whole[1].to_json()), str(tmp_path), str(torch.get_num_threads())]
    with subprocess.Popen([sys.executable, "-c", code, *values], cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"here\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    (tmp_path / ".loss.csv.4711.part").write_text("half")
    steps = []
    train(whole[1], tmp_path, device="cpu", examples=lambda index: steps.append(index) or sums(index))
    assert min(steps) == 0 and (tmp_path / "training.json").is_file()
    check_equal(tmp_path, whole[0])
    assert not list(tmp_path.glob(".*.part"))


def test_a_finished_training_returns_at_once(whole, monkeypatch):
    monkeypatch.setattr(adapters, "LanguageModel", None)
    assert train(whole[1], whole[0]) == whole[0] / "step-000040"


# Mistakes


def one_line(action, *parts):
    with pytest.raises(LmphysError) as caught:
        action()
    assert "\n" not in str(caught.value)
    for part in parts:
        assert part in str(caught.value)


def test_another_recipe_is_told_apart(whole):
    other = dataclasses.replace(whole[1], rank=4, seed=3)
    one_line(lambda: train(other, whole[0]), "(rank 8 there, 4 here, seed 0 there, 3 here)", "choose another folder")


def test_a_folder_in_use_is_told(whole, tmp_path):
    with FileLock(tmp_path / ".lock"):
        one_line(lambda: train(whole[1], tmp_path), "another process trains in", "choose another folder")


def test_a_loss_that_is_not_finite_stops_before_anything_of_it_is_written(whole, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "STATE_SECONDS", 0.0)
    recipe = dataclasses.replace(whole[1], learning_rate=1e30, warmup=0.0, n_kept=1)
    action = lambda: train(recipe, tmp_path, device="cpu", examples=sums)  # noqa: E731
    one_line(action, "not finite at step 2;", "lower the learning rate (--learning-rate, now 1e+30)")
    assert not list(tmp_path.glob("step-*"))
    action = lambda: train(dataclasses.replace(recipe, n_kept=40), tmp_path / "new", device="cpu", examples=sums)  # noqa: E731
    one_line(action, "the adapter has grown beyond float16; lower the learning rate")


def test_a_damaged_state_is_told(whole, tmp_path):
    (tmp_path / "state.safetensors").write_bytes(b"no tensors")
    (tmp_path / "recipe.json").write_text(json.dumps(whole[1].to_json()))
    action = lambda: train(whole[1], tmp_path, device="cpu", examples=sums)  # noqa: E731
    one_line(action, "state.safetensors is", "; remove it to train from the beginning")
    (tmp_path / "recipe.json").write_text("{")
    one_line(action, "recipe.json is", "; choose another folder")


def test_a_chain_too_long_for_the_model_is_told(whole, tmp_path):
    endless = lambda index: ("Add.", "That makes 7. " * 100)  # noqa: E731
    action = lambda: train(whole[1], tmp_path, device="cpu", examples=endless)  # noqa: E731
    one_line(action, "an example has", "reads 256; train on lower difficulties")


def test_a_full_disk_is_told(whole, tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint, "write_atomically", full)
    one_line(lambda: train(whole[1], tmp_path / "new"), "the disk is full")


def test_float16_by_the_environment_is_told(whole, tmp_path, monkeypatch):
    monkeypatch.setenv("LMPHYS_DTYPE", "float16")
    recipe = dataclasses.replace(whole[1], dtype="auto")
    one_line(lambda: train(recipe, tmp_path, device="cpu"), "float16 is not possible; use float32 or bfloat16")


def test_memory_that_does_not_suffice_is_told(whole, tmp_path, monkeypatch):
    def full(*_):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(adapters, "mean_surprisal", full)
    action = lambda: train(whole[1], tmp_path, device="cpu", examples=sums)  # noqa: E731
    one_line(action, "out of memory with 4 examples side by side; lower the batch size (--batch-size)")


# Command line


def invoke(*arguments):
    return CliRunner().invoke(cli.app, ["train", *arguments])


def test_the_command_trains_and_says_how_to_use_it(model_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(chains, "training_example", lambda index, *_: sums(index))
    into = tmp_path / "new"
    options = {"base": model_folder, "into": into, "steps": 3, "batch-size": 2, "rank": 2, "learning-rate": 0.01,
               "seed": 5, "device": "cpu", "profile": "smoke"}  # fmt: skip
    result = invoke("reasoner", *(word for name, value in options.items() for word in (f"--{name}", str(value))))
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines() == [
        str(into / "step-000003"),
        f"use it: lmphys run CHAPTER --model {into / 'step-000003'}",
    ]
    expected = dataclasses.replace(
        PROFILES["smoke"], base=str(model_folder), steps=3, batch_size=2, rank=2, learning_rate=0.01, seed=5
    )
    assert json.loads((into / "recipe.json").read_text()) == expected.to_json()
    assert {tensor.shape[0 if "lora_A" in name else 1] for name, tensor in adapter(into / "step-000003").items()} == {2}


def test_mistakes_on_the_command_line_are_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments, message in [
        (["--profile", "fast"], "unknown profile 'fast'; use smoke, quick, full"),
        (["--steps", "0"], "steps of a training is 0; it must be 1 or more"),
        (["--base", "nowhere", "--device", "cpu"], "unknown model 'nowhere'"),
    ]:
        result = invoke("reasoner", *arguments)
        assert result.exit_code == 1
        assert result.stderr.startswith(f"lmphys: {message}")
        assert result.stderr.count("\n") == 1


def test_help_loads_nothing_heavy():
    code = "import sys; from lmphys import cli; cli.app(['train', 'reasoner', '--help'], standalone_mode=False); "
    code += "sys.exit(' '.join(sorted({'torch', 'transformers', 'peft'} & set(sys.modules))) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--batch-size" in done.stdout
