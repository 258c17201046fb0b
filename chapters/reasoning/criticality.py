# %% [markdown]
# (criticality)=
# # Wells, escapes and warnings
#
# A ball in a bowl comes back when it is pushed. Flatten the bowl, and it comes back ever more slowly; bend the bottom
# up, and there are two hollows, with a hill between them that only a lucky series of kicks gets the ball across.
# {cite:t}`carson2025` ask the reader to picture a chain of thought in this way (App. E): regimes are hollows, changes
# of mind are escapes. Their equation is the {term}`Langevin equation` of a double well,
#
# $$ \dd x = -U'(x)\, \dd t + \sqrt{2D}\, \dd W, \qquad U(x) = \tfrac{a}{4} x^4 - \tfrac{b}{2} x^2, $$ (eq-well)
#
# with noise of strength $D$. Nothing in it is estimated from data there.
#
# **Two questions.** First, what does the picture say if it is taken seriously: when are there two hollows, how often is
# the hill crossed, and what is left of it when one looks only once per sentence? Second, the picture makes a promise
# that can be tested. Before a state loses its hold, fluctuations grow and last longer:
# {term}`critical slowing down`. It has been used on lakes, climates and patients {cite}`scheffer2009`. **Does it warn of
# a chain of thought that is about to go wrong?**

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, simulations, nulls and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
a: float = 1.0  # stiffness of the potential far out
b: float = 1.0  # minus its curvature at 0; positive, for two wells
rank: int = 10  # dimension k of the projection of the chains
window: int = 4  # sentences in the window that looks for a warning
match: list[str] = []  # what compared chains share besides length, such as task
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, dynamics
from lmphys.stats.modes import dip_test
from lmphys.pages import slowing_down
from lmphys.dynamics.approach import Approach, approach_derailment, approach_wrong_answer
from lmphys.dynamics.langevin import DoubleWell, OrnsteinUhlenbeck, euler_maruyama, stationary_variance
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.pages import severity
from lmphys.pages.double_well.widgets import DoubleWellWidget

book.use_style()
BLUE, RED = book.style.BLUE, book.style.VERMILION

# %% [markdown]
# ## A landscape to play with
#
# Move the sliders. On the left is the {term}`potential`, the landscape itself; on the right, where a ball is found in
# the long run, $p(x) = e^{-U(x)/D} / Z$. Take $b$ from negative to positive, and then raise the noise.

# %% tags=["hide-input"]
DoubleWellWidget(a, b, D=0.1)

# %% [markdown]
# *The double well under its three parameters (in print: at the values where the page starts). At $b = 0$ one hollow
# turns into two; $D$ moves no peak, it only fills the valley.*
#
# ## When are there two modes?
#
# The paper calls the density bimodal for $D < b^2/4a$, the height $\Delta U$ of the hill. But $e^{-U/D}$ has its peaks
# where $U$ has its hollows, whatever $D$ is: the number of modes is decided by the sign of $b$. What the noise decides
# is how deep the valley is, $p(0) / p(\sqrt{b/a}) = e^{-\Delta U / D}$, hence how long a ball stays on one side, and
# whether a *sample* shows two modes. The last column is the $p$ of the dip test on 500 independent draws.

# %%
well = DoubleWell(a, b)
reach = 3 * well.well
x = np.linspace(-reach, reach, 2001)
rng = np.random.default_rng(seed)


def row(ratio):
    D = ratio * well.barrier
    p = well.density(x, D)
    drawn = rng.choice(x, 500, p=p / p.sum())
    return {
        "D / ΔU": ratio,
        "modes": int((np.diff(np.sign(np.diff(p))) < 0).sum()),
        "valley / peak": well.density(0.0, D) / well.density(well.well, D),
        "variance": well.moment(2, D),
        "p of 500 draws": dip_test(drawn)[1],
    }


modes = pd.DataFrame([row(r) for r in (0.1, 0.2, 0.5, 0.9, 1.1, 2.0, 5.0, 10.0)])
modes.round(3)

# %% [markdown]
# So $D = \Delta U$ is a fair mark for *hardly any waiting*, and no mark at all for the number of modes. A clean bimodal
# histogram is evidence for hollows; the lack of one is not evidence against them.
#
# Does a simulation agree? Walkers follow {eq}`eq-well` in small steps, and their histogram is set beside the closed
# form. A second way needs no walkers: the {term}`Fokker–Planck equation` moves the density itself, here from cell to
# cell, so that what leaves one cell enters the next.

# %%
D = well.barrier / 2
solver = FokkerPlanck(well.force, D, -reach, reach, n_cells=600)
start = np.full(4000, -well.well)
times = (0.0, 2.0, 30.0)  # in units of 1 / b
unit = 1 / well.b
paths = euler_maruyama(
    well.force, D, start, dt=0.01 * unit, n_steps=3000, keep_every=100, seed=seed
)
first = np.zeros(600)
first[np.abs(solver.centres + well.well).argmin()] = 1
evolved = {t: solver.evolve(first, t * unit) for t in times[1:]}
pd.Series(
    {
        "probability lost or gained": abs(evolved[30.0].sum() - 1),
        "variance, walkers": (paths[20:] ** 2).mean(),
        "variance, closed form": well.moment(2, D),
        "variance, cells": solver.stationary @ solver.centres**2,
    }
).to_frame("value").map("{:.3g}".format)

# %% mystnb={"figure": {"name": "fig-well-density", "caption": "Walkers that all start in the left well, after 2 and after 30 units of time, as histograms; the lines are the Fokker–Planck equation at these times, the dashed line is the closed form of the long run."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(8, 3.2))
for ax, t in zip(axes, times[1:], strict=True):
    ax.hist(
        paths[int(t)], bins=60, density=True, color=BLUE, alpha=0.35, label="walkers"
    )
    ax.plot(
        solver.centres, evolved[t] / solver.width, color=BLUE, label="Fokker–Planck"
    )
    ax.plot(x, well.density(x, D), "--", color="#222222", label=r"$e^{-U/D}/Z$")
    ax.set(title=f"time {t:g} / b", xlabel="x", xlim=(-2 * well.well, 2 * well.well))
axes[0].set_ylabel("density")
axes[0].legend();

# %% [markdown]
# ## How often is the hill crossed?
#
# For a hill much higher than the noise {cite:t}`kramers1940` found the rate of escape from one well,
#
# $$ r = \frac{\sqrt{U''(x_\mathrm{well})\, \lvert U''(0) \rvert}}{2\pi}\, e^{-\Delta U / D}, $$ (eq-kramers)
#
# the {term}`Kramers rate`. Three checks, each on its own: walkers that are timed until they reach the bottom of the
# other well, with a Poisson interval; the exact mean of that time; and the smallest rate of the Fokker–Planck equation,
# which is $2r$ as two wells empty into each other.

# %%
def rates(height):
    D = well.barrier / height
    solver = FokkerPlanck(well.force, D, -reach, reach, n_cells=800)
    timed = well.escape_rate(
        D, n_walkers=400, dt=0.01 * unit, horizon=100 * unit, seed=seed
    )
    return {
        "ΔU / D": height,
        "Kramers": well.kramers_rate(D),
        "slowest rate / 2": solver.decay_rates(2)[1] / 2,
        "1 / mean time": 1 / solver.passage_time(-well.well, well.well),
        "walkers": float(timed.value),
        "low": float(timed.low),
        "high": float(timed.high),
    }


escapes = pd.DataFrame([rates(h) for h in (1, 2, 3, 4, 5, 6)]).set_index("ΔU / D")
escapes.map("{:.2e}".format)

# %% mystnb={"figure": {"name": "fig-kramers", "caption": "Rate of escape over the barrier against its height in units of the noise. Bars: 95 % intervals of the timed walkers. Right: each divided by the Kramers rate, which is a limit for high barriers; where the curves leave 1 is its range of validity."}} tags=["hide-input"]
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.3))
for name, line in (
    ("Kramers", "--"),
    ("slowest rate / 2", "-"),
    ("1 / mean time", "-."),
):
    left.semilogy(escapes.index, escapes[name], line, label=name)
    right.plot(escapes.index, escapes[name] / escapes["Kramers"], line)
for ax, scale in ((left, 1.0), (right, escapes["Kramers"])):
    middle, low, high = (escapes[n] / scale for n in ("walkers", "low", "high"))
    ax.errorbar(
        escapes.index,
        middle,
        [middle - low, high - middle],
        fmt="o",
        color="#222222",
        label="walkers",
    )
    ax.set_xlabel("height of the barrier, ΔU / D")
left.set_ylabel("rate")
right.set_ylabel("rate / Kramers rate")
left.legend();

# %% [markdown]
# Look at the left end of the right panel: where the barrier is as high as the noise, "the" rate depends on whom one
# asks, for there is no waiting in a well. That is what the paper's condition $D < b^2/4a$ really divides.
#
# ## Looking once per sentence
#
# A chain gives one state a sentence, and the models of this book are maps, $h_{t+1} = A h_t + c + \xi_t$. At the bottom
# of a hollow of curvature $k$, {eq}`eq-well` is linear, and looked at every $\Delta t$ it *is* a map, with no
# approximation:
#
# $$ x_{t+1} = e^{-k \Delta t} x_t + \xi_t, \qquad \Var \xi_t = \tfrac{D}{k} \left(1 - e^{-2k\Delta t}\right). $$ (eq-ou)
#
# The quick way from the equation to a map is one Euler step, which reads $M = A - I$ as $-k \Delta t$. For short steps
# that is the same; a sentence is no short step.

# %%
def euler(product, k=1.0, D=1.0):
    ou = OrnsteinUhlenbeck(k, D)
    maps = {"exact": ou.exact_step(product / k), "Euler": ou.euler_step(product / k)}
    found = {f"factor, {n}": m[0] for n, m in maps.items()}
    for n, m in maps.items():
        found[f"variance, {n}"] = stationary_variance(*m) / ou.variance
    return found


pd.DataFrame({p: euler(p) for p in (0.01, 0.1, 0.5, 1.0, 1.9, 2.1)}).T.rename_axis(
    "k Δt"
).round(3)

# %% [markdown]
# The variance is in units of the true one, $D/k$; Euler's is too large by $1 / (1 - k \Delta t / 2)$ and blows up at 2.
#
# And the real map? Each eigenvalue $\lambda$ of $A$ would come from a restoring rate $k = -\ln \lambda$ per sentence;
# the Euler reading is $1 - \lambda$. A lone negative $\lambda$ comes from no such equation: no smooth motion along a
# line changes sides each time one looks.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", position)
chains = dynamics.Projection(rank).fit(states).transform(states)
mixed = dynamics.shuffle_order(chains, seed=seed)
spectra = {
    name: np.linalg.eigvals(dynamics.LinearDrift().fit(traj).A_)
    for name, traj in {"real chains": chains, "shuffled order": mixed}.items()
}
pd.DataFrame(
    {
        name: {
            "largest modulus": np.abs(v).max(),
            "slowest rate, −ln |λ|": -np.log(np.abs(v).max()),
            "the same by Euler, 1 − |λ|": 1 - np.abs(v).max(),
            "share of real λ > 0": np.mean((np.abs(v.imag) < 1e-9) & (v.real > 0)),
            "share of real λ < 0": np.mean((np.abs(v.imag) < 1e-9) & (v.real < 0)),
            "share of complex λ": np.mean(np.abs(v.imag) >= 1e-9),
        }
        for name, v in spectra.items()
    }
).round(3)

# %% [markdown]
# Compare the columns before speaking of slow modes: shuffled chains have no dynamics, and what is left of their largest
# eigenvalue is the difference between chains.
#
# ## A hollow that fades
#
# Now let the hollow flatten, $b \to 0$ from below. As long as the bottom is a parabola, of curvature $k = \lvert b
# \rvert$, the variance is $D / k$ and the correlation over a time $t$ is $e^{-kt}$: both rise as $k$ falls. At the
# critical point itself the fourth power holds the ball, and the variance stays finite.

# %%
weak, lag = 0.05, 1.0
fading = np.array([-2.0, -1.5, -1.0, -0.7, -0.4, -0.2, -0.1, 0.0])


def fade(b):
    bowl = DoubleWell(a, b)
    rate = FokkerPlanck(bowl.force, weak, -3, 3, 600).decay_rates(2)[1]
    x = euler_maruyama(
        bowl.force,
        weak,
        np.zeros(1500),
        dt=0.02,
        n_steps=1500,
        keep_every=50,
        seed=seed,
    )[20:]
    return {
        "variance, exact": bowl.moment(2, weak),
        "variance, walkers": x.var(),
        "correlation, slowest rate": np.exp(-rate * lag),
        "correlation, walkers": np.corrcoef(x[:-1].ravel(), x[1:].ravel())[0, 1],
    }


slowing = pd.DataFrame({b: fade(b) for b in fading}).T.rename_axis("b")
slowing.round(3)

# %% mystnb={"figure": {"name": "fig-fading", "caption": "A hollow that flattens: variance (left) and correlation after one unit of time (right) against b. Dashed: the linear law, D / k and exp(−k t); line: exact; points: walkers. Both rise towards the critical point at 0, where the linear law ends."}} tags=["hide-input"]
figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.2))
linear = [OrnsteinUhlenbeck(-v, weak) for v in fading[:-1]]
left.plot(
    fading[:-1], [o.variance for o in linear], "--", color="#444444", label="linear"
)
right.plot(fading[:-1], [o.autocorrelation(lag) for o in linear], "--", color="#444444")
for ax, name, exact in (
    (left, "variance", "exact"),
    (right, "correlation", "slowest rate"),
):
    ax.plot(fading, slowing[f"{name}, {exact}"], color=BLUE, label="exact")
    ax.plot(fading, slowing[f"{name}, walkers"], "o", color=RED, label="walkers")
    ax.set(xlabel="b", ylabel=name)
left.set_ylim(0, 3 * slowing["variance, exact"].max())
left.legend();

# %% [markdown]
# ## A theory with a transition
#
# {cite:t}`carson2025adversariality` writes such an equation for the *severity* $x \in [0, 1]$ of a harmful answer,
#
# $$ \dd x = \left[ \alpha x (1 - x) - \beta x^2 + \gamma \right] \dd t + (\sigma_0 + \sigma_1 x)\, \dd W, $$ (eq-severity)
#
# and announces a transition at $\alpha = \beta$ with a relaxation time that diverges as a power of the distance. We
# know its abstract and what reviews say of it, not its proof. The equation is simple enough to ask it. Without a push,
# $\gamma = 0$, the drift rests at $x^\ast = \alpha / (\alpha + \beta)$, and a deviation from there dies out at the rate
# $-\mu'(x^\ast) = \alpha$. At $\alpha = \beta$ the resting place passes $1/2$, at full speed and with nothing becoming
# slow; the rate vanishes at $\alpha = 0$.
#
# Noise blurs this, so we let it fade, as in a larger system: noise from $n$ independent kicks falls as $1/\sqrt n$. A
# transition must sharpen as it does.

# %%
alphas = np.concatenate([np.linspace(0.05, 0.9, 18), np.linspace(0.95, 2, 22)])
sweep = severity.severity_sweep(alphas, [0.2, 0.1, 0.05, 0.025], beta=1.0)
peak = sweep.loc[sweep.groupby("sigma0")["relaxation"].idxmax()].set_index("sigma0")
at_one = sweep.iloc[(sweep["alpha"] - 1).abs().groupby(sweep["sigma0"]).idxmin()]
walk = severity.Severity(1.0, sigma0=0.1).simulate(
    np.full(2000, 0.5), dt=0.01, n_steps=2000, keep_every=500, seed=seed
)[1:]
pd.DataFrame(
    {
        "α of the longest relaxation": peak["alpha"],
        "that relaxation time": peak["relaxation"],
        "relaxation time at α = β": at_one.set_index("sigma0")["relaxation"],
        "variance at α = β": at_one.set_index("sigma0")["variance"],
        "mean at α = β": at_one.set_index("sigma0")["mean"],
    }
).sort_index(ascending=False).round(4)

# %%
print(f"walkers at α = β, σ₀ = 0.1: mean {walk.mean():.3f}, variance {walk.var():.4f}")

# %% mystnb={"figure": {"name": "fig-severity", "caption": "The severity model against α / β for fading noise, from the Fokker–Planck equation. Left: its mean. Middle: the probability to be above 1/2, which sharpens into a step. Right: the relaxation time, with 1 / α dotted; a transition at α = β would be a peak at 1 that grows."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.3))
columns = {
    "mean": "mean severity",
    "above": "P(x > 1/2)",
    "relaxation": "relaxation time",
}
for (sigma, rows), line in zip(
    sweep.groupby("sigma0"), ("-", "--", "-.", ":"), strict=True
):
    for ax, (column, label) in zip(axes, columns.items(), strict=True):
        ax.plot(rows["alpha"], rows[column], line, label=f"σ₀ = {sigma:g}")
        ax.set(xlabel="α / β", ylabel=label)
axes[2].plot(alphas, 1 / alphas, ":", color="#222222", linewidth=1)
axes[2].set_ylim(0, 1.2 * sweep["relaxation"].max())
for ax in axes:
    ax.axvline(1, color="#888888", linewidth=0.8)
axes[0].legend();

# %% [markdown]
# The middle panel is a step at $\alpha = \beta$ indeed. But any threshold $\theta$ has such a step, at $\alpha / \beta
# = \theta / (1 - \theta)$: it belongs to the question "above one half?", not to the dynamics. What does belong to the
# dynamics, the relaxation time, has its say in the right panel.
#
# ## Does a chain of thought slow down before it goes wrong?
#
# Now the test on chains. A window of a few sentences moves along the chain and looks back only. In it we compute the
# variance of the projected states about the mean of *all* chains, about the window's *own* mean, and their correlation
# from sentence to sentence. Kendall's $\tau$ says whether an indicator rises along the chain: 1 if at every pair of
# windows, $-1$ if it always falls {cite}`dakos2012`. Two events:
#
# - a **wrong answer**: all sentences but the last, which states it;
# - a **derailment**: the sentences *before* the first that goes astray, by its label where the corpus has labels (as
#   that of `reasoner` has), and elsewhere before the first sentence that repeats an earlier one. The other chains are
#   cut at places drawn from the same.
#
# The nulls: chains of the same length and position, and the same in `match`, that had no such event; and the same
# sentences in random order. Intervals are over questions. Three indicators and two events are six chances to be lucky,
# so each interval is taken so wide that all six together hold in 95 % (Bonferroni).
#
# **Can the test see it?** First, chains that are known to slow down: linear maps with the lengths of the real chains,
# whose memory $r$ rises from 0.2 to 0.95 where the real chain ends wrong, and stays where it ends right.

# %%
level = 1 - 0.05 / 6
settings = {"n_shuffles": 400, "n_bootstrap": 2000, "level": level, "seed": seed}
wrong = approach_wrong_answer(chains, window)
derailed = approach_derailment(chains, window, seed=seed)
found = {
    "wrong answer": slowing_down.slowing_down(wrong, window, match=match, **settings),
    "derailment": slowing_down.slowing_down(derailed, window, match=match, **settings),
}
if len(wrong.event):
    soft = slowing_down.softening_chains(
        wrong.before.lengths, wrong.event, width=rank, seed=seed
    )
    soft = dataclasses.replace(soft, chains=wrong.before.chains)
    control = Approach(soft, wrong.event, wrong.group)
    known = slowing_down.slowing_down(control, window, match=match, **settings)
    found = {"known to slow down": known, **found}
columns = ["events", "others", "tau_event", "tau_other", "difference"]
columns += ["matched", "matched_low", "matched_high", "shuffled", "p"]
table = pd.concat(found)
table[columns].astype({"events": int, "others": int}).round(3)

# %% [markdown]
# `difference` compares all chains, `matched` only like with like, `shuffled` is the mean of `matched` in random order
# and `p` the share of random orders that rise as much. One lesson comes from the first rows: look at `window_variance`
# where slowing down is *known*.

# %% mystnb={"figure": {"name": "fig-window-variance", "caption": "Why the textbook indicator fails on short chains. Variance of a linear map against its memory r: in truth (line), and as a window sees it about its own mean (markers, closed form). A short window cannot see the slow wandering: its variance hardly grows, or falls."}} tags=["hide-input"]
memory = np.linspace(0, 0.97, 60)
figure, ax = plt.subplots(figsize=(6, 3.3))
ax.semilogy(
    memory, 1 / (1 - memory**2), color="#222222", label="stationary, 1 / (1 − r²)"
)
for size, mark in zip(sorted({window, 10, 50, 200}), "osD^", strict=False):
    seen = [slowing_down.expected_window_variance(r, size) for r in memory]
    ax.semilogy(memory, seen, marker=mark, markevery=8, label=f"window of {size}")
ax.set(xlabel="memory r from step to step", ylabel="variance / that of the noise")
ax.legend();

# %% [markdown]
# Early-warning studies have hundreds of points in a window; a chain of thought has a handful. The variance about the
# mean of all chains does not have this fault: compare the first two rows. The figure adds the real chains:

# %% mystnb={"figure": {"name": "fig-warning", "caption": "Rise of three indicators before an event, minus that in matched chains without one. Lines: intervals over questions; grey bands: range of the same in random order; both 95 % for the six tests together. A warning is an interval to the right of 0 and of its band, as in the first group, where slowing down is known."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(7, 0.9 + 0.42 * len(table)))
places = np.arange(len(table))
ax.hlines(
    places,
    table["shuffled_low"],
    table["shuffled_high"],
    color="#bbbbbb",
    linewidth=9,
    label="random order",
)
colours = [RED if kind == "known to slow down" else BLUE for kind, _ in table.index]
ax.hlines(places, table["matched_low"], table["matched_high"], color=colours)
ax.scatter(
    table["matched"], places, color=colours, zorder=3, label="matched difference"
)
ax.axvline(0, color="#222222", linewidth=0.9)
ax.set_yticks(
    places, [f"{kind}: {name.replace('_', ' ')}" for kind, name in table.index]
)
ax.invert_yaxis()
ax.set_xlabel("difference of Kendall's τ")
ax.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=2);

# %% mystnb={"figure": {"name": "fig-approach", "caption": "Mean of two indicators against the number of sentences before the last, which states the answer, for chains that end right and wrong (at least five chains a point)."}} tags=["hide-input"]
rolled = slowing_down.rolling_indicators(wrong.before, window)
owner = rolled["chain"].to_numpy(int)
rolled["ahead"] = wrong.before.lengths[owner] - rolled["t"]
rolled["ends"] = np.where(wrong.event[owner], "wrong", "right")
groups = rolled.dropna().groupby(["ends", "ahead"])[["variance", "autocorrelation"]]
means = groups.mean()[groups.size() >= 5]
figure, axes = plt.subplots(1, 2, figsize=(8, 3.2))
for (end, rows), line in zip(means.groupby("ends"), ("o-", "s--"), strict=False):
    for ax, name in zip(axes, means.columns, strict=True):
        ax.plot(
            -rows.index.get_level_values("ahead"), rows[name], line, label=f"ends {end}"
        )
        ax.set(xlabel="sentences before the answer", ylabel=name)
if len(means):
    axes[0].legend();

# %% [markdown]
# Tasks differ in how hard they are and in how their chains move, and either may pass for a warning. The same among
# chains of one task and one length, where few are left to compare:

# %%
pd.concat(
    {
        kind: slowing_down.slowing_down(
            approach, window, match=["task"], **{**settings, "n_shuffles": 0}
        )
        for kind, approach in {"wrong answer": wrong, "derailment": derailed}.items()
    }
)[["matched", "matched_low", "matched_high"]].round(3)

# %% [markdown]
# ## Verdict
#
# A warning counts here if its interval lies above 0 and its $p$ stays below 0.05 after multiplication by the number of
# tests.

# %%
real = table.drop(index="known to slow down", errors="ignore", level=0)
tests = int(real["p"].notna().sum())
summary = pd.DataFrame(
    {
        "matched": table["matched"],
        "p × tests": (table["p"] * max(tests, 1)).clip(upper=1),
        "warns": (table["matched_low"] > 0) & (table["p"] * max(tests, 1) < 0.05),
    }
)
summary.round(3)

# %% tags=["hide-input"]
warned = summary["warns"].loc[real.index]
print(
    f"{int(warned.sum())} of {tests} tests on real chains give a warning"
    + "".join(
        f"; {kind}, {name.replace('_', ' ')}" for kind, name in warned.index[warned]
    )
    + "."
    if tests
    else "Too few chains of both kinds for a test: sample more questions."
)
if "known to slow down" in found:
    seen = summary["warns"].loc["known to slow down"]
    print(
        "Of the chains known to slow down, seen by:",
        ", ".join(name.replace("_", " ") for name in seen.index[seen])
        or "none (no power)",
    )

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/criticality", model=model, profile=profile)
two = modes.loc[modes["modes"] == 2, "D / ΔU"].max()
ledger.record(
    "slds.langevin.bimodal",
    float(two),
    note="closed form; the search ends at 10. What grows with D is the valley",
)
high = escapes.loc[3:]
error = np.log(high["high"] / high["low"]) / (2 * 1.96)
(slope, _), spread = np.polyfit(
    high.index, np.log(high["walkers"]), 1, w=1 / error, cov="unscaled"
)
half = 1.96 * float(np.sqrt(spread[0, 0]))
exact = np.polyfit(high.index, np.log(high["slowest rate / 2"]), 1)[0]
ledger.record(
    "slds.langevin.switching",
    Interval(slope, slope - half, slope + half),
    note=f"timed walkers; Fokker–Planck: {exact:.3f}",
)
ledger.record(
    "severity.transition.place",
    float(peak["alpha"].iloc[0]),
    note=f"σ₀ = {peak.index[0]:g}, the lowest α searched is {alphas[0]:g}",
)
for kind in ("wrong answer", "derailment"):
    result = found[kind].loc["autocorrelation"]
    if np.isfinite(result["matched"]) and np.isfinite(result["shuffled"]):
        ledger.record(
            f"severity.slowing.{kind.replace(' ', '_')}",
            Interval.of_row(result, "matched"),
            controls={"no rise": 0.0, "shuffled order": float(result["shuffled"])},
            note=f"p = {result['p']:.3f} of one test of {tests}, window {window}, rank {rank}",
        )
ledger.show()

# %% [markdown]
# What to take along:
#
# - The number of modes and the height of a barrier are two things. Histograms show the first, waiting times the second.
# - A map per sentence is not an Euler step. Its eigenvalues give rates through the logarithm, if they give any.
# - "A transition" needs something that diverges. Ask for the relaxation time; a threshold alone always makes a step.
# - An indicator has to be tried where the answer is known, at the length of the data, before it is believed anywhere
#   else.
#
# The chains here may be too short or too few: the interval says which rises could have been missed. Run the page on
# longer ones, with labels: `lmphys run reasoning/criticality --model reasoner`.

# %% [markdown]
# ## Exercises
#
# (criticality-exercise)=
# ```{admonition} Exercise 1: waiting for a change of mind
# :class: tip
# By how much does the mean waiting time grow when the noise is halved, for a barrier of $4D$ before? First by
# {eq}`eq-kramers`, then by the exact mean time.
# ```
#
# ```{dropdown} Solution
# The prefactor does not depend on $D$, so the time grows by $e^{8 - 4} = e^4 \approx 55$.
#
#     exact = {}
#     for height in (4, 8):
#         cells = FokkerPlanck(well.force, well.barrier / height, -reach, reach, 1000)
#         exact[height] = cells.passage_time(-well.well, well.well)
#     print(np.exp(4), exact[8] / exact[4])
# ```
#
# ```{admonition} Exercise 2: at the critical point
# :class: tip
# At $b = 0$ there is no parabola at the bottom. Show that the variance is proportional to $\sqrt{D/a}$, find the
# factor, and compare with `DoubleWell.moment`. How does the relaxation time depend on $D$ there?
# ```
#
# ```{dropdown} Solution
# With $x = (D/a)^{1/4} u$ the density becomes $e^{-u^4/4}$, free of $a$ and $D$, so $\langle x^2 \rangle = c
# \sqrt{D/a}$ with $c = 2\, \Gamma(3/4) / \Gamma(1/4)$. Time scales as $x^2 / D$, so the relaxation time is proportional
# to $1/\sqrt{aD}$: it diverges as the noise fades, at this point and at no other.
#
#     from math import gamma
#     for noise in (0.4, 0.1, 0.025):
#         flat = DoubleWell(1.0, 0.0)
#         wide = 5 * noise**0.25
#         rate = FokkerPlanck(flat.force, noise, -wide, wide, 800).decay_rates(2)[1]
#         print(flat.moment(2, noise) / noise**0.5, 2 * gamma(3 / 4) / gamma(1 / 4), rate / noise**0.5)
# ```
#
# ```{admonition} Exercise 3: how strong must a warning be?
# :class: tip
# The control has a memory that rises from 0.2 to 0.95. Lower the end until the test no longer sees it with the real
# lengths and the real number of chains. What have the real chains thus excluded?
# ```
#
# ```{dropdown} Solution
#     for end in (0.95, 0.8, 0.6, 0.4, 0.2):
#         soft = slowing_down.softening_chains(wrong.before.lengths, wrong.event, width=rank, end=end, seed=1)
#         soft = dataclasses.replace(soft, chains=wrong.before.chains)
#         tried = Approach(soft, wrong.event, wrong.group)
#         print(end, slowing_down.slowing_down(tried, window, n_shuffles=50)[["matched", "matched_low", "p"]].round(2))
#
# What is not seen at some end cannot be denied for the real chains either.
# ```
#
# ```{admonition} Exercise 4: another threshold
# :class: tip
# Draw $P(x > \theta)$ of the severity model for $\theta = 0.3$ and $0.7$. Where is the "transition" now?
# ```
#
# ```{dropdown} Solution
# Where the resting place passes the threshold, $\alpha / \beta = \theta / (1 - \theta)$: at 0.43 and 2.33.
#
#     for theta in (0.3, 0.7):
#         steps = severity.severity_sweep(np.linspace(0.1, 3, 59), [0.05], threshold=theta)
#         print(theta, steps.loc[(steps["above"] - 0.5).abs().idxmin(), "alpha"], theta / (1 - theta))
# ```
