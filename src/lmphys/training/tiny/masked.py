"""Training a tiny transformer that fills in masked tokens from both sides: diffusion with absorbing noise.

Of the n targets of a document a number k, each from 1 to n as likely as the others, is replaced by a mask, and the loss
is their mean surprisal. Its expectation is the mean over all orders in which the targets can be written one by one, an
upper bound of minus their log probability for each target: the variational bound of absorbing noise with many steps
(Austin et al. 2021).
"""

from collections.abc import Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lmphys.core.boundaries import given
from lmphys.core.devices import resolve_dtype
from lmphys.core.errors import LmphysError
from lmphys.lm.tiny import TinyForCausalLM
from lmphys.problems.documents import Document
from lmphys.training.batches import Batch, in_windows
from lmphys.training.checkpoint import whole_folder
from lmphys.training.documents import Source
from lmphys.training.loop import one_device
from lmphys.training.recipe import DTYPES
from lmphys.training.tiny.learner import WINDOW, fresh, in_half, update_flops
from lmphys.training.tiny.recipe import TinyRecipe

_MASKING = 5  # the stream of random numbers of masks, apart from those of documents


class Masked:
    """A tiny transformer that fills in, with fresh weights, and its world, as `lmphys.training.loop.Learner`.

    It does not write from left to right, so that it is no `LanguageModel`; it has no tokenizer. Its vocabulary is that
    of the world and, last, the mask.

    Args:
        recipe: what to train, of a shape that is not causal.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        source: of documents that are all as long as each other.

    Raises:
        LmphysError: the recipe is impossible.
    """

    def __init__(self, recipe: TinyRecipe, device: str, source: Source) -> None:
        self.recipe, self.source = recipe, source
        self.title = f"training {recipe.shape} on {recipe.world}"
        self.device = one_device(device)
        self.dtype = resolve_dtype(recipe.dtype, self.device)
        if self.dtype not in DTYPES:
            raise LmphysError(f"a training in {self.dtype} is not possible; use float32 or bfloat16")
        self.config = recipe.shape.config(len(source.vocabulary) + 1, recipe.context)
        self.network = fresh(self.config, recipe.seed).to(self.device)
        self.weights: dict[str, Tensor] = dict(self.network.named_parameters())
        self.facts = {"model": {"parameters": self.config.n_parameters, "products": self.dtype}}

    def batches(self, step: int) -> Generator[Batch, None, None]:
        """Documents number `step * batch_size` and on, masked."""
        return in_windows(self._window, WINDOW, step, self.recipe.steps)

    def _window(self, number: int) -> list[Batch]:
        first = number * WINDOW
        return [self._batch(step) for step in range(first, min(first + WINDOW, self.recipe.steps))]

    def _batch(self, step: int) -> Batch:
        size = self.recipe.batch_size
        documents = [Document(*self.source.document(index)) for index in range(step * size, (step + 1) * size)]
        rng = np.random.default_rng([self.recipe.seed, _MASKING, step])
        batch = masked(documents, rng, self.config.vocab_size - 1)
        if batch.ids.shape[1] > self.recipe.context:
            raise LmphysError(
                f"a document has {batch.ids.shape[1]} tokens and a row holds {self.recipe.context}; raise the context"
            )
        return batch.counted(update_flops(self.config, batch.ids, len(batch.targets)))

    def loss(self, batch: Batch) -> Tensor:
        """Mean over documents of the mean cross-entropy of their masked tokens, nats."""
        document = torch.div(batch.rows, batch.ids.shape[1], rounding_mode="floor")
        weight = 1 / torch.bincount(document, minlength=len(batch.ids))[document]
        nats = cross_entropy(filled_in(self.network, batch).float(), batch.targets, reduction="none")
        return (nats * weight).sum() / len(batch.ids)

    def keep(self, folder: Path) -> None:
        """Write the weights in float16, as `masked_model` reads them.

        Raises:
            LmphysError: a weight exceeds float16, or the disk is full.
        """
        half = in_half(self.network)
        with whole_folder(folder) as part:
            half.save_pretrained(part)


def filled_in(network: TinyForCausalLM, batch: Batch) -> Tensor:
    """Logits (N, V) of what stood at the masks of a batch."""
    states = network.model(batch.ids, position_ids=batch.positions).last_hidden_state
    return network.lm_head(states.flatten(0, 1)[batch.rows])


def masked_model(folder: Path) -> TinyForCausalLM:
    """The model that a training of `Masked` left in a folder, in float32 on the CPU.

    Raises:
        LmphysError: none is there.
    """
    with given(f"the masked model in {folder}", "restore it: git checkout data, or train it anew: lmphys train"):
        return TinyForCausalLM.from_pretrained(folder, dtype=torch.float32, local_files_only=True).eval()


def masked(documents: Sequence[Document], rng: np.random.Generator, mask: int) -> Batch:
    """Documents of one length with some of their targets masked, each in a row of its own.

    Args:
        documents: all of as many tokens, with a target each.
        rng: draws how many targets of each are masked, and which.
        mask: token id.

    Returns:
        A batch whose `rows` are the places of the masks themselves, and whose `targets` are what stood there.

    Raises:
        LmphysError: the documents have several lengths, as padding would be seen by a model that looks ahead.
    """
    lengths = {len(document.tokens) for document in documents}
    if len(lengths) > 1:
        raise LmphysError(
            f"documents of {min(lengths)} to {max(lengths)} tokens; a masked model takes documents of one length"
        )
    ids = np.stack([document.tokens for document in documents])
    hidden = np.zeros(ids.shape, dtype=bool)
    for row, document in zip(hidden, documents, strict=True):
        targets = np.flatnonzero(document.mask)
        row[rng.choice(targets, rng.integers(1, len(targets) + 1), replace=False)] = True
    rows = np.flatnonzero(hidden)
    return Batch(
        torch.from_numpy(np.where(hidden, mask, ids)),
        torch.from_numpy(rows),
        torch.from_numpy(ids.reshape(-1)[rows]),
        ids.size,
    )
