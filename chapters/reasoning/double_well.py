# %% [markdown]
# (double-well)=
# # Two wells and the hill between them
#
# A ball lies in a landscape with two hollows and is kicked at random: where is it found, and how often does it cross
# the hill? This is the simplest thing in physics that has {term}`regimes <regime>`, and it can be solved. The page
# solves it in closed form, with walkers and on a grid, and then asks what is left of it when one looks only once per
# sentence.
#
# {cite:t}`carson2025` ask the reader to picture a chain of thought in this way (App. E): regimes are hollows, changes
# of mind are escapes. Their equation is the {term}`Langevin equation` of a double well,
#
# $$ \dd x = -U'(x)\, \dd t + \sqrt{2D}\, \dd W, \qquad U(x) = \tfrac{a}{4} x^4 - \tfrac{b}{2} x^2, $$ (eq-well)
#
# with noise of strength $D$. Nothing in it is estimated from data there. Two sentences of the appendix can be tested
# all the same: that the density has two modes where $D < b^2 / 4a$, and that walkers change wells at a rate
# proportional to $e^{-\Delta U / D}$, with $\Delta U = b^2 / 4a$ the height of the hill.

# %% tags=["parameters"]
model: str = "smollm2"  # smollm2, random:smollm2, reasoner, org/name, or a folder
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of questions, draws and walkers
tasks: list[str] = []  # tasks or .jsonl files; none: those of the profile
prompt: str = "chat"  # or a text with {question}, where there is no chat template
max_tokens: int | None = None  # longest chain; none: 200, of the reasoner 360
layer: int = -1  # block after which states are read; -1: after the final norm
a: float = 1.0  # stiffness of the potential far out
b: float = 1.0  # minus its curvature at 0; positive, for two wells
rank: int = 10  # dimension k of the projection of the chains
position: str = "boundary"  # boundary (ends a sentence) or after (follows it)

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book, corpus, dynamics
from lmphys.dynamics.fokker_planck import FokkerPlanck
from lmphys.dynamics.langevin import DoubleWell
from lmphys.pages import double_well as analysis

book.use_style()

# %% [markdown]
# ## A landscape to play with
#
# Move the sliders. On the left is the {term}`potential`, the landscape itself; on the right, where a ball is found in
# the long run, $p(x) = e^{-U(x)/D} / Z$. Take $b$ from negative to positive, and then raise the noise.

# %% tags=["hide-input"]
analysis.landscape(a, b, D=0.1)

# %% [markdown]
# *The double well under two sliders (in print: at the values where the page starts). At $b = 0$ one hollow
# turns into two; $D$ moves no peak, it only fills the valley.*
#
# ## When are there two modes?
#
# The paper calls the density bimodal for $D < b^2/4a$. But $e^{-U/D}$ has its peaks where $U$ has its hollows, whatever
# $D$ is: the number of modes is decided by the sign of $b$. What the noise decides is how deep the valley is,
# $p(0) / p(\sqrt{b/a}) = e^{-\Delta U / D}$, hence how long a ball stays on one side, and whether a *sample* shows two
# modes. The last column is the $p$ of the dip test on 500 independent draws.

# %%
well = DoubleWell(a, b)
ratios = [0.1, 0.2, 0.5, 0.9, 1.1, 2.0, 5.0, 10.0]
modes = analysis.modes_by_noise(well, ratios, seed=seed)
modes.round(3)

# %% [markdown]
# So $D = \Delta U$ is a fair mark for *hardly any waiting*, and no mark at all for the number of modes. A clean bimodal
# histogram is evidence for hollows; the lack of one is not evidence against them.
#
# ## Walkers and cells
#
# Does a simulation agree? Walkers follow {eq}`eq-well` in small steps, and their histogram is set beside the closed
# form. A second way needs no walkers: the {term}`Fokker–Planck equation` moves the density itself, here from cell to
# cell, so that what leaves one cell enters the next.

# %%
spread = analysis.spread(well, well.barrier / 2, times=(2, 30), seed=seed)
spread.agreement().to_frame("value").map("{:.3g}".format)

# %% [markdown]
# The three variances are found independently of each other. The figure shows how the density gets there.

# %% mystnb={"figure": {"name": "fig-well-density", "caption": "Walkers that all start in the left well, after 2 and after 30 units of time, as histograms; the lines are the Fokker–Planck equation at these times, the dashed line is the closed form of the long run."}} tags=["hide-input"]
analysis.spreading_figure(spread);

# %% [markdown]
# ## How often is the hill crossed?
#
# For a hill much higher than the noise {cite:t}`kramers1940` found the rate of escape from one well,
#
# $$ r = \frac{\sqrt{U''(x_\mathrm{well})\, \lvert U''(0) \rvert}}{2\pi}\, e^{-\Delta U / D}, $$ (eq-kramers)
#
# the {term}`Kramers rate`. Three checks, each on its own: walkers that are timed until they reach the bottom of the
# other well, with a Poisson interval; the exact mean of that time; and the smallest rate of the Fokker–Planck equation,
# which is $2r$ as two wells empty into each other.

# %%
escapes = analysis.escape_rates(well, [1, 2, 3, 4, 5, 6], seed=seed)
escapes.map("{:.2e}".format)

# %% mystnb={"figure": {"name": "fig-kramers", "caption": "Rate of escape over the barrier against its height in units of the noise. Bars: 95 % intervals of the timed walkers. Right: each divided by the Kramers rate, which is a limit for high barriers; where the curves leave 1 is its range of validity."}} tags=["hide-input"]
analysis.escape_figure(escapes);

# %% [markdown]
# Look at the left end of the right panel: where the barrier is as high as the noise, "the" rate depends on whom one
# asks, for there is no waiting in a well. That is what the paper's condition $D < b^2/4a$ really divides. And look at
# the right end: Kramers' rate is approached slowly (the second exercise says how slowly).
#
# ## Looking once per sentence
#
# A chain gives one state a sentence, and the models of this book are maps, $h_{t+1} = A h_t + c + \xi_t$. At the bottom
# of a hollow of curvature $k$, {eq}`eq-well` is linear, and looked at every $\Delta t$ it *is* a map, with no
# approximation:
#
# $$ x_{t+1} = e^{-k \Delta t} x_t + \xi_t, \qquad \Var \xi_t = \tfrac{D}{k} \left(1 - e^{-2k\Delta t}\right). $$ (eq-ou)
#
# The quick way from the equation to a map is one Euler step, which reads $M = A - I$ as $-k \Delta t$. For short steps
# that is the same; a sentence is no short step.

# %%
analysis.euler_steps([0.01, 0.1, 0.5, 1.0, 1.9, 2.1]).round(3)

# %% [markdown]
# The variance is in units of the true one, $D/k$; Euler's is too large by $1 / (1 - k \Delta t / 2)$ and blows up at 2.
#
# And the real map? Each eigenvalue $\lambda$ of $A$ would come from a restoring rate $k = -\ln \lambda$ per sentence;
# the Euler reading is $1 - \lambda$. A lone negative $\lambda$ comes from no such equation: no smooth motion along a
# line changes sides each time one looks. The second column is the control, the same sentences in random order.

# %%
spec = corpus.default_spec(
    model, profile, tasks=tasks, prompt=prompt, max_tokens=max_tokens, layer=layer,
    seed=seed,
)
states = corpus.build_corpus(spec).trajectories(position=position)
chains = dynamics.Projection(rank).fit(states).transform(states)
versions = {
    "real chains": chains,
    "shuffled order": dynamics.shuffle_order(chains, seed=seed),
}
maps = {name: dynamics.LinearDrift().fit(traj).A_ for name, traj in versions.items()}
pd.DataFrame({name: analysis.spectrum(A) for name, A in maps.items()}).round(3)

# %% [markdown]
# Compare the columns before speaking of slow modes: shuffled chains have no dynamics, and what is left of their largest
# eigenvalue is the difference between chains.

# %% [markdown]
# ## Verdict
#
# The first claim has two readings: weak noise suffices for two modes, or it is needed. Each is judged by the share of the
# noises of the table for which it is true. The second claim is judged by the slope of the logarithm of the walkers' rate,
# for barriers of $3 D$ and more.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/double_well", model=model, profile=profile)
ledger.record_all(analysis.entries(modes, escapes))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "That the density has two modes where the noise is below the barrier is true for "
    "this share of the noises tried, read as *where* or as *nowhere else*: "
    "{slds.langevin.bimodal} ({slds.langevin.bimodal:verdict}). "
    "The logarithm of the rate of escape changes by {slds.langevin.switching} for each "
    "unit of $\\Delta U / D$, against {slds.langevin.switching:paper}: "
    "{slds.langevin.switching:verdict}."
)

# %% [markdown]
# What to take along:
#
# - The number of modes and the height of a barrier are two things. Histograms show the first, waiting times the second.
# - Kramers' rate is a limit. At barriers of a few $D$ it is a fair guess, and not the rate.
# - A map per sentence is not an Euler step. Its eigenvalues give rates through the logarithm, if they give any.
#
# What happens as a hollow fades, $b \to 0$, is the subject of {ref}`the page on slowing down <slowing-down>`; another
# paper's equation of the same kind that of {ref}`the page on severity <severity>`.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Waiting for a change of mind
# :label: double_well-waiting
# By how much does the mean waiting time grow when the noise is halved, for a barrier of $4D$ before? First by
# {eq}`eq-kramers`, then by the exact mean time.
# ```
#
# ```{solution-start} double_well-waiting
# :class: dropdown
# ```
# The prefactor does not depend on $D$, so by Kramers the time grows by $e^{8 - 4} = e^4$. The exact mean time:

# %% tags=["solution"]
def mean_time(height):
    """Mean time from one well to the other over a barrier of so many D."""
    end = 3 * well.well
    cells = FokkerPlanck(well.force, well.barrier / height, -end, end, 1000)
    return cells.passage_time(-well.well, well.well)


pd.Series({"Kramers": np.exp(4), "exact": mean_time(8) / mean_time(4)}).round(1)

# %% [markdown]
# The exact factor is a little smaller: at $4D$ a ball takes longer than Kramers says, and at $8D$ less so.
# ```{solution-end}
# ```
#
# ```{exercise} How slowly does Kramers' rate become exact?
# :label: double_well-correction
# Write the mean time as $\frac{1}{r} \left( 1 + c\, D / \Delta U + \dots \right)$ and find $c$, by numbers or by the
# next order of both integrals of the mean time, at the bottom and at the top. What does it do to the slope that the
# claim is about?
# ```
#
# ```{solution-start} double_well-correction
# :class: dropdown
# ```

# %% tags=["solution"]
heights = np.array([5, 10, 20, 25])
excess = [mean_time(h) * well.kramers_rate(well.barrier / h) - 1 for h in heights]
pd.Series(heights * excess, index=heights, name="c").rename_axis("ΔU / D").round(3)

# %% [markdown]
# The bottom, with $U'' = 8 \Delta U$, $U''' = U'''' = 24 \Delta U$ in units of the distance to the well, gives
# $\frac{5 \cdot 24^2}{24 \cdot 8^3} - \frac{24}{8 \cdot 8^2} = \frac{3}{16}$, the top $\frac{24}{8 \cdot 4^2} =
# \frac{3}{16}$: together $c = 3/8$, towards which the numbers fall. The slope of $\ln r$ against $h = \Delta U / D$ is
# then about $-1 + c / h^2$, a little flatter than $-1$, as the note beside the verdict says of the Fokker–Planck rate.
# ```{solution-end}
# ```
#
# ```{exercise} A negative eigenvalue
# :label: double_well-negative
# A lone negative eigenvalue comes from no smooth motion along a line. Which motion in a plane, looked at once per
# sentence, gives a *pair* of equal negative eigenvalues?
# ```
#
# ```{solution-start} double_well-negative
# :class: dropdown
# ```
# A spiral that turns by half a circle between two looks, at a rate $k$ of decay: both eigenvalues are $-e^{-k}$.

# %% tags=["solution"]
from scipy.linalg import expm

spiral = np.array([[-0.5, -np.pi], [np.pi, -0.5]])
print(np.linalg.eigvals(expm(spiral)).round(6), -np.exp(-0.5).round(6))

# %% [markdown]
# Turning by one and a half circles gives the same map. One look a sentence cannot tell them apart; nor can it tell a
# spiral from a map that was never continuous.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: double_well-model
# `lmphys run reasoning/double_well --model PATH`: the wells stay as they are, the table of eigenvalues changes. Is the
# largest eigenvalue of your chains larger than that of the same sentences in random order? Are there negative ones, and
# do they stay with another `rank`?
# ```
