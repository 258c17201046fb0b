# %% [markdown]
# (manifold)=
# # How many dimensions does a thought have?
#
# In how many directions does the state of a language model move while it reasons, and would another sample of its
# chains show the same ones? We collect the states at the ends of sentences, look for the directions in which they vary
# most, and ask what share of the motion these hold. Every number stands beside the same number for something that has
# no thoughts: a network that has learned nothing, sentences in random order, noise.
#
# The states have hundreds or thousands of coordinates. To fit a dynamical model to some thousands of steps, one has to
# look at fewer. {cite:t}`carson2025` keep the $k = 40$ principal directions, collected in a matrix $V_k$ with
# orthonormal columns, and report that they hold about half of the variance. They need more than variance, though. What
# the dynamics *inside* the subspace leave out must not drive them, which they call small {term}`leakage`,
#
# $$ L_k = \sup_{x,\; \norm{v} \le \epsilon,\; V_k^\top v = 0} \frac{\norm{\mu(x+v) - \mu(x)}}{\norm{\mu(x)}} \ll 1, $$ (eq-leakage)
#
# where $\mu$ is the {term}`drift`, the mean step from a state. We say *subspace leakage*, since a forecast can leak in
# another way as well ({ref}`fitting`).

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the subspace
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.book.scale import lacking_transitions
from lmphys.dynamics.evaluate.penalty import choose_ridge
from lmphys.dynamics.evaluate.shares import (
    held_out_share,
    relative_residual,
    share,
)
from lmphys.dynamics.projection import (
    davis_kahan_bound,
    random_overlap,
    rank_share,
    split_half_angles,
)
from lmphys.pages import manifold as analysis

book.use_style()

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
train, test = states.split(0.7, seed=seed)
states

# %% [markdown]
# The split keeps all chains of a question on one side.
#
# ## Variance against rank
#
# "Principal directions" of what? The paper speaks of the states in its Sec. 3.1, and of the increments
# $\Delta h_t = h_{t+1} - h_t$ in its App. A. We do both. Three controls have no reasoning in them: the increments of
# chains whose sentences are put in random order, the states of a network with random weights that reads the same
# text, and isotropic noise with as many points.

# %%
reader = corpus.default_spec(
    corpus.control_of(model), profile, tasks=tasks, prompt=prompt,
    max_tokens=max_tokens, layer=layer, seed=seed,
)
random = corpus.build_corpus(reader).trajectories(position=position)
shuffled = dynamics.shuffle_order(states, seed=seed)
noise = states.with_states(np.random.default_rng(seed).normal(size=states.states.shape))

# %%
cases = {
    "states": (states, "states"),
    "increments": (states, "increments"),
    "increments, shuffled order": (shuffled, "increments"),
    "states, random weights": (random, "states"),
    "isotropic noise": (noise, "states"),
}
fits = {
    name: dynamics.Projection(rank, of=of).fit(traj)
    for name, (traj, of) in cases.items()
}

# %% mystnb={"figure": {"name": "fig-spectrum", "caption": "Cumulative share of variance against rank, for states, increments and three controls."}} tags=["hide-input"]
curves = {name: np.cumsum(fit.explained_variance_ratio_) for name, fit in fits.items()}
book.plots.spectrum(curves, rank=rank);

# %% [markdown]
# Variance in the sample at hand is too kind, since the directions were chosen to hold it. The second column asks how
# much the directions found in one part of the questions hold of the variance in the other part.

# %%
in_sample = {name: fit.variance_captured(rank) for name, fit in fits.items()}
held_out = {
    name: held_out_share(traj, rank, of=of, seed=seed)
    for name, (traj, of) in cases.items()
}
outside = {name: found.value for name, found in held_out.items()}
pd.DataFrame(
    {f"rank {rank}, same chains": in_sample, "other questions": outside}
).round(3)

# %% [markdown]
# Compare the increments in their true and in random order: whatever is equal owes nothing to the order of the
# sentences. Isotropic noise shows what the number of points alone gives. Random weights show what the architecture and
# the repetition of words in the text give.
#
# ## Is it the same subspace twice?
#
# Split the questions into halves, find the subspace in each, and measure the $k$ principal angles between the two:
# 0° means a shared direction, 90° a direction that the other half does not know. Two random subspaces of rank $k$ in
# $D$ dimensions share $k/D$ of their directions.

# %%
angles = {
    name: split_half_angles(traj, rank, seed=seed, of=of)
    for name, (traj, of) in cases.items()
}
overlap = {name: np.mean(np.cos(a) ** 2) for name, a in angles.items()}
overlap["two random subspaces"] = random_overlap(states.width, rank)
pd.Series(overlap).to_frame("shared").round(3)

# %% mystnb={"figure": {"name": "fig-angles", "caption": "Principal angles between the subspaces of two halves of the questions, in ascending order."}} tags=["hide-input"]
number = pd.Index(np.arange(1, rank + 1), name="number of the angle")
degrees = pd.DataFrame({name: np.degrees(a) for name, a in angles.items()}, number)
axes = degrees.plot(style=["-o", "-s", "-D", "-^", "-v"], markevery=max(1, rank // 8))
axes.set(ylabel="principal angle (degrees)", ylim=(0, 92));

# %% [markdown]
# Follow a curve from left to right. Where it starts near 0°, the leading directions are found again; where it ends near
# 90°, the last ones are not. At high rank the neighbouring eigenvalues lie close together, and then the sample decides
# which is which. The theorem of Davis and Kahan says how much it can decide {cite:p}`yu2015`: the sines of the angles
# are bounded by the difference of the two covariances over the gap $\lambda_k - \lambda_{k+1}$. Compare bound and fact,
# in the Frobenius norm, whose largest possible value is $\sqrt{k}$:

# %%
first, second = states.split(0.5, seed=seed)
covariances = np.cov(first.states.T), np.cov(second.states.T)
pd.Series(
    {
        "fact": float(np.linalg.norm(np.sin(angles["states"]))),
        "largest possible": float(np.sqrt(rank)),
        "Davis–Kahan bound": davis_kahan_bound(*covariances, rank),
    }
).round(2).to_frame("‖sin Θ‖")

# %% [markdown]
# A bound above the largest possible value guarantees nothing. That is the case here if the third number exceeds the
# second.
#
# ## Does the drift stay inside?
#
# For a linear drift $\mu(h) = (A - I) h + c$ the supremum over $v$ in {eq}`eq-leakage` is exact, $\epsilon$ times the
# largest singular value of $(A - I)(I - V_k V_k^\top)$. The paper leaves $\epsilon$ open. We give it the typical
# length of what the projection throws away, so that $v$ is a displacement that really occurs. The penalty of the map is
# chosen on folds of the training questions: the $\lambda = 1$ of the paper hardly restrains a map of more than $D^2$
# numbers that some hundred transitions determine, and its errors would leak too.

# %%
projection = dynamics.Projection(rank).fit(train)
penalty = choose_ridge(train, [10.0**n for n in range(7)], seed=seed).idxmin()
drift = dynamics.LinearDrift(ridge=penalty).fit(train)
rest = test.states - projection.inverse_transform(projection.transform(test).states)
epsilon = float(np.sqrt((rest**2).sum(axis=1).mean()))

# %%
leak = analysis.subspace_leakage(drift, projection, test, epsilon=epsilon)
pd.Series(
    {
        "ε, length of the discarded part": epsilon,
        "median subspace leakage": float(np.median(leak.values)),
        "supremum L_k": leak.sup,
        "largest share of the drift outside, ρ_k": leak.rho,
        "bound of App. A": leak.bound,
    }
).round(3).to_frame("value")

# %% [markdown]
# Assumption 2.1 of the paper needs the leakage to be far below 1. The drift of a map with $A \approx 0$, one that
# forgets its past, is about $c - h$: it changes by $-v$ when the state changes by $v$, whatever the subspace. A leakage
# of the order of $\epsilon / \norm{\mu}$ is therefore what forgetting alone gives.

# %%
forgetful = dynamics.LinearDrift(ridge=1e12).fit(train)
none = analysis.subspace_leakage(forgetful, projection, test, epsilon=epsilon)
leaks = {
    "fitted map": analysis.leakage_intervals(leak, test, seed=seed),
    "a map that forgets": analysis.leakage_intervals(none, test, seed=seed),
}
pd.DataFrame({k: {n: x.value for n, x in v.items()} for k, v in leaks.items()}).round(2)

# %% [markdown]
# ## Verdict
#
# Shares depend on the number of transitions, as directions are fitted to them, and on the width of the model; they are
# compared with the paper's only where there are about as many transitions. The intervals of the shares are 1.96 standard deviations of the bootstrap to either side: a resampled corpus repeats
# chains, so its percentiles would lie too high.

# %%
shares = {
    of: rank_share(states, rank, of=of, seed=seed) for of in ("states", "increments")
}
whole = {"random weights": random, "isotropic noise": noise}
nulls = {
    name: {of: share(traj, rank, of=of) for of in shares}
    for name, traj in whole.items()
}
readings = dict(shares)
for of in shares:
    reading = f"{of}, other questions"
    readings[reading] = held_out[of]
    for name, traj in whole.items():
        nulls[name][reading] = held_out_share(traj, rank, of=of, seed=seed)

# %% tags=["hide-input"]
few = lacking_transitions(states.n_transitions)
note = f"rank {rank}, {position} token, D = {states.width}; the paper has 2,048 and more"
left = {k: relative_residual(v["increments"]) for k, v in nulls.items()}
half = "half of the variance kept would mean 0.71, not the 0.50 that is printed"
rho = shares["increments"].map(relative_residual)
beside = {"a map that forgets": leaks["a map that forgets"]}
moved = f"displacements of length {epsilon:.3g}, λ = {penalty:g}"
rows = [
    book.Entry("slds.rank40.variance", readings, nulls, note, few),
    book.Entry("slds.rank40.rho", rho, left, half, few),
    book.Entry("slds.leakage.sup", leaks["fitted map"], beside, moved),
]

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/manifold", model=model, profile=profile)
ledger.record_all(rows)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    f"The first {rank} directions hold this much of the variance, of the states and of "
    "their increments: {slds.rank40.variance}. The paper has "
    "{slds.rank40.variance:paper} and does not say of which "
    "(*{slds.rank40.variance:verdict}*). What they leave over of the increments is "
    "{slds.rank40.rho} of their length. Chains that owe nothing to reasoning leave "
    "{slds.rank40.rho:controls}. The paper's one half is *{slds.rank40.rho:verdict}*. "
    "That what is thrown away hardly drives the dynamics is "
    "*{slds.leakage.sup:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - A share of variance at one rank says little by itself: it depends on the number of points, on the width, on the
#   position of the state, and on how often the text repeats itself.
# - The subspace as a whole is less certain than its leading directions. What is fitted inside it inherits that.
# - The paper's two numbers cannot both be right: half of the variance kept leaves a relative residual of
#   $\sqrt{0.5} = 0.71$.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Noise has a spectrum too
# :label: manifold-noise-spectrum
# For $N$ points of isotropic noise in $D$ dimensions, the eigenvalues of the sample covariance do not all equal 1.
# Between which values do they lie for large $N$ and $D$ (Marchenko and Pastur)? Check it on `noise`.
# ```
#
# ```{solution-start} manifold-noise-spectrum
# :class: dropdown
# ```
# With $\gamma = D / N$ they lie between $(1 - \sqrt{\gamma})^2$ and $(1 + \sqrt{\gamma})^2$:

# %% tags=["solution"]
gamma = noise.width / len(noise.states)
eigenvalues = fits["isotropic noise"].explained_variance_
pd.DataFrame(
    {
        "largest": [(1 + gamma**0.5) ** 2, eigenvalues[0]],
        "smallest": [(1 - gamma**0.5) ** 2, eigenvalues[-1]],
    },
    index=["Marchenko and Pastur", "found"],
).round(3)

# %% [markdown]
# Where there are fewer points than dimensions, $\gamma > 1$, the smallest eigenvalue that is found is 0 or close to it:
# the points do not fill the space.
# ```{solution-end}
# ```
#
# ```{exercise} The increments of points without order
# :label: manifold-increments
# Show that the increments of independent points have covariance $2 \Sigma$, hence the same principal directions as
# the points. Which curves of {numref}`fig-spectrum` agree for that reason?
# ```
#
# ```{solution-start} manifold-increments
# :class: dropdown
# ```
# $\Cov(h' - h) = \Cov(h') + \Cov(h) = 2 \Sigma$ for independent $h, h'$. So *states* and *increments, shuffled order*
# would agree if all chains had one mean. Chains of different questions have different means, which the increments
# cannot see. Points permuted over all chains have lost these means too:

# %% tags=["solution"]
permuted = dynamics.shuffle_chains(states, seed=seed)
pd.Series(
    {
        "states": fits["states"].variance_captured(rank),
        "increments, permuted": share(permuted, rank, of="increments"),
        "increments, shuffled order": in_sample["increments, shuffled order"],
    }
).round(3).to_frame(f"share at rank {rank}")

# %% [markdown]
# The first two numbers should be close. How far the third lies from them is what the means of the chains hold.
# ```{solution-end}
# ```
#
# ```{exercise} The other position
# :label: manifold-position
# Run this page with the token after the boundary: `lmphys run reasoning/manifold --set position=after`. Does the share
# of variance at rank 40 rise, and why would it? (What is the first token of most sentences?)
# ```
#
# ```{solution-start} manifold-position
# :class: dropdown
# ```
# At `after` the state belongs to a line break or to one of a few opening words. Where few words open most sentences,
# the variance of the states is mostly *which word it is*, and a handful of directions tells a handful of words apart:

# %% tags=["solution"]
openings = states.sentences["after_token"].value_counts(normalize=True)
openings.head(8).rename(index=repr).to_frame("share of sentences").round(3)

# %% [markdown]
# ```{solution-end}
# ```
