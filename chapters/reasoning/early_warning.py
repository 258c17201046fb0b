# %% [markdown]
# (early-warning)=
# # Early warning
#
# A chain of thought is being written. Three sentences are there. Will it end wrong?
#
# {cite:t}`carson2025` close their abstract with a promise: the framework gives tools to study *and predict* critical
# transitions such as failures of a language model. The nearest that the paper comes to a test is its case study, where
# a final belief under poisoned prompts is predicted (Table 3), from a step that is not stated. Wrong answers and chains
# that lose their way are not tried. The model's own forecast is of the next state (Eq. 10), and one can be good at that
# and blind to the end. So this page tries it.
#
# The rule of the game: after $m$ sentences, $m = 1, 2, 3, \dots$, one may look at these $m$ sentences and at nothing
# else. Not at a fraction of the chain either: whoever knows that a third of it is written knows its length, and long
# chains go wrong more often.
#
# **Against what?** Tasks differ in how often they are failed, and sentences in their length. Both can be had without
# any state. The question is what a signal adds *beyond task and length*.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, folds, starts, nulls and bootstrap
labelled: str = "reasoner"  # a second model, whose sentences have labels
prefixes: list[int] = [1, 2, 3, 4, 6, 8]  # numbers m of sentences read
after: int = 3  # the m at which the claims are judged
rank: int = 10  # dimension k of the switching model
n_regimes: int = 4  # number of regimes K
n_folds: int = 5  # folds of questions
false_alarms: float = 0.1  # share of good chains in which an alarm may ring

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus
from lmphys.pages.early_warning.lead_time import RANDOM, lead_times
from lmphys.pages.early_warning.prefixes import PrefixSignals, derailment, exposure
from lmphys.core.errors import LmphysError
from lmphys.pages.early_warning import forecast_scores, warning

book.use_style()
BLUE, RED, GREEN = book.style.BLUE, book.style.VERMILION, book.style.GREEN

# %% [markdown]
# ## Two models, three outcomes
#
# - A **wrong answer**, of the model of this page and of the `labelled` one. The chain is at risk as long as it has more
#   than $m$ sentences. A small model may state its answer at once and then go on; to read it there is allowed.
# - A **derailment**, of the labelled model: the first sentence whose label says that the chain now stands elsewhere than
#   a right one would (`astray`). Without labels it is the first sentence that repeats an earlier one, a loop. Running
#   into the limit of tokens counts as well, after the last sentence. A chain that has derailed before sentence $m$ is
#   no longer at risk: what has happened cannot be predicted.

# %%
def chains_of(name):
    return corpus.build_corpus(
        corpus.default_spec(name, profile, seed=seed)
    ).trajectories()


states = {name: chains_of(name) for name in dict.fromkeys((model, labelled))}
wrong = {name: ~chains.chains.correct.to_numpy(bool) for name, chains in states.items()}
place = derailment(states[labelled])
reads = sorted({*prefixes, after})
outcomes = {
    f"wrong answer, {model}": (model, wrong[model], None),
    f"wrong answer, {labelled}": (labelled, wrong[labelled], None),
    f"derailment, {labelled}": (labelled, np.isfinite(place), place),
}

# %% [markdown]
# The number at risk falls with $m$, and so does what can be learned. Those that are left are no random sample either:
# the short chains are gone. The share with the event shows whether that matters.

# %%
rows = []
for outcome, (name, event, at) in outcomes.items():
    at_risk = exposure(states[name], at)
    for m in reads:
        here = event[at_risk >= m]
        rows.append((outcome, m, len(here), here.mean() if len(here) else np.nan))
columns = ["outcome", "m", "chains at risk", "share with the event"]
risk = pd.DataFrame(rows, columns=columns).set_index(["outcome", "m"])
risk.unstack("m").round(2)

# %% [markdown]
# ## The signals
#
# All of them are known when sentence $m$ has ended:
#
# - **SLDS**, what the paper's model has to say: the {term}`surprise` $-\log p(h_{t+1} \mid h_0, \dots, h_t)$ of the steps
#   so far, mean and last; and the probabilities of the regimes of the step that comes next, *before* it is seen.
# - **linear map**: norms of the residuals of one linear map. **jumps**: norms of the steps.
# - **entropy**: the entropy of the distribution from which each token was drawn, and $-\log p$ of the token, in nats per
#   token. They need no states, only the output of the model.
# - **state**: the last state itself, in 40 dimensions, the reference for what a linear reading of the states can learn
#   from so many chains. **first state**: that at the end of the first sentence, the nearest that a corpus has to the
#   question alone.
# - **difficulty**, for problems with known steps: their number, which stands in the question.
# - The same from **random weights** that read the same text. What these know, the words know.
#
# Basis, switching model, linear map and the logistic regression on top are fitted to other questions than those that
# are scored; how strongly signals are damped is chosen on other questions again.

# %%
span = range(1, max(12, *reads) + 1)
settings = PrefixSignals(rank, n_regimes, seed=seed)
signals = {}
for name, chains in states.items():
    own, random = (
        warning.prefix_signals(t, span, settings, n_folds=n_folds, seed=seed)
        for t in (chains, chains_of(corpus.control_of(name)))
    )
    signals[name] = warning.join(own, {"random weights": random})

groups = {
    "SLDS": ["surprise", "regimes"],
    "linear map": ["linear map"],
    "jumps": ["jumps"],
    "entropy": ["entropy"],
    "first state": ["first state"],
    "state": ["state"],
    "difficulty": ["difficulty"],
    "all of these": ["surprise", "regimes", "linear map", "jumps", "entropy", "state"],
    "SLDS, random weights": ["surprise, random weights", "regimes, random weights"],
    "state, random weights": ["state, random weights"],
}
known = ["task", "length"]
models = {
    name: {"base rate": ([], []), "task": (["task"], [])}
    | warning.nested(known, groups, found.names())
    for name, found in signals.items()
}
for name, found in models.items():
    print(f"{name}: without", ", ".join(g for g in groups if g not in found) or "nothing")

# %% [markdown]
# ## Who can tell, and when?
#
# The score is AUROC: take a chain that will have the event and one that will not; how often does the first get the
# higher probability? Half the time is chance. Both chains come from the same fold, as other folds have other fits.

# %%
curves = ("SLDS", "entropy", "state")
lines = ["known", *curves, *(f"+ {g}" for g in curves)]
forecasts, found = {}, {}
for outcome, (name, event, at) in outcomes.items():
    for m in reads:
        chosen = {n: v for n, v in models[name].items() if m == after or n in lines}
        table = warning.forecast(signals[name], event, m, chosen, place=at)
        found[outcome, m] = forecast_scores.discrimination(
            table, list(chosen), base="known", seed=seed
        )
        forecasts[outcome, m] = table
scores = pd.concat(found, names=["outcome", "m"])

# %% mystnb={"figure": {"name": "fig-warning-auroc", "caption": "How well the outcome can be told after m sentences, on held-out questions. Top: by task and length (dashed, with its 95 % interval as a band), and by signals alone. Middle: what a signal adds to task and length, with paired 95 % intervals over questions. Bottom: chains at risk, and those of them that have the event (dark). A signal warns where its bar in the middle row lies above 0."}} tags=["hide-input"]
looks = {"SLDS": (BLUE, "s"), "entropy": (GREEN, "^"), "state": (RED, "D")}
figure, axes = plt.subplots(
    3, len(outcomes), figsize=(9, 7), sharex=True, sharey="row",
    height_ratios=[3, 3, 1.2], layout="constrained", squeeze=False,
)
for (top, middle, bottom), outcome in zip(axes.T, outcomes, strict=True):
    of = scores.loc[outcome].swaplevel().sort_index()
    base = of.loc["known"]
    top.plot(base.index, base.auroc, "o--", color="#222222", label="task and length")
    top.fill_between(base.index, base.low, base.high, color="#222222", alpha=0.12)
    for i, (name, (colour, mark)) in enumerate(looks.items()):
        if name not in of.index:
            continue
        top.plot(of.loc[name].auroc, f"{mark}-", color=colour, label=name)
        more, shift = of.loc[f"+ {name}"], 0.2 * (i - 1)
        middle.plot(more.index + shift, more.gain, mark, color=colour)
        middle.vlines(more.index + shift, more.gain_low, more.gain_high, color=colour)
    here = risk.loc[outcome, "chains at risk"]
    bottom.bar(here.index, here, color="#cccccc")
    bottom.bar(here.index, here * risk.loc[outcome, "share with the event"], color="#555555")
    top.axhline(0.5, color="#888888", linewidth=0.8)
    middle.axhline(0, color="#888888", linewidth=0.8)
    top.set_title(outcome.replace(", ", ",\n"))
    bottom.set_xlabel("sentences read, m")
for ax, label in zip(axes[:, 0], ("AUROC", "gain in AUROC", "chains"), strict=True):
    ax.set_ylabel(label)
drawn = max((ax.get_legend_handles_labels() for ax in axes[0]), key=lambda x: len(x[0]))
figure.legend(*drawn, loc="outside upper center", ncols=4);

# %% [markdown]
# ## What a signal adds
#
# Now one place in the chain, fixed beforehand by the parameter `after`. `auroc` is that of the signals alone, `gain`
# what they add to task and length, with a paired interval: both are scored on the same resampled questions. By the rule
# of the ledger a gain counts above `least seen`, half the width of that interval.

# %%
parts = {}
for outcome in outcomes:
    table = found[outcome, after]
    here = [g for g in groups if g in table.index]
    alone = table.loc[here, ["auroc", "low", "high"]]
    beside = table.loc[[f"+ {g}" for g in here]].filter(like="gain")
    parts[outcome] = alone.join(beside.set_axis(here))
gains = pd.concat(parts, names=["outcome", "signal"])
gains["least seen"] = (gains.gain_high - gains.gain_low) / 2
gains.round(3)

# %% [markdown]
# Two nulls for the signals of the switching model. *Dealt*: each chain gets the signals of another chain of its task, so
# that task and length keep what they know, and the signals have nothing to add. *Shuffled*: the outcomes are dealt out
# anew, and the signals alone must predict them. The whole procedure is repeated each time. A base that knows nothing may
# score below one half on held-out questions, as what it learned was noise; a gain over it can be made of nothing. So
# the dealt null stands beside 0.

# %%
slds = groups["SLDS"]
draws = 10 if profile == "smoke" else 50
nulls = {
    outcome: forecast_scores.chance(
        signals[name], event, after, (known, slds), place=at, n_draws=draws, seed=seed
    )
    for outcome, (name, event, at) in outcomes.items()
}
null = pd.concat(nulls, names=["outcome", "draw"]).groupby("outcome", sort=False)
null = null.quantile([0.025, 0.5, 0.975]).unstack()
null.round(3)

# %% [markdown]
# And how large must a gain be to be seen with so few chains? Plant a signal, the outcome plus noise: one column, as
# clean as signals can be. `seen` is the share of draws in which its gain lies above 0 by more than half the width of
# its interval. Weaker signals may exist, and are missed here.

# %%
planted = {
    outcome: forecast_scores.planted_gains(
        signals[name], event, after, known, place=at, n_draws=draws // 2, seed=seed
    )
    for outcome, (name, event, at) in outcomes.items()
}
planted = pd.concat(planted, names=["outcome"])
planted.round(3)

# %% mystnb={"figure": {"name": "fig-warning-gain", "caption": "What signals add to task and length, after the number of sentences at which the claims are judged. Lines: paired 95 % intervals over questions. Grey band: 95 % of the gains of the switching model's signals when dealt out anew among the chains of a task. A warning lies to the right of 0 and of the band; hollow markers are random weights that read the same text."}} tags=["hide-input"]
figure, axes = plt.subplots(
    1, len(outcomes), figsize=(9, 4.6), sharey=True, sharex=True,
    layout="constrained", squeeze=False,
)
rows = list(groups)[::-1]
for ax, outcome in zip(axes[0], outcomes, strict=True):
    dealt = null.loc[outcome, "dealt"]
    ax.axvspan(dealt[0.025], dealt[0.975], color="#dddddd")
    for name, line in gains.loc[outcome].iterrows():
        colour = BLUE if name.startswith("SLDS") else "#222222"
        face = "white" if "random" in name else colour
        y = rows.index(name)
        ax.hlines(y, line.gain_low, line.gain_high, color=colour)
        ax.plot(line.gain, y, "o", color=colour, markerfacecolor=face)
    ax.axvline(0, color="#888888", linewidth=0.9)
    ax.set_title(outcome.replace(", ", ",\n"))
axes[0, 0].set_yticks(range(len(rows)), rows)
figure.supxlabel("gain in AUROC beyond task and length", fontsize=12);

# %% [markdown]
# ## The same question, twice
#
# Some questions are harder than others, and a state may know no more than which question it is about. Compare then
# only chains of one task, or even of one question: four chains, the same words asked, some right and some wrong.
# Difficulty, known or not, cannot help there.

# %%
shown = ["known", "SLDS", "entropy", "state", "all of these", "SLDS, random weights"]
close = {}
for outcome in outcomes:
    table = forecasts[outcome, after]
    here = [n for n in shown if n in table]
    for within in forecast_scores.WITHIN:
        close[outcome, within] = forecast_scores.discrimination(
            table, here, within=within, seed=seed
        )
close = pd.concat(close, names=["outcome", "pairs of one"])
text = close.round(2).astype(str)
(text.auroc + " [" + text.low + ", " + text.high + "]").unstack("pairs of one")[
    list(forecast_scores.WITHIN)
].reindex(list(outcomes), level="outcome")

# %% [markdown]
# And task by task, with the signals of the switching model beside task and length, where there are five chains of both
# kinds or more:

# %%
by_task = {}
for outcome, (name, *_) in outcomes.items():
    chains, table = states[name].chains, forecasts[outcome, after]
    task = chains["task"].to_numpy()[table.chain] if "task" in chains else table.task
    for label, part in table.groupby(task, sort=False):
        if min(part.event.sum(), (~part.event).sum()) >= 5:
            score = forecast_scores.discrimination(part, ["known", "+ SLDS"], seed=seed)
            by_task[outcome, label] = {
                "chains": len(part),
                "events": int(part.event.sum()),
                "task and length": score.auroc["known"],
                **score.loc["+ SLDS", ["auroc", "low", "high"]],
            }
pd.DataFrame(by_task).T.round(2) if by_task else "no task has five chains of both kinds"

# %% [markdown]
# ## When it says 70 per cent
#
# AUROC only asks for the order. A probability should also mean what it says: of the chains with a forecast of 0.7, seven
# in ten should fail. The {term}`Brier score` is the mean squared error of the probabilities; its *skill* is the share
# that a forecast saves of the error of the base rate of the training questions, and `beyond_skill` the share that it
# saves of the error of task and length. Below 0 it does harm: it has learned what does not hold on other questions.

# %%
columns = ["task", "known", "+ SLDS", "+ entropy", "+ state", "+ all of these"]
skill = {}
for outcome in outcomes:
    table = forecasts[outcome, after]
    here = [c for c in columns if c in table]
    total = forecast_scores.brier(table, here, "base rate", seed=seed)
    beyond = forecast_scores.brier(table, here, "known", seed=seed)
    skill[outcome] = total.join(beyond.drop(columns="brier").add_prefix("beyond_"))
pd.concat(skill, names=["outcome"]).rename({"known": "task and length"}).round(3)

# %% mystnb={"figure": {"name": "fig-warning-reliability", "caption": "Reliability: how often the outcome came among chains with about the same forecast (five groups of equal size), with 95 % intervals over questions. On the diagonal a probability means what it says. Points close together on a horizontal line are a forecast that knows little more than the base rate."}} tags=["hide-input"]
figure, axes = plt.subplots(
    1, len(outcomes), figsize=(9, 4), sharey=True, layout="constrained", squeeze=False
)
looks = {"known": ("task and length", "#222222", "o--"), "+ SLDS": ("+ SLDS", BLUE, "s-")}
for ax, outcome in zip(axes[0], outcomes, strict=True):
    for line, (label, colour, style) in looks.items():
        table = forecasts[outcome, after]
        curve = forecast_scores.reliability(table, line, seed=seed)
        ax.plot(curve.forecast, curve.rate, style, color=colour, label=label)
        ax.vlines(curve.forecast, curve.low, curve.high, color=colour, linewidth=1)
    ax.axline((0, 0), slope=1, color="#888888", linewidth=0.8)
    ax.set(xlim=(0, 1), ylim=(0, 1), xlabel="forecast", aspect="equal")
    ax.set_title(outcome.replace(", ", ",\n"))
axes[0, 0].set_ylabel("share with the event")
figure.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=2);

# %% [markdown]
# ## How early does the alarm ring?
#
# Whoever wants to stop a chain before it derails needs an alarm, and pays for it with false ones. One classifier
# watches the chains after every sentence. Its threshold is set on the training questions such that it rings, at any
# time, in a share `false_alarms` of the chains that do not derail. On the held-out questions we count the
# {term}`lead time`: sentences from the alarm to the derailment, 1 if it rings just before, 0 if it does not ring in
# time.
#
# Others are compared with it, at the same share of false alarms on the held-out chains: an alarm that knows task, length
# and place; one that knows the place in the chain alone; and one that rings at random.

# %%
here = [*known, "place"]
alarms = {"SLDS": (here, slds), "task, length and place": (here, [])}
levels = warning.alarm_levels(signals[labelled], place, alarms)
controls = ["task, length and place", "place alone"]
try:
    lead = lead_times(levels, "SLDS", controls, rate=false_alarms, seed=seed)
except LmphysError as reason:
    lead = None
    print(reason)
else:
    too_early = int((place == 0).sum())
    print(f"{lead.events} derailments, {lead.others} chains without one;",
          f"{too_early} derail in the first sentence, before any alarm.")
lead.summary.round(3) if lead else None

# %% mystnb={"figure": {"name": "fig-warning-lead", "caption": "Share of derailments that were announced so many sentences ahead, or more. All alarms ring in equally many chains that do not derail. Band: 95 % interval over questions. The distance between the line of the switching model and the others is what its signals buy."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.5, 3.6))
looks = {
    "SLDS": ("SLDS, task, length and place", BLUE, "s-"),
    "task, length and place": ("task, length and place", "#222222", "o--"),
    "place alone": ("place alone", GREEN, "^:"),
    RANDOM: (RANDOM, "#888888", "x-."),
}
for name, curve in lead.survival.groupby("alarm", sort=False) if lead else ():
    label, colour, style = looks[name]
    ax.plot(curve.ahead, curve.share, style, color=colour, label=label)
    if name == "SLDS":
        ax.fill_between(curve.ahead, curve.low, curve.high, color=colour, alpha=0.15)
ax.set(xlabel="sentences ahead", ylabel="share of the derailments", ylim=(0, None))
if lead:
    ax.legend();

# %% [markdown]
# ## Verdict
#
# The rule was fixed before the numbers: the gain of surprise and regimes beyond task and length must lie above 0 and
# above the same with dealt signals, by more than half the width of its interval; the mean lead above that of each other
# alarm.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/early_warning", model=model, profile=profile)
for claim, outcome in {
    "slds.warning.wrong_answer": f"wrong answer, {model}",
    "slds.warning.derailment": f"derailment, {labelled}",
}.items():
    line, dealt = gains.loc[(outcome, "SLDS")], null.loc[outcome, ("dealt", 0.5)]
    if not np.isfinite([*line, dealt]).all():
        print(f"{outcome}: too few chains of both kinds after {after} sentences.")
        continue
    weights = gains.loc[(outcome, "SLDS, random weights"), "gain"]
    seen = planted.loc[outcome].query("seen >= 0.8").gain
    visible = f"a gain of {seen.min():.2f}" if len(seen) else "no planted gain"
    ledger.record(
        claim,
        Interval.of_row(line, "gain"),
        controls={"no gain": 0.0, "signals of another chain": float(dealt)},
        note=f"{outcome}, after {after}; AUROC of the signals alone {line.auroc:.2f}, "
        f"gain with random weights {weights:.3f}, power 80 % for {visible}",
    )
if lead and np.isfinite(lead.summary.to_numpy()).all():
    line, others = lead.summary.loc["SLDS"], lead.summary.lead.drop("SLDS")
    ledger.record(
        "slds.warning.lead_time",
        Interval.of_row(line, "lead"),
        controls={name: float(value) for name, value in others.items()},
        note=f"{labelled}, {line.false_alarms:.0%} false alarms, {line.warned:.0%} warned",
    )
ledger.show()

# %% tags=["hide-input"]
for outcome in outcomes:
    sure = gains.loc[outcome]
    sure = sure[(sure.gain_low > 0) & (sure.index != "difficulty")]
    print(
        f"{outcome}: beyond task and length, {after} sentences in,",
        ", ".join(f"{n} (+{g:.2f})" for n, g in sure.gain.items()) or "no signal is sure",
    )

# %% [markdown]
# What to take along:
#
# - A forecast of failure is worth what it adds to what is known anyway. Write down that base first; it is often good.
# - Ask at a fixed number of sentences. A fraction of the chain gives its length away, and its length the outcome.
# - What has happened is not predicted. Take chains that have derailed out of the risk, and say how many are left.
# - Random weights read the same words. If they warn as well, the words are the warning.
# - An interval that holds 0 is not "no signal". Plant one, and say how large it had to be.
#
# Intervals cover the choice of questions, given the fits. And {numref}`fig-warning-gain` has some thirty of them, of
# which one or two leave 0 by chance: judged are only the claims that were written down beforehand.

# %% [markdown]
# ## Exercises
#
# (early-warning-exercise)=
# ```{admonition} Exercise 1: in time, or hindsight?
# :class: tip
# Leave the chains that have derailed already among those at risk. How well can a derailment "be predicted" after eight
# sentences then? Compare with the honest number.
# ```
#
# ```{dropdown} Solution
#     name, event, at = outcomes[f"derailment, {labelled}"]
#     for label, risk_until in (("honest", at), ("hindsight", None)):
#         table = warning.forecast(signals[name], event, 8, {"state": ([], ["state"])}, place=risk_until)
#         print(label, len(table), forecast_scores.discrimination(table, ["state"]).round(2).to_dict("records"))
# ```
#
# ```{admonition} Exercise 2: the fraction that knows the length
# :class: tip
# Suppose that a chain is read up to one half, whatever its length. Show that the number of sentences read then predicts
# the outcome as well as the length of the whole chain does. How well is that, here?
# ```
#
# ```{dropdown} Solution
# Half the length has the same order as the length, so it has the same AUROC, without a look at any sentence.
#
#     from sklearn.metrics import roc_auc_score
#     for outcome, (name, event, at) in outcomes.items():
#         if 0 < event.sum() < len(event):
#             print(outcome, round(roc_auc_score(event, states[name].lengths // 2), 3))
# ```
#
# ```{admonition} Exercise 3: a random alarm
# :class: tip
# An alarm rings after each sentence with chance $q$. What is its mean lead before a derailment at sentence $n$ (with
# $n$ prefixes at risk), misses counted as 0? What is it for $q \to 1$, and for small $q$?
# ```
#
# ```{dropdown} Solution
# It first rings after sentence $m$ with chance $q (1-q)^{m-1}$, and then leads by $n - m + 1$:
# $\sum_{m=1}^{n} q (1-q)^{m-1} (n - m + 1) = n - (1-q)\,[1 - (1-q)^n] / q$. For $q \to 1$ it is $n$: it rings at once.
# For small $q$ it is $q\, n (n+1) / 2$: late derailments are announced earlier, by luck.
#
#     from lmphys.pages.early_warning.lead_time import random_survival
#     q, n = np.array([0.1]), np.array([6])
#     print(sum(random_survival(q, n, n, j)[0, 0] for j in range(1, 7)), 6 - 0.9 * (1 - 0.9**6) / 0.1)
# ```
#
# ```{admonition} Exercise 4: a better reader
# :class: tip
# More dimensions, other numbers of regimes, a later `after`: does any of them warn? How many did you try, and what does
# that do to your interval?
# ```
#
# ```{dropdown} Solution
# Each try is another chance to be lucky. With $n$ tries take intervals of $1 - 0.05/n$, or try on some questions and
# report on others.
#
#     for k, K in ((5, 2), (10, 2), (20, 4)):
#         tried = warning.prefix_signals(states[model], [after], PrefixSignals(k, K), n_folds=n_folds)
#         table = warning.forecast(tried, wrong[model], after, warning.nested(known, {"SLDS": slds}, tried.names()))
#         print(k, K, forecast_scores.discrimination(table, ["+ SLDS"], base="known").round(3).to_dict("records"))
# ```
