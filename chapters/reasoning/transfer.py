# %% [markdown]
# (transfer)=
# # Does the model of one mind fit another?
#
# Does a model of the motion that was learned from one language model on one task also fit other tasks, and other
# models? We fit it to one set of chains and forecast the held-out chains of another, beside forecasts that know only
# where the other chains are, and beside matches of the coordinates that are drawn at random.
#
# {cite:t}`carson2025` test this in their Tables 1 and 4: a switching model is
# trained on one pair of model and task and forecasts the chains of another. On the own pair it explains some 0.72 of
# the variance of the next state, on another task of the same model some 0.09 less, and on another model again some
# 0.26 less, which is said to be often still better than one linear map.
#
# There is a gap in the story. A state is a list of $D$ numbers, and number 17 of one model has nothing to do with
# number 17 of the next; $D$ itself differs. After a projection both have $k$ coordinates, but these are the principal
# axes of each model, in an order and with signs of its own. **How were the coordinates of two models matched?
# The paper does not say.** So this page asks two questions:
#
# 1. *Across tasks*, in one model: does the law of motion carry over, or only the place where the motion happens?
# 2. *Across models*: how much of the answer is decided by the match of the coordinates alone?
#
# For a physicist: a law of motion found in one laboratory frame is applied in another, and nobody has written down the
# change of frame. For an engineer: a model is tested under domain shift, with the feature columns in unknown order.

# %% tags=["parameters"]
model: str = "smollm2"  # the source: smollm2, reasoner, org/name, or a folder
others: list[str] = []  # targets; none: random weights, and the reasoner (or its base)
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, folds, fits, nulls and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 10  # dimension k: a task has some hundred steps, too few for 40
n_regimes: int = 2  # number of regimes K, for the same reason not 4
n_folds: int = 3  # each question is held out in one of so many folds
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, dynamics, lm
from lmphys.pages import transfer as analysis
from lmphys.pages.transfer import figures, verdicts

book.use_style()

# %% [markdown]
# ## The paper's table, read alone
#
# Before any model of ours, the printed numbers themselves. Each pair of source and target has two scores, $R^2$ and the
# negative log-likelihood (NLL) of the target's chains.

# %%
ledger = book.Ledger.for_page("reasoning/transfer", model=model, profile=profile)
paper = analysis.paper_pairs(ledger.claims)
by_kind = paper.groupby("pair")[["r2", "nll"]].agg(["size", "mean", "min", "max"])
by_kind.loc[list(analysis.KINDS)]

# %% mystnb={"figure": {"name": "fig-transfer-paper", "caption": "The pairs of Table 4 (and one of Table 1) of the paper: negative log-likelihood against variance explained. Two different scores, of eight models and as many tasks, lie on almost one line."}} tags=["hide-input"]
figures.paper(paper);

# %%
sentences = ledger.claims["slds.corpus.sentences_mean"].value
analysis.describe_line(paper, sentences).to_frame()

# %% [markdown]
# Is that surprising? $R^2$ counts squared errors in units of the *target's* spread and weighs the wide directions
# most. The NLL counts them in units of the *source's* noise, direction by direction, and adds what the regimes did not
# expect. Suppose the noise is round, with variance $\sigma^2$ in each of the $k$ coordinates, and the states have
# the mean variance $v$ a coordinate, in the target as in the source. Then
#
# $$ \mathrm{NLL} = \text{const} + \frac{k}{2} \frac{v}{\sigma^2} (1 - R^2), \qquad \frac{\sigma^2}{v} = 1 - R^2_{\text{own}}, $$ (eq-transfer-nll)
#
# a straight line. Its slope for one step stands above, and how many steps make the slope of the table. So a line can be
# had, if *all* models on *all* tasks have round noise, states of one spread, and chains of one length. Raw principal
# coordinates have none of it: norms differ between models, and the first axis is much wider than the fortieth.
# Whitened states would come close. The table thus asks for a normalisation that the text does not mention;
# what it cannot say is whether the two columns were measured independently. Either way the column NLL adds almost
# nothing to the column $R^2$. The same diagram for our chains follows below.
#
# ## Across tasks
#
# Every task in turn is the source, and every task the target. Questions are split into folds; a fold is forecast by
# models that have seen none of its questions, neither as source nor as target nor in the basis. The forecast is the
# honest one ({ref}`forecast-weights`); $R^2$ is that of the next state $h_{t+1}$ in the $k$ coordinates, about the mean
# of the *target's* targets. The states are those after the last normalisation.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
domains, few = analysis.by_task(states, min_questions=n_folds)
print(f"left out, with fewer than {n_folds} questions: {', '.join(few) or 'no task'}")
settings = {"rank": rank, "n_regimes": n_regimes, "n_folds": n_folds, "seed": seed}
matrix = analysis.transfer_matrix(domains, **settings)
sizes = {
    name: (part.chains["question_id"].nunique(), len(part), part.n_transitions)
    for name, part in domains.items()
}
pd.DataFrame.from_dict(sizes, orient="index", columns=["questions", "chains", "steps"])

# %% mystnb={"figure": {"name": "fig-transfer-tasks", "caption": "Variance of the next state explained on the task of the column, by the switching model of the task of the row. Left: as it is. Right: moved by one vector, from the mean state of the source to that of the target. The diagonal is held out as well. Below the line: fitted to all tasks but the target. Colours end at -1 and 1."}} tags=["hide-input"]
figures.tasks(matrix);

# %% [markdown]
# The same forecasts beside those that know less. `shuffled source` is a map fitted to the states of the source
# permuted among its chains: it knows their mean and covariance, and nothing of their order. `mean of source` knows the
# mean alone. Its score has a closed form, $-\norm{\bar y_{\text{source}} - \bar y_{\text{target}}}^2 / V$, the squared
# distance of the two means over the target's variance, summed over the coordinates: it says how far apart the tasks
# *are*, and nothing of how they *move*.

# %%
summary = matrix.summary()
summary[["own", "other", "rest", "drop", "drop_low", "drop_high"]].round(3)

# %% mystnb={"figure": {"name": "fig-transfer-rules", "caption": "Mean over the target tasks of the variance explained, by what the source is: the own task, one other task, all other tasks. Lines: 95 % intervals over questions of the target. Arrows: off the scale."}} tags=["hide-input"]
figures.rules(summary);

# %% tags=["hide-input"]
raw, centred = summary.loc[["switching", "switching, re-centred"], "drop"]
print(f"From the own task to another: {raw:.3f}; with the mean moved: {centred:.3f}")
print(f"In the paper's table: {ledger.claims['slds.transfer.task_drop'].value:.3f}")
print(f"Share of the drop that one vector undoes: {1 - centred / raw:.0%}")

# %% [markdown]
# With few questions a task the replicates of an interval hold fewer different questions than the data, hence less
# variance, so the intervals lean downwards. Sizes of the tasks differ, but each is a source for its own and for others
# equally often. `all other tasks` has several times the data: its row is no fair comparison of *kinds* of
# source, but a useful one. Two checks remain.
#
# **Is it the tasks?** Permute the questions among the tasks: what is left of the drop belongs to chance.
#
# **Whose basis?** The projection can be learned from the source, from the target's training questions, or from all
# tasks, as above. It decides what is forecast. One linear map suffices to see it.

# %%
permuted = analysis.transfer_matrix(
    analysis.permute_tasks(domains, seed=seed), rest=False, **settings
).summary()
linear = {**settings, "n_regimes": 1, "rest": False}
bases = {
    f"{b}'s basis": analysis.transfer_matrix(domains, basis=b, **linear).summary()
    for b in ("source", "target")
} | {"all tasks' basis": summary}
wanted = ["one linear map", "one linear map, re-centred", "mean of source"]
rows = {name: table.loc[wanted] for name, table in bases.items()}
rows["permuted questions"] = permuted.loc[["switching", "mean of source"]]
pd.concat(rows)[["own", "other", "drop", "drop_low", "drop_high"]].round(3)

# %% [markdown]
# **Does a switching model transfer better than one map?** The paper says so, "not shown". The null is a corpus without
# regimes: chains simulated from one linear map for each task, with the starts and lengths of the real ones. What $K$
# regimes gain there is not due to regimes, but to how a mixture hedges on states that it has never seen.

# %%
surrogates = analysis.single_map_surrogates(domains, rank=rank, seed=seed)
simulated = analysis.transfer_matrix(surrogates, rest=False, **settings)
gains = analysis.switching_gains(matrix, simulated)
pd.DataFrame(gains, index=["gain", "low", "high"]).T.round(3)

# %% [markdown]
# A gain where both forecasts are worse than the mean of the target is a smaller mistake, not a better law. So the mean
# of the target, too, is a control of the claim. Compare also the gain once the mean is moved, where both forecasts are
# worth something, with what it is without regimes.
#
# ### One score or two?
#
# The diagram of {numref}`fig-transfer-paper` with our numbers, one point for each source and target, in nats a step.

# %% mystnb={"figure": {"name": "fig-transfer-nll", "caption": "Negative log-likelihood against variance explained for all pairs of tasks of one language model, in one basis. To be compared with the line of the paper's table, which spans eight models."}} tags=["hide-input"]
scores = matrix.pairs()
figures.two_scores(scores);

# %%
for name, table in (("here", scores), ("in the paper's table", paper)):
    print(f"correlation {name}: {table['r2'].corr(table['nll']):.3f}")

# %% [markdown]
# ## Across models
#
# Two models *read the same text* here: each takes in the chains that one of them wrote, word for word, and its states
# are kept at the same sentence ends. So a pair of states belongs to one sentence, and a match of coordinates can
# be learned from such pairs (training questions only) by orthogonal Procrustes {cite}`schoenemann1966`:
#
# $$ R = \arg\min_{R^\top R = I} \sum_i \norm{(y_i - \bar y) - (x_i - \bar x) R}^2 = U W^\top, \qquad \sum_i (x_i - \bar x)^\top (y_i - \bar y) = U S W^\top, $$ (eq-procrustes)
#
# with rows $x_i$ of the target and $y_i$ of the source, both in $k$ principal coordinates of their own. A rotation
# leaves all distances alone, so it cannot improve a model; it can only hold it the right way round.
#
# The other models, by default: random weights in the same architecture, which have learned nothing, and a model that
# was trained further from the same start. The second also wrote chains of its own, about problems of its own.

# %%
compared = others or corpus.comparison_models(model)
own = {
    other: corpus.default_spec(
        other, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
        seed=seed,
    )
    for other in compared
}
targets = analysis.read_targets(
    states, spec, own, position=position, n_questions=n_folds
)
print("left out:", targets.left_out or "none")

# %%
crossed = analysis.transfer_models(
    states, targets.states, bridges=targets.bridges, **settings
)
print({name: result.missing for name, result in crossed.items() if result.missing})
columns = ["switching", "low", "high", "refit", "share", "agreement"]
pd.concat({name: result.table()[columns] for name, result in crossed.items()}).round(3)

# %% [markdown]
# How to read a row. The model of the source has learned from all its tasks; $R^2$ is taken within each task of the
# target and averaged.
#
# - `source basis` lays the source's axes on the target's states as they are; `own mean` moves the mean first. Printed
#   above the table: targets of another width, for which this is not defined.
# - `own basis` takes each model's principal coordinates as they come. This needs no pairs and works for any widths.
# - `matched` turns them by {eq}`eq-procrustes`, about the mean of what both have read; `own mean` turns about the mean
#   of the text that is forecast, if that is another one. `matched and scaled` also stretches them by one factor.
# - The last three are nulls: a rotation learned from sentences that do *not* belong together, random rotations about
#   the own mean, random signs.
# - `refit` is the ceiling: a switching model of the target itself, in the same subspace. `share` is how much of the
#   target's variance lies there; `agreement` how much of the source's coordinates, sentence by sentence, the target's
#   tell on held-out questions.

# %% mystnb={"figure": {"name": "fig-transfer-models", "caption": "Variance explained on each target by the switching model of the source, by how the coordinates are matched (dots, with 95 % intervals over questions), and by a model fitted to the target itself in the same subspace (diamonds). Grey: nulls of the match. Arrows: off the scale."}} tags=["hide-input"]
figures.models(crossed, model);

# %% [markdown]
# Which part of a transfer is what? Compare, from the bottom of a panel to its top:
#
# - what *random rotations* reach needs no match: it is the return towards a mean, which looks the same from all sides;
# - what *matched* adds to that is a law of motion that two models share, direction by direction;
# - what *refit* adds to *matched* is a law that they do not share;
# - and where random weights do as well as a trained model, the shared law is that of the *text*: sentences of one chain
#   resemble each other, whoever reads them.

# %% tags=["hide-input"]
analysis.describe_matches(crossed)

# %% tags=["hide-input"]
analysis.same_text_means(crossed, compared)

# %% [markdown]
# ## Verdict
#
# The pairs of the paper are of large models by name, and stand in the ledger as not comparable. Three statements can be
# tested. For the drop to another model the coordinates are *matched*, on the same text, so that nothing but the model
# changes; the number is set beside all *other tasks* of the source's model, from which it was equally fitted to
# everything but the target. Its control is a model that is refitted: a target may simply be harder to predict. Where
# no other model is a trained one, there is no such row; and where all of them were trained on from the source's own
# base, as the reasoner was, the row is shown and not compared: they are no other models in the paper's sense.

# %% tags=["hide-input"]
taught = [o for o in compared if not lm.random_base(o)]
trained = [crossed[f"{o}, same text"] for o in taught]
kin = verdicts.same_base(model, taught)
size = f"K = {n_regimes}, rank {rank}, basis of all tasks"
drop = "slds.transfer.model_drop"

# %% tags=["hide-input"]
ledger.record_all(
    [
        verdicts.task_drop("slds.transfer.task_drop", summary, permuted, size),
        *verdicts.model_drop(drop, trained, matrix, lacking=kin),
        verdicts.beats_linear("slds.transfer.beats_linear", gains, summary),
    ]
)
ledger.show()

# %% tags=["hide-input", "finding"]
ledger.finding(
    "From the own task to another of the same model, R² changes by "
    "{slds.transfer.task_drop} ({slds.transfer.task_drop:paper} in the paper): "
    "{slds.transfer.task_drop:verdict}. From there to another model on the same text, "
    "with matched coordinates, it changes by {slds.transfer.model_drop} "
    "({slds.transfer.model_drop:paper}): {slds.transfer.model_drop:verdict}. On "
    "another task a switching model gains {slds.transfer.beats_linear} over one linear map "
    "({slds.transfer.beats_linear:controls}): {slds.transfer.beats_linear:verdict}."
)

# %% [markdown]
# What to take along:
#
# - "Transfer" has three parts: where the states are, how wide they spread, and how they move. Score a forecast that
#   knows only the first, and one that knows only the first two, before the third is praised.
# - Between two models a change of coordinates has to be learned from something. Without it the number says how
#   the axes happened to be ordered. A paper that reports such numbers owes its match.
# - A match needs its own null: pairs that do not belong together, random rotations, and a model that has learned
#   nothing.
# - Two scores that lie on one line are one score.
#
# To try other models, also of other width: `lmphys run reasoning/transfer --set others=org/name`.
#
# (transfer-exercise)=
# ## Exercises
#
# ```{exercise} The worth of a mean
# :label: transfer-mean
# Show that the forecast "mean of the source" has $R^2 = -\norm{\bar y_s - \bar y_t}^2 / V_t$ on the target, with $V_t$
# the variance of its targets, summed over the coordinates. When is it 0, and can it be positive?
# ```
#
# ```{solution-start} transfer-mean
# :class: dropdown
# ```
# The mean squared error of a constant $c$ is $V_t + \norm{c - \bar y_t}^2$. Subtract its ratio to $V_t$ from 1. It is 0
# for the target's own mean and never positive. For the first two tasks, both sides:

# %% tags=["solution"]
near = dynamics.Projection(rank).fit(states)
y_s, y_t = (near.transform(part).pairs()[1] for part in list(domains.values())[:2])
variance = y_t.var(axis=0).sum()
constant = 1 - ((y_t - y_s.mean(axis=0)) ** 2).sum(axis=1).mean() / variance
closed = -((y_s.mean(axis=0) - y_t.mean(axis=0)) ** 2).sum() / variance
print(f"{constant:.6f} and {closed:.6f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A law that no rotation can spoil
# :label: transfer-rotation
# Which linear maps transfer under *every* rotation? How close to such a map is the one that you fitted?
# ```
#
# ```{solution-start} transfer-rotation
# :class: dropdown
# ```
# $R A R^\top = A$ for all rotations $R$ holds for $A = a I$ alone: the same pull towards the mean in all directions.
# Split the fitted map into $a I$, with $a = \operatorname{tr} A / k$, and the rest. The second number is the share of
# $\norm{A}_F^2$ in the part that needs no match.

# %% tags=["solution"]
A = dynamics.LinearDrift(1.0).fit(near.transform(states)).A_
a = np.trace(A) / rank
pd.Series({"a": a, "share that needs no match": rank * a**2 / (A**2).sum()}).to_frame()

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The model or the text?
# :label: transfer-text
# On its own text another model differs from the source in text *and* in weights. Which of the two costs more? The
# tables above can tell.
# ```
#
# ```{solution-start} transfer-text
# :class: dropdown
# ```
# Go in two steps: from the source to the other model on the same text, which changes the weights alone, and from there
# to its own text. What a row lacks to its refit can be learned from the target; the rest cannot be had by a model of
# this kind at all.

# %% tags=["solution"]
matched = {name: result.table().loc["matched"] for name, result in crossed.items()}
pd.DataFrame(matched).T[["switching", "refit", "share"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The paper's size
# :label: transfer-size
# Repeat the transfer between models with $k = 40$. Does the order of the matches change? One regime, two folds and one
# target will do; with $K = 4$ and all targets it takes minutes.
# ```
#
# ```{solution-start} transfer-size
# :class: dropdown
# ```
# Compare the order of the rows in the two columns, and what is left of the distance to the nulls.

# %% tags=["solution"]
name = f"{compared[-1]}, same text"
quick = {"n_regimes": 1, "n_folds": 2, "n_draws": 1, "n_bootstrap": 10, "seed": seed}
k = min(40, states.n_transitions // 8)  # a small corpus has no 40 directions
large = analysis.transfer_models(
    states, {name: targets.states[name]}, rank=k, **quick
)
both = {f"k = {rank}": crossed[name], f"k = {k}": large[name]}
pd.DataFrame({k: result.table()["switching"] for k, result in both.items()}).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: transfer-your-model
# Add a model of your own to the targets: `lmphys run reasoning/transfer --set others=PATH`. Is a model with a base of
# its own forecast worse than one that was adapted from the source?
# ```
#
# ```{solution} transfer-your-model
# :class: dropdown
# Compare *matched* with *matched, sentences shuffled*: only what the true pairs gain over shuffled ones is a law in
# common. And compare with *refit*, which says how much there was to be known.
# ```
