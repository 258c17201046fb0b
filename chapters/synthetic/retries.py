# %% [markdown]
# (retries)=
# # Can it learn from mistakes that are taken back?
#
# Show a learner only flawless work, or also work with slips that are noticed and corrected? The slips are wasted ink, and
# worse: each of them is a wrong word to learn. {cite:t}`ye2024mistakes` find that they help all the same. Their
# transformer, trained on solutions in which half of the names were mistaken and taken back, solved 93.6 % of the hardest
# problems, where the one that saw flawless solutions of as many tokens solved 77.7 %.
#
# This page repeats the experiment in the small world of {ref}`the page before <arithmetic>`, where the law of solutions
# is exact, mistakes included. It asks three things: does it help, does a model that was shown many mistakes make many,
# and does a model know that it has just made one?
#
# For a physicist: noise that comes with its own reversal. For an engineer: data augmentation with a word for *undo*.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of problems, of the training on the page and of bootstrap
folders: list[str] = []  # trainings of your own on such solutions, shown beside those of the book

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.pages import retries as analysis
from lmphys.pages.retries import figures, verdicts
from lmphys.problems.arithmetic.solution import RETRIES, Retries
from lmphys.training.recipes import RECIPES
from lmphys.training.solver import asked, cells, floor, learning, models, solutions

book.use_style()
sizes = analysis.sizes(profile)
recipe = RECIPES["arithmetic-small-retries"]
slips = Retries(**recipe.options["retries"])

# %% [markdown]
# ## A law with mistakes
#
# A *mistake* is the name of a quantity that cannot be computed yet. The word `back` takes it back, and the solution goes
# on as if nothing had been said.

# %%
world = cells.fresh_source(recipe, seed, ops=[3, 3])
example = next(i for i in range(200) if world.solution(i).words.count("back") == 2)
print(*world.words.statement(world.problem(example), query_first=False))
print(*world.solution(example).words)

# %% [markdown]
# Before each name a mistake is made with probability $q$, mistaken or not the name before. The number of mistakes before
# a sentence is thus geometric with mean $q / (1 - q)$. What a writer who knows the law must pay grows by the entropy of
# that number, and by the choice of each mistaken name among the $w$ candidates:
#
# $$ \frac{-q \ln q - (1 - q) \ln (1 - q)}{1 - q} \ \text{nats a sentence}, \qquad \ln w \ \text{nats a mistake}. $$ (eq-retries-price)
#
# After the name nothing is left to chance: whoever can tell what is ready knows whether `back` follows. Here $q = 1/2$,
# one mistake a sentence wherever there is a quantity to be mistaken for.

# %%
{f"q = {q}": round(analysis.price_of_mistakes(q), 3) for q in (0.05, 0.2, 0.5)}

# %%
words = floor.costs(cells.fresh_source(recipe, seed), sizes.documents)
lacking = {name: floor.per_word(nats, words, seed=seed) for name, nats in words.lacking.items()}
print(f"the law itself: {words.floor.mean():.4f} nats a word; above it, without")
print({name: round(found.value, 4) for name, found in lacking.items()})

# %% [markdown]
# ## Learning it
#
# A short training, here and now, on solutions with mistakes. *Names* are the places where chance enters; *taking back* is
# the word after a mistaken name, which follows for certain.

# %%
curves = learning.learn(recipe, words, steps=sizes.steps, seed=100 + seed)

# %% mystnb={"figure": {"name": "fig-retries-learning", "caption": "The training on this page: nats a word above the exact law against tokens read, by what a word is for."}} tags=["hide-input"]
figures.learning(curves);

# %% [markdown]
# The trainings of the book: three layers of width 64, two thousand updates, three seeds, without mistakes and with them.
# Both kinds saw as many problems. Solutions with mistakes are longer, so that these trainings read a little more; the
# ratio of the tokens is printed.

# %%
flawless = models.of_the_book("arithmetic-small", sizes.seeds)
mistaken = models.of_the_book("arithmetic-small-retries", sizes.seeds)
own = models.of_the_reader(folders, recipe)
print(f"tokens with mistakes over tokens without: {verdicts.tokens_ratio(mistaken, flawless):.3f}")
learning.excess_table([*mistaken, *own], words, seed=seed).round(4)

# %% [markdown]
# ## Without chance, the law itself may never end
#
# Solutions are usually written without chance: at each place the likeliest word. Think what that means under a law with
# mistakes. A mistake changes nothing, so the writer stands where it stood, and the likeliest word is the same again. If
# one mistaken name is likelier than each right one, it is written and taken back forever. With $r$ names that are ready
# and $w$ that may be mistaken, this happens when $q / w > (1 - q) / r$. In the paper's problems $w$ is a dozen or more. In
# ours it may be one. So here is the share of the problems at which a writer who knows the law *exactly*, and always takes
# what is likeliest, comes to an end:

# %%
tests = [cells.draw_cell(recipe, k, sizes.problems, unseen=True, seed=seed) for k in (3, 4, 5)]
ends = {
    cell.operations: 100 * np.mean([analysis.likeliest_ends(one, slips) for one in cell.problems])
    for cell in tests
}
{f"{k} operations": f"{share:.0f} %" for k, share in ends.items()}

# %% [markdown]
# Words that are drawn from the law at temperature 1, mistakes and all, always end well. Both ways of writing are scored,
# as two readings of the claim.
#
# ## Does it help?

# %%
of_flawless = analysis.solved(flawless, tests, seed=seed)
of_mistaken = analysis.solved(mistaken, tests, seed=seed)
by_kind = {"without mistakes": of_flawless, "with mistakes": of_mistaken}
table = analysis.accuracy_table(by_kind, seed=seed)
table.set_index(["trained", "written", "operations"]).round(1)

# %% mystnb={"figure": {"name": "fig-retries-accuracy", "caption": "Whole solutions that are right against the number of operations (training had up to 3), trained without mistakes and with them. Left: the likeliest word each time; crosses: a writer who knows the exact law with mistakes. Right: words drawn at temperature 1; dotted: the exact law. Bars: 95 % intervals over problems and trainings."}} tags=["hide-input"]
figures.accuracy(table, ends);

# %%
joined = {"hardest": [5], "all": [3, 4, 5]}
rows = {
    (name, way): found
    for name, of in joined.items()
    for way, found in analysis.gains(of_mistaken, of_flawless, of, seed=seed).items()
}
pd.DataFrame(rows, index=["gain, points", "low", "high"]).T.astype(float).round(1)

# %% [markdown]
# The sign is claimed of *each* training, so the intervals are widened to hold the gain of every pair of seeds. As on the
# page before, it is judged only where transformers without mistakes have learned to solve what they were trained on.
#
# ## Does it make the mistakes that it was shown?
#
# In the paper it hardly does: fewer than 0.3 a solution after training with a fifth of the names taken back. Counted on
# right solutions, beside the mean number in solutions of the data to the very same problems:

# %%
backs = analysis.backs_table(of_mistaken, tests, slips)
backs.set_index(["written", "operations"]).round(2)

# %% mystnb={"figure": {"name": "fig-retries-backs", "caption": "Names taken back in a right solution against the number of operations, when words are drawn (squares) and without chance (circles). Open marks: in solutions of the data to the same problems."}} tags=["hide-input"]
figures.backs(backs);

# %% [markdown]
# A model that has learned the law makes as many mistakes as the law when its words are drawn, for that is what it was
# taught. Few mistakes are a matter of writing without chance, not of knowing better.
#
# ## Does it know?
#
# Now a wrong name is put into its mouth. After a full stop of a right solution stands the name of a quantity that
# depends on others: one that can be computed, or one that cannot yet. Does the state at the name tell which, before
# anything follows? A linear {term}`probe` is asked in both kinds of training, and in random weights. The control is the
# {term}`surprisal` of the name: a slip may merely be an unlikely word. And a model that was trained with mistakes can be
# asked without any probe: how probable is `back`?

# %%
train = [cells.draw_cell(recipe, k, sizes.probed, unseen=False, seed=seed + 1) for k in (3, 4, 5)]
test = [cells.draw_cell(recipe, k, sizes.judged, unseen=True, seed=seed + 1) for k in (3, 4, 5)]
along, along_test = asked.after_sentence(train, seed=seed), asked.after_sentence(test, seed=seed + 1)
groups = {
    "without mistakes": [one.model for one in flawless],
    "with mistakes": [one.model for one in mistaken],
    "random weights": [flawless[0].untrained()],
}
known = {
    name: analysis.regret(each, world.words, along, along_test) for name, each in groups.items()
}
analysis.back_table(known["with mistakes"]).round(3)

# %% mystnb={"figure": {"name": "fig-retries-regret", "caption": "How well the state at a name tells that its quantity cannot be computed yet: balanced accuracy of linear probes by layer, with 95 % intervals over problems and trainings. Lines: what the model trained with mistakes does by itself, the word that takes back against one half; and the surprisal of the name, trained without mistakes."}} tags=["hide-input"]
surprise = known["without mistakes"].score(known["without mistakes"].surprise).value
acted = known["with mistakes"].score(known["with mistakes"].back).value
figures.regret(
    {name: found.layers() for name, found in known.items()},
    {"surprisal of the name": surprise, "takes back by itself": acted},
);

# %% [markdown]
# ## Verdict

# %% tags=["hide-input"]
inside = cells.draw_cell(recipe, 3, sizes.problems, unseen=False, seed=seed)
skill = solutions.lacking_skill([solutions.solve(one.model, inside) for one in flawless])
missing = verdicts.lacking_trainings(mistaken, flawless) or skill
extra = [floor.surprisals(one.model, words) - words.floor for one in mistaken]
excess = [floor.per_word(one, words, seed=seed) for one in extra]
ratio = analysis.backs_ratio(of_mistaken[analysis.GREEDY], tests, slips, seed=seed)

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("synthetic/retries", model=model, profile=profile)
note = f"{sizes.problems} problems a number of operations, {len(mistaken)} pairs of trainings"
entries = [verdicts.floor_entry(excess, lacking), verdicts.rarely_entry(*ratio)]
entries += verdicts.gain_entries(of_mistaken, of_flawless, lacking=missing, note=note, seed=seed)
entries += verdicts.regret_entries(*known.values(), lacking=skill, seed=seed)
ledger.record_all(entries)
ledger.show()

# %% tags=["finding", "hide-input"]
ledger.finding(
    "Training on solutions in which names are mistaken and taken back changes the share of whole solutions at five "
    "operations by {retries.hardest.gain} points, where the paper has {retries.hardest.gain:paper}: "
    "*{retries.hardest.gain:verdict}*. Its greedy solutions take back {retries.written.rarely} of what the data do: "
    "*{retries.written.rarely:verdict}*. That a name was wrong is read off the state of a model that never saw a mistake "
    "with {retries.regret.known} % ({retries.regret.known:controls}): *{retries.regret.known:verdict}*; one that was "
    "trained with mistakes takes it back by itself with {retries.regret.acted} %: *{retries.regret.acted:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - Mistakes that are taken back cost a known number of nats. A loss is higher with them although nothing was learned worse:
#   compare with the floor.
# - Writing without chance is no neutral way to score a law that holds chance. Ask what the exact law would do.
# - Whether a model *knows* its slip and whether it *says* so are two questions. The second needs a word for it in training.
#
# *What is smaller here.* The paper's gains are of 12 layers and 40 billion tokens, at 23 operations, and single numbers in
# its tables scatter by three points; these are of three layers and three million tokens, at five operations. It also
# tried other rates, names that are wrong only in part, and finetuning; none of these was trained here. The reasoner of
# this book was shown slips and corrections in English, with a pretrained model beneath; how often it slips and corrects is
# told on {ref}`its own page <reasoner>`, and no row here speaks of it.

# %% [markdown]
# ## Exercises
#
# ```{exercise} How many mistakes?
# :label: retries-geometric
# Show that the number of mistakes before a sentence has the mean $q / (1 - q)$ and the entropy of
# {eq}`eq-retries-price`. Check both by drawing.
# ```
#
# ```{solution-start} retries-geometric
# :class: dropdown
# ```
# The number $n$ has $P(n) = (1 - q) q^n$. Its mean is $q / (1 - q)$, and $-\langle \ln P \rangle = -\ln (1 - q) -
# \langle n \rangle \ln q$, which is the formula. Half of all names then cost $2 \ln 2$ a sentence.

# %% tags=["solution"]
rng = np.random.default_rng(seed)
for q in (0.2, 0.5):
    n = rng.geometric(1 - q, 20_000) - 1
    nats = -np.log(1 - q) - n * np.log(q)
    print(f"q = {q}: mean {n.mean():.3f}, {q / (1 - q):.3f}; nats {nats.mean():.3f}, {analysis.price_of_mistakes(q):.3f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A rate that ends
# :label: retries-ends
# Below which rate does a writer without chance always come to an end, whatever the problem? Compare kinds of mistakes.
# ```
#
# ```{solution-start} retries-ends
# :class: dropdown
# ```
# The worst case is one name that may be mistaken and $r$ that are ready: it ends where $q < (1 - q) / r$, so $q < 1 / (1
# + r)$; with up to five quantities few are ready at a time. Where a mistake may name what is ready as well, a
# name that is written may be either, and the same bound does not hold; the kinds are those of the package.

# %% tags=["solution"]
print("kinds:", *RETRIES)
for q in (0.2, 0.3, 0.4, 0.5, 0.6):
    share = np.mean([analysis.likeliest_ends(one, Retries(q)) for one in tests[-1].problems])
    print(f"q = {q}: {100 * share:.0f} % end at five operations")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} A training of your own
# :label: retries-own
# Train with mistakes of another rate, or with names of later steps, and show it beside those of the book.
# ```
#
# ```{solution} retries-own
# :class: dropdown
# `lmphys train arithmetic-small-retries --seed 7 --into FOLDER`, then
# `lmphys run synthetic/retries --set 'folders=["FOLDER"]'`: its row stands in the table of nats above the law. Another
# rate is a recipe of its own: copy the one of this page in `lmphys.training.recipes` and change `retries`. Its floor is
# another too, so look at the nats above it and not at the loss.
# ```
