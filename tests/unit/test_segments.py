"""Segments against `smsutil`, which somebody else wrote: not one text may be counted otherwise.

Of what PyPI has, `smsutil` splits whole texts and is right; it has not changed since 2020, as the standard has not.
`gsm0338` is maintained and knows the alphabet alone, `sms-counter` divides units by room, as though
a pair could be torn apart.
"""

from __future__ import annotations

import sys

import smsutil  # type: ignore[import-untyped]  # it ships no types
from hypothesis import example, given
from hypothesis import strategies as st

from connector.domain.segments import is_gsm7, segments, to_gsm7, units
from tests.fuzz.effort import effort

ESCAPED = "^{}\\[~]|\u20ac\f"
PLAIN = (
    "@\u00a3$\u00a5\u00e8\u00e9\u00f9\u00ec\u00f2\u00c7\u0394_\u03a6 !#azAZ09\u00c4\u00d6\u00d1\u00dc\u00a7"
    "\u00bf\u00e4\u00f6\u00f1\u00fc\u00e0\n"
)
texts = st.one_of(
    st.text(alphabet=PLAIN + ESCAPED, max_size=700),
    # Around the ends of one, two and three parts, where a pair is kept whole or not.
    st.builds(
        lambda size, at, letter: "a" * at + letter + "a" * (size - at),
        st.sampled_from([69, 70, 71, 133, 134, 135, 159, 160, 161, 305, 306, 307, 458, 459, 460]),
        st.integers(0, 69) | st.integers(130, 160) | st.integers(300, 305),
        st.sampled_from(["\u20ac", "\u20ac\u20ac", "\U0001f600", "\u00e7\U0001f600", "\u00e7", "{}", "a"]),
    ),
    st.text(alphabet=PLAIN + "\u00e7\u0447\U0001f600\U0001f468\u200d\u20ac", max_size=300),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
)


def parts(text: str) -> int:
    return max(1, len(smsutil.split(text).parts))  # an empty text is still one


@effort(20)
@given(texts)
@example("a" * 152 + "\u20ac" + "a" * 152)
@example("\u00e7" + "a" * 65 + "\U0001f600" + "a" * 66)
def test_a_text_has_as_many_segments_as_an_independent_count_gives_it(text: str) -> None:
    assert segments(text) == parts(text)


def test_the_alphabet_is_the_same_letter_by_letter() -> None:
    every = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    # The escape itself is in the table of the standard, but no character of a text.
    other = {letter for letter in every if is_gsm7(letter) is not smsutil.is_valid_gsm(letter)}
    assert other <= {"\x1b"}


@given(texts)
def test_segments_hold_the_units_and_waste_at_most_one_each(text: str) -> None:
    alone, part = (160, 153) if is_gsm7(text) else (70, 67)
    count, size = segments(text), units(text)
    assert count == 1 if size <= alone else (count - 1) * (part - 1) < size <= count * part


@given(texts)
def test_a_text_brought_to_the_cheap_alphabet_never_costs_more_unless_it_grows(text: str) -> None:
    plain = to_gsm7(text)
    assert segments(plain) <= segments(text) or len(plain) > len(text)
