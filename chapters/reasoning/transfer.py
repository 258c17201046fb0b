# %% [markdown]
# (transfer)=
# # Does the model of one mind fit another?
#
# If sentences of reasoning move under a few general laws, a model of the motion that was learned from one language
# model on one task should also fit others. {cite:t}`carson2025` test this in their Tables 1 and 4: a switching model is
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
rank: int = 10  # dimension k: a task has some hundred steps, too few for 40
n_regimes: int = 2  # number of regimes K, for the same reason not 4
n_folds: int = 3  # each question is held out in one of so many folds
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn as sns

from lmphys import book
from lmphys import corpus, dynamics, lm
from lmphys.pages import transfer as analysis
from lmphys.book.claims import claims_of_pairs, load_claims
from lmphys.book.style import BLACK, BLUE, GREEN, VERMILION
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root

book.use_style()

# %% [markdown]
# ## The paper's table, read alone
#
# Before any model of ours, the printed numbers themselves. Each pair of source and target has two scores, $R^2$ and the
# negative log-likelihood (NLL) of the target's chains.

# %%
claims = load_claims(project_root())
paper = claims_of_pairs(claims, "transfer")
models = [paper.index.get_level_values(i).str.split("_").str[0] for i in (0, 1)]
own = paper.index.get_level_values(0) == paper.index.get_level_values(1)
kinds = ["own pair", "another task", "another model"]
paper["pair"] = np.select([own, models[0] == models[1]], kinds[:2], kinds[2])
paper.groupby("pair")[["r2", "nll"]].agg(["size", "mean", "min", "max"]).loc[kinds]

# %% mystnb={"figure": {"name": "fig-transfer-paper", "caption": "The pairs of Table 4 (and one of Table 1) of the paper: negative log-likelihood against variance explained. Two different scores, of eight models and as many tasks, lie on almost one line."}} tags=["hide-input"]
slope, offset = np.polyfit(paper["r2"], paper["nll"], 1)
figure, ax = plt.subplots(figsize=(6, 3.6))
for kind, mark, colour in zip(kinds, "os^", (BLUE, GREEN, VERMILION), strict=True):
    rows = paper[paper["pair"] == kind]
    ax.plot(rows["r2"], rows["nll"], mark, color=colour, label=kind)
ends = np.array([paper["r2"].min(), paper["r2"].max()])
ax.plot(ends, offset + slope * ends, "--", color=BLACK, linewidth=1)
ax.set(xlabel="variance explained, $R^2$", ylabel="NLL, unit not stated")
ax.legend();

# %%
correlation = paper["r2"].corr(paper["nll"])
away = (paper["nll"] - offset - slope * paper["r2"]).std()
lost = 1 - paper.loc[own, "r2"].mean()
steps = claims["slds.corpus.sentences_mean"].value - 1
print(f"{len(paper)} pairs: correlation of R² and NLL {correlation:.3f}")
print(f"NLL = {offset:.0f} - {-slope:.0f} R², typical distance {away:.0f}")
print(f"slope for round noise in 40 dimensions: {-20 / lost:.0f} nats a step")
print(f"the printed slope is that of {-slope * lost / 20:.1f} steps together;")
print(f"a chain has {steps:.1f} steps by the paper's Fig. 2a")

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
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", position)
domains, few = analysis.by_task(states, min_questions=n_folds)
if few:
    print(f"Left out, with fewer than {n_folds} questions:", ", ".join(few))
settings = {"rank": rank, "n_regimes": n_regimes, "n_folds": n_folds, "seed": seed}
matrix = analysis.transfer_matrix(domains, **settings)
sizes = {
    name: (part.chains["question_id"].nunique(), len(part), part.n_transitions)
    for name, part in domains.items()
}
pd.DataFrame.from_dict(sizes, orient="index", columns=["questions", "chains", "steps"])

# %% mystnb={"figure": {"name": "fig-transfer-tasks", "caption": "Variance of the next state explained on the task of the column, by the switching model of the task of the row. Left: as it is. Right: moved by one vector, from the mean state of the source to that of the target. The diagonal is held out as well. Below the line: fitted to all tasks but the target."}} tags=["hide-input"]
titles = {"switching": "as it is", "switching, re-centred": "mean moved"}
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(9, 4.6), layout="constrained")
for ax, (rule, title) in zip(axes, titles.items(), strict=True):
    sns.heatmap(
        matrix.matrix(rule).round(1) + 0.0, vmin=-1, vmax=1, cmap="RdBu", annot=True,
        fmt=".1f", annot_kws={"size": 9}, cbar=False, ax=ax, linewidths=0.5,
    )  # fmt: skip
    ax.axhline(len(domains), color=BLACK, linewidth=2)
    ax.set(title=title, xlabel="tested on")
    ax.tick_params("x", rotation=90)
axes[0].set_ylabel("fitted on");

# %% [markdown]
# The same forecasts beside those that know less. `shuffled source` is a map fitted to the states of the source dealt
# out anew among its chains: it knows their mean and covariance, and nothing of their order. `mean of source` knows the
# mean alone. Its score has a closed form, $-\norm{\bar y_{\text{source}} - \bar y_{\text{target}}}^2 / V$, the squared
# distance of the two means over the target's variance, summed over the coordinates: it says how far apart the tasks
# *are*, and nothing of how they *move*.

# %%
summary = matrix.summary()
summary[["own", "other", "rest", "drop", "drop_low", "drop_high"]].round(3)

# %% mystnb={"figure": {"name": "fig-transfer-rules", "caption": "Mean over the target tasks of the variance explained, by what the source is: the own task, one other task, all other tasks. Lines: 95 % intervals over questions of the target. Arrows: off the scale."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(7.5, 5))
floor = -1.0
sources = {"own": "own task", "other": "one other task", "rest": "all other tasks"}
for i, ((name, label), mark, colour) in enumerate(
    zip(sources.items(), "os^", (BLUE, VERMILION, GREEN), strict=True)
):
    rows = np.arange(len(summary)) + 0.28 * (i - 1)
    value, low, high = (summary[name + end] for end in ("", "_low", "_high"))
    ax.hlines(rows, low.clip(floor), high.clip(floor), color=colour, linewidth=1.5)
    ax.scatter(value.clip(floor), rows, marker=mark, color=colour, label=label)
    for row, x in zip(rows[value < floor], value[value < floor], strict=True):
        ax.text(floor + 0.03, row, f"◀ {x:.1f}", va="center", size=9)
ax.axvline(0, color=BLACK, linewidth=0.9)
ax.set_yticks(np.arange(len(summary)), summary.index)
ax.invert_yaxis()
ax.set_xlabel("variance explained, $R^2(h)$")
ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3);

# %% tags=["hide-input"]
raw, centred = (summary.loc[rule, "drop"] for rule in titles)
print(f"From the own task to another: {raw:.3f}; with the mean moved: {centred:.3f}")
print(f"In the paper's table: {claims['slds.transfer.task_drop'].value:.3f}")
print(f"Share of the drop that one vector undoes: {1 - centred / raw:.0%}")

# %% [markdown]
# With few questions a task the replicates of an interval hold fewer different questions than the data, hence less
# variance, so the intervals lean downwards. Sizes of the tasks differ, but each is a source for its own and for others
# equally often. `all other tasks` has several times the data: its row is no fair comparison of *kinds* of
# source, but a useful one. Two checks remain.
#
# **Is it the tasks?** Deal the questions out anew among the tasks: what is left of the drop belongs to chance.
#
# **Whose basis?** The projection can be learned from the source, from the target's training questions, or from all
# tasks, as above. It decides what is forecast. One linear map suffices to see it.

# %%
dealt = analysis.transfer_matrix(
    analysis.deal_tasks(domains, seed=seed), rest=False, **settings
)
linear = {**settings, "n_regimes": 1, "rest": False}
bases = {
    f"{b}'s basis": analysis.transfer_matrix(domains, basis=b, **linear).summary()
    for b in ("source", "target")
} | {"all tasks' basis": summary}
wanted = ["one linear map", "one linear map, re-centred", "mean of source"]
rows = {name: table.loc[wanted] for name, table in bases.items()}
rows["questions dealt anew"] = dealt.summary().loc[["switching", "mean of source"]]
pd.concat(rows)[["own", "other", "drop", "drop_low", "drop_high"]].round(3)

# %% [markdown]
# **Does a switching model transfer better than one map?** The paper says so, "not shown". The null is a corpus without
# regimes: chains simulated from one linear map for each task, with the starts and lengths of the real ones. What $K$
# regimes gain there is not due to regimes, but to how a mixture hedges on states that it has never seen.

# %%
twins = analysis.single_map_surrogates(domains, rank=rank, seed=seed)
simulated = analysis.transfer_matrix(twins, rest=False, **settings)


def gain(m, which, moved=""):
    rules = [f"{rule}{moved}" for rule in ("switching", "one linear map")]
    return m.mean(rules[0], which) - m.mean(rules[1], which)


moved = ", re-centred"
gains = {
    "own task": gain(matrix, "own"),
    "one other task": gain(matrix, "other"),
    "one other task, re-centred": gain(matrix, "other", moved),
    "all other tasks": gain(matrix, "rest"),
    "simulated: one other task": gain(simulated, "other"),
    "simulated: one other task, re-centred": gain(simulated, "other", moved),
}
found = {name: analysis.as_interval(values) for name, values in gains.items()}
pd.DataFrame(found, index=["gain", "low", "high"]).T.round(3)

# %% [markdown]
# A gain where both forecasts are worse than the mean of the target is a smaller mistake, not a better law. So the mean
# of the target, too, is a control of the claim. Compare also the gain once the mean is moved, where both forecasts are
# worth something, with what it is without regimes.

# %% [markdown]
# ### One score or two?
#
# The diagram of {numref}`fig-transfer-paper` with our numbers, one point for each source and target, in nats a step.

# %% mystnb={"figure": {"name": "fig-transfer-nll", "caption": "Negative log-likelihood against variance explained for all pairs of tasks of one language model, in one basis. To be compared with the line of the paper's table, which spans eight models."}} tags=["hide-input"]
nll = matrix.nll().loc[list(domains)].to_numpy()
r2 = matrix.matrix().loc[list(domains)].to_numpy()
same = np.eye(len(domains), dtype=bool)
figure, ax = plt.subplots(figsize=(6, 3.6))
ax.plot(r2[~same], nll[~same], "s", color=GREEN, label="another task", alpha=0.8)
ax.plot(r2[same], nll[same], "o", color=BLUE, label="own task")
ax.set(xlabel="variance explained, $R^2$", ylabel="NLL, nats a step")
ax.legend();

# %%
print(f"correlation here {np.corrcoef(r2.ravel(), nll.ravel())[0, 1]:.3f}")
print(f"in the paper's table {correlation:.3f}")

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
company = others or corpus.comparison_models(model)


def trajectories(spec):
    return corpus.build_corpus(spec).trajectories("final_norm", position)


targets = {f"{model}, same text": states}
targets |= {f"{o}, same text": trajectories(spec.read_by(o)) for o in company}
bridges = {}
for other in company:
    theirs = corpus.default_spec(other, profile, tasks=tasks, prompt=prompt, seed=seed)
    if lm.random_base(other) or theirs.resolved() == spec.read_by(other).resolved():
        continue  # writes nothing, or wrote the text that the source has read
    name = f"{other}, own text"
    try:
        targets[name] = analysis.enough_questions(trajectories(theirs), n_folds, name)
        bridges[name] = targets[f"{other}, same text"]
    except LmphysError as error:
        print(f"{name} is left out: {error}")

# %%
crossed = analysis.transfer_models(states, targets, bridges=bridges, **settings)
for name, result in crossed.items():
    if result.missing:
        print(f"{name} has another width; not defined: {'; '.join(result.missing)}")
columns = ["switching", "low", "high", "refit", "share", "agreement"]
pd.concat({name: result.table()[columns] for name, result in crossed.items()}).round(3)

# %% [markdown]
# How to read a row. The model of the source has learned from all its tasks; $R^2$ is taken within each task of the
# target and averaged.
#
# - `source basis` lays the source's axes on the target's states as they are; `own mean` moves the mean first.
# - `own basis` takes each model's principal coordinates as they come. This needs no pairs and works for any widths.
# - `matched` turns them by {eq}`eq-procrustes`, about the mean of what both have read; `own mean` turns about the mean
#   of the text that is forecast, if that is another one. `matched and scaled` also stretches them by one factor.
# - The last three are nulls: a rotation learned from sentences that do *not* belong together, random rotations about
#   the own mean, random signs.
# - `refit` is the ceiling: a switching model of the target itself, in the same subspace. `share` is how much of the
#   target's variance lies there; `agreement` how much of the source's coordinates, sentence by sentence, the target's
#   tell on held-out questions.

# %% mystnb={"figure": {"name": "fig-transfer-models", "caption": "Variance explained on each target by the switching model of the source, by how the coordinates are matched (dots, with 95 % intervals over questions), and by a model fitted to the target itself in the same subspace (diamonds). Grey: nulls of the match. Arrows: off the scale."}} tags=["hide-input"]
shown = {n: r.table() for n, r in crossed.items() if n != f"{model}, same text"}
figure, axes = plt.subplots(
    1, len(shown), sharey=True, figsize=(3 + 2.2 * len(shown), 4.8), squeeze=False
)
order = list(next(iter(crossed.values())).table().index)
for ax, (name, table) in zip(axes[0], shown.items(), strict=True):
    table = table.reindex(order)
    colours = ["#777777" if m in dynamics.model_transfer.NULLS else BLUE for m in order]
    rows = np.arange(len(table))
    ax.hlines(rows, table["low"].clip(-1), table["high"].clip(-1), color=colours)
    dots = ax.scatter(table["switching"].clip(-1), rows, color=colours, zorder=3)
    refits = ax.scatter(table["refit"], rows, marker="D", s=22, color=GREEN)
    for row in np.flatnonzero(table["switching"] < -1):
        ax.text(-0.9, row, f"◀ {table['switching'].iloc[row]:.0f}", va="center")
    ax.axvline(0, color=BLACK, linewidth=0.9)
    ax.set(title=name.replace(", ", ",\n"), xlim=(-1.1, 1), xlabel="$R^2(h)$")
axes[0, 0].set_yticks(np.arange(len(order)), order)
axes[0, 0].invert_yaxis()
labels = [f"model of {model}", "refitted to the target"]
figure.legend([dots, refits], labels, loc="outside upper center", ncols=2)
figure.set_layout_engine("constrained");

# %% [markdown]
# Which part of a transfer is what? Compare, from the bottom of a panel to its top:
#
# - what *random rotations* reach needs no match: it is the return towards a mean, which looks the same from all sides;
# - what *matched* adds to that is a law of motion that two models share, direction by direction;
# - what *refit* adds to *matched* is a law that they do not share;
# - and where random weights do as well as a trained model, the shared law is that of the *text*: sentences of one chain
#   resemble each other, whoever reads them.

# %% tags=["hide-input"]
nulls = list(dynamics.model_transfer.NULLS)
parts = {}
for name, result in crossed.items():
    r2 = result.table()["switching"]
    chosen = r2.drop(nulls)
    parts[name] = {
        "best null": r2[nulls].max(),
        "matched": r2["matched"],
        "refit": result.table().loc["matched", "refit"],
        "worst choice": f"{chosen.min():.3f}, {chosen.idxmin()}",
        "best choice": f"{chosen.max():.3f}, {chosen.idxmax()}",
    }
pd.DataFrame(parts).T

# %% tags=["hide-input"]
same_text = {o: crossed[f"{o}, same text"] for o in company}
for kind, named in (("random", True), ("trained", False)):
    found = [r for o, r in same_text.items() if bool(lm.random_base(o)) == named]
    if found:
        reached = np.mean([r.r2("matched")[0] for r in found])
        most = np.mean([r.r2("own basis", "refit")[0] for r in found])
        print(f"matched, {kind} weights, same text: {reached:.3f}; a refit: {most:.3f}")

# %% [markdown]
# ## Verdict
#
# The pairs of the paper are of large models by name, and stand in the ledger as not comparable. Three statements can be
# tested. For the drop to another model the coordinates are *matched*, on the same text, so that nothing but the model
# changes; the number is set beside all *other tasks* of the source's model, from which it was equally fitted to
# everything but the target. Its control is a model that is refitted: a target may simply be harder to predict.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/transfer", model=model, profile=profile)


def numbers(replicates):
    return {"obtained": analysis.as_interval(replicates)}


def drop(m):
    return m.mean("switching", "other") - m.mean("switching", "own")


ledger.record(
    "slds.transfer.task_drop",
    **numbers(drop(matrix)),
    controls={"no drop": 0.0, "questions dealt to tasks anew": float(drop(dealt)[0])},
    note=f"with the mean moved {centred:.3f}; "
    f"K = {n_regimes}, rank {rank}, basis of all tasks",
)
trained = [crossed[f"{o}, same text"] for o in company if not lm.random_base(o)]
rest = matrix.mean("switching", "rest")
if trained:

    def across(*names):
        return np.mean([r.r2(*names) for r in trained], axis=0) - rest

    ways = {way: across(way)[0] for way in ("own basis", "matched and scaled")}
    ledger.record(
        "slds.transfer.model_drop",
        **numbers(across("matched")),
        controls={"no drop": 0.0, "refitted": float(across("own basis", "refit")[0])},
        note="matched on the same text; "
        + ", ".join(f"{way}: {x:.3f}" for way, x in ways.items()),
    )
else:
    print("No trained model among the others: no drop to another model is recorded.")
other_tasks = summary["other"]
constant = other_tasks["mean of target"] - other_tasks["one linear map"]
ledger.record(
    "slds.transfer.beats_linear",
    **numbers(gains["one other task"]),
    controls={
        "no gain": 0.0,
        "simulated without regimes": float(gains["simulated: one other task"][0]),
        "mean of the target": float(constant),
    },
    note=f"to one other task, at R² {other_tasks['switching']:.3f}; with the "
    f"mean moved {gains['one other task, re-centred'][0]:.3f}, simulated "
    f"{gains['simulated: one other task, re-centred'][0]:.3f}",
)
ledger.show()

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

# %% [markdown]
# ## Exercises
#
# (transfer-exercise)=
# ```{admonition} Exercise 1: the worth of a mean
# :class: tip
# Show that the forecast "mean of the source" has $R^2 = -\norm{\bar y_s - \bar y_t}^2 / V_t$ on the target, with $V_t$
# the variance of its targets, summed over the coordinates. When is it 0, and can it be positive?
# ```
#
# ```{dropdown} Solution
# The mean squared error of a constant $c$ is $V_t + \norm{c - \bar y_t}^2$. Subtract its ratio to $V_t$ from 1. It is 0
# for the target's own mean and never positive.
#
#     one, two = (domains[name] for name in list(domains)[:2])
#     near = dynamics.Projection(rank).fit(states)
#     y_s, y_t = (near.transform(part).pairs()[1] for part in (one, two))
#     variance = y_t.var(axis=0).sum()
#     constant = 1 - ((y_t - y_s.mean(axis=0)) ** 2).sum(axis=1).mean() / variance
#     print(constant, -((y_s.mean(axis=0) - y_t.mean(axis=0)) ** 2).sum() / variance)
# ```
#
# ```{admonition} Exercise 2: a law that no rotation can spoil
# :class: tip
# Which linear maps transfer under *every* rotation? How close to such a map is the one that you fitted?
# ```
#
# ```{dropdown} Solution
# $R A R^\top = A$ for all rotations $R$ holds for $A = a I$ alone: the same pull towards the mean in all directions.
# Split the fitted map into $a I$, with $a = \operatorname{tr} A / k$, and the rest.
#
#     inside = dynamics.Projection(rank).fit(states).transform(states)
#     A = dynamics.LinearDrift(1.0).fit(inside).A_
#     a = np.trace(A) / rank
#     print(a, rank * a**2 / (A**2).sum())
#
# The second number is the share of $\norm{A}_F^2$ in the part that needs no match.
# ```
#
# ```{admonition} Exercise 3: the model or the text?
# :class: tip
# On its own text the other model differs from the source in text *and* in weights. Let the source's model read that
# text too, and forecast it. (On `quick` this reads one more corpus, a minute or two.)
# ```
#
# ```{dropdown} Solution
#     name = next(iter(bridges), None)
#     if name:
#         theirs = corpus.default_spec(name.split(", ")[0], profile, tasks=tasks, prompt=prompt, seed=seed)
#         mine = trajectories(theirs.read_by(model))
#         read = analysis.transfer_models(states, {"mine": mine}, bridges={"mine": states}, **settings)["mine"]
#         print(read.table()[["switching", "refit", "share"]].round(3))
#         print(crossed[name].table()[["switching", "refit", "share"]].round(3))
#
# What both tables lack to the ceiling is the text; what only the second lacks is the model.
# ```
#
# ```{admonition} Exercise 4: the paper's size
# :class: tip
# Repeat the transfer between models with $k = 40$ and $K = 4$. Does the order of the matches change?
# ```
#
# ```{dropdown} Solution
#     large = analysis.transfer_models(states, targets, bridges=bridges, **{**settings, "rank": 40, "n_regimes": 4})
#     print(pd.concat({n: r.table()[["switching", "refit"]] for n, r in large.items()}).round(3))
# ```
