"""Where things are kept: the cache of models and corpora, and the checkout of the book."""

import errno
import os
import re
from pathlib import Path
from typing import TypeVar

import platformdirs

from lmphys.core.errors import LmphysError

DEFAULT_MODEL = "smollm2"
# What may be given for a model. Without brackets, which a help text would take for markup.
MODEL_FORMS = (
    "smollm2; reasoner or reasoner@STEP; gemma3; org/name or org/name@REVISION of the hub; a folder of a model or an "
    "adapter; a .gguf file; random:SPEC or random:SPEC#SEED"
)
# Spec of the architecture of another one with fresh random weights.
RANDOM = re.compile(r"random:(?P<base>.+?)(?:#(?P<seed>\d+))?")
# Set by `lmphys run --ship`: chains that are drawn go to the shelf.
SHIP = "LMPHYS_SHIP"

# Endings by which a value names a file that must be there. Files of models are also known by their folder.
_ENDINGS = (".jsonl", ".json", ".gguf")
_MODEL_FILES = ("config.json", "adapter_config.json")
_Value = TypeVar("_Value")


def cache_home() -> Path:
    """Folder of dense models and corpora, absolute: `$LMPHYS_HOME`, else the user's cache folder."""
    chosen = os.environ.get("LMPHYS_HOME")
    return (expanded(chosen) if chosen else Path(platformdirs.user_cache_dir("lmphys"))).absolute()


def expanded(path: str) -> Path:
    """A path as it was typed, with `~` for the home folder; a user who does not exist has none, and is kept as typed.

    `Path.expanduser` would raise.
    """
    return Path(os.path.expanduser(path))  # noqa: PTH111


def home_folder() -> Path | None:
    """The user's home; None where the system knows of none, as in some containers."""
    home = expanded("~")
    return home if home.is_absolute() else None


def seen_from(here: Path, value: _Value) -> _Value:
    """What a user typed, with every relative path in it made absolute: a chapter runs in the folder of the book.

    A text names a path where it ends as a file of questions or a model does, where it begins with `/`, `./`, `../` or
    `~`, or where a file stands there, or a folder with a model; every other text stays as it is.

    Args:
        here: the folder that it was typed in.
        value: a text, or a list of some; others are left alone.

    Raises:
        LmphysError: it can only be a path, and nothing is there.
    """
    if isinstance(value, list):
        return [seen_from(here, item) for item in value]  # type: ignore[return-value]
    if not isinstance(value, str) or len(value) < 2 or value == DEFAULT_MODEL or "{" in value:  # `{question}`: a prompt
        return value
    if match := RANDOM.fullmatch(value):
        return f"random:{seen_from(here, match['base'])}{value[match.end('base') :]}"  # type: ignore[return-value]
    path = Path(os.path.normpath(here / expanded(value)))
    if _names_something(path, value):
        return str(path)  # type: ignore[return-value]
    if value.lower().endswith(_ENDINGS) or value.startswith(("/", "./", "../", "~")):
        raise LmphysError(f"{path} does not exist; give the path of a file or folder, seen from {here}")
    return value


def _names_something(path: Path, value: str) -> bool:
    try:
        if path.is_dir():
            return value.startswith((".", "/", "~")) or any((path / name).is_file() for name in _MODEL_FILES)
        return path.is_file() and not value.isalnum()  # a mere word names a setting, whatever files there are
    except ValueError:  # with a null in it: a text
        return False
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:  # what may not be looked at is no text either
            raise
        return False


def project_root() -> Path:
    """Folder of the book: the nearest one, from the working folder upward, with `chapters/` and `_config.yml`.

    Raises:
        LmphysError: the working folder is not inside a checkout of the book.
    """
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "_config.yml").is_file() and (folder / "chapters").is_dir():
            return folder
    raise LmphysError(f"{here} is not inside the book (no _config.yml and chapters/ here or above); cd into it")
