# %% [markdown]
# (drift)=
# # One arrow for every thought
#
# Can the next sentence's state be predicted from the present one by a single rule, and what would a process without any
# rule score? We fit one matrix to the steps of a model's chains of thought, let it predict chains of other questions,
# and set every score beside that of chains whose sentences stand in random order. What the matrix leaves over we ask
# for its modes, its tails, and for what the tokens alone explain of it.
#
# If a chain of thought were pulled by the same force at every sentence, one matrix would say where the next sentence
# lands. {cite:t}`carson2025` fit that matrix before anything else,
#
# $$ h_{t+1} \approx A h_t + c, \qquad (A, c) = \argmin \sum_t \norm{\Delta h_t - (A - I) h_t - c}^2 + \lambda \norm{A}_F^2, $$ (eq-global)
#
# with $\lambda = 1$, and report that it explains half of the variance, $R^2 \approx 0.51$. What it leaves over, the
# residual $\xi_t$, is said to have several modes, and these become the regimes of their switching model.
#
# A point that is drawn anew around a mean must, on average, step back towards it. Such a step is easy to predict, and
# nothing has been understood. How much that alone gives decides how to read each later number ({ref}`r2-null`).

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the projection
ridge: float = 1.0  # penalty λ of the linear map
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import seaborn as sns

from lmphys import book, corpus, dynamics
from lmphys.pages import drift as analysis
from lmphys.dynamics.evaluate.penalty import choose_ridge
from lmphys.dynamics.nulls import heaps
from lmphys.stats import Interval
from lmphys.stats.modes import dip_test
from lmphys.stats.regression import expected_r2_ar1, pooled_r2
from lmphys.stats.tails import fit_tails

book.use_style()

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
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
# it on such chains. They have no order, and yet are not independent points: each keeps the mean of its chain, so that
# any two of its states go together, as those of a process with some correlation $r$ do (the plane below shows which).
# *Phase-randomised* chains keep each chain's mean and its linear correlations, and lose the rest. *Per-trace mean*
# forecasts the mean of the chain so far. *Persistence* says that nothing moves.

# %%
drift = dynamics.LinearDrift(ridge=ridge).fit(seen)
scores = dynamics.one_step_scores(drift, unseen, train=seen, seed=seed)
scores.round(3)

# %% mystnb={"figure": {"name": "fig-drift-controls", "caption": "Variance explained on held-out questions by one linear map, beside its controls. Lines: 95 % intervals, over questions. Shuffled chains have no order to learn, and yet a part of their increments is 'explained'."}} tags=["hide-input"]
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
    corpus.control_of(model), profile, tasks=tasks, prompt=prompt,
    max_tokens=max_tokens, layer=layer, seed=seed,
)
trained, untrained = corpus.build_corpus(spec), corpus.build_corpus(reader)
variants = {
    "boundary token": trained.trajectories(),
    "token after": trained.trajectories(position="after"),
    "before the final norm": trained.trajectories("resid_post", position),
    "random weights": untrained.trajectories(position=position),
}

# %%
elsewhere = {
    name: dynamics.held_out_scores(traj, rank=rank, ridge=ridge, seed=seed)
    for name, traj in variants.items()
}
rows = ["one linear map", "persistence", "shuffled order"]
tables = {name: t.loc[rows, ["r2_h", "r2_dh"]] for name, t in elsewhere.items()}
pd.concat(tables).round(3)

# %% [markdown]
# Where do these pairs lie? Move the correlation: on the left a process that remembers with it, on the right its two
# scores on the curve of all such processes. Beside them all rows of the tables, for each kind of state: one linear map
# in colour; the nulls of one kind (random and phase-randomised order, the mean so far) in grey.

# %% tags=["hide-input"]
analysis.plane(elsewhere, seed=seed)

# %% [markdown]
# *The two scores of a forecast (in print: at r = 0.7). A point on the curve behaves as a process with one correlation;
# one above it has increments that are easier than that, as where the chains differ in their mean. Rows outside of the
# frame, such as persistence, whose increments are not explained at all, are in the tables.*
#
# Three things to look for. Where persistence fails badly while the increments seem well explained, as they may at the
# token after the boundary, the state is mostly *which word opens the sentence*, and the next opening word is nearly
# independent of this one. Where a forecast that knows the mean of the chain so far comes a long way, chains differ in
# their mean. And where random weights are *easier* to predict than trained ones, ease is no sign of reasoning: a
# network that has learned nothing mixes all words of the text so far into a slowly moving average, and an average is
# predictable.
#
# ```{admonition} Other corpora, other numbers
# :class: note
# Compare how far the choice of the token moves the numbers with the width of their intervals. So may the choice of the
# questions move them: take one kind alone, `lmphys run reasoning/drift --set tasks=divisors --set rank=10`.
# ```
#
# ## What is left over
#
# The paper fits {eq}`eq-global` in all $D$ dimensions and looks at the residual $\xi_t$, and at its projection
# $\zeta_t = V_k^\top \xi_t$. An orthonormal projection can only shorten a vector; in the paper's Fig. 1b the projected
# residuals are longer (mean 351 against 229), so its two panels cannot show the same residuals.

#
# The full map has $D + 1$ coefficients for each coordinate. How many transitions determine them?

# %%
sizes = {"coefficients": states.width + 1, "transitions": train.n_transitions}
pd.Series(sizes).to_frame("number")

# %% [markdown]
# Where the two numbers are close, the paper's λ = 1 is too little: residuals of held-out chains are then longer than the
# steps themselves, and their shape is that of the error of estimation. So for the residuals the penalty is chosen on
# folds of the training questions:

# %%
penalties = choose_ridge(train, [10.0**n for n in range(7)], seed=seed)
chosen = float(penalties.idxmin())
steps = np.sqrt((train.increments() ** 2).sum(axis=1).mean())
print(f"λ = {chosen:g} is best; the steps have a length of {steps:.1f}")
penalties.to_frame().round(2)

# %%
full = dynamics.LinearDrift(ridge=chosen).fit(train)
xi = full.residuals(test)
zeta = xi @ projection.basis_
lengths = pd.DataFrame(
    {
        "ξ (all dimensions)": np.linalg.norm(xi, axis=1),
        f"ζ (rank {rank})": np.linalg.norm(zeta, axis=1),
    }
)
lengths.describe().round(2)

# %% mystnb={"figure": {"name": "fig-residuals", "caption": "Norms of the residuals of the linear map on held-out chains, before and after projection (compare the paper's Fig. 1b)."}} tags=["hide-input"]
axes = sns.histplot(lengths, bins=40, alpha=0.6)
axes.set(xlabel="norm of the residual", ylabel="transitions");

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
# A test that rejects nothing says little before one knows what it would have rejected. So three modes are planted: chains
# of the same map, with the starts and lengths of the real ones, whose noise has lengths in three equal heaps. Such heaps
# merge into one mode where neighbours are less than 2.07 of their standard deviations apart; `seen` is the share of
# corpora in which the dip test finds more than one.

# %%
few = profile == "smoke"
planted = heaps.heap_calibration(
    train, test, ridge=chosen, n_corpora=2 if few else 4, seed=seed
)
apart = heaps.heap_separation(planted, dip_test(lengths.iloc[:, 0].to_numpy())[0])
print(f"seen in 80 of 100 corpora from {heaps.seen_from(planted):g} sd on")
print(f"real residuals: as heaps {apart.low:.1f} to {apart.high:.1f} sd apart")
planted.groupby("true").mean().round(3)

# %% [markdown]
# And the tails, along the single directions of the subspace: which density fits best, a Gaussian, a Laplace or a
# Student-t with $\nu$ degrees of freedom?

# %%
chain = test.pairs()[2]
fit_tails(zeta[:, 0]).round(3)

# %%
question = test.questions[chain]
kurtosis = analysis.kurtosis_by_direction(zeta, question, seed=seed)
kurtosis

# %% mystnb={"figure": {"name": "fig-violin", "caption": "Residuals along the first directions of the subspace (compare the paper's Fig. 6). The lines inside are the quartiles."}} tags=["hide-input"]
axes = sns.violinplot(zeta[:, :8], inner="quart", color=book.style.SKY, linewidth=1)
axes.set(xlabel="principal direction", ylabel="residual ζ");

# %% [markdown]
# ## What the boundary token explains
#
# Before a cluster of residuals is called a mode of reasoning, one asks what it has in common. The simplest candidate is
# the token itself. The table has the share of variance that the identity of a token explains, with the means of its
# classes learned on other chains, beside the same for labels put at random.

# %%
rows = test.sources()
token = test.sentences[f"{position}_token"].to_numpy()
labels = {
    "token of h_t": token[rows],
    "token of h_{t+1}": token[rows + 1],
    "task": test.chains["task"].to_numpy()[chain],
}
targets = {
    "state": unseen.states[rows + 1],
    "increment": unseen.increments(),
    "residual": zeta,
}
analysis.explained_by(labels, targets, chain, seed=seed).round(3)

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
# chain. That is not enough: a ball that slides down a slope slowly is still on its way when its first steps are cut
# off, and chains are short. Hence a null that has a slope, no current, and the pace of the real chains. With $C$ the
# covariance of a state and $S$ the symmetric part of $\Cov(h_{t+1}, h_t)$, the map $S C^{-1}$ with Gaussian noise of
# covariance $C - S C^{-1} S$ obeys detailed balance. Its chains, *downhill*, begin where the real ones begin, are as
# long, and are cut like them; a direction of theirs is {term}`relaxation <relaxation time>` and nothing else. Two more
# controls: states in random order, which have no direction, and *random weights* that read the same chains.

# %%
halves = variants["random weights"].split(0.7, seed=seed)
view = dynamics.Projection(rank).fit(halves[0])
blind = tuple(view.transform(half) for half in halves)
games = analysis.play_backwards((seen, unseen), blind, seed=seed)
nats = pd.DataFrame({name: game.nats._asdict() for name, game in games.items()}).T
nats.insert(0, "chains", [game.chains for game in games.values()])
nats.astype(float).round(2).rename(columns={"value": "nats a step"})

# %% mystnb={"figure": {"name": "fig-drift-arrow", "caption": "Share of held-out chains whose direction in time is guessed right from their states. Dashed: what a settled process in detailed balance leaves to chance. Downhill: one that is not yet settled, with the starts and the pace of the real chains. Lines: 95 % intervals over questions; numbers: log odds per step, in nats."}} tags=["hide-input"]
analysis.draw_directions(games);

# %% [markdown]
# How to read it: what falls to the dashed line when the ends go was a beginning and an end. What stays is relaxation,
# as far as *downhill* shows it with the same cut. Only what stays beyond that could be a current inside the chains, as
# this null is Gaussian and has one slope for all: where one flows no potential can be the whole story. But a current
# need not be thought. Random weights mix all words so far into a mean, whose steps get shorter the longer the text is,
# and that is a direction too. A direction that a trained model shows *less* clearly than random weights is no sign of
# reasoning.
#
# ## Verdict
#
# One split of so few questions is one throw of dice, so that $R^2$ and its rivals are those of five splits together; the
# intervals hold the scatter within and between them. Random weights stand in a row of their own: a network that is
# easier to predict than the trained one is a finding, and makes no score wrong.

# %%
n_splits = 2 if few else 5
split = {"rank": rank, "ridge": ridge, "n_splits": n_splits, "seed": seed}
rivals = ["persistence", "per-trace mean", "shuffled order"]
pooled = analysis.across_splits(states, ["one linear map", *rivals], **split)
beyond = analysis.learned(states, variants["random weights"], **split)
twins = analysis.surrogate_tails(seen, unseen, ridge=ridge, seed=seed)
tails = Interval.of_row(kurtosis.loc["median of all"], "excess kurtosis")
norm, projected = lengths.to_numpy().T
power = f"λ = {chosen:g}; three heaps are seen from {heaps.seen_from(planted):g} sd on"
residual = [
    book.Entry("slds.residual.multimodal", apart, note=power),
    book.Entry(
        "slds.residual.norm_modes",
        analysis.mode_count(norm, question, seed=seed),
        note=power,
    ),
    book.Entry("slds.residual.norm_mean", norm.mean()),
    book.Entry("slds.residual.projected_norm_mean", projected.mean()),
    book.Entry("slds.residual.projected_larger", projected.mean() / norm.mean()),
    book.Entry(
        "slds.residual.heavy_tails",
        tails,
        {"Gaussian surrogates": twins["kurtosis, Gaussian surrogates"]},
    ),
    book.Entry(
        "slds.residual.direction_multimodal",
        analysis.multimodal_share(zeta),
        {"Student surrogates": twins["modes, Student surrogates"]},
        f"{zeta.shape[1]} directions; the interval is over these",
    ),
]

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/drift", model=model, profile=profile)
note = f"rank {rank}, {position} token, {n_splits} splits by question"
ledger.record(
    "slds.global_linear.r2",
    pooled["one linear map"],
    controls={name: pooled[name] for name in rivals},
    note=note,
)
ledger.record("slds.global_linear.learned", beyond, note=note)
nll = float(scores.loc["one linear map", "nll"])
note = f"nats per transition in {rank} dimensions"
ledger.record("slds.global_linear.nll", nll, note=note)
ledger.record_all(residual)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "One linear map explains this much of the next state and of the next step: "
    "{slds.global_linear.r2}. The paper has {slds.global_linear.r2:paper} and does not "
    "say of which (*{slds.global_linear.r2:verdict}*); points without any dynamics "
    "have 0 and one half. Beyond what it explains of random weights that read the same "
    "text it explains {slds.global_linear.learned}. Of what the map leaves over, "
    "several modes are *{slds.residual.multimodal:verdict}*, tails heavier than a "
    "Gaussian's are *{slds.residual.heavy_tails:verdict}*."
)

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
# ```{exercise} The half that means nothing
# :label: drift-one-half
# Let $h_t$ be independent with mean $\mu$ and covariance $\Sigma$. Show that the best linear forecast of $\Delta h_t$
# has $R^2 = 1/2$ and that of $h_{t+1}$ has $R^2 = 0$. Check both on chains permuted across the corpus.
# ```
#
# ```{solution-start} drift-one-half
# :class: dropdown
# ```
# $\Cov(\Delta h_t, h_t) = -\Sigma$ and $\Var(\Delta h_t) = 2\Sigma$, so the explained share is
# $\Tr(\Sigma \Sigma^{-1} \Sigma) / \Tr(2\Sigma) = 1/2$; and $\Cov(h_{t+1}, h_t) = 0$.

# %% tags=["solution"]
mixed = [dynamics.shuffle_chains(t, seed=seed) for t in (seen, unseen)]
x, y, _ = mixed[1].pairs()
forecast = dynamics.LinearDrift(ridge).fit(mixed[0]).step(x)
pooled = {"R²(h)": pooled_r2(y, forecast), "R²(Δh)": pooled_r2(y - x, forecast - x)}
pd.Series(pooled).to_frame("permuted chains").round(3)

# %% [markdown]
# How far the two fall below 0 and one half is what a map with some thousand coefficients loses by fitting noise.
# ```{solution-end}
# ```
#
# ```{exercise} Where does the arrow point?
# :label: drift-fixed-point
# A linear map has one fixed point $h^* = (I - A)^{-1} c$, and the eigenvalues of $A$ say how fast it is approached.
# Find both. After how many sentences has the slowest direction forgotten half of its start?
# ```
#
# ```{solution-start} drift-fixed-point
# :class: dropdown
# ```
# A displacement along the slowest direction shrinks by $\lvert \lambda \rvert$ a step, so half of it is left after
# $\ln \frac12 / \ln \lvert \lambda \rvert$ steps. A modulus above 1 would mean that chains run away.

# %% tags=["solution"]
slowest = np.abs(np.linalg.eigvals(drift.A_)).max()
fixed = np.linalg.solve(np.eye(rank) - drift.A_, drift.c_)
pd.Series(
    {
        "largest |λ|": slowest,
        "half-life, sentences": np.log(0.5) / np.log(slowest),
        "from the mean state to h*": np.linalg.norm(fixed - seen.states.mean(axis=0)),
        "typical distance of a state": np.sqrt(seen.states.var(axis=0).sum()),
    }
).to_frame("value").round(2)

# %% [markdown]
# Compare the half-life with the length of a chain. A fixed point far outside the cloud of states, or a half-life longer
# than a chain, is a place that no chain ever reaches.
# ```{solution-end}
# ```
#
# ```{exercise} The penalty
# :label: drift-penalty
# The paper's penalty is on $A$, as printed. A penalty on $A - I$ pulls towards persistence instead. Try both with
# λ from 1 to 10⁵ (`dynamics.LinearDrift(ridge, penalty="A-I")`). Which is better on held-out chains, and why?
# ```
#
# ```{solution-start} drift-penalty
# :class: dropdown
# ```

# %% tags=["solution"]
def held_out_r2(ridge: float, penalty: str) -> float:
    fitted = dynamics.LinearDrift(ridge, penalty=penalty).fit(seen)
    return pooled_r2(unseen.pairs()[1], fitted.step(unseen.pairs()[0]))


pd.DataFrame(
    {p: {10.0**n: held_out_r2(10.0**n, p) for n in range(6)} for p in ("A", "A-I")}
).rename_axis("λ").round(3)

# %% [markdown]
# For a large λ the first tends to the mean and the second to persistence; which wins depends on the position. Where a
# column rises before it falls, λ = 1 hardly restrains a map of some thousand coefficients.
# ```{solution-end}
# ```
#
# ```{exercise} A current without a slope
# :label: drift-current
# A settled linear process has covariance $C$ and $\Cov(h_{t+1}, h_t) = AC$. Show that it looks the same backwards just
# when $AC$ is symmetric, and find the antisymmetric share of $AC$ here, beside states in random order.
# ```
#
# ```{solution-start} drift-current
# :class: dropdown
# ```
# Backwards, the covariance of a state with its predecessor takes the place of $AC$; that is its transpose, and a
# Gaussian process is its mean and its covariances. Noise alone gives antisymmetric parts too, hence the control.

# %% tags=["solution"]
def antisymmetric_share(traj) -> float:
    x, y = (z - z.mean(axis=0) for z in traj.pairs()[:2])
    forth = y.T @ x
    return np.linalg.norm(forth - forth.T) ** 2 / np.linalg.norm(forth + forth.T) ** 2


ordered = {"chains": seen, "random order": dynamics.shuffle_order(seen, seed=seed)}
shares = {name: antisymmetric_share(traj) for name, traj in ordered.items()}
pd.Series(shares).to_frame("antisymmetric over symmetric part, squared").round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: drift-your-model
# Run this page on another model: `lmphys run reasoning/drift --model PATH`. Where does its one linear map lie in the
# plane of the two scores, and is it still below that of random weights? Does its direction in time exceed *downhill*?
# ```
#
# ```{solution} drift-your-model
# :class: dropdown
# A point near the curve at another $r$ is another pace and the same kind of motion. A direction beyond *downhill* that
# random weights show as well comes from the text, which grows, and not from what was learned.
# ```
