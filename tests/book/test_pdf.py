import shutil

import pytest

from lmphys.book import pdf
from lmphys.core.errors import LmphysError

PAGE = '<html><body><h1>{title}<a class="headerlink" href="#x">#</a></h1>{body}</body></html>'


def site(folder):
    (folder / "deep").mkdir()
    links = '<p><a href="deep/two.html">to the second</a> <a href="other.html">nowhere</a></p>'
    (folder / "one.html").write_text(PAGE.format(title="First &amp; <em>only</em>", body=links))
    body = '<p style="page-break-before:always"><a href="../one.html">back</a> <a href="https://arxiv.org">out</a></p>'
    (folder / "deep" / "two.html").write_text(PAGE.format(title="Second", body=body))
    return folder


def test_a_page_that_is_not_rendered_is_named(tmp_path):
    pytest.importorskip("pypdf", reason="the extra pdf is not installed")
    with pytest.raises(LmphysError, match="deep/three is not rendered; build the book first: make book"):
        pdf.write_pdf(site(tmp_path), ["one", "deep/three"], tmp_path / "book.pdf")
    assert not (tmp_path / "book.pdf").exists()


def test_a_machine_without_a_browser_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    with pytest.raises(LmphysError, match="no Chromium on this machine; install it"):
        pdf.browser()


@pytest.mark.skipif(not any(map(shutil.which, pdf._BROWSERS)), reason="no chromium to print with")
def test_pages_follow_each_other_and_links_between_them_stay_inside(tmp_path):
    pypdf = pytest.importorskip("pypdf", reason="the extra pdf is not installed")
    into = tmp_path / "book.pdf"
    assert pdf.write_pdf(site(tmp_path), ["one", "deep/two"], into) == 3
    reader = pypdf.PdfReader(into)
    assert [item.title for item in reader.outline] == ["First & only", "Second"]
    assert [reader.get_destination_page_number(item) for item in reader.outline] == [0, 1]
    links = [annotation.get_object() for sheet in reader.pages for annotation in sheet.get("/Annots") or []]
    inside = [reader.get_page_number(link["/Dest"][0].get_object()) for link in links if "/Dest" in link]
    assert inside == [1, 0]
    assert [link["/A"]["/URI"] for link in links if "/URI" in link.get("/A", {})] == ["https://arxiv.org/"]
    assert str(tmp_path).encode() not in into.read_bytes()
