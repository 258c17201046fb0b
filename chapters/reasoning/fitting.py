# %% [markdown]
# (fitting)=
# # Fitting a switching model
#
# Does it help to let the rule of motion switch, from sentence to sentence, between a few rules? We fit such a model to
# chains of thought and let it predict the next state of chains that it has not seen. Then we ask the same of chains
# that have no rules to switch between, and so learn how much of a score is the model and how much is hindsight: **do
# the regimes help to see the next step coming, or only to explain it once it has come?**
#
# One arrow for every thought is a coarse picture. {cite:t}`carson2025` let the arrow switch: a hidden regime
# $Z_t \in \{1, \dots, K\}$, a Markov chain, chooses which linear drift and which noise moves the state,
#
# $$ \begin{aligned} h_{t+1} &= h_t + M_{Z_t} h_t + b_{Z_t} + \varepsilon_t, \quad \varepsilon_t \sim \mathcal{N}(0, \Sigma_{Z_t}), \\
# \Prob(Z_{t+1} = j \mid Z_t = i) &= T_{ij}, \end{aligned} $$ (eq-slds)
#
# in the coordinates of the rank-$k$ subspace. With $K = 4$ and $k = 40$ they report that the regimes raise the variance
# explained from 0.51 to 0.68 (in the text) or 0.74 (in the table), held out. For a physicist: this is a particle that
# hops between $K$ linear forces, each with its own temperature: a harmonic well where all eigenvalues of $I + M_j$ lie
# inside the unit circle, and a hill where one does not. For an engineer: a hidden Markov model whose emissions are
# linear regressions. The page is also the manual of `lmphys.dynamics`: how to fit such a model, score it, choose its
# size, doubt it, and simulate from it.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, starts and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.dynamics.peers import compare_peers
from lmphys.book.scale import lacking_transitions
from lmphys.pages import fitting as analysis
from lmphys.stats.regression import pooled_r2

book.use_style()

# %% [markdown]
# ## Thirty lines
#
# **Fit.** The chains are split by question. Basis and model are learned on one part; everything below is scored on the
# other. EM runs four restarts side by side and keeps the one of greatest posterior.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
train, test = states.split(0.7, seed=seed)
projection = dynamics.Projection(rank).fit(train)
seen, unseen = projection.transform(train), projection.transform(test)

slds = dynamics.SLDS(n_regimes, random_state=seed).fit(seen)
monitor = slds.monitor_
ended = "converged" if monitor.converged else "not yet converged"
print(f"{ended} after {monitor.n_iter} iterations of EM,", end=" ")
print(f"{len(monitor.reseeded)} regimes died and were placed anew")

# %% [markdown]
# **Score.** The table has a row for each kind of forecast, the honest one first, and the nulls that it must beat.
# Columns `full_…` are in all $D$ dimensions: the directions outside the subspace get a rule of their own.

# %%
scores = dynamics.one_step_scores(
    slds, test, train=train, projection=projection, seed=seed
)
scores.filter(regex="^r2_d?h$|^nll$|^nll_chain$|^full").round(3)

# %% [markdown]
# **Select** the number of regimes, on chains that are held out in turn, from the basis as from the model.

# %%
choice = dynamics.choose_regimes(
    states,
    (1, 2, 3, 4, 5, 6, 8),
    projection=dynamics.Projection(rank),
    n_folds=3,
    n_init=2,
    seed=seed,
)
choice[["aic", "bic", "held_out", "gain_low", "gain_high", "r2_h"]].round(3)

# %% [markdown]
# **Simulate** what follows the first two sentences of a chain, or whole chains; and compare them with real ones: how
# far apart the two lie in four respects, beside what two samples of one law would show
# ({ref}`explained below <fitting-simulated>`).

# %%
starts = [chain[:2] for chain in unseen]
continued = slds.simulate(starts, 5, seed=seed)
realism = dynamics.compare_simulated(slds, unseen, n_repeats=5, seed=seed)
realism

# %% [markdown]
# That is all there is to use. The rest of the page says what the numbers mean.
#
# ## What the weights have seen
#
# A forecast averages the regimes' answers, $\hat h_{t+1} = h_t + \sum_j \gamma_t(j) (M_j h_t + b_j)$. The paper calls
# $\gamma$ posterior probabilities from forward–backward inference. Four things go by that name
# ({ref}`forecast-weights`), and three of them have seen $h_{t+1}$.

# %% mystnb={"figure": {"name": "fig-fitting-scores", "caption": "Variance explained on held-out questions by the four kinds of regime weights, and the controls. Only the first row is a forecast. Lines: 95 % intervals, over questions."}} tags=["hide-input"]
book.plots.scores(scores);

# %% [markdown]
# How much of a score is this *target leakage*? Three corpora without regimes tell. In the first the states were permuted
# over all chains: nothing can be forecast. The others were simulated from *one* linear map fitted to the real chains,
# with their starts and lengths: as much can be forecast as one map knows, and not more. Their noise is Gaussian, or one
# Student t with the heavy tail of the real residuals. Then add regimes.

# %%
counts = sorted({1, 2, 3, 4, 6, 8, n_regimes})
single = dynamics.SLDS(1).fit(seen)
leak = analysis.leak_table(seen, unseen, counts, single=single, seed=seed)
real = leak[leak.corpus == "real chains"]
real.pivot(index="n_regimes", columns="weights", values="r2_h").round(3)

# %% mystnb={"figure": {"name": "fig-leak", "caption": "Variance of the next state explained, held out, by the number of regimes and by what the weights have seen: on real chains; on the same states permuted over all chains, where nothing can be predicted; and on chains simulated from one linear map with Gaussian and with heavy-tailed noise, which have no regimes. Compare the predictive weights, the only forecast, with the other three."}} tags=["hide-input"]
analysis.draw_leaks(leak);

# %% [markdown]
# Each regime is one more answer, and weights that know the target pick the fitting one. What such weights gain in the
# panels after the first, they gain where there are no regimes at all. A gain of the paper's kind is no evidence for
# regimes until it beats these panels.
#
# ## Likelihood and forecast are two questions
#
# A second regime may raise the *density* of the next state and leave the *forecast* where it was; compare the two
# columns of the selection table. Both are honest. Regimes may differ in where they lead ($M_j$, $b_j$) or only in how
# widely they scatter ($\Sigma_j$). The second kind says how far the next state will be, not where. A mixture of
# Gaussians of different width is a heavy-tailed noise ({ref}`drift`), and heavy tails need no modes of thought.

# %% mystnb={"figure": {"name": "fig-choice", "caption": "Choice of the number of regimes on held-out chains. Left: gain in log density over one regime, with 95 % intervals over questions, paired. Right: variance of the next state that the honest forecast explains."}} tags=["hide-input"]
analysis.draw_choice(choice);

# %% [markdown]
# Who is right, then, the criteria or the held-out chains?

# %%
pd.Series(
    {name: choice[name].idxmin() for name in ("bic", "aic")}
    | {name: choice[name].idxmax() for name in ("held_out", "r2_h")},
    name="best K",
).to_frame()

# %% [markdown]
# Each regime costs some thousand parameters at rank 40, and the criteria need not agree about what these are worth.
# Held-out chains decide; where their curve is flat, the data do not tell one number from the next.
#
# What the regimes are: their share of the steps in the long run, how many steps a visit lasts, the largest modulus of
# the eigenvalues of $I + M_j$ (a regime alone is stable below 1), and the size of its noise.

# %%
p = slds.parameters_
pd.DataFrame(
    {
        "share": p.stationary(),
        "steps a visit": p.dwell_times(),
        "largest |eigenvalue|": np.abs(p.eigenvalues()).max(axis=1),
        "noise, root of trace Σ": np.sqrt(np.trace(p.Sigma, axis1=1, axis2=2)),
        "distance to fixed point": np.linalg.norm(p.fixed_points(), axis=1),
    }
).rename_axis("regime").round(2)

# %% [markdown]
# ## Would another fit find the same regimes?
#
# EM climbs to the nearest summit, and there are many. So we fit again: from other starts, on the two halves of the
# chains, and, as the null, on the halves of a corpus simulated from *one* linear map. The adjusted Rand index is 1 for
# equal regimes and 0 for unrelated ones.

# %%
everything = projection.transform(states)
dynamics.regime_stability(
    dynamics.SLDS(n_regimes), everything, n_repeats=3, seed=seed
).round(2)

# %% [markdown]
# Halves that agree better than the null say that the steps really differ in kind. They do not say that the kinds are
# kinds of thought; for that one has to ask what a regime's sentences have in common.
#
# ## Could it find regimes if there were some?
#
# Chains with three known regimes in ten dimensions, 200 chains of 10 states, as far apart as one wishes. The line above
# is the best that anyone could do: the true parameters, which still cannot tell overlapping regimes apart.

# %%
found = analysis.recovery_curve([0, 0.5, 1, 2, 3, 4, 6], n_repeats=2, seed=seed)
found.groupby("separation").mean().drop(columns="repeat").round(2)

# %% mystnb={"figure": {"name": "fig-recovery", "caption": "Recovery of known regimes against their separation: agreement of the fit, and of the true parameters, with the truth. Bands: from the least to the greatest of the repeats. Where the fit lies below the true parameters, there are regimes that this much data cannot show."}} tags=["hide-input"]
analysis.draw_recovery(found);

# %% [markdown]
# ## How many directions?
#
# Densities of 10 and of 40 coordinates cannot be compared. Completed to the whole space they can:

# %%
ranks = dynamics.choose_rank(
    states, (5, 10, 20, rank), n_regimes=n_regimes, n_folds=3, n_init=2, seed=seed
)
ranks.drop(columns=["held_out_low", "held_out_high", "subspace"]).round(3)

# %% [markdown]
# Part of a difference between ranks is a difference between two estimates of a covariance. With few transitions the
# regimes' own matrices are the worse estimate, so that the density may prefer a low rank where the forecast does not
# care.
#
# ## Whose model is it?
#
# What the paper calls a switching linear dynamical system is, in the usual words, an *autoregressive hidden Markov
# model*: the observed state itself switches. The textbook model of that name has a latent state and observation noise,
# $x_{t+1} = A_{z_t} x_t + b_{z_t} + w_t$, $h_t = C x_t + d + v_t$. It is another model, with no exact inference. Both
# can be had from the package `ssm`, on a part of the chains and in few dimensions, as it is slow:

# %%
small = dynamics.Projection(5).fit(train)
few = small.transform(train.select(range(min(60, len(train)))))
compare_peers(
    few, small.transform(test), n_regimes=2, latent_dim=5, n_iter=10
).round(3)

# %% [markdown]
# The first two rows are one model, learned with and without priors. The time is that of the fit; the
# {doc}`status page <../../status>` compares the speed at the paper's size.
#
# (fitting-simulated)=
# ## Simulated beside real
#
# The paper says that simulated chains match real ones in their jumps, their memory and the use of the regimes. The
# table of the first section tests this: each real chain has simulated {term}`surrogates <surrogate>` of the same start
# and length. Its `distance` is between the distribution functions of the jumps (where they are furthest apart), between
# the autocorrelations (at the lag where they differ most), between the shares of the regimes (half of the sum of all
# differences), and between the distribution functions of the dwell times. `noise` is the distance that two samples of
# one law would show, and `p` the share of random exchanges of a chain with its surrogates that give as large a
# distance. A large `p` says that so few chains do not show a difference, and not that there is none.

# %% mystnb={"figure": {"name": "fig-surrogates", "caption": "Norms of the steps of held-out chains and of their simulated surrogates."}} tags=["hide-input"]
surrogates = dynamics.simulated_surrogates(slds, unseen, seed=seed)
jumps = {"real": unseen, "simulated": surrogates}
norms = {name: np.linalg.norm(t.increments(), axis=1) for name, t in jumps.items()}
book.plots.ecdf(norms, xlabel=f"norm of a step in {rank} dimensions");

# %% [markdown]
# ## Verdict
#
# Every kind of weights is a definition under which the paper's number may have been obtained. Each stands beside one
# linear map, and beside the same kind of weights on the three corpora without regimes.
#
# One split of so few questions is one throw of dice. So numbers and intervals are those of five splits together: the
# interval holds the scatter over questions within a split, and that between the splits. The distances of simulated
# chains are counted from what two samples of one law show. And the number of regimes that a criterion favours grows
# with the number of transitions, so that it is compared with the paper's only where there are about as many.

# %%
n_splits = 2 if profile == "smoke" else 5
split = {"rank": rank, "n_regimes": n_regimes, "n_splits": n_splits, "seed": seed}
pooled = analysis.across_splits(states, **split)
nulls = analysis.null_gains(seen, unseen, n_regimes, single=single, seed=seed)
of_one_map = dynamics.compare_simulated(single, unseen, n_repeats=5, seed=seed)
criteria = {
    "BIC": choice.bic.idxmin(),
    "AIC": choice.aic.idxmin(),
    "held-out density": choice.held_out.idxmax(),
}

# %% tags=["hide-input"]
size = f"K = {n_regimes}, rank {rank}, {position} token, held out by question"
unit = f"nats per transition in {rank} dimensions"
few = lacking_transitions(states.n_transitions)
rows = [
    analysis.r2_entry(pooled, leak, n_regimes, note=size),
    analysis.gain_entry(pooled, nulls, n_splits=n_splits),
    book.Entry("slds.slds.nll", float(scores.nll["predictive"]), note=unit),
    book.Entry("slds.regimes.k", criteria, lacking=few),
    *analysis.simulation_entries(realism, of_one_map),
]

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/fitting", model=model, profile=profile)
ledger.record_all(rows)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    f"Over one linear map, {n_regimes} regimes add "
    "{slds.slds.gain} to the variance of the next state that an honest forecast explains. "
    "The paper has {slds.slds.gain:paper}; where there are no regimes they add "
    "{slds.slds.gain:controls} (*{slds.slds.gain:verdict}*). Whether its "
    "{slds.slds.r2_table:paper} of variance explained is found, over all readings of "
    "what the weights have seen and what is explained: "
    "*{slds.slds.r2_table:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - Say what the regime weights have seen. A forecast may use $\Prob(Z_t \mid h_0, \dots, h_t)$ and nothing else.
# - A leaking score rises with $K$ on noise. Its null is the same score on chains without regimes, not zero.
# - A better density is not a better forecast: it may be a better guess of the *size* of the surprise.
# - Regimes that two halves of the data agree on are real features of the steps. What they are features *of* is the next
#   question.
#
# ## The method in brief
#
# EM alternates exact inference (filter and smoother, on all chains at once, without padding) with weighted regressions.
# The objective is the log posterior; it never falls, and `monitor_` keeps it. Two weak priors keep each regime regular:
# one pulls $M_j$ towards 0, one pulls $\Sigma_j$ towards the noise of one linear map, each worth a stated number of
# transitions; with both at 0 and `concentration=1` the fit is maximum likelihood. A regime that has died is placed on
# the steps that the others explain worst, and reported. Options: `drift` (switching, shared, none), `covariance` (full,
# diagonal, tied, low-rank), `init`, `n_init`, `dtype`, `device`; `SLDS?` has them all. `slds.save(folder)` keeps a model.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The leak in closed form
# :label: fitting-leak
# Let $y$ be a standard Gaussian number that cannot be forecast, and let two regimes answer $+a$ and $-a$. An oracle
# takes the closer one. Which $a$ is best, and what is its $R^2$? And for the honest forecast?
# ```
#
# ```{solution-start} fitting-leak
# :class: dropdown
# ```
# The oracle errs by $\lvert y \rvert - a$, so the best $a$ is $\E \lvert y \rvert = \sqrt{2 / \pi}$, and
# $R^2 = 1 - \Var \lvert y \rvert = 2 / \pi \approx 0.64$. The honest forecast is 0, with $R^2 = 0$. In one dimension
# two regimes "explain" two thirds of nothing; in $D$ dimensions two regimes can do so along one of them.

# %% tags=["solution"]
y = np.random.default_rng(seed).standard_normal(100_000)
answers = np.sign(y) * np.sqrt(2 / np.pi)
pd.Series(
    {
        "oracle": pooled_r2(y[:, None], answers[:, None]),
        "2 / π": 2 / np.pi,
        "honest": pooled_r2(y[:, None], np.zeros((len(y), 1))),
    }
).to_frame("R²").round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Regimes of noise alone
# :label: fitting-noise-alone
# Fit the model with one $M$ for all regimes (`drift="shared"`), so that they differ in offset and noise, and with
# `drift="none"`. How much of the gain in density is left? What does that say about "modes of reasoning"?
# ```
#
# ```{solution-start} fitting-noise-alone
# :class: dropdown
# ```
# In the first ten coordinates, which are quick to fit:

# %% tags=["solution"]
low_train, low_test = (t.with_states(t.states[:, :10]) for t in (seen, unseen))
baseline = dynamics.SLDS(1).fit(low_train)


def density_and_forecast(**settings) -> dict[str, float]:
    fit = dynamics.SLDS(n_regimes, n_init=1, random_state=seed, **settings)
    fit.fit(low_train)
    return {
        "gain in density, nats": fit.score(low_test) - baseline.score(low_test),
        "R²(h)": pooled_r2(low_test.pairs()[1], fit.forecasts(low_test)["predictive"]),
        "steps a visit": fit.parameters_.dwell_times().mean(),
    }


kinds = ("switching", "shared", "none")
pd.DataFrame({kind: density_and_forecast(drift=kind) for kind in kinds}).T.round(3)

# %% [markdown]
# What is left under *shared* belongs to offsets and widths. Where that is most of the gain, the regimes do not differ
# in how a state is pulled, and "modes of reasoning" says more than the density does.
# ```{solution-end}
# ```
#
# ```{exercise} A stickier chain
# :label: fitting-stickiness
# Regimes that last can be seen coming: with persistent regimes the honest forecast must improve. Raise `stickiness`
# from 0 to 1000. What happens to the visits, to the density and to the forecast?
# ```
#
# ```{solution-start} fitting-stickiness
# :class: dropdown
# ```

# %% tags=["solution"]
kappas = (0, 10, 100, 1000)
pd.DataFrame({k: density_and_forecast(stickiness=k) for k in kappas}).T.round(3)

# %% [markdown]
# If the density falls as visits get longer, lasting regimes are forced on the steps: what kinds of steps there are then
# alternate from sentence to sentence, and nothing can be seen coming.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: fitting-your-model
# Fit the model to chains of another model: `lmphys run reasoning/fitting --model PATH`. Do regimes add to the honest
# forecast there? And to that of states of your own, with no language model at all ({doc}`/own_states`)?
# ```
#
# ```{solution} fitting-your-model
# :class: dropdown
# Look at the gain of the row *predictive* over *one linear map*, with its interval over splits, and not at the rows
# that have seen the target. If there is a gain, {ref}`recovery` says what it takes for regimes of that worth to be
# found.
# ```
