"""The report on a model says what it is, and fails where the model is refused."""

import copy
import json
import shutil

import pytest
from tests.conftest import tiny_model
from tests.lm.odd_models import odd_model
from typer.testing import CliRunner

from lmphys.cli import app
from lmphys.core.findings import FAIL, OK, WARN
from lmphys.lm.doctor import examine_model

LINES = ("weights", "blocks", "states", "mask", "causal", "batch", "cache", "tokens", "prompt", "length", "writes")


def levels(findings):
    return {finding.what: finding.level for finding in findings}


def test_a_good_model_passes_every_check(model_folder):
    found = list(examine_model(str(model_folder), "{question}"))
    details = {finding.what: finding.detail for finding in found}
    room = 256 - int(details["prompt"].split()[0])
    assert levels(found) == {**dict.fromkeys(LINES, OK), "length": OK if room >= 200 else FAIL}
    assert f"up to {room} fit" in details["length"] or f"--max-tokens {room} " in details["length"]
    n = sum(parameter.numel() for parameter in tiny_model("llama", 372).parameters())
    assert f"LlamaForCausalLM, {n / 1e6:.1f} M parameters, float32, cpu" in details["weights"]
    assert "3 of width 48 in model.layers" in details["blocks"]
    assert "372 tokens, 372 rows" in details["tokens"] and "'<|end|>'" in details["tokens"]
    assert "What is 3 plus 4?" in details["prompt"]


def save(model, tokenizer, folder):
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_what_a_reader_must_know_is_a_warning(tmp_path, tokenizer):
    other = copy.deepcopy(tokenizer)
    other.chat_template = (
        "{{ strftime_now('%Y') }}{% for message in messages %}{{ message['content'] }}"
        "{{ '<|user|>' if enable_thinking is defined else '<|assistant|>' }}{% endfor %}"
    )
    other.add_special_tokens({"pad_token": "[PAD]"})
    found = {f.what: f for f in examine_model(save(odd_model("roberta", 372), other, tmp_path))}
    assert found["way"].level == WARN and "(slow)" in found["way"].detail
    assert found["tokens"].level == WARN and "padding is 0" in found["tokens"].detail
    assert found["turn"].level == WARN and "'<|assistant|>'" in found["turn"].detail
    assert "01 January 2025" in found["date"].detail
    assert "enable_thinking" in found["settings"].detail


@pytest.mark.parametrize(("context", "advice"), [(64, "use another model"), (150, "--max-tokens")])
def test_a_context_without_room_for_a_chain_fails(model_folder, tmp_path, context, advice):
    folder = tmp_path / "short"
    shutil.copytree(model_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": context}))
    found = {f.what: f for f in examine_model(str(folder))}
    assert found["length"].level == FAIL and advice in found["length"].detail


def test_the_command_ends_with_a_status(model_folder, tmp_path, tokenizer):
    run = CliRunner()
    done = run.invoke(app, ["doctor", "--model", str(model_folder), "--prompt", "Q: {question} A:"])
    assert "ok   causal" in done.output
    assert done.exit_code == int("fail " in done.output)
    failing = copy.deepcopy(tokenizer)
    failing.chat_template = "{{ raise_exception('no system message') }}"
    refused = save(tiny_model("llama", 372), failing, tmp_path)
    done = run.invoke(app, ["doctor", "--model", refused])
    assert done.exit_code == 1 and "no system message" in done.output.splitlines()[-1]
    assert done.output.splitlines()[-1].startswith("fail refused")
    done = run.invoke(app, ["doctor", "--model", str(tmp_path / "nothing")])
    assert done.exit_code == 1 and len(done.output.splitlines()) == 1
