"""Plain text is folded in one step: it must say the same as the long way, which text with an accent takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.folding import fold


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_text_folds_as_any_other(text):
    assert fold(f"{text} ñ") == f"{fold(text)} n".strip()


def test_the_marks_that_join_letters_leave_no_gap():
    assert fold("S.A. de C.V., O'Hara & Co`s") == "sa de cv ohara cos"
