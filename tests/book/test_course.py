import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from lmphys.book.chapter import find_chapters
from lmphys.book.course import FILE, Lecture, Stop, check_course, course_map, course_page, read_course
from lmphys.book.style import svg_text
from lmphys.core.errors import LmphysError
from lmphys.core.paths import project_root

A, B, C = Stop("p/a", 30), Stop("p/b", 40, ("p/a",)), Stop("q/c", 50, ("p/a", "p/b"))
LECTURES = [Lecture("First", "nothing", (A, B)), Lecture("Second", "the first", (C,))]
PAGES = ["p/a", "p/b", "q/c"]


def test_the_course_of_the_book_holds_every_page_once_after_what_it_needs():
    root = project_root()
    lectures = read_course(root)
    check_course(lectures, [chapter.id for chapter in find_chapters(root)])
    assert all(stop.minutes > 0 for lecture in lectures for stop in lecture.stops)
    assert all(lecture.know and lecture.stops for lecture in lectures)


@pytest.mark.parametrize(
    ("lectures", "fault"),
    [
        (LECTURES[1:], "q/c needs p/a, which comes later or never"),
        ([replace(LECTURES[0], stops=(A, A))], "p/a stands twice"),
        ([*LECTURES, Lecture("Third", "", (Stop("q/d", 1),))], "q/d is no page of the book"),
        (LECTURES[:1], "q/c is in no lecture"),
    ],
)
def test_a_course_with_a_hole_is_refused(lectures, fault):
    with pytest.raises(LmphysError, match=fault):
        check_course(lectures, PAGES)


def test_the_file_says_what_is_wrong_with_it(tmp_path):
    (tmp_path / "book").mkdir()
    assert read_course(tmp_path) == []
    (tmp_path / FILE).write_text("- title: only\n")
    with pytest.raises(LmphysError, match=r"restore it: git checkout book/course\.yml"):
        read_course(tmp_path)


def test_minutes_add_up_and_boxes_lead_to_their_pages():
    chapters = {chapter.id: chapter for chapter in find_chapters(project_root())}
    ids = list(chapters)[:3]
    named = dict(zip(PAGES, ids, strict=True))
    lectures = [
        replace(
            lecture,
            stops=tuple(Stop(named[s.page], s.minutes, tuple(named[n] for n in s.needs)) for s in lecture.stops),
        )
        for lecture in LECTURES
    ]
    figure = course_map(lectures, chapters)
    page = course_page(lectures, chapters, svg_text(figure))
    assert "70 minutes. To know: nothing." in page and "50 minutes. To know: the first." in page
    for name, minutes in zip(ids, (30, 40, 50), strict=True):
        n = chapters[name].source.count("{exercise}")
        assert f"<chapters/{name}>` | {minutes} | {n} |" in page
    root = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    links = {e.get("{http://www.w3.org/1999/xlink}href") for e in root.iter("{http://www.w3.org/2000/svg}a")}
    assert links == {f"chapters/{name}.html" for name in ids}
    # All are neighbours of each other here: three arrows, and no number.
    assert sum(text.get_text() == "" for text in figure.axes[0].texts) == 3
