# %% [markdown]
# (canon)=
# # Who carries a word to its neighbour?
#
# A transformer lets every word look at all words before it, and choose. Most of what a word needs to know stands right
# beside it. Is a search among all words the way to see one's neighbour, or should there be a wire? We give small
# transformers a wire, train them on tasks whose answers are known exactly, and count.

# %% [markdown]
# Physics knows two kinds of coupling. In a crystal each spin feels its *neighbours*; in a mean-field magnet each feels
# *all others* alike. A transformer has only the second kind: attention mixes the {term}`states <hidden state>` of all
# earlier {term}`tokens <token>`, by weights that it computes from what they hold. Where a token stands it must be told
# in addition. *Rotary positions* do this: queries and keys are turned by an angle that grows with the place, so that
# their product depends on the distance. Without any (*no positions*) a token knows only which others came before.
#
# {cite:t}`allenzhu2025canon` adds the first kind, a {term}`Canon layer`:
#
# $$ h'_t = h_t + \sum_{j=0}^{3} w_j \odot h_{t-j} , $$ (eq-canon)
#
# with $h_t$ the features of token $t$, zeros before the first token, and $\odot$ the product feature by feature. The
# four vectors $w_j$ are learned, and there is neither a bias nor an activation. It can stand in four places of each
# block: **A** before attention, **B** on its queries, keys and values, **C** before the MLP, **D** inside the MLP.
#
# The paper says that this little wire makes a transformer without positions work where it otherwise fails, replaces a
# whole layer of attention in copying, and doubles to quadruples the number of steps that can be taken in thought. Its
# models are about a thousand times larger than ours, so we test what a small one can decide, and say what it cannot.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of the live training, test documents, splits and bootstrap
n_documents: int = 400  # test documents for each number of steps, and half as many lists
n_strings: int = 300  # test strings of the grammar
live_steps: int = 1000  # updates of the training that runs here
block: int = 2  # block after which states are read, of three
ranks: list[int] = [6, 31]  # two dimensions or more of the projection of these states, which have 32
n_regimes: int = 4  # regimes of the switching model
folders: list[str] = []  # trainings of your own on the world of cycles, shown beside those of the book

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import torch

from lmphys import book
from lmphys.pages import canon as analysis
from lmphys.pages.canon import figures, scores, taps, verdicts
from lmphys.training.recipes import RECIPES

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_documents, n_strings, live_steps = 80, 60, 40

# %% [markdown]
# ## A wire of four tokens
#
# Equation {eq}`eq-canon` has a name in signal processing: a causal convolution of length four beside the identity.
# It is *depth-wise*, which means that each feature is filtered alone. The sum computed by a convolution of `torch`, and
# by the Canon layer of this book:

# %%
torch.manual_seed(seed)
h, w = torch.randn(1, 12, 5), torch.rand(4, 5) - 0.5
by_hand = h + sum(w[j] * torch.nn.functional.pad(h, (0, 0, j, 0))[:, :12] for j in range(4))
print(f"largest difference: {(taps.convolved(h, w) - by_hand).abs().max():.1e}")

# %% [markdown]
# A state then reaches three tokens back for each Canon layer on its way, so it is short-ranged; what lies farther is left
# to attention. And it is cheap, but not for small models: the four places of a block of width $d$ cost about $40\,d$
# weights beside $12\,d^2$, which is 0.5 % at $d = 768$ and a fifth at $d = 16$. A fair race needs equal weights. So here
# the MLP of a model with Canon layers is narrower:

# %%
CYCLES = {
    verdicts.NONE: "hops-none", verdicts.NONE_CANON: "hops-none-canon",
    verdicts.ROTARY: "hops-rotary", verdicts.ROTARY_CANON: "hops-rotary-canon",
}
LISTS = {
    verdicts.PLAIN: "rotary", verdicts.CANON: "rotary-canon", verdicts.TWO: "two-rotary",
}
copying = {label: f"copying-{name}" for label, name in LISTS.items()}
varied = {label: f"copying-varied-{name}" for label, name in LISTS.items()}
analysis.costs(copying | CYCLES).round(1)

# %% [markdown]
# Equal weights, equal updates, equal documents. Not equal *seconds*: a step with Canon layers takes longer. And one
# learning rate for all kinds of a task; on cycles it is the one of three at which Canon layers did best (`lmphys train
# rates`), which favours them, as the paper takes the best of four for each kind. Each kind is trained several times, from
# other first weights and on other documents. An interval below holds both scatters, over test documents and between
# trainings.
#
# ## Copying
#
# The first task: *w7 w3 w9 : w7 w3 w9*. Up to 24 different words of 50 are listed, and written once more. Only the
# copy counts. How would a transformer do it? In the copy, at *w3*, it has to find *w3* in the list and then take the word
# *after* it. One search finds a place by what stands there. But the place wanted holds *w9*, which is not known yet. It
# takes two moves: first every word is told which word stands before it, then the search asks for "the one before whom
# *w3* stands". Two layers of attention can do this. One Canon layer and one layer of attention should, too.
#
# There is a way around. If all lists have the same length, the wanted word always stands at the *same distance*, and
# rotary positions can search for a distance. So we ask for lists of exactly 24 words (the paper copies 500), and for lists
# of 12 to 24, where no one distance will do.
#
# What would one score who understood nothing? Naming any word of the list that has not been copied yet is right with
# $1/n$ at the first word and surely at the last: the {term}`control` is the harmonic number over $n$.
#
# Here is one layer with Canon layers, learning live on lists of 12 to 24 words:

# %%
lists = {
    "24 words": scores.lists(RECIPES["copying-rotary"].options, n_documents // 2, seed),
    "12 to 24 words": scores.lists(RECIPES["copying-varied-rotary"].options, n_documents // 2, seed),
}
lengths = {kind: np.array([mask.sum() for _, mask in some]) for kind, some in lists.items()}
recipe = analysis.shortened(RECIPES["copying-varied-rotary-canon"], live_steps, seed + 100)
losses, learned = analysis.learn(recipe, lists["12 to 24 words"], seed=seed)
learned.tail(3)

# %% mystnb={"figure": {"name": "fig-canon-live", "caption": "One rotary layer with Canon layers learns to copy, live. Left: loss; dotted is what one pays who knows only which words are left. Right: accuracy on unseen lists, the band is a 95 % interval over lists; dotted is the guess at a word that is left."}} tags=["hide-input"]
figures.live(losses, learned, lengths["12 to 24 words"]);

# %% [markdown]
# And the transformers that come with the book:

# %%
kinds = {"24 words": scores.specs(copying), "12 to 24 words": scores.specs(varied)}
copied = {
    kind: scores.accuracy(kinds[kind], {kind: some})[kind] for kind, some in lists.items()
}
pd.concat({kind: analysis.accuracies(found, seed=seed) for kind, found in copied.items()}).round(1)

# %% mystnb={"figure": {"name": "fig-canon-place", "caption": "Accuracy against the place in the copy. Left: all lists have 24 words, so that one distance tells where to look. Right: 12 to 24 words. Dotted: naming any word that is not yet copied, the control."}} tags=["hide-input"]
places = {kind: scores.accuracy_by_place(kinds[kind], some) for kind, some in lists.items()}
figures.by_place(places, lengths);

# %% [markdown]
# Read both panels against each other. On the left a layer may count; on the right it must read.
#
# ## Walking along a cycle
#
# The second task needs several moves by design. A document tells a cycle as shuffled edges, *a > b . c > a . b > c .*,
# and then asks *? k2 a : c*: two steps from *a* lead to *c*. The paper calls it Depo and goes to 16 steps and cycles of
# 375; ours have at most 5 vertices and 2 steps. Without positions and without the wire a token can hardly tell where an
# edge begins: *a > b* and *b > a* hold the same tokens.
#
# Two traps of a small world. A question asked for the second time can be looked up, as the answer stands in the text, and
# a cycle of five has only ten questions:

# %%
print("asked before, question 1 to 10:", analysis.asked_before(5, 2, 10).round(2))

# %% [markdown]
# so we test with the *first* question alone, on cycles that no training has seen. And chance is not one of 50 names, nor
# of 5: a step never leads back to its start, so an even guess scores $1/(n-1)$, 25 % here.

# %%
random = {
    verdicts.RANDOM: "hops-none", verdicts.RANDOM_CANON: "hops-none-canon",
}
walkers = scores.specs(CYCLES | {verdicts.AC: "hops-none-AC"})
untrained = {
    label: [f"random:{spec}" for spec in scores.specs({"": name})[""]] for label, name in random.items()
}
questions = {
    hops: scores.cycles(RECIPES["hops-none"].options, hops, n_documents, seed) for hops in (1, 2)
}
walked = scores.accuracy(walkers | untrained, questions)
pd.concat({hops: analysis.accuracies(walked[hops], seed=seed) for hops in walked}, names=["steps"]).round(1)

# %% mystnb={"figure": {"name": "fig-canon-walks", "caption": "Share of right answers after one step and two, on unseen cycles of five. Circles: mean over trainings, with 95 % intervals over documents and trainings; bars: each training. Dotted: an even guess."}} tags=["hide-input"]
figures.walks(walked, 5);

# %% [markdown]
# Random weights are the control that keeps everything but the learning: same wires, same words.
#
# ### A staircase
#
# Does the skill come bit by bit, or step by step? The loss has exact plateaus to compare with. Who knows the vertices, but
# no way among them, pays $\ln(n-1)$ on average over the sizes. Who knows one step and guesses the other pays half of what
# is left. (Answers that were given before may push a loss below its plateau.)

# %% mystnb={"figure": {"name": "fig-canon-staircase", "caption": "Loss on fresh documents against updates, one line a training. Dotted: exact losses of one who can walk 0, 1 or 2 numbers of steps and guesses evenly otherwise. A line that lingers at a dotted one has learned one thing and not yet the next."}} tags=["hide-input"]
figures.staircase(analysis.loss_curves(CYCLES), analysis.plateaus(5, 2));

# %% [markdown]
# ### What the wires have become
#
# The weights $w_j$ start as random numbers between $-\tfrac12$ and $\tfrac12$. Which of them have grown?

# %% mystnb={"figure": {"name": "fig-canon-taps", "caption": "Size of the learned weights of Canon layers (root mean square over features, mean over trainings), by block, place in it and number of tokens back; in units of the size before training. No positions, walking along cycles."}} tags=["hide-input"]
figures.taps(analysis.learned_taps(walkers[verdicts.NONE_CANON]), taps.initial_size());

# %% [markdown]
# A number above 1 is a weight that has grown. In *a > b* the vertex *b* stands two tokens after *a*, the mark one after.
#
# ## A grammar
#
# The third task is to write strings of a grammar. Their exact law is known, so a loss can be measured from its floor. Only
# the pair without positions is asked here, on the same strings:

# %%
GRAMMAR = {verdicts.NONE: "grammar-none", verdicts.NONE_CANON: "grammar-canon"}
beyond = analysis.excess(scores.specs(GRAMMAR), n_strings, seed)
pd.DataFrame({label: pd.Series(each.mean(axis=1)) for label, each in beyond.items()}).round(4)

# %% [markdown]
# Nats per token beyond the exact law, a row a training.
#
# ## The cleverest fool
#
# The paper's last task is arithmetic: the value, modulo 23, of an expression in prefix notation. There its transformer
# without positions and without Canon layers scores about 7 %, which is more than the $1/23 = 4.3\,\%$ of an even
# guess. Has it learned a little arithmetic? The law of the value follows from a recursion. Since a product with 0 is
# 0, the values are not evenly distributed. The best *constant* answer to an expression of $n$ operations scores

# %%
table = {n: analysis.constant_guess(n) for n in (1, 5, 10, 13, 16, 40)}
pd.Series(table, name="constant answer, %").rename_axis("operations").to_frame().round(2)

# %% [markdown]
# Set the paper's numbers beside these before believing in any arithmetic. They stand in the ledger below. A control is
# worth most where it is exact.
#
# ## Do regimes follow the parts?
#
# Now this book's own question. In {ref}`the pages on reasoning <trajectories>` a switching model looks for
# {term}`regimes <regime>` in the states of a text, and nobody knows the true ones. Here they are known by
# construction: a name in a document is where an edge begins (*from*), where it ends (*to*), *asked*, or an *answer*. It
# is the same word in all four parts. Does the model find the parts in the states of a trained transformer (the first
# without positions and with Canon layers)? Two controls:
# the place in the document, which tells much (labels exchanged between documents at the same place), and the same
# transformer with random weights, whose wires also carry a mark to the name beside it.

# %%
settings = {"n_regimes": n_regimes, "n_permutations": 99 if smoke else 199}
found = {
    rank: analysis.trained_and_random(
        walkers[verdicts.NONE_CANON][0], RECIPES["hops-none"].options, n_documents // 4,
        block=block, seed=seed, rank=rank, **settings,
    )
    for rank in ranks
}
pd.concat({rank: analysis.side_by_side(each) for rank, each in found.items()}, names=["directions"])

# %% [markdown]
# `nmi` is the {term}`normalised mutual information`, `place` what it is with labels exchanged at the same place, and `gain`
# what the regimes add to the $R^2$ of the next state, forecast from those before it. The rows *hops* ask for the
# number of steps that a question asks for, which no place tells. And `told` asks whether the parts *could* be found in
# these coordinates: it is the share, in percent, that a linear reader names who was given the true parts of other
# documents. Where it is high and `nmi` is low, the parts are there, and the regimes follow something else.
#
# ## Verdict
#
# The claims were fixed before any accuracy was computed. Two things were added after numbers had been seen, as second
# definitions. The loss of a first training showed that one layer without Canon layers copies lists of *one* length: so lists
# of several lengths came in. And 6 directions of the states of a first transformer told a linear reader nothing: so nearly
# all came in. The numbers of steps are compared at 2 at most, which cannot decide *how much* deeper a transformer walks.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("synthetic/canon", model=model, profile=profile)
ledger.record_all(verdicts.copying_entries(copied, lengths, analysis.updates([*copying.values(), *varied.values()])))
ledger.record_all(verdicts.walking_entries(walked, 5))
ledger.record_all([*verdicts.guessing_entries(), verdicts.grammar_entry(beyond), verdicts.regime_entry(found)])
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "One layer with Canon layers copies better than one without by {canon.copying.gain} points "
    "({canon.copying.gain:paper} in the paper): *{canon.copying.gain:verdict}*. Without positions they are worth "
    "{canon.hops.one} points on one step along a cycle (*{canon.hops.one:verdict}*) and {canon.hops.two} on two "
    "(*{canon.hops.two:verdict}*). On a grammar they change the loss by {canon.grammar.rescue} nats per token "
    "(*{canon.grammar.rescue:verdict}*). The paper's arithmetic without them is a constant answer: "
    "*{canon.constant.l10:verdict}*, *{canon.constant.l13:verdict}*, *{canon.constant.l16:verdict}*. That "
    "regimes follow the parts of names is *{canon.regimes.role:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - Short-range and long-range coupling are different tools. Before adding layers, ask what has to travel, and how far.
# - Vary what a shortcut would use: the length of lists, questions that come twice, the law of the answers.
# - Compare at equal weights. In a small model a cheap part is not cheap.
# - The best constant answer is the first control of any test with one answer, and it can often be computed exactly.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How far does the wire reach?
# :label: canon-reach
#
# Attention is switched off. How many tokens back can the last state of a transformer of three blocks look, with Canon
# layers in C alone, and in C and D? Why would A and B not help then? First think, then push the first token and see.
# ```
#
# ```{solution-start} canon-reach
# :class: dropdown
# ```
#
# Three tokens for each Canon layer in series: 3 in each block with C, 6 with C and D. A and B act on what attention
# reads, and without attention nothing comes from there; with it they add up to six more in each block.

# %% tags=["solution"]
for letters in ("C", "CD", "ABCD"):
    reached = [analysis.reach(letters, blocks) for blocks in (1, 2, 3)]
    print(f"{letters}: {reached} tokens with 1, 2, 3 blocks")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The price of a wire
# :label: canon-price
#
# Canon layers in all four places of a plain MLP four times as wide cost $36\,d$ weights a block. Beside $12\,d^2$ of the
# rest, from which width on are they below half a percent? Why did the MLP of the smallest model here have to give up
# more than a quarter of its width?
# ```
#
# ```{solution-start} canon-price
# :class: dropdown
# ```
#
# The share is $3/d$, below 0.005 for $d > 600$. At $d = 16$ it is a fifth. With a gated MLP, 8/3 as wide but with two
# branches before the activation, it is a little more:

# %% tags=["solution"]
for width in (16, 32, 96, 768, 2048):
    gated = 4 * (1 + 3 + 1 + 16 / 3) * width / (4 * width**2 + 8 * width**2)
    print(f"width {width}: plain {100 * 3 / width:.2f} %, gated {100 * gated:.2f} %")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Longer walks, and your own
# :label: canon-own
#
# Train a transformer without positions and one with Canon layers on longer cycles. From which number of steps on does each
# fall to an even guess?
# ```
#
# ```{solution-start} canon-own
# :class: dropdown
# ```
#
# `lmphys train long-hops-none-canon --into runs/mine` takes hours on two cores and minutes on a GPU; `--steps` shortens
# it. Then `lmphys run synthetic/canon --set 'folders=["runs/mine"]'`. Any recipe named *hops* will do; the table has a row
# for each number of steps, on the largest cycles of its world:

# %% tags=["solution"]
if not folders:
    print("no folders were given in this run")
analysis.own_trainings(folders, n_documents, seed)

# %% [markdown]
# ```{solution-end}
# ```
