# %% [markdown]
# (arithmetic)=
# # Does it plan before it speaks?
#
# A question depends on some of the facts that are stated, and on others not at all. Does a network that answers in many
# small steps know which ones it will need, before it writes its first word? Or does it stumble from one to the next?
#
# In a language model that has read the web, nobody knows what a plan would have to be. So {cite:t}`ye2024process` made a
# world in which it is known. A problem states some quantities that depend on each other and asks for one of them. Which
# are needed follows from the formulas. Their transformer, trained from nothing, wrote right solutions to problems longer
# than any it had met, took hardly a step that was not needed, and its states told which quantities these would be. This
# page builds a world of the same kind that fits two processor cores, and asks the same of transformers of 0.15 million
# parameters.
#
# For a physicist: the solutions are drawn from a law that is known exactly, so the loss of a model has a ground state.
# For an engineer: a test that grades every word, and probes beside what the words alone give away.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of problems, of the training on the page, of splits and bootstrap
folders: list[str] = []  # trainings of your own, shown beside those of the book
rank: int = 12  # dimension of the projection of the states
n_regimes: int = 6  # regimes of the switching model

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.pages import arithmetic as analysis
from lmphys.pages.arithmetic import figures, verdicts
from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.training.recipes import RECIPES
from lmphys.training.solver import asked, cells, floor, learning, models, solutions

book.use_style()
sizes = analysis.sizes(profile)
recipe = RECIPES["arithmetic-small"]

# %% [markdown]
# ## A world with one law
#
# Here is a problem with its solution. All numbers are taken modulo 5.

# %%
world = cells.fresh_source(recipe, seed, ops=[3, 3])
example = next(i for i in range(100) if len(world.problem(i).formulas) > len(world.problem(i).necessary))
solution = world.solution(example)
print(*world.words.statement(solution.problem, query_first=False))
print(*solution.words)

# %% [markdown]
# The statements stand in random order. Before the colon comes the question. A solution computes only what is needed,
# each quantity in a sentence: its name, its formula, the numbers put in, the result. The order is random too, as far as
# the formulas allow. That is all the chance there is. When $r_t$ of the needed quantities can be computed next, the
# writer draws one of them evenly, so the whole solution costs
#
# $$ -\ln P(\text{solution} \mid \text{problem}) = \sum_t \ln r_t $$ (eq-arithmetic-floor)
#
# nats, and nothing else: formulas, numbers and sums follow. This is the least {term}`surprisal` that any model can have
# on average. What a model pays above it is the {term}`relative entropy` between the law and the model.
#
# Two imaginary writers help to read such a number. One knows everything *but sums*, and guesses each result evenly. One
# knows everything *but the plan*: it draws evenly from all quantities that can be computed, needed or not. What each of
# them pays can be worked out without any model.

# %%
words = floor.costs(cells.fresh_source(recipe, seed), sizes.documents)
lacking = {name: floor.per_word(nats, words, seed=seed) for name, nats in words.lacking.items()}
print(f"the law itself: {words.floor.mean():.4f} nats a word; above it, without")
print({name: round(found.value, 4) for name, found in lacking.items()})

# %% [markdown]
# ## Learning it
#
# A short training, here and now: a fresh transformer of three layers reads problems with their solutions, none twice.
# After some of its updates it is shown the same unseen solutions, and what it pays above the law is counted by what a
# word is for.

# %%
curves = learning.learn(recipe, words, steps=sizes.steps, seed=100 + seed)
last = curves[curves["tokens"] == curves["tokens"].max()].set_index("part")["nats"]
last.round(3).to_frame("nats a word at the end")

# %% mystnb={"figure": {"name": "fig-arithmetic-learning", "caption": "The training on this page: nats a word above the exact law against tokens read, by what a word is for. Black: all words. Horizontal: what a writer pays, over all words, who knows all but sums, or all but the plan. At the lower edge there is less than 0.001."}} tags=["hide-input"]
figures.learning(curves, lacking[floor.NO_SUMS].value, lacking[floor.NO_PLAN].value);

# %% [markdown]
# Read the curves from the first to fall to the last. The marks of the sentences are a matter of form. A copied number
# stands a few words back. The formula stands in the problem and has to be found by its name. A name needs the plan. The
# transformers that come with the book were trained for longer, with three seeds:

# %%
solvers = models.of_the_book("arithmetic-small", sizes.seeds)
readers_own = models.of_the_reader(folders, recipe)
excess = learning.excess_table([*solvers, *readers_own], words, seed=seed)
excess.round(4)

# %% [markdown]
# ## Whole solutions
#
# Now they write. At each place the likeliest word is taken, and a parser checks every word: is the quantity ready, the
# formula the stated one, are the numbers those that were computed, is the sum right? A solution is right if *all* of it
# is. Scored beside it is the *answer alone*, right by whatever way, and the constant that answers best. Why the constant
# does so well is an exercise below.
#
# Training had up to three operations. Of the *templates* (what is combined with what, without names and numbers) a fifth
# was held out of it. With one or two operations there are so few that none was. The paper has seven billion at the
# largest size; here, counted:

# %%
every = {k: cells.fresh_source(recipe, seed, ops=[k, k]) for k in (1, 2, 3, 4)}
n = 20 if profile == "smoke" else 400
{f"{k} operations": len({one.problem(i).template for i in range(n)}) for k, one in every.items()}

# %% [markdown]
# (templates of training that were met among so many problems). A template that is new says little here. A *longer*
# solution says more.

# %%
plan = [(1, False), (2, False), (3, False), (3, True), (4, True), (5, True)]
tests = [cells.draw_cell(recipe, k, sizes.problems, unseen=new, seed=seed) for k, new in plan]
found = analysis.solved(solvers, tests)
table = analysis.accuracy_table(found, tests, seed=seed)
table.round(1)

# %% mystnb={"figure": {"name": "fig-arithmetic-accuracy", "caption": "Share of problems solved against the number of operations, greedy. Circles: every word is right; triangles: the answer is. Dashed: templates that training never had. Grey: the best constant answer. Grey area: more operations than in training. Bars: 95 % intervals over problems and trainings."}} tags=["hide-input"]
figures.accuracy(table);

# %% [markdown]
# Compare circles with triangles. The distance between them is what a score of answers alone would have hidden.
#
# A rule for what follows: what solvers do beyond their training, and what their states know, is set against the paper
# only where 95 % of the solutions at three operations are right, of templates of training. The paper's transformers
# solve what they were trained on. One that does not tells little of those that do; its numbers are shown all the same.
#
# ### Planning or arithmetic?
#
# The first thing that is wrong with a solution tells what failed: the *plan* (a name that is not ready, or comes twice),
# the *formula* (not what was stated), a *copied* number, or a *sum*.

# %% mystnb={"figure": {"name": "fig-arithmetic-faults", "caption": "Solutions by the first thing that is wrong with them, over all trainings, by number of operations and by whether training had their templates."}} tags=["hide-input"]
figures.faults(analysis.fault_table(found, tests));

# %% [markdown]
# ### Does it do more than it must?
#
# The control computes whatever is ready, in random order, until it comes upon the query. It is scored on the problems
# that the transformers solved.

# %%
long_ones = [cell for cell in tests if cell.operations >= 3]
own, control = analysis.unnecessary(found, long_ones, seed=seed)
everywhere = np.mean([analysis.extra_of_every_ready(cell.problems).mean() for cell in long_ones])
steps = {"transformers": own, "every ready quantity": control}
print(f"every ready quantity, on all problems: {everywhere:.2f}")
pd.DataFrame(steps, index=["unnecessary steps", "low", "high"]).T.astype(float).round(3)

# %% [markdown]
# ## What is known before the first word?
#
# At the colon nothing is written yet. If the state there holds a plan, a linear {term}`probe` should read off it, for
# each quantity, whether it will be needed. There are two ways to ask. *At the colon, by name*: one state, and a probe of
# its own for each name. *At the name*: put the name after the colon, as if the solution began with it, and read the
# state there with one probe for all names; the paper asks in such a way. Probes are trained on problems of the
# templates of training and judged on the others, three to five operations. The query itself is left out.
#
# What would be known without any plan?
#
# - A *majority* has a {term}`balanced accuracy` of one half.
# - *Stated*: what the formula of the query names is needed. That is one look, and no chain of looks.
# - *Words alone*: a linear probe of what a glance at the text tells: how often a name occurs, what its formula looks
#   like, whether the query's formula names it.
# - *Random weights*: the same probes on a network that has learned nothing.

# %%
grid = [(k, unseen, n) for unseen, n in ((False, sizes.probed), (True, sizes.judged)) for k in (3, 4, 5)]
drawn = [cells.draw_cell(recipe, k, n, unseen=unseen, seed=seed + 1) for k, unseen, n in grid]
train, test = drawn[:3], drawn[3:]
networks, blank = [one.model for one in solvers], solvers[0].untrained()
before, before_test = asked.after_colon(train), asked.after_colon(test)
needed = analysis.needed(networks, blank, before, before_test)
text = analysis.words_alone(before, before_test)
stated = needed.score(before_test.table["in_query"])

# %% [markdown]
# Second question: after some sentences, which quantities *can be computed next*, needed or not? A name is put after a
# full stop, as if it came next. Quantities that depend on nothing are left out, since they can always be computed. The
# rule without a model: those whose formula names what was computed last.

# %%
along, along_test = asked.after_sentence(train, seed=seed), asked.after_sentence(test, seed=seed + 1)
ready = analysis.ready(networks, blank, along, along_test)
last_named = ready.score(along_test.table["in_last"])
rivals = {"words alone": text, "stated": stated, "names the last": last_named}
pd.DataFrame(rivals, index=["accuracy", "low", "high"]).T.astype(float).round(1)

# %% mystnb={"figure": {"name": "fig-arithmetic-knowledge", "caption": "Balanced accuracy of linear probes by layer (0: the embeddings, 3: after the last norm), with 95 % intervals over problems and trainings. Left: is a quantity needed, asked before the first word of the solution. Right: can it be computed next. Open marks: random weights. Lines: what needs no model; on the right the rule that its formula names the last quantity."}} tags=["hide-input"]
figures.knowledge(needed, ready, text.value, stated.value, last_named.value);

# %% [markdown]
# Look at *words alone* before all else. In a small world a quantity that nobody mentions is not needed, and one that is
# mentioned nearly always is: there is little room for quantities that only other idle quantities name. What a glance at
# the text tells, a state may know without a plan, and a probe that does no better shows none. The steps that were not
# taken, above, are the better witness of a plan. All of it once more, at the last layer:

# %%
analysis.rivals_table(needed, before, seed=seed).round(1)

# %% [markdown]
# And by distance: how many formulas lie between the query and the quantity? The paper finds that far ones are recognised
# in deep layers only.

# %%
needed.by_distance(analysis.ASKED).round(1)

# %% [markdown]
# ## At the first wrong name
#
# Where a solution fails by naming a quantity that is not ready, does the state know better? The probe for *can be
# computed next* is put to the state at the first wrong name of each such solution, and to the names of right solutions.

# %%
wrong, right, n_wrong = analysis.foreseen(solvers, along, found, long_ones, seed=seed)
says_no = {f"{n_wrong} first wrong names": wrong, "names of right solutions": right}
pd.DataFrame(says_no, index=["says no, %", "low", "high"]).T.astype(float).round(1)

# %% [markdown]
# ## Regimes of a solver
#
# The question of this book, put to a model whose parts are known. The states after the last norm, word by word, are a
# path. A {term}`switching linear dynamical system` is fitted to the paths of some documents without any label. Do its
# regimes on other documents follow what the next word is for? The controls keep the place in the document, or the word
# itself, and exchange the rest; and random weights read the same text.

# %%
read_along = [cells.draw_cell(recipe, 3, sizes.paths, unseen=False, seed=seed + 2)]
settings = {"rank": rank, "n_regimes": n_regimes, "seed": seed}
switching = [analysis.Switching(analysis.paths(net, read_along), **settings) for net in networks]
followed = [one.followed() for one in switching]
untrained = analysis.Switching(analysis.paths(blank, read_along), **settings).followed()["regimes"]
pd.DataFrame({name: x.value for name, x in followed[0].items()} | {analysis.UNTRAINED: untrained.value}, index=["NMI"])

# %% mystnb={"figure": {"name": "fig-arithmetic-regimes", "caption": "Of the steps to words of a part, the share that has each regime (columns add up to 1), on documents that the switching model has not seen; first training."}} tags=["hide-input"]
figures.regime_shares(switching[0].shares());

# %% [markdown]
# Does switching also forecast? Share of the variance of the next step that is explained, without a look ahead:

# %%
switching[0].gains().round(3)

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("synthetic/arithmetic", model=model, profile=profile)
of_each = [floor.per_word(floor.surprisals(net, words) - words.floor, words, seed=seed) for net in networks]
probing = analysis.Probing(needed, ready, text, stated, last_named)
rows = [verdicts.floor_entry(of_each, lacking), *verdicts.solution_entries(found, tests, seed=seed)]
skill = solutions.lacking_skill(found[3, False])
rows += verdicts.knowing_entries(probing, lacking=skill, seed=seed)
rows.append(verdicts.foreseen_entry(wrong, right, n_wrong, lacking=skill))
ledger.record_all([*rows, verdicts.regime_entry(followed, untrained)])
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "A transformer of 0.15 million parameters pays {arithmetic.floor.excess} nats a word above the exact law of "
    "solutions ({arithmetic.floor.excess:controls}): *{arithmetic.floor.excess:verdict}*. At three operations "
    "{arithmetic.solutions.inside} % of its whole solutions are right, where the paper has "
    "{arithmetic.solutions.inside:paper} %: *{arithmetic.solutions.inside:verdict}*; at four, beyond training, "
    "{arithmetic.solutions.longer} %: *{arithmetic.solutions.longer:verdict}*. Whether a quantity is needed is read "
    "off its states, before the first word, with {arithmetic.necessary.known} % "
    "({arithmetic.necessary.known:controls}): *{arithmetic.necessary.known:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - Where the law of a text is known, a loss is not high or low but so many nats above the ground state, and each kind of
#   word has its share of them.
# - An answer can be right by luck. In this world a constant does well. Grade the way, not the arrival.
# - Before a state is said to know a plan, ask what a glance at the text tells. In a small world that is nearly all.
#
# *What is smaller here.* The paper's transformers have 12 layers of width 768 and read 40 billion tokens of problems with
# up to 15 or 21 operations modulo 23; they were tested up to 23 and 32 operations, on thousands of problems each. These
# have three layers of width 64, and read three million tokens of problems with up to three operations modulo 5. Depth
# against width, one of the paper's claims, was not trained at this size. What they do with mistakes is the subject of
# {ref}`the next page <retries>`.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The price of order
# :label: arithmetic-order
# A query is the sum of $m$ constants. What does its solution cost by {eq}`eq-arithmetic-floor`? What if each of the $m$
# depends on the one before?
# ```
#
# ```{solution-start} arithmetic-order
# :class: dropdown
# ```
# All $m$ are ready at first, then $m - 1$, and so on; the query comes last, alone. The sum is $\ln m!$, the entropy of a
# random order. A chain leaves no choice, and costs nothing: its law is a single string.

# %% tags=["solution"]
def cost(problem):
    known, nats = [], 0.0
    while problem.query not in known:
        options = [i for i in problem.computable(known) if i in problem.necessary]
        nats, known = nats + np.log(len(options)), [*known, options[0]]
    return nats


m = 4
star = [Formula((), constant=1)] * m + [Formula(tuple(range(m)))]
chain = [Formula((), constant=1), *(Formula((i,), constant=1) for i in range(m))]
for formulas in (star, chain):
    order = tuple(range(m + 1))
    print(round(cost(ArithmeticProblem(order, tuple(formulas), order, m, 5)), 4), round(np.log(24), 4))

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} The lucky constant
# :label: arithmetic-constant
# Numbers are drawn evenly from 0 to 4, and yet one answer is right far more often than once in five. Which one, and why?
# Does it lose its advantage with more operations?
# ```
#
# ```{solution-start} arithmetic-constant
# :class: dropdown
# ```
# Zero. A product with 0 is 0, whatever the other factor; and the difference of two quantities that are equal, since one
# is a copy of the other, is 0 as well. Sums keep an even law even. With more operations there are more of both ways,
# but also more sums after them.

# %% tags=["solution"]
answers = {f"{c.operations}, {'new' if c.unseen else 'known'}": [p.answer for p in c.problems] for c in tests}
pd.DataFrame({k: np.bincount(v, minlength=5) / len(v) for k, v in answers.items()}).T.round(2)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Idle company
# :label: arithmetic-idle
# A world where idle quantities name each other should hide from a glance which are needed. Allow for more of them. Do
# the words alone tell less?
# ```
#
# ```{solution-start} arithmetic-idle
# :class: dropdown
# ```
# A formula names only what comes before it in the making of the problem, and what is needed is made first. So it is named
# more often, and names less itself, however many idle quantities follow. To hide it one would have to make the idle ones
# first.

# %% tags=["solution"]
told = {}
for most in (5, 7, 9):
    grid = ((False, sizes.probed), (True, sizes.judged))
    made = [cells.draw_cell(recipe, 3, n, unseen=new, max_quantities=most, seed=seed) for new, n in grid]
    told[f"up to {most}"] = analysis.words_alone(*(asked.after_colon([one]) for one in made))
pd.DataFrame(told, index=["words alone, %", "low", "high"]).T.astype(float).round(1)

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A training of your own
# :label: arithmetic-own
# Train a transformer for longer, and show it beside those of the book. Which part of the solution gains?
# ```
#
# ```{solution} arithmetic-own
# :class: dropdown
# `lmphys train arithmetic-small --seed 7 --into FOLDER`, perhaps with more updates, and then
# `lmphys run synthetic/arithmetic --set 'folders=["FOLDER"]'`. Its row stands in the table of nats above the law. The
# recipe `arithmetic` (six layers, up to six operations modulo 7) has words of its own; it takes hours on two cores.
# ```
