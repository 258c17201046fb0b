"""What the page has judged: walkers in a valley, their cooling, and a language model."""

from collections.abc import Sequence
from functools import partial

import pandas as pd

from lmphys.book.ledger import Entry
from lmphys.pages.thermal_laws import drops, river
from lmphys.pages.thermal_laws.cooling import against_others
from lmphys.pages.thermal_laws.experiments import HELD_OUT, TRAINED
from lmphys.pages.thermal_laws.record import Recorded
from lmphys.stats.interval import Interval

ENOUGH_SEEDS = 3
_NO_SAMPLING = "exact recursion: no sampling, no interval"


def judge_walkers(
    shares: pd.DataFrame, relaxed: dict[float, Interval], drifts: tuple[Interval, Interval]
) -> list[Entry]:
    """Equipartition, conduction and the entropic force.

    Args:
        shares: of `equipartition`.
        relaxed: by sharpness, of `relaxation`.
        drifts: of a narrowing valley, and of an even one.
    """
    sgd, sign = ({f"a = {a}": row[kind] for a, row in shares.iterrows()} for kind in ("sgd", "sign"))
    note = "interval over walkers"
    closed = ", ".join(f"{value:.3f}" for value in shares["closed form"])
    return [
        Entry("ntl.toy.equipartition", sgd, {}, f"{note}; closed form at this rate: {closed}"),
        Entry("ntl.toy.sign", sign, {}, note),
        Entry("ntl.toy.conduction", {f"a = {a}": found for a, found in relaxed.items()}, {}, note),
        Entry("ntl.toy.entropic", drifts[0], {"valley of even width": drifts[1]}, note),
    ]


def judge_cooling(one: pd.DataFrame, many: pd.DataFrame, n: int) -> list[Entry]:
    """Is 1/t the best decay, with one sharpness and with many?

    Args:
        one: of `one_sharpness`.
        many: of `many_sharpnesses`.
        n: updates at which both are judged.
    """
    entries = []
    for claim, table in (("ntl.toy.inverse_t", one), ("ntl.toy.spectrum", many)):
        ours, constant = against_others(table, n)
        entries.append(Entry(claim, ours, {"constant rate": constant}, _NO_SAMPLING))
    return entries


def judge_model(records: Sequence[Recorded], looks: pd.DataFrame, n_weights: int, *, seed: int = 0) -> list[Entry]:
    """The language model.

    Args:
        records: of the seeds.
        looks: shares of the movement, of `river.recorded`.
        n_weights: of the model.
        seed: of intervals.
    """
    batches = [record for record in records if record.has(drops.BATCHES)]
    n, m = len(records), len(batches)
    lacking = "" if n >= ENOUGH_SEEDS else f"{n} seeds, where {ENOUGH_SEEDS} are needed"
    note = f"interval over {n} seeds and the texts"
    slopes = {
        drops.STEPS: drops.exponent(records, drops.ANNEALS, seed=seed),
        drops.EQUAL_CLOCK: drops.exponent(records, drops.ANNEALS, clock=True, seed=seed),
    }
    ratios = {f"η = {name}": row["ratio"] for name, row in drops.heat(records, drops.ANNEALS, seed=seed).iterrows()}
    both = (TRAINED, HELD_OUT)
    best = {kind: drops.inverse_less_best(records, texts=kind, seed=seed) for kind in both}
    root = {
        kind: drops.over_seeds(records, partial(drops.above, shape="1 - sqrt", other="linear", texts=kind), seed=seed)
        for kind in both
    }
    plateau = {kind: drops.hot_less_cool(records, texts=kind, seed=seed) for kind in both}
    second = {kind: drops.least(records, texts=kind, seed=seed) for kind in both}
    share = max(found.value for found in ratios.values())
    return [
        Entry("ntl.lm.slope", slopes, {}, note, lacking),
        Entry("ntl.lm.prediction", ratios, {}, note, lacking),
        Entry(
            "ntl.lm.batch",
            drops.exponent(batches, drops.BATCHES, seed=seed),
            {},
            f"interval over {m} seeds and the texts",
        ),
        Entry(
            "ntl.lm.inverse_t",
            {kind: found for kind, (found, _) in best.items()},
            {"constant rate": {kind: constant for kind, (_, constant) in best.items()}},
            f"{note}; shapes chosen on half of the texts",
            lacking,
        ),
        Entry("ntl.lm.second_law", second, {}, f"{note}; the time is chosen on half of the texts", lacking),
        Entry("ntl.lm.hot_plateau", plateau, {}, note, lacking),
        Entry("hagele.sqrt", root, {}, note, lacking),
        Entry(
            "ntl.lm.river",
            river.confined(looks, "sharp"),
            {"random directions": river.confined(looks, "random")},
            f"interval over {looks['seed'].nunique()} seeds",
        ),
        Entry("ntl.lm.valley_directions", share * n_weights, {}, "largest share of the bound, times the weights"),
    ]
