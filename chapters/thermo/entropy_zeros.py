# %% [markdown]
# (entropy-zeros)=
# # Where a model is hard to imitate
#
# Most of the tokens that a language model writes are foregone conclusions: the {term}`entropy` of the next token is
# nearly zero. {cite:t}`yang2024` puts such places at the centre of a theory: the zeros and near-zeros of the entropy
# function are said to be the key obstacle to approximating a language model, and the reason why large models are needed.
# The paper is theory; no number stands beside the claim. It can be tested.
#
# Let $P$ be a language model and $Q$ something simpler that imitates it. The error of $Q$ at a context is the divergence
#
# $$ \mathrm{KL}(P \Vert Q) = \sum_v P(v) \ln \frac{P(v)}{Q(v)} \quad \text{in nats.} $$ (eq-kl)
#
# Sort the contexts by the entropy of $P$. **Do the contexts of near-zero entropy hold more of the divergence than their
# part? And are they the last to be learned?** The rule, stated before any number: the claim is refuted for an
# approximator where their share of the divergence does not exceed their share of the contexts.
#
# For a physicist: a system frozen in its ground state, and a second one that is asked to freeze in the same state. For an
# engineer: distillation error, by the confidence of the teacher.

# %% tags=["parameters"]
model: str = "reasoner"  # the target P: reasoner, smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, places and intervals
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
trained: list[str] = []  # approximators from coarse to fine; none: earlier steps of the reasoner
orders: list[int] = [1, 2, 3, 4]  # n-gram models
n_chains: int = 12  # chains that are read, at most of half of the questions
per_chain: int = 60  # places in each
strength: float = 2.0  # tokens that the shorter context of an n-gram is worth

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch

from lmphys import book
from lmphys import corpus, lm, thermo
from lmphys.pages import entropy_zeros as analysis

book.use_style()

# %% [markdown]
# ## Target and imitators
#
# Two families stand in for "simpler than $P$". *Tables of counts*: $n$-gram models, which know how often a token followed
# the last $n - 1$, counted on texts that $P$ wrote for other questions. *Networks that know less*: by default the target is
# the reasoner of this book, and its imitators are the same network at earlier steps of its training ({ref}`reasoner`),
# step 0 being the model before any. And one that knows nothing: random weights.

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
texts = corpus.build_corpus(spec)
n_read = min(n_chains, texts.chains["question_id"].nunique() // 2)
target = lm.LanguageModel(model)
contexts = thermo.read_contexts(
    target, texts, n_chains=n_read, per_chain=per_chain, seed=seed
)
questions = contexts.places["question_id"]
before = contexts.texts(texts)
n_tokens = contexts.logits.shape[1]
print(f"{len(contexts)} contexts of {questions.nunique()} questions")

# %%
unread = ~texts.chains["question_id"].isin(questions)
written = [ids for ids, counted in zip(texts.tokens(), unread, strict=True) if counted]
print(f"{len(written)} chains, {sum(map(len, written)):,} tokens to count")
tables = {
    f"{n}-gram": torch.stack(
        [ngram.log_prob(text) for text in before]
    )
    for n in orders
    for ngram in [analysis.NGram(n, n_tokens, strength=strength).fit(written)]
}

# %%
if not trained and model == "reasoner":
    trained = ["reasoner@0", "reasoner@10", "reasoner@52", "reasoner@265"]
networks = {
    name: thermo.read_contexts(
        lm.LanguageModel(name),
        texts,
        n_chains=n_read,
        per_chain=per_chain,
        seed=seed,
    ).logits
    for name in [corpus.control_of(model), *trained]
}
imitators = tables | networks
distance = {
    name: analysis.divergences(contexts.logits, q) for name, q in imitators.items()
}

# %% [markdown]
# ## How much of a text is certain
#
# The distribution of the entropy over the places, beside that of the same places under random weights, which are open
# everywhere.

# %% mystnb={"figure": {"name": "fig-zeros-entropy", "caption": "Share of the places at which the entropy of the next token lies below the value on the axis. Grey: what counts as near zero on this page. ln V is the entropy of a uniform choice."}} tags=["hide-input"]
entropy = distance[next(iter(distance))]["entropy"]
blind = thermo.thermodynamics(-networks[corpus.control_of(model)], [1.0]).S[0]
figure, ax = plt.subplots(figsize=(6.4, 3.2))
ax.axvspan(1e-6, analysis.NEAR_ZERO, color="#dddddd")
for name, values, style in (("target", entropy, "-"), ("random weights", blind, "--")):
    ax.step(np.sort(values).clip(1e-6), np.linspace(0, 1, len(values)), style, label=name)
ax.axvline(np.log(n_tokens), color="#888888", linestyle=":", label="ln V")
ax.set(xscale="log", xlim=(1e-6, 20), xlabel="entropy of the next token, nats", ylabel="share of places")
ax.legend();

# %%
near = entropy < analysis.NEAR_ZERO
print(f"Below {analysis.NEAR_ZERO} nats: {near.mean():.2f} of the places;")
print(f"below a tenth of that: {(entropy < analysis.NEAR_ZERO / 10).mean():.2f}.")

# %% [markdown]
# ## Shares of the divergence
#
# First the divergence itself, mean over the places. Total variation, the largest difference of the two
# probabilities of any event, is beside it: it lies between 0 and 1, while the divergence has no bound where $P$ is a
# spike and $Q$ misses it. What only the unbounded measure shows is a property of the measure.

# %%
overview = pd.DataFrame(
    {
        name: {
            "KL, nats": d.kl.mean(),
            "near zero": d.kl[near].mean(),
            "elsewhere": d.kl[~near].mean(),
            "total variation": d.variation.mean(),
        }
        for name, d in distance.items()
    }
).T
overview.round(3)

# %% mystnb={"figure": {"name": "fig-zeros-shares", "caption": "Share of the divergence (circles) and of the total variation (squares) in each bin of the target's entropy, beside the share of the places (bars), for the best table of counts and the best network. Where a mark lies above its bar, the bin holds more than its part."}} tags=["hide-input"]
best = [f"{orders[-1]}-gram", list(networks)[-1]]
figure, axes = plt.subplots(1, 2, sharey=True, figsize=(9, 3.6), layout="constrained")
for ax, name in zip(axes, best, strict=True):
    bins = analysis.by_entropy(distance[name])
    place = np.arange(len(bins))
    ax.bar(place, bins["share"], color="#cccccc", label="places")
    ax.plot(place, bins.kl_share, "o", color=book.style.BLUE, label="divergence")
    ax.plot(place, bins.variation_share, "s", color=book.style.VERMILION, label="total variation")
    names = [f"{b.left:g}–{b.right:g}" if np.isfinite(b.right) else f"≥ {b.left:g}" for b in bins.index]
    ax.set_xticks(place, names, rotation=30)
    ax.set(title=name, xlabel="entropy of the target, nats")
axes[0].set_ylabel("share")
axes[0].legend();

# %% [markdown]
# Now for every imitator: share of the divergence in the near-zero places minus their share of the places, with 95 %
# intervals over questions. The null is 0, a divergence that does not care for the entropy.

# %%
excess = {
    column: {
        name: analysis.excess_share(d, questions, column=column, seed=seed)
        for name, d in distance.items()
    }
    for column in ("kl", "variation")
}

# %% mystnb={"figure": {"name": "fig-zeros-excess", "caption": "Excess of near-zero places: their share of the divergence (circles) or of the total variation (squares) minus their share of the places. Right of 0 they hold more than their part, as the claim says. Lines: 95 % intervals, bootstrap over questions."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.6, 0.6 + 0.45 * len(imitators)))
marks = {"kl": ("o", book.style.BLUE, "divergence"), "variation": ("s", book.style.VERMILION, "total variation")}
for shift, (column, (mark, colour, label)) in zip((-0.14, 0.14), marks.items(), strict=True):
    rows = np.arange(len(imitators)) + shift
    value, low, high = (np.array([getattr(e, k) for e in excess[column].values()], float) for k in ("value", "low", "high"))
    ax.hlines(rows, low, high, color=colour)
    ax.plot(value, rows, mark, color=colour, label=label)
ax.axvline(0, color="#222222", linewidth=0.9)
ax.set_yticks(np.arange(len(imitators)), list(imitators))
ax.invert_yaxis()
ax.set_xlabel("share of the distance minus share of the places")
ax.legend();

# %% [markdown]
# ## What is learned last
#
# As the imitator improves, where does the divergence stay? Each line is one bin, relative to its own beginning.

# %% mystnb={"figure": {"name": "fig-zeros-learning", "caption": "Mean divergence in near-zero places and elsewhere, along each family from the coarsest to the finest, relative to the coarsest. The line that stays higher is learned last."}} tags=["hide-input"]
families = {"tables of counts": list(tables), "networks": trained}
families = {name: members for name, members in families.items() if len(members) > 1}
figure, axes = plt.subplots(1, len(families), sharey=True, figsize=(4.5 * len(families), 3.4), squeeze=False, layout="constrained")
for ax, (family, members) in zip(axes[0], families.items(), strict=True):
    for column, mark in (("near zero", "o-"), ("elsewhere", "s--")):
        kl = overview.loc[members, column]
        ax.plot(range(len(members)), kl / kl.iloc[0], mark, label=column)
    ax.set_xticks(range(len(members)), members, rotation=20)
    ax.set(title=family, yscale="log")
axes[0, 0].set_ylabel("divergence, relative")
axes[0, 0].legend();

# %%
falls = {
    family: analysis.slower(
        distance[members[0]], distance[members[-1]], questions, seed=seed
    )
    for family, members in families.items()
}
pd.DataFrame({name: fall._asdict() for name, fall in falls.items()}).T.astype(float).round(2)

# %% [markdown]
# Above 0 the near-zero places are learned more slowly than the others, by that logarithm.
#
# ## Verdict
#
# The first claim is judged by the imitator that speaks least for it, the second by the networks where there are some, by
# the tables of counts otherwise.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("thermo/entropy_zeros", model=model, profile=profile)
least = min(excess["kl"], key=lambda name: float(excess["kl"][name].value))
found = excess["kl"][least]
variation = float(excess["variation"][least].value)
ledger.record(
    "thermo.entropy_zeros.share",
    found,
    note=f"least of {len(imitators)} imitators: {least}; by total variation {variation:.2f}",
)
family = list(falls)[-1]
if np.isfinite(falls[family].value):
    ledger.record(
        "thermo.entropy_zeros.slowest",
        falls[family],
        controls={"no difference": 0.0}
        | {f"{other}": float(falls[other].value) for other in list(falls)[:-1]},
        note=f"{family}: {families[family][0]} to {families[family][-1]}",
    )
ledger.show()

# %% [markdown]
# What to take along:
#
# - Near-zero entropy is the common case of a text, not a rare point of it.
# - A sure target costs an imitator much *when it misses*, as the divergence has no bound there; the mean over all such
#   places says how often it misses. Look at both, and at a bounded distance beside them.
# - "The obstacle" can mean where the error is, or where it is left at the end. They are two questions.

# %% [markdown]
# ## Exercises
#
# (zeros-exercise)=
# ```{admonition} Exercise 1: the price of a missed spike
# :class: tip
# $P$ gives one token the probability 1. $Q$ gives it $q$. What are divergence and total variation? Which $q$ makes the
# divergence ten times the total variation?
# ```
#
# ```{dropdown} Solution
# $\mathrm{KL} = -\ln q$ and $\mathrm{TV} = 1 - q$. Ten times: $-\ln q = 10 (1 - q)$, near $q = 4.5 \cdot 10^{-5}$.
#
#     from scipy.optimize import brentq
#     print(brentq(lambda q: -np.log(q) - 10 * (1 - q), 1e-8, 0.5))
# ```
#
# ```{admonition} Exercise 2: another border
# :class: tip
# What counts as near zero is a choice. Move it from 0.01 to 1 nat. Does the sign of the excess depend on it?
# ```
#
# ```{dropdown} Solution
#     for border in (0.01, 0.03, 0.1, 0.3, 1.0):
#         cut = {n: analysis.excess_share(d, questions, below=border) for n, d in distance.items()}
#         print(border, {n: round(float(e.value), 2) for n, e in cut.items()})
# ```
#
# ```{admonition} Exercise 3: certain about what?
# :class: tip
# Which tokens come at the near-zero places where the best network errs most?
# ```
#
# ```{dropdown} Solution
#     worst = distance[best[1]].kl.where(near).nlargest(8).index
#     for i in worst:
#         print(repr(contexts.places.before[i][-40:]), "→", repr(target.tokenizer.decode([int(contexts.tokens[i])])))
# ```
