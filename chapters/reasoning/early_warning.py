# %% [markdown]
# (early-warning)=
# # Early warning
#
# A chain of thought is being written. Three sentences are there. Will it end wrong? This page gives the first sentences
# of many chains to a forecaster that has seen other questions, and asks how much better it does with a signal from the
# hidden states than with what anyone knows: the task, and how long the sentences are.
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
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
labelled: str = "reasoner"  # a second model, whose sentences have labels
prefixes: list[int] = [1, 2, 3, 4, 6, 8]  # numbers m of sentences read
after: int = 3  # the m at which the claims are judged
rank: int = 10  # dimension k of the switching model
n_regimes: int = 4  # number of regimes K
n_folds: int = 5  # folds of questions
false_alarms: float = 0.1  # share of good chains in which an alarm may ring

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from lmphys import book, corpus
from lmphys.pages import early_warning as analysis

book.use_style()

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
control_of = {name: corpus.control_of(name) for name in (model, labelled)}
states = {
    name: corpus.build_corpus(
        corpus.default_spec(
            name, profile, prompt=prompt, max_tokens=max_tokens, layer=layer, seed=seed
        )
    ).trajectories()
    for name in dict.fromkeys([*control_of, *control_of.values()])
}
outcomes = analysis.outcomes_of(states, model, labelled)
derailed = outcomes[f"derailment, {labelled}"]
reads = sorted({*prefixes, after})

# %% [markdown]
# The number at risk falls with $m$, and so does what can be learned. Those that are left are no random sample either:
# the short chains are gone. The share with the event shows whether that matters.

# %%
risk = analysis.at_risk(outcomes, reads)
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
reader = analysis.PrefixSignals(rank, n_regimes, seed=seed)
signals_of = {
    name: analysis.prefix_signals(chains, span, reader, n_folds=n_folds, seed=seed)
    for name, chains in states.items()
}
signals = {
    name: analysis.join(signals_of[name], {"random weights": signals_of[control]})
    for name, control in control_of.items()
}

# %% [markdown]
# Not every corpus has every signal:

# %%
there = {name: analysis.candidates(found) for name, found in signals.items()}
pd.DataFrame(
    {name: [g in found for g in analysis.GROUPS] for name, found in there.items()},
    index=list(analysis.GROUPS),
)

# %% [markdown]
# ## Who can tell, and when?
#
# The score is AUROC: take a chain that will have the event and one that will not; how often does the first get the
# higher probability? Half the time is chance. Both chains come from the same fold, as other folds have other fits.

# %% mystnb={"figure": {"name": "fig-warning-auroc", "caption": "How well the outcome can be told after m sentences, on held-out questions. Top: by task and length (dashed, with its 95 % interval as a band), and by signals alone. Middle: what a signal adds to task and length, with paired 95 % intervals over questions. Bottom: chains at risk, and those of them that have the event (dark). A signal warns where its bar in the middle row lies above 0."}} tags=["hide-input"]
study = analysis.Study(outcomes, signals, reads, after, seed=seed)
analysis.auroc_figure(study, risk);

# %% [markdown]
# ## What a signal adds
#
# Now one place in the chain, fixed beforehand by the parameter `after`. `auroc` is that of the signals alone, `gain`
# what they add to task and length, with a paired interval: both are scored on the same resampled questions. By the rule
# of the ledger a gain counts above `least seen`, half the width of that interval.

# %%
gains = study.gains()
gains.round(3)

# %% [markdown]
# Two nulls for the signals of the switching model. *Permuted*: each chain gets the signals of another chain of its task,
# so that task and length keep what they know, and the signals have nothing to add. *Shuffled*: the outcomes are permuted
# among the chains, and the signals alone must predict them. The whole procedure is repeated each time. A base that knows
# nothing may score below one half on held-out questions, as what it learned was noise; a gain over it can be made of
# nothing. So the permuted null stands beside 0.

# %%
draws = 10 if profile == "smoke" else 50
null = study.nulls(draws)
null.round(3)

# %% [markdown]
# And how large must a gain be to be seen with so few chains? Plant a signal, the outcome plus noise: one column, as
# clean as signals can be. `seen` is the share of draws in which its gain lies above 0 by more than half the width of
# its interval. Weaker signals may exist, and are missed here.

# %%
planted = study.planted(draws // 2)
planted.round(3)

# %% mystnb={"figure": {"name": "fig-warning-gain", "caption": "What signals add to task and length, after the number of sentences at which the claims are judged. Lines: paired 95 % intervals over questions. Grey band: 95 % of the gains of the switching model's signals when permuted among the chains of a task. A warning lies to the right of 0 and of the band; hollow markers are random weights that read the same text."}} tags=["hide-input"]
analysis.gain_figure(gains, null);

# %% [markdown]
# ## The same question, twice
#
# Some questions are harder than others, and a state may know no more than which question it is about. Compare then
# only chains of one task, or even of one question: four chains, the same words asked, some right and some wrong.
# Difficulty, known or not, cannot help there.

# %%
study.of_one()

# %% [markdown]
# And task by task, with the signals of the switching model beside task and length, where there are five chains of both
# kinds or more:

# %%
by_task = study.by_task()
by_task.round(2) if len(by_task) else "no task has five chains of both kinds"

# %% [markdown]
# ## When it says 70 per cent
#
# AUROC only asks for the order. A probability should also mean what it says: of the chains with a forecast of 0.7, seven
# in ten should fail. The {term}`Brier score` is the mean squared error of the probabilities; its *skill* is the share
# that a forecast saves of the error of the base rate of the training questions, and `beyond_skill` the share that it
# saves of the error of task and length. Below 0 it does harm: it has learned what does not hold on other questions.

# %%
study.skill().round(3)

# %% mystnb={"figure": {"name": "fig-warning-reliability", "caption": "Reliability: how often the outcome came among chains with about the same forecast (five groups of equal size), with 95 % intervals over questions. On the diagonal a probability means what it says. Points close together on a horizontal line are a forecast that knows little more than the base rate."}} tags=["hide-input"]
analysis.reliability_figure(study);

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
lead = analysis.alarm_leads(signals[labelled], derailed, rate=false_alarms, seed=seed)
lead.summary.round(3) if lead else None

# %% mystnb={"figure": {"name": "fig-warning-lead", "caption": "Share of derailments that were announced so many sentences ahead, or more. All alarms ring in equally many chains that do not derail. Band: 95 % interval over questions. The distance between the line of the switching model and the others is what its signals buy."}} tags=["hide-input"]
analysis.lead_figure(lead);

# %% [markdown]
# ## Verdict
#
# The rule was fixed before the numbers: the whole interval of the gain of surprise and regimes beyond task and length must
# lie above 0 and above the same with permuted signals; and the whole interval of the mean lead minus that of the best
# other alarm above 0. The chains are the same for both alarms, so that the difference is known better than either.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/early_warning", model=model, profile=profile)
wrong, derails = f"wrong answer, {model}", f"derailment, {labelled}"
judged = {"slds.warning.wrong_answer": wrong, "slds.warning.derailment": derails}
ledger.record_all(
    analysis.gain_entry(claim, name, after, gains, null, planted)
    for claim, name in judged.items()
)
ledger.record_all(analysis.lead_entries(labelled, lead))
ledger.measure("warning.auroc", *analysis.alone(gains, wrong, after))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "A few sentences into a chain, surprise and regimes add "
    "{slds.warning.wrong_answer} to the AUROC with which task and length tell a wrong "
    "answer: {slds.warning.wrong_answer:verdict}. For a derailment they add "
    "{slds.warning.derailment}: {slds.warning.derailment:verdict}. An alarm on them "
    "rings {slds.warning.lead_time} sentences earlier on average than the best alarm "
    "that does not look at the states: {slds.warning.lead_time:verdict}."
)

# %% tags=["hide-input"]
print(analysis.sure_gains(gains, after))

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
# ```{exercise} In time, or hindsight?
# :label: early_warning-hindsight
# Leave the chains that have derailed already among those at risk. How well can a derailment "be predicted" after eight
# sentences then? Compare with the honest number.
# ```
#
# ```{solution-start} early_warning-hindsight
# :class: dropdown
# ```

# %% tags=["solution"]
state = {"state": ([], ["state"])}
rows = {}
for label, place in (("honest", derailed.place), ("hindsight", None)):
    table = analysis.forecast(
        signals[labelled], derailed.event, 8, state, place=place
    )
    score = analysis.discrimination(table, ["state"]).loc["state"]
    rows[label] = {"chains": len(table), **score}
pd.DataFrame(rows).T.round(2)

# %% [markdown]
# In hindsight there are more chains, and many of their events are already on the page: a state that stands astray is
# told from one that does not, which is no forecast. Where too few chains are that long there is no number.
# ```{solution-end}
# ```
#
# ```{exercise} The fraction that knows the length
# :label: early_warning-fraction
# Suppose that a chain is read up to one half, whatever its length. Show that the number of sentences read then predicts
# the outcome as well as the length of the whole chain does. How well is that, here?
# ```
#
# ```{solution-start} early_warning-fraction
# :class: dropdown
# ```
# Half the length has the same order as the length, up to rounding, so it has the same AUROC, without a look at any
# sentence.

# %% tags=["solution"]
for name, outcome in outcomes.items():
    if 0 < outcome.event.sum() < len(outcome.event):
        lengths = outcome.traj.lengths
        whole, half = (roc_auc_score(outcome.event, x) for x in (lengths, lengths // 2))
        print(f"{name}: length {whole:.3f}, half of it {half:.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A random alarm
# :label: early_warning-random
# An alarm rings after each sentence with chance $q$. What is its mean lead before a derailment at sentence $n$ (with
# $n$ prefixes at risk), misses counted as 0? What is it for $q \to 1$, and for small $q$?
# ```
#
# ```{solution-start} early_warning-random
# :class: dropdown
# ```
# It first rings after sentence $m$ with chance $q (1-q)^{m-1}$, and then leads by $n - m + 1$:
# $\sum_{m=1}^{n} q (1-q)^{m-1} (n - m + 1) = n - (1-q)\,[1 - (1-q)^n] / q$. For $q \to 1$ it is $n$: it rings at once.
# For small $q$ it is $q\, n (n+1) / 2$: late derailments are announced earlier, by luck. The mean of a whole number is
# the sum of its survival function:

# %% tags=["solution"]
q, n = 0.1, 6
ahead = range(1, n + 1)
last = np.array([n])
chances = [analysis.random_survival(np.array([q]), last, last, j)[0, 0] for j in ahead]
print(sum(chances), n - (1 - q) * (1 - (1 - q) ** n) / q)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A better reader
# :label: early_warning-reader
# More dimensions, other numbers of regimes, a later `after`: does any of them warn? How many did you try, and what does
# that do to your interval?
# ```
#
# ```{solution-start} early_warning-reader
# :class: dropdown
# ```

# %% tags=["solution"]
tried = {}
for k, K in ((5, 2), (10, 2)):
    small = analysis.PrefixSignals(k, K, n_init=1)
    found = analysis.prefix_signals(states[model], [after], small, n_folds=3)
    both = {
        "known": (analysis.KNOWN, ()),
        "+ SLDS": (analysis.KNOWN, analysis.GROUPS["SLDS"]),
    }
    wrong = outcomes[f"wrong answer, {model}"].event
    table = analysis.forecast(found, wrong, after, both)
    tried[k, K] = analysis.discrimination(table, ["+ SLDS"], base="known").loc["+ SLDS"]
pd.DataFrame(tried).T.rename_axis(["k", "K"]).round(3)

# %% [markdown]
# Each try is another chance to be lucky. With $n$ tries take intervals of $1 - 0.05/n$, or try on some questions and
# report on others.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: early_warning-model
# `lmphys run reasoning/early_warning --model PATH`, and `--labelled PATH` too if its sentences have labels. Which
# signals are sure to add something, and does the same model with random weights add it as well?
# ```
