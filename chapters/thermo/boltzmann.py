# %% [markdown]
# (boltzmann)=
# # The next token as a heat bath
#
# **Is the temperature of a sampler the temperature of physics, and what does a text do when it is heated?** We read the
# next-token probabilities of a model at many places of texts that it wrote, treat each place as a small system in a heat
# bath, and compute its energy, entropy and heat capacity exactly. Then we let the model write at several temperatures.
#
# A language model gives every token $v$ of its vocabulary a number, the {term}`logit` $z_v$, and draws the next token
# with probability
#
# $$ p_T(v) = \frac{e^{z_v / T}}{\sum_u e^{z_u / T}} = \frac{e^{-E_v / T}}{Z(T)}, \qquad E_v = -z_v . $$ (eq-boltzmann)
#
# That is the {term}`Boltzmann distribution`. Nothing is fitted and nothing is neglected: the vocabulary is the set of
# states, the negative logit is the {term}`energy`, and the *sampling temperature* that every user of a language model
# turns is the {term}`temperature` of physics. {cite:t}`yang2024` says in general terms that a language model has a
# {term}`partition function`, an {term}`internal energy` and a {term}`free energy`. For one token the whole of equilibrium
# thermodynamics is then ours:
#
# $$ F = -T \ln Z = U - T S, \qquad \frac{\dd F}{\dd T} = -S, \qquad
# C = \frac{\dd U}{\dd T} = \frac{\Var(E)}{T^2} . $$ (eq-identities)
#
# This page checks the identities, and then asks what they do not answer: what the landscape of energies looks like, what
# training did to it, and what heating does to one token and to a whole text.
#
# For an engineer: energy is a cost, and temperature says how much of it the sampler accepts. For a physicist: a system of
# some fifty thousand levels, a new one for every text; the text is the preparation.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, places and texts
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
n_chains: int = 12  # chains that are read
per_chain: int = 12  # places in each, one system each
hottest: float = 2.0  # highest sampling temperature of the texts

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, lm, thermo
from lmphys.lm.prompts import REQUEST
from lmphys.pages import boltzmann as analysis
from lmphys.pages.boltzmann import figures

book.use_style()

# %% [markdown]
# ## Many small systems
#
# We take places in chains of thought that the model wrote, one system each, and keep all logits there. The control is
# the same architecture with random weights, which reads the same texts.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, seed=seed
)
texts = corpus.build_corpus(spec)
writer, control = lm.LanguageModel(model), lm.LanguageModel(corpus.control_of(model))
contexts = {
    name: thermo.read_contexts(
        reader, texts, n_chains=n_chains, per_chain=per_chain, seed=seed
    )
    for name, reader in {"trained": writer, "random weights": control}.items()
}
energies = {name: read.energies() for name, read in contexts.items()}
n_systems, n_tokens = energies["trained"].shape
print(f"{n_systems} systems of {n_tokens:,} levels")

# %% [markdown]
# All functions of state of all systems at once, on a grid of temperatures, sums running over the whole vocabulary. The
# energies are counted from the likeliest token of each place; why that is allowed is said below.

# %%
T = np.geomspace(0.1, 5, 25)
state = {
    name: thermo.thermodynamics(thermo.gauge(e, "ground"), T)
    for name, e in energies.items()
}
print(f"{len(T)} temperatures from {T[0]:g} to {T[-1]:g}")

# %% [markdown]
# ## The identities
#
# Both sides of each identity are computed in different ways: the derivatives by automatic differentiation, the entropy
# from the probabilities, the heat capacity from the fluctuations of the energy. What is left is rounding. An identity
# cannot tell a trained model from a random one, and does not:

# %%
few = slice(0, 16)
errors = pd.DataFrame(
    {
        name: thermo.identity_errors(e[few], T[::4]).largest
        for name, e in energies.items()
    }
)
errors.map("{:.1e}".format)

# %% [markdown]
# ## What can be seen of an energy
#
# Add the same constant to all logits of a context: the probabilities stay. So the constant is no property of the
# system, and with it neither are $F$ and $U$ ({term}`gauge freedom`). Entropy and heat capacity are. Three gauges:
# the *raw* logits; *information*, $E_v = -\ln p_v$ at $T = 1$, in which $F(1) = 0$ and $U(1) = S(1)$; and *ground*, in
# which the likeliest token has energy 0. Means over the systems at $T = 1$, and the spread of $F$ between them:

# %%
at_one = {
    kind: thermo.thermodynamics(thermo.gauge(energies["trained"], kind), [1.0])
    for kind in thermo.GAUGES
}
pd.DataFrame(
    {
        kind: {
            **{name: float(getattr(s, name).mean()) for name in "FUSC"},
            "spread of F": float(s.F.std()),
        }
        for kind, s in at_one.items()
    }
).round(3) + 0.0

# %% [markdown]
# From here on the ground gauge is used: $U$ is then the mean height above the best token.
#
# ## The landscape
#
# The levels of a system in order. A certain context has a deep ground state and a wide empty gap above it; an open one
# has many low levels. Random weights give a narrow bell of energies with no ground state to speak of.

# %% mystnb={"figure": {"name": "fig-boltzmann-levels", "caption": "Energy above the likeliest token against the rank of the token, at the most certain, the median and the most open of the places that were read, and at a median place for random weights. The dotted lines are the heights that T = 1 and T = 2 reach easily, T ln V: levels far above them are hardly ever drawn, whatever their number."}} tags=["hide-input"]
entropy = at_one["raw"].S[0]
chosen = analysis.telling_places(entropy)
figures.levels(energies, chosen);

# %% [markdown]
# What these places are, and what the model would say next:

# %% tags=["hide-input"]
analysis.describe_places(contexts["trained"], chosen, writer.tokenizer)

# %% [markdown]
# ## Heating one token
#
# First one place, the median one above, under a slider: what the model would say there at each temperature, what entropy
# that has, and how much heat the next degree would take.

# %% tags=["hide-input"]
analysis.heated_token(contexts["trained"], chosen["median"], writer.tokenizer)

# %% [markdown]
# *The next token at one place, under the temperature (in print: at T = 1).*
#
# The functions of state over the temperature. The random network is nearly the *random energy model* of
# {cite:t}`derrida1981`, levels drawn from a bell curve of standard deviation $\sigma$: its capacity is $\sigma^2 / T^2$
# until it freezes at $T_c = \sigma / \sqrt{2 \ln V}$, which needs no fit.

# %% mystnb={"figure": {"name": "fig-boltzmann-state", "caption": "Free energy, internal energy, entropy and heat capacity of the next token against the temperature: median over the places read, shading from the first to the third quartile. The dotted line is the random energy model with the spread of the random network's logits; the vertical line is T = 1, at which the model was trained."}} tags=["hide-input"]
sigma = analysis.level_spread(energies["random weights"])
figures.functions_of_state(state, sigma, n_tokens);

# %% [markdown]
# Look at the heat capacity. Where the two models differ is what training did to the levels; where random weights follow
# the dotted line they have no structure of their own.
#
# ## The peak of the heat capacity
#
# One deep state below $g$ states at height $\Delta$ has a peak in its heat capacity, the *Schottky anomaly*: below it
# the ground state holds, above it the many win. It sits near $T^\ast = \Delta / \ln g$, where the two weigh the same.
# For a context we have a rough $\Delta$ for nothing, the mean height of all levels, and $g = V$.
#
# But the many are not at one height. Let them be random energies with a spread $\sigma$ about $\Delta$: a **planted
# random energy model**, one deep level and a bell of others. Then $\ln Z$ of the many is
# $\ln V - \Delta / T + \sigma^2 / 2 T^2$, and both weigh the same where
#
# $$ \Delta = T \ln V + \frac{\sigma^2}{2 T} . $$ (eq-melting)
#
# The spread brings levels down to the deep one, so that the context melts at a lower temperature than a single gap would.
# Mean height and spread of each context are known, nothing is fitted. If a context is such a system, its peak lies on the
# diagonal:

# %% mystnb={"figure": {"name": "fig-boltzmann-peak", "caption": "Temperature at which the heat capacity of a context peaks, against two estimates: a single gap, mean height of the levels over the logarithm of their number; and a planted level below random ones, which also uses their spread. On the dashed line estimate and peak agree. Colour and size of the circles: entropy at T = 1."}} tags=["hide-input"]
peaks = {name: analysis.capacity_peaks(s) for name, s in state.items()}
estimates = {
    "single gap": analysis.one_gap_temperature(energies["trained"]),
    "planted level": analysis.planted_temperature(energies["trained"]),
}
figures.peaks(peaks["trained"], estimates, entropy);

# %%
pd.DataFrame(
    {name: analysis.summarise_peaks(p, energies[name]) for name, p in peaks.items()}
).round(2)

# %% [markdown]
# A peak below the working temperature $T = 1$ would mean that ordinary sampling draws from the tail of thousands of
# tokens; a peak above it, that there is room to heat. Where no planted level is deep enough (no number), the lowest of the
# random ones lie below it. Truncated sampling (top-p, top-k) raises the energies of the tail to infinity, and takes the
# anomaly away with it: a change of the system, not of its temperature.
#
# ## Heating a text
#
# The ensemble above is that of *one* token at a given text. Heat a whole text and every drawn token changes the
# systems that follow. If that did not matter, the mean surprisal of the drawn tokens (at $T = 1$) would be the internal
# energy of given places, in the information gauge. The difference is what the text does to itself.

# %%
asked = texts.chains.drop_duplicates("task")["question"]
prompts = [writer.prompt_ids(REQUEST.format(question=q), prompt) for q in asked]
n_prompts, length = (2, 30) if profile == "smoke" else (8, 50)
temperatures = sorted({0.0, 0.4, 0.7, 1.0, 1.3, 1.6, hottest})
written = thermo.sample_texts(
    writer, prompts[:n_prompts], temperatures,
    n_chains=1, max_tokens=length, seed=seed,
)  # fmt: skip
written.groupby("temperature")[["energy", "entropy", "repeated"]].mean().round(3)

# %% [markdown]
# *energy* and *entropy* are per token, at $T = 1$ whatever the temperature of the sampling: in the first row the
# likeliest token was always taken, and the column says how open the places still were to which that led (drawn at $T =
# 0$ each of them would have the entropy 0). *repeated* is the share of four-token sequences that the text had before.
# Compare the coldest texts with the hottest in this column.
#
# Which places are the given ones? Those read above lie anywhere in a chain, and were prepared at $T = 0.8$ with top-p; the
# heated texts are beginnings, and are drawn without truncation. Beginnings are more open than what follows. So the places
# to compare with are taken from the texts that were written at $T = 1$: the same positions, the same prompts, no
# truncation. There the difference is zero but for the luck of the draw, which checks the comparison.

# %%
early = analysis.early_places(writer, prompts, written, seed=seed)
beside = analysis.text_beside_places(written, early, energies["trained"], seed=seed)
beside.round(3)

# %% mystnb={"figure": {"name": "fig-boltzmann-text", "caption": "Surprisal of the drawn tokens at T = 1, per token, of texts sampled at each temperature (points: texts; line: mean), beside the internal energy of given places when one token is heated: places at the same positions of texts drawn at T = 1 without truncation (dashed), and places anywhere in the chains of the corpus (dotted). Where line and dashes part, the text has left the places that the model knows."}} tags=["hide-input"]
places = {
    "early places, one token heated": early.energies,
    "places of the corpus": energies["trained"],
}
figures.heated_texts(written, places);

# %% [markdown]
# The same question at each temperature, with the same random numbers:

# %% tags=["hide-input"]
shown = written[(written.prompt == 0)].set_index("temperature")["text"]
shown.str.replace("\n", " ⏎ ").str.slice(0, 160).to_frame()

# %% [markdown]
# ## Where the analogy ends
#
# - For one token all of this is **exact**. Truncation is a system of its own, with $E_v = \infty$ for every token that is
#   cut off.
# - A *text* sampled at temperature $T$ is **not** a Boltzmann sample of whole texts. The weight $p(y)^{1/T}$ would look
#   ahead; the sampler normalises at every token and cannot. An exercise has the smallest example.
# - A peak in $C(T)$ is no {term}`phase transition`: the system is one of $V$ levels, and nothing goes to infinity.
#
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("thermo/boltzmann", model=model, profile=profile)
ledger.record(
    "thermo.ensemble.identities",
    float(errors["trained"].max()),
    controls={"random weights": float(errors["random weights"].max())},
    note="an identity holds for any logits, trained or not",
)
places_of = contexts["trained"].places["chain"].to_numpy()
melting = analysis.median_peak(peaks["trained"], places_of, seed=seed)
ledger.measure("heat_capacity.peak", melting)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "The logits of the model violate the identities of thermodynamics by no more than "
    "{thermo.ensemble.identities} ({thermo.ensemble.identities:controls}): "
    "{thermo.ensemble.identities:verdict}. For one token, temperature, energy and "
    "entropy are those of physics whatever the weights are; what training did shows in "
    "the levels, and in the temperature at which a context melts."
)

# %% [markdown]
# What to take along:
#
# - Sampling temperature *is* temperature, for one token. $F$ and $U$ mean something only in a stated gauge.
# - Training digs: it lowers a few levels far below the bulk. At which temperature a context melts is a matter of the depth
#   *and* of the spread of the bulk, {eq}`eq-melting`; the table of peaks says how well either estimate does.
# - A text that is heated prepares its own next systems. Compare it with places at equal positions and equal truncation
#   before saying what the heating did.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The temperature of the anomaly
# :label: boltzmann-anomaly
# One state at 0 and $g$ at $\Delta$. At which temperature are both equally occupied? Where is the peak of
# `analysis.schottky`, for $\Delta = 15$ and $g = 49{,}151$?
# ```
#
# ```{solution-start} boltzmann-anomaly
# :class: dropdown
# ```
# Equal weights mean $1 = g e^{-\Delta / T}$, so $T^\ast = \Delta / \ln g$. The peak lies close by, the closer the
# larger $g$ is, since the change of hands takes place within a width $T^\ast / \ln g$.

# %% tags=["solution"]
fine = np.linspace(0.5, 3, 2_001)
peak = fine[analysis.schottky(fine, 15, 49_151).argmax()]
print(f"equal weights at {15 / np.log(49_151):.3f}, peak at {peak:.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Tempering tokens is not tempering texts
# :label: boltzmann-tempering
# A language of texts of two tokens. The first is a or b, each with probability 1/2. After a the second is certain;
# after b there are eight equal choices. Sample at $T = 1/2$, token by token. How often does a text begin with a? And
# under the law $p(y)^{1/T} / Z$ of whole texts?
# ```
#
# ```{solution-start} boltzmann-tempering
# :class: dropdown
# ```
# Token by token the first choice stays even: $\tfrac14 / (\tfrac14 + \tfrac14) = \tfrac12$. For whole texts,
# $p^2$ gives $(1/2)^2$ to the one text with a and $8 (1/16)^2$ to those with b: a share of
# $\tfrac14 / (\tfrac14 + \tfrac1{32}) = 8/9$. The global law sees that b leads into the open; the sampler does not.

# %% tags=["solution"]
whole = np.array([0.5**2, 8 * (0.5 / 8) ** 2])
print(f"begins with a: {whole[0] / whole.sum():.4f}, and 8/9 is {8 / 9:.4f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Colder than cold
# :label: boltzmann-cold
# At which temperature does the entropy of the median place fall below 0.01 nats? What does a user gain below that?
# ```
#
# ```{solution-start} boltzmann-cold
# :class: dropdown
# ```
# Below the temperature that is printed the median place is fixed: what differs from text to text comes from the open
# places alone. Every sixth place is enough to see it. A 0 would say that no temperature of the grid is cold enough.

# %% tags=["solution"]
cold = np.geomspace(0.02, 1, 12)
entropies = thermo.thermodynamics(energies["trained"][::6], cold).S
frozen = cold[np.median(entropies, axis=1) < 0.01]
print(f"below 0.01 nats up to T = {frozen.max(initial=0.0):.2f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: boltzmann-your-model
# Run this page on another model: `lmphys run thermo/boltzmann --model PATH`. Does a larger model melt at a higher
# temperature? Predict it from its vocabulary and from how deep you think training has dug, by {eq}`eq-melting`.
# ```
#
# ```{solution} boltzmann-your-model
# :class: dropdown
# The table of peaks has the answer: the median temperature of the peak, and the same by a planted level. A larger
# vocabulary lowers it as $1 / \ln V$, deeper levels raise it. Compare the heated texts too: at which temperature do
# they part from the dashed line?
# ```
