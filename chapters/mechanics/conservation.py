# %% [markdown]
# (conservation)=
# # Is anything conserved from token to token?
#
# Read a text with a language model and its {term}`hidden state` moves with every token, by $v_t = h_{t+1} - h_t$. At every
# token the model also says how probable the next one is, $p_t$; the {term}`point perplexity` $\mathrm{PP}_t = 1 / p_t$
# is large where it is surprised. {cite:t}`tomaz2025` see mechanics in this. The speed of the state plays the kinetic
# energy, the perplexity the potential one, and an energy made of both is reported to be nearly constant across tokens in
# twenty models. With random weights it is said to be conserved *more* tightly than after training, and training to make
# the motion faster and the mean energy lower. **Is there a {term}`conservation law`, and what would it take to see one?**
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
# | C3 | $2 - \log K_t + \log \mathrm{PP}_t$ | energy of the "log-Lagrangian" $L = \log K - \log \mathrm{PP}$ (exercise 1) |
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
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, lm, mechanics
from lmphys.pages import conservation as analysis
from lmphys.mechanics.balance import ratio_by_offset
from lmphys.mechanics.energies import C1, C3
from lmphys.mechanics.balance import Balance
from lmphys.core.paths import project_root

book.use_style()
smoke = profile == "smoke"

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
# Before any number: for any text C3 and C4 have ratios that **sum to 2**, since $\log K$ enters them with opposite signs.
# Unless both are exactly 1, one of them "trades off". Whoever may choose the formula after seeing the data cannot lose.
# The rows of the ledger were therefore written for C1, after the final normalisation, per dimension, before the page ran;
# what was changed later is said beside the verdict.
#
# ## Reading
#
# Chains of the corpus, one a question, read with teacher forcing: state and probability come from one pass. The
# controls are fresh random weights of the same architecture, reading the same texts, and plain prose that the
# model did not write.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
chains = corpus.build_corpus(spec)
if smoke:
    n_chains, max_tokens, n_random = min(n_chains, 6), min(max_tokens, 60), 1
rows = mechanics.chosen_chains(chains, n_chains, seed=seed)
reader = lm.LanguageModel(model, dtype=chains.spec.dtype)
asked, texts = mechanics.chain_texts(reader, chains, rows, max_tokens)
own = mechanics.read_paths(reader, asked, texts)
print(f"{len(texts)} chains, {sum(map(len, texts)):,} tokens")

# %%
random = {}
name = model
for _ in range(n_random):
    name = corpus.control_of(name)
    fresh = lm.LanguageModel(name, dtype=chains.spec.dtype)
    random[name] = mechanics.read_paths(fresh, asked, texts)
paragraphs = (project_root() / prose).read_text(encoding="utf-8").split("\n\n")
plain = [np.array(reader.tokenizer(p)["input_ids"])[:max_tokens] for p in paragraphs]
plain = plain[: 4 if smoke else None]
other = mechanics.read_paths(reader, [()] * len(plain), plain)
blind = next(iter(random.values()))
paths = {"model": own, "model, prose": other, "random weights": blind}

# %% mystnb={"figure": {"name": "fig-conservation-trace", "caption": "Energy C1 and its two terms along one chain, after the final normalisation and per dimension. A conserved energy would be a flat black line over two moving terms that mirror each other. A flat line over flat terms shows nothing."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
for ax, which in zip(axes, ("model", "random weights"), strict=True):
    motion = paths[which].motion()
    first = motion.chain == 0
    kinetic, potential = (term[first][:60] for term in C1.terms(motion))
    ax.plot(kinetic + potential, "-", color=book.style.BLACK, label="$K + U$")
    ax.plot(potential, "--", color=book.style.BLUE, label=r"$U = \log\,\mathrm{PP}$")
    ax.plot(kinetic, ":", lw=2, color=book.style.VERMILION, label="$K$")
    ax.set(title=which, xlabel="token", ylim=(0, None))
axes[0].set_ylabel("nats; $K$ per dimension")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3);

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
measured = {name: np.concatenate([x[:-1] for x in p.log_pp]) for name, p in random.items()}
table = {name: {"mean": x.mean(), "sd": x.std()} for name, x in measured.items()}
if head.logit_sd is not None:
    predicted = analysis.random_surprisal(head.n_tokens, head.logit_sd)
    table = {"closed form": predicted._asdict()} | table
else:
    print("no closed form: the configuration names no initial standard deviation")
x = np.concatenate([p[:-1] for p in own.log_pp])
table["model"] = {"mean": x.mean(), "sd": x.std()}
table = pd.DataFrame(table).T
table.assign(variation=table["sd"] / table["mean"]).round(3)

# %%
lengths = np.concatenate([np.linalg.norm(h, axis=1) for h in blind.states["final_norm"]])
radius = lengths.mean()
motion = blind.motion(per_dimension=False)
sphere = radius**2 * motion.turn
error = np.abs(motion.kinetic / sphere - 1).max()
print(f"V = {head.n_tokens:,}, D = {head.width}, input and output tied: {head.tied}")
print(f"R / √D = {radius / np.sqrt(head.width):.3f}, spread of it {lengths.std() / radius:.1e}")
print(f"K against R²(1 − cos): relative difference at most {error:.1e}")

# %% mystnb={"figure": {"name": "fig-conservation-potential", "caption": "Distribution of log PP over the tokens. Random weights: a narrow bell around ln V, as the closed form (line) says. The model: from certain to very surprised."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.2))
bins = np.linspace(0, max(15, np.quantile(x, 0.999)), 61)
ax.hist(x, bins, density=True, color=book.style.BLUE, alpha=0.6, label="model")
values = np.concatenate(list(measured.values()))
ax.hist(values, bins, density=True, color=book.style.ORANGE, alpha=0.6, hatch="//", label="random weights")
if head.logit_sd is not None:
    fine = np.linspace(bins[0], bins[-1], 400)
    bell = np.exp(-((fine - predicted.mean) ** 2) / 2 / predicted.sd**2) / predicted.sd / np.sqrt(2 * np.pi)
    ax.plot(fine, bell, color=book.style.BLACK, label="closed form")
ax.set(xlabel=r"$\log\,\mathrm{PP}$, nats", ylabel="density", ylim=(0, 1.1))
ax.legend();

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
figure, axes = plt.subplots(1, 2, figsize=(8.6, 3.6), layout="constrained")
for ax, which in zip(axes, ("model", "random weights"), strict=True):
    motion = paths[which].motion()
    k, u = C1.terms(motion)
    ax.plot(k, u, ".", ms=3, alpha=0.35, color=book.style.BLUE)
    tenth = pd.qcut(k, 10, labels=False, duplicates="drop")
    means = pd.DataFrame({"k": k, "u": u}).groupby(tenth).mean()
    ax.plot(means.k, means.u, "s-", color=book.style.VERMILION, label="mean")
    ax.axline((k.mean(), u.mean()), slope=-1, color="#444444", ls="--", lw=1, label="C1 constant")
    low, high = np.quantile(k, [0, 0.99])
    ax.set(title=which, xlabel="$K/D$", xlim=(low - 0.05 * high, 1.1 * high), ylim=(-0.3, u.max() + 0.5))
axes[0].set_ylabel(r"$\log\,\mathrm{PP}$, nats")
axes[0].legend();

# %% [markdown]
# The ratio $Q$ of {eq}`eq-tradeoff` for every candidate. The null deals the potentials of a chain out again among
# its tokens: both terms keep their values, the tie is cut, and $Q$ is 1 on average. There is a plain reason to expect a
# tie of the *wrong* sign: a token that was not seen coming may well move the state further. C1 and C2 would then lie
# above 1, and C3 below.

# %%
trade = {
    name: mechanics.trade_offs(p, n_shuffles=100, seed=seed)
    for name, p in paths.items()
}
scores = pd.concat(trade, names=["reader"])
scores.loc[["model", "random weights"], ["ratio", "r"]].unstack("reader").round(3)

# %% mystnb={"figure": {"name": "fig-conservation-ratio", "caption": "Var(K + U) over Var K + Var U for each candidate, before and after the final normalisation. Left of 1 the terms trade off; a conserved energy is at 0. Lines through the marks: 95 % intervals, bootstrap over chains. Grey bars: 95 % range with the potential shuffled within chains (model). C3 and C4 mirror each other about 1 by construction."}} tags=["hide-input"]
shown = [("C1", "K/D"), ("C2", "K/D"), ("C3", "K/D"), ("C4", "K/D"), ("C1", "K"), ("C2", "K")]
looks = {"model": ("o", book.style.BLUE), "model, prose": ("D", book.style.GREEN), "random weights": ("s", book.style.VERMILION)}
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(8.6, 4), layout="constrained")
for ax, site in zip(axes, ("final_norm", "resid_post"), strict=True):
    for shift, (which, (mark, colour)) in zip((-0.22, 0, 0.22), looks.items(), strict=True):
        part = trade[which].loc[site]
        values = pd.DataFrame([part.loc[(scale, energy)] for energy, scale in shown])
        place = np.arange(len(shown)) + shift
        if which == "model":
            ax.barh(place - shift, values.null_high - values.null_low, 0.8, values.null_low, color="#dddddd")
        ax.hlines(place, values.low, values.high, color=colour)
        ax.plot(values.ratio, place, mark, color=colour, label=which)
    ax.axvline(1, color="#222222", lw=0.9)
    ax.set(title=site, xlabel="$Q$", xlim=(0, 2))
axes[0].set_yticks(range(len(shown)), [f"{energy}, {scale}" if energy in ("C1", "C2") else energy for energy, scale in shown])
axes[0].invert_yaxis()
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3);

# %% [markdown]
# A $Q$ near 1 has two causes: no tie, or one term so large that the tie cannot show. The correlation `r` tells them
# apart.
#
# And a tie need not be a law. C3 is tied wherever slow steps and low perplexity come together, and one dull event does
# that: **a token that repeats the one before**. The input is the same, so the state hardly moves; and where the output
# head is the table of the inputs (*tied* above), a state that carries its own token favours it, even with random weights.
# C3 again, without those few places:

# %%
again = {}
for name, p in paths.items():
    motion = p.motion()
    for label, part in {"all": motion, "no repeats": motion.keep(~motion.repeat)}.items():
        balance = Balance.of(*C3.terms(part), part.chain)
        again[name, label] = {
            "places": len(part.chain),
            **balance.interval(Balance.ratio, seed=seed)._asdict(),
            "r": balance.value(Balance.correlation),
        }
pd.DataFrame(again).T.astype(float).rename(columns={"value": "Q"}).round(3)

# %% [markdown]
# Three more nulls, for C1: **longer steps** ($h_{t+n} - h_t$: the next token's perplexity is about the
# first of them), **another place** (the step with the perplexity of an earlier or later token), and **another text** (the
# same tokens in random order, read anew).

# %%
dealt = analysis.shuffle_tokens(texts, seed=seed)
scrambled = mechanics.read_paths(reader, asked, dealt)
cases = {f"steps of {n}": mechanics.balance_of(own, C1, lag=n) for n in (1, 2, 4, 8)}
cases["tokens in random order"] = mechanics.balance_of(scrambled, C1)
nulls = {
    name: b.interval(Balance.ratio, seed=seed)._asdict()
    | {"r": b.value(Balance.correlation)}
    for name, b in cases.items()
}
pd.DataFrame(nulls).T.astype(float).round(3)

# %% mystnb={"figure": {"name": "fig-conservation-offset", "caption": "The ratio for C1 where the step from a token is paired with the perplexity of another token of its chain. 0: the token whose probability the state at the start of the step gives, as everywhere on this page; 1: the perplexity at the state to which the step leads, the other natural reading. A trade-off at one place is a dip at one place. Bands: 95 % intervals over chains."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3.2))
for which, (mark, colour) in looks.items():
    motion = paths[which].motion()
    curve = ratio_by_offset(*C1.terms(motion), motion.chain, range(-6, 7), seed=seed)
    ax.fill_between(curve.index, curve.low, curve.high, alpha=0.15, color=colour)
    ax.plot(curve.index, curve["value"], f"{mark}-", color=colour, label=which)
ax.axhline(1, color="#222222", lw=0.9)
ax.set(xlabel="place of the potential minus place of the step", ylabel="$Q$")
ax.legend();

# %% [markdown]
# ## The mass is free
#
# A particle has a mass, and nobody knows that of a hidden state. So let it be chosen in hindsight, for each reader, to
# make $m K + \log \mathrm{PP}$ as steady as can be; or, for C3, the factor of $-\log K$. For a correlation $r < 0$ of the
# terms what remains is $1 - r^2$ of the variance of the potential, and nothing is gained for $r \ge 0$. This is the most
# that these energies can ever have. A conserved energy leaves nothing over.

# %%
best = {}
for name, p in paths.items():
    for candidate, arriving in ((C1, False), (C1, True), (C3, False)):
        balance = mechanics.balance_of(p, candidate, arriving=arriving)
        left = balance.interval(Balance.left_at_best_mass, seed=seed)
        label = candidate.name + (", potential at the end" if arriving else "")
        best[name, label] = {"mass": balance.best_mass(), **left._asdict()}
pd.DataFrame(best).T.astype(float).rename(columns={"value": "left"}).round(3)

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
natural = analysis.stretches(own.motion(), C1, 16)
damaged = {
    "one exchanged": mechanics.read_paths(reader, asked, exchanged),
    "random order": scrambled,
}
damaged = {name: analysis.stretches(p.motion(), C1, 16) for name, p in damaged.items()}
alarm = pd.concat(
    {name: analysis.detection(natural, d, seed=seed) for name, d in damaged.items()}
)
alarm.round(3)

# %% mystnb={"figure": {"name": "fig-conservation-alarm", "caption": "Chance that a damaged stretch of 16 tokens scores above a natural one. Surprisal: mean of log PP alone. Energy: mean of C1. Spread: standard deviation within the stretch. Minus L: the potential minus the kinetic term. At 1/2 a score knows nothing; below it knows something, the wrong way round. Lines: 95 % intervals over chains."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 3))
for shift, mark, colour, which in ((-0.12, "o", book.style.BLUE, "one exchanged"), (0.12, "s", book.style.VERMILION, "random order")):
    part = alarm.loc[which]
    place = np.arange(len(part)) + shift
    ax.hlines(place, part.low, part.high, color=colour)
    ax.plot(part["value"], place, mark, color=colour, label=which)
ax.axvline(0.5, color="#222222", lw=0.9)
ax.set_yticks(range(len(part)), part.index)
ax.invert_yaxis()
ax.set(xlabel="area under the ROC curve", xlim=(0, 1.02))
ax.legend(loc="lower left");

# %% [markdown]
# ## Verdict
#
# First the freedom that the words leave: before or after the normalisation, $K$ or $K/D$, the potential at the start or
# the end of the step. In how many of its readings does each candidate bear a claim out? The rule is that of the ledger: an
# effect of the claimed sign by more than the uncertainty, against the random weights that speak least for it.

# %%
readings = analysis.readings(own, random, seed=seed)
by_energy = readings.groupby("energy")
counts = by_energy.sum().astype(str)
counts.apply(lambda column: column + " of " + by_energy.size().astype(str))

# %%
print(f"The model trades off in {readings['trades off'].sum()} of {len(readings)} readings:")
for reading in readings.index[readings["trades off"]]:
    print("  " + ", ".join(reading))

# %% [markdown]
# All rows are about C1 after the final normalisation, per dimension; differences are against the seed of random weights
# that speaks least for the claim. Intervals are over chains and do not cover the seeds of the weights; where there are
# several, the largest difference *between seeds* is a control. The remarks have the other candidates.
#
# The row on steadiness compares numbers as the paper does; what the potential does alone stands in its remark. A
# difference of $Q$ says who is closer to a trade-off, also where nobody has one; whether there is one is asked of the
# model and of random weights in rows of their own.
#
# Three things were changed after the first run. The alarm was to find four exchanged tokens of sixteen; surprisal and
# energy both did, without fail, so that neither could beat the other, and it is one token now. The row on random weights
# alone was added, by the rule of the model's. The difference between seeds became a control, which makes those rows
# harder to pass.

# %%
def by_candidate(statistic):
    """Model / first random weights, for every candidate."""
    both = {
        c.name: [mechanics.balance_of(p, c).value(statistic) for p in (own, blind)]
        for c in mechanics.CANDIDATES
    }
    return ", ".join(f"{name} {a:.3g} / {b:.3g}" for name, (a, b) in both.items())


energy = mechanics.balance_of  # of C1, after the final normalisation, per dimension
rules = {
    "mechanics.random.steadier": (energy, Balance.variation, True, True),
    "mechanics.random.tradeoff": (energy, Balance.ratio, True, False),
    "mechanics.training.energy": (energy, Balance.mean, False, False),
    "mechanics.training.speed": (mechanics.speed_of, Balance.mean, True, True),
    "mechanics.training.turning": (mechanics.turning_of, Balance.mean, True, False),
}
found = {
    claim: analysis.against(
        own, random, measure, number, more=more, log=log, seed=seed
    )
    for claim, (measure, number, more, log) in rules.items()
}

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("mechanics/conservation", model=model, profile=profile)
c1 = trade["model"].loc[("final_norm", "K/D", "C1")]
ledger.record(
    "mechanics.conservation.tradeoff",
    Interval.of_row(c1, "ratio"),
    controls={"shuffled positions, lower end": c1.null_low},
    note=f"correlation {c1.r:.2f}; model / random weights: {by_candidate(Balance.ratio)}",
)
least = found["mechanics.random.tradeoff"].rival
fresh = mechanics.trade_offs(random[least], seed=seed).loc[("final_norm", "K/D", "C1")]
ledger.record(
    "mechanics.random.conserved",
    Interval.of_row(fresh, "ratio"),
    controls={"shuffled positions, lower end": fresh.null_low},
    note=f"{least}; correlation {fresh.r:.2f}",
)
for claim, result in found.items():
    measure, number, *_ = rules[claim]
    note = str(result)
    between = {"between seeds": result.spread} if len(random) > 1 else {}
    if measure is energy:
        note += f"; model / random weights: {by_candidate(number)}"
    if number in (Balance.variation, Balance.mean) and measure is energy:
        alone = [mechanics.potential_of(p).value(number) for p in (own, blind)]
        note += "; of the potential alone {:.3g} / {:.3g}".format(*alone)
    ledger.record(
        claim, Interval(result.value, *result.interval), controls=between, note=note
    )
gain = analysis.detection_gain(natural, damaged["one exchanged"], "energy", seed=seed)
ledger.record(
    "mechanics.anomaly.energy",
    gain,
    controls={"surprisal alone": 0.0},
    note=", ".join(f"{name} {v:.3f}" for name, v in alarm.loc["one exchanged", "value"].items()),
)
ledger.show()

# %% [markdown]
# What to take along:
#
# - "Nearly constant" is cheap. Ask which term is steady by itself, and what the sum does that its parts do not.
# - A conservation law is a statement about a *tie*. Its number is $Q$, or what is left at the best mass, not the
#   coefficient of variation.
# - Random weights are steady by the arithmetic of a large vocabulary. That a network "conserves more tightly" before it
#   has learned anything should make one suspicious of the quantity.
# - A tie beyond its null is not yet a law. The null says that the tie is there, the variance left over says how little
#   it binds.
# - With four formulas, two sites and two scales something will always lie below 1. Choose before looking. On this page
#   the table of all readings, the potential at the end of the step, the texts without repeats and the best mass of C3
#   were added after first numbers had been seen: take them as exploration. The rows of the ledger are not among them.

# %% [markdown]
# ## Exercises
#
# (conservation-exercise)=
# ```{admonition} Exercise 1: the energy of a log-Lagrangian
# :class: tip
# For $L = \log(\tfrac12 \norm{v}^2) - \log \mathrm{PP}$ find the momentum $\partial L / \partial v$ and the energy
# $p \cdot v - L$. Does a fast state go with low or with high perplexity where it is conserved?
# ```
#
# ```{dropdown} Solution
# The momentum is $2 v / \norm{v}^2$, so $p \cdot v = 2$ and $E = 2 - \log K + \log \mathrm{PP}$: C3. Conserved, it would
# tie high speed to *high* perplexity, the opposite of a particle that is fast at the bottom of its well.
# The name of the paper's framework and the picture of a particle do not agree with each other, unless the paper means
# something else by one of them.
#
#     for c in (mechanics.C3, mechanics.C4):
#         print(c.name, c.formula, mechanics.balance_of(own, c).value(Balance.ratio))
# ```
#
# ```{admonition} Exercise 2: a law for everybody
# :class: tip
# Write down an energy that is conserved to one per cent in every model, for every text. What does $Q$ say of it?
# ```
#
# ```{dropdown} Solution
# Add a constant. The coefficient of variation falls as you please; $Q$ and $r$ do not move.
#
#     k, u = C1.terms(own.motion())
#     for constant in (0, 100, 1_000):
#         b = Balance.of(k, u + constant, own.motion().chain)
#         print(constant, round(b.value(Balance.variation), 4), round(b.value(Balance.ratio), 4))
# ```
#
# ```{admonition} Exercise 3: the least ratio there can be
# :class: tip
# The terms have standard deviations $a$ and $b$, and are tied as tightly as possible, $r = -1$. What is $Q$? What is it
# here, for C1?
# ```
#
# ```{dropdown} Solution
# $Q = (a - b)^2 / (a^2 + b^2)$: zero only for $a = b$. With $b = 10 a$ it cannot fall below 0.8, whatever the tie;
# look at $r$ as well.
#
#     for name, p in paths.items():
#         b = mechanics.balance_of(p, C1)
#         a, c = np.sqrt(b.kk.sum()), np.sqrt(b.uu.sum())
#         print(name, round((a - c) ** 2 / (a**2 + c**2), 3), round(b.value(Balance.ratio), 3))
# ```
#
# ```{admonition} Exercise 4: a larger vocabulary
# :class: tip
# How steady is the potential of a fresh network with $D = 4096$, $\sigma = 0.02$ and $V = 128{,}000$? At which width does
# its coefficient of variation reach 20 %, and may the formula be trusted there?
# ```
#
# ```{dropdown} Solution
#     for width in (576, 2_048, 4_096, 16_384, 32_768):
#         found = analysis.random_surprisal(128_000, 0.02 * np.sqrt(width))
#         print(width, round(found.mean, 2), round(found.sd / found.mean, 3))
#
#     print(np.exp(0.02**2 * 16_384) / 128_000, np.exp(0.02**2 * 32_768) / 128_000)
#
# The closed form wants $e^{s^2} \ll V$: beyond, a few tokens take over $Z$, and the random energies freeze
# ({ref}`boltzmann`).
# ```
