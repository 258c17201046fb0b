"""The next token of a language model, cooled from T = 4 to T = 1 by walkers that are weighted by their work."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from lmphys.generative import Annealed, anneal
from lmphys.lm import LanguageModel
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval

HOT, COLD = 4.0, 1.0
LEAST_EFFECTIVE = 100  # walkers


def next_logits(model: LanguageModel, texts: Sequence[str]) -> np.ndarray:
    """(texts, V) logits of the token after each text, nats."""
    ids = [model.prompt_ids(text, "{question}") for text in texts]
    return np.stack([model.read([each])[0].double().detach().cpu().numpy() for each in ids])


def exact_log_ratio(logits: np.ndarray) -> float:
    """ln(Z_1 / Z_4) of one text, with Z_T the sum of e^{logit / T}."""
    return float(logsumexp(logits / COLD) - logsumexp(logits / HOT))


def cool(logits: np.ndarray, n_steps: int, n_walkers: int, rng: np.random.Generator) -> Annealed:
    """Walkers on the tokens (V,), from the law at T = 4 to that at T = 1, 1/T in equal steps.

    Their moves are Metropolis', with proposals from the law at T = 4, whatever the temperature.
    """
    edges = np.cumsum(np.exp(logits / HOT - logsumexp(logits / HOT)))

    def hot() -> np.ndarray:
        return np.minimum(np.searchsorted(edges, rng.random(n_walkers) * edges[-1]), len(logits) - 1)

    def move(x: np.ndarray, beta: float, rng: np.random.Generator) -> np.ndarray:
        new = hot()
        taken = np.log(rng.random(n_walkers)) < (beta - 1 / HOT) * (logits[new] - logits[x])
        return np.where(taken, new, x)

    return anneal(hot(), lambda x, beta: -beta * logits[x], np.linspace(1 / HOT, 1 / COLD, n_steps + 1), move, rng)


def cooled(
    logits: np.ndarray, steps: Sequence[int], *, n_walkers: int = 2000, seed: int = 0
) -> tuple[dict[tuple[int, int], Annealed], pd.DataFrame]:
    """All texts at several speeds.

    Args:
        logits: (texts, V).
        steps: of the cooling.
        n_walkers: of each.
        seed: of the walkers.

    Returns:
        Walkers by text and steps; and a table, a row each: `error` of ln(Z_1 / Z_4), the same of the mean work in place
        of Jarzynski's mean (`mean work`, never above 0 but for chance), and the `effective` walkers.
    """
    rng, found, rows = np.random.default_rng(seed), {}, []
    for text, each in enumerate(logits):
        exact = exact_log_ratio(each)
        for n in steps:
            end = found[text, n] = cool(each, n, n_walkers, rng)
            error, mean = end.log_ratio - exact, -end.work.mean() - exact
            rows.append({"text": text, "steps": n, "exact": exact, "error": error, "mean work": mean})
            rows[-1]["effective"] = end.effective_size
    return found, pd.DataFrame(rows)


def over_texts(table: pd.DataFrame, column: str, *, seed: int = 0) -> Mapping[int, Interval]:
    """Mean over texts by number of steps, with a 95 % interval over texts."""
    return {
        int(n): mean_interval(table.loc[table["steps"] == n, column], groups=None, seed=seed)
        for n in np.unique(table["steps"])
    }
