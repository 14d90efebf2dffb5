"""CLABE and references that we give out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain import clabe, references
from aldia.domain.tax_ids import check_clabe

SEQUENCES = st.integers(1, references.MOST)


@given(prefix=st.text("0123456789", min_size=6, max_size=14), sequence=st.integers(1, 999))
def test_a_clabe_of_ours_is_a_clabe(prefix: str, sequence: int) -> None:
    issued = clabe.issue(prefix, sequence)
    assert check_clabe(issued) == issued
    assert issued.startswith(prefix)
    assert int(issued[len(prefix) : 17]) == sequence


@pytest.mark.parametrize("prefix", ["", "64618", "646180123456789", "64618O", "６４６１８０", "646 180", "-646180"])
def test_what_is_no_prefix(prefix: str) -> None:
    with pytest.raises(clabe.BadPrefix):
        clabe.issue(prefix, 1)


@pytest.mark.parametrize(("prefix", "last"), [("64618012345678", 999), ("646180", 99_999_999_999)])
def test_room_ends(prefix: str, last: int) -> None:
    assert len(clabe.issue(prefix, last)) == 18
    for sequence in (0, -1, last + 1):
        with pytest.raises(clabe.NoMoreClabes):
            clabe.issue(prefix, sequence)


@pytest.mark.parametrize(
    ("written", "bank"),
    [("012180001234567899", "BBVA México"), ("40012", "BBVA México"), ("90646", "STP"), ("999180", ""), ("", "")],
)
def test_whose_bank(written: str, bank: str) -> None:
    assert clabe.bank_of(written) == bank


@given(SEQUENCES)
def test_a_reference_fits_into_spei(sequence: int) -> None:
    found = references.reference(sequence)
    assert references.is_reference(found)
    assert len(found) == 7
    assert found == str(int(found)), "banks drop leading zeros"


@given(SEQUENCES, st.integers(0, 6), st.integers(1, 9))
def test_every_wrong_digit_is_found(sequence: int, place: int, by: int) -> None:
    found = references.reference(sequence)
    wrong = found[:place] + str((int(found[place]) + by) % 10) + found[place + 1 :]
    assert not references.is_reference(wrong)


@given(SEQUENCES, st.integers(0, 5))
def test_every_swap_of_neighbours_is_found(sequence: int, place: int) -> None:
    found = references.reference(sequence)
    swapped = found[:place] + found[place + 1] + found[place] + found[place + 2 :]
    assert swapped == found or not references.is_reference(swapped)


def test_references_never_meet() -> None:
    assert len({references.reference(sequence) for sequence in range(1, 5_000)}) == 4_999
    for sequence in (0, -1, references.MOST + 1):
        with pytest.raises(references.NoMoreReferences):
            references.reference(sequence)
    assert references.check_digit("572") == "4"  # Damm's own example
    assert not references.is_reference("123")
