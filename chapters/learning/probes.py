# %% [markdown]
# (probes)=
# # Labels meet states
#
# Do the hidden states of a model know what its sentences do, and whether they are true? On the chains of the
# {ref}`reasoner <reasoner>` both are known, so a linear classifier, a *probe*, is asked to read the labels off the
# states, layer by layer. Then it is asked whether regimes that were found without any labels follow them.
#
# For a physicist: which observables are functions of the state, and which only of the time that has passed? For an
# engineer: linear probes with grouped cross-validation, and baselines that have not seen the model at all.
#
# {cite:t}`ye2024mistakes` report that a model trained on grade-school problems shows in its states that it has just
# made a mistake. Can the same be seen here, in a model that was shown mistakes and corrections on purpose?

# %% tags=["parameters"]
model: str = "reasoner"  # reasoner, reasoner@STEP, or any other model spec
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, permutations and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layers: list[int] = [0, 6, 12, 18, 24, 30]  # blocks after which probes read the states
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K

# %% tags=["hide-input"]

from lmphys import book, corpus, dynamics, lm
from lmphys.dynamics.evaluate import label_nulls
from lmphys.pages import probes as analysis

book.use_style()
smoke = profile == "smoke"

# %% [markdown]
# The questions are those of the page before: problems of six families with known steps, and two chains of each are read
# again at several depths. A state is the residual stream at the last token of a sentence.

# %%
asked = corpus.default_spec("reasoner", profile)
spec = corpus.default_spec(
    model, profile, tasks=asked.tasks,
    max_tokens=max_tokens or asked.sampling.max_tokens, prompt=prompt, seed=seed,
)
chains = corpus.build_corpus(spec)
rows = analysis.chains_per_question(chains, 2)[:160]
reader = lm.LanguageModel(spec.model, dtype=chains.spec.dtype)
depths = sorted({min(layer, reader.n_layers) for layer in layers})
depths = depths[:: max(1, len(depths) // 2)] if smoke else depths
states = analysis.states_by_layer(reader, chains, depths, rows=rows)

# %%
read = analysis.labelled_sentences(chains, rows)
probed = analysis.probed_labels(read)
{name: read.phase[own.index].value_counts().to_dict() for name, own in probed.items()}

# %% [markdown]
# The dictionary above has the sentences that take part. Phases in fewer than ten questions are left out: a probe could
# not be trained and tested on them. *Validity of a step* is asked of computing sentences only.
#
# ## What a probe reads
#
# A {term}`hidden state` at the end of a sentence is a vector. A *probe* is a linear classifier that reads a label off
# it, trained on some questions and tested on others. A probe may succeed for dull reasons: the first sentence restates,
# the last answers, and a state knows where it stands. So each score stands beside others:
#
# - *shuffled labels*: the same probe on permuted labels. It should be at chance.
# - *shuffled within position*: labels exchanged only between sentences of one place. What is left is the place.
# - *no state*: the place, the last token, the length of the sentence, and here the family too, since families differ in
#   how often they slip; and the sentence's mean {term}`surprisal` and {term}`entropy` while it was written. A wrong step
#   may have surprised the model, and a state that only knows how sure the model was need not know a mistake.
#
# Scores are means over classes, so that frequent labels do not count more: the *balanced accuracy*, and AUROC, the
# chance that a sentence with the label gets a higher score than one without it ($1/2$ is chance).

# %%
by_layer = {
    name: analysis.probe_layers(states, read, labels, seed=seed)
    for name, labels in probed.items()
}

# %% mystnb={"figure": {"name": "fig-reasoner-probes", "caption": "What a linear probe reads of the phase of a sentence, and of the validity of a step, by layer (0: the embeddings), on held-out questions. Bands: 95 % intervals over questions. Dashed: what position, family, boundary token, length and surprisal give without any state. Dotted: labels permuted."}} tags=["hide-input"]
analysis.draw_layers(by_layer);

# %% [markdown]
# A state knows a label beyond the obvious where its score lies above that of the line *no state*,
# interval above interval.

# %% tags=["hide-input"]
analysis.beyond_the_obvious(by_layer).round(3)

# %% [markdown]
# ## Does it read the same in all families?
#
# Does a probe learn what a phase *is*, or six lists of phrases? Train it on one family and test it on another. The
# layer is the middle one of those above, chosen beforehand.

# %%
middle = depths[len(depths) // 2]
across = {
    name: analysis.probe_families(states[middle], read, labels, seed=seed)
    for name, labels in probed.items()
}

# %% mystnb={"figure": {"name": "fig-reasoner-transfer", "caption": "AUROC of a probe for the phase that is trained on one family (rows) and tested on another (columns). Right: labels exchanged within positions, in training and test; 1/2 is chance. Empty: too few labels in common."}} tags=["hide-input"]
analysis.draw_families(across[analysis.PHASE]);

# %% [markdown]
# On the diagonal a family is read by its own probe, on held-out questions. What is lost off the diagonal was a matter
# of phrases.
#
# For validity the family is a confounder, so the honest test is inside each family, beside its null. Families that slip
# too rarely are not measured.

# %%
analysis.within_families(across[analysis.VALIDITY]).round(3)

# %% [markdown]
# Read this table and the one by layer with the report of {cite:t}`ye2024mistakes` in mind: if *state* is no better than
# *no state*, this model does not know its mistakes where we looked, and one that does not know them can hardly correct
# them.
#
# ## Regimes against labels
#
# The page on the {ref}`switching model <fitting>` finds regimes without any labels. Are they kinds of thought? Here the
# kinds are known. The model is fitted on some questions; on the others each step gets its regime, from the most
# probable path. A step leads from one sentence to the next, and gets the labels of the sentence it leads to.
#
# The *normalised mutual information* is 1 if regime and label tell each other exactly, and 0 if they are independent.
# It has two nulls: labels permuted among all steps (`any`), and labels exchanged between chains at the same place (`place`),
# with whole questions kept together. What regimes know beyond the place must beat the second.

# %%
path = chains.trajectories("final_norm", "boundary")
train, test = path.split(0.7, seed=seed)
projection = dynamics.Projection(rank).fit(train)
slds = dynamics.SLDS(n_regimes, random_state=seed).fit(projection.transform(train))
unseen = projection.transform(test)
labels = analysis.step_labels(unseen)
aligned = analysis.align(slds, unseen, labels, seed=seed)
aligned.round(3)

# %% mystnb={"figure": {"name": "fig-reasoner-regimes", "caption": "Normalised mutual information of the regimes of held-out steps with each label, with 95 % intervals over questions. Ticks: 95 % point of the null that keeps the place; crosses: of labels permuted among all steps."}} tags=["hide-input"]
analysis.draw_alignment(aligned);

# %%
print(analysis.what_regimes_follow(aligned))

# %% [markdown]
# The position is in the list as a check: given the place it has nothing left to say, so its verdict must be *no more
# than position*. {cite:t}`complearn2026` report of a much larger model that regimes follow position and token rather
# than annotated phases; the table says how it is here, where phases are known without an annotator. The page on
# {ref}`phases` asks further, in fewer dimensions.
#
# ## Verdict
#
# {cite:t}`carson2025` take regimes for kinds of reasoning. The claim is read as: they tell more of the phase of the
# next sentence than its place in the chain does. Phases have stock phrases, and families have phases of their own. So
# two controls stand beside the place: labels exchanged among chains of one *family* at the same place, and regimes of a
# network with *random weights* that reads the same text. What these share with the phase as well is told by the words.

# %%
decoded = slds.viterbi(unseen)
told = labels["phase"]
controls = label_nulls.exchanged_information(
    decoded, told, unseen, seed=seed
)
untrained = corpus.default_spec(
    corpus.control_of(model), profile, tasks=asked.tasks,
    max_tokens=max_tokens or asked.sampling.max_tokens, prompt=prompt, seed=seed,
)
blind = corpus.build_corpus(untrained).trajectories("final_norm", "boundary")
fit = {"rank": rank, "n_regimes": n_regimes, "seed": seed}
controls["random weights"] = label_nulls.untrained_information(blind, "phase", **fit)

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("learning/probes", model=model, profile=profile)
claim = ledger.claims["slds.regimes.phases"]
print(f"Claim: {claim.statement}.")
note = f"K = {n_regimes}, rank {rank}, held-out questions of {model}"
ledger.record_all([analysis.phase_entry(aligned, controls, note)])
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "Regimes that were found without labels share {slds.regimes.phases} of normalised "
    "mutual information with the phase of the sentence to come "
    "({slds.regimes.phases:controls}): {slds.regimes.phases:verdict}. What a probe "
    "reads of phase and validity is set beside what place, family, token and surprisal "
    "tell without any state."
)

# %% [markdown]
# What to take along:
#
# - A label that follows the place in the chain is known to everything that knows the place. Compare with that, not with
#   zero.
# - A probe that reads a label in one family of texts may have learned the phrases of that family. Test it on another.
# - Families differ in how often they go wrong. A score of "knows its mistakes" over all of them may only know the
#   family.

# %% [markdown]
# (probes-exercise)=
# ## Exercises
#
# ```{exercise} Information out of nothing
# :label: probes-information
# Regimes with $K$ values and labels with $L$ values are independent. Show that the mutual information measured on $N$
# steps is nevertheless about $(K - 1)(L - 1) / 2N$ nats. Compare with the column `any`.
# ```
#
# ```{solution-start} probes-information
# :class: dropdown
# ```
# $2 N \hat I$ is the likelihood-ratio statistic of independence, which follows a $\chi^2$ law with $(K-1)(L-1)$ degrees
# of freedom, and so has this mean. Divide by the mean of the two entropies. Where a label has many rare values, the law
# is a poor guide.

# %% tags=["solution"]
regimes = slds.viterbi(unseen)
for name in ("phase", "family"):
    expected = analysis.chance_information(regimes, labels[name])
    print(f"{name}: {expected:.4f} expected, {aligned['any'][name]:.4f} measured")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Astray
# :label: probes-astray
# *astray* is another label: the chain stands elsewhere than a right one would. Can a probe read it? Which dull reasons
# must the baseline contain, beside place and family?
# ```
#
# ```{solution-start} probes-astray
# :class: dropdown
# ```
# Harder problems go astray more often, so the number of steps belongs into the baseline, beside family and token.
# Stray sentences are astray by definition, and are left out. Leave `steps` out of the baseline, and look whether the
# verdict is another.

# %% tags=["solution"]
steps = read.question.str.extract(r":(\d+)/", expand=False).fillna("")
astray = read.astray[read.phase != "stray"].astype(object)
known = ["family", "steps", "boundary_token"]
at_the_end = analysis.probe_layers(
    {depths[-1]: states[depths[-1]]}, read.assign(steps=steps), astray, baseline=known
)
analysis.beyond_the_obvious({"astray": at_the_end}).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Run this page on your model
# :label: probes-model
# Ask another model the same problems, and read its states. Which of the labels survive?
# ```
#
# ```{solution} probes-model
# :class: dropdown
# `lmphys run learning/probes --model smollm2` reads the base before training, `--model reasoner@52` an early step. With
# `--model random:reasoner` a network that has learned nothing reads the chains of the reasoner: what a probe finds there
# is in the words. A model that was not taught the phrases writes sentences that the parser calls *stray*; the page then
# says what it cannot measure.
# ```
