"""The typed parameters of a chapter: read from its source, checked before anything runs."""

import ast
import difflib
import io
import json
import math
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lmphys.core.errors import LmphysError

PROFILES = ("smoke", "quick", "full")

_SCALARS = ("bool", "int", "float", "str")
_TYPES = (*_SCALARS, *(f"list[{item}]" for item in ("int", "float", "str")))
_TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Parameter:
    """One line `name: type = default  # help` of a parameter cell.

    Attributes:
        name: The variable of the chapter.
        type: bool, int, float, str, or list[int], list[float], list[str], perhaps followed by ` | None`.
        default: Its value where nothing is asked for.
        help: The comment of the line.
    """

    name: str
    type: str
    default: Any
    help: str

    def __str__(self) -> str:
        return f"{self.name}: {self.type} = {self.default!r}" + (f" ({self.help})" if self.help else "")

    def convert(self, value: Any) -> Any:
        """Return `value` in the declared type; a string is read as one types it at the terminal.

        Raises:
            ValueError: the value has another type, is not finite, or is no JSON value (a tuple, a numpy scalar).
        """
        base, optional = self.type.removesuffix(" | None"), self.type.endswith(" | None")
        if optional and (value is None or (isinstance(value, str) and value.lower() in ("none", "null"))):
            return None
        if isinstance(value, str) and base != "str":
            value = _read(value, base)
        value = _checked(value, base)
        if self.name == "profile" and value not in PROFILES:
            raise ValueError(f"{value!r} is not one of {', '.join(PROFILES)}")
        return value


def _read(text: str, base: str) -> Any:
    """Read a typed string as `base`; lists are `1,2,3` or JSON."""
    text = text.strip()
    if base == "bool":
        if text.lower() not in _TRUTH:
            raise ValueError(f"{text!r} is neither true nor false")
        return _TRUTH[text.lower()]
    if base == "int":
        return int(text)
    if base == "float":
        return float(text)
    if text.startswith("["):
        return json.loads(text)
    item = base[len("list[") : -1]
    parts = [part.strip() for part in text.split(",")] if text else []
    return parts if item == "str" else [_read(part, item) for part in parts]


def _checked(value: Any, base: str) -> Any:
    """Return `value` where it is exactly of type `base` (an int serves as a float); raise ValueError otherwise."""
    if base.startswith("list["):
        if type(value) is not list:
            raise ValueError(f"{value!r} is a {type(value).__name__}, not a list")
        return [_checked(item, base[len("list[") : -1]) for item in value]
    if base == "float" and type(value) is int:
        value = float(value)
    # Exact types: a bool is an int and numpy.float64 a float to isinstance, and neither is meant here.
    if type(value).__name__ != base or type(value).__module__ != "builtins":
        raise ValueError(f"{value!r} is a {type(value).__module__}.{type(value).__name__}, not {base}")
    if base == "float" and not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    return value


def parse_parameters(source: str, where: str) -> tuple[Parameter, ...]:
    """Read the lines of a parameter cell.

    Args:
        source: The Python text of the cell.
        where: The chapter, for the message.

    Raises:
        LmphysError: a line is not `name: type = default  # help`, or the default is not of its type.
    """
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        raise LmphysError(f"{where}: the parameter cell is no Python ({error}); mend the cell") from error
    comments = {token.start[0]: token.string.lstrip("# ").strip() for token in tokens if token.type == tokenize.COMMENT}
    found: list[Parameter] = []
    for node in tree.body:
        line = ast.unparse(node)
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value):
            raise LmphysError(f"{where}: `{line}` in the parameter cell; write `name: type = default  # help`")
        kind = ast.unparse(node.annotation)
        if kind.removesuffix(" | None") not in _TYPES:
            raise LmphysError(
                f"{where}: parameter type `{kind}` of {node.target.id}; use {', '.join(_TYPES)} or one `| None`"
            )
        try:
            default = ast.literal_eval(node.value)
            parameter = Parameter(node.target.id, kind, default, comments.get(node.end_lineno or 0, ""))
            if isinstance(default, str) and not kind.startswith("str"):
                raise ValueError(f"{default!r} is a string")
            parameter.convert(default)
        except ValueError as error:
            raise LmphysError(f"{where}: the default in `{line}` does not fit ({error}); mend the cell") from error
        found.append(parameter)
    return tuple(found)


def read_settings(texts: Sequence[str]) -> dict[str, str]:
    """Name to value of settings as they are typed, `NAME=VALUE`.

    Raises:
        LmphysError: one is not of this form.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise LmphysError(f"--set {text} is not NAME=VALUE; for example --set rank=20")
        found[name.strip()] = value
    return found


def resolve_parameters(parameters: Sequence[Parameter], overrides: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the value of every parameter: the override where there is one, the default otherwise.

    Args:
        parameters: What the chapter takes.
        overrides: Name to value; a string is read in the declared type, as from `--set name=value`.
        where: The chapter, for the message.

    Raises:
        LmphysError: an unknown name, or a value that is not of the declared type; lists what the chapter takes.
    """
    known = {parameter.name: parameter for parameter in parameters}
    takes = f"it takes {'; '.join(map(str, parameters))}" if parameters else "it takes no parameters"
    values = {parameter.name: parameter.default for parameter in parameters}
    for name, value in overrides.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            guess = f", perhaps {close[0]}" if close else ""
            raise LmphysError(f"{where} has no parameter {name!r}{guess}; {takes}")
        try:
            values[name] = known[name].convert(value)
        except ValueError as error:
            raise LmphysError(f"{where}: parameter {name} is {known[name].type}: {error}; {takes}") from error
    return {name: known[name].convert(value) for name, value in values.items()}
