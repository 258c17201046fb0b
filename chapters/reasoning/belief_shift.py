# %% [markdown]
# (belief-shift)=
# # Belief shift
#
# A rumour slips into a train of thought. Does the thinker come to believe it? A false statement is put into the chains
# of a model at fixed sentences, and after every sentence the model is asked whether the false claim is true. Chains with
# and without the rumour are compared, and so are their motions and what a switching model makes of them.
#
# {cite:t}`carson2025` make this their case study (Sec. 5.3, App. C). A model of 7 or of 70 billion parameters thinks
# about a subject, and its {term}`belief` is read off the answer,
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
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.book.scale import lacking_knowledge
from lmphys.pages import belief_shift as analysis
from lmphys.pages.belief_shift import entries, figures, gains, verdicts
from lmphys.pages.belief_shift.two_sample import TESTS, detectable_shift

book.use_style()

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
settings = {"prompt": prompt, "n_pairs": analysis.PAIRS.get(profile)}
asked = {m: analysis.ask_statements(m, **settings) for m in (model, control)}
known_facts = {m: analysis.knowledge(table, seed=seed) for m, table in asked.items()}
known_facts = pd.concat(known_facts, names=["model"])
known_facts.round(3)

# %% [markdown]
# `neutral` is the belief in statements that nobody can know ("The letter in the drawer is from Anna"): whatever it is,
# it is no opinion, it is bias. There are two kinds, and both are shifts of the log odds. A liking for the option that
# was read first cancels in the mean over both orders, `both` ({term}`counterbalancing`). A liking for one of the words
# is measured on the neutral statements and subtracted, so that they have $b = 1/2$ on average
# ({term}`contextual calibration`, {cite:t}`zhao2021`).

# %% mystnb={"figure": {"name": "fig-belief-knowledge", "caption": "Can the answers tell plain truths from plain falsehoods? AUROC for each way of asking, of the model (circles) and of random weights (squares). Lines: 95 % intervals over pairs of statements. Dashed: chance."}} tags=["hide-input"]
figures.draw_knowledge(known_facts);

# %% tags=["hide-input"]
facts, chance = (known_facts.loc[m, "short", "both"] for m in (model, control))
print(verdicts.verdict_on_beliefs(facts, chance))
print(verdicts.on_bias(known_facts.xs(model)))

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
told = {t.id: {"false claim": t.claim, "correction": t.correction} for t in themes}
pd.DataFrame(told).T

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
print(f"Asked: is it true? {themes[0].claim}\nKnown:  {themes[0].correction}")
analysis.first_pair(states).round(2)

# %% [markdown]
# ## Does poison raise the belief?
#
# It may also raise something else. Any text moves an answer a little, and a chain that is all about rumours may make
# the model say *True*, or *False*, to anything. So at the end of each chain two more statements are asked: a neutral
# one, and the false claim of *another* theme, of which the chain says nothing. They are the controls.

# %%
final = chains.final_beliefs(analysis.neutral_offset(asked[model]))
shifts = analysis.belief_shifts(final, seed=seed)
by_condition = analysis.shift_table(final, shifts)
by_condition.round(3)

# %% tags=["hide-input"]
print(verdicts.on_poison(shifts))
print(verdicts.on_drift(states, by_condition))

# %% [markdown]
# The second line is a warning about {eq}`eq-belief` itself. A bias that is measured once need not stay what it was: the
# length and the tone of a text move the answer to anything. What can be trusted is a *difference* at equal length,
# poisoned minus clean, claim minus neutral statement.
#
# Does the shift depend on how it is asked? The mean log odds at the end, before calibration, for each order of the
# options:

# %%
analysis.odds_by_order(states).round(3)

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
print(verdicts.on_regimes(choice, n_regimes))

# %% [markdown]
# Then each model forecasts the next state on themes that it has not seen. Two rows keep the comparison fair. One, `r
# h`, has a **single** number to learn: the next state is the present one, shrunk by $r$ towards the mean. The other is
# a recurrent network that is told that states persist, as the models with a prior are, and need not learn it first
# (`GRU-256 on r h`). Rows that begin with *leak* have seen the state that they forecast ({ref}`forecast-weights`);
# all but the oracle take the regime of the greatest *density* there, which need not be the one that comes closest.

# %%
fit = {"rank": k, "n_regimes": n_regimes, "n_folds": n_folds, "seed": seed}
folds = analysis.fit_folds(states, **fit)
steps = analysis.one_step(folds, seed=seed)
scores = steps.scores()
scores.round(3)

# %% mystnb={"figure": {"name": "fig-belief-scores", "caption": "Variance explained on held-out themes, of the next state and of the increment. The rows that begin with leak are no forecasts. Lines: 95 % intervals over themes."}} tags=["hide-input"]
book.plots.scores(scores);

# %% [markdown]
# A gain of the switching model over one map is only then about switching if chains *without* regimes do not show it.
# The last rows are nulls: chains simulated from one linear map fitted to all real ones, with their starts and lengths, and
# with noise that is Gaussian or has the heavy tail of the real residuals.

# %%
one_map = [gains.surrogate_steps(states, heavy=heavy, **fit) for heavy in (False, True)]
gained = gains.gains(steps, *one_map)
gains.gain_table(gained).round(3)

# %% tags=["hide-input"]
print(verdicts.on_one_number(gained, n_regimes))

# %% [markdown]
# ## Predicting the final belief
#
# The paper predicts whether $b_T > 0.5$. Where nearly all chains end on one side of 0.5, saying so is always right, and
# the row to beat is `majority`. So there is a second target, the median of the training chains, and the AUROC, which
# needs no threshold. The models of the states continue a chain to its end and read the belief there; two rules use the
# beliefs so far and no states.

# %%
last = spec.n_steps - 1
from_steps = [s for s in known if s < last] or [last // 2]
predicted = analysis.final_belief_scores(folds, from_steps, seed=seed)
predicted.drop(columns="n").round(2)

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
figures.draw_themes(found, themes[:6]);

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
tests = analysis.compare_endings(found, seed=seed)
tests.round(3)

# %% tags=["hide-input"]
print(verdicts.on_power(tests, shifts["claim"]))

# %% [markdown]
# And a simulation is one draw. Ten more, with other noise, against the same real chains:

# %%
p = analysis.other_draws(folds, themes, seed=seed)
print(f"p from {p[0]:.3f} to {p[-1]:.3f}; {np.sum(p > 0.3)} of {len(p)} are above 0.3")

# %% [markdown]
# ## Verdict
#
# Signs are judged, each beside its controls. The beliefs of models fifty to five hundred times larger than the default
# one are not compared; our numbers are kept beside theirs. And a row about *beliefs* is judged only where the model knows
# plain facts: an answer that does not tell ice from sand is no belief, whichever way a text moves it. Rows about the
# motion of states need no belief.
#
# Two numbers more: which regime is the misaligned one is read off the training themes, by the mean belief at its steps,
# and entries into it are counted on the others, beside those into the regime of least belief; and beliefs have two modes
# where either end holds more of them than the middle.

# %%
step = int(predicted.index.get_level_values("step")[-1])
foreseen = analysis.final_gains(folds, step, seed=seed)
entered = entries.entry_shifts(folds, seed=seed)
spread = entries.ends_over_middle(states, seed=seed)
pd.DataFrame(entered, index=["poisoned minus clean", "low", "high"]).T.round(3)

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/belief_shift", model=model, profile=profile)
unknown = lacking_knowledge(facts["auroc"], facts["low"])
ledger.record_all([verdicts.poison_entry(shifts, facts, len(themes), unknown)])
ledger.record_all(verdicts.forecast_entries(steps, gained))
ledger.record_all(verdicts.final_entries(foreseen, steps, step, unknown))
ledger.record_all(verdicts.simulated_entries(found, unknown, seed=seed))
ledger.record_all(verdicts.regime_entries(entered, choice, spread, unknown))
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "Poison moves the belief in the false claim by {slds.belief.poison_raises}, beside "
    "{slds.belief.poison_raises:controls}: that it raises it is "
    "{slds.belief.poison_raises:verdict} here. The switching model's gain over one "
    "linear map is {slds.belief.slds_beats_linear} and judged "
    "{slds.belief.slds_beats_linear:verdict}, beside "
    "{slds.belief.slds_beats_linear:controls}."
)

# %% [markdown]
# For information, the numbers of the paper's table and figure that have a counterpart here:

# %% tags=["hide-input", "hide-output"]
beside = book.Ledger.for_page("reasoning/belief_shift", model=model, profile=profile)
beside.record_all(verdicts.score_entries(scores, predicted))
beside.record("slds.belief.rank40_variance", share, note=f"rank {k}")
beside.record_all([verdicts.simulation_entry(tests, p)])
beside.record_all(verdicts.ending_entries(found, themes))
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
# (belief-exercise)=
# ## Exercises
#
# ```{exercise} The first option
# :label: belief-shift-order
# A model takes the option that it read first with log odds $a$, and has in truth no opinion. What is its belief in one
# order of the options, and what is it after averaging over both? And if one averages the two *beliefs* instead of the
# log odds, what if it also has an opinion $l$?
# ```
#
# ```{solution-start} belief-shift-order
# :class: dropdown
# ```
# $\sigma(\pm a)$ in one order, and $\sigma(0) = 1/2$ over both. With an opinion the log odds are $l \pm a$; their mean
# is $l$, free of $a$, while the mean of the beliefs is pulled towards 1/2 as $a$ grows.

# %% tags=["solution"]
from scipy.special import expit

for a in (0, 2, 5):
    mean = (expit(1.0 + a) + expit(1.0 - a)) / 2
    print(f"a = {a}: belief of mean log odds {expit(1.0):.3f}, mean of beliefs {mean:.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} When is one number enough?
# :label: belief-shift-number
# In each whitened coordinate let the states be an AR(1) process with coefficient $r_i$. What does `r h` with one common
# number lose in $R^2$ against knowing all $r_i$? Estimate the loss here, and hold it against what is lost by learning
# $k^2$ numbers from few transitions.
# ```
#
# ```{solution-start} belief-shift-number
# :class: dropdown
# ```
# With unit variances, $R^2 = \overline{r_i^2}$ for the best map and $\bar r^2$ for the best common number: the loss is
# the variance of the $r_i$. The price of $p$ parameters in each coordinate is about $p / n$ of the noise, here $k / n$.

# %% tags=["solution"]
x, y, _ = folds[0].train.pairs()
r = (x * y).sum(axis=0) / (x * x).sum(axis=0)
print(f"lost by one number {r.var():.3f}")
print(f"price of a full map {(1 - (r**2).mean()) * k / len(x):.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How many chains?
# :label: belief-shift-power
# How many chains a side would the Kolmogorov–Smirnov test need to see a shift of 0.03 in the final belief?
# ```
#
# ```{solution-start} belief-shift-power
# :class: dropdown
# ```
# The detectable shift falls as one over the square root of the number of chains: four times as many see half as far.

# %% tags=["solution"]
law = analysis.final_beliefs(found, "real", "poisoned").to_numpy()
test = TESTS["Kolmogorov–Smirnov"]
for n in (20, 80, 320):
    seen = detectable_shift(law - law.mean(), n, n, test, n_simulated=200)
    needed = n * (seen / 0.03) ** 2
    print(f"{n} chains see {seen:.3f}; 0.03 would need about {needed:.0f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} What is a push?
# :label: belief-shift-push
# The displacement of a poisoned sentence is a mean over other themes. Is it larger than that of a clean sentence?
# ```
#
# ```{solution-start} belief-shift-push
# :class: dropdown
# ```
# A clean sentence pushes too. The cosine in the last column says how much of the push any foreign sentence gives, and
# how much is the rumour's own.

# %% tags=["solution"]
train = folds[0].train
forecast = folds[0].slds.forecasts(train)["predictive"]
push = {c: analysis.displacements(train, forecast, c) for c in ("clean", "poisoned")}
table = pd.DataFrame({c: np.linalg.norm(each, axis=1) for c, each in push.items()})
inner = (push["clean"] * push["poisoned"]).sum(axis=1)
table.assign(cosine=inner / table.prod(axis=1)).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: belief-shift-your-model
# Run this page on a model that follows instructions: `lmphys run reasoning/belief_shift --model PATH`. Does it tell
# plain facts with an AUROC of 0.8, from where on its beliefs are judged? Does the order of the options move its answer
# less?
# ```
#
# ```{solution} belief-shift-your-model
# :class: dropdown
# A larger model passes the first test more easily. If poisoned prompts then raise the belief, compare the rise with
# that of the neutral prompts and of prompts about another claim: a model that agrees with whatever it read last shows
# all three.
# ```
