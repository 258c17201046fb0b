"""How constant a partition function is over contexts, and how alike the directions of a table of vectors are.

Throughout, a table (n, d) holds a vector v_w for every word, and Z_c = sum_w exp(<v_w, c>).
"""

import numpy as np
import pandas as pd
import torch
from scipy.special import hyp0f1
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.interval import Interval

# Numbers of one block of logits.
_BLOCK = 1 << 24


@torch.inference_mode()
def log_partition(table: Tensor | np.ndarray, contexts: Tensor | np.ndarray) -> np.ndarray:
    """Ln Z_c of every context (..., d), in the precision of the table, returned as float64."""
    words = torch.as_tensor(table)
    flat = torch.as_tensor(contexts).to(words.dtype).reshape(-1, words.shape[1])
    size = max(1, _BLOCK // len(words))
    found = torch.cat([torch.logsumexp(block @ words.T, dim=-1) for block in flat.split(size)])
    return found.double().cpu().numpy().reshape(np.shape(contexts)[:-1])


def log_sphere_mean(length: np.ndarray | float, d: int) -> np.ndarray:
    """Ln E exp(<v, c>) for c uniform on the unit sphere in d dimensions and |v| = length, in closed form.

    The paper's Gaussian approximation is length^2 / 2d; the first correction is -length^4 / 4d^2(d + 2).
    """
    return np.log(hyp0f1(d / 2, np.square(length) / 4))


def mean_partition(vectors: np.ndarray) -> float:
    """Mean of Z_c over c uniform on the unit sphere, exact for the given vectors (n, d)."""
    return float(np.exp(log_sphere_mean(np.linalg.norm(vectors, axis=1), vectors.shape[1])).sum())


def expected_spread(scales: np.ndarray) -> float:
    """Relative standard deviation of Z_c over contexts for isotropic words, to leading order in their number n.

    Z_c is a sum of n independent terms exp(s_w x_w), x_w Gaussian: the spread falls as n^-1/2, whatever d is.
    """
    mean, square = np.exp(scales**2 / 2).sum(), (np.exp(2 * scales**2) - np.exp(scales**2)).sum()
    return float(np.sqrt(square) / mean)


def share_within(log_Z: np.ndarray, band: float = 0.1) -> float:
    """Share of contexts whose Z_c is within a relative band of the mean of Z_c."""
    # The largest is taken out first: only ratios matter.
    ratio = np.exp(log_Z - log_Z.max())
    return float((np.abs(ratio / ratio.mean() - 1) <= band).mean())


def share_interval(log_Z: np.ndarray, groups: np.ndarray, band: float = 0.1, seed: int = 0) -> Interval:
    """`share_within`, with an interval by bootstrap over groups of contexts (N,), the mean of Z_c included."""
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    Z = np.exp(log_Z - log_Z.max())

    def share(weights: np.ndarray) -> np.ndarray:
        each = weights[:, group]
        each = each / each.sum(axis=1, keepdims=True)
        return (each * (np.abs(Z / (each @ Z)[:, None] - 1) <= band)).sum(axis=1)

    return bootstrap_chains(share, len(names), n_bootstrap=200, seed=seed)


def logit_spread(table: Tensor | np.ndarray, contexts: np.ndarray) -> np.ndarray:
    """Standard deviation over words of the logits <v_w, c>, for each context (N, d), (N,) nats."""
    words = torch.as_tensor(table).float()
    mean = words.mean(0)
    covariance = ((words.T @ words) / len(words) - torch.outer(mean, mean)).numpy()
    return np.sqrt(np.maximum(((contexts @ covariance) * contexts).sum(axis=1), 0.0))


def isotropic_surrogate(table: Tensor | np.ndarray, seed: int) -> Tensor:
    """A table (n, d) whose rows have the lengths of the centred rows of another, and independent random directions."""
    words = torch.as_tensor(table).float()
    length = (words - words.mean(0)).norm(dim=1, keepdim=True)
    directions = torch.randn(words.shape, generator=torch.Generator().manual_seed(seed))
    return length * directions / directions.norm(dim=1, keepdim=True)


def constancy(
    log_Z: np.ndarray, table: Tensor | np.ndarray, contexts: np.ndarray, groups: np.ndarray | None = None
) -> dict[str, float]:
    """How far ln Z_c is from a constant, in the gauges that one common vector reaches.

    Args:
        log_Z: (N,) of the table as it is.
        table: (n, d).
        contexts: (N, d).
        groups: (N,) of the contexts; without it `best_gauge` is not tried.

    Returns:
        `logits`: standard deviation of the logits over words, mean over contexts. Standard deviation of ln Z over
        contexts: `raw`, `centred`, `best gauge` (held-out groups); `if isotropic`, the leading order for random
        directions, from `logits`, NaN where it means nothing, for logits above sqrt(ln n). All in nats. The shares of
        contexts with Z within 10 % of its mean, raw and centred.
    """
    centred = log_Z - contexts @ torch.as_tensor(table).float().mean(0).numpy()
    spread = float(logit_spread(table, contexts).mean())
    leading = expected_spread(np.full(len(table), spread)) if spread**2 < np.log(len(table)) else float("nan")
    return {
        "logits": spread,
        "if isotropic": leading,
        "raw": float(log_Z.std()),
        "centred": float(centred.std()),
        "best gauge": float("nan") if groups is None else float(best_gauge(log_Z, contexts, groups).std()),
        "within 10 %, raw": share_within(log_Z),
        "within 10 %, centred": share_within(centred),
    }


def participation_ratio(variances: np.ndarray) -> float:
    """(sum of variances)^2 / sum of their squares: how many directions carry the variance."""
    variances = np.asarray(variances, dtype=np.float64)
    return float(variances.sum() ** 2 / np.square(variances).sum())


def isotropy(table: Tensor | np.ndarray) -> pd.DataFrame:
    """What a table's singular values say of its directions, as it is and with its mean vector taken out.

    Returns:
        Columns `raw` and `centred`; rows: the length of the mean over the root mean square length of a row, the
        smallest singular value over the root mean square one (1 where all directions are alike), the participation
        ratio over d, and the share of the largest direction.

    Source: Arora et al. 2016 report the second, sigma_min / sigma_rms.
    """
    words = torch.as_tensor(table).float()
    n, d = words.shape
    mean = words.mean(0).double()
    gram = (words.T @ words).double()
    found = {}
    for name, matrix in {"raw": gram, "centred": gram - n * torch.outer(mean, mean)}.items():
        values = torch.linalg.eigvalsh(matrix).clamp(min=0).numpy()
        found[name] = {
            "mean vector / rms length": float(mean.norm() / (gram.trace() / n).sqrt()) if name == "raw" else 0.0,
            "σ min / σ rms": float(np.sqrt(values[0] / values.mean())),
            "participation ratio / d": participation_ratio(values) / d,
            "share of the largest direction": float(values[-1] / values.sum()),
        }
    return pd.DataFrame(found)


def best_gauge(log_Z: np.ndarray, contexts: np.ndarray, groups: np.ndarray, n_folds: int = 5) -> np.ndarray:
    """Ln Z_c less the part that one vector m, added to every word, would take away, on held-out groups.

    Adding m to all words changes no probability and adds <m, c> to ln Z_c. The m (and a constant) that flattens ln Z
    best is a linear regression of ln Z on c; here with a ridge, chosen among the training contexts. What is left is an
    upper bound of what no choice of m removes.

    Args:
        log_Z: (N,).
        contexts: (N, d).
        groups: (N,) contexts of one group are held out together.
        n_folds: sets of groups held out in turn.

    Returns:
        (N,) what is left; its mean is about 0.

    Raises:
        LmphysError: fewer than two groups.
    """
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise LmphysError("all contexts are of one group; a gauge is tested on others, so give at least two")
    regression = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-1, 5, 13)))
    folds = GroupKFold(min(n_folds, n_groups))
    return log_Z - cross_val_predict(regression, contexts, log_Z, groups=groups, cv=folds)
