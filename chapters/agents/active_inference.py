# %% [markdown]
# (active_inference)=
# # Does a free energy choose good prompts?
#
# A language model can be asked the same thing in many ways, and some ways may work better than others. You can try
# them, but each trial costs. Should you use again what worked best so far, or try what you know least about?
#
# This is the problem of a gambler before a row of slot machines, and it has known solutions. {cite:t}`prakki2024` gives it
# to an agent of *active inference*: an agent that holds a belief about the world, and acts so that what it expects
# to see is both what it prefers and what will teach it most. The quantity that it goes by is called a *free
# energy*, and the paper connects it with thermodynamics. It claims that such an agent, put in charge of several language
# models, first gathers information, then tests prompts, and comes to know its environment. (We could read its abstract and
# the author's code, not the whole text.) No other way of choosing stands beside it there. Here some do.
#
# ## What the words mean
#
# Let $s$ be a hidden state, $o$ an observation, and $q(s)$ a belief. The *variational free energy* of the belief is
#
# $$ F[q] = \sum_s q(s) \ln \frac{q(s)}{p(o, s)} = \mathrm{KL}\big( q \,\Vert\, p(s \mid o) \big) - \ln p(o) . $$ (eq-belief-energy)
#
# It is least at the posterior of Bayes' rule, and then it is the surprise $-\ln p(o)$. For what has not been seen yet
# there is the {term}`expected free energy`. With the sign in which larger is better, a plan $\pi$ is worth
#
# $$ G(\pi) = \underbrace{\E[\ln p(o \mid C)]}_{\text{utility}} + \underbrace{I(s; o)}_{\text{state}}
# + \underbrace{I(\theta; o)}_{\text{novelty}} , \qquad q(\pi) \propto e^{\gamma\, G(\pi)} . $$ (eq-efe)
#
# $C$ is a law of preferred observations; $I(s; o)$ is what the observation is expected to tell about the state,
# and the *novelty* what it is expected to tell about the unknown laws $\theta$ of the model itself: what one sees in a
# state ($A$), and where an action leads ($B$). Those are learned by counting.
#
# What is thermodynamics in this? {eq}`eq-belief-energy` is the free energy of a system with the energies
# $-\ln p(o, s)$ at the temperature 1, as on {doc}`/chapters/thermo/entropy_zeros`: that is exact, and it is Bayes' rule.
# The choice in {eq}`eq-efe` is a {term}`Boltzmann distribution` over plans, and $1 / \gamma$ is its temperature: exact
# as well, since it is put in by hand. But no heat flows, no work is done, and nothing forces an agent to be in
# equilibrium. The dictionary says so term by term, from {term}`variational free energy` on.

# %% tags=["parameters"]
model: str = "smollm2"  # that is asked in all wordings
profile: str = "quick"  # smoke, quick or full
seed: int = 0  # seed of replays, plays, halvings and bootstrap
n_replays: int = 20  # replays of the paper's agent for each judge
n_runs: int = 200  # runs of each policy on the table
n_pulls: int = 400  # pulls of the longer contest
n_halves: int = 200  # random halvings of the questions
n_columns: int = 10  # pairs of a task and a wording that are asked anew, 96 in all
n_questions: int = 4  # questions a task where no table of the model is shipped

# %% tags=["hide-input"]
import numpy as np
import pandas as pd

from lmphys import agents, book, lm
from lmphys.pages import active_inference as analysis
from lmphys.pages.active_inference import figures, halves, paper_agent, verdicts

book.use_style()
if profile == "smoke":
    n_replays, n_runs, n_pulls, n_halves, n_columns, n_questions = 3, 20, 160, 20, 1, 2

# %% [markdown]
# A small case, to have seen the words at work: two states, one observation that is thrice as likely in the first.

# %%
prior, likelihood = np.array([0.5, 0.5]), np.array([0.9, 0.3])
beliefs = {"prior": prior, "half way": np.array([0.6, 0.4])}
beliefs["posterior"] = agents.updated(prior, likelihood)
pd.DataFrame({
    name: {
        "p(first state)": q[0],
        "F, nats": agents.free_energy(q, prior, likelihood),
        "F less surprise": agents.free_energy(q, prior, likelihood) + np.log(0.6),
    }
    for name, q in beliefs.items()
}).T.round(4)  # fmt: skip

# %% [markdown]
# ### Novelty, exact and as libraries have it
#
# An unknown law of $K$ outcomes that was counted $a_1, \dots, a_K$ times has a Dirichlet density, and the novelty of one
# more observation is known exactly,
#
# $$ I(\theta; o) = - \sum_k m_k \ln m_k + \sum_k m_k\, \psi(a_k + 1) - \psi(a_0 + 1) \;\to\; \frac{K - 1}{2 a_0} ,
# \qquad m = a / a_0 , \quad a_0 = \sum_k a_k , $$ (eq-novelty)
#
# with the digamma function $\psi$. For a coin that was never thrown, $a = (1, 1)$, it is $\ln 2 - 1/2$. Libraries of active
# inference, and the author's, use a short form that is $(K - 1) / a_0$ in the mean {cite:p}`heins2022`.

# %%
cases = ([1.0, 1.0], [10.0, 20.0, 30.0], [1.0] * 11, [100.0] * 11)
pd.DataFrame({
    str(counts if len(counts) < 5 else f"{len(counts)} times {counts[0]:g}"): {
        "exact": agents.novelty(np.array(counts)),
        "library": agents.library_novelty(np.array(counts)),
    }
    for counts in cases
}).T.assign(ratio=lambda rows: rows["library"] / rows["exact"]).round(4)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-active_inference-novelty", "caption": "Novelty of a law of eleven grades, in nats, against the number of observations, with one count a grade before the first. The library's form overrates what there is to learn, by a factor of two or more."}} tags=["hide-input"]
figures.novelties();

# %% [markdown]
# ## The paper's agent, and three judges
#
# The agent of the paper has 43 actions: try one of 32 prompts, do one of 10 searches, or nothing. A language model answers, and
# a language model *judges* the answer with grades from 0 to 10. So the agent has three hidden factors: the prompt in use, the
# search in use, and what is known. It starts with even counts for all: it knows neither which grades a prompt gets nor
# that *choosing* prompt 7 makes prompt 7 the one in use. It takes 80 actions, each time the best by {eq}`eq-efe` with $\gamma
# \to \infty$.
#
# An agent that learns from its judge must behave differently where the judge says other things. So we replay it with
# the settings of the author's script and with three judges that need no language model: one that has a
# *table* of grades, with noise; one that *always* says 8; and one that says any grade at random. The seed, which breaks ties,
# is the same for all three. Other rows take terms of {eq}`eq-efe` away; *transitions lean* starts the
# counts of $B$ with 0.1 more where an action leads to what it is named after; and one row acts at random. Where the
# versions of the code differ, what was not seen is not counted. Whether the printed figures come from a language model or from
# the made-up judge that the script has for tests, we do not know.

# %%
runs = analysis.run_replays(n_replays, seed=seed)
analysis.replay_rows(runs)

# %% mystnb={"figure": {"name": "fig-active_inference-rasters", "caption": "Eighty actions of the paper's agent under three judges, and without the novelty of its transitions, at one seed. Circles are prompts, triangles searches. Compare the first three panels point by point."}} tags=["hide-input"]
shown = (paper_agent.TABLE, paper_agent.CONSTANT, paper_agent.NOISE, verdicts.WITHOUT_B)
figures.rasters({name: runs[name][0] for name in shown});

# %% [markdown]
# Why should an agent search first, whatever it is told? There are 11 states of searching and 33 of prompting, and a belief that
# knows nothing spreads a visit over all of them. So the novelty $(K - 1) / a_0$ of a transition law falls faster where there
# are fewer states. To try any prompt is *not to search*, which is one law for all prompts, of few states, and worn out soon; to
# search is *to use no prompt*, one law for all searches, of many states, which stays new for longer. So searches are
# worth more, until all ten of them are worn out. That is a schedule, fixed before the first grade is read:
# *exhaustion*, not insight. The row without the novelty of $B$ shows what is left.
#
# And does it learn which prompt it uses? It would have to see that grades differ between prompts before it can tell by the
# grades which prompt is on, and know which prompt is on before it can learn that grades differ. With even counts it can
# do neither: its belief about the prompt in use stays at $1/33$.

# %% [markdown]
# ## A real table
#
# Now give a real model real questions. There are $2^5 = 32$ wordings: with a line of *instruction* or not, with a worked
# *example* or not, in the *chat* template or as plain text, with an answer that is begun by a *cue* or not, and with the options
# in one order or *reversed*. There are sixty questions whose answers are known: twenty to look up a fact in a short
# list, twenty to compare numbers, twenty to count days. Each offers its options, and the model's choice is scored
# by the *margin*: the log-probability of the right option less that of the best wrong one. No sampling, no judge. The whole
# table is shipped (for the default model; `python -m lmphys.pages.active_inference.table MODEL` makes one of another),
# and a part of it is asked anew here.

# %%
speaker = lm.LanguageModel(model, dtype="float32")
table = analysis.table_of(speaker, n_questions)
if table.record:
    again = analysis.remade(speaker, table, n_columns, seed=seed)
    print(f"{again.share:.0%} of the table asked anew: margins differ by {again.largest:.1e} nats at most")
accuracy = table.right.mean(axis=1)
pd.Series({
    "prompts": len(table.margin),
    "questions": len(table.questions),
    "accuracy of the mean prompt": accuracy.mean(),
    "of the best": accuracy.max(),
    "of the worst": accuracy.min(),
    **{f"of all prompts, {task}": table.right[:, table.task == task].mean()
       for task in dict.fromkeys(table.task)},
    "questions that some prompt gets right": table.right.any(axis=0).mean(),
    "tokens of a prompt": table.tokens.mean(),
}).to_frame("").round(3)  # fmt: skip

# %% [markdown]
# By chance a question is answered right one time in three to five, or in seven where days are counted.
#
# The margin becomes a *grade* from 0 to 10 by its rank among all answers of the table, and the pay of a pull is the grade
# over 10. What does each choice of wording do to pay, accuracy and cost, in the mean over all others?

# %%
analysis.effects(table, seed=seed)

# %% [markdown]
# ### Is there a best prompt at all?
#
# The best of 32 noisy numbers looks good even if all prompts are equally good. So the questions are halved at random, the best
# prompt is found on one half, and its accuracy is read on the other. *Dealt anew* is the null: for each question the prompts
# are shuffled, so that none is better than another but by chance. *Reliability* is how well mean pays of one half
# predict those of the other, stepped up to all questions: it is the ceiling of anything that can be learned from this
# table.

# %%
statistics = {
    "accuracy, best less mean prompt": halves.gain,
    "reliability of the mean pay": halves.reliability,
    "pay and accuracy, correlation": halves.worth,
    "own margin and accuracy, correlation": halves.trust,
}
pd.DataFrame({
    (name, label): analysis.over_halves(
        table, statistic, n=n_halves, anew=anew, seed=seed
    )._asdict()
    for name, statistic in statistics.items()
    for label, anew in (("table", False), ("dealt anew", True))
}).T.round(3)  # fmt: skip

# %% mystnb={"figure": {"name": "fig-active_inference-prompts", "caption": "Left: mean pay of each of the 32 prompts on two halves of the questions, and the same with prompts dealt anew: a line means that prompts differ for good. Right: effect of each choice of wording on the mean pay, with 95 % intervals over questions."}} tags=["hide-input"]
figures.prompts(table, seed=seed);

# %% [markdown]
# Two kinds of judge are in the last rows of the table above. *Pay* knows the right answer, but it is a margin: a prompt that
# makes the model less sure of everything loses less where it is wrong, and gains less where it is right. So a reliable
# difference of pay need not be one of accuracy; the correlation between pay on one half and accuracy on the other tells. The
# other judge costs nothing and needs no answers: the model's *own* margin between its first and second option, whichever is
# right. If that went with accuracy, a model could grade its own prompts.
#
# ## Eleven ways to choose
#
# Now the policies pull prompts from this table, each pull with a question at random. They all keep the same counts, one
# of each grade to begin with:
#
# - *expected free energy*, knowing which prompt is in use (an easier task than the author's): with the exact novelty, the
#   library's, none, or $\gamma = 8$ in place of 32; preferences are the author's, which dislike the grade 0 sixteen
#   nats more than they like any other;
# - *greedy*: the largest expected pay; and *ε-greedy*, which tries any prompt one time in ten;
# - *UCB1* {cite:p}`auer2002`, which adds a bound for what is little known, and *Thompson* sampling {cite:p}`thompson1933`,
#   which draws a law from its belief and takes the best prompt under it;
# - *sequential halving* {cite:p}`karnin2013`, made for finding the best arm of a budget, as choosing a prompt is
#   {cite:p}`shi2024`: it does not mind what it loses on the way;
# - *main effects*: Thompson sampling that knows of the five choices of wording, and adds up their effects.
#
# {term}`Regret` is the summed shortfall from the best prompt's mean pay; that prompt, known in advance, has none.

# %%
still = analysis.compete(table, n_runs=n_runs, seed=seed)
longer = analysis.compete(table, n_runs=n_runs, n_pulls=n_pulls, seed=seed)
still.rows(seed=seed).round(2)

# %% mystnb={"figure": {"name": "fig-active_inference-finals", "caption": "Regret at the end of every policy, in units of a full pay, with 95 % intervals over runs. Left: few pulls; right: many. Less is better."}} tags=["hide-input"]
figures.finals({
    f"{each.means.shape[0]} pulls": each.rows(seed=seed) for each in (still, longer)
});  # fmt: skip

# %% [markdown]
# Novelty is what distinguishes expected free energy from mere preference: compare *exact novelty* with *no novelty*. And
# preference is what distinguishes it from pay: the grade 0 is feared. Its rivals are of two kinds. UCB1, Thompson and
# halving insist on trying each prompt; with 32 prompts and 80 pulls there is little time for that. Greedy need not: a
# prompt that was never tried looks average, so that one that pays less is left at once, and one that pays more is kept.
#
# Are these the prompts that the paper's own agent would find? It is replayed once more, now judged by the grades of the table.

# %%
more = analysis.pays_of(table.levels(), n_replays, seed=seed)
half = 1.96 * more.std(ddof=1) / len(more) ** 0.5
print(f"its prompts pay {more.mean():+.4f} ± {half:.4f} more than the mean prompt")

# %% [markdown]
# ### A change of task
#
# {cite:t}`markovic2021` find that active inference is not efficient in the long run on arms that stay as they are, and better
# where arms change. So let the first 40 pulls ask for facts, and the last 40 for days. A second
# contest lets every policy forget 5 % of its counts at each pull.

# %%
moving = analysis.compete(table, n_runs=n_runs, switching=True, seed=seed)
forgetful = analysis.forgetting_contest(table, n_runs=n_runs, seed=seed)
forgetful.rows(seed=seed).round(2)

# %% mystnb={"figure": {"name": "fig-active_inference-regrets", "caption": "Regret against pulls, with 95 % intervals of the mean over runs. Left: the same task throughout. Middle: the task changes after 40 pulls. Right: it changes, and counts are forgotten."}} tags=["hide-input"]
figures.regrets({"one task": still, "a change": moving, "and forgetting": forgetful});

# %% [markdown]
# ## Verdict
#
# Intervals of the replays are over seeds, which break ties and draw the judge's noise; those of policies over runs; those of
# the table over halvings of its questions. The table is one, of one model: other models and questions have others.

# %% tags=["hide-input"]
ledger = book.Ledger.for_page("agents/active_inference", model=model, profile=profile)
ledger.record_all(
    analysis.judge_replays(runs, seed=seed)
    + analysis.judge_novelty()
    + analysis.judge_table(table, n=n_halves, seed=seed)
    + analysis.judge_contests(table, still, moving, forgetful, seed=seed)
)
ledger.show()

# %% tags=["finding"]
ledger.finding(
    "That the paper's agent moves from searching to prompts is *{prk.shift:verdict}*: the "
    "shift is {prk.shift}, and with other judges {prk.shift:controls}. Without the novelty of "
    "its transitions it is {prk.cause}. The agent ends with the probability {prk.state} for the "
    "prompt in use ({prk.state:verdict}). On a table of 32 real prompts the best of one half of "
    "the questions has {prk.table} more accuracy on the other ({prk.table:verdict}); expected "
    "free energy loses {prk.regret} pulls more than the best of UCB1, Thompson sampling and "
    "halving, where the controls lose {prk.regret:controls} ({prk.regret:verdict})."
)

# %% [markdown]
# What to take along:
#
# - Before you say that an agent learned from its judge, replace the judge by a constant. It takes seconds.
# - A change of behaviour from exploring to exploiting is not evidence of learning: a clock, or exhausted novelty, gives one.
# - A structure in counts is counting. Hold it against the counts of an agent that acts at random.
# - The free energy of a belief is Bayes' rule, exactly. The choice by $e^{\gamma G}$ is Boltzmann's by decision. Neither
#   makes an agent thermodynamic, and neither says that it chooses well: that is measured by regret, against simple rivals.
# - First ask whether there is something to choose. Reliability bounds what any policy can find.
# - Not tested: agents with large models as workers and judges, and tasks without a known answer.

# %% [markdown]
# ## Exercises
#
# ```{exercise} Two arms
# :label: active_inference-two-arms
# One arm was tried twice and paid once. The other was never tried. You like a pay by $\ln C$ more than none. Both
# have one count of each outcome to begin with. Which one does {eq}`eq-efe` prefer, and by how much? From how many trials of the
# first arm on, half of them paid, is it worth less than a third arm that is known to pay half of the time?
# ```
#
# ```{solution-start} active_inference-two-arms
# :class: dropdown
# ```
# Both expect to be paid half of the time, so that the utilities are equal: the novelties decide.

# %% tags=["solution"]
tried = np.array([0, 2, 8, 32, 128])
counts = 1 + tried[:, None] / 2 * np.ones(2)
pd.DataFrame({"trials": tried, "novelty, nats": agents.novelty(counts)}).round(4)

# %% [markdown]
# The arm that was never tried is preferred by $\ln 2 - 1/2$ less the second number. The novelty never vanishes, so an
# arm that is known has to be *better* to be chosen: with pays as reward, curiosity costs something forever, but ever less.
# ```{solution-end}
# ```
#
# ```{exercise} A temperature of choice
# :label: active_inference-gamma
# $1 / \gamma$ is a temperature. Play expected free energy on the table at several of them. Is there a best one? What
# are the limits of small and large $\gamma$?
# ```
#
# ```{solution-start} active_inference-gamma
# :class: dropdown
# ```

# %% tags=["solution"]
def at(gamma):
    policy = agents.ExpectedFreeEnergy(paper_agent.GRADES, gamma=gamma)
    levels = table.levels()
    played = agents.play(
        policy,
        lambda arms, pull, rng: levels[arms, rng.integers(levels.shape[1], size=len(arms))],
        n_arms=len(levels), n_levels=11, n_pulls=80, n_runs=min(n_runs, 100), seed=seed,
    )  # fmt: skip
    return played.regret(levels.mean(axis=1) / 10)[:, -1].mean()


pd.Series({gamma: at(gamma) for gamma in (0.1, 1, 4, 16, 64, 256)}).rename_axis("γ").round(2)

# %% [markdown]
# A hot agent is a random one. A cold one takes the largest $G$. What the best temperature is depends on the scale of the
# preferences, which is as arbitrary as that of any energy: only $\gamma \ln C$ counts, and the novelty beside it.
# ```{solution-end}
# ```
#
# ```{exercise} On your model
# :label: active_inference-your-model
# Make the table of another model, `python -m lmphys.pages.active_inference.table PATH`, and run
# `lmphys run agents/active_inference --model PATH`. Does a better model have a more reliable best prompt? Does its own margin
# know which? Predict both before you look.
# ```
#
# ```{solution} active_inference-your-model
# :class: dropdown
# A model that answers all questions has nothing to choose, and one that answers none has only noise to choose from: reliability
# of accuracy should be largest between. The margin may go on differing between prompts in either case, as it is not
# bounded by being right. Whether a model's own margin goes with being right is a matter of calibration, for which see
# {doc}`/chapters/learning/probes`.
# ```
