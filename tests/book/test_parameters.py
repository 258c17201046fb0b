import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmphys.book.parameters import Parameter, parse_parameters, resolve_parameters
from lmphys.core.errors import LmphysError

CELL = """model: str = "smollm2"  # model spec
rank: int = 40  # dimension # of the projection
ridge: float = 1  # penalty
sticky: bool = False
ranks: list[int] = [1, 2]  # several
names: list[str] = []
limit: int | None = None  # none: no limit
"""
PARAMETERS = parse_parameters(CELL, "toy/page")


def resolve(**overrides):
    return resolve_parameters(PARAMETERS, overrides, "toy/page")


def test_the_cell_is_read_with_types_defaults_and_help():
    assert [(p.name, p.type, p.default) for p in PARAMETERS] == [
        ("model", "str", "smollm2"),
        ("rank", "int", 40),
        ("ridge", "float", 1),
        ("sticky", "bool", False),
        ("ranks", "list[int]", [1, 2]),
        ("names", "list[str]", []),
        ("limit", "int | None", None),
    ]
    assert PARAMETERS[1].help == "dimension # of the projection"
    assert PARAMETERS[3].help == ""
    assert type(resolve()["ridge"]) is float


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rank", "20", 20),
        ("ridge", "1e-3", 1e-3),
        ("ridge", "2", 2.0),
        ("sticky", "True", True),
        ("sticky", "no", False),
        ("ranks", "1,2, 3", [1, 2, 3]),
        ("ranks", "[4]", [4]),
        ("ranks", "", []),
        ("names", "a,b", ["a", "b"]),
        ("names", '["a,b"]', ["a,b"]),
        ("limit", "none", None),
        ("limit", "7", 7),
        ("model", "none", "none"),
        ("model", "12", "12"),
    ],
)
def test_text_is_read_in_the_declared_type(name, text, value):
    found = resolve(**{name: text})[name]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rank", "4.5"),
        ("rank", True),
        ("rank", 4.0),
        ("rank", np.int64(4)),
        ("ridge", np.float64(1.0)),
        ("ridge", math.nan),
        ("ridge", "inf"),
        ("sticky", 1),
        ("sticky", "maybe"),
        ("ranks", (1, 2)),
        ("ranks", [1, 2.0]),
        ("ranks", "[1"),
        ("model", None),
        ("model", 3),
    ],
)
def test_other_types_and_what_json_cannot_keep_are_refused(name, value):
    with pytest.raises(LmphysError) as error:
        resolve(**{name: value})
    message = str(error.value)
    assert f"parameter {name} is " in message
    assert "\n" not in message
    assert "rank: int = 40 (dimension # of the projection)" in message


def test_an_unknown_name_lists_what_there_is_and_the_nearest():
    with pytest.raises(LmphysError) as error:
        resolve(rnak=3)
    message = str(error.value)
    assert message.startswith("toy/page has no parameter 'rnak', perhaps rank; it takes model: str = 'smollm2'")
    assert all(str(parameter) in message for parameter in PARAMETERS)


def test_profile_is_one_of_three():
    profile = Parameter("profile", "str", "quick", "")
    assert profile.convert("full") == "full"
    with pytest.raises(ValueError, match="smoke, quick, full"):
        profile.convert("fast")


@pytest.mark.parametrize(
    "line", ["x = 3", "x: int", "x: tuple[int] = (1,)", "x: int = 1.5", "x: int = f()", "x: int ="]
)
def test_a_malformed_line_of_the_cell_is_named(line):
    with pytest.raises(LmphysError, match="toy/page"):
        parse_parameters(line, "toy/page")


@given(st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans()))
def test_printing_and_reading_a_scalar_gives_it_back(value):
    parameter = Parameter("x", type(value).__name__, value, "")
    assert parameter.convert(str(value)) == value


@given(st.lists(st.text(), max_size=4))
def test_defaults_are_not_shared_between_runs(items):
    (parameter,) = parse_parameters(f"names: list[str] = {items!r}", "toy/page")
    first = resolve_parameters([parameter], {}, "toy/page")["names"]
    first.append("changed")
    assert resolve_parameters([parameter], {}, "toy/page")["names"] == items
