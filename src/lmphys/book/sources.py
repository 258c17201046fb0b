"""The code behind the book: a page of source for each module, and a link to it from every name of the package."""

import ast
import html
import re
from collections import defaultdict
from pathlib import Path

from lmphys.core.files import write_atomically
from lmphys.core.provenance import PACKAGE

FOLDER = Path("_static", "code")
REFERENCE = Path("api")  # what pdoc writes (`lmphys.book.api`)
_CODE = re.compile(r'(?P<before>lmphys-source[^>]*>)?<code class="docutils literal notranslate">(?P<inner>.*?)</code>')
_NAME = re.compile(r"(?P<dotted>lmphys(?:\.\w+)+)|(?P<name>[A-Za-z]\w*)(?P<rest>[(.]?)")
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:14px/1.5 monospace;margin:1rem auto;max-width:62rem;padding:0 1rem}}h1{{font-size:1.1rem}}
pre{{overflow-x:auto}}:target{{background:#fff3bf;display:inline-block;min-width:100%}}.n{{color:#767676}}{style}</style>
<h1>{title}</h1><pre class="highlight">{lines}</pre></html>
"""


def definitions(text: str) -> dict[str, int]:
    """Public names that a module defines at its top, each with the number of its line."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found[node.name] = node.lineno
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            found |= {target.id: node.lineno for target in targets if isinstance(target, ast.Name)}
    return {name: line for name, line in found.items() if not name.startswith("_")}


class SourceIndex:
    """Where each public name of the package is defined.

    Args:
        package: folder of the package.
    """

    def __init__(self, package: Path = PACKAGE) -> None:
        self.modules: dict[str, Path] = {}
        self._homes: dict[str, list[str]] = defaultdict(list)
        for path in sorted(package.rglob("*.py")):
            parts = path.relative_to(package).with_suffix("").parts
            module = ".".join(("lmphys", *(parts[:-1] if parts[-1] == "__init__" else parts)))
            self.modules[module] = path
            for name in definitions(path.read_text(encoding="utf-8")):
                self._homes[name].append(module)

    def find(self, code: str, slug: str = "") -> tuple[str, str] | None:
        """Module and name that a piece of inline code begins with; None where it names nothing, or several things.

        Args:
            code: such as `LinearDrift.residuals(...)` or `lmphys.stats.bootstrap`. A bare word in small letters is
                taken for a word, not for a function.
            slug: of the page where it stands: names of its own package come first.
        """
        match = _NAME.match(code)
        if match is None:
            return None
        if match["dotted"]:
            parts = match["dotted"].split(".")
            for n in range(len(parts), 1, -1):
                module = ".".join(parts[:n])
                if module in self.modules:
                    name = parts[n] if n < len(parts) else ""
                    return module, name if module in self._homes.get(name, ()) else ""
            return None
        name = match["name"]
        if not (match["rest"] or "_" in name or name != name.lower()):
            return None
        homes = self._homes.get(name, [])
        own = [home for home in homes if home.startswith(f"lmphys.pages.{slug}.")]
        homes = own or homes
        return (homes[0], name) if len(homes) == 1 else None


def source_page(module: str, text: str) -> str:
    """HTML of the source of a module; its definitions can be linked to by their names."""
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    formatter = HtmlFormatter(nowrap=True)
    names = {line: name for name, line in definitions(text).items()}
    lines = highlight(text, PythonLexer(stripnl=False), formatter).splitlines()
    numbered = [
        f'<span{f" id={chr(34)}{names[i]}{chr(34)}" if i in names else ""}><span class="n">{i:4d}</span>  {line}</span>'
        for i, line in enumerate(lines, start=1)
    ]
    style = formatter.get_style_defs(".highlight").replace("\n", " ")
    return _PAGE.format(title=html.escape(module), style=style, lines="\n".join(numbered))


def own_pages(site: Path) -> list[Path]:
    """Rendered pages that were written for the book: neither source, nor what the theme brings, nor the reference."""
    pages = sorted(site.rglob("*.html"))
    return [p for p in pages if not (part := p.relative_to(site).parts[0]).startswith("_") and part != REFERENCE.name]


def link_sources(site: Path) -> int:
    """Turn inline code of the rendered book that names something of the package into links; returns how many.

    Args:
        site: folder with the rendered pages; the pages of source go to `_static/code/` in it.
    """
    index, linked = SourceIndex(), 0
    for path in own_pages(site):
        where = path.relative_to(site)
        up, slug = "../" * (len(where.parts) - 1), path.stem

        def link(match: re.Match[str], up: str = up, slug: str = slug) -> str:
            found = None if match["before"] else index.find(html.unescape(re.sub("<[^>]+>", "", match["inner"])), slug)
            if found is None:
                return match[0]
            module, name = found
            target = f"{up}{FOLDER.as_posix()}/{module}.html" + (f"#{name}" if name else "")
            return f'<a class="lmphys-source" href="{target}" title="source: {module}">{match[0]}</a>'

        text = path.read_text(encoding="utf-8")
        new = _CODE.sub(link, text)
        if new != text:
            linked += new.count("lmphys-source") - text.count("lmphys-source")
            write_atomically(path, new)
    for module, path in index.modules.items():
        write_atomically(site / FOLDER / f"{module}.html", source_page(module, path.read_text(encoding="utf-8")))
    return linked
