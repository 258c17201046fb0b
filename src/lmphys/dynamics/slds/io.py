"""Fitted switching models on disk: safetensors for the numbers, JSON for the rest, no pickle."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file, save

from lmphys.core.boundaries import given
from lmphys.core.files import write_atomically
from lmphys.dynamics.slds.em import Monitor
from lmphys.dynamics.slds.parameters import SLDSParameters

_NUMBERS, _REST = "parameters.safetensors", "model.json"


def write_model(
    folder: Path, parameters: SLDSParameters, settings: dict[str, Any], fitted: dict[str, Any], monitors: list[Monitor]
) -> None:
    """Write a model, its file of settings last: only with that is it complete.

    Args:
        folder: made where there is none.
        parameters: numbers.
        settings: arguments of the constructor.
        fitted: other fitted attributes, JSON values.
        monitors: of all restarts.
    """
    write_atomically(folder / _NUMBERS, save({k: np.ascontiguousarray(v) for k, v in asdict(parameters).items()}))
    content = {"settings": settings, "fitted": fitted, "monitors": [asdict(monitor) for monitor in monitors]}
    # numpy's numbers, as a loop over numpy.arange gives them, know their plain value.
    write_atomically(folder / _REST, json.dumps(content, indent=1, default=lambda value: value.item()))


def read_model(folder: Path) -> tuple[SLDSParameters, dict[str, Any], dict[str, Any], list[Monitor]]:
    """Parameters, settings, other fitted attributes and monitors, as given to `write_model`.

    Raises:
        LmphysError: a file is missing or damaged.
    """
    with given(folder, "fit and save it again", "holds no readable model"):
        parameters = SLDSParameters(**load_file(folder / _NUMBERS))
        content = json.loads((folder / _REST).read_text(encoding="utf-8"))
        monitors = [Monitor(**{**m, "reseeded": [tuple(x) for x in m["reseeded"]]}) for m in content["monitors"]]
        return parameters, dict(content["settings"]), dict(content["fitted"]), monitors
