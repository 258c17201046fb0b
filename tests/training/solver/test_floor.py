import numpy as np
import pytest
import torch

from lmphys.problems.arithmetic.problem import ArithmeticProblem, Formula
from lmphys.problems.arithmetic.solution import Retries, write_solution
from lmphys.problems.arithmetic.source import ArithmeticDocuments
from lmphys.problems.documents import Dice
from lmphys.training.recipes import RECIPES
from lmphys.training.solver.cells import fresh_source
from lmphys.training.solver.floor import NO_PLAN, NO_SUMS, by_part, costs, per_word, surprisals
from lmphys.training.tiny.learner import Tiny


class OneProblem(ArithmeticDocuments):
    """Documents that all state one problem."""

    def _drawn(self, index):
        # a and b are constants, c = a + 1 is asked for, b and d = c are idle.
        formulas = (Formula((), constant=1), Formula((), constant=2), Formula((0,), constant=1), Formula((2,)))
        return ArithmeticProblem((0, 1, 2, 3), formulas, (3, 0, 1, 2), 2, 5), Dice(np.random.default_rng(index))


def test_whoever_lacks_a_skill_pays_what_can_be_counted():
    found = costs(OneProblem(0, modulus=5, n_names=12), 3)
    # a is one of two that are ready, c one of two as well (b is left); one sum in each solution.
    assert found.lacking[NO_PLAN].sum() == pytest.approx(3 * 2 * np.log(2))
    assert found.lacking[NO_SUMS].sum() == pytest.approx(3 * np.log(5))
    assert found.floor.sum() == 0 and (found.part == "end").sum() == 3
    assert len(found.part) == sum(mask.sum() for _, mask in found.documents)


def test_a_law_that_is_sampled_costs_its_floor_on_average():
    source = ArithmeticDocuments(5, ops=(2, 4), modulus=5, n_names=12)
    problem = next(p for p in map(source.problem, range(200)) if len(p.necessary) == 4 and len(p.computable([])) > 2)
    solutions = [
        write_solution(problem, Retries(0.5), source.words, Dice(np.random.default_rng([1, i]))) for i in range(4000)
    ]
    nats = np.array([one.loss.sum() for one in solutions])
    texts = [" ".join(one.words) for one in solutions]
    # Shorter solutions come often enough to be counted: their frequency is exp(-loss).
    common = max(set(texts), key=texts.count)
    frequency, exact = texts.count(common) / len(texts), np.exp(-nats[texts.index(common)])
    assert frequency == pytest.approx(exact, abs=4 * np.sqrt(exact / len(texts)))


def test_a_transformer_whose_words_are_all_alike_pays_their_logarithm():
    recipe = RECIPES["arithmetic-small"]
    learner = Tiny(recipe, "cpu", recipe.source())
    with torch.no_grad():
        learner.model.model.get_output_embeddings().weight.zero_()
    found = costs(fresh_source(recipe, 0), 8)
    nats = surprisals(learner.model, found)
    assert np.allclose(nats, np.log(len(recipe.source().vocabulary)), atol=1e-5)
    assert per_word(nats, found).value == pytest.approx(np.log(len(recipe.source().vocabulary)), abs=1e-5)
    table = by_part([nats, 3 * nats], found)
    assert table["share"].sum() == pytest.approx(1)
    assert np.allclose(table["per word"], 2 * nats[0])
    assert table["per solution"].sum() == pytest.approx(2 * nats.sum() / 8)
