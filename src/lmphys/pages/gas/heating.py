"""Fluctuation and response of whole texts: what the score of the temperature tells of heating."""

from dataclasses import dataclass

import numpy as np

from lmphys.pages.gas.truth import PURE, Truth
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.thermo.thermogram import ONE

_RESAMPLES = 300


@dataclass(frozen=True)
class Response:
    """How the mean energy of texts answers to a change of beta.

    Attributes:
        measured: difference of the mean energies at the hottest and the coldest temperature, over that of their beta.
        predicted: covariance of energy and score at T = 1.
        ratio: measured over predicted.
        permuted: the same ratio, with scores dealt out anew among the texts for the measured answer to be set against.
    """

    measured: Interval
    predicted: Interval
    ratio: Interval
    permuted: Interval


def heating_response(truth: Truth, *, seed: int = 0) -> Response:
    """The answer of the mean energy of texts to heating, beside what the texts at T = 1 predict.

    For a law that writes token by token the derivative of any mean <x> in beta is Cov(x, s), with the score
    s = sum (z_y - <z>) of the text: all the ways in which a hot token changes what comes after it are in x. The mean of
    the score is 0 and need not be estimated.

    Args:
        truth: texts at known temperatures, of the same beginnings.
        seed: of the intervals, over beginnings, and of the dealing.
    """
    temperatures = sorted(PURE)
    cold, hot = temperatures[0], temperatures[-1]
    at_one = truth.sets[PURE[1.0]]
    n = len(at_one)
    laws = at_one.laws
    score = np.bincount(at_one.of_token, laws.taken - laws.mean[:, ONE], minlength=n)
    energy = truth.surprisals(PURE[1.0])
    weights = np.concatenate([np.ones((1, n)), chain_weights(n, _RESAMPLES, seed)]) / n
    change = weights @ (truth.surprisals(PURE[hot]) - truth.surprisals(PURE[cold])) / (1 / hot - 1 / cold)
    dealt = score[np.random.default_rng(seed).permutation(n)]
    predicted, other = (
        np.einsum("ri,ri,i->r", weights, energy - (weights @ energy)[:, None], s) for s in (score, dealt)
    )
    return Response(
        percentile_interval(change),
        percentile_interval(predicted),
        percentile_interval(change / predicted, undefined="drop"),
        percentile_interval(other / predicted, undefined="drop"),
    )
