# %% [markdown]
# (slowing-down)=
# # Does a chain of thought slow down before it goes wrong?
#
# A ball in a bowl comes back when it is pushed. Flatten the bowl, and it comes back ever more slowly, so its wandering
# grows and lasts longer: {term}`critical slowing down`. It has been used to warn of collapse in lakes, climates and
# patients {cite}`scheffer2009`, since it needs no knowledge of what the system is. This page asks whether it warns of a
# chain of thought that is about to go wrong, and first whether the method could see it in chains as short as these.
#
# The claim is a reading of {cite:t}`carson2025adversariality`, whose {ref}`equation <severity>` for the severity of an
# answer is announced with a transition towards which deviations last ever longer. If that is meant of language models,
# then the correlation from sentence to sentence must rise before the harm is done.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, simulations, nulls and bootstrap
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
rank: int = 10  # dimension k of the projection of the chains
window: int = 4  # sentences in the window that looks for a warning
match: list[str] = []  # what compared chains share besides length, such as task
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages import slowing_down as analysis

book.use_style()

# %% [markdown]
# ## A hollow that fades
#
# Where everything can be computed, in the {term}`potential` $U(x) = x^4 / 4 - b x^2 / 2$ of {eq}`eq-well`, let the
# hollow flatten, $b \to 0$ from below. As long as the bottom is a parabola, of curvature $k = \lvert b \rvert$, the
# variance is $D / k$ and the correlation over a time $t$ is $e^{-kt}$: both rise as $k$ falls. At the critical point
# itself the fourth power holds the ball, and the variance stays finite.

# %%
values = [-2.0, -1.5, -1.0, -0.7, -0.4, -0.2, -0.1, 0.0]
fading = analysis.fading(values, D=0.05, seed=seed)
fading.round(3)

# %% [markdown]
# Walkers and exact values agree, and both leave the linear law on the way to $b = 0$.

# %% mystnb={"figure": {"name": "fig-fading", "caption": "A hollow that flattens: variance (left) and correlation after one unit of time (right) against b. Dashed: the linear law, D / k and exp(−k t); line: exact; points: walkers. Both rise towards the critical point at 0, where the linear law ends."}} tags=["hide-input"]
analysis.fading_figure(fading);

# %% [markdown]
# ## The test on chains
#
# A window of a few sentences moves along the chain and looks back only. In it we compute the variance of the projected
# states about the mean of *all* chains, about the window's *own* mean, and their correlation from sentence to sentence.
# Kendall's $\tau$ says whether an indicator rises along the chain: 1 if at every pair of windows, $-1$ if it always
# falls {cite}`dakos2012`. Two events:
#
# - a **wrong answer**: all sentences but the last, which states it;
# - a **derailment**: the sentences *before* the first that goes astray, by its label where the corpus has labels (as
#   that of `reasoner` has), and elsewhere before the first sentence that repeats an earlier one. The other chains are
#   cut at places drawn from the same.
#
# The nulls: chains of the same length and position, and the same in `match`, that had no such event; and the same
# sentences in random order. Intervals are over questions. Three indicators and two events are six chances to be lucky,
# so each interval is taken so wide that all six together hold in 95 % (Bonferroni).
#
# **Can the test see it?** The first rows are chains that are known to slow down: linear maps with the lengths of the
# real chains, whose memory $r$ rises from 0.2 to 0.95 where the real chain ends wrong, and stays where it ends right.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
chains = dynamics.Projection(rank).fit(states).transform(states)
approaches = analysis.approaches(chains, window, seed=seed)

# %%
settings = {"n_bootstrap": 2000, "level": 1 - 0.05 / 6, "seed": seed}
table = analysis.compare(
    approaches, window, match=match, n_shuffles=400, **settings
)
columns = ["events", "others", "tau_event", "tau_other", "difference"]
columns += ["matched", "matched_low", "matched_high", "shuffled", "p"]
table[columns].round(3)

# %% [markdown]
# `difference` compares all chains, `matched` only like with like, `shuffled` is the mean of `matched` in random order
# and `p` the share of random orders that rise as much. One lesson comes from the first rows: look at `window_variance`
# where slowing down is *known*.

# %% mystnb={"figure": {"name": "fig-window-variance", "caption": "Why the textbook indicator fails on short chains. Variance of a linear map against its memory r: in truth (line), and as a window sees it about its own mean (markers, closed form). A short window cannot see the slow wandering: its variance hardly grows, or falls."}} tags=["hide-input"]
analysis.window_variance_figure(sorted({window, 10, 50, 200}));

# %% [markdown]
# Early-warning studies have hundreds of points in a window; a chain of thought has a handful. The variance about the
# mean of all chains does not have this fault: compare the first two rows. The figure adds the real chains:

# %% mystnb={"figure": {"name": "fig-warning", "caption": "Rise of three indicators before an event, minus that in matched chains without one. Lines: intervals over questions; grey bands: range of the same in random order; both 95 % for the six tests together. A warning is an interval to the right of 0 and of its band, as in the first group, where slowing down is known."}} tags=["hide-input"]
analysis.warning_figure(table);

# %% mystnb={"figure": {"name": "fig-approach", "caption": "Mean of two indicators against the number of sentences before the last, which states the answer, for chains that end right and wrong (at least five chains a point)."}} tags=["hide-input"]
analysis.approach_figure(approaches["wrong answer"], window);

# %% [markdown]
# Tasks differ in how hard they are and in how their chains move, and either may pass for a warning. The same among
# chains of one task and one length, where few are left to compare:

# %%
real = {kind: approaches[kind] for kind in ("wrong answer", "derailment")}
within = analysis.compare(real, window, match=["task"], n_shuffles=0, **settings)
within[["matched", "matched_low", "matched_high"]].round(3)

# %% [markdown]
# ## Verdict
#
# A warning counts here if its interval lies above 0 and its $p$ stays below 0.05 after multiplication by the number of
# tests.

# %%
analysis.warnings(table).round(3)

# %% tags=["hide-input"]
print(analysis.in_words(table))

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/slowing_down", model=model, profile=profile)
ledger.record_all(analysis.entries(table, window=window, rank=rank))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Before a wrong answer the correlation from sentence to sentence rises by "
    "{severity.slowing.wrong_answer} more (difference of Kendall's $\\tau$) than in "
    "matched chains that end right: {severity.slowing.wrong_answer:verdict}. Before a "
    "derailment it is {severity.slowing.derailment}: "
    "{severity.slowing.derailment:verdict}. A negative number is a fall, and the "
    "interval says which rises could have been missed."
)

# %% [markdown]
# What to take along:
#
# - An indicator has to be tried where the answer is known, at the length of the data, before it is believed anywhere
#   else.
# - A short window sees the fast part of a motion alone. Slowing down is in the slow part.
# - The chains here may be too short or too few. Run the page on longer ones, with labels:
#   `lmphys run reasoning/slowing_down --model reasoner`. What other signals know of the end of a chain is the subject
#   of {ref}`the page on early warning <early-warning>`.

# %% [markdown]
# ## Exercises
#
# ```{exercise} At the critical point
# :label: slowing_down-critical
# At $b = 0$ there is no parabola at the bottom of $a x^4 / 4 - b x^2 / 2$. Show that the variance is proportional to
# $\sqrt{D/a}$, find the factor, and compare with `DoubleWell.moment`. How does the relaxation time depend on $D$ there,
# and how on either side, $b < 0$ and $b > 0$?
# ```
#
# ```{solution-start} slowing_down-critical
# :class: dropdown
# ```
# With $x = (D/a)^{1/4} u$ the density becomes $e^{-u^4/4}$, free of $a$ and $D$, so $\langle x^2 \rangle = c
# \sqrt{D/a}$ with $c = 2\, \Gamma(3/4) / \Gamma(1/4)$. Time scales as $x^2 / D$, so the relaxation time is proportional
# to $1/\sqrt{aD}$. For $b < 0$ it tends to $1 / \lvert b \rvert$ as the noise fades, and diverges nowhere. For $b > 0$
# it is the time of escape and grows as $e^{\Delta U / D}$, faster than any power: the wells are already apart. Only at
# $b = 0$ does it diverge as a power.

# %% tags=["solution"]
from scipy.special import gamma


def relaxation(b, D):
    """Relaxation time of the potential with a = 1."""
    return 1 / FokkerPlanck(DoubleWell(1, b).force, D, -3, 3, 800).decay_rates(2)[1]


noises = [0.4, 0.2, 0.1, 0.05]
rows = {
    D: {
        "variance / √D at b = 0": DoubleWell(1, 0).moment(2, D) / D**0.5,
        "time · √D at b = 0": relaxation(0, D) * D**0.5,
        "time at b = −1": relaxation(-1, D),
        "time · exp(−ΔU / D) at b = 1": relaxation(1, D) * np.exp(-0.25 / D),
    }
    for D in noises
}
print("c =", round(2 * gamma(3 / 4) / gamma(1 / 4), 4))
pd.DataFrame(rows).T.rename_axis("D").round(4)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How long must a window be?
# :label: slowing_down-window
# Show that the variance of a window of $w$ steps about its own mean tends to $(w + 1) / 6$ times that of the noise as
# $r \to 1$. From which $w$ on is it larger there than without any memory?
# ```
#
# ```{solution-start} slowing_down-window
# :class: dropdown
# ```
# At $r = 1$ the state is a random walk, and half the mean square of a difference of two states is half their distance
# in time. The variance of a window is the mean of this over all pairs, and the mean distance of two of $w$ places is
# $(w + 1) / 3$. At $r = 0$ the variance is 1, so a window of more than 5 is needed.

# %% tags=["solution"]
for size in (4, 5, 6, 10, 50):
    limit = analysis.expected_window_variance(1 - 1e-6, size)
    print(f"w = {size}: {limit:.3f}, (w + 1) / 6 = {(size + 1) / 6:.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} How strong must a warning be?
# :label: slowing_down-power
# The control has a memory that rises from 0.2 to 0.95. Lower the end until the test no longer sees it with the real
# lengths and the real number of chains. What have the real chains thus excluded?
# ```
#
# ```{solution-start} slowing_down-power
# :class: dropdown
# ```

# %% tags=["solution"]
ends = (0.95, 0.8, 0.6, 0.4, 0.2)
softer = {
    end: analysis.softened(approaches["wrong answer"], end=end, seed=1) for end in ends
}
tried = analysis.compare(softer, window, n_shuffles=20, n_bootstrap=200)
tried["matched_low"].unstack("indicator").rename_axis("end").round(2)

# %% [markdown]
# The lower ends of the intervals of `matched`. Look from which end on they lie below 0: what is not seen at some end
# cannot be denied for the real chains either.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: slowing_down-model
# `lmphys run reasoning/slowing_down --model PATH`, with the folder of a model that writes long chains. Take a wider
# `window` where they allow it. How many chains of both kinds are left to compare, and do the first rows still see what
# is known to be there?
# ```
