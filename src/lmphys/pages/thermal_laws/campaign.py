"""The trainings behind the recorded curves: `python -m lmphys.pages.thermal_laws.campaign SEED [EXPERIMENT...]`."""

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lmphys.core.errors import LmphysError
from lmphys.core.files import write_atomically
from lmphys.core.paths import project_root
from lmphys.core.provenance import PACKAGE, git_state, machine, versions
from lmphys.pages.thermal_laws.experiments import EXPERIMENTS, Plan
from lmphys.pages.thermal_laws.record import FOLDER, TRUNK, Recorded
from lmphys.pages.thermal_laws.river import movement
from lmphys.training.thermal.branches import Trunk, fixed_texts, grow

RIVER = "river"
WORK = Path("runs", "thermal")


def add_experiments(seed: int, names: Sequence[str], plan: Plan, folder: Path, work: Path) -> Recorded:
    """Do what is lacking of the experiments of a seed, and write each as soon as it is done.

    Whoever is stopped goes on with the same call: the trunk and the experiments that are there are kept.

    Args:
        seed: of documents and first weights.
        names: of `EXPERIMENTS`, or `RIVER`.
        plan: their sizes.
        folder: for the record: `seed-<n>.csv`, `seed-<n>.npz`, `river-<n>.csv`; `seed-<n>.json` with the
            recipe, and for each part of the work its seconds, commit, machine and versions; the trunk of seed 0.
        work: for the trunks of other seeds.

    Raises:
        LmphysError: an experiment is unknown.
    """
    unknown = [name for name in names if name not in (*EXPERIMENTS, RIVER)]
    if unknown:
        raise LmphysError(f"unknown experiment {unknown[0]!r}; use {', '.join((*EXPERIMENTS, RIVER))}")
    plan = replace(plan, recipe=replace(plan.recipe, seed=seed))
    facts_file = folder / f"seed-{seed}.json"
    facts: dict[str, Any] = {"recipe": plan.recipe.to_json(), "parts": {}}
    if facts_file.is_file():
        facts = json.loads(facts_file.read_text(encoding="utf-8"))
    file = (folder if seed == 0 else work) / TRUNK.replace("0", str(seed))
    file.parent.mkdir(parents=True, exist_ok=True)
    if not file.is_file():
        begun = time.process_time()
        grow(plan.recipe).write(file)
        _note(facts, "trunk", begun, facts_file)
    trunk, texts = Trunk.read(file), plan.texts()
    found = Recorded.empty(seed, plan.n_texts)
    if (folder / f"seed-{seed}.csv").is_file():
        found = Recorded.read(folder, seed)
    for name in names:
        if name == RIVER:
            table_file = folder / f"{RIVER}-{seed}.csv"
            if not table_file.is_file():
                begun = time.process_time()
                table = movement(trunk, fixed_texts(plan.recipe, plan.n_texts // 4))
                write_atomically(table_file, table.to_csv(index=False, lineterminator="\n", float_format="%.6g"))
                _note(facts, name, begun, facts_file)
        elif not found.has(name):
            begun = time.process_time()
            found = found.joined(name, EXPERIMENTS[name](trunk, plan, texts))
            found.write(folder)
            _note(facts, name, begun, facts_file)
    return found


def _note(facts: dict[str, Any], part: str, begun: float, file: Path) -> None:
    facts["parts"][part] = {
        "seconds": round(time.process_time() - begun, 1),
        "commit": git_state(PACKAGE),
        "machine": machine(),
        "versions": versions(),
    }
    write_atomically(file, json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    root = project_root()
    wanted = sys.argv[2:] or [*EXPERIMENTS, RIVER]
    done = add_experiments(int(sys.argv[1]), wanted, Plan(), root / FOLDER, root / WORK)
    print(done.curves.to_string())
