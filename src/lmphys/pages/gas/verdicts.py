"""What the page has judged: the thermometer on known temperatures, people beside the model, and the sources."""

from lmphys.book.ledger import Entry
from lmphys.pages.gas.heating import Response
from lmphys.pages.gas.truth import HUMAN, NUCLEUS, PURE, Truth
from lmphys.pages.gas.two_sources import Mixture
from lmphys.stats.interval import Interval
from lmphys.thermo.paths import LINEAR, REGIMES, SHUFFLED
from lmphys.thermo.relative import SINGLE, STATES
from lmphys.thermo.survey import WAYS, Survey

_TEXTS = "interval over texts"


def judge_truth(truth: Truth, response: Response, *, seed: int = 0) -> list[Entry]:
    """Known temperatures, the nucleus, what people wrote, and the answer to heating.

    Args:
        truth: continuations of the same beginnings.
        response: of their energy to heating.
        seed: of intervals.
    """
    states = {name: truth.state(name, seed=seed) for name in truth.sets}
    warm = {name: states[name]["T"] for name in states}
    spread = {name: states[name]["fluctuation"] for name in states}
    expected, off = truth.predicted(seed=seed)
    own, people = PURE[1.0], {"texts of the model at 1": PURE[1.0]}
    naive = warm[NUCLEUS].map(lambda T: T - 1)
    return [
        Entry("gas.temperature.recovered", {PURE[t]: _over(warm[PURE[t]], t) for t in PURE}, {}, _TEXTS),
        Entry(
            "gas.temperature.nucleus",
            off,
            {"were the full law expected": naive},
            f"{_TEXTS}; expected {float(expected.value):.2f}",
        ),
        Entry("gas.temperature.human", warm[HUMAN], dict.fromkeys(people, warm[own]), _TEXTS),
        Entry(
            "gas.response.temperature",
            response.ratio,
            {"scores permuted": response.permuted},
            "interval over beginnings",
        ),
        Entry("gas.fluctuation.own", {PURE[t]: spread[PURE[t]] for t in PURE}, {}, _TEXTS),
        Entry("gas.fluctuation.human", spread[HUMAN], dict.fromkeys(people, spread[own]), _TEXTS),
        Entry("gas.pure.surprise", truth.difference(own, HUMAN, seed=seed), {}, "interval over beginnings"),
        Entry("gas.nucleus.surprise", truth.nearer(NUCLEUS, own, seed=seed), {}, "interval over beginnings"),
    ]


def _over(found: Interval, known: float) -> Interval:
    return found.map(lambda T: T / known)


def judge_sources(gas: Survey, mixture: Mixture, *, seed: int = 0) -> list[Entry]:
    """Sources apart, a mixture of two of them, and the path from window to window.

    Args:
        gas: of texts of several sources.
        mixture: of two of them.
        seed: of intervals.
    """
    entries = [Entry("gas.response.mixture", mixture.ratio, {"sources permuted": mixture.dealt}, _TEXTS)]
    if gas.comparison is not None:
        found = {way: gas.comparison.relative_entropy(way, seed=seed) for way in WAYS}
        beyond = gas.comparison.accuracy(STATES, less=SINGLE, seed=seed).map(lambda x: 100 * x)
        entries += [
            Entry("gas.sources.entropy", found, {"sources permuted": dict(gas.permuted)}, _TEXTS),
            Entry("gas.sources.states_beyond", beyond, {}, _TEXTS),
        ]
    if gas.forecasts is not None:
        table = gas.forecasts
        r2 = {name: Interval.of_row(table.loc[name], "r2") for name in (LINEAR, SHUFFLED)}
        entries.append(Entry("gas.path.order", r2[LINEAR], {SHUFFLED: r2[SHUFFLED]}, _TEXTS))
        if REGIMES in table.index:
            entries.append(Entry("gas.path.switching", Interval.of_row(table.loc[REGIMES], "gain"), {}, _TEXTS))
    return entries
