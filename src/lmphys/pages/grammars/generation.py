"""What the transformers of the page write, beside tables of counts."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.pages.grammars.excess import pooled_percent
from lmphys.pages.grammars.ngrams import NGram
from lmphys.pages.grammars.strings import Strings
from lmphys.pages.grammars.writing import (
    MOST,
    Written,
    add_no_error,
    are_valid,
    diversity,
    halves,
    log_probabilities,
    percent,
    spoilt,
    write,
)
from lmphys.problems.grammar.grammar import Grammar
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled

_NOTHING = np.empty(0, dtype=np.int64)


def from_nothing(models: Sequence[LanguageModel], n: int, *, seed: int = 0) -> list[Written]:
    """Strings of each model, n each, at temperature 1."""
    return [write(model, [_NOTHING] * n, seed=seed + number) for number, model in enumerate(models)]


def of_counts(tables: Mapping[int, NGram], n: int, *, seed: int = 0) -> dict[int, Written]:
    """Strings of each table of counts, n each."""
    return {order: table.write(n, seed, MOST) for order, table in tables.items()}


def from_halves(models: Sequence[LanguageModel], strings: Strings, *, seed: int = 0) -> list[Written]:
    """The second half of each string, written by each model at temperature 1."""
    return [write(model, halves(strings), seed=seed + number) for number, model in enumerate(models)]


def written_table(grammar: Grammar, written: Mapping[str, Sequence[Written]], *, seed: int = 0) -> pd.DataFrame:
    """How well several kinds of writers write.

    Args:
        grammar: of the language.
        written: kind -> what each training of that kind wrote.
        seed: of the resampling.

    Returns:
        A row a kind: `valid` with `low` and `high`, per cent; `surprise`, mean -log P of the valid strings in nats,
        with its ends; `distinct`, share of the valid strings of one training that are different, per cent.
    """
    rows = {}
    for kind, each in written.items():
        log_p = [log_probabilities(grammar, one) for one in each]
        valid = pooled_percent([percent(np.isfinite(one), seed=seed) for one in log_p])
        surprise = pooled([diversity(one, seed=seed) for one in log_p])
        rows[kind] = {
            "valid": valid.value, "low": valid.low, "high": valid.high,
            "surprise": surprise.value, "surprise_low": surprise.low, "surprise_high": surprise.high,
            "distinct": float(np.mean([_distinct(*pair) for pair in zip(each, log_p, strict=True)])),
        }  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index").astype(float)


def valid_difference(grammar: Grammar, more: Sequence[Written], less: Sequence[Written], *, seed: int = 0) -> Interval:
    """Valid strings of some writers less those of others, points; with an interval over strings and trainings."""
    found = []
    for number, of_less in enumerate(less):
        one, other = (are_valid(grammar, each).astype(float) for each in (more[min(number, len(more) - 1)], of_less))
        found.append(mean_interval(100 * (one - other), groups=None, seed=seed).map(float))
    return pooled(found)


def after_errors(
    models: Sequence[LanguageModel],
    strings: Strings,
    temperatures: Sequence[float],
    *,
    rate: float = 0.15,
    seed: int = 0,
) -> pd.DataFrame:
    """How models go on after half a string, and after one with replaced words.

    Args:
        models: trainings of one kind.
        strings: whose first halves they read.
        temperatures: of the sampling.
        rate: share of the words that are replaced, of a beginning that is then impossible.
        seed: of replacements and writing.

    Returns:
        `beginning` ("clean" or "spoilt"), `temperature`, and `sound`, the share of continuations that add no error to
        their beginning, per cent, with `low` and `high`.
    """
    grammar = strings.grammar
    clean = halves(strings)
    beginnings = {"clean": clean, "spoilt": spoilt(grammar, clean, rate=rate, seed=seed)}
    rows = []
    for name, begun in beginnings.items():
        for temperature in temperatures:
            found = []
            for number, model in enumerate(models):
                written = write(model, begun, temperature=temperature, seed=seed + number)
                found.append(percent(add_no_error(grammar, begun, written), seed=seed))
            rows.append((name, temperature, *pooled_percent(found)))
    return pd.DataFrame(rows, columns=["beginning", "temperature", "sound", "low", "high"])


def _distinct(written: Written, log_p: np.ndarray) -> float:
    kept = [words for words, ok in zip(written, np.isfinite(log_p), strict=True) if ok and words is not None]
    return 100 * len({words.tobytes() for words in kept}) / len(kept) if kept else np.nan
