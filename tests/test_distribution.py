"""Wheel and sdist: what `pip install lmphys` puts into an environment that has the light core and no extra."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lmphys.core.extras import EXTRAS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, 'build_' + sys.argv[1])(sys.argv[2]))"
STATES = """
import importlib.util
import numpy as np
from lmphys import dynamics
assert importlib.util.find_spec("transformers") is None
rng = np.random.default_rng(0)
chains = [rng.normal(size=(6, 4)).cumsum(axis=0) for _ in range(40)]
drift = dynamics.LinearDrift(ridge=1.0).fit(chains[:30])
print(len(dynamics.one_step_scores(drift, chains[30:], train=chains[:30])))
slds = dynamics.SLDS(n_regimes=2, n_init=1, random_state=0).fit(chains[:30])
print(slds.parameters_.M.shape)
"""


def built(kind, source, into):
    """Build a wheel or an sdist with the project's own backend, from sources that may be written to."""
    command = [sys.executable, "-c", BUILD, kind, str(into)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return into / done.stdout.splitlines()[-1]


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The sdist, and wheels built from the checkout and from the sdist."""
    folder = tmp_path_factory.mktemp("distributions")
    source = folder / "source"
    shutil.copytree(ROOT / "src", source / "src", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    sdist = built("sdist", source, folder)
    shutil.unpack_archive(sdist, folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    (folder / "again").mkdir()
    return sdist, built("wheel", source, folder), built("wheel", unpacked, folder / "again")


def link_with_needs(names, into):
    """Link installed distributions, and all that they need, into another folder of packages."""
    waiting, seen = list(names), set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # for another platform
            continue
        for part in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            link, target = into / part, Path(str(found.locate_file(part)))
            if target.exists() and not link.exists():
                link.symlink_to(target)
        needs = map(Requirement, found.requires or ())
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]


@pytest.fixture(scope="module")
def light(distributions, tmp_path_factory):
    """Interpreter of a new environment that has the wheel, and of other packages what the wheel asks for."""
    folder = tmp_path_factory.mktemp("light")
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", "--no-index", str(distributions[1])], check=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    (info,) = packages.glob("lmphys-*.dist-info")
    needs = map(Requirement, importlib.metadata.PathDistribution(info).requires or ())
    link_with_needs([n.name for n in needs if n.marker is None or n.marker.evaluate({"extra": ""})], packages)
    return python


def run(python, *arguments, cwd):
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "LMPHYS_HOME")}
    environment |= {"LMPHYS_HOME": str(cwd / "home")}
    return subprocess.run([str(python), *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def test_the_sdist_makes_the_same_wheel_as_the_checkout_with_all_that_the_package_reads(distributions):
    sdist, wheel, again = distributions
    assert sdist.name.endswith(".tar.gz")
    with zipfile.ZipFile(wheel) as one, zipfile.ZipFile(again) as other:
        files = {info.filename: info.CRC for info in one.infolist() if "dist-info" not in info.filename}
        assert files == {info.filename: info.CRC for info in other.infolist() if "dist-info" not in info.filename}
    kept = ("*.py", "*.pyi", "*.mplstyle", "adapter_config.json", "adapter_model.safetensors")
    here = {p.relative_to(ROOT / "src").as_posix() for kind in kept for p in (ROOT / "src" / "lmphys").rglob(kind)}
    assert here <= set(files)
    assert wheel.stat().st_size < 40e6


def test_the_light_core_works_where_no_extra_is_installed(light, tmp_path):
    done = run(light, "-c", STATES, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "(2, 4, 4)"
    gone = f"import importlib.util as u; print([n for n in {sorted(EXTRAS)} if u.find_spec(n)])"
    assert run(light, "-c", gone, cwd=tmp_path).stdout == "[]\n"


def test_a_command_of_the_wheel_names_the_extra_that_it_needs(light, tmp_path):
    done = run(light, "-m", "lmphys", "list", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("lmphys: this command needs the package ")
    assert line.endswith("pip install 'lmphys[book]'")
    assert run(light, "-m", "lmphys", "--version", cwd=tmp_path).stdout.startswith("lmphys 0.")
