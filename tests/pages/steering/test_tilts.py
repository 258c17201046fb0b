"""Closed forms of tilts of a softmax, brute force over distributions, and the shortest vector against a peer."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from lmphys.core.errors import LmphysError
from lmphys.pages.steering.tilts import logit_bias, minimal_steering, tilt_cost


def linear(head, target):
    """log p_t of a linear softmax, rows (B, D) to (B,)."""
    return lambda h: (h @ head.T).log_softmax(-1)[:, target]


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_a_bias_raises_one_logit_and_nothing_else():
    log_p = normal(5, 30).log_softmax(-1)
    targets = torch.arange(5)
    log_q = logit_bias(log_p, targets, 0.3)
    assert torch.allclose(log_q.exp().sum(1), torch.ones(5, dtype=torch.float64))
    own = torch.arange(5)
    assert torch.allclose((log_q - log_p)[own, targets], torch.full((5,), 0.3, dtype=torch.float64))
    biased = log_p.clone()
    q, p = log_q[own, targets].exp(), log_p[own, targets].exp()
    biased[own, targets] += torch.logit(q) - torch.logit(p)
    assert torch.allclose(biased.log_softmax(-1), log_q)
    with pytest.raises(LmphysError, match="lower the gain"):
        logit_bias(log_p, targets, 20)


def test_no_distribution_with_the_same_probability_of_the_target_costs_less():
    """The I-projection against random q of every concentration, and the chain rule against direct sums."""
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(6, 0.7))
    log_p = torch.from_numpy(np.log(p))[None]
    raised = np.log(p[2]) + 0.5
    best = tilt_cost(logit_bias(log_p, torch.tensor([2]), 0.5), log_p, torch.tensor([2]))
    assert best.rest.item() == pytest.approx(0, abs=1e-12)
    q_t = np.exp(raised)
    assert best.floor.item() == pytest.approx(q_t * np.log(q_t / p[2]) + (1 - q_t) * np.log((1 - q_t) / (1 - p[2])))
    others = np.concatenate([rng.dirichlet(np.full(5, a), size=4_000) for a in (0.1, 1.0, 30.0)])
    near = np.delete(p, 2) * np.exp(0.01 * rng.standard_normal((4_000, 5)))
    others = np.concatenate([others, near / near.sum(1, keepdims=True)])
    q = np.insert((1 - q_t) * others, 2, q_t, axis=1)
    with np.errstate(divide="ignore"):
        log_q = torch.from_numpy(np.log(q))
    found = tilt_cost(log_q, log_p.expand(len(q), -1), torch.full((len(q),), 2))
    direct = np.where(q > 0, q * (np.log(np.maximum(q, 1e-300)) - np.log(p)), 0).sum(1)
    np.testing.assert_allclose(found.total, direct, atol=1e-12)
    assert (found.rest > 0).all() and found.rest.min() < 1e-3
    among = (others * np.log(np.maximum(others, 1e-300) / (np.delete(p, 2) / (1 - p[2])))).sum(1)
    np.testing.assert_allclose(found.rest, (1 - q_t) * among, atol=1e-9)


def test_what_was_not_reached_has_no_cost():
    log_p = normal(2, 5).log_softmax(-1)
    log_q = log_p.clone()
    log_q[1] = torch.nan
    total = tilt_cost(log_q, log_p, torch.zeros(2, dtype=torch.long)).total
    assert total[0] == 0 and total[1].isnan()


def test_two_tokens_are_a_logistic_curve():
    """log p = -log(1 + e^{-x}) along w_0 - w_1 alone: the shortest vector is Δx / ‖w_0 - w_1‖ long."""
    head, h = normal(2, 4), normal(3, 4, seed=1)
    apart = head[0] - head[1]
    x = h @ apart
    gain = 0.9 * float((-torch.nn.functional.logsigmoid(x)).min())
    goal = (torch.nn.functional.logsigmoid(x) + gain).exp()
    expected = (torch.logit(goal) - x)[:, None] * apart / apart.square().sum()
    found = minimal_steering(linear(head, 0), h, gain, tolerance=1e-9)
    assert torch.allclose(found.step, expected, atol=1e-8)
    assert torch.allclose(found.gain, torch.full((3,), gain, dtype=torch.float64), atol=1e-9)
    assert torch.allclose(found.floor, expected.norm(dim=1), atol=1e-7)


@pytest.mark.parametrize("gain", [0.2, 2.0, 4.0])
def test_the_shortest_vector_is_that_of_a_general_solver(gain):
    head = 1.5 * normal(12, 5)
    h = normal(4, 5, seed=1)
    h -= 0.8 * head[3]  # far from the target, so that there is room for the gain
    found = minimal_steering(linear(head, 3), h, gain, tolerance=1e-7, max_steps=2_000)
    first = torch.stack([torch.func.grad(lambda x: linear(head, 3)(x[None])[0])(x) for x in h])
    one_step = gain / first.norm(dim=1)
    assert torch.allclose(found.gain, torch.full((4,), gain, dtype=torch.float64), atol=1e-8)
    for i in range(4):
        goal = float(linear(head, 3)(h[i : i + 1])) + gain

        def slack(d, i=i, goal=goal):
            return float(linear(head, 3)(h[i : i + 1] + torch.from_numpy(d))) - goal

        solved = minimize(
            lambda d: d @ d, found.step[i].numpy() * 1.2 + 0.1, jac=lambda d: 2 * d,
            constraints={"type": "ineq", "fun": slack}, method="SLSQP", options={"ftol": 1e-12, "maxiter": 500},
        )  # fmt: skip
        length = found.step[i].norm().item()
        assert length == pytest.approx(np.linalg.norm(solved.x), rel=1e-4)
        assert found.floor[i].item() <= length * (1 + 1e-9)
        assert found.floor[i].item() >= length * (1 - 1e-5)
        assert length >= one_step[i].item()
        end = torch.func.grad(lambda x: linear(head, 3)(x[None])[0])(h[i] + found.step[i])
        assert torch.cosine_similarity(end, found.step[i], dim=0).item() == pytest.approx(1, abs=1e-9)


def test_a_token_inside_the_hull_of_the_others_cannot_be_had():
    """Its vector is the mean of others: by Jensen its logit is never above their mean, so that p_t ≤ 1/5."""
    head = torch.cat([torch.eye(4, dtype=torch.float64), torch.full((1, 4), 0.25, dtype=torch.float64)])
    h = torch.tensor([[2.0, 0, 0, 0]], dtype=torch.float64)
    best = np.log(1 / 5) - float(linear(head, 4)(h))
    reached = minimal_steering(linear(head, 4), h, 0.9 * best, max_steps=500)
    assert reached.gain.item() == pytest.approx(0.9 * best, abs=1e-6)
    beyond = minimal_steering(linear(head, 4), h, 1.1 * best, max_steps=500)
    assert beyond.gain.isnan().all() and beyond.step.isnan().all()
    with pytest.raises(LmphysError, match="lower the gain"):
        minimal_steering(linear(head, 4), h, 50)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0.1, 6))
def test_log_p_is_concave_so_that_a_gradient_step_never_gains_more_than_asked(seed, weight, gain):
    head, ends = normal(9, 3, seed=seed), 3 * normal(2, 3, seed=seed + 1)
    f = linear(head, 0)
    between = weight * ends[:1] + (1 - weight) * ends[1:]
    mean = weight * f(ends[:1]) + (1 - weight) * f(ends[1:])
    assert float(f(between) - mean) >= -1e-12
    g = torch.func.grad(lambda x: f(x[None])[0])(ends[0])
    step = gain * g / g.square().sum()
    assert float(f(ends[:1] + step) - f(ends[:1])) <= gain + 1e-9
