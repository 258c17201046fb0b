# %% [markdown]
# (energy_based)=
# # Can walkers know what they have not seen?
#
# Give every text an energy, and call a text likely when its energy is low. That is the freest way to build a generative
# model: any function will do, a score of grammar, a judge of whole answers, a network. It has one price. To turn energies
# into probabilities one must divide by a sum over *all* texts, and nobody can write them down. So one sends out walkers,
# random explorers that look for texts of low energy, and trusts what they report. But walkers get stuck: a valley that none
# of them has entered is not in their report. Can they still be made to tell the truth, about the valleys and about the sum?
#
# An *energy-based model* is the law
#
# $$ p_\theta(x) = \frac{e^{-U_\theta(x)}}{Z_\theta}, \qquad
# -\nabla_\theta \ln p_\theta = \E_\text{data}[\partial_\theta U] - \E_{p_\theta}[\partial_\theta U] , $$ (eq-ebm-slope)
#
# the {term}`Boltzmann distribution` at temperature 1; the second formula is the slope of the mean cross-entropy over the
# data. Its last term asks for the mean over the model. {cite:t}`hinton2002` lets walkers start at the data and stops them
# after a few moves (*contrastive divergence*); {cite:t}`tieleman2008` keeps them from step to step (*persistent chains*).
# Both are wrong where walkers mix slowly. {cite:t}`carbone2024` proposes a remedy from the physics of driven systems, worked
# out in {cite:t}`carbone2023`: while $\theta$ changes, let every walker keep account of the *work* that is done on it, and
# weigh it by $e^{-W}$. By the equality of {cite:t}`jarzynski1997` the weighted means are then exact, however far the walkers
# lag behind:
#
# $$ \E_{p_{\theta_k}}[f] = \frac{\langle f\, e^{-W} \rangle}{\langle e^{-W} \rangle}, \qquad
# \frac{Z_{\theta_k}}{Z_{\theta_0}} = \langle e^{-W} \rangle , \qquad
# W = \sum_k U_{\theta_{k+1}}(X_k) - U_{\theta_k}(X_k) . $$ (eq-jarzynski)
#
# (For moves that leave the law of the moment unchanged; steps of Langevin's equation with a finite $h$ add a term, which
# makes them exact, too. It is {term}`annealed importance sampling` {cite:p}`neal2001` with a
# schedule that training writes.) We could read the abstracts, the first pages and the authors' code, not the whole review.
#
# Everything that follows is judged where the truth can be counted out: two heaps of points, all $26^4$ words of four
# letters, the next token of a language model, and at last whole texts, for which there is a bound.

# %% tags=["parameters"]
model: str = "smollm2"  # whose next token is cooled, and whose texts are weighed
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of walkers, points and bootstrap
n_seeds: int = 3  # trainings of each kind
n_walkers: int = 1000  # walkers of each training
n_steps: int = 600  # steps of training on words
n_windows: int = 64  # read of another model; those of the default one come along

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, generative, lm
from lmphys.pages import energy_based as analysis
from lmphys.pages.energy_based import figures, mixture, residual, verdicts, watched
from lmphys.stats.weights import effective_size

book.use_style()
smoke, full = profile == "smoke", profile == "full"
seeds = range(seed, seed + (2 if smoke else n_seeds))
if smoke:
    n_walkers, n_steps, n_windows = 200, 120, 24

# %% [markdown]
# ## Two heaps
#
# A quarter of the points lies around $-10$ on the first axis, three quarters around 6, in $d$ dimensions, as in the authors'
# code. The model has two Gaussians with the places $a$ and $b$ and a number $z$ for their masses. Walkers take steps of
# Langevin's equation. At the start both Gaussians lie together; as they part, the walkers go with one or the other, and from
# then on no walker ever crosses: the share of walkers in a heap says nothing about its mass any more.
#
# Five trainings: Jarzynski's weights; the same with the *weights off*, which is one change; persistent chains as they are
# commonly begun, from data; contrastive divergence; and a null, *weights dealt anew*, in which every weight is handed to
# another walker at each step.

# %%
slow = {
    "n_steps": 300 if smoke else 8000 if full else 2000,
    "learning_rate": 0.1 if smoke else 0.004 if full else 0.015,
    "n_walkers": n_walkers,
}
heaps = analysis.train_heaps((2, 10), mixture.METHODS, seeds, **slow)
nulls = analysis.train_heaps((2,), (mixture.OFF, mixture.DEALT), seeds[:1], **slow)
table = analysis.learned({**heaps, **nulls}).drop(columns="seed")
table.groupby(["d", "method"]).mean().round(3)

# %% mystnb={"figure": {"name": "fig-energy-masses", "caption": "Mass of the lighter heap while it is learned, in two dimensions; a line a training. Grey: the true mass."}} tags=["hide-input"]
figures.masses({**heaps, **nulls}, 2);
# %% [markdown]
# The *places* of the heaps are easy: each is seen by the walkers that are in it. The *masses* need a report about what no
# walker can see, the other heap. Without weights, the slope of $z$ is a constant that depends on where the walkers happen to
# be, and $z$ drifts for ever; contrastive divergence never moves a walker between heaps, so that its slope is zero whatever
# the masses are.
#
# One remark on the code. There the samplers of images add a noise that is not the $\sqrt{2h}$ for which the weights are
# made:

# %%
pd.Series(verdicts.noise_ratios()).to_frame("noise over √(2h)").round(4)

# %% [markdown]
# At a hundredth of the noise the walkers descend rather than sample. Whatever the pictures look like, they are not a test of
# {eq}`eq-jarzynski`; an exercise shows what becomes of it.
#
# ## Words as magnets
#
# Now language, as small as it can be. The words of four letters in the book's text are strings of four *spins* with 26
# directions each (Potts spins), and the energy has a term for every letter at every place and for every pair:
#
# $$ U(x) = -\sum_i h_i(x_i) - \sum_{i<j} J_{ij}(x_i, x_j) . $$ (eq-word-spins)
#
# There are $26^4 = 456{,}976$ strings, so $Z$, the likelihood and the exact slope can be counted out at every step, and no
# claim about them has to be believed.

# %%
words = analysis.Words(*analysis.four_letter_words())
print(
    f"{words.counts.sum():,} words of {len(words.counts)} kinds; "
    f"entropy {words.entropy:.3f} nats, independent letters {words.independent:.3f} nats a word"
)

# %%
trained = analysis.train_words(words, seeds, n_walkers=n_walkers, n_steps=n_steps)
analysis.excess_table(trained, words, seed=seed).round(4)

# %% [markdown]
# Nats per word above the model of the exact slope, after the same number of steps, with intervals over trainings. *Gibbs*
# draws every letter of a walker anew at each step and mixes fast; *flip* proposes one other letter at one place, and mixes
# slowly. What do the models write? Their likeliest words:

# %%
pd.Series(
    {
        (kernel, name): analysis.likeliest(each.theta_, 8)
        for (kernel, name, own), each in trained.items()
        if own == seed
    }
).to_frame("likeliest first")

# %% mystnb={"figure": {"name": "fig-energy-words", "caption": "Nats per word above the model that follows the exact slope, at the same step, on a scale that is linear below 0.01. Left: walkers that mix fast. Right: walkers that propose one letter a step."}} tags=["hide-input"]
figures.likelihoods(trained, words);
# %% [markdown]
# Where walkers mix, weights are hardly needed. Where they do not, compare the distances on the right.
#
# ## Walkers that steer
#
# {eq}`eq-jarzynski` holds for a protocol that is fixed in advance. Here it is not: the same $M$ walkers whose weights are
# asked set the next $\theta$. Does that matter? Let $g$ be the mean of $\partial_\theta U$ over the walkers, off from its
# expectation by a fluctuation of covariance $\mathrm{Cov}(\partial_\theta U) / M$. The step is $\theta_{k+1} - \theta_k =
# \eta\,(g - g_\text{data})$, and the mean work in it, $(\theta_{k+1} - \theta_k) \cdot g$, holds the square of that
# fluctuation. So the walkers do too much work, and
#
# $$ \delta \ln Z = -\frac{1}{M} \sum_k \eta \, \mathrm{Tr}\, \mathrm{Cov}_k(\partial_\theta U) . $$ (eq-steering)
#
# It does not depend on mixing; it falls as $1/M$ and grows with the number of parameters and of steps. We derived it for this
# page and did not see it in the papers, whose limit is that of many walkers. The remedy is a *second population*, which
# carries weights and steers nothing.

# %%
half = n_steps // 2
small = analysis.weighings(analysis.with_weights(trained), half)
family = generative.PottsWords()
many = [
    generative.EnergyModel(family, n_walkers=4 * n_walkers, n_steps=half, seed=own)
    .fit(*words)
    for own in (seeds if full else seeds[:2])
]
large = analysis.weighings(many, half)
pd.concat([small, large]).round(3)

# %% mystnb={"figure": {"name": "fig-energy-steering", "caption": "Words, Gibbs sweeps. Left: error of ln Z by the weights of walkers that steer, what is expected of it without a fit, and the error of walkers that only watch; a line a training. Right: squared coefficient of variation of the weights, of those that steer (full) and of those that watch (dotted); the grey line is the threshold."}} tags=["hide-input"]
figures.weights(analysis.with_weights(trained));
# %% [markdown]
# The right panel is the trap. The usual alarm is the {term}`effective sample size`, the number of walkers of equal weight
# that would do as well, $M / (1 + \text{squared variation})$. Look which of the two populations has the more equal weights:
# steering keeps them equal *because* it makes the error. Means over the model are hardly touched, since an error that is
# common to all weights drops out of them: the words above are learned well.
#
# ## The next token, cooled
#
# A language model's next token has an energy, minus its logit, and a known $Z_T = \sum_i e^{\text{logit}_i / T}$. So ask
# {eq}`eq-jarzynski` there: walkers on tokens start from the law at $T = 4$ and are cooled to $T = 1$ in equal steps of
# $1/T$. Their moves are poor on purpose: proposals from the hot law, taken or refused by Metropolis' rule.

# %%
speaker = lm.LanguageModel(model, dtype="float32")
texts = [
    "The capital of France is",
    "Once upon a time there was a",
    "The list is sorted, and then",
    "She opened the letter and",
    "Two and two make",
    "The walkers came down from the hill because",
]
logits = analysis.next_logits(speaker, texts[: 2 if smoke else None])
speeds = (10, 30) if smoke else (10, 100, 1000)
cooled_walkers, cooled = analysis.cooled(
    logits, speeds, n_walkers=300 if smoke else 2000, seed=seed
)
cooled.groupby("steps").mean().drop(columns="text").round(3)

# %% mystnb={"figure": {"name": "fig-energy-work", "caption": "Left: work on 2,000 walkers above the difference of free energies, first text, by the number of steps of the cooling. Right: error of the ratio of partition functions by the mean of exp(-W), and by the mean work, over texts with 95 % intervals."}} tags=["hide-input"]
figures.work(cooled_walkers, cooled, seed=seed);
# %% [markdown]
# The mean work is above $\Delta F = -\ln (Z_1 / Z_4)$ at any speed: the second law. That the mean of $e^{-W}$ is right
# comes from the few walkers with $W < \Delta F$, and they become rare when the cooling is fast. So there are two ways
# out, to be slow or to be many. Try both, on the first text:

# %% tags=["hide-input"]
watched.work(cooled_walkers, cooled["exact"].iloc[0])

# %% [markdown]
# *Left: the work, and the same walkers weighed by $e^{-W}$, which is where the mean is made: it is right once the
# luckiest of $M$ walkers reach it. Right: error of $\ln Z$ by groups of $M$ of the same walkers, mean and spread
# between the groups. The mean work errs alike for any number (in print: the middle of both).*
#
# ## Whole texts
#
# Nothing obliges an energy to read from left to right. Put one on top of a language model,
#
# $$ p(x) = \frac{p_\text{LM}(x)\, e^{f(x)}}{Z}, \qquad Z = \E_{p_\text{LM}}\big[ e^{f} \big] , $$ (eq-residual)
#
# as {cite:t}`deng2020` do. If $f$ is the logit of a classifier that tells real texts from those that the model wrote, this is
# the law of real texts as well as the classifier can know it {cite:p}`gutmann2010`. Here: windows of Python's documentation,
# 32 tokens are given, the next 32 are the real ones or drawn by the model at $T = 1$. $f$ is linear in the mean state
# after the last block over these 32 tokens, and is trained fold by fold, so that *topics* of the test were never seen.
#
# What is it worth? $\ln Z$ is at most $Z - 1$, so for any $f$, and with no bias {cite:p}`nguyen2010`,
#
# $$ \E_\text{real}[\ln p] - \E_\text{real}[\ln p_\text{LM}] \;\ge\;
# \E_\text{real}[f] + 1 - \E_{p_\text{LM}}\big[ e^{f} \big] . $$ (eq-bits)
#
# Two controls: $f$ from the *log-probability alone*, which is a temperature for whole texts and no more; and *labels dealt
# anew*, where real and drawn are exchanged in half of the windows.

# %%
if model == "smollm2":
    ends = analysis.shipped().first(96 if smoke else 10**6)
else:
    ends = analysis.read_ends(speaker, analysis.cut(speaker, n_windows, seed=seed))
names = (residual.STATES, residual.LOGP, residual.DEALT)
heads = {name: analysis.fit_residual(ends, name, seed=seed) for name in names}
pd.DataFrame({
    name: {
        **head.bits(seed=seed)._asdict(),
        "by ln of the mean": head.plain_bits(seed=seed).value,
        "real above drawn": head.accuracy,
        "effective share of drawn": head.effective,
    }
    for name, head in heads.items()
}).T.astype(float).round(4)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-energy-residual", "caption": "Left: f less ln Z of windows of unseen topics, real and drawn. Right: bits per token that the reweighted model is better, by the bound, with 95 % intervals over topics, for f from states, from the log-probability alone, and for labels dealt anew."}} tags=["hide-input"]
figures.residuals(heads, seed=seed);
# %%
per_token = ends.tokens.shape[1] * np.log(2)
print(
    f"{len(ends.topics)} windows of {len(set(ends.topics))} topics; bits per token: "
    f"real ends {-ends.real_logp.mean() / per_token:.2f}, "
    f"drawn ones {-ends.drawn_logp.mean() / per_token:.2f}; "
    f"{(ends.tokens < 0).any(axis=1).sum()} drawn ones end early\ntwo drawn ones:"
)
for row in ends.tokens[:2]:
    print(" ", repr(speaker.tokenizer.decode(row[row >= 0])))

# %% [markdown]
# A classifier can be right about most pairs and still be worth little: bits count the typical real text, and $Z$ is ruled by
# the few drawn ones that look most real. Their effective share, in the table, is the power of this experiment: by weights
# that so few windows carry, a large gain could not be certified even if it were there ($\ln$ of the number of windows is the
# most that any bound of this kind can show). Nor is the gain one of *energies* as such: part of it is that the model never
# studied this text, which a fine-tuned model would learn from left to right. That comparison is not made here.
#
# ## All generative models as Boltzmann laws
#
# | model | energy of $x$ | exact | where it stops |
# |---|---|---|---|
# | energy-based | $U_\theta(x)$, any function | slope {eq}`eq-ebm-slope` | $Z$ is unknown; walkers, or {eq}`eq-jarzynski` |
# | autoregressive | $-\sum_t \ln p(x_t \mid x_{<t})$ | $Z = 1$; so is every $Z$ of a prefix | heated token by token it is no longer the Boltzmann law of $U / T$, whose $Z$ looks ahead ({doc}`/chapters/thermo/boltzmann`) |
# | variational autoencoder | $-\ln \int p(z)\, p(x \mid z)\, dz$, a free energy of $z$ | the bound on it is Gibbs' and Bogoliubov's: mean energy less entropy of a trial law | tight where the trial law is the posterior; the gap is not known |
# | normalising flow | $\tfrac12 \lvert f(x) \rvert^2 - \ln \lvert \det \partial f / \partial x \rvert$ | $Z = (2\pi)^{d/2}$ | $f$ must be invertible, in one dimension $d$ |
# | diffusion | $-\ln p_s(x)$ at each noise $s$ | the exact score turns time round ({doc}`/chapters/generative/symmetry_breaking`) | a learned score need not be the slope of any energy |
#
# ## Verdict
#
# Intervals are over trainings, which differ in walkers and points, where something is trained; over texts for the next token;
# over topics for whole texts. With few trainings they are only as good as their range, and where an interval reaches beyond
# the tolerance of its claim, a number that agrees is known no better than that. `--profile full` trains longer and slower.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("generative/energy_based", model=model, profile=profile)
ledger.record_all(
    analysis.judge_heaps(heaps, seed=seed)
    + analysis.judge_weights(small, large, seed=seed)
    + analysis.judge_words(trained, words, seed=seed)
    + analysis.judge_model(cooled, heads, seed=seed)
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Weighted by their work, walkers that cannot cross learn the mass of a heap as "
    "{jar.gmm.mass} for {jar.gmm.mass:paper} ({jar.gmm.mass:verdict}). Words of four letters "
    "come within {jar.words} nats of the exact slope where walkers mix "
    "({jar.words:verdict}), and {jar.words.slow} where they do not "
    "({jar.words.slow:verdict}). But walkers that steer their own training misjudge ln Z, by "
    "{jar.self_bias} times what we derive for it ({jar.self_bias:verdict}); a second "
    "population is off by {jar.identity} nats. An energy over whole texts adds "
    "{ebm.residual.bits} bits per token to a language model ({ebm.residual.bits:verdict})."
)

# %% [markdown]
# What to take along:
#
# - A mean over a model is a report by walkers, and without weights it holds nothing about valleys that they cannot reach.
# - The work that was done on a walker is what it needs to know of them. The price is a spread of weights, and slow changes.
# - Who acts on his own measurement biases it. Let one population steer and another one measure; no effective sample size
#   replaces that.
# - An energy on top of a language model is cheap to train and hard to certify: few drawn texts look real, and they carry the
#   whole of $Z$.

# %% [markdown]
# ## Exercises
#
# ```{exercise} A noise that is too small
# :label: energy_based-noise
# Take $U = x^2 / 2$, fixed, and walkers that start in its law. With the weights of {eq}`eq-jarzynski` for steps $h$ and the
# noise $\sqrt{2h}$, the mean weight must stay 1, its logarithm 0. Let the noise be smaller by a factor $c$, and keep the weights. What do they
# say after 50 steps?
# ```
#
# ```{solution-start} energy_based-noise
# :class: dropdown
# ```

# %% tags=["solution"]
found, h = {}, 0.1
for c in (1.0, 0.7, 0.1):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal(4000)
    log_w = np.zeros(len(x))
    for _ in range(50):
        y = (1 - h) * x + c * np.sqrt(2 * h) * rng.standard_normal(len(x))
        log_w += ((y - (1 - h) * x) ** 2 - (x - (1 - h) * y) ** 2) / (4 * h)
        log_w += (x**2 - y**2) / 2
        x = y
    shifted = np.exp(log_w - log_w.max())
    found[c] = {
        "ln of the mean weight": np.log(shifted.mean()) + log_w.max(),
        "variance by weights": shifted @ x**2 / shifted.sum(),
        "effective walkers": effective_size(log_w),
    }
pd.DataFrame(found).T.rename_axis("noise over √(2h)").round(3)

# %% [markdown]
# With the right noise the mean weight and the variance are 1, though the step is finite. With less, the walkers gather at
# the bottom, and the weights, which reckon with another way of moving, cannot bring them back. Do the first and the last
# column raise an alarm?
# ```{solution-end}
# ```
#
# ```{exercise} How many walkers?
# :label: energy_based-walkers
# How many walkers would the words need, if these steer, for an error of $\ln Z$ of 0.05 nats after the same steps? And what if
# the words had five letters?
# ```
#
# ```{solution-start} energy_based-walkers
# :class: dropdown
# ```

# %% tags=["solution"]
needed = -small["expected"].mean() * n_walkers / 0.05
spread = {n: n + n * (n - 1) / 2 for n in (4, 5)}
needed = {4: needed, 5: needed * spread[5] / spread[4]}
pd.Series(needed).rename_axis("letters").to_frame("walkers").map("{:,.0f}".format)

# %% [markdown]
# By {eq}`eq-steering` the error falls as $1/M$. Every place and every pair adds nearly 1 to the trace of the covariance as
# long as its letters are undecided, so the error grows as the number of those: 10 for four letters, 15 for five. A second
# population costs twice the walkers, and has no such error at all.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: energy_based-your-model
# Run this page on another model: `lmphys run generative/energy_based --model PATH`. It then draws and reads windows of its
# own, few of them (`--set n_windows=256` takes more). Before you run it: would a better model of this text leave more bits to
# a residual energy, or fewer? And which cooling will be harder, that of a model that is sure of its next token, or of one
# that is not?
# ```
#
# ```{solution} energy_based-your-model
# :class: dropdown
# The gain is at most the relative entropy between the law of real texts and that of the model, so a better model leaves
# less; a classifier of a weak model can even find more than the bound can certify. Cooling is harder the further the
# cold law is from the hot one: a sure model puts most of its weight on a token that the hot law hardly ever proposes.
# ```
