"""How many parts a text message takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.sms import BASIC, EXTENDED, measure


@pytest.mark.parametrize(
    ("text", "segments", "room", "outside"),
    [
        ("", 0, 160, ""),
        ("a" * 160, 1, 160, ""),
        ("a" * 161, 2, 153, ""),
        ("a" * 306, 2, 153, ""),
        ("a" * 307, 3, 153, ""),
        ("ñéü¡¿" * 32, 1, 160, ""),
        ("€" * 80, 1, 160, ""),  # two units each
        ("€" * 81, 2, 153, ""),
        ("a" * 152 + "€" + "a" * 153, 3, 153, ""),  # a letter of two units is not split
        ("á" + "a" * 69, 1, 70, "á"),
        ("á" + "a" * 70, 2, 67, "á"),
        ("Ó" * 134 + "í", 3, 67, "Óí"),
        ("😀" * 35, 1, 70, "😀"),
        ("😀" * 36, 2, 67, "😀"),
    ],
)
def test_parts(text: str, segments: int, room: int, outside: str) -> None:
    found = measure(text)
    assert (found.characters, found.segments, found.room, found.outside) == (len(text), segments, room, outside)


@given(st.text(st.sampled_from(sorted(BASIC | EXTENDED)), min_size=1, max_size=400), st.sampled_from("áíóú—😀"))
def test_one_letter_from_outside_never_makes_it_cheaper(text: str, letter: str) -> None:
    assert measure(text + letter).segments >= measure(text).segments
