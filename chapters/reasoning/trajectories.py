# %% [markdown]
# (trajectories)=
# # From a chain of thought to a trajectory
#
# What moves when a language model reasons, and how far does it move from one sentence to the next? We let a small model
# answer questions aloud, read off a point in space wherever a sentence ends, and measure the distance between
# successive points. Then we measure steps over just as many words that begin and end in the middle of sentences, and
# ask whether sentences are special at all.
#
# A model that reasons aloud writes one {term}`token` after another. At every token it holds a {term}`hidden state`: a
# vector of some hundreds or thousands of numbers from which the next token is computed. {cite:t}`carson2025` propose to
# look at these vectors only where sentences end, and to treat the resulting sequence of points
#
# $$ h_0, h_1, h_2, \dots \in \R^D $$ (eq-trajectory)
#
# as the path of a particle. Sentences are to be the natural clock of thought, because the state moves *orders of
# magnitude* further from one sentence to the next than from one token to the next (their Fig. 1a: a median step of
# about 241 against 8.5). "The state where a sentence ends" can mean several things, and the length of a step depends on
# which is meant. So this page tries them all.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, chains and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import seaborn as sns

from lmphys import book, corpus, dynamics
from lmphys.core.paths import project_root
from lmphys.pages import trajectories as analysis
from lmphys.stats.modes import dip_excess

book.use_style()

# %% [markdown]
# ## Chains, and whether they are right
#
# The model answers questions of eight kinds, several times each, with its tokens drawn at temperature 0.8. Everything
# on this page comes from these chains. They are sampled once on this machine, kept on disk, and shared by all pages.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
chains = corpus.build_corpus(spec)
pd.Series(chains.manifest["model"]).to_frame("this run")

# %% [markdown]
# *Answered* is the share of chains in which a final answer could be found at all; *correct* the share in which it was
# the right one; a chain without an answer counts as wrong. In the yes-or-no task, *syllogisms*, a coin would be right
# in half of the chains, and a share below that is no knowledge of the opposite: chains without an answer lower it, and
# the chains are several to a question, so that it rests on few questions. A small model need not be right for its
# states to move; but a share near chance warns that the chains may be talk rather than thought.

# %%
chains.accuracy().round(2)

# %% [markdown]
# ## One chain, sentence by sentence
#
# Here is one chain. The {term}`boundary token <sentence boundary>` is the token that holds the last character of the
# sentence; *jump* is the distance $\lVert \Delta h_t \rVert = \lVert h_{t+1} - h_t \rVert$ to the next such state.

# %%
states = chains.trajectories(position="boundary")
one = int(np.argmin(np.abs(states.lengths - 7)))
print(states.chains["question"][one])

# %% tags=["hide-input"]
tokens = ["boundary_token", "after_token"]
table = states.sentences.query("chain == @one")[["text", *tokens]]
table[tokens] = table[tokens].map(repr)
jumps = np.linalg.norm(np.diff(states[one], axis=0), axis=1)
table = table.assign(norm=np.linalg.norm(states[one], axis=1), jump=[*jumps, np.nan])
table = table.style.hide(axis="index").format(precision=1, na_rep="–")
table.set_properties(subset=["text"], **{"text-align": "left", "min-width": "14rem"})

# %% [markdown]
# How do such paths look? Here are five chains in the plane of the two directions in which all states vary most, the
# principal directions of the next page. Walk along them with the slider, and compare the same chains with their
# sentences in random order:

# %% tags=["hide-input"]
analysis.draw_paths(states, seed=seed)

# %% [markdown]
# *Five chains in the plane of the first two principal directions, grey: states of all chains (in print: the whole
# paths). A plane shows little of a motion in so many dimensions; that it looks like a tangle in either panel is no
# proof that it is one.*
#
# Now look at the column *boundary_token* of the table above. Two states at full stops have their token in common, and
# only the rest of the sentence to tell them apart. How common is each ending, over all chains?

# %%
endings = chains.sentences["boundary_token"].value_counts(normalize=True)
endings.head(5).rename(index=repr).to_frame("share of all sentences").round(3)

# %% [markdown]
# How long are the chains? The paper's histogram has a mean of about 11 sentences and two humps.

# %% mystnb={"figure": {"name": "fig-lengths", "caption": "Sentences per chain. Dashed: the mean of the paper's histogram, of other models and tasks."}} tags=["hide-input"]
counts = chains.chains["n_sentences"]
axes = sns.histplot(counts, discrete=True, alpha=1, edgecolor="white")
axes.axvline(11.4, color="#444444", linestyle="--", label="mean in the paper")
axes.set(xlabel="sentences in the chain", ylabel="chains")
axes.xaxis.get_major_locator().set_params(integer=True)
axes.legend();

# %% [markdown]
# A chain of one sentence has no step. It is left out of all that follows, here and on the other pages, which makes the
# chains that remain longer than the mean above:

# %%
pd.Series(
    {
        "chains": len(chains.chains),
        "sentences a chain": counts.mean(),
        "chains of one sentence or none, left out": (counts < 2).sum(),
        "sentences a chain, of those kept": states.lengths.mean(),
        "steps a chain, of those kept": (states.lengths - 1).mean(),
    }
).round(2).to_frame("number")

# %% [markdown]
# ## Four ways to take "the state at a sentence boundary"
#
# The paper says *final-layer residual embedding*, taken *at* or *right after* the boundary. That leaves open
#
# - the **site**: `resid_post`, the residual stream as it leaves the last block, or `final_norm`, what the last
#   normalisation makes of it and hands to the output layer;
# - the **position**: `boundary`, the token that ends the sentence, or `after`, the token that follows it, often the
#   first word of the next sentence or a line break.
#
# For each we compare the steps between sentences with the steps between tokens. The column *midway* is the control
# that the paper lacks: steps over *just as many tokens* as there are between two boundaries, but begun and ended half
# a sentence before them. If boundaries are special, their steps must differ from these.

# %%
readings = [(s, p) for s in ("final_norm", "resid_post") for p in ("boundary", "after")]
medians = pd.DataFrame(
    {
        "token to token": chains.token_jumps(site).median(),
        "sentence to sentence": chains.sentence_jumps(site, position).median(),
        "midway": chains.midway_jumps(site).median(),
    }
    for site, position in readings
)
medians["ratio"] = medians["sentence to sentence"] / medians["token to token"]
medians.set_index(pd.MultiIndex.from_tuples(readings, names=["site", "position"]))

# %% [markdown]
# The two sites differ in scale, since the normalisation rescales. The *ratio* in the last column is what can be
# compared with the paper, which has 28. Compare the two positions, and then both with *midway*.

# %% mystnb={"figure": {"name": "fig-jumps", "caption": "Distribution of the steps of the hidden state (final norm): between tokens, between sentences at both positions, and midway over as many tokens. Dashed: the two curves of the paper's Fig. 1a, of other models, in units of their own."}} tags=["hide-input"]
steps = {
    "token to token": chains.token_jumps(),
    "sentence, boundary token": chains.sentence_jumps(position="boundary"),
    "sentence, token after": chains.sentence_jumps(position="after"),
    "midway, as many tokens": chains.midway_jumps(),
}
axes = book.plots.ecdf(steps, xlabel=r"step $\Vert \Delta h \Vert$")
paper = pd.read_csv(project_root() / "data" / "figures" / "carson2025_fig1a.csv")
for name, grey in (("token", "#555555"), ("sentence", "#aaaaaa")):
    axes.plot(paper[name], paper["quantile"], "--", color=grey, label=f"paper, {name}")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=9);

# %% [markdown]
# ## The same text through random weights
#
# Would any network of this shape do the same? The control has the same architecture with freshly drawn weights, and
# reads exactly the same chains. Whatever it shows too is owed to the text and the wiring, not to anything learned.

# %%
reader = corpus.default_spec(
    corpus.control_of(model), profile, tasks=tasks, prompt=prompt,
    max_tokens=max_tokens, layer=layer, seed=seed,
)
random = corpus.build_corpus(reader)
ratios = {
    "sentence to sentence": analysis.step_ratios(chains, seed=seed),
    "midway": analysis.step_ratios(chains, midway=True, seed=seed),
    "random weights": analysis.step_ratios(random, seed=seed),
}
tables = {
    name: pd.DataFrame(of_reading.values(), of_reading.keys())
    for name, of_reading in ratios.items()
}
pd.concat(tables, names=["steps", "state"]).astype(float).round(3)

# %% [markdown]
# The intervals resample whole questions, since the steps of one chain, and the chains of one question, are not
# independent.

# %% [markdown]
# ## Verdict
#
# Each way to take the state is a definition of the ratio, and is judged beside its two controls. How much the lengths of
# sentence steps vary is printed twice in the paper, as 0.09 (Fig. 2b) and, read off the curve of Fig. 1a, as 0.44: two
# rows. The others describe the corpus as the paper describes its own.

# %%
controls = {name: ratios[name] for name in ("midway", "random weights")}
variation = analysis.length_variation(chains, seed=seed)
sentence = chains.sentence_jumps()
blurred = counts + np.random.default_rng(seed).uniform(-0.5, 0.5, len(counts))
obtained = {
    "slds.jump.sentence_median": sentence.median(),
    "slds.jump.token_median": chains.token_jumps().median(),
    "slds.jump.stride_mean": sentence.mean(),
    "slds.jump.stride_cv": variation,
    "slds.jump.stride_cv_fig1a": variation,
    "slds.jump.filter_removed": (sentence <= 10).mean(),
    "slds.corpus.sentences_mean": counts.mean(),
    "slds.corpus.transitions_per_chain": (states.lengths - 1).mean(),
    "slds.corpus.sentences_bimodal": dip_excess(blurred.to_numpy(), seed=seed),
}

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/trajectories", model=model, profile=profile)
for claim in ("slds.jump.ratio", "slds.jump.orders_of_magnitude"):
    ledger.record(claim, ratios["sentence to sentence"], controls=controls)
ledger.record_all(book.Entry(claim, number) for claim, number in obtained.items())
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "The median step from one sentence to the next over that from one token to the "
    "next is, by the state that is taken, {slds.jump.ratio}; the paper has "
    "{slds.jump.ratio:paper}. The same where sentences play no part, and where nothing "
    "was learned: {slds.jump.ratio:controls}. The paper's ratio is *{slds.jump.ratio:verdict}*, and "
    "orders of magnitude between the two are "
    "*{slds.jump.orders_of_magnitude:verdict}*."
)

# %% [markdown]
# The number of sentences is a whole number, and the test for two humps wants no ties: hence *blurred*, with a uniform
# number between −½ and ½ added for each chain.
#
# What to take along:
#
# - A trajectory is a choice of site and position. Before a step is called long or short, say which state is meant, and
#   how many of them sit on the same full stop.
# - A long step between sentences is no sign of a sentence. It must be compared with steps over as many tokens.
# - The paper's token curve is itself two-humped, with its upper hump as far out as the sentence curve: the median of
#   8.5 describes the lower hump alone.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How far apart are two random points?
# :label: trajectories-random-points
# Let states be drawn independently with covariance $\Sigma$. What is the root mean square of $\lVert \Delta h \rVert$?
# Compare it with the value for the states above. What does the comparison say about the order of sentences?
# ```
#
# ```{solution-start} trajectories-random-points
# :class: dropdown
# ```
# $\E \lVert h' - h \rVert^2 = 2 \Tr \Sigma$, so the root mean square is $\sqrt{2 \Tr \Sigma}$. States permuted
# over all chains are as good as independent, so that their two numbers agree:

# %% tags=["solution"]
permuted = dynamics.shuffle_chains(states, seed=seed)
pd.DataFrame(
    {
        name: {
            "root mean square of a step": np.sqrt((t.increments() ** 2).sum(1).mean()),
            "√(2 Tr Σ)": np.sqrt(2 * t.states.var(0).sum()),
        }
        for name, t in {"chains": states, "permuted": permuted}.items()
    }
).round(2)

# %% [markdown]
# For the real chains, a step that is shorter than $\sqrt{2 \Tr \Sigma}$ says that neighbouring sentences lie closer
# than random ones. That need not be order: they also belong to one chain, and so to one question.
# ```{solution-end}
# ```
#
# ```{exercise} The clock
# :label: trajectories-clock
# Is the step between sentences longer where the sentence is longer? Correlate the jump with the number of tokens of the
# sentence (`states.sentences["n_tokens"]`), at both positions.
# ```
#
# ```{solution-start} trajectories-clock
# :class: dropdown
# ```
# The sentence that a step crosses is the one that ends it, so its length stands in the row after the step's source:

# %% tags=["solution"]
def length_and_step(position: str) -> float:
    traj = chains.trajectories(position=position)
    n_tokens = traj.sentences["n_tokens"].to_numpy()[traj.sources() + 1]
    steps = np.linalg.norm(traj.increments(), axis=1)
    return float(np.corrcoef(np.log(n_tokens), steps)[0, 1])


clocks = {p: length_and_step(p) for p in ("boundary", "after")}
pd.Series(clocks).to_frame("correlation").round(2)

# %% [markdown]
# If states forgot their past within a few tokens, the correlation would vanish. A random walk would give steps that
# grow as the square root of the number of tokens, and a correlation well above 0. Which of the two is nearer?
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: trajectories-your-model
# Run this page on another model: `lmphys run reasoning/trajectories --model PATH`, with the folder of any causal
# language model. Does the order of the four rows of the table survive?
# ```
#
# ```{solution} trajectories-your-model
# :class: dropdown
# Look at two things before the order: whether the ratio of the control *random weights* changes as well, for then the
# wiring does it; and whether the boundary tokens are still mostly one token, for then two states share most of what
# made them.
# ```
