# %% [markdown]
# (symmetry_breaking)=
# # When does noise become a word?
#
# A picture generator starts from pure noise and removes it step by step. At some moment it must decide what it is going
# to draw. Does it decide all at once, as a magnet does when it is cooled? Does it decide first what kind of thing it
# will be, and then which one? And would the same process, let loose on the words of a language, decide in that order?
#
# A *diffusion model* learns to undo noise. Take data $x_0$, add Gaussian noise of variance $s$, and ask for the best guess
# of what was there, the *denoiser* $\E[x_0 \mid x]$. To generate is to begin with much noise, move towards the guess, add a
# little fresh noise, and go on with less. {cite:t}`raya2023` and {cite:t}`ambrogioni2025` say that this is a physical system
# that is cooled, with the noise as its temperature: the undecided state loses its stability at a critical noise, as the
# magnet does at its critical temperature, and the decision is a {term}`phase transition`, one of second order,
# *always* of the same class. (We could read the abstract of the second paper, not its text.) {cite:t}`biroli2024` name
# two such moments: *speciation*, when the class is decided, and later, at less noise, *collapse*, when one item of the
# data is. They give a formula for each.
#
# Nothing has to be trained to test this. Where the data are a list of $N$ patterns $x_i$ with weights $w_i$, posterior and
# denoiser are known exactly:
#
# $$ p(i \mid x) \propto w_i\, e^{-|x_i|^2 / 2s}\; e^{\,x \cdot x_i / s} , \qquad
# \E[x_0 \mid x] = \sum_i p(i \mid x)\, x_i . $$ (eq-denoiser)
#
# The *score*, the slope of the log density, is $(\E[x_0 \mid x] - x) / s$. So a density has its peaks, and the undecided
# state its place, where
#
# $$ x = \E[x_0 \mid x] . $$ (eq-state)
#
# Read {eq}`eq-denoiser` as physics: $s$ is the temperature, $x$ the mean field that all patterns feel. One application of
# the denoiser is a step of a {term}`dense Hopfield network` at $\beta = 1/s$, but for one thing: the factor
# $e^{-|x_i|^2 / 2s}$ favours *short* patterns. It will matter. We take two patterns, then three, four, many, and last the
# tokens of a language model.

# %% tags=["parameters"]
model: str = "smollm2"  # whose tokens are the patterns of the last part
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of patterns, noise and bootstrap
n_tokens: int = 0  # tokens that are taken of the model, at random; 0: all
n_views: int = 192  # tokens that are seen through noise
n_clones: int = 2000  # pairs of clones at each noise
n_samples: int = 20000  # samples of each late start
lowest: float = 5.0  # least noise in which tokens are seen, in units of their variance per axis
highest: float = 300.0  # largest one

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, generative, lm
from lmphys.pages import symmetry_breaking as analysis
from lmphys.pages.symmetry_breaking import figures, late_start, points, word_figures, words

book.use_style()
smoke, rng = profile == "smoke", np.random.default_rng(seed)
if smoke:
    n_tokens, n_views, n_clones, n_samples = n_tokens or 1500, 32, 200, 400

# %% [markdown]
# ## Two points: a magnet
#
# The smallest choice is one between $-1$ and $1$. Then {eq}`eq-state` reads $x = \tanh(x / s)$, with a field
# $x = \tanh(x/s + h)$: the mean-field magnet, with $s$ for the temperature, and $s_c = 1$.

# %%
pair = analysis.points_on_a_line()
x = np.linspace(-2, 2, 9)[:, None]
difference = pair.denoised(x, 0.7)[:, 0] - np.tanh(x[:, 0] / 0.7)
print(f"denoiser less tanh(x / s): {np.abs(difference).max():.1e}")
pd.Series(
    {f"s = {s}": pair.settle(np.array([0.3]), s)[0] for s in (0.5, 0.8, 0.9, 0.95, 1.2)}
).to_frame("where the denoiser settles").round(4)

# %% mystnb={"figure": {"name": "fig-symmetry-landscapes", "caption": "Free energy, minus s times the log density, along the line, in units that start at 0 in the centre. Left: two points; as the noise falls the valley becomes a hill with two valleys beside it. Right: a third point at 0; new valleys appear at the sides while the centre is still one."}} tags=["hide-input"]
figures.landscapes((0, 0.4), ((1.5, 1.0, 0.7), (0.25, 0.16, 0.1)));

# %% [markdown]
# A theory of this kind is known by its exponents. Just below $s_c$ the {term}`order parameter` $x$ grows as
# $(s_c - s)^\beta$. Just above, the answer $\mathrm dx / \mathrm dh$ to a small field, the {term}`susceptibility`, diverges
# as $(s - s_c)^{-\gamma}$. At $s_c$ itself $h \sim x^\delta$. Mean field has $\beta = 1/2$, $\gamma = 1$, $\delta = 3$. And
# the number of steps in which a small displacement is forgotten diverges too, $-1/\ln(1/s)$ steps at a noise $s > 1$: that is
# {term}`critical slowing down`. We measure all of them with the exact denoiser, by fits and not from the formula. *low* and
# *high* are the least and largest slope of five parts of the range: a power law has one slope everywhere.

# %%
exponents = analysis.fit_exponents()
pd.DataFrame({name: found.fitted._asdict() for name, found in exponents.items()}).T.round(4)

# %% mystnb={"figure": {"name": "fig-symmetry-exponents", "caption": "Two points near the critical noise. Left: order parameter below it, susceptibility and the steps to relax above it; lines are the leading terms of theory, marks come from the exact score. Right: the answer to a field at the critical noise."}} tags=["hide-input"]
figures.exponents(*(exponents[name] for name in (points.ORDER, points.RESPONSE, points.ISOTHERM)));

# %% [markdown]
# ## A third point: is it always of second order?
#
# Now put a third pattern at 0, with a weight $w$, between $-1$ and $1$. Being shorter, it is favoured by the noise, by
# $e^{1/2s}$. Physicists know the model: Blume and Capel's magnet, whose spins may also be 0 {cite:p}`blume1966,capel1966`.
#
# Which order a transition has can be read off at the centre. Let $q(s)$ be the variance of the patterns there,
# $q = (1 - w) / (1 - w + w\, e^{1/2s})$. The centre is unstable when $q > s$. And the fourth cumulant $q - 3 q^2$ says what
# comes next: below 0 the order parameter grows from 0; above 0 it *jumps*. Both change sign at $q = s = 1/3$, where
#
# $$ \frac{w^*}{1 - w^*} = 2\, e^{-3/2} , \qquad w^* = 0.3086 . $$ (eq-tricritical)
#
# For a larger weight of the middle the centre never loses its stability at all, and the decision is of *first* order.
# That would be a counterexample with three points. Does the exact score show it?

# %%
onsets = {w: analysis.onset(w) for w in (0.1, 0.25, 0.4, 0.6)}
changes_at = analysis.least_jumping_weight(tolerance=1e-2 if smoke else 1e-4)
print(f"the least weight with a jump is {changes_at:.4f}, and w* = {points.TRICRITICAL:.4f}")
pd.DataFrame(onsets, ["noise at the onset", "order parameter there"]).T.rename_axis("weight of 0").round(3)

# %% mystnb={"figure": {"name": "fig-symmetry-orders", "caption": "Order parameter while the noise slowly falls (▼) and rises (▲), for three weights of the point at 0: below, near and above the tricritical weight. The line holds all solutions beside the centre. Where the triangles differ there is hysteresis."}} tags=["hide-input"]
figures.orders((0.1, 0.31, 0.6), np.linspace(0.05, 1.0, 24 if smoke else 48));

# %% [markdown]
# Move the two sliders. With a weight below the tricritical one the side valleys grow out of the centre. With a larger one
# they appear at a distance, while the centre is still a valley: for a while there are two answers.

# %% tags=["hide-input"]
analysis.valleys(weight=0.4, noise=0.16)

# %% [markdown]
# *Three points under their two parameters (in print: at the values where the page starts). Left: free energy along the
# line. Right: all places beside the centre where the denoiser rests, and the one that is reached from the side.*
#
# With a light middle point the triangles lie on each other. With a heavy one the state remembers where it came from. A
# sampler that comes down from noise stays in the middle, and only its own fresh noise carries it over the barrier.
#
# At the border itself, with $s = 1/3$ and $w$ below $w^*$, other exponents rule: $1/4$ in place of $1/2$, and 5 in place of 3,
# the last two rows of the table above. (If the *noise* is changed at $w = w^*$, the exponent is 1/2 again, because there
# both terms that make it vanish together.)
#
# ## Four points: coarse, then fine
#
# Two pairs far apart, with the points of each pair near each other, and with unequal weights. The covariance has one
# large and one small eigenvalue. The formula of {cite:t}`biroli2024` for speciation is that a direction is decided when the
# noise falls below its eigenvalue.

# %% mystnb={"figure": {"name": "fig-symmetry-four", "caption": "Entropy that is left of the choice of the pair, and of the choice within the pair, against the noise, which falls to the right. Dotted: the two eigenvalues of the covariance."}} tags=["hide-input"]
four, critical = analysis.four_points(), analysis.critical_noises()
drawn = rng.choice(4, 500 if smoke else 4000, p=late_start.WEIGHTS)
seen = generative.view(
    four.patterns, np.geomspace(40, 0.02, 30), drawn, rng,
    labels={"pair": np.array([0, 0, 1, 1])}, log_weights=four.log_weights,
)  # fmt: skip
figures.four_points(seen, critical);

# %% [markdown]
# First the pair, then the point. Each decision is spread over a decade of noise: with four points there is no sharp
# transition, only a crossover at about the right place.
#
# ### Clones
#
# How does one see a decision? {cite:t}`biroli2024` stop the process, copy the state, and let both copies go on, each with
# fresh noise. If they end in the same class, the class was decided. Take the two Gaussians of their theory. What should be
# found can be said exactly, for any data and any classes: along the reverse process the probability of a class is a fair
# game, a martingale, so a clone that parts at $x$ ends in class $c$ with the probability $P(c \mid x)$, and
#
# $$ \phi(s) = \E_x \sum_c P(c \mid x)^2 . $$ (eq-clones)

# %% mystnb={"figure": {"name": "fig-symmetry-clones", "caption": "Share of the pairs of clones that end in one class, against the noise at which they part, with 95 % intervals over pairs. The line is the exact probability, without a fit; dashed is the largest eigenvalue of the covariance."}} tags=["hide-input"]
clones = analysis.run_clones(
    np.geomspace(20, 0.05, 4 if smoke else 7), n=n_clones, steps=40 if smoke else 120, seed=seed
)
figures.clones(clones, variance=0.05, seed=seed);

# %% [markdown]
# Two Gaussians are what a "class" is in the theory. The same identity will later ask the words.
#
# ### Starting late
#
# If nothing is decided above the critical noise, why begin there? {cite:t}`raya2023` start the process late, from a
# Gaussian, and report that nothing is lost until the critical noise, and diversity below it. The four points can tell. Each
# process begins at the true noisy density, at a Gaussian of the same mean and covariance, or at one point, the mean. The
# error is the total variation distance between the shares of the points at which samples end and their true shares; an
# error of about $1/\sqrt n$ is there by chance alone, as the first way shows.

# %%
ratios = [8.0, 3.0, 1.0, 0.5, 0.2]
ends = analysis.start_at_each(
    four, [r * critical[0] for r in ratios],
    n=n_samples, steps=40 if smoke else 60, last=0.01, seed=seed,
)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-symmetry-late", "caption": "Late starts: error of the shares (left) and number of patterns that are met, as the exponential of the entropy of their shares (right), against the noise at which the process starts. Bars: 95 % intervals over samples. Dotted: the critical noise of the pairs."}} tags=["hide-input"]
figures.late_start(ends, critical[0], seed=seed);

# %% [markdown]
# The Gaussian has the right mean and covariance, so all that it gets wrong is of higher order. The single point shows what
# the instability is good for: only fresh noise *above* the critical noise can choose the pair, and a process that starts
# below it has lost that choice. With equal weights the symmetry would hide the error of the Gaussian: wrong places, right
# shares.
#
# ## Many patterns: the second moment
#
# Let there be very many patterns, $N = e^{\alpha d}$ of them, in random directions. There is no class to decide. Still
# something sudden happens: the posterior, first spread over all, *condenses* on the one that is there, as in the
# {term}`random energy model`. When? A noisy view tells about its pattern
#
# $$ I(s) = \sum_{i=1}^d \tfrac12 \ln \!\left( 1 + \frac{\lambda_i}{s} \right) \ \text{nats in the mean, with variance} \quad
# V(s) = \sum_{i=1}^d \frac{\lambda_i}{\lambda_i + s} , $$ (eq-condense)
#
# for Gaussian patterns with the variances $\lambda_i$ along their principal directions. It is enough as soon as it exceeds
# $\ln N$. For equal $\lambda_i$ this is the collapse time of {cite:t}`biroli2024`. And since $I$ grows as $d$ and its
# fluctuation as $\sqrt d$, the border is about $1/\sqrt d$ wide: $p \approx \Phi\big[(I(s) - \ln N) / \sqrt{V(s)}\big]$, with
# the normal distribution function $\Phi$. Nothing is fitted:

# %%
dimensions = (12, 24) if smoke else (16, 28, 42)
sizes = analysis.finite_sizes(
    dimensions, 0.25, np.geomspace(0.2, 5, 15), n_views=48 if smoke else 256, seed=seed
)
analysis.widths(sizes).T.round(3)

# %% mystnb={"figure": {"name": "fig-symmetry-sizes", "caption": "Posterior probability of the true pattern of N, in d dimensions at ln N = d / 4, against the noise over the one at which the information is used up. Marks: exact posteriors of random patterns. Lines: the theory of large d, without a fit."}} tags=["hide-input"]
figures.sizes(sizes);

# %% [markdown]
# ## The words of a language model
#
# A language model reads each token as a vector. Diffusion models of language start from these vectors and add noise to
# them. So take the whole table as the patterns: no training, no approximation, one {eq}`eq-denoiser` with as many terms
# as there are tokens. The prior is uniform: isolated tokens, without a text around them. Noise is measured in units of
# $\sigma^2$, the variance of the table per axis, after its mean has been taken out.

# %%
speaker = lm.LanguageModel(model, dtype="float32")
rows = np.sort(rng.permutation(speaker.n_rows)[:n_tokens]) if n_tokens else np.arange(speaker.n_rows)
table = analysis.token_table(speaker, rows)
labels = analysis.token_classes(speaker, rows, seed=seed)
spectrum = generative.principal_variances(table)
half = (table**2).sum(axis=1) / 2
pd.Series({
    "tokens": len(table),
    "dimensions": table.shape[1],
    "λ₁ / σ²": spectrum[0],
    "λ₂ / σ²": spectrum[1],
    "participation ratio": spectrum.sum() ** 2 / (spectrum**2).sum(),
    "ln N / d, nats": np.log(len(table)) / table.shape[1],
    "half squared length / σ², mean": half.mean(),
    "its standard deviation": half.std(),
}).to_frame("").round(3)  # fmt: skip

# %% [markdown]
# Two things are unlike the pictures of the theory. $\ln N / d$ is tiny: there are few tokens for so many dimensions. And
# the lengths differ widely. The half squared length over $s$ is the energy that the noise adds to a token, so at $s = 20
# \sigma^2$ its standard deviation, divided by 20, is the spread of that energy in units of the temperature.
#
# ### When is the word decided?
#
# Controls: a *Gaussian* table with the same covariance, so that whatever agrees is owed to the spectrum alone; an
# *isotropic* one; and the table of the same model with *random weights*.

# %%
noises = np.geomspace(lowest, highest, 10 if smoke else 16)
unit = np.ones(table.shape[1])
blank = lm.LanguageModel(corpus.control_of(model), dtype="float32")
tables = {
    words.WORDS: table,
    words.SAME: analysis.gaussian_codebook(spectrum, len(table), rng),
    words.ISOTROPIC: analysis.gaussian_codebook(unit, len(table), rng),
    words.RANDOM: analysis.token_table(blank, rows),
}
books = {
    name: analysis.see(
        each, noises, n_views if name == words.WORDS else n_views // 2, seed + i,
        labels=labels if name == words.WORDS else None,
    )
    for i, (name, each) in enumerate(tables.items())
}  # fmt: skip

# %%
condensed = {
    name: {"predicted": each.predicted, **each.interval(each.condensed, seed=seed)._asdict()}
    for name, each in books.items()
}
pd.DataFrame(condensed).T.rename(columns={"value": "measured, p = 1/2"}).astype(float).round(2)

# %% mystnb={"figure": {"name": "fig-symmetry-words", "caption": "Tokens through noise, which falls to the right. Left: posterior probability of the true token, mean over tokens; bars are 95 % intervals for the words. The black line is what the spectrum of the words expects, without a fit. Right: rate at which entropy is lost. Dashed: the noise that the spectrum predicts."}} tags=["hide-input"]
word_figures.condensation(books, seed=seed);

# %% [markdown]
# The right panel is a derivative that needs no difference: $\mathrm dH / \mathrm d \ln s$ is the error of the best
# denoiser over $2s$ {cite:p}`guo2005`. {cite:t}`stancevic2025` read its peaks as the moments of decision.
#
# ### Does the undecided state lose its stability first?
#
# In the theory speciation comes first: the central solution of {eq}`eq-state` becomes unstable when the noise falls to the
# largest eigenvalue $\lambda_1$ of the covariance of the data. But the argument at {eq}`eq-denoiser` said more. At the
# centre the patterns are weighted by $e^{-|x_i|^2 / 2s}$, so what counts is the covariance *of the weighted* patterns:
#
# $$ \lambda_{\max}\big( \mathrm{Cov}[x_0 \mid x^*] \big) = s . $$ (eq-unstable)
#
# For patterns of one length that is $\lambda_1$. For words it need not be. The left side over the right one is the *slope* of
# the denoiser at the centre; it is lost where the slope passes 1. A table of words has no symmetry, so that the centre
# moves as the noise falls, like a magnet in a weak field, and the slope may stay below 1: a rounded transition. And much
# variance is not yet a choice: a *Gaussian* cloud, weighted by the noise, has the variance $\lambda s / (\lambda + s)$, so
# its slope is $\lambda_1 / (\lambda_1 + s)$, below 1 at any noise. A direction can only be decided if the data lie apart
# along it, in heaps or as single points. We follow the centre of the words, and we also make the symmetry exact by adding to each token its mirror image. The control has the same
# directions with equal lengths (of a quarter of the tokens, which is enough for a covariance).

# %%
centres = {
    words.WORDS: analysis.undecided(table, lowest=0.19, n_noises=6 if smoke else 13),
    "equal norms": analysis.undecided(
        analysis.equal_norms(table[::4]), lowest=0.8, n_noises=5 if smoke else 6
    ),
}
lost = {
    (name, version): {"λ₁": each.largest, **noise._asdict()}
    for name, each in centres.items()
    for version, noise in each.critical().items()
}
pd.DataFrame(lost).T.rename(columns={"value": "lost at"}).round(2)

# %% mystnb={"figure": {"name": "fig-symmetry-centre", "caption": "Left: slope of the denoiser at the central fixed point against the noise, which falls to the right; at 1 the point is lost. Dashed: λ₁, where the covariance of the data would have it. Black: a Gaussian cloud with the λ₁ of the words. Dash-dotted: the noise at which words are recognised. Right: number of tokens that share the centre of the words."}} tags=["hide-input"]
word_figures.centres(centres, condensed[words.WORDS]["value"]);

# %% [markdown]
# Compare where the blue curve is highest with its dashed line, and with the dash-dotted one; and see how long it is that
# of a Gaussian cloud, which has nothing to decide. The right panel says who makes up the centre: as the noise falls, fewer
# and fewer tokens, the shortest ones, until single tokens stand out.
#
# ### Class first, then word?
#
# A token begins a word or goes on with one; it has a capital or not. Such classes are *given*, not found by clustering, which
# would be circular. For each: the noise at which half of the entropy of the class is left; what the means of the two classes
# and their common covariance predict, were both Gaussian (a dash where they never tell so much); and the ratio to the noise
# at which half of the entropy of the *token* is left. The null deals the first labelling anew: such a class has no place in
# the table, and is known only because the token is.

# %%
decided = analysis.class_decisions(books[words.WORDS], table, labels, seed=seed)
decided.round(2).astype(object).fillna("–")

# %% mystnb={"figure": {"name": "fig-symmetry-classes", "caption": "Share of the entropy that is left, of the token and of its classes, against the noise, which falls to the right. A class that is decided before the word would lie below the line of the token. Dashed: the predicted noise of the word."}} tags=["hide-input"]
word_figures.classes(books[words.WORDS], decided);

# %% [markdown]
# Beware of the word "half". A token is worth more than ten nats, and half of them are gone long before any single token is
# likely. With another yardstick, that the *true* token has the probability 1/2, the table of condensation above gives the noise
# to compare with. The row *dealt anew* needs no yardstick: a class that is decided no earlier than a meaningless one is
# not decided as a class.
#
# ## Verdict
#
# The exponents have no sampling; their ends are the spread of the slope. Intervals over tokens resample the tokens that are
# seen, each with its own noise; the table is one, and where its centre is lost is known to the noises that were looked at.
# Intervals of clones and late starts are over samples.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("generative/symmetry_breaking", model=model, profile=profile)
early, late = (
    next(e for e in ends if e.start == late_start.GAUSSIAN and e.noise == r * critical[0])
    for r in (ratios[0], ratios[-1])
)
ledger.record_all(
    analysis.judge_points(exponents, onsets, changes_at)
    + analysis.judge_paths(clones, late, early, seed=seed)
    + analysis.judge_words(books, centres, decided, seed=seed)
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Two points are a mean-field magnet: β is {amb.beta} ({amb.beta:verdict}). That the "
    "transition is always of second order is *{amb.second_order:verdict}*: with a third "
    "point of weight 0.4 the order parameter starts at {amb.second_order}. The words of a "
    "language model are recognised at {amb.words.condense} times the noise that their "
    "spectrum predicts ({amb.words.condense:verdict}). Their undecided state is lost at a "
    "noise that is, by the version of the table, {amb.words.lambda} of the largest "
    "eigenvalue ({amb.words.lambda:verdict}), and that speciation comes first is "
    "*{amb.words.order:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - A denoiser that is applied again and again is a mean-field magnet, and the noise is its temperature. The order of its
#   transition depends on the data: it takes three points to change it.
# - Two moments have two causes. A *direction* is decided when its variance exceeds the noise. An *item* is decided when a view
#   tells more than $\ln N$. Which comes first is a matter of $\ln N / d$ and of lengths, and no law.
# - The covariance that counts is that of the patterns *as the noise weighs them*. Where lengths differ, that of the data is
#   another one.
# - These are crossovers of known width: $N$ and $d$ are fixed, and nothing here is infinitely sharp. That a decision falls into
#   a window needs no statistical physics: it follows wherever a process narrows to a part of what it could have become
#   {cite:p}`li2025windows`.
# - Tested here are exact scores of fixed patterns, not trained networks: whether networks behave alike is another question.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Another clock
# :label: symmetry_breaking-clocks
# Many programs keep the total variance fixed: $y = \theta x_0 + \sqrt{1 - \theta^2}\, z$, with $\theta$ from 1 to 0. At which
# $\theta$ is the critical noise of the two points? A drift of the reverse process that is often drawn in papers is
# $-y/2$ plus the score, to be read with a minus sign in the direction of generation: its centre loses its stability where
# $\theta^4 + 2 \theta^2 = 1$. Is that the same place?
# ```
#
# ```{solution-start} symmetry_breaking-clocks
# :class: dropdown
# ```
# $y / \theta$ is a view with the noise $s = (1 - \theta^2) / \theta^2$, so $s = 1$ is $\theta = \sqrt{1/2}$. The drift has its own
# root:

# %% tags=["solution"]
drift_root = np.sqrt(np.sqrt(2) - 1)
pd.Series(
    {"density: θ": np.sqrt(0.5), "drift: θ": drift_root, "drift: noise s": 1 / drift_root**2 - 1}
).to_frame("").round(4)

# %% [markdown]
# They differ: the density of the noisy data has two peaks before the drift has two resting points. And the flow without fresh
# noise, the *probability flow*, has an unstable centre at all times. Whoever names a critical time has to say of what.
# ```{solution-end}
# ```
#
# ```{exercise} Put a word into a sentence
# :label: symmetry_breaking-context
# The prior was uniform. In a text the model has expectations. Take its next-token law after a few words as the prior, draw
# the true token from it, and find the noise at which it is recognised. Does it come to the noise that
# {eq}`eq-condense` gives with the entropy of the prior in place of $\ln N$?
# ```
#
# ```{solution-start} symmetry_breaking-context
# :class: dropdown
# ```

# %% tags=["solution"]
texts = ["The capital of France is", "Once upon a time there was a little", "I do not know"]
prior = [
    speaker.read([speaker.prompt_ids(text, "{question}")])[0].double().log_softmax(-1).detach().cpu().numpy()[rows]
    for text in texts[: 1 if smoke else 3]
]
found = {}
for text, log_p in zip(texts, prior, strict=False):
    p = np.exp(log_p) / np.exp(log_p).sum()
    truth = rng.choice(len(table), 48, p=p)
    seen = generative.view(table, np.geomspace(8, 3000, 12), truth, rng, log_weights=log_p)
    found[text] = {
        "entropy of the prior, nats": -(p * np.log(p)).sum(),
        "predicted": generative.condensation_noise(spectrum, -(p * np.log(p)).sum()),
        "measured, p = 1/2": float(generative.crossing(seen.noises, seen.p_true.mean(axis=1), 0.5)),
    }
pd.DataFrame(found).T.round(2)

# %% [markdown]
# With a context less is to be known, and words are recognised through more noise. A mean entropy hides much: likely tokens
# are recognised early and unlikely ones late, so the agreement can only be rough; a dash or NaN means that even at the
# largest noise the prior alone is right more than half of the time.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: symmetry_breaking-your-model
# Run this page on another model: `lmphys run generative/symmetry_breaking --model PATH`. Before you run it, read off its
# number of tokens and its width, and predict the noise of condensation if its table were isotropic. Is the order of the
# two moments reversed there as well?
# ```
#
# ```{solution} symmetry_breaking-your-model
# :class: dropdown
# The isotropic prediction is $1 / (N^{2/d} - 1)$, about $d / (2 \ln N)$ in units of $\sigma^2$: a wider model recognises its
# words through more noise. The order depends on $\lambda_1$ and on the spread of lengths, for which look at the first
# table of that part; a table whose lengths are all alike has its undecided state lost at $\lambda_1$.
# ```
