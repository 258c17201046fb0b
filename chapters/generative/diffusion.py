# %% [markdown]
# (diffusion)=
# # What does it cost to write in parallel?
#
# A language model writes one word after the other. A picture generator does not draw one pixel after the other: it starts
# from noise and makes all of them a little clearer, step by step. Could one write so, many words at a time? Surely fewer
# steps are cheaper. But two words that are chosen in the same step cannot look at each other. What does that cost, in bits?
#
# The answer is older than the question. {cite:t}`sohldickstein2015` took it from thermodynamics. Let a drop of ink spread in
# water. Film it: slowly enough, no one can tell the film from its reverse. Fast stirring can be told, and what tells it is
# the work that was *dissipated*. So destroy data $x_0$ slowly, in $T$ small steps $q(x_t \mid x_{t-1})$ that lead to pure
# noise $\pi$, and learn a chain $p(x_{t-1} \mid x_t)$ that runs the film backwards. It writes data from noise. That is a
# *diffusion model*, and this is where they came from.
#
# How good is the chain? A forward path has the {term}`dissipated work`
#
# $$ w = \ln \frac{q(x_1, \dots, x_T \mid x_0)}{p(x_0, x_1, \dots, x_T)} , \qquad
# p(x_0) = \big\langle e^{-w} \big\rangle_q , \qquad
# \ln p(x_0) \ge - \langle w \rangle_q \equiv K . $$ (eq-work)
#
# The equality in the middle is equation 9 of the paper, and it is that of {cite:t}`jarzynski1997`: an exponential mean over
# a process that is as violent as you please gives an equilibrium quantity exactly. The inequality is the second law. The
# paper trains on $K$, the bound. The gap between the two is the dissipation, the price of every step that was too fast.
#
# We follow it from a toy to text: first what can be known exactly, then a chain that learns, then characters, and last the
# tokens of a language model.

# %% tags=["parameters"]
model: str = "smollm2"  # whose next tokens are asked how much they have to do with each other
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of data, noise, the live training and bootstrap
n_heartbeats: int = 300  # sequences of the heartbeat
live_updates: int = 1500  # updates of the chain that learns the swiss roll here
n_paths: int = 20000  # forward paths from each place
n_strings: int = 3000  # strings of characters
n_contexts: int = 4  # beginnings of sentences, up to 6
n_continuations: int = 32  # sampled continuations of each
n_windows: int = 96  # unseen windows of text, of 128 characters

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, lm
from lmphys.pages import diffusion as analysis
from lmphys.pages.diffusion import (
    continuations, figures, heartbeat, noise_alone, swiss_roll, turned, verdicts, written,
)  # fmt: skip
from lmphys.problems.prose import Prose
from lmphys.stats.mean import mean_interval

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_heartbeats, live_updates, n_paths, n_strings = 40, 60, 1000, 300
    n_contexts, n_continuations, n_windows = 2, 6, 12
if profile == "full":
    n_heartbeats, n_contexts, n_continuations, n_windows = 1500, 6, 128, 400

# %% [markdown]
# ## A table that checks itself
#
# Table 1 of the paper has $K$ in bits for five sets of data, and beside it the gain of $K$ over $L_{null}$, the likelihood
# under the noise alone. What is $L_{null}$? If it is minus the entropy of the noise, it needs no training: $\tfrac12 \log_2
# 2 \pi e$ bits for a number of variance 1, and $h_2(p)$ for a coin that shows 1 with probability $p$.

# %%
analysis.null_rows().round(3)

# %% [markdown]
# The second row tells something that the paper leaves open. Its main text has the noise of the heartbeat at a mean activity
# of 0.5, its appendix at 0.2. Coins of 0.5 would have 20 bits; the table was computed with 0.2.
#
# ## Where a chain loses bits
#
# The *heartbeat* is the smallest set of data in the paper: 20 bits, a 1 in every fifth place, and five phases. Its entropy is
# $\log_2 5$, so that no model can have $K$ above $-2.322$ bits. The paper reports $-2.414$ with $T = 2000$. Who ate the rest?
#
# Five sequences are few enough for Bayes' rule, so that the best chain is known without training: each bit is drawn apart
# from the others, from its own exact law. And the paper says (equation 44) that its *last* step is not learned but set to
# the first step of the forward process. Even a perfect chain then has $K = -H(X_1)$, the entropy after one step of noise.

# %%
steps = (10, 30, 100) if smoke else (10, 30, 100, 300, 2000)
hearts = heartbeat.bounds(steps, (noise_alone.ACTIVITY, 0.5), n_heartbeats, seed)
hearts.round(3)

# %% mystnb={"figure": {"name": "fig-diffusion-heartbeat", "caption": "The heartbeat: K of the best chain that draws bits apart, against the number of steps. Bars are 95 % intervals over sequences. Where the last step is set, a perfect chain reaches the dashed line and no more."}} tags=["hide-input"]
figures.heartbeats(hearts, float(noise_alone.null_rows().loc["binary heartbeat", "K"]));

# %% [markdown]
# So the shortfall has three parts, and the last row of the table for each activity has two of them: the last step that is set,
# $H(X_1) - \log_2 5$; drawing bits apart, which costs $-\log_2 5$ less the *learned* column and falls with $T$; and what is left to
# the paper's $-2.414$, which is training.
#
# ## Bounds on a single step
#
# Equation 24 of the paper bounds the entropy of a reverse step by quantities of the forward process alone,
#
# $$ H(X_t | X_{t-1}) + H(X_{t-1} | X_0) - H(X_t | X_0) \;\le\; H(X_{t-1} | X_t) \;\le\; H(X_t | X_{t-1}) . $$ (eq-step-entropy)
#
# The upper half says that $H(X_t)$ never falls. But is that so? It needs noise that has the *largest* entropy of its
# kind: for Gaussian noise of variance 1, data of variance 1. The same two peaks, scaled and not:

# %%
peaks = analysis.Peaks()
holds, wide = analysis.entropy_bounds(peaks.scaled()), analysis.entropy_bounds(peaks)

# %% mystnb={"figure": {"name": "fig-diffusion-entropies", "caption": "Entropy of the reverse step, exact, and the band between its two bounds, in bits above the upper one; two normal peaks on a line, 20 steps. Right: the same peaks without scaling: noise that is colder than the data lowers their entropy in the end."}} tags=["hide-input"]
figures.entropies(holds, wide);

# %% [markdown]
# ## An equality and a bound
#
# Now {eq}`eq-work` itself, with a chain that is *bad*: five coarse steps for the two peaks. The chain's own likelihood is
# computed on a grid, step by step. The exponential mean over forward paths must agree with it, and the mean work must not.

# %%
places = analysis.likelihoods(peaks.scaled(), n_steps=5, n_places=8, n_paths=n_paths, seed=seed)
pd.DataFrame({
    "place": places.places,
    "chain, on a grid": places.exact,
    "exponential mean": places.from_paths,
    "± its error": places.error,
    "minus mean work, K": places.mean_work,
    "data": places.data,
}).round(3)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-diffusion-likelihood", "caption": "Left: the likelihood of eight places under one coarse chain, exact, from the exponential mean over forward paths (95 % intervals), and its bound. Right: the work of paths from one place. The exponential mean lives on the left tail."}} tags=["hide-input"]
figures.likelihood(places);

# %% [markdown]
# Three different numbers: what the *data* have, what the *chain* gives, and what the *bound* says of the chain. Only the first
# equality is exact for any chain. It is also fragile: its mean rests on rare paths, and its error bar knows only of those it
# has met. That is why one trains on the bound.
#
# ## A chain that learns
#
# Data on a spiral, the *swiss roll*; 40 steps of Gaussian noise; a small network that guesses the data behind the noise, trained
# live. `lmphys.generative.Diffusion` has `fit`, `sample`, `bound` and `work`, for numbers and for bits.

# %%
learned = analysis.learn(40, live_updates, 20_000, 2000, seed)
pd.DataFrame({
    "learned chain, K": mean_interval(learned.bound, groups=None, seed=seed),
    "best Gaussian": mean_interval(learned.gaussian, groups=None, seed=seed),
    "chain before training, K": mean_interval(learned.untrained, groups=None, seed=seed),
}, ["bits", "low", "high"]).T.round(2)  # fmt: skip

# %% [markdown]
# The paper's number cannot be compared: it does not say how thick its spiral is, and half the thickness is one bit.
#
# A chain can also be *multiplied*. To draw from $p(x)\, r(x)$, with any function $r$ such as "the first coordinate is about 0.5",
# move the mean of every reverse step by its variance times the slope of $\ln r$. Nothing is trained anew: it is how such models
# fill in what is missing in a picture. With steps of a finite size it is an approximation.

# %% mystnb={"figure": {"name": "fig-diffusion-swiss-roll", "caption": "Swiss roll: data; points drawn from the chain that was trained above; and points of the same chain times a narrow function of the first coordinate, with the data in grey."}} tags=["hide-input"]
figures.swiss_roll(
    swiss_roll.points(1500, seed + 2),
    learned.model.sample(1500, seed=seed),
    analysis.given_the_first(learned.model, 0.5, 0.05, 300, seed),
    0.5,
);

# %% [markdown]
# Where in time does the spiral come back? Turn time round: on the left the data, as the noise has left them; on the
# right the chain with as many steps to go. If it has learned its task, the two are of one law at every position.

# %% tags=["hide-input"]
turned.spiral(learned.model, swiss_roll.points(800, seed + 3), seed=seed)

# %% [markdown]
# *The forward process and the chain at the same noise (in print: a quarter of the steps left). The distance is the
# energy distance of 400 points each, which is 0 for equal laws and a little above by chance.*
#
# ## Characters
#
# Now text. The noise that suits it is *absorbing*: in each step some characters are masked, until all are. Backward, the masked
# ones are filled in, those of one step at once, each from its own law given what stands. That law is the best of its kind; what
# is lost is only that characters of one step do not see each other.
#
# We take it where all is exact: a chain of first order, with the pairs of neighbours of the text that comes with this book
# (letters and spaces, strings of 16). In a single step, nothing is known of any character when it is drawn, and the
# dissipation is the {term}`total correlation`: the entropies of the single characters less the entropy of the string,
#
# $$ \langle w \rangle_{T=1} = \sum_i H(X_i) - H(X_1, \dots, X_L) = (L - 1) (H_1 - H) , $$ (eq-total-correlation)
#
# with $H_1$ the entropy of a character and $H$ that of a character given the one before.

# %%
chain = analysis.Chain.of_text()
one, rate = chain.entropies
T = (1, 2, 4, 8, 16, 32, 64, 256, 1024)
works = analysis.works(chain, T, n_strings, seed)
print(f"H1 = {one:.3f} bits, H = {rate:.3f} bits, total correlation {chain.total_correlation:.3f} bits a character")

# %% [markdown]
# Controls: characters as frequent but independent of each other, for which nothing can be lost in any number of steps; and
# filling in from left to right, in blocks, where the characters of a step are *neighbours*.

# %% mystnb={"figure": {"name": "fig-diffusion-dissipation", "caption": "Dissipated bits a character against the number of steps, with 95 % intervals over strings. Random places are far apart, so that few steps already lose little; blocks lose most until each is a single character. Independent characters lie at 0, below the axis."}} tags=["hide-input"]
curves = {
    "random places": works,
    "blocks, left to right": analysis.block_works(chain, (1, 2, 4, 8, 16), n_strings, seed),
    "independent characters": analysis.works(chain.independent(), T, n_strings, seed),
}
curves = {
    name: {
        steps: mean_interval(w / chain.length, groups=None, seed=seed) for steps, w in found.items()
    }
    for name, found in curves.items()
}
figures.dissipation(curves, chain.total_correlation);

# %% [markdown]
# {cite:t}`li2025masked` prove a law of this kind for any text: the loss falls as $1/T$, and grows with what characters know
# of each other. The slope is measured below with its interval.
#
# The work itself differs from string to string, and for some it is negative: luck. Jarzynski's equality holds strings to
# account: $\langle 2^{-w} \rangle = 1$ for any $T$. With few steps the mean is carried by rare strings that a sample lacks; that
# is seen, too.

# %% mystnb={"figure": {"name": "fig-diffusion-works", "caption": "Work of single strings for three numbers of steps, with its mean and with minus the logarithm of its exponential mean, which must be 0 and is badly sampled where the work is large."}} tags=["hide-input"]
figures.works(works, (1, 4, 16));

# %%
ways = analysis.both_ways(chain, 8, n_strings, seed)
pd.Series({
    "mean work of forward paths, bits": ways[0].mean(),
    "the same for paths of the reverse chain": ways[1].mean(),
    "slope of the log odds of forward": verdicts.crooks(*ways, seed=seed).value,
}).to_frame("").round(3)  # fmt: skip

# %% [markdown]
# The last line is the relation of {cite:t}`crooks1999`, of which Jarzynski's is the sum: the odds that a path was made by the
# forward process and not by the reverse chain are $e^w$. The work *is* the evidence for the direction of the film. A regression
# that knows only $w$ must find the slope 1.
#
# ## Trained on text
#
# Two tiny transformers, of equal shape, weights (but for one mask) and updates, on the same windows of text: one predicts the next
# character, the other sees both sides and fills in masks. Three trainings of each come with the book. The masked one has a
# bound for each number of steps; none of them knows the true law, so that what is missing is training *and* dissipation.

# %%
windows = written.windows(n_windows, 128, seed)
next_models, masked_models = (each[: 1 if smoke else None] for each in written.twins())
following = np.stack([written.next_bits(folder, windows) for folder in next_models])
masked = {
    steps: np.stack([
        written.masked_bits(folder, windows, steps, 4, seed) for folder in masked_models
    ])
    for steps in (1, 2, 4, 8, 16, 32, None)
}  # fmt: skip
counts = written.Counts(6).fit(Prose(seed).topics)
counted = [counts.bits(windows, order) for order in range(1, 7)]

# %% mystnb={"figure": {"name": "fig-diffusion-written", "caption": "Bits a character on topics that were held out. Circles: bound of the masked model against the number of steps; band: its twin that predicts the next character; both with 95 % intervals over windows and three trainings. Dotted: counts of neighbours."}} tags=["hide-input"]
bounds = {steps: verdicts.over_trainings(each, seed=seed) for steps, each in masked.items()}
figures.written(
    {"masked, bound": bounds},
    verdicts.over_trainings(following, seed=seed),
    [float(each.mean()) for each in counted],
);

# %% [markdown]
# Is the masked model at its limit, or was its training short? The loss of a tenth of the training after the other, for the
# characters that each predicted:

# %%
curves_of = {name: written.training_curve(name).mean(axis=1) for name in (written.NEXT, written.MASKED)}
pd.concat(curves_of, axis=1).rename_axis("updates").round(2).iloc[::3]

# %% [markdown]
# Where a column still falls at its end, the gap between the two is one of *training* as well. Filling in any character from any
# others is many more tasks than predicting the next one, each met less often: a token teaches a masked model less. The law of
# the text does not care in which order it is written, so that a perfect model of either kind would need the same bits.

# %% mystnb={"figure": {"name": "fig-diffusion-rounds", "caption": "The masked model writes 96 characters in one round, in four, and in 96. Characters of one colour were chosen in neighbouring rounds; with one round all of them were, and none could see another."}} tags=["hide-input"]
figures.rounds({n: written.write(masked_models[0], 96, n, seed) for n in (1, 4, 96)});

# %% [markdown]
# ## The next tokens of a language model
#
# What would a language model lose if it wrote six tokens in one step, each from its exact law? That needs no diffusion model: by
# {eq}`eq-total-correlation` it is their total correlation. We sample continuations. The joint entropy is a mean of entropies
# that the model gives itself. The law of the third token alone is a mean of the model's laws over sampled first and second ones;
# with few samples its entropy comes out too low, and a cross-entropy that leaves the own sample out, too high. Both are given.
#
# Controls: random weights, whose tokens have little to say to each other; and the same words of the context in another
# order.

# %%
speaker = lm.LanguageModel(model, dtype="float32")
contexts = continuations.CONTEXTS[:n_contexts]
shares = {
    "model": continuations.table(speaker, contexts, n_continuations, seed=seed),
    "shuffled contexts": continuations.table(
        speaker, [continuations.shuffled(text, seed) for text in contexts], n_continuations, seed=seed
    ),
}
random = lm.LanguageModel(f"random:{model}", dtype="float32")
shares["random weights"] = continuations.table(random, contexts, n_continuations, seed=seed)
pd.concat({name: found.mean() for name, found in shares.items()}, axis=1).T.round(2)

# %% mystnb={"figure": {"name": "fig-diffusion-shares", "caption": "Share of the joint entropy of six tokens that one step would waste, a line a context, from the estimate below to the one above. It may exceed 1: a single token can be less certain than it is given the others by more than the string holds."}} tags=["hide-input"]
figures.shares(shares);

# %% [markdown]
# ## Verdict
#
# Intervals are over sequences, points, paths, strings or contexts; those of trained models over windows and trainings. The null
# rows and the bounds on entropies have no sampling.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("generative/diffusion", model=model, profile=profile)
ledger.record_all(
    analysis.judge_table(hearts, learned, seed=seed)
    + analysis.judge_physics(holds, wide, places, works, ways, seed=seed)
    + analysis.judge_text(works, chain.total_correlation, chain.length, shares, seed=seed)
    + analysis.judge_written(masked[None], following, counted, written.size(written.MASKED), seed=seed)
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "The best chain that draws bits apart describes the heartbeat with K = {sd.heartbeat.limit} bits when all its steps are "
    "learned ({sd.heartbeat.limit:verdict}) and {sd.heartbeat.bound} when the last one is set, as in the paper. Characters "
    "that are filled in at random places lose bits as $T^\\alpha$ with $\\alpha$ = {sd.text.exponent} "
    "({sd.text.exponent:verdict}). A tiny masked model needs {sd.text.trained} bits a character more than its twin that "
    "writes from left to right; that it should be {sd.text.trained:paper} is *{sd.text.trained:verdict}*. The "
    "total correlation of six next tokens of the model, over their joint entropy, is {sd.lm.correlation} "
    "({sd.lm.correlation:verdict})."
)

# %% [markdown]
# What to take along:
#
# - The work of a forward path has an exponential mean that is exact for any chain, and a mean that is a bound. The difference is
#   dissipation, and it is all that is lost.
# - To write in parallel costs the total correlation of what is written *together*. It falls about as one over the number of
#   rounds where the places of a round are far apart, and much more slowly where they are neighbours.
# - A bound in bits is not a perplexity: for a masked model it also holds what was not learned, and no one has the exact part.
# - Say which noise, and whether the last step is learned. At few steps they are worth bits.
# - Bits a character say little about whole strings: look at the text of one round.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How many rounds?
# :label: diffusion-rounds
# A text may lose a hundredth of a bit a character. How many rounds are needed for strings of 16 characters at random places? Does
# it take more for strings of 64?
# ```
#
# ```{solution-start} diffusion-rounds
# :class: dropdown
# ```

# %% tags=["solution"]
longer = analysis.Chain(chain.transitions, 64)
lost = {
    (L, n): w.mean() / L
    for L, each in ((16, chain), (64, longer))
    for n, w in analysis.works(each, (16, 32, 64, 128), n_strings // 6, seed).items()
}
pd.Series(lost).unstack(0).rename_axis("rounds").rename_axis("length", axis=1).round(4)

# %% [markdown]
# About as many: what is lost a character depends on the share that is filled in at once, and hardly on the length, as long as
# neighbours alone know of each other.
# ```{solution-end}
# ```
#
# ```{exercise} A coin in one step
# :label: diffusion-coin
# A single bit that is 1 with probability 0.15 has no neighbours. What is the mean bound $K$ of its best chain in one step, and
# in twenty?
# ```
#
# ```{solution-start} diffusion-coin
# :class: dropdown
# ```

# %% tags=["solution"]
from lmphys.generative import Diffusion

bits = (np.random.default_rng(seed).random((4000, 1)) < 0.15).astype(float)
few = 60 if smoke else 300
pd.Series({
    "one step": Diffusion("binary", 1, updates=few, width=16).fit(bits).bound(bits).mean(),
    "twenty steps": Diffusion("binary", 20, updates=few, width=16).fit(bits).bound(bits).mean(),
    "minus the entropy": -noise_alone.coin_entropy(bits.mean()),
}).to_frame("bits").round(3)  # fmt: skip

# %% [markdown]
# The same: nothing is drawn together, so that nothing can be dissipated. What differs is training.
# ```{solution-end}
# ```
#
# ```{exercise} On your model, on your data
# :label: diffusion-your-model
# Run this page on another model: `lmphys run generative/diffusion --model PATH`. Will a larger model waste a larger share? And
# give `Diffusion` a table of your own: compare `bound` on rows it has not seen with the log density of a Gaussian.
# ```
#
# ```{solution} diffusion-your-model
# :class: dropdown
# A better model is more certain of each token given those before it, so that the joint entropy falls; the entropies of single
# tokens fall less, as they are properties of the language after this context. The share should rise. On a table the
# difference is what the rows have beyond their covariance; if it is negative, there is little of it, or training was short.
# ```
