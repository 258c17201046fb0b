# %% [markdown]
# (slds)=
# # The switching model, part by part
#
# Which part of the switching model earns its score: the regimes, the projection, or a drift that depends on the
# state? We leave out one part at a time, score what is left under every definition of $R^2$ that the paper's table
# admits, and make the whole table again on chains that have no regimes at all.
#
# To leave out a piece of a machine and see what fails is an *ablation*. {cite:t}`carson2025` do it with their
# switching model ({eq}`eq-slds`), and their Table 2 is the strongest evidence in the paper for each piece:
#
# | left out | model | $R^2$ |
# |---|---|---|
# | nothing | $K = 4$ regimes in $k = 40$ directions | 0.74 |
# | the regimes | $K = 1$, $k = 40$ | 0.58 |
# | the projection | $K = 4$, all $D$ dimensions | 0.60 |
# | the drift's dependence on the state | $K = 4$, $M_j = 0$ | 0.35 |
# | for reference | one linear map | 0.51 |
#
# The table does not say which $R^2$ this is. {ref}`fitting` shows what weights that have seen the target can do to
# the score of a model with regimes, and of that model alone. Is there a definition of $R^2$ under which the whole
# table comes out, and would it also come out if there were no regimes?
#
# Then we look at the fitted regimes as a physicist would, as dynamics: how stable, how fast, where to, for how long.
# And we weigh, as an engineer would, what the model is praised for, its low cost, against what it gives.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, starts, surrogates and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K
counts: list[int] = [1, 2, 3, 4, 6, 8]  # regimes K of the map of K and k
ranks: list[int] = [5, 10, 20, 40, 70, 100]  # directions k of the map of K and k
noise_rank: int = 10  # factors of the noise in all D dimensions
full_iterations: int = 10  # at most so many iterations of EM in all D dimensions
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, dynamics
from lmphys.core.errors import LmphysError
from lmphys.pages import slds as analysis
from lmphys.pages.slds import figures, verdicts
from lmphys.stats import Interval

book.use_style()

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
chains = corpus.build_corpus(spec)
states = chains.trajectories(position=position)
train, test = states.split(0.7, seed=seed)
print(f"{train.n_transitions} transitions to fit, {test.n_transitions} to score")
print(f"{len(test)} chains of other questions, D = {states.width}, k = {rank}")

# %% [markdown]
# ## The table, taken apart
#
# Five models, and one more: Sec. 3.2 of the paper prints its linear map in all $D$ dimensions, while the table's
# reference may be the one in $k$. All share one split by question. Bases, maps and noise are learned on the
# training part alone.
#
# In all $D$ dimensions there are more parameters than numbers in the data ($K D^2$ for the maps). What the paper did
# about this is not said. Here the maps are drawn towards 0 and the noise is diagonal plus a few factors; as this is a
# choice, the row *no projection* is about this choice too. EM starts once.

# %%
settings = {
    "rank": rank,
    "n_regimes": n_regimes,
    "noise_rank": noise_rank,
    "max_iter": full_iterations,
    "random_state": seed,
}
real = analysis.ablate(train, test, **settings)
scores = real.scores(seed=seed)
monitor = real.fits["no projection"].monitor_
print(f"all D: {monitor.n_iter} iterations, converged: {monitor.converged}")

# %% [markdown]
# **What the definition leaves open.** Three things, which make 24 definitions:
#
# - *What the weights have seen*, four ways ({ref}`forecast-weights`): from `predictive`, the only forecast, to
#   `oracle`, which picks the regime that comes closest.
# - *The target*: the next state $h$ or the step $\Delta h$ ({ref}`r2-null`).
# - *The space*: the $k$ coordinates; all $D$ dimensions as Eq. 10 is printed, which moves nothing outside the subspace;
#   or all $D$ with a rule for the outside as well (`Complement`), which is kinder to a model of few directions.
#
# **The null.** From the fit with one regime, and the rule outside, we draw a {term}`surrogate` of every chain:
# same start, same length, *one* linear map, one Gaussian noise. These chains have no regimes. The whole table is made
# again on them, basis included.

# %%
null_train, null_test = real.surrogates(train, test, seed=seed)
null = analysis.ablate(null_train, null_test, **settings)
null_scores = null.scores(seed=seed)

# %% [markdown]
# Real noise has a {term}`heavy tail`, which a Gaussian null lacks. So the rows about regimes get a second null of one
# map, whose noise is one Student t with the tail of the real residuals. (The row without projection, the slowest of the
# fits, has the first one alone.)

# %%
heavy_chains = real.surrogates(train, test, seed=seed, heavy=True)
heavy = analysis.ablate(*heavy_chains, only=["full model", "no regimes"], **settings)

# %% [markdown]
# Are the surrogates like enough? A map that fits its training chains better than others makes surrogates that are
# easier to predict than real chains, and a map with an eigenvalue beyond 1 makes surrogates that run away. So look,
# before using them:

# %% tags=["hide-input"]
ablations = {"real chains": real, "surrogates of one map": null}
analysis.likeness(ablations | {"heavy-tailed surrogates": heavy})

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/slds", model=model, profile=profile)
rows = {
    "full model": "slds.slds.r2_table",
    "no regimes": "slds.ablation.no_regime_r2",
    "no projection": "slds.ablation.no_projection_r2",
    "no state drift": "slds.ablation.no_state_drift_r2",
    "one linear map": "slds.global_linear.r2",
}
paper = {name: ledger.claims[claim].value for name, claim in rows.items()}

# %% mystnb={"figure": {"name": "fig-slds-ablation", "caption": "Held-out variance explained by the models of the ablation on real chains. Open marks: the paper's column. From left to right in a panel the weights see more (honest: the past; seen: updated with the target; smooth: the whole chain); all numbers of a line are of one set of forecasts, only the definition changes. In the corner: what lies below the axis."}} tags=["hide-input"]
figures.ablation(scores, paper, "real chains");

# %% mystnb={"figure": {"name": "fig-slds-ablation-null", "caption": "The same table, made anew on surrogates of one linear map, which have no regimes."}} tags=["hide-input"]
figures.ablation(null_scores, paper, "surrogates of one map");

# %% [markdown]
# Read a panel from left to right. By the honest forecast all models are judged alike. To the right a model with
# regimes can gain, and one without cannot: its line is flat.
#
# *No regimes* and *one linear map* are one model up to a penalty, so no definition tells them far apart. The paper has
# 0.58 and 0.51, and does not say what differs. If the second is the map in all $D$ with $\lambda = 1$, as printed in
# Sec. 3.2: the number in the corner shows what that map gives with as few transitions as here.
#
# ## Which definition has the paper's pattern?
#
# Two measures, for each definition: the distance, root mean square over the five rows, and the order of the rows
# (Kendall's $\tau$, 1 for the paper's order). And both again for the surrogates. A definition speaks for the regimes
# only if the real chains come closer to the paper than chains without regimes do.

# %%
pattern = analysis.compare_patterns(real, null, paper, seed=seed)
columns = ["rms", "null_rms", "excess", "excess_low", "excess_high"]
pattern[[*columns, "tau", "null_tau", "order", "null_order"]].round(2)

# %% mystnb={"figure": {"name": "fig-slds-pattern", "caption": "Distance from the paper's table under each definition; smaller is closer. Bars: 95 % intervals over questions, at given fits. A tick says that the rows are in the paper's order in 95 % of the resampled corpora. Where squares lie as far left as circles, the table is no evidence for regimes."}} tags=["hide-input"]
figures.patterns(pattern);

# %% tags=["hide-input"]
analysis.describe_patterns(pattern).to_frame()

# %% [markdown]
# How to read this. If the honest forecast is not among the definitions in the paper's order, the order was made by
# the weights. A square with a tick is the paper's order without regimes. A circle left of its square by more than the
# bars would be a table that needs more than one Gaussian map. With two dozen definitions a single such one may be
# chance; and more than one Gaussian map need not mean regimes of thought, as the next table shows.
#
# ### The row without state drift asks something else
#
# With $M_j = 0$ a regime only adds a step, wherever the state is. Surrogates of one map are no null for this row, as
# one map *is* a drift that depends on the state. What lacks it is a random walk. And at the other end there are chains
# without any dynamics: states permuted among all chains. After an excursion they return to the mean, and to predict
# the return takes $M$. How much is lost without it?

# %%
losses = analysis.drift_losses(
    {"real chains": scores, "surrogates of one map": null_scores},
    analysis.without_drift(real.inside, seed=seed),
    n_regimes=n_regimes,
    seed=seed,
)
losses.round(3)

# %% [markdown]
# The last two rows are means over draws of such chains, `drop_low` and `drop_high` their range. That the state matters
# is true of real chains, if their drop is below that of random walks. It has to be true of any data that stay around a
# mean, also of those without dynamics. Where permuted states lose the most, this row of the paper's table is no
# evidence for a motion of thought.
#
# The column `leak` is what the full model gains from seeing the target. Real chains may leak more than surrogates of one
# Gaussian map: then there is more in them than such a map. If permuted states leak as much, it is *where* states
# lie, in clusters, and not how they move. A weight that has seen the target is told the cluster; a forecast is not.
#
# ## Regimes and directions together
#
# The paper fixes $K$ and $k$. Here is the neighbourhood. A fit exists for any pair, but where each regime has
# fewer than $k + 1$ transitions, its map is not determined by the data, and only the prior speaks. Such pairs are
# left out:

# %%
pairs = [(K, k) for k in ranks for K in counts]
print([pair for pair in pairs if not analysis.is_supported(train, *pair)] or "none")
corpora = {
    "real chains": (train, test),
    "surrogates of one map": (null_train, null_test),
}
grids = {
    name: analysis.score_grid(*parts, counts, ranks, n_init=1, max_iter=60, seed=seed)
    for name, parts in corpora.items()
}

# %% [markdown]
# *Honest* is the gain of the forecast over one map in the same coordinates. There is a trap: $K$ regimes bring $K$
# penalties. Where few transitions meet many directions, any further shrinkage helps, with or without regimes.
# The fair rival is *one map with $K$ times the penalty*:

# %% mystnb={"figure": {"name": "fig-slds-grid", "caption": "Gain in variance explained over one map in the same k coordinates, held out, in percentage points. Left: honest forecast. Middle: honest, against one map with as much penalty in all. Right: weights that have seen the target. Of the first two only those numbers are written whose 95 % interval over questions, paired, does not hold 0. Upper row real chains, lower row surrogates without regimes."}} tags=["hide-input"]
figures.gains(grids);

# %% tags=["hide-input"]
analysis.describe_grids(grids).round(1)

# %% [markdown]
# Gains within one rank can be compared. *Between* ranks the target changes, and $R^2$ cannot say how many directions
# are best. The density of the whole next state, completed to all $D$ dimensions, can:

# %% mystnb={"figure": {"name": "fig-slds-density", "caption": "Held-out log density of the next state in all D dimensions, in nats per transition, minus that of the best pair (0). Between ranks only this can be compared. A density rewards a better guess of the size of the surprise as well as a better forecast."}} tags=["hide-input"]
figures.densities(grids);

# %% [markdown]
# Set the best pair of real chains beside that of the surrogates. If regimes raise the density of the first and not of
# the second, there is more in real chains than one map with Gaussian noise. It need not be more than noise with a heavy
# tail, which regimes of different width imitate ({ref}`regimes`); whether it is a better *forecast*, the middle panels
# above say.

# %% [markdown]
# ## The regimes as dynamics
#
# In regime $j$ a deviation from the {term}`fixed point` is multiplied by $I + M_j$ at each step. Its eigenvalues tell
# the rest: inside the unit circle a deviation dies out, in $-1 / \ln \lvert \lambda \rvert$ steps ({term}`relaxation
# time`); outside it grows; off the real axis it turns. The same model is fitted to the surrogates of one map, where
# the true answer is known: all regimes are one.

# %%
single = real.fits["no regimes"]
models = {name: ablation.fits["full model"] for name, ablation in ablations.items()}
unseen = {name: ablation.inside[1] for name, ablation in ablations.items()}
portraits = {"one map": analysis.portrait(single, unseen["real chains"])}
portraits |= {name: analysis.portrait(m, unseen[name]) for name, m in models.items()}
portraits = pd.concat(portraits, names=["fit"])
portraits.style.format(precision=2, thousands=",")

# %% mystnb={"figure": {"name": "fig-slds-eigenvalues", "caption": "Moduli of the eigenvalues of I + M in falling order; above the line at 1 a deviation grows, and circles mark eigenvalues that turn. Left: one map for all steps. Middle: each regime of the real chains. Right: regimes fitted to surrogates of the left map, which have none; how far these differ from each other is what fitting alone does."}} tags=["hide-input"]
figures.eigenvalues({"one map": single, **models});

# %% [markdown]
# What the table says, column by column:
#
# - `largest_eigenvalue` and `relaxation`: how stable a regime would be *if it lasted*.
# - `visit_T`, `visit_cut`, `visit_counted`: how long it does last, in steps: by the fitted $T$ in an endless chain, by
#   the same $T$ with the ends of these chains, and counted on the decoded paths. A relaxation that takes longer than a
#   visit never runs its course.
# - `fixed_point`: how far it is from the middle of the states in which the regime acts to the state where it would not
#   move, in units of their spread. `farther` is the share of those states that are as far out. At a `farther`
#   of 0 none is: the fixed point is an extrapolation, no place of the chains.

# %% tags=["hide-input"]
analysis.describe_portraits(portraits)

# %% [markdown]
# ### Do regimes last?
#
# A mode of thought should last. How many sentences? Count on held-out chains, beside the fitted law and beside the law
# without memory, in which every step draws its regime anew with the same shares. A regime can also seem to last because
# *chains* differ. So the model is fitted once more to chains whose sentences were shuffled: same sentences, same
# chains, no order. A ratio of 1 means no memory.

# %%
parts = [dynamics.shuffle_order(t, seed=seed + i) for i, t in enumerate((train, test))]
shuffled, unseen["shuffled order"] = (real.projection.transform(t) for t in parts)
models["shuffled order"] = dynamics.SLDS(n_regimes, random_state=seed).fit(shuffled)
visits, lasting = analysis.compare_corpora(models, unseen, seed=seed)
lasting.round(2)

# %% mystnb={"figure": {"name": "fig-slds-visits", "caption": "Share of visits of a regime that last as many steps or more, held out. Circles: counted on decoded paths. Line: the fitted chain of regimes, with the ends of these chains. Dashed: each step drawn anew, without memory."}} tags=["hide-input"]
figures.visits(visits, lasting);

# %% [markdown]
# ## What the cheap step costs, and what it does not give
#
# The paper calls simulating with such a model low-cost, and gives no number. Here is one for this machine. The model
# that wrote the chains writes again, and the switching model simulates, in turns and with as many chains side by side.
# Operations are counted: $4 k^2 + 3 k$ for a step, two for each weight and token for a sentence, and the attention.

# %%
full = real.fits["full model"]
cost, writer = analysis.cost_beside_writer(full, real.inside[1], chains, seed=seed)
print(f"{cost.n_chains} chains side by side, on {writer.device}, {writer.dtype}")
pd.concat([cost.table, cost.ratio.to_frame().T]).style.format("{:.3g}")

# %% [markdown]
# What is bought for that price? The first state of a chain must come from the model, which has to read the question and
# write a sentence; then there is a point in $k$ directions and no text. And it is a *possible* next state, not the next
# one. How far from the real one? The last row is 1 where the simulation knows of its chain no more than any other
# chain does; it is empty where no two chains have three sentences.

# %% tags=["hide-input"]
honest = scores.r2.xs("predictive", level="weights").loc["full model"]
third = analysis.third_state_ratio(full, real.inside[1], seed=seed)
missed = {
    f"variance missed by the honest forecast, {rank} coordinates": 1 - honest["k", "h"],
    f"the same, all {states.width} dimensions": 1 - honest["D", "h"],
    "distance of a simulated third state, in units of another chain's": third,
}
pd.Series(missed, name="here").to_frame().round(2)

# %% [markdown]
# Cheap simulation is a good way to ask what *kinds* of chains a fitted law makes, many thousands of them. It is no
# substitute for a chain.
#
# ## The same model by another program
#
# Is the fit right? The package `ssm` learns the same model by its own EM. From one start, with all priors off and in
# few directions, both climb the same likelihood; the other columns are the largest differences of the parameters from
# ours, relative.

# %%
small = dynamics.Projection(5).fit(train)
five = [small.transform(t) for t in (train, test)]
try:
    agreement = analysis.compare_learners(*five, random_state=seed).round(4)
except LmphysError as why:
    agreement = f"not compared: {why}"
agreement

# %% [markdown]
# ## Verdict
#
# Each number under the definitions that the paper's text admits (in $k$ coordinates, or in all $D$ as Eq. 10 is
# printed), beside what it must beat: a model with regimes one linear map and the surrogates of one map, a model without
# any the forecasts that know no motion. The *drops* are those of the honest forecast of $h$ in $k$ coordinates, beside
# those on chains that lack the part in question.

# %% tags=["hide-input"]
nulls = {"surrogates of one map": null, "heavy-tailed surrogates": heavy}
tables = {"full model": scores, "surrogates of one map": null_scores}
tables["heavy-tailed surrogates"] = heavy.scores(seed=seed)
lacking = ("random walks", "permuted")
lost = {name: Interval.of_row(losses.loc[name], "drop") for name in lacking}
plain = analysis.plain_forecasts(real, train, test, seed=seed)
judged = {"plain": plain, "lost": lost, "position": position, "seed": seed}
parts = verdicts.ablation_entries(rows, real, nulls, tables, **judged)

# %% tags=["hide-input"]
nll = {name: claim.replace("_r2", "_nll") for name, claim in rows.items()}
nll |= {"full model": "slds.slds.nll", "one linear map": "slds.global_linear.nll"}
printed = {name: ledger.claims[claim].value for name, claim in nll.items()}
size = f"K = {n_regimes}, rank {rank}, held out by question"
order = "slds.ablation.nll_order"
ordered = verdicts.order_entry(order, real, null, printed, seed=seed)
whole = verdicts.full_model_entry("slds.slds.r2_text", tables, size)
cheap = verdicts.cost_entry("slds.simulation.cost", cost, writer.device)

# %% tags=["hide-input"]
ledger.record_all([*parts, whole, ordered, cheap])
ledger.show()

# %% tags=["hide-input", "finding"]
ledger.finding(
    "By the honest forecast a model without regimes scores "
    "{slds.ablation.no_regime_drop} relative to the full one (in the paper "
    "{slds.ablation.no_regime_drop:paper}): {slds.ablation.no_regime_drop:verdict}. "
    "Without the projection it is {slds.ablation.no_projection_drop} "
    "({slds.ablation.no_projection_drop:paper} in the paper, "
    "{slds.ablation.no_projection_drop:verdict}), and without a drift that depends on "
    "the state {slds.ablation.no_state_drift_drop} "
    "({slds.ablation.no_state_drift_drop:paper}, "
    "{slds.ablation.no_state_drift_drop:verdict})."
)

# %% [markdown]
# What to take along:
#
# - A table of ablations is only as good as its score. If the score favours models with regimes, leaving out the
#   regimes lowers it, whatever the data.
# - The null of an ablation is the same ablation on data that lack the part.
# - More penalty is a rival of more parts. Give the simple model as much of it before you praise the complex one.
# - A fixed point, a relaxation time and a dwell time are facts about a fit. They become facts about the chains where
#   chains go there, for as long as it takes.
#
# ## Exercises
#
# ```{exercise} How long is a visit without memory?
# :label: slds-memoryless
# Each step draws its regime anew, regime $j$ with probability $p_j$. How long is a visit on average in an endless
# chain, and how many visits has a chain of $L$ steps? Check it on random labels.
# ```
#
# ```{solution-start} slds-memoryless
# :class: dropdown
# ```
# Two neighbours agree with probability $q = \sum_j p_j^2$. A chain of $L$ steps has $1 + (L - 1)(1 - q)$ visits, and
# the mean visit of an endless chain is $1 / (1 - q)$: for four regimes of equal share a third more than one step.

# %% tags=["solution"]
shares = np.array([0.5, 0.3, 0.1, 0.1])
path = np.random.default_rng(0).choice(4, p=shares, size=40_000)
counted = analysis.count_visits(path, np.array([40_001]), 4)
print(analysis.mean_visit(counted), "steps; by the law", 1 / (1 - shares @ shares))

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} One more penalty
# :label: slds-penalty
# Take the largest rank that several regimes can have, and fit *one* map with penalties of 0.1 to 10 (`drift_prior`).
# How much of what regimes seemed to gain there does the best of these reach? And which would you choose without looking
# at the held-out chains?
# ```
#
# ```{solution-start} slds-penalty
# :class: dropdown
# ```
# The first table is the variance that one map explains, in percentage points above the default penalty of 1; the
# second what regimes gain in the same coordinates, over that map and over one with as much penalty. Without looking,
# choose the penalty on folds of the training chains, as `choose_rank` does with the number of directions.

# %% tags=["solution"]
more = grids["real chains"].query("n_regimes > 1")
large = more.index.get_level_values("rank").max()
wide = dynamics.Projection(large).fit(train)
fit, held_out = wide.transform(train), wide.transform(test)
target = held_out.pairs()[1]
missed = {}
for prior in (0.1, 0.3, 1, 3, 10):
    forecast = dynamics.SLDS(1, drift_prior=prior).fit(fit).forecasts(held_out)
    missed[prior] = ((target - forecast["predictive"]) ** 2).sum()
gained = (missed[1] - pd.Series(missed)) / ((target - target.mean(axis=0)) ** 2).sum()
print((100 * gained).round(1).to_dict())
(100 * more.xs(large, level="rank")[["honest", "equal"]]).round(1)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Regimes that are there
# :label: slds-planted
# The other side of the null: plant regimes. Draw chains from four regimes with equal shares, once such that regimes
# last and once such that they do not. Does the honest gain see the difference? Does the leaking one?
# ```
#
# ```{solution-start} slds-planted
# :class: dropdown
# ```
# Four regimes pull to the corners of a tetrahedron. `implant` puts them into one map; `stay` is the probability that
# a regime goes on, 0.25 for regimes that are drawn anew at each step.

# %% tags=["solution"]
from lmphys.dynamics.nulls.implanted import implant, implanted_chains

one, flat = np.ones((1, 1)), np.eye(6)[None]
still = dynamics.SLDSParameters(one[0], one, -0.1 * flat, np.zeros((1, 6)), flat)
origins = [np.zeros((1, 6))] * 100
starts = dynamics.SLDS.from_parameters(still).simulate(origins, 1, seed=seed)
for stay in (0.25, 0.9):
    planted = implant(still, starts, 4, separation=4.0, stay=stay, seed=1)
    parts = [implanted_chains(planted, starts, length=10, seed=s) for s in (2, 3)]
    curve = dynamics.leak_curve(*parts, (1, 4), n_init=2)
    table = curve.pivot(index="n_regimes", columns="weights", values="r2_dh")
    print(f"stay {stay}:", (table.loc[4] - table.loc[1]).round(2).to_dict())

# %% [markdown]
# Only the honest gain (`predictive`) tells regimes that last from regimes that are drawn anew at each step. The
# leaking gains are high for both: they measure how far the regimes are apart, not whether they can be seen coming.
#
# ```{solution-end}
# ```
#
# ```{exercise} A heavy tail instead of regimes
# :label: slds-heavy-tail
# The surrogates of this page have Gaussian noise; real residuals have a {term}`heavy tail`. Draw surrogates of one map
# with the noise of one Student t (`linear_surrogates`), which have no regimes either. Do they leak as much as the real
# chains?
# ```
#
# ```{solution-start} slds-heavy-tail
# :class: dropdown
# ```
# In five coordinates, the gain of regimes over one map by what the weights have seen. What the surrogates with a heavy
# tail gain is no sign of regimes; only what the real chains gain beyond that could be one.

# %% tags=["solution"]
from lmphys.dynamics.nulls.simulated import linear_surrogates

drift = dynamics.LinearDrift().fit(five[0])
kinds = {"real": five}
for noise in ("gaussian", "student"):
    kinds[noise] = [
        linear_surrogates(drift, part, noise=noise, seed=seed + i)
        for i, part in enumerate(five)
    ]
leaks = {}
for name, parts in kinds.items():
    curve = dynamics.leak_curve(*parts, (1, n_regimes), n_init=1, random_state=seed)
    table = curve.pivot(index="n_regimes", columns="weights", values="r2_h")
    leaks[name] = table.loc[n_regimes] - table.loc[1]
pd.DataFrame(leaks).T.round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Your own model
# :label: slds-own-model
# Run this page on other chains: `lmphys run reasoning/slds --model random:smollm2`, or `--model reasoner`, whose
# chains have known steps. Which rows of the table move? In which corpus do regimes last?
# ```
#
# ```{solution} slds-own-model
# :class: dropdown
# Look at {numref}`fig-slds-pattern` and {numref}`fig-slds-visits` of each run. Random weights read the same text: what
# stays as it was does not come from what the model has learned.
# ```
