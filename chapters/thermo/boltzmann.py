# %% [markdown]
# (boltzmann)=
# # The next token as a heat bath
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
# This page checks the identities, and then asks the two questions that they do not answer. **What does the landscape of
# energies look like, and what did training do to it? And what happens to a text when it is heated?**
#
# For an engineer: energy is a cost, and temperature says how much of it the sampler accepts. For a physicist: a system of
# some fifty thousand levels, a new one for every text; the text is the preparation.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, places and texts
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
n_chains: int = 12  # chains that are read
per_chain: int = 12  # places in each, one system each
hottest: float = 2.0  # highest sampling temperature of the texts

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from lmphys import book
from lmphys import corpus, lm, thermo
from lmphys.pages import boltzmann as analysis
from lmphys.lm.prompts import REQUEST

book.use_style()

# %% [markdown]
# ## Many small systems
#
# We take places in chains of thought that the model wrote, one system each, and keep all logits there. The control is
# the same architecture with random weights, which reads the same texts.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
texts = corpus.build_corpus(spec)
lm = lm.LanguageModel(model)
readers = {"trained": lm, "random weights": lm.LanguageModel(corpus.control_of(model))}
contexts = {
    name: thermo.read_contexts(
        reader, texts, n_chains=n_chains, per_chain=per_chain, seed=seed
    )
    for name, reader in readers.items()
}
T = np.geomspace(0.1, 5, 25)
energies = {name: c.energies() for name, c in contexts.items()}
state = {
    name: thermo.thermodynamics(thermo.gauge(e, "ground"), T)
    for name, e in energies.items()
}
n_systems, n_tokens = energies["trained"].shape
print(f"{n_systems} systems of {n_tokens:,} levels, {len(T)} temperatures")

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
order = np.argsort(entropy)
chosen = {"most certain": order[0], "median": order[len(order) // 2], "most open": order[-1]}
figure, ax = plt.subplots(figsize=(6.6, 3.8))
rank = np.arange(1, n_tokens + 1)
for (name, row), line in zip(chosen.items(), ("-", "--", "-."), strict=True):
    ax.plot(rank, np.sort(thermo.gauge(energies["trained"], "ground")[row]), line, label=name)
control = thermo.gauge(energies["random weights"], "ground")[order[len(order) // 2]]
ax.plot(rank, np.sort(control), ":", color="#444444", label="random weights")
for t in (1, 2):
    ax.axhline(t * np.log(n_tokens), color="#999999", linestyle=(0, (1, 3)), linewidth=1)
    ax.text(1.1, t * np.log(n_tokens) + 0.3, f"T = {t}", color="#666666")
ax.set(xscale="log", xlabel="rank of the token", ylabel="energy above the likeliest, nats")
ax.legend();

# %% [markdown]
# What these places are, and what the model would say next:

# %% tags=["hide-input"]
rows = {}
for name, row in chosen.items():
    p = contexts["trained"].logits[row].softmax(-1)
    top = p.topk(3)
    rows[name] = {
        "text before": "…" + contexts["trained"].places["before"][row].replace("\n", " ⏎ "),
        "entropy, nats": round(float(entropy[row]), 3),
        "likeliest": ", ".join(
            f"{lm.tokenizer.decode([int(i)])!r} {float(v):.2f}"
            for v, i in zip(top.values, top.indices, strict=True)
        ),
    }
pd.DataFrame(rows).T

# %% [markdown]
# ## Heating one token
#
# The functions of state over the temperature. The random network is nearly the *random energy model* of
# {cite:t}`derrida1981`, levels drawn from a bell curve of standard deviation $\sigma$: its capacity is $\sigma^2 / T^2$
# until it freezes at $T_c = \sigma / \sqrt{2 \ln V}$, which needs no fit.

# %% mystnb={"figure": {"name": "fig-boltzmann-state", "caption": "Free energy, internal energy, entropy and heat capacity of the next token against the temperature: median over the places read, shading from the first to the third quartile. The dotted line is the random energy model with the spread of the random network's logits; the vertical line is T = 1, at which the model was trained."}} tags=["hide-input"]
sigma = float(energies["random weights"].std(dim=1).mean())
figure, axes = plt.subplots(2, 2, figsize=(8, 5.4), sharex=True, layout="constrained")
labels = {"F": "free energy, nats", "U": "internal energy, nats", "S": "entropy, nats", "C": "heat capacity"}
for ax, (name, label) in zip(axes.flat, labels.items(), strict=True):
    for (which, s), mark in zip(state.items(), "os", strict=True):
        low, middle, high = np.quantile(getattr(s, name), (0.25, 0.5, 0.75), axis=1)
        (line,) = ax.plot(T, middle, marker=mark, markersize=3, label=which)
        ax.fill_between(T, low, high, alpha=0.2, color=line.get_color())
    ax.axvline(1, color="#888888", linewidth=0.8)
    ax.set(xscale="log", ylabel=label)
fluid = T[analysis.freezing_temperature(sigma, n_tokens) < T]
axes[1, 1].plot(
    fluid, analysis.rem_capacity(fluid, sigma, n_tokens), ":k", label="random energy model"
)
axes[1, 1].legend()
axes[1, 0].axhline(np.log(n_tokens), color="#888888", linestyle="--", linewidth=0.8)
for ax in axes[1]:
    ax.set_xlabel("temperature T");

# %% [markdown]
# ## The peak of the heat capacity
#
# One deep state below $g$ states at height $\Delta$ has a peak in its heat capacity, the *Schottky anomaly*: below it
# the ground state holds, above it the many win. It sits near $T^\ast = \Delta / \ln g$, where the two weigh the same.
# For a context we have a rough $\Delta$ for nothing, the mean height of all levels, and $g = V$. If a language model
# is such a system, the peak of each context lies on the diagonal:

# %% mystnb={"figure": {"name": "fig-boltzmann-peak", "caption": "Temperature at which the heat capacity of a context peaks, against the estimate from a single gap: mean height of the levels over the logarithm of their number. On the dashed line the two agree. Colour and size of the circles: entropy at T = 1."}} tags=["hide-input"]
peaks = {name: analysis.capacity_peaks(s) for name, s in state.items()}
estimate = {
    name: (thermo.gauge(e, "ground").mean(dim=1) / np.log(n_tokens)).numpy()
    for name, e in energies.items()
}
figure, ax = plt.subplots(figsize=(5.6, 4.2))
points = ax.scatter(
    estimate["trained"],
    peaks["trained"].T_peak,
    c=entropy,
    s=14 + 14 * entropy,
    cmap="viridis",
    alpha=0.8,
)
end = 1.1 * np.nanmax([*estimate["trained"], *peaks["trained"].T_peak.fillna(0), 1.0])
ax.plot([0, end], [0, end], "--", color="#555555", linewidth=1)
ax.set(xlabel="gap over ln V", ylabel="temperature of the peak", xlim=(0, end), ylim=(0, end))
figure.colorbar(points, label="entropy at T = 1, nats");

# %%
pd.DataFrame(
    {
        name: {
            "share of contexts with a peak": p.T_peak.notna().mean(),
            "median temperature of the peak": p.T_peak.median(),
            "the same from one gap": float(np.median(estimate[name])),
            "rank correlation of the two": p.T_peak.corr(
                pd.Series(estimate[name]), method="spearman"
            ),
            "entropy at the peak, nats": p.S_peak.median(),
            "freezing of random energies": analysis.freezing_temperature(
                float(energies[name].std(dim=1).mean()), n_tokens
            ),
        }
        for name, p in peaks.items()
    }
).round(2)

# %% [markdown]
# A peak below the working temperature $T = 1$ would mean that ordinary sampling draws from the tail of thousands of
# tokens; a peak above it, that there is room to heat. Truncated sampling (top-p, top-k) cuts the tail off and with
# it the anomaly: it is no temperature of anything.
#
# ## Heating a text
#
# The ensemble above is that of *one* token at a given text. Heat a whole text and every drawn token changes the
# systems that follow. If that did not matter, the mean surprisal of the drawn tokens (at $T = 1$) would be the internal
# energy of the places above, in the information gauge. The difference is what the text does to itself.

# %%
asked = texts.chains.drop_duplicates("task")["question"]
prompts = [lm.prompt_ids(REQUEST.format(question=q), prompt) for q in asked]
n_prompts, length = (2, 30) if profile == "smoke" else (8, 50)
heats = sorted({0.0, 0.4, 0.7, 1.0, 1.3, 1.6, hottest})
written = thermo.sample_texts(
    lm, prompts[:n_prompts], heats, n_chains=1, max_tokens=length, seed=seed
)
hot = written.groupby("temperature")[["energy", "entropy", "repeated"]].mean()
hot.round(3)

# %% mystnb={"figure": {"name": "fig-boltzmann-text", "caption": "Surprisal of the drawn tokens at T = 1, per token, of texts sampled at each temperature (points: texts; line: mean), beside the internal energy of the places that were read, which a text at T = 0.8 had prepared. Where the two part, the text has left the places that the model knows."}} tags=["hide-input"]
grid = np.linspace(0.1, max(heats), 40)
fixed = thermo.thermodynamics(thermo.gauge(energies["trained"], "information"), grid).U
figure, ax = plt.subplots(figsize=(6.4, 3.6))
ax.plot(grid, fixed.mean(axis=1), "--", color="#444444", label="given places (one token heated)")
ax.plot(hot.index, hot.energy, "-o", color=book.style.VERMILION, label="whole texts heated")
ax.scatter(written.temperature, written.energy, s=14, color=book.style.VERMILION, alpha=0.5)
ax.axhline(np.log(n_tokens), color="#888888", linestyle=":", label="ln V")
ax.set(xlabel="sampling temperature", ylabel="surprisal, nats per token")
ax.legend(loc="lower right");

# %% [markdown]
# The same question at each temperature, with the same random numbers:

# %% tags=["hide-input"]
shown = written[(written.prompt == 0)].set_index("temperature")["text"]
shown.str.replace("\n", " ⏎ ").str.slice(0, 160).to_frame()

# %% [markdown]
# ## Where the analogy ends
#
# - For one token without truncation all of this is **exact**.
# - A *text* sampled at temperature $T$ is **not** a Boltzmann sample of whole texts. The weight $p(y)^{1/T}$ would look
#   ahead; the sampler normalises at every token and cannot. Exercise 2 has the smallest example.
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
ledger.show()

# %% [markdown]
# What to take along:
#
# - Sampling temperature *is* temperature, for one token. $F$ and $U$ mean something only in a stated gauge.
# - Training digs: it lowers a few levels far below the bulk. The depth over the logarithm of the vocabulary is the
#   temperature at which a context melts.
# - A text that is heated prepares its own next systems. The curve of one token does not tell the fate of a text.

# %% [markdown]
# ## Exercises
#
# (boltzmann-exercise)=
# ```{admonition} Exercise 1: the temperature of the anomaly
# :class: tip
# One state at 0 and $g$ at $\Delta$. At which temperature are both equally occupied? Where is the peak of
# `analysis.schottky`, for $\Delta = 15$ and $g = 49{,}151$?
# ```
#
# ```{dropdown} Solution
# Equal weights mean $1 = g e^{-\Delta / T}$, so $T^\ast = \Delta / \ln g$. The peak lies close by, the closer the
# larger $g$ is, since the change of hands takes place within a width $T^\ast / \ln g$.
#
#     fine = np.linspace(0.5, 3, 2_001)
#     peak = fine[analysis.schottky(fine, 15, 49_151).argmax()]
#     print(15 / np.log(49_151), peak)
# ```
#
# ```{admonition} Exercise 2: tempering tokens is not tempering texts
# :class: tip
# A language of texts of two tokens. The first is a or b, each with probability 1/2. After a the second is certain;
# after b there are eight equal choices. Sample at $T = 1/2$, token by token. How often does a text begin with a? And
# under the law $p(y)^{1/T} / Z$ of whole texts?
# ```
#
# ```{dropdown} Solution
# Token by token the first choice stays even: $\tfrac14 / (\tfrac14 + \tfrac14) = \tfrac12$. For whole texts,
# $p^2$ gives $(1/2)^2$ to the one text with a and $8 (1/16)^2$ to those with b: a share of
# $\tfrac14 / (\tfrac14 + \tfrac1{32}) = 8/9$. The global law sees that b leads into the open; the sampler does not.
#
#     whole = np.array([0.5**2, 8 * (0.5 / 8) ** 2])
#     print(whole[0] / whole.sum())
# ```
#
# ```{admonition} Exercise 3: colder than cold
# :class: tip
# At which temperature does the entropy of the median place fall below 0.01 nats? What does a user gain below that?
# ```
#
# ```{dropdown} Solution
#     cold = np.geomspace(0.02, 1, 30)
#     entropies = thermo.thermodynamics(energies["trained"], cold).S
#     print(cold[np.median(entropies, axis=1) < 0.01].max(initial=0.0))
#
# Below it the median token is fixed: what differs from text to text comes from the open places alone.
# ```
