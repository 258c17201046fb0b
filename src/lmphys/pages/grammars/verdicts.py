"""What the page has judged: rows of the ledger from its tables."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.grammars.excess import largest_ratio, least_ratio
from lmphys.pages.grammars.learning import last
from lmphys.pages.grammars.models import Model
from lmphys.pages.grammars.probe import LAW, LAW_TREE, RANDOM, TRAINED, WINDOW, accuracy, margin
from lmphys.pages.grammars.regimes import REGIMES, SAME_PLACE, SAME_WORD
from lmphys.stats.interval import Interval
from lmphys.stats.splits import pooled

_ENOUGH_TRAININGS, _ENOUGH_TOKENS = 3, 3_500_000
_ENOUGH_HERE = 400_000  # of the training on the page


def lacking(models: Sequence[Model]) -> str:
    """What the trainings of a kind lack to be judged, in words; empty where there are enough, and they are long enough.

    Args:
        models: of all kinds.
    """
    n = min(sum(model.kind == kind for model in models) for kind in {model.kind for model in models})
    tokens = min(int(model.losses["tokens"].iloc[-1]) for model in models)
    if n < _ENOUGH_TRAININGS:
        return f"{n} training of a kind, where {_ENOUGH_TRAININGS} are needed"
    return f"trained on {tokens:,} tokens, where {_ENOUGH_TOKENS:,} are needed" if tokens < _ENOUGH_TOKENS else ""


def excess_entries(
    table: pd.DataFrame,
    drawn: Mapping[str, Sequence[np.ndarray]],
    summed: Mapping[str, Sequence[np.ndarray]],
    *,
    lacks: str = "",
    seed: int = 0,
) -> list[Entry]:
    """How near the transformers come to the law, and which way to know places comes nearer.

    Args:
        table: of `excess_table`, the tables of counts and `uniform words` among its rows.
        drawn: kind -> `extra_nats` of each training.
        summed: kind -> `divergences` of each training.
        lacks: of `lacking`.
        seed: of the resampling.
    """

    def of(kind: str) -> Interval:
        return Interval.of_row(table.loc[kind], "excess").map(float)

    controls = {name: of(name) for name in ("uniform words", "5-gram", "10-gram")}
    found = [Entry("grammar.excess.rotary", of("rotary"), controls, _of_trainings(drawn["rotary"]), lacks)]
    ways = {"drawn": drawn, "summed": summed}
    spread = {"rotary against rotary": {way: largest_ratio(each["rotary"], seed=seed) for way, each in ways.items()}}
    for claim, below in {"sign": "rotary", "ratio": "rotary", "relative": "relative", "uniform": "uniform"}.items():
        ratio = {way: least_ratio(each["absolute"], each[below], seed=seed) for way, each in ways.items()}
        note = f"{_of_trainings(drawn[below])}; the intervals are over strings"
        found.append(Entry(f"grammar.position.{claim}", ratio, spread if claim == "ratio" else {}, note, lacks))
    return found


def generation_entries(
    written: pd.DataFrame, rescue: Interval, by_counts: Interval, *, n: int, lacks: str = ""
) -> list[Entry]:
    """Strings written from nothing.

    Args:
        written: of `written_table`, with rows `rotary`, `none` and `10-gram`.
        rescue: valid strings with Canon layers less those of neither positions nor Canon layers, points.
        by_counts: the same with the 10-gram in place of Canon layers.
        n: strings of a training.
        lacks: of `lacking`.
    """
    valid = {kind: Interval.of_row(written.loc[kind], "valid").map(float) for kind in ("rotary", "none", "10-gram")}
    note = f"{n} strings a training; intervals over strings and trainings"
    return [
        Entry("grammar.generation.canon", rescue, {"10-gram in place of Canon": by_counts}, note, lacks),
        Entry("grammar.generation.rotary", valid["rotary"], {"10-gram": valid["10-gram"]}, note),
        Entry("grammar.generation.none", valid["none"], {}, note),
    ]


def probe_entries(
    hits: Mapping[str, pd.DataFrame],
    areas: Mapping[str, Mapping[str, Interval]],
    *,
    lacks: str = "",
    seed: int = 0,
) -> list[Entry]:
    """What states tell of the tree, by level.

    Args:
        hits: name of a level -> `symbol_hits`.
        areas: name of a level -> reader -> area under the ROC curve for boundaries.
        lacks: of `lacking`.
        seed: of the resampling.
    """
    readers = {
        name: {level: accuracy(each, name, seed=seed) for level, each in hits.items()}
        for name in (TRAINED, RANDOM, WINDOW, LAW_TREE)
    }
    over_nulls = {level: margin(each, TRAINED, (RANDOM, WINDOW), seed=seed) for level, each in hits.items()}
    over_law = {level: margin(each, TRAINED, (LAW, LAW_TREE), seed=seed) for level, each in hits.items()}
    nulls = {name: readers[name] for name in (RANDOM, WINDOW)}
    boundary = {name: {level: each[name] for level, each in areas.items()} for name in (TRAINED, RANDOM, WINDOW)}
    ends = {name: boundary[name] for name in (RANDOM, WINDOW)}
    return [
        Entry("grammar.probe.ancestor", readers[TRAINED], nulls, "", lacks),
        Entry("grammar.probe.margin", over_nulls, {}, "", lacks),
        Entry("grammar.probe.beyond", over_law, {}, "", lacks),
        Entry("grammar.probe.boundary", boundary[TRAINED], ends, "", lacks),
    ]


def noise_entry(errors: pd.DataFrame) -> Entry:
    """How a transformer that was trained on clean strings goes on after a spoilt beginning, at the lowest temperature.

    Args:
        errors: of `after_errors`.
    """
    coldest = errors[errors["temperature"] == errors["temperature"].min()].set_index("beginning")
    sound = {name: Interval.of_row(row, "sound").map(float) for name, row in coldest.iterrows()}
    return Entry("grammar.noise.switch", sound["spoilt"], {"clean beginning": sound["clean"]})


def unseen_entry(progressed: pd.DataFrame, counts: pd.DataFrame) -> Entry:
    """Strings that were held out, to a transformer and to the longest table of counts with the same documents.

    Args:
        progressed: of `progress`.
        counts: of `same_documents`, the 10-gram its last row.
    """
    tokens = int(progressed["tokens"].iloc[-1])
    lacks = "" if tokens >= _ENOUGH_HERE else f"trained on {tokens:,} tokens, where {_ENOUGH_HERE:,} are needed"
    rival = Interval.of_row(counts.iloc[-1], "unseen").map(float)
    controls = {"10-gram, same documents": rival}
    return Entry("grammar.unseen.memory", last(progressed, "unseen"), controls, "one training", lacks)


def pooled_areas(table: pd.DataFrame) -> dict[str, Interval]:
    """Reader -> area under the ROC curve, over its trainings where it has some.

    Args:
        table: of `boundary_areas`.
    """
    each: dict[str, list[Interval]] = {}
    for name, row in table.iterrows():
        each.setdefault(str(name).split(", training")[0], []).append(Interval.of_row(row, "auroc").map(float))
    return {reader: pooled(found) if reader in (TRAINED, RANDOM) else found[0] for reader, found in each.items()}


def _of_trainings(each: Sequence[np.ndarray]) -> str:
    return f"{len(each)} training{'s' if len(each) > 1 else ''} of a kind"


def regime_entry(trained: Mapping[str, Interval], untrained: Mapping[str, Interval], *, lacks: str = "") -> Entry:
    """Regimes of the states of a trained transformer beside the symbols above the words.

    Args:
        trained: of `followed`.
        untrained: the same of random weights.
        lacks: of `lacking`.
    """
    controls = {name: trained[name] for name in (SAME_PLACE, SAME_WORD)} | {RANDOM: untrained[REGIMES]}
    return Entry(
        "grammar.regimes.ancestor", trained[REGIMES], controls, "the level next to the words; one training", lacks
    )
