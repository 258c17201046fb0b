from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lmphys.corpus.numbers import number_of, numbers, plain, result_in, spelt_numbers

whole = st.integers(-(10**9), 10**9)


def latex_thousands(n):
    return f"{n:,}".replace(",", "{,}")


@given(whole)
def test_whole_numbers_are_read_however_their_thousands_are_parted(n):
    for text in (f"{n}", f"{n:,}", latex_thousands(n), f"{n:,}".replace(",", r"\,"), f"${n}$", f"{n}.0", f"{n} apples"):
        assert number_of(text).value == n, text
    assert number_of(str(n).replace("-", "−")).value == n


@given(whole, st.integers(1, 999))
def test_fractions_come_to_their_value(top, bottom):
    value = float(Fraction(top, bottom))
    for text in (
        f"{top}/{bottom}",
        f"{top} / {bottom}",
        rf"\frac{{{top}}}{{{bottom}}}",
        rf"$\dfrac{{{top}}}{{{bottom}}}$",
    ):
        assert number_of(text).value == pytest.approx(value, rel=1e-12), text


@given(st.integers(0, 999), st.integers(1, 8), st.integers(2, 9))
def test_mixed_numbers_add_their_parts(n, top, bottom):
    for text in (f"{n} {top}/{bottom}", rf"{n}\frac{{{top}}}{{{bottom}}}"):
        assert number_of(text).value == pytest.approx(n + top / bottom), text


@given(st.floats(1e-8, 1e8))
def test_powers_of_ten(x):
    mantissa, exponent = f"{x:.6e}".split("e")
    power = int(exponent)
    for text in (f"{mantissa}e{power}", rf"{mantissa} \times 10^{{{power}}}", f"{mantissa} * 10^{power}"):
        assert number_of(text).value == pytest.approx(x, rel=1e-5), text


@pytest.mark.parametrize(
    ("words", "value"),
    [("seven", 7), ("Twenty-one", 21), ("one hundred and five", 105), ("two thousand three hundred", 2300),
     ("one million", 10**6), ("minus four", -4), ("ninety nine", 99)],
)  # fmt: skip
def test_numbers_in_words(words, value):
    assert number_of(words).value == value
    assert [n.value for n in spelt_numbers(f"there are {words} of them")] == [value]


@pytest.mark.parametrize(
    "text", ["two three", "nobody", "7:30", "3, 4", "4.4.4", "2x", "12/25/2024", "7th", "A7", "", "4 + 3"]
)
def test_what_is_no_single_number(text):
    assert number_of(text) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("½", 0.5),
        ("1½", 1.5),
        ("٢٥", 25),
        ("२५", 25),
        ("２５", 25),
        (r"\text{18 dollars}", 18),
        ("5 million", 5e6),
        ("3°C", 3),
    ],
)
def test_other_scripts_and_marks(text, value):
    assert numbers(plain(text))[0].value == value


def test_a_percentage_is_its_share_only_beside_a_bare_number():
    percent, share, bare, small = (number_of(t) for t in ("15%", "0.15", "15 percent", "0.15%"))
    assert percent.equals(share) and share.equals(percent) and percent.equals(bare)
    assert not percent.equals(small) and not small.equals(percent)


@pytest.mark.parametrize(
    ("sentence", "value"),
    [
        ("So 3 + 4 = 7.", 7),
        ("Adding 3 to 4 gives 7.", 7),
        ("She has 3 pens and 4 pencils.", 4),
        ("The product of 6 and 2 is 12, as it should be.", 12),
        ("We have multiplied 6 by 2.", None),
        ("This is the multiplication of 6 by 2.", None),
        ("Take the sum of 6 and 2.", None),
        ("12 = 3 * 4", 12),
        ("4 + 3 =", None),
        ("There is nothing.", None),
        ("10 / 2 = 5, so 5 each", 5),
    ],
)
def test_results_are_told_from_operands(sentence, value):
    found = result_in(sentence)
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("half", 0.5), ("one half", 0.5), ("a third", 1 / 3), ("three quarters", 0.75), ("two and a half", 2.5),
     ("minus two thirds", -2 / 3), ("a dozen", 12), ("two dozen", 24), ("seven", 7)],
)  # fmt: skip
def test_shares_and_dozens_in_words(text, value):
    assert [number.value for number in spelt_numbers(f"There is {text} of it.")] == [pytest.approx(value)]
    assert number_of(text).value == pytest.approx(value)


def test_what_stands_around_a_number_and_in_it():
    assert number_of("9 (apples)").value == 9
    assert [number.value for number in numbers(plain("It is 3·10^8, or <b>5</b>, or $-$7."))] == [3e8, 5, -7]
