# %% [markdown]
# (regimes)=
# # How many regimes, and of what?
#
# One linear map for every thought leaves something over: does that remainder fall into several heaps, or is it one
# heap with heavy tails? We count heaps on the model's chains and on made-up chains that have one heap by construction,
# and then ask what the sentences of a heap have in common.
#
# The remainder is the residual $\zeta_t$, what the next sentence does beyond what one linear map predicts
# ({ref}`drift`). {cite:t}`carson2025` see several heaps in it, take each heap for a *regime* of reasoning, and count
# them with a {term}`mixture of Gaussians <mixture>`,
#
# $$ p(\zeta_t) = \sum_{i=1}^{K} \pi_i \, \mathcal{N}(\zeta_t \mid \mu_i, \Sigma_i). $$ (eq-mixture)
#
# The information criteria are said to choose $K = 4$. The curve, the kind of covariance and the share of each regime
# are not given. As examples the paper names the four: systematic decomposition, answer synthesis, exploratory variance,
# failure loops. A mixture cannot tell heaps from a tail by itself, for it has only Gaussians to build with.
#
# For a physicist: does the landscape $-\ln p(\zeta)$ have several valleys, or one valley and a temperature that
# fluctuates from step to step? For an engineer: are these classes, or only a variance that is not constant?

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, starts and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # the paper's number of regimes K
max_regimes: int = 8  # largest number that is tried
covariance: str = "full"  # of the regimes shown: full, tied, diag or spherical
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from sklearn.mixture import GaussianMixture

from lmphys import book
from lmphys import corpus, dynamics
from lmphys.book.scale import lacking_transitions
from lmphys.dynamics.mixtures import (
    COVARIANCES,
    choose_mixture,
    count_components,
    find_regimes,
)
from lmphys.pages import regimes as analysis
from lmphys.pages.regimes import figures
from lmphys.dynamics.nulls import heaps
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.stats.modes import dip_test
from lmphys.stats.student import mardia_excess
from lmphys.stats.tails import excess_kurtosis_interval

book.use_style()

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
train, test = states.split(0.7, seed=seed)
projection = dynamics.Projection(rank)
inside = projection.fit(states).transform(states)
drift = dynamics.LinearDrift().fit(inside)
counts = range(1, max_regimes + 1)
print(f"{states.n_transitions} transitions of {len(states)} chains, k = {rank}")

# %% [markdown]
# ## Corpora with one heap
#
# A {term}`heavy tail` arises where the width of a Gaussian is drawn anew at each step. There is one centre and one
# mode, but two or three Gaussians of different width fit it better than one. So a mixture finds "regimes" where there
# are none, and the number it finds on the real chains says little until it stands beside the number that it finds on
# these:
#
# - **Gaussian surrogates:** chains that follow *one* linear map, with Gaussian noise of the residuals' covariance;
# - **heavy-tailed surrogates:** the same with noise from one multivariate Student t, of the same covariance and about
#   the same kurtosis. One heap, by construction;
# - **phase-randomised:** {term}`surrogates <surrogate>` that keep the mean and the linear correlations of each real chain.
#
# All have the lengths of the real chains, and pass through the same code.

# %%
corpora = {
    "real chains": states,
    "Gaussian surrogates": linear_surrogates(
        drift, inside, noise="gaussian", seed=seed
    ),
    "heavy-tailed surrogates": linear_surrogates(
        drift, inside, noise="student", seed=seed
    ),
    "phase-randomised": dynamics.phase_randomise(inside, seed=seed),
}
settings = {"covariance": covariance, "projection": projection, "seed": seed}
found = {
    name: find_regimes(*traj.split(0.7, seed=seed), n_regimes, **settings)
    for name, traj in corpora.items()
}

# %% [markdown]
# Do they look alike where they should, and is there more than one mode? Basis and map are learned on one part of the
# questions, and what follows is about the residuals of the others. The excess is Mardia's multivariate kurtosis
# {cite:p}`mardia1970`, 0 for a Gaussian. The dip test of {ref}`drift` asks for a second mode, in the lengths of the
# residuals and along the first direction; a small $p$ speaks for one.

# %%
analysis.describe_residuals(found)

# %% [markdown]
# ## Counting
#
# For each $K$ and each kind of covariance: the criteria BIC and AIC (lower is better; they charge for parameters), and
# the log density of chains that are held out by question, basis and map included (higher is better).

# %%
shapes = dict.fromkeys(corpora, ("full", "diag")) | {"real chains": COVARIANCES}
choices = {
    name: choose_mixture(
        traj, counts, covariances=shapes[name], projection=projection, seed=seed
    )
    for name, traj in corpora.items()
}
picked = {name: count_components(table) for name, table in choices.items()}
picked["real chains"]

# %% [markdown]
# *Last that pays* is the number up to which each further component raises the held-out density by more than its
# interval. A choice of the largest number tried is no choice: the curve has not turned yet. If the number were a
# property of the model's thinking, it would not depend on the shape that we allow a heap to have.

# %% mystnb={"figure": {"name": "fig-regimes-count", "caption": "Mixtures on the real residuals, by number and shape of the components. Left: BIC per transition, lower is better; a ring marks the choice. Right: log density of held-out chains, higher is better, with 95 % intervals over questions of the difference to the dashed line. Dashed: one Student t, a single heap with heavy tails."}} tags=["hide-input"]
figures.criteria(choices["real chains"], states.n_transitions);

# %% [markdown]
# **Does the paper's number stand out?** We ask that both criteria and the held-out density choose it, and that it is
# the last that pays. The same question for the corpora that have one heap:

# %%
every = pd.concat(picked, names=["corpus"])
every["stands out"] = (every == n_regimes).all(axis=1)
every

# %% mystnb={"figure": {"name": "fig-regimes-surrogates", "caption": "What BIC gains per transition over one component, on real chains and on corpora with one heap; a ring marks the choice. A gain above zero on the heavy-tailed surrogates is a count of regimes where there are none."}} tags=["hide-input"]
figures.gains(choices, states.n_transitions);

# %% [markdown]
# Components that must be upright or round have one more reason to multiply: it takes several of them to tile one tilted
# or long ellipsoid. On the Gaussian surrogates there is nothing else to find.
#
# ## Several heaps against one heavy tail
#
# The fair rival of $K$ Gaussians is not one Gaussian but one multivariate Student t {cite:p}`liurubin1995`, which has a
# single parameter more than one Gaussian of full covariance. Below, the best mixture of each corpus against it, on
# held-out chains; and since a density in many dimensions asks much of a small corpus, in fewer dimensions too.

# %%
rivals = {name: traj for name, traj in corpora.items() if name != "phase-randomised"}
contest = analysis.contest_by_rank(
    rivals,
    counts,
    [k for k in (2, 5, 10) if k < rank],
    known={(name, rank): choices[name] for name in rivals},
    seed=seed,
)
contest

# %% mystnb={"figure": {"name": "fig-regimes-tail", "caption": "The best mixture of full covariance minus one Student t, held-out log density, by the number of dimensions. Above zero the residuals have more shape than one heavy-tailed heap; below zero the tail is the better account. Bars: 95 % intervals over questions."}} tags=["hide-input"]
figures.tails(contest, list(rivals));

# %% [markdown]
# Where the row of the real chains says *more than one tail* and that of the surrogates does not, the residuals have
# structure that a tail does not explain. What structure, the second half of the page asks. *One heavy tail* is the
# weaker verdict: in many dimensions each component pays for a matrix of its own, and a larger corpus may afford more
# of them. It says nothing where the Gaussian surrogates get it too, for a wide tail is also a guard against a
# covariance that is badly known.
#
# ## The picture of regimes
#
# The paper's Fig. 3 shows four components in the first two principal directions of the residuals. The same for our
# chains, and for the surrogates that have one heap:

# %% mystnb={"figure": {"name": "fig-regimes-plane", "caption": "Mixture of the paper's number of Gaussians on the first two principal components of held-out residuals (compare the paper's Fig. 3). Colours and letters are components, ellipses hold 86 % of each. A mixture draws clean borders, also through a single heap."}} tags=["hide-input"]
names = ["real chains", "heavy-tailed surrogates", "Gaussian surrogates"]
figures.planes({name: found[name].residuals for name in names}, n_regimes, seed=seed);

# %% [markdown]
# From here on the regimes are those of a mixture in all dimensions of the projection, learned on one part of the
# questions and read off the other; they are numbered from the quietest to the loudest. Do they differ in *where* a
# sentence leads, or only in *how far*? If regimes lead to different places, the mean of its regime explains much of a
# residual's variance. If they differ in size alone, it explains little, as in the heavy-tailed surrogates. A regime of
# share 0 was found in the chains of the fit, and no held-out step is like it: it is missing from what follows.

# %%
regimes = found["real chains"]
projected = dynamics.Projection(rank).fit(train).transform(test)
profile_of_regimes = regimes.profile(projected.increments())
profile_of_regimes.reindex(range(n_regimes)).fillna({"share": 0.0}).round(2)

# %%
steps = analysis.label_steps(test, position)
analysis.explained_by_regime(found, steps.chain, seed=seed).to_frame()

# %% mystnb={"figure": {"name": "fig-regimes-state", "caption": "Left: held-out states in the first two directions, coloured by the regime of the step that leaves them, with the mean step of each regime as an arrow. Right: lengths of the residuals by regime (compare the paper's Fig. 2). Regimes that are shells of one heap share a place and differ in length."}} tags=["hide-input"]
figures.places(regimes, projected);

# %% [markdown]
# ## What the regimes follow
#
# For each label of a sentence: how much does it tell about the regime? The {term}`normalised mutual information` is 0
# where the label tells nothing and 1 where the two are the same partition. A label with many classes scores above 0 by
# chance, so each score stands beside two nulls: permuted labels (`any`), and labels exchanged between chains at
# the same place (`place`). What passes the first and not the second only follows the place in the chain.
#
# The type of a sentence is guessed by a rule from its surface: question, conclusion ("so", "the answer is"), equation,
# list item, or plain statement. *This* sentence is the one that the step leaves, *next* the one it arrives at.

# %%
aligned = steps.align(regimes.labels, seed=seed)
aligned.round(3)

# %% mystnb={"figure": {"name": "fig-regimes-alignment", "caption": "How much a label tells about the regime, on held-out questions. Dots: normalised mutual information. Grey bars: what labels exchanged between chains at the same place reach (mean, and up to its 95 % point as a line)."}} tags=["hide-input"]
figures.alignments(aligned);

# %% [markdown]
# The tokens of the next sentence's end, by regime. Each row adds up to 1; a regime with a token of its own is a regime
# of punctuation.

# %%
analysis.share_by_regime(regimes.labels, steps, "token, next sentence").round(2)

# %%
analysis.share_by_regime(regimes.labels, steps, "type, next sentence").round(2)

# %% [markdown]
# Is there anything left once the token is the same? The commonest token on both sides, and nothing else:

# %%
usual = steps.usual_token()
same = steps.of_token(usual)
left_over = steps.select(same).align(regimes.labels[same], seed=seed)
print(f"{same.sum()} of {len(same)} transitions, from {usual!r} to {usual!r}")
left_over[["classes", "nmi", "any", "place", "p_any", "p_place", "verdict"]]

# %% [markdown]
# ## Read them
#
# Numbers aside: sentences of each regime, the surest of it, with the sentence before.

# %%
analysis.surest_sentences(regimes, test, seed=seed)

# %% [markdown]
# ## Verdict
#
# The paper does not say which covariance it means; each is a definition, and each stands beside the same count on
# corpora with one heap. More transitions afford more components, so that the number is compared with the paper's only
# where there are about as many. For the lengths of the residuals the dip is calibrated: chains of the same map whose
# residuals have lengths in three heaps say how far apart heaps would have to be to show it (three have one mode up to
# 2.07 of their standard deviations).

# %%
few = profile == "smoke"
parts = dynamics.Projection(rank).fit(train)
planted = heaps.heap_calibration(
    *map(parts.transform, (train, test)), n_corpora=2 if few else 4, seed=seed
)
dip = dip_test(np.linalg.norm(regimes.residuals, axis=1))[0]
apart = heaps.heap_separation(planted, dip)
print(f"three heaps are seen from {heaps.seen_from(planted):g} sd on")
planted.groupby("true").mean().round(3)

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/regimes", model=model, profile=profile)
chosen = analysis.chosen_numbers(picked)
size = f"K up to {max_regimes}, {rank} dimensions, {position} token"
real = chosen.pop("real chains")
lacking = lacking_transitions(states.n_transitions)
ledger.record("slds.regimes.k", real, controls=chosen, note=size, lacking=lacking)
tails = {
    name: excess_kurtosis_interval(r.residuals, steps.question, seed=seed)
    for name, r in found.items()
}
note = f"map and residuals in {rank} dimensions, held out by question"
beside = {"Gaussian surrogates": tails["Gaussian surrogates"]}
heavy = tails["real chains"]
ledger.record("slds.residual.heavy_tails", heavy, controls=beside, note=note)
ledger.record("slds.residual.projected_multimodal", apart, note=note)
ledger.show()

# %% tags=["hide-input", "finding"]
ledger.finding(
    "Number of regimes of the least BIC or AIC, by the shape that a regime may have: "
    "{slds.regimes.k}. The paper has {slds.regimes.k:paper}: "
    "{slds.regimes.k:verdict}. Along a typical direction the residuals have an excess "
    "kurtosis of {slds.residual.heavy_tails} ({slds.residual.heavy_tails:controls}): "
    "{slds.residual.heavy_tails:verdict}. That their lengths have several modes: "
    "{slds.residual.projected_multimodal:verdict}."
)

# %% [markdown]
# And what are the regimes? Computed from the tables above:

# %% tags=["hide-input"]
analysis.summary(
    every.loc["real chains", "stands out"],
    contest.loc[("real chains", rank)],
    aligned,
    left_over,
).to_frame()

# %% [markdown]
# What to take along:
#
# - A mixture counts Gaussians. Heavy tails, tilted heaps and more data each raise the count; only a corpus that has the
#   tail and no regimes says how much of it to believe.
# - The number of components depends on the shape allowed, on the dimension and on the criterion. A number that is a
#   property of the model's thinking would not.
# - Ask what the members of a component have in common before naming it, and begin with the dullest candidate: the token
#   whose state was read. {cite:p}`complearn2026` fitted switching models to a reasoning model of 8 billion parameters:
#   the states followed position and kind of token, and not the annotated phases.
#
# A mixture sees each step by itself. A switching model also uses their order, and asks whether regimes help to see the
# next step coming ({ref}`fitting`).
#
# (regimes-exercise)=
# ## Exercises
#
# ```{exercise} How much of a tail is a second heap worth?
# :label: regimes-tail
# Draw $n$ numbers from a Student t with 5 degrees of freedom, and let BIC choose among one to four Gaussians, for
# $n$ from 100 to 10,000. Where does the count come from, and does it converge?
# ```
#
# ```{solution-start} regimes-tail
# :class: dropdown
# ```
# No finite mixture is the t, so each further Gaussian gains a little per number, while its price grows with $\ln n$
# alone. Look whether the count rises with the size of the corpus: then it measures the size.

# %% tags=["solution"]
rng = np.random.default_rng(seed)
for n in (100, 1000, 10_000):
    x = rng.standard_t(5, size=(n, 1))
    fits = [GaussianMixture(K, max_iter=50, random_state=0).fit(x) for K in range(1, 5)]
    print(f"n = {n}: {1 + int(np.argmin([fit.bic(x) for fit in fits]))} components")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Take the token away
# :label: regimes-token
# Subtract from each held-out residual the mean residual of its next sentence's token, in five dimensions. How many
# components does BIC choose before and after? Which null does the comparison need?
# ```
#
# ```{solution-start} regimes-token
# :class: dropdown
# ```
# Subtracting means takes a little of any residual away, so the null is the same with permuted tokens.

# %% tags=["solution"]
five = pd.DataFrame(regimes.residuals[:, :5])
tokens = pd.Series(steps.labels["token, next sentence"])
tokens = tokens.where(tokens.isin(tokens.value_counts().index[:7]), "others")
permuted = tokens.sample(frac=1, random_state=seed).to_numpy()
versions = {
    "as it is": five,
    "token taken away": five - five.groupby(tokens.to_numpy()).transform("mean"),
    "permuted token": five - five.groupby(permuted).transform("mean"),
}
for name, x in versions.items():
    fits = [GaussianMixture(K, random_state=0).fit(x.to_numpy()) for K in range(1, 7)]
    best = 1 + int(np.argmin([fit.bic(x.to_numpy()) for fit in fits]))
    print(f"{name}: {best} components, excess {mardia_excess(x.to_numpy()):.2f}")

# %% [markdown]
# A component that goes with the true tokens and stays with the others was a token. One that stays with both was not,
# or is the tail.
#
# ```{solution-end}
# ```
#
# ```{exercise} The paper's order
# :label: regimes-order
# The paper fits the linear map in all $D$ dimensions and projects its residuals; this page projects first. Compare the
# two on the transitions of the fit and on held-out ones. Why does it matter here?
# ```
#
# ```{solution-start} regimes-order
# :class: dropdown
# ```
# Mean squared length of the residuals in the same $k$ directions:

# %% tags=["solution"]
basis = dynamics.Projection(rank).fit(train)
wide = dynamics.LinearDrift().fit(train)
narrow = dynamics.LinearDrift().fit(basis.transform(train))
for name, part in (("fit", train), ("held out", test)):
    first = wide.residuals(part) @ basis.basis_
    second = narrow.residuals(basis.transform(part))
    sizes = [float((x**2).sum(axis=1).mean().round(1)) for x in (first, second)]
    print(f"{name}: all D {sizes[0]}, projected first {sizes[1]}")

# %% [markdown]
# Where there are hardly more transitions than coefficients, the wide map explains the chains that it was fitted to, and
# not the others. A mixture learned on the residuals of the fit then describes what nobody will see again.
#
# ```{solution-end}
# ```
#
# ```{exercise} Are these the regimes of the text or of the network?
# :label: regimes-network
# Run the page with `--model random:smollm2`: the same chains, read by a network with random weights. Which labels do
# the regimes of untrained states follow?
# ```
#
# ```{solution} regimes-network
# :class: dropdown
# `lmphys run reasoning/regimes --model random:smollm2`, and compare {numref}`fig-regimes-alignment`. What the random
# network has too belongs to the text and its punctuation, and not to anything that was learned.
# ```
