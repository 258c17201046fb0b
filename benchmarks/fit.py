"""One iteration of EM for the switching model: this estimator, ssm, dynamax, and the bare matrix products.

All get the same chains in one run. The time of an iteration is the difference of two fits of different length over the
difference of their iterations, so that starts fall out; the least of several rounds, taken in turns. Each peer has its
best thread setting: one thread for ssm, all for the others. The floor is what any exact EM with full covariances
computes where regimes overlap: the whitened residuals of each regime, and the weighted second moments of all regimes
but one, which has what they leave of the unweighted total.
"""

import math
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lmphys.book.benchmarks import Row
from lmphys.core.errors import LmphysError
from lmphys.core.provenance import peak_memory
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.peers import SSMPeer
from lmphys.dynamics.slds.estimator import SLDS
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.synthetic import draw_chains, random_parameters

ROUNDS = 5
MIDDLE = {"N": 18_000, "K": 4, "k": 40}
STEPS = {"N": (1_800, 5_400, 18_000, 54_000, 180_000), "K": (2, 4, 8, 16), "k": (5, 10, 20, 40, 80, 160)}
# Each size at its ends while the others stay in the middle, as far as the regimes of the start fit the dimension.
GRID = ((1_000, 4, 40), (18_000, 1, 40), (18_000, 16, 40), (18_000, 4, 10), (18_000, 4, 200), (180_000, 4, 40))
# Chains of 10 states and dimensions of the largest fit: 4 million transitions.
LARGEST = (444_445, 100)
_MAPPED = """
from benchmarks.fit import LARGEST, peak_of_mapped_fit
print(peak_of_mapped_fit(*LARGEST))
"""
_MEMORY = """
import sys
from benchmarks.fit import peak_of_fit
print(peak_of_fit(int(sys.argv[1])))
"""


def start_of(n_regimes: int, width: int) -> SLDSParameters:
    """Parameters to begin from: equal noise, offsets apart, so that regimes overlap.

    The estimator skips weights too small to change a digit once half of a regime's are. From here, on the chains of
    `run` and `growth`, at least 0.88 of them matter in every regime and iteration, and it skips none.
    """
    return random_parameters(n_regimes, width, separation=1.0, seed=1)


def seconds(fit: Callable[[int], object], few: int, many: int) -> float:
    """Seconds of one iteration."""
    begin = time.perf_counter()
    fit(few)
    middle = time.perf_counter()
    fit(many)
    return (time.perf_counter() - middle - (middle - begin)) / (many - few)


def ours(traj: Trajectories, start: SLDSParameters, dtype: str) -> Callable[[int], object]:
    def fit(n: int) -> None:
        done = SLDS(start.n_regimes, init=start, max_iter=n, tol=0.0, dtype=dtype).fit(traj).monitor_.n_iter
        if done != n:  # the time of an iteration would come out too short
            raise LmphysError(f"EM had converged after {done} of {n} iterations; time fewer, or take more chains")

    return fit


def ssm(traj: Trajectories, start: SLDSParameters) -> Callable[[int], object]:
    """In float64, all that it knows. Its first fit in a process compiles, so that is one of a few chains."""
    SSMPeer(start.n_regimes, init=start, n_iter=1).fit(list(traj)[:20])
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
    """In float32, the default of JAX. Compiled once: each call of `fit_em` by itself compiles anew, for seconds."""
    import jax

    model, parameters, properties, emissions, inputs = in_dynamax(traj, start)

    @jax.jit
    def step(parameters: Any, emissions: Any, inputs: Any) -> Any:
        return model.fit_em(parameters, properties, emissions, inputs=inputs, num_iters=1, verbose=False)

    def fit(n: int) -> object:
        found = parameters
        for _ in range(n):
            found, _ = step(found, emissions, inputs)
        return jax.block_until_ready(found)

    return fit


def floor(n: int, n_regimes: int, width: int, dtype: str) -> Callable[[int], object]:
    """The products of an iteration, in batches that suit the processor: all residuals, moments of K - 1 regimes."""
    kind = getattr(torch, dtype)
    rows, batch, parts = torch.randn(n, 2 * width, dtype=kind), 1 << 13, 4
    weights = torch.randn(2 * width, n_regimes * width, dtype=kind)
    size = max(1, (1 << 18) // (n_regimes * width))
    out = torch.empty(size, n_regimes * width, dtype=kind)

    def products(n_iterations: int) -> None:
        for _ in range(n_iterations):
            for z in rows.split(size):
                torch.mm(z, weights, out=out[: len(z)])
            for _ in range(max(n_regimes - 1, 0)):
                for z in rows.split(batch):
                    z = z[: len(z) // parts * parts].view(parts, -1, 2 * width)
                    torch.bmm(z.transpose(1, 2), z)

    return products


def in_turns(*measures: Callable[[], float], rounds: int = ROUNDS) -> list[float]:
    """Least of several measurements of each, taken in turns after one of each to warm up."""
    taken = [[measure() for measure in measures] for _ in range(rounds + 1)][1:]
    return [min(times) for times in zip(*taken, strict=True)]


def release(package: str) -> str:
    return f"{package} {version(package)}"


def in_ms(value: float) -> str:
    return f"{value * 1e3:.3g} ms" if value < 1 else f"{value:.3g} s"


def versus_floor(
    what: str, traj: Trajectories, n_regimes: int, dtype: str, *, few: int = 3, many: int = 18, at_most: float = 2.0
) -> Row:
    start = start_of(n_regimes, traj.width)
    fit = ours(traj, start, dtype)
    products = floor(traj.n_transitions, n_regimes, traj.width, dtype)
    mine, bare = in_turns(partial(seconds, fit, few, many), partial(seconds, products, few, many))
    return Row(f"{what}, {dtype}", in_ms(mine), f"{in_ms(bare)} (bare matrix products)", mine / bare, at_most=at_most)


def peers(traj: Trajectories, n_regimes: int) -> list[Row]:
    """Ours, the bare products and each peer in turns.

    ssm has no bound: the last row sets the products beside it, and so as far as any exact EM could be ahead of it on
    this processor, which depends on how slow ssm is there.
    """
    start = start_of(n_regimes, traj.width)
    mine = partial(seconds, ours(traj, start, "float32"), 3, 33)
    bare = partial(seconds, floor(traj.n_transitions, n_regimes, traj.width, "float32"), 3, 33)
    rows = []
    for package, peer, dtype, few, many, bound in (
        ("dynamax", dynamax, "float32", 5, 25, 5.0),
        ("ssm", ssm, "float64", 1, 3, None),
    ):
        try:
            other = peer(traj, start)
        except (ImportError, LmphysError) as error:
            why = str(error) if isinstance(error, LmphysError) else f"{error}; make bench installs {package}"
            rows.append(Row("the same, float32", "not compared", why, at_least=bound))
            continue
        times = in_turns(mine, bare, partial(seconds, other, few, many), rounds=3)
        plain = f"{in_ms(times[2])} ({release(package)}, {dtype})"
        rows.append(Row("the same, float32", in_ms(times[0]), plain, times[2] / times[0], at_least=bound))
        if package == "ssm":
            rows.append(Row("its bare matrix products, float32", in_ms(times[1]), plain, times[2] / times[1]))
    return rows


def peak_of_fit(n_chains: int) -> float:
    """Largest resident memory of this process, MB, after a fit of chains of 10 states in 40 dimensions."""
    rng = np.random.default_rng(0)
    traj = Trajectories.from_list(list(rng.standard_normal((n_chains, 10, 40), dtype=np.float32)))
    ours(traj, start_of(4, 40), "float32")(2)
    return 1e3 * peak_memory()


def grid() -> list[Row]:
    """Ours and the bare products at the ends of each size, the others in the middle, in both number formats.

    Where N, K or k is small the products take less time than what no product can do: the passes over all chains, step
    by step, and over the regimes' probabilities. There the bound may be out of reach, and its row says by how much.
    """
    rows = []
    for N, K, k in GRID:
        traj = draw_chains(random_parameters(min(4, k), k, separation=2.0), max(1, N // 9), 10, warm_up=1)
        many = 4 if N * K * k * k > 1 << 30 else 9
        rows += [
            versus_floor(f"N = {N:,}, K = {K}, k = {k}", traj, K, dtype, few=1, many=many, at_most=1.5)
            for dtype in ("float32", "float64")
        ]
    return rows


def anonymous_memory() -> float:
    """Memory of this process that is no part of a file, GB; nan where the system does not tell.

    Pages of mapped files are left out, as the system takes them back whenever it needs room.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(float(line.split()[1]) * 1024 / 1e9 for line in lines if line.startswith("RssAnon"))
    except (OSError, StopIteration):
        return math.nan


def peak_of_mapped_fit(n_chains: int, width: int) -> float:
    """Largest anonymous memory, GB, of a fit of memory-mapped chains of 10 states."""
    peak, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            peak[0] = max(peak[0], anonymous_memory())

    with tempfile.TemporaryFile() as file:
        states = np.memmap(file, np.float32, "w+", shape=(10 * n_chains, width))
        rng = np.random.default_rng(0)
        for first in range(0, len(states), 1 << 16):
            block = states[first : first + (1 << 16)]
            block[:] = rng.standard_normal(block.shape, dtype=np.float32)
        traj = Trajectories(states, np.full(n_chains, 10))
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            ours(traj, start_of(4, width), "float32")(2)
        finally:
            over.set()
            watcher.join()
    return peak[0]


def mapped() -> Row:
    """The largest fit: its states, and the rows of its products, lie in files."""
    done = subprocess.run([sys.executable, "-c", _MAPPED], capture_output=True, text=True, check=True)
    peak, n, width = float(done.stdout), *LARGEST
    return Row(f"memory of a fit of {9 * n:,} transitions, k = {width}, memory-mapped", f"{peak:.1f} GB",
               f"6 GB ({10 * n * width * 4 / 1e9:.1f} GB of states)", peak / 6, at_most=1.0)  # fmt: skip


def memory() -> Row:
    few, many = (
        float(
            subprocess.run([sys.executable, "-c", _MEMORY, str(n)], capture_output=True, text=True, check=True).stdout
        )
        for n in (10_000, 40_000)
    )
    data = 30_000 * 10 * 40 * 4 / 1e6
    return Row("peak memory of a fit, for each MB of states", f"{many - few:.0f} MB", f"{data:.0f} MB of states",
               (many - few) / data, at_most=8.0)  # fmt: skip


def on_gpu() -> Row:
    """20 restarts of a fit of the paper's size, together."""
    traj = draw_chains(random_parameters(4, 40, separation=2.0), 9_800, 5)
    times = []
    for _ in range(2):
        begin = time.perf_counter()
        SLDS(4, n_init=20, init="random", dtype="float32", device="cuda", max_iter=50).fit(traj)
        times.append(time.perf_counter() - begin)
    return Row("20 restarts, 39,200 transitions, on the GPU", in_ms(times[-1]), "2 s", times[-1] / 2, at_most=1.0)


def times_at(N: int, K: int, k: int) -> dict[str, float | None]:
    """Seconds of an iteration with N transitions, K regimes and k dimensions.

    Ours, the floor and dynamax in turns, the least of 3 rounds of each. ssm once, over one iteration of seconds, and
    None where that would be minutes or ssm breaks down.
    """
    traj = draw_chains(random_parameters(4, k, separation=2.0), N // 9, 10, warm_up=1)
    start = start_of(K, k)
    mine, bare, theirs = in_turns(
        partial(seconds, ours(traj, start, "float32"), 2, 7),
        partial(seconds, floor(N, K, k, "float32"), 2, 7),
        partial(seconds, dynamax(traj, start), 1, 4),
        rounds=3,
    )
    times = {"ours_s": mine, "floor_s": bare, "dynamax_s": theirs, "ssm_s": None}
    if N * K * k <= MIDDLE["N"] * MIDDLE["K"] * MIDDLE["k"]:
        with suppress(LmphysError):
            times["ssm_s"] = seconds(ssm(traj, start), 1, 2)
    return times


def growth() -> list[dict[str, object]]:
    """`times_at` where one of N, K and k takes its `STEPS` and the others stay at `MIDDLE`, which is measured once.

    Raises:
        ImportError: dynamax is missing.
    """
    middle = times_at(**MIDDLE)
    return [
        {"along": along, "value": value} | (middle if value == MIDDLE[along] else times_at(**{**MIDDLE, along: value}))
        for along, steps in STEPS.items()
        for value in steps
    ]


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
        *grid(),
        memory(),
        mapped(),
    ]  # fmt: skip
    return [*rows, on_gpu()] if torch.cuda.is_available() else rows
