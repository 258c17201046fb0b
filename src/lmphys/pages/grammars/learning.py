"""A transformer that learns before the reader's eyes, and strings that it never sees."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from lmphys.lm.model import LanguageModel
from lmphys.pages.grammars.excess import extra_nats, per_token
from lmphys.pages.grammars.models import Model
from lmphys.pages.grammars.ngrams import NGram
from lmphys.pages.grammars.reading import read
from lmphys.pages.grammars.strings import Strings
from lmphys.problems.grammar.source import GrammarDocuments
from lmphys.stats.interval import Interval
from lmphys.training.checkpoint import step_folder
from lmphys.training.recipe import kept_steps
from lmphys.training.tiny.learner import train
from lmphys.training.tiny.recipe import TinyRecipe

_ROWS = 10  # of a loss curve, ten updates each, that are averaged


class Pupil(NamedTuple):
    """A training with held-out strings.

    Attributes:
        recipe: how it was trained.
        losses: its loss curve.
        kept: step -> model spec.
        seen: fresh documents of the strings that it trains on.
        unseen: strings that were held out of its documents.
    """

    recipe: TinyRecipe
    losses: pd.DataFrame
    kept: dict[int, str]
    seen: Strings
    unseen: Strings


def teach(recipe: TinyRecipe, folder: Path, *, steps: int, held_out: float, n_strings: int, seed: int) -> Pupil:
    """Train a shortened recipe, with a share of the strings of the language held out.

    Args:
        recipe: of a transformer on a grammar.
        folder: for the training.
        steps: updates.
        held_out: share of the strings.
        n_strings: that are read afterwards, of each kind.
        seed: of documents and first weights.
    """
    short = replace(recipe, options={**recipe.options, "held_out": held_out}, steps=steps, n_kept=6, seed=seed)
    train(short, folder, device="cpu", progress=False)
    kept = {step: str(step_folder(folder, step)) for step in kept_steps(steps, short.n_kept)}
    source: GrammarDocuments = short.source()
    later = range(steps * short.batch_size, steps * short.batch_size + n_strings)
    seen = Strings(source.grammar, [source.derivation(index).words for index in later])
    other = GrammarDocuments(source.grammar, seed, "test", held_out)
    unseen = Strings(source.grammar, [other.derivation(index).words for index in range(n_strings)])
    return Pupil(short, pd.read_csv(folder / "loss.csv"), kept, seen, unseen)


def progress(pupil: Pupil, *, seed: int = 0) -> pd.DataFrame:
    """Excess over the law of the grammar at each kept step, on strings of which it has seen many, and on unseen ones.

    Returns:
        `tokens`, `strings` ("seen", "unseen"), `excess`, `low`, `high`, nats per token, intervals over strings.
    """
    per_step = pupil.losses["tokens"].iloc[-1] / pupil.recipe.steps
    rows = []
    for step, spec in pupil.kept.items():
        model = LanguageModel(spec, dtype="float32", device="cpu")
        for name, strings in (("seen", pupil.seen), ("unseen", pupil.unseen)):
            found = per_token(extra_nats(read(model, strings).log_p, strings), strings, seed=seed)
            rows.append((step * per_step, name, *map(float, found)))
    return pd.DataFrame(rows, columns=["tokens", "strings", "excess", "low", "high"])


def same_documents(pupil: Pupil, orders: Sequence[int], *, seed: int = 0) -> pd.DataFrame:
    """Excess of tables of counts that were made from the very documents of a training.

    Returns:
        A row an order: `seen` and `unseen` with `seen_low`, ... , nats per token.
    """
    source: GrammarDocuments = pupil.recipe.source()
    documents = range(pupil.recipe.steps * pupil.recipe.batch_size)
    words = [source.derivation(index).words for index in documents]
    longest = NGram(max(orders), source.grammar.n_words).fit(words)
    rows = {}
    for order in orders:
        table = longest.shorter(order)
        found = {
            name: per_token(extra_nats(table.log_p(strings), strings), strings, seed=seed)
            for name, strings in (("seen", pupil.seen), ("unseen", pupil.unseen))
        }
        rows[order] = {
            name + end: float(value)
            for name, interval in found.items()
            for end, value in zip(("", "_low", "_high"), interval, strict=True)
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("order")


def last(progressed: pd.DataFrame, strings: str) -> Interval:
    """Excess at the end of the training."""
    return Interval.of_row(progressed[progressed["strings"] == strings].iloc[-1], "excess").map(float)


def tokens_to_reach(models: Sequence[Model], floor: float, bounds: Sequence[float]) -> pd.DataFrame:
    """Tokens until the loss is within bounds above the entropy, mean over the trainings of a kind.

    Args:
        models: with their loss curves.
        floor: entropy of the language, nats per token.
        bounds: nats per token.

    Returns:
        A row a kind, a column a bound; NaN where a training of the kind never came so near.
    """
    rows: dict[str, list[list[float]]] = {}
    for model in models:
        smooth = model.losses["loss"].rolling(_ROWS, min_periods=1).mean() - floor
        reached = [model.losses["tokens"][smooth < bound].min() for bound in bounds]
        rows.setdefault(model.kind, []).append(reached)
    means = {kind: np.mean(each, axis=0) for kind, each in rows.items()}
    return pd.DataFrame.from_dict(means, orient="index", columns=[f"{bound:g} nats" for bound in bounds])
