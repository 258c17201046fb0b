# %% [markdown]
# (basins)=
# # Is the right answer a wide basin, or only a popular one?
#
# Does a language model find its right answers because they are easy to come back to, as a ball comes back to the bottom of
# a wide valley? We disturb right and wrong chains of thought of the same question in three ways, and ask which of them
# come back to their answer more often than its popularity alone would tell.

# %% [markdown]
# A ball that rolls into a valley comes to rest at the bottom. Two numbers describe the valley: how *deep* it is, and how
# *wide*, that is, from how many places a ball would roll into it. They are different numbers. A narrow shaft may be
# deeper than a wide bowl.
#
# {cite:t}`awadhiya2026` says that a language model answers a question as a ball finds a valley. Right answers are deep
# and *wide* basins, "flat minima", and hallucinations are sharp ones; that is why right answers should survive noise. The
# paper weighs chains of thought by their depth, the {term}`energy` of {eq}`eq-chain-energy`, which the page before this
# one tested. The width it never measures. This page does, in three ways:
#
# 1. *Cut.* Take away the end of a chain and let the model write a new one. Does it come back to its answer?
# 2. *Displace.* Move the {term}`hidden states <hidden state>` of the first half of a chain, and go on with the same random
#    numbers.
# 3. *Bend.* How fast does the energy of a text rise when its embeddings are moved a little? That is a curvature.
#
# Each time a right chain is set beside a wrong one of the *same question* with nearly the *same energy*. A difference is
# then not one of depth, nor of easy and hard questions. And each time there is a rival that needs no new chain: the
# share of the votes that an answer has.
#
# First, though: what is a basin, exactly? There is a model in which every word of the picture is a theorem.

# %% tags=["parameters"]
model: str = "reasoner"  # reasoner, smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 1  # seed of questions (as on the page before), trials, nulls and bootstrap
tasks: list[str] = []  # none: for the reasoner those of the page before, else the profile's
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
n_questions: int = 36  # questions, in equal parts from the tasks
n_chains: int = 12  # chains for each question
temperature: float = 0.8  # of the sampling; energies are at temperature 1
n_picked: int = 24  # questions whose chains are cut, displaced and bent
repeats: int = 2  # times that a chain is written on after each cut
n_pushed: int = 12  # questions of these whose chains are displaced
norms: list[float] = [0.0, 0.25, 0.5, 1.0]  # sizes of the displacement, in units of each state
depth: float = 0.5  # block after which states are displaced, as a share of the blocks

# %% tags=["hide-input"]
import dataclasses

import numpy as np
import pandas as pd

from lmphys import book, corpus, retrieval
from lmphys.pages import basins as analysis
from lmphys.pages.basins import figures, hopfield, hopfield_capacity, voting

book.use_style()
smoke = profile == "smoke"
rng = np.random.default_rng(seed)

# %% [markdown]
# ## What a basin is, exactly
#
# Store $N$ patterns $\xi_i$. The *dense Hopfield network* {cite:p}`krotov2016,demircigil2017,ramsauer2021` gives every
# point $x$ an energy, and a step:
#
# $$ E(x) = \tfrac12 |x|^2 - \frac1\beta \ln \sum_i e^{\beta\, \xi_i \cdot x} , \qquad
# x \leftarrow \sum_i w_i\, \xi_i , \quad w_i \propto e^{\beta\, \xi_i \cdot x} . $$ (eq-hopfield)
#
# The step is the attention of a transformer, with the patterns as keys and as values, and the paper likens one vote of
# chains to it. Does the energy really fall? Put a parabola above $E$ that touches it at $x$; the step goes to the bottom
# of the parabola. So $E$ falls by half the square of the step or more, always:

# %%
patterns = rng.normal(size=(30, 8))
network = analysis.DenseHopfield(patterns, beta=0.7)
x = rng.normal(size=(1000, 8)) * 2
step = network.update(x) - x
fall = network.energy(x) - network.energy(x + step)
least = (fall - 0.5 * (step**2).sum(axis=1)).min()
print(f"of {len(x)} steps, the least fall beyond half the square: {least:.2g}")

# %% [markdown]
# An energy that falls, minima where it stops: now "basin" has a meaning. Small cases can be solved by hand.
#
# *Two opposite patterns*, $\pm\xi$ with $|\xi| = 1$. With $x = m\,\xi$ the step is $m \leftarrow \tanh \beta m$, the
# mean-field Ising model. Below $\beta = 1$ nothing is remembered; above, one of two.
#
# *$N$ patterns at right angles.* With $x = \sum_i m_i \xi_i$ the energy is the free energy of the *mean-field Potts model*
# with $N$ states {cite:p}`wu1982`. Let $s = 0$ stand for "all equally" and $s = 1$ for "one alone". For $N \ge 3$ memory comes
# with a jump: at
#
# $$ \beta_c = \frac{2 (N - 1) \ln (N - 1)}{N - 2} \qquad \text{from } s = 0 \text{ to } s = \frac{N - 2}{N - 1} , $$ (eq-potts)
#
# while the undecided state stays a minimum up to $\beta = N$. In between both exist, and which one is found depends on
# where one starts. That is hysteresis, and the first lesson on width: which minimum is *deepest* changes at $\beta_c$, but
# nothing moves there.

# %% mystnb={"figure": {"name": "fig-basins-magnets", "caption": "The network remembers. Left: two opposite patterns; the line is m = tanh(βm), circles are the network. Right: N patterns at right angles. Lines: the closed form, dashed where it is unstable. Triangles: the network while β rises (▲) and falls (▼); between the two lies hysteresis. Dotted: β of equal depth, where nothing jumps."}} tags=["hide-input"]
figures.order_parameters((3, 8));

# %% [markdown]
# *Very many random patterns*, $N = e^{\alpha d}$ of them on the sphere of radius $\sqrt d$. A pattern is held as long as
# its own term in the sum, $e^{\beta d}$, outweighs all others together. Others with an overlap $t$ number about
# $e^{d\,[\alpha + \frac12 \ln(1 - t^2)]}$, so this is the {term}`random energy model`
# {cite:p}`derrida1981,lucibello2024`. The noise is made at $t^* = (\sqrt{1 + 4\beta^2} - 1)/2\beta$, and the pattern is
# lost at
#
# $$ \alpha_c = \beta (1 - t^*) - \tfrac12 \ln(1 - t^{*2}) . $$ (eq-capacity)
#
# A classical Hopfield network holds a number of patterns *proportional* to $d$ {cite:p}`amit1985`; this one a number
# exponential in $d$.

# %% mystnb={"figure": {"name": "fig-basins-capacity", "caption": "Weight of a pattern at its own place against the load α, at β = 0.25. Lines: closed form, the noise taken at its mean. Circles: medians of 40 drawings of the patterns. All lines meet at α_c (dashed), where signal and noise are equal; the border is about 4 / d wide."}} tags=["hide-input"]
figures.capacity(0.25, rng);

# %% [markdown]
# ### Deep is not wide
#
# Now let balls roll. Start at random places and count where they end: the share of the starts is the *width* of a basin.
# In one network the patterns stand alone and have unequal lengths. In the other long patterns stand alone, and shorter ones
# in clusters, close enough to each other to share one minimum.

# %%
starts = hopfield.on_sphere(4000, 30, rng)
sizes, norms_of = (1, 1, 2, 2, 3, 3, 4, 5), np.linspace(1.15, 0.95, 8)
landscapes = {
    "alone, unequal lengths": hopfield.uneven(12, 30, rng),
    "clusters of short ones": hopfield.clusters(sizes, norms_of, 30, rng),
}
found = {
    name: analysis.find_basins(analysis.DenseHopfield(xi, beta=12.0), starts)
    for name, xi in landscapes.items()
}
analysis.depth_and_width(found).round(2)

# %% mystnb={"figure": {"name": "fig-basins-deep-wide", "caption": "Width of basins, as the share of random starts that fall into them, against depth −E. A dot is a basin. Left: longer patterns are deeper and wider. Right: a long pattern alone is a deep shaft, a cluster of short ones a shallow bowl."}} tags=["hide-input"]
figures.depth_and_width(found);

# %% [markdown]
# So a claim about depth says nothing about width, not even its sign. Whoever says that right answers are wide has to
# measure a width.
#
# ## Chains to cut, displace and bend
#
# The chains are those of {ref}`the page on votes <gibbs>`, where questions were chosen that the model gets right now and
# then. From each question with right and wrong chains come two: the right and the wrong one whose energies are closest.

# %%
spec = retrieval.pool_spec(
    model, profile, tasks=tasks, n_questions=n_questions, n_chains=n_chains,
    temperature=temperature, prompt=prompt, max_tokens=max_tokens, seed=seed,
)
sampled = corpus.build_corpus(spec)
pool = retrieval.pool_of(sampled)
Q, K = pool.right.shape
picked = analysis.matched_chains(pool, min(n_picked, 2) if smoke else n_picked)
pairs = int((picked.groupby("question").size() == 2).sum())
print(f"{Q} questions, {K} chains each; {len(picked)} chains picked, {pairs} pairs")
for limit in pool.limits():
    print("note:", limit)

# %%
pool_share = analysis.share_of_answer(pool)[picked.question, picked.chain]
length = pool.n_tokens[picked.question, picked.chain].astype(float)
measures = {
    "energy, nats per token": picked.energy.to_numpy(),
    "tokens": length,
    "share of the votes": pool_share,
}
nothing = np.empty((len(picked), 0))
matched = analysis.compare_pairs(measures, picked, nothing, seed=seed)
matched[["right", "wrong", "difference", "low", "high", "pairs"]].round(3)

# %% [markdown]
# Read the table as a check of the design. *Energy* should hardly differ: the pairs are matched on it. The *share of the
# votes* is how many of the *other* chains of the question give the same answer. It is what a majority vote knows, and it is
# also the first point of the next figure: to cut a chain before its first sentence and write it anew is to draw another
# chain.
#
# The trials are kept in the cache. Random weights, which cannot write a chain, only read the energies.

# %%
rows = tuple(picked.row.tolist())
wanted = analysis.TrialSpec(
    spec, rows, norms=tuple(norms), n_pushed=2 * n_pushed, depth=depth, seed=seed,
    repeats=1 if smoke else repeats,
)
trials = analysis.build_trials(wanted)
if not wanted.writes:
    print("note: another model wrote these chains; only bending is left")
elif trials.displaced.empty:
    print("note: this model keeps no keys to displace; cutting and bending are left")

# %% [markdown]
# ## First way: cut, and write on
#
# A chain loses its end at a sentence: after a quarter of its sentences, a half, three quarters. The model writes a new end
# with fresh random numbers. It *comes back* when the answer is the one the chain had before, right or wrong; no answer
# counts as an answer of its own.

# %%
answers = [None if pd.isna(a) else str(a) for a in sampled.chains.extracted]
known = analysis.predictors(pool, picked, pool_share)
back = analysis.return_table(trials.cut, answers, by="cut", chains=picked.row)
returns = analysis.compare_returns(back, pool_share, picked, known, seed=seed)
returns.drop(columns="permuted").round(3)

# %% [markdown]
# Two questions are to be told apart. Is the basin of the right answer **wider**? Its width is the share of the votes, the
# first row, or the return after a cut. And is it **wider than its popularity tells**? That is the last row, paired: what
# each chain comes back *more* often than its answer has votes. *Predicted* is what share and energy together give, by a
# straight line fitted on the *other* questions. That line is a mild rival. A share out of few chains is a noisy
# number, and noise in what one knows makes a fitted line too flat. *p* belongs to the null: "right" and "wrong" are permuted
# within the questions,
# 2,000 times, and in a share $p$ of the permutations the difference is as large, either way. *Visible* is the smallest
# true difference that so many pairs would show in 80 of 100 repeats.

# %% mystnb={"figure": {"name": "fig-basins-return", "caption": "Left: share of rewritten chains that come back to the old answer, against the place of the cut, for right (circles) and wrong chains (crosses) of the same questions. At 0 it is the share of the votes. Right: the difference, right less wrong, with 95 % intervals over questions; dashed is the difference of the shares, diamonds are what share and energy predict."}} tags=["hide-input"]
where = np.array([0.0, *back.columns])
figures.right_and_wrong(
    where, returns.iloc[: len(where)], share=returns.difference.iloc[0],
    xlabel="share of the sentences kept", ylabel="comes back",
);

# %% [markdown]
# ### Where was the mistake?
#
# A wrong chain is not wrong from its first word. Somewhere it takes a wrong step. If the cut comes *before* that step, a
# new end has a new chance. If the cut comes *after*, the mistake stands in the text, and who carries on correctly from
# there arrives at the same wrong answer. For problems with known steps {doc}`the parser </chapters/learning/reasoner>`
# says at each sentence whether the chain is *astray*: whether it stands elsewhere than a right one would.

# %%
astray = analysis.astray_table(sampled, picked.row, list(back.columns))
mistakes = analysis.returns_by_mistake(back, picked.right, astray, seed=seed)
if len(back.columns) and mistakes.empty:
    print("note: these questions have no known steps, so no known mistakes")
mistakes.set_index(["kind", "cut"]).round(2)

# %% mystnb={"figure": {"name": "fig-basins-mistake", "caption": "Share of rewritten chains that come back, by whether the chain had taken its wrong step before the cut. Bars are 95 % intervals over chains. Compare right chains (circles) with wrong ones that are already astray (crosses)."}} tags=["hide-input"]
figures.returns_by_mistake(mistakes);

# %% [markdown]
# The fair pairs are those whose wrong chain was astray when it was cut. Both chains then only have to be carried on:

# %%
fallen = analysis.compare_astray(back, astray, picked, known, seed=seed)
fallen.drop(columns="permuted").round(3)

# %% [markdown]
# What is left of the difference here is about the width of the two basins. What is lost, against the first table, was
# about *when* wrong chains fall in.
#
# ## Second way: displace the states
#
# In physics one displaces the state, lets go, and sees whether the motion returns. The state of a transformer is all that
# it keeps of the text so far. So the chain is cut at half of its sentences, and the states of *all* its tokens up to
# there are displaced after a block in the middle, each by a random vector of a set share of its own length. Then the
# model writes on undisturbed, in float32, and each token is drawn with the very random number that drew it before. So
# without a displacement a chain repeats itself. (Where float32 would draw another token than the writer did in its dtype, the
# nearest number that draws the right one is taken, from a {term}`nucleus` that is a little wider.) The table above tells how many
# wrong chains are astray at a half; the others are displaced before they have fallen anywhere.

# %%
kept = analysis.return_table(trials.displaced, answers, by="norm", chains=picked.row)
displaced = analysis.compare_displaced(kept, picked, known, seed=seed)
displaced.drop(columns="permuted").round(3)

# %% [markdown]
# The size at which half of the answers are lost, where they are within the sizes above:

# %%
analysis.half_lost_by_kind(kept, displaced).round(2).to_frame("size")

# %% mystnb={"figure": {"name": "fig-basins-push", "caption": "Left: share of displaced chains that end in their old answer, against the size of the displacement in units of the states, for right (circles) and wrong chains (crosses). Right: the difference with 95 % intervals over questions; diamonds are what share and energy predict."}} tags=["hide-input"]
figures.right_and_wrong(
    np.array(kept.columns, dtype=float), displaced.iloc[: len(kept.columns)],
    xlabel="size of the displacement", ylabel="keeps its answer",
);

# %% [markdown]
# ## Third way: bend
#
# A minimum is flat where the energy rises slowly beside it. The text of a chain cannot be moved a little, but the
# embeddings of its tokens can: each by $s$ times its own length, in a random direction, while the tokens that are to be
# predicted stay the same. Then
#
# $$ c(s) = \frac{E(+s) + E(-s) - 2 E(0)}{s^2} $$ (eq-bend)
#
# is a curvature of $E$, its mean over directions a trace. A chain has tens of thousands of such coordinates that move at
# once, so one direction tells much about the mean; how much is shown for a few chains below, with several directions. If
# $c$ does not depend on $s$, it is a curvature and not a chord. All this is done in float32: in bfloat16, with its three
# digits, the difference would be rounding.
#
# Two controls. *Predicted* is what length and energy predict from other questions. *Random weights* is the same
# architecture without any training, which reads the same texts: what it finds is of the texts, not of a memory.

# %%
step = wanted.steps[0]
sizes = (0.1, 0.2) if smoke else (0.05, 0.1, 0.2, 0.4)
shape = analysis.curvature_by_size(wanted, model, sizes)
blind = dataclasses.replace(
    wanted, reader=corpus.control_of(model), picked=rows[: 2 * n_pushed]
)
read = {"c": trials, "c, random weights": analysis.build_trials(blind)}
bent = {
    name: analysis.mean_curvatures(each.energies, step, picked.row)
    for name, each in read.items()
}
by_length = analysis.predictors(pool, picked, length)
flat = analysis.compare_pairs(bent, picked, by_length, seed=seed)
flat.drop(columns="permuted").round(4)

# %%
analysis.curvature_spread(bent["c"], shape[step]).round(3).to_frame("c")

# %% [markdown]
# A chain with a negative $c$ lies on a ridge and not in a valley. Nothing forbids it: a sampled chain was drawn, no energy
# was minimised, and "minimum" is a word of the picture.

# %% mystnb={"figure": {"name": "fig-basins-bend", "caption": "Left: curvature of some chains against the size of the displacement, mean of two directions. Dashed: the size that is used. Where a line is level, c is a curvature. Right: c of the right chain less that of the wrong one, each question a dot, in order; the line is their mean with its 95 % band. Below zero the right chain is the flatter one."}} tags=["hide-input"]
gaps = analysis.right_less_wrong(bent["c"], picked)
figures.curvatures(shape, step, gaps, flat.loc["c"]);

# %% [markdown]
# ## One vote is one step
#
# The paper likens a vote to one step of {eq}`eq-hopfield`. In the space of *answers* this is exact. Let each chain store
# the unit vector of its answer, and start from $x = 0$, where nothing is preferred. All weights are equal, and the step
# goes to $x_a = n_a / K$: the shares of the votes. A second step starts from there and favours what leads. The answers
# of the question with the closest vote:

# %%
counted = retrieval.vote(pool, retrieval.uniform(pool))
closest = int(np.where(counted.tied, np.inf, counted.share).argmin())
names = answers[closest * K : (closest + 1) * K]
analysis.iterated_vote(pool.answers[closest], names, (1.0, 4.0, 16.0)).round(3)

# %% [markdown]
# Iterating decides, if $\beta$ is high enough, but it decides what the first step said: $x_a \propto n_a e^{\beta x_a}$
# never changes the order of the answers ({ref}`an exercise <basins-iterated-vote>`). So the retrieval adds nothing to the
# count. Start it instead at the answer of a chain drawn at random: at high $\beta$ it stays there. The width of an
# answer's basin, as the chains see it, *is* its share of the votes.
#
# ## Verdict
#
# An answer's width is its share of the votes, as the section above has it; so *wider* is judged by the share and by the
# return, as two definitions of one width, and *wider than its popularity tells* has a row of its own, which the paper does
# not claim. (The return was first judged against the share as a rival, which mixed the two.) One more thing was changed
# after numbers had been seen: the row on flatness spoke of the logarithm of the curvature, until some chains had a
# negative one.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("retrieval/basins", model=model, profile=profile)
ledger.record_all(analysis.entries(returns, displaced, flat))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "The width of an answer's basin differs by {gibbs.basin.return}, right less wrong: "
    "that right answers lie in the wider ones is *{gibbs.basin.return:verdict}*. Beyond "
    "the shares of the votes it differs by {gibbs.basin.beyond}: wider than its "
    "popularity tells is *{gibbs.basin.beyond:verdict}*. After a displacement of the"
    " states the share that keep their answer differs by {gibbs.basin.noise} "
    "(*{gibbs.basin.noise:verdict}*). The curvature of the energy differs by "
    "{gibbs.basin.flat} nats per token: that right answers are the flatter ones is "
    "*{gibbs.basin.flat:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - A basin has a depth and a width, and neither tells the other. A claim about width needs a measurement of width.
# - The simplest width of an answer is the share of samples that reach it, and a majority vote measures it already. A new
#   score has to say more than the share; that is its control.
# - Ask *when* before asking *how wide*. A wrong chain that is cut before its mistake tells something else than one cut
#   after it, and their mean tells neither.
# - A second difference needs a step at which it no longer depends on the step, and numbers exact enough to bear the
#   division by its square.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Iterating a vote
# :label: basins-iterated-vote
#
# Let $n_a$ chains give answer $a$, and iterate $x_a \leftarrow n_a e^{\beta x_a} / \sum_b n_b e^{\beta x_b}$ from $x = 0$.
# Show that an answer with more votes than another stays ahead of it, whatever $\beta$. What would have to be stored to
# change the winner?
# ```
#
# ```{solution-start} basins-iterated-vote
# :class: dropdown
# ```
#
# If $n_a > n_b$ and $x_a \ge x_b$, the next ratio is $(n_a / n_b)\, e^{\beta (x_a - x_b)} > 1$; at $x = 0$ the premise
# holds. So the winner is that of the majority. Weights of chains, or patterns that are not at right angles, such as
# answers that support each other, could change it. All questions, two hundred steps each:

# %% tags=["solution"]
changed = 0
for votes in pool.answers:
    each = voting.answer_memories(votes)
    network, x = analysis.DenseHopfield(each, 3.0), np.zeros(each.shape[1])
    for _ in range(200):
        x = network.update(x)
    changed += x[each.sum(axis=0).argmax()] < x.max() - 1e-9
print(f"{changed} of {len(pool.answers)} questions changed their winner")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The width of a memory among strangers
# :label: basins-width-of-a-memory
#
# In the network of {eq}`eq-capacity`, start not at a pattern but at a point of the same sphere whose overlap with it is
# $m < 1$. How small may $m$ be if one step is to find the pattern? All patterns are equally deep there. Are they equally
# wide?
# ```
#
# ```{solution-start} basins-width-of-a-memory
# :class: dropdown
# ```
#
# The signal is now $\beta m$, and the noise is as before: $m$ has to exceed the noise over $\beta$. It depends on
# $\alpha$ and $\beta$ alone, so all basins are equally wide, and they shrink to nothing at $\alpha_c$.

# %% tags=["solution"]
for alpha in (0.05, 0.1, 0.15, 0.2, hopfield_capacity.critical_load(0.25)):
    least = hopfield_capacity.noise_exponent(alpha, 0.25) / 0.25
    print(f"α = {alpha:.3f}: m > {least:.2f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} More than the share?
# :label: basins-more-than-the-share
#
# Over all picked chains, right or wrong, how closely does the share of the votes follow the return after a cut? And the
# energy?
# ```
#
# ```{solution-start} basins-more-than-the-share
# :class: dropdown
# ```
#
# If the share does and the energy does not, depth says little about width. Rank correlations with the return after each
# cut:

# %% tags=["solution"]
depths = {"share": pool_share, "−E": -picked.energy.to_numpy()}
back.assign(**depths).corr("spearman").loc[list(back), list(depths)].round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Displace elsewhere
# :label: basins-displace-elsewhere
#
# Displace the embeddings (`depth` 0), or the states after three quarters of the blocks. Where is a displacement of the
# same relative size felt most? Then ask your own model.
# ```
#
# ```{solution} basins-displace-elsewhere
# :class: dropdown
#
# `lmphys run retrieval/basins --set depth=0.0`, and `depth=0.75`. A late displacement is seen by few blocks, and the keys
# and values of the earlier ones stay as they were; an early one is seen by all. For another model add `--model`, with
# tasks that it gets right about half of the time: `--set 'tasks=["sums", "letters"]'`.
# ```
