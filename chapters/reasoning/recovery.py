# %% [markdown]
# (recovery)=
# # When can regimes be found?
#
# Which regimes could be found in this much data, and where does the real corpus stand? To answer, regimes of known
# strength are put into corpora that are otherwise like the real one, and searched for in the same way. This is what a
# physicist does who calibrates a detector with sources of known strength before pointing it at the sky; an engineer
# calls it a power analysis.
#
# It is needed because a forecast that regimes do not improve can be read in two ways ({ref}`fitting` has the forecast).
# Perhaps the chains have no regimes. Or they have some, and a few hundred chains cannot show them. A measurement that
# finds nothing is worth as much as its *power*: what would it have found, had there been something?
#
# {cite:t}`carson2025` take four regimes of a switching model (their Eq. 8) for modes of reasoning, and name examples:
# systematic decomposition, answer synthesis, exploratory variance, failure loops (Sec. 4.2). Text whose phases are
# *known* is the subject of the next page, {ref}`phases`.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, implants and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 10  # dimension k of the projection; small, as hundreds of fits follow
n_regimes: int = 4  # number of regimes K, implanted and fitted
separations: list[float] = [0, 2, 3, 4, 6, 8]  # sd of the noise
stays: list[float] = [0.25, 0.5, 0.8]  # chance that a regime goes on for a step
n_corpora: int = 5  # implanted corpora for each separation and stay
headline_rank: int = 40  # dimension k of the paper, at which the positive control is made
paper_transitions: int = 40_000  # of the larger positive control; 0 leaves it out

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.dynamics.evaluate.planted import PLANTED, positive_control
from lmphys.pages import recovery as analysis

book.use_style()
smoke = profile == "smoke"
n_corpora = 2 if smoke else n_corpora
steps = sorted({float(s) for s in separations} | {0.0})[:: 2 if smoke else 1]
quick_fit = {"n_init": 2, "max_iter": 40, "tol": 3e-3}  # hundreds of fits follow

# %%
spec = corpus.default_spec(
    model, profile, prompt=prompt, max_tokens=max_tokens, layer=layer, seed=seed
)
states = corpus.build_corpus(spec).trajectories()
real = dynamics.Projection(rank).fit(states).transform(states)
print(f"{len(real)} chains, {real.n_transitions} steps, {rank} dimensions")

# %% [markdown]
# The basis is that of all chains, since on this page forecasts are only compared with each other in the same
# coordinates. What is forecast is held out by question throughout. $R^2$ is that of the next state, pooled over the
# dimensions; `gain` is the switching model's minus that of one linear map.
#
# ## Regimes in the real geometry
#
# Toy regimes in a toy space say little about *this* corpus. So we take the one linear map and the noise that fit the real
# chains best, and split that map into $K$ regimes. Regime $j$ leads a little further in a direction of its own:
#
# $$ h_{t+1} = h_t + M h_t + b + a\, F u_{Z_t} + \varepsilon_t, \qquad
#    \varepsilon_t \sim \mathcal{N}\big(0,\; F (I - c P) F^\top\big), \qquad F F^\top = \Sigma. $$ (eq-implant)
#
# The $u_j$ are the corners of a regular simplex, and $P$ projects on the plane that holds them. The dials $a$ and $c$
# are set so that any two regimes are a stated number of standard deviations apart, and that what they add to the spread
# is taken from the noise: what the average map leaves over has the real covariance at every separation. Chains begin
# where the real ones begin and are as long. A regime goes on with probability *stay*.
#
# We are kind to the regimes: they lead apart along the loudest directions of the noise, where a forecast can gain most.
# And we are fair to the fit: beside Gaussian noise there is noise drawn from the real residuals, with their heavy tails.

# %%
analysis.implanted_spread(real, steps, n_regimes, seed=seed).round(3)

# %% [markdown]
# The regimes are as far apart as stated, and the spread about their mean map is the real one. The further apart they
# are, the more of it is theirs, and the less is left to noise.
#
# ## The map
#
# Each cell: draw a corpus with regimes of one separation and one number of chains, fit the switching model, and compare
# its regimes with the truth on fresh chains. The *adjusted Rand index* is 1 for equal partitions, and 0 for unrelated
# ones. At one half the regimes are more found than not.

# %%
middle_stay = stays[len(stays) // 2]
sizes = analysis.chain_counts(real)[1 if smoke else 0 :: 2 if smoke else 1]
setting = {"n_regimes": n_regimes, "stay": middle_stay, "seed": seed, **quick_fit}
panels = {
    "Gaussian noise": {"noise": "gaussian"},
    "real noise": {"noise": "real"},
    "real noise, one Σ for all": {"noise": "real", "covariance": "tied"},
}
maps = {
    name: analysis.recovery_map(real, steps, sizes, **setting, **kind)
    for name, kind in panels.items()
}

# %% mystnb={"figure": {"name": "fig-recovery-map", "caption": "Adjusted Rand index of found and implanted regimes on fresh chains, by their separation and by the number of chains. White line: one half. Dashed: as many chains as the real corpus has. Left: Gaussian noise. Middle: noise of the real residuals, to whose heavy tails the fit may give regimes of their own. Right: the same, fitted with one noise covariance for all regimes."}} tags=["hide-input"]
analysis.draw_maps(maps, len(real));

# %% [markdown]
# Read {numref}`fig-recovery-map` along its dashed line: that is how well regimes would be found in as many chains as
# there are. Then compare the panels. What the middle one lacks of the left one is what heavy tails hide.
#
# Does the length of the chains matter, too? Where regimes last, each step hints at its neighbours, and there are more
# of them in a long chain. Here is one number of steps, that of the real corpus, cut into chains of different length, with
# Gaussian noise and the longest-lasting of the regimes above:

# %%
cuts = analysis.cuts(real, (3, 12) if smoke else (3, 6, 12, 24))
lasting = setting | {"stay": stays[-1]}
by_length = analysis.recovery_map(real, steps[1:], cuts, **lasting)
by_length.pivot_table(index="length", columns="separation", values=["ari", "ari_best"])

# %% [markdown]
# `ari_best` is the ceiling: the true parameters, read off the same chains. Between it and `ari` lies what more data
# would bring.
#
# ## Found is not predicted
#
# To *find* a regime one may look at the step that it has driven. To *forecast* with it one must know it beforehand, and
# for that it must last. Here are the true parameters, on as many chains as one likes: nobody can do better.

# %%
dwell = [1 / n_regimes, 0.4, 0.5, 0.65, 0.8, 0.9, 0.95]
ceiling = analysis.recovery_ceiling(
    real, steps, dwell, n_regimes=n_regimes, n_chains=400 if smoke else 800, seed=seed
)
best_gain = ceiling.pivot(index="stay", columns="separation", values="gain")

# %% mystnb={"figure": {"name": "fig-recovery-ceiling", "caption": "The most that regimes of this kind can add to one linear map, in R² of the next state: the honest forecast with the true parameters, by separation and by how often a regime goes on. They differ in an offset, where the noise is loudest; regimes that switch the map can be worth more. At the lowest row they have no memory: they can be told apart, and cannot be foreseen."}} tags=["hide-input"]
shown = best_gain.iloc[::-1].rename(index="{:.2g}".format, columns="{:g}".format)
ax = book.heatmaps.heat_map(shown, low=0, decimals=3)
ax.set(xlabel="separation of the regimes, sd of their noise", ylabel="stay");

# %%
ledger = book.Ledger.for_page("reasoning/recovery", model=model, profile=profile)
print(f"largest gain on this map: {best_gain.to_numpy().max():.3f}")
claimed = ledger.claims["slds.slds.gain"]
print(f"gain that the paper reports: {claimed.value:.2f}")

# %% [markdown]
# A gain has a ceiling that no amount of data lifts. It is set by what one map leaves over, by the share of it that lies
# in the regimes' directions, and by their memory. Offsets of $K$ regimes lie in $K - 1$ directions. Maps of their own
# need not: there the direction turns with the state ({ref}`an exercise <recovery-exercise>`).
#
# ## A positive control at the paper's size
#
# The gain that the paper reports was found with four regimes in 40 directions. Would it have been seen *there*, in as many
# chains as these? Regimes of that worth are planted in the real geometry: in offsets along the loudest directions, as far
# as these allow, and in maps of their own, with Gaussian noise and with that of the real residuals. A regime goes on with
# probability 0.95, so that it can be seen coming. Then all is done as on the real chains: the questions are split, and the
# honest forecast of the fit stands beside one linear map. *Worth* is what the true parameters gain on the same chains.

# %%
wide = dynamics.Projection(headline_rank).fit(states).transform(states)
worth = {"n_regimes": n_regimes, "worth": 0.17, "seed": seed}
planted = positive_control(wide, **worth)
planted.round(3)

# %% [markdown]
# Compare *gain* with *worth*, row by row: what is lost there would be lost of real regimes, too. And compare the last two
# columns with the same of real chains ({numref}`fig-leak`): weights that have seen the target gain with regimes and
# without. Once more, with as many transitions as the paper has, for the noise of the real residuals:

# %%
larger = pd.DataFrame()
if paper_transitions and not smoke:
    kinds = [kind for kind in PLANTED if "real" in kind]
    size = {"n_transitions": paper_transitions, **quick_fit}
    larger = positive_control(wide, kinds, **size, **worth)
larger.round(3)

# %% [markdown]
# ## The real corpus on the map
#
# For the real corpus nobody knows the truth. These can be measured all the same, by fits to two halves of the chains:
# do the halves find the same regimes (*halves*, an adjusted Rand index); how far apart are the fitted regimes
# (*separation*); how much better is the honest forecast of the other half (*gain*) and its log density (*density*)?
# The implanted corpora, measured in the same way, say what such numbers mean.

# %%
measured = {"n_regimes": n_regimes, "n_splits": 1, "seed": seed, **quick_fit}
here = analysis.regime_statistics(real, **measured)
calibrations = analysis.calibrate_stays(
    real, steps[1:], stays, n_corpora=n_corpora, **measured
)
pd.Series(here, name="real corpus").to_frame().T.round(3)

# %% [markdown]
# First the nulls: corpora *without* regimes. What do they show?

# %%
columns = ["halves", "separation", "gain", "density"]
free = analysis.without_regimes(real, n_corpora, seed=seed)
nulls = analysis.mean_statistics(free, **measured)
one_map = calibrations[stays[0]].query("true == 0").mean()
nulls.loc["real residuals, one map"] = one_map
nulls[[*columns, "stay"]].round(3)

# %% [markdown]
# Regimes that two halves agree on are no proof by themselves: where noise has heavy tails, both halves may find "regimes"
# of small and of large steps. Nor is a better density. What would prove regimes is what corpora without any do not show.

# %%
placed = analysis.placements(calibrations, here, list(analysis.MEASURED))

# %% mystnb={"figure": {"name": "fig-recovery-place", "caption": "What implanted corpora of the real size show, with the noise of the real residuals, against the true separation of their regimes; lines are means, bands hold 95 % of such corpora. Dashed: the real corpus. It could be any corpus whose band it crosses."}} tags=["hide-input"]
analysis.draw_bands(placed, here);

# %% [markdown]
# For which true separations would a corpus look like the real one? Inverting the bands answers that. The other half of
# the answer is the *power*: a gain is *seen* if its 95 % interval lies above zero, and from which separation on would
# it have been seen in nine corpora of ten? What is seen at separation 0 is false alarm.

# %%
powers = {stay: analysis.power(t, seed=seed) for stay, t in calibrations.items()}
analysis.power_table(powers).round(1)

# %% mystnb={"figure": {"name": "fig-recovery-where", "caption": "Where the real corpus stands. Bars: true separations whose corpora show the same number as the real one, by what is measured; where there is no bar, no corpus of this family shows it. Hatched: separations at which the honest gain is seen in nine corpora of ten. Dashed: from here on a fit finds the regimes more than not (the map's white line, real noise)."}} tags=["hide-input"]
half = analysis.found_from(maps["real noise"], len(real))
analysis.draw_placements(placed, powers, steps, half);

# %%
print(analysis.excluded(powers, seen=here["gain_low"] > 0))

# %% [markdown]
# Bars that do not overlap, or are missing, say that the real corpus is *no* corpus of this family. A fitted separation
# and a density as of far regimes beside a forecast that gains nothing would mean: there are kinds of steps, and they do
# not last. A gain below all bands would hint that the next kind is not chosen by a Markov chain. The page on
# {ref}`phases` comes back to this.
#
# The regimes so far differ in where they lead. They might differ in their maps $M_j$, or in noise alone:

# %%
further = {"stay": middle_stay, "n_corpora": 2, **measured}
others = {
    kind: analysis.calibrate(real, by, differ=kind, **further)
    for kind, by in {"drift": [2.0, 4.0], "noise": [0.5, 1.0]}.items()
}
others = pd.concat(others, names=["differ in"]).rename(columns={"true": "by"})
others.groupby(["differ in", "by"])[columns].mean().round(3)

# %% [markdown]
# For noise, *by* is the logarithm of the ratio of the largest to the smallest standard deviation. Such regimes raise
# the density and leave the forecast alone: they say how far the next state will be, and not where.
#
# ## Verdict
#
# The paper's gain, beside what the same fit gains on corpora of one map. The folds are of whole questions. The positive
# controls say whether regimes of the reported worth would have been seen.

# %% tags=["hide-input"]
sizes_of = {"here": (planted, wide.n_transitions)}
if len(larger):
    sizes_of["paper_size"] = (larger, paper_transitions)
note = f"K = {n_regimes}, rank {headline_rank}"
seen = [
    analysis.positive_entry(
        f"slds.positive_control.{name}", table, f"{note}, {n:,} transitions"
    )
    for name, (table, n) in sizes_of.items()
]

# %% tags=["hide-input"]
gained = analysis.gain_entry(real, free, n_regimes, seed=seed, **quick_fit)
ledger.record_all([gained, *seen])
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "Here regimes change the honest forecast by {slds.slds.gain} in $R^2$. The paper "
    "reports {slds.slds.gain:paper}, and corpora without any regimes show "
    "{slds.slds.gain:controls}. Verdict: {slds.slds.gain:verdict}. That regimes of the "
    "reported worth would be seen in as many chains is "
    "{slds.positive_control.here:verdict}, in as many transitions as the paper has "
    "{slds.positive_control.paper_size:verdict}."
)

# %% [markdown]
# What to take along:
#
# - Before believing that there is nothing, ask what you would have seen. The map gives the answer for any corpus.
# - Regimes can be far apart, stable between halves and good for the density, and still add nothing to a forecast,
#   because they do not last. Found is not predicted.
# - Heavy tails can hide regimes: a fit that is free to give each regime a noise of its own may spend regimes on them.

# %% [markdown]
# (recovery-exercise)=
# ## Exercises
#
# ```{exercise} How much can a hidden offset be worth?
# :label: recovery-offset
# Two regimes in one dimension lead to $+d$ and $-d$ with noise of variance $1 - d^2$, so that the spread is 1. The
# regime goes on with probability $p$ and is always recognised once its step is done. Which share of the spread does the
# best forecast explain? And how large is it for four regimes, $p = 1/4$?
# ```
#
# ```{solution-start} recovery-offset
# :class: dropdown
# ```
# The regime before was $z = \pm 1$; the next offset is expected at $(2p - 1) z d$, so the forecast explains
# $(2p - 1)^2 d^2$. For $K$ regimes on a simplex the factor is $\big((Kp - 1)/(K - 1)\big)^2$, the square of the second
# eigenvalue of $T$, which is 0 at $p = 1/K$: regimes without memory explain nothing. Beside it the best gain of each
# row of {numref}`fig-recovery-ceiling`, which should rise with the factor.

# %% tags=["solution"]
factor = [((n_regimes * stay - 1) / (n_regimes - 1)) ** 2 for stay in dwell]
best_gain.max(axis=1).to_frame("best gain").assign(factor=factor).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Fewer surprises, more power
# :label: recovery-tied
# Calibrate again with one noise covariance for all regimes (`covariance="tied"`). Is the gain of the widest separation
# seen more clearly? Then measure the real corpus in the same way.
# ```
#
# ```{solution-start} recovery-tied
# :class: dropdown
# ```
# Two corpora and one separation are enough for a look; use all of them, and `power`, where you have minutes. A gain is
# seen where `gain_low` is above zero.

# %% tags=["solution"]
tied = measured | {"covariance": "tied"}
again = analysis.calibrate(real, steps[-1:], stay=stays[-1], n_corpora=2, **tied)
of_their_own = calibrations[stays[-1]].set_index("true").loc[steps[-1]]
pd.DataFrame(
    {
        "implanted, Σ of their own": of_their_own.mean(),
        "implanted, one Σ": again.mean(),
        "real, Σ of their own": here,
        "real, one Σ": analysis.regime_statistics(real, **tied),
    }
).loc[["halves", "gain", "gain_low", "density"]].T.round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Less kindness
# :label: recovery-along
# The regimes of this page lead apart where the noise is loudest. What is the most that they are worth if their
# directions are drawn at random (`along="any"`)?
# ```
#
# ```{solution-start} recovery-along
# :class: dropdown
# ```
# What regimes explain is a share of the noise *in their directions*. $R^2$ is pooled over the dimensions, so directions
# in which the noise is small count for little, however far apart the regimes are in units of that noise.

# %% tags=["solution"]
for along in ("loud", "any"):
    case = {"n_regimes": n_regimes, "along": along, "n_chains": 400, "seed": seed}
    most = analysis.recovery_ceiling(real, steps[-1:], dwell[-1:], **case)
    print(f"{along}: gain of at most {most['gain'].item():.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Two regimes that explain everything
# :label: recovery-map
# Let $x$ be uniform on the unit circle in two dimensions and the residual $\xi = z\, x$ with $z = \pm 1$. How much of
# $\xi$ do two regimes explain that have a *map* each? And how much do two that have an *offset* each, at most?
# ```
#
# ```{solution-start} recovery-map
# :class: dropdown
# ```
# With $M_1 = I$ and $M_2 = -I$ the known regime explains all of it. An offset each, $+u$ and $-u$, is a number of hindsight
# along one direction: $\xi$ is uniform on the circle, of which the best direction holds one half, and the best offset
# $\E \lvert \xi_1 \rvert = 2 / \pi$ explains $(2/\pi)^2 \approx 0.41$ of the whole.

# %% tags=["solution"]
rng = np.random.default_rng(seed)
angle = rng.uniform(0, 2 * np.pi, 100_000)
x = np.stack([np.cos(angle), np.sin(angle)], axis=1)
xi = rng.choice([-1, 1], len(x))[:, None] * x
sign = np.sign(xi[:, :1])
offsets = np.hstack([2 / np.pi * sign, 0 * sign])
mapped = np.sign((xi * x).sum(axis=1, keepdims=True)) * x
for name, forecast in (("a map each", mapped), ("an offset each", offsets)):
    print(f"{name}: {1 - ((xi - forecast) ** 2).sum() / (xi**2).sum():.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: recovery-model
# Run this page on another model, and on random weights (`lmphys run reasoning/recovery --model random:smollm2`). Which
# of the two bounds a forecast there, the power of the data or the ceiling?
# ```
