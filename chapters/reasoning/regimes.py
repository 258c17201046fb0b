# %% [markdown]
# (regimes)=
# # How many regimes, and of what?
#
# One arrow for every thought leaves something over: the residual $\zeta_t$, what the next sentence does beyond what one
# linear map predicts ({ref}`drift`). {cite:t}`carson2025` see several heaps in it, take each heap for a *regime* of
# reasoning, and count them with a {term}`mixture of Gaussians <mixture>`,
#
# $$ p(\zeta_t) = \sum_{i=1}^{K} \pi_i \, \mathcal{N}(\zeta_t \mid \mu_i, \Sigma_i). $$ (eq-mixture)
#
# The information criteria are said to choose $K = 4$. The curve, the kind of covariance and the share of each regime
# are not given. As examples the paper names the four: systematic decomposition, answer synthesis, exploratory variance,
# failure loops.
#
# **The question of this page**, in two parts. Are there several heaps, or one heap with heavy tails? A mixture cannot
# say by itself, for it has only Gaussians to build with. And whatever the components are: what do their sentences have
# in common?
#
# For a physicist: does the landscape $-\ln p(\zeta)$ have several valleys, or one valley and a temperature that
# fluctuates from step to step? For an engineer: are these classes, or only a variance that is not constant?

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, splits, starts and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
rank: int = 40  # dimension k of the projection
n_regimes: int = 4  # the paper's number of regimes K
max_regimes: int = 8  # largest number that is tried
covariance: str = "full"  # of the regimes shown: full, tied, diag or spherical
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture

from lmphys import book
from lmphys import corpus, dynamics
from lmphys.stats.modes import dip_excess, dip_test
from lmphys.stats.tails import excess_kurtosis_interval, group_r2
from lmphys.stats.student import mardia_excess
from lmphys.dynamics.mixtures import COVARIANCES, STUDENT, against_student, choose_mixture, count_components, find_regimes
from lmphys.dynamics.nulls.simulated import linear_surrogates
from lmphys.pages.regimes.sentence_types import sentence_type
from lmphys.stats.alignment import alignment

book.use_style()

# %%
spec = corpus.default_spec(model, profile, tasks=tasks, prompt=prompt, seed=seed)
states = corpus.build_corpus(spec).trajectories("final_norm", position)
train, test = states.split(0.7, seed=seed)
projection = dynamics.Projection(rank)
inside = projection.fit(states).transform(states)
drift = dynamics.LinearDrift().fit(inside)
counts = range(1, max_regimes + 1)
print(f"{states.n_transitions} transitions of {len(states)} chains in {rank} dimensions")

# %% [markdown]
# ## Corpora with one heap
#
# A {term}`heavy tail` arises where the width of a Gaussian is drawn anew at each step. There is one centre and one
# mode, but two or three Gaussians of different width fit it better than one. So a mixture finds "regimes" where there
# are none, and the number it finds on the real chains says little until it stands beside the number that it finds on
# these:
#
# - **Gaussian twins:** chains that follow *one* linear map, with Gaussian noise of the residuals' covariance;
# - **heavy-tailed twins:** the same with noise from one multivariate Student t, of the same covariance and about the
#   same kurtosis. One heap, by construction;
# - **phase-randomised:** {term}`surrogates <surrogate>` that keep the mean and the linear correlations of each real chain.
#
# All have the lengths of the real chains, and pass through the same code.

# %%
corpora = {
    "real chains": states,
    "Gaussian twins": linear_surrogates(drift, inside, noise="gaussian", seed=seed),
    "heavy-tailed twins": linear_surrogates(
        drift, inside, noise="student", seed=seed
    ),
    "phase-randomised": dynamics.phase_randomise(inside, seed=seed),
}
found = {
    name: find_regimes(
        *traj.split(0.7, seed=seed),
        n_regimes,
        covariance=covariance,
        projection=projection,
        seed=seed,
    )
    for name, traj in corpora.items()
}

# %% [markdown]
# Do they look alike where they should, and is there more than one mode? Basis and map are learned on one part of the
# questions, and what follows is about the residuals of the others. The excess is Mardia's multivariate kurtosis
# {cite:p}`mardia1970`, 0 for a Gaussian. The dip test of {ref}`drift` asks for a second mode, in the lengths of the
# residuals and along the first direction; a small $p$ speaks for one.

# %%
pd.DataFrame(
    {
        name: {
            "root mean square": np.sqrt((r.residuals**2).sum(axis=1).mean()),
            "excess kurtosis": mardia_excess(r.residuals),
            "dip p, length": dip_test(np.linalg.norm(r.residuals, axis=1))[1],
            "dip p, direction 0": dip_test(r.residuals[:, 0])[1],
        }
        for name, r in found.items()
    }
).T.round(3)

# %% [markdown]
# ## Counting
#
# For each $K$ and each kind of covariance: the criteria BIC and AIC (lower is better; they charge for parameters), and
# the log density of chains that are held out by question, basis and map included (higher is better).

# %%
choices = {
    name: choose_mixture(
        traj,
        counts,
        covariances=COVARIANCES if name == "real chains" else ("full", "diag"),
        projection=projection,
        seed=seed,
    )
    for name, traj in corpora.items()
}
real = choices["real chains"]
student = real.loc[STUDENT]
picked = {name: count_components(table) for name, table in choices.items()}
picked["real chains"]

# %% [markdown]
# *Last that pays* is the number up to which each further component raises the held-out density by more than its
# interval. A choice of the largest number tried is no choice: the curve has not turned yet. If the number were a
# property of the model's thinking, it would not depend on the shape that we allow a heap to have.

# %% mystnb={"figure": {"name": "fig-regimes-count", "caption": "Mixtures on the real residuals, by number and shape of the components. Left: BIC per transition, lower is better; a ring marks the choice. Right: log density of held-out chains, higher is better, with 95 % intervals over chains of the difference to the dashed line. Dashed: one Student t, a single heap with heavy tails."}} tags=["hide-input"]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for kind, mark in zip(COVARIANCES, "osD^", strict=True):
    part = real.loc[kind]
    bic = part.bic / states.n_transitions
    (line,) = left.plot(part.index, bic, marker=mark, label=kind)
    best = bic.idxmin()
    left.plot(best, bic[best], "o", ms=13, mfc="none", color=line.get_color())
    right.plot(part.index, part.held_out, marker=mark)
    ends = [student.held_out + part[f"excess_{end}"] for end in ("low", "high")]
    right.fill_between(part.index, *ends, alpha=0.2)
left.axhline(student.bic / states.n_transitions, color="#222222", ls="--", lw=1)
right.axhline(student.held_out, color="#222222", ls="--", lw=1, label="one Student t")
left.set(xlabel="number of components K", ylabel="BIC per transition, nats")
right.set(xlabel="number of components K", ylabel="held-out log density, nats")
handles, names = left.get_legend_handles_labels()
handles += right.get_legend_handles_labels()[0]
figure.legend(handles, [*names, "one Student t"], loc="outside upper center", ncols=5);

# %% [markdown]
# **Does the paper's number stand out?** We ask that both criteria and the held-out density choose it, and that it is
# the last that pays. The same question for the corpora that have one heap:

# %%
every = pd.concat(picked, names=["corpus"])
every["stands out"] = (every == n_regimes).all(axis=1)
every

# %% mystnb={"figure": {"name": "fig-regimes-twins", "caption": "What BIC gains per transition over one component, on real chains and on corpora with one heap; a ring marks the choice. A gain above zero on the heavy-tailed twins is a count of regimes where there are none."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for ax, kind in zip(axes, ("full", "diag"), strict=True):
    for (name, table), mark in zip(choices.items(), "osD^", strict=True):
        bic = table.loc[kind].bic
        gain = (bic.iloc[0] - bic) / states.n_transitions
        (line,) = ax.plot(gain.index, gain, marker=mark, label=name)
        best = gain.idxmax()
        ax.plot(best, gain[best], "o", ms=13, mfc="none", color=line.get_color())
    ax.axhline(0, color="#222222", linewidth=0.9)
    ax.set(title=f"covariance {kind}", xlabel="number of components K")
    ax.set_ylim(bottom=max(ax.get_ylim()[0], -10))  # losses beyond tell no more
axes[0].set_ylabel("gain in BIC, nats")
figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=4);

# %% [markdown]
# Components that must be upright or round have one more reason to multiply: it takes several of them to tile one tilted
# or long ellipsoid. On the Gaussian twins there is nothing else to find.
#
# ## Several heaps against one heavy tail
#
# The fair rival of $K$ Gaussians is not one Gaussian but one multivariate Student t {cite:p}`liurubin1995`, which has a
# single parameter more than one Gaussian of full covariance. Below, the best mixture of each corpus against it, on
# held-out chains; and since a density in many dimensions asks much of a small corpus, in fewer dimensions too.

# %%
ranks = [k for k in (2, 5, 10) if k < rank]
rivals = ["real chains", "Gaussian twins", "heavy-tailed twins"]
by_rank = {
    (name, k): choose_mixture(
        corpora[name],
        counts,
        covariances=("full",),
        projection=dynamics.Projection(k),
        seed=seed,
    )
    for name in rivals
    for k in ranks
}
by_rank |= {(name, rank): choices[name] for name in rivals}
contest = pd.DataFrame(
    {key: against_student(table) for key, table in by_rank.items()}
).T.infer_objects()
contest = contest.rename_axis(["corpus", "dimensions"]).sort_index()
contest

# %% mystnb={"figure": {"name": "fig-regimes-tail", "caption": "The best mixture of full covariance minus one Student t, held-out log density, by the number of dimensions. Above zero the residuals have more shape than one heavy-tailed heap; below zero the tail is the better account. Bars: 95 % intervals over chains."}} tags=["hide-input"]
figure, ax = plt.subplots(figsize=(6.4, 3.4))
for name, mark in zip(rivals, "osD", strict=True):
    part = contest.loc[name]
    (line,) = ax.plot(part.index, part.excess, marker=mark, label=name)
    ax.vlines(part.index, part.low, part.high, color=line.get_color(), linewidth=2)
ax.axhline(0, color="#222222", linewidth=0.9)
ax.set(xscale="log", xlabel="dimensions k", ylabel="nats per transition")
ax.set_xticks([*ranks, rank], [str(k) for k in (*ranks, rank)])
ax.minorticks_off()
ax.legend();

# %% [markdown]
# Where the row of the real chains says *more than one tail* and that of the twins does not, the residuals have
# structure that a tail does not explain. What structure, the second half of the page asks. *One heavy tail* is the
# weaker verdict: in many dimensions each component pays for a matrix of its own, and a larger corpus may afford more
# of them. It says nothing where the Gaussian twins get it too, for a wide tail is also a guard against a covariance
# that is badly known.
#
# ## The picture of regimes
#
# The paper's Fig. 3 shows four components in the first two principal directions of the residuals. The same for our
# chains, and for the twins that have one heap:

# %% mystnb={"figure": {"name": "fig-regimes-plane", "caption": "Mixture of the paper's number of Gaussians on the first two principal components of held-out residuals (compare the paper's Fig. 3). Colours and letters are components, ellipses hold 86 % of each. A mixture draws clean borders, also through a single heap."}} tags=["hide-input"]
figure, axes = plt.subplots(1, 3, figsize=(9, 3.5), layout="constrained")
angle = np.linspace(0, 2 * np.pi, 100)
for ax, name in zip(
    axes, ("real chains", "heavy-tailed twins", "Gaussian twins"), strict=True
):
    plane = PCA(2).fit_transform(found[name].residuals)
    mixture = GaussianMixture(n_regimes, n_init=3, random_state=seed).fit(plane)
    label = mixture.predict(plane)
    for j in range(n_regimes):
        colour = book.style.PALETTE[j % len(book.style.PALETTE)]
        ax.scatter(*plane[label == j].T, s=8, alpha=0.5, color=colour)
        axis = 2 * np.linalg.cholesky(mixture.covariances_[j])
        ax.plot(
            *(mixture.means_[j][:, None] + axis @ [np.cos(angle), np.sin(angle)]),
            color=colour,
        )
        ax.annotate("abcdefgh"[j % 8], mixture.means_[j], weight="bold", ha="center")
    ax.set(title=name, xlabel="first direction")
axes[0].set_ylabel("second direction");

# %% [markdown]
# From here on the regimes are those of a mixture in all dimensions of the projection, learned on one part of the
# questions and read off the other; they are numbered from the quietest to the loudest. Do they differ in *where* a
# sentence leads, or only in *how far*? If regimes lead to different places, the mean of its regime explains much of a
# residual's variance. If they differ in size alone, it explains little, as in the heavy-tailed twins.

# %%
regimes = found["real chains"]
projected = dynamics.Projection(rank).fit(train).transform(test)
rows, chain = test.sources(), test.pairs()[2]
steps = projected.increments()
regimes.profile(steps).round(2)

# %%
where = {
    name: group_r2(
        r.residuals,
        r.labels,
        traj.split(0.7, seed=seed)[1].pairs()[2],
        seed=seed,
    ).r2
    for (name, r), traj in zip(found.items(), corpora.values(), strict=True)
}
pd.Series(where, name="variance explained by the mean of the regime").to_frame()

# %% mystnb={"figure": {"name": "fig-regimes-state", "caption": "Left: held-out states in the first two directions, coloured by the regime of the step that leaves them, with the mean step of each regime as an arrow. Right: lengths of the residuals by regime (compare the paper's Fig. 2). Regimes that are shells of one heap share a place and differ in length."}} tags=["hide-input"]
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
length = np.linalg.norm(regimes.residuals, axis=1)
edges = np.linspace(0, length.max(), 40)
here = projected.states[rows, :2]
for j in np.unique(regimes.labels):
    mine = regimes.labels == j
    colour = book.style.PALETTE[j % len(book.style.PALETTE)]
    left.scatter(*here[mine].T, s=7, alpha=0.35, color=colour)
    outline = {"histtype": "step", "lw": 2, "color": colour, "label": f"regime {j}"}
    right.hist(length[mine], edges, **outline)
for j in np.unique(regimes.labels):
    mine = regimes.labels == j
    start, stop = here[mine].mean(0), here[mine].mean(0) + steps[mine, :2].mean(0)
    arrow = {"arrowstyle": "-|>", "lw": 2.5, "shrinkA": 0, "shrinkB": 0}
    left.annotate("", stop, start, arrowprops=arrow)
    left.annotate(
        str(j), start, (0, 9), textcoords="offset points", ha="center", weight="bold"
    )
left.set(xlabel="first direction", ylabel="second direction")
right.set(xlabel="length of the residual", ylabel="transitions")
right.legend();

# %% [markdown]
# ## What the regimes follow
#
# For each label of a sentence: how much does it tell about the regime? The {term}`normalised mutual information` is 0
# where the label tells nothing and 1 where the two are the same partition. A label with many classes scores above 0 by
# chance, so each score stands beside two nulls: labels dealt out anew (`any`), and labels exchanged between chains at
# the same place (`place`). What passes the first and not the second only follows the place in the chain.
#
# The type of a sentence is guessed by a rule from its surface: question, conclusion ("so", "the answer is"), equation,
# list item, or plain statement. *This* sentence is the one that the step leaves, *next* the one it arrives at.

# %%
token = test.sentences[f"{position}_token"].to_numpy()
types = test.sentences["text"].map(sentence_type).to_numpy()
place = test.sentences["t"].to_numpy()[rows]
labels = {
    "token, this sentence": token[rows],
    "token, next sentence": token[rows + 1],
    "type, this sentence": types[rows],
    "type, next sentence": types[rows + 1],
    "place in the chain": np.minimum(place, 9),
    "task": test.chains["task"].to_numpy()[chain],
    "correct": test.chains["correct"].to_numpy()[chain],
}
if "phase" in test.sentences:  # labelled chains
    labels["phase, next sentence"] = test.sentences["phase"].to_numpy()[rows + 1]
settings = {
    "chains": chain,
    "groups": test.chains["question_id"].to_numpy()[chain],
    "seed": seed,
}
columns = ["classes", "nmi", "low", "high", "any", "place", "place_high"]
columns += ["p_any", "p_place", "verdict"]
aligned = alignment(regimes.labels, labels, positions=place, **settings)
aligned = aligned.reindex(columns=columns)  # on a tiny corpus some are missing
aligned.round(3)

# %% mystnb={"figure": {"name": "fig-regimes-alignment", "caption": "How much a label tells about the regime, on held-out questions. Dots: normalised mutual information. Grey bars: what labels exchanged between chains at the same place reach (mean, and up to its 95 % point as a line)."}} tags=["hide-input"]
shown = aligned.dropna(subset="nmi").sort_values("nmi")
height = np.arange(len(shown))
figure, ax = plt.subplots(figsize=(7, 1.6 + 0.36 * len(shown)))
ax.barh(height, shown.place, color="#bbbbbb", label="labels exchanged at the same place")
ax.hlines(height, shown.place, shown.place_high, color="#555555", lw=2)
ax.plot(shown.nmi, height, "o", color=book.style.BLUE, ms=9, label="labels as they are")
ax.set_yticks(height, shown.index)
ax.set_xlabel("normalised mutual information with the regime")
ax.grid(visible=False, axis="y")
ax.legend(loc="lower right");

# %% [markdown]
# The tokens of the next sentence's end, by regime. Each row adds up to 1; a regime with a token of its own is a regime
# of punctuation.

# %%
common = pd.Series(labels["token, next sentence"]).value_counts().index[:7]
ending = [
    repr(x) if x in set(common) else "others" for x in labels["token, next sentence"]
]
pd.crosstab(
    pd.Series(regimes.labels, name="regime"),
    pd.Series(ending, name="token, next sentence"),
    normalize="index",
).round(2)

# %%
pd.crosstab(
    pd.Series(regimes.labels, name="regime"),
    pd.Series(labels["type, next sentence"], name="type, next sentence"),
    normalize="index",
).round(2)

# %% [markdown]
# Is there anything left once the token is the same? The commonest token on both sides, and nothing else:

# %%
usual = common[0]
same = (token[rows] == usual) & (token[rows + 1] == usual)
rest = {name: x[same] for name, x in labels.items() if not name.startswith("token")}
left_over = alignment(
    regimes.labels[same],
    rest,
    positions=place[same],
    chains=chain[same],
    groups=settings["groups"][same],
    seed=seed,
)
print(f"{same.sum()} of {len(same)} transitions, from {usual!r} to {usual!r}")
left_over.filter(["classes", "nmi", "any", "place", "p_any", "p_place", "verdict"])

# %% [markdown]
# ## Read them
#
# Numbers aside: sentences of each regime, the surest of it, with the sentence before.

# %%
text = test.sentences["text"].str.slice(0, 80).to_numpy()
examples = pd.DataFrame(
    {
        "regime": regimes.labels,
        "sure": regimes.probability,
        "this sentence": text[rows],
        "next sentence": text[rows + 1],
    }
)
examples = examples.sample(frac=1, random_state=seed).sort_values(
    "sure", ascending=False, kind="stable"
)
examples = examples.drop_duplicates("next sentence").groupby("regime").head(4)
examples.sort_values("regime", kind="stable").set_index("regime").drop(columns="sure")

# %% [markdown]
# ## Verdict
#
# The paper does not say which covariance it means; each is a definition, and each stands beside the same count on
# corpora with one heap.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/regimes", model=model, profile=profile)

chosen = {
    name: {
        f"{criterion}, {kind}": float(row[criterion])
        for kind, row in table.iterrows()
        for criterion in ("BIC", "AIC")
    }
    for name, table in picked.items()
}
ledger.record(
    "slds.regimes.k",
    chosen.pop("real chains"),
    controls=chosen,
    note=f"K up to {max_regimes}, {rank} dimensions, {position} token",
)
tails = {
    name: excess_kurtosis_interval(
        r.residuals, corpora[name].split(0.7, seed=seed)[1].pairs()[2], seed=seed
    )
    for name, r in found.items()
}
ledger.record(
    "slds.residual.heavy_tails",
    tails["real chains"],
    controls={"Gaussian twins": float(tails["Gaussian twins"].value)},
    note=f"map and residuals in {rank} dimensions, held out by question",
)
ledger.record(
    "slds.residual.projected_multimodal",
    dip_excess(length, seed=seed),
    note=f"map and residuals in {rank} dimensions, held out by question",
)
ledger.show()

# %% [markdown]
# And what are the regimes? Computed from the tables above:

# %% tags=["hide-input"]
beyond = aligned[aligned.verdict == "beyond position"].nmi.sort_values(ascending=False)
remains = left_over[left_over.verdict == "beyond position"]
winner = contest.loc[("real chains", rank)]
pd.Series(
    {
        f"K = {n_regimes} stands out (shapes of {len(picked['real chains'])})": int(
            every.loc["real chains", "stands out"].sum()
        ),
        f"best mixture against one Student t, {rank} dimensions, nats": (
            f"{winner.excess:.2f} [{winner.low:.2f}, {winner.high:.2f}]"
        ),
        "labels that tell more than place, most first": ", ".join(
            f"{name} ({value:.2f})" for name, value in beyond.items()
        )
        or "none",
        "the same, where the tokens are equal": ", ".join(remains.index) or "none",
    },
    name="found",
).to_frame()

# %% [markdown]
# What to take along:
#
# - A mixture counts Gaussians. Heavy tails, tilted heaps and more data each raise the count; only a corpus that has the
#   tail and no regimes says how much of it to believe.
# - The number of components depends on the shape allowed, on the dimension and on the criterion. A number that is a
#   property of the model's thinking would not.
# - Ask what the members of a component have in common before naming it, and begin with the dullest candidate: the token
#   whose state was read. {cite:p}`complearn2026` fitted switching models to a reasoning model of 8 billion parameters:
#   the states followed position and kind of token, and not the annotated phases.
#
# A mixture sees each step by itself. A switching model also uses their order, and asks whether regimes help to see the
# next step coming ({ref}`fitting`).

# %% [markdown]
# ## Exercises
#
# (regimes-exercise)=
# ```{admonition} Exercise 1: how much of a tail is a second heap worth?
# :class: tip
# Draw $n$ numbers from a Student t with 5 degrees of freedom, and let BIC choose among one to four Gaussians, for
# $n$ from 100 to 30,000. Where does the count come from, and does it converge?
# ```
#
# ```{dropdown} Solution
#     rng = np.random.default_rng(seed)
#     for n in (100, 300, 1000, 3000, 10_000, 30_000):
#         x = rng.standard_t(5, size=(n, 1))
#         bic = [GaussianMixture(K, n_init=2, random_state=0).fit(x).bic(x) for K in (1, 2, 3, 4)]
#         print(n, 1 + int(np.argmin(bic)))
#
# No finite mixture is the t, so each further Gaussian gains a little per number, while its price grows with $\ln n$
# alone. The count rises with the size of the corpus, and measures it.
# ```
#
# ```{admonition} Exercise 2: take the token away
# :class: tip
# Subtract from each held-out residual the mean residual of its next sentence's token, in five dimensions. How many
# components does BIC choose before and after? Which null does the comparison need?
# ```
#
# ```{dropdown} Solution
#     z = regimes.residuals[:, :5]
#     frame, tokens = pd.DataFrame(z), pd.Series(ending)  # rare tokens together
#     dealt = tokens.sample(frac=1, random_state=seed).to_numpy()
#     versions = {
#         "as it is": z,
#         "token taken away": z - frame.groupby(tokens.to_numpy()).transform("mean").to_numpy(),
#         "tokens dealt anew": z - frame.groupby(dealt).transform("mean").to_numpy(),
#     }
#     for name, x in versions.items():
#         bic = {K: GaussianMixture(K, n_init=3, random_state=0).fit(x).bic(x) for K in counts}
#         print(name, min(bic, key=bic.get), round(mardia_excess(x), 2))
#
# Subtracting means takes a little of any residual away, so the null is the same with tokens dealt anew. A component
# that goes with the true tokens and stays with the others was a token. One that stays with both was not, or is the
# tail.
# ```
#
# ```{admonition} Exercise 3: the paper's order
# :class: tip
# The paper fits the linear map in all $D$ dimensions and projects its residuals; this page projects first. Compare the
# two on the transitions of the fit and on held-out ones. Why does it matter here?
# ```
#
# ```{dropdown} Solution
#     basis = dynamics.Projection(rank).fit(train)
#     wide = dynamics.LinearDrift().fit(train)
#     narrow = dynamics.LinearDrift().fit(basis.transform(train))
#     for name, part in (("fit", train), ("held out", test)):
#         zeta = wide.residuals(part) @ basis.basis_
#         print(name, round(float((zeta**2).sum(1).mean()), 1), round(float((narrow.residuals(basis.transform(part)) ** 2).sum(1).mean()), 1))
#
# Where there are hardly more transitions than coefficients, the wide map explains the chains that it was fitted to, and
# not the others. A mixture learned on the residuals of the fit then describes what nobody will see again.
# ```
#
# ```{admonition} Exercise 4: are these the regimes of the text or of the network?
# :class: tip
# Run the page with `--model random:smollm2`: the same chains, read by a network with random weights. Which labels do
# the regimes of untrained states follow?
# ```
#
# ```{dropdown} Solution
# `lmphys run reasoning/regimes --model random:smollm2`, and compare {numref}`fig-regimes-alignment`. What the random
# network has too belongs to the text and its punctuation, and not to anything that was learned.
#
#     print(aligned.nmi.round(3).to_dict())
# ```
