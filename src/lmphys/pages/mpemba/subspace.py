"""Plain SGD of a language model along its few sharpest directions, with curvature and gradient noise measured there."""

import io
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from lmphys.core.boundaries import given
from lmphys.core.files import write_atomically
from lmphys.training.batches import Batch
from lmphys.training.documents import packed
from lmphys.training.thermal.branches import Trunk
from lmphys.training.tiny.learner import Tiny

_CURVED_SEED = 2_000_000  # of the documents whose loss is bent; no training of the book has this seed


@dataclass(frozen=True, eq=False)
class Run:
    """Weights along k directions while SGD moves them, and what is known of the place.

    Attributes:
        rate: learning rate of plain SGD.
        z: (n, k) coordinates after each update, orthonormal directions of all weights.
        hessian: (k, k) curvature of the loss at the mean of z.
        noise: (k, k) covariance of the gradient of one batch there.
    """

    rate: float
    z: np.ndarray
    hessian: np.ndarray
    noise: np.ndarray

    def write(self, file: Path) -> None:
        """Keep all numbers in one file, coordinates to six digits."""
        held = io.BytesIO()
        np.savez_compressed(held, rate=self.rate, z=self.z.astype(np.float32), hessian=self.hessian, noise=self.noise)
        write_atomically(file, held.getvalue())

    @classmethod
    def read(cls, file: Path) -> "Run":
        """What `write` kept.

        Raises:
            LmphysError: the file is missing or damaged.
        """
        with given(file, "restore it: git checkout data", "is damaged"), np.load(file) as stored:
            return cls(float(stored["rate"]), stored["z"].astype(float), stored["hessian"], stored["noise"])

    def in_eigenbasis(self) -> "Run":
        """The same along the eigenvectors of the curvature, the sharpest first."""
        _, vectors = np.linalg.eigh(self.hessian)
        v = vectors[:, ::-1]
        return replace(self, z=self.z @ v, hessian=v.T @ self.hessian @ v, noise=v.T @ self.noise @ v)


def sharpest(
    product: Callable[[Tensor], Tensor], n: int, k: int, *, iterations: int, seed: int
) -> tuple[Tensor, Tensor]:
    """Largest eigenvalues of a symmetric map and their directions, by Lanczos' method with full orthogonalisation.

    Args:
        product: the map, of vectors (n,).
        n: dimension.
        k: how many.
        iterations: products that are taken; the outermost eigenvalues come first.
        seed: of the first vector.

    Returns:
        (k,) eigenvalues, the largest first, and (k, n) orthonormal directions.
    """
    generator = torch.Generator().manual_seed(seed)
    basis = torch.zeros(iterations, n)
    inner = torch.zeros(iterations, iterations, dtype=torch.float64)
    vector = torch.randn(n, generator=generator)
    for i in range(iterations):
        for _ in range(2):  # once leaves rounding behind
            vector = vector - basis[:i].T @ (basis[:i] @ vector)
        basis[i] = vector / vector.norm()
        vector = product(basis[i])
        inner[i, : i + 1] = (basis[: i + 1] @ vector).double()
    values, vectors = torch.linalg.eigh(inner)  # of the lower triangle
    order = torch.arange(iterations - 1, iterations - 1 - k, -1)
    directions = torch.linalg.qr((vectors[:, order].float().T @ basis).T)[0].T
    return values[order].float(), directions


def heat(
    trunk: Trunk,
    *,
    k: int = 16,
    n_updates: int = 4500,
    burn_in: int = 400,
    stiffness: float = 0.3,
    n_documents: int = 128,
    n_noise: int = 300,
    iterations: int = 40,
    first_batch: int | None = None,
) -> Run:
    """Let plain SGD move a language model along its k sharpest directions, all other weights being held.

    Args:
        trunk: where to start; best at the end of a decay, where the loss is flat along these directions.
        k: directions, of all weights.
        n_updates: that are kept.
        burn_in: updates before them.
        stiffness: learning rate times the largest curvature; SGD is stable below 2.
        n_documents: whose loss gives the directions; twice as many give the curvature along them.
        n_noise: batches whose gradients give the noise.
        iterations: of `sharpest`.
        first_batch: number of the first batch; None: ten thousand, which no training of the page reaches.
    """
    first = 10_000 if first_batch is None else first_batch
    total = first + burn_in + n_updates + n_noise
    recipe = replace(trunk.recipe, steps=total)
    learner = Tiny(recipe, "cpu", recipe.source())
    weights = list(learner.weights.values())
    with torch.no_grad():
        for name, weight in learner.weights.items():
            weight.copy_(trunk.tensors[f"{name}:weight"])
    source = replace(recipe, seed=_CURVED_SEED).source()

    def documents(start: int, n: int) -> Batch:
        return packed([source.document(i) for i in range(start, start + n)], recipe.context)

    bent = documents(0, n_documents)
    n_weights = sum(weight.numel() for weight in weights)
    values, directions = sharpest(
        lambda v: _curvature_product(learner, weights, [bent], v), n_weights, k, iterations=iterations, seed=recipe.seed
    )
    rate = stiffness / float(values[0])
    centre, z, path = _flat(weights), torch.zeros(k), []
    with closing(learner.batches(first)) as batches:
        for step in range(burn_in + n_updates):
            z = z - rate * (directions @ _gradient(learner, weights, next(batches)))
            _place(weights, centre + z @ directions)
            if step >= burn_in:
                path.append(z)
        kept = torch.stack(path)
        _place(weights, centre + kept.mean(dim=0) @ directions)
        gradients = torch.stack([directions @ _gradient(learner, weights, next(batches)) for _ in range(n_noise)])
    parts = [documents(n_documents * (1 + i), n_documents) for i in range(2)]
    rows = torch.stack([directions @ _curvature_product(learner, weights, parts, d) for d in directions])
    hessian = rows.double().numpy()
    return Run(rate, kept.double().numpy(), (hessian + hessian.T) / 2, np.cov(gradients.double().numpy().T))


def _flat(tensors: Sequence[Tensor]) -> Tensor:
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


@torch.no_grad()
def _place(weights: Sequence[Tensor], vector: Tensor) -> None:
    """Set the weights to a vector of all of them."""
    start = 0
    for weight in weights:
        weight.copy_(vector[start : start + weight.numel()].view_as(weight))
        start += weight.numel()


def _gradient(learner: Tiny, weights: Sequence[Tensor], batch: Batch) -> Tensor:
    return _flat(torch.autograd.grad(learner.loss(batch), weights))


def _curvature_product(learner: Tiny, weights: Sequence[Tensor], batches: Sequence[Batch], vector: Tensor) -> Tensor:
    """The mean Hessian of batches times a vector."""
    parts = vector.split([weight.numel() for weight in weights])
    total = torch.zeros_like(vector)
    for batch in batches:
        with sdpa_kernel(SDPBackend.MATH):  # the fast attention has no second derivative
            slopes = torch.autograd.grad(learner.loss(batch), weights, create_graph=True)
            along = torch.stack(
                [(slope * part.view_as(slope)).sum() for slope, part in zip(slopes, parts, strict=True)]
            ).sum()
            total += _flat(torch.autograd.grad(along, weights))
    return total / len(batches)
