# %% [markdown]
# (entropy-zeros)=
# # Where a model is hard to imitate
#
# **Is a language model hard to imitate where it is certain?** We let simpler models imitate a language model, tables of
# counts and networks that have been trained less, measure how far each is from it at many places of a text, and ask how
# much of that distance lies where the next token is a foregone conclusion.
#
# At such places the {term}`entropy` of the next token is nearly zero; how common they are depends on who wrote the text.
# {cite:t}`yang2024` puts them at the centre of a theory: the zeros and near-zeros of the entropy function are said to be
# the key obstacle to approximating a language model, and the reason why large models are needed. The paper is theory; no
# number stands beside the claim. It can be tested.
#
# Let $P$ be a language model and $Q$ something simpler that imitates it. The error of $Q$ at a context is the divergence
#
# $$ \mathrm{KL}(P \Vert Q) = \sum_v P(v) \ln \frac{P(v)}{Q(v)} \quad \text{in nats.} $$ (eq-kl)
#
# Sort the contexts by the entropy of $P$. **Do the contexts of near-zero entropy hold more of the divergence than their
# part? And is the divergence left there as the imitator grows?** Two limits are known before any number, and they have
# opposite signs. For an imitator that says the same of every token
#
# $$ \mathrm{KL} = \ln V - S , \qquad \text{and for one whose logits are off by small } \delta_v : \quad
# \mathrm{KL} \approx \tfrac12 \Var_P(\delta) . $$ (eq-two-limits)
#
# The first is largest where the entropy $S$ is zero: certain places hold **more** than their part, by identity. The second
# is a variance under $P$, and vanishes where $P$ is certain: they hold **less**. So the answer for one imitator tells how
# good that imitator is, and each kind is judged by itself.
#
# For a physicist: a system frozen in its ground state, and a second one that is asked to freeze in the same state. For an
# engineer: distillation error, by the confidence of the teacher.

# %% tags=["parameters"]
model: str = "reasoner"  # the target P: reasoner, smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, places and intervals
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
trained: list[str] = []  # networks, coarse to fine; none: earlier steps of the reasoner
orders: list[int] = [1, 2, 3, 4]  # n-gram models, small to large
ranks: list[int] = [16, 64, 256]  # heads of lower rank, small to large
n_chains: int = 12  # chains that are read, at most of half of the questions
per_chain: int = 60  # places in each
strength: float = 2.0  # tokens that the shorter context of an n-gram is worth

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, lm, thermo
from lmphys.pages import entropy_zeros as analysis
from lmphys.pages.entropy_zeros import figures

book.use_style()

# %% [markdown]
# ## Target and imitators
#
# Three families stand in for "simpler than $P$". Two of them grow in **size**, of which the paper speaks. *Tables of
# counts*: $n$-gram models, which know how often a token followed the last $n - 1$, counted on texts that $P$ wrote for
# other questions. *Heads of lower rank*: the same network with an output table cut to rank $r$, as if its last layer were
# that narrow. The third differs in **training**: by default the target is the reasoner of this book, and its imitators are
# the same network at earlier steps ({ref}`reasoner`), step 0 being the model before any. And one knows nothing: random
# weights.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, seed=seed
)
texts = corpus.build_corpus(spec)
n_read = min(n_chains, texts.chains["question_id"].nunique() // 2)
target = lm.LanguageModel(model)
contexts = thermo.read_contexts(
    target, texts, n_chains=n_read, per_chain=per_chain, seed=seed
)
questions = contexts.places["question_id"]
n_tokens = contexts.logits.shape[1]
print(f"{len(contexts)} contexts of {questions.nunique()} questions")

# %% [markdown]
# The tables count the chains of all questions that are not read, so that they meet each text for the first time. These
# were drawn at the temperature of the corpus, while $P$ is the model at temperature 1. So a token counts for $p / p_T$, its
# probability at temperature 1 over that at which it was drawn: weighted so, the counts are those of draws from $P$ after
# the same words, but for the tail that top-p cut off.

# %%
written, weights = analysis.unread_counts(texts, contexts)
tables = analysis.count_tables(
    written, contexts.texts(texts), orders, n_tokens, weights=weights, strength=strength
)
table = target.model.get_output_embeddings().weight.detach().cpu()
heads = analysis.heads_of_lower_rank(contexts.logits, table, ranks)
print(f"{len(written)} chains, {sum(map(len, written)):,} tokens counted")

# %% [markdown]
# The networks read the same chains with the same places left open. With each imitator goes its distance from the
# target, place by place.

# %%
trained = analysis.network_imitators(model, trained)
networks = {
    name: thermo.read_contexts(
        lm.LanguageModel(name), texts,
        n_chains=n_read, per_chain=per_chain, seed=seed,
    ).logits
    for name in [corpus.control_of(model), *trained]
}  # fmt: skip
imitators = tables | heads | networks
distance = {
    name: analysis.divergences(contexts.logits, q) for name, q in imitators.items()
}

# %% [markdown]
# ## How much of a text is certain
#
# The distribution of the entropy over the places, beside that of the same places under random weights, which are open
# everywhere, and beside all places of the texts of another model of this book: a model that was taught a few phrases is
# certain far more often than one that speaks freely. The other model is also imitated, by a table of counts.

# %%
other = analysis.imitate_by_counts(
    "reasoner" if model == "smollm2" else "smollm2", profile, orders[-1],
    strength=strength, seed=seed,
)  # fmt: skip
entropy = distance[f"{orders[0]}-gram"]["entropy"]
near = entropy < analysis.NEAR_ZERO
certain = {"target": entropy, other.name: other.entropy}
pd.DataFrame({n: analysis.certainty(s) for n, s in certain.items()}).round(3)

# %% mystnb={"figure": {"name": "fig-zeros-entropy", "caption": "Share of the places at which the entropy of the next token lies below the value on the axis: the target, another model in its own texts, and random weights at the places of the target. Grey: what counts as near zero on this page. ln V is the entropy of a uniform choice."}} tags=["hide-input"]
blind = thermo.thermodynamics(-networks[corpus.control_of(model)], [1.0]).S[0]
figures.entropies({**certain, "random weights": blind}, n_tokens);

# %% [markdown]
# ## Shares of the divergence
#
# First the divergence itself, mean over the places. Total variation, the largest difference of the two
# probabilities of any event, is beside it: it lies between 0 and 1, while the divergence has no bound where $P$ is a
# spike and $Q$ misses it. What only the unbounded measure shows is a property of the measure.

# %%
overview = analysis.mean_distances(distance)
overview.round(3)

# %% [markdown]
# Compare *near zero* with *elsewhere* in each row: a place of the first kind may cost less than one of the second, and
# the many of them still hold much of the sum.
#
# Now the two limits of {eq}`eq-two-limits`, at every sixth place. Where the divergence is near $\ln V - S$ the imitator
# knows next to nothing, where it is near $\tfrac12 \Var \delta$ it is nearly right. The last three columns are the share
# of near-zero places in each, minus their part of the places: an imitator's *excess* should be that of the limit it is
# near to. The last rows are imitators made for this: the target's own logits with Gaussian errors of a given size.

# %%
some = slice(None, None, 6)
checked = {name: logits[some] for name, logits in imitators.items()}
checked |= analysis.blurred(contexts.logits[some], [0.1, 1.0, 10.0], seed=seed)
analysis.limit_table(contexts.logits[some], checked, questions[some]).round(3)

# %% [markdown]
# The figure sets the shares side by side.

# %% mystnb={"figure": {"name": "fig-zeros-shares", "caption": "Share of the divergence (circles) and of the total variation (squares) in each bin of the target's entropy, beside the share of the places (bars), for the table of counts that looks back furthest and the network that was trained longest. Where a mark lies above its bar, the bin holds more than its part."}} tags=["hide-input"]
best_network = list(networks)[-1]
best = [f"{orders[-1]}-gram", best_network]
figures.shares({name: distance[name] for name in best});

# %% [markdown]
# Now for every imitator, at all places: share of the divergence in the near-zero places minus their share of the places,
# with 95 % intervals over questions. The null is 0, a divergence that does not care for the entropy.

# %%
excess = {
    column: {
        name: analysis.excess_share(d, questions, column=column, seed=seed)
        for name, d in distance.items()
    }
    for column in ("kl", "variation")
}

# %% mystnb={"figure": {"name": "fig-zeros-excess", "caption": "Excess of near-zero places: their share of the divergence (circles) or of the total variation (squares) minus their share of the places. Right of 0 they hold more than their part, as the claim says. Lines: 95 % intervals, bootstrap over questions."}} tags=["hide-input"]
figures.excess(excess);

# %% [markdown]
# ## What is left at the end
#
# As the imitator grows, or is trained, where does the divergence stay? Each line is one bin, relative to its own beginning.

# %% mystnb={"figure": {"name": "fig-zeros-learning", "caption": "Mean divergence in near-zero places and elsewhere, along each family from the coarsest to the finest, relative to the coarsest. The line that stays higher is learned last."}} tags=["hide-input"]
families = {
    analysis.TABLES: list(tables), analysis.HEADS: list(heads), analysis.NETWORKS: trained
}  # fmt: skip
families = {name: members for name, members in families.items() if len(members) > 1}
figures.learning(overview, families);

# %%
falls = {
    family: analysis.slower(
        distance[members[0]], distance[members[-1]], questions, seed=seed
    )
    for family, members in families.items()
}
pd.DataFrame(falls, index=["slower by", "low", "high"]).T.astype(float).round(2)

# %% [markdown]
# Above 0 the divergence of the near-zero places falls more slowly than that of the others, by that logarithm.
#
# ## Verdict
#
# The first claim is judged for the imitator that knows nothing, for the finest of each family, and for tables of counts
# that imitate the other model: no best imitator is selected, since its being good decides the sign. The second is judged
# as the imitator grows, by the order of tables and by the rank of heads. Training is a row of its own, a reading of this
# book.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("thermo/entropy_zeros", model=model, profile=profile)
ledger.record_all(
    [
        analysis.judge_share(excess["kl"], families, corpus.control_of(model), other),
        *analysis.judge_falls(falls, families),
    ]
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Places of near-zero entropy hold a share of the divergence that exceeds their "
    "share of the text by {thermo.entropy_zeros.share} (below 0: falls short): "
    "{thermo.entropy_zeros.share:verdict}. As the imitator grows, the logarithm of "
    "their divergence lags behind that of all other places by "
    "{thermo.entropy_zeros.size} (below 0: leads): {thermo.entropy_zeros.size:verdict}."
    " As it is trained, by {thermo.entropy_zeros.slowest}: "
    "{thermo.entropy_zeros.slowest:verdict}."
)

# %% [markdown]
# What to take along:
#
# - How common near-zero entropy is depends on the model; look at its share before speaking of zeros as rare points, or as
#   the common case.
# - What an imitator loses at certain places depends on how good it is: from more than their part to less, between two
#   limits that hold for every language.
# - A sure target costs an imitator much *when it misses*, as the divergence has no bound there; the mean over all such
#   places says how often it misses. Look at both, and at a bounded distance beside them.
# - "The obstacle" can mean where the error is, or where it is left at the end. They are two questions.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The price of a missed spike
# :label: entropy-zeros-spike
# $P$ gives one token the probability 1. $Q$ gives it $q$. What are divergence and total variation? Which $q$ makes the
# divergence ten times the total variation?
# ```
#
# ```{solution-start} entropy-zeros-spike
# :class: dropdown
# ```
# $\mathrm{KL} = -\ln q$ and $\mathrm{TV} = 1 - q$. Ten times: $-\ln q = 10 (1 - q)$, near $q = 4.5 \cdot 10^{-5}$.

# %% tags=["solution"]
from scipy.optimize import brentq

print(f"q = {brentq(lambda q: -np.log(q) - 10 * (1 - q), 1e-8, 0.5):.2e}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Another border
# :label: entropy-zeros-border
# What counts as near zero is a choice. Move it from 0.01 to 1 nat. Does the sign of the excess depend on it?
# ```
#
# ```{solution-start} entropy-zeros-border
# :class: dropdown
# ```
# A column whose sign changes depends on the border, and so does what is said of that imitator. A border of 1 nat no
# longer asks about certainty.

# %% tags=["solution"]
borders = (0.01, 0.03, 0.1, 0.3, 1.0)
shares = {
    border: {
        name: float(analysis.excess_share(d, questions, below=border).value)
        for name, d in distance.items()
    }
    for border in borders
}
pd.DataFrame(shares).T.rename_axis("border, nats").round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Certain about what?
# :label: entropy-zeros-worst
# Which tokens come at the near-zero places where the best network errs most?
# ```
#
# ```{solution-start} entropy-zeros-worst
# :class: dropdown
# ```
# Read the list for what the tokens have in common: numbers that had to be computed, or words that any table of counts
# would know.

# %% tags=["solution"]
worst = distance[best_network]["kl"].where(near).nlargest(8)
after = [target.tokenizer.decode([int(contexts.tokens[i])]) for i in worst.index]
before = contexts.places["before"][worst.index].str[-40:]
pd.DataFrame({"text before": before.map(repr), "token": map(repr, after), "KL": worst})

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: entropy-zeros-your-model
# Take another target: `lmphys run thermo/entropy_zeros --model PATH`. What share of its places is near zero, and does
# the sign of the excess stay?
# ```
#
# ```{solution} entropy-zeros-your-model
# :class: dropdown
# A model that speaks freely has few places near zero, so that they can hold little of anything; compare shares with the
# share of the places, as the figures do. Where the sign stays with the measure and changes between the measures, it is
# a matter of the measure.
# ```
