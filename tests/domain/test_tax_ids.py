from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aldia.domain.tax_ids import (
    BadClabe,
    check,
    check_clabe,
    clabe_check_digit,
    is_generic,
    nit_check_digit,
    normalise,
    rfc_check_digit,
    rut_check_digit,
)

COUNTRIES = ("MX", "CL", "CO", "ES", "US")


@pytest.mark.parametrize(
    ("country", "text", "stored"),
    [
        ("MX", " eku-900317 3c9 ", "EKU9003173C9"),
        ("MX", "EKU 900317 3C9", "EKU9003173C9"),
        ("MX", "mu\u00f1o800101abc", "MUÑO800101ABC"),
        ("MX", "mun\u0303o800101abc", "MUÑO800101ABC"),  # Ñ as two code points
        ("MX", "a&b010101aaa", "A&B010101AAA"),
        ("CL", "60.803.000-K", "60803000-K"),
        ("CL", "60803000k", "60803000-K"),
        ("CL", "060803000-k", "60803000-K"),
        ("CL", "nada", "NADA"),
        ("CO", "800.197.268-4", "800197268-4"),
        ("CO", "800197268", "800197268-4"),
        ("CO", "8001972684", "800197268-4"),
        ("CO", "800197268-9", "800197268-9"),  # a wrong check digit is kept for `check` to say so
        ("CO", "222222222222", "222222222222"),
        ("ES", "12.345.678-z", "12345678Z"),
        ("ES", "ES-B12345674", "B12345674"),
        ("ES", "esb12345674", "B12345674"),
        ("US", " 12-3456789 ", "12-3456789"),
    ],
)
def test_one_spelling(country: str, text: str, stored: str) -> None:
    assert normalise(country, text) == stored


@given(st.sampled_from(COUNTRIES), st.text(max_size=30) | st.from_regex(r"(ES)?[0-9A-Z.\-]{5,16}", fullmatch=True))
def test_the_spelling_is_stable_and_checking_never_fails(country: str, text: str) -> None:
    stored = normalise(country, text)
    assert normalise(country, stored) == stored
    report = check(country, text)
    assert report.tax_id == stored
    assert report.ok == (report.level != "error")
    assert bool(report.message) == (report.level != "ok")


# The certificates of SAT's test environment carry these
@pytest.mark.parametrize(
    ("rfc", "kind"),
    [
        ("EKU9003173C9", "company"),
        ("IIA040805DZ4", "company"),
        ("XIA190128J61", "company"),
        ("URE180429TM6", "company"),
        ("KICR630120NX3", "person"),
        ("CACX7605101P8", "person"),
        ("FUNK671228PH6", "person"),
        ("JUFA7608212V6", "person"),
    ],
)
def test_rfc_with_its_check_digit(rfc: str, kind: str) -> None:
    report = check("MX", rfc)
    assert (report.level, report.kind, report.message) == ("ok", kind, "")
    assert rfc_check_digit(rfc) == rfc[-1]


@pytest.mark.parametrize("rfc", ["AAA010101AAA", "CUPU800825569", "XAXX010101001", "EKU9003173C8"])
def test_a_wrong_rfc_check_digit_warns_and_never_blocks(rfc: str) -> None:
    report = check("MX", rfc)
    assert report.ok
    assert (report.level, report.code) == ("warning", "check_digit")
    assert "dígito verificador" in report.message


@pytest.mark.parametrize(
    "rfc",
    [
        "EKU901317AC9",  # month 13
        "EKU900332AC9",  # day 32
        "EKU900300AC9",
        "EK9003173C9",
        "EKUEK9003173C9",
        "EKU9003173CB",
        "EKU900317",
        "ÑÑÑ９00317AC9",
        "EKU9003173C9\x00",
        "=HYPERLINK(1)",
    ],
)
def test_what_has_not_the_form_of_an_rfc_is_an_error(rfc: str) -> None:
    report = check("MX", rfc)
    assert (report.ok, report.code) == (False, "malformed")
    assert "RFC" in report.message


@pytest.mark.parametrize(
    ("country", "tax_id", "kind"),
    [
        ("MX", "XAXX010101000", "generic"),
        ("MX", "XEXX010101000", "foreign"),
        ("CL", "66.666.666-6", "generic"),
        ("CO", "222222222222", "generic"),
    ],
)
def test_receivers_that_are_nobody_in_particular(country: str, tax_id: str, kind: str) -> None:
    report = check(country, tax_id)
    assert (report.level, report.kind) == ("ok", kind)
    assert is_generic(country, report.tax_id)


def test_an_id_is_generic_in_its_own_country_only() -> None:
    assert not is_generic("CL", "XAXX010101000")
    assert not is_generic("MX", "EKU9003173C9")


@pytest.mark.parametrize(
    ("country", "text", "kind"),
    [
        ("CL", "60.803.000-K", "company"),
        ("CL", "11.111.111-1", "person"),
        ("CL", "12.345.678-5", "person"),
        ("CO", "800.197.268-4", "company"),
        ("CO", "1234567890", "person"),
        ("ES", "12345678Z", "person"),
        ("ES", "X1234567L", "person"),
        ("ES", "Y1234567X", "person"),
        ("ES", "Z1234567R", "person"),
        ("ES", "A58818501", "company"),
        ("ES", "B12345674", "company"),
        ("ES", "Q2826000H", "company"),  # the tax agency
        ("US", "12-3456789", ""),
    ],
)
def test_good_ids_of_other_countries(country: str, text: str, kind: str) -> None:
    report = check(country, text)
    assert (report.level, report.kind) == ("ok", kind), report


@pytest.mark.parametrize(
    ("country", "text", "code", "says"),
    [
        ("MX", "", "empty", "Falta el RFC."),
        ("CL", " ", "empty", "Falta el RUT."),
        ("US", "", "empty", "Falta el identificador fiscal."),
        ("CL", "60.803.000-1", "check_digit", "RUT"),
        ("CL", "ABC", "malformed", "RUT"),
        ("CL", "1234567890-1", "malformed", "RUT"),
        ("CO", "800197268-5", "check_digit", "NIT"),
        ("CO", "12-3", "malformed", "NIT"),
        ("ES", "12345678A", "check_digit", "NIF"),
        ("ES", "B12345670", "check_digit", "NIF"),
        ("ES", "Q28260008", "check_digit", "NIF"),  # this kind carries a letter
        ("ES", "1234", "malformed", "NIF"),
        ("US", "x" * 41, "malformed", "40"),
        ("US", "1\x002", "malformed", "40"),
    ],
)
def test_bad_ids_say_why(country: str, text: str, code: str, says: str) -> None:
    report = check(country, text)
    assert (report.ok, report.code) == (False, code)
    assert says in report.message


@given(st.integers(1, 99_999_999), st.integers(0, 7), st.integers(1, 9))
def test_one_digit_wrong_is_always_noticed(number: int, place: int, shift: int) -> None:
    """Modulo 11 with weights below 11 sees every single wrong digit."""
    body = f"{number:08d}"
    wrong = body[:place] + str((int(body[place]) + shift) % 10) + body[place + 1 :]
    assert rut_check_digit(body) != rut_check_digit(wrong)


@pytest.mark.parametrize(
    ("body", "digit"), [("800197268", "4"), ("890903938", "8"), ("899999068", "1"), ("860002964", "4")]
)
def test_nit_check_digits_as_printed_by_public_bodies_and_banks(body: str, digit: str) -> None:
    assert nit_check_digit(body) == digit


# CLABE: the example of the standard, and sandbox accounts of providers with prefixes that no bank has
@pytest.mark.parametrize("clabe", ["032180000118359719", "002010077777777771", "646180157000000004"])
def test_good_clabe(clabe: str) -> None:
    assert check_clabe(clabe) == clabe
    assert check_clabe(f" {clabe[:3]} {clabe[3:6]}-{clabe[6:]} ") == clabe


@given(st.from_regex(r"[0-9]{17}", fullmatch=True), st.integers(0, 17), st.integers(1, 9))
def test_every_clabe_with_one_wrong_digit_is_refused(first17: str, place: int, shift: int) -> None:
    clabe = first17 + clabe_check_digit(first17)
    assert check_clabe(clabe) == clabe
    wrong = clabe[:place] + str((int(clabe[place]) + shift) % 10) + clabe[place + 1 :]
    with pytest.raises(BadClabe, match="dígito de control"):
        check_clabe(wrong)


@pytest.mark.parametrize("text", ["", "03218000011835971", "0321800001183597199", "03218000011835971X", "０" * 18])
def test_a_clabe_has_18_digits(text: str) -> None:
    with pytest.raises(BadClabe, match="18 dígitos"):
        check_clabe(text)
