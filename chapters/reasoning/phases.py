# %% [markdown]
# (phases)=
# # Are phases of thought regimes?
#
# Does anything change when the regimes are *known*? The chains of the {ref}`reasoner <reasoner>` have known phases: each
# sentence restates, decomposes, computes, checks, corrects or answers. So the question can be asked outright: does a
# switching model find the phases, and does knowing them help to forecast the next state?
#
# {cite:t}`carson2025` take the regimes of a switching model for modes of reasoning (Sec. 4.2). A poster of 2026
# {cite:p}`complearn2026` reports that such regimes tell next to nothing about annotated phases of reasoning, and follow
# the place in the chain and the kind of token.
#
# For a physicist: is the order parameter that a fit proposes the one that we put in? For an engineer: unsupervised
# clusters against ground truth, and a forecast with and without the true label. The page before, {ref}`recovery`, says
# which regimes could be found at all.

# %% tags=["parameters"]
model: str = "reasoner"  # a model whose sentences have known phases
beside: str = "smollm2"  # a model whose sentences have none
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, permutations and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 10  # dimension k of the projection; small: each phase has a map
n_regimes: int = 4  # number of regimes K
n_null: int = 5  # draws of each null of the labels

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.dynamics.evaluate import label_nulls
from lmphys.dynamics.nulls.implanted import regime_separation
from lmphys.pages import phases as analysis

book.use_style()
smoke = profile == "smoke"
n_null = 2 if smoke else n_null

# %% [markdown]
# ## Text with known phases
#
# Sentences are labelled by a parser that recomputes each step. Phases in fewer than ten questions are put together as
# *rare*: a map of their own could not be learned.

# %%
chains = corpus.build_corpus(corpus.default_spec(
    model, profile, prompt=prompt, max_tokens=max_tokens, layer=layer, seed=seed
))
if "phase" not in chains.sentences:
    print(f"the sentences of {model} have no known phases: reading the reasoner")
    model, beside = "reasoner", model
    chains = corpus.build_corpus(corpus.default_spec(
        model, profile, prompt=prompt, max_tokens=max_tokens, layer=layer, seed=seed
    ))
states = chains.trajectories()
known = dynamics.Projection(rank).fit(states).transform(states)

# %%
labels = analysis.sentence_labels(known)
known.sentences["label"] = labels["phase"]
pd.Series(labels["phase"]).value_counts().to_frame("sentences").T

# %% [markdown]
# ## Does the fit find them?
#
# The switching model is fitted on some questions and read off the others. Beside it stand two fits that were *told*: one
# whose regimes are the phases of its training chains (*told*), and EM that starts from there (*started from phases*). If
# phases were what the model looks for, EM would stay.

# %%
train, test = known.split(0.7, seed=seed)
decoders = analysis.fit_decoders(train, n_regimes, seed=seed)
agreement = analysis.agreement(decoders, test, seed=seed)
agreement[["value", "low", "high", "any", "place", "place_high", "verdict"]]

# %% [markdown]
# The *normalised mutual information* (`nmi`) is 1 if regime and phase tell each other exactly; the adjusted Rand index
# (`ari`) is 1 for equal partitions. `any` is what labels permuted among all steps share with the regimes, `place` what
# labels share that are exchanged between chains at the same place. The likelihood of the same fits, in nats a step:

# %%
analysis.densities(decoders, train, test).round(2)

# %% [markdown]
# Read the two tables together. Where EM leaves the phases for a greater likelihood and for a lower agreement, the model
# has something better to do with its regimes than to name phases.
#
# What else do the regimes follow?

# %%
follows = analysis.followed(decoders["never told"], test, seed=seed)
follows[["classes", "nmi", "low", "high", "any", "place", "place_high", "verdict"]]

# %% [markdown]
# The poster has a number for the phases, and for the rest says only what its regimes follow:

# %%
ledger = book.Ledger.for_page("reasoning/phases", model=model, profile=profile)
poster = ledger.claims["complearn2026.phases.nmi"]
print(f"normalised mutual information with annotated phases: at most {poster.value}")

# %% [markdown]
# And where do the true phases lie on the map of the page before?

# %%
p = decoders["told"].parameters_
print(f"separation of the phases: {regime_separation(p, known):.1f} sd")
print(f"a phase goes on with probability {p.stationary() @ np.diag(p.T):.2f}")
names = decoders["told"].classes_
pd.DataFrame(p.T, names, names).rename_axis("from").round(2)

# %% [markdown]
# A row of this table says which phase follows which. Where a row has one large entry, the next phase is nearly known
# from the present one.
#
# ## Does knowing the phase help?
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
# have the same labels, exchanged between chains at the same *place*, or permuted at *random*.

# %%
folds = {"n_bootstrap": 300, "seed": seed}
gains = analysis.label_gains(known, labels, n_null=n_null, **folds)
columns = ["r2", "gain", "low", "high", "place", "place_high", "random", "random_high"]
gains.drop("mean", level="forecast")[columns].round(3)

# %% mystnb={"figure": {"name": "fig-recovery-phases", "caption": "What labels add to one linear map, in R² of the next state on held-out questions. Dots: with the true labels, bars 95 % intervals over questions. Ticks: the highest of the labels exchanged at the same place; crosses: permuted at random. Only the second and the third kind are forecasts; the first has seen the label of the sentence to come."}} tags=["hide-input"]
analysis.draw_label_gains(gains);

# %%
print(analysis.what_helps(gains.loc["phase"]))

# %% [markdown]
# A phase may be a place in state space, or a way to move. Three models with known phases tell these apart: the mean
# state of the phase, wherever one stands; one map for all with an offset for each phase; and maps of their own.

# %%
one_map = analysis.label_gains(
    known, {"phase": labels["phase"]}, drift="shared", n_null=1, **folds
)
adds = analysis.what_phases_add(gains.loc["phase"], one_map.loc["phase"])
adds.to_frame().round(3)

# %% [markdown]
# A result at one rank may be a result of that rank. Each phase has a map of $k^2$ numbers to learn, and the gate has as
# many more states to tell apart. The same at other ranks, that of the paper among them:

# %%
ranks = (5, 20) if smoke else (5, 20, 40)
by_rank = analysis.gains_by_rank(states, labels["phase"], ranks, n_null=1, **folds)
by_rank.drop("mean", level="forecast")[columns[:5]].round(3)

# %% [markdown]
# ## Who chooses the next regime?
#
# One linear map has no phases, but it has the state, and the state at the end of a sentence may already know what the
# next one will do. A chain of regimes throws this away: its weights depend on the regime before and on nothing else. Let
# the state choose among regimes that were *found*, then, here and in the chains of a model without known phases.
# *Hidden chain* is the switching model's honest forecast; *known* uses the regime that the step turns out to have, and
# leaks. Surrogates have one map and no regimes.

# %%
plain = corpus.build_corpus(corpus.default_spec(
    beside, profile, prompt=prompt, max_tokens=max_tokens, layer=layer, seed=seed
))
plain = plain.trajectories()
plain = dynamics.Projection(rank).fit(plain).transform(plain)
quick_fit = {"n_init": 2, "max_iter": 40, "tol": 3e-3, "seed": seed}
corpora = {model: known, beside: plain}
chosen = analysis.beside_surrogates(corpora, n_regimes, **quick_fit)
chosen.round(3)

# %% [markdown]
# Compare each *state* with the *hidden chain* above it, and both with the surrogates: a gain that these show as well is
# not about regimes.
#
# ## Verdict
#
# The phases of these chains are written with stock phrases. The poster read the free text of a model of 8 billion
# parameters, and its phases were annotated: whichever way the rows fall, they say what can happen, and not that the
# poster is right or wrong, and the row of the poster's number is not compared.
#
# That regimes are kinds of reasoning needs more than the place in the chain. *Within families*: the labels are exchanged
# among chains of one family at the same place, as each family has phases, and phrases, of its own. *Random weights*: a
# network that has learned nothing reads the same text, and regimes are fitted to its states. Whatever they share with the
# phases is in the words.

# %%
arrived = test.sentences["label"].to_numpy()[test.sources() + 1]
regimes = decoders["never told"].viterbi(test)
controls = label_nulls.exchanged_information(regimes, arrived, test, seed=seed)
untrained = corpus.default_spec(
    corpus.control_of(model), profile, prompt=prompt, max_tokens=max_tokens,
    layer=layer, seed=seed,
)
blind = corpus.build_corpus(untrained).trajectories()
blind.sentences["label"] = analysis.sentence_labels(blind)["phase"]
controls["random weights"] = label_nulls.untrained_information(
    blind, "label", rank=rank, n_regimes=n_regimes, seed=seed
)
pd.DataFrame(controls, index=["shared with the phase", "low", "high"]).T.round(3)

# %% tags=["hide-input"]
note = f"K = {n_regimes}, rank {rank}, held-out questions of {model}"
ledger.record_all(analysis.phase_entries(follows, controls, note))
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "Regimes that were fitted without labels share {slds.regimes.phases} of normalised "
    "mutual information with the phase of the sentence "
    "({slds.regimes.phases:controls}); that regimes are kinds of reasoning is "
    "{slds.regimes.phases:verdict} on these chains. The poster has "
    "{complearn2026.phases.nmi:paper} at most above chance, of another model and other "
    "text, and here it is {complearn2026.phases.nmi}: "
    "{complearn2026.phases.nmi:verdict}."
)

# %% [markdown]
# What to take along:
#
# - A phase of thought can have dynamics of its own without being a *hidden Markov* regime: ask who chooses the next one.
# - To know a phase and to predict it are two things. Only the second is a forecast.
# - The phases of the reasoner come with stock phrases. A model that writes freely may mark them less.

# %% [markdown]
# (phases-exercise)=
# ## Exercises
#
# ```{exercise} Phases inside families
# :label: phases-families
# Give each phase of each family its own map. Does knowing them help more than phases do? And do the honest forecasts
# gain?
# ```
#
# ```{solution-start} phases-families
# :class: dropdown
# ```
# More labels know more of what they forecast (`known`), and leave fewer steps to learn each map from. Compare the honest
# rows with those of the phases above; one draw of the nulls is enough for a look.

# %% tags=["solution"]
asked = known.chains.question_id.to_numpy()[known.sentences.chain]
both = analysis.merge_rare(labels["family"] + " " + labels["phase"], asked)
finer = analysis.label_gains(known, {"phase and family": both}, n_null=1, **folds)
finer[["r2", "gain", "low", "high", "place", "classes"]].round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How much is there to choose?
# :label: phases-entropy
# How many phases are open, on average, after a given one? Compute the entropy of the next phase with and without
# knowing the present one, and the number of equally likely phases that it stands for.
# ```
#
# ```{solution-start} phases-entropy
# :class: dropdown
# ```
# With the stationary shares $\pi$ of the chain $T$, the entropies are $-\sum_j \pi_j \ln \pi_j$ and
# $-\sum_{ij} \pi_i T_{ij} \ln T_{ij}$; the number is their exponential. The closer the second is to 1, the less is left
# for the state to choose.

# %% tags=["solution"]
share = p.stationary()
entropy = {
    "phase unknown": -(share * np.log(share)).sum(),
    "phase known": -(share[:, None] * p.T * np.log(p.T)).sum(),
}
for name, nats in entropy.items():
    print(f"{name}: {nats:.2f} nats, {np.exp(nats):.1f} phases")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Network or text?
# :label: phases-model
# Which parts of the page say something about the network, and which about the text? Run it on random weights.
# ```
#
# ```{solution} phases-model
# :class: dropdown
# `lmphys run reasoning/phases --model random:reasoner` reads the same chains with a network that has learned nothing.
# Phases that still help the forecast are phases of the words. States of an untrained network move little, so compare
# gains as shares of what one map leaves over, $\mathrm{gain} / (1 - (R^2 - \mathrm{gain}))$, with the columns `gain` and
# `r2` of both pages.
# ```
