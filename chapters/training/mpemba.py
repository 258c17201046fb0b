# %% [markdown]
# (mpemba)=
# # Does the hotter training win?
#
# Put two pots of water into a freezer, one hot and one lukewarm. Can the hot one freeze first? Now put two trainings
# side by side, one with a high learning rate and one with a low one, and lower both to the same small rate. Can the
# one with the high rate, whose loss is worse, end up better? And if it does, is that physics, or has it just walked
# farther?
#
# The first is the {term}`Mpemba effect`. {cite:t}`liu2025mpemba` propose that the second is the same, and that it is
# why learning rates are kept high for long and lowered at the end. (We could read the abstract of the paper and
# summaries of it, not its text.)

# %% [markdown]
# The picture is that of a river in a valley. The loss is steep *across*, in a direction $x$, and nearly flat *along*,
# in $y$:
#
# $$ \ell(x, y) = c(y) + \tfrac12\, a(y)\, x^2 . $$ (eq-river)
#
# Each update follows a gradient that is known from a few examples only, so it is noisy; with noise of variance $s^2$
# in each component and learning rate $\eta$, stochastic gradient descent (SGD) is a particle at a temperature
# $T = \eta s^2 / 2$. Across, it comes to rest at once. Along, it then feels a *free energy*, the height plus what the
# width is worth:
#
# $$ F_T(y) = c(y) + \tfrac T2 \ln a(y) , $$ (eq-river-free-energy)
#
# which at $s^2 = 2$ is the $F_\eta$ of the paper. To lower the learning rate suddenly is to *quench*. This page asks
# in four steps: can it happen at all (exactly)? Does it happen to SGD on such a loss? Does it happen to a language
# model? And is the noise of SGD a bath with a temperature in the first place?

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of walkers, of the live training and of the bootstrap
n_walkers: int = 16000  # SGD walkers of each ensemble
n_cells: int = 400  # cells of the river
live_updates: int = 100  # updates of each plateau that is trained here
lag: int = 10  # updates between the two moments of an area
folder: str = ""  # quenches of your own (of the campaign), beside those of the book

# %% tags=["hide-input"]
import numpy as np
import pandas as pd
from scipy.linalg import expm

from lmphys import book
from lmphys.pages import mpemba as analysis
from lmphys.pages.mpemba import bath, comparisons, figures
from lmphys.pages.mpemba.quenches import RECIPE

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_walkers, n_cells, live_updates = 400, 200, 16

# %% [markdown]
# ## A gorge, a pool and a shelf
#
# Our river has a narrow gorge on the left, a barrier, a pool that lies deeper, and to the right of it a high shelf
# where the valley is wide. Its temperature is lowered to $T_f = 0.1$ at the time 0.

# %%
FINAL, COOL = 0.1, 0.2
gorge = analysis.Quench(analysis.gorge_and_pool(), FINAL, n_cells)
even = analysis.Quench(analysis.gorge_and_pool(widening=0.0), FINAL, n_cells)
well = analysis.Quench(analysis.single_well(), FINAL, n_cells)
strong = gorge.strong_point(0.3, 2.0)
pd.Series({
    "second rate": gorge.modes.rates[1], "third rate": gorge.modes.rates[2], "a_2 = 0 at T / T_f": strong / FINAL,
}).to_frame("").round(4)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-mpemba-river", "caption": "Left: bottom of the river, its width (shaded: proportional to the spread of x at one temperature), and the free energy when it is hot, up to a constant. Right: density along the river at rest at three temperatures; heat fills the gorge first and the shelf later."}} tags=["hide-input"]
figures.river(gorge.river, (FINAL, COOL, strong));

# %% [markdown]
# How does a density come to rest after a quench? By the Fokker–Planck equation, whose solution is a sum of *modes*,
# each dying out at a rate of its own:
#
# $$ p(y, t) = p_{T_f}(y) + \sum_{k \ge 2} a_k\, e^{-\lambda_k t}\, r_k(y) , \qquad 0 < \lambda_2 < \lambda_3 < \dots $$ (eq-river-modes)
#
# After a while only the second is left: here the slow leak from the gorge over the barrier into the pool. Whoever
# starts with the least of it, $|a_2|$, wins. Heat alone does not decide that. A *warm* start has put too many walkers
# into the gorge. A *hot* one has spread them over the wide shelf, from where they run into the pool at once. Between
# the two there is a temperature at which $a_2 = 0$, the {term}`strong Mpemba point`
# {cite:p}`luraz2017,klich2019`.
#
# First the check by brute force: a chain of cells that hop to their neighbours is a matrix, and its exponential is the
# solution.

# %%
coarse = analysis.Quench(gorge.river, FINAL, 80)
p, exact = coarse.start(strong), coarse.river.relaxation(FINAL, 80)
by_force = expm(exact.generator() * gorge.between) @ p
by_modes = coarse.modes.evolved(p, np.array([gorge.between]))[0]
print(f"largest difference of modes and matrix exponential: {np.abs(by_modes - by_force).max():.1e}")

# %% mystnb={"figure": {"name": "fig-mpemba-amplitudes", "caption": "Amplitude of the slowest mode against the temperature of the start. Where the curve is not monotone there are pairs of which the hotter has less of it; where it crosses 0 it has none. The same river in a valley of one width, and a single well, for comparison."}} tags=["hide-input"]
figures.amplitudes({"gorge and pool": gorge, "valley of one width": even, "single well": well}, np.geomspace(FINAL, 12 * FINAL, 40), strong);

# %% [markdown]
# The width does it: with the same heights and a valley of one width the amplitude keeps its sign. And in a single
# well the first odd mode is never excited, so look at its distance from equilibrium itself. It is a Gaussian at all
# times, and its relative entropy is known in closed form: with the variance over the final one,
# $r = 1 + (T / T_f - 1)\, e^{-2kt}$,
#
# $$ D(t) = \tfrac12 (r - 1 - \ln r) , \qquad \frac{\partial D}{\partial T} = \tfrac12 \Big(1 - \frac1r\Big) \frac{e^{-2kt}}{T_f} > 0 , $$ (eq-single-well)
#
# so that the hotter start is farther away *at every time*. A valley that narrows evenly, $\ln a = m y$, only shifts
# the centre by an amount that grows with $T$, too. A single well is the {term}`control` without the effect.

# %%
temperatures = {
    gorge.river.name: np.geomspace(1.3, 12, 8) * FINAL, well.river.name: np.geomspace(1.3, 4.5, 8) * FINAL,
}
crossed = {each.river.name: analysis.crossing_share(each, temperatures[each.river.name])[0] for each in (gorge, well)}
times = np.array([0.5, 1.0, 2.0])
off = well.relative_entropy(COOL, times) / analysis.single_well_entropy(COOL, FINAL, times) - 1
print(f"modes and closed form of the well differ by {100 * np.abs(off).max():.2f} %")
pd.Series(crossed, name="share of pairs that cross").to_frame()

# %% mystnb={"figure": {"name": "fig-mpemba-distances", "caption": "Relative entropy to equilibrium after the quench, from three temperatures. Left: the river; a line that starts higher and ends lower has overtaken. Right: a single well, in closed form."}} tags=["hide-input"]
figures.distances(gorge, (COOL, strong, 1.2), FINAL, (COOL, 0.3, 0.45));

# %% [markdown]
# ## SGD in the river
#
# So far $x$ was taken to be at rest, and time to be continuous. Now walkers take finite steps, with noise in both
# directions: two ensembles, at rest at two temperatures, are quenched to one learning rate. The loss that one would
# read off includes the steep direction, so the hotter one starts far above. The comparison is made where the claim
# was fixed, after the geometric mean of the two longest relaxation times, and the single well is treated alike.

# %%
ensembles = {
    (quench.river.name, T): analysis.descend(
        quench.river, T, FINAL, quench.between, n_walkers=n_walkers, n_cells=n_cells, seed=seed + i
    )
    for quench in (gorge, well) for i, T in enumerate((COOL, strong if quench is gorge else 0.45))
}  # fmt: skip
walked = {name: tuple(one for (each, _), one in ensembles.items() if each == name) for name in crossed}

# %% mystnb={"figure": {"name": "fig-mpemba-walkers", "caption": "Mean height along the river of SGD walkers after the quench, with 95 % intervals over walkers. Lines: the exact solution of the river alone, in which x is at rest; nothing is fitted."}} tags=["hide-input"]
figures.walkers(gorge, dict(zip((COOL, strong), walked[gorge.river.name], strict=True)), seed=seed);

# %% [markdown]
# Where marks and lines part, the steep direction was not at rest: right after the quench it is still as hot as
# before, and pushes harder towards the wide valley than $T_f$ would.
#
# ## A language model
#
# A tiny transformer reads prose, character by character. From one *trunk* four plateaus branch off, at learning rates
# that double from one to the next, on the same documents in the same order. Then all are quenched to one low rate,
# again on the same documents, and a fixed set of windows from topics that no training has seen tells the loss. Five
# trunks, from other first weights.
#
# There is a trap. $\eta$ is the temperature, and it is also the *clock* of the river: in as many updates, a training
# of twice the learning rate goes twice as far. Water in a freezer has no such clock. So there are two comparisons. At
# *equal tokens*, which is what an engineer pays for, the hotter training may win for the plain reason that it has
# gone farther. At an *equal integral* of the learning rate, all have gone equally far, the hottest in an eighth of
# the updates of the coldest. Only a crossing there would be a Mpemba effect. And plateaus that are *not quenched*
# show where each would be without.
#
# Live, a smaller one, with two rates only:

# %%
small = comparisons.live(live_updates, seed)
analysis.standings([small], seed=seed).round(4)

# %% [markdown]
# `start` and `end` are the colder one's loss less the hotter one's, at the start and at the end of the quench, in
# nats a character: above 0 the hotter one is ahead. With one seed, `low` and `high` hold the scatter of the windows
# alone. The five that come with the book, where the last column has a number a seed (0: ahead before the quench; –:
# never):

# %%
found = analysis.read_quenches()
table = analysis.standings(found, seed=seed)
table.round(4)

# %% mystnb={"figure": {"name": "fig-mpemba-quenches", "caption": "Loss on windows from topics held out, after plateaus of four learning rates; means over seeds and windows, and 95 % bands over both, without the scatter of the windows that moves all lines alike. Left: equal tokens. Middle: equal integral of the learning rate. Right: plateaus that go on as they were."}} tags=["hide-input"]
figures.quenches(found, seed=seed);

# %% [markdown]
# A crossing in the left panel has two ingredients: on the plateau the hot training looks worse than it is, since it
# pays for its noise; and it has gone farther. The middle panel takes the second away.
#
# Held-out topics measure what is learned for other texts. On other windows of the topics that were trained on:

# %%
analysis.standings(found, texts="seen topics", seed=seed).round(4)

# %% [markdown]
# ## Is it a heat bath?
#
# All this takes the noise of SGD for a {term}`heat bath`: one temperature, the same in all directions, and at rest
# nothing flows. Near the bottom of a valley with curvature $H$ both can be tested, because SGD is then a linear map
# with noise of covariance $C$, that of the gradient of one batch, and the covariance $\Sigma$ of the weights follows
# {cite:p}`mandt2017`, for small rates from
#
# $$ H \Sigma + \Sigma H = \eta\, C . $$ (eq-lyapunov)
#
# Along an eigenvector of $H$ the *effective temperature* is curvature times variance, and it must be
# $\eta\, C_{ii} / 2$. It is one for all directions only where $C$ is a multiple of the identity. And where $H$ and
# $C$ do not commute, probability flows in loops: a film of the weights looks different backwards. What tells is the
# signed area that two directions sweep in $\tau$ updates,
#
# $$ A_{ij}(\tau) = \tfrac12 \langle z_i(t)\, z_j(t + \tau) - z_j(t)\, z_i(t + \tau) \rangle , $$ (eq-area)
#
# which is 0 for all pairs in any state with {term}`detailed balance`. A toy where all is known: two directions of one
# temperature, with and without a force that turns.

# %%
pd.DataFrame({
    f"turning {turning:g}": bath.rotating(0.05, turning, 4000 if smoke else 40_000, lag=lag, seed=seed)
    for turning in (0.0, 0.02, 0.1)
}).T.round(4)  # fmt: skip

# %% [markdown]
# Now the transformer. We take one of the quenched ones, find the sixteen sharpest directions of its loss (largest
# eigenvalues of the matrix of its second derivatives, the Hessian), hold all other weights, and let plain SGD run
# along these, until they have long come to rest. $H$ and $C$ are measured apart from the run, at its mean, on other
# documents. Nothing is fitted.

# %%
runs = analysis.read_baths()
characters = RECIPE.batch_size * RECIPE.options["length"]
bath.summary(runs, lag, characters=characters).T.round(4)

# %% mystnb={"figure": {"name": "fig-mpemba-heat", "caption": "Left: variance of the weights along the sharpest directions, measured and as the Lyapunov equation has it from curvature and gradient noise; grey, with the mean noise in all directions. Right: effective temperature against curvature, marks measured, lines half the learning rate times the variance of the gradient."}} tags=["hide-input"]
figures.heat(runs);

# %% mystnb={"figure": {"name": "fig-mpemba-currents", "caption": "Signed areas that pairs of directions sweep, in the first half of a run and in the second, in units of their standard deviations. Currents that are real are there in both halves, along the diagonal. Right: linear SGD with the same curvatures and noises, made to commute."}} tags=["hide-input"]
figures.currents(runs, lag, seed=seed);

# %% [markdown]
# Areas are small numbers with much noise, so a single one proves nothing. That the two halves of a run agree does:
# under detailed balance their correlation is 0, whatever the law of the noise is.
#
# There is a bath whose temperature is *not* one and in which still nothing flows. If a model knows the law of its
# characters, and these were independent, then the covariance of the gradient of $n$ of them is $C = H / n$, the
# identity of the information matrix. Then {eq}`eq-lyapunov` gives $\Sigma = \eta / 2n$ in *all* directions: equal
# variances in place of equal energies, a temperature that is proportional to the curvature, $T_i = \eta h_i / 2n$,
# and $H C = C H$. In the table, *slope of ln T* would be 1 and *noise over curvature* 1. (We looked at these two
# after the numbers were there; they have no row below.)
#
# ## Verdict
#
# All claims, times and tolerances were fixed before any of these numbers was there. The shape of the river was chosen
# by its exact modes, so that walkers could show the effect: that such a landscape *exists* is the claim. One thing
# was mended afterwards: the interval of the currents first held the scatter between three seeds alone, which happened
# to be small; now it holds that of the pairs of directions as well.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("training/mpemba", model=model, profile=profile)
ledger.record_all(analysis.river_entries(gorge, well, COOL, strong, temperatures, walked, seed=seed))
ledger.record_all(analysis.quench_entries(found, seed=seed) + analysis.bath_entries(runs, lag=lag, seed=seed))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "In a river with a gorge and a wide shelf the cooler SGD ensemble pays {mpemba.crossing} final temperatures more "
    "after the quench than the hotter one: that the hotter one overtakes is *{mpemba.crossing:verdict}*. In a small "
    "language model the hotter plateau leads at equal tokens by {mpemba.lm.tokens} nats a character "
    "(*{mpemba.lm.tokens:verdict}*), and at an equal integral of the learning rate by {mpemba.lm.integral} "
    "(*{mpemba.lm.integral:verdict}*), by the pair of rates; below 0 it trails. That the noise of SGD has one "
    "temperature is *{mpemba.bath.one_temperature:verdict}* (a spread of {mpemba.bath.one_temperature}); that the "
    "Lyapunov equation gives the variances is *{mandt.covariance:verdict}*, and that currents run is "
    "*{chaudhari.currents:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - A crossing needs a slow mode whose amplitude is not monotone in the temperature. Look for two valleys and a wide
#   place; one well is never enough.
# - The learning rate is a temperature *and* a clock. Whoever compares plateaus of trainings must say which of the two
#   was held.
# - At the start of a quench the loss of a hot training is no measure of where it is: a part of it is heat, and goes
#   at once.
# - An effective temperature is a number *for each direction*. To speak of one temperature, or of a free energy, is to
#   assume that they agree.
# - Not tested: many dimensions of slow modes, large models, and the decay over many updates that is used in practice
#   in place of a quench.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How wide must the valley be?
# :label: mpemba-width
# Change the `widening` of the river. From which one on is there a strong point, and where does it go? What does the
# shelf hold then, at $T_f$?
# ```
#
# ```{solution-start} mpemba-width
# :class: dropdown
# ```

# %% tags=["solution"]
rows = {}
for widening in (0.0, 1.0, 2.0, 3.0, 4.0, 5.0):
    quench = analysis.Quench(analysis.gorge_and_pool(widening=widening), FINAL, 200)
    T = np.geomspace(1.05, 30, 60) * FINAL
    a = quench.amplitudes(T)[:, 1]
    change = np.flatnonzero(np.diff(np.sign(a)))
    at = quench.strong_point(T[change[0]], T[change[0] + 1]) / FINAL if len(change) else np.nan
    rows[widening] = {"strong point / T_f": at, "on the shelf": quench.modes.right[0][quench.places > 1.7].sum()}
pd.DataFrame(rows).T.rename_axis("widening").round(3)

# %% [markdown]
# A narrow shelf cannot empty the gorge at any temperature below $30\, T_f$ (NaN). The wider it is, the lower the
# temperature at which it does. At $T_f$ itself it holds little: it matters only for those who are hot.
# ```{solution-end}
# ```
#
# ```{exercise} Heating
# :label: mpemba-inverse
# Does the inverse effect exist in this river: of two *cold* starts that are suddenly heated, can the colder one be
# warm first? Take a final temperature of 0.6.
# ```
#
# ```{solution-start} mpemba-inverse
# :class: dropdown
# ```

# %% tags=["solution"]
oven = analysis.Quench(gorge.river, 0.6, 200)
moments = oven.times()
cold, mild = (oven.relative_entropy(T, moments) for T in (0.1, 0.22))
pd.DataFrame(
    {"colder start": cold, "milder start": mild}, index=(moments * oven.modes.rates[1]).round(3)
).iloc[[0, 60, 90, 105, 119]].rename_axis("time, in the longest relaxation time")

# %% [markdown]
# The milder start has more walkers in the gorge than the oven wants, and the colder one fewer. Compare the rows:
# where the first column falls below the second the colder start has overtaken. {cite:t}`luraz2017` describe both
# effects.
# ```{solution-end}
# ```
#
# ```{exercise} On your own
# :label: mpemba-own
# Train another trunk, `python -m lmphys.pages.mpemba.campaign seed=5 into=runs/mpemba` (some minutes of one core),
# and set it beside those of the book: `lmphys run training/mpemba --set folder=runs/mpemba`. Does its order agree?
# ```
#
# ```{solution-start} mpemba-own
# :class: dropdown
# ```

# %% tags=["solution"]
if folder:
    own = analysis.standings(analysis.read_quenches(folder), seed=seed)
    print(own.round(4).to_string())
else:
    print("no folder was given in this run; in the book the ends of the quenches are, seed by seed:")
pd.DataFrame({
    pair: comparisons.lead(found, "equal integral", i, -1).mean(axis=1)
    for i, pair in enumerate(comparisons.pairs(found))
}, index=[f"seed {one.seed}" for one in found]).round(4)  # fmt: skip

# %% [markdown]
# One seed more is one number more in each column. An order that holds for all seeds is worth more than a narrow
# interval for one of them: windows are many, trainings are few.
# ```{solution-end}
# ```
