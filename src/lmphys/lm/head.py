"""The output head: logits of the states that the body of a model hands over.

Most models apply one linear map there. It is the largest matrix of a small model, and a plain product with it is slow
on a processor: in blocks of rows of the vocabulary it runs at about twice the rate.
"""

from typing import Any

import torch
from torch import Tensor, nn

from lmphys.lm.anatomy import no_cache

_BLOCK = 1024  # rows of the vocabulary in one product, on a processor


class LinearHead:
    """Logits as a linear map of the states after the last normalisation.

    Args:
        weight: (V, D).
        bias: (V,), or None.
    """

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self.weight, self.bias = weight, bias

    def __call__(self, states: Tensor) -> Tensor:
        """Logits (..., V) of states (..., D)."""
        if self.weight.device.type != "cpu":
            return nn.functional.linear(states, self.weight, self.bias)
        parts = [nn.functional.linear(states, block) for block in self.weight.split(_BLOCK)]
        logits = torch.cat(parts, dim=-1)
        return logits if self.bias is None else logits + self.bias


@torch.inference_mode()
def linear_head(model: Any, body: nn.Module, token: int) -> LinearHead | None:
    """The head of a causal model where it is linear in the states; else None.

    Some models scale or cap their logits, or map the states once more: those take their own way. It is found out by
    giving the head other states, small and large (`own_head`).

    Args:
        model: causal language model of `transformers`.
        body: the part of it that gives the states.
        token: any id.
    """
    layer = model.get_output_embeddings()
    own = own_head(model, body, token) if isinstance(layer, nn.Linear) else None
    if own is None or own.width != layer.weight.shape[1]:
        return None
    head = LinearHead(layer.weight, layer.bias)
    generator = torch.Generator().manual_seed(0)
    unit = torch.randn(1, layer.weight.shape[1], generator=generator).to(layer.weight)
    rounding = 1e-5 if unit.dtype in (torch.float32, torch.float64) else 0.02
    for scale in (1.0, 1000.0):
        logits, expected = own(scale * unit), head(scale * unit)
        if not bool(((logits - expected).abs() <= rounding * expected.abs().max()).all()):
            return None
    return head


class OwnHead:
    """The output head of any causal model: the model itself with its body left out, whatever it does to its logits.

    Args:
        model: causal language model of `transformers`.
        body: the part of it that gives the states.
        output: what the body returned in a pass over one token.
        token: any id.
    """

    def __init__(self, model: Any, body: nn.Module, output: Any, token: int) -> None:
        self.model, self.body, self.output = model, body, output
        self.width: int = output.last_hidden_state.shape[-1]
        self._blank = torch.tensor([[token]], device=output.last_hidden_state.device)

    def __call__(self, states: Tensor) -> Tensor:
        """Logits (R, V) of states (R, D) that the body might have handed over."""
        self.output.last_hidden_state = states[:, None]
        hooked = vars(self.body).get("forward")  # where the body is spread over devices
        self.body.forward = lambda *args, **kwargs: self.output
        try:
            return self.model(input_ids=self._blank, **no_cache(self.model)).logits[:, 0]
        finally:
            if hooked is None:
                del self.body.forward
            else:
                self.body.forward = hooked


def own_head(model: Any, body: nn.Module, token: int) -> OwnHead | None:
    """The head of a model, found in one pass; None where its body does not hand states over in the usual way."""
    kept: list[Any] = []
    hook = body.register_forward_hook(lambda module, args, output: kept.append(output))
    try:
        with torch.no_grad():
            model(input_ids=torch.tensor([[token]], device=next(model.parameters()).device), **no_cache(model))
    finally:
        hook.remove()
    usual = kept and torch.is_tensor(getattr(kept[0], "last_hidden_state", None))
    return OwnHead(model, body, kept[0], token) if usual else None
