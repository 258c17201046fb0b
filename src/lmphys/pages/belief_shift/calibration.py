"""Whether a model's answers to the diagnostic question carry any knowledge, and how biased they are."""

import hashlib
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import expit

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.core.progress import Progress
from lmphys.corpus.store import Shard, ShardStore
from lmphys.lm.model import LanguageModel
from lmphys.lm.sources import identity
from lmphys.pages.belief_shift.query import ORDERS, WORDINGS, Query, column, counterbalanced
from lmphys.pages.belief_shift.reading import Reading
from lmphys.pages.belief_shift.spec import BELIEFS_VERSION, REQUEST, beliefs_home
from lmphys.pages.belief_shift.themes import load_statements
from lmphys.stats.bootstrap import bootstrap_chains
from lmphys.stats.classification import auroc

CONTEXT = "What do people know about everyday things?"
_ASKED_TOGETHER = 32


def ask_statements(
    spec: str,
    *,
    wordings: Sequence[str] = tuple(WORDINGS),
    n_pairs: int | None = None,
    prompt: str = "chat",
    dtype: str = "auto",
    device: str = "auto",
) -> pd.DataFrame:
    """Log odds with which a model calls plain statements true, kept on disk.

    Each is asked by itself, where an answer to a neutral request would begin.

    Args:
        spec: of the model.
        wordings: of the question, names of `WORDINGS`.
        n_pairs: pairs of a true and a false statement; None: all.
        prompt: as in `BeliefSpec`.
        dtype: of the weights.
        device: where it runs.

    Returns:
        `load_statements` with a column `odds.<wording>.<order>` for each way of asking.
    """
    statements = load_statements(n_pairs)
    dtype = resolve_dtype(dtype, resolve_device(device))
    content = [BELIEFS_VERSION, identity(spec), dtype, prompt, CONTEXT, REQUEST, [WORDINGS[w] for w in wordings]]
    digest = json.dumps([*content, list(wordings), statements.to_dict("list")])
    store = ShardStore(beliefs_home() / f"calibration-{hashlib.sha256(digest.encode()).hexdigest()[:20]}")
    with store.locked():
        if not store.has(0):
            model = LanguageModel(spec, dtype=dtype, device=device)
            table = _ask(model, statements, wordings, prompt)
            store.write(0, Shard({}, table, pd.DataFrame()))
    return store.read(0).chains


def _ask(model: LanguageModel, statements: pd.DataFrame, wordings: Sequence[str], prompt: str) -> pd.DataFrame:
    table = statements.copy()
    ways = [(wording, order) for wording in wordings for order in ORDERS]
    queries = {way: [Query.of(model, text, *way) for text in statements["statement"]] for way in ways}
    room = max(len(query.ids) for asked in queries.values() for query in asked)
    context = Reading(model, [model.prompt_ids(REQUEST.format(question=CONTEXT), prompt)], room=room)
    with Progress(f"{model.spec} on plain statements", len(ways), unit="ways of asking") as bar:
        for way, asked in queries.items():
            sizes = np.array([len(query.ids) for query in asked])
            found = np.empty(len(asked))
            for size in np.unique(sizes):  # questions of one length need no padding
                rows = np.flatnonzero(sizes == size)
                for some in np.array_split(rows, -(-len(rows) // _ASKED_TOGETHER)):
                    found[some] = context.copies(len(some)).ask([asked[i] for i in some])
                    bar.tokens(int(size) * len(some))
            table[column(*way)] = found
            bar.advance()
    return table


def neutral_offset(table: pd.DataFrame) -> dict[str, float]:
    """For each wording the mean log odds, counterbalanced, of the neutral statements.

    Subtracted, it gives them a belief of 1/2 (for the mean of the log odds).
    """
    neutral = table[table["kind"] == "neutral"]
    return {wording: float(counterbalanced(neutral, wording).mean()) for wording in asked_wordings(table)}


def asked_wordings(table: pd.DataFrame) -> list[str]:
    """Wordings that a table has columns of."""
    return [wording for wording in WORDINGS if column(wording, next(iter(ORDERS))) in table]


def knowledge(table: pd.DataFrame, *, seed: int = 0, n_bootstrap: int = 1000) -> pd.DataFrame:
    """How well the answers tell true from false, and how biased they are, for every way of asking.

    Args:
        table: of `ask_statements`.
        seed: of the resampling.
        n_bootstrap: resamplings of whole pairs.

    Returns:
        Indexed by `wording` and `order`, of which `both` is counterbalanced: `auroc`, the probability that a true
        statement is believed more than a false one, with a 95 % interval `low`, `high` over pairs; `neutral`, the
        belief in a neutral statement before calibration; `says_true`, the share of all statements that are called
        true before calibration.
    """
    decided = table[table["kind"] != "neutral"]
    neutral = (table["kind"] == "neutral").to_numpy()
    is_true = (decided["kind"] == "true").to_numpy()
    pair = pd.factorize(decided["id"])[0]
    one_fold = np.zeros(len(pair), dtype=int)
    rows = {}
    for wording in asked_wordings(table):
        ways = {order: table[column(wording, order)].to_numpy(float) for order in ORDERS}
        ways["both"] = counterbalanced(table, wording)
        for order, odds in ways.items():
            score = odds[~neutral]

            def statistic(weights: np.ndarray, score: np.ndarray = score) -> np.ndarray:
                return auroc(score, is_true, weights, pair, one_fold)

            area = bootstrap_chains(statistic, int(pair.max()) + 1, n_bootstrap=n_bootstrap, seed=seed)
            rows[(wording, order)] = {
                "auroc": float(area.value),
                "low": float(area.low),
                "high": float(area.high),
                "neutral": float(expit(odds[neutral].mean())),
                "says_true": float((odds > 0).mean()),
            }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["wording", "order"])
