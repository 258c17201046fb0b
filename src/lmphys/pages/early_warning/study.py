"""All forecasts of the page and their scores: signals alone, beside task and length, and beside their nulls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lmphys.pages.early_warning.forecast_scores import WITHIN, brier, chance, discrimination, planted_gains
from lmphys.pages.early_warning.forecasts import GROUPS, KNOWN, candidates, forecast
from lmphys.pages.early_warning.outcomes import Outcome
from lmphys.pages.early_warning.signals import Signals

# Signals whose score is followed along the chain; the others are tried at one place.
CURVES = ("SLDS", "entropy", "state")
_ALONG = ("known", *CURVES, *(f"+ {group}" for group in CURVES))
_SAME = ("known", "SLDS", "entropy", "state", "all of these", "SLDS, random weights")
_CALIBRATED = ("task", "known", "+ SLDS", "+ entropy", "+ state", "+ all of these")
# Chains of both kinds without which a task has no score of its own.
_LEAST = 5


@dataclass(frozen=True, eq=False)
class Study:
    """Forecasts of several outcomes after several numbers of sentences.

    Attributes:
        outcomes: by name.
        signals: model -> signals of its chains.
        reads: numbers m of sentences read, `after` among them.
        after: the m at which the claims are judged.
        seed: of resamplings and nulls.
    """

    outcomes: Mapping[str, Outcome]
    signals: Mapping[str, Signals]
    reads: Sequence[int]
    after: int
    seed: int = 0

    @cached_property
    def forecasts(self) -> dict[tuple[str, int], pd.DataFrame]:
        """(outcome, m) -> held-out probabilities, as `forecast` returns them."""
        found = {}
        for name, outcome in self.outcomes.items():
            signals = self.signals[outcome.model]
            models = candidates(signals)
            for m in self.reads:
                chosen = {n: v for n, v in models.items() if m == self.after or n in _ALONG}
                found[name, m] = forecast(signals, outcome.event, m, chosen, place=outcome.place)
        return found

    @cached_property
    def scores(self) -> pd.DataFrame:
        """Rows (outcome, m, forecast): AUROC and gain over task and length, as `discrimination` returns them."""
        models = {name: list(candidates(signals)) for name, signals in self.signals.items()}
        found = {}
        for (name, m), table in self.forecasts.items():
            columns = [n for n in models[self.outcomes[name].model] if n in table]
            found[name, m] = discrimination(table, columns, base="known", seed=self.seed)
        return pd.concat(found, names=["outcome", "m"])

    def gains(self) -> pd.DataFrame:
        """What each signal knows at the place of the claims.

        Returns:
            Rows (outcome, signal): `auroc`, `low`, `high` of the signals alone; `gain`, `gain_low`, `gain_high` beyond
            task and length; and `least seen`, half the width of the interval of the gain.
        """
        parts = {}
        for name in self.outcomes:
            table = self.scores.xs(name).xs(self.after)
            here = [group for group in GROUPS if group in table.index]
            alone = table.loc[here, ["auroc", "low", "high"]]
            beside = table.loc[[f"+ {group}" for group in here]].filter(like="gain")
            parts[name] = alone.join(beside.set_axis(here))
        gains = pd.concat(parts, names=["outcome", "signal"])
        return gains.assign(**{"least seen": (gains.gain_high - gains.gain_low) / 2})

    def nulls(self, n_draws: int) -> pd.DataFrame:
        """Quantiles of both nulls of the switching model's signals (`chance`): rows outcomes, columns (null, q)."""
        found = {
            name: chance(
                self.signals[outcome.model],
                outcome.event,
                self.after,
                (KNOWN, GROUPS["SLDS"]),
                place=outcome.place,
                n_draws=n_draws,
                seed=self.seed,
            )
            for name, outcome in self.outcomes.items()
        }
        draws = pd.concat(found, names=["outcome", "draw"]).groupby("outcome", sort=False)
        return pd.DataFrame(draws.quantile(np.array([0.025, 0.5, 0.975])).unstack())

    def planted(self, n_draws: int) -> pd.DataFrame:
        """Which gain would be seen (`planted_gains`): rows (outcome, strength)."""
        found = {
            name: planted_gains(
                self.signals[outcome.model],
                outcome.event,
                self.after,
                KNOWN,
                place=outcome.place,
                n_draws=n_draws,
                seed=self.seed,
            )
            for name, outcome in self.outcomes.items()
        }
        return pd.concat(found, names=["outcome"])

    def of_one(self) -> pd.DataFrame:
        """AUROC among all pairs, pairs of one task and of one question, as text: rows (outcome, forecast)."""
        close = {}
        for name in self.outcomes:
            table = self.forecasts[name, self.after]
            here = [n for n in _SAME if n in table]
            for within in WITHIN:
                close[name, within] = discrimination(table, here, within=within, seed=self.seed)
        text = pd.concat(close, names=["outcome", "pairs of one"]).round(2).astype(str)
        cells = (text.auroc + " [" + text.low + ", " + text.high + "]").unstack("pairs of one")
        return cells[list(WITHIN)].reindex(list(self.outcomes), level="outcome")

    def by_task(self) -> pd.DataFrame:
        """AUROC of task and length, and with the switching model's signals, where both kinds have chains enough."""
        rows = {}
        for name, outcome in self.outcomes.items():
            chains, table = outcome.traj.chains, self.forecasts[name, self.after]
            task = chains["task"].to_numpy()[table.chain] if "task" in chains else table.task
            for label, part in table.groupby(task, sort=False):
                if min(part.event.sum(), (~part.event).sum()) >= _LEAST:
                    score = discrimination(part, ["known", "+ SLDS"], seed=self.seed)
                    rows[name, label] = {
                        "chains": len(part),
                        "events": int(part.event.sum()),
                        "task and length": score.auroc["known"],
                        **score.loc["+ SLDS", ["auroc", "low", "high"]],
                    }
        return pd.DataFrame(rows).T

    def skill(self) -> pd.DataFrame:
        """Brier score and skill over the base rate, and beyond task and length: rows (outcome, forecast)."""
        found = {}
        for name in self.outcomes:
            table = self.forecasts[name, self.after]
            here = [n for n in _CALIBRATED if n in table]
            total = brier(table, here, "base rate", seed=self.seed)
            beyond = brier(table, here, "known", seed=self.seed)
            found[name] = total.join(beyond.drop(columns="brier").add_prefix("beyond_"))
        return pd.concat(found, names=["outcome"]).rename({"known": "task and length"})
