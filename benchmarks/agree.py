"""dynamax and this estimator on equal parameters: one log-likelihood, one step of EM.

In a process of its own, since JAX decides about float64 when it starts.
"""

import json
import os
import subprocess
import sys

import numpy as np

from benchmarks.fit import in_dynamax, release
from lmphys.book.benchmarks import Row
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters


def compare() -> dict[str, float]:
    """Largest relative differences, ours against dynamax."""
    import jax

    start, truth = (random_parameters(4, 10, separation=2.0, seed=seed) for seed in (1, 0))
    traj = draw_chains(truth, 200, 12)
    flat = {"initial_probs_concentration": 1.0, "transition_matrix_concentration": 1.0}
    model, parameters, properties, emissions, inputs = in_dynamax(traj, start, **flat)
    theirs = jax.vmap(lambda y, x: model.marginal_log_prob(parameters, y, x))(emissions, inputs)
    mine = SLDS.from_parameters(start).log_likelihood(traj)
    found = {"log-likelihood of a chain": float(np.abs(mine / np.asarray(theirs) - 1).max())}
    stepped, _ = model.fit_em(parameters, properties, emissions, inputs=inputs, num_iters=1, verbose=False)
    flat = {"drift_prior": 0.0, "covariance_prior": 0.0, "concentration": 1.0}
    p = SLDS(4, init=start, max_iter=1, tol=0.0, **flat).fit(traj).parameters_
    pairs = {
        "pi": (p.pi, stepped.initial.probs), "T": (p.T, stepped.transitions.transition_matrix),
        "I + M": (np.eye(10) + p.M, stepped.emissions.weights), "b": (p.b, stepped.emissions.biases),
        "Sigma": (p.Sigma, stepped.emissions.covs),
    }  # fmt: skip
    for name, (a, b) in pairs.items():
        found[f"{name} after one step of EM"] = float(np.abs(a - np.asarray(b)).max() / np.abs(np.asarray(b)).max())
    return found


def run() -> list[Row]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.agree"],
        capture_output=True, text=True, env={**os.environ, "JAX_ENABLE_X64": "1"},
    )  # fmt: skip
    if done.returncode:
        why = (done.stderr.strip().splitlines() or ["unknown"])[-1]
        return [Row("agreement with dynamax", "not compared", why, at_most=1.0)]
    return [
        Row(f"{what}, largest relative difference", f"{value:.1e}", release("dynamax"), value / 1e-6, at_most=1.0)
        for what, value in json.loads(done.stdout.splitlines()[-1]).items()
    ]


if __name__ == "__main__":
    print(json.dumps(compare()))
