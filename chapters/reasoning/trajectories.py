# %% [markdown]
# (trajectories)=
# # From a chain of thought to a trajectory
#
# A language model that reasons aloud writes one {term}`token` after another. At every token it holds a
# {term}`hidden state`: a vector of some hundreds or thousands of numbers from which the next token is computed.
# {cite:t}`carson2025` propose to look at these vectors only where sentences end, and to treat the resulting
# sequence of points
#
# $$ h_0, h_1, h_2, \dots \in \R^D $$ (eq-trajectory)
#
# as the path of a particle. Sentences are to be the natural clock of thought, because the state moves *orders of
# magnitude* further from one sentence to the next than from one token to the next (their Fig. 1a: a median step of
# about 241 against 8.5).
#
# **The question of this page:** what is such a trajectory, in practice, and is a step between sentences really long?
# "The state where a sentence ends" can mean several things. We shall see that the choice decides the answer.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, chains and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus
from lmphys.stats.modes import dip_excess
from lmphys.stats.tails import median_ratio
from lmphys.core.paths import project_root

book.use_style()

# %% [markdown]
# ## Chains, and whether they are right
#
# The model answers questions of eight kinds, several times each, with its tokens drawn at temperature 0.8. Everything
# on this page comes from these chains. They are sampled once on this machine, kept on disk, and shared by all pages.

# %%
chains = corpus.build_corpus(
    corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
)
pd.Series(chains.manifest["model"]).to_frame("this run")

# %% [markdown]
# A model of this size is right now and then, not often. *Answered* is the share of chains in which a final answer
# could be found at all; *correct* the share in which it was the right one. The yes-or-no task has a chance level of
# one half.

# %%
chains.accuracy().round(2)

# %% [markdown]
# ## One chain, sentence by sentence
#
# Here is one chain. The {term}`boundary token <sentence boundary>` is the token that holds the last character of the
# sentence; *jump* is the distance $\lVert \Delta h_t \rVert = \lVert h_{t+1} - h_t \rVert$ to the next such state.

# %%
states = chains.trajectories(site="final_norm", position="boundary")
one = int(np.argmin(np.abs(states.lengths - 7)))
print(states.chains["question"][one])

# %% tags=["hide-input"]
table = states.sentences[states.sentences["chain"] == one][
    ["text", "boundary_token", "after_token"]
]
table[["boundary_token", "after_token"]] = table[["boundary_token", "after_token"]].map(
    repr
)
jumps = np.linalg.norm(np.diff(states[one], axis=0), axis=1)
numbers = {"norm": np.linalg.norm(states[one], axis=1), "jump": [*jumps, np.nan]}
table = table.assign(**numbers).style.hide(axis="index").format(precision=1, na_rep="–")
table.set_properties(subset=["text"], **{"text-align": "left", "min-width": "14rem"})

# %% [markdown]
# Look at the column *boundary_token*. Most sentences end with the same token, a full stop. Two states at full stops
# have their token in common, and only the rest of the sentence to tell them apart.

# %% [markdown]
# How long are the chains? The paper's histogram has a mean of about 11 sentences and two humps.

# %% mystnb={"figure": {"name": "fig-lengths", "caption": "Sentences per chain. Dashed: the mean of the paper's histogram, of other models and tasks."}} tags=["hide-input"]
import matplotlib.pyplot as plt

counts = chains.chains["n_sentences"]
figure, axes = plt.subplots()
axes.hist(
    counts,
    bins=np.arange(0.5, counts.max() + 1.5),
    color=book.style.BLUE,
    edgecolor="white",
)
axes.axvline(11.4, color="#444444", linestyle="--", label="mean in the paper")
axes.set(xlabel="sentences in the chain", ylabel="chains")
axes.xaxis.get_major_locator().set_params(integer=True)
axes.legend();

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
rows = [
    {
        "site": site,
        "position": position,
        "token to token": chains.token_jumps(site).median(),
        "sentence to sentence": chains.sentence_jumps(site, position).median(),
        "midway": chains.midway_jumps(site).median(),
    }
    for site in ("final_norm", "resid_post")
    for position in ("boundary", "after")
]
medians = pd.DataFrame(rows).set_index(["site", "position"])
medians.assign(
    ratio=medians["sentence to sentence"] / medians["token to token"]
)

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
for name, colour in (("token", "#555555"), ("sentence", "#aaaaaa")):
    axes.plot(paper[name], paper["quantile"], "--", color=colour, label=f"paper, {name}")
axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, fontsize=9);

# %% [markdown]
# ## The same text through random weights
#
# Would any network of this shape do the same? The control has the same architecture with freshly drawn weights, and
# reads exactly the same chains. Whatever it shows too is owed to the text and the wiring, not to anything learned.

# %%
random = corpus.build_corpus(
    corpus.default_spec(
        corpus.control_of(model), profile, tasks=tasks, prompt=prompt, seed=seed
    )
)
ratio = median_ratio(chains.sentence_jumps(), chains.token_jumps(), seed=seed)
after = median_ratio(
    chains.sentence_jumps(position="after"), chains.token_jumps(), seed=seed
)
midway = median_ratio(chains.midway_jumps(), chains.token_jumps(), seed=seed)
random_ratio = median_ratio(
    random.sentence_jumps(), random.token_jumps(), seed=seed
)
names = ["boundary token", "token after", "midway", "random weights"]
pd.DataFrame([ratio, after, midway, random_ratio], index=names).astype(float).round(3)

# %% [markdown]
# The intervals resample whole chains, since the steps of one chain are not independent.

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/trajectories", model=model, profile=profile)
controls = {"midway": midway, "random weights": random_ratio}
for claim in ("slds.jump.ratio", "slds.jump.orders_of_magnitude"):
    ledger.record(
        claim,
        ratio,
        controls=controls,
        note="final norm, boundary token",
    )
sentence = chains.sentence_jumps()
ledger.record("slds.jump.sentence_median", sentence.median())
ledger.record("slds.jump.token_median", chains.token_jumps().median())
ledger.record("slds.jump.stride_mean", sentence.mean())
ledger.record("slds.jump.stride_cv", sentence.std() / sentence.mean())
ledger.record("slds.jump.filter_removed", (sentence <= 10).mean())
ledger.record("slds.corpus.sentences_mean", counts.mean())
ledger.record("slds.corpus.transitions_per_chain", (states.lengths - 1).mean())
blurred = counts + np.random.default_rng(seed).uniform(-0.5, 0.5, len(counts))
ledger.record(
    "slds.corpus.sentences_bimodal", dip_excess(blurred.to_numpy(), seed=seed)
)
ledger.show()

# %% [markdown]
# What to take along:
#
# - A trajectory is a choice of site and position, and the length of its steps depends on that choice more than on
#   thought. Most boundary tokens are the same full stop, and their states lie close together for that reason.
# - A long step between sentences is no sign of a sentence. It must be compared with steps over as many tokens.
# - The paper's token curve is itself two-humped, with its upper hump as far out as the sentence curve: the median of
#   8.5 describes the lower hump alone.

# %% [markdown]
# ## Exercises
#
# ```{admonition} Exercise 1: how far apart are two random points?
# :class: tip
# Let states be drawn independently with covariance $\Sigma$. What is the root mean square of $\lVert \Delta h \rVert$?
# Compare it with the value for the states above. What does the comparison say about the order of sentences?
# ```
#
# ```{dropdown} Solution
# $\E \lVert h' - h \rVert^2 = 2 \Tr \Sigma$, so the root mean square is $\sqrt{2 \Tr \Sigma}$:
#
#     shuffled = dynamics.shuffle_chains(states, seed=0)
#     for traj in (states, shuffled):
#         print(np.sqrt((traj.increments() ** 2).sum(1).mean()), np.sqrt(2 * traj.states.var(0).sum()))
#
# For shuffled chains the two agree. For the real ones the step is shorter: neighbouring sentences lie closer than
# random ones, partly because they belong to one chain, and so to one question.
# ```
#
# ```{admonition} Exercise 2: the clock
# :class: tip
# Is the step between sentences longer where the sentence is longer? Plot the jump against the number of tokens of the
# sentence (`states.sentences["n_tokens"]`), at both positions.
# ```
#
# ```{dropdown} Solution
#     after = chains.trajectories(position="after")
#     for traj in (states, after):
#         rows = traj.sources() + 1
#         n_tokens = traj.sentences["n_tokens"].to_numpy()[rows]
#         print(np.corrcoef(np.log(n_tokens), np.linalg.norm(traj.increments(), axis=1))[0, 1])
#
# If states forgot their past within a few tokens, the correlation would vanish; a random walk would give steps that
# grow as the square root of the number of tokens.
# ```
#
# ```{admonition} Exercise 3: on your model
# :class: tip
# Run this page on another model: `lmphys run reasoning/trajectories --model PATH`, with the folder of any causal
# language model. Does the order of the four rows of the table survive?
# ```
