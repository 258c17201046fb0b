"""Hooks that keep hidden states while a model reads."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from torch import Tensor, nn

from lmphys.lm.anatomy import first_tensor
from lmphys.lm.model import LanguageModel


class Capture:
    """Hooks that keep the states of the newest forward pass, and nothing older.

    `resid_post` is the residual stream after a block (0: the embeddings that enter the first block); `final_norm` is
    what the body of the model hands to the output head, after the last normalisation.

    Args:
        model: whose states.
        layers: blocks after which `resid_post` is kept, each 0 to the number of layers.
    """

    def __init__(self, model: LanguageModel, layers: Iterable[int]) -> None:
        self.model = model
        self.layers = tuple(layers)
        self._latest: dict[int | str, Tensor] = {}

    def states(self, layer: int) -> dict[str, Tensor]:
        """Site -> (B, T, D) states of the newest pass, with `resid_post` after block `layer`."""
        return {"resid_post": self._latest[layer], "final_norm": self._latest["final_norm"]}

    @contextmanager
    def attached(self) -> Iterator["Capture"]:
        """Attach the hooks for the length of a `with` block."""
        blocks = self.model.blocks
        hooks = [self.model.body.register_forward_hook(self._after_body)]
        for layer in self.layers:
            if layer == 0:
                hooks.append(blocks[0].register_forward_pre_hook(self._before_first, with_kwargs=True))
            else:
                hooks.append(blocks[layer - 1].register_forward_hook(partial(self._after_block, layer)))
        try:
            yield self
        finally:
            for hook in hooks:
                hook.remove()
            self._latest.clear()

    def _before_first(self, module: nn.Module, args: tuple, kwargs: dict) -> None:
        self._latest[0] = args[0] if args else kwargs["hidden_states"]

    def _after_block(self, layer: int, module: nn.Module, args: tuple, output: object) -> None:
        self._latest[layer] = first_tensor(output)

    def _after_body(self, module: nn.Module, args: tuple, output: object) -> None:
        self._latest["final_norm"] = first_tensor(output)
