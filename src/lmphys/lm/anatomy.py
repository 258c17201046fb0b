"""Where in a model its states are, seen in one pass over a few tokens: no list of architectures and of their names."""

import inspect
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from lmphys.core.errors import LmphysError


@dataclass(frozen=True)
class Anatomy:
    """Names of the modules of a model that hold its states, as `get_submodule` takes them.

    Attributes:
        body: hands the state of every token to the output head.
        blocks: the list of blocks that the states go through.
        n_layers: number of blocks.
        width: dimension D of a state.
    """

    body: str
    blocks: str
    n_layers: int
    width: int


def first_tensor(output: Any) -> Any:
    """The states in what a module returns: itself, the first of several things, or a named output's last state."""
    if isinstance(output, tuple | list) and output:
        return output[0]
    return getattr(output, "last_hidden_state", output)


def no_cache(model: nn.Module) -> dict[str, bool]:
    """What keeps a model from making a cache of its own in a plain pass, for `forward`."""
    return {"use_cache": False} if "use_cache" in inspect.signature(model.forward).parameters else {}


@torch.inference_mode()
def dissect(model: nn.Module, ids: Tensor) -> Anatomy:
    """Find the blocks and the body of a causal language model.

    The blocks are the outermost list whose members run once each and give states of one width, batch and tokens first:
    a vision tower of as many layers does not run on text. The body is the outermost module around them that runs, save
    the model itself: some heads go round `base_model`, and some models are their own.

    Args:
        model: of `transformers`.
        ids: (1, T) token ids, T at least 2.

    Raises:
        LmphysError: there are no such blocks, or the states after them have another width than those between them.
    """
    runs: Counter[str] = Counter()
    shapes: dict[str, tuple[int, ...] | None] = {}

    def note(name: str, module: nn.Module, args: tuple, output: Any) -> None:
        states = first_tensor(output)
        runs[name] += 1
        shapes[name] = tuple(states.shape) if isinstance(states, Tensor) else None

    hooks = [module.register_forward_hook(partial(note, name)) for name, module in model.named_modules() if name]
    try:
        model(input_ids=ids, **no_cache(model))
    finally:
        for hook in hooks:
            hook.remove()
    kind = type(model).__name__
    lists = [
        (name.count("."), -len(module), name)
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList)
        and _is_stack([f"{name}.{i}" for i in range(len(module))], runs, shapes, tuple(ids.shape))
    ]
    if not lists:
        raise LmphysError(
            f"{kind} has no list of blocks that each run once on states (batch, tokens, width): they cannot be read "
            "layer by layer; use a model with a plain stack of blocks"
        )
    _, n, blocks = min(lists)
    around = [blocks[:place] for place, letter in enumerate(blocks) if letter == "."]
    bodies = [name for name in around if runs[name] == 1 and (shapes[name] or ())[:2] == tuple(ids.shape)]
    if not bodies:
        raise LmphysError(f"{kind} has no module that hands states to its head; use a model with a body of its own")
    inner, outer = (shapes[name] or () for name in (f"{blocks}.0", bodies[0]))
    if inner != outer:
        raise LmphysError(
            f"{kind} hands states of width {outer[-1]} to its head and has others, of width {inner[-1]}, between its "
            "blocks; use a model without such a projection"
        )
    return Anatomy(body=bodies[0], blocks=blocks, n_layers=-n, width=inner[-1])


def _is_stack(
    members: list[str], runs: Counter[str], shapes: dict[str, tuple[int, ...] | None], ids: tuple[int, ...]
) -> bool:
    """Whether the members of a list run once each, on states (batch, tokens, D) with one D."""
    found = {shapes.get(name) for name in members}
    shape = next(iter(found), None)
    return (
        len(found) == 1
        and shape is not None
        and len(shape) == 3
        and shape[:2] == ids
        and all(runs[name] == 1 for name in members)
    )
