"""Prompts: chat templates of every kind of failing, and what tokenizers add."""

import copy
import shutil
from datetime import datetime

import pytest
from tests.conftest import CHAT, tiny_model
from tokenizers.processors import TemplateProcessing

from lmphys.core.errors import LmphysError
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompt_identity import departure, resolved_prompt
from lmphys.lm.prompts import PLAIN, Chat, knows_clock, parse, prompt_ids, render, settings_of, turn_end

QUESTION = "Is 3 more than 4?"
CLOCK = "Today is {{ strftime_now('%d %B %Y') }}. " + CHAT
THINKING = CHAT + "{% if enable_thinking is defined and not enable_thinking %}()){% endif %}"
PARTS = (
    "{% for message in messages %}{% for part in message['content'] %}{% if part['type'] == 'text' %}"
    "{{ part['text'] }}{% endif %}{% endfor %}{% endfor %}<|assistant|>"
)


@pytest.fixture
def with_template(tokenizer):
    """Maker of the tokenizer with another chat template."""

    def make(template):
        other = copy.deepcopy(tokenizer)
        other.chat_template = template
        return other

    return make


def refused(tokenizer, template="chat"):
    with pytest.raises(LmphysError) as caught:
        prompt_ids(tokenizer, "tiny", QUESTION, template)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_plain_template_is_the_models_own(tokenizer):
    written = f"<|user|>{QUESTION}<|end|><|assistant|>"
    assert render(tokenizer, "tiny", QUESTION, Chat()) == written
    assert prompt_ids(tokenizer, "tiny", QUESTION) == tuple(tokenizer(written)["input_ids"])


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ raise_exception('A system\nmessage is required') }}", "A system message is required"),
        ("{{ documents[0].title }}" + CHAT, "None has no element 0"),
        ("{{ user.name }}" + CHAT, "'user' is undefined"),
        ("{% for message in messages %}", "Unexpected end of template"),
        ("{{ messages | nothing }}", "No filter named 'nothing'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ 'a' + 1 }}", "can only concatenate str"),
        ("{{ messages.__class__.__mro__ }}", "unsafe"),
        ("{{ messages[0]['content']['text'] + 1 }}", ""),
    ],
    ids=["raises", "documents", "undefined", "syntax", "filter", "arithmetic", "types", "unsafe", "parts"],
)
def test_a_template_that_fails_is_refused_in_its_own_words(with_template, template, message):
    assert message in refused(with_template(template))


def test_what_a_template_asks_for_can_be_set(with_template):
    asking = with_template("{{ user.name }}: " + CHAT)
    assert "chat:user=VALUE" in refused(asking)
    assert settings_of(asking, "tiny", Chat()) == ["user"]
    told = parse('chat:user={"name": "Ada"}')
    assert render(asking, "tiny", QUESTION, told) == f"Ada: <|user|>{QUESTION}<|end|><|assistant|>"


def test_thinking_can_be_switched_off(with_template):
    thinking = with_template(THINKING)
    plain = prompt_ids(thinking, "tiny", QUESTION)
    assert plain == prompt_ids(thinking, "tiny", QUESTION, "chat:enable_thinking=true")
    closed = prompt_ids(thinking, "tiny", QUESTION, "chat:enable_thinking=false")
    assert closed == plain + tuple(thinking("())", add_special_tokens=False)["input_ids"])


def test_a_template_without_a_system_role_is_sent_none(with_template):
    strict = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
    assert render(with_template(strict + CHAT), "tiny", QUESTION, Chat()) == f"<|user|>{QUESTION}<|end|><|assistant|>"


def test_a_template_that_begins_with_the_first_token_begins_with_it_once(closing):
    closing.bos_token = "<|user|>"  # which this tokenizer puts before a text by itself as well
    closing.chat_template = "{{ bos_token }}" + CHAT.replace("<|{{ message['role'] }}|>", "")
    ids = prompt_ids(closing, "tiny", QUESTION)
    assert ids[0] == closing.bos_token_id and ids.count(closing.bos_token_id) == 1
    assert closing(QUESTION)["input_ids"][0] == closing.bos_token_id


def test_a_setting_that_a_template_does_not_know_is_refused(with_template):
    assert "does not know thinking; it asks for enable_thinking" in refused(
        with_template(THINKING), "chat:thinking=false"
    )


def test_named_templates_without_a_default_are_chosen_by_name(with_template):
    several = with_template({"rag": "R" + CHAT, "tool_use": "T" + CHAT})
    assert "rag, tool_use" in refused(several) and "chat:rag" in refused(several)
    assert "rag, tool_use" in refused(several, "chat:search")
    assert render(several, "tiny", QUESTION, parse("chat:tool_use"))[0] == "T"
    assert render(with_template({"default": CHAT, "rag": "R" + CHAT}), "tiny", QUESTION, Chat())[0] == "<"
    assert render(with_template({"rag": "R" + CHAT}), "tiny", QUESTION, Chat())[0] == "R"


def test_a_template_of_parts_gets_parts(with_template):
    assert render(with_template(PARTS), "tiny", QUESTION, Chat()) == f"{QUESTION}<|assistant|>"


def test_a_template_that_leaves_the_question_out_is_refused(with_template):
    assert "leaves the question out" in refused(with_template("{{ messages[0]['role'] }}<|assistant|>"))


def test_the_date_is_always_the_same(with_template, tokenizer):
    clock = with_template(CLOCK)
    assert render(clock, "tiny", QUESTION, Chat()).startswith("Today is 01 January 2025. <|user|>")
    assert render(clock, "tiny", QUESTION, Chat(), date=datetime(2030, 5, 6)).startswith("Today is 06 May 2030.")
    assert knows_clock(clock, "tiny", Chat()) and not knows_clock(tokenizer, "tiny", Chat())
    # The clock of others is their own again.
    plain = clock.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False)
    assert plain.startswith(datetime.now().strftime("Today is %d %B %Y"))


def test_a_prompt_is_a_chat_or_has_a_question(tokenizer):
    for wrong in ("no place for it", "chatter", "chat:a,b"):
        refused(tokenizer, wrong)
    assert parse("chat:{question}") is None
    assert parse("chat: rag, n=2 ,x=a b") == Chat("rag", {"n": 2, "x": "a b"})
    for no in ("false", "False"):
        assert parse(f"chat:enable_thinking={no}").values == {"enable_thinking": False}


@pytest.fixture
def closing(tokenizer):
    """The tokenizer, which now puts a token before a text and an end token after it."""
    other = copy.deepcopy(tokenizer)
    other._tokenizer.post_processor = TemplateProcessing(
        single="<|user|> $A <|end|>", special_tokens=[("<|user|>", 1), ("<|end|>", 0)]
    )
    return other


def test_an_end_token_of_the_tokenizer_does_not_close_a_prompt(closing):
    written = closing(f"Q: {QUESTION} A:", add_special_tokens=False)["input_ids"]
    assert closing(f"Q: {QUESTION} A:")["input_ids"] == [1, *written, 0]
    assert prompt_ids(closing, "tiny", QUESTION, "Q: {question} A:") == (1, *written)
    # What the user writes stays.
    assert prompt_ids(closing, "tiny", QUESTION, "{question}<|end|>")[-1] == 0
    assert prompt_ids(closing, "tiny", QUESTION)[-2:] == (0, 2)


def test_the_end_of_a_turn_is_found(tokenizer, with_template):
    assert turn_end(tokenizer, "tiny", Chat()) == 0
    assert turn_end(with_template("{{ messages[0]['content'] }}:"), "tiny", Chat()) is None
    assert turn_end(with_template("{{ messages[-1]['content'] }}<|user|>"), "tiny", Chat()) == 1


def saved(tokenizer, model_folder, folder):
    shutil.copytree(model_folder, folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


def test_only_other_prompts_than_before_enter_the_name_of_a_corpus(
    model_folder, tmp_path, with_template, closing, monkeypatch
):
    plain, text = str(model_folder), "Q: {question} A:"
    assert departure("smollm2", "chat") is None and departure("smollm2", text) is None
    assert departure(plain, "chat") is None and departure(plain, text) is None
    assert departure(f"random:{plain}", "chat") is None
    assert departure("no such model", "chat") is None
    clock = saved(with_template(CLOCK), model_folder, tmp_path / "clock")
    rendered = prompt_ids(with_template(CLOCK), "tiny", "What is 3 plus 4")
    assert departure(clock, "chat") == departure(f"random:{clock}#3", "chat") == rendered
    assert departure(clock, text) is None
    ended = saved(closing, model_folder, tmp_path / "ended")
    assert departure(ended, "chat") is None
    assert departure(ended, text)[0] == 1 and departure(ended, text)[-1] != 0


def test_the_key_tells_what_a_template_says_of_the_date(model_folder, tmp_path, with_template):
    from lmphys.corpus.spec import CorpusSpec

    clock = saved(with_template(CLOCK), model_folder, tmp_path / "clock")
    spec = CorpusSpec(model=clock, tasks=("sums",), dtype="float32")
    key = spec.key()
    asked = CorpusSpec(model=clock, tasks=("sums",), dtype="float32", prompt="Q: {question}").key()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lmphys.corpus.spec.departure", lambda model, prompt: None)
        assert spec.key() != key
        assert CorpusSpec(model=clock, tasks=("sums",), dtype="float32", prompt="Q: {question}").key() == asked


def test_a_base_model_names_its_corpora_by_the_prompt_that_it_is_asked(model_folder, tmp_path, with_template, capsys):
    from lmphys.corpus.spec import CorpusSpec

    chat, base = str(model_folder), saved(with_template(None), model_folder, tmp_path / "base")
    (tmp_path / "base" / "chat_template.jinja").unlink()
    assert [resolved_prompt(chat, p) for p in ("chat", "Q: {question}")] == ["chat", "Q: {question}"]
    assert [resolved_prompt(base, p) for p in ("chat", "Q: {question}")] == [PLAIN, "Q: {question}"]
    assert [resolved_prompt(name, "chat") for name in ("smollm2", "random:smollm2", "reasoner@2", "nothing")] == 4 * [
        "chat"
    ]
    spec = CorpusSpec(model=base, tasks=("sums",), dtype="float32")
    assert spec.resolved().prompt == PLAIN
    assert spec.resolved().key() == CorpusSpec(model=base, tasks=("sums",), dtype="float32", prompt=PLAIN).key()
    # The writer decides; a reader without a template is asked in its own way.
    assert CorpusSpec(model=base, writer=chat).resolved().prompt == "chat"
    assert CorpusSpec(model=chat, writer=base).resolved().prompt == PLAIN
    assert capsys.readouterr().err.count("no chat template") == 1


def test_a_padding_token_without_a_row_pads_nothing(tokenizer):
    wide = copy.deepcopy(tokenizer)
    wide.add_special_tokens({"pad_token": "[PAD]"})
    narrow = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), wide)
    assert narrow.pad_id == 0 and wide.pad_token_id == narrow.n_rows
    right = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), tokenizer)
    texts = [(5, 6, 7, 8), (9, 10)]
    assert narrow.read(texts).equal(right.read(texts))


def test_a_token_without_a_row_is_refused_by_name(tokenizer):
    wide = copy.deepcopy(tokenizer)
    wide.add_tokens(["<|tool|>"])
    model = LanguageModel.from_parts(tiny_model("llama", len(tokenizer)), wide)
    assert model.prompt_ids(QUESTION)
    with pytest.raises(LmphysError, match=r"'<\|tool\|>' \(\d+\), but the model knows"):
        model.prompt_ids("<|tool|> " + QUESTION)
    with pytest.raises(LmphysError, match="the model knows"):
        model.read([(5, len(tokenizer))])


def test_rows_without_a_token_make_no_text(tokenizer):
    """A vocabulary padded to a round number: what has no text gets none, and its sentences end where they would."""
    from lmphys.corpus.sentences import token_ends

    model = LanguageModel.from_parts(tiny_model("llama", 512), tokenizer)
    assert model.n_rows == 512
    ids = tokenizer("The answer is 14.", add_special_tokens=False)["input_ids"]
    padded = [i for token in ids for i in (token, 500)]
    assert tokenizer.decode(padded) == tokenizer.decode(ids)
    assert token_ends(tokenizer, padded)[1::2] == token_ends(tokenizer, ids)


@pytest.mark.real_model
def test_the_default_model_asks_as_it_always_did():
    from lmphys.lm.prompt_identity import _plain_ids
    from lmphys.lm.sources import locate
    from lmphys.lm.weights import load_tokenizer

    tokenizer = load_tokenizer(locate("smollm2"))
    assert not knows_clock(tokenizer, "smollm2", Chat())
    for template in ("chat", "Q: {question} A:"):
        assert prompt_ids(tokenizer, "smollm2", "What is 3 plus 4", template) == _plain_ids(
            tokenizer, parse(template), template
        )
