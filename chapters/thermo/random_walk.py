# %% [markdown]
# (random-walk)=
# # When is the partition function a constant?
#
# **Does the normalising sum of a language model depend on the text?** We draw a small language from a model in which
# every vector is known and ask when that sum, the {term}`partition function`, is the same number in every context, and
# what follows for the words. Then we ask the same of the last step of a transformer.
#
# Words that are used alike have vectors that point alike. {cite:t}`arora2016` give a model from which this follows. A
# writer carries a *context* $c_t$ about, a unit vector in $d$ dimensions that makes small random steps. At each step one
# word is drawn:
#
# $$ p(w \mid c_t) = \frac{e^{\langle v_w, c_t \rangle}}{Z_{c_t}}, \qquad Z_c = \sum_w e^{\langle v_w, c \rangle} . $$ (eq-randwalk)
#
# That is the {term}`Boltzmann distribution` of {ref}`the first page <boltzmann>`, at $T = 1$, with energies
# $-\langle v_w, c \rangle$; the head of a transformer has the same form, with the final {term}`hidden state` as $c$. The
# central claim: if the word vectors point in all directions alike ({term}`isotropy`), $Z_c$ is nearly the same number $Z$
# for every context. Then three laws hold, with a small error:
#
# $$ \ln p(w) = \frac{\norm{v_w}^2}{2d} - \ln Z, \quad
# \ln p(w, w') = \frac{\norm{v_w + v_{w'}}^2}{2d} - 2 \ln Z, \quad
# \mathrm{PMI}(w, w') = \ln \frac{p(w, w')}{p(w)\,p(w')} = \frac{\langle v_w, v_{w'} \rangle}{d} . $$ (eq-pmi)
#
# Long vectors are frequent words; parallel vectors are words that occur together more often than chance. Of a
# transformer the paper says nothing. (Of the paper we had equations and some numbers through secondary notes; the ledger
# says so.)

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of the language, the walks, the bootstrap and the permutations
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
shortest: float = 0.4  # least length s of a word
longest: float = 1.2  # largest length s of a word
step: float = 0.4  # length of a step of the walk; the sphere has radius 1
n_states: int = 1000  # final states of the language model
pseudo: float = 1.0  # added to observed and expected counts of a pair of tokens

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, lm
from lmphys.pages import random_walk as analysis
from lmphys.pages.random_walk import figures
from lmphys.stats.sphere import on_sphere

book.use_style()
sizes = analysis.SIZES[profile]

# %% [markdown]
# ## A language drawn from the model
#
# Each word gets a length $s_w$ and a random direction, $v_w = s_w\, g_w$ with $g_w$ Gaussian. Over contexts,
# $\langle v_w, c \rangle$ then fluctuates by $s_w$ nats, and $\norm{v_w}^2 / 2d$ is about $s_w^2 / 2$.
#
# Two errors must be told apart: that of the law, and that of counting. So probabilities come in two ways. *Expected*: an
# average of $p(w \mid c)\, p(w' \mid c)$ over contexts spread over the sphere, with no word drawn. *Sampled*: words
# counted along independent walks.

# %%
n, d = sizes.n, sizes.d
scales = analysis.draw_scales(n, shortest, longest, seed)
vectors = analysis.draw_vectors(scales, d, seed + 1)
probes = slice(0, sizes.probes)
contexts = on_sphere(sizes.sets, d, np.random.default_rng(seed + 2))
expected = analysis.expected_words(vectors, contexts, probes)
print(f"{n:,} words in {d} dimensions")
print("{} independent sets of {:,} contexts".format(*sizes.sets))

# %%
words = analysis.sample_words(
    vectors, analysis.draw_walk(*sizes.walks, d, step, seed + 3), seed + 4
)
print(f"{words.size:,} words sampled along {len(words)} walks")

# %% [markdown]
# The laws, fitted with a line, beside the same fit for vectors permuted among the words. `error` is what is left
# with slope and intercept as promised and nothing fitted; `noise` is the error of the averages; `spread` is how much
# there was to explain, all in nats. The Gaussian approximation in {eq}`eq-pmi` is exact only for $d \to \infty$; with
# the exact mean of $e^{\langle v, c \rangle}$ over the sphere the error becomes that in `on the sphere`.

# %%
laws = analysis.fit_laws(expected, vectors[probes], seed=seed)
order = np.random.default_rng(seed).permutation(sizes.probes)
permuted = analysis.fit_laws(expected, vectors[probes][order], seed=seed)
laws.assign(**{"slope, permuted": permuted["slope"]}).round(3)

# %% [markdown]
# ## What a reader of the text sees
#
# A reader has no contexts, only counts. A single pair occurs so seldom that its counted PMI is mostly noise. Pooled
# over many pairs the noise goes.

# %% tags=["hide-input"]
inner = vectors @ vectors.T / d
same, spread = laws.loc["PMI(w, w')", ["slope", "spread"]]
slopes = analysis.slopes_by_distance(words, inner, step, same, seed=seed)
per_pair = 2 * words.size / n**2
print(f"a pair is expected {per_pair:.2f} times in either order:")
print(f"its PMI is uncertain by about {1 / np.sqrt(per_pair):.1f} nats,")
print(f"and the law has a spread of {spread:.2f}")
slopes

# %% mystnb={"figure": {"name": "fig-walk-laws", "caption": "Left: PMI of pairs of words against ⟨v, v'⟩/d. Dots: expected, one a pair, two words drawn from one context. Squares: sampled, next to each other on a walk, pooled in bins; bars are 95 % intervals over walks. The dashed line is the law. Right: slope of the law for sampled words against their distance on the walk, with 95 % intervals, and the correlation of the contexts, which is what the law becomes when the context moves between the two words."}} tags=["hide-input"]
figures.laws(expected, words, inner, slopes, same, seed=seed);

# %% [markdown]
# So PMI is a correlation function. In {eq}`eq-pmi` the two words share one context. When the context moves between
# them, the same calculation puts $\langle c_t, c_{t+k} \rangle = \rho^k$ before the inner product, with
# $\rho = 1 - \mathrm{step}^2 / 2$: the slope of the PMI law measures the memory of the text. "Slope 1" is the statement
# that the walk is slow.
#
# ```{admonition} Two traps of units
# :class: warning
# Programs that fit $\norm{v_w + v_{w'}}^2 + C$ to log counts return vectors that are shorter by $\sqrt{2d}$; in their
# units the PMI law has slope 2 and not $1/d$. And counts within a window of $q$ words are larger than probabilities by
# the number of pairs in the window, $q(q-1)/2$, which adds its logarithm to every "PMI". An exercise has both.
# ```
#
# ## How large must a language be?
#
# $Z_c$ is a sum of $n$ terms, so its relative spread falls as $1/\sqrt n$ and does not care about $d$. The error of the
# laws has two sources: the fluctuation of $Z$ adds terms of order $1/\sqrt{nd}$, and the sphere itself, which differs
# from a Gaussian cloud, terms of order $1/d$. More words do not mend the second.

# %% tags=["hide-input"]
finite = analysis.finite_size(
    [(n_words, dim) for n_words in sizes.n_grid for dim in sizes.d_grid],
    (shortest, longest),
    n_contexts=2_000, n_probes=100, repeats=sizes.repeats, seed=seed,
)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-walk-finite", "caption": "Left: spread of Z over contexts, relative to its mean, against the number of words; the dashed line is the leading order, without a fit. Right: root mean square error of the PMI law against the dimension, in nats; the dotted line falls as 1/d. Points are independent languages, lines their means."}} tags=["hide-input"]
figures.finite_sizes(finite);

# %% [markdown]
# On the left the lines should lie on each other and fall; on the right, see whether more words help once the dimension is
# given.
#
# ## Breaking isotropy in two ways
#
# **A common mean.** Add one vector $m$ to all words. Then $Z_c$ becomes $e^{\langle m, c \rangle} Z_c$, which is no
# constant. But numerator and denominator of {eq}`eq-randwalk` have the same factor: *no probability changes*. It is the
# {term}`gauge freedom` of that page, with a constant for each context that is linear in $c$. The law
# {eq}`eq-pmi` is not gauge invariant: PMI stays, $\langle v_w, v_{w'} \rangle$ does not. Centring the vectors undoes $m$.
#
# **A stretch.** Multiply one coordinate of all words by a factor. That is another language, and no common vector brings
# the old one back.

# %% mystnb={"figure": {"name": "fig-walk-broken", "caption": "Spread of ln Z over contexts (top) and root mean square error of the PMI law (bottom) when isotropy is broken by a common mean vector (left) or by stretching one direction (right), with the vectors as they are and after centring. The left end of each panel is the isotropic language; the dotted line is the spread of the law there, so a law whose error is above it explains nothing."}} tags=["hide-input"]
broken = analysis.break_isotropy(
    vectors, contexts[:6], probes,
    means=[0, 0.25, 0.5, 1, 2], factors=[1, 2, 3, 4, 6], seed=seed,
)  # fmt: skip
figures.broken_isotropy(broken, spread);

# %% [markdown]
# So "is $Z$ a constant?" has to be asked as: *is there a common vector that makes it one?*
#
# ## The head of a language model
#
# The last step of a transformer is {eq}`eq-randwalk`: row $v_w$ of the output table for each token, the final hidden
# state $h$ in place of $c$. We take states at the ends of sentences that the model wrote, and for each a random
# direction of the same length. Controls: the same architecture with random weights, which reads the same texts; and at
# the trained states a table of isotropic vectors with the lengths of the trained ones, which tells the effect of their
# size from that of their directions.

# %%
rng = np.random.default_rng(seed)
specs = {
    which: corpus.default_spec(
        which, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, seed=seed
    )
    for which in (model, corpus.control_of(model))
}
heads = {
    name: analysis.read_head(
        lm.LanguageModel(which),
        corpus.build_corpus(spec).trajectories("final_norm", "boundary"),
        n_states,
        rng,
    )
    for name, (which, spec) in zip(
        ("trained", "random weights"), specs.items(), strict=True
    )
}
random_directions = heads["trained"].with_random_directions(seed)
n_tokens = len(random_directions.tables["output"])
print(f"{n_tokens:,} tokens: √ln n = {np.sqrt(np.log(n_tokens)):.2f} nats, "
      f"√(2 ln n) = {np.sqrt(2 * np.log(n_tokens)):.2f} nats")

# %% tags=["hide-input"]
language = analysis.constancy(expected.log_Z.ravel(), vectors, contexts.reshape(-1, d))
compared = {**heads, "trained lengths, random directions": random_directions}
constancy = {("language of the walk", "any direction"): language} | {
    (name, kind): head.constancy(kind)
    for name, head in compared.items()
    for kind in head.log_Z
}
pd.DataFrame(constancy).T.round(3).astype(object).fillna("–")

# %% [markdown]
# `logits` is how far the logits of one context spread over the vocabulary, $s$, in nats. `if isotropic` is what $\ln Z$
# would spread between contexts if all directions were alike, $\sqrt{(e^{s^2} - 1)/n}$: even then it is a constant only for
# $n \gg e^{s^2}$, that is $s$ well below $\sqrt{\ln n}$, and the formula says nothing beyond. Then the standard deviation
# of $\ln Z$ as found: in the gauge of the table as it is (`raw`), with the table centred, and with the common vector that
# flattens it best, found by regression on other questions. The last is the most that no such gauge takes away. A dash
# stands where the formula ends, and where no gauge was fitted. Read every row beside its `logits`: a table of small
# logits has a constant $Z$ for a trivial reason. Whether training made $Z$ more constant at real states than vectors of
# the same lengths in random directions would is the comparison of `trained, real` with the last row, gauge by gauge.
# (A bias or a cap that some models put on their logits is left out.)

# %% mystnb={"figure": {"name": "fig-walk-partition", "caption": "Spread of ln Z over contexts around its median: half of the contexts lie in the boxes, nine in ten between the whiskers. Top: the language of the walk. Below: the head of the model, at random directions and at the final states of real texts, in three gauges (the best one on held-out questions), and two controls. A deviation of 10 % in Z is a tenth of a nat."}} tags=["hide-input"]
gauges = heads["trained"].gauges()
figures.partition(
    {
        "language of the walk": expected.log_Z.ravel(),
        "random weights, real": heads["random weights"].log_Z["real"],
        "random directions, real": random_directions.log_Z["real"],
        "trained, any direction": heads["trained"].log_Z["any direction"],
        "trained, real": gauges["raw"],
        "… centred": gauges["centred"],
        "… best gauge": gauges["best gauge"],
    }
);

# %% [markdown]
# ### The directions of the table
#
# Isotropy can be read off the table itself: the smallest singular value over the root mean square one is 1 if all
# directions are alike (secondary notes report about 1/3 for vectors fitted as in the paper), and the
# {term}`participation ratio` counts the directions that carry the variance.

# %%
tables = {
    f"{name}, {kind}": table
    for name, head in heads.items()
    for kind, table in head.tables.items()
}
pd.concat({name: analysis.isotropy(table).T for name, table in tables.items()}).round(3)

# %% [markdown]
# ### Does the table know the text?
#
# Two laws can be put to the table: $\mathrm{PMI}$ of adjacent tokens against $\langle v_w, v_{w'} \rangle$, and log
# frequency against $\norm{v_w}^2$. The text is that of the corpus, a narrow world. Pairs are chosen by the count that is
# *expected* of independent tokens and not by the one that occurred, and counts are shrunk: PMI is
# $\ln \frac{\mathrm{count} + k}{\mathrm{expected} + k}$ with $k$ = `pseudo`. Two equal tokens make no pair. The null
# permutes the vectors among the tokens. Hidden states have another scale than unit contexts, so the laws are tested by
# their correlation, which no scale changes.

# %%
written = corpus.build_corpus(specs[model])
text = {
    "tokens": written.column("tokens"),
    "lengths": written.chains["n_tokens"].to_numpy(),
    "groups": written.chains["question_id"].to_numpy(),
}
adjacency = analysis.count_adjacent(**text, min_expected=sizes.min_expected)
n_seen = len(np.unique(adjacency.pairs))
print(f"{len(text['tokens']):,} tokens; frequencies of {len(adjacency.tokens)};")
print(f"{len(adjacency.pairs):,} pairs of {n_seen} tokens")

# %%
known = analysis.compare_tables(adjacency, tables, pseudo=pseudo, seed=seed)
known.round(3)

# %% [markdown]
# Neighbours are perhaps too near: a noun follows an article, and the two are not alike. A slow context would tie words
# that stand some places apart as well. The same correlation of the centred output table at larger distances; with five
# rows, one outside its null by a little is no surprise:

# %%
analysis.correlations_by_distance(
    **text, table=heads["trained"].tables["output"],
    min_expected=sizes.min_expected, pseudo=pseudo, seed=seed,
).round(3)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-walk-tables", "caption": "Correlation of adjacent tokens' PMI with the inner product of their vectors (left), and of log frequency with squared length (right), for each table of the model and of its control. Points with 95 % intervals over questions; grey bars hold 95 % of the nulls in which the same vectors are permuted among the tokens."}} tags=["hide-input"]
figures.tables(known);

# %% [markdown]
# ## What it is in physics
#
# In the gauge of the logits the {term}`free energy` of a context is $F = -\ln Z_c$, at $T = 1$. The page
# {ref}`before <boltzmann>` showed its spread between contexts, and called it an accident of the gauge. {term}`isotropy`
# is the statement that there is no such accident: $F$ is *the same at every context*, a function of state that is no
# function. The raw gauge is then the information gauge up to one number for all contexts: a logit *is* a log
# probability, and energies of different contexts can be compared. A model with that property is called self-normalised;
# it can score one token without summing over the vocabulary.
#
# When does a sum of $n$ Boltzmann factors forget which system it belongs to? If the energies are independent and spread
# by $s$, as long as $n \gg e^{s^2}$: the sum is then *self-averaging*. At $s = \sqrt{2 \ln n}$ its few largest terms take
# over, which is the freezing of random energies on {ref}`the first page <boltzmann>`, where $Z$ is anything but a
# constant. A head that says clearly which token comes next has to spread its logits. Certainty and a constant $Z$ pull
# in opposite directions, unless training trims $Z$ at the states that it meets.
#
# Any constant for each context leaves the probabilities alone; those of the form $\langle m, c \rangle$ are the ones that
# a table can take up. What remains of $\ln Z$ after the best
# $m$ is its curvature in $c$. That has a meaning in any gauge: the second derivative of $\ln Z$ is the covariance of
# the vectors under $p(w \mid c)$, as the {term}`heat capacity` is the variance of the energies. For Gaussian words
# $\ln Z_c = \ln n + s^2 \norm c^2 / 2$: the curvature is there, but on a sphere nobody can see it.
#
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("thermo/random_walk", model=model, profile=profile)
ledger.record_all(
    analysis.judge_language(expected, contexts, laws, permuted, seed=seed)
    + analysis.judge_head(heads, random_directions, known, seed=seed)
)
outputs = analysis.isotropy(heads["trained"].tables["output"]).loc["σ min / σ rms"]
ledger.measure("table.isotropy", outputs.to_dict(), "output table, and its mean taken out")
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "In a language drawn from the model $Z$ is within 10 % of its mean in a share of "
    "{randwalk.partition.concentration} of the contexts "
    "({randwalk.partition.concentration:verdict}), and the PMI of two words follows "
    "their inner product with slope {randwalk.pmi.slope} "
    "({randwalk.pmi.slope:verdict}). At the states of real texts the head of the "
    "transformer keeps $Z$ within that band in a share of "
    "{randwalk.transformer.concentration}: "
    "{randwalk.transformer.concentration:verdict}. The controls give {randwalk.transformer.concentration:controls}."
)

# %% [markdown]
# What to take along:
#
# - For isotropic words the partition function is a constant because it is a sum of many independent terms, as long as
#   no few of them rule it. Number of words and dimension limit the laws in different ways.
# - A common mean vector is a gauge: it changes $\ln Z$ and the inner products and no probability. Centre a table before
#   you read meaning off its inner products.
# - The slope of the PMI law is the correlation of the context between two words.
# - Of a trained head ask three things apart: how constant $Z$ is in all directions, where the model really is, and
#   after the best gauge; and ask each of an isotropic table of the same lengths too.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Units
# :label: random-walk-units
# A program returns $u_w = v_w / \sqrt{2d}$. Write the laws {eq}`eq-pmi` in $u$. Then count pairs within windows of
# $q = 10$ words instead of taking probabilities: what is added to the "PMI" of every pair?
# ```
#
# ```{solution-start} random-walk-units
# :class: dropdown
# ```
# $\ln p(w, w') = \norm{u_w + u_{w'}}^2 - 2 \ln Z$ and $\mathrm{PMI} = 2 \langle u_w, u_{w'} \rangle$: slope 2, or twice
# the slope that was found in $v$. A window holds $q(q-1)/2$ pairs, so the expected count per window is that many times
# the mean probability, and the logarithm of it is added. It moves the intercept and no slope.

# %% tags=["solution"]
u = vectors[probes] / np.sqrt(2 * d)
i, j = np.triu_indices(len(u), 1)
slope = np.polyfit((u @ u.T)[i, j], analysis.expected_pmi(expected)[i, j], 1)[0]
print(f"slope in u: {slope:.2f}; a window of 10 adds {np.log(10 * 9 / 2):.2f} nats")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Luck
# :label: random-walk-luck
# Permute the sampled words, so that they are independent. Keep only pairs that stand side by side at least once, and
# average their counted PMI. What should the average be, and what is it?
# ```
#
# ```{solution-start} random-walk-luck
# :class: dropdown
# ```
# About 0. But a pair that is expected 0.1 times and occurs once has a PMI of $\ln 10$. Pairs chosen because they
# occurred are the lucky ones, and the rarer the pairs, the luckier.

# %% tags=["solution"]
alone = np.random.default_rng(seed).permutation(words.ravel())
p = np.bincount(alone, minlength=n) / alone.size
pairs, count = np.unique(alone[:-1] * n + alone[1:], return_counts=True)
pmi = np.log(count / (alone.size * p[pairs // n] * p[pairs % n]))
print(f"mean PMI of the pairs that occurred: {pmi.mean():.2f} nats")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A gauge that a softmax cannot see
# :label: random-walk-gauge
# Add the vector $m$ with all entries 3 to the words, and draw the words of one walk again with the same random numbers.
# How many change? And what happens to $Z$?
# ```
#
# ```{solution-start} random-walk-gauge
# :class: dropdown
# ```
# None, up to rounding. The mean of $\ln Z$ stays and its spread grows to about that of $\langle m, c \rangle$, which is
# $\norm m / \sqrt d = 3$ nats over the whole sphere; one walk sees a part of it.

# %% tags=["solution"]
walk = analysis.draw_walk(1, 2_000, d, step, seed)
drawn, again = (analysis.sample_words(v, walk, 1) for v in (vectors, vectors + 3))
before, after = (analysis.log_partition(v, walk).std() for v in (vectors, vectors + 3))
print(f"{(drawn != again).sum()} of {drawn.size} words change")
print(f"spread of ln Z: {before:.2f} nats before, {after:.2f} after")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: random-walk-your-model
# Run this page on another model: `lmphys run thermo/random_walk --model PATH`. Is its $Z$ steadier at the states of
# texts than in random directions? Does a larger vocabulary make it steadier?
# ```
#
# ```{solution} random-walk-your-model
# :class: dropdown
# By self-averaging more words should help, as long as the logits do not spread further. Hold it against an isotropic
# table of the same lengths, which is on the page: only what the trained head has beyond that was learned.
# ```
