# %% [markdown]
# (gas)=
# # Texts as a gas
#
# Suppose that somebody hands you a heap of texts: posts, reports, the output of some program. **How warm are they, are
# they of one kind, and do they move?** A physicist would put a thermometer into the heap, measure how much it fluctuates,
# mix it with another heap and see how it answers. A language model makes all of that possible, and this page builds the
# instruments, tries them on texts whose temperature is *known*, and then reads five kinds of texts with them. The command
# `lmphys texts FILE` does the same to yours.
#
# ## The thermometer
#
# At each place of a text the model has a number for every token $v$ that might come, the {term}`logit` $z_v$. A sampler
# at the {term}`temperature` $T = 1 / \beta$ draws $v$ with probability $e^{\beta z_v} / Z(\beta)$ ({ref}`boltzmann`). Turn
# this around. Given the tokens $y_t$ that *did* come, which temperature makes them likeliest? The log-likelihood
#
# $$ \ell(\beta) = \sum_t \big[ \beta z_{y_t} - \ln Z_t(\beta) \big], \qquad
# \ell' = \sum_t \big[ z_{y_t} - \langle z \rangle_{\beta, t} \big], \qquad
# -\ell'' = \sum_t \Var_{\beta, t}(z) $$ (eq-thermometer)
#
# has a slope that is the logit of what came less the mean logit of the law, and a bend that is minus a variance. So it
# has one maximum: the {term}`temperature of likelihood`, where the energies of the text are on average what the laws say.
# Its uncertainty is known as well, as the variance is the {term}`heat capacity` in other units: *the more a law
# fluctuates, the better it shows its temperature.* In machine learning the same one-parameter fit is called temperature
# scaling {cite:p}`guo2017`.
#
# For an engineer: $T > 1$ means that the model was surer of what comes next than these texts bear out; $T < 1$ that they
# keep to its favourites. For a physicist: the model is the Hamiltonian, and it need not be the one that made the gas.

# %% tags=["parameters"]
model: str = "smollm2"  # model that reads, and that writes the texts of known temperature
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of draws, folds, dealings and intervals
n_beginnings: int = 28  # beginnings that people and model go on from
length: int = 40  # tokens of each continuation
per_source: int = 10  # texts of each source
window: int = 36  # tokens that count in a window
most: int = 5  # windows of one text

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
import torch

from lmphys import book, lm, thermo
from lmphys.book import text_figures
from lmphys.pages import gas as analysis
from lmphys.pages.gas import figures

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_beginnings, length, per_source, window, most = 8, 12, 6, 12, 4
elif profile == "full":
    n_beginnings, per_source, most = 89, 60, 12
rng = np.random.default_rng(seed)

# %% [markdown]
# The instrument by itself, on three made-up tokens with a known law:

# %%
logits = torch.tensor([[2.0, 1.0, 0.0]]).repeat(2000, 1)
drawn = torch.multinomial(
    (logits / 0.7).softmax(-1), 1, generator=torch.Generator().manual_seed(seed)
)[:, 0]
thermo.effective_temperature(logits, drawn)

# %% [markdown]
# ## Texts of known temperature
#
# Before any text of unknown origin is measured, the thermometer must pass on texts of known origin. People began; the
# model goes on at $T = 0.7$, 1 and 1.3 from its full law, and at $T = 1$ with {term}`top-p <nucleus>` 0.9. What the people
# went on to write is read beside it. So topic, length and place in the text are the same for all five sets.

# %%
reader = lm.LanguageModel(model, dtype="float32")
truth = analysis.draw_and_read(
    reader, n=n_beginnings, length=length, context=6 if smoke else 16, seed=seed
)
states = {name: truth.state(name, seed=seed) for name in truth.sets}
known = pd.DataFrame(
    {
        name: {
            **{column: interval.value for column, interval in state.items()},
            "T_low": state["T"].low,
            "T_high": state["T"].high,
        }
        for name, state in states.items()
    }
).T
known.round(3)

# %% [markdown]
# Energies are in the information gauge, $E_v = -\ln p_v$ at $T = 1$, so that the *surprisal* is the internal energy of what
# came, and the {term}`free energy` is 0 at $T = 1$. At the temperature of likelihood what the tokens cost under the tempered
# laws, the *cross entropy*, is the entropy of these laws.

# %% mystnb={"figure": {"name": "fig-gas-thermometer", "caption": "Left: what the tokens of each set cost under the tempered laws, above the least of the set; vertical lines are the temperatures at which the sets of their colour were drawn. Right: distribution of the temperatures of single texts, whose spread is that of few tokens."}} tags=["hide-input"]
figures.likelihoods(truth);

# %% [markdown]
# ### A thermometer that assumes too much
#
# Top-p does not change the temperature; it cuts the tail off. The thermometer, which assumes the full law, must then read
# too cold. By how much can be said without a draw: the text has the mean logits $\langle z \rangle$ of the *truncated*
# laws, and {eq}`eq-thermometer` gives the temperature at which the full laws have them. Most chatting programs sample with
# a top-p: their texts look colder than the number in their settings.

# %%
expected, off = truth.predicted(seed=seed)
pd.DataFrame(
    {
        "expected": expected._asdict(),
        "measured": states[analysis.NUCLEUS]["T"]._asdict(),
        "measured less expected": off._asdict(),
    }
).T.round(3)

# %% [markdown]
# ### Is it a thermal sample at all?
#
# A temperature can be fitted to anything. Whether it means something is a second question, and the gas answers it: in a
# thermal sample the energies of the tokens that came must vary about their means by just the heat capacity,
#
# $$ \frac{\sum_t \big( z_{y_t} - \langle z \rangle_t \big)^2}{\sum_t \Var_t(z)} = 1 . $$ (eq-fluctuation-ratio)
#
# That is the column *fluctuation* above. A mixture of hot and cold places, which has one mean temperature, should fluctuate
# more, and a sample whose tail was cut off should fluctuate less.
# {cite:t}`holtzman2020` noticed the like: people do not stay where a model finds every next word probable, and do not write
# as its full law does either. The surprisals at $T = 1$, set against those of the people at the same places:

# %%
pd.DataFrame(
    {
        name: truth.difference(name, analysis.HUMAN, seed=seed)._asdict()
        for name in truth.sets
        if name != analysis.HUMAN
    }
).T.round(3)

# %% [markdown]
# ## Response and fluctuation
#
# The *fluctuation-dissipation theorem* says that a system at rest already shows, by how it fluctuates, how it would answer
# to a push {cite:p}`kubo1966`. For a text that is drawn token by token the push may be a little heat, and the theorem is exact:
# for any number $x$ of a text,
#
# $$ \frac{\dd \langle x \rangle}{\dd \beta} = \mathrm{Cov}(x, s) , \qquad
# s = \sum_t \big[ z_{y_t} - \langle z \rangle_t \big] . $$ (eq-score-response)
#
# The {term}`score of the temperature` $s$ is the slope in {eq}`eq-thermometer`. Every way in which a hot token changes what
# comes after it is included. We take for $x$ the mean energy of a text, predict its answer from the texts at $T = 1$ alone,
# and compare with what really happens between 0.7 and 1.3, which is no small change.

# %%
heated = analysis.heating_response(truth, seed=seed)
pd.DataFrame(
    {
        "measured, nats": heated.measured._asdict(),
        "predicted, nats": heated.predicted._asdict(),
        "measured over predicted": heated.ratio._asdict(),
        "scores permuted": heated.permuted._asdict(),
    }
).T.round(3)

# %% [markdown]
# ## Five sources
#
# Now the heap: texts of plain prose, of Python's help, of the hand-written pages of this book, and chains of
# thought that the default model and the {ref}`reasoner` wrote and that come with the book. All are cut into windows of
# equal length, each read by itself after a few tokens of context: what differs is neither length nor position.

# %%
heap = analysis.example_texts(per_source)
windows = thermo.read_windows(
    reader, thermo.cut_windows(reader, heap, length=window, most=most)
)
gas = thermo.survey_texts(windows, seed=seed)
print(f"{windows.n_tokens:,} tokens in {len(windows)} windows of {len(gas.texts)} texts")
shown = gas.sources.loc[:, ~gas.sources.columns.str.endswith(("_low", "_high"))]
shown.round(2)

# %% mystnb={"figure": {"name": "fig-gas-sources", "caption": "Temperature of likelihood with its 95 % interval over texts, of the sets of known temperature (crosses) and, below them, of the five sources. The dotted line is the temperature of training."}} tags=["hide-input"]
warmth = pd.concat([known[["T", "T_low", "T_high"]], gas.sources[["T", "T_low", "T_high"]]])
text_figures.temperatures(warmth, known={"T = 0.7": 0.7, "T = 1": 1.0, "T = 1.3": 1.3});

# %% [markdown]
# The two models' own chains were drawn at 0.8 with top-p, and after a question that the windows do not show. A temperature
# is always one *of a text under a model in a context*: a chain that is read without its question should look warmer than it
# was drawn, since its reader has to be surprised by what the question would have told. Compare the last two rows with 0.8.
#
# ## How far are the sources apart?
#
# The {term}`relative entropy` $D(A \| B)$ says how many nats a window of $A$ tells, on average, against its being from $B$
# {cite:p}`kullback1951`. Two ways of seeing. Through the model a window is its mean state, and the sources are Gaussians of
# one covariance in the leading directions. Without a model it is a list of tokens, and the sources are tables of counts, of
# single tokens (1-grams) or pairs (2-grams). Both are learned from *other texts*. Sources that are dealt out anew among the
# texts are the null: they must come out at 0, or below it where something was learned by heart.

# %%
gas.relative_entropies(seed=seed).round(2)

# %% mystnb={"figure": {"name": "fig-gas-relative", "caption": "Relative entropy of the source of the row to that of the column, through the mean states of the model, nats a window; held-out texts."}} tags=["hide-input"]
text_figures.relative_entropies(gas);

# %% [markdown]
# ## Mixing
#
# Let more and more of one source into another. With $\theta$ for its log odds in the mixture, the {term}`susceptibility` of
# the mean state $m$ is again a fluctuation, the covariance of a window's state with its source:
#
# $$ \frac{\dd m}{\dd \theta} = \mathrm{Cov}(h, \text{source}) = \lambda (1 - \lambda) \big( \bar h_B - \bar h_A \big) ,
# \qquad \theta = \ln \frac{\lambda}{1 - \lambda} . $$ (eq-mixing)
#
# For one and the same set of windows that is an identity and proves nothing. So the answer is measured on a third of the
# texts, the covariance on another, and both along a direction that the last third has chosen. Prose is mixed into Python's
# help.

# %%
mixture = analysis.mix_two(windows, "Python's help", "prose", seed=seed)
pd.DataFrame(
    {
        "response over fluctuation": mixture.ratio._asdict(),
        "sources permuted": mixture.dealt._asdict(),
    }
).T.round(3)

# %% mystnb={"figure": {"name": "fig-gas-mixture", "caption": "Mean state of a mixture of Python's help and prose, along the direction that parts them, against the log odds of prose. The dashed line has the covariance of state and source in the even mixture as its slope."}} tags=["hide-input"]
figures.mixture(mixture.along, mixture.of_second, ("Python's help", "prose"));

# %% [markdown]
# Which of the five sources would move the heap most, if more of it were mixed in? The answer is told in units of the spread
# of the states of windows. A source that is no source, dealt out anew, moves it by what the mark says at most.

# %% mystnb={"figure": {"name": "fig-gas-answers", "caption": "Answer of the mean state of all texts to mixing in more of each source, in spreads of the states of windows; marks: 95th percentile of sources dealt out anew."}} tags=["hide-input"]
text_figures.answers(gas.susceptibility);

# %% [markdown]
# ## Does the gas move?
#
# Texts that are dated make a path in time; the windows of one long text make a path from its beginning to its end, and that
# is what the example has. Is the next mean state known beforehand? *Persistence* says that it stays; *one linear map* has a
# drift; *two regimes* switch between two such maps ({ref}`slds`). All learn from other texts than those that they forecast.
# In *shuffled order* the states of each text are kept and their order is not: what can be forecast there is which text it
# is, and no motion. Only what the true order has above it would be a drift of the text.

# %%
forecasts = gas.forecasts
forecasts.round(3)

# %% mystnb={"figure": {"name": "fig-gas-path", "caption": "Variance of the next mean state that is known beforehand, over the mean of the training texts, with 95 % intervals over texts; grey: the linear map on texts whose windows were shuffled."}} tags=["hide-input"]
text_figures.forecasts(forecasts);

# %% [markdown]
# ## Verdict
#
# Intervals of temperatures are over texts; those of comparisons between sets over beginnings; those of sources over texts.
# There is one model and one draw of each text.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("corpora/gas", model=model, profile=profile)
ledger.record_all(
    analysis.judge_truth(truth, heated, seed=seed)
    + analysis.judge_sources(gas, mixture, seed=seed)
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Over the temperatures at which the model drew them, texts show "
    "{gas.temperature.recovered} of them ({gas.temperature.recovered:verdict}). What people "
    "wrote has T = {gas.temperature.human} under this model, and its energies fluctuate "
    "{gas.fluctuation.human} times as much as a thermal sample would "
    "({gas.fluctuation.human:verdict}). That the mean state answers to mixing two sources as it "
    "fluctuates is *{gas.response.mixture:verdict}*; that windows tell their source better "
    "through the model than through counts of words is "
    "*{gas.sources.states_beyond:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - A temperature is a statement about a text *and* a model *and* a context. It is exact where the model wrote the text from
#   its full law; elsewhere it is a one-number summary, and the fluctuation ratio {eq}`eq-fluctuation-ratio` says how good one.
# - Truncated sampling looks cold. The bias can be computed; do not read it as a temperature.
# - Whatever differs between sources has to survive three nulls: equal lengths and places, sources dealt out anew, order
#   shuffled. Topic is part of a source here, as it is in most heaps: that two sources differ says not *why*.
# - "Response equals fluctuation" is a theorem where the weights are changed. It becomes a test as soon as the two sides come
#   from different texts, or where the push is not small.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How many tokens for two digits?
# :label: gas-tokens
# The variance of $\beta$ is one over the summed variance of the logit. How many tokens does a temperature near 1 need for an
# interval of $\pm 0.05$, if the heat capacity is that of the texts drawn at $T = 1$?
# ```
#
# ```{solution-start} gas-tokens
# :class: dropdown
# ```
# Near $T = 1$ errors of $T$ and $\beta$ are equally large, and the variance of the logit is the heat capacity $C$. So
# $1.96 / \sqrt{N C} = 0.05$, or $N = (1.96 / 0.05)^2 / C$: some hundred tokens. Texts that differ among each other need more.

# %% tags=["solution"]
heat = float(known.loc["T = 1", "heat_capacity"])
print(f"C = {heat:.2f} per token, so N = {(1.96 / 0.05) ** 2 / heat:.0f} tokens")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Two pots of different heat
# :label: gas-pots
# Half of the places of a text are drawn at $T = 0.7$ and half at 1.3. What does the thermometer show, and what is the
# fluctuation ratio? Build it from the sets of known temperature before you look.
# ```
#
# ```{solution-start} gas-pots
# :class: dropdown
# ```
# The mean logits are mixed, so the temperature lies between the two, nearer to the one whose law varies more. But the
# fluctuation is more than that of one temperature. This is what to suspect where people's texts show a ratio above 1.

# %% tags=["solution"]
pots = [truth.sets[name].laws for name in ("T = 0.7", "T = 1.3")]
both = thermo.Thermogram.concatenate(pots)
whole = both.summed(np.zeros(len(both), int), 1)
beta = whole.beta()
_, mean, variance = both.at(np.repeat(beta, len(both)))
print(f"T = {1 / beta[0]:.2f}, fluctuation ratio {np.sum((both.taken - mean) ** 2) / variance.sum():.2f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Your own texts
# :label: gas-your-own
# Write some of your texts into a file, a JSON object a line: `{"text": "...", "source": "letters", "time": "2026-01-31"}`.
# Run `lmphys texts my_texts.jsonl --figure my_texts.svg --json my_texts.json`. Which sources are warm? Then copy the file and deal
# its sources out anew. What is left of the differences?
# ```
#
# ```{solution} gas-your-own
# :class: dropdown
# Look at three things before believing a difference: whether the intervals of the temperatures overlap, whether the
# relative entropy exceeds that of the sources dealt out anew, and whether the fluctuation ratios are alike: two sources of
# the same temperature may be very different gases. With the sources dealt out anew all rows should agree within their
# intervals. Lines that cannot be used are told with their numbers.
# ```
