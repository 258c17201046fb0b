# %% [markdown]
# (gibbs)=
# # Does a chain's energy know whether it is right?
#
# Ask a model the same question twelve times, let it think aloud each time, and take the answer that comes up most
# often. This *majority vote*, or {term}`self-consistency`, is better than a single chain {cite:p}`wang2022`. It
# counts every chain alike. Perhaps it should not: some chains were written with ease, others against the grain.
#
# {cite:t}`awadhiya2026` reads this as physics. Chains are particles, answers are basins, and a model *retrieves* an
# answer as an associative memory retrieves a pattern. A chain $y$ of $L$ tokens has the {term}`energy` (Eq. 3)
#
# $$ E(y) = -\frac1L \sum_{i=1}^{L} \ln p(y_i \mid y_{<i}, x) , $$ (eq-chain-energy)
#
# its mean {term}`surprisal`, and votes with a {term}`Gibbs weight` (Eq. 4); the basin with most weight wins (Eq. 5):
#
# $$ w_k \propto \frac{1}{E_k^2 + \epsilon} , \qquad
# \hat a = \arg\max_a \sum_k w_k \, [\, a_k = a \,] . $$ (eq-gibbs-vote)
#
# The paper reports that this lifts a model of 3.8 billion parameters from 84.69 to 90.07 % on 1,319 school problems.
# That would be a gift: the energies cost nothing, they fall out of the sampling.
#
# **Three questions.** Do the paper's numbers agree with each other? Does the energy know which chains are right? And
# do weights of this form move any vote?
#
# For a physicist: a vote is a sum of Boltzmann factors over configurations, and $\beta$ is for us to choose. For an
# engineer: a free confidence score in a weighted vote, against the baselines it should have met.

# %% tags=["parameters"]
model: str = "reasoner"  # reasoner, smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 1  # seed of questions (the reference run has 0), folds, nulls and bootstrap
tasks: list[str] = []  # none: for the reasoner those chosen below, else the profile's
prompt: str = "chat"  # or a text with {question}, where there is no chat template
n_questions: int = 36  # questions, in equal parts from the tasks
n_chains: int = 12  # chains K for each question
temperature: float = 0.8  # of the sampling; energies are at temperature 1
window: int = 16  # tokens in the window of the spike score
n_null: int = 300  # times that the energies are dealt anew

# %% tags=["hide-input"]
import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, retrieval
from lmphys.pages import gibbs as analysis
from lmphys.retrieval.votes import exchanged_accuracies, null_accuracies
from lmphys.stats.power import paired_power
from lmphys.training.reasoner import reference
from lmphys.core.paths import project_root

book.use_style()
BLUE, RED, GREY = book.style.BLUE, book.style.VERMILION, "#555555"
figures = project_root() / "data" / "figures"

# %% [markdown]
# ## The paper beside itself
#
# Accuracy in per cent against the number of chains $K$, read off the paper's Fig. 2, and the rows of its Table 1. Nothing
# in this section depends on a model of ours.

# %%
fig2 = pd.read_csv(figures / "awadhiya2026_fig2.csv").set_index("K")
table1 = pd.read_csv(figures / "awadhiya2026_table1.csv").set_index("vote")
n_asked, K_paper = int(table1.questions["majority"]), int(table1.chains["majority"])
b, a = np.polyfit(np.log(fig2.index[1:]), fig2.majority[1:], 1)
line = a + b * np.log(fig2.index)
p_paper = table1.accuracy["majority"] / 100
error = 100 * math.sqrt(p_paper * (1 - p_paper) / n_asked)
rise = fig2.majority[2] - fig2.majority[1]
by_table = table1.accuracy["1/E²"] - table1.accuracy["majority"]
by_figure = fig2.gibbs[K_paper] - fig2.majority[K_paper]

# %% mystnb={"figure": {"name": "fig-gibbs-paper", "caption": "The paper's own numbers. Circles and squares: accuracy read off its Fig. 2. Triangles: the rows of its Table 1 for the same votes of 12 chains. Dashed: a + b ln K through the squares. The grey bar is one binomial standard error of 1,319 questions, up and down. The lower triangle, a vote of 12 chains in the table, stands at the height of a single chain in the figure."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.8))
ax.plot(fig2.index, fig2.gibbs, "o-", color=RED, label="weights 1/E², figure")
ax.plot(fig2.index, fig2.majority, "s", color=BLUE, label="majority, figure")
ax.plot(fig2.index, line, "--", color=BLUE, label=f"{a:.2f} + {b:.3f} ln K")
for name, colour in (("majority", BLUE), ("1/E²", RED)):
    ax.plot(K_paper, table1.accuracy[name], "v", ms=10, mec="black", color=colour)
ax.errorbar(1.15, 88, error, capsize=4, color=GREY, label="one standard error")
ax.plot([], [], "v", ms=9, color="white", mec="black", label="the same votes, table")
ax.set(xlabel="chains K", ylabel="accuracy, %", xscale="log", xticks=fig2.index)
ax.set_ylim(84, 92.7)
ax.xaxis.set_major_formatter("{x:g}")
ax.minorticks_off()
ax.legend(fontsize=9, ncols=2, loc="upper left");

# %%
pd.Series(
    {
        "majority of 12, table": table1.accuracy["majority"],
        "majority of 12, figure": fig2.majority[K_paper],
        "a single chain, figure": fig2.majority[1],
        "gain of the weights, table": by_table,
        "gain of the weights, figure": by_figure,
        "share of the table's gain that the figure leaves, %": 100 * by_figure / by_table,
        "standard error of one accuracy": error,
        "one question": 100 / n_asked,
        "farthest from a + b ln K, K > 1": np.abs(fig2.majority - line)[1:].max(),
        "gain of a majority of two over one, figure": rise,
        "chains without an answer that would explain it": rise / p_paper,
    },
    name="points, or per cent",
).to_frame().round(3)

# %% [markdown]
# Three things to see.
#
# - The table's majority vote of 12 is the figure's *single chain*. If the figure is right, only a part of the gain in the
#   table is the gain of weighing; the rest is the gain of voting, with which the table's majority would not be credited.
# - Compare how far the majority's points lie from a logarithm with *one question*, the step in which an accuracy can
#   change. A mean over many subsets of chains may be as smooth as that; the paper does not say that it is one.
# - A *majority of two* decides nothing. If both agree the vote is what either says; if they differ, any tie-break that
#   does not know the answer is right as often as a chain drawn at random. So its expected accuracy is that of one
#   chain, exactly, whatever the model. The figure shows a gain. One way out: chains without an answer do not vote. Then
#   the last row says how many there would have to be. The paper does not tell how it treats them.
#
# There was also an earlier test. {cite:t}`wang2022` had tried likelihood weights, $e^{-E}$ in the notation of this
# page, on the same collection of problems with a far larger model (their Table 1, from public copies):

# %%
wang = pd.read_csv(figures / "wang2022_table1.csv").set_index("vote").accuracy
print(f"exp(−E) against majority: {wang['exp(−E)'] - wang['majority']:+.1f} points")

# %% [markdown]
# ## Twelve chains a question
#
# Now an experiment that can tell. Votes need questions that are right now and then, and answers of more than two kinds.
# So tasks are chosen at which a sample of the {ref}`reasoner <reasoner>` is right in 20 to 80 % of cases, with little
# text. The choice was made on its *reference run*, whose questions are others:

# %%
known = reference.load_reference().outcomes
known["task"] = known.family + ":" + known.difficulty.astype(str)
known[known.task.isin(retrieval.POOL_TASKS)].groupby("task").correct.agg(["mean", "size"])

# %%
def sample(heat, chains):
    spec = retrieval.pool_spec(
        model, profile, tasks=tasks, n_questions=n_questions, n_chains=chains,
        temperature=heat, prompt=prompt, seed=seed,
    )
    return corpus.build_corpus(spec)


sampled = sample(temperature, n_chains)
pool = retrieval.pool_of(sampled, window=window)
greedy = retrieval.pool_of(sample(0.0, 1)).right[:, 0].astype(float)
Q, K = pool.right.shape
names = sampled.chains.question_id.drop_duplicates()
print(f"{Q} questions, {K} chains each, {sampled.chains.n_tokens.sum():,} tokens")
print(f"questions shared with the reference run: {names.isin(known.question_id).sum()}")
for limit in pool.limits():
    print("note:", limit)

# %% [markdown]
# Rules, fixed beforehand. Two answers are the same when one would be right if the other were the solution. A chain
# without an answer votes for "none", which is never right. A tie is broken by lot: its accuracy is the mean over the
# tied answers. All logarithms of probabilities are of the full distribution at temperature 1; the token that ends a
# chain counts.
#
# The ballot of the question with the closest vote:

# %% tags=["hide-input"]
count = retrieval.vote(pool, retrieval.uniform(pool))
q = int(count.share.argmin())
ballot = sampled.chains.iloc[q * K : (q + 1) * K].assign(
    number=pool.answers[q], E=pool.energy[q], weight=1 / pool.energy[q] ** 2
)
ballot["answer"] = ballot.extracted.fillna("none").astype(str)
ballot = ballot.groupby("number").agg(
    answer=("answer", "first"),
    votes=("E", "size"),
    E=("E", "mean"),
    weight=("weight", lambda w: w.sum(skipna=False)),
    right=("correct", "first"),
)
ballot["weight"] *= ballot.votes.sum() / ballot.weight.sum()
ballot.sort_values("votes", ascending=False).style.hide(axis="index").format(precision=3)

# %% [markdown]
# *weight* is scaled to the number of chains, so that it can be read beside *votes*.
#
# ## The energies
#
# Each column is one question. If the claim holds, circles lie below crosses *within their column*. What lies between
# columns is of no use to a vote, which compares chains of one question.

# %% mystnb={"figure": {"name": "fig-gibbs-energies", "caption": "Energies of all chains, a column for each question, in order of the column's mean. Blue circles: right chains. Vermilion crosses: wrong ones. A vote uses differences inside a column alone."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(8.4, 3.8))
place = np.argsort(np.argsort(pool.energy.mean(axis=1)))[:, None] + np.zeros((1, K))
for truth, mark, colour, label in ((True, "o", BLUE, "right"), (False, "x", RED, "wrong")):
    shown = pool.right == truth
    ax.scatter(
        place[shown] + (0.15 if truth else -0.15),
        pool.energy[shown],
        marker=mark,
        s=18,
        facecolors="none" if truth else colour,
        edgecolors=colour if truth else None,
        linewidths=1.2,
        label=label,
    )
ax.set(xlabel="question", ylabel="energy E, nats per token", xticks=[])
if not pool.has_energies:
    ax.text(0.5, 0.5, "no energies", transform=ax.transAxes, ha="center")
ax.legend(ncols=2, loc="upper left");

# %% [markdown]
# ## A power law is a mild temperature
#
# The text of the paper promises an *exponential* suppression of hot chains. But
#
# $$ \frac{1}{E^2} = e^{-2 \ln E} $$ (eq-power)
#
# is a Gibbs weight with $\beta = 2$ on the *logarithm* of the energy: a power law. Near the typical energy
# $\langle E \rangle$ it acts like $e^{-\beta E}$ with $\beta = 2 / \langle E \rangle$. Whether that is hot or cold
# depends on how far apart the energies of one question are:

# %%
spread = np.sqrt(pool.energy.var(axis=1, ddof=1).mean()) if K > 1 else np.nan
mean_energy = pool.energy.mean()
laws = retrieval.laws_of(pool)
if pool.has_energies and K > 1:
    weights = retrieval.effective_size(laws["1/E²"](pool))
    print(f"mean energy                     {mean_energy:.3f} nats per token")
    print(f"spread inside a question        {spread:.3f}")
    print(f"β that 1/E² amounts to          {2 / mean_energy:.1f}")
    print(f"β times the spread              {2 / mean_energy * spread:.2f}")
    print(f"equal votes it amounts to       {weights.mean():.2f} of {K}")
    print(f"heaviest chain over lightest    {np.exp(np.ptp(laws['1/E²'](pool), axis=1)).mean():.2f}")

# %% [markdown]
# *Equal votes* is the {term}`effective sample size` $1 / \sum_k w_k^2$ of normalised weights. At $K$ all chains weigh the
# same, at 1 a single chain decides. If $\beta$ times the spread is far below one, the bath is hot, the weights are nearly
# equal, and the vote is a majority vote that has found a way to break ties.
#
# The exponent can be turned. $1/E^p$ with $p = 0$ is the majority; with $p \to \infty$ the chain of the lowest energy
# decides alone, *best of K by likelihood*. That limit is not greedy decoding, which takes the likeliest token at each
# step and may end in a chain that none of the $K$ is. Where no question is decided differently, the bootstrap has nothing
# to resample; the interval then says how many questions could differ and not show among so many.

# %% mystnb={"figure": {"name": "fig-gibbs-power", "caption": "Left: accuracy of weights 1/E^p less that of the majority vote, against the exponent p, all chains, with 95 % paired intervals over questions. Dashed: the limit, in which the chain of lowest energy decides. Right: how many equal votes the weights amount to. The dotted line is the paper's p = 2."}} tags=["hide-input"]
powers = 2.0 ** np.arange(-1, 11)
figure, (ax, beside) = plt.subplots(1, 2, figsize=(8.4, 3.6), layout="constrained")
if pool.has_energies and pool.decides:
    turned = {f"{p:g}": retrieval.inverse_power(p) for p in powers}
    sweep = retrieval.compare_laws(pool, turned, seed=seed)
    limit = retrieval.compare_laws(pool, {"best": laws["best of K"]}).gain["best"]
    ax.fill_between(powers, 100 * sweep.low, 100 * sweep.high, alpha=0.25)
    ax.plot(powers, 100 * sweep.gain, "o-")
    ax.axhline(100 * limit, color=GREY, linestyle="--", label="best of K")
    ax.legend()
    beside.plot(powers, sweep.votes, "s-", color=book.style.GREEN)
for side in (ax, beside):
    side.axvline(2, color="black", linestyle=":")
    side.set(xscale="log", xlabel="exponent p", xticks=[1, 10, 100, 1000])
    side.xaxis.set_major_formatter("{x:g}")
ax.axhline(0, color="black", linewidth=0.8)
ax.set_ylabel("gain over majority, points")
beside.set(ylabel="equal votes", ylim=(0, K + 0.5));

# %% [markdown]
# ## Does the energy know?
#
# Whatever law of weights is built on a score, it can help only if the score tells right from wrong *inside* a question.
# {cite:t}`taubenfeld2025` measure that: take a right and a wrong chain of the same question; how often does the right
# one score higher? A score that knows nothing is at one half. Two scores are controls. *Short* knows only the length: a
# mean over few tokens is another number than a mean over many, and chains that go astray may be longer. *Length taken
# out* is what a straight line through the length leaves of the energy. *No spike* looks for the worst window of a chain,
# which a mean washes out, after {cite:t}`fu2025`.

# %%
knows = analysis.discrimination(analysis.scores_of(pool), pool.right, seed=seed)
knows.round(3)

# %% mystnb={"figure": {"name": "fig-gibbs-knows", "caption": "Share of the pairs of a right and a wrong chain of one question in which the right one has the better score, with 95 % intervals over questions. On the dashed line a score knows nothing."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 0.9 + 0.42 * len(knows)))
rows = np.arange(len(knows))
ax.errorbar(
    knows.value, rows, xerr=[knows.value - knows.low, knows.high - knows.value], fmt="o", capsize=4
)
ax.axvline(0.5, color=GREY, linestyle="--")
ax.set_yticks(rows, knows.index)
ax.invert_yaxis()
ax.set(xlim=(0, 1), xlabel="right chain scores higher");

# %%
together = analysis.correlation_within(pool.energy, pool.n_tokens)
if np.isfinite(together):
    print(f"correlation of energy and length inside a question: {together:+.2f}")
if pool.has_energies and pool.decides:
    means = [pool.n_tokens[pool.right == truth].mean() for truth in (True, False)]
    print("tokens of a right chain {:.0f}, of a wrong one {:.0f}".format(*means))
    deals = analysis.null_discrimination(pool, n=n_null, seed=seed)
    low, high = np.quantile(deals, [0.025, 0.975])
    print(f"−E dealt anew inside each question, 95 % of the deals: {low:.3f} to {high:.3f}")
    reached = (deals >= knows.value["low energy (−E)"]).mean()
    print(f"share of deals that discriminate as well as −E: {reached:.3f}")

# %% [markdown]
# ## The vote
#
# All chains vote, under each law. $\beta$ and the temperature of the confidence are tuned for accuracy on *other*
# questions, in folds; a weight of nothing, the majority, is among the candidates. *Other winner* counts questions in
# which the weights overturned a majority, *ties broken* those in which they chose among several leaders. If both are
# zero nothing can have been gained. *Better* and *worse* count the questions that became right or wrong, and *p* is the
# exact test of McNemar, a fair coin for each of them.

# %%
grid = [0.0, *np.geomspace(1, 1000, 13)]
if pool.has_energies and Q > 1:
    families = {"exp(−βE), tuned": retrieval.boltzmann, "CISC, tuned": retrieval.confident}
    for name, family in families.items():
        laws[name] = analysis.TunedLaw(family, grid, seed=seed).fit(pool)
        print(f"{name}: {np.unique(laws[name].parameter_).round(1)}")
votes = retrieval.compare_laws(pool, laws, seed=seed)
votes.round(3)

# %% mystnb={"figure": {"name": "fig-gibbs-gain", "caption": "Accuracy of each law of weights less that of the majority vote of the same chains, in points, with 95 % paired intervals over questions. The tuned laws have not seen the questions they are used for; exp(−c/E) is the literal reading of the paper's β, with the wrong sign. The diamond is what an oracle would gain that picks a right answer wherever there is one."}} tags=["hide-input"]
shown = votes.drop(index="majority")
figure, ax = plt.subplots(figsize=(6.8, 1.3 + 0.4 * len(shown)))
rows = np.arange(len(shown))
ends = 100 * np.array([shown.gain - shown.low, shown.high - shown.gain])
ax.errorbar(100 * shown.gain, rows, xerr=ends, fmt="o", capsize=4)
ceiling = 100 * (pool.right.any(axis=1).mean() - votes.accuracy["majority"])
ax.plot(ceiling, len(shown), "D", color=book.style.GREEN, ms=8)
ax.axvline(0, color=GREY, linestyle="--")
ax.set_yticks([*rows, len(shown)], [*shown.index, "oracle"])
ax.invert_yaxis()
ax.set_xlabel("gain over the majority vote, points");

# %% [markdown]
# Now the nulls. *Dealt anew*: the energies of a question are shuffled among its chains, so that it keeps its set of
# weights and loses who carries which. *Of another question*: all chains get the energies of a different question, in
# turn. Beside them, what else one could do with the same budget.

# %%
gibbs = laws.get("1/E²")
chance = {}
if gibbs is not None and Q > 1:
    chance["1/E², dealt anew"] = null_accuracies(pool, gibbs, n=n_null, seed=seed)
    chance["1/E², of another question"] = exchanged_accuracies(pool, gibbs)
ways = {
    "one chain": pool.right.mean(axis=1),
    "greedy, temperature 0": greedy,
    "majority": count.accuracy,
    **({"1/E²": retrieval.vote(pool, gibbs(pool)).accuracy} if gibbs else {}),
    **{name: null.mean(axis=0) for name, null in chance.items()},
    "oracle": pool.right.any(axis=1).astype(float),
}
ends = {
    name: retrieval.mean_over_questions(x, bounds=(0, 1), seed=seed)
    for name, x in ways.items()
}
pd.DataFrame(ends, index=["accuracy", "low", "high"]).T.astype(float).round(3)

# %%
if chance:
    null = chance["1/E², dealt anew"].mean(axis=1)
    got = ways["1/E²"].mean()
    print(f"95 % of the deals: {np.quantile(null, 0.025):.3f} to {np.quantile(null, 0.975):.3f}")
    print(f"share of deals at least as good as the real energies: {(null >= got - 1e-12).mean():.2f}")

# %% [markdown]
# ## More chains
#
# The same against the number of chains, as in the paper's figure: the mean over all subsets of the $K$ chains, or over a
# thousand of them.

# %%
sizes = [k for k in (1, 2, 3, 4, 6, 8, 10, 12, 16, 24) if k <= K]
curved = ["majority", "1/E²", "exp(−βE), tuned", "best of K"]
curve = retrieval.accuracy_curve(
    pool, {n: laws[n] for n in curved if n in laws}, sizes, seed=seed
)
pd.DataFrame({n: c.mean(axis=1) for n, c in curve.items()}, pd.Index(sizes, name="K")).round(3)

# %% mystnb={"figure": {"name": "fig-gibbs-curve", "caption": "Accuracy against the number of chains, mean over subsets of the same chains. The band is the 95 % interval of the majority vote over questions. Diamonds: the oracle, a right answer wherever there is one. Dash-dotted: one greedy chain. From one chain to two the majority does not move."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.8, 4))
for (name, values), mark in zip(curve.items(), ("s-", "o-", "^--", "v:", "D:"), strict=False):
    ax.plot(sizes, 100 * values.mean(axis=1), "D:" if name == "oracle" else mark, label=name)
band = [
    retrieval.mean_over_questions(row, bounds=(0, 1), seed=seed)
    for row in curve["majority"]
]
ax.fill_between(sizes, *(100 * np.array([(i.low, i.high) for i in band]).T), alpha=0.15)
ax.axhline(100 * greedy.mean(), color=GREY, linestyle="-.", label="greedy")
ax.set(xlabel="chains K", ylabel="accuracy, %", xticks=sizes)
ax.legend(fontsize=9);

# %% [markdown]
# Where does the gain of $1/E^2$ come from? A vote can be changed in two ways. Either several answers lead by count, and
# the weights choose among them: *from ties*. Or one answer leads, and the weights elect another: *from overturned*.
# *Tied* and *overturned* are the shares of such votes. *Visible* is the smallest true gain that as many questions would
# show in 80 of 100 repeats, and *needed* the number of questions to see the gain of the paper's table that often, at
# the scatter found here.

# %%
source, by_question = pd.DataFrame(), np.empty((0, Q))
if gibbs is not None and K > 1:
    source, by_question = retrieval.gain_by_ties(pool, gibbs, sizes[1:], seed=seed)
    seen = [paired_power(gain, by_table / 100) for gain in by_question]
    source["visible"] = [p.visible for p in seen]
    source["needed"] = [p.questions for p in seen]
in_points = (100 * source).assign(needed=source.get("needed")).round(1)
in_points if len(source) else "no weighted votes of several chains"

# %% mystnb={"figure": {"name": "fig-gibbs-ties", "caption": "Gain of weights 1/E² over the majority vote of the same chains, in points, against their number, with 95 % paired intervals over questions. Bars: the part that comes from breaking ties, and the part from overturning a majority."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.8, 3.6))
if len(source):
    shown = 100 * source
    where = np.arange(len(shown))
    ax.bar(where - 0.2, shown["from ties"], 0.36, color=book.style.SKY, label="from ties")
    ax.bar(
        where + 0.2, shown["from overturned"], 0.36, color=RED, hatch="//", label="from overturned"
    )
    ends = [shown.gain - shown.low, shown.high - shown.gain]
    ax.errorbar(where, shown.gain, ends, fmt="ok", capsize=4, label="together")
    ax.set_xticks(where, shown.index)
    ax.legend(ncols=3)
ax.axhline(0, color="black", linewidth=0.8)
ax.set(xlabel="chains K", ylabel="gain over majority, points");

# %% [markdown]
# Ties are many for few chains and few for many. A gain that lives on ties is real and cheap, and it fades as chains are
# added; one that overturns majorities would stay. The last bar is the noisiest: fewer chains are a mean over many
# subsets, all chains are one subset, in which a question is tied or not. Between the majority and the oracle there is
# this much room:

# %%
paired = by_question[-1] if len(by_question) else np.zeros(Q)
room = ways["oracle"].mean() - ways["majority"].mean()
print(f"room up to the oracle  {100 * room:.1f} points, at {K} chains")
if len(source):
    print(f"gain of 1/E²           {100 * paired.mean():+.1f} points")
    print(f"decided differently    {int((paired != 0).sum())} of {Q} questions")

# %% [markdown]
# With two chains the majority is idle, and the gain of any law that falls with $E$ is (share of right-and-wrong pairs)
# $\times$ (discrimination $- \tfrac12$). It is the cleanest place to see what the energy knows, counted both ways:

# %%
if pool.has_energies and pool.decides:
    told = analysis.pairs(-pool.energy, pool.right)
    mixed = told.total.sum() / (Q * math.comb(K, 2))
    by_pairs = mixed * (knows.value["low energy (−E)"] - 0.5)
    print(f"gain of two, in points: {100 * source.gain[2]:.3f} by votes, {100 * by_pairs:.3f} by pairs")

# %% [markdown]
# ## Where the analogy ends
#
# - The chains are already a sample of the model, and a likely chain is drawn more often. A weight that grows with
#   likelihood counts this a second time; it is not an equilibrium average of anything.
# - $E$ is divided by the length. The Boltzmann weight of a whole text would have the sum (the row *P(chain)*). The paper
#   writes three energies: the mean surprisal, a "spectral entropy", and in its Fig. 3 a sum of entropies. The first is
#   used here, the last is the row *1/(ΣH)²*.
# - The paper credits wide *basins*, flat minima. $E$ is a height. A width would be how fast $E$ rises when the chain is
#   varied, or how many chains lead to the answer; the second is what a majority vote counts.
# - How evenly the chains spread over answers tells which *questions* are uncertain {cite:p}`farquhar2024`. That is a use
#   of the same chains which needs no energy, and no vote can be made from it.
#
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("retrieval/gibbs", model=model, profile=profile)


def record(claim, values, controls=None, bounds=(-1, 1), note=""):
    found = retrieval.mean_over_questions(values, bounds=bounds, seed=seed)
    ledger.record(claim, found.map(lambda share: 100 * share), controls=controls, note=note)


ledger.record(
    "gibbs.majority.table_and_figure",
    float(fig2.majority[K_paper]),
    note="the paper's table beside its own figure; no model of ours is in it",
)
if pool.decides:
    idle = 100 * float((curve["majority"][1] - curve["majority"][0]).mean())
    ledger.record("gibbs.majority.two", idle, note="exact: zero for every model")
    record("gibbs.majority.rise", ways["majority"] - ways["one chain"])
    record("gibbs.majority.greedy", ways["majority"] - greedy)
    record("gibbs.accuracy.greedy", greedy, bounds=(0, 1))
    record("gibbs.accuracy.majority", ways["majority"], bounds=(0, 1))
if pool.decides and pool.has_energies:
    record("gibbs.accuracy.weighted", ways["1/E²"], bounds=(0, 1))
    nulls = {n: 100 * float((ways[n] - ways["majority"]).mean()) for n in chance}
    fewer = (100 * source[["gain", "low", "high"]]).iloc[max(0, len(source) - 2)]
    note = (
        f"{int((paired != 0).sum())} of {Q} questions decided differently by {K} chains; by {fewer.name}, "
        f"mean over subsets: {fewer.gain:+.1f} [{fewer.low:.1f}, {fewer.high:.1f}] points"
    )
    record("gibbs.gain.majority", paired, {"no gain": 0.0, **nulls}, note=note)
    nulls = {n: 100 * float((ways[n] - greedy).mean()) for n in chance}
    record("gibbs.gain.greedy", ways["1/E²"] - greedy, {"no gain": 0.0, **nulls})
    two = curve["1/E²"][1] - curve["1/E²"][0]
    record("gibbs.gain.two", two, {"majority vote": idle})
row = knows.iloc[0]
if pool.has_energies and np.isfinite(row.low):
    ledger.record(
        "gibbs.energy.right_lower",
        row,
        controls={"a coin": 0.5, "length alone": float(knows.value["short (−L)"])},
    )
ledger.show()

# %% [markdown]
# What to take along:
#
# - A weighted vote needs two things: a score that discriminates *inside* a question, and weights steep enough to be felt.
#   Look at the discrimination and at the number of equal votes before looking at any accuracy.
# - Compare on the same chains, question by question, with the energies dealt anew. A table of two accuracies from two
#   samplings cannot tell weighing from luck.
# - A majority of two is one chain. If a curve rises there, ask how ties and missing answers were treated.

# %% [markdown]
# ## Exercises
#
# (gibbs-exercises)=
# ```{admonition} Exercise 1: a majority of two
# :class: tip
# A model gives answer $a$ with probability $p_a$. Two chains vote, a tie is broken by a coin. Show that the right answer
# wins with probability $p_\text{right}$. What changes with three chains?
# ```
#
# ```{dropdown} Solution
# Both right: $p^2$. One right and one wrong: $2p(1-p)$, and the coin gives half of it. Together $p^2 + p - p^2 = p$.
# With three chains and two answers it is $p^3 + 3p^2(1-p)$: more than $p$ if $p > 1/2$, and less if $p < 1/2$. A vote
# does not make a model better, it makes it more decided.
#
#     p = np.linspace(0, 1, 5)
#     print(p**2 + p * (1 - p), p**3 + 3 * p**2 * (1 - p))
# ```
#
# ```{admonition} Exercise 2: what the paper's energies would have to know
# :class: tip
# In the paper's figure the weights gain something over a single chain already at $K = 2$. How often, at least, must the
# right chain of a pair have the lower energy there?
# ```
#
# ```{dropdown} Solution
# The gain is (share of mixed pairs) times (discrimination less one half). At accuracy $p$ of a single chain, at most
# $2p(1-p)$ of the pairs are mixed, when all questions are equally hard. So the discrimination is at least
#
#     p = fig2.gibbs[1] / 100
#     print(0.5 + (fig2.gibbs[2] - fig2.gibbs[1]) / 100 / (2 * p * (1 - p)))
#
# Real questions differ, there are fewer mixed pairs, and it has to be higher. Set it beside the figure of this page.
# ```
#
# ```{admonition} Exercise 3: the temperature of the energies
# :class: tip
# The paper does not say at which temperature it takes its logarithms. The corpus also keeps those at the sampling
# temperature. Does the discrimination depend on it?
# ```
#
# ```{dropdown} Solution
#     parts = np.split(
#         -sampled.column("logp_sampling").astype(float),
#         np.cumsum(sampled.chains.n_tokens)[:-1],
#     )
#     cold = np.array([part.mean() for part in parts]).reshape(Q, K)
#     print(analysis.discrimination({"T = 1": -pool.energy, "sampling": -cold}, pool.right))
# ```
#
# ```{admonition} Exercise 4: your own model
# :class: tip
# Run the page on another model, with tasks that it gets right about half of the time. Which rows of the ledger change?
# ```
#
# ```{dropdown} Solution
# `lmphys run retrieval/gibbs --model smollm2 --set 'tasks=["sums", "letters"]'`, for example. Hotter sampling spreads the
# energies: try `--set temperature=1.2`, and watch the number of equal votes.
# ```
