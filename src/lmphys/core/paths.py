"""Where things are kept: the cache of models and corpora, and the checkout of the book."""

import os
from pathlib import Path

import platformdirs

from lmphys.core.errors import LmphysError

DEFAULT_MODEL = "smollm2"
# Set by `lmphys run --ship`: chains that are drawn go to the shelf.
SHIP = "LMPHYS_SHIP"


def cache_home() -> Path:
    """Folder of dense models and corpora: `$LMPHYS_HOME`, else the user's cache folder."""
    chosen = os.environ.get("LMPHYS_HOME")
    return Path(chosen).expanduser() if chosen else Path(platformdirs.user_cache_dir("lmphys"))


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
