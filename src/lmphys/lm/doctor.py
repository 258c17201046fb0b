"""Checks of one model: what an hour on it would otherwise stumble over."""

import json
from collections.abc import Iterator

import torch

from lmphys.core.errors import LmphysError
from lmphys.core.findings import FAIL, OK, WARN, Finding
from lmphys.lm.decode import ChainDecoder, Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.prompts import DATE, PROBE, REQUEST, Chat, knows_clock, parse, prompt_of, settings_of, turn_end
from lmphys.lm.sampling import Sampling

_QUESTION = REQUEST.format(question=f"{PROBE}?")
_LONGEST = Sampling().max_tokens
_N_WRITTEN = 16
_CHECKS = {
    "states": "at the blocks and before the head are those that it tells itself",
    "mask": "a mask of ones changes nothing",
    "causal": "a later token changes no state before it",
    "batch": "chains that are read side by side have the states of single passes",
    "cache": "chains that are drawn step by step have the states of single passes",
}


def examine_model(spec: str, prompt: str = "chat", *, dtype: str = "auto", device: str = "auto") -> Iterator[Finding]:
    """Yield one finding after the other; the last is a failure where the model or the prompt is refused.

    Args:
        spec: of the model.
        prompt: what it would be asked, see `lmphys.lm.prompts`.
        dtype: see `LanguageModel`.
        device: see `LanguageModel`.
    """
    try:
        model = LanguageModel(spec, dtype=dtype, device=device)
        yield from _weights(model)
        yield from _self_check(model)
        yield from _tokens(model)
        prompt = prompt_of(model.tokenizer, spec, prompt)
        ids = model.prompt_ids(_QUESTION, prompt)
        chat = parse(prompt)
        if chat is not None:
            yield from _template(model, chat)
        yield Finding(OK, "prompt", f"{len(ids)} tokens: {_shown(model, ids)}")
        yield from _length(model, len(ids))
        yield from _writing(model, ids)
    except LmphysError as error:
        yield Finding(FAIL, "refused", str(error))


def _weights(model: LanguageModel) -> Iterator[Finding]:
    told = model.describe()
    size = f"{told['parameters'] / 1e6:.1f} M parameters"
    yield Finding(
        OK, "weights", f"{told['architecture']}, {size}, {told['dtype']}, {told['device']}; {told['revision']}"
    )
    anatomy = model.checked.anatomy
    yield Finding(
        OK, "blocks", f"{model.n_layers} of width {model.width} in {anatomy.blocks}; {anatomy.body} hands them on"
    )


def _self_check(model: LanguageModel) -> Iterator[Finding]:
    for check, meaning in _CHECKS.items():
        yield Finding(OK, check, f"{meaning} (error {model.checked.errors[check]:.1g})")
    for note in model.checked.notes:
        yield Finding(WARN, "way", note)


def _tokens(model: LanguageModel) -> Iterator[Finding]:
    ends = ", ".join(map(repr, (model.tokenizer.decode([i]) for i in model.stop_ids.tolist())))
    n = len(model.tokenizer)
    rows = f"{n} tokens, {model.n_rows} rows"
    if not ends:
        yield Finding(WARN, "tokens", f"{rows}; no end token, so every chain is as long as it may be")
        return
    beyond = f" (tokens without a row are refused where they are needed; padding is {model.pad_id})" * (
        n > model.n_rows
    )
    yield Finding(WARN if beyond else OK, "tokens", f"{rows}{beyond}; a chain ends with {ends}")


def _template(model: LanguageModel, chat: Chat) -> Iterator[Finding]:
    if knows_clock(model.tokenizer, model.spec, chat):
        yield Finding(OK, "date", f"the chat template asks for it and is always told {DATE:%d %B %Y}")
    settings = settings_of(model.tokenizer, model.spec, chat)
    if settings:
        example = f"--prompt chat:{settings[0]}=VALUE"
        yield Finding(OK, "settings", f"the chat template knows {', '.join(settings)}, to be set as in {example}")
    end = turn_end(model.tokenizer, model.spec, chat)
    if end is not None and end not in model.stop_ids.tolist():
        text = model.tokenizer.decode([end])
        yield Finding(
            WARN, "turn", f"the template closes an answer with {text!r}, which ends no chain: they may run on"
        )


def _length(model: LanguageModel, n_prompt: int) -> Iterator[Finding]:
    limit = model.context_length
    if limit is None:
        yield Finding(WARN, "length", "it does not say how much it can read")
        return
    room = limit - n_prompt
    if room >= _LONGEST:
        yield Finding(OK, "length", f"it reads {limit} tokens; chains of up to {room} fit after this prompt")
        return
    yield Finding(
        FAIL,
        "length",
        f"it reads {limit} tokens, too few for the prompt ({n_prompt}) and a chain ({_LONGEST}); use another model"
        + (f", or build corpora with --max-tokens {room} or less" if room > 0 else ""),
    )


@torch.inference_mode()
def _writing(model: LanguageModel, ids: tuple[int, ...]) -> Iterator[Finding]:
    room = _N_WRITTEN if model.context_length is None else min(_N_WRITTEN, model.context_length - len(ids))
    if room < 1:
        return
    (chain,) = ChainDecoder(model, Sampling(0.0, max_tokens=room), batch_size=1).run([Request(ids, 0)])
    yield Finding(OK, "writes", _shown(model, chain.tokens.tolist()))


def _shown(model: LanguageModel, ids: tuple[int, ...] | list[int]) -> str:
    """Tokens as text on one line, cut in the middle where it is long."""
    text = json.dumps(model.tokenizer.decode(list(ids)), ensure_ascii=False)
    return text if len(text) <= 160 else f"{text[:90]} ... {text[-60:]}"
