"""How surprising the targets of a batch are to a model."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from lmphys.lm.model import LanguageModel
from lmphys.training.batches import Batch


def surprisals(model: LanguageModel, batch: Batch, reduction: str = "none") -> Tensor:
    """Cross-entropy of the targets of a batch, nats, float32: (N,), or 0-dimensional as `reduction` "mean" has it.

    The output head works only on the places of the targets: with many thousands of tokens in the vocabulary it would
    otherwise take most of the time and memory.
    """
    head = model.model.get_output_embeddings()
    chosen = head.register_forward_pre_hook(lambda _, inputs: (inputs[0].flatten(0, 1)[batch.rows][None],))
    places = {} if batch.positions is None else {"position_ids": batch.positions}
    try:
        logits = model.model(input_ids=batch.ids, use_cache=False, **places).logits
    finally:
        chosen.remove()
    return cross_entropy(logits[0].float(), batch.targets, reduction=reduction)


def mean_surprisal(model: LanguageModel, batch: Batch) -> Tensor:
    """Mean cross-entropy over the targets of a batch, nats, 0-dimensional float32."""
    return surprisals(model, batch, "mean")
