# %% [markdown]
# (reasoner)=
# # A reasoner with known labels
#
# Can a small model be taught to think in sentences whose labels are known? It was trained on synthetic chains in which
# every sentence has a label: what it does, whether it is true, and whether the chain has gone astray. Then it is asked
# new problems, and a parser gives its own sentences the same labels by recomputing each step.
#
# When a model writes a {term}`chain of thought`, nobody knows for certain what each sentence is for, or whether it is
# right. Someone has to read it and judge. The other pages look for regimes, energies and warnings in such chains, and
# they need a case where the truth is known. So this book brings a model of its own. Whether its hidden states *know* the
# labels is the subject of the next page, {ref}`probes`.
#
# For a physicist: a model system, with impurities put in on purpose. For an engineer: a fine-tuned model of 135 million
# parameters and a test set that grades itself, sentence by sentence.

# %% tags=["parameters"]
model: str = "reasoner"  # reasoner, reasoner@STEP, or any other model spec
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, permutations and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
n_read: int = 24  # written chains whose likelihood is followed along training
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K

# %% tags=["hide-input"]
import textwrap

import numpy as np
import pandas as pd

from lmphys import book, corpus, lm
from lmphys.lm.adapters import reasoner_steps
from lmphys.pages import reasoner as analysis
from lmphys.problems.chains import ErrorRates, write_chain
from lmphys.training.reasoner import outcomes, reference

book.use_style()
record = reference.load_reference()
smoke = profile == "smoke"
left = {"subset": ["text"], "text-align": "left", "min-width": "16rem"}

# %% [markdown]
# ## What the model is shown
#
# A problem has a start and a number of steps, its *difficulty*. A chain restates the problem, says how it will go about
# it, does one step a sentence, checks now and then, and answers. Here is one without a mistake.

# %%
written = analysis.held_out_chains(8 if smoke else n_read, seed=seed)
right = written["flawless"][0]
print(textwrap.fill(right.problem.text, 80))

# %% tags=["hide-input"]
analysis.sentence_table(right).style.set_properties(**left)

# %% [markdown]
# *valid* says whether a sentence follows from the question and from what the chain has said so far. *astray* says
# whether the chain, after this sentence, stands elsewhere than a right one would. The two differ: after a wrong result,
# a step that is right by itself leads from a wrong place to another wrong place.
#
# And here is one with a slip, corrected later if there is such a chain among those written for this page.

# %%
slipped = analysis.first_corrected(written["slipped"])
print(textwrap.fill(slipped.problem.text, 80))

# %% tags=["hide-input"]
analysis.sentence_table(slipped).style.set_properties(**left)

# %% [markdown]
# Chains go wrong on purpose. *slip* is the share of steps with a wrong result; *noticed* the share of slips that are
# corrected, *late* of these the share corrected one step later only; *derail* is the chance, after each step, to repeat
# oneself or leave the topic, and *returns* the share of such chains that come back; *check* is the number of second
# looks in a chain. A model that is shown only right chains has nothing to imitate once it errs. One that has seen
# corrections may correct: {cite:t}`ye2024mistakes` report that corrections in the text of training help a model to be
# right.

# %%
pd.Series(record.training["recipe"]["habits"], name="habits").to_frame().T

# %% [markdown]
# Three things are held out: all names and things of the test problems, their sequences of numbers, and some
# difficulties.

# %%
print(f"words in both sets: {analysis.shared_words()}")
taught = record.training["recipe"]["difficulties"]
unseen = analysis.unseen_steps(record)
print(f"taught at {taught} steps, asked at {unseen} as well")

# %% [markdown]
# ## The training
#
# What is trained is small: to each weight matrix $W$ of the blocks a change $\frac{\alpha}{r} B A$ of low rank $r$ is
# added {cite:p}`hu2022lora`, and only $A$ and $B$ move. The loss is the mean {term}`surprisal` of the chains' tokens,
# in nats; the question carries none. Adapters are kept at steps that are evenly spaced in the logarithm, because that
# is how learning goes: most of it happens early.

# %% mystnb={"figure": {"name": "fig-reasoner-loss", "caption": "Loss of the training that made the shipped reasoner, nats per token of the chains, a point for each ten updates. Dashed: steps whose adapters are kept."}} tags=["hide-input"]
analysis.draw_loss(record);

# %% [markdown]
# The loss does not fall to zero, and cannot: the generator chooses its words and its slips at random, and no model can
# foresee a throw of dice. All of it is one command, `lmphys train reasoner --profile full`; on two cores
# `--profile quick` gives a weaker one in about 80 minutes.

# %%
analysis.training_facts(record.training)

# %% [markdown]
# ## What it does
#
# The model is asked problems of all families, at difficulties that take turns, with its tokens drawn at temperature
# 0.8. Any model can be asked: the questions do not depend on it.

# %%
asked = corpus.default_spec("reasoner", profile)
spec = corpus.default_spec(
    model, profile, tasks=asked.tasks,
    max_tokens=max_tokens or asked.sampling.max_tokens, prompt=prompt, layer=layer,
    seed=seed,
)
chains = corpus.build_corpus(spec)
found = outcomes.chain_outcomes(chains)
print(f"{len(found)} chains, {len(chains.sentences)} sentences")

# %% [markdown]
# A chain of its own that went wrong, with the labels that the parser gave; or the first one, if none did.

# %% tags=["hide-input"]
row = analysis.first_wrong(found)
print(textwrap.fill(chains.chains.question[row], 80))
own = chains.sentences[chains.sentences.chain == row]
own = own[["text", "phase", "valid", "astray"]].style.hide(axis="index")
own.set_properties(**left)

# %% [markdown]
# *Slipped*: a computing sentence is wrong. *Corrected*: a step is corrected. *Recovered*: slipped, and right in the
# end. *Derailed*: a sentence that fits nowhere, or the same words again. *Ended*: the chain stopped by itself. The
# columns `reference…` are the shipped reasoner, sampled on the machine of its training, at this run's mix of
# difficulties. Intervals are 95 %, from resampling questions.

# %%
compared = reference.compare(found, record.outcomes, seed=seed)
compared.round(3)

# %% [markdown]
# The same by family, here and there, and by difficulty in the reference, which has enough questions for that.

# %% tags=["hide-input"]
rates = {"this run": found, "reference": record.outcomes}
rates = {name: analysis.rate_table(t, "family", seed=seed) for name, t in rates.items()}
pd.concat(rates, names=["source"])

# %% tags=["hide-input"]
analysis.rate_table(record.outcomes, "difficulty", seed=seed)

# %% mystnb={"figure": {"name": "fig-reasoner-accuracy", "caption": "Accuracy of the reference against the number of steps, by family, with 95 % intervals over questions. Open circles: numbers of steps that training never saw. Dashed: a blind guess, where the choices are few; at zero the answers are open."}} tags=["hide-input"]
analysis.draw_accuracy(record.outcomes, unseen, seed=seed);

# %% [markdown]
# Compare each curve with its dashed line. The family *rules* asks for yes or no, so a coin is right half of the time,
# and a chain may be right for no reason. It is left in for that: whatever reads "knowledge" out of this model should
# find none there. Whether the interval of each family holds its chance level, over all difficulties:

# %%
analysis.near_chance(record.outcomes, seed=seed).round(3)

# %% [markdown]
# What such a model is to do to be of use, fixed before it was trained, and whether it does. *Cannot tell* stands where
# a sign is wanted and the interval holds zero, or where there are no such chains.

# %%
analysis.checks(found, record, seed=seed).round(3)

# %% [markdown]
# Look at the corrections. In the chains of training the share *noticed* of the slips is corrected. If the model
# corrects far fewer of its own, why? The slips of training are thrown by dice, and whoever can compute sees them. A slip of
# its own may be of two kinds: an **unlucky draw**, where it thought the right result more probable and the sampler took
# another; or a mistake that **looked right** to it, where the wrong result was the more probable one. That can be
# computed. Take the steps of its own chains in which nothing but the result is wrong, write the right result in its place,
# and compare both at the first token in which they differ, after the same words, at temperature 1:

# %%
reader = lm.LanguageModel(model, dtype=chains.spec.dtype)
slips = analysis.own_slips(reader, chains, most=4 if smoke else 16, seed=seed)
at_slips = analysis.compare_slips(reader, chains, slips)
analysis.looked_right(at_slips, seed=seed).round(3)

# %% tags=["hide-input"]
wide = left | {"subset": ["written", "right"]}
at_slips.head(6).style.hide(axis="index").format(precision=3).set_properties(**wide)

# %% [markdown]
# One slip a question, so that the interval is over questions; it says how much of this is known. Comparisons are left out:
# there the words change with the result. Where the first row of shares is far above one half, slips are mostly mistakes
# that looked right; far below, mostly bad luck of the draw.
#
# ## Training as a path
#
# Now the other way round: the chains are written by the generator, and the model at each kept step reads them, token by
# token. How surprised is it? Here is the mean negative log-likelihood per token, the same quantity that the training
# lowers, on problems that it never saw. Chains come in pairs about one problem, without and with a slip. This part is
# about the shipped reasoner, whichever model the page is run with.

# %%
steps = [0, *reasoner_steps()]
steps = steps[:: len(steps) - 1] if smoke else steps
names = [f"reasoner@{step}" for step in steps]
surprise = analysis.held_out_nll(names, written, seed=seed)
surprise["step"] = surprise.model.str.split("@").str[1].astype(int)
surprise.pivot(index=["kind", "part"], columns="step", values="nll").round(2)

# %% mystnb={"figure": {"name": "fig-reasoner-path", "caption": "Along training. Left: negative log-likelihood per token of held-out written chains, whole and by part, with 95 % intervals over chains. Right: accuracy of sampled chains in the reference, where its file has it, with 95 % intervals over questions. Kept steps are evenly spaced in the logarithm; the first is the base."}} tags=["hide-input"]
analysis.draw_path(surprise, record.by_step, seed=seed);

# %% [markdown]
# Two things to look for. First, the order of learning: the manner of a chain, its openings and its stock phrases, can
# be had from word counts and comes cheap; the results of steps need the question. Second, the gap between wrong and
# right steps. A model that knows what must come next is more surprised by a wrong step; one that knows only the manner
# is not.

# %%
gap, said = analysis.right_and_wrong(surprise)
print(said)
gap.round(3)

# %% [markdown]
# ## Verdict
#
# The paper's claim that a switching model forecasts better than one linear map can be put to this model too, whose
# chains have a few well-marked kinds of sentences and so should be a good case for regimes. The forecast is that of
# {ref}`fitting`; the controls are the same gain on chains of one map, with Gaussian and with heavy-tailed noise, and on
# states that were permuted among all chains.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("learning/reasoner", model=model, profile=profile)
claim = ledger.claims["slds.slds.gain"]
print(f"Claim: {claim.statement}.")
states = chains.trajectories()
settings = {"rank": rank, "n_regimes": n_regimes, "seed": seed}
ledger.record_all([analysis.gain_entry(states, **settings)])
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "The sentences of these chains have known labels, which a parser gives. On them a "
    "switching model changes the honest forecast of one linear map by {slds.slds.gain} "
    "in $R^2$, where the paper has {slds.slds.gain:paper} ({slds.slds.gain:controls}): "
    "{slds.slds.gain:verdict}."
)

# %% [markdown]
# What to take along:
#
# - A model system with known labels turns "what are these states?" into a question with an answer. It does not make the
#   answer yes.
# - Families differ in how often they go wrong. A score of "knows its mistakes" over all of them may only know the
#   family.
# - Accuracy on questions with few answers is to be compared with a guess, family by family.

# %% [markdown]
# (reasoner-exercise)=
# ## Exercises
#
# ```{exercise} A coin or not a coin
# :label: reasoner-coin
# A family of yes-or-no questions is answered with accuracy $a$. How many independent chains does it take to tell
# $a = 0.55$ from a coin, at two standard errors? How many does the reference have, and why are fewer of them
# independent?
# ```
#
# ```{solution-start} reasoner-coin
# :class: dropdown
# ```
# Two standard errors, $2 \sqrt{1/4n}$, equal the distance $0.05$ at $n = 400$. Chains of one question share its
# difficulty and its traps, so the number of questions counts for more than the number of chains.

# %% tags=["solution"]
yes_or_no = record.outcomes[record.outcomes.family == "rules"]
print(f"needed: {1 / (0.55 - 0.5) ** 2:.0f} independent chains")
print(f"there: {len(yes_or_no)} chains on {yes_or_no.question_id.nunique()} questions")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} What a second look is worth
# :label: reasoner-noticed
# The generator slips at a share $s$ of the steps and corrects a share $c$ of the slips. Which share of chains with $d$
# steps has no uncorrected slip? Compare with the share of written chains that end right.
# ```
#
# ```{solution-start} reasoner-noticed
# :class: dropdown
# ```
# Each step goes uncorrected with probability $s (1 - c)$, so $\big(1 - s (1 - c)\big)^d$. More chains than that may end
# right: two slips can make up for each other, and where the answers are few a wrong way may lead to the right one.

# %% tags=["solution"]
rng, slip, d = np.random.default_rng(seed), 0.1, right.problem.difficulty
for noticed in (0.0, 0.5, 1.0):
    rates = ErrorRates(slip=slip, noticed=noticed, derail=0)
    ends = [write_chain(right.problem, rates, rng).sentences[-1] for _ in range(300)]
    ended_right = 1 - np.mean([sentence.astray for sentence in ends])
    formula = (1 - slip * (1 - noticed)) ** d
    print(f"noticed {noticed}: right {ended_right:.2f}, no slip left {formula:.2f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Run this page on your model
# :label: reasoner-model
# Ask another model the same problems. Which rates are near those of the reference, and which labels does the parser
# still find?
# ```
#
# ```{solution} reasoner-model
# :class: dropdown
# On a command line: `lmphys run learning/reasoner --model smollm2` for the base before training,
# `lmphys run learning/reasoner --model reasoner@52` for an early step, or the name of a folder that
# `lmphys train reasoner --into FOLDER` has made. A model that was not taught the phrases writes sentences that the
# parser calls *stray*; the page then says what it cannot measure.
# ```
