"""How many tokens this process has passed through language models: the budget of a page, beside its seconds."""

from typing import Any

from torch import nn

# One new token of a row is a step of drawing; more of them are a text that is read. Padding counts, as it is computed.
_passed = {"drawn": 0, "read": 0}


def count_passes(body: nn.Module) -> None:
    """Count every pass through a body of blocks from now on, once however often it is asked for.

    The count hangs on the module that no pass can leave out, so that a page which calls the model by itself counts too.
    """
    if not getattr(body, "passes_are_counted", False):
        body.passes_are_counted = True  # type: ignore[assignment]
        body.register_forward_pre_hook(_count, with_kwargs=True)


def _count(body: nn.Module, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    given = keywords.get("input_ids")
    given = keywords.get("inputs_embeds") if given is None else given
    given = arguments[0] if given is None else given
    rows, length = given.shape[:2]
    _passed["drawn" if length == 1 else "read"] += int(rows) * int(length)


def passed_tokens() -> dict[str, int]:
    """Tokens that were drawn and read so far."""
    return dict(_passed)
