import dataclasses

import pytest
import yaml
from tests.book.conftest import REPOSITORY

from lmphys.book.sweep.config import SWEEP_CONFIG, SweepConfig
from lmphys.core.errors import LmphysError


def written(folder, **settings):
    file = folder / "mine.yaml"
    file.write_text(yaml.safe_dump({"models": ["smollm2"], "pages": ["a/b"]} | settings))
    return file


def test_the_settings_of_the_book_say_every_default():
    settings = yaml.safe_load((REPOSITORY / SWEEP_CONFIG).read_text())
    fields = {field.name: field.default for field in dataclasses.fields(SweepConfig)}
    assert settings.keys() == fields.keys()
    config = SweepConfig.read(REPOSITORY / SWEEP_CONFIG)
    for name, default in fields.items():
        assert default in (dataclasses.MISSING, getattr(config, name))


def test_a_single_value_stands_for_a_list_and_none_comes_twice(tmp_path):
    config = SweepConfig.read(written(tmp_path, seeds=[1, 1, 0], pages="a/b"))
    assert (config.models, config.pages, config.seeds) == (("smollm2",), ("a/b",), (1, 0))


def test_models_are_seen_from_the_file(tmp_path, model_folder):
    (tmp_path / "model").symlink_to(model_folder)
    config = SweepConfig.read(written(tmp_path, models=["./model", "random:./model", "org/name"]))
    assert config.models == (str(tmp_path / "model"), f"random:{tmp_path / 'model'}", "org/name")
    with pytest.raises(LmphysError, match="nothing does not exist"):
        SweepConfig.read(written(tmp_path, models=["./nothing"]))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"modles": ["a"]}, "unknown setting 'modles'; use models"),
        ({"models": []}, "lacks models; name at least one"),
        ({"models": None, "pages": []}, "lacks models and pages"),
        ({"models": [["a"]]}, r"models is \[\['a'\]\]; give a list, such as \[a, b\]"),
        ({"seeds": [True]}, r"give a list, such as \[0, 1\]"),
        ({"seeds": ["one"]}, "seed is 'one'; give a whole number"),
        ({"profile": "huge"}, "profile is 'huge'; use smoke, quick, full"),
        ({"device": "tpu"}, "device is 'tpu'; use auto, cpu, cuda"),
        ({"dtype": "auto"}, "dtype is 'auto'; use float32"),
        ({"name": "../up"}, "name is '../up'; take letters"),
        ({"cpus": 0}, "cpus is 0; give a whole number of at least 1"),
        ({"retries": -1}, "retries is -1"),
        ({"job_minutes": 0}, "job_minutes is 0; give a number above 0"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(tmp_path, settings, said):
    with pytest.raises(LmphysError, match=said) as caught:
        SweepConfig.read(written(tmp_path, **settings))
    assert "mine.yaml" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"), [("{", "is no YAML"), ("", "holds no settings"), ("- a", "holds no settings")]
)
def test_what_is_no_settings_is_refused(tmp_path, text, said):
    file = tmp_path / "mine.yaml"
    with pytest.raises(LmphysError, match=r"no file .*mine\.yaml; copy config/sweep\.yaml"):
        SweepConfig.read(file)
    file.write_text(text)
    with pytest.raises(LmphysError, match=said):
        SweepConfig.read(file)
