# %% [markdown]
# (random-walk)=
# # When is the partition function a constant?
#
# Words that are used alike have vectors that point alike. Why should that be? {cite:t}`arora2016` give a model from which
# it follows. A writer carries a *context* $c_t$ about, a unit vector in $d$ dimensions that makes small random steps.
# At each step one word is drawn:
#
# $$ p(w \mid c_t) = \frac{e^{\langle v_w, c_t \rangle}}{Z_{c_t}}, \qquad Z_c = \sum_w e^{\langle v_w, c \rangle} . $$ (eq-randwalk)
#
# That is the {term}`Boltzmann distribution` of the page {ref}`before <boltzmann>`, at $T = 1$, with energies
# $-\langle v_w, c \rangle$; the head of a transformer has the same form, with the final {term}`hidden state` as $c$. The central
# claim is about the {term}`partition function`. If the word vectors point in all directions alike ({term}`isotropy`),
# $Z_c$ is nearly the same number $Z$ for every context. Then three laws hold, with a small error:
#
# $$ \ln p(w) = \frac{\norm{v_w}^2}{2d} - \ln Z, \quad
# \ln p(w, w') = \frac{\norm{v_w + v_{w'}}^2}{2d} - 2 \ln Z, \quad
# \mathrm{PMI}(w, w') = \ln \frac{p(w, w')}{p(w)\,p(w')} = \frac{\langle v_w, v_{w'} \rangle}{d} . $$ (eq-pmi)
#
# Long vectors are frequent words; parallel vectors are words that occur together more often than chance. This page asks
# when $Z_c$ is a constant, first for a language drawn from the model itself, where every vector is known. Then it asks
# the same of a transformer, of which the paper says nothing. (Of the paper we had equations and some numbers through
# secondary notes; the ledger says so.)

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of the language, the walks, the bootstrap and the permutations
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
shortest: float = 0.4  # least length s of a word
longest: float = 1.2  # largest length s of a word
step: float = 0.4  # length of a step of the walk; the sphere has radius 1
n_states: int = 1000  # final states of the language model
pseudo: float = 1.0  # added to observed and expected counts of a pair of tokens

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys.stats.sphere import on_sphere
from lmphys import corpus, lm
from lmphys.pages import random_walk as analysis

book.use_style()
sizes = {
    "smoke": {"n": 500, "d": 30, "probes": 100, "sets": (6, 500), "walks": (8, 4_000)},
    "quick": {"n": 2_000, "d": 50, "probes": 200, "sets": (20, 800), "walks": (24, 12_000)},
    "full": {"n": 5_000, "d": 100, "probes": 300, "sets": (30, 2_000), "walks": (48, 40_000)},
}[profile]

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
n, d = sizes["n"], sizes["d"]
scales = analysis.draw_scales(n, shortest, longest, seed)
vectors = analysis.draw_vectors(scales, d, seed + 1)
probes = slice(0, sizes["probes"])
contexts = on_sphere(sizes["sets"], d, np.random.default_rng(seed + 2))
expected = analysis.expected_words(vectors, contexts, probes)
words = analysis.sample_words(vectors, analysis.draw_walk(*sizes["walks"], d, step, seed + 3), seed + 4)
print(f"{n:,} words in {d} dimensions; {contexts[..., 0].size:,} contexts in {len(contexts)} "
      f"independent sets; {words.size:,} words sampled along {len(words)} walks")

# %% [markdown]
# The laws, fitted with a line, beside the same fit for vectors that were dealt to other words. `error` is what is left
# with slope and intercept as promised and nothing fitted; `noise` is the error of the averages; `spread` is how much
# there was to explain, all in nats. The Gaussian approximation in {eq}`eq-pmi` is exact only for $d \to \infty$; with
# the exact mean of $e^{\langle v, c \rangle}$ over the sphere the error becomes that in `on the sphere`.

# %%
laws = analysis.fit_laws(expected, vectors[probes], seed=seed)
order = np.random.default_rng(seed).permutation(sizes["probes"])
permuted = analysis.fit_laws(expected, vectors[probes][order], seed=seed)
laws.assign(**{"slope, permuted": permuted["slope"]}).round(3)

# %% [markdown]
# ## What a reader of the text sees
#
# A reader has no contexts, only counts. A single pair occurs so seldom that its counted PMI is mostly noise. Pooled
# over many pairs the noise goes.

# %% tags=["hide-input"]
inner = vectors @ vectors.T / d
lags = [1, 2, 4, 8, 16]
slopes = {lag: analysis.lag_slope(words, inner, lag, seed=seed) for lag in lags}
rho = analysis.step_correlation(step)
same, spread = laws.loc["PMI(w, w')", ["slope", "spread"]]
per_pair = 2 * words.size / n**2
print(f"a pair is expected {per_pair:.2f} times in either order: the PMI of one pair is uncertain "
      f"by about {1 / np.sqrt(per_pair):.1f} nats, the law has a spread of {spread:.2f}")
pd.DataFrame(
    {
        "slope": {lag: float(s.value) for lag, s in slopes.items()},
        "low": {lag: float(s.low) for lag, s in slopes.items()},
        "high": {lag: float(s.high) for lag, s in slopes.items()},
        "correlation of the contexts": {lag: rho**lag for lag in lags},
        "times the slope in one context": {lag: same * rho**lag for lag in lags},
    }
).rename_axis("words apart")

# %% mystnb={"figure": {"name": "fig-walk-laws", "caption": "Left: PMI of pairs of words against ⟨v, v'⟩/d. Dots: expected, one a pair, two words drawn from one context. Squares: sampled, next to each other on a walk, pooled in bins; bars are 95 % intervals over walks. The dashed line is the law. Right: slope of the law for sampled words against their distance on the walk, with 95 % intervals, and the correlation of the contexts, which is what the law becomes when the context moves between the two words."}} tags=["hide-input"]
figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.9), layout="constrained")
i, j = np.triu_indices(sizes["probes"], 1)
x, y = inner[probes, probes][i, j], analysis.expected_pmi(expected)[i, j]
left.plot(x[:4_000], y[:4_000], ".", color=book.style.SKY, markersize=3, label="expected", rasterized=True)
edges = np.linspace(*np.quantile(x, [0.005, 0.995]), 9)
counted = analysis.binned_pmi(words, inner, edges, seed=seed)
middle = (edges[1:] + edges[:-1]) / 2
left.plot(middle, counted.value, "s", color=book.style.VERMILION, label="sampled, pooled")
left.vlines(middle, counted.low, counted.high, color=book.style.VERMILION)
left.plot(edges[[0, -1]], edges[[0, -1]], "--k", label="law, slope 1")
left.set(xlabel="⟨v, v'⟩ / d", ylabel="PMI, nats")
left.legend()
value, low, high = (np.array([getattr(s, end) for s in slopes.values()]) for end in ("value", "low", "high"))
right.plot(lags, value, "s", color=book.style.VERMILION, label="sampled")
right.vlines(lags, low, high, color=book.style.VERMILION)
far = np.linspace(0, max(lags), 100)
right.plot(far, rho**far, "--k", label="correlation of contexts")
right.plot(far, same * rho**far, ":", color="#666666", label="times slope in one context")
right.set(xlabel="words apart", ylabel="slope of the PMI law", ylim=(0, None))
right.legend();

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
# the number of pairs in the window, $q(q-1)/2$, which adds its logarithm to every "PMI". Exercise 1 has both.
# ```
#
# ## How large must a language be?
#
# $Z_c$ is a sum of $n$ terms, so its relative spread falls as $1/\sqrt n$ and does not care about $d$. The error of the
# laws has two sources: the fluctuation of $Z$ adds terms of order $1/\sqrt{nd}$, and the sphere itself, which differs
# from a Gaussian cloud, terms of order $1/d$. More words do not mend the second.

# %% tags=["hide-input"]
n_grid, d_grid, repeats = (
    ((200, 800), (10, 40), 1) if profile == "smoke" else ((250, 1_000, 4_000), (10, 20, 40, 80), 3)
)
finite = analysis.finite_size(
    [(words_, dim) for words_ in n_grid for dim in d_grid], (shortest, longest),
    n_contexts=2_000, n_probes=100, repeats=repeats, seed=seed,
)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-walk-finite", "caption": "Left: spread of Z over contexts, relative to its mean, against the number of words; the dashed line is the leading order, without a fit. Right: root mean square error of the PMI law against the dimension, in nats; the dotted line falls as 1/d. Points are languages drawn anew, lines their means."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.7), layout="constrained")
panels = (("n", "d", "spread", "number of words n", "spread of Z / mean"),
          ("d", "n", "error", "dimension d", "error of the PMI law, nats"))  # fmt: skip
for ax, (along, apart, column, xlabel, ylabel) in zip(axes, panels, strict=True):
    for (name, part), mark in zip(finite.groupby(apart), "osD^", strict=False):
        (line,) = ax.plot(part.groupby(along)[column].mean(), marker=mark, label=f"{apart} = {name:,}")
        ax.plot(part[along], part[column], mark, color=line.get_color(), alpha=0.35)
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_minor_locator(plt.NullLocator())
    ax.set_xticks(sorted(finite[along].unique()), [f"{v:,}" for v in sorted(finite[along].unique())])
    ax.yaxis.set_minor_formatter(lambda v, _: f"{v:.2g}" if f"{v:e}"[0] in "25" else "")
    ax.yaxis.set_major_formatter("{x:g}")
axes[0].plot(finite.groupby("n")["expected"].mean(), "--k", label="leading order")
start = finite[finite.d == min(d_grid)]["error"].mean()
axes[1].plot(d_grid, start * min(d_grid) / np.array(d_grid), ":k", label="as 1/d")
for ax in axes:
    ax.legend(fontsize=9);

# %% [markdown]
# ## Breaking isotropy in two ways
#
# **A common mean.** Add one vector $m$ to all words. Then $Z_c$ becomes $e^{\langle m, c \rangle} Z_c$, which is no
# constant. But numerator and denominator of {eq}`eq-randwalk` have the same factor: *no probability changes*. It is the
# {term}`gauge freedom` of the page before, with a constant for each context that is linear in $c$. The law
# {eq}`eq-pmi` is not gauge invariant: PMI stays, $\langle v_w, v_{w'} \rangle$ does not. Centring the vectors undoes $m$.
#
# **A stretch.** Multiply one coordinate of all words by a factor. That is another language, and no common vector brings
# the old one back.

# %% mystnb={"figure": {"name": "fig-walk-broken", "caption": "Spread of ln Z over contexts (top) and root mean square error of the PMI law (bottom) when isotropy is broken by a common mean vector (left) or by stretching one direction (right), with the vectors as they are and after centring. The left end of each panel is the isotropic language; the dotted line is the spread of the law there, so a law whose error is above it explains nothing."}} tags=["hide-input"]
broken = analysis.break_isotropy(
    vectors, contexts[:6], probes, means=[0, 0.25, 0.5, 1, 2], factors=[1, 2, 3, 4, 6], seed=seed
)
figure, axes = plt.subplots(2, 2, figsize=(8, 5.2), sharex="col", sharey="row", layout="constrained")
for column, (kind, label) in enumerate(
    {"mean": "spread of ⟨m, c⟩, nats", "stretch": "factor of one direction"}.items()
):
    for row, quantity in enumerate(("spread", "error")):
        ax = axes[row, column]
        for centred, line in ((False, "-o"), (True, "--s")):
            part = broken[(broken.kind == kind) & (broken.centred == centred)]
            ax.plot(part.strength, part[quantity], line, label="centred" if centred else "as they are")
        ax.set(yscale="log")
    axes[1, column].axhline(spread, color="#888888", linestyle=":")
    axes[1, column].set_xlabel(label)
axes[0, 0].set_ylabel("spread of ln Z, nats")
axes[1, 0].set_ylabel("error of the law, nats")
axes[0, 0].legend();

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
readers = {"trained": model, "random weights": corpus.control_of(model)}
tables, states, questions, logs = {}, {}, {}, {}
for name, which in readers.items():
    texts = corpus.build_corpus(
        corpus.default_spec(which, profile, tasks=tasks, prompt=prompt, seed=seed)
    )
    paths = texts.trajectories("final_norm", "boundary")
    rows = np.sort(rng.permutation(len(paths.states))[:n_states])
    tables[name] = analysis.read_tables(lm.LanguageModel(which))
    states[name, "real"] = paths.states[rows].astype(np.float32)
    questions[name] = paths.chains["question_id"].to_numpy()[paths.sentences["chain"].iloc[rows]]
    length = np.linalg.norm(states[name, "real"], axis=1, keepdims=True)
    states[name, "any direction"] = length * on_sphere((len(rows),), paths.width, rng)
    for kind in ("real", "any direction"):
        logs[name, kind] = analysis.log_partition(tables[name]["output"], states[name, kind])

# %% tags=["hide-input"]
twin = analysis.isotropic_surrogate(tables["trained"]["output"], seed)
h = states["trained", "real"]
logs["trained lengths, random directions", "real"] = analysis.log_partition(twin, h)
constancy = {
    ("language of the walk", "any direction"): analysis.constancy(
        expected.log_Z.ravel(), vectors, contexts.reshape(-1, d)
    )
}
for (name, kind), values in logs.items():
    own = name in readers
    constancy[name, kind] = analysis.constancy(
        values,
        tables[name]["output"] if own else twin,
        states[name, kind] if own else h,
        questions[name if own else "trained"] if kind == "real" else None,
    )
n_tokens = len(twin)
print(f"{n_tokens:,} tokens: √ln n = {np.sqrt(np.log(n_tokens)):.2f} nats, √(2 ln n) = "
      f"{np.sqrt(2 * np.log(n_tokens)):.2f} nats")
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

# %% mystnb={"figure": {"name": "fig-walk-partition", "caption": "Spread of ln Z over contexts around its median: half of the contexts lie in the thick bars, nine in ten in the thin ones. Top: the language of the walk. Below: the head of the model, at random directions and at the final states of real texts, in three gauges (the best one on held-out questions), and two controls. A deviation of 10 % in Z is a tenth of a nat, about the width of a marker."}} tags=["hide-input"]
values = logs["trained", "real"]
spread_of = {
    "language of the walk": expected.log_Z.ravel(),
    "random weights, real": logs["random weights", "real"],
    "random directions, real": logs["trained lengths, random directions", "real"],
    "trained, any direction": logs["trained", "any direction"],
    "trained, real": values,
    "… centred": values - h @ tables["trained"]["output"].mean(0).numpy(),
    "… best gauge": analysis.best_gauge(values, h, questions["trained"]),
}
figure, ax = plt.subplots(figsize=(7.4, 3.6), layout="constrained")
for place, (name, values) in enumerate(reversed(spread_of.items())):
    ends = np.quantile(values, [0.05, 0.25, 0.5, 0.75, 0.95])
    low, first, _, third, high = ends - ends[2]
    colour = book.style.VERMILION if name.startswith(("trained", "…")) else book.style.BLUE
    ax.hlines(place, low, high, color=colour, linewidth=2)
    ax.hlines(place, first, third, color=colour, linewidth=8)
    ax.plot(0, place, "o", color="white", markeredgecolor="black", markersize=5)
ax.set(yticks=range(len(spread_of)), yticklabels=list(spread_of)[::-1])
ax.set_xlabel("ln Z − median, nats");

# %% [markdown]
# ### The directions of the table
#
# Isotropy can be read off the table itself: the smallest singular value over the root mean square one is 1 if all
# directions are alike (secondary notes report about 1/3 for vectors fitted as in the paper), and the
# {term}`participation ratio` counts the directions that carry the variance.

# %%
pd.concat(
    {
        f"{name}, {kind}": analysis.isotropy(table).T
        for name in readers
        for kind, table in tables[name].items()
    }
).round(3)

# %% [markdown]
# ### Does the table know the text?
#
# Two laws can be put to the table: $\mathrm{PMI}$ of adjacent tokens against $\langle v_w, v_{w'} \rangle$, and log
# frequency against $\norm{v_w}^2$. The text is that of the corpus, a narrow world. Pairs are chosen by the count that is
# *expected* of independent tokens and not by the one that occurred, and counts are shrunk: PMI is
# $\ln \frac{\mathrm{count} + k}{\mathrm{expected} + k}$ with $k$ = `pseudo`. Two equal tokens make no pair. The null
# deals the same vectors to other tokens. Hidden states have another scale than unit contexts, so the laws are tested by
# their correlation, which no scale changes.

# %%
written = corpus.build_corpus(
    corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
)
text = {
    "tokens": written.column("tokens"),
    "lengths": written.chains["n_tokens"].to_numpy(),
    "groups": written.chains["question_id"].to_numpy(),
}
enough = 1.0 if profile == "smoke" else 5.0
adjacency = analysis.count_adjacent(**text, min_expected=enough)
print(f"{len(text['tokens']):,} tokens; {len(adjacency.pairs):,} pairs of "
      f"{len(np.unique(adjacency.pairs))} tokens; frequencies of {len(adjacency.tokens)} tokens")
known = pd.concat(
    {
        f"{name}, {kind}, {'centred' if centre else 'raw'}": analysis.table_correlations(
            adjacency, table, centre=centre, pseudo=pseudo, seed=seed
        )
        for name in readers
        for kind, table in tables[name].items()
        for centre in (False, True)
    }
)
known.round(3)

# %% [markdown]
# Neighbours are perhaps too near: a noun follows an article, and the two are not alike. A slow context would tie words
# that stand some places apart as well. The same correlation of the centred output table at larger distances; with five
# rows, one outside its null by a little is no surprise:

# %%
far_apart = {}
for apart in (1, 2, 4, 8, 16):
    pairs = analysis.count_adjacent(**text, apart=apart, min_expected=enough)
    far_apart[apart] = analysis.table_correlations(
        pairs, tables["trained"]["output"], centre=True, pseudo=pseudo, seed=seed
    ).loc["PMI"]
pd.DataFrame(far_apart).T.rename_axis("tokens apart").round(3)

# %% mystnb={"figure": {"name": "fig-walk-tables", "caption": "Correlation of adjacent tokens' PMI with the inner product of their vectors (left), and of log frequency with squared length (right), for each table of the model and of its control. Points with 95 % intervals over questions; grey bars hold 95 % of the nulls in which the same vectors are dealt to other tokens."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.8, 0.9 + 0.42 * len(known) / 2), sharey=True, layout="constrained")
for ax, law in zip(axes, ("PMI", "frequency"), strict=True):
    part = known.xs(law, level=1)[::-1]
    place = np.arange(len(part))
    ax.hlines(place, part.null_low, part.null_high, color="#bbbbbb", linewidth=9)
    ax.hlines(place, part.low, part.high, color=book.style.BLUE)
    ax.plot(part.r, place, "o", color=book.style.BLUE)
    ax.axvline(0, color="#555555", linewidth=0.8)
    ax.set(yticks=place, yticklabels=part.index, xlabel=f"correlation, {law}")

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
# over, which is the freezing of random energies on the page {ref}`before <boltzmann>`, where $Z$ is anything but a
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
sets = np.repeat(np.arange(len(contexts)), contexts.shape[1])
concentrated = analysis.share_interval(expected.log_Z.ravel(), sets, seed=seed)
direction = np.sqrt(d) * on_sphere((), d, np.random.default_rng(seed))
ledger.record(
    "randwalk.partition.concentration",
    concentrated,
    controls={
        "a common mean, ⟨m, c⟩ of 1 nat": analysis.share_within((expected.log_Z + contexts @ direction).ravel())
    },
)
for claim, law in zip(("unigram", "joint", "pmi"), laws.index, strict=True):
    ledger.record(
        f"randwalk.{claim}.slope",
        Interval.of_row(laws.loc[law], "slope"),
        controls={"vectors dealt to other words": permuted.loc[law, "slope"]},
        note="expected over contexts, two words from one; the interval is over contexts, for this table",
    )
real = analysis.share_interval(logs["trained", "real"], questions["trained"], seed=seed)
ledger.record(
    "randwalk.transformer.concentration",
    real,
    controls={
        "random weights, real": analysis.share_within(logs["random weights", "real"]),
        "random directions, real": analysis.share_within(
            logs["trained lengths, random directions", "real"]
        ),
    },
    note="logits as they are; other gauges are on the page and decide nothing here",
)
for claim, law in (("pmi", "PMI"), ("norm", "frequency")):
    at = known.loc["trained, output, centred", :].loc[law]
    ledger.record(
        f"randwalk.transformer.{claim}",
        Interval.of_row(at, "r"),
        controls={
            "permuted vectors, upper end": at.null_high,
            "random weights": known.loc["random weights, output, centred"].loc[law, "r"],
        },
    )
ledger.show()

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
# ```{admonition} Exercise 1: units
# :class: tip
# A program returns $u_w = v_w / \sqrt{2d}$. Write the laws {eq}`eq-pmi` in $u$. Then count pairs within windows of $q = 10$
# words instead of taking probabilities: what is added to the "PMI" of every pair?
# ```
#
# ```{dropdown} Solution
# $\ln p(w, w') = \norm{u_w + u_{w'}}^2 - 2 \ln Z$ and $\mathrm{PMI} = 2 \langle u_w, u_{w'} \rangle$: slope 2. A window holds
# $q(q-1)/2$ pairs, so the expected count per window is that many times the mean probability, and the logarithm of it is
# added. It moves the intercept and no slope.
#
#     u = vectors[probes] / np.sqrt(2 * d)
#     pmi = analysis.expected_pmi(expected)[i, j]
#     print(np.polyfit((u @ u.T)[i, j], pmi, 1)[0], np.log(10 * 9 / 2))
# ```
#
# ```{admonition} Exercise 2: luck
# :class: tip
# Take the sampled words, keep only pairs that stand side by side at least once, and average their counted PMI. What
# should the average be for words that are drawn independently? What is it?
# ```
#
# ```{dropdown} Solution
# About 0. But a pair that is expected 0.1 times and occurs once has a PMI of $\ln 10$. Pairs chosen because they
# occurred are the lucky ones.
#
#     alone = np.random.default_rng(seed).permutation(words.ravel())
#     p = np.bincount(alone, minlength=n) / alone.size
#     pairs, count = np.unique(alone[:-1] * n + alone[1:], return_counts=True)
#     print(np.log(count / (alone.size * p[pairs // n] * p[pairs % n])).mean())
# ```
#
# ```{admonition} Exercise 3: a gauge that a softmax cannot see
# :class: tip
# Add the vector $m$ with all entries 3 to the words, and draw the words of one walk again with the same random numbers.
# How many change? And what happens to $Z$?
# ```
#
# ```{dropdown} Solution
# None, up to rounding. The mean of $\ln Z$ stays and its spread grows to that of $\langle m, c \rangle$, which is
# $\norm m / \sqrt d = 3$ nats.
#
#     path = analysis.draw_walk(1, 2_000, d, step, seed)
#     print((analysis.sample_words(vectors, path, 1) != analysis.sample_words(vectors + 3, path, 1)).sum())
#     print(analysis.log_partition(vectors, path).std(), analysis.log_partition(vectors + 3, path).std())
# ```
