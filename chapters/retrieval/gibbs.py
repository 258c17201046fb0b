# %% [markdown]
# (gibbs)=
# # Does a chain's energy know whether it is right?
#
# **When several answers of a model are put to the vote, should the answers that came easily count more?** We ask a model
# the same questions many times, let its chains vote with equal and with unequal weights, and set beside every gain what
# permuted weights would have gained.
#
# A *majority vote* over many chains of thought, or {term}`self-consistency`, is better than a single chain
# {cite:p}`wang2022`. It counts every chain alike. Perhaps it should not: some chains were written with ease, others
# against the grain.
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
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
n_questions: int = 36  # questions, in equal parts from the tasks
n_chains: int = 12  # chains K for each question
temperature: float = 0.8  # of the sampling; energies are at temperature 1
window: int = 16  # tokens in the window of the spike score
n_null: int = 300  # times that the energies are permuted

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, retrieval
from lmphys.pages import gibbs as analysis
from lmphys.pages.gibbs import figures
from lmphys.training.reasoner import reference

book.use_style()

# %% [markdown]
# ## The paper beside itself
#
# Accuracy in per cent against the number of chains $K$, read off the paper's Fig. 2, and the rows of its Table 1. Nothing
# in this section depends on a model of ours.

# %%
paper = analysis.read_paper()
paper.table

# %% mystnb={"figure": {"name": "fig-gibbs-paper", "caption": "The paper's own numbers. Circles and squares: accuracy read off its Fig. 2. Triangles: the rows of its Table 1 for the same votes of 12 chains. Dashed: a + b ln K through the squares. The grey bar is one binomial standard error of 1,319 questions, up and down. The lower triangle, a vote of 12 chains in the table, stands at the height of a single chain in the figure."}} tags=["hide-input"]
figures.paper_beside_itself(paper);

# %%
paper.summary().to_frame().round(3)

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
change = paper.earlier["exp(−E)"] - paper.earlier["majority"]
print(f"exp(−E) against majority: {change:+.1f} points")

# %% [markdown]
# ## Twelve chains a question
#
# Now an experiment that can tell. Votes need questions that are right now and then, and answers of more than two kinds.
# So tasks are chosen at which a sample of the {ref}`reasoner <reasoner>` is right in 20 to 80 % of cases, with little
# text. The choice was made on its *reference run*, whose questions are others:

# %%
known = reference.load_reference().outcomes
known["task"] = known.family + ":" + known.difficulty.astype(str)
chosen = known[known.task.isin(retrieval.POOL_TASKS)]
chosen.groupby("task").correct.agg(["mean", "size"])

# %%
asked = {
    "tasks": tasks, "n_questions": n_questions, "prompt": prompt,
    "max_tokens": max_tokens, "seed": seed,
}  # fmt: skip
sampled = corpus.build_corpus(
    retrieval.pool_spec(
        model, profile, n_chains=n_chains, temperature=temperature, **asked
    )
)
single = corpus.build_corpus(
    retrieval.pool_spec(model, profile, n_chains=1, temperature=0.0, **asked)
)
pool = retrieval.pool_of(sampled, window=window)
greedy = retrieval.pool_of(single).right[:, 0].astype(float)

# %% tags=["hide-input"]
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
ballot = analysis.ballot_of(sampled, pool, int(count.share.argmin()))
ballot.style.hide(axis="index").format(precision=3)

# %% [markdown]
# *weight* is scaled to the number of chains, so that it can be read beside *votes*.
#
# ## The energies
#
# Each column is one question. If the claim holds, circles lie below crosses *within their column*. What lies between
# columns is of no use to a vote, which compares chains of one question.

# %% mystnb={"figure": {"name": "fig-gibbs-energies", "caption": "Energies of all chains, a column for each question, in order of the column's mean. Blue circles: right chains. Vermilion crosses: wrong ones. A vote uses differences inside a column alone."}} tags=["hide-input"]
figures.energies(pool);

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
analysis.equivalent_temperature(pool).to_frame("1/E²").round(3)

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
sweep = analysis.sweep_powers(pool, 2.0 ** np.arange(-1, 11), seed=seed)
figures.powers(sweep, K);

# %% [markdown]
# ### The chains were drawn already
#
# A likely chain is drawn more often, and a weight that grows with its likelihood counts that a second time. This is no
# mistake, it has a name. Let chains be drawn with probability $q(y)$ and weighted by
#
# $$ w(y) = \frac{p(y)^\beta}{q(y)} . \qquad \text{Then} \qquad
# \frac{\sum_k w_k \, [a_k = a]}{\sum_k w_k} \longrightarrow
# \frac{\sum_{y \to a} p(y)^\beta}{\sum_y p(y)^\beta} , $$ (eq-reweighting)
#
# the share of an answer in the Boltzmann law of *whole chains* at inverse temperature $\beta$. Physicists know this as
# {term}`histogram reweighting` {cite:p}`ferrenberg1988`. For chains drawn from the model itself, $q = p$, and weights
# $p^\gamma$ the formula says $\beta = 1 + \gamma$, exactly: **such a vote is an equilibrium average of a colder model.**
# Were all chains of one length, $1/E^2$ would be close to it, with
# $\gamma = 2 / (\langle E \rangle \langle L \rangle)$:

# %%
print(f"1/E² stands for β = {analysis.effective_beta(pool):.2f} of whole chains")

# %% [markdown]
# Two things keep the weights of the page from being that average. *Length*: $E$ is divided by $L$, so that $\gamma$ is
# another number for a long chain than for a short one. *The draws*: a sampler at $T \ne 1$ divides the logits and
# normalises at every token, and top-p cuts a part of the mass away; the law it draws from, $q$, is *tempered and
# truncated*, and no power of $p$. But the corpus keeps the log-probability of each token at the sampling temperature, so
# $q$ is known up to the truncation, and {eq}`eq-reweighting` can be used for what top-p has left; chains that it forbids no
# weight brings back. *cut* is the most by which a log weight may be off, as the mass that was cut is not kept; compare it
# with the logarithm of a weight that matters. $\beta = 1$ undoes the sampling temperature.

# %%
drawn = analysis.likelihoods(sampled, pool)
analysis.votes_by_beta(pool, drawn, [0.5, 0.8, 1.0, 1.25, 1.5, 2.0], seed=seed).round(3)

# %% [markdown]
# Look at the equal votes first: where they fall to one or two, so few chains cannot stand for that law, and the row is the
# vote of one chain. The gains are those of an honest average over another temperature; whether one of them is worth more
# than the majority is told by its interval.

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
figures.discriminations(knows);

# %% [markdown]
# The null permutes the energies inside each question. What few questions can show at all is the width of its interval.

# %%
analysis.energy_and_length(pool, n_null=n_null, seed=seed).to_frame("").round(3)

# %% [markdown]
# ## The vote
#
# All chains vote, under each law. $\beta$ and the temperature of the confidence are tuned for accuracy on *other*
# questions, in folds; a weight of nothing, the majority, is among the candidates. *CISC* weighs by the exponential of a
# confidence {cite:p}`taubenfeld2025`, the *calmest half* gives one vote to each chain of the half without high spikes
# {cite:p}`fu2025`, and $1/L^2$ weighs by the length alone: they are in the {term}`dictionary <law of weights>`. *Other
# winner* counts questions in
# which the weights overturned a majority, *ties broken* those in which they chose among several leaders. If both are
# zero nothing can have been gained. *Better* and *worse* count the questions that became right or wrong, and *p* is the
# exact test of McNemar, a fair coin for each of them.

# %%
tuned = analysis.tuned_laws(pool, seed=seed)
laws = retrieval.laws_of(pool) | tuned
for name, law in tuned.items():
    print(f"{name}: {np.unique(law.parameter_).round(1)}")
votes = retrieval.compare_laws(pool, laws, seed=seed)
votes.round(3)

# %% mystnb={"figure": {"name": "fig-gibbs-gain", "caption": "Accuracy of each law of weights less that of the majority vote of the same chains, in points, with 95 % paired intervals over questions. The tuned laws have not seen the questions they are used for; exp(−c/E) is the literal reading of the paper's β, with the wrong sign. The diamond is what an oracle would gain that picks a right answer wherever there is one."}} tags=["hide-input"]
figures.gains(votes, oracle=pool.right.any(axis=1).mean());

# %% [markdown]
# Now the nulls. *Permuted*: the energies of a question are shuffled among its chains, so that it keeps its set of
# weights and loses who carries which. *Of another question*: all chains get the energies of a different question, in
# turn. Beside them, what else one could do with the same budget.

# %%
ways = analysis.compare_ways(pool, greedy, n_null=n_null, seed=seed)
ways.table(seed=seed).round(3)

# %%
ways.beside_permuted().to_frame("1/E²").round(3)

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
means = {name: values.mean(axis=1) for name, values in curve.items()}
pd.DataFrame(means, pd.Index(sizes, name="K")).round(3)

# %% mystnb={"figure": {"name": "fig-gibbs-curve", "caption": "Accuracy against the number of chains, mean over subsets of the same chains. The band is the 95 % interval of the majority vote over questions. Diamonds: the oracle, a right answer wherever there is one. Dash-dotted: one greedy chain. From one chain to two the majority does not move."}} tags=["hide-input"]
figures.accuracy_by_chains(curve, sizes, greedy, seed=seed);

# %% [markdown]
# Where does the gain of $1/E^2$ come from? A vote can be changed in two ways. Either several answers lead by count, and
# the weights choose among them: *from ties*. Or one answer leads, and the weights elect another: *from overturned*.
# *Tied* and *overturned* are the shares of such votes. *Visible* is the smallest true gain that as many questions would
# show in 80 of 100 repeats, and *needed* the number of questions to see the gain of the paper's table that often, at
# the scatter found here.

# %%
gain = analysis.gain_of_weights(pool, sizes[1:], paper.gain / 100, seed=seed)
by_subsets = analysis.subset_gains(pool, seed=seed)
gain.in_points().round(1)

# %% mystnb={"figure": {"name": "fig-gibbs-ties", "caption": "Gain of weights 1/E² over the majority vote of the same chains, in points, against their number, with 95 % paired intervals over questions. Bars: the part that comes from breaking ties, and the part from overturning a majority."}} tags=["hide-input"]
figures.ties(gain);

# %% [markdown]
# Ties are many for few chains and few for many. A gain that lives on ties is real and cheap, and it fades as chains are
# added; one that overturns majorities would stay. The last bar is the noisiest: fewer chains are a mean over many
# subsets, all chains are one subset, in which a question is tied or not. So the gain is judged twice: with all chains, as
# in the paper's table, and in the mean over subsets of 2, 4, 6, 8 and 10 chains, as in its figure, beside permuted and
# exchanged energies in such subsets. Rows that speak of a gain test its sign alone: the size is that of another model on
# other questions. Between the majority and the oracle there is this much room:

# %%
room = (ways.accuracy["oracle"] - ways.accuracy["majority"]).mean()
print(f"room up to the oracle  {100 * room:.1f} points, at {K} chains")
print(f"gain of 1/E²           {100 * gain.by_question.mean():+.1f} points")
print(f"decided differently    {gain.n_changed} of {Q} questions")

# %% [markdown]
# With two chains the majority is idle, and the gain of any law that falls with $E$ is (share of right-and-wrong pairs)
# $\times$ (discrimination $- \tfrac12$). It is the cleanest place to see what the energy knows, counted both ways:

# %%
by_votes = gain.by_size["gain"].get(2) if len(gain.by_size) else np.nan
by_pairs = analysis.gain_of_two_by_pairs(pool)
100 * pd.Series({"by votes": by_votes, "by pairs": by_pairs}, name="points")

# %% [markdown]
# ## Where the analogy ends
#
# - The chains are already a sample of the model. Weights $p^\gamma$ on draws from $p$ are an equilibrium average at
#   $\beta = 1 + \gamma$, as {eq}`eq-reweighting` says; what breaks it here is the division by the length, and chains that
#   were drawn at another temperature, token by token, from a truncated law.
# - $E$ is divided by the length. The Boltzmann weight of a whole text has the sum (the row *P(chain)*). The paper
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
ledger.record_all(
    [
        analysis.judge_paper(paper),
        *analysis.judge_votes(pool, ways, curve, gain, seed=seed),
        *analysis.judge_subsets(pool, by_subsets, seed=seed),
        *analysis.judge_energy(knows),
    ]
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Of a right and a wrong chain of one question, the right one has the lower energy "
    "in a share of {gibbs.energy.right_lower} of the cases: "
    "{gibbs.energy.right_lower:verdict}. In the mean over subsets of 2 to 10 chains "
    "weights 1/E² gain {gibbs.gain.subsets} points over the majority vote of the same "
    "chains ({gibbs.gain.subsets:controls}): {gibbs.gain.subsets:verdict}. With all "
    "chains, a single subset, it is {gibbs.gain.majority} points "
    "({gibbs.gain.majority:paper} in the paper): {gibbs.gain.majority:verdict}."
)

# %% [markdown]
# What to take along:
#
# - A weighted vote needs two things: a score that discriminates *inside* a question, and weights steep enough to be felt.
#   Look at the discrimination and at the number of equal votes before looking at any accuracy.
# - Compare on the same chains, question by question, with the energies permuted. A table of two accuracies from two
#   samplings cannot tell weighing from luck.
# - A majority of two is one chain. If a curve rises there, ask how ties and missing answers were treated.

# %% [markdown]
# ## Exercises
#
# ```{exercise} A majority of two
# :label: gibbs-two
# A model gives answer $a$ with probability $p_a$. Two chains vote, a tie is broken by a coin. Show that the right answer
# wins with probability $p_\text{right}$. What changes with three chains?
# ```
#
# ```{solution-start} gibbs-two
# :class: dropdown
# ```
# Both right: $p^2$. One right and one wrong: $2p(1-p)$, and the coin gives half of it. Together $p^2 + p - p^2 = p$.
# With three chains and two answers it is $p^3 + 3p^2(1-p)$: more than $p$ if $p > 1/2$, and less if $p < 1/2$. A vote
# does not make a model better, it makes it more decided.

# %% tags=["solution"]
p = np.linspace(0, 1, 5)
wins = {"two chains": p**2 + p * (1 - p), "three": p**3 + 3 * p**2 * (1 - p)}
pd.DataFrame(wins, index=pd.Index(p, name="one chain")).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} What the paper's energies would have to know
# :label: gibbs-know
# In the paper's figure the weights gain something over a single chain already at $K = 2$. How often, at least, must the
# right chain of a pair have the lower energy there?
# ```
#
# ```{solution-start} gibbs-know
# :class: dropdown
# ```
# The gain is (share of mixed pairs) times (discrimination less one half). At accuracy $p$ of a single chain, at most
# $2p(1-p)$ of the pairs are mixed, when all questions are equally hard. Real questions differ, there are fewer mixed
# pairs, and the discrimination has to be higher than the number below. Set it beside {numref}`fig-gibbs-knows`.

# %% tags=["solution"]
one, two = paper.figure.gibbs[1] / 100, paper.figure.gibbs[2] / 100
print(f"at least {0.5 + (two - one) / (2 * one * (1 - one)):.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The temperature of the energies
# :label: gibbs-temperature
# The paper does not say at which temperature it takes its logarithms. The corpus also keeps those at the sampling
# temperature. Does the discrimination depend on it?
# ```
#
# ```{solution-start} gibbs-temperature
# :class: dropdown
# ```
# Compare the two rows with the width of their intervals. The colder logarithms weigh the unlikely tokens more.

# %% tags=["solution"]
surprisal = -sampled.column("logp_sampling").astype(float)
parts = np.split(surprisal, np.cumsum(sampled.chains.n_tokens)[:-1])
cold = np.array([part.mean() for part in parts]).reshape(Q, K)
analysis.discrimination({"T = 1": -pool.energy, "sampling": -cold}, pool.right)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Your own model
# :label: gibbs-own
# Run the page on another model, with tasks that it gets right about half of the time. Which rows of the ledger change?
# ```
#
# ```{solution} gibbs-own
# :class: dropdown
# `lmphys run retrieval/gibbs --model smollm2 --set 'tasks=["sums", "letters"]'`, for example. Hotter sampling spreads the
# energies: try `--set temperature=1.2`, and watch the number of equal votes.
# ```
