# %% [markdown]
# (knowledge)=
# # What is it to know something?
#
# A model tells a person's life without a mistake, word by word. Then it is asked for that person's employer, and has no
# idea. Did it know? We train small transformers on the lives of people who never were, told once or told in several ways,
# and ask about them in words that no text had.

# %% [markdown]
# To engineers this is a table without an index. Every row is there, and can be read out from the beginning; but there is
# no key by which to find one. To physicists it is an {term}`associative memory <modern Hopfield network>` that gives a
# pattern back when it is shown the beginning of that pattern, and not from any other piece of it. What is stored and what
# can be *addressed* are two things.
#
# {cite:t}`allenzhu2023storage` found that language models can fall between the two, and that the *texts* decide. Where
# each person had one text, the fact was bound to the whole text before it, and questions about people were answered in
# one case of ten. Where the same facts were told in several texts, with sentences in another order, it was nearly always
# answered. {cite:t}`allenzhu2023manipulation` went on: what a model can say, it still cannot *reckon with* before it has
# said it; and nobody is found from the facts about him. Their models are a hundred times larger than ours and knew
# 100,000 people. What does it take to see these effects in a model that is trained in minutes?

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of the choice of people, shuffled labels and bootstrap
n_people: int = 500  # people whose texts are gone through, of each model, and as many strangers
live_steps: int = 240  # updates of the training that runs here
block: int = 2  # block after which states are read, of two
n_seeds: int = 3  # trainings of each kind that are looked into, at most

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.pages import knowledge as analysis
from lmphys.pages.knowledge import figures, recall, verdicts
from lmphys.pages.knowledge.models import FIVE, ONE
from lmphys.pages.knowledge.reading import matrix
from lmphys.training.recipes import RECIPES

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_people, live_steps, n_seeds = 100, 20, 1

# %% [markdown]
# ## A world of people
#
# A person is a name of three words and six facts, drawn evenly and independently, but for the place of work, which
# follows from the employer. Nobody lives there; every word is a token. This is one of them, as the first kind of model
# is told of him or her, always in these words:

# %%
models = analysis.knowers(n_seeds)
told_once, told_often = models[ONE][0].texts, models[FIVE][0].texts
print(" ".join(told_once.vocabulary[token] for token in told_once.biography(0).tokens))

# %% [markdown]
# And two of the five texts that the second kind has of the same person:

# %%
for rewriting in (0, 1):
    print(" ".join(told_often.vocabulary[token] for token in told_often.biography(0, rewriting).tokens), "\n")

# %% [markdown]
# The name stands at the beginning alone, and every value *after* what it is the value of. Both kinds read equally many
# words, and meet each person equally often; the second kind meets each of its texts five times less often. Afterwards
# both are {term}`asked <knowledge extraction>`:

# %%
asked = RECIPES["ask-many"].source()
for index in range(3):
    question, answer = asked.question(index)
    print(" ".join(question), "→", " ".join(answer))

# %% [markdown]
# A short further training teaches what a question is, on questions about *half* of the people. The test asks about the
# other half. No question about them was ever seen; all that is known of them comes from their texts.

# %%
world = models[ONE][0].world
bits = {"people": world.n_people, "bits of a person": world.bits / world.n_people}
weights = models[ONE][0].model.n_parameters
pd.Series(bits | {"parameters": weights, "bits a parameter": world.bits / weights}).to_frame("this world").round(2)

# %% [markdown]
# By the measure of {doc}`capacity` there is room to spare: less than one bit for each parameter. A fair comparison also
# asks that both kinds know their texts by heart, 99 % of the values or more. What they hold for the likeliest word, given
# the true text before it:

# %%
found = analysis.survey(models, n_people, block, seed=seed)
known = {
    "own texts": found.recall, "fresh texts": found.fresh,
}
table = pd.DataFrame({name: {kind: each.mean() for kind, each in values.items()} for name, values in known.items()})
table.assign(trainings=len(found.worlds), guess=found.guess).rename(columns={"guess": "most frequent value"}).round(1)

# %% mystnb={"figure": {"name": "fig-knowledge-losses", "caption": "Loss while biographies are learned by heart, one line a training, against the number of times that each person was met. Five texts in any order leave more to be unsure of, as nobody can foresee which text it will be."}} tags=["hide-input"]
passes = models[ONE][0].one.recipe.steps * models[ONE][0].one.recipe.batch_size / world.n_people
figures.losses({kind: [knower.one.losses for knower in each] for kind, each in models.items()}, passes);

# %% [markdown]
# The column *own texts* is the condition. *Fresh texts* tell the same facts with phrases drawn anew and in random order
# (the first sentence is left out, as its value comes right after the name in both kinds). Nothing was asked yet, and no
# training with questions is involved: a text in other words is question enough.
#
# ## Asked by name
#
# Now a model of five texts goes on with questions, here and now, from the weights that come with the book:

# %%
curve = analysis.learn("ask-many", live_steps, min(n_people, 200), seed=models[FIVE][0].one.seed)
curve.tail(2).round(1)

# %% mystnb={"figure": {"name": "fig-knowledge-live", "caption": "Right answers, all attributes but the first, while a model of five texts a person learns to answer: about people whose questions it is trained on, and about the others, of whom it has only read. Bands are 95 % intervals over people. Dotted: always saying the most frequent value."}} tags=["hide-input"]
figures.learning(curve, found.guess);

# %% [markdown]
# What is right about those asked about may be learned by heart from the questions. What is right about the others
# cannot; it was read in their texts, and found by their name. The longer trainings of the book, of both kinds:

# %%
shelf = analysis.AnswerShelf.of_book()
answered = {kind: analysis.Answered(shelf, name, "test") for kind, name in ((ONE, "ask-single"), (FIVE, "ask-many"))}
answered = {kind: each for kind, each in answered.items() if each.seeds}
tables = {kind: each.by_attribute() for kind, each in answered.items()}
pd.concat(tables, axis=1).round(1) if tables else print("no answers come with the book yet")

# %% mystnb={"figure": {"name": "fig-knowledge-extraction", "caption": "Right answers about people whom no question of the training was about, by attribute, after one text a person and after five. Bars are 95 % intervals over people, and over trainings where there are several. Dotted: always saying the most frequent value of an attribute of one word. The birthday stands first in the only text of a person; in the paper it is the one that could be asked for."}} tags=["hide-input"]
if tables:
    figures.extraction(tables, found.guess)

# %% [markdown]
# Two controls. *Most frequent value* is the best answer of one who knows nothing of the person. *Answers of other people*
# counts each answer as right with the chance that it fits somebody else of the same half: whoever had only learned
# which words are answers would do as well by it.
#
# ## Where is it written?
#
# Can one see the difference in the {term}`states <hidden state>`, before any question? At the end of the name the model
# has read three words, and has said nothing. Does its state already hold the employer? A {term}`linear reader <probe>`
# is fitted to name an attribute from the state of half of the people and tried on the others. It stands at the end of
# the name, and before each of the six values.

# %% mystnb={"figure": {"name": "fig-knowledge-places", "caption": "Share of people, %, whose attribute (column) a linear reader names from the state at a place of the text (row), read from the top in the order of the text. The red strokes stand below the place at which the attribute is about to be told; further down it stands in the text. Mean over trainings. How well one scores who always names the most frequent value is told below."}} tags=["hide-input"]
figures.places({kind: matrix(each) for kind, each in found.named.items()});

# %% [markdown]
# A fact that is looked up as soon as the *name* is known stands in the first row. A fact that is bound to the *text*
# appears at the red stroke, or one sentence earlier, when the text calls for it. (The place of work can be told once the
# employer was.) There is a third case: bound to the name, and fetched only when it is called for. Then the first row is
# dark, and fresh texts and questions find the fact all the same; set the figure beside the two before it. And a reader
# may find nothing that is there: he is linear, fitted on few people for each value, and looks at one place after one
# block. So we ask with random weights, and with labels that were shuffled among the people, what he finds by accident:

# %%
rows = {
    "trained": found.at_name, "random weights": found.blank, "shuffled labels": found.mixed,
    "most frequent value": dict.fromkeys((ONE, FIVE), np.array(found.guess)),
}
at_name = pd.DataFrame({name: {kind: values[kind].mean() for kind in (ONE, FIVE)} for name, values in rows.items()})
at_name.T.rename_axis("named from the name, %").round(1)

# %% [markdown]
# ## Reckoning with what one knows
#
# Values have numbers, those of their order in the list of this world, and a further training asks for the remainder of
# that number by 5: *remainder employer Ann … ? :* and then a digit. To one who can name the employer this is a matter
# of a few words with a digit each. The model has two ways. It may answer *at once*; then the value must be found and turned
# into its digit within one pass through the blocks. Or it *writes the value out first*, and has it before its eyes. If
# that is all, and $a$ is the share of values that are written out right, then a remainder by $m$ is right with
#
# $$ P = a + \frac{1 - a}{m} , $$ (eq-hint-formula)
#
# the right ones and a guess in place of the others.

# %%
with_steps = analysis.Answered(shelf, "remainder-steps", "test")
plain = analysis.Answered(shelf, "remainder", "test")
at_once = analysis.Answered(shelf, "remainder-steps", "test, at once")
ready = bool(with_steps.seeds and plain.seeds)
last, first = slice(-1, None), slice(0, 1)
if ready:
    without = {"trained without": plain.right(), "trained with, asked without": at_once.right(last)}
    kinds = {"value written out": with_steps.right(last), "the value itself": with_steps.right(first), **without}
    own = analysis.Answered(shelf, "remainder", "train").right()
    shown = {name: each.mean() for name, each in kinds.items()} | {"trained without, people asked about": own.mean()}
    print(pd.Series(shown).round(1).to_string())
else:
    print("no answers come with the book yet")

# %% mystnb={"figure": {"name": "fig-knowledge-remainders", "caption": "Right remainders by 5 about people whom no question of the training was about, with the value written out first and without. Lines are 95 % intervals over people, and over trainings where there are several. Red: what follows from the share of right values. Dotted: chance."}} tags=["hide-input"]
if ready:
    figures.remainders(kinds["value written out"], kinds["the value itself"], without)

# %% [markdown]
# Asked without means that the model which has learned to write the value may write nothing but a remainder. The last line
# tells how far the training without values came on its own questions: what has to be learned by heart, person by person,
# takes longer.
#
# ## Turned around
#
# A last training gives all six facts of a person, which single out one of them all, and asks for the name. In
# every text that the model has read, the name came first. The control is the half that was asked for in training: it
# shows that a model of this size *can* hold facts by which a name is found, once they have stood before the name.

# %%
inverse = {half: analysis.Answered(shelf, "inverse", half) for half in ("train", "test")}
if inverse["test"].seeds:
    parts = {"first name": first, "whole name": slice(None)}
    found_names = {
        half: {name: each.right(part).mean() for name, part in parts.items()} for half, each in inverse.items()
    }
    print(pd.DataFrame(found_names).rename(columns={"train": "asked for in training", "test": "others"}).round(1))
else:
    print("no answers come with the book yet")

# %% [markdown]
# ## Does it know that it does not know?
#
# This book's own question. Ask a model of five texts for people whom it *never met*. Of them the exact law is known:
# every value of an attribute is equally likely, and the loss cannot be below the logarithm of their number. A model that has
# learned the law of its world, and not only its people, would say so. One that has only learned people by heart finds
# the nearest of them and is sure. We heat the model, $p \propto p_1^{1/T}$, and look for the {term}`temperature` at which it comes nearest to the truth:

# %%
even = float(np.mean([np.log(len(world.pools(attribute)[0])) for attribute in recall.EVEN]))
nats = {"strangers": found.strangers, "people of the training": found.known}
best = {who: recall.best_temperature(each, seed=seed) for who, each in nats.items()}
at_one = int(np.abs(recall.TEMPERATURES - 1).argmin())
pd.DataFrame(
    {who: {"best temperature": best[who].value, "nats at 1": nats[who][:, at_one].mean(),
           "nats at the best": nats[who].mean(axis=0).min(), "exact law": even if who == "strangers" else 0.0}
     for who in nats}
).T.round(2)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-knowledge-temperature", "caption": "Cross-entropy of the next value in fresh texts against temperature, for people of the training and for strangers; dots at the least. Dotted: the exact law of a stranger. What lies above it is paid for being sure of what cannot be known."}} tags=["hide-input"]
figures.temperatures(nats, recall.TEMPERATURES, even);

# %% [markdown]
# A best temperature above 1 says that the model has to be made less sure. No temperature brings it to the dotted line if
# what it says of a stranger is not only too sure, but about somebody else.
#
# ## Verdict
#
# The claims were fixed before any model of the book was trained; pilots with 500 people had settled learning rate and
# batch. A comparison of the two kinds of texts counts from 2,000 people and three trainings of each on, and where both know
# their own texts; what is missing stands in the table. What this page does not test: mixing questions into the texts from the beginning, which helps in the paper;
# five texts in one order; well-known people who help the others; and comparisons of two people.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("synthetic/knowledge", model=model, profile=profile)
fair = verdicts.Fair(found.recall, world.n_people)
ledger.record_all(verdicts.extraction_entries(shelf, fair, seed=seed))
ledger.record_all(verdicts.reading_entries(found.at_name, found.before_value, found.blank, found.mixed, fair))
ledger.record_all([verdicts.fresh_entry(found.fresh, found.guess), verdicts.stranger_entry(*best.values())])
ledger.record_all([*verdicts.remainder_entries(shelf, fair), *verdicts.inverse_entries(shelf, fair)])
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "Asked by name about people whom no question was about, models of five texts a person are ahead of models of one "
    "text by {knowledge.extraction.gain} points ({knowledge.extraction.gain:paper} in the paper): "
    "*{knowledge.extraction.gain:verdict}*. From the end of the name a linear reader finds {knowledge.probe.name} points "
    "more (*{knowledge.probe.name:verdict}*). Writing a value out before reckoning with it is worth "
    "{knowledge.hint.gain} points (*{knowledge.hint.gain:verdict}*). Found by their facts: {knowledge.inverse.first} % "
    "of the first names (*{knowledge.inverse.first:verdict}*). The temperature at which the model does best on strangers "
    "is {knowledge.strangers.temperature}, where the exact law asks for 1 (*{knowledge.strangers.temperature:verdict}*)."
)

# %% [markdown]
# What to take along:
#
# - To recite is not to know. Test in words, and in an order, that the training did not have.
# - A fact is addressed by what stood before it whenever it was learned. Vary all that shall not be part of the key.
# - A probe that finds a fact says where it can be read; one that finds none says little. Give both a null.
# - Before asking why a model reasons badly with a fact, let it write the fact out.

# %% [markdown]
# ## Exercises
#
# ```{exercise} What a remainder tells
# :label: knowledge-what-a-remainder-tells
#
# By {eq}`eq-hint-formula`, which share of right values would give the 86.4 % of right remainders that the paper reports
# with values written out? It reports 84.5 % for the values themselves. Is the formula fulfilled?
# ```
#
# ```{solution-start} knowledge-what-a-remainder-tells
# :class: dropdown
# ```
#
# Solve for $a$, and compare in both directions:

# %% tags=["solution"]
m = 5
a = (0.864 - 1 / m) / (1 - 1 / m)
print(f"values right: {100 * a:.1f} % by the formula, 84.5 % reported; remainders expected {84.5 + 15.5 / m:.1f} %")

# %% [markdown]
# A point or so is missing: those who write a right value still slip now and then in its digit.
# ```{solution-end}
# ```
#
# ```{exercise} One attribute gives another away
# :label: knowledge-one-gives-another
#
# The place of work follows from the employer. Could a model that knows *only* which employer sits where, and nothing of
# people, look as if it knew places of work? Where in {numref}`fig-knowledge-places` would that show, and why does it not
# help with questions?
# ```
#
# ```{solution-start} knowledge-one-gives-another
# :class: dropdown
# ```
#
# It shows in the rows after the employer was told: there the place can be inferred without the person. A question gives a
# name and no employer. How much is to be had from the employer alone, and from the name alone:

# %% tags=["solution"]
employers, places = (len(world.pools(attribute)[0]) for attribute in ("employer", "workplace"))
print(f"{employers} employers determine {np.log2(places) * employers:.0f} bits of places, for {world.n_people:,} people")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} On your own
# :label: knowledge-your-own
#
# How many texts does it take? Train a model with two texts a person, or with five in one order, and ask it.
# ```
#
# ```{solution} knowledge-your-own
# :class: dropdown
#
# In `training/recipes/knowledge.py` give `biographies-many` other numbers of `rewritings`, or `permuted` false, under a name
# of its own, and let a copy of `ask-many` go on from it. Then `lmphys train NAME`, `lmphys train ship NAME FOLDER`, and
# `lmphys train` with the name of the copy. What comes with the book was made by
# `python -m lmphys.pages.knowledge.campaign`; called again, it adds what is missing.
# ```
