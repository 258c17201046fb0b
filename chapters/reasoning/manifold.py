# %% [markdown]
# (manifold)=
# # How many dimensions does a thought have?
#
# The states of a language model have hundreds or thousands of coordinates. To fit a dynamical model to some thousands
# of steps, one has to look at fewer. {cite:t}`carson2025` keep the $k = 40$ principal directions, collected in a matrix
# $V_k$ with orthonormal columns, and report that they hold about half of the variance. They need more than variance,
# though. What the dynamics *inside* the subspace leave out must not drive them, which they call small
# {term}`leakage`,
#
# $$ L_k = \sup_{x,\; \norm{v} \le \epsilon,\; V_k^\top v = 0} \frac{\norm{\mu(x+v) - \mu(x)}}{\norm{\mu(x)}} \ll 1, $$ (eq-leakage)
#
# where $\mu$ is the {term}`drift`, the mean step from a state.
#
# **The question of this page:** is there a subspace of rank 40, is it the same in two halves of the data, and does the
# drift stay inside? Read every number beside the same number for a process that has no thoughts.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
rank: int = 40  # dimension k of the subspace
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, dynamics
from lmphys.dynamics.projection import davis_kahan_bound, random_overlap, rank_share, split_half_angles
from lmphys.pages import manifold as analysis

book.use_style()

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", position)
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
    corpus.control_of(model), profile, tasks=tasks, prompt=prompt, seed=seed
)
random = corpus.build_corpus(reader).trajectories("final_norm", position)
shuffled = dynamics.shuffle_order(states, seed=seed)
noise = states.with_states(np.random.default_rng(seed).normal(size=states.states.shape))

# %% mystnb={"figure": {"name": "fig-spectrum", "caption": "Cumulative share of variance against rank, for states, increments and three controls."}} tags=["hide-input"]
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
book.plots.spectrum(
    {name: np.cumsum(f.explained_variance_ratio_) for name, f in fits.items()},
    rank=rank,
);

# %% [markdown]
# Variance in the sample at hand is too kind, since the directions were chosen to hold it. The second column asks how
# much the directions found in one part of the questions hold of the variance in the other part.

# %%
held_out = {
    name: dynamics.Projection(rank, of=of)
    .fit((halves := traj.split(0.7, seed=seed))[0])
    .share_of(halves[1])
    for name, (traj, of) in cases.items()
}
in_sample = {name: f.variance_captured(rank) for name, f in fits.items()}
pd.DataFrame(
    {f"rank {rank}, same chains": in_sample, "other questions": held_out}
).round(3)

# %% [markdown]
# Compare the increments in their true and in random order: whatever is equal owes nothing to the order of the
# sentences. Isotropic noise shows what the number of points alone gives. Random weights show what the architecture and the
# repetition of words in the text give.
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
overlap = pd.Series(
    {name: float(np.mean(np.cos(a) ** 2)) for name, a in angles.items()}, name="shared"
)
overlap["two random subspaces"] = random_overlap(states.width, rank)
overlap.to_frame().round(3)

# %% mystnb={"figure": {"name": "fig-angles", "caption": "Principal angles between the subspaces of two halves of the questions, in ascending order."}} tags=["hide-input"]
figure, axes = plt.subplots()
for (name, a), marker in zip(angles.items(), "osD^v", strict=True):
    axes.plot(
        np.arange(1, rank + 1),
        np.degrees(a),
        marker=marker,
        markevery=max(1, rank // 8),
        label=name,
    )
axes.set(xlabel="number of the angle", ylabel="principal angle (degrees)", ylim=(0, 92))
axes.legend();

# %% [markdown]
# In the run of the default model the first directions are found again and the last ones are not: at rank 40 the
# neighbouring eigenvalues lie so close that the sample decides which is which. The theorem of Davis and Kahan says how much it can decide
# {cite:p}`yu2015`: the sines of the angles are bounded by the difference of the two covariances over the gap
# $\lambda_k - \lambda_{k+1}$. Compare bound and fact, in the Frobenius norm, whose largest possible value is
# $\sqrt{k}$:

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
# length of what the projection throws away, so that $v$ is a displacement that really occurs.

# %%
projection = dynamics.Projection(rank).fit(train)
drift = dynamics.LinearDrift(ridge=1.0).fit(train)
rest = test.states - projection.inverse_transform(projection.transform(test).states)
epsilon = float(np.sqrt((rest**2).sum(axis=1).mean()))
leak = analysis.subspace_leakage(drift, projection, test, epsilon=epsilon)
pd.Series(
    {
        "ε, length of the discarded part": epsilon,
        "median leakage": float(np.median(leak.values)),
        "supremum L_k": leak.sup,
        "largest share of the drift outside, ρ_k": leak.rho,
        "bound of App. A": leak.bound,
    }
).round(3).to_frame("value")

# %% [markdown]
# Assumption 2.1 of the paper needs the leakage to be far below 1. The drift of a map with $A \approx 0$, one that
# forgets its past, is about $c - h$: it changes by $-v$ when the state changes by $v$, whatever the subspace. A leakage
# of the order of $\epsilon / \norm{\mu}$ is therefore what forgetting alone gives.
#
# ## Verdict
#
# The intervals of the shares are 1.96 standard deviations of the bootstrap to either side: a resampled corpus repeats
# chains, so its percentiles would lie too high.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/manifold", model=model, profile=profile)
shares = {
    of: rank_share(states, rank, of=of, seed=seed)
    for of in ("states", "increments")
}
null = {
    "random weights": {
        of: dynamics.Projection(rank, of=of).fit(random).variance_captured(rank)
        for of in shares
    },
    "isotropic noise": {
        of: dynamics.Projection(rank, of=of).fit(noise).variance_captured(rank)
        for of in shares
    },
}
ledger.record(
    "slds.rank40.variance",
    shares,
    controls=null,
    note=f"rank {rank}, {position} token",
)
ledger.record(
    "slds.rank40.rho",
    shares["increments"].map(lambda share: np.sqrt(1 - share)),
    controls={
        name: float(np.sqrt(1 - share["increments"])) for name, share in null.items()
    },
    note="half of the variance kept would mean 0.71, not the 0.50 that is printed",
)
ledger.show()

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
# ```{admonition} Exercise 1: noise has a spectrum too
# :class: tip
# For $N$ points of isotropic noise in $D$ dimensions, the eigenvalues of the sample covariance do not all equal 1.
# Between which values do they lie for large $N$ and $D$ (Marchenko and Pastur)? Check it on `noise`.
# ```
#
# ```{dropdown} Solution
# With $\gamma = D / N$ they lie between $(1 - \sqrt{\gamma})^2$ and $(1 + \sqrt{\gamma})^2$:
#
#     gamma = noise.width / len(noise.states)
#     found = dynamics.Projection(rank).fit(noise).explained_variance_
#     print((1 + gamma**0.5) ** 2, found[0], (1 - gamma**0.5) ** 2, found[-1])
# ```
#
# ```{admonition} Exercise 2: the increments of points without order
# :class: tip
# Show that the increments of independent points have covariance $2 \Sigma$, hence the same principal directions as
# the points. Which curves of {numref}`fig-spectrum` agree for that reason?
# ```
#
# ```{dropdown} Solution
# $\Cov(h' - h) = \Cov(h') + \Cov(h) = 2 \Sigma$ for independent $h, h'$. So *states* and *increments, shuffled order*
# would agree if all chains had one mean; chains of different questions have different means, which the increments
# cannot see:
#
#     anywhere = dynamics.shuffle_chains(states, seed=0)
#     print(dynamics.Projection(rank, of="increments").fit(anywhere).variance_captured(rank))
#     print(dynamics.Projection(rank, of="states").fit(states).variance_captured(rank))
# ```
#
# ```{admonition} Exercise 3: the other position
# :class: tip
# Run this page with the token after the boundary: `lmphys run reasoning/manifold --set position=after`. The share of
# variance at rank 40 rises. Why? (What is the first token of most sentences?)
# ```
#
# ```{dropdown} Solution
# At `after` the state belongs to a line break or to one of a few opening words. Its variance is mostly *which word it
# is*, and a handful of directions tells a handful of words apart:
#
#     print(corpus.build_corpus(spec).sentences["after_token"].value_counts(normalize=True).head(8))
# ```
