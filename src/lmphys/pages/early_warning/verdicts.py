"""What the page `early_warning` wants to be judged, by the rule that was fixed before the numbers."""

import pandas as pd

from lmphys.book import Entry
from lmphys.pages.early_warning.lead_time import LeadTimes
from lmphys.stats.interval import Interval


def gain_entry(
    claim: str, outcome: str, after: int, gains: pd.DataFrame, null: pd.DataFrame, planted: pd.DataFrame
) -> Entry:
    """The gain of surprise and regimes beyond task and length.

    Args:
        claim: its id.
        outcome: name of the outcome.
        after: sentences read.
        gains: from `Study.gains`.
        null: from `Study.nulls`.
        planted: from `Study.planted`.
    """
    mine = gains.loc[outcome]
    line, weights = mine.loc["SLDS"], mine.loc["SLDS, random weights"]
    drawn = null["permuted"].loc[outcome]
    seen = planted.loc[outcome].query("seen >= 0.8").gain
    visible = f"a gain of {seen.min():.2f}" if len(seen) else "no planted gain"
    return Entry(
        claim,
        Interval.of_row(line, "gain"),
        {"no gain": 0.0, "signals of another chain": Interval(*(float(drawn[q]) for q in (0.5, 0.025, 0.975)))},
        f"{outcome}, after {after}; AUROC of the signals alone {line.auroc:.2f}, "
        f"gain with random weights {weights.gain:.3f}, power 80 % for {visible}",
    )


def alone(gains: pd.DataFrame, outcome: str, after: int) -> tuple[Interval, str]:
    """AUROC of surprise and regimes by themselves, and what it is of.

    Args:
        gains: from `Study.gains`.
        outcome: name of the outcome.
        after: sentences read.
    """
    return Interval.of_row(gains.loc[outcome].loc["SLDS"], "auroc"), f"{outcome}, {after} sentences in"


def lead_entries(labelled: str, lead: LeadTimes | None) -> list[Entry]:
    """The mean lead of the alarm minus that of the best other one, paired; none where there are no lead times."""
    if lead is None:
        return []
    line, others = lead.summary.loc["SLDS"], lead.summary.drop("SLDS")
    best = str(others["lead"].idxmax())
    leads = ", ".join(f"{name} {row.lead:.2f}" for name, row in lead.summary.iterrows())
    rates = f"{line.false_alarms:.0%} false alarms, {line.warned:.0%} warned"
    note = f"{labelled}, beside {best}; mean leads: {leads}; {rates}"
    return [Entry("slds.warning.lead_time", Interval.of_row(others.loc[best], "difference"), note=note)]


def sure_gains(gains: pd.DataFrame, after: int) -> str:
    """A line an outcome: the signals whose gain beyond task and length has an interval above 0."""
    lines = []
    for outcome, rows in gains.groupby("outcome", sort=False):
        sure = rows.loc[outcome]
        sure = sure[(sure.gain_low > 0) & (sure.index != "difficulty")]
        told = ", ".join(f"{name} (+{gain:.2f})" for name, gain in sure.gain.items()) or "no signal is sure"
        lines.append(f"{outcome}: beyond task and length, {after} sentences in, {told}")
    return "\n".join(lines)
