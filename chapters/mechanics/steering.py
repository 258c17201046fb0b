# %% [markdown]
# (steering)=
# # Can one push a thought?
#
# A language model is about to say one thing, and we would like it to say another. We may write into its {term}`hidden state`
# while it thinks: add a vector in the middle of the network and see what comes out. {cite:t}`tomaz2025` do so with a
# *minimal perturbation of the hidden states that favours a target token*, which they call Jacobian steering. In two models
# the energy of {ref}`the page before <conservation>` is reported to stay nearly constant, and the continuations to be rated
# *higher* in semantic quality than natural ones. **How hard must one push, what else moves, and is the result any good?**
#
# **What we could not read.** Only the abstract and summaries were open to us: no formula of the push, no names of the two
# models, no raters. So this page takes the words at face value. The push is the shortest that makes the target more
# probable by a stated amount; the energies are C1 to C4 of that page; the rating is a fixed number, defined below before
# anything is read. It is a test of the claims in words, not a replication. Anomaly detection, another use that the paper
# names, is {ref}`on the page before <conservation>`.
#
# Two pictures help. For a physicist: a **push** moves a particle, and an **external field** tilts the energy of one state
# of a system and moves nothing else. For an engineer: one gradient and one hook, against adding a number to one
# {term}`logit`. Both raise the same probability, and a theorem says which of the two is cheaper.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, reasoner, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of places, directions, random numbers and intervals
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
gain: float = 2.0  # nats that log p of the target is to gain
depth: float = 0.5  # where the state is pushed, as a share of the blocks
n_places: int = 32  # questions with a place to steer at
n_contrast: int = 16  # other questions, for the contrast of activations
max_tokens: int = 60  # tokens of each chain that are read
words: list[str] = []  # targets, one token each; none: those frequent in the other questions
n_examples: int = 5  # times that such a token must occur there
n_layers: int = 5  # layers at which the gradient is tried
n_written: int = 20  # tokens of each continuation

# %% tags=["hide-input"]
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, lm, mechanics
from lmphys.pages import steering as analysis
from lmphys.pages.steering.continuations import Start
from lmphys.pages.steering.steering import Steered
from lmphys.thermo.heating import repeated

book.use_style()
BLUE, RED, GREEN = book.style.BLUE, book.style.VERMILION, book.style.GREEN
smoke = profile == "smoke"
if smoke:
    n_places, n_contrast, n_layers = min(n_places, 5), min(n_contrast, 5), min(n_layers, 2)
    max_tokens, n_written, n_examples = min(max_tokens, 44), min(n_written, 6), min(n_examples, 3)

# %% [markdown]
# ## Push and field
#
# At its end a network is simple. The last state $h$ goes through a table $W$ to logits $z = W h$, and $p$ is their
# softmax. The slope of the target's log-probability is
#
# $$ g = \nabla_h \log p_t = W^\top (e_t - p) , \qquad d = a \, g / \norm{g}^2 , $$ (eq-push)
#
# the row of the target minus the mean row. The step $d$ is the shortest that gains $a$ nats *if* the slope stayed as it
# is. It does not: $\log p_t$ is a **concave** function of $h$, so that the slope can only fall and the step never gives
# more than was asked. Concavity has a second use. The states in which $\log p_t \ge c$ form a **convex** set, and from a
# point to a convex set there is exactly one shortest way. It is found by walking to the tangent plane, taking the
# plane anew there, and so on. Every plane also bounds the answer from below, so that the solver proves its own result.
# (A few models squash their logits afterwards. Then nothing is concave for certain, and the bound is no proof.)
#
# A toy with five words and a state of two numbers shows all of it.

# %% mystnb={"figure": {"name": "fig-steering-toy", "caption": "A model of five words (their vectors: diamonds) with a state of two numbers. Lines: states of equal probability of the target. The shaded set, where it has gained what was asked, is convex. Dashed arrow: the gradient step, which falls short. Solid arrow: the shortest push, which meets the border at a right angle."}} tags=["hide-input"]
toy = torch.tensor([[1.6, 1.2], [1.9, -0.4], [-0.2, 1.7], [-1.0, 0.6], [0.3, -1.4]], dtype=torch.float64)


def toy_p(h):
    """Log-probability of the first word."""
    return (h @ toy.T).log_softmax(-1)[:, 0]


here = torch.tensor([[1.5, -1.9]], dtype=torch.float64)
way = analysis.minimal_push(toy_p, here, 3.0, tolerance=1e-6)
x, y = np.meshgrid(np.linspace(-1.8, 4.4, 181), np.linspace(-2.3, 2.6, 181))
z = toy_p(torch.tensor(np.stack([x.ravel(), y.ravel()], 1))).reshape(x.shape)
figure, ax = plt.subplots(figsize=(6.6, 5))
ax.contourf(x, y, z, levels=[float(toy_p(here)) + 3, 0], colors=[BLUE], alpha=0.18)
lines = ax.contour(x, y, z.exp(), levels=[0.001, 0.01, 0.1, 0.3, 0.6, 0.9], colors="#777777", linewidths=0.8)
ax.clabel(lines, fontsize=9, fmt="%g")
arrow = {"arrowstyle": "->", "color": RED, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
for step, style, label, shift in ((way.first, "--", "gradient step", (8, -22)), (way.step, "-", "shortest push", (-6, 6))):
    end = (here + step)[0]
    ax.annotate("", end, here[0], arrowprops=arrow | {"ls": style})
    ax.annotate(label, end, xytext=shift, textcoords="offset points", fontsize=10)
ax.plot(*toy.T, "D", color="black", ms=5)
ax.annotate("target", toy[0], xytext=(6, 4), textcoords="offset points", fontsize=10)
ax.set(xlabel="first number of the state", ylabel="second number", aspect="equal");

# %% [markdown]
# The other way needs no state at all. Add $b$ to one logit, $z_t \to z_t + b$: to a physicist a field that couples to
# "the next word is $t$". Let $p'_t = e^a p_t$ be what it makes of $p_t$. Among **all** distributions $q$ with $q_t = p'_t$
# this one is closest to $p$, since for every one of them
#
# $$ \mathrm{KL}(q \,\Vert\, p) = \underbrace{p'_t \ln \frac{p'_t}{p_t} + (1 - p'_t) \ln \frac{1 - p'_t}{1 - p_t}}_{\text{floor}}
#    + (1 - p'_t) \, \mathrm{KL}(q_{\ne t} \,\Vert\, p_{\ne t}) , $$ (eq-floor)
#
# and the bias leaves the other words as they are among themselves, which makes the second term zero {cite}`csiszar1975`. So
# no push of any state is ever cheaper than one number added to one logit. **The second term is the figure of merit of this
# page: what a push stirs up beyond what was asked.**
#
# ## Places and targets
#
# The rule is blind. Some of the questions serve to find target words, those of letters alone that occur there often
# enough, and the contrast of {ref}`the rivals <steering-rivals>`. In a chain of each other question one
# place and one target are drawn at random where the target is neither the most probable word nor the one that follows,
# lies at most 5 nats below the former, and has room to gain $a$ nats. (Where fewer than half of the chains have such a
# place, the 5 nats become 10, or 20. They were added after a first run on the small profile, in which most targets stayed
# improbable after the gain.) The model is loaded in float32 whatever the chains were sampled in: three digits are too
# few for gradients.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
chains = corpus.build_corpus(spec)
reader = lm.LanguageModel(model, dtype="float32")
rows = mechanics.chosen_chains(chains, n_places + n_contrast, seed=seed)
cut = min(n_contrast, len(rows) // 2)
asked, texts = mechanics.chain_texts(reader, chains, rows, max_tokens)
starts = [len(question) for question in asked[cut:]]
past = analysis.Past(reader, [(*q, *t) for q, t in zip(asked[cut:], texts[cut:], strict=True)])
paths = past.paths(starts)
head = analysis.head_of(reader)
if words:
    candidates = [analysis.token_id(reader, word) for word in words]
else:
    candidates = analysis.frequent_words(reader, texts[:cut], n_examples)
places = analysis.choose_places(paths, head, candidates, gain, seed=seed)
contexts = analysis.Contexts(past, places.text, places.ends(starts))
target = places.target
decode = reader.tokenizer.decode
print(f"{len(candidates)} words may be targets; {len(places)} of {len(texts) - cut} chains have a place")
print(f"targets lie at most {places.gap:g} nats below the most probable word")

# %%
layer = round(depth * reader.n_layers)
layers = {layer, *np.linspace(0, reader.n_layers, n_layers).round().astype(int).tolist()}
slopes = analysis.gradients(contexts, target, sorted(layers))
states = contexts.read().states[:, 0].detach()
before = analysis.target_log_p(slopes.log_p, target)
pd.DataFrame(
    {
        "text up to the place": ["… " + decode(text[-9:]) for text in contexts.texts],
        "target": [decode([t]) for t in target],
        "rank": places.rank,
        "p": before.exp(),
        "p after the gain": (before + gain).exp(),
    }
).head(8)

# %% [markdown]
# ## The last state: a convex problem, solved
#
# First the state after the last normalisation, where {eq}`eq-push` holds to the letter. Nothing but the head reads this
# state: it is not kept for later tokens. Pushing it is therefore **another tilt of one distribution**, by $W d$ instead of by
# $b$ at $t$ alone, and nothing else. Asked for: the gain of the parameter cell.

# %%
shortest = analysis.minimal_push(lambda h: analysis.target_log_p(head(h), target), states, gain)
with torch.no_grad():
    log_q = head(states + shortest.step)
    one_step = analysis.target_log_p(head(states + shortest.first), target) - before
length = shortest.step.norm(dim=1)
table = pd.DataFrame(
    {
        "gain of one step, nats": one_step,
        "gain of the shortest push, nats": shortest.gain,
        "its length over that of one step": length / shortest.first.norm(dim=1),
        "its length over that of the state": length / states.norm(dim=1),
        "length over its proven lower bound": length / shortest.floor,
    }
)
table.describe().loc[["mean", "min", "max"]].T

# %% [markdown]
# The second row is what was asked, and the last row the proof: near 1, nothing shorter exists. One gradient step is
# short by the curvature of the softmax.
#
# ## Through the network
#
# The middle of the network is another matter. $\log p_t$ is no concave function of the state of a block, and nobody knows the
# shortest push. What is left is the direction of the gradient and a search for the strength. The gradient of every layer
# comes from one pass back. Only the token at the place is read anew: what stands before it does not see it.
#
# If the network were linear between layer and output, the step of {eq}`eq-push` would gain what was asked.

# %%
by_layer = analysis.sweep(contexts, target, slopes, gain)
mean_by_layer = analysis.means(by_layer, ["first", "longer", "push", "rest"], seed=seed)
shown = mean_by_layer.xs("value", axis=1, level=1)
shown.assign(reached=by_layer["longer"].notna().groupby("layer").mean()).round(3)

# %% mystnb={"figure": {"name": "fig-steering-layers", "caption": "Gain of the gradient step by the layer that is pushed; 0 is before the first block, the last before the final normalisation. Dashed: what was asked, and what a linear network would give. Dots: single places; squares: means with 95 % intervals over questions. Right: length of the push that does have the gain, over that of the state."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
rng = np.random.default_rng(0)
for ax, column, colour in ((axes[0], "first", BLUE), (axes[1], "push", RED)):
    at = by_layer.index.get_level_values("layer").to_numpy()
    ax.plot(at + rng.uniform(-0.3, 0.3, len(at)), by_layer[column], ".", color=colour, alpha=0.35)
    m = mean_by_layer[column]
    ax.vlines(m.index, m.low, m.high, color="black")
    ax.plot(m.index, m.value, "s-", color=colour, mec="black")
    ax.set_xlabel("layer")
axes[0].axhline(gain, color="#222222", ls="--", lw=1)
axes[0].annotate("asked", (0, gain), xytext=(0, 4), textcoords="offset points", fontsize=10)
axes[0].set_ylabel("gain of the gradient step, nats")
low = min(-1.0, np.nanquantile(by_layer["first"], 0.02))
axes[0].set_ylim(low, max(1.6 * gain, np.nanquantile(by_layer["first"], 0.98)))
axes[1].set(ylabel="push over state", yscale="log");

# %% [markdown]
# (steering-rivals)=
# ## Rivals at equal gain
#
# Five ways to the same end, compared where they gain equally.
#
# - **logit bias**: the field, the floor of {eq}`eq-floor`;
# - **last state**: the shortest push after the last normalisation;
# - **gradient**: the state of one block, along the gradient; *Jacobian steering* as this page reads it;
# - **contrast**: the same block, along the mean state before the target minus the mean state before other words, taken from
#   other questions. This is {term}`contrastive activation addition` {cite}`rimsky2023`, which came from adding the
#   difference of two prompts {cite}`turner2023`. It knows what precedes the word in general, not at this place, and from
#   as few examples as `n_examples` its direction is noisy;
# - **random**: the same block, as far as the gradient's push, in a random direction. Two directions in $D$ dimensions
#   have a cosine of about $1 / \sqrt D$: it cannot have the gain, and is shown at equal length.

# %%
kinds = sorted(set(target.tolist()))
found = analysis.contrast(reader, asked[:cut], texts[:cut], kinds, layer)
directions = torch.stack([found[t] for t in target.tolist()])
ways = {
    "logit bias": Steered(analysis.logit_bias(slopes.log_p, target, gain)),
    "last state": Steered(log_q, last_step=shortest.step),
    "gradient": analysis.steer(contexts, target, slopes, layer, gain),
    "contrast": analysis.steer(contexts, target, slopes, layer, gain, directions=directions),
}
ways["random"] = analysis.steer_at_random(contexts, ways["gradient"], seed=seed)
costs = analysis.cost_table(slopes, states, target, ways)
mean_costs = analysis.means(costs, ["gain", "kl", "floor", "rest", "push"], seed=seed)
mean_costs.xs("value", axis=1, level=1).assign(places=mean_costs["places"]).round(3)

# %% mystnb={"figure": {"name": "fig-steering-rivals", "caption": "Five ways to raise the target. Left: what it gains. Right: KL divergence of the next-token distribution from the unsteered one; the dashed line is the floor that any way with this gain must pay, and that the logit bias reaches. Dots: single places; squares: means with 95 % intervals over questions, each over the places that the way reaches. The random direction is as long as the gradient's push."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.7), sharey=True, layout="constrained")
for ax, column, colour in ((axes[0], "gain", BLUE), (axes[1], "kl", RED)):
    for i, name in enumerate(ways):
        values = costs.loc[name, column].to_numpy()
        ax.plot(values, i + rng.uniform(-0.22, 0.22, len(values)), ".", color=colour, alpha=0.35)
    m = mean_costs[column]
    ax.hlines(range(len(m)), m.low, m.high, color="black")
    ax.plot(m.value, range(len(m)), "s", color=colour, mec="black")
axes[0].axvline(gain, color="#222222", ls="--", lw=1)
axes[1].axvline(mean_costs.loc["logit bias", ("floor", "value")], color="#222222", ls="--", lw=1)
axes[0].set_yticks(range(len(ways)), list(ways))
axes[0].invert_yaxis()
axes[0].set_xlabel("gain of log p of the target, nats")
axes[1].set_xlabel("KL from unsteered, nats");

# %%
pairs = costs["kl"].unstack("way").dropna(subset=["gradient", "contrast"])
difference = pairs["gradient"] - pairs["contrast"]
apart = analysis.mean_over_places(difference, seed=seed)
cheaper = f"the gradient costs less at {(difference < 0).sum()} of the {len(pairs)} places that both reach"
print(f"KL, gradient minus contrast: {apart.value:.3f} [{apart.low:.3f}, {apart.high:.3f}]; {cheaper}")

# %% [markdown]
# ## Energy before and after
#
# Now the claim of mechanics. Steering means that the target gets written, so we write it and take the two steps that touch
# the place: the step **in**, from the token before, and the step **out**, to the state at the target. The push changes three
# things: the state at the place, the state at the target (through what the pushed token leaves behind), and
# $\log \mathrm{PP}$ of the step out, which falls by the gain, *by construction*. For a particle the kinetic energy would
# have to take that up.
#
# What to expect of the ways that move no state that is read again: under a **logit bias** both kinetic terms stay, so that
# the energy C1 falls by exactly $a$. That is the control. If a push keeps the energy *because of mechanics*, it must do
# better. The yardstick is the difference between the energies of one token and the next in the unsteered chains.

# %%
base = analysis.passage(contexts, places, paths, Steered(slopes.log_p))
after = {name: analysis.passage(contexts, places, paths, way) for name, way in ways.items()}
changes = pd.concat(
    {name: analysis.energy_changes(base, a, paths, places, seed=seed) for name, a in after.items()},
    names=["way"],
)
table = changes.xs("C1", level="energy")["change"].unstack("step").loc[list(ways)]
for name, a in after.items():
    taken = analysis.mean_over_places((a.kinetic - base.kinetic)[:, 1], seed=seed)
    table.loc[name, ["kinetic, out", "low", "high"]] = np.array(taken, dtype=float)
table.round(3)

# %% mystnb={"figure": {"name": "fig-steering-energy", "caption": "Mean size of the change of energy C1 by a push, over the mean size of the difference between successive tokens in unsteered chains (dashed line at 1). Circles: the step into the place; squares: the step out of it, to the target. Lines through the marks: 95 % intervals over questions."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.4))
for shift, mark, colour, step in ((-0.14, "o", GREEN, "in"), (0.14, "s", BLUE, "out")):
    part = changes.xs(("C1", step), level=("energy", "step")).loc[list(ways)]
    at = np.arange(len(part)) + shift
    ax.hlines(at, part.low, part.high, color=colour)
    ax.plot(part.ratio, at, mark, color=colour, label=f"step {step}")
ax.axvline(1, color="#222222", ls="--", lw=1)
ax.set_yticks(range(len(ways)), list(ways))
ax.invert_yaxis()
ax.set(xlabel="change of the energy over its natural difference", xlim=(-0.03, None))
ax.legend(loc=(0.24, 0.6));

# %% [markdown]
# The same ratio at the step out, for all four candidates. C3 and C4 take the logarithm of the kinetic term, C2 has the
# perplexity itself. The last column is another reading, kinder to the claim: the chain goes on with *its own* next
# word, as if nothing had happened, and C1 is compared there. Nothing falls by construction then. A way that hardly
# touches the other words changes little by necessity, so look at the bias again before crediting mechanics.

# %%
own_word = places.following(paths.tokens)
calm = analysis.passage(contexts, places, paths, Steered(slopes.log_p), tokens=own_word)
table = changes.xs("out", level="step")["ratio"].unstack("energy").loc[list(ways)]
for name, w in ways.items():
    moved = analysis.passage(contexts, places, paths, w, tokens=own_word)
    found = analysis.energy_changes(calm, moved, paths, places, seed=seed)
    table.loc[name, "C1, own word"] = found.loc[("C1", "out"), "ratio"]
table.round(3)

# %% [markdown]
# ## Continuations
#
# A push on the last state, like a bias, ends with its token. A push in the middle leaves a **trace**: the keys and
# values of the pushed token, which every later token may look at. If steering does more than to choose a word, it does it
# there. So let the target be written and the model go on, once per place, with **the same random numbers** in all of:
#
# - *natural*: no push, and the first word is drawn as well;
# - *forced*: the target is simply written, without any push. A bias that had its way gives the same text, token for token;
# - *gradient*, *contrast*, *random*: the target is written, and the trace of the push stays.
#
# Quality is a number that no rater can bend: **{term}`relevance`**, how much more probable the continuation is after its own
# question and text than after those of another question,
#
# $$ R = \frac1n \left[ \log P(y_1 \dots y_n \mid \text{own}) - \log P(y_1 \dots y_n \mid \text{another}) \right] , $$ (eq-relevance)
#
# in nats per token, by the *unsteered* model. Text that could stand anywhere scores 0, however fluent. Its limits: the judge is
# the model that wrote; repeating the question counts as relevant; whether it is *right* is not asked.

# %%
sampling = lm.Sampling(**{**vars(chains.spec.sampling), "max_tokens": n_written})
partner = analysis.derangement(len(contexts), seed=seed)
begin = {"natural": Start(), "forced": Start(target)}
begin |= {name: Start(target, ways[name]) for name in ("gradient", "contrast", "random")}
written = analysis.continue_texts(contexts, begin, sampling, seed=seed)
print(f"{sum(len(c.tokens) for w in written.values() for c in w):,} tokens written")

# %%
scores = analysis.quality(contexts, written, partner)
scores["repeated"] = [repeated(c.tokens.tolist(), 3) for w in written.values() for c in w]
scores.groupby("way", sort=False).mean().round(3)

# %% [markdown]
# Against the natural text. A text may end at once, and a single token can be worth twenty nats. So beside the mean over
# places, which the row of the ledger is about, stand two numbers that one place cannot move: the median, and the
# difference *pooled* over all tokens.

# %%
gains = analysis.quality_gains(scores, "natural", seed=seed)
gains.round(3)

# %% mystnb={"figure": {"name": "fig-steering-quality", "caption": "Relevance of a continuation minus that of the natural one at the same place. Right of the dashed line: better than natural. Dots: single places, those beyond the left edge as triangles on it; squares: means with 95 % intervals over questions. The forced word is the control: no state was touched."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.2))
edge = -5
for i, (name, row) in enumerate(gains.iterrows()):
    x = scores.loc[name, "relevance"] - scores.loc["natural", "relevance"]
    at = pd.Series(i + rng.uniform(-0.2, 0.2, len(x)), x.index)
    for which, mark in ((x > edge, "."), (x <= edge, "<")):
        ax.plot(x[which].clip(edge), at[which], mark, color=BLUE, alpha=0.4)
    ax.hlines(i, max(edge, row.low), row.high, color="black")
    ax.plot(row["mean"], i, "s", color=BLUE, mec="black")
ax.axvline(0, color="#222222", ls="--", lw=1)
ax.set_yticks(range(len(gains)), gains.index)
ax.invert_yaxis()
ax.set(xlabel="relevance minus natural, nats per token", xlim=(edge - 0.2, None));

# %% [markdown]
# What the trace alone does is the difference to the forced word, which shares its first token and all random numbers.

# %%
forced = {c.context: c.tokens.tolist() for c in written["forced"]}
trace = analysis.quality_gains(scores, "forced", seed=seed).drop("natural")
for name in trace.index:
    equal = [c.tokens.tolist() == forced[c.context] for c in written[name]]
    trace.loc[name, "same text"] = np.mean(equal)
trace.round(3)

# %%
sample = pd.DataFrame({n: {c.context: decode(c.tokens) for c in w} for n, w in written.items() if w})
sample.insert(0, "after", ["… " + decode(text[-9:]) for text in contexts.texts])
sample.reindex(columns=["after", "natural", "forced", "gradient"]).head(3)

# %% [markdown]
# And the energy along these texts, from the place on, by the model with the push in its memory: mean, standard deviation
# and coefficient of variation within texts, of C1. The last row is the control once more: what a *bias* of the same
# gain writes where it has its way is the forced text, with the potential of one token lowered.

# %%
one = {name: w for name, w in written.items() if w}
one["logit bias"] = [
    replace(c, log_p=c.log_p + gain * (np.arange(len(c.log_p)) == 0)) for c in written["forced"]
]
along = {n: mechanics.steadiness(analysis.as_paths(contexts, w)).loc["C1"] for n, w in one.items()}
pd.DataFrame(along).T[["mean", "sd", "variation"]].round(3)

# %% [markdown]
# ## Verdict
#
# Three rows, written before the page ran. *Minimal*: the gradient's push against the contrast's in the same layer, paired
# over places, by the divergence from the unsteered distribution; that a push cannot beat the logit bias is a theorem and
# no finding. *Energy*: the step out, against the natural difference and against the bias. *Quality*: relevance against
# natural and against the forced word, over the whole continuation; remarks have it without the first token.
#
# Two things were changed after first runs: the targets' distance of 5 nats, and the numbers of places and tokens. Runs with
# 18 and 20 places had disagreed about the first row, which a few costly places decide. So read its remark, at how many
# places the gradient is the cheaper way, beside its verdict.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("mechanics/steering", model=model, profile=profile)


def judge(claim, value, low, high, controls, note):
    """Record a row, or say that the gain was reached at too few places."""
    if np.isfinite([value, low, high, *controls.values()]).all():
        ledger.record(claim, Interval(value, low, high), controls=controls, note=note)
    else:
        print(f"{claim}: fewer than two places to compare; no verdict")


paired = pairs.mean()
judge(
    "mechanics.steering.minimal", *map(float, apart), {"contrast": 0.0},
    f"layer {layer}; {cheaper}; mean KL there: "
    + ", ".join(f"{n} {paired[n]:.3g}" for n in ("logit bias", "last state", "gradient", "contrast")),
)
c1 = changes.xs(("C1", "out"), level=("energy", "step"))["ratio"]
r = changes.loc[("gradient", "C1", "out")]
judge(
    "mechanics.steering.energy", r.ratio, r.low, r.high,
    {"natural difference": 1.0, "logit bias": c1["logit bias"]},
    f"gain {gain:g} nats; " + ", ".join(f"{n} {c1[n]:.3g}" for n in ("last state", "contrast", "random")),
)
if "gradient" in gains.index:
    g = gains.loc["gradient"]
    later = scores.loc["gradient", "later"] - scores.loc["natural", "later"]
    judge(
        "mechanics.steering.quality", g["mean"], g.low, g.high,
        {"natural": 0.0, "forced word": gains.loc["forced", "mean"]},
        f"{n_written} tokens; better at {g.better:.0f} of {g.contexts:.0f} places, median {g['median']:.3g}, "
        f"pooled {g.pooled:.3g}, without the first token {later.mean():.3g}; random {gains['mean'].get('random', np.nan):.3g}",
    )
ledger.show()

# %% [markdown]
# What to take along:
#
# - Where only the next word counts, push nothing: one number on one logit does the same, at the least cost that there is, and
#   that is a theorem.
# - Compare ways of steering at equal *gain*. At equal strength one compares units.
# - Behind the last state the problem is convex, and solved with proof. In front of it a gradient is a direction, no
#   distance: measure the gain, never infer it.
# - "Energy is kept" needs three numbers beside it: how much energies differ anyway, what falls by construction, and what a
#   way costs that moves nothing. The answer depends on the gain that was asked; it is a parameter of this page.
# - All that a push can do beyond the choice of one word is in the trace that it leaves. The forced word is the control
#   that shows it.

# %% [markdown]
# ## Exercises
#
# ```{admonition} Exercise 1: two words
# :class: tip
# Let there be two words with vectors $w_0$ and $w_1$. Write $\log p_0$ as a function of $x = (w_0 - w_1) \cdot h$. How long is
# the shortest push from $p_0 = 0.1$ to $0.5$, and what does the gradient step reach?
# ```
#
# ```{dropdown} Solution
# $\log p_0 = -\ln(1 + e^{-x})$: only $x$ counts, and the push is $\Delta x / \norm{w_0 - w_1}$ long with
# $\Delta x = \mathrm{logit}\, 0.5 - \mathrm{logit}\, 0.1$.
#
#     two = torch.tensor([[1.0, 0.5], [-0.5, 1.0]], dtype=torch.float64)
#     apart_by = two[0] - two[1]
#     start = (np.log(0.1 / 0.9) * apart_by / apart_by.square().sum())[None]
#     two_p = lambda h: (h @ two.T).log_softmax(-1)[:, 0]
#     found = analysis.minimal_push(two_p, start, np.log(5), tolerance=1e-9)
#     print(float(found.step.norm()), np.log(9) / float(apart_by.norm()))
#     print("one step:", float(two_p(start + found.first).exp()))
# ```
#
# ```{admonition} Exercise 2: the word that nobody can push
# :class: tip
# A word's vector is the mean of four others. How probable can any push of the last state make it? And a logit bias?
# ```
#
# ```{dropdown} Solution
# Its logit is the mean of the four others, so that their mean exponential is at least its own (Jensen):
# $p_t \le 1/5$, whatever the state. The bias may go to 1; the field can be built where no state can go.
#
#     five = torch.cat([torch.eye(4), torch.full((1, 4), 0.25)]).double()
#     five_p = lambda h: (h @ five.T).log_softmax(-1)[:, 4]
#     at = torch.tensor([[2.0, 0, 0, 0]]).double()
#     print("p", round(float(five_p(at).exp()), 3))
#     for nats in (0.2, 0.35, 0.5):
#         found = analysis.minimal_push(five_p, at, nats)
#         p = float(five_p(at + found.step).exp())
#         print(nats, "nats: length", round(float(found.step.norm()), 3), "p", round(p, 3))
# ```
#
# ```{admonition} Exercise 3: what a biased model writes
# :class: tip
# Show that the distribution under a logit bias is a mixture: with probability $p'_t$ the target, else a draw from the unsteered
# distribution without it. What follows for the quality of its texts?
# ```
#
# ```{dropdown} Solution
# The bias scales all other words alike. So its texts are a mixture of *forced* and *natural without the target*, and
# their mean quality lies between the two: a bias can never write better than the better of them.
#
#     log_p, t = slopes.log_p[:1], target[:1]
#     q = analysis.logit_bias(log_p, t, gain).exp()
#     rest = log_p.exp().scatter(1, t[:, None], 0.0)
#     q_t = q.gather(1, t[:, None])
#     mixture = ((1 - q_t) * rest / rest.sum()).scatter(1, t[:, None], q_t)
#     print(float((q - mixture).abs().max()))
# ```
#
# ```{admonition} Exercise 4: a random push in D dimensions
# :class: tip
# To first order a push of the gradient's length in a random direction gains $a \cos \vartheta$. How is that distributed in $D$
# dimensions, and what do you see here?
# ```
#
# ```{dropdown} Solution
# The cosine of two random directions has mean 0 and standard deviation $1 / \sqrt D$. More than that in the
# measured gains is curvature: a push, whatever its direction, that takes the state away from where the network
# knows its way.
#
#     measured = costs.loc["random", "gain"]
#     stretch = costs.loc["gradient", "push"] * slopes.lengths[layer].numpy()
#     slope = slopes.slopes[layer].norm(dim=1).numpy()
#     print("expected sd", float((stretch * slope).mean() / np.sqrt(reader.width)))
#     print("measured mean and sd", measured.mean(), measured.std())
# ```
