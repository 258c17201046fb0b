"""What the page has judged."""

from collections.abc import Mapping, Sequence

import numpy as np

from lmphys.book.ledger import Entry
from lmphys.pages.mpemba import bath
from lmphys.pages.mpemba.comparisons import leads, of_runs, visible
from lmphys.pages.mpemba.quenches import HELD_OUT, INTEGRAL, TOKENS, Quenches
from lmphys.pages.mpemba.relaxation import Quench, crossing_share
from lmphys.pages.mpemba.subspace import Run
from lmphys.pages.mpemba.walkers import Ensemble
from lmphys.stats.interval import Interval
from lmphys.stats.mean import mean_interval
from lmphys.stats.splits import pooled

ENOUGH_SEEDS = 3


def lead_of_walkers(cool: Ensemble, hot: Ensemble, at: int, final: float, *, seed: int = 0) -> Interval:
    """Mean loss of the cooler ensemble less that of the hotter one, in units of the final temperature.

    Args:
        cool: an ensemble of the same size as `hot`.
        hot: the other one.
        at: number of the time.
        final: temperature.
        seed: of the resampling of walkers.
    """
    return mean_interval((cool.whole[at] - hot.whole[at]) / final, groups=None, seed=seed)


def river_entries(
    gorge: Quench,
    well: Quench,
    cool: float,
    strong: float,
    temperatures: Mapping[str, np.ndarray],
    walkers: Mapping[str, tuple[Ensemble, Ensemble]],
    *,
    seed: int = 0,
) -> list[Entry]:
    """Crossing of SGD walkers, the strong point, and the single well.

    Args:
        gorge: quench of the gorge and the pool.
        well: quench of a single well.
        cool: temperature of the cooler start.
        strong: the one at which a_2 = 0.
        temperatures: of the starts whose relative entropies are compared, by name of the river.
        walkers: cooler and hotter ensemble by name of the river.
        seed: of intervals.
    """
    late = {name: lead_of_walkers(*both, -1, gorge.final, seed=seed) for name, both in walkers.items()}
    before = lead_of_walkers(*walkers[gorge.river.name], 0, gorge.final, seed=seed)
    ours = late[gorge.river.name]
    third = float(gorge.modes.rates[2])
    shares = {each.river.name: crossing_share(each, temperatures[each.river.name])[0] for each in (gorge, well)}
    return [
        Entry(
            "mpemba.crossing",
            ours,
            {"single well": late[well.river.name], "start of the quench": before},
            f"interval over walkers; {visible(ours)}",
        ),
        Entry(
            "mpemba.strong",
            gorge.late_rate(strong) / third,
            {"a cooler start": gorge.late_rate(cool) / third},
            "no sampling: no interval",
        ),
        Entry(
            "mpemba.single_well",
            shares[well.river.name],
            {"gorge and pool": shares[gorge.river.name]},
            "no sampling: no interval",
        ),
    ]


def quench_entries(found: Sequence[Quenches], *, seed: int = 0) -> list[Entry]:
    """Does the hotter plateau overtake, at equal tokens and at an equal integral of the rate?"""
    lacking = f"number of seeds: {len(found)}, where {ENOUGH_SEEDS} are needed" if len(found) < ENOUGH_SEEDS else ""
    entries = []
    for name, kind in (("mpemba.lm.tokens", TOKENS), ("mpemba.lm.integral", INTEGRAL)):
        start, end = (leads(found, kind, at, seed=seed) for at in (0, -1))
        told = "; ".join(f"{pair}: {visible(one)}" for pair, one in end.items())
        entries.append(
            Entry(name, end, {"start of the quench": start}, f"interval over seeds and windows; {told}", lacking)
        )
    ends = np.mean([one.losses[TOKENS, HELD_OUT][:, -1].mean(axis=-1) for one in found], axis=0)
    best = float(found[0].rates[ends.argmin()])
    entries.append(Entry("mpemba.lm.strong", best, {}, "shown: the plateau rate with the least loss after the quench"))
    return entries


def bath_entries(runs: Sequence[Run], *, lag: int = bath.LAG, seed: int = 0) -> list[Entry]:
    """Covariance, temperature and currents of plain SGD along the sharpest directions."""
    lacking = f"number of seeds: {len(runs)}, where {ENOUGH_SEEDS} are needed" if len(runs) < ENOUGH_SEEDS else ""
    rng = np.random.default_rng(seed)
    note = "interval over seeds"
    ours = of_runs([bath.misfit(run) for run in runs])
    even = of_runs([bath.misfit(run, bath.equal_noise(run)) for run in runs])
    wide = of_runs([bath.spread(bath.measured_temperatures(run)) for run in runs])
    one = of_runs(
        [
            bath.spread(bath.measured_temperatures(bath.imitated(bath.equal_noise(run), seed=seed + i)))
            for i, run in enumerate(runs)
        ]
    )
    halves = pooled([bath.agreement(run.z, lag) for run in runs])
    still = pooled(
        [bath.agreement(bath.imitated(bath.balanced(run), seed=seed + i).z, lag) for i, run in enumerate(runs)]
    )
    shuffled = pooled([bath.agreement(rng.permutation(run.z), lag) for run in runs])
    return [
        Entry("mandt.covariance", ours, {"one temperature for all": even}, f"{note}; {visible(ours)}", lacking),
        Entry("mpemba.bath.one_temperature", wide, {"one temperature, simulated": one}, note, lacking),
        Entry(
            "chaudhari.currents",
            halves,
            {"a reversible bath": still, "updates in shuffled order": shuffled},
            f"{note} and pairs of directions; {visible(halves)}",
            lacking,
        ),
    ]
