# %% [markdown]
# (severity)=
# # A theory with a transition?
#
# Suppose that the harm an answer does is one number $x$ between 0 and 1, which feeds on itself, is held back, and is
# kicked at random. Does it change all at once as the drive grows past the restraint? A transition has a meaning in
# physics: something becomes slow, and ever sharper the larger the system is. An equation for one number is simple
# enough to ask it, and this page does so, by the density of many such numbers on a grid and by walkers.
#
# {cite:t}`carson2025adversariality` writes, for the *severity* $x \in [0, 1]$ of a harmful answer,
#
# $$ \dd x = \left[ \alpha x (1 - x) - \beta x^2 + \gamma \right] \dd t + (\sigma_0 + \sigma_1 x)\, \dd W, $$ (eq-severity)
#
# and announces a transition at $\alpha = \beta$ with a relaxation time that diverges as a power of the distance. We
# know its abstract and what reviews say of it, not its proof. The walls at 0 and 1, which reflect, are ours: the
# equation does not keep $x$ between them by itself.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; nothing on this page is read from a model
profile: str = "quick"  # smoke, quick or full; the page is the same in each
seed: int = 0  # seed of the walkers
sigmas: list[float] = [0.2, 0.1, 0.05, 0.025]  # strengths of the noise, fading

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.pages import severity as analysis

book.use_style()

# %% [markdown]
# ## Where it rests, and how fast it gets there
#
# Without a push, $\gamma = 0$, the drift rests at $x^\ast = \alpha / (\alpha + \beta)$, and a deviation from there dies
# out at the rate $-\mu'(x^\ast) = \alpha$. At $\alpha = \beta$ the resting place passes $1/2$, at full speed and with
# nothing becoming slow; the rate vanishes at $\alpha = 0$.

# %%
models = [analysis.Severity(alpha) for alpha in (0.1, 0.5, 0.9, 1.0, 1.1, 2.0)]
rows = [(s.alpha, s.rest, s.rest_rate, 1 / s.rest_rate) for s in models]
pd.DataFrame(rows, columns=["α / β", "rest", "rate", "time"]).round(3)

# %% [markdown]
# That is the motion without noise. Look along the column `rest` for a jump, and along `time` for a peak at 1.
#
# ## Noise that fades
#
# Noise blurs this, so we let it fade, as in a larger system: noise from $n$ independent kicks falls as $1/\sqrt n$. A
# transition must sharpen as it does. The {term}`Fokker–Planck equation` gives the stationary density and the
# {term}`relaxation time`, one over its smallest rate.

# %%
alphas = np.concatenate([np.linspace(0.05, 0.9, 18), np.linspace(0.95, 2, 22)])
sweep = analysis.severity_sweep(alphas, sigmas, beta=1.0)
peak = analysis.at_the_peak(sweep)
peak.map("{:.3g}".format)

# %% [markdown]
# The first two columns say at which $\alpha$ the relaxation time is longest, and how long it is; the others are taken
# at $\alpha = \beta$. Compare `relaxation` down the rows: a transition there would make it grow without end.
#
# The control of the grid: walkers that follow {eq}`eq-severity` in small steps, at $\alpha = \beta$ and $\sigma_0 =
# 0.1$.

# %%
at_one = analysis.Severity(1.0, sigma0=0.1)
walk = at_one.simulate(
    np.full(2000, 0.5), dt=0.01, n_steps=2000, keep_every=500, seed=seed
)[1:]
cells = at_one.fokker_planck()
mean = cells.stationary @ cells.centres
variance = cells.stationary @ (cells.centres - mean) ** 2
pd.DataFrame(
    {"walkers": [walk.mean(), walk.var()], "cells": [mean, variance]},
    index=["mean", "variance"],
).map("{:.3g}".format)

# %% mystnb={"figure": {"name": "fig-severity", "caption": "The severity model against α / β for fading noise, from the Fokker–Planck equation. Left: its mean. Middle: the probability to be above 1/2, which sharpens into a step. Right: the relaxation time, with 1 / α dotted; a transition at α = β would be a peak at 1 that grows."}} tags=["hide-input"]
analysis.severity_figure(sweep);

# %% [markdown]
# The middle panel is a step at $\alpha = \beta$ indeed. But any threshold $\theta$ has such a step, at $\alpha / \beta
# = \theta / (1 - \theta)$: it belongs to the question "above one half?", not to the dynamics. What does belong to the
# dynamics, the relaxation time, has its say in the right panel.

# %% [markdown]
# ## Verdict
#
# The claim is judged by the $\alpha$ of the longest relaxation time, at the weakest noise.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("reasoning/severity", model=model, profile=profile)
ledger.record(
    "severity.transition.place",
    float(peak["peak"].iloc[-1]),
    note=f"σ₀ = {peak.index[-1]:g}, the lowest α searched is {alphas[0]:g}",
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "The relaxation time is longest at $\\alpha / \\beta$ = "
    "{severity.transition.place}, where the claim has {severity.transition.place:paper}: "
    "{severity.transition.place:verdict}. The probability to be above one half makes a "
    "step at $\\alpha = \\beta$, as every threshold makes one somewhere."
)

# %% [markdown]
# What to take along:
#
# - "A transition" needs something that diverges. Ask for the relaxation time; a threshold alone always makes a step.
# - Let the noise fade before you speak of a limit. What does not sharpen is no transition.
# - An equation is not yet a measurement: no $\alpha$, $\beta$ or $x$ of a language model has been estimated here or, as
#   far as the abstract goes, there. What of it can be looked for in chains is the subject of
#   {ref}`the page on slowing down <slowing-down>`.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Another threshold
# :label: severity-threshold
# Draw or compute $P(x > \theta)$ of the severity model for $\theta = 0.3$ and $0.7$. Where is the "transition" now?
# ```
#
# ```{solution-start} severity-threshold
# :class: dropdown
# ```
# Where the resting place passes the threshold, $\alpha / \beta = \theta / (1 - \theta)$: at 0.43 and 2.33.

# %% tags=["solution"]
places = {}
for theta in (0.3, 0.7):
    steps = analysis.severity_sweep(np.linspace(0.1, 3, 59), [0.05], threshold=theta)
    step = steps.loc[(steps["above"] - 0.5).abs().idxmin(), "alpha"]
    places[theta] = {"step at α": step, "θ / (1 − θ)": theta / (1 - theta)}
pd.DataFrame(places).T.rename_axis("θ").round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The point that is slow
# :label: severity-slow
# The rate $\alpha$ vanishes at $\alpha = 0$. How does the relaxation time there depend on the noise? Use dimensions:
# near 0 the drift is $-\beta x^2$, and the wall at 0 reflects.
# ```
#
# ```{solution-start} severity-slow
# :class: dropdown
# ```
# With $D = \sigma_0^2 / 2$ the only length is $(D / \beta)^{1/3}$ and the only time its square over $D$,
# $\beta^{-2/3} D^{-1/3}$. So the relaxation time times $\sigma_0^{2/3}$ must not depend on the noise: here is a time
# that diverges as a power, at the one place where nothing drives.

# %% tags=["solution"]
slow = analysis.severity_sweep([0.0], [0.2, 0.1, 0.05, 0.025]).set_index("sigma0")
times = slow["relaxation"]
scaled = times * times.index ** (2 / 3)
pd.DataFrame({"time": times, "time · σ₀^(2/3)": scaled}).round(3)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A push from outside
# :label: severity-push
# Let $\gamma > 0$ be small. Show that the rate at the resting place is $\sqrt{\alpha^2 + 4 \gamma (\alpha + \beta)}$.
# Is anything slow left?
# ```
#
# ```{solution-start} severity-push
# :class: dropdown
# ```
# The drift is $\gamma + \alpha x - (\alpha + \beta) x^2$, a parabola; its slope at the upper zero is minus the root of
# the discriminant. It has no zero for $\alpha \geq 0$ and $\gamma > 0$: the push rounds off the one slow point, as a
# field does to a magnet at its critical temperature. The longest time is now $1 / \sqrt{4 \gamma \beta}$, at $\alpha =
# 0$.

# %% tags=["solution"]
for gamma in (0.1, 0.01, 0.001):
    rates = [analysis.Severity(alpha, gamma=gamma).rest_rate for alpha in (0.0, 1.0)]
    print(f"γ = {gamma}: rate {rates[0]:.3f} at α = 0, {rates[1]:.3f} at α = β")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Noise that grows with the severity
# :label: severity-noise
# With $\sigma_1 > 0$ the noise is stronger where $x$ is large. Does the step at $\alpha = \beta$ stay where it is? Does
# the relaxation time get a peak? Use `severity_sweep(alphas, [0.05], sigma1=0.2)`.
# ```
