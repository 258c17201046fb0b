"""Every page of the rendered book in a real browser, at the width of a desk and of a phone, by day and by night.

Needs the book (`make book`), Chromium of the system, and the extra `browser`; skipped where one of them is missing.
"""

import shutil
from pathlib import Path

import pytest

SITE = Path(__file__).parents[2] / "_build" / "html"
LOOKS = Path(__file__).with_name("looks.js").read_text(encoding="utf-8")
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
NOT_BUILT = "the book is not built; type make book"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not (SITE / "index.html").is_file(), reason=NOT_BUILT),
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine"),
]

# The reference of the package is pdoc's; index.html leads to the first page, and a search has no article.
PAGES = sorted(
    page.relative_to(SITE).as_posix()
    for page in SITE.rglob("*.html")
    if not {"_static", "api"} & set(page.parts) and page.name not in ("index.html", "search.html", "genindex.html")
)
# Jupyter Book declares it twice on every page, and uses it on none of ours.
OF_THE_THEME = "THEBE_JS_URL"


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="the extra browser is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def faults(browser, page, width, theme):
    """What the browser complains of, and what `looks.js` finds."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, offline=False)
    told = []
    with context.new_page() as tab:
        # A formula is set after the page has loaded; a request that leaves the machine is a fault of its own.
        tab.on("console", lambda message: told.append(f"console: {message.text}") if message.type == "error" else None)
        tab.on("pageerror", lambda error: told.append(f"script: {error}"))
        tab.on("request", lambda request: None if request.url.startswith(("file:", "data:", "blob:"))
               else told.append(f"network: {request.url}"))  # fmt: skip
        tab.goto((SITE / page).as_uri(), wait_until="load")
        tab.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        tab.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise : null")
        told += tab.evaluate(LOOKS)
    context.close()
    return [line for line in told if OF_THE_THEME not in line]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_seen_whole_and_clearly(browser, page):
    seen = {
        (width, theme): faults(browser, page, width, theme)
        for width, theme in ((1300, "light"), (420, "light"), (1300, "dark"))
    }
    assert not {where: told for where, told in seen.items() if told}
