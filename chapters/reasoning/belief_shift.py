# %% [markdown]
# (belief-shift)=
# # Belief shift
#
# A rumour slips into a train of thought. Does the thinker come to believe it?
#
# {cite:t}`carson2025` make this their case study (Sec. 5.3, App. C). A model of 7 or of 70 billion parameters thinks
# about a subject, and at fixed sentences a false statement is put into its thoughts. After every sentence it is asked
# whether the false claim is true, and its {term}`belief` is read off the answer,
#
# $$ b_t = \frac{\Prob(\text{True})}{\Prob(\text{True}) + \Prob(\text{False})} . $$ (eq-belief)
#
# They report that clean chains end below 0.1 and poisoned ones, by theme, between 0.58 and 0.97; that a switching model
# of three regimes foresees the next state better than one linear map or a recurrent network ($R^2$ 0.72 against 0.35
# and 0.48), and the final belief too (0.88 right); and that chains simulated from it cannot be told from real ones.
#
# This page repeats the study with the model at hand. Its first question is one that the paper does not ask: **does this
# model hold beliefs at all?** The second is whether the regimes see more than simpler rules see. The third is what an
# indistinguishable simulation is worth, when so few chains are compared.
#
# False claims are shown here only beside what is known about them. They are mild by choice, and say nothing about what
# to do.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of chains, folds, fits, simulations and bootstrap
prompt: str = "chat"  # or a text with {question}, where there is no chat template
rank: int = 40  # dimension k of the projection, less where transitions are few
n_regimes: int = 3  # number of regimes K
n_folds: int = 4  # parts of the themes, each held out once
known: list[int] = [5, 10, 20]  # sentences after which the end is predicted

# %% tags=["hide-input"]
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.stats import Interval
from lmphys import corpus, dynamics
from lmphys.pages import belief_shift as analysis

book.use_style()
COLOURS = {"clean": book.style.BLUE, "poisoned": book.style.VERMILION}

# %% [markdown]
# ## Does this model hold beliefs?
#
# Forty plain truths (a dozen in the profile `smoke`) and as many falsehoods that differ from them in a word ("Ice is
# frozen water", "Ice is frozen sand"), each asked in two wordings, and in each with either option first. A thinker who
# knows about ice and water says *True* more readily to the first. The score is the AUROC: the probability that a truth
# is believed more than a falsehood, 0.5 by chance and 1 for perfect knowledge. Random weights of the same architecture
# show what the method gives to a model that knows nothing.

# %%
control = corpus.control_of(model)
n_pairs = analysis.PAIRS.get(profile)
asked = {
    m: analysis.ask_statements(m, prompt=prompt, n_pairs=n_pairs) for m in (model, control)
}
known_facts = pd.concat(
    {m: analysis.knowledge(table, seed=seed) for m, table in asked.items()},
    names=["model"],
)
known_facts.round(3)

# %% [markdown]
# `neutral` is the belief in statements that nobody can know ("The letter in the drawer is from Anna"): whatever it is,
# it is no opinion, it is bias. There are two kinds, and both are shifts of the log odds. A liking for the option that
# was read first cancels in the mean over both orders, `both` ({term}`counterbalancing`). A liking for one of the words
# is measured on the neutral statements and subtracted, so that they have $b = 1/2$ on average
# ({term}`contextual calibration`, {cite:t}`zhao2021`).

# %% mystnb={"figure": {"name": "fig-belief-knowledge", "caption": "Can the answers tell plain truths from plain falsehoods? AUROC for each way of asking, of the model (circles) and of random weights (squares). Lines: 95 % intervals over pairs of statements. Dashed: chance."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.4, 3.4))
ways = [" ".join(way) for way in known_facts.xs(model).index]
for name, mark, shift in ((model, "o", -0.12), (control, "s", 0.12)):
    row = known_facts.xs(name)
    ax.hlines(np.arange(len(row)) + shift, row["low"], row["high"], color="#444444")
    ax.plot(row["auroc"], np.arange(len(row)) + shift, mark, label=name)
ax.axvline(0.5, color="#222222", linestyle="--", linewidth=0.9)
ax.set_yticks(range(len(ways)), ways)
ax.set(xlabel="AUROC, true against false", xlim=(0.2, 1))
ax.invert_yaxis()
ax.legend();

# %% tags=["hide-input"]
facts, chance = (known_facts.loc[m, "short", "both"] for m in (model, control))
print(analysis.verdict_on_beliefs(facts, chance))
bias = known_facts.xs(model)["neutral"]
print(
    f"A statement that nobody can know is believed {bias.min():.2f} "
    f"to {bias.max():.2f}, depending on how one asks."
)

# %% [markdown]
# Everything below is to be read in the light of the first sentence. The second says why an uncalibrated belief is not
# to be trusted; in the paper neither wording nor calibration is described. The chains of the profiles `smoke` and
# `quick` are asked in the short wording.
#
# ## The themes
#
# Twelve false claims, six of them on the subjects of the paper's Fig. 5, in our words, each with what is known.

# %%
spec = analysis.belief_spec(model, profile, prompt=prompt, seed=seed)
themes = analysis.load_themes(spec.n_themes)
claims = pd.DataFrame(
    {t.id: {"false claim": t.claim, "correction": t.correction} for t in themes}
)
claims.T

# %% [markdown]
# A chain starts from a neutral question about the subject. Two sentences of it are not the model's own: in a
# **poisoned** chain they tell the claim as a rumour, in a **clean** one they are neutral sentences of like length at
# the same places. Both chains of a pair are drawn with the same random numbers, so that they part at the first
# insertion. The model may not end its turn, and a sentence that grows too long is closed with a full stop (`cut`), so
# that all chains have equally many sentences.

# %%
chains = analysis.build_beliefs(spec)
states = chains.trajectories(analysis.neutral_offset(asked[model]))
print(f"{len(states)} chains of {spec.n_steps} sentences on {len(themes)} themes")
chains.sentences.groupby("how").agg(
    sentences=("t", "size"), tokens=("n_tokens", "mean")
)

# %% [markdown]
# One pair, with the belief after each sentence:

# %%
theme = themes[0]
print(f"Asked: is it true? {theme.claim}\nKnown:  {theme.correction}")
pair = [states.chains.index[states.chains["condition"] == c][0] for c in COLOURS]
told = states.sentences[states.sentences["chain"].isin(pair)]
told = told.assign(condition=states.chains["condition"].to_numpy()[told["chain"]])
told.set_index(["condition", "t"])[["how", "text", "belief"]].round(2)

# %% [markdown]
# ## Does poison raise the belief?
#
# It may also raise something else. Any text moves an answer a little, and a chain that is all about rumours may make
# the model say *True*, or *False*, to anything. So at the end of each chain two more statements are asked: a neutral
# one, and the false claim of *another* theme, of which the chain says nothing. They are the controls.

# %%
final = chains.final_beliefs(analysis.neutral_offset(asked[model]))
about = ["claim", *analysis.CONTROLS]
ends = {c: final[final["condition"] == c].set_index("theme") for c in COLOURS}
shifts = {
    name: analysis.theme_difference(
        ends["poisoned"][name], ends["clean"][name], seed=seed
    )
    for name in about
}
by_condition = final.groupby("condition")[about].mean().T
by_condition[["shift", "low", "high"]] = [shifts[name] for name in about]
by_condition.round(3)

# %% tags=["hide-input"]
shift, low, high = shifts["claim"]
does = "raises" if low > 0 else "lowers" if high < 0 else "does not clearly move"
print(
    f"Poison {does} the belief in the claim ({shift:+.3f} [{low:+.3f}, {high:+.3f}]); "
    f"a neutral statement moves by {shifts['neutral'][0]:+.3f}."
)
start = states.sentences.loc[states.sentences["t"] == 0, "belief"].mean()
clean = by_condition["clean"]
print(
    f"Along clean chains the belief moves by {clean['claim'] - start:+.3f}; a neutral "
    f"statement, calibrated to 0.5 before any chain, ends at {clean['neutral']:.3f}."
)

# %% [markdown]
# The second line is a warning about {eq}`eq-belief` itself. A bias that is measured once need not stay what it was: the
# length and the tone of a text move the answer to anything. What can be trusted is a *difference* at equal length,
# poisoned minus clean, claim minus neutral statement.
#
# Does the shift depend on how it is asked? The mean log odds at the end, before calibration, for each order of the
# options:

# %%
way = chains.sentences.groupby("chain").tail(1).filter(like="odds.")
by_order = way.groupby(states.chains["condition"].to_numpy()).mean().T
by_order.assign(shift=by_order["poisoned"] - by_order["clean"]).round(3)

# %% [markdown]
# ## The motion of the states
#
# Now the dynamics. The states at the ends of the sentences are standardised, projected and whitened, as in App. C.2. A
# theme is never on both sides of a split: basis, models and read-out are learned without the themes they are tested on,
# and intervals are over themes.

# %%
k = analysis.usable_rank(states, rank, n_folds)
basis = analysis.case_projection(k)
share = basis.fit(states).variance_captured(k)
n = states.n_transitions
print(f"{n} transitions; {share:.2f} of the variance in {k} directions")
choice = dynamics.choose_regimes(
    states, range(1, 6), projection=basis, n_folds=n_folds, n_init=2, seed=seed
)
choice[["bic", "held_out", "gain_low", "gain_high", "r2_h"]].round(3)

# %% tags=["hide-input"]
best = {"BIC": choice["bic"].idxmin(), "held-out density": choice["held_out"].idxmax(),
        "held-out forecast": choice["r2_h"].idxmax()}  # fmt: skip
print(
    "Number of regimes: "
    + ", ".join(f"{v} by {n}" for n, v in best.items())
    + f"; the paper's 3; here {n_regimes}."
)

# %% [markdown]
# Then each model forecasts the next state on themes that it has not seen. Two rows keep the comparison fair. One, `r
# h`, has a **single** number to learn: the next state is the present one, shrunk by $r$ towards the mean. The other is
# a recurrent network that is told that states persist, as the models with a prior are, and need not learn it first
# (`GRU-256 on r h`). Rows that begin with *leak* have seen the state that they forecast ({ref}`forecast-weights`);
# all but the oracle take the regime of the greatest *density* there, which need not be the one that comes closest.

# %%
folds = analysis.fit_folds(
    states, rank=k, n_regimes=n_regimes, n_folds=n_folds, seed=seed
)
steps = analysis.one_step(folds, seed=seed)
scores = steps.scores()
scores.round(3)

# %% mystnb={"figure": {"name": "fig-belief-scores", "caption": "Variance explained on held-out themes, of the next state and of the increment. The rows that begin with leak are no forecasts. Lines: 95 % intervals over themes."}} tags=["hide-input"]
book.plots.scores(scores);

# %% [markdown]
# A gain of the switching model over one map is only then about switching if chains *without* regimes do not show it.
# The last row is the null: chains simulated from one linear map fitted to all real ones, with their starts and lengths.

# %%
inside = basis.transform(states)
twins = dynamics.simulated_surrogates(dynamics.SLDS(1).fit(inside), inside, seed=seed)
null = analysis.one_step(
    analysis.fit_folds(
        twins, rank=k, n_regimes=n_regimes, n_folds=n_folds, maps_only=True, seed=seed
    ),
    seed=seed,
)
network = folds[0].recurrent[0].name
gains = {
    f"SLDS over {over}": steps.gain("SLDS", over)
    for over in ("one linear map", "r h", network, f"{network} on r h")
}
gains["null: SLDS over one linear map"] = null.gain("SLDS", "one linear map")
pd.DataFrame(gains, index=["gain in R² of h", "low", "high"]).T.round(3)

# %% tags=["hide-input"]
_, least, most = gains["SLDS over r h"]
does = "more" if least > 0 else "less" if most < 0 else "neither more nor less"
print(f"The switching model of {n_regimes} regimes foresees {does} than one number does.")

# %% [markdown]
# ## Foretelling the final belief
#
# The paper predicts whether $b_T > 0.5$. Where nearly all chains end on one side of 0.5, saying so is always right, and
# the row to beat is `majority`. So there is a second target, the median of the training chains, and the AUROC, which
# needs no threshold. The models of the states continue a chain to its end and read the belief there; two rules use the
# beliefs so far and no states.

# %%
last = spec.n_steps - 1
from_steps = [s for s in known if s < last] or [last // 2]
predicted = analysis.final_belief_scores(folds, from_steps, seed=seed)
predicted[
    ["accuracy", "low", "high", "auroc", "auroc_low", "auroc_high", "share"]
].round(2)

# %% [markdown]
# How much belief is in a state? The read-out of App. C.4, two layers of 32 units, gives the belief at *every* sentence
# of held-out themes. Beside it: the mean at the same position, the belief one sentence before, and the mean of the
# theme itself, which nobody can know in advance.

# %%
readout = analysis.readout_scores(folds, seed=seed)
readout.round(3)

# %% [markdown]
# Where the first row is low, there is a reason. A belief belongs to a *claim*, and the state was read before the claim
# was asked. In a clean chain the claim does not occur at all: the state cannot know which question is to come. Within
# one theme a read-out can learn its question; across themes it can only learn what makes a model say *True* to
# anything.
#
# ## Simulated chains
#
# As in App. C.5, chains are simulated from the first states of the held-out ones. Poisoned ones get a push where a
# sentence is inserted, the {term}`displacement`: the mean, over the poisoned chains of the *other* themes, of what such
# a sentence adds to the forecast. The control gets none.

# %% mystnb={"figure": {"name": "fig-belief-themes", "caption": "Belief in the false claim, sentence by sentence, for themes of the paper's Fig. 5: asked of real chains (solid, with markers) and read out of simulated ones (dashed), clean and poisoned. Both simulated chains of a pair have the same noise, so that the push alone parts them. Golden lines: inserted sentences. Bands: tenth to ninetieth percentile of the real chains."}} tags=["hide-input"]
found = analysis.scenarios(folds, themes, seed=seed)
analysis.draw_themes(found, themes[:6], COLOURS);

# %%
at_end = found[found["t"] == last].groupby(["condition", "kind"])["belief"]
at_end.agg(["mean", "std", "size"]).round(3)

# %% [markdown]
# Can simulated final beliefs be told from real ones? A large $p$ means little without the {term}`power` of the test.
# The column `detectable` says how far apart two means would have to be for the test to notice in four cases of five
# with these numbers of chains. The tests take chains as independent, which those of a theme are not, so they see less
# than that. The last two pairs differ by construction: a simulation that got no push, and real poisoned against real
# clean chains. A test that passes these too is no witness.

# %%
def at_the_end(kind, condition):
    return analysis.final_beliefs(found, kind, condition)


REAL, READ, SIMULATED = analysis.REAL, analysis.READ, analysis.SIMULATED
real = {c: at_the_end(REAL, c) for c in COLOURS}
made = {c: at_the_end(SIMULATED, c) for c in COLOURS}
pairs = {
    "poisoned: real, simulated": (real["poisoned"], made["poisoned"]),
    "clean: real, simulated": (real["clean"], made["clean"]),
    "poisoned: real, no push": (
        real["poisoned"],
        at_the_end(analysis.UNDISPLACED, "poisoned"),
    ),
    "real: poisoned, clean": (real["poisoned"], real["clean"]),
}
tests = {
    name: analysis.compare_samples(*map(np.asarray, pair), seed=seed)
    for name, pair in pairs.items()
}
tests = pd.concat(tests, names=["pair"])
tests.round(3)

# %% tags=["hide-input"]
test = tests.loc["poisoned: real, simulated"].iloc[0]
sees = "is just about" if test["detectable"] <= abs(shift) else "is not"
print(
    f"With {test['n']:.0f} chains a side the Kolmogorov–Smirnov test sees shifts of "
    f"{test['detectable']:.3f}. Poison moved real chains by {shift:+.3f}, which {sees} "
    "within its sight; for anything smaller p says nothing."
)

# %% [markdown]
# And a simulation is one draw. Ten more, with other noise, against the same real chains:

# %%
again = [analysis.scenarios(folds, themes, seed=seed + i) for i in range(1, 11)]
drawn = [analysis.final_beliefs(t, SIMULATED, "poisoned") for t in again]
p = np.sort([analysis.p_value(real["poisoned"], d, seed=seed) for d in drawn])
print(f"p from {p[0]:.3f} to {p[-1]:.3f}; {np.sum(p > 0.3)} of {len(p)} are above 0.3")

# %% [markdown]
# ## Verdict
#
# Signs are judged, each beside its controls. The beliefs of models fifty to five hundred times larger than the default
# one are not compared; our numbers are kept beside theirs.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/belief_shift", model=model, profile=profile)
ledger.record(
    "slds.belief.poison_raises",
    Interval(shift, low, high),
    controls={"no shift": 0.0} | {name: shifts[name][0] for name in analysis.CONTROLS},
    note=f"AUROC of plain facts {facts['auroc']:.2f}; over {len(themes)} themes",
)
rivals = {"one linear map": "slds_beats_linear", network: "slds_beats_gru"}
for over, claim in rivals.items():
    gain, *ends_of_gain = steps.gain("SLDS", over)
    simpler = [n for n in ("one linear map", "r h", f"{network} on r h") if n != over]
    nothing = {"no gain": 0.0} | {
        f"{n} instead": steps.gain(n, over)[0] for n in simpler
    }
    if over == "one linear map":
        nothing["chains of one map"] = gains["null: SLDS over one linear map"][0]
    ledger.record(
        f"slds.belief.{claim}", Interval(gain, *ends_of_gain), controls=nothing
    )
lag, *ends_of_lag = analysis.theme_difference(
    made["poisoned"], real["poisoned"], seed=seed
)
ledger.record(
    "slds.belief.simulated_plateau",
    Interval(lag, *ends_of_lag),
    controls={
        "no difference": 0.0,
        "real states, read out": float(
            (at_the_end(READ, "poisoned") - real["poisoned"]).mean()
        ),
        "clean chains": float((made["clean"] - real["clean"]).mean()),
    },
)
ledger.show()

# %% [markdown]
# For information, the numbers of the paper's table and figure that have a counterpart here:

# %% tags=["hide-input", "hide-output"]
beside = book.Ledger.for_page("reasoning/belief_shift", model=model, profile=profile)
right = predicted.loc[from_steps[-1], "half"]["accuracy"]
methods = {"linear": "one linear map", "gru": network, "slds": "SLDS"}
for size in ("llama70b", "gemma7b"):
    for short, name in methods.items():
        beside.record(f"slds.belief.{size}.{short}_r2", float(scores.loc[name, "r2_h"]))
        note = f"from sentence {from_steps[-1]}; majority {right['majority']:.2f}"
        beside.record(
            f"slds.belief.{size}.{short}_accuracy", float(right[name]), note=note
        )
for short in ("linear", "gru"):
    beside.record(
        f"slds.belief.{short}_r2_text", float(scores.loc[methods[short], "r2_h"])
    )
beside.record("slds.belief.rank40_variance", share, note=f"rank {k}")
beside.record(
    "slds.belief.ks_p",
    float(test["p"]),
    note=f"detectable shift {test['detectable']:.3f}; other draws {p[0]:.3f} to {p[-1]:.3f}",
)
ways = {"real": real, "slds": made}
for theme, condition, word in product(themes[:6], COLOURS, ways):
    value = ways[word][condition][theme.id].mean()
    claim = f"slds.belief.final.{theme.id}.{word}_{condition}"
    beside.record(claim, float(value), note=f"known: {theme.correction}")
beside.show()

# %% [markdown]
# What to take along:
#
# - Before a belief is followed through time, test whether there is one: on facts that everyone knows, with both orders
#   of the options, and beside random weights.
# - A bias that is calibrated away at the start of a text may come back along it. Compare at equal length, and ask
#   something else as well.
# - Where data are few, a model that is pulled towards persistence may beat one that is not, whatever else they are.
#   Give the rival the same pull before speaking of regimes; the least rival has one number.
# - "Cannot be told apart" is a statement about the test. Say what it could have seen.
#
# A larger model may hold beliefs that are worth following: `lmphys run reasoning/belief_shift --model org/name`, on a
# GPU with `--profile full` for a hundred chains of fifty sentences a theme.

# %% [markdown]
# ## Exercises
#
# (belief-exercise)=
# ```{admonition} Exercise 1: the first option
# :class: tip
# A model takes the option that it read first with log odds $a$, and has in truth no opinion. What is its belief in one
# order of the options, and what is it after averaging over both? And if one averages the two *beliefs* instead of the
# log odds, what if it also has an opinion $l$?
# ```
#
# ```{dropdown} Solution
# $\sigma(\pm a)$ in one order, and $\sigma(0) = 1/2$ over both. With an opinion the log odds are $l \pm a$; their mean
# is $l$, free of $a$, while the mean of the beliefs is pulled towards 1/2 as $a$ grows.
#
#     sigmoid = lambda x: 1 / (1 + np.exp(-x))
#     for a in (0, 2, 5):
#         print(a, sigmoid(1.0), (sigmoid(1.0 + a) + sigmoid(1.0 - a)) / 2)
# ```
#
# ```{admonition} Exercise 2: when is one number enough?
# :class: tip
# In each whitened coordinate let the states be an AR(1) process with coefficient $r_i$. What does `r h` with one common
# number lose in $R^2$ against knowing all $r_i$? Estimate the loss here, and hold it against what is lost by learning
# $k^2$ numbers from few transitions.
# ```
#
# ```{dropdown} Solution
# With unit variances, $R^2 = \overline{r_i^2}$ for the best map and $\bar r^2$ for the best common number: the loss is
# the variance of the $r_i$. The price of $p$ parameters in each coordinate is about $p / n$ of the noise, here $k / n$.
#
#     x, y, _ = folds[0].train.pairs()
#     r = (x * y).sum(axis=0) / (x * x).sum(axis=0)
#     print("lost by one number", r.var(), "price of a full map", (1 - (r**2).mean()) * k / len(x))
# ```
#
# ```{admonition} Exercise 3: how many chains?
# :class: tip
# How many chains a side would the Kolmogorov–Smirnov test need to see a shift of 0.03 in the final belief?
# ```
#
# ```{dropdown} Solution
# The detectable shift falls as one over the square root of the number of chains.
#
#     law = real["poisoned"].to_numpy()
#     law = law - law.mean()
#     for n in (20, 80, 320, 1280):
#         print(n, analysis.detectable_shift(law, n, n, analysis.TESTS["Kolmogorov–Smirnov"], n_simulated=300))
# ```
#
# ```{admonition} Exercise 4: what is a push?
# :class: tip
# The displacement of a poisoned sentence is a mean over other themes. Is it larger than that of a clean sentence?
# ```
#
# ```{dropdown} Solution
# A clean sentence pushes too. The cosine in the last column says how much of the push any foreign sentence gives, and
# how much is the rumour's own.
#
#     fold = folds[0]
#     forecast = fold.slds.forecasts(fold.train)["predictive"]
#     push = {c: analysis.displacements(fold.train, forecast, c) for c in COLOURS}
#     for i, (a, b) in enumerate(zip(push["clean"], push["poisoned"])):
#         print(i, np.linalg.norm(a), np.linalg.norm(b), a @ b / np.linalg.norm(a) / np.linalg.norm(b))
# ```
