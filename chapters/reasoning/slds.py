# %% [markdown]
# (slds)=
# # The switching model, part by part
#
# Take a machine apart, leave out one piece at a time, and see what fails: this is an *ablation*. {cite:t}`carson2025`
# do it with their switching model ({eq}`eq-slds`). Their Table 2 is the strongest evidence in the paper for each piece:
#
# | left out | model | $R^2$ |
# |---|---|---|
# | nothing | $K = 4$ regimes in $k = 40$ directions | 0.74 |
# | the regimes | $K = 1$, $k = 40$ | 0.58 |
# | the projection | $K = 4$, all $D$ dimensions | 0.60 |
# | the drift's dependence on the state | $K = 4$, $M_j = 0$ | 0.35 |
# | for reference | one linear map | 0.51 |
#
# The table does not say which $R^2$ this is. {ref}`fitting` has shown that weights which have seen the target raise
# the score of a model with regimes, and of that model alone. **So the question of this page: is there a definition of
# $R^2$ under which the whole table comes out, and would it also come out if there were no regimes at all?**
#
# Then we look at the fitted regimes as a physicist would, as dynamics: how stable, how fast, where to, for how long.
# And we weigh what the model is praised for, its low cost, against what it gives.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, starts, twins and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K
counts: list[int] = [1, 2, 3, 4, 6, 8]  # regimes K of the map of K and k
ranks: list[int] = [5, 10, 20, 40, 70, 100]  # directions k of the map of K and k
noise_rank: int = 10  # factors of the noise in all D dimensions
full_iterations: int = 10  # at most so many iterations of EM in all D dimensions
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, dynamics, lm
from lmphys.pages import slds as analysis
from lmphys.lm.prompts import REQUEST
from lmphys.pages.slds.grid import is_supported
from lmphys.core.errors import LmphysError

book.use_style()

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
chains = corpus.build_corpus(spec)
states = chains.trajectories("final_norm", position)
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
real = analysis.ablate(
    train,
    test,
    rank=rank,
    n_regimes=n_regimes,
    noise_rank=noise_rank,
    max_iter=full_iterations,
    random_state=seed,
)
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
# **The null.** From the fit with one regime, and the rule outside, we draw a {term}`twin <surrogate>` of every chain:
# same start, same length, *one* linear map, one Gaussian noise. These chains have no regimes. The whole table is made
# again on them, basis included.

# %%
twin_train, twin_test = real.twins(train, test, seed=seed)
null = analysis.ablate(
    twin_train,
    twin_test,
    rank=rank,
    n_regimes=n_regimes,
    noise_rank=noise_rank,
    max_iter=full_iterations,
    random_state=seed,
)
null_scores = null.scores(seed=seed)

# %% [markdown]
# Are the twins like enough? A map that fits its training chains better than others makes twins that are easier to
# predict than real chains, and a map with an eigenvalue beyond 1 makes twins that run away. So look, before using
# them:

# %% tags=["hide-input"]
single = real.fits["no regimes"].parameters_
size = [np.sqrt(t.states.var(axis=0).sum()) for t in (test, twin_test)]
one = [t.r2["no regimes", "k", "h", "predictive"] for t in (scores, null_scores)]
print(f"largest |eigenvalue| of the map: {np.abs(single.eigenvalues()).max():.3f}")
print(f"spread of held-out states: real {size[0]:.1f}, twins {size[1]:.1f}")
print(f"R²(h) of one map, held out, {rank} coordinates: real {one[0]:.2f}, twins {one[1]:.2f}")

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

# %% mystnb={"figure": {"name": "fig-slds-ablation", "caption": "Held-out variance explained by the models of the ablation on real chains, beside the paper's column. Columns: target, and what the weights have seen (seen: updated with the target; smooth: the whole chain). In one panel all numbers are of one set of forecasts; only the definition changes. Colours end at 0 and 0.8."}} tags=["hide-input"]
book.heatmaps.ablation(scores, paper, "real chains")

# %% mystnb={"figure": {"name": "fig-slds-ablation-null", "caption": "The same table, made anew on twins of one linear map, which have no regimes."}} tags=["hide-input"]
book.heatmaps.ablation(null_scores, paper, "twins of one map")

# %% [markdown]
# Read a panel from left to right. By the honest forecast all models are judged alike. To the right a model with
# regimes can gain, and one without cannot: its four columns are one number.
#
# *No regimes* and *one linear map* are one model up to a penalty, so no definition tells them far apart. The paper has
# 0.58 and 0.51, and does not say what differs. If the second is the map in all $D$ with $\lambda = 1$, as printed in
# Sec. 3.2: the last row shows what that map gives with as few transitions as here.
#
# ## Which definition has the paper's pattern?
#
# Two measures, for each definition: the distance, root mean square over the five rows, and the order of the rows
# (Kendall's $\tau$, 1 for the paper's order). And both again for the twins. A definition speaks for the regimes only if
# the real chains come closer to the paper than chains without regimes do.

# %%
pattern = analysis.compare_patterns(real, null, paper, seed=seed)
columns = ["rms", "null_rms", "excess", "excess_low", "excess_high"]
pattern[[*columns, "tau", "null_tau", "order", "null_order"]].round(2)

# %% mystnb={"figure": {"name": "fig-slds-pattern", "caption": "Distance from the paper's table under each definition; smaller is closer. Bars: 95 % intervals over chains, at given fits. A tick says that the rows are in the paper's order in 95 % of the resampled corpora. Where squares lie as far left as circles, the table is no evidence for regimes."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, sharey=True, figsize=(9, 4.6), layout="constrained")
seen, spaces = book.heatmaps.SEEN, book.heatmaps.SPACE
for ax, (space, title) in zip(axes, spaces.items(), strict=True):
    part = pattern.loc[space]
    place = np.arange(len(part))
    for name, which, mark, shift in (
        ("real chains", "", "o", -0.15),
        ("twins of one map", "null_", "s", 0.15),
    ):
        low, high = part[f"{which}rms_low"], part[f"{which}rms_high"]
        lines = ax.hlines(place + shift, low, high, linewidth=2)
        colour = book.style.BLUE if not which else book.style.VERMILION
        lines.set_color(colour)
        ax.plot(part[f"{which}rms"], place + shift, mark, color=colour, label=name)
        for y in np.flatnonzero(part[f"{which}order"] >= 0.95):
            ax.annotate("✓", (high.iloc[y], y + shift), (4, -4), textcoords="offset points")
    ax.set(title=title, xlim=(0, None), xlabel="rms distance")
    ax.set_yticks(place, [f"{t}, {seen[w]}" for t, w in part.index])
axes[0].invert_yaxis()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=2);

# %% tags=["hide-input"]
closest = pattern.rms.idxmin()
best = pattern.loc[closest]
print(f"Closest definition: {', '.join(closest)}: {best.rms:.3f} from the paper.")
print(f"Its twins without regimes: {best.null_rms:.3f}; difference {best.excess:+.3f}")
print(f"  [{best.excess_low:+.3f}, {best.excess_high:+.3f}] (below 0: real chains closer).")
nearer = pattern[pattern.excess_high < 0]
print(f"Definitions in which the real chains are closer: {len(nearer)} of {len(pattern)}")
for where in nearer.index:
    print("  ", ", ".join(where))
for name, column in {"real chains": "order", "twins of one map": "null_order"}.items():
    ordered = pattern[pattern[column] >= 0.95]
    honest = ordered.index.get_level_values("weights") == "predictive"
    print(f"In the paper's order, {name}: {len(ordered)} definitions,")
    print(f"  of them by the honest forecast: {honest.sum()}")

# %% [markdown]
# How to read this. If the honest forecast is not among the definitions in the paper's order, the order was made by
# the weights. A square with a tick is the paper's order without regimes. A circle left of its square by more than the
# bars would be a table that needs more than one Gaussian map. With two dozen definitions a single such one may be
# chance; and more than one Gaussian map need not mean regimes of thought, as the next table shows.
#
# ### The row without state drift asks something else
#
# With $M_j = 0$ a regime only adds a step, wherever the state is. Twins of one map are no null for this row, as one map
# *is* a drift that depends on the state. What lacks it is a random walk. And at the other end there are chains without
# any dynamics: states dealt out anew among all chains. After an excursion they return to the mean, and to predict the
# return takes $M$. How much is lost without it?

# %%
inside = {
    "real chains": [real.projection.transform(t) for t in (train, test)],
    "twins of one map": [null.projection.transform(t) for t in (twin_train, twin_test)],
}
walk = dynamics.SLDS(1, drift="none").fit(inside["real chains"][0])
lacking = {"random walks": [], "dealt anew": []}
for i, part in enumerate(inside["real chains"]):
    lacking["random walks"].append(dynamics.simulated_surrogates(walk, part, seed=seed + i))
    lacking["dealt anew"].append(dynamics.shuffle_chains(part, seed=seed + i))
left = {
    name: table.r2.xs(("k", "h"), level=("space", "target")).unstack("model")
    for name, table in (("real chains", scores), ("twins of one map", null_scores))
}
for name, parts in lacking.items():
    curves = {
        row: dynamics.leak_curve(
            *parts, (n_regimes,), drift=drift, n_init=2, random_state=seed
        )
        for row, drift in (("full model", "switching"), ("no state drift", "none"))
    }
    left[name] = pd.DataFrame({r: c.set_index("weights").r2_h for r, c in curves.items()})
left = pd.DataFrame(
    {
        name: {
            "full, honest": table["full model"].predictive,
            "without, honest": table["no state drift"].predictive,
            "full, target seen": table["full model"].filtered_after_update,
        }
        for name, table in left.items()
    }
).T
left["drop"] = left["without, honest"] - left["full, honest"]
left["leak"] = left["full, target seen"] - left["full, honest"]
left.round(3)

# %% [markdown]
# That the state matters is true of real chains, if their drop is below that of random walks. It has to be true of any
# data that stay around a mean, also of those without dynamics. Where states dealt out anew lose the most, this row of
# the paper's table is no evidence for a motion of thought.
#
# The last column is what the full model gains from seeing the target. Real chains may leak more than twins of one
# Gaussian map: then there is more in them than such a map. If states dealt out anew leak as much, it is *where* states
# lie, in clusters, and not how they move. A weight that has seen the target is told the cluster; a forecast is not.
#
# ## Regimes and directions together
#
# The paper fixes $K$ and $k$. Here is the neighbourhood. A fit exists for any pair, but where each regime has
# fewer than $k + 1$ transitions, its map is not determined by the data, and only the prior speaks. Such pairs are
# left out:

# %%
left_out = [(K, k) for k in ranks for K in counts if not is_supported(train, K, k)]
print(f"left out (K, k): {left_out or 'none'}")
grids = {
    name: analysis.score_grid(*parts, counts, ranks, n_init=1, max_iter=60, seed=seed)
    for name, parts in {
        "real chains": (train, test),
        "twins of one map": (twin_train, twin_test),
    }.items()
}

# %% [markdown]
# *Honest* is the gain of the forecast over one map in the same coordinates. There is a trap: $K$ regimes bring $K$
# penalties. Where few transitions meet many directions, any further shrinkage helps, with or without regimes.
# The fair rival is *one map with $K$ times the penalty*:

# %% mystnb={"figure": {"name": "fig-slds-grid", "caption": "Gain in variance explained over one map in the same k coordinates, held out, in percentage points. Left: honest forecast. Middle: honest, against one map with as much penalty in all. Right: weights that have seen the target. A star: the 95 % interval over chains, paired, does not hold 0. Upper row real chains, lower row twins without regimes."}} tags=["hide-input"]
kinds = {"honest": "honest", "equal": "honest, equal penalty", "leaking": "target seen"}
figure, axes = plt.subplots(2, 3, figsize=(9, 5.6), layout="constrained")
reach = 100 * max(grid.leaking.max() for grid in grids.values())
for line, (name, grid) in zip(axes, grids.items(), strict=True):
    for ax, (kind, title) in zip(line, kinds.items(), strict=True):
        values = 100 * grid[kind].unstack("rank").drop(index=1, errors="ignore")
        certain = None
        if kind != "leaking":
            outside = grid[f"{kind}_low"] * grid[f"{kind}_high"] > 0
            certain = outside.unstack("rank").loc[values.index].eq(True)
        scale = {"low": -reach, "high": reach, "centre": 0.0, "decimals": 1}
        book.heatmaps.heat_map(values, marked=certain, ax=ax, **scale)
        ax.set(title=title, xlabel="directions k")
    line[0].set_ylabel(f"{name}\nregimes K")

# %% tags=["hide-input"]
for name, grid in grids.items():
    more = grid[grid.index.get_level_values("n_regimes") > 1]
    up, down = (more.equal_low > 0).sum(), (more.equal_high < 0).sum()
    print(f"{name}: target seen, up to {100 * more.leaking.max():+.1f} points;")
    print(f"  honest at equal penalty {100 * more.equal.min():+.1f} to "
          f"{100 * more.equal.max():+.1f}; {up} of {len(more)} pairs above 0, {down} below")  # fmt: skip

# %% [markdown]
# Gains within one rank can be compared. *Between* ranks the target changes, and $R^2$ cannot say how many directions
# are best. The density of the whole next state, completed to all $D$ dimensions, can:

# %% mystnb={"figure": {"name": "fig-slds-density", "caption": "Held-out log density of the next state in all D dimensions, in nats per transition, minus that of the best pair (0). Between ranks only this can be compared. A density rewards a better guess of the size of the surprise as well as a better forecast."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
for ax, (name, grid) in zip(axes, grids.items(), strict=True):
    relative = (grid.density - grid.density.max()).unstack("rank")
    book.heatmaps.heat_map(relative, decimals=0, ax=ax)
    K, k = grid.density.idxmax()
    ax.set(title=f"{name}: best K = {K}, k = {k}", xlabel="directions k")
axes[0].set_ylabel("regimes K");

# %% [markdown]
# ## The regimes as dynamics
#
# In regime $j$ a deviation from the {term}`fixed point` is multiplied by $I + M_j$ at each step. Its eigenvalues tell
# the rest: inside the unit circle a deviation dies out, in $-1 / \ln \lvert \lambda \rvert$ steps ({term}`relaxation
# time`); outside it grows; off the real axis it turns. The same model is fitted to the twins of one map, where the true
# answer is known: all regimes are one.

# %%
models = {"real chains": real.fits["full model"], "twins of one map": null.fits["full model"]}
portraits = pd.concat(
    {
        "one map": analysis.portrait(real.fits["no regimes"], inside["real chains"][1]),
        **{name: analysis.portrait(m, inside[name][1]) for name, m in models.items()},
    },
    names=["fit"],
)
portraits.style.format(precision=2, thousands=",")

# %% mystnb={"figure": {"name": "fig-slds-eigenvalues", "caption": "Eigenvalues of I + M in the complex plane, with the unit circle. Left: one map for all steps. Middle: each regime of the real chains has a marker. Right: regimes fitted to twins of the left map, which have none; how far these differ from each other is what fitting alone does."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, sharey=True, figsize=(9, 3.5), layout="constrained")
angle = np.linspace(0, 2 * np.pi, 200)
fits = {"one map": real.fits["no regimes"]} | {f"K = {n_regimes}, {n}": m for n, m in models.items()}
reach = max(1.1, *(1.05 * np.abs(f.parameters_.eigenvalues()).max() for f in fits.values()))
for ax, (name, fit) in zip(axes, fits.items(), strict=True):
    for j, values in enumerate(fit.parameters_.eigenvalues()):
        mark = {"marker": "osD^vPX"[j % 7], "ms": 4, "ls": "none", "alpha": 0.7}
        ax.plot(values.real, values.imag, label=f"regime {j}", **mark)
    ax.plot(np.cos(angle), np.sin(angle), color="#444444", linewidth=1)
    ax.set(title=name, xlabel="real part", aspect="equal", xlim=(-1.1, reach))
axes[0].set_ylabel("imaginary part")
figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=n_regimes);

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
for name, table in portraits.groupby("fit", sort=False):
    used = table[table.steps >= 2]
    far, unstable = (used.farther == 0).sum(), (used.largest_eigenvalue >= 1).sum()
    slow = (used.relaxation > used.visit_counted).sum()
    print(f"{name}: of {len(used)} regimes in use, {unstable} unstable,")
    print(f"  {slow} slower than their visits, {far} with a fixed point beyond all their states")

# %% [markdown]
# ### Do regimes last?
#
# A mode of thought should last. How many sentences? Count on held-out chains, beside the fitted law and beside the law
# without memory, in which every step draws its regime anew with the same shares. A regime can also seem to last because
# *chains* differ. So the model is fitted once more to chains whose sentences were shuffled: same sentences, same
# chains, no order. A ratio of 1 means no memory.

# %%
shuffled = [dynamics.shuffle_order(t, seed=seed + i) for i, t in enumerate((train, test))]
inside["shuffled order"] = [real.projection.transform(t) for t in shuffled]
models["shuffled order"] = dynamics.SLDS(n_regimes, random_state=seed).fit(
    inside["shuffled order"][0]
)
paths = {name: models[name].viterbi(parts[1]) for name, parts in inside.items()}
lasting = pd.DataFrame(
    {
        name: analysis.persistence(path, test.lengths, n_regimes, seed=seed)._asdict()
        for name, path in paths.items()
    }
).T.astype(float)
lasting.round(2)

# %% mystnb={"figure": {"name": "fig-slds-visits", "caption": "Share of visits of a regime that last as many steps or more, held out. Circles: counted on decoded paths. Line: the fitted chain of regimes, with the ends of these chains. Dashed: each step drawn anew, without memory."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, sharey=True, figsize=(9, 3.3), layout="constrained")
for ax, (name, path) in zip(axes, paths.items(), strict=True):
    p = models[name].parameters_
    visits = analysis.compare_visits(path, test.lengths, p.pi, p.T)[:8]
    counted = visits.counted[visits.counted > 0]
    ax.plot(counted.index, counted, "o", color=book.style.BLUE, label="counted")
    ax.plot(visits.index, visits.fitted, "-", color=book.style.VERMILION, label="fitted law")
    ax.plot(visits.index, visits.memoryless, "--", color="#222222", label="no memory")
    low, value, high = lasting.loc[name, ["low", "value", "high"]]
    ax.set(title=f"{name}\nratio {value:.2f} [{low:.2f}, {high:.2f}]", xlabel="steps")
    ax.set(yscale="log", ylim=(1e-3, 1.3))
axes[0].set_ylabel("share of visits")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3);

# %% [markdown]
# ## What the cheap step costs, and what it does not give
#
# The paper calls simulating with such a model low-cost, and gives no number. Here is one for this machine. The model
# that wrote the chains writes again, and the switching model simulates, in turns and with as many chains side by side.
# Operations are counted: $4 k^2 + 3 k$ for a step, two for each weight and token for a sentence, and the attention.

# %%
writer = lm.LanguageModel(spec.writer or model, dtype=chains.spec.dtype)
asked = [q for task in spec.tasks for q in corpus.load_questions(task, 1, seed)][:2]
prompts = [writer.prompt_ids(REQUEST.format(question=q.text), prompt) for q in asked]
cost = analysis.simulation_cost(
    real.fits["full model"],
    inside["real chains"][1],
    writer,
    4 * prompts,
    tokens_per_sentence=float(chains.sentences["n_tokens"].mean()),
    seed=seed,
)
print(f"{cost.n_chains} chains side by side, on {writer.device}, {writer.dtype}")
pd.concat([cost.table, cost.ratio.to_frame().T]).style.format("{:.3g}")

# %% [markdown]
# What is bought for that price? The first state of a chain must come from the model, which has to read the question and
# write a sentence; then there is a point in $k$ directions and no text. And it is a *possible* next state, not the next
# one. How far from the real one?

# %% tags=["hide-input"]
honest = scores.r2.xs("predictive", level="weights").loc["full model"]
print(f"missed by the honest forecast: {1 - honest['k', 'h']:.0%} of the variance in {rank}")
print(f"  coordinates, {1 - honest['D', 'h']:.0%} of that in all {states.width} dimensions")
longer = inside["real chains"][1]
longer = longer.select(longer.lengths >= 3)
if len(longer) > 1:
    third = np.stack([chain[2] for chain in longer])
    drawn = real.fits["full model"].simulate([c[:2] for c in longer], 1, seed=seed)
    off = np.stack([chain[-1] for chain in drawn]) - third
    other = np.roll(third, 1, axis=0) - third
    ratio = np.sqrt((off**2).sum() / (other**2).sum())
    print(f"a simulated third state is {ratio:.2f} times as far from the real one as that of")
    print("  another chain (1: it knows of its chain no more than any other does)")
else:
    print("no two chains of three sentences: how far a simulated state is cannot be told")

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
try:
    agreement = analysis.compare_learners(
        small.transform(train), small.transform(test), n_regimes=2, random_state=seed
    )
except LmphysError as why:
    agreement = None
    print(f"not compared: {why}")
agreement if agreement is None else agreement.round(4)

# %% [markdown]
# ## Verdict
#
# Each number under the definitions that the paper's text admits (in $k$ coordinates, or in all $D$ as Eq. 10 is
# printed), beside the same number on the twins of one map. The *drops* are those of the honest forecast of $h$ in $k$
# coordinates, beside those on chains that lack the part in question.

# %% tags=["hide-input"]
for model_row in ("no regimes", "no projection", "no state drift"):
    mine, theirs = (analysis.readings(t, model_row) for t in (scores, null_scores))
    ledger.record(
        rows[model_row],
        {name: Interval.of_row(row, "r2") for name, row in mine.iterrows()},
        controls={"twins of one map": theirs.r2.to_dict()},
        note=f"rank {rank}, {position} token, held out by question",
    )
    where = (model_row, "k", "h", "predictive")
    drop, twin_drop = (a.drops(seed=seed).loc[where] for a in (real, null))
    nulls = {"twins of one map": float(twin_drop["drop"])}
    if model_row == "no state drift":  # one map has such a drift; random walks lack it
        nulls = {"random walks": float(left.loc["random walks", "drop"])}
    ledger.record(
        rows[model_row].replace("_r2", "_drop"),
        Interval.of_row(drop, "drop"),
        controls={**nulls, "no drop": 0.0},
        note=f"honest forecast of h in {rank} coordinates; "
        f"twins of one map {twin_drop['drop']:.3f}",
    )
    ledger.record(
        rows[model_row].replace("_r2", "_nll"),
        float(real.nll[model_row]),
        controls={"full model": float(real.nll["full model"])},
        note=f"nats per transition in all {states.width} dimensions, completed",
    )
full, linear = (analysis.readings(scores, name) for name in ("full model", "one linear map"))
ledger.record(
    "slds.slds.r2_text",
    {name: Interval.of_row(row, "r2") for name, row in full.iterrows()},
    controls={
        "one linear map": linear.r2.to_dict(),
        "twins of one map": analysis.readings(null_scores, "full model").r2.to_dict(),
    },
    note=f"K = {n_regimes}, rank {rank}, held out by question",
)
decades = -np.log10(cost.rounds)
ledger.record(
    "slds.simulation.cost",
    Interval(-np.log10(cost.ratio.seconds), decades.min(), decades.max()),
    note=f"{cost.n_chains} chains side by side on {writer.device}; "
    f"interval: {len(decades)} rounds",
)
ledger.show()

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
# ```{admonition} Exercise 1: how long is a visit without memory?
# :class: tip
# Each step draws its regime anew, regime $j$ with probability $p_j$. How long is a visit on average in an endless
# chain, and how many visits has a chain of $L$ steps? Check it on random labels.
# ```
#
# ```{dropdown} Solution
# Two neighbours agree with probability $q = \sum_j p_j^2$. A chain of $L$ steps has $1 + (L - 1)(1 - q)$ visits, and
# the mean visit of an endless chain is $1 / (1 - q)$: for four regimes of equal share a third more than one step.
#
#     rng = np.random.default_rng(0)
#     path = rng.choice(4, p=[0.5, 0.3, 0.1, 0.1], size=40_000)
#     counted = analysis.count_visits(path, np.array([40_001]), 4)
#     print(analysis.mean_visit(counted), 1 / (1 - 0.36))
# ```
#
# ```{admonition} Exercise 2: one more penalty
# :class: tip
# Take the largest rank, and fit *one* map with penalties of 0.1 to 10 (`drift_prior`). How much of what regimes seemed
# to gain there does the best of these reach? And which would you choose without looking at the held-out chains?
# ```
#
# ```{dropdown} Solution
#     large = max(k for k in ranks if is_supported(train, 1, k))
#     wide = dynamics.Projection(large).fit(train)
#     a, b = wide.transform(train), wide.transform(test)
#     for prior in (0.1, 0.3, 1, 3, 10):
#         one = dynamics.SLDS(1, drift_prior=prior).fit(a)
#         error = b.pairs()[1] - one.forecasts(b)["predictive"]
#         print(prior, round(float((error**2).sum() / b.n_transitions), 2))
#     print(grids["real chains"].xs(large, level="rank")[["honest", "equal"]])
#
# Without looking, choose it on folds of the training chains, as `choose_rank` does with the number of directions.
# ```
#
# ```{admonition} Exercise 3: regimes that are there
# :class: tip
# The other side of the null: plant regimes. Draw chains from four regimes with equal shares, once such that regimes
# last and once such that they do not. Does the honest gain see the difference? Does the leaking one?
# ```
#
# ```{dropdown} Solution
#     for stay in (0.25, 0.9):
#         truth = fitting.random_parameters(4, 6, separation=4.0, stay=stay, memory=0.9, seed=1)
#         planted = [fitting.draw_chains(truth, 200, 10, seed=s) for s in (2, 3)]
#         curve = dynamics.leak_curve(*planted, (1, 4)).pivot(index="n_regimes", columns="weights", values="r2_dh")
#         print(stay, (curve.loc[4] - curve.loc[1]).round(2).to_dict())
#
# Only the honest gain tells regimes that last from regimes that are dealt out anew at each step. The leaking gain is
# high for both: it measures how far the regimes are apart, not whether they can be seen coming.
# ```
#
# ```{admonition} Exercise 4: a heavy tail instead of regimes
# :class: tip
# The twins of this page have Gaussian noise; real residuals have a {term}`heavy tail`. Draw twins of one map with the
# noise of one Student t (`linear_surrogates`), which have no regimes either. Do they leak as much as the real chains?
# ```
#
# ```{dropdown} Solution
#     drift = dynamics.LinearDrift().fit(inside["real chains"][0])
#     for noise in ("gaussian", "student"):
#         tails = [
#             linear_surrogates(drift, part, noise=noise, seed=seed + i)
#             for i, part in enumerate(inside["real chains"])
#         ]
#         curve = dynamics.leak_curve(*tails, (1, n_regimes), random_state=seed)
#         table = curve.pivot(index="n_regimes", columns="weights", values="r2_h")
#         print(noise, (table.loc[n_regimes] - table.loc[1]).round(3).to_dict())
#     rows = scores.r2.xs(("k", "h"), level=("space", "target")).unstack("model")
#     print("real", (rows["full model"] - rows["no regimes"]).round(3).to_dict())
# ```
#
# ```{admonition} Exercise 5: your own model
# :class: tip
# Run this page on other chains: `lmphys run reasoning/slds --model random:smollm2`, or `--model reasoner`, whose
# chains have known steps. Which rows of the table move? In which corpus do regimes last?
# ```
#
# ```{dropdown} Solution
# Look at {numref}`fig-slds-pattern` and {numref}`fig-slds-visits` of each run. Random weights read the same text: what
# stays as it was does not come from what the model has learned.
# ```
