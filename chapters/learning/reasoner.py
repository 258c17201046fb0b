# %% [markdown]
# (reasoner)=
# # A reasoner with known labels
#
# When a model writes a {term}`chain of thought`, nobody knows for certain what each sentence is for, or whether it is
# right. Someone has to read it and judge. The other pages look for regimes, energies and warnings in such chains, and
# they need a case where the truth is known.
#
# So this book brings a model of its own. It was taught on synthetic chains in which every sentence has a label: what it
# does, whether it is true, and whether the chain has gone astray. The model writes chains of this kind by itself, and a
# parser gives its sentences the same labels by recomputing each step.
#
# **The question of this page:** can a small model be taught to think in sentences whose labels are known, and do its
# hidden states know the labels?
#
# For a physicist: a model system, with impurities put in on purpose. For an engineer: a fine-tuned model of 135 million
# parameters and a test set that grades itself, sentence by sentence.

# %% tags=["parameters"]
model: str = "reasoner"  # reasoner, reasoner@STEP, or any other model spec
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, permutations and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
layers: list[int] = [0, 6, 12, 18, 24, 30]  # blocks after which probes read the states
n_read: int = 24  # written chains whose likelihood is followed along training
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # number of regimes K

# %% tags=["hide-input"]
import dataclasses
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, dynamics, lm
from lmphys.stats.regression import r2_gain
from lmphys.lm.adapters import reasoner_steps
from lmphys.stats import alignment
from lmphys.pages.probes import layers as depth, probes
from lmphys.training.reasoner import outcomes
from lmphys.pages.reasoner import path
from lmphys.problems import problem as problems, vocabulary
from lmphys.training.reasoner import reference

book.use_style()
record = reference.load_reference()
smoke = profile == "smoke"
left = {"text-align": "left", "min-width": "16rem"}

# %% [markdown]
# ## What the model is shown
#
# A problem has a start and a number of steps, its *difficulty*. A chain restates the problem, says how it will go about
# it, does one step a sentence, checks now and then, and answers. Here is one without a mistake.

# %%
written = path.held_out_chains(8 if smoke else n_read, seed=seed)
right = written["flawless"][0]
print(textwrap.fill(right.problem.text, 80))

# %% tags=["hide-input"]
def readable(sentences):
    table = pd.DataFrame([dataclasses.asdict(s) for s in sentences])
    return table.style.set_properties(subset=["text"], **left)


readable(right.sentences)

# %% [markdown]
# *valid* says whether a sentence follows from the question and from what the chain has said so far. *astray* says
# whether the chain, after this sentence, stands elsewhere than a right one would. The two differ: after a wrong result,
# a step that is right by itself leads from a wrong place to another wrong place.
#
# And here is one with a slip, corrected later if there is such a chain among those written for this page.

# %%
slipped = next(
    (c for c in written["slipped"] if any(s.phase == "correct" for s in c.sentences)),
    written["slipped"][0],
)
print(textwrap.fill(slipped.problem.text, 80))

# %% tags=["hide-input"]
readable(slipped.sentences)

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
words = vocabulary.VOCABULARIES
shared = {
    name: len(set(getattr(words["train"], name)) & set(getattr(words["test"], name)))
    for name in ("women", "men", "things", "colours", "subjects", "events")
}
taught = record.training["recipe"]["difficulties"]
unseen_steps = sorted(set(problems.DIFFICULTIES) - set(taught))
print(f"words in both sets: {sum(shared.values())}")
print(f"taught at {taught} steps, asked at {unseen_steps} as well")

# %% [markdown]
# ## The training
#
# What is trained is small: to each weight matrix $W$ of the blocks a change $\frac{\alpha}{r} B A$ of low rank $r$ is
# added {cite:p}`hu2022lora`, and only $A$ and $B$ move. The loss is the mean {term}`surprisal` of the chains' tokens,
# in nats; the question carries none. Adapters are kept at steps that are evenly spaced in the logarithm, because that
# is how learning goes: most of it happens early.

# %% mystnb={"figure": {"name": "fig-reasoner-loss", "caption": "Loss of the training that made the shipped reasoner, nats per token of the chains, a point for each ten updates. Dashed: steps whose adapters are kept."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.4, 3.4))
ax.plot(record.loss.step, record.loss.loss, marker="o", markersize=3)
for kept in record.training["kept_steps"]:
    ax.axvline(kept, color="#444444", linestyle="--", linewidth=0.9)
ax.set(xscale="log", xlabel="update", ylabel="loss, nats per token", ylim=(0, None))
ax.xaxis.set_major_formatter("{x:g}");

# %% [markdown]
# The loss does not fall to zero, and cannot: the generator chooses its words and its slips at random, and no model can
# foresee a throw of dice. All of it is one command, `lmphys train reasoner --profile full`; on two cores
# `--profile quick` gives a weaker one in about 80 minutes.

# %%
facts = record.training
machine = facts["machine"]
pd.Series(
    {
        "trained parameters": f"{facts['trained_parameters']:,}",
        "parameters of the base": f"{facts['model']['parameters']:,}",
        "examples": f"{facts['examples']:,}",
        "tokens": f"{facts['tokens']:,}",
        "tokens that carry loss": f"{facts['target_tokens']:,}",
        "seconds": f"{facts['seconds']:,.0f}",
        "machine": machine.get("gpu", machine["processor"]),
        "loss at the end": f"{facts['final_loss']:.3f}",
    },
    name="the training as it was run",
).to_frame()

# %% [markdown]
# ## What it does
#
# The model is asked problems of all families, at difficulties that take turns, with its tokens drawn at temperature
# 0.8. Any model can be asked: the questions do not depend on it.

# %%
asked = corpus.default_spec("reasoner", profile)
spec = corpus.default_spec(
    model, profile, tasks=asked.tasks, sampling=asked.sampling, prompt=prompt, seed=seed
)
chains = corpus.build_corpus(spec)
found = outcomes.chain_outcomes(chains)
print(f"{len(found)} chains, {len(chains.sentences)} sentences")

# %% [markdown]
# A chain of its own that went wrong, with the labels that the parser gave; or the first one, if none did.

# %% tags=["hide-input"]
wrong = found.index[found.slipped & ~found.correct]
row = int(wrong[0]) if len(wrong) else 0
one = chains.sentences[chains.sentences.chain == row]
print(textwrap.fill(chains.chains.question[row], 80))
one[["text", "phase", "valid", "astray"]].style.hide(axis="index").set_properties(
    subset=["text"], **left
)

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
def rate_table(table, by, columns=("correct", "slipped", "corrected", "derailed")):
    rates = outcomes.rates(table, columns, by=(by,), seed=seed)
    ends = zip(rates.value, rates.low, rates.high, strict=True)
    rates["rate"] = [f"{v:.2f} [{low:.2f}, {high:.2f}]" for v, low, high in ends]
    return rates.pivot(index=by, columns="quantity", values="rate")[list(columns)]


pd.concat(
    {
        "this run": rate_table(found, "family"),
        "reference": rate_table(record.outcomes, "family"),
    },
    names=["source"],
)

# %% tags=["hide-input"]
rate_table(record.outcomes, "difficulty")

# %% mystnb={"figure": {"name": "fig-reasoner-accuracy", "caption": "Accuracy of the reference against the number of steps, by family, with 95 % intervals over questions. Open circles: numbers of steps that training never saw. Dashed: a blind guess, where the choices are few; at zero the answers are open."}} tags=["hide-input"]
curves = outcomes.rates(
    record.outcomes, ["correct"], by=("family", "difficulty"), seed=seed
)
guess = reference.chance(record.outcomes)
figure, axes = plt.subplots(
    2, 3, figsize=(8.4, 4.8), sharex=True, sharey=True, layout="constrained"
)
for ax, (family, curve) in zip(axes.flat, curves.groupby("family"), strict=True):
    ax.fill_between(curve.difficulty, curve.low, curve.high, alpha=0.25)
    ax.plot(curve.difficulty, curve.value, marker="o")
    new = curve[curve.difficulty.isin(unseen_steps)]
    ax.plot(new.difficulty, new.value, "o", mfc="white", color=book.style.BLUE)
    ax.axhline(guess[family], color="#444444", linestyle="--", linewidth=1)
    ax.set(title=family, ylim=(-0.02, 1.05))
figure.supxlabel("number of steps")
figure.supylabel("accuracy");

# %% [markdown]
# Compare each curve with its dashed line. The family *rules* asks for yes or no, so a coin is right half of the time,
# and a chain may be right for no reason. It is left in for that: whatever reads "knowledge" out of this model should
# find none there. Whether the interval of each family holds its chance level, over all difficulties:

# %%
overall = outcomes.rates(record.outcomes, ["correct"], by=("family",), seed=seed)
overall = overall.set_index("family")[["value", "low", "high"]].join(guess)
overall["near chance"] = overall.chance.between(overall.low, overall.high)
overall.round(3)

# %% [markdown]
# What such a model is to do to be of use, fixed before it was trained, and whether it does. *Cannot tell* stands where
# a sign is wanted and the interval holds zero, or where there are no such chains.

# %%
pd.concat(
    {
        "this run": reference.acceptance_checks(found, seed=seed),
        "reference": reference.acceptance_checks(record.outcomes, record.greedy, seed=seed),
    },
    names=["source"],
).round(3)

# %% [markdown]
# Look at the corrections. In the chains of training the share *noticed* of the slips is corrected. If the model
# corrects far fewer of its own, that is a finding: the slips of training are thrown by dice, and whoever can compute
# sees them; its own slips are mistakes that looked right to it when it made them.
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
surprise = path.held_out_nll([f"reasoner@{step}" for step in steps], written, seed=seed)
surprise["step"] = surprise.model.str.split("@").str[1].astype(int)
surprise.pivot(index=["kind", "part"], columns="step", values="nll").round(2)

# %% mystnb={"figure": {"name": "fig-reasoner-path", "caption": "Along training. Left: negative log-likelihood per token of held-out written chains, whole and by part, with 95 % intervals over chains. Right: accuracy of sampled chains in the reference, where its file has it, with 95 % intervals over questions. Kept steps are evenly spaced in the logarithm; the first is the base."}} tags=["hide-input"]
shown = {
    "flawless chains": ("flawless", "all"),
    "chains with a slip": ("slipped", "all"),
    "their right steps": ("slipped", "compute"),
    "their wrong steps": ("slipped", "slip"),
}
figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
for mark, (name, (kind, part)) in zip("osD^", shown.items(), strict=True):
    curve = surprise[(surprise.kind == kind) & (surprise.part == part)]
    bars = [curve.nll - curve.low, curve.high - curve.nll]
    places = [steps.index(step) for step in curve.step]
    ax.errorbar(places, curve.nll, bars, marker=mark, capsize=3, label=name)
ax.set_xticks(range(len(steps)), [f"{step:,}" for step in steps])
ax.set(xlabel="update", ylabel="nats per token", ylim=(0, None))
ax.legend(fontsize=9)
if record.by_step is None:
    beside.text(0.5, 0.5, "no accuracy by step\nin the reference", ha="center")
    beside.set_axis_off()
else:
    curve = outcomes.rates(record.by_step, ["correct"], by=("step",), seed=seed)
    curve = curve.sort_values("step")
    bars = [curve.value - curve.low, curve.high - curve.value]
    beside.errorbar(range(len(curve)), curve.value, bars, marker="o", capsize=3)
    beside.set_xticks(range(len(curve)), [f"{step:,}" for step in curve.step])
    asked_at = ", ".join(map(str, sorted(record.by_step.difficulty.unique())))
    beside.set(xlabel="update", ylabel=f"accuracy at {asked_at} steps", ylim=(0, 1));

# %% [markdown]
# Two things to look for. First, the order of learning: the manner of a chain, its openings and its stock phrases, can
# be had from word counts and comes cheap; the results of steps need the question. Second, the gap between wrong and
# right steps. A model that knows what must come next is more surprised by a wrong step; one that knows only the manner
# is not.

# %%
last = surprise[(surprise.step == steps[-1]) & (surprise.kind == "slipped")]
gap = last.set_index("part").loc[["compute", "slip"], ["nll", "low", "high"]]
apart = gap.low["slip"] > gap.high["compute"]
print(
    gap.round(3),
    "\na wrong step is more surprising than a right one:",
    "yes" if apart else "not shown",
)

# %% [markdown]
# ## Labels meet states
#
# A {term}`hidden state` at the end of a sentence is a vector. A *probe* is a linear classifier that reads a label off
# it, trained on some questions and tested on others. A probe may succeed for dull reasons: the first sentence restates,
# the last answers, and a state knows where it stands. So each score has company:
#
# - *shuffled labels*: the same probe on labels dealt out anew. It should be at chance.
# - *shuffled within position*: labels exchanged only between sentences of one place. What is left is the place.
# - *position and boundary token*: no state at all, but the place, the last token, the length of the sentence, and here
#   the family too, since families differ in how often they slip.
#
# Scores are means over classes, so that frequent labels do not count more: the *balanced accuracy*, and AUROC, the
# chance that a sentence with the label gets a higher score than one without it ($1/2$ is chance).

# %%
rows = depth.chains_per_question(chains, 2)[:160]
reader = lm.LanguageModel(spec.model, dtype=chains.spec.dtype)
depths = sorted({min(layer, reader.n_layers) for layer in layers})
depths = depths[:: max(1, len(depths) // 2)] if smoke else depths
states = depth.states_by_layer(reader, chains, depths, rows=rows)

read = chains.sentences[chains.sentences.chain.isin(rows)].reset_index(drop=True)
question = chains.chains.question_id.to_numpy()[read.chain]
family = chains.chains.task.to_numpy()[read.chain]
baseline = read.assign(boundary_token=family + " " + read.boundary_token)

# %%
def probe(labels, kept):
    return alignment.table_or_reason(
        probes.probe_by_layer,
        {layer: array[kept] for layer, array in states.items()},
        labels[kept].to_numpy(),
        groups=question[kept],
        chains=question[kept],
        baseline=baseline[kept],
        seed=seed,
    )


claims = (read.phase == "compute") & read.valid.notna()
kept = {
    "phase": alignment.common(read.phase, question),
    "validity of a step": claims & alignment.common(read.valid.where(claims), question),
}
found_by = {
    "phase": probe(read.phase, kept["phase"]),
    "validity of a step": probe(read.valid.astype(object), kept["validity of a step"]),
}
{name: read.phase[rows].value_counts().to_dict() for name, rows in kept.items()}

# %% [markdown]
# The dictionary above has the sentences that take part. Phases in fewer than ten questions are left out: a probe could
# not be trained and tested on them.

# %% mystnb={"figure": {"name": "fig-reasoner-probes", "caption": "What a linear probe reads of the phase of a sentence, and of the validity of a step, by layer (0: the embeddings), on held-out questions. Bands: 95 % intervals over questions. Dashed: what position, family and boundary token give without any state. Dotted: labels permuted."}} tags=["hide-input"]
lines = {
    "state": "-o",
    "position and boundary token": "--s",
    "shuffled within position": ":D",
    "shuffled labels": ":^",
}
figure, axes = plt.subplots(1, 2, figsize=(8.4, 4), layout="constrained")
for ax, (name, table) in zip(axes, found_by.items(), strict=True):
    ax.set(title=name, xlabel="layer", ylabel="AUROC", ylim=(0.35, 1.02))
    if "reason" in table:
        ax.text(0.5, 0.4, textwrap.fill(table.reason[0], 28), ha="center", fontsize=9)
        continue
    for label, style in lines.items():
        curve = table[table.probe == label]
        ax.fill_between(curve.layer, curve.auroc_low, curve.auroc_high, alpha=0.15)
        ax.plot(curve.layer, curve.auroc, style, label=label)
handles = max((ax.get_legend_handles_labels() for ax in axes), key=lambda x: len(x[0]))
if handles[0]:
    figure.legend(*handles, loc="outside upper center", ncols=2)

# %% [markdown]
# A state knows a label beyond the obvious where its score lies above that of the line *position and boundary token*,
# interval above interval.

# %% tags=["hide-input"]
def verdicts(table):
    if "reason" in table:
        return table
    scores = table.set_index(["layer", "probe"])
    rows = {}
    for layer in table.layer.unique():
        state = scores.loc[(layer, "state")]
        plain = scores.loc[(layer, "position and boundary token")]
        beyond = state.auroc_low > plain.auroc_high
        rows[layer] = {
            "state": state.auroc,
            "no state": plain.auroc,
            "place alone": scores.auroc[layer, "shuffled within position"],
            "verdict": "beyond place and token" if beyond else "not beyond",
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")


pd.concat({name: verdicts(table) for name, table in found_by.items()}).round(3)

# %% [markdown]
# Does a probe learn what a phase *is*, or six lists of phrases? Train it on one family and test it on another. The
# layer is the middle one of those above, chosen beforehand.

# %%
middle = depths[len(depths) // 2]


def transfer(labels, kept):
    return alignment.table_or_reason(
        probes.probe_transfer,
        states[middle][kept],
        labels[kept].to_numpy(),
        family[kept],
        groups=question[kept],
        chains=question[kept],
        positions=read.t[kept],
        seed=seed,
        n_bootstrap=100,
    )


across = transfer(read.phase, kept["phase"])
own = transfer(read.valid.astype(object), kept["validity of a step"])

# %% mystnb={"figure": {"name": "fig-reasoner-transfer", "caption": "AUROC of a probe for the phase that is trained on one family (rows) and tested on another (columns). Right: labels exchanged within positions, in training and test; 1/2 is chance. Empty: too few labels in common."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.4, 4.2), layout="constrained")
for ax, kind in zip(axes, ("state", "shuffled within position"), strict=True):
    ax.set_title(kind)
    if "reason" in across:
        ax.text(0.5, 0.4, textwrap.fill(across.reason[0], 28), ha="center", fontsize=9)
        continue
    part = across[across.probe == kind]
    matrix = part.pivot(index="train", columns="test", values="auroc")
    image = ax.imshow(matrix, vmin=0.5, vmax=1, cmap="cividis")
    for (i, j), value in np.ndenumerate(matrix.to_numpy()):
        look = {"color": "black" if value > 0.75 else "white", "fontsize": 9}
        ax.text(j, i, f"{value:.2f}", ha="center", va="center", **look)
    ax.set_xticks(range(len(matrix)), matrix.columns, rotation=40)
    ax.set_yticks(range(len(matrix)), matrix.index)
    ax.grid(visible=False)
if "reason" not in across:
    figure.colorbar(image, ax=axes, label="AUROC", shrink=0.8)

# %% [markdown]
# For validity the family is a confounder, so the honest test is inside each family, beside its null. Families that slip
# too rarely are not measured.

# %%
if "reason" not in own:
    own = own[(own.train == own.test) & own.auroc.notna()]
    own = own[["train", "probe", "auroc", "auroc_low", "auroc_high", "n"]]
own.round(3)

# %% [markdown]
# {cite:t}`ye2024mistakes` report that a model trained on grade-school problems shows in its states that it has just
# made a mistake. Read the two tables with that in mind: if *state* is no better than *no state*, this model does not
# know its mistakes where we looked, and one that does not know them can hardly correct them.
#
# ## Regimes against labels
#
# The page on the {ref}`switching model <fitting>` finds regimes without any labels. Are they kinds of thought? Here the
# kinds are known. The model is fitted on some questions; on the others each step gets its regime, from the most
# probable path. A step leads from one sentence to the next, and gets the labels of the sentence it leads to.
#
# The *normalised mutual information* is 1 if regime and label tell each other exactly, and 0 if they are independent.
# It has two nulls: labels dealt out at random (`any`), and labels exchanged between chains at the same place (`place`),
# with whole questions kept together. What regimes know beyond the place must beat the second.

# %%
trajectories = chains.trajectories("final_norm", "boundary")
train, test = trajectories.split(0.7, seed=seed)
projection = dynamics.Projection(rank).fit(train)
seen, unseen = projection.transform(train), projection.transform(test)
slds = dynamics.SLDS(n_regimes, random_state=seed).fit(seen)

target = unseen.sentences.iloc[unseen.sources() + 1]
of_chain = unseen.pairs()[2]
labels = {
    "phase": target.phase,
    "validity of a step": target.valid.where(target.phase == "compute"),
    "position": target.t // 3,
    "boundary token": target.boundary_token,
    "family": unseen.chains.task.to_numpy()[of_chain],
}
aligned = alignment.alignment(
    slds.viterbi(unseen),
    {name: np.asarray(values, dtype=object) for name, values in labels.items()},
    positions=target.t,
    chains=of_chain,
    groups=unseen.chains.question_id.to_numpy()[of_chain],
    seed=seed,
)
aligned.round(3)

# %% mystnb={"figure": {"name": "fig-reasoner-regimes", "caption": "Normalised mutual information of the regimes of held-out steps with each label, with 95 % intervals over questions. Ticks: 95 % point of the null that keeps the place; crosses: of labels dealt out at random."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.4, 3.2))
shown = aligned[aligned.nmi.notna()]
height = np.arange(len(shown))
ax.hlines(height, shown.low, shown.high)
ax.plot(shown.nmi, height, "o", label="regimes and label")
ax.plot(shown.place_high, height, "k|", ms=16, mew=2, label="place kept")
ax.plot(shown.any_high, height, "kx", label="dealt at random")
ax.set_yticks(height, shown.index)
ax.invert_yaxis()
ax.set(xlabel="normalised mutual information", xlim=(0, None))
ax.legend(loc="center left", bbox_to_anchor=(1, 0.5));

# %%
beyond = aligned.index[aligned.verdict == "beyond position"]
print("beyond position, regimes follow:", ", ".join(beyond) or "none of these labels")
if len(beyond):
    print("most of all:", aligned.beyond[beyond].idxmax())

# %% [markdown]
# The position is in the list as a check: given the place it has nothing left to say, so its verdict must be *no more
# than position*. A poster named on the page of {doc}`references <../../references>` found regimes of a much larger
# model to follow position and token rather than annotated phases; the table says how it is here, where phases are known
# without an annotator.
#
# ## Verdict
#
# The paper's claim that a switching model forecasts better than one linear map can be put to this model too, whose
# chains have a few well-marked kinds of sentences and so should be a good case for regimes. The control is the same
# gain on states that were dealt out anew among all chains.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("learning/reasoner", model=model, profile=profile)
single = dynamics.SLDS(1).fit(seen)
honest, one_map = (m.forecasts(unseen)["predictive"] for m in (slds, single))
gain = r2_gain(unseen, honest, one_map, seed=seed)
dealt = [
    dynamics.shuffle_chains(t, seed=seed + i) for i, t in enumerate((seen, unseen))
]
null = dynamics.leak_curve(*dealt, (1, n_regimes), random_state=seed)
null = null.set_index(["n_regimes", "weights"]).r2_h
ledger.record(
    "slds.slds.gain",
    gain,
    controls={
        "dealt anew": float(null[n_regimes, "predictive"] - null[1, "predictive"])
    },
    note=f"honest forecast of h, K = {n_regimes}, rank {rank}, held out by question",
)
ledger.show()

# %% [markdown]
# What to take along:
#
# - A model system with known labels turns "what are these states?" into a question with an answer. It does not make the
#   answer yes.
# - A label that follows the place in the chain is known to everything that knows the place. Compare with that, not with
#   zero.
# - Families differ in how often they go wrong. A score of "knows its mistakes" over all of them may only know the
#   family.

# %% [markdown]
# ## Exercises
#
# (reasoner-exercise)=
# ```{admonition} Exercise 1: a coin or not a coin
# :class: tip
# A family of yes-or-no questions is answered with accuracy $a$. How many independent chains does it take to tell
# $a = 0.55$ from a coin, at two standard errors? How many does the reference have, and why are fewer of them
# independent?
# ```
#
# ```{dropdown} Solution
# Two standard errors, $2 \sqrt{1/4n}$, equal the distance $0.05$ at $n = 400$. Chains of one question share its
# difficulty and its traps, so the number of questions counts for more than the number of chains.
#
#     print(1 / (0.55 - 0.5) ** 2)
#     yes_or_no = record.outcomes[record.outcomes.family == "rules"]
#     print(len(yes_or_no), yes_or_no.question_id.nunique())
# ```
#
# ```{admonition} Exercise 2: information out of nothing
# :class: tip
# Regimes with $K$ values and labels with $L$ values are independent. Show that the mutual information measured on $N$
# steps is nevertheless about $(K - 1)(L - 1) / 2N$ nats. Compare with the column `any`.
# ```
#
# ```{dropdown} Solution
# $2 N \hat I$ is the likelihood-ratio statistic of independence, which follows a $\chi^2$ law with $(K-1)(L-1)$ degrees
# of freedom, and so has this mean. Divide by the mean of the two entropies.
#
#     z = pd.Series(slds.viterbi(unseen))
#     for name in ("phase", "family"):
#         y = pd.Series(np.asarray(labels[name]))
#         p, q = (x.value_counts(normalize=True) for x in (z, y))
#         mean_entropy = -((p * np.log(p)).sum() + (q * np.log(q)).sum()) / 2
#         print(name, (len(p) - 1) * (len(q) - 1) / (2 * len(z)) / mean_entropy, aligned["any"][name])
# ```
#
# ```{admonition} Exercise 3: astray
# :class: tip
# *astray* is another label: the chain stands elsewhere than a right one would. Can a probe read it? Which dull reasons
# must the baseline contain, beside place and family?
# ```
#
# ```{dropdown} Solution
#     every = np.ones(len(read), dtype=bool)
#     print(verdicts(probe(read.astray.astype(object), every)))
#
# Harder problems go astray more often, so the number of steps belongs into the baseline: put
# `chains.chains.question_id` into its column `boundary_token` as family and difficulty, and score again. Stray
# sentences are astray by definition; leave them out.
# ```
#
# ```{admonition} Exercise 4: run this page on your model
# :class: tip
# Ask another model the same problems, and read its states. Which of the labels survive?
# ```
#
# ```{dropdown} Solution
# On a command line: `lmphys run learning/reasoner --model smollm2` for the base before training,
# `lmphys run learning/reasoner --model reasoner@52` for an early step, or the name of a folder that
# `lmphys train reasoner --into FOLDER` has made. A model that was not taught the phrases writes sentences that the
# parser calls *stray*; the page then says what it cannot measure.
#
#     for step in reasoner_steps():
#         print(f"lmphys run learning/reasoner --model reasoner@{step}")
# ```
