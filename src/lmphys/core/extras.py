"""Packages that the light core does without: which extra brings each, and the line that says so."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import lazy_loader

from lmphys.core.errors import LmphysError

# By the name under which it is imported; where an extra contains another, the smaller one stands here.
EXTRAS = {
    **dict.fromkeys(
        ("gguf", "huggingface_hub", "math_verify", "peft", "reasoning_gym", "tokenizers", "transformers"), "models"
    ),
    **dict.fromkeys(("jupyter_client", "jupytext", "matplotlib", "matplotlib_inline", "nbclient", "nbformat"), "book"),
    **dict.fromkeys(("papermill", "pdoc", "plotly", "psutil", "pybtex", "seaborn", "traitlets", "yaml"), "book"),
    "datasets": "hub",
    "pyarrow": "parquet",
    "pypdf": "pdf",
}


class MissingExtraError(LmphysError, ModuleNotFoundError):
    """A package is missing that an extra brings; also the error of an import, for those who try one."""


@contextmanager
def needed(what: str = "this") -> Iterator[None]:
    """Boundary around imports of packages that only an extra brings.

    Args:
        what: needs them, for the message.

    Raises:
        MissingExtraError: one of `EXTRAS` is not installed. Any other missing module is a fault of ours, and goes on.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if isinstance(error, LmphysError) or package not in EXTRAS:
            raise
        extra = EXTRAS[package]
        raise MissingExtraError(
            f"{what} needs the package {package}, which is not installed; pip install 'lmphys[{extra}]'", name=package
        ) from error


def attach_stub(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The face of a room that needs an extra: as of `lazy_loader`, with the line above where the extra is missing.

    Args:
        package: `__name__` of the room.
        file: `__file__` of the room, with its `.pyi` beside it.
    """
    load, listing, names = lazy_loader.attach_stub(package, file)

    def __getattr__(name: str) -> Any:  # noqa: N807
        with needed(f"{package}.{name}"):
            return load(name)

    return __getattr__, listing, names
