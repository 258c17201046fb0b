"""Mixing sources: how the mean state answers when more of one is mixed in, and how it fluctuates without that."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lmphys.core.errors import LmphysError
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.thermo.sources import check_sources
from lmphys.thermo.windows import Windows

_SHARES = 0.4, 0.6
_RESAMPLES = 300


def response_over_fluctuation(
    states: np.ndarray, of_second: np.ndarray, text: np.ndarray, *, dealt: np.ndarray | None = None, seed: int = 0
) -> Interval:
    """Answer of the mean state to mixing two sources, over what its fluctuations predict; 95 % interval over texts.

    A mixture in which the second source has the log odds theta has the mean state m. The answer dm / dtheta is the
    covariance of a window's state with its source, in the mixture itself. The answer is measured as the difference of
    two mixtures of some texts, the covariance in the even mixture of others, both along a direction that third ones
    chose: nothing forces the two to agree but that texts of a source are alike.

    Args:
        states: (W, D) mean states of windows.
        of_second: (W,) whether a window is of the second source.
        text: (W,) number of its text, from 0.
        dealt: (W,) sources dealt out anew, by which the *answer* is measured: a control, 0 but for luck.
        seed: of the parts and the resampling.

    Raises:
        LmphysError: a third lacks one of the sources.
    """
    n_texts = int(text.max()) + 1
    asked = of_second if dealt is None else dealt
    weights = np.concatenate([np.ones((1, n_texts)), chain_weights(n_texts, _RESAMPLES, seed)])[:, text]
    part = _thirds(of_second, text, np.random.default_rng(seed))
    a, b, c = (part == i for i in range(3))
    if not all((chosen & side).any() for chosen, side in _groups((a, b, c), (asked, of_second, of_second))):
        raise LmphysError("too few texts of two sources to part them in three; give three or more of each")
    direction = states[c & of_second].mean(axis=0) - states[c & ~of_second].mean(axis=0)
    along = states @ (direction / np.linalg.norm(direction))
    below, above = (_mixed(along, asked, weights, a, share) for share in _SHARES)
    theta = [np.log(share / (1 - share)) for share in _SHARES]
    second, first = (_mean(along, weights, b & chosen) for chosen in (of_second, ~of_second))
    covariance = 0.25 * (second - first)  # with the source, in the even mixture
    return percentile_interval((above - below) / (theta[1] - theta[0]) / covariance)


def _groups(parts: Sequence[np.ndarray], seconds: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Each part with each of its two sources."""
    return [(part, side) for part, second in zip(parts, seconds, strict=True) for side in (second, ~second)]


def _thirds(of_second: np.ndarray, text: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(W,) part 0, 1 or 2 of each window: whole texts, each source by itself."""
    part = np.zeros(int(text.max()) + 1, int)
    for chosen in (of_second, ~of_second):
        mine = rng.permutation(np.unique(text[chosen]))
        part[mine] = np.arange(len(mine)) % 3
    return part[text]


def _mean(x: np.ndarray, weights: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Weighted means (R,); over all alike where a resample has none of them."""
    own = weights[:, chosen]
    total = own.sum(axis=1)
    return np.where(total > 0, own @ x[chosen] / np.maximum(total, 1e-12), x[chosen].mean())


def _mixed(x: np.ndarray, second: np.ndarray, weights: np.ndarray, part: np.ndarray, share: float) -> np.ndarray:
    """Means (R,) of a mixture in which the second source has a share."""
    return share * _mean(x, weights, part & second) + (1 - share) * _mean(x, weights, part & ~second)


def susceptibility_table(windows: Windows, *, by: str = "source", seed: int = 0, n_permuted: int = 20) -> pd.DataFrame:
    """How strongly the mean state of all texts answers when more of one source is mixed in, a row a source.

    The answer dm / dtheta = lambda (1 - lambda) (mean of the source - mean of the others), lambda its share, is given
    in units of the spread of the mean states of windows; its square is taken between two halves of the texts, so that
    noise adds nothing to it but scatter. Beside it stands what sources that are dealt out anew answer.

    Args:
        windows: that were read.
        by: column that names the source.
        seed: of the halves and the dealing.
        n_permuted: dealings.

    Returns:
        Columns `share`, `susceptibility`, `permuted_high` (its 95th percentile).
    """
    names = check_sources(windows, by)
    full = windows.select((windows.table["full"] & windows.table[by].astype(str).isin(names)).to_numpy())
    _, text = np.unique(full.table["text"].to_numpy(), return_inverse=True)
    source = np.array([names.index(str(name)) for name in full.table[by]])
    first = np.array([source[text == i][0] for i in range(text.max() + 1)])
    spread = float(full.states.var(axis=0).sum())
    rng = np.random.default_rng(seed)
    rows = {}
    for number, name in enumerate(names):
        mine = source == number
        others = [_answer(full.states, (rng.permutation(first) == number)[text], text, rng) for _ in range(n_permuted)]
        rows[name] = {
            "share": float(mine.mean()),
            "susceptibility": _root(_answer(full.states, mine, text, rng) / spread),
            "permuted_high": _root(float(np.quantile(others, 0.95)) / spread),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(by)


def _root(square: float) -> float:
    return float(np.sqrt(max(square, 0.0)))


def _answer(states: np.ndarray, mine: np.ndarray, text: np.ndarray, rng: np.random.Generator) -> float:
    """Squared length of dm / dtheta from the product of two halves, mean over some halvings; noise cancels."""
    share = mine.mean()
    products = []
    for _ in range(4):
        half = np.zeros(int(text.max()) + 1, bool)
        for chosen in (mine, ~mine):
            texts = rng.permutation(np.unique(text[chosen]))
            half[texts[: len(texts) // 2]] = True
        halves = [half[text], ~half[text]]
        first, second = (states[h & mine].mean(axis=0) - states[h & ~mine].mean(axis=0) for h in halves)
        products.append(first @ second)
    return float((share * (1 - share)) ** 2 * np.mean(products))
