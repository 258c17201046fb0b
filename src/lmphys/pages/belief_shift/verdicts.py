"""What the page says: sentences that hold whatever comes out, and the rows of the ledger."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from lmphys.book import Entry
from lmphys.book.verdicts import Number
from lmphys.core.trajectories import Trajectories
from lmphys.pages.belief_shift.endings import SIMULATION, by_condition
from lmphys.pages.belief_shift.entries import GREATEST, LEAST
from lmphys.pages.belief_shift.folds import OneStep
from lmphys.pages.belief_shift.gains import HEAVY_NULL, NULL, network_of
from lmphys.pages.belief_shift.shifts import theme_difference
from lmphys.pages.belief_shift.simulated import READ, REAL, SIMULATED, UNDISPLACED, final_beliefs
from lmphys.pages.belief_shift.spec import CONDITIONS, CONTROLS
from lmphys.pages.belief_shift.themes import Theme
from lmphys.stats.interval import Interval

# The models of the paper's Table 3 whose scores are kept beside ours.
_SIZES = ("llama70b", "gemma7b")
_PER_FIGURE = 6  # themes of the paper's Fig. 5


def verdict_on_beliefs(real: pd.Series, control: pd.Series) -> str:
    """One sentence: what the rest of a page can claim, given rows of `knowledge` of the model and of random weights."""
    span = f"AUROC {real['auroc']:.2f} [{real['low']:.2f}, {real['high']:.2f}], random weights {control['auroc']:.2f}"
    if real["low"] <= max(0.5, control["auroc"]):
        return (
            f"The answers do not tell plain truths from plain falsehoods ({span}): what follows is about a number that "
            "the text moves, and not about a belief."
        )
    if real["auroc"] < 0.8:
        return (
            f"The answers tell plain truths from plain falsehoods better than chance, but poorly ({span}): what "
            "follows is about a weak belief, mixed with whatever else moves the answer."
        )
    return f"The answers tell plain truths from plain falsehoods ({span}): what follows is about a belief."


def on_bias(known: pd.DataFrame) -> str:
    """How the belief in statements that nobody can know depends on the way of asking.

    Args:
        known: rows of `knowledge` of one model.
    """
    bias = known["neutral"]
    return (
        f"A statement that nobody can know is believed {bias.min():.2f} to {bias.max():.2f}, depending on how one asks."
    )


def on_poison(shifts: Mapping[str, Interval]) -> str:
    """Whether poison moves the belief in the claim, and what else it moves.

    Args:
        shifts: of `belief_shifts`.
    """
    claim, neutral = shifts["claim"], shifts["neutral"]
    does = "raises" if claim.low > 0 else "lowers" if claim.high < 0 else "does not clearly move"
    return (
        f"Poison {does} the belief in the claim ({claim.value:+.3f} [{claim.low:+.3f}, {claim.high:+.3f}]); "
        f"a neutral statement moves by {neutral.value:+.3f}."
    )


def on_drift(traj: Trajectories, table: pd.DataFrame) -> str:
    """How the belief moves along clean chains, and where a neutral statement ends.

    Args:
        traj: of `BeliefChains.trajectories`.
        table: of `shift_table`.
    """
    start = traj.sentences.loc[traj.sentences["t"] == 0, "belief"].mean()
    clean = table["clean"]
    return (
        f"Along clean chains the belief moves by {clean['claim'] - start:+.3f}; a neutral statement, calibrated to "
        f"0.5 before any chain, ends at {clean['neutral']:.3f}."
    )


def on_regimes(choice: pd.DataFrame, n_regimes: int) -> str:
    """How many regimes each criterion favours.

    Args:
        choice: of `choose_regimes`.
        n_regimes: of the page.
    """
    best = {
        "BIC": choice["bic"].idxmin(),
        "held-out density": choice["held_out"].idxmax(),
        "held-out forecast": choice["r2_h"].idxmax(),
    }
    found = ", ".join(f"{number} by {name}" for name, number in best.items())
    return f"Number of regimes: {found}; the paper's 3; here {n_regimes}."


def on_one_number(found: Mapping[str, Interval], n_regimes: int) -> str:
    """Whether the switching model foresees more than the rule of one number.

    Args:
        found: of `gains`.
        n_regimes: of the model.
    """
    gain = found["SLDS over r h"]
    does = "more" if gain.low > 0 else "less" if gain.high < 0 else "neither more nor less"
    return f"The switching model of {n_regimes} regimes foresees {does} than one number does."


def on_power(tests: pd.DataFrame, shift: Interval) -> str:
    """What the test of simulated final beliefs could have seen, beside what poison did to real ones.

    Args:
        tests: of `compare_endings`.
        shift: of the claim, see `belief_shifts`.
    """
    test = tests.loc[SIMULATION].iloc[0]
    sees = "is just about" if test["detectable"] <= abs(shift.value) else "is not"
    return (
        f"With {test['n']:.0f} chains a side the Kolmogorov–Smirnov test sees shifts of {test['detectable']:.3f}. "
        f"Poison moved real chains by {shift.value:+.3f}, which {sees} within its sight; for anything smaller p says "
        "nothing."
    )


def poison_entry(shifts: Mapping[str, Interval], facts: pd.Series, n_themes: int, lacking: str) -> Entry:
    """Whether poison raises the belief, beside what it does to other statements.

    Args:
        shifts: of `belief_shifts`.
        facts: row of `knowledge` of the model.
        n_themes: of the chains.
        lacking: that the model hardly knows plain facts.
    """
    controls: dict[str, Number] = {"no shift": 0.0, **{name: shifts[name] for name in CONTROLS}}
    note = f"AUROC of plain facts {facts['auroc']:.2f}; over {n_themes} themes"
    return Entry("slds.belief.poison_raises", shifts["claim"], controls, note, lacking)


def forecast_entries(steps: OneStep, found: Mapping[str, Interval]) -> Iterator[Entry]:
    """Whether the switching model forecasts better than one map and than the network, beside what simpler rules gain.

    Args:
        steps: of `one_step`.
        found: of `gains`.
    """
    network = network_of(steps)
    simple = ("one linear map", "r h", f"{network} on r h")
    for over, claim in {"one linear map": "slds_beats_linear", network: "slds_beats_gru"}.items():
        controls: dict[str, Number] = {"no gain": 0.0}
        controls |= {f"{name} instead": steps.gain(name, over) for name in simple if name != over}
        if over == "one linear map":
            controls |= {"chains of one map": found[NULL], "chains of one map with heavy tails": found[HEAVY_NULL]}
        yield Entry(f"slds.belief.{claim}", found[f"SLDS over {over}"], controls)


def simulated_entries(table: pd.DataFrame, lacking: str, *, seed: int = 0) -> Iterator[Entry]:
    """Whether simulated poisoned beliefs end lower than real ones, and whether it takes displacements to shift them.

    Args:
        table: of `scenarios`.
        lacking: that the model hardly knows plain facts.
        seed: of the resampling of themes.
    """
    real, read, made = (by_condition(table, kind) for kind in (REAL, READ, SIMULATED))
    controls: dict[str, Number] = {
        "no difference": 0.0,
        "real states, read out": theme_difference(read["poisoned"], real["poisoned"], seed=seed),
        "clean chains": theme_difference(made["clean"], real["clean"], seed=seed),
    }
    lag = theme_difference(made["poisoned"], real["poisoned"], seed=seed)
    yield Entry("slds.belief.simulated_plateau", lag, controls, lacking=lacking)
    pushed = theme_difference(made["poisoned"], final_beliefs(table, UNDISPLACED, "poisoned"), seed=seed)
    yield Entry("slds.belief.needs_push", pushed, lacking=lacking)


def final_entries(
    found: Mapping[str, Mapping[str, Interval]], steps: OneStep, step: int, lacking: str
) -> Iterator[Entry]:
    """Whether the switching model foresees the final belief better, beside rules that use no states.

    Args:
        found: of `final_gains`; nothing where it is empty.
        steps: of `one_step`, for the name of the network.
        step: from which the end is foreseen.
        lacking: that the model hardly knows plain facts.
    """
    for over, claim in {"one linear map": "final_beats_linear", network_of(steps): "final_beats_gru"}.items():
        if found:
            controls = {f"{rule} instead": found[rule][over] for rule in ("majority", "beliefs so far")}
            yield Entry(f"slds.belief.{claim}", found["SLDS"][over], controls, f"from sentence {step}", lacking)


def regime_entries(
    entered: Mapping[str, Interval], choice: pd.DataFrame, spread: Interval, lacking: str
) -> Iterator[Entry]:
    """What the regimes of belief are: how many, whether poison leads into one, and whether beliefs have two modes.

    Args:
        entered: of `entry_shifts`.
        choice: of `choose_regimes`.
        spread: of `ends_over_middle`.
        lacking: that the model hardly knows plain facts.
    """
    yield Entry("slds.belief.enters_misaligned", entered[GREATEST], {LEAST: entered[LEAST]}, lacking=lacking)
    numbers = {
        "BIC": float(choice.index.to_numpy()[choice["bic"].to_numpy().argmin()]),
        "held-out density": float(choice.index.to_numpy()[choice["held_out"].to_numpy().argmax()]),
    }
    yield Entry("slds.belief.k", numbers, lacking=lacking)
    yield Entry("slds.belief.bimodal", spread, lacking=lacking)


def score_entries(scores: pd.DataFrame, predicted: pd.DataFrame) -> Iterator[Entry]:
    """Scores that the paper has for other models: R^2 of the next state, and accuracy of the final belief.

    Args:
        scores: of `OneStep.scores`.
        predicted: of `final_belief_scores`; the last step is taken.
    """
    network = next(name for name in scores.index if f"{name} on r h" in scores.index)
    methods = {"linear": "one linear map", "gru": network, "slds": "SLDS"}
    step = predicted.index.get_level_values("step")[-1]
    right = predicted.loc[step, "half"]["accuracy"]
    note = f"from sentence {step}; majority {right['majority']:.2f}"
    for size, (short, name) in product(_SIZES, methods.items()):
        yield Entry(f"slds.belief.{size}.{short}_r2", float(scores.loc[name, "r2_h"]))
        yield Entry(f"slds.belief.{size}.{short}_accuracy", float(right[name]), note=note)
    for short in ("linear", "gru"):
        yield Entry(f"slds.belief.{short}_r2_text", float(scores.loc[methods[short], "r2_h"]))


def simulation_entry(tests: pd.DataFrame, other: np.ndarray) -> Entry:
    """The p-value of the Kolmogorov–Smirnov test of simulated final beliefs.

    Args:
        tests: of `compare_endings`.
        other: p-values of `other_draws`.
    """
    test = tests.loc[SIMULATION].iloc[0]
    note = f"detectable shift {test['detectable']:.3f}; other draws {other[0]:.3f} to {other[-1]:.3f}"
    return Entry("slds.belief.ks_p", float(test["p"]), note=note)


def ending_entries(table: pd.DataFrame, themes: Sequence[Theme]) -> Iterator[Entry]:
    """Mean final beliefs by theme and condition, of real and of simulated chains, for the themes of the paper's Fig. 5.

    Args:
        table: of `scenarios`.
        themes: of the chains; the first are those of the figure.
    """
    ways = {"real": by_condition(table, REAL), "slds": by_condition(table, SIMULATED)}
    for theme, condition, way in product(themes[:_PER_FIGURE], CONDITIONS, ways):
        value = float(ways[way][condition][theme.id].mean())
        yield Entry(f"slds.belief.final.{theme.id}.{way}_{condition}", value, note=f"known: {theme.correction}")
