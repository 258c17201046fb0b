import time

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters
from lmphys.pages.slds.cost import _seconds_each, simulation_cost, step_operations, token_operations


def test_operations_of_a_step_are_those_of_its_products_and_sums():
    # Two products of a matrix of 40 x 40 with a vector, 2 * 1600 each, and three sums of 40 numbers.
    assert step_operations(40) == 6520


def test_operations_of_a_token_are_those_that_torch_counts(llama):
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        llama.read([(5,)])
    attention = 4 * llama.n_layers * llama.width
    matrices = token_operations(llama, 0)
    assert token_operations(llama, 1) == matrices + attention
    # The counter may leave out the attention of the fused kernel, and nothing else.
    assert matrices <= counter.get_total_flops() <= matrices + attention


def test_tied_embeddings_count_as_the_head(llama):
    model = llama.model
    table, head = model.get_input_embeddings(), model.get_output_embeddings()
    untied = token_operations(llama, 0)
    kept = head.weight
    try:
        head.weight = table.weight
        assert token_operations(llama, 0) == untied  # the head is the same size, whoever owns it
    finally:
        head.weight = kept


def test_time_of_one_is_a_difference_so_that_the_start_drops_out(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])

    def make(length: int) -> int:
        clock[0] += 7.0 + 0.5 * (3 * length)  # seven seconds to begin, half a second for each of three a length
        return 3 * length

    assert _seconds_each(make, 4, 20) == pytest.approx(0.5)
    with pytest.raises(LmphysError, match="all chains ended"):
        _seconds_each(lambda length: 3, 4, 20)


def test_cost_is_per_chain_and_per_sentence(llama):
    truth = random_parameters(2, 3, separation=2.0, seed=0)
    starts = draw_chains(truth, 3, 1, seed=1)
    cost = simulation_cost(
        SLDS.from_parameters(truth), starts, llama, [(5, 6, 7)] * 4, tokens_per_sentence=10.0, tokens=(2, 6)
    )
    assert cost.n_chains == 4 and len(cost.rounds) == 2
    step, sentence = cost.table.loc["simulated step"], cost.table.loc["written sentence"]
    assert sentence.seconds == pytest.approx(10 * cost.seconds_per_token)
    assert sentence.operations == pytest.approx(10 * token_operations(llama, 3 + 4))
    assert step.operations == step_operations(3)
    assert cost.ratio.operations == pytest.approx(sentence.operations / step.operations)
    assert cost.ratio.seconds > 1  # a product of 3 x 3 against three layers of 48
    assert (np.asarray(cost.rounds) > 0).all()


def test_without_a_prompt_nothing_can_be_written(llama):
    traj = Trajectories.from_list([np.zeros((1, 3))])
    model = SLDS.from_parameters(random_parameters(1, 3, separation=0.0))
    with pytest.raises(LmphysError, match="at least one prompt"):
        simulation_cost(model, traj, llama, [], tokens_per_sentence=5.0)
