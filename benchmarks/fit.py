"""One iteration of EM for the switching model: this estimator, ssm, dynamax, and the bare matrix products.

All get the same chains in one run. The time of an iteration is the difference of two fits of different length over the
difference of their iterations, so that starts and compilation fall out; the least of several rounds, taken in turns.
Each peer has its best thread setting: one thread for ssm, all for the others. The floor is what any exact EM with full
covariances computes: the whitened residuals of each regime, and its weighted second moments.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from benchmarks.report import Row
from lmphys.corpus import Trajectories
from lmphys.dynamics import SLDS, SLDSParameters, SSMPeer, draw_chains, random_parameters
from lmphys.errors import LmphysError

ROUNDS = 5
_MEMORY = """
import sys
from benchmarks.fit import peak_of_fit
print(peak_of_fit(int(sys.argv[1])))
"""


def start_of(n_regimes: int, width: int) -> SLDSParameters:
    """Parameters to begin from: equal noise, offsets apart, so that regimes overlap and no sum is spared."""
    return random_parameters(n_regimes, width, separation=1.0, seed=1)


def seconds(fit: Callable[[int], object], few: int, many: int) -> float:
    """Seconds of one iteration."""
    begin = time.perf_counter()
    fit(few)
    middle = time.perf_counter()
    fit(many)
    return (time.perf_counter() - middle - (middle - begin)) / (many - few)


def ours(traj: Trajectories, start: SLDSParameters, dtype: str) -> Callable[[int], object]:
    return lambda n: SLDS(start.n_regimes, init=start, max_iter=n, tol=0.0, dtype=dtype).fit(traj)


def ssm(traj: Trajectories, start: SLDSParameters) -> Callable[[int], object]:
    return lambda n: SSMPeer(start.n_regimes, init=start, n_iter=n).fit(traj)


def in_dynamax(traj: Trajectories, start: SLDSParameters, **settings: float) -> tuple[Any, Any, Any, Any, Any]:
    """Model, parameters, their properties, emissions and inputs of dynamax for chains of equal length.

    It is given h_1, h_2, ... as emissions and h_0 as their predecessor; left to itself it would put a 0 there and score
    h_0 as well.
    """
    import jax
    from dynamax.hidden_markov_model import LinearAutoregressiveHMM

    states = jax.numpy.asarray(np.stack(list(traj)))
    model = LinearAutoregressiveHMM(start.n_regimes, start.width, num_lags=1, **settings)
    given = {
        "initial_probs": start.pi, "transition_matrix": start.T, "emission_weights": np.eye(start.width) + start.M,
        "emission_biases": start.b, "emission_covariances": start.Sigma,
    }  # fmt: skip
    given = {name: jax.numpy.asarray(value, dtype=states.dtype) for name, value in given.items()}
    parameters, properties = model.initialize(key=jax.random.PRNGKey(0), **given)
    return model, parameters, properties, states[:, 1:], jax.vmap(model.compute_inputs)(states[:, 1:], states[:, :1])


def dynamax(traj: Trajectories, start: SLDSParameters) -> Callable[[int], object]:
    """In float32, the default of JAX."""
    model, parameters, properties, emissions, inputs = in_dynamax(traj, start)

    def fit(n: int) -> object:
        found = model.fit_em(parameters, properties, emissions, inputs=inputs, num_iters=n, verbose=False)
        return found[1].block_until_ready()

    return fit


def floor(n: int, n_regimes: int, width: int, dtype: str) -> Callable[[int], object]:
    """The products of an iteration, in batches that suit the processor."""
    kind = getattr(torch, dtype)
    rows, batch, parts = torch.randn(n, 2 * width, dtype=kind), 1 << 13, 4
    weights = torch.randn(2 * width, n_regimes * width, dtype=kind)
    size = max(1, (1 << 18) // (n_regimes * width))
    out = torch.empty(size, n_regimes * width, dtype=kind)

    def products(n_iterations: int) -> None:
        for _ in range(n_iterations):
            for z in rows.split(size):
                torch.mm(z, weights, out=out[: len(z)])
            for _ in range(n_regimes):
                for z in rows.split(batch):
                    z = z[: len(z) // parts * parts].view(parts, -1, 2 * width)
                    torch.bmm(z.transpose(1, 2), z)

    return products


def in_turns(*measures: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Least of several measurements of each, taken in turns after one of each to warm up."""
    taken = [[measure() for measure in measures] for _ in range(rounds + 1)][1:]
    return [min(times) for times in zip(*taken, strict=True)]


def in_ms(value: float) -> str:
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def versus_floor(what: str, traj: Trajectories, n_regimes: int, dtype: str, *, few: int = 3, many: int = 18) -> Row:
    start = start_of(n_regimes, traj.width)
    fit = ours(traj, start, dtype)
    products = floor(traj.n_transitions, n_regimes, traj.width, dtype)
    mine, bare = in_turns(lambda: seconds(fit, few, many), lambda: seconds(products, few, many))
    return Row(f"{what}, {dtype}", in_ms(mine), f"{in_ms(bare)} (bare matrix products)", mine / bare, at_most=2.0)


def peers(traj: Trajectories, n_regimes: int) -> list[Row]:
    start = start_of(n_regimes, traj.width)
    mine = min(seconds(ours(traj, start, "float32"), 3, 33) for _ in range(3))
    rows = []
    try:
        theirs = min(seconds(dynamax(traj, start), 5, 25) for _ in range(2))
        rows.append(Row("the same", in_ms(mine), f"{in_ms(theirs)} (dynamax 1.0.3)", theirs / mine, at_least=5.0))
    except ImportError:
        rows.append(Row("the same", in_ms(mine), "dynamax is not installed: make bench installs it"))
    try:
        theirs = seconds(ssm(traj, start), 1, 3)
        rows.append(Row("the same", in_ms(mine), f"{in_ms(theirs)} (ssm 0.0.1)", theirs / mine, at_least=300.0))
    except LmphysError as error:
        rows.append(Row("the same", in_ms(mine), str(error)))
    return rows


def peak_of_fit(n_chains: int) -> float:
    """Largest resident memory of this process, MB, after a fit of chains of 10 states in 40 dimensions."""
    rng = np.random.default_rng(0)
    traj = Trajectories.from_list(list(rng.standard_normal((n_chains, 10, 40)).astype(np.float32)))
    ours(traj, start_of(4, 40), "float32")(2)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def memory() -> Row:
    few, many = (
        float(
            subprocess.run([sys.executable, "-c", _MEMORY, str(n)], capture_output=True, text=True, check=True).stdout
        )
        for n in (10_000, 40_000)
    )
    data = 30_000 * 10 * 40 * 4 / 1e6
    return Row("peak memory of a fit, for each MB of states", f"{many - few:.0f} MB", f"{data:.0f} MB of states",
               (many - few) / data, at_most=20.0)  # fmt: skip


def on_gpu() -> Row:
    """20 restarts of a fit of the paper's size, together."""
    traj = draw_chains(random_parameters(4, 40, separation=2.0), 9_800, 5)
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        SLDS(4, n_init=20, init="random", dtype="float32", device="cuda", max_iter=50).fit(traj)
        times.append(time.perf_counter() - begin)
    return Row("20 restarts, 39,200 transitions, on the GPU", in_ms(times[-1]), "2 s", times[-1] / 2, at_most=1.0)


def growth() -> list[dict[str, object]]:
    """Seconds of an iteration when the number of transitions N, of regimes K or of dimensions k varies."""
    middle = {"N": 18_000, "K": 4, "k": 40}
    values = {"N": (1_800, 5_400, 18_000, 54_000, 180_000), "K": (1, 2, 4, 8, 16), "k": (5, 10, 20, 40, 80, 160)}
    points = []
    for along, steps in values.items():
        for value in steps:
            at = {**middle, along: value}
            truth = random_parameters(4, max(at["k"], 4), separation=2.0)
            traj = draw_chains(truth, at["N"] // 9, 10, warm_up=1)
            start = start_of(min(at["K"], at["k"]), at["k"])
            fit, products = ours(traj, start, "float32"), floor(at["N"], at["K"], at["k"], "float32")
            mine, bare = in_turns(
                lambda fit=fit: seconds(fit, 2, 7), lambda products=products: seconds(products, 2, 7), rounds=3
            )
            point = {"along": along, "value": value, "ours_s": mine, "floor_s": bare, "ssm_s": None, "dynamax_s": None}
            cheap = at["N"] * at["K"] * at["k"] <= 18_000 * 4 * 40
            for name, peer, few, many in (("dynamax_s", dynamax, 3, 9), ("ssm_s", ssm, 1, 2)):
                if name == "ssm_s" and not cheap:
                    continue  # minutes an iteration
                try:
                    point[name] = seconds(peer(traj, start), few, many)
                except (ImportError, LmphysError):
                    continue
            points.append(point)
    return points


def run() -> list[Row]:
    square = draw_chains(random_parameters(4, 40, separation=2.0), 2_000, 10)
    ragged = draw_chains(random_parameters(8, 100, separation=2.0), 1_333, (2, 60))
    rows = [
        versus_floor("EM iteration, 2,000 chains of 10 states, k = 40, K = 4", square, 4, "float32"),
        versus_floor("the same", square, 4, "float64"),
        *peers(square, 4),
        versus_floor(
            f"EM iteration, chains of 2 to 60 states, {ragged.n_transitions:,} transitions, k = 100, K = 8",
            ragged, 8, "float32", few=1, many=4,
        ),
        memory(),
    ]  # fmt: skip
    return [*rows, on_gpu()] if torch.cuda.is_available() else rows
