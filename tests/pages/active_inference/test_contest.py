"""Policies on tables whose best prompt is known, and what is judged of them."""

import numpy as np
import pytest

from lmphys.book.ledger import Entry
from lmphys.pages.active_inference import contest, verdicts
from lmphys.pages.active_inference.paper_agent import CONSTANT, NOISE, TABLE
from lmphys.pages.active_inference.table import Table

NAMES = (contest.EXACT, contest.GREEDY, contest.UCB, contest.THOMPSON, contest.HALVING, contest.RANDOM)


@pytest.fixture(scope="module")
def table():
    """Prompt 3 is best in the first task, prompt 20 in the last, by far."""
    margin = np.random.default_rng(0).normal(size=(32, 60))
    margin[3, :20] += 6
    margin[20, 40:] += 6
    return Table(tuple(f"{'abc'[i // 20]}/{i}" for i in range(60)), margin, margin, margin, {})


def test_a_random_policy_loses_what_the_mean_prompt_lacks(table):
    found = contest.compete(table, (contest.RANDOM,), n_pulls=50, n_runs=400)
    means = table.levels().mean(axis=1) / 10
    assert found.final(contest.RANDOM).mean() == pytest.approx(50 * (means.max() - means.mean()), rel=0.03)
    assert found.means[0] == pytest.approx(means)


def test_where_the_task_changes_so_does_the_best_prompt(table):
    found = contest.compete(table, (contest.RANDOM,), n_pulls=10, n_runs=3, switching=True)
    assert found.means.argmax(axis=1).tolist() == [3] * 5 + [20] * 5


def test_many_pulls_teach_something(table):
    found = contest.compete(table, n_pulls=300, n_runs=20)
    rows = found.rows()
    assert list(rows.index) == list(contest.POLICIES)
    # Without novelty the first good grade may be held on to for ever, and the bounds of UCB1 are wide for long.
    learners = rows.loc[[contest.LIBRARY, contest.GREEDY, contest.THOMPSON, contest.HALVING, contest.EFFECTS]]
    assert (learners["regret"] < 0.9 * rows.loc[contest.RANDOM, "regret"]).all()
    assert found.best_of((contest.RANDOM, contest.THOMPSON)) == contest.THOMPSON
    assert found.beyond(contest.RANDOM, found.final(contest.THOMPSON)).low > 0


def test_every_row_has_its_controls_and_says_what_it_lacks(table):
    runs = verdicts.run_replays(2)
    still, moving = (
        contest.compete(table, (*NAMES, contest.LIBRARY), n_runs=4, switching=switching) for switching in (False, True)
    )
    entries: list[Entry] = [
        *verdicts.judge_replays(runs),
        *verdicts.judge_novelty(),
        *verdicts.judge_table(table, n=10),
        *verdicts.judge_contests(table, still, moving, verdicts.forgetting_contest(table, n_runs=4)),
    ]
    found = {entry.claim: entry for entry in entries}
    assert set(found) == {
        f"prk.{name}"
        for name in ("shift", "structure", "state", "cause", "novelty", "table", "confidence", "regret", "switching")
    }
    assert found["prk.regret"].lacking == "4 runs of 200"
    assert found["prk.table"].lacking == ""
    assert found["prk.shift"].controls["constant judge"] == found["prk.shift"].obtained
    assert found["prk.novelty"].obtained == pytest.approx(2.03, abs=0.01)
    assert found["prk.table"].obtained.value > found["prk.table"].controls["prompts dealt anew"].value
    rows = verdicts.replay_rows(runs)
    assert rows.loc[[TABLE, CONSTANT, NOISE], "actions as in the first row"].tolist() == ["100%"] * 3
