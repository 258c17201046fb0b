"""The reference of the package beside the book: every public name with its signature and docstring, by pdoc."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from lmphys.book.sources import REFERENCE, SourceIndex
from lmphys.core.errors import LmphysError

PAGE = "package"  # of the book, which leads there
# What a page alone needs is no interface, and a command line is described by --help.
_LEFT_OUT = ("lmphys.pages", "lmphys.cli", "lmphys.__main__", "lmphys.dynamics.ssm_shim")


def public_modules() -> list[str]:
    """Modules that a user of the package may import."""
    return [
        module
        for module in SourceIndex().modules
        if not module.startswith(_LEFT_OUT) and not module.endswith(".cli") and module != "lmphys"
    ]


def write_api(site: Path, log: Path, modules: list[str] | None = None) -> Path:
    """Write the reference into a folder of the rendered book, and return that folder.

    Args:
        site: folder with the rendered pages.
        log: file for what pdoc says.
        modules: those that are described; None: all public ones.

    Raises:
        LmphysError: a module cannot be imported, or is no module.
    """
    folder = site / REFERENCE
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-W", "ignore", "-m", "pdoc", "--docformat", "google", "--no-show-source"]
    command += ["--favicon", "../_static/favicon.svg", "--output-directory", str(folder), "lmphys"]
    modules = modules or public_modules()
    command += [*modules, "!lmphys.pages"]
    # It loads every module, and computes nothing; sets that are defaults are printed in one order.
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    with log.open("w", encoding="utf-8") as told:
        status = subprocess.run(command, stdout=told, stderr=subprocess.STDOUT, env=environment).returncode
    # What cannot be imported is a mere warning of pdoc.
    missing = [name for name in modules if not folder.joinpath(*name.split(".")).with_suffix(".html").is_file()]
    if status or missing:
        raise LmphysError(f"the reference lacks {', '.join(missing) or 'all modules'}; see {log}, and mend the import")
    return folder
