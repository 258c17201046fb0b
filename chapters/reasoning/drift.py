# %% [markdown]
# (drift)=
# # One arrow for every thought
#
# If a chain of thought were pulled by the same force at every sentence, one matrix would say where the next sentence
# lands. {cite:t}`carson2025` fit that matrix before anything else,
#
# $$ h_{t+1} \approx A h_t + c, \qquad (A, c) = \argmin \sum_t \norm{\Delta h_t - (A - I) h_t - c}^2 + \lambda \norm{A}_F^2, $$ (eq-global)
#
# with $\lambda = 1$, and report that it explains half of the variance, $R^2 \approx 0.51$. What it leaves over, the
# residual $\xi_t$, is said to have several modes, and these become the regimes of their switching model.
#
# **The question of this page:** what would a process *without any dynamics* score? A point that is drawn anew around a
# mean must, on average, step back towards it. Such a step is easy to predict, and nothing has been understood.
# The answer decides how to read each later number ({ref}`r2-null`).

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
rank: int = 40  # dimension k of the projection
ridge: float = 1.0  # penalty λ of the linear map
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, dynamics
from lmphys.stats.modes import count_modes, dip_excess, dip_test
from lmphys.stats.tails import excess_kurtosis_interval, fit_tails, group_r2
from lmphys.stats.regression import expected_r2_ar1
from lmphys.pages import drift as analysis

book.use_style()

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", position)
train, test = states.split(0.7, seed=seed)
projection = dynamics.Projection(rank).fit(train)
seen, unseen = projection.transform(train), projection.transform(test)
unseen

# %% [markdown]
# The projection and the map are learned from one part of the questions; all scores are of the other part.
#
# ## Two scores for one forecast
#
# $R^2$ compares the squared error of a forecast with the variance of what is forecast. It matters *of what*: of the
# state $h_{t+1}$, or of the increment $\Delta h_t$. The error is the same; the variance is not. The paper does not say
# which it means.
#
# Read the table from below. *Shuffled order* fits the same map to chains whose sentences are put at random, and scores
# it on such chains. *Phase-randomised* chains keep each chain's mean and its linear correlations, and lose the rest.
# *Per-trace mean* forecasts the mean of the chain so far. *Persistence* says that nothing moves.

# %%
drift = dynamics.LinearDrift(ridge=ridge).fit(seen)
scores = dynamics.one_step_scores(drift, unseen, train=seen, seed=seed)
scores.round(3)

# %% mystnb={"figure": {"name": "fig-drift-controls", "caption": "Variance explained on held-out questions by one linear map, beside its controls. Lines: 95 % intervals, bootstrap over chains. Shuffled chains have no order to learn, and yet a part of their increments is 'explained'."}} tags=["hide-input"]
book.plots.scores(scores);

# %% [markdown]
# In closed form: points drawn independently around a mean give $R^2(\Delta h) = 1/2$ and $R^2(h) = 0$. For a process
# with correlation $r$ from step to step the pair is

# %%
pd.DataFrame(
    {f"r = {r}": expected_r2_ar1(r) for r in (0.0, 0.3, 0.6, 0.9)},
    index=["R²(h)", "R²(Δh)"],
).round(2)

# %% [markdown]
# So a *small* $R^2$ of increments can mean strong memory, and one half can mean none at all.
#
# ## The same map elsewhere
#
# The choices of the two pages before this one, and the control with random weights, through the same pipeline:

# %%
reader = corpus.default_spec(
    corpus.control_of(model), profile, tasks=tasks, prompt=prompt, seed=seed
)
variants = {
    "boundary token": corpus.build_corpus(spec).trajectories("final_norm", "boundary"),
    "token after": corpus.build_corpus(spec).trajectories("final_norm", "after"),
    "before the final norm": corpus.build_corpus(spec).trajectories(
        "resid_post", position
    ),
    "random weights": corpus.build_corpus(reader).trajectories("final_norm", position),
}
elsewhere = {
    name: dynamics.held_out_scores(traj, rank=rank, ridge=ridge, seed=seed)
    for name, traj in variants.items()
}
pd.concat(
    {
        name: table.loc[
            ["one linear map", "persistence", "shuffled order"], ["r2_h", "r2_dh"]
        ]
        for name, table in elsewhere.items()
    }
).round(3)

# %% [markdown]
# In the run of the default model, persistence fails badly at the token after the boundary, and the increments look
# well explained: the state is mostly *which word opens the sentence*, and the next opening word is nearly independent
# of this one. At the boundary token chains differ in their mean, and a forecast that knows the chain's mean so far
# comes a long way. And random weights are *easier* to forecast than trained ones: a network that has learned nothing
# mixes all words of the text so far into a slowly moving average, and an average is predictable.
#
# ```{admonition} Other corpora, other numbers
# :class: note
# The choice of the token moves the numbers by more than their intervals, as the table shows. So may the choice of the
# questions: compare with one kind alone, `lmphys run reasoning/drift --set tasks=divisors --set rank=10`.
# ```
#
# ## What is left over
#
# The paper fits {eq}`eq-global` in all $D$ dimensions and looks at the residual $\xi_t$, and at its projection
# $\zeta_t = V_k^\top \xi_t$. An orthonormal projection can only shorten a vector; in the paper's Fig. 1b the projected
# residuals are longer (mean 351 against 229), so its two panels cannot show the same residuals.

# %%
full = dynamics.LinearDrift(ridge=ridge).fit(train)
xi = full.residuals(test)
zeta = xi @ projection.basis_
lengths = pd.DataFrame(
    {
        "ξ (all dimensions)": np.linalg.norm(xi, axis=1),
        f"ζ (rank {rank})": np.linalg.norm(zeta, axis=1),
    }
)
lengths.describe().round(2)

# %% [markdown]
# The full map has $D + 1$ coefficients for each coordinate. How many transitions determine them?

# %%
print(f"{states.width + 1} coefficients a coordinate, {train.n_transitions} transitions")

# %% [markdown]
# Where the two numbers are close, λ = 1 is too little, and the residuals of held-out chains are longer than need be.

# %% mystnb={"figure": {"name": "fig-residuals", "caption": "Norms of the residuals of the linear map on held-out chains, before and after projection (compare the paper's Fig. 1b)."}} tags=["hide-input"]
figure, axes = plt.subplots()
for name, colour in zip(lengths, (book.style.BLUE, book.style.VERMILION), strict=True):
    axes.hist(lengths[name], bins=40, alpha=0.7, color=colour, label=name)
axes.set(xlabel="norm of the residual", ylabel="transitions")
axes.legend();

# %% [markdown]
# Instead of the eye, a test: Hartigan's dip {cite:p}`hartigan1985` is the distance of a distribution from the nearest
# one with a single mode. A small $p$ speaks against a single mode. Steps of one chain are not independent, so $p$ is
# rather too small than too large.

# %%
pd.DataFrame(
    {name: dip_test(x.to_numpy()) for name, x in lengths.items()},
    index=["dip", "p"],
).round(4)

# %% [markdown]
# And the tails, along the single directions of the subspace: which density fits best, a Gaussian, a Laplace or a
# Student-t with $\nu$ degrees of freedom?

# %%
chain = test.pairs()[2]
fit_tails(zeta[:, 0]).round(3)

# %%
kurtosis = [
    excess_kurtosis_interval(zeta[:, i], chain, seed=seed)
    for i in range(min(5, rank))
]
every = excess_kurtosis_interval(zeta, chain, seed=seed)
pd.DataFrame(
    [*kurtosis, every],
    index=[*(f"direction {i}" for i in range(len(kurtosis))), f"median of all {rank}"],
    columns=["excess kurtosis", "low", "high"],
).astype(float)

# %% mystnb={"figure": {"name": "fig-violin", "caption": "Residuals along the first directions of the subspace (compare the paper's Fig. 6)."}} tags=["hide-input"]
shown = min(8, rank)
figure, axes = plt.subplots()
axes.violinplot(
    [zeta[:, i] for i in range(shown)],
    positions=range(shown),
    showmedians=True,
    widths=0.85,
)
axes.set(xlabel="principal direction", ylabel="residual ζ")
axes.set_xticks(range(shown));

# %% [markdown]
# ## What the boundary token explains
#
# Before a cluster of residuals is called a mode of reasoning, one asks what it has in common. The simplest candidate is
# the token itself. The table has the share of variance that the identity of a token explains, with the means of its
# classes learned on other chains, beside the same for labels put at random.

# %%
rows = test.sources()
labels = {
    "token of h_t": test.sentences[
        "boundary_token" if position == "boundary" else "after_token"
    ].to_numpy()[rows],
    "token of h_{t+1}": test.sentences[
        "boundary_token" if position == "boundary" else "after_token"
    ].to_numpy()[rows + 1],
    "task": test.chains["task"].to_numpy()[chain],
}
targets = {
    "state": unseen.states[rows + 1],
    "increment": unseen.increments(),
    "residual": zeta,
}
explained = {
    (target, label): group_r2(y, values, chain, seed=seed)
    for target, y in targets.items()
    for label, values in labels.items()
}
pd.DataFrame(
    {
        key: {"explained": e.r2, "random labels": e.null.mean()}
        for key, e in explained.items()
    }
).T.round(3)

# %% [markdown]
# The token of $h_{t+1}$ is not known when the forecast is made. It is no rival of the forecast, then, but it tells what
# the residuals are *made of*.
#
# ## The film played backwards
#
# A drift down the slope of a {term}`potential`, with noise that is the same everywhere, obeys {term}`detailed balance`
# once it has settled: each step is as common as its reversal, and nobody can tell whether the film runs forwards or
# backwards. So here is a game. From the states alone, say of every held-out chain in which direction it is shown. The
# guess is the sign of
#
# $$ \Lambda = \sum_t \ln \frac{q(h_t, h_{t+1})}{q(h_{t+1}, h_t)} $$ (eq-arrow)
#
# with $q$ the Gaussian of two successive states, learned from the other chains. Without a direction a guess is right
# half of the time, whatever $q$ is. The mean of $\Lambda$ per step is, for a settled process, the entropy that a step
# produces, as far as two states can show it {cite}`roldan2010`.
#
# A beginning and an end are a direction too. So the game is played again without the first and the last states of each
# chain. Two controls: states in random order, which have no direction, and *random weights* that read the same chains.

# %%
blind = variants["random weights"].split(0.7, seed=seed)
view = dynamics.Projection(rank).fit(blind[0])
cuts = {"all states": 0, "less one at each end": 1, "less two at each end": 2}
games = {name: (seen, unseen, n) for name, n in cuts.items()}
games["random order"] = (*(dynamics.shuffle_order(t, seed=seed) for t in (seen, unseen)), 0)
games |= {
    f"random weights, {name}": (*map(view.transform, blind), n)
    for name, n in cuts.items()
}
found = {
    name: analysis.arrow_of_time(a, b, trim=n, seed=seed)
    for name, (a, b, n) in games.items()
}

# %% mystnb={"figure": {"name": "fig-drift-arrow", "caption": "Share of held-out chains whose direction in time is guessed right from their states. Dashed: what a process in detailed balance leaves to chance. Lines: 95 % intervals over chains; numbers: log odds per step, in nats."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.2))
for row, (name, game) in enumerate(found.items()):
    colour = "#555555" if name == "random order" else book.style.VERMILION if "weights" in name else book.style.BLUE
    ax.hlines(row, game.told.low, game.told.high, color=colour)
    ax.plot(game.told.value, row, "o", color=colour)
    ax.text(1.04, row, f"{game.nats.value:.1f} nats", va="center")
ax.axvline(0.5, color="#222222", lw=0.9, ls="--")
ax.set_yticks(range(len(found)), found)
ax.invert_yaxis()
ax.grid(visible=False, axis="y")
ax.set(xlabel="directions guessed right", xlim=(0.3, 1.3), xticks=(0.4, 0.6, 0.8, 1));

# %%
for name, game in found.items():
    print(f"{name}: {game.chains} chains, {game.nats.value:.2f} "
          f"[{game.nats.low:.2f}, {game.nats.high:.2f}] nats a step")

# %% [markdown]
# How to read it: what falls to the dashed line when the ends go was a beginning and an end. What stays is a current
# inside the chains, and where one flows no potential can be the whole story. But a current need not be thought. Random
# weights mix all words so far into a mean, whose steps get shorter the longer the text is, and that is a direction too.
# A direction that a trained model shows *less* clearly than random weights is no sign of reasoning.
#
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/drift", model=model, profile=profile)
targets = {"R² of h": "r2_h", "R² of Δh": "r2_dh"}
best = scores.loc["one linear map"]
rivals = {
    name: scores.loc[name]
    for name in ("persistence", "per-trace mean", "shuffled order")
}
rivals["random weights"] = elsewhere["random weights"].loc["one linear map"]
ledger.record(
    "slds.global_linear.r2",
    {name: Interval.of_row(best, c) for name, c in targets.items()},
    controls={
        rival: {name: float(row[c]) for name, c in targets.items()}
        for rival, row in rivals.items()
    },
    note=f"rank {rank}, {position} token, held out by question",
)
ledger.record(
    "slds.global_linear.nll",
    float(best["nll"]),
    note=f"nats per transition in {rank} dimensions",
)
norm, projected = (lengths[name].to_numpy() for name in lengths)
ledger.record("slds.residual.multimodal", dip_excess(norm, seed=seed))
ledger.record(
    "slds.residual.projected_multimodal", dip_excess(projected, seed=seed)
)
ledger.record("slds.residual.norm_modes", count_modes(norm))
ledger.record("slds.residual.norm_mean", norm.mean())
ledger.record("slds.residual.projected_norm_mean", projected.mean())
ledger.record("slds.residual.projected_larger", projected.mean() / norm.mean())
ledger.record(
    "slds.residual.heavy_tails",
    every,
)
ledger.show()

# %% [markdown]
# What to take along:
#
# - An $R^2$ near one half of *increments* is what no dynamics at all gives. Any claim about dynamics has to be made
#   about $R^2$ of states, or against shuffled order.
# - Chains have means of their own, and a map that knows the present state knows something of its chain's. What it
#   gains over the same map on shuffled chains is what needs the order of the sentences.
# - Heavy tails and several modes are different things, and a test tells them apart.

# %% [markdown]
# ## Exercises
#
# (drift-exercise)=
# ```{admonition} Exercise 1: the half that means nothing
# :class: tip
# Let $h_t$ be independent with mean $\mu$ and covariance $\Sigma$. Show that the best linear forecast of $\Delta h_t$
# has $R^2 = 1/2$ and that of $h_{t+1}$ has $R^2 = 0$. Check both on chains shuffled across the corpus.
# ```
#
# ```{dropdown} Solution
# $\Cov(\Delta h_t, h_t) = -\Sigma$ and $\Var(\Delta h_t) = 2\Sigma$, so the explained share is
# $\Tr(\Sigma \Sigma^{-1} \Sigma) / \Tr(2\Sigma) = 1/2$; and $\Cov(h_{t+1}, h_t) = 0$.
#
#     mixed_train, mixed_test = (dynamics.shuffle_chains(t, seed=0) for t in (seen, unseen))
#     print(dynamics.one_step_scores(dynamics.LinearDrift(1.0).fit(mixed_train), mixed_test, train=mixed_train).iloc[0])
# ```
#
# ```{admonition} Exercise 2: where does the arrow point?
# :class: tip
# A linear map has one fixed point $h^* = (I - A)^{-1} c$, and the eigenvalues of $A$ say how fast it is approached.
# Find both. After how many sentences has the slowest direction forgotten half of its start?
# ```
#
# ```{dropdown} Solution
#     values = np.abs(np.linalg.eigvals(drift.A_))
#     fixed = np.linalg.solve(np.eye(rank) - drift.A_, drift.c_)
#     print(values.max(), np.log(0.5) / np.log(values.max()), np.linalg.norm(fixed), np.linalg.norm(seen.states.mean(0)))
# ```
#
# ```{admonition} Exercise 3: the penalty
# :class: tip
# The paper's penalty is on $A$, as printed. A penalty on $A - I$ pulls towards persistence instead. Try both with
# λ from 1 to 10⁵ (`dynamics.LinearDrift(ridge, penalty="A-I")`). Which is better on held-out chains, and why?
# ```
#
# ```{dropdown} Solution
#     for ridge in 10.0 ** np.arange(6):
#         maps = {p: dynamics.LinearDrift(ridge, penalty=p).fit(seen) for p in ("A", "A-I")}
#         print(ridge, {p: round(dynamics.one_step_scores(m, unseen, train=seen, n_bootstrap=2).r2_h.iloc[0], 3) for p, m in maps.items()})
#
# For a large λ the first tends to the mean and the second to persistence; which wins depends on the position. In
# between, shrinking $A$ helps, since λ = 1 hardly restrains a map of some thousand parameters.
# ```
#
# ```{admonition} Exercise 4: a current without a slope
# :class: tip
# A settled linear process has covariance $C$ and $\Cov(h_{t+1}, h_t) = AC$. Show that it looks the same backwards just
# when $AC$ is symmetric, and find the antisymmetric share of $AC$ here, beside states in random order.
# ```
#
# ```{dropdown} Solution
# Backwards, the covariance of a state with its predecessor takes the place of $AC$; that is its transpose, and a Gaussian
# process is its mean and its covariances. Noise alone gives antisymmetric parts too, hence the control.
#
#     for name, part in {"chains": seen, "random order": dynamics.shuffle_order(seen, seed=0)}.items():
#         x, y = (z - z.mean(0) for z in part.pairs()[:2])
#         forth = y.T @ x
#         print(name, round(float(np.sum((forth - forth.T) ** 2) / np.sum((forth + forth.T) ** 2)), 3))
# ```
