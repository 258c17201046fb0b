"""Clean and poisoned chains, with the state and the belief at the end of every sentence, kept on disk."""

import dataclasses
import importlib.metadata
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lmphys.core.progress import Progress
from lmphys.core.trajectories import Trajectories
from lmphys.corpus.spec import chain_seed
from lmphys.corpus.store import Shard, ShardStore, read_manifest, read_shards
from lmphys.lm.model import LanguageModel
from lmphys.pages.belief_shift.asking import ask_chains, chains_of
from lmphys.pages.belief_shift.query import beliefs
from lmphys.pages.belief_shift.spec import CONDITIONS, CONTROLS, REQUEST, BeliefSpec, beliefs_home
from lmphys.pages.belief_shift.themes import Theme, load_themes
from lmphys.pages.belief_shift.writing import Plan, WrittenChain, write_chains

_CHAINS_PER_SHARD = 72


class BeliefChains:
    """Finished chains, read from disk.

    Args:
        folder: where they lie.

    Attributes:
        chains: a row a chain: `chain_id`, `theme` (also as `question_id`, by which `Trajectories` splits),
            `condition`, `number`, `text`, and `control.<control>.odds.<wording>.<order>` at its end.
        sentences: a row a sentence: `chain`, `t`, `text`, `how` (drawn, given or cut), `n_tokens`, and
            `odds.<wording>.<order>`, the log odds with which the claim is called true at its end.

    Raises:
        LmphysError: there is no manifest, or a shard differs from it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = read_manifest(folder)
        shards = read_shards(folder, self.manifest)
        self.chains = pd.concat([shard.chains for shard in shards], ignore_index=True)
        shifts = np.cumsum([0, *(len(shard.chains) for shard in shards[:-1])])
        self.sentences = pd.concat(
            [s.sentences.assign(chain=s.sentences["chain"] + n) for s, n in zip(shards, shifts, strict=True)],
            ignore_index=True,
        )
        self._states = np.concatenate([shard.arrays["final_norm.boundary"] for shard in shards])
        self._tokens = np.concatenate([shard.arrays["tokens"] for shard in shards])

    @cached_property
    def wordings(self) -> tuple[str, ...]:
        """Wordings in which it was asked."""
        return tuple(self.manifest["spec"]["wordings"])

    def trajectories(self, offset: Mapping[str, float]) -> Trajectories:
        """States at final_norm and the last token of each sentence, with `belief` in `sentences`.

        Args:
            offset: for each wording the log odds of neutral statements, see `query.beliefs`.
        """
        sentences = self.sentences.assign(belief=beliefs(self.sentences, self._of(offset)))
        lengths = self.sentences["chain"].value_counts(sort=False).sort_index().to_numpy()
        meta = {"model": self.manifest["spec"]["model"], "site": "final_norm", "beliefs": self.folder.name}
        return Trajectories(self._states, lengths, self.chains, sentences, meta)

    def final_beliefs(self, offset: Mapping[str, float]) -> pd.DataFrame:
        """At the end of each chain: `theme`, `condition`, `number`, and the belief in the `claim` and each control."""
        last = self.sentences.groupby("chain", sort=True).tail(1)
        table = self.chains[["theme", "condition", "number"]].copy()
        table["claim"] = beliefs(last, self._of(offset))
        for control in CONTROLS:
            own = self.chains.filter(like=f"control.{control}.")
            own.columns = own.columns.str.removeprefix(f"control.{control}.")
            table[control] = beliefs(own, self._of(offset))
        return table

    def _of(self, offset: Mapping[str, float]) -> dict[str, float]:
        return {wording: offset[wording] for wording in self.wordings}

    def written(self, theme: str) -> list[WrittenChain]:
        """The chains of a theme as they were written."""
        tokens = np.split(self._tokens, np.cumsum(self.chains["n_tokens"])[:-1])
        found = []
        for chain in np.flatnonzero(self.chains["theme"] == theme):
            own = self.sentences[self.sentences["chain"] == chain]
            found.append(WrittenChain(tokens[chain].tolist(), own["token"].tolist(), own["how"].tolist()))
        return found


def build_beliefs(
    spec: BeliefSpec, *, device: str = "auto", batch_size: int = 48, progress: bool | None = None
) -> BeliefChains:
    """Return the chains of a spec, writing and asking what is not on disk yet.

    Finished shards of an earlier, interrupted build are kept.

    Args:
        spec: what to build.
        device: `cpu`, `cuda`, ...; `auto` takes a GPU where there is one.
        batch_size: chains that are written side by side.
        progress: whether to show a bar; None shows it on a terminal.

    Raises:
        LmphysError: unknown model or setting, chains longer than the model can read, no room on the disk.
    """
    spec.check()
    spec = spec.resolved(device)
    store = ShardStore(beliefs_home() / spec.key())
    source = None
    if spec.writer != spec.model and not store.complete:
        base = dataclasses.replace(spec, model=spec.writer)
        source = build_beliefs(base, device=device, batch_size=batch_size, progress=progress)
    store.complete_by(lambda: _build(spec, store, source, device, batch_size, progress))
    return BeliefChains(store.folder)


def _build(
    spec: BeliefSpec, store: ShardStore, source: BeliefChains | None, device: str, batch_size: int, shown: bool | None
) -> None:
    model = LanguageModel(spec.model, dtype=spec.dtype, device=device)
    themes = load_themes(spec.n_themes)
    each = len(CONDITIONS) * spec.n_chains
    size = max(1, _CHAINS_PER_SHARD // each)
    parts = [themes[first : first + size] for first in range(0, len(themes), size)]
    others = dict(zip([theme.id for theme in themes], [*themes[1:], themes[0]], strict=True))
    with Progress(f"{spec.model} on {len(themes)} themes", len(themes) * each, shown=shown) as bar:
        for number, part in enumerate(parts):
            if store.has(number):
                bar.skip(len(part) * each)
                continue
            if source is None:
                plans = [plan for theme in part for plan in _plans(model, spec, theme)]
                options: dict[str, Any] = {"n_steps": spec.n_steps, "longest": spec.longest, "sampling": spec.sampling}
                written = write_chains(model, plans, batch_size=batch_size, on_tokens=bar.tokens, **options)
            else:
                written = [chain for theme in part for chain in source.written(theme.id)]
            shards = []
            for i, theme in enumerate(part):
                mine = written[i * each : (i + 1) * each]
                shards.append(ask_chains(model, spec, theme, others[theme.id], mine, bar))
            store.write(number, _join(shards))
    packages = ("torch", "transformers", "lmphys")
    versions = {name: importlib.metadata.version(name) for name in packages}
    store.write_manifest({"spec": spec.to_json(), "model": model.describe(), "versions": versions}, len(parts))


def _plans(model: LanguageModel, spec: BeliefSpec, theme: Theme) -> list[Plan]:
    prompt = model.prompt_ids(REQUEST.format(question=theme.question), spec.prompt)
    plans = []
    for _, number, texts in chains_of(theme, spec.n_chains):
        tokens = [tuple(model.tokenizer(f" {text}", add_special_tokens=False)["input_ids"]) for text in texts]
        given = dict(zip(theme.places(spec.n_steps), tokens, strict=True))
        plans.append(Plan(prompt, chain_seed(spec.seed, theme.id, number), given))
    return plans


def _join(parts: Sequence[Shard]) -> Shard:
    arrays = {name: np.concatenate([part.arrays[name] for part in parts]) for name in parts[0].arrays}
    shifts = np.cumsum([0, *(len(part.chains) for part in parts[:-1])])
    sentences = [p.sentences.assign(chain=p.sentences["chain"] + n) for p, n in zip(parts, shifts, strict=True)]
    chains = pd.concat([part.chains for part in parts], ignore_index=True)
    return Shard(arrays, chains, pd.concat(sentences, ignore_index=True))
