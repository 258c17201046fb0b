"""Training as a path: how surprising written chains are to the reasoner at each kept step."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from lmphys.core.devices import resolve_device, resolve_dtype
from lmphys.corpus.sentences import token_ends
from lmphys.lm.model import LanguageModel
from lmphys.lm.reading import read_written
from lmphys.lm.readings import kept_of
from lmphys.lm.sampling import Sampling
from lmphys.problems.chains import ErrorRates, LabelledChain, problem_of, write_chain
from lmphys.problems.families import FAMILIES
from lmphys.problems.problem import DIFFICULTIES
from lmphys.stats.mean import mean_interval
from lmphys.training.reasoner.batches import Batches
from lmphys.training.reasoner.config import TrainingConfig

_FLAWLESS = ErrorRates(slip=0, derail=0)
_SLIPPED = ErrorRates(slip=0.3, derail=0)
_TRIES = 50
# Modules that decide how a chain is put before a reader.
_READ_WITH = ("lmphys.corpus.sentences", "lmphys.training.reasoner.batches", "lmphys.training.reasoner.config")


def held_out_chains(n: int = 24, *, seed: int = 0) -> dict[str, list[LabelledChain]]:
    """Chains of the generator about test problems, flawless ones and ones with a slip, of the same problems.

    Args:
        n: chains of both kinds together; problems of all families and difficulties take turns.
        seed: of problems and chains.

    Returns:
        "flawless" and "slipped" -> n // 2 chains, number i of both about one problem. A slipped chain has at least one
        wrong computing sentence, corrected later or not.
    """
    found: dict[str, list[LabelledChain]] = {"flawless": [], "slipped": []}
    number = 0
    while len(found["slipped"]) < n // 2:
        family, difficulty = list(FAMILIES)[number % len(FAMILIES)], DIFFICULTIES[number % len(DIFFICULTIES)]
        problem = problem_of(f"{family}:{difficulty}/{seed}-{number}")
        assert problem is not None
        rng = np.random.default_rng((seed, number))
        drawn = (write_chain(problem, _SLIPPED, rng) for _ in range(_TRIES))
        slipped = next((chain for chain in drawn if any(map(_is_slip, chain.sentences))), None)
        if slipped is not None:  # a step may allow no slip
            found["flawless"].append(write_chain(problem, _FLAWLESS, rng))
            found["slipped"].append(slipped)
        number += 1
    return found


def _is_slip(sentence: Any) -> bool:
    return sentence.phase == "compute" and sentence.valid is False


def token_nll(model: LanguageModel, chains: Sequence[LabelledChain]) -> pd.DataFrame:
    """Negative log-likelihood of every token of given chains, each after the chains' own words before it.

    The chains are read as in training: after the same request, and with the token that ends a turn at their end.

    Args:
        model: the reader.
        chains: with their labels.

    Returns:
        A row a token, in the order of the text: `chain` (place in `chains`), `sentence` (its number), `part` (the
        phase of its sentence; "slip" for a wrong computing sentence, "end" for the token that ends the turn), `nll`
        (nats). Space between two sentences belongs to the second.

    Raises:
        LmphysError: a chain exceeds the model's context, or the model has no chat template.
    """
    encode = Batches(TrainingConfig(), model, lambda i: (chains[i].problem.text, chains[i].text)).encode
    encoded = encode(range(len(chains))) if chains else []
    prompts = [tuple(one.ids[: one.n_prompt]) for one in encoded]
    tokens = [torch.as_tensor(one.ids[one.n_prompt :]) for one in encoded]
    tables: list[pd.DataFrame] = [pd.DataFrame()] * len(chains)
    for read in read_written(model, prompts, tokens, Sampling(temperature=1.0)):
        i = read.index
        tables[i] = _labelled(model, chains[i], read.tokens.tolist()).assign(chain=i, nll=-read.logp.numpy())
    if not tables:
        return pd.DataFrame(columns=["chain", "sentence", "part", "nll"])
    return pd.concat(tables, ignore_index=True)[["chain", "sentence", "part", "nll"]]


def _labelled(model: LanguageModel, chain: LabelledChain, tokens: Sequence[int]) -> pd.DataFrame:
    """Sentence and part of each token of a chain, the closing one included."""
    lengths = np.array([len(sentence.text) for sentence in chain.sentences])
    ends = np.cumsum(lengths) + len(chain.separator) * np.arange(len(lengths))
    places = np.searchsorted(ends, token_ends(model.tokenizer, tokens[:-1]))
    parts = ["slip" if _is_slip(sentence) else sentence.phase for sentence in chain.sentences]
    sentences = np.append(places, len(parts))
    return pd.DataFrame({"sentence": sentences, "part": [[*parts, "end"][place] for place in sentences]})


def held_out_nll(
    specs: Sequence[str],
    chains: dict[str, list[LabelledChain]] | None = None,
    *,
    seed: int = 0,
    dtype: str = "auto",
    device: str = "auto",
) -> pd.DataFrame:
    """Mean negative log-likelihood of held-out chains under several models, whole and by part.

    This is what training lowers (its cross-entropy), on chains that it has not seen. All models read the same chains.

    Args:
        specs: models, such as `reasoner@0` and the later steps; loaded one after the other.
        chains: kind -> chains; None: `held_out_chains(seed=seed)`.
        seed: of the chains and of the resampling.
        dtype: see `LanguageModel`.
        device: see `LanguageModel`.

    Returns:
        Long table: `model`, `kind` ("flawless", "slipped"), `part` ("all", or as in `token_nll`), `chains`, `tokens`,
        `nll` in nats per token, and its 95 % interval over chains `low`, `high` (NaN where one chain has the part).
    """
    chains = held_out_chains(seed=seed) if chains is None else chains
    rows: list[dict[str, Any]] = []
    for spec in specs:
        tables = _read_kinds(spec, chains, dtype, device)
        for kind in chains:
            tokens = tables[kind]
            groups = [("all", tokens), *tokens.groupby("part", sort=False)]
            rows += [{"model": spec, "kind": kind, "part": part, **_mean(table, seed)} for part, table in groups]
    return pd.DataFrame(rows)


def _read_kinds(spec: str, chains: dict[str, list[LabelledChain]], dtype: str, device: str) -> dict[str, pd.DataFrame]:
    """Kind -> `token_nll` of its chains under one model, kept on disk; it is loaded where it was not read before."""
    every = [chain for written in chains.values() for chain in written]
    place = resolve_device(device)

    def read() -> dict[str, Any]:
        # All at once: chains of one problem, of whatever kind, share the reading of their request.
        table = token_nll(LanguageModel(spec, dtype=dtype, device=device), every)
        return {name: table[name].to_numpy(str if name == "part" else None) for name in map(str, table)}

    asked = [[chain.problem.text, chain.separator, *map(dataclasses.astuple, chain.sentences)] for chain in every]
    table = pd.DataFrame(kept_of(spec, resolve_dtype(dtype, place), place.type, asked, read, code=_READ_WITH))
    table["part"] = table["part"].astype(object)
    ends = np.cumsum([len(written) for written in chains.values()])
    kinds = np.searchsorted(ends, table["chain"].to_numpy(), side="right")
    return {kind: table[kinds == number].reset_index(drop=True) for number, kind in enumerate(chains)}


def _mean(tokens: pd.DataFrame, seed: int) -> dict[str, Any]:
    value, low, high = mean_interval(tokens["nll"], groups=tokens["chain"], seed=seed)
    return {"chains": tokens["chain"].nunique(), "tokens": len(tokens), "nll": value, "low": low, "high": high}
