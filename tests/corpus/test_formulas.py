import threading

import pytest

from lmphys.corpus.formulas import equal_formulas, is_formula


@pytest.mark.parametrize(
    "text", [r"\frac{1}{2}", r"2\sqrt{3}", "x^2+1", "(3, 5)", "2x", "[2, 5)", r"\{1, 2\}", "√2", "x = 5"]
)
def test_formulas(text):
    assert is_formula(text)


@pytest.mark.parametrize("text", ["Paris", "7", "grand canyon", "7 apples", "A", "", "7:30"])
def test_what_is_no_formula(text):
    assert not is_formula(text)


@pytest.mark.parametrize(
    ("given", "right", "equal"),
    [(r"\sqrt{12}", r"2\sqrt{3}", True), ("(x+1)^2", "x^2 + 2x + 1", True), ("(3,5)", "(3, 5)", True),
     ("(5,3)", "(3, 5)", False), (r"\frac{\pi}{4}", r"\pi/4", True), ("[2, 5)", "(2, 5)", False),
     ("√8", r"2\sqrt{2}", True),
     (r"\{2, 1\}", r"\{1, 2\}", True), ("9^{9^{9^9}}", "4", False), ("9^{9^{9}}", "9^{9^{9}}", True),
     ("nothing at all", r"\sqrt{2}", False)],
)  # fmt: skip
def test_formulas_are_compared_by_what_they_are(given, right, equal):
    assert equal_formulas(given, right) == equal


def test_it_works_beside_the_main_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(equal_formulas(r"\sqrt{18}", r"3\sqrt{2}")))
    thread.start()
    thread.join()
    assert found == [True]
