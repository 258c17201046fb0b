"""Regimes put into a linear map that was fitted to real chains, so that the truth is known in a real geometry."""

from typing import Literal

import numpy as np
from scipy.linalg import solve_triangular

from lmphys.core.errors import LmphysError
from lmphys.core.trajectories import Trajectories
from lmphys.dynamics.slds.parameters import SLDSParameters
from lmphys.dynamics.slds.simulate import simulate

Differ = Literal["offset", "drift", "noise"]
Along = Literal["loud", "any"]


def implant(
    base: SLDSParameters,
    traj: Trajectories,
    n_regimes: int,
    *,
    separation: float,
    differ: Differ = "offset",
    along: Along = "loud",
    stay: float = 0.8,
    seed: int = 0,
) -> SLDSParameters:
    """Split one linear map into regimes of known separation, equally frequent, and leave their average as it was.

    With the base h + M h + b + eps, eps ~ N(0, F F^T), and u_j the corners of a regular simplex about 0, regime j
    expects a F u_j g(h) more than the base. "offset": g = 1, so that regimes differ in b_j alone. "drift": g is the
    state along one random direction, of mean 0 and variance 1 over the given chains, so that they differ in M_j and
    all expect the same at the mean state. What the regimes add to the spread is taken from the noise of each,
    F (I - c P) F^T with P the projector on the span of the u_j. The covariance of what the mean map leaves over is
    then that of the base at every separation, and a corpus with regimes has the real one's size. "noise": Sigma_j =
    q_j Sigma, with sd that grow by equal factors from regime to regime, and mean variance that of the base.

    Args:
        base: one regime in D dimensions, such as `SLDS(1).fit(traj).parameters_`.
        traj: chains that give the mean and the covariance of the states, for "drift".
        n_regimes: K, at most D + 1.
        separation: distance of what any two regimes expect, in standard deviations of their noise (Mahalanobis; for
            "drift" its root mean square over the states that a step begins with). For "noise" the log of the ratio of
            the largest to the smallest standard deviation. At 0 the regimes are one.
        differ: what the regimes differ in.
        along: the K - 1 directions in which they lead apart: "loud", the principal ones of the noise, where a forecast
            has most to gain; or "any", random ones of the noise made white.
        stay: probability to stay in a regime; the others share the rest.
        seed: of the directions.

    Raises:
        LmphysError: the base has several regimes, K is too many for the dimensions, or a setting is not allowed.
    """
    K, D = n_regimes, base.width
    if base.n_regimes != 1 or not 1 <= K <= D + 1:
        raise LmphysError(
            f"{K} regimes into a model of {base.n_regimes} in {D} dimensions: give a base of one regime, and K from 1 "
            "to one more than the dimensions"
        )
    known = differ in ("offset", "drift", "noise") and along in ("loud", "any")
    if not (separation >= 0 and 0 <= stay <= 1 and known):
        raise LmphysError(
            f"separation {separation}, stay {stay}, differ {differ!r}, along {along!r}: use separation >= 0, stay in "
            "[0, 1], 'offset', 'drift' or 'noise', and 'loud' or 'any'"
        )
    T = np.full((K, K), (1 - stay) / max(K - 1, 1))
    np.fill_diagonal(T, stay if K > 1 else 1.0)
    pi = np.full(K, 1 / K)
    M, b, Sigma = base.M[0], base.b[0], base.Sigma[0]
    if differ == "noise":
        q = np.exp(2 * separation * (np.linspace(-0.5, 0.5, K) if K > 1 else np.zeros(1)))
        return SLDSParameters(pi, T, np.stack([M] * K), np.stack([b] * K), (q / q.mean())[:, None, None] * Sigma)
    rng = np.random.default_rng(seed)
    values, axes = np.linalg.eigh(Sigma)
    factor = axes[:, ::-1] * np.sqrt(values[::-1])  # F, loudest direction first
    left = 1 / (1 + separation**2 / (2 * K))  # 1 - c, share of the variance that the noise keeps along the u_j
    u = _simplex(K, D, along, rng)
    push = separation * np.sqrt(left / 2) * u @ factor.T
    within = factor @ (np.eye(D) - (1 - left) * u.T @ u) @ factor.T
    if differ == "offset":
        return SLDSParameters(pi, T, np.stack([M] * K), b + push, np.stack([within] * K))
    h = traj.pairs()[0].astype(np.float64)
    direction = np.linalg.qr(rng.standard_normal((D, 1)))[0][:, 0]
    # g(h) = direction . R (h - mean) with R the inverse Cholesky factor of the states' covariance.
    slope = solve_triangular(np.linalg.cholesky(np.cov(h.T, bias=True).reshape(D, D)), direction, lower=True, trans="T")
    own = push[:, :, None] * slope
    return SLDSParameters(pi, T, M + own, b - own @ h.mean(axis=0), np.stack([within] * K))


def implant_maps(
    base: SLDSParameters, traj: Trajectories, n_regimes: int, *, share: float, stay: float = 0.8, seed: int = 0
) -> SLDSParameters:
    """Split one linear map into regimes with maps of their own in all directions, and leave their average as it was.

    With the base h + M h + b + eps, eps ~ N(0, F F^T), regime j adds a F Q_j r(h), with r(h) the state made white over
    the given chains and Q_j = sum_m u_jm O_m of random orthogonal matrices O_m and the corners u_j of a regular simplex
    about 0. The average map is the base. What regimes lead to differs in all D dimensions, as their direction turns
    with the state: while offsets of K regimes explain K - 1 directions of the residual at most, these explain any
    `share` of all of it, where a = sqrt(share K / (K - 1)) and the noise of each regime is (1 - share) F F^T. The
    covariance of what the mean map leaves over is that of the base.

    Args:
        base: one regime in D dimensions.
        traj: chains that give the mean and the covariance of the states.
        n_regimes: K, at least 2.
        share: of the residual's variance that is explained once the regime is known, in [0, 1).
        stay: probability to stay in a regime; the others share the rest.
        seed: of the directions.

    Raises:
        LmphysError: the base has several regimes, or a setting is not allowed.
    """
    K, D = n_regimes, base.width
    if base.n_regimes != 1 or K < 2 or not (0 <= share < 1 and 0 <= stay <= 1):
        raise LmphysError(
            f"{K} regimes into a model of {base.n_regimes}, share {share}, stay {stay}: give a base of one regime, two "
            "regimes or more, a share in [0, 1) and stay in [0, 1]"
        )
    rng = np.random.default_rng(seed)
    corners = np.linalg.svd(np.eye(K) - 1 / K)[0][:, : K - 1]  # (K, K - 1), of sum 0, and orthonormal columns
    turns = np.stack([np.linalg.qr(rng.standard_normal((D, D)))[0] for _ in range(K - 1)])
    h = traj.pairs()[0].astype(np.float64)
    white = solve_triangular(np.linalg.cholesky(np.cov(h.T, bias=True).reshape(D, D)), np.eye(D), lower=True)
    factor = np.linalg.cholesky(base.Sigma[0])
    own = np.sqrt(share * K / (K - 1)) * factor @ np.einsum("km,mij->kij", corners, turns) @ white
    T = np.full((K, K), (1 - stay) / (K - 1))
    np.fill_diagonal(T, stay)
    Sigma = np.stack([(1 - share) * base.Sigma[0]] * K)
    return SLDSParameters(np.full(K, 1 / K), T, base.M[0] + own, base.b[0] - own @ h.mean(axis=0), Sigma)


def _simplex(K: int, D: int, along: Along, rng: np.random.Generator) -> np.ndarray:
    """K points (K, D) about 0, at a distance of sqrt 2 from each other, with u^T u a projector of rank K - 1."""
    corners = np.eye(K) - 1 / K
    # In a basis of the plane that holds them, turned at random.
    plane = np.linalg.svd(corners)[2][: K - 1]
    turned = corners @ plane.T @ np.linalg.qr(rng.standard_normal((K - 1, K - 1)))[0]
    frame = np.eye(D)[: K - 1] if along == "loud" else np.linalg.qr(rng.standard_normal((D, K - 1)))[0].T
    return turned @ frame


def regime_separation(parameters: SLDSParameters, traj: Trajectories) -> float:
    """How far apart the regimes' expectations of the next state are, in standard deviations of their noise.

    The root mean square, over the n states that begin a step and over pairs of regimes weighted by the product of
    their stationary shares, of the Mahalanobis distance of the expected next states in the mean noise covariance.
    For `implant` by offset or drift it is the stated separation. Fitted regimes are apart where none are, too: compare
    with fits to chains without regimes.

    Args:
        parameters: K regimes; 0 is returned for one.
        traj: chains of the width of the parameters.
    """
    share = parameters.stationary()
    noise = np.linalg.cholesky(np.einsum("k,kij->ij", share, parameters.Sigma))
    expected = parameters.means(traj.pairs()[0].astype(np.float64))
    white = np.stack([solve_triangular(noise, one.T, lower=True).T for one in expected])
    # Sum over pairs p_i p_j |x_i - x_j|^2 = 2 sum_i p_i |x_i - mean|^2.
    centred = white - np.einsum("k,kni->ni", share, white)
    square = 2 * float(share @ (centred**2).sum(axis=2).mean(axis=1))
    pairs = 1 - float(share @ share)
    return float(np.sqrt(square / pairs)) if pairs > 1e-12 else 0.0


def white_residuals(base: SLDSParameters, traj: Trajectories) -> np.ndarray:
    """Residuals of one map on chains, of mean 0 and covariance I, (N - C, D): the shape of the real noise.

    Drawn from in place of a Gaussian they give simulated chains the heavy tails of the real ones.
    """
    h, h_next, _ = (x.astype(np.float64) for x in traj.pairs())
    left = h_next - base.means(h)[0]
    left -= left.mean(axis=0)
    covariance = left.T @ left / len(left)
    # In the frame of the base's own noise, so that its Cholesky factor gives each direction the tail it had.
    white = solve_triangular(np.linalg.cholesky(covariance), left.T, lower=True).T
    return np.ascontiguousarray(white)


def implanted_chains(
    parameters: SLDSParameters,
    traj: Trajectories,
    *,
    n_chains: int | None = None,
    length: int | None = None,
    innovations: np.ndarray | None = None,
    seed: int = 0,
) -> Trajectories:
    """Chains of a switching model with the starts and lengths of real ones.

    Args:
        parameters: of the model.
        traj: C real chains: their first states, lengths and rows of `chains`.
        n_chains: take so many of them, drawn with replacement where there are not enough; all of them once by default.
        length: states of each chain; those of the real ones by default.
        innovations: white noise to draw from, such as `white_residuals`; Gaussian by default.
        seed: of all draws.

    Returns:
        Chains whose `sentences` have `regime`, that of the step that led to the state, -1 for the first.
    """
    of_rows, of_states = (int(s) for s in np.random.SeedSequence(seed).generate_state(2))
    rows = np.arange(len(traj))
    if n_chains is not None:
        rows = np.random.default_rng(of_rows).choice(len(traj), n_chains, replace=n_chains > len(traj))
    table = traj.chains.iloc[rows].reset_index(drop=True)
    starts = Trajectories(traj.states[traj.offsets[rows]], np.ones(len(rows)), table, meta=traj.meta)
    steps = traj.lengths[rows] - 1 if length is None else np.full(len(rows), length - 1)
    weights = np.tile(parameters.pi, (len(rows), 1))
    return simulate(parameters, starts, steps, weights, seed=of_states, innovations=innovations)


def innovations_of(noise: str, base: SLDSParameters, traj: Trajectories) -> np.ndarray | None:
    """White noise for `implanted_chains`: None for "gaussian", that of the chains for "real"."""
    if noise not in ("gaussian", "real"):
        raise LmphysError(f"noise {noise!r}: use 'gaussian' or 'real'")
    return white_residuals(base, traj) if noise == "real" else None


def independent_seeds(seed: int, n: int) -> list[int]:
    """Seeds of n generators that share nothing."""
    return [int(s) for s in np.random.SeedSequence(seed).generate_state(n)]
