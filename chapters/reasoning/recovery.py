# %% [markdown]
# (recovery)=
# # When can regimes be found?
#
# The other pages find that four regimes hardly help the honest forecast ({ref}`fitting`). Two readings are left.
# Perhaps the chains have no regimes. Or they have some, and a few hundred chains cannot show them. A measurement that
# finds nothing is worth as much as its *power*: what would it have found, had there been something?
#
# **The question of this page:** which regimes could be found in this much data, where does the real corpus stand, and
# does anything change when the regimes are *known*?
#
# {cite:t}`carson2025` take four regimes of a switching model (their Eq. 8) for modes of reasoning, and name examples:
# systematic decomposition, answer synthesis, exploratory variance, failure loops (Sec. 4.2). A poster of 2026
# {cite:p}`complearn2026` reports that such regimes tell next to nothing about annotated phases of reasoning.
#
# For a physicist: we calibrate a detector with sources of known strength, then point it at the sky. For an engineer: a
# power analysis, and a test with ground truth.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
labelled: str = "reasoner"  # a model whose sentences have known phases
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, implants and bootstrap
rank: int = 10  # dimension k of the projection; small, as hundreds of fits follow
n_regimes: int = 4  # number of regimes K, implanted and fitted
separations: list[float] = [0, 2, 3, 4, 6, 8]  # sd of the noise
stays: list[float] = [0.25, 0.5, 0.8]  # chance that a regime goes on for a step
n_corpora: int = 5  # implanted corpora for each separation and stay
n_null: int = 5  # draws of each null of the labels

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, dynamics
from lmphys.dynamics.nulls.implanted import implant, regime_separation
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.pages import recovery as analysis
from lmphys.pages import phases
from lmphys.stats import alignment
from lmphys.pages.phases import prediction

book.use_style()
smoke = profile == "smoke"
n_corpora, n_null = (2, 2) if smoke else (n_corpora, n_null)
steps = sorted({float(s) for s in separations} | {0.0})
steps = steps[::2] if smoke else steps
quick_fit = {"n_init": 2, "max_iter": 40, "tol": 3e-3}  # hundreds of fits follow

# %%
spec = corpus.default_spec(model, profile, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", "boundary")
real = dynamics.Projection(rank).fit(states).transform(states)
base = dynamics.SLDS(1).fit(real).parameters_
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
def truth(separation, **settings):
    return implant(
        base, real, n_regimes, separation=separation, seed=seed, **settings
    )


def spread(p):  # what the average map leaves over: noise, and the regimes' own offsets
    own = p.b - p.b.mean(axis=0)
    return p.Sigma.mean(axis=0) + own.T @ own / len(own)


pd.DataFrame(
    {
        "stated separation": s,
        "measured": regime_separation(truth(s), real),
        "spread over the real one": np.trace(spread(truth(s))) / np.trace(base.Sigma[0]),
        "share of it left to noise": np.trace(truth(s).Sigma[0]) / np.trace(base.Sigma[0]),
    }
    for s in steps
).set_index("stated separation").round(3)

# %% [markdown]
# ## The map
#
# Each cell: draw a corpus with regimes of one separation and one number of chains, fit the switching model, and compare
# its regimes with the truth on fresh chains. The *adjusted Rand index* is 1 for equal partitions, and 0 for unrelated
# ones. At one half the regimes are more found than not.

# %%
middle_stay = stays[len(stays) // 2]
sizes = [(max(8, round(len(real) * f)), None) for f in (0.125, 0.25, 0.5, 1, 2)]
sizes = sizes[1::2] if smoke else sizes
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
figure, axes = plt.subplots(1, 3, sharey=True, figsize=(9, 3.6), layout="constrained")
for ax, (name, table) in zip(axes, maps.items(), strict=True):
    grid = table.pivot_table(index="n_chains", columns="separation", values="ari")
    image = ax.pcolormesh(
        *(grid.columns, grid.index, grid), vmin=0, vmax=1, cmap="cividis", shading="nearest"
    )
    if grid.to_numpy().min() < 0.5 < grid.to_numpy().max():
        ax.contour(*(grid.columns, grid.index, grid), levels=[0.5], colors="white")
    ax.axhline(len(real), color="white", linestyle="--", linewidth=1)
    ax.set(title=name, xlabel="separation, sd", yscale="log")
    ax.set_yticks(grid.index, [str(n) for n in grid.index])
    ax.minorticks_off()
    ax.grid(visible=False)
axes[0].set_ylabel("number of chains")
figure.colorbar(image, ax=axes, label="adjusted Rand index");

# %% [markdown]
# Does the length of the chains matter, too? Where regimes last, each step hints at its neighbours, and there are more
# of them in a long chain. Here is one number of steps, that of the real corpus, cut into chains of different length, with
# Gaussian noise and the longest-lasting of the regimes above:

# %%
lengths = (3, 12) if smoke else (3, 6, 12, 24)
cuts = [(max(8, real.n_transitions // (n - 1)), n) for n in lengths]
by_length = analysis.recovery_map(real, steps[1:], cuts, **setting | {"stay": stays[-1]})
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
best_gain.round(3)

# %% mystnb={"figure": {"name": "fig-recovery-ceiling", "caption": "The most that regimes can add to one linear map, in R² of the next state: the honest forecast with the true parameters, by separation and by how often a regime goes on. The regimes differ where the noise is loudest. At the lowest row they have no memory: they can be told apart, and cannot be foreseen."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(7, 3.6))
places = range(len(best_gain.columns)), range(len(best_gain.index))
image = ax.imshow(best_gain, origin="lower", aspect="auto", cmap="cividis", vmin=0)
for (i, j), value in np.ndenumerate(best_gain.to_numpy()):
    dark = value > 0.6 * best_gain.to_numpy().max()
    look = {"color": "black" if dark else "white", "fontsize": 9}
    ax.text(j, i, f"{value:.3f}", ha="center", va="center", **look)
ax.set_xticks(places[0], [f"{s:g}" for s in best_gain.columns])
ax.set_yticks(places[1], [f"{s:.2g}" for s in best_gain.index])
ax.set(xlabel="separation of the regimes, sd of their noise", ylabel="stay")
ax.grid(visible=False)
figure.colorbar(image, ax=ax, label="gain in R²");

# %%
ledger = book.Ledger.for_page("reasoning/recovery", model=model, profile=profile)
print(f"largest gain on this map: {best_gain.to_numpy().max():.3f}")
print(f"gain that the paper reports: {ledger.claims['slds.slds.gain'].value:.2f}")

# %% [markdown]
# A gain has a ceiling that no amount of data lifts. It is set by what one map leaves over, by the share of it that lies
# in the regimes' directions, and by their memory.
#
# ## The real corpus on the map
#
# For the real corpus nobody knows the truth. These can be measured all the same, by fits to two halves of the chains:
# do the halves find the same regimes (*halves*, an adjusted Rand index); how far apart are the fitted regimes
# (*separation*); how much better is the honest forecast of the other half (*gain*) and its log density (*density*)?
# The implanted corpora, measured in the same way, say what such numbers mean.

# %%
measured = {"n_regimes": n_regimes, "n_splits": 1, **quick_fit}
here = analysis.regime_statistics(real, seed=seed, **measured | {"n_splits": 4})
settings = measured | {"n_corpora": n_corpora, "seed": seed}
one_regime = analysis.calibrate(real, [0.0], **settings)
calibrations = {
    stay: pd.concat(
        [one_regime, analysis.calibrate(real, steps[1:], stay=stay, **settings)]
    )
    for stay in stays
}
pd.Series(here, name="real corpus").to_frame().T.round(3)

# %% [markdown]
# First the nulls: corpora *without* regimes. What do they show?

# %%
drift = dynamics.LinearDrift().fit(real)
free = {
    "Gaussian twins": [
        linear_surrogates(drift, real, noise="gaussian", seed=seed + i)
        for i in range(n_corpora)
    ],
    "Student twins": [
        linear_surrogates(drift, real, noise="student", seed=seed + i)
        for i in range(n_corpora)
    ],
    "phase-randomised": [
        dynamics.phase_randomise(real, seed=seed + i) for i in range(n_corpora)
    ],
}
nulls = {
    name: pd.DataFrame([analysis.regime_statistics(t, seed=seed, **measured) for t in twins])
    for name, twins in free.items()
}
nulls["real residuals, one map"] = one_regime
pd.DataFrame({name: t.mean(numeric_only=True) for name, t in nulls.items()}).T[
    ["halves", "separation", "stay", "gain", "density"]
].round(3)

# %% [markdown]
# Regimes that two halves agree on are no proof by themselves: where noise has heavy tails, both halves may find "regimes"
# of small and of large steps. Nor is a better density. What would prove regimes is what corpora without any do not show.

# %% mystnb={"figure": {"name": "fig-recovery-place", "caption": "What implanted corpora of the real size show, with the noise of the real residuals, against the true separation of their regimes; lines are means, bands hold 95 % of such corpora. Dashed: the real corpus. It could be any corpus whose band it crosses."}} tags=["hide-input"]
shown = {
    "halves": "agreement of halves",
    "separation": "fitted separation, sd",
    "density": "gain in density, nats",
    "gain": "gain in R² of the forecast",
}
figure, axes = plt.subplots(2, 2, figsize=(9, 6), sharex=True, layout="constrained")
for ax, (column, label) in zip(axes.flat, shown.items(), strict=True):
    for (stay, table), mark in zip(calibrations.items(), "osD^vPX", strict=False):
        band = analysis.confidence_set(table, here[column], column).band
        ax.fill_between(band.index, band.low, band.high, alpha=0.15)
        ax.plot(band.index, band["mean"], marker=mark, label=f"stay {stay:g}")
    ax.axhline(here[column], color="#222222", linestyle="--", linewidth=1.5)
    ax.set_ylabel(label)
axes[0, 0].set_ylim(-0.1, 1.05)
figure.supxlabel("true separation of the regimes, sd of their noise")
handles, names = axes[0, 0].get_legend_handles_labels()
handles.append(Line2D([], [], color="#222222", linestyle="--"))
figure.legend(handles, [*names, "real corpus"], loc="outside upper center", ncols=4);

# %% [markdown]
# For which true separations would a corpus look like the real one? Inverting the bands answers that. The other half of
# the answer is the *power*: a gain is *seen* if its 95 % interval lies above zero, and from which separation on would
# it have been seen in nine corpora of ten? What is seen at separation 0 is false alarm.

# %%
placed = {
    stay: {column: analysis.confidence_set(table, here[column], column) for column in shown}
    for stay, table in calibrations.items()
}
powers = {stay: analysis.power(t, seed=seed) for stay, t in calibrations.items()}
pd.DataFrame(
    {
        stay: {"seen with 90 % from": p.separation, "low": p.low, "high": p.high}
        | {f"seen at {s:g}": seen for s, seen in p.curve.seen.items()}
        for stay, p in powers.items()
    }
).T.rename_axis("stay").round(1)

# %% mystnb={"figure": {"name": "fig-recovery-where", "caption": "Where the real corpus stands. Bars: true separations whose corpora show the same number as the real one, by what is measured; where there is no bar, no corpus of this family shows it. Hatched: separations at which the honest gain is seen in nine corpora of ten. Dashed: from here on a fit finds the regimes more than not (the map's white line, real noise)."}} tags=["hide-input"]
figure, axes = plt.subplots(
    1, len(stays), sharey=True, figsize=(9, 3), layout="constrained", squeeze=False
)
on_map = maps["real noise"].set_index(["n_chains", "separation"]).ari[len(real)]
half = np.interp(0.5, on_map.cummax(), on_map.index) if on_map.max() > 0.5 else np.nan
hatched = {"hatch": "///", "facecolor": "none", "edgecolor": book.style.VERMILION}
for ax, stay in zip(axes[0], stays, strict=True):
    for y, column in enumerate(shown):
        span = placed[stay][column]
        if np.isnan(span.low):
            ax.text(np.mean(steps), y, "none", ha="center", va="center", fontsize=9)
        else:
            ax.barh(y, max(span.high - span.low, 0.1), 0.5, span.low, color=book.style.BLUE)
    if np.isfinite(powers[stay].separation):
        ax.axvspan(powers[stay].separation, steps[-1], **hatched)
    ax.axvline(half, color="#222222", linestyle="--")
    ax.set(title=f"stay {stay:g}", xlim=(0, steps[-1]))
axes[0, 0].set_yticks(range(len(shown)), ["halves", "separation", "density", "gain"])
axes[0, 0].invert_yaxis()
figure.supxlabel("true separation of the regimes, sd of their noise")
marks = [Patch(color=book.style.BLUE), Patch(**hatched)]
names = ["like the real corpus", "a gain is seen"]
figure.legend(marks, names, loc="outside upper center", ncols=2);

# %% tags=["hide-input"]
seen = here["gain_low"] > 0
print("honest gain of the real corpus:", "seen" if seen else "not seen")
for stay, p in powers.items():
    if not np.isfinite(p.separation):
        said = "the forecast can exclude nothing on this map"
    elif seen:
        said = f"a corpus with regimes {p.separation:.1f} sd apart would show it too"
    else:
        said = f"excluded at 90 % from {p.separation:.1f} sd [{p.low:.1f}, {p.high:.1f}] on"
    print(f"regimes that go on with probability {stay:g}: {said}")

# %% [markdown]
# Bars that do not overlap, or are missing, say that the real corpus is *no* corpus of this family. A fitted separation
# and a density as of far regimes beside a forecast that gains nothing would mean: there are kinds of steps, and they do
# not last. A gain below all bands would hint that the next kind is not chosen by a Markov chain. The last part of the
# page comes back to this.
#
# The regimes so far differ in where they lead. They might differ in their maps $M_j$, or in noise alone:

# %%
others = {
    ("drift", 2.0): {}, ("drift", 4.0): {}, ("noise", 0.5): {}, ("noise", 1.0): {}
}
for differ, separation in others:
    table = analysis.calibrate(
        *(real, [separation]), differ=differ, stay=middle_stay, n_corpora=2, seed=seed,
        **measured,
    )
    others[differ, separation] = table.mean()[["halves", "separation", "gain", "density"]]
pd.DataFrame(others).T.rename_axis(["differ in", "by"]).round(3)

# %% [markdown]
# For noise, *by* is the logarithm of the ratio of the largest to the smallest standard deviation. Such regimes raise
# the density and leave the forecast alone: they say how far the next state will be, and not where.
#
# ## Text with known phases
#
# So much for regimes that nobody has seen. The chains of the {ref}`reasoner <reasoner>` have *known* phases: each sentence
# restates, decomposes, computes, checks, corrects or answers. Here the question of the paper can be asked outright. Are
# phases of thought dynamical regimes? Phases in fewer than ten questions are put together as *rare*.

# %%
chains = corpus.build_corpus(corpus.default_spec(labelled, profile, seed=seed))
if "phase" not in chains.sentences:
    print(f"the sentences of {labelled} have no known phases: reading the reasoner")
    labelled = "reasoner"
    chains = corpus.build_corpus(corpus.default_spec(labelled, profile, seed=seed))
told = chains.trajectories("final_norm", "boundary")
known = dynamics.Projection(rank).fit(told).transform(told)
asked = known.chains.question_id.to_numpy()[known.sentences.chain]
labels = {
    "phase": prediction.merge_rare(known.sentences.phase, asked),
    "boundary token": prediction.merge_uncommon(known.sentences.boundary_token, 6),
    "family": known.chains.task.to_numpy()[known.sentences.chain],
}
known.sentences["label"] = labels["phase"]
pd.Series(labels["phase"]).value_counts().to_frame("sentences").T

# %% [markdown]
# ### Does the fit find them?
#
# The switching model is fitted on some questions and read off the others. Beside it stand two fits that were *told*: one
# whose regimes are the phases of its training chains, and EM that starts from there. If phases were what the model looks
# for, EM would stay.

# %%
train, test = known.split(0.7, seed=seed)
supervised = phases.LabelledSLDS().fit(train, train.sentences.label)
K_told = len(supervised.classes_)
fits = {
    f"{n_regimes} regimes, never told": dynamics.SLDS(n_regimes, random_state=seed),
    "as many as phases, never told": dynamics.SLDS(K_told, random_state=seed),
    "EM that starts from the phases": dynamics.SLDS(
        K_told, init=supervised.parameters_
    ),
}
decoders = {name: fit.fit(train) for name, fit in fits.items()}
decoders["told the phases"] = supervised
at, of_chain = test.sources() + 1, test.pairs()[2]
where = {
    "positions": test.sentences.t.to_numpy()[at],
    "chains": of_chain,
    "groups": test.chains.question_id.to_numpy()[of_chain],
    "n_permutations": 199,
    "seed": seed,
}
found = {
    (name, index): alignment.alignment(
        fit.viterbi(test), {"phase": test.sentences.label.to_numpy()[at]}, index=index, **where
    ).rename(columns={index: "value"}).loc["phase"]
    for name, fit in decoders.items()
    for index in ("nmi", "ari")
}
agreement = pd.DataFrame(found).T.rename_axis(["fit", "index"])
agreement[["value", "low", "high", "any", "place", "place_high", "verdict"]]

# %%
pd.DataFrame(
    {
        name: {"training, nats a step": f.score(train), "held out": f.score(test)}
        for name, f in decoders.items()
    }
).T.round(2)

# %% [markdown]
# Read the two tables together. Where EM leaves the phases for a greater likelihood and for a lower agreement, the model
# has something better to do with its regimes than to name phases.
#
# What else do the regimes follow?

# %%
follows = alignment.alignment(
    decoders[f"{n_regimes} regimes, never told"].viterbi(test),
    {
        "phase": test.sentences.label.to_numpy()[at],
        "boundary token": test.sentences.boundary_token.to_numpy()[at],
        "family": test.chains.task.to_numpy()[of_chain],
        "place": np.minimum(where["positions"], 9),
    },
    **where,
)
follows[["classes", "nmi", "low", "high", "any", "place", "place_high", "verdict"]]

# %% [markdown]
# And where do the true phases lie on the map of this page?

# %%
p = supervised.parameters_
print(f"separation of the phases: {regime_separation(p, known):.1f} sd")
print(f"a phase goes on with probability {p.stationary() @ np.diag(p.T):.2f}")
pd.DataFrame(p.T, supervised.classes_, supervised.classes_).rename_axis("from").round(2)

# %% [markdown]
# ### Does knowing the phase help?
#
# The decisive test takes the search out of it. Each phase gets its own map, fitted to its own steps, and forecasts are
# made on held-out questions in three ways:
#
# - **known:** the map of the phase of the sentence *to come*. It leaks: the label knows part of what it forecasts. It is
#   about the most that a model with these regimes could reach.
# - **by label:** an honest forecast. The next phase is predicted from the present one by the Markov chain of phases, as
#   the switching model has it.
# - **by state:** an honest forecast, too. The next phase is predicted from the present state $h_t$ and phase, by a
#   logistic regression. The state chooses the regime {cite:p}`linderman2017`.
#
# Rivals have labels of another kind: the token at which the next state is read, and the family of the question. Nulls
# have the same labels, exchanged between chains at the same *place*, or dealt out at *random*.

# %%
folds = {"n_bootstrap": 300, "seed": seed}
gains = {
    "switching": prediction.label_gains(known, labels, n_null=n_null, **folds),
    "shared": prediction.label_gains(
        known, {"phase": labels["phase"]}, drift="shared", n_null=1, **folds
    ),
}
columns = ["r2", "gain", "low", "high", "place", "place_high", "random", "random_high"]
gains["switching"].drop("mean", level="forecast")[columns].round(3)

# %% mystnb={"figure": {"name": "fig-recovery-phases", "caption": "What labels add to one linear map, in R² of the next state on held-out questions. Dots: with the true labels, bars 95 % intervals over questions. Ticks: the highest of the labels exchanged at the same place; crosses: dealt out at random. Only the second and the third kind are forecasts; the first has seen the label of the sentence to come."}} tags=["hide-input"]
figure, axes = plt.subplots(
    1, 3, sharex=True, sharey=True, figsize=(9, 3), layout="constrained"
)
kinds = {"known": "known (leaks)", "by label": "by label", "by state": "by state"}
for ax, (way, title) in zip(axes, kinds.items(), strict=True):
    table = gains["switching"].xs(way, level="forecast")
    height = np.arange(len(table))
    ax.axvline(0, color="#222222", linewidth=0.9)
    ax.hlines(height, table.low, table.high, linewidth=2)
    ax.plot(table.gain, height, "o", label="true labels")
    ax.plot(table.place_high, height, "k|", ms=14, mew=2, label="place kept")
    ax.plot(table.random_high, height, "kx", label="at random")
    ax.set_yticks(height, table.index)
    ax.set(title=title)
axes[0].set_ylim(len(labels) - 0.5, -0.5)
figure.supxlabel("gain in R² over one linear map")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3);

# %% [markdown]
# A phase may be a place in state space, or a way to move. Three models with known phases tell these apart: the mean
# state of the phase, wherever one stands; one map for all with an offset for each phase; and maps of their own.

# %%
phase = {kind: table.loc["phase"] for kind, table in gains.items()}
one_map = phase["shared"].r2["known"] - phase["shared"].gain["known"]
pd.Series(
    {
        "one map, no phases": one_map,
        "mean of the phase": phase["shared"].r2["mean"],
        "one map, offsets of the phases": phase["shared"].r2["known"],
        "maps of the phases": phase["switching"].r2["known"],
    },
    name="R² of the next state, phase known",
).to_frame().round(3)

# %% tags=["hide-input"]
def beats(way):
    row = phase["switching"].loc[way]
    return "yes" if row.low > max(row.place_high, 0) else "not shown"


print("knowing the phase helps, beyond place:", beats("known"))
print("the chain of phases predicts it, beyond place:", beats("by label"))
print("the state predicts it, beyond place:", beats("by state"))

# %% [markdown]
# A result at one rank may be a result of that rank. Each phase has a map of $k^2$ numbers to learn, and the gate has as
# many more states to tell apart. The same at other ranks, that of the paper among them:

# %%
by_rank = {
    k: prediction.label_gains(
        dynamics.Projection(k).fit(told).transform(told),
        {"phase": labels["phase"]},
        n_null=1,
        **folds,
    ).loc["phase"]
    for k in ((5, 20) if smoke else (5, 20, 40))
}
by_rank = pd.concat(by_rank, names=["rank"]).drop("mean", level="forecast")
by_rank[["r2", "gain", "low", "high", "place"]].round(3)

# %% [markdown]
# One linear map has no phases, but it has the state, and the state at the end of a sentence may already know what the
# next one will do. A chain of regimes throws this away: its weights depend on the regime before and on nothing else. Let
# the state choose among regimes that were *found*, then. *Hidden chain* is the switching model's honest forecast;
# *known* uses the regime that the step turns out to have, and leaks. Twins have one map and no regimes.

# %%
def with_twins(name, traj):
    fit = dynamics.LinearDrift().fit(traj)
    return {name: traj} | {
        f"{name}, {noise} twins": linear_surrogates(fit, traj, noise=noise, seed=seed)
        for noise in ("gaussian", "student")
    }


chosen = pd.concat(
    {
        name: phases.regime_gains(traj, n_regimes, seed=seed, **quick_fit)
        for name, traj in (with_twins(labelled, known) | with_twins(model, real)).items()
    },
    names=["corpus"],
)
chosen.round(3)

# %% [markdown]
# ## Verdict
#
# The first row is about the chains of the first model; the others are about the chains with known phases. There the
# phases are written with stock phrases. The poster read the free text of a model of 8 billion parameters, and its phases
# were annotated: whichever way the rows fall, they say what can happen, and not that the poster is right or wrong.

# %% tags=["hide-input"]
honest = chosen.loc[(model, "hidden chain")]
ledger.record(
    "slds.slds.gain",
    Interval.of_row(honest, "gain"),
    controls={
        f"{noise} twins": float(chosen.gain[f"{model}, {noise} twins", "hidden chain"])
        for noise in ("gaussian", "student")
    },
    note=f"K = {n_regimes}, rank {rank}, held out by question",
)
ledger.show()

# %% tags=["hide-input"]
on_phases = book.Ledger.for_page("reasoning/recovery", model=labelled, profile=profile)
note = f"K = {n_regimes}, rank {rank}, held-out questions of {labelled}"
row = follows.loc["phase"]
ledger_rows = {
    "slds.regimes.phases": (
        "phase", 0.0, {"labels exchanged at the same place": row.place},
    ),
    "complearn2026.phases.nmi": ("phase", row["any"], {}),
    "complearn2026.position.nmi": ("place", 0.0, {"dealt out": follows["any"]["place"]}),
    "complearn2026.token.nmi": (
        "boundary token", 0.0, {"dealt out": follows["any"]["boundary token"]},
    ),
}
for claim, (name, chance, controls) in ledger_rows.items():
    value = follows.loc[name]
    if np.isnan(value.nmi):
        print(f"{claim}: {value.verdict}")
        continue
    ends = (float(value.low - chance), float(value.high - chance))
    on_phases.record(
        claim, Interval(value.nmi - chance, *ends), controls=controls, note=note
    )
on_phases.show()

# %% [markdown]
# What to take along:
#
# - Before believing that there is nothing, ask what you would have seen. The map gives the answer for any corpus.
# - Regimes can be far apart, stable between halves and good for the density, and still add nothing to a forecast,
#   because they do not last. Found is not predicted.
# - Heavy tails can hide regimes: a fit that is free to give each regime a noise of its own may spend regimes on them.
# - A phase of thought can have dynamics of its own without being a *hidden Markov* regime: ask who chooses the next one.
# - The phases of the reasoner come with stock phrases. A model that writes freely may mark them less.

# %% [markdown]
# ## Exercises
#
# (recovery-exercise)=
# ```{admonition} Exercise 1: how much can a hidden offset be worth?
# :class: tip
# Two regimes in one dimension lead to $+d$ and $-d$ with noise of variance $1 - d^2$, so that the spread is 1. The
# regime goes on with probability $p$ and is always recognised once its step is done. Which share of the spread does the
# best forecast explain? And how large is it for four regimes, $p = 1/4$?
# ```
#
# ```{dropdown} Solution
# The regime before was $z = \pm 1$; the next offset is expected at $(2p - 1) z d$, so the forecast explains
# $(2p - 1)^2 d^2$. For $K$ regimes on a simplex the factor is $\big((Kp - 1)/(K - 1)\big)^2$, the square of the second
# eigenvalue of $T$, which is 0 at $p = 1/K$: regimes without memory explain nothing.
#
#     for stay in dwell:
#         print(stay, round(((n_regimes * stay - 1) / (n_regimes - 1)) ** 2, 3), best_gain.loc[stay].max().round(4))
# ```
#
# ```{admonition} Exercise 2: fewer surprises, more power
# :class: tip
# Calibrate again with one noise covariance for all regimes (`covariance="tied"`). From which separation on would the
# gain be seen now? Then measure the real corpus in the same way.
# ```
#
# ```{dropdown} Solution
#     tied = measured | {"covariance": "tied"}
#     again = analysis.calibrate(real, steps, stay=stays[-1], n_corpora=n_corpora, seed=seed, **tied)
#     print(analysis.power(again, seed=seed)[:3], powers[stays[-1]][:3])
#     print(analysis.regime_statistics(real, seed=seed, **tied | {"n_splits": 4}))
# ```
#
# ```{admonition} Exercise 3: phases inside families
# :class: tip
# Give each phase of each family its own map. Does knowing them help more than phases do? And do the honest forecasts
# gain?
# ```
#
# ```{dropdown} Solution
#     both = prediction.merge_rare(labels["family"] + " " + labels["phase"].astype(str), asked)
#     finer = prediction.label_gains(known, {"phase and family": both}, n_null=2, seed=seed)
#     print(finer[columns].round(3))
# ```
#
# ```{admonition} Exercise 4: run this page on your model
# :class: tip
# Which parts of the page say something about the network, and which about the text? Run it on random weights.
# ```
#
# ```{dropdown} Solution
# `lmphys run reasoning/recovery --model random:smollm2 --set labelled=random:reasoner` reads the same chains with a
# network that has learned nothing. Phases that still help the forecast are phases of the words. States of an untrained
# network move little, so compare gains as shares of what one map leaves over, $1 - R^2$.
#
#     control = corpus.default_spec(corpus.control_of(labelled), profile, seed=seed)
#     blind = corpus.build_corpus(control).trajectories("final_norm", "boundary")
#     blind = dynamics.Projection(rank).fit(blind).transform(blind)
#     same = {"phase": prediction.merge_rare(blind.sentences.phase, asked)}
#     for name, table in (
#         ("trained", gains["switching"].loc[["phase"]]),
#         ("untrained", prediction.label_gains(blind, same, n_null=2, seed=seed)),
#     ):
#         left = 1 - (table.r2 - table.gain)
#         print(name, (table[["gain", "place"]].div(left, axis=0)).round(3).to_dict("index"))
# ```
