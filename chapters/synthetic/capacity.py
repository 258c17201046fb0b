# %% [markdown]
# (capacity)=
# # How many bits fit into a weight?
#
# A memory stick says on its label how much it holds. A neural network does not. How many facts can a network of thirty
# thousand weights keep, and how many bits is that for each weight? We write facts whose information is known to the bit,
# let small transformers learn them by heart, and count what they know.
#
# {cite:t}`allenzhu2024capacity` asked this of models of a million to five hundred million parameters, and found nearly
# one number for all: about **2 bits a parameter** where each fact is met 1,000 times in training, and about **1 bit**
# where it is met 100 times. Neither width nor depth seemed to matter, and the weights could be rounded to 8 bits for
# nothing. Our models are 16 to 120 times smaller than the smallest of theirs, and know hundreds to thousands of people,
# where the paper tested 100 exposures from 50,000 people on. So this is new ground: whether its constants hold here,
# nobody has said.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of people and first weights of the training on this page
recipe: str = "capacity-narrow"  # what is trained on this page, one of the capacity recipes of lmphys train --list
exposures: int | None = None  # how often each person is met in it; none: as the profile has it
folders: list[str] = []  # trainings of your own on records, by lmphys train, that are shown beside those of the book

# %% tags=["hide-input"]
import tempfile
from pathlib import Path

import pandas as pd

from lmphys import book
from lmphys.pages import capacity as analysis
from lmphys.pages.capacity import figures
from lmphys.problems.people.records import Records
from lmphys.training.recipes import RECIPES

book.use_style()

# %% [markdown]
# ## Facts that are known to the bit
#
# The world of this page is a list of records. A record is a name of three words, each one of 64, and four values of one
# word, each one of 64 others. Nothing in it can be guessed: names are drawn at random without repetition, values at
# random. So there is no grammar to learn and nothing to generalise. What a model says better than a guess it has stored.

# %%
world = Records(1800, seed=seed)
pd.DataFrame([[world.vocabulary[t] for t in world.record(i).tokens] for i in range(3)])

# %% [markdown]
# A value is worth $\log_2 64 = 6$ bits. A name is one of $N_0 = 64^3$; the *set* of the $N$ names that exist is worth about
# $\log_2 (N_0 / N)$ bits for each, since nobody need know in which order they come. A model is asked for every record,
# word by word. With $p_1$ the mean loss of a whole name and $p_{2,a}$ that of value $a$ after the name, in nats, it has
# learned
#
# $$ R = \frac{1}{P} \left[ N \log_2 \frac{N_0}{e^{p_1}} + N \sum_{a=1}^{4} \log_2 \frac{64}{e^{p_{2,a}}} \right] $$ (eq-learned-bits)
#
# bits for each of its $P$ parameters, those of the embedding included. This is a difference of two entropies: what an
# even guess does not know, less what the model does not know. (The paper has a third term, for the spelling of values;
# here every word is a value, and there is nothing to learn of it.) Four cases need no training:

# %%
n_parameters = RECIPES["capacity-1800"].shape.config(len(world.vocabulary), 9).n_parameters
print(f"{world.n_people:,} people, {n_parameters:,} parameters")
analysis.limits(world, n_parameters).round(3)

# %% [markdown]
# An even guess among names, and among values, has $R = 0$. Who knows everything has $R_{max}$, which grows with the number
# of people. A model cannot have more, however well it learns. So one number of people tells little: too few, and
# $R$ is bounded by what there is to know; too many, and they get in each other's way. The capacity is the *largest*
# $R$ over the numbers of people.
#
# ### An ideal store
#
# Beside a model we set a plain table, with one entry of 8 bits for each word of each record. It needs no training, knows
# everything, and does not forget:

# %%
table = analysis.LookupTable(world, bits=8)
pd.Series(
    {
        "entries of a record": table.row,
        "bits learned an entry": table.learned,
        "bits learned for each bit stored": table.efficiency,
        "people in as many entries as the model has weights": table.holds(n_parameters),
    }
).to_frame("lookup table").round(2)

# %% [markdown]
# The table does not reach one bit learned for each bit stored either: an entry could tell 256 words apart and has to tell
# 64, and it keeps the order of the people, which is worth nothing. No store can do better than one for one. That is the
# line to hold everything against.
#
# ## Learning by heart
#
# Now a transformer, two blocks deep and small enough to be trained while you wait. After each of some updates it is
# asked for everybody:

# %%
quick = profile == "quick"
exposures = exposures or {"smoke": 5}.get(profile, 100)
wanted = analysis.live_recipe(recipe, exposures, batches=2 if quick else 1, seed=seed)
with tempfile.TemporaryDirectory() as folder:
    curve, trial = analysis.learning_curve(wanted, Path(folder))
live = trial.point("on this page")
print(f"{wanted.shape}, {live['parameters']:,} parameters, {live['people']:,} people, {wanted.steps:,} updates")
curve.set_index("exposures").round(3)

# %% mystnb={"figure": {"name": "fig-capacity-learning", "caption": "Bits learned a parameter against how often each person was met, of the model that was trained on this page: names, values, and both together. The dashed line is all there is to know. Diamonds: models of the same recipe that come with the book, with a 95 % interval over seeds where there are several."}} tags=["hide-input"]
points = analysis.read_points()
same = analysis.over_seeds(points[points["recipe"] == recipe])
figures.learning(curve, live["R_max"], same);

# %% [markdown]
# The curve begins *below* zero. Fresh weights spread their guess over all words of the world, where an even guess of
# names or values knows which half of the words is meant; that takes a few exposures to learn. Names and values then
# part: a name can only be known as one of a set, a value as belonging to a name.
#
# Two controls stand beside the trained model. *Untrained* are its first weights. *Strangers* is the trained model asked
# for other people of the same kind, whom it never met. What it says of them it cannot have stored; if it were above zero,
# {eq}`eq-learned-bits` would count something other than memory.

# %%
controls = ["R", "R_max", "untrained", "strangers"]
pd.DataFrame([{name: live[name] for name in controls}], index=["on this page"]).round(3)

# %% [markdown]
# Strangers are drawn evenly, so nobody can do better than an even guess of them but by luck. How far below zero a
# trained model is tells how sure it is of what it cannot know.
#
# ## How many people fit?
#
# The models below come with the book as a table. All have the same number of parameters; what varies is the number of
# people, each met 100 times. There are up to three for each point, of other people and other first weights. (The numbers
# were to end at 2,400 people. The first model of so many held more than that of 1,800, so that no maximum was in sight, and
# 3,200 and 4,200 were added.)

# %%
missing = analysis.missing(points)
if missing:
    print("not in the table:", ", ".join(missing))
analysis.over_seeds(points[points["recipe"].isin(analysis.PEOPLE)]).sort_values("people").round(3)

# %% mystnb={"figure": {"name": "fig-capacity-people", "caption": "Bits learned a parameter against the number of people, for models of one size, each person met 100 times; triangles, where there are some, 1,000 times. Bars are 95 % intervals over seeds, where there are several. Dashed: all there is to know, which a lookup table with an entry for each weight holds. Dotted: 1 and 2 bits a parameter."}} tags=["hide-input"]
sizes = range(100, 4400, 100)
most = {n: Records(n).capacity.most / n_parameters for n in sizes}
figures.people(points, most);

# %% [markdown]
# Where the points lie on the dashed line, the model knows everybody and could know more. Where they leave it, memory is
# scarce. The largest point is the capacity that the paper speaks of, for so many exposures.
#
# ## Does the kind of model matter?
#
# The paper says that size does not, and that after 100 exposures the MLP does: a gated one is worse than a plain one, a
# quarter of one is enough, none is too little. It also says that facts among seven times as much *junk*, text about people
# who never come again, are learned twenty times less well, unless a word at the beginning marks the text worth keeping.
# Here *strangers* are such junk, each one of four million million possible records, and all models below have about as
# many people a parameter.

# %% mystnb={"figure": {"name": "fig-capacity-models", "caption": "Bits learned a parameter of several kinds of models, each person met 100 times, at about as many people a parameter; in brackets, how many models of other seeds. Lines are 95 % intervals over seeds, where there are several. Red strokes: all there is to know. Strangers: among seven times as many records that never come again."}} tags=["hide-input"]
figures.models(points);

# %%
columns = ["people", "parameters", "learning_rate", "R", "R_max", "untrained", "strangers", "R_int8", "R_int4"]
points.groupby("recipe", sort=False)[columns].mean().round(3)

# %% [markdown]
# For the widths 16 and 32 the learning rate is the best of three, 0.0015, 0.003 and 0.006, in trainings a quarter as
# long, before any model of this table was trained; the width 48 has that of 32. Other MLPs have the rate of their width,
# and junk that of the clean model, as in the paper. The models of 500 and 1,000 people take 0.002, in smaller
# batches.
#
# ## Memory at a finite precision
#
# A weight of 32 bits holds a bit or two. What are the others for? Take a trained model, round each row of each
# matrix to $2^b - 1$ evenly spaced levels, and count again. What is left against what is kept is a
# {term}`rate-distortion curve`. In the words of thermodynamics: learning takes entropy out of the world, as the model sees
# it, and the weights have to take it up. A weight of $b$ bits has room for $b$ of it, so that no rounding can leave
# more than $b$ bits learned for each weight.
#
# There is also a forecast. Training ends near a minimum of the loss $L$, where the slope is zero. Rounding moves each
# weight $w_i$ by up to half a step $\Delta_i$, as if at random. To the lowest order this costs
#
# $$ L(w + \delta) - L(w) \approx \tfrac12 \sum_i \frac{\partial^2 L}{\partial w_i^2} \frac{\Delta_i^2}{12} \propto 4^{-b} $$ (eq-rounding-cost)
#
# and each further bit, which halves the step, leaves a quarter of the loss. A spring that is shaken takes up energy in
# just this way, with the square of the amplitude. If that is all there is to it, noise that is as large as the step but
# knows nothing of the weight must cost the same. It is the control. First the model that was trained here:

# %%
analysis.by_precision(trial.model, trial.world, seed=seed).round(3).T

# %% [markdown]
# And those of the book that hold most:

# %%
best = analysis.peak(points)
precision = analysis.precision_table(points[points["recipe"] == best])
shown = ["value", "low", "high", "lost", "efficiency"]
precision[precision["kind"] == "rounded"].set_index("bits")[shown].round(4)

# %% mystnb={"figure": {"name": "fig-capacity-precision", "caption": "Left: bits learned a parameter against bits a weight, for rounded weights (circles) and for noise of the same size (squares), mean over seeds with 95 % intervals where there are several. The full line is the ideal, one bit learned for each bit. Right: share of the bits learned that is lost; on the dotted line each bit leaves a quarter."}} tags=["hide-input"]
whole = points.loc[points["recipe"] == best, "R"].mean()
figures.rate_distortion(precision, whole);

# %% [markdown]
# The weights of the book are kept in 16 bits, so "not rounded" is that. *Efficiency* is what is learned for each bit
# of a weight; a lookup table has the number above, and one would be ideal. Where the left curve is steep lies the
# precision that the memory needs. Where it falls below zero the weights do not hold a little less, they assert something
# else: the model is sure of wrong values.
#
# On the right two things are to be told apart. If circles and squares lie together, an error of rounding is as good as a
# random one, and the forecast may use its square. If they fall as the dotted line does, the steps are small enough for the
# lowest order, {eq}`eq-rounding-cost`; a steeper fall says that at few bits the weights are thrown out of the
# region where the loss is a parabola.
#
# ## Trainings of your own

# %%
mine = [analysis.Trial.of_folder(each).point(Path(each).name) for each in folders]
if not mine:
    print("none; see the last exercise")
pd.DataFrame(mine, columns=["recipe", "seed", "exposures", *columns]).round(3)

# %% [markdown]
# ## Verdict
#
# Every model of the table counts, none was left out. Its own seed gives a model other people, too; the interval is
# over seeds. What may be concluded was fixed before any was trained, except that the rows on junk were turned upside down
# (the share that is kept, for a ratio to nearly nothing has no interval), before there was a model for them.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("synthetic/capacity", model=model, profile=profile)
ledger.record_all(analysis.entries(points))
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "After 100 exposures the models hold at most {capacity.peak.100} bits a parameter, where the "
    "paper has {capacity.peak.100:paper} or more: *{capacity.peak.100:verdict}*. Rounding to 8 bits "
    "costs {capacity.rounding.int8} % of it (*{capacity.rounding.int8:verdict}*), to 4 bits "
    "{capacity.rounding.int4} % (*{capacity.rounding.int4:verdict}*). With each bit the loss changes "
    "by a factor of 2 to the power of {capacity.rounding.slope}, where a parabola has "
    "{capacity.rounding.slope:paper}: *{capacity.rounding.slope:verdict}*. Bits a parameter after "
    "1,000 exposures: {capacity.peak.1000}. A plain MLP over a gated one: {capacity.mlp.gated}."
)

# %% [markdown]
# What to take along:
#
# - A capacity is a maximum over the amount of data. One point says what was learned, and whether that was all there was.
# - Count what is known by losses, not by right answers: a model that is nearly sure of a value has most of its bits.
# - The constant depends on how often facts are met and on their form. Random strings without names, met a million times,
#   gave 3.5 bits a parameter in larger models {cite}`morris2025`.
# - Weights carry far more bits than a memory uses. What they are used for, if not for memory, a test of memory cannot say.

# %% [markdown]
# ## Exercises
#
# ```{exercise} When is there enough to know?
# :label: capacity-enough-to-know
#
# How many people must there be before a model of this size could hold 1, 2 and 3 bits a parameter? Could a point at 1,000
# people have shown 2 bits?
# ```
#
# ```{solution-start} capacity-enough-to-know
# :class: dropdown
# ```
#
# The least $N$ with $R_{max} \geq R$, by trying:

# %% tags=["solution"]
for R in (1, 2, 3):
    N = next(n for n in range(100, 10_000) if Records(n).capacity.most >= R * n_parameters)
    print(f"{R} bit/parameter: {N:,} people, {Records(N).capacity.most / N:.1f} bits each")

# %% [markdown]
# More people are worth fewer bits each, since a name among many tells less. At 1,000 people there is too little to know for
# 2 bits a parameter, whatever the model.
# ```{solution-end}
# ```
#
# ```{exercise} Which weights must be exact?
# :label: capacity-which-weights
#
# Round only the embedding, only attention, or only the MLPs of the model trained on this page to 4 bits. Which part loses
# most, and are the losses additive?
# ```
#
# ```{solution-start} capacity-which-weights
# :class: dropdown
# ```
#
# `part` picks matrices by a piece of their name:

# %% tags=["solution"]
names = {"embedding": "embed", "attention": "attention", "MLPs": "mlp", "all": ""}
parts = {
    name: analysis.by_precision(trial.model, trial.world, [4], part=part, seed=seed)["rounded"].iloc[0]
    for name, part in names.items()
}
(live["R"] - pd.Series(parts)).to_frame("bits a parameter lost").round(3)

# %% [markdown]
# Additive losses are what {eq}`eq-rounding-cost` asks for: independent displacements add their squares. Where the whole
# is more than the sum of its parts, the step is too large for the lowest order.
# ```{solution-end}
# ```
#
# ```{exercise} On your own
# :label: capacity-your-own
#
# Train a model with other settings and set it beside those of the book. Does a higher learning rate hold more? Do more
# exposures?
# ```
#
# ```{solution} capacity-your-own
# :class: dropdown
#
# `lmphys train capacity-1800 --learning-rate 0.006 --into runs/train/fast`, which takes a minute or two, and then
# `lmphys run synthetic/capacity --set 'folders=["runs/train/fast"]'`. More exposures are more updates: `--steps 9000` meets
# each person 200 times. The table of the book was made by `python -m lmphys.pages.capacity.campaign` with names of recipes
# after it; called again, it adds what is missing.
# ```
