# %% [markdown]
# (conservation)=
# # Is anything conserved from token to token?
#
# Does a language model keep an energy while it reads, as a frictionless pendulum does while it swings? For every token of
# a text we take the speed of the model's inner state and its surprise at the next token, and ask whether one makes up
# for the other, beside the same network with random weights.

# %% [markdown]
# Read a text with a language model and its {term}`hidden state`, a vector of some hundreds of numbers, moves with every
# token, by $v_t = h_{t+1} - h_t$. At every token the model also says how probable the next one is, $p_t$; the
# {term}`point perplexity` $\mathrm{PP}_t = 1 / p_t$ is large where it is surprised. {cite:t}`tomaz2025` see mechanics in
# this. The speed of the state plays the kinetic energy, the perplexity the potential one, and an energy made of both is
# reported to be nearly constant across tokens in twenty models. With random weights it is said to be conserved *more*
# tightly than after training, and training to make the motion faster and the mean energy lower. **Is there a
# {term}`conservation law`, and what would it take to see one?**
#
# **What we could not read.** Only the abstract and summaries of the paper were open to us: no formula, no table, no list
# of models. The four energies below are this book's definitions. The page tests the claims in words; it is no
# replication. A further claim, that steering the states keeps the energy, is tested {ref}`on the next page <steering>`.
#
# With $K_t = \tfrac12 \norm{v_t}^2$, as it is or divided by the dimension $D$:
#
# | name | energy $E_t$ | why |
# |---|---|---|
# | C1 | $K_t + \log \mathrm{PP}_t$ | a particle in a potential: kinetic plus potential energy |
# | C2 | $K_t + \mathrm{PP}_t$ | the same without the logarithm |
# | C3 | $2 - \log K_t + \log \mathrm{PP}_t$ | energy of the "log-Lagrangian" $L = \log K - \log \mathrm{PP}$ ({ref}`an exercise <conservation-log-lagrangian>`) |
# | C4 | $\log K_t + \log \mathrm{PP}_t$ | a sum of logarithms |
#
# For a physicist: $p_t$ is a function of $h_t$ and of the token that comes, so $\log \mathrm{PP}_t$ is a potential that
# somebody outside chooses anew at every step. For an engineer: $\log \mathrm{PP}_t$ is the loss of one token.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, reasoner, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of chains, shuffles and intervals
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
n_chains: int = 12  # chains that are read, one a question
max_tokens: int = 110  # tokens of each
n_random: int = 3  # seeds of random weights
prose: str = "data/texts/prose.txt"  # plain texts, an empty line between them

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, lm, mechanics
from lmphys.core.paths import project_root
from lmphys.mechanics import C1
from lmphys.pages import conservation as analysis
from lmphys.pages.conservation import figures

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_chains, max_tokens, n_random = min(n_chains, 6), min(max_tokens, 60), 1

# %% [markdown]
# ## What a conservation law asks for
#
# In mechanics energy is conserved for a reason: the law of motion is the same at all times, and the force is the slope of
# the potential. What the particle loses in height it gains in speed, so kinetic and potential energy are *tied to each
# other*: one falls when the other rises. Nothing in a transformer promises that. It is pushed by a new token at every
# step, and a system that is driven from outside need not keep its energy.
#
# A steady sum alone proves nothing. Add the height of a tower to the height of the people on it: the sum is nearly
# constant, and no law ties the people to the tower. The mark of a law is the tie,
#
# $$ Q = \frac{\Var(K + U)}{\Var K + \Var U} = 1 + \frac{2 \, \mathrm{Cov}(K, U)}{\Var K + \Var U} , $$ (eq-tradeoff)
#
# where $K$ and $U$ stand for the two terms of an energy, whichever they are. Unrelated terms have $Q = 1$. A pendulum has
# $Q = 0$. Above 1 the terms help each other, the opposite of a trade-off. All variances on this page are taken within
# chains, so that each chain may have an energy of its own.
#
# The ratio has a flaw of its own. Where one term varies much less than the other, $Q$ is squeezed towards 1 whatever the
# tie: with standard deviations in the ratio $1 : 100$ it cannot leave $[0.98, 1.02]$. A change of units moves it. So the
# rows of the ledger are judged by the **correlation** $r$ of the two terms, which knows no scale: a trade-off is $r < 0$,
# a conserved energy with the right mass is $r = -1$.
#
# Before any number: for any text C3 and C4 have correlations of **opposite signs**, since $\log K$ enters them so. Unless
# both are zero, one of them "trades off". Whoever may choose the formula after seeing the data cannot lose. So every claim
# about the energy is judged for all four, and for the scale of $K$ where that matters; where they disagree the verdict
# says that it depends on the definition.
#
# ## Reading
#
# Chains of the corpus, one a question, read with {term}`teacher forcing`: state and probability come from one pass. The
# controls are fresh random weights of the same architecture, reading the same texts, and plain prose that the
# model did not write.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
chains = corpus.build_corpus(spec)
rows = mechanics.chosen_chains(chains, n_chains, seed=seed)
reader = lm.LanguageModel(model, dtype=chains.spec.dtype)
asked, texts = mechanics.chain_texts(reader, chains, rows, max_tokens)
own = mechanics.read_paths(reader, asked, texts)
print(f"{len(texts)} chains, {sum(map(len, texts)):,} tokens")

# %%
random = analysis.read_with_random_weights(
    model, n_random, asked, texts, dtype=chains.spec.dtype
)
blind = next(iter(random.values()))
plain = analysis.read_paragraphs(
    reader, project_root() / prose, max_tokens, 4 if smoke else None
)
paths = {"model": own, "model, prose": plain, "random weights": blind}
both = {name: paths[name] for name in ("model", "random weights")}

# %% mystnb={"figure": {"name": "fig-conservation-trace", "caption": "Energy C1 and its two terms along one chain, after the final normalisation and per dimension. A conserved energy would be a flat black line over two moving terms that mirror each other. A flat line over flat terms shows nothing."}} tags=["hide-input"]
figures.trace(both);

# %% [markdown]
# ## Random weights, without any dynamics
#
# A fresh network hands states of length $\sqrt D$ to a head with entries of standard deviation $\sigma$ (`initializer_range`
# in the model's configuration). Its logits are then nearly independent draws from a bell curve of width
# $s = \sigma \sqrt D$, and
#
# $$ \log \mathrm{PP} = \log Z - z \approx \ln V + \tfrac12 s^2 \pm s . $$ (eq-random-surprisal)
#
# With a vocabulary of $V$ tokens $\ln V$ is large and $s$ small: **the potential alone is nearly constant**, whatever
# the text and whatever the motion. And since all states lie on one sphere of radius $R$, $\norm{v}^2 = 2 R^2 (1 - \cos)$
# is bounded too.

# %%
head = analysis.describe_head(reader)
predicted = None
if head.logit_sd is not None:
    predicted = analysis.random_surprisal(head.n_tokens, head.logit_sd)
print(f"V = {head.n_tokens:,}, D = {head.width}, input and output tied: {head.tied}")
analysis.surprisal_table(head, own, random).round(3)

# %% [markdown]
# Compare the closed form with the rows of random weights; it stands there where the configuration of the model names an
# initial standard deviation. And the sphere: the radius over $\sqrt D$, the relative spread of the lengths, and the
# largest relative difference between $K$ and $R^2 (1 - \cos)$.

# %%
analysis.sphere(blind).map("{:.3g}".format).to_frame("random weights")

# %% mystnb={"figure": {"name": "fig-conservation-potential", "caption": "Distribution of log PP over the tokens. Random weights: a narrow bell around ln V, as the closed form (line) says. The model: from certain to very surprised."}} tags=["hide-input"]
figures.potentials(own, random, predicted);

# %% [markdown]
# ## How steady is the sum?
#
# The usual number is the coefficient of variation, standard deviation over mean. Beside it, the same for each term alone.
# Where the sum is as steady as its larger term, the steadiness is that of the term.

# %%
pd.concat({name: mechanics.steadiness(p) for name, p in paths.items()}).round(3)

# %% [markdown]
# The coefficient has a flaw: it depends on where zero is. Add 100 to every energy and all of them are "conserved" to a few
# per cent; C3 and C4 can have a mean near zero or below it, and then it means nothing. The last column does not know where
# zero is: the standard deviation of the energy over that of its potential. Adding the kinetic term *helps* only where
# this is below 1.
#
# ## Do the terms trade off?

# %% mystnb={"figure": {"name": "fig-conservation-scatter", "caption": "Kinetic energy against log PP at every token, after the final normalisation, per dimension. Under conservation of C1 the points of a chain would lie along a line of slope -1, such as the dashed one through the means. Squares: mean log PP in tenths of the kinetic energy."}} tags=["hide-input"]
figures.scatter(both);

# %% [markdown]
# The correlation $r$ of the terms for every candidate, beside the ratio $Q$ of {eq}`eq-tradeoff`. The null shifts the
# potentials of a chain around its tokens by a number of places drawn at random: both terms keep their values *and the
# likeness of their neighbours*, only the tie is cut. (A free permutation would destroy that likeness too, and make
# accidental ties look rarer than they are.) There is a plain reason to expect a tie of the *wrong* sign: a token that was
# not seen coming may well move the state further. C1 and C2 would then lie above 0, and C3 below.

# %%
trade = {
    name: mechanics.trade_offs(p, n_shifts=100, seed=seed)
    for name, p in paths.items()
}
scores = pd.concat(trade, names=["reader"])
columns = ["r", "Q", "Q, K as it is"]
scores.loc[["model", "random weights"], columns].unstack("reader").round(3)

# %% mystnb={"figure": {"name": "fig-conservation-ratio", "caption": "Correlation of the two terms of each candidate, after and before the final normalisation. Left of 0 the terms trade off; a conserved energy is at -1. Lines through the marks: 95 % intervals, bootstrap over chains. Grey bars: 95 % range with the potential shifted around within chains (model). C3 and C4 mirror each other about 0 by construction."}} tags=["hide-input"]
figures.ties(trade);

# %% [markdown]
# A $Q$ near 1 has two causes: no tie, or one term so large that the tie cannot show. Compare its two columns, which differ
# in the units of $K$ alone, with `r`, which has one.
#
# And a tie need not be a law. C3 is tied wherever slow steps and low perplexity come together, and one dull event does
# that: **a token that repeats the one before**. The input is the same, so the state hardly moves; and where the output
# head is the table of the inputs (*tied* above), a state that carries its own token favours it, even with random weights.
# C3 again, without those few places:

# %%
analysis.without_repeats(paths, seed=seed).round(3)

# %% [markdown]
# Three more nulls, for C1: **longer steps** ($h_{t+n} - h_t$: the next token's perplexity is about the
# first of them), **another place** (the step with the perplexity of an earlier or later token), and **another text** (the
# same tokens in random order, read anew).

# %%
permuted = analysis.shuffle_tokens(texts, seed=seed)
scrambled = mechanics.read_paths(reader, asked, permuted)
cases = {f"steps of {n}": mechanics.balance_of(own, C1, lag=n) for n in (1, 2, 4, 8)}
cases["tokens in random order"] = mechanics.balance_of(scrambled, C1)
analysis.ratio_table(cases, seed=seed).round(3)

# %% mystnb={"figure": {"name": "fig-conservation-offset", "caption": "The ratio for C1 where the step from a token is paired with the perplexity of another token of its chain. 0: the token whose probability the state at the start of the step gives, as everywhere on this page; 1: the perplexity at the state to which the step leads, the other natural reading. A trade-off at one place is a dip at one place. Bands: 95 % intervals over chains."}} tags=["hide-input"]
figures.offsets(paths, seed=seed);

# %% [markdown]
# ## The mass is free
#
# A particle has a mass, and nobody knows that of a hidden state. So let it be chosen in hindsight, for each reader, to
# make $m K + \log \mathrm{PP}$ as steady as can be; or, for C3, the factor of $-\log K$. For a correlation $r < 0$ of the
# terms what remains is $1 - r^2$ of the variance of the potential, and nothing is gained for $r \ge 0$. This is the most
# that these energies can ever have. A conserved energy leaves nothing over.

# %%
analysis.best_masses(paths, seed=seed).round(3)

# %% [markdown]
# ## An alarm by energy?
#
# The paper names anomaly detection as a use. Exchange one token in every stretch of 16 for another token of the same
# chains, or put all tokens in random order. Does the energy of a stretch tell damaged from natural? The plain mean of
# $\log \mathrm{PP}$ must be beaten: the energy contains it. For the same reason the spread of the energy within a stretch
# has the spread of $\log \mathrm{PP}$ beside it. For a particle there is also the Lagrangian $L = K - U$, the same terms
# with the other sign; it is shown, not judged.

# %%
exchanged = analysis.exchange_tokens(texts, 16, seed=seed)
altered = {
    "one exchanged": mechanics.read_paths(reader, asked, exchanged),
    "random order": scrambled,
}
natural = analysis.stretches(own.motion(), C1, 16)
damaged = {name: analysis.stretches(p.motion(), C1, 16) for name, p in altered.items()}
alarm = pd.concat(
    {name: analysis.detection(natural, d, seed=seed) for name, d in damaged.items()}
)
alarm.round(3)

# %% mystnb={"figure": {"name": "fig-conservation-alarm", "caption": "Chance that a damaged stretch of 16 tokens scores above a natural one. Surprisal: mean of log PP alone. Energy: mean of C1. Spread: standard deviation within the stretch. Minus L: the potential minus the kinetic term. At 1/2 a score knows nothing; below it knows something, the wrong way round. Lines: 95 % intervals over chains."}} tags=["hide-input"]
figures.alarms(alarm);

# %% [markdown]
# ## Verdict
#
# First the freedom that the words leave: before or after the normalisation, $K$ or $K/D$, the potential at the start or
# the end of the step. In how many of its readings does each candidate bear a claim out? The rule is that of the ledger: the
# whole interval of the effect has the claimed sign, against the random weights that speak least for it.

# %%
readings = analysis.readings(own, random, seed=seed)
analysis.count_readings(readings)

# %% [markdown]
# The readings in which the model trades off, and what else holds in them (no rows: it does in none):

# %%
readings[readings["trades off"]]

# %% [markdown]
# All rows are about states after the final normalisation, for each candidate by itself; differences are against the seed
# of random weights that speaks least for the claim. Intervals are over chains and do not cover the seeds of the weights;
# where there are several, the largest difference *between seeds* is a control.
#
# The row on steadiness compares numbers as the paper does; what the potential does alone stands in its remark. A
# difference of correlations says who is closer to a trade-off, also where nobody has one; whether there is one is asked of
# the model and of random weights in rows of their own. The mean energy hangs on the units: with $K$ as it is, not divided
# by $D$, the kinetic term outweighs the perplexity in a trained model. The alarm has two rows: whether the energy finds
# the exchanged tokens, beside the perplexity that does so too, and whether it does better, which the paper does not say.
#
# What was changed after first runs: the alarm was to find four exchanged tokens of sixteen; surprisal and energy both did,
# without fail, and it is one token now. The row on random weights alone was added, by the rule of the model's. The
# difference between seeds became a control. Trade-offs were judged by $Q$ of C1 alone, beside free permutations, until it
# was seen that a small $K$ forces $Q$ to 1; since then by $r$, for all four, beside shifts.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("mechanics/conservation", model=model, profile=profile)
ledger.record_all(analysis.entries(own, random, trade["model"], seed=seed))
exchange, areas = damaged["one exchanged"], alarm.loc["one exchanged"]
ledger.record_all(analysis.alarm_entries(natural, exchange, areas, seed=seed))
ledger.measure("energy.ratio", analysis.energy_ratios(own, seed=seed))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Within chains the two terms of an energy have the correlations "
    "{mechanics.conservation.tradeoff} in the model, and {mechanics.random.conserved} "
    "with random weights; a conserved energy would have −1. That the terms "
    "trade off is *{mechanics.conservation.tradeoff:verdict}* for the model and "
    "*{mechanics.random.conserved:verdict}* for random weights; that random weights "
    "have the steadier sum is *{mechanics.random.steadier:verdict}*. As an alarm the "
    "energy has an area under the ROC curve of {mechanics.anomaly.detects} "
    "({mechanics.anomaly.detects:controls}): *{mechanics.anomaly.detects:verdict}*; "
    "that it does better than the perplexity in it is "
    "*{mechanics.anomaly.energy:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - "Nearly constant" is cheap. Ask which term is steady by itself, and what the sum does that its parts do not.
# - A conservation law is a statement about a *tie*. Its number is the correlation of the terms, or what is left at the
#   best mass, not the coefficient of variation, nor a ratio that a change of units can move.
# - Random weights are steady by the arithmetic of a large vocabulary. That a network "conserves more tightly" before it
#   has learned anything should make one suspicious of the quantity.
# - A tie beyond its null is not yet a law. The null says that the tie is there, the variance left over says how little
#   it binds.
# - With four formulas, two sites and two scales something will always trade off. Choose before looking. On this page
#   the table of all readings, the potential at the end of the step, the texts without repeats and the best mass of C3
#   were added after first numbers had been seen: take them as exploration. The rows of the ledger are not among them.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The energy of a log-Lagrangian
# :label: conservation-log-lagrangian
#
# For $L = \log(\tfrac12 \norm{v}^2) - \log \mathrm{PP}$ find the momentum $\partial L / \partial v$ and the energy
# $p \cdot v - L$. Does a fast state go with low or with high perplexity where it is conserved?
# ```
#
# ```{solution-start} conservation-log-lagrangian
# :class: dropdown
# ```
#
# The momentum is $2 v / \norm{v}^2$, so $p \cdot v = 2$ and $E = 2 - \log K + \log \mathrm{PP}$: C3. Conserved, it would
# tie high speed to *high* perplexity, the opposite of a particle that is fast at the bottom of its well.
# The name of the paper's framework and the picture of a particle do not agree with each other, unless the paper means
# something else by one of them. C4 has the other sign, and so the other half of the 2 that both ratios sum to:

# %% tags=["solution"]
logarithmic = {
    f"{c.name}: {c.formula}": mechanics.balance_of(own, c)
    for c in (mechanics.C3, mechanics.C4)
}
analysis.ratio_table(logarithmic, seed=seed).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A law for everybody
# :label: conservation-law-for-everybody
#
# Write down an energy that is conserved to one per cent in every model, for every text. What does $Q$ say of it?
# ```
#
# ```{solution-start} conservation-law-for-everybody
# :class: dropdown
# ```
#
# Add a constant. The coefficient of variation falls as you please; $Q$ and $r$ do not move.

# %% tags=["solution"]
motion = own.motion()
k, u = C1.terms(motion)
for constant in (0, 100, 1_000):
    raised = mechanics.Balance.of(k, u + constant, motion.chain)
    variation = raised.value(mechanics.Balance.variation)
    ratio = raised.value(mechanics.Balance.ratio)
    print(f"+ {constant}: variation {variation:.4f}, Q {ratio:.4f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The least ratio there can be
# :label: conservation-least-ratio
#
# The terms have standard deviations $a$ and $b$, and are tied as tightly as possible, $r = -1$. What is $Q$? What is it
# here, for C1?
# ```
#
# ```{solution-start} conservation-least-ratio
# :class: dropdown
# ```
#
# $Q = (a - b)^2 / (a^2 + b^2)$: zero only for $a = b$. With $b = 10 a$ it cannot fall below 0.8, whatever the tie;
# look at $r$ as well.

# %% tags=["solution"]
least = {}
for name, p in paths.items():
    balance = mechanics.balance_of(p, C1)
    a, b = balance.kk.sum() ** 0.5, balance.uu.sum() ** 0.5
    q = balance.value(mechanics.Balance.ratio)
    least[name] = {"least Q": (a - b) ** 2 / (a**2 + b**2), "Q": q}
pd.DataFrame(least).T.round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A larger vocabulary
# :label: conservation-larger-vocabulary
#
# How steady is the potential of a fresh network with $D = 4096$, $\sigma = 0.02$ and $V = 128{,}000$? At which width does
# its coefficient of variation reach 20 %, and may the formula be trusted there?
# ```
#
# ```{solution-start} conservation-larger-vocabulary
# :class: dropdown
# ```
#
# The closed form wants $e^{s^2} \ll V$, so the last column must be far below 1: beyond, a few tokens take over $Z$, and
# the random energies freeze ({ref}`boltzmann`).

# %% tags=["solution"]
table = {}
for width in (576, 2_048, 4_096, 16_384, 32_768):
    sigma = 0.02 * np.sqrt(width)
    mean, sd = analysis.random_surprisal(128_000, sigma)
    crowding = np.exp(sigma**2) / 128_000
    table[width] = {"mean": mean, "variation": sd / mean, "e^{s²} / V": crowding}
pd.DataFrame(table).T.round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: conservation-your-model
# Run this page on another model: `lmphys run mechanics/conservation --model PATH`. Before you do, predict from
# {ref}`the exercise above <conservation-larger-vocabulary>` how steady its potential is with random weights. Which of
# the energies is steadier in the trained model than in its control?
# ```
#
# ```{solution} conservation-your-model
# :class: dropdown
# Look at the ratio $Q$ of each energy beside that of the same states in another order and of random weights. A value
# near 1 is a sum of two independent terms. A law would have to be far below that in the trained model, and not in the
# controls.
# ```
