"""Texts whose temperature is known: the model goes on where people began, at the same places, for as long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lmphys.lm.decode import Request
from lmphys.lm.model import LanguageModel
from lmphys.lm.sampling import Sampling
from lmphys.lm.shelf import Shelf, write_chains
from lmphys.pages.gas.examples import prose_texts, topic_texts
from lmphys.stats.bootstrap import chain_weights
from lmphys.stats.interval import Interval, percentile_interval
from lmphys.stats.mean import mean_interval
from lmphys.thermo.sources import text_intervals
from lmphys.thermo.thermogram import nucleus_means
from lmphys.thermo.windows import Windows, cut_windows, read_windows

TEMPERATURES = (0.7, 1.0, 1.3)
TOP_P = 0.9
HUMAN, NUCLEUS = "people", f"T = 1, top-p {TOP_P:g}"
PURE = {temperature: f"T = {temperature:g}" for temperature in TEMPERATURES}
_RESAMPLES = 300


@dataclass(frozen=True, eq=False)
class Truth:
    """Continuations of the same beginnings, read under the laws that they were drawn from.

    Attributes:
        sets: who wrote -> windows, row by row of the same beginnings.
        truncated: (N,) mean logit of the truncated law at each token of the set `NUCLEUS`.
    """

    sets: Mapping[str, Windows]
    truncated: np.ndarray

    def state(self, name: str, *, seed: int = 0) -> dict[str, Interval]:
        """Functions of state of a set, intervals over texts."""
        return text_intervals(self.sets[name], seed=seed)[0]

    def predicted(self, *, seed: int = 0) -> tuple[Interval, Interval]:
        """Temperature that truncation predicts for the set `NUCLEUS`, and how far the measured one is from it."""
        own = self.sets[NUCLEUS]
        n = len(own)
        sums = own.laws.summed(own.of_token, n)
        weights = np.concatenate([np.ones((1, n)), chain_weights(n, _RESAMPLES, seed)])
        aim = weights @ np.bincount(own.of_token, self.truncated, minlength=n)
        all_sums = sums.weighted(weights)
        expected = all_sums.temperature(aim)
        return percentile_interval(expected), percentile_interval(all_sums.temperature() - expected)

    def surprisals(self, name: str) -> np.ndarray:
        """(n,) mean surprisal of each text at T = 1, nats per token."""
        own = self.sets[name]
        return own.laws.summed(own.of_token, len(own)).surprisal

    def difference(self, one: str, other: str, *, seed: int = 0) -> Interval:
        """Mean surprisal of one set less another, nats per token, interval over beginnings."""
        return mean_interval(self.surprisals(one) - self.surprisals(other), groups=None, seed=seed)

    def nearer(self, one: str, other: str, *, seed: int = 0) -> Interval:
        """Distance of the mean surprisal of one set from that of people, less the same of another set."""
        gaps = [self.surprisals(name) - self.surprisals(HUMAN) for name in (one, other)]
        n = len(gaps[0])
        weights = np.concatenate([np.ones((1, n)), chain_weights(n, _RESAMPLES, seed)]) / n
        return percentile_interval(np.abs(weights @ gaps[0]) - np.abs(weights @ gaps[1]))


def draw_and_read(model: LanguageModel, *, n: int, length: int, context: int = 16, seed: int = 0) -> Truth:
    """What people wrote after some beginnings, and what the model draws there at known temperatures.

    The beginnings are of prose and of Python's help, so that topic, place and length are the same for all sets, but
    where the model ends a text by itself. Draws that come with the book are taken from there, and checked.

    Args:
        model: writer and reader.
        n: beginnings.
        length: tokens of each text.
        context: tokens of each beginning.
        seed: of the draws; the same random numbers at every temperature.
    """
    topics = topic_texts()
    written = prose_texts()[: (n + 1) // 2]
    others = topics[:: max(1, len(topics) // (n - len(written)))][: n - len(written)]
    people = cut_windows(model, [*written, *others], length=length, context=context, most=1)
    requests = [Request(prompt, seed + 1_000 * i) for i, prompt in enumerate(people.prompts)]
    sets = {HUMAN: read_windows(model, people)}
    for name, temperature, top_p in (*((PURE[t], t, 1.0) for t in TEMPERATURES), (NUCLEUS, 1.0, TOP_P)):
        sampling = Sampling(temperature=temperature, top_p=top_p, max_tokens=length)
        own = replace(people, tokens=[tokens.numpy() for tokens in _drawn(model, requests, sampling)])
        sets[name] = read_windows(model, own, each=_truncated if top_p < 1 else None)
        _check(model, requests, sampling, sets[name])
    return Truth(sets, sets[NUCLEUS].numbers)


def _truncated(logits: Tensor) -> np.ndarray:
    """(n,) mean logit of the truncated law of each of (n, V) places."""
    return nucleus_means(logits, 1.0, TOP_P)


def _drawn(model: LanguageModel, requests: Sequence[Request], sampling: Sampling) -> list[Tensor]:
    """Tokens of each request: those that come with the book, the others drawn now."""
    shelf = _shelf(model, sampling)
    places = [shelf.find(request) for request in requests]
    found = {i: shelf.tokens[place] for i, place in enumerate(places) if place is not None}
    missing = [i for i in range(len(requests)) if i not in found]
    for chain in write_chains(model, [requests[i] for i in missing], sampling):
        found[missing[chain.index]] = chain.tokens
    return [found[i] for i in range(len(requests))]


def _shelf(model: LanguageModel, sampling: Sampling) -> Shelf:
    return Shelf.of(model.spec, str(model.dtype).removeprefix("torch."), sampling)


def _check(model: LanguageModel, requests: Sequence[Request], sampling: Sampling, read: Windows) -> None:
    """Compare the log-probabilities of shipped texts with those that were just read.

    Raises:
        LmphysError: they are not those of this model.
    """
    shelf = _shelf(model, sampling)
    for i, request in enumerate(requests):
        place = shelf.find(request)
        if place is not None:
            own = read.select(np.array([i]))
            shelf.check(place, torch.from_numpy(-own.laws.surprisal))
