"""Writing into a model while it reads: states of one block are changed on their way to the next."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from lmphys.lm.model import LanguageModel


@contextmanager
def changed_states(model: LanguageModel, layer: int, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Change the residual stream in every pass inside a `with` block.

    Args:
        model: whose states.
        layer: block after which they are changed; 0 is before the first, the embeddings.
        change: from states (B, T, D) to others of the same shape and dtype.
    """

    def before(module: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        if args:
            return (change(args[0]), *args[1:]), kwargs
        return args, {**kwargs, "hidden_states": change(kwargs["hidden_states"])}

    def after(module: nn.Module, args: tuple, output: Tensor | tuple | list) -> Tensor | tuple | list:
        if isinstance(output, tuple | list):
            return type(output)([change(output[0]), *output[1:]])
        return change(output)

    block = model.blocks[max(layer - 1, 0)]
    hook = block.register_forward_hook(after) if layer else block.register_forward_pre_hook(before, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()
