# %% [markdown]
# (energy_transformer)=
# # Does a second thought roll downhill?
#
# A language model names the next character in one go. A physicist would rather build a landscape, put a ball somewhere,
# and let it roll: the answer is where it comes to rest, a hard question takes longer, and the height tells how sure the
# answer is. Can a network learn such a landscape, and does the rolling help?
#
# An *energy-based transformer* {cite:p}`gladstone2025` does this. It reads a text $x$ together with a *guess* $\hat y$
# of the next token, a vector of $V$ {term}`logits <logit>`, and returns one number, the {term}`energy`
# $E_\theta(x, \hat y)$. To predict is to begin with noise and to go down:
#
# $$ \hat y_0 \sim \mathcal N(0, 1) , \qquad
# \hat y_{i+1} = \hat y_i - \alpha\, \nabla_{\hat y} E_\theta(x, \hat y_i) , \qquad
# p = \mathrm{softmax}(\hat y_F) . $$ (eq-descent)
#
# Nobody ever tells the network what an energy should be. It is trained by the loss of $p$ after two or three steps, with
# gradients that pass *through* the steps. The paper reports that this learns faster with more tokens than a transformer,
# that more steps lower the perplexity (it calls them *thinking*), that of several guesses the one of least energy is best,
# and that energies tell what is hard or unknown. A physicist is glad to hear it, and asks for the control experiments.
# We read public digests of the paper and its open code; the claims below say what we asked.

# %% tags=["parameters"]
model: str = "smollm2"  # names the run; what this page studies is trained by recipes of its own
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of the live training, texts, first guesses and bootstrap
kind: str = "energies"  # recipe of the energies that are asked: energies, or energies-plain where you trained it
n_texts: int = 160  # windows of 32 characters of each text
n_guesses: int = 5  # guesses of each character
most_steps: int = 8  # steps of the longest descent
live_updates: int = 60  # updates of the trainings that run here

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import book
from lmphys.pages import energy_transformer as analysis
from lmphys.pages.energy_transformer import choices, curves, descended, figures, paper, scores, shelf, texts, verdicts
from lmphys.problems.prose import text_of

book.use_style()
smoke = profile == "smoke"
if smoke:
    n_texts, n_guesses, most_steps, live_updates = 16, 5, 4, 10

# %% [markdown]
# ## The landscape is a transformer
#
# The guess enters as an average of embeddings, $\sum_v \mathrm{softmax}(\hat y)_v\, W_v$: a certain guess looks like
# the token itself, an open one like a mixture. It stands at the place of the token that it guesses, sees all tokens before
# it, and no other guess. At the end a single vector reads the energy off. So we take the small transformer of this book, its
# blocks and its embedding, and exchange the output head for that vector. Both have the same number of weights.
#
# The slope goes through the softmax, and this has a name in another science. With $e_v = \partial E / \partial p_v$,
#
# $$ \frac{\partial E}{\partial \hat y_v} = p_v \Big( e_v - \sum_u p_u e_u \Big) : $$ (eq-replicator)
#
# a token gains where its energy lies below the average, and in proportion to the probability that it has already. Biologists
# call this the replicator equation. What was unlikely in the first random guess moves slowly, and two guesses that began
# differently can end differently. Keep this in mind.
#
# ### The price
#
# A linear map of $N$ weights costs a transformer $2N$ operations a token forward and $4N$ backward. A step of descent takes
# $2N$ forward, $2N$ for the slope, and $8N$ when both are differentiated. In the paper texts and guesses stand in one
# sequence of double length, which is read anew at each step: for two steps $2 \cdot 2 \cdot 12 / 6 = 8$ times a
# transformer. (The paper counts 10 in place of 12, and so 6.66.) But no text ever sees a guess, so it can be read once:
# $(6 + 2 \cdot 12) / 6 = 5$. Attention and the embedding come on top. We count the products while they are computed, and
# take times in turns, on one core:

# %%
price = analysis.cost(repeats=2 if smoke else 5)
price.round(2)

# %% [markdown]
# ### Watching it begin
#
# The models of this page read 465,000 characters of Python's help, a twelfth of which is held out, topic by topic. They are
# tiny: two blocks, 48 wide. Energies are trained by the paper's second recipe, made to be thought with: two or three steps,
# a step size drawn anew for each character, noise before each step, half of the texts with guesses that were already
# improved (that half stands in for the paper's buffer of old guesses). One thing differs. The paper's first guesses have a
# standard deviation of 1 in each logit, and 3 is added before each step, with a vocabulary of 50,000. Here both are a tenth
# of that. {eq}`eq-replicator` tells why it matters: noise in the logits multiplies the speed of each token by
# $e^{\text{noise}}$, the descent cannot take it out again, and a few nats between 98 characters are easily drowned. We
# learned it the slow way, from a first training with the paper's first guesses. It is kept, and shown below. Here are the
# first updates of both kinds, trained on this machine now:

# %%
first = analysis.first_updates(live_updates, seed)
analysis.recorded(first, seed).groupby("recipe").tail(2)

# %% mystnb={"figure": {"name": "fig-energy-first", "caption": "Loss of the first updates, trained live on the same texts. Dotted: what one pays who knows only how frequent each character is."}} tags=["hide-input"]
held = texts.ladder(n_texts, seed)
near = held[texts.NEAR]
frequent = analysis.frequency_loss(near)
figures.first_updates(first, frequent);

# %% [markdown]
# If a seed of 0 to 2 is set, the table shows the same numbers in the record of the trainings that come with the book: a
# training is a function of its recipe.
#
# ## Tokens or multiplications
#
# Three trainings of each kind, other first weights and other windows each. A second transformer was given 6.66 times as many
# characters, which costs as much as the energies do at the paper's price. The crosses are the one training with the noise
# of the paper's first guesses.

# %% mystnb={"figure": {"name": "fig-energy-curves", "caption": "Loss on held-out topics against the characters read (left) and against the cost, in characters that a transformer would read for it (right); one line a training. Dotted: frequencies of characters. Slopes are fitted to the right of the thin line."}} tags=["hide-input"]
learned = shelf.curves()
figures.curves(learned, frequent);

# %% [markdown]
# The paper compares *slopes* of such curves, and does not say how they were taken. A slope of a logarithm depends on
# what is subtracted before: a power law that ends at a floor is bent. So there are two numbers for each pair of
# trainings, the ratio of slopes less one in percent, with no floor and with one that both share:

# %%
ratios = curves.slope_ratios(learned, kind)
ratios.round(3)

# %% [markdown]
# And a slope is a matter of where one looks. A curve that starts late is steep when it starts. At equal slopes later on it
# would still be behind.
#
# ## Does thinking help?
#
# Now the trained energies are asked, on held-out topics. Each prediction starts from noise. First the plain question: how
# does the perplexity fall with the steps of descent? The {term}`control` is a *temperature*. A descent that has not come to
# rest leaves a guess that is too open; raising all probabilities to one power, then, would also help, and costs
# nothing. The temperature is chosen on one half of the windows and applied to the other.

# %%
minds = [one.energies() for one in shelf.shipped(kind)]
recipe = shelf.shipped(kind)[0].recipe
trained, begin = recipe.most, recipe.begin
plain, long = (
    [one.transformer() for one in shelf.shipped(name)] for name in ("transformer", "transformer-long")
)
far = {
    text: [scores.guesses(mind, ids, steps=trained + 1, begin=begin, seed=seed) for mind in minds]
    for text, ids in held.items() if text != texts.NEAR
}
many = [scores.guesses(mind, near, steps=trained, candidates=n_guesses, begin=begin, seed=seed) for mind in minds]
thought = [scores.guesses(mind, near, steps=max(most_steps, trained + 1), begin=begin, seed=seed) for mind in minds]
on = {text: analysis.told(found) for text, found in (far | {texts.NEAR: thought}).items()}
losses = {
    "energies": on[texts.NEAR].surprisals[trained],
    "transformer": analysis.losses(plain, near),
    "transformer-long": analysis.losses(long, near),
}
pd.Series({name: np.exp(each.mean()) for name, each in losses.items()}).to_frame("perplexity").round(2)

# %% mystnb={"figure": {"name": "fig-energy-thinking", "caption": "Perplexity against the steps of descent, with 95 % intervals over windows and trainings. Diamond: the prediction after the trained number of steps at its best temperature. Band: transformer, which takes one pass."}} tags=["hide-input"]
tempered = analysis.tempered(thought, trained)
figures.thinking(on[texts.NEAR].surprisals, trained, tempered, losses["transformer"]);

# %% [markdown]
# The same, step by step: a window of the held-out text, what each of its characters still costs, and what perplexity
# and energy are over all windows. Go down, and past the number of steps that training took.

# %% tags=["hide-input"]
window = 3
descended.descent(
    on[texts.NEAR], text_of(near[window, 1:].numpy()), window, trained, losses["transformer"]
)

# %% [markdown]
# *Descent of the first model on one window, perplexity and energy over all windows and models (in print: as many steps
# as in training). The energy falls by construction, as long as the steps are short; whether the loss falls with it is
# what was learned.*
#
# ## Many guesses
#
# The ball can be dropped from several places. The paper keeps the guess that ends with the least energy, one choice for
# each character: the model verifies itself. What else can one do with $M$ guesses at the same price?
#
# - pick one at random: the null that costs nothing;
# - pick the one of least {term}`entropy`: the surest one, without an energy;
# - take the *mean* of the $M$ probabilities.
#
# The mean needs no verifier, and it cannot lose: the logarithm is concave, so
# $-\ln \frac1M \sum_m p_m \le \frac1M \sum_m (-\ln p_m)$. A choice must beat the mean to show that it knows something.

# %%
ways = choices.table([choices.choose(found, n_guesses, seed=seed) for found in many])
loud = [
    scores.guesses(one.energies(), near, steps=one.recipe.most, candidates=n_guesses, begin=one.recipe.begin, seed=seed)
    for one in shelf.shipped("energies-noisy")
]
noisy = choices.table([choices.choose(found, n_guesses, seed=seed) for found in loud])
pd.concat({kind: analysis.gains_of(ways), "energies-noisy": analysis.gains_of(noisy)}, axis=1).round(1)

# %% mystnb={"figure": {"name": "fig-energy-several", "caption": "By how much several guesses of each character beat one, against their number, by the way they are used; held-out topics, 95 % intervals over windows and trainings."}} tags=["hide-input"]
numbers = [m for m in (1, 2, 3, 5, 8) if m <= n_guesses]
figures.several({m: choices.table([choices.choose(found, m, seed=seed) for found in many]) for m in numbers});

# %% [markdown]
# The table has the gain over one guess, in percent of its perplexity. Two questions hide here. Between guesses of *one*
# character the energy may rank well, and the row *highest energy* shows how much. Whether to rank is better than to
# average, or than to set a temperature, is another matter. And how much there is to gain depends on how unlike the guesses
# are, which is the noise that they began with: the columns to the right are those of the first training, with ten times as
# much of it. There is one only, and it is not judged.
#
# ## Is the energy a sense of difficulty?
#
# If energies told what is hard, they would go along with the loss, from character to character. Rivals: the entropy of the
# same prediction, and that of the transformer. Here is a window of the held-out text, and below it the correlation over all
# of them.

# %% mystnb={"figure": {"name": "fig-energy-sentence", "caption": "One window of held-out text: energy at the end of the descent, loss of the prediction and entropy of the transformer, in nats but for the energy."}} tags=["hide-input"]
doubts = analysis.doubts(plain, near)
figures.sentence(text_of(near[window, 1:].numpy()), {
    "energy": on[texts.NEAR].energies[trained][0, window],
    "loss of the energies": on[texts.NEAR].each[trained][0, window],
    "entropy of the transformer": doubts[0, window],
});  # fmt: skip

# %%
told = on[texts.NEAR]
hard = analysis.rank_correlations(told.each[trained], {
    "energy": told.energies[trained], "own entropy": told.entropies[trained], "transformer": doubts,
})  # fmt: skip
hard.round(3)

# %% [markdown]
# Only differences of energy at one place are shaped by training, as the descent sees nothing but slopes: a constant added
# to the energies of a place changes no prediction. Whether the constants carry knowledge is left to chance, and to this
# test.
#
# ## Far from home
#
# The paper finds that thinking gains more the less a text is like those of the training. We climb a ladder: topics
# seen and held out, chains of thought in plain English, arithmetic in prefix notation, shuffled characters. The gain is
# that of the steps after the first one. The control: the same first step, at the best temperature for that text.

# %%
gains = {text: (found.surprisals[1], found.surprisals[trained]) for text, found in on.items()}
heated = {
    text: (on[text].surprisals[1], analysis.tempered(found, 1))
    for text, found in (far | {texts.NEAR: thought}).items()
}
analysis.ladder_table(gains, heated, texts.NEAR).round(2)

# %% mystnb={"figure": {"name": "fig-energy-ladder", "caption": "Gain in perplexity by the steps after the first (circles) and by a temperature after the first (diamonds), on texts that are less and less like the training, with their perplexity over that of held-out topics. Bars: 95 % intervals over windows and trainings."}} tags=["hide-input"]
figures.ladder(gains, heated, texts.NEAR);

# %% [markdown]
# ## The paper against itself
#
# Some numbers can be checked without any model. The paper plots its gain by thinking against the *shift* of a text,
# the ratio of its perplexity to that of the training text, and it also prints these perplexities:

# %%
paper.shifts().round(2)

# %% [markdown]
# If Fig. 7 were made from Table 3, one of its columns should hold the last one. And the gain by thinking, in percent of
# what?

# %%
paper.thinking().round(1).to_frame("lower by, %")

# %% [markdown]
# Part of a gain may be the way back from a start that is worse than the rival. A percentage needs its base.
#
# ## Verdict
#
# Claims, tolerances and controls were fixed before anything was trained; the noise of the trainings was lowered once, on
# the sight of a loss and of nothing else. Where a model does not beat the frequencies of
# single characters, its energies are not compared. At our size the race for the lower loss at equal tokens cannot be
# decided, as the paper sees the curves cross at three billion tokens; the numbers are shown all the same.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("generative/energy_transformer", model=model, profile=profile)
ledger.record_all([*verdicts.cost_entries(price), *verdicts.loss_entries(losses, ratios), *verdicts.paper_entries()])
ledger.record_all(verdicts.asked_entries(
    on, trained, ways=ways, tempered=tempered, doubts=doubts, gains=gains, heated=heated,
    transformers={text: analysis.each_loss(plain, ids) for text, ids in held.items()},
    lacking=verdicts.unlearned(losses["energies"], frequent),
))  # fmt: skip
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "At equal tokens the energies' loss differs from the transformer's by {ebt.loss.tokens} nats a character "
    "(*{ebt.loss.tokens:verdict}*), at equal multiplications by {ebt.loss.flops} (*{ebt.loss.flops:verdict}*). One step "
    "more than in training changes the perplexity for the better by {ebt.longer} % (*{ebt.longer:verdict}*), and the "
    "guess of least energy of five does by {ebt.best_of_n} % (*{ebt.best_of_n:verdict}*). Energies go along with the "
    "loss of characters by a rank correlation of {ebt.uncertainty} (*{ebt.uncertainty:verdict}*). The largest shift "
    "in the paper's figure, set beside its own table: *{ebt.shift_ratio:verdict}*."
)

# %% [markdown]
# What to take along:
#
# - Before a verifier is praised, average. The mean of the candidates costs the same and needs no verifier.
# - Before steps of thought are praised, try a temperature. Part of what they do is to sharpen.
# - An energy that is trained by its slopes alone has a meaning between guesses, and need not have one between places.
# - Say of what a percentage is one, and compare at equal tokens *and* at equal multiplications.
# - That a model has an energy does not set it apart: $-\ln p$ of any language model is one
#   ({ref}`the page on the Boltzmann law <boltzmann>`). What is new is that the answer is *searched*.

# %% [markdown]
# ## Exercises
#
# ```{exercise} The slope of a softmax
# :label: energy-transformer-replicator
#
# Let $E = \sum_v p_v e_v$ with fixed $e_v$. Derive {eq}`eq-replicator`. Then let the guess flow down, with small steps
# from equal logits. Which distribution does it go to, and is it on the way the {term}`Boltzmann distribution` at some
# temperature?
# ```
#
# ```{solution-start} energy-transformer-replicator
# :class: dropdown
# ```
#
# With $\partial p_u / \partial \hat y_v = p_u (\delta_{uv} - p_v)$ the sum gives $p_v (e_v - \langle e \rangle)$. The flow
# ends in the token of least energy. It is Boltzmann's law if $\hat y$ were linear in $e$, which it is at the
# very beginning only: the factor $p_v$ lets the likely ones run ahead. The correlation of logits and energies tells:

# %% tags=["solution"]
energy, logits = np.array([0.0, 0.3, 0.6, 1.0]), np.zeros(4)
for step in range(1, 2001):
    p = np.exp(logits) / np.exp(logits).sum()
    logits -= 0.1 * p * (energy - p @ energy)
    if step in (1, 100, 400, 2000):
        print(step, p.round(3), f"correlation with -e: {np.corrcoef(logits, -energy)[0, 1]:.4f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} What averaging is worth
# :label: energy-transformer-mean
#
# Let the logit of the right one of two tokens be $a$ plus Gaussian noise of standard deviation $\sigma$, drawn anew
# for each guess. By how much does the mean of very many guesses beat a single one, for $a = 2$? When is it worth nothing?
# ```
#
# ```{solution-start} energy-transformer-mean
# :class: dropdown
# ```
#
# The gain is $\E[-\ln p] + \ln \E[p]$ with $p = 1 / (1 + e^{-z})$. It vanishes with the noise, as its square:

# %% tags=["solution"]
noise = np.random.default_rng(seed).standard_normal(200_000)
for sigma in (0.1, 0.3, 1.0, 3.0):
    chosen = 1 / (1 + np.exp(-(2 + sigma * noise)))
    gained = np.log(chosen.mean()) - np.log(chosen).mean()
    print(f"noise {sigma}: {gained:.4f} nats, over its square {gained / sigma**2:.4f}")

# %% [markdown]
# ```{solution-end}
# ```
#
# ```{exercise} Train the other recipe
# :label: energy-transformer-own
#
# The paper's first recipe takes two steps, each with a loss of its own and blind to the other one, without noise.
# Should it gain more or less from further steps?
# ```
#
# ```{solution-start} energy-transformer-own
# :class: dropdown
# ```
#
# `python -m lmphys.pages.energy_transformer.campaign energies-plain` trains three of them, two minutes of a core each, and
# `lmphys run generative/energy_transformer --set kind=energies-plain` asks them. Nothing in that recipe ever saw a third
# step. What a third step is worth to the models of this run, in nats a character:

# %% tags=["solution"]
steps = on[texts.NEAR].surprisals.mean(axis=(1, 2))
print(kind, (steps[:-1] - steps[1:]).round(4))

# %% [markdown]
# ```{solution-end}
# ```
