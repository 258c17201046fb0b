"""What a model is asked, and the tokens that ask it.

A prompt is written in one of two ways:

- `chat`, the model's own chat template; `PLAIN` where it has none, as base models. After a colon may stand, with commas
  between, the name of one of several templates and values for what a template asks: `chat:rag`,
  `chat:enable_thinking=false`.
- any other text, in which `{question}` is replaced by the question.

Equal questions give equal tokens at any time: a template that asks for the date is told `DATE`.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.core.progress import announce

# What the model is asked; the wording decides how long the chains are and how often they are right.
REQUEST = "Solve this step by step, and give the final answer at the end.\n\n{question}"
# How a model without a chat template is asked, unless another way is given; a change of it raises CORPUS_VERSION.
PLAIN = "Question: {question}\nAnswer:"
# What a template takes for today.
DATE = datetime(2025, 1, 1)
# By this question prompts are told apart; it has no mark that a template could escape.
PROBE = "What is 3 plus 4"
_WHERE = "(--prompt, or --set prompt=... for a chapter)"
_MEND = f"give a prompt with {{question}} in it, such as 'Question: {{question}} Answer:' {_WHERE}"


@dataclass(frozen=True)
class Chat:
    """A prompt of a chat template.

    Attributes:
        name: of the template, where a model has several; None is the default one.
        values: of the variables that the template knows.
    """

    name: str | None = None
    values: dict[str, Any] = field(default_factory=dict)


def prompt_of(tokenizer: Any, spec: str, template: str) -> str:
    """The prompt that a model is asked in: `PLAIN`, once announced, where `chat` is wanted and it has no template.

    Args:
        tokenizer: of the model.
        spec: what to call the model in messages.
        template: see the module's text.
    """
    if template != "chat" or getattr(tokenizer, "chat_template", None):
        return template
    say_plain(spec)
    return PLAIN


@lru_cache(maxsize=64)  # once
def say_plain(spec: str) -> None:
    """Tell how a model without a chat template is asked."""
    announce(f"{spec} has no chat template: it is asked with {PLAIN!r}; for another prompt: {_WHERE[1:-1]}")


def parse(template: str) -> Chat | None:
    """The chat template that a prompt asks for; None where it is a text with `{question}` in it.

    Raises:
        LmphysError: it is neither.
    """
    if "{question}" in template:
        return None
    kind, _, rest = template.partition(":")
    if kind != "chat":
        raise LmphysError(f"the prompt {template!r} has no {{question}} in it, and is not chat")
    names, values = [], {}
    for part in filter(None, (part.strip() for part in rest.split(","))):
        name, equals, text = part.partition("=")
        if equals:
            values[name] = _value(text)
        else:
            names.append(name)
    if len(names) > 1:
        raise LmphysError(f"the prompt {template!r} names {len(names)} templates; name one, as in chat:{names[0]}")
    return Chat(names[0] if names else None, values)


def prompt_ids(tokenizer: Any, spec: str, text: str, template: str = "chat") -> tuple[int, ...]:
    """Token ids of a question as a model should see it.

    What a tokenizer puts after a text of its own accord, such as an end token, is left out: the text goes on.

    Args:
        tokenizer: of the model.
        spec: what to call the model in messages.
        text: what the user says.
        template: see the module's text.

    Raises:
        LmphysError: there is no such template, or it cannot be rendered.
    """
    template = prompt_of(tokenizer, spec, template)
    chat = parse(template)
    if chat is not None:
        return tuple(_encoded(tokenizer, spec, render(tokenizer, spec, text, chat), add_special_tokens=False))
    whole = template.replace("{question}", text)
    with_marks, alone = (_encoded(tokenizer, spec, whole, add_special_tokens=marks) for marks in (True, False))
    return _open_ended(with_marks, alone)


def _encoded(tokenizer: Any, spec: str, text: str, *, add_special_tokens: bool) -> list[int]:
    """Token ids of a text.

    Raises:
        LmphysError: the model of a small world lacks a word.
    """
    try:
        return tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"]
    except Exception as error:  # `tokenizers` raises nothing narrower
        if "[UNK]" not in str(error):
            raise
        words = ", ".join(sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)[:12])
        raise LmphysError(
            f"{spec} has no token for a word of {text[:80]!r}; use the words of its vocabulary ({words}, ...)"
        ) from error


def render(tokenizer: Any, spec: str, text: str, chat: Chat, *, date: datetime = DATE) -> str:
    """A question in a chat template, as text.

    Raises:
        LmphysError: there is no such template, or it cannot be rendered, or leaves the question out.
    """
    template = _template(tokenizer, spec, chat)
    known = _variables(template)
    strange = [name for name in chat.values if known is not None and name not in known]
    if strange:
        told = f"it asks for {', '.join(settings_of(tokenizer, spec, chat)) or 'nothing'}"
        raise LmphysError(f"the chat template of {spec} does not know {', '.join(strange)}; {told}")
    settings = json.dumps(chat.values, sort_keys=True)
    as_parts = _takes_parts(tokenizer, spec, template, settings)
    content = [{"type": "text", "text": text}] if as_parts else text
    return _apply(tokenizer, spec, template, chat, content, date)


def knows_clock(tokenizer: Any, spec: str, chat: Chat) -> bool:
    """Whether a prompt would be another one on another day."""
    days = DATE, datetime(1999, 12, 31, 23, 59, 59)
    return len({render(tokenizer, spec, PROBE, chat, date=day) for day in days}) > 1


def settings_of(tokenizer: Any, spec: str, chat: Chat) -> list[str]:
    """Variables that a chat template asks for and that a prompt may set, in alphabetical order."""
    found = _variables(_template(tokenizer, spec, chat)) or frozenset()
    return sorted(found - {*tokenizer.special_tokens_map, *_GIVEN, *chat.values})


def turn_end(tokenizer: Any, spec: str, chat: Chat) -> int | None:
    """The token with which a template closes an answer; None where it does with none, or takes no answers."""
    template = _template(tokenizer, spec, chat)
    try:
        ids = after_answer(tokenizer, chat_template=template, **chat.values)
    except Exception:  # a template of questions alone is none to complain of
        return None
    return ids[0] if ids and ids[0] in tokenizer.all_special_ids + list(tokenizer.added_tokens_decoder) else None


def after_answer(tokenizer: Any, **settings: Any) -> list[int]:
    """Tokens that a chat template puts after an answer; none where it puts none, or leaves the answer out.

    Args:
        tokenizer: with a chat template.
        settings: of `apply_chat_template`.
    """
    answer = "That makes 7"
    messages = [{"role": "user", "content": PROBE}, {"role": "assistant", "content": answer}]
    text = tokenizer.apply_chat_template(messages, tokenize=False, **settings)
    after = text.rpartition(answer)[2].strip() if answer in text else ""
    return tokenizer(after, add_special_tokens=False)["input_ids"] if after else []


@lru_cache(maxsize=64)  # parsing takes twenty times as long as the rest of a prompt
def _variables(template: str) -> frozenset[str] | None:
    """Names that a chat template uses and does not set; None where it cannot be parsed."""
    import jinja2
    import jinja2.meta

    plain = re.sub(r"\{%-?\s*(end)?generation\s*-?%\}", "", template)  # a mark of training that transformers adds
    try:
        return frozenset(jinja2.meta.find_undeclared_variables(_parser().parse(plain)))
    except jinja2.TemplateError:  # rendering it will say what is wrong
        return None


@lru_cache(maxsize=1)
def _parser() -> Any:
    import jinja2

    return jinja2.Environment(extensions=["jinja2.ext.loopcontrols"], trim_blocks=True, lstrip_blocks=True)


# What transformers hands to a template itself.
_GIVEN = ("messages", "add_generation_prompt", "raise_exception", "strftime_now", "namespace", "dict", "range", "tools")


def _template(tokenizer: Any, spec: str, chat: Chat) -> str:
    """The text of the chat template that a prompt asks for."""
    known = getattr(tokenizer, "chat_template", None)
    if not known:
        raise LmphysError(f"{spec} has no chat template; {_MEND}")
    if isinstance(known, str):
        known = {"default": known}
    name = chat.name or "default"
    if chat.name is None and name not in known and len(known) == 1:
        name = next(iter(known))
    if name not in known:
        told = f"no chat template {name!r}" if chat.name else "several chat templates and no default"
        raise LmphysError(
            f"{spec} has {told}; name one of {', '.join(sorted(known))} as prompt, such as chat:{min(known)} {_WHERE}"
        )
    return known[name]


def _apply(tokenizer: Any, spec: str, template: str, chat: Chat, content: Any, date: datetime) -> str:
    messages = [{"role": "user", "content": content}]
    try:
        with _clock_at(date) if "strftime_now" in template else nullcontext():
            return tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True, chat_template=template, **chat.values
            )
    except Exception as error:  # a template is a program of others and may raise whatever it likes
        message = " ".join(str(error).split())[:200]
        known = settings_of(tokenizer, spec, chat)
        hint = f"set what it asks for ({', '.join(known)}), as in chat:{known[0]}=VALUE, or " if known else ""
        raise LmphysError(f"the chat template of {spec} cannot be rendered ({message}); {hint}{_MEND}") from error


@lru_cache(maxsize=64)
def _takes_parts(tokenizer: Any, spec: str, template: str, settings: str) -> bool:
    """Whether a template passes a question on as one part of a message, and not as its text."""
    chat, failure = Chat(None, json.loads(settings)), None
    for content in (PROBE, [{"type": "text", "text": PROBE}]):
        try:
            if PROBE.lower() in _apply(tokenizer, spec, template, chat, content, DATE).lower():
                return content != PROBE
        except LmphysError as error:
            failure = failure or error
    raise failure or LmphysError(f"the chat template of {spec} leaves the question out; {_MEND}")


@contextmanager
def _clock_at(date: datetime) -> Iterator[None]:
    """Let the `strftime_now` of chat templates tell a given time."""
    from transformers.utils import chat_template_utils

    real = chat_template_utils.datetime
    chat_template_utils.datetime = SimpleNamespace(now=lambda: date)
    try:
        yield
    finally:
        chat_template_utils.datetime = real


def _open_ended(with_special: list[int], without: list[int]) -> tuple[int, ...]:
    """Tokens of a text with what a tokenizer puts before it, and without what it puts after it."""
    for start in range(len(with_special) - len(without) + 1):
        if with_special[start : start + len(without)] == without:
            return tuple(with_special[: start + len(without)])
    return tuple(with_special)


_WORDS = {"True": True, "False": False, "None": None}


def _value(text: str) -> Any:
    """A value as JSON, or as Python writes it, where it is one, else the text itself."""
    try:
        return _WORDS[text] if text in _WORDS else json.loads(text)
    except ValueError:
        return text
