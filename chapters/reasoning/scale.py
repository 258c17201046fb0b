# %% [markdown]
# (scale)=
# # Would a larger corpus change the verdicts?
#
# The paper that these pages follow has 9,800 chains and 40,000 steps from sentence to sentence. The other pages have 320
# chains, so that they run in a minute. Whoever doubts their verdicts will say: *too little data*. That is a good
# objection, and one that can be answered: deal a corpus of the paper's size out into sixteen parts, then into eight, and
# so on, and take every number of the headline at each size. (Where no such corpus was measured, this page has a small one
# and its halves, and its verdicts say so.)
#
# A statistician calls this a learning curve, a physicist finite-size scaling: how a number moves with the size of the
# sample says what it will be without bounds. Three things can come out:
#
# - The number stays where it is. Then its verdict was not for want of data.
# - It moves towards the paper's. Then the small corpus was too small.
# - It moves, and that of a control *without* what is claimed moves along. Then it measures the size of the corpus.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, split, starts, surrogates and bootstrap of the corpus measured here
tasks: list[str] = []  # tasks or .jsonl files of that corpus; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.pages import scale as analysis
from lmphys.pages.scale import figures

book.use_style()

# %% [markdown]
# ## One corpus, measured
#
# What is taken of a corpus, with the questions split, 70 % to learn from and 30 % to score:
#
# - **The honest gain**: what $K$ regimes add to one linear map in the variance explained of the next state, when the
#   weights of the regimes are a forecast. And the **leaking gain**, when they were updated with the state that they
#   forecast ({ref}`forecast-weights`).
# - The share of variance in $k$ directions, the $R^2$ of one map in all $D$ dimensions with the paper's penalty, and how
#   many chains are told from their reversals.
#
# Each stands beside chains that lack what is claimed: {term}`surrogates <surrogate>` of one map, with Gaussian noise and
# with one heavy tail, which have no regimes; states permuted among chains, or within a chain; isotropic noise. Here, live,
# is the small corpus of the other pages:

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories()
here = analysis.measure(states, rank=rank, n_regimes=n_regimes, seed=seed)
here.pivot(index="quantity", columns="of", values="value").round(3)

# %% [markdown]
# ## Sixteen parts, eight, four, two, one
#
# A large corpus is drawn and measured once, by `python -m lmphys.pages.scale.campaign`, which keeps a table for its model
# in `data/reference/scale`: each row a number of one part and one split. Parts of one size share no question, so the
# scatter between them is that between readers who have drawn corpora of their own. The whole is split five times. For a
# model without such a table only the corpus that was measured above is shown, and its halves:

# %%
recorded = analysis.has_curve(model)
table = (
    analysis.read_curve(model)
    if recorded
    else analysis.small_curve(states, here, rank=rank, seed=seed)
)
sizes = table.groupby("parts")[["transitions", "chains"]].mean().round(0)
sizes.assign(measured=table.groupby("parts")["part"].nunique()).sort_index(ascending=False)

# %% [markdown]
# Is the corpus measured on this page one of them? Its numbers should lie among those of the recorded parts of about its
# size:

# %%
analysis.seen_on_page(here, table).round(3)

# %% [markdown]
# ## The gain of regimes
#
# The paper's gain is a difference of 0.17. With it we plot what the same fit finds where regimes *are*: planted into the
# geometry of these chains, in maps of their own or in offsets, with the noise of the real residuals, worth 0.17 or as much
# as their kind allows.

# %%
ledger = book.Ledger.for_page("reasoning/scale", model=model, profile=profile)
claimed = ledger.claims["slds.scale.gain"].value

# %% mystnb={"figure": {"name": "fig-scale-gain", "caption": "What four regimes add to one linear map by the honest forecast, in R² of the next state, against the number of transitions. Real chains, surrogates of one map without regimes, and chains with planted regimes. Bars: 95 % intervals (the whole: over questions and splits; parts: over parts). Dashed: the gain that the paper reports."}} tags=["hide-input"]
figures.gain(table, claimed);

# %% [markdown]
# Look at the open symbols first. Where planted regimes of that worth are not found, the small corpus could not have
# decided, whatever it showed. Where they are found, and the real chains lie far below, the objection is answered. What the
# planted regimes are worth to their true parameters, and how much of it is found:

# %% tags=["hide-input"]
planted = analysis.planted_at(table)
planted.round(3)

# %% tags=["hide-input"]
analysis.first_seen(planted).round(2)

# %% [markdown]
# ## The gain of hindsight
#
# The same fits, scored with weights that were updated by the state which they forecast:

# %% mystnb={"figure": {"name": "fig-scale-leak", "caption": "The gain of four regimes over one map when their weights have seen the target, against the number of transitions. Permuted: the states are dealt anew among all chains, so that nothing can be forecast. Bars and dashed line as before."}} tags=["hide-input"]
figures.leak(table, claimed);

# %% [markdown]
# A gain that chains without regimes show too, at every size, is a property of the score. More data do not cure it: the
# regimes of the fit become better *labels* of where a state lies, and the label is read off the answer.
#
# ## Subspace, map, number of regimes
#
# Three numbers of the paper depend on the size of the corpus by themselves. A ridge map with the penalty $\lambda = 1$ has
# $D (D + 1)$ coefficients; a few hundred transitions do not determine them. An information criterion affords a further
# component as soon as the data pay for its parameters, $p \ln(N) / 2$ nats for the BIC: if no mixture is the true law, $K$
# grows with $N$ without end.

# %% mystnb={"figure": {"name": "fig-scale-others", "caption": "Top: share of the variance of other questions in the first 40 directions. Middle: variance explained by one ridge map in all dimensions; values below the panel are not drawn. Bottom: number of components that the information criteria pick, of at most 12. Dashed: the paper."}} tags=["hide-input"]
paper = {
    figures.SHARE: ledger.claims["slds.scale.variance"].value,
    figures.LINEAR: ledger.claims["slds.scale.linear"].value,
    figures.COUNT: ledger.claims["slds.scale.k"].value,
}
figures.others(table, paper);

# %% [markdown]
# ## Which verdicts change with the corpus?
#
# The rule of the ledger, applied at each size as if it were that of the paper. A row of one word was not for want of data.

# %% tags=["hide-input"]
analysis.by_size(table, ledger.claims)

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
ledger.record_all(analysis.entries(table))
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "In the largest corpus at hand regimes change the honest forecast by "
    "{slds.scale.gain} in $R^2$, where the paper reports {slds.scale.gain:paper} and "
    "chains without regimes show {slds.scale.gain:controls}: "
    "{slds.scale.gain:verdict}. With weights that have seen the target the gain is "
    "{slds.scale.leak}, and on chains without regimes {slds.scale.leak:controls}: "
    "{slds.scale.leak:verdict}. Forty directions hold {slds.scale.variance} of the "
    "variance (in the paper {slds.scale.variance:paper}): {slds.scale.variance:verdict}."
)

# %% [markdown]
# What to take along:
#
# - *Too little data* is a prediction about a curve. Draw the curve.
# - A small number is evidence against a claim only where a planted effect of the claimed size would have been seen.
# - A number that grows with the corpus in the data *and* in the null measures the corpus.
# - The size of a corpus is counted in what is independent: questions first, then chains, then sentences.
#
# What stays open is the other scale: these are the states of one small model. A larger corpus of it cannot tell what a
# model of 70 billion parameters would show.
#
# ## Exercises
#
# ```{exercise} What does a component cost?
# :label: scale-bic
# A mixture of $K$ Gaussians with full covariance in $k$ dimensions has $K (k + k (k + 1) / 2) + K - 1$ parameters. By how
# many nats per transition must one more component raise the likelihood to pay for itself by the BIC, with $k = 40$, at 800
# transitions and at 40,000?
# ```
#
# ```{solution-start} scale-bic
# :class: dropdown
# ```
# It has $k + k (k + 1) / 2 + 1 = 861$ more parameters, and each costs $\ln(N) / 2$ nats. So 3.6 nats per transition at 800, and
# a thirtieth of that, 0.11, at 40,000. An excess of a tenth of a nat, which a heavy tail has easily, pays for a component in
# the large corpus and for none in the small one.

# %% tags=["solution"]
from lmphys.dynamics.mixtures import n_parameters

added = n_parameters("full", 2, 40) - n_parameters("full", 1, 40)
cost = {n: added * np.log(n) / 2 / n for n in (800, 40_000)}
pd.Series(cost).round(3).to_frame("nats per transition")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Questions or chains?
# :label: scale-questions
# The parts share no question. Deal the *chains* out instead, so that each part has chains of every question, and split a part
# by chains too. What happens to the $R^2$ of one map in $k$ coordinates, and why is that number not wanted?
# ```
#
# ```{solution-start} scale-questions
# :class: dropdown
# ```
# Split by chains, the questions of the scored chains were seen in training: the map has learned where the answers to *these*
# questions lie.

# %% tags=["solution"]
from lmphys.stats.regression import pooled_r2

inside = dynamics.Projection(min(rank, 10)).fit(states).transform(states)
scores = {}
for unit in ("question_id", "chain_id"):
    train, test = inside.split(0.7, seed=seed, by=unit)
    forecast = dynamics.LinearDrift().fit(train).predict(test).mean
    scores[unit] = pooled_r2(test.pairs()[1], forecast)
pd.Series(scores).round(3).to_frame("R² of h")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Your own model
# :label: scale-own
# Draw a corpus of your model at the paper's size and measure it: `python -m lmphys.pages.scale.campaign org/name planted`. It
# goes on where it was stopped. Then `lmphys run reasoning/scale --model org/name`. From how many transitions on are planted
# regimes seen, and where do your chains lie?
# ```
#
# ```{solution} scale-own
# :class: dropdown
# If the planted regimes are seen in {numref}`fig-scale-gain` and your chains lie with the surrogates, your model's regimes are
# worth less than that. If your chains rise above both surrogates and go on rising, you have found what this book has not.
# ```
