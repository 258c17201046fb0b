import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tests.conftest import heed_ctrl_c

from lmphys.core.errors import LmphysError
from lmphys.corpus import build as build_module
from lmphys.corpus.build import build_corpus
from lmphys.corpus.spec import CorpusSpec, chain_seed, comparison_models, control_of, default_spec
from lmphys.corpus.store import SITES, TOKEN_COLUMNS, Corpus, ShardStore, corpora_home
from lmphys.corpus.tasks import load_questions
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.problems.chains import ErrorRates, problem_of, write_chain


@pytest.fixture
def corpus(home, corpus_folder) -> Corpus:
    """The corpus of `spec` in a cache of the test's own, where it may be damaged: a copy of one that is built once."""
    return Corpus(shutil.copytree(corpus_folder, corpora_home() / corpus_folder.name))


@pytest.fixture
def sharded(home, small_shards, sharded_folder) -> Corpus:
    """The same corpus in six shards."""
    return Corpus(shutil.copytree(sharded_folder, corpora_home() / sharded_folder.name))


def shard_sums(corpus):
    return [json.loads((corpus.folder / f"{name}.json").read_text()) for name in sorted(corpus.manifest["shards"])]


def script(spec, pause: str) -> str:
    """A program that builds the corpus in small shards, with a pause after each, in seconds as said of its number."""
    return f"""
import json, sys, time
import lmphys.corpus.build as build
from lmphys.corpus import CorpusSpec
from lmphys.corpus.store import ShardStore
build.CHAINS_PER_SHARD = 4
write = ShardStore.write
def slowly(self, number, shard):
    write(self, number, shard)
    time.sleep({pause})
ShardStore.write = slowly
spec = CorpusSpec.from_json(json.loads({json.dumps(json.dumps(spec.to_json()))}))
print(build.build_corpus(spec).folder)
"""


def test_a_corpus_has_every_chain_once_with_its_labels(spec, corpus):
    assert len(corpus.chains) == 24
    (task,) = set(corpus.chains["task"])
    assert task == "mine"
    assert corpus.chains["chain_id"].tolist() == [f"{task}/{q}/{c}" for q in range(1, 7) for c in range(4)]
    assert corpus.chains["answer"].tolist() == [str(q + 2) for q in range(6) for _ in range(4)]
    assert (corpus.chains["seed"] == [chain_seed(0, f"{task}/{q}", c) for q in range(1, 7) for c in range(4)]).all()
    assert corpus.chains["n_tokens"].sum() == len(corpus.column("tokens")) == len(corpus.column("logp"))
    first = corpus.sentences.iloc[0]
    before = int(corpus.chains["n_tokens"][: first["chain"]].sum())
    entropy = corpus.column("entropy")[before : before + first["n_tokens"]]
    assert first["entropy"] == pytest.approx(entropy.sum(), rel=1e-5)
    assert corpus.chains["n_sentences"].sum() == len(corpus.sentences)
    assert corpus.accuracy()["chains"].tolist() == [24]
    assert build_corpus(spec).folder == corpus.folder


def test_states_are_those_of_the_boundary_tokens(spec, corpus):
    model = LanguageModel(spec.model, dtype="float32")
    ends = np.concatenate([[0], np.cumsum(corpus.chains["n_tokens"])])
    checked = 0
    for site in ("resid_post", "final_norm"):
        for position, shift in (("boundary", 0), ("after", 1)):
            traj = corpus.trajectories(site, position)
            rows = np.flatnonzero(corpus.chains["n_sentences"] >= 2)
            for states, row in zip(traj, rows, strict=True):
                chain = corpus.chains.iloc[row]
                sentences = corpus.sentences[corpus.sentences["chain"] == row]
                tokens = corpus.column("tokens")[ends[row] : ends[row + 1]]
                prompt = model.prompt_ids(build_module.REQUEST.format(question=chain["question"]))
                kept = []
                hook = model.blocks[-1].register_forward_hook(lambda m, a, out, kept=kept: kept.append(out))
                ids = torch.tensor([*prompt, *tokens])[None]
                with torch.inference_mode():
                    final = model.model(ids, output_hidden_states=True).hidden_states[-1][0, len(prompt) :]
                hook.remove()
                block = (kept[0][0] if isinstance(kept[0], tuple) else kept[0]).reshape(-1, model.width)
                plain = final if site == "final_norm" else block[len(prompt) :]
                expected = plain[sentences["token"].to_numpy() + shift].numpy()
                np.testing.assert_allclose(states, expected, rtol=0, atol=5e-5 * np.abs(expected).max())
                for _, sentence in sentences.iterrows():
                    prefix = model.tokenizer.decode(tokens[: sentence["token"] + 1], skip_special_tokens=True)
                    shorter = model.tokenizer.decode(tokens[: sentence["token"]], skip_special_tokens=True)
                    # Half a character decodes to a mark of replacement, and is counted with its other half.
                    assert len(shorter.rstrip("\ufffd")) < sentence["end"] <= len(prefix)
                    assert chain["text"][sentence["start"] : sentence["end"]] == sentence["text"]
                checked += 1
    assert checked >= 8


def test_jumps_are_norms_of_differences(corpus):
    traj = corpus.trajectories()
    jumps = corpus.sentence_jumps()
    np.testing.assert_allclose(jumps, np.linalg.norm(traj.increments(), axis=1))
    assert set(jumps.index) == set(np.flatnonzero(corpus.chains["n_sentences"] >= 2))
    assert len(corpus.token_jumps()) == (corpus.chains["n_tokens"] - 1).sum()
    assert len(corpus.midway_jumps()) == len(jumps)


class KilledError(BaseException):
    """Not an Exception, so that nobody takes it for one."""


def check_goes_on(spec, sharded_folder):
    """The build that was left unfinished ends as the one that was not."""
    assert not list(corpora_home().glob("*/manifest.json"))
    assert 0 < len(list(corpora_home().glob("*/shard-*.json"))) < 6
    resumed, straight = build_corpus(spec), Corpus(sharded_folder)
    assert straight.folder.parent != resumed.folder.parent
    assert straight.folder.name == resumed.folder.name
    assert shard_sums(resumed) == shard_sums(straight)
    assert len(shard_sums(resumed)) == 6


def test_a_build_that_broke_off_goes_on_to_the_same_corpus(spec, home, small_shards, sharded_folder, monkeypatch):
    write = ShardStore.write

    def write_two(self, number, shard):
        write(self, number, shard)
        if number == 1:
            raise KilledError

    monkeypatch.setattr(ShardStore, "write", write_two)
    with pytest.raises(KilledError):
        build_corpus(spec)
    monkeypatch.setattr(ShardStore, "write", write)
    check_goes_on(spec, sharded_folder)


@pytest.mark.slow
def test_a_killed_build_goes_on_to_the_same_corpus(spec, home, small_shards, sharded_folder):
    process = subprocess.Popen([sys.executable, "-c", script(spec, "600 * (number == 1)")], stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not list(corpora_home().glob("*/shard-00001.json")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    check_goes_on(spec, sharded_folder)


@pytest.mark.slow
def test_two_processes_build_one_corpus_together(spec, home, small_shards):
    processes = [
        subprocess.Popen([sys.executable, "-c", script(spec, "0.1")], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    folders = {process.communicate(timeout=180)[0].strip().splitlines()[-1] for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(folders) == 1
    corpus = Corpus(Path(folders.pop()))
    assert corpus.verify() == 25
    assert len(corpus.chains) == 24


@pytest.mark.parametrize("name", ["shard-00000.safetensors", "shard-00000.chains.jsonl", "shard-00000.sentences.jsonl"])
def test_a_flipped_byte_is_found(corpus, name):
    folder = corpus.folder
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(LmphysError, match=name):
        Corpus(folder).verify()
    with pytest.raises(LmphysError, match="damaged"):
        Corpus(folder).trajectories()


@pytest.mark.parametrize("damage", [b'"seed": 1', b"{", b'{"spec": 3}'])
def test_a_changed_manifest_is_found(spec, corpus, damage):
    file = corpus.folder / "manifest.json"
    content = file.read_bytes()
    file.write_bytes(content.replace(b'"seed": 0', damage) if damage.startswith(b'"') else damage)
    assert file.read_bytes() != content
    with pytest.raises(LmphysError, match=r"manifest\.json is damaged"):
        build_corpus(spec)


def test_chains_too_short_for_a_sentence_give_one_clear_line(spec, home):
    sampling = dataclasses.replace(spec.sampling, max_tokens=1)
    corpus = build_corpus(dataclasses.replace(spec, sampling=sampling))
    assert len(corpus.sentences) == 0
    with pytest.raises(LmphysError, match="no chain has 2 sentences"):
        corpus.trajectories()


def test_chains_that_make_no_trajectory_are_counted_aloud(spec, corpus, capsys):
    corpus = Corpus(corpus.folder)
    longest = int(corpus.chains["n_sentences"].max())
    short = int((corpus.chains["n_sentences"] < longest).sum())
    assert short
    capsys.readouterr()
    for _ in range(2):  # said once
        corpus.trajectories(min_length=longest)
    said = f"{short} of {len(corpus.chains)} chains have fewer than {longest} sentences and are left out\n"
    assert capsys.readouterr().err == said


def test_a_corpus_of_which_more_than_a_tenth_is_cut_off_names_the_parameter(corpus, capsys, tmp_path, monkeypatch):
    def told(cut, n=20):
        again = Corpus(corpus.folder)
        shard = again._shards[0]
        table = pd.concat([shard.chains] * n).head(n).assign(ended=[i >= cut for i in range(n)])
        again.__dict__["_shards"] = [dataclasses.replace(shard, chains=table)]
        assert len(again.chains) == len(again.chains) == n  # read twice, told once
        return capsys.readouterr().err

    assert told(2) == ""
    assert told(3) == (
        f"{corpus.spec.model}: 3 of 20 chains are cut off at 40 tokens; for longer ones --set max_tokens=N "
        "(lmphys corpus build: --max-tokens N)\n"
    )
    monkeypatch.setenv("LMPHYS_REMARKS_FILE", str(tmp_path / "remarks.txt"))
    assert told(3) == ""
    assert (tmp_path / "remarks.txt").read_text().startswith(f"{corpus.spec.model}: 3 of 20")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_questions": 2.5}, "questions per task is 2.5; give a whole number of at least 1"),
        ({"n_chains": True}, "chains per question is True; give a whole number"),
        ({"n_chains": 0}, "chains per question is 0; give a whole number of at least 1"),
        ({"seed": float("nan")}, "seed is nan; give a whole number"),
        ({"layer": 1.0}, "layer is 1.0; give a whole number"),
        ({"tasks": ()}, "needs at least one task"),
        ({"sampling": Sampling(temperature=float("nan"))}, "temperature .* is nan; give a number of at least 0"),
        ({"sampling": Sampling(top_p=True)}, "top_p .* is True; give a number above 0 and at most 1"),
        ({"sampling": Sampling(max_tokens=8.0)}, "max_tokens is 8.0; give a whole number of at least 1"),
    ],
)
def test_settings_that_are_no_numbers_are_refused(spec, changes, message):
    with pytest.raises(LmphysError, match=message):
        build_corpus(dataclasses.replace(spec, **changes))


def test_a_damaged_shard_of_an_unfinished_build_is_built_again(spec, sharded):
    sums = shard_sums(sharded)
    (sharded.folder / "manifest.json").unlink()
    (sharded.folder / "shard-00002.safetensors").write_bytes(b"broken")
    assert shard_sums(build_corpus(spec)) == sums


def test_a_full_disk_leaves_nothing_half_written(spec, home, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LmphysError, match="the disk is full"):
        build_corpus(spec)
    folder = next(p for p in corpora_home().iterdir() if p.is_dir())
    assert list(folder.iterdir()) == []


def test_states_that_are_not_finite_are_refused(spec, home, monkeypatch):
    original = LanguageModel.__init__

    def broken(self, *args, **options):
        original(self, *args, **options)
        self.blocks[1].mlp.down_proj.weight.data[0, 0] = float("nan")

    monkeypatch.setattr(LanguageModel, "__init__", broken)
    with pytest.raises(LmphysError, match="not finite"):
        build_corpus(spec)
    assert not list(corpora_home().glob("*/manifest.json"))


def test_out_of_memory_halves_the_batch_and_says_so(spec, home, corpus_folder, monkeypatch, capsys):
    expected = Corpus(corpus_folder).chains["text"]
    from lmphys.lm.decode import ChainDecoder

    run, tried = ChainDecoder.run, []

    def greedy(self, requests, on_tokens=None):
        tried.append(self.batch_size)
        if self.batch_size > 4:
            raise torch.OutOfMemoryError("no more")
        return run(self, requests, on_tokens)

    monkeypatch.setattr(ChainDecoder, "run", greedy)
    found = build_corpus(spec, batch_size=16)
    assert tried[-3:] == [16, 8, 4]  # after those of the check of the model
    assert found.manifest["batch_size"] == 4
    pd.testing.assert_series_equal(found.chains["text"], expected)
    assert "going on with 4 chains" in capsys.readouterr().err


def test_other_errors_are_not_taken_for_a_lack_of_memory(spec, home, monkeypatch):
    from lmphys.lm.decode import ChainDecoder

    def wrong(self, requests, on_tokens=None):
        raise RuntimeError("shapes differ")

    LanguageModel(spec.model)  # is checked once
    monkeypatch.setattr(ChainDecoder, "run", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        build_corpus(spec)


def test_random_weights_read_the_chains_of_the_model(spec, corpus):
    control = dataclasses.replace(spec, model=f"random:{spec.model}#1", writer=spec.model)
    read = build_corpus(control)
    pd.testing.assert_series_equal(read.chains["text"], corpus.chains["text"])
    np.testing.assert_array_equal(read.column("tokens"), corpus.column("tokens"))
    assert read.sentences["token"].tolist() == corpus.sentences["token"].tolist()
    other = build_corpus(dataclasses.replace(control, model=f"random:{spec.model}#2"))
    a, b, c = (each.trajectories().states for each in (corpus, read, other))
    assert not np.allclose(a, b, atol=0.1)
    assert not np.allclose(b, c, atol=0.1)


def test_a_reader_of_another_name_reads_through_its_own_tokenizer(spec, corpus, model_folder, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(model_folder, copy)
    read = build_corpus(dataclasses.replace(spec, model=str(copy), writer=spec.model))
    model = LanguageModel(str(copy), dtype="float32")
    start = 0
    for i, chain in corpus.chains.iterrows():
        tokens = read.column("tokens")[start : start + read.chains["n_tokens"][i]]
        start += len(tokens)
        expected = model.tokenizer(chain["text"], add_special_tokens=False)["input_ids"] + [0] * chain["ended"]
        assert tokens.tolist() == expected
    # A text that is read has no probability of being drawn.
    assert np.isnan(read.column("logp")).all() and read.sentences["entropy"].isna().all()


def test_the_key_changes_when_the_model_or_the_questions_do(spec, model_folder, questions, tmp_path):
    folder, file = tmp_path / "m", tmp_path / "q.jsonl"
    shutil.copytree(model_folder, folder)
    shutil.copy(questions, file)
    own = dataclasses.replace(spec, model=str(folder), tasks=(str(file),)).resolved("cpu")
    keys = [own.key()]
    (folder / "tokenizer_config.json").write_text((folder / "tokenizer_config.json").read_text() + " ")
    keys.append(own.key())
    file.write_text(file.read_text() + "\n")
    keys.append(own.key())
    assert len(set(keys)) == 3


def test_another_model_reads_the_same_text():
    spec = default_spec("smollm2", "smoke", seed=3)
    assert spec.read_by("reasoner") == dataclasses.replace(spec, model="reasoner", writer="smollm2")
    assert spec.read_by("random:smollm2") == default_spec("random:smollm2", "smoke", seed=3)
    # The text of random weights is that of their base, which reads what it wrote itself.
    assert (
        default_spec("random:smollm2", "smoke").read_by("smollm2").resolved()
        == default_spec("smollm2", "smoke").resolved()
    )
    assert dataclasses.replace(spec, layer=3).read_by("reasoner").layer == 3


def test_longest_chain_and_layer_are_asked_for_by_name():
    assert default_spec("reasoner").sampling == Sampling(max_tokens=360)
    assert default_spec("reasoner", max_tokens=50).sampling == Sampling(max_tokens=50)
    greedy = Sampling(temperature=0.0)
    assert default_spec(sampling=greedy, max_tokens=50).sampling == Sampling(temperature=0.0, max_tokens=50)
    assert default_spec(max_tokens=None, layer=-1) == default_spec()
    assert (default_spec().site, default_spec(layer=3).site) == ("final_norm", "resid_post")


def test_states_are_those_of_the_layer_that_was_asked_for(spec, corpus, model_folder, home):
    assert np.array_equal(corpus.trajectories().states, corpus.trajectories("final_norm").states)
    below = build_corpus(dataclasses.replace(spec, layer=0))
    assert np.array_equal(below.trajectories().states, below.trajectories("resid_post").states)
    assert below.tokens()[0].tolist() == corpus.tokens()[0].tolist()  # the text is the same
    assert below.sentence_jumps().equals(below.sentence_jumps("resid_post"))
    assert not np.allclose(below.trajectories().states, corpus.trajectories("resid_post").states)


def test_the_company_of_a_model():
    assert comparison_models("smollm2") == ["random:smollm2", "reasoner"]
    assert comparison_models("reasoner@52") == ["random:reasoner@52", "smollm2"]
    assert comparison_models("random:smollm2") == ["smollm2", "reasoner"]
    assert comparison_models("random:reasoner#2") == ["reasoner", "smollm2"]


def test_the_control_of_a_model():
    assert control_of("smollm2") == "random:smollm2"
    assert control_of("random:smollm2") == "random:smollm2#1"
    assert control_of("random:org/name#4") == "random:org/name#5"
    assert default_spec(control_of("random:smollm2")).writer == "smollm2"


def test_device_and_dtype_are_taken_from_the_environment(spec, monkeypatch):
    monkeypatch.setenv("LMPHYS_DTYPE", "bfloat16")
    assert dataclasses.replace(spec, dtype="auto").resolved().dtype == "bfloat16"
    assert spec.resolved().dtype == "float32"
    monkeypatch.setenv("LMPHYS_DEVICE", "nonsense")
    with pytest.raises(LmphysError, match="'nonsense' is not usable"):
        spec.resolved()


def test_keys_name_content(spec):
    base = spec.resolved("cpu")
    assert base.key() == spec.resolved("cpu").key()
    assert CorpusSpec.from_json(base.to_json()) == base
    changes = [
        {"seed": 1}, {"n_questions": 5}, {"n_chains": 2}, {"layer": 1}, {"prompt": "Q: {question}"},
        {"sampling": dataclasses.replace(base.sampling, temperature=0.5)}, {"dtype": "bfloat16"},
        {"tasks": ("sums",)}, {"model": f"random:{base.model}"}, {"writer": "smollm2"},
    ]  # fmt: skip
    keys = {dataclasses.replace(base, **change).key() for change in changes} | {base.key()}
    assert len(keys) == len(changes) + 1
    with pytest.raises(LmphysError, match="resolve"):
        dataclasses.replace(spec, dtype="auto").key()


def test_profiles():
    assert default_spec().tasks == CorpusSpec().tasks
    full = default_spec(profile="full")
    assert 9_000 < len(full.tasks) * full.n_questions * full.n_chains < 10_500
    assert default_spec("random:smollm2#3").writer == "smollm2"
    assert default_spec(tasks=["sums"]).tasks == ("sums",)
    with pytest.raises(LmphysError, match="smoke, quick, full"):
        default_spec(profile="fast")


def test_chains_without_two_sentences_are_left_out_and_counted(corpus):
    traj = corpus.trajectories(min_length=2)
    assert traj.meta["shorter_chains_left_out"] == int((corpus.chains["n_sentences"] < 2).sum())
    assert len(traj) + traj.meta["shorter_chains_left_out"] == 24
    with pytest.raises(LmphysError, match="no chain has 500 sentences"):
        corpus.trajectories(min_length=500)
    with pytest.raises(LmphysError, match="boundary or after"):
        corpus.trajectories(position="between")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tasks": ("nonsense",)}, "unknown task"),
        ({"n_questions": 0}, "questions per task is 0; .* at least 1"),
        ({"layer": 9}, "use 0 to 3"),
        ({"dtype": "int7"}, "unknown dtype"),
        ({"model": "not a model"}, "unknown model"),
        ({"model": "nothing.gguf"}, "no file"),
        ({"prompt": "no place"}, "question"),
    ],
)
def test_what_cannot_be_built_is_refused_in_one_line(spec, home, change, message):
    with pytest.raises(LmphysError, match=message) as caught:
        build_corpus(dataclasses.replace(spec, **change))
    assert "\n" not in str(caught.value)
    assert not list(corpora_home().glob("*/manifest.json"))


def test_a_hub_that_cannot_be_reached_is_named(home, monkeypatch, capsys):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(LmphysError, match=r"^the hub could not be reached for no-such-org/no-such-model") as caught:
        LanguageModel("no-such-org/no-such-model")
    assert "\n" not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_ctrl_c_ends_the_command_with_one_line(spec, home):
    command = [sys.executable, "-m", "lmphys", "corpus", "build", "--model", spec.model, "--task", spec.tasks[0]]
    command += ["--questions", "6", "--chains", "400", "--max-tokens", "150", "--temperature", "1", "--top-p", "1"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed_ctrl_c
    )
    deadline = time.monotonic() + 120
    while not corpora_home().is_dir() or not any(p.is_dir() for p in corpora_home().iterdir()):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    # A shell reports 130 for both. Python takes the second way, whatever status it is given, where the interrupt fell
    # into code that was compiled from a string, as dataclasses do on import.
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in errors
    assert "stopped" in errors.strip().splitlines()[-1]
    assert not list(corpora_home().glob("*/manifest.json"))
    assert not list(corpora_home().glob("*/.*.part"))


def test_commands_on_a_corpus(corpus, tmp_path):
    from typer.testing import CliRunner

    from lmphys.corpus.cli import app

    folder = corpus.folder
    runner = CliRunner()
    assert folder.name[:10] in runner.invoke(app, ["info"]).output.replace("\n", "")
    assert json.loads(runner.invoke(app, ["info", folder.name[:6]]).output)["key"] == folder.name
    assert "5 files as written" in runner.invoke(app, ["verify"]).output
    done = runner.invoke(app, ["export", folder.name, str(tmp_path / "out"), "--position", "after"])
    assert done.exit_code == 0
    from lmphys.core.trajectories import Trajectories

    exported = Trajectories.load(tmp_path / "out")
    np.testing.assert_array_equal(exported.states, Corpus(folder).trajectories(position="after").states)
    again = runner.invoke(app, ["export", folder.name, str(tmp_path / "out")])
    assert isinstance(again.exception, LmphysError)
    assert "exists already" in str(again.exception)
    missing = runner.invoke(app, ["verify", "zzz"])
    assert "0 corpora begin with 'zzz'" in str(missing.exception)


def test_sentences_about_known_steps_keep_their_labels(home, model_folder, questions):
    sampling = Sampling(temperature=1.0, top_p=1.0, max_tokens=60)
    spec = CorpusSpec(
        str(model_folder), tasks=("story:2", str(questions)), n_questions=3, n_chains=2, sampling=sampling
    )
    corpus = Corpus(build_corpus(spec).folder)
    task = corpus.chains["task"].to_numpy()[corpus.sentences["chain"]]
    assert str(corpus.sentences["valid"].dtype) == str(corpus.sentences["astray"].dtype) == "boolean"
    assert corpus.sentences.loc[task != "story:2", ["phase", "valid", "astray"]].isna().all(axis=None)
    labelled = corpus.sentences[task == "story:2"]
    assert len(labelled) and set(labelled["phase"]) == {"stray"}  # random weights say nothing of the matter
    assert labelled["astray"].all() and labelled["valid"].isna().all()


def test_labels_are_read_off_the_words_whoever_wrote_them(model_folder):
    model = LanguageModel(str(model_folder))
    (question,) = load_questions("story:3", 1, seed=4)
    chain = write_chain(problem_of(question.id), ErrorRates(slip=1.0), np.random.default_rng(0))
    tokens = torch.tensor(
        [*model.tokenizer(chain.text, add_special_tokens=False)["input_ids"], model.tokenizer.eos_token_id]
    )
    nothing = np.zeros(len(tokens), np.float32)
    states = {site: torch.zeros(len(tokens), model.width) for site in SITES}
    written = build_module._Written(tokens, True, dict.fromkeys(TOKEN_COLUMNS, nothing))
    shard = build_module.chain_shard(model, question, {"chain_id": "a", "seed": 0}, written, states)
    expected = [(s.text, s.phase, s.valid, s.astray) for s in chain.sentences]
    assert list(shard.sentences[["text", "phase", "valid", "astray"]].itertuples(index=False, name=None)) == expected
