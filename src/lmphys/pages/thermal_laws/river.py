"""River and valley: how far the weights move along the sharpest directions of the loss, and along any."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from lmphys.core.boundaries import given
from lmphys.core.files import listed
from lmphys.core.paths import project_root
from lmphys.pages.thermal_laws.record import FOLDER
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled
from lmphys.training.batches import Batch
from lmphys.training.loss import mean_surprisal
from lmphys.training.thermal.branches import Trunk, branch
from lmphys.training.thermal.schedules import shaped

LAGS = (1, 2, 4, 8, 16, 32, 64, 128)


def leading(
    product: Callable[[np.ndarray], np.ndarray], size: int, k: int, iterations: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues (k,) of a symmetric matrix and their directions (k, size), by Lanczos' iteration.

    Args:
        product: of the matrix and a vector (size,).
        size: of the matrix.
        k: how many.
        iterations: k or more; those of the largest eigenvalues settle first.
        rng: of the first vector.
    """
    basis = np.zeros((iterations, size))
    vector = rng.standard_normal(size)
    for i in range(iterations):
        for _ in range(2):  # once is not enough in floating point
            vector -= basis[:i].T @ (basis[:i] @ vector)
        basis[i] = vector / np.linalg.norm(vector)
        vector = product(basis[i])
        if i == 0:
            projected = np.zeros((iterations, iterations))
        projected[: i + 1, i] = projected[i, : i + 1] = basis[: i + 1] @ vector
    values, turns = np.linalg.eigh(projected)
    return values[::-1][:k], turns[:, ::-1][:, :k].T @ basis


def sharpest(
    trunk: Trunk, texts: Sequence[Batch], k: int, iterations: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Largest eigenvalues (k,) of the Hessian of the mean loss over texts, and directions (k, weights).

    Args:
        trunk: whose weights.
        texts: batches of one size.
        k: directions.
        iterations: products with the Hessian.
        rng: of the first vector.
    """
    model = trunk.model()
    weights = [weight for _, weight in model.model.named_parameters()]
    shapes = [weight.shape for weight in weights]
    sizes = [weight.numel() for weight in weights]

    def product(vector: np.ndarray) -> np.ndarray:
        parts = torch.from_numpy(vector.astype(np.float32)).split(sizes)
        along = [part.view(shape) for part, shape in zip(parts, shapes, strict=True)]
        total = np.zeros(len(vector))
        for batch in texts:
            # The fused kernels of attention have no second derivative.
            with sdpa_kernel(SDPBackend.MATH):
                slopes = torch.autograd.grad(mean_surprisal(model, batch), weights, create_graph=True)
                curved = torch.autograd.grad(slopes, weights, grad_outputs=along)
            total += torch.cat([part.reshape(-1) for part in curved]).double().numpy()
        return total / len(texts)

    return leading(product, sum(sizes), k, iterations, rng)


def movement(
    trunk: Trunk, texts: Sequence[Batch], *, n: int = 256, k: int = 10, iterations: int = 40, n_random: int = 100
) -> pd.DataFrame:
    """Shares of the squared movement of the weights on the plateau.

    Args:
        trunk: from which the plateau goes on at the trunk's rate.
        texts: whose loss has the sharp directions, found at the trunk.
        n: updates that are watched.
        k: sharpest directions.
        iterations: of Lanczos.
        n_random: random directions, as the control.

    Returns:
        A row a number `lag` of updates: `sharp` and `random`, the mean share of the squared movement over so many
        updates for each direction, times the number of weights, so that an even movement has 1; and the `least` and
        `largest` sharpness of the k directions.
    """
    rng = np.random.default_rng(trunk.recipe.seed)
    values, directions = sharpest(trunk, texts, k, iterations, rng)
    size = directions.shape[1]
    others = np.linalg.qr(rng.standard_normal((size, n_random)))[0].T
    names = [name for name, _ in trunk.model().model.named_parameters()]
    path: list[np.ndarray] = []
    branch(
        trunk,
        shaped("constant", trunk.recipe.learning_rate, n),
        first_batch=trunk.step,
        every=n,
        texts={},
        watch=lambda _, weights: path.append(
            torch.cat([weights[name].detach().reshape(-1) for name in names]).numpy().copy()
        ),
    )
    places = np.stack(path)
    rows = []
    for lag in (lag for lag in LAGS if lag < n):
        moved = (places[lag:] - places[:-lag])[:: max(1, lag // 4)]
        square = (moved.astype(float) ** 2).sum(axis=1)
        sharp, random = (((moved @ some.T) ** 2).mean(axis=1) / square * size for some in (directions, others))
        rows.append({"lag": lag, "sharp": sharp.mean(), "random": random.mean()})
    table = pd.DataFrame(rows)
    table["least"], table["largest"] = values[-1], values[0]
    return table


def recorded(folder: Path | None = None) -> pd.DataFrame:
    """The recorded tables of all seeds, with their `seed`."""
    files = listed(project_root() / FOLDER if folder is None else folder, "river-*.csv")
    tables = []
    for file in files:
        with given(file, "restore it: git checkout data", "is damaged"):
            tables.append(pd.read_csv(file).assign(seed=int(file.stem.removeprefix("river-"))))
    return pd.concat(tables, ignore_index=True)


def confined(table: pd.DataFrame, kind: str) -> Interval:
    """Share over the longest lag over that of single updates, mean and interval over seeds."""
    shares = table.pivot_table(index="seed", columns="lag", values=kind)
    return pooled([Interval(ratio, ratio, ratio) for ratio in shares.iloc[:, -1] / shares.iloc[:, 0]])
