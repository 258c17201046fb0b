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
    giving the model other states, small and large, in place of those that its body hands over.

    Args:
        model: causal language model of `transformers`.
        body: the part of it that gives the states.
        token: any id.
    """
    layer = model.get_output_embeddings()
    if not isinstance(layer, nn.Linear):
        return None
    head = LinearHead(layer.weight, layer.bias)
    generator = torch.Generator().manual_seed(0)
    unit = torch.randn(1, 1, layer.weight.shape[1], generator=generator).to(layer.weight)
    rounding = 1e-5 if unit.dtype in (torch.float32, torch.float64) else 0.02
    for scale in (1.0, 1000.0):
        logits = _logits_of(scale * unit, model, body, token)
        expected = head(scale * unit)
        if logits is None or not bool(((logits - expected).abs() <= rounding * expected.abs().max()).all()):
            return None
    return head


def _logits_of(states: Tensor, model: Any, body: nn.Module, token: int) -> Tensor | None:
    """Logits that the model makes of states (1, 1, D); None where its body does not hand any over in the usual way."""
    seen = []

    def instead(module: nn.Module, args: tuple, output: Any) -> Any:
        found = getattr(output, "last_hidden_state", None)
        if found is None or found.shape != states.shape:
            return output
        seen.append(True)
        output.last_hidden_state = states
        return output

    hook = body.register_forward_hook(instead)
    try:
        logits = model(input_ids=torch.tensor([[token]], device=states.device), **no_cache(model)).logits
    finally:
        hook.remove()
    return logits if seen and torch.is_tensor(logits) else None
