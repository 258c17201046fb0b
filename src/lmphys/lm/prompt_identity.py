"""Prompts of models that are not loaded: which is theirs, and what tells it from those of another day."""

from functools import lru_cache
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.lm.packaged import PACKAGED
from lmphys.lm.prompts import PLAIN, PROBE, Chat, knows_clock, parse, prompt_ids, prompt_of, say_plain
from lmphys.lm.sources import identity, locate, told_by_loading


def resolved_prompt(spec: str, template: str) -> str:
    """As `prompt_of`, of a model that is not loaded; as it stands where the spec names none."""
    try:
        if template != "chat" or _has_chat(spec, identity(spec)):
            return template
    except LmphysError as error:
        told_by_loading(error)
        return template
    say_plain(spec)
    return PLAIN


@lru_cache(maxsize=64)
def _has_chat(spec: str, state: str) -> bool:
    source = locate(spec)
    if source.kind == "wheel":  # known without loading
        return PACKAGED[source.base].has_chat
    return bool(getattr(_tokenizer(spec, state), "chat_template", None))


def departure(spec: str, template: str) -> tuple[int, ...] | None:
    """Tokens of a fixed question where they are not those that `transformers` gives by itself, else None.

    The name of a corpus holds them: so it tells prompts of today from those of a day, or with an end token, before.

    Args:
        spec: of the model that is asked.
        template: see `lmphys.lm.prompts`.
    """
    try:
        return _departure(spec, template, identity(spec))
    except LmphysError as error:
        told_by_loading(error)
        return None


@lru_cache(maxsize=256)
def _departure(spec: str, template: str, state: str) -> tuple[int, ...] | None:
    if locate(spec).kind == "wheel":  # of one release, whose template knows no date and whose tokenizer ends no text
        return None
    tokenizer = _tokenizer(spec, state)
    template = prompt_of(tokenizer, spec, template)
    chat = parse(template)
    ids = prompt_ids(tokenizer, spec, PROBE, template)
    if chat is not None and knows_clock(tokenizer, spec, chat):
        return ids
    try:
        plain = _plain_ids(tokenizer, chat, template)
    except Exception:  # whatever transformers and the template raise: there were no such prompts before
        return None
    return None if ids == plain else ids


def _plain_ids(tokenizer: Any, chat: Chat | None, template: str) -> tuple[int, ...]:
    """Tokens of `PROBE` as transformers makes them without this module."""
    if chat is None:
        return tuple(tokenizer(template.replace("{question}", PROBE))["input_ids"])
    messages = [{"role": "user", "content": PROBE}]
    text = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, chat_template=chat.name, **chat.values
    )
    return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])


@lru_cache(maxsize=4)
def _tokenizer(spec: str, state: str) -> Any:
    from lmphys.lm.weights import load_tokenizer

    return load_tokenizer(locate(spec))
