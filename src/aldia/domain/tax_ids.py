"""Tax ids and CLABE: one spelling for each, and what is wrong with what was typed.

`normalise` gives the spelling under which an id is stored and compared; `check` judges it. A level `warning` never
blocks anything. Documents of the authority are the authority on ids: importers normalise and do not refuse.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aldia.domain.sentences import Refusal, gettext_noop

Level = Literal["ok", "warning", "error"]
Kind = Literal["company", "person", "generic", "foreign", ""]

MX_PUBLIC = "XAXX010101000"  # público en general
MX_FOREIGN = "XEXX010101000"  # any foreign resident: told apart by name and foreign id
NAMES = {"MX": "RFC", "CL": "RUT", "CO": "NIT", "ES": "NIF"}

_GENERIC: dict[tuple[str, str], Kind] = {
    ("MX", MX_PUBLIC): "generic",
    ("MX", MX_FOREIGN): "foreign",
    ("CL", "66666666-6"): "generic",
    ("CL", "55555555-5"): "foreign",
    ("CO", "222222222222"): "generic",
}


@dataclass(frozen=True, slots=True)
class TaxIdReport:
    """`ok` is False only at level error. `tax_id` is normalised; `message` (Spanish, "" if all is well) is `template`
    with `name` ("RFC") put in; `code` is for programs: empty, malformed, check_digit.
    """

    tax_id: str
    level: Level
    kind: Kind = ""
    code: str = ""
    template: str = ""
    name: str = ""

    @property
    def ok(self) -> bool:
        return self.level != "error"

    @property
    def message(self) -> str:
        return self.template % {"name": self.name} if self.name else self.template


def normalise(country: str, text: str) -> str:
    """The stored spelling: RFC "XAXX010101000", RUT "76354771-K", NIT "800197268-4", NIF "B12345674".

    What cannot be read as an id of the country comes back upper case and without blanks. Idempotent.
    """
    spell = _SPELLINGS.get(country)
    plain = "".join(unicodedata.normalize("NFC", text).upper().split())
    return spell(plain) if spell else plain


def check(country: str, text: str) -> TaxIdReport:
    """What is wrong with an id that a person typed, if anything. Countries without rules: not empty is enough."""
    tax_id = normalise(country, text)
    if not tax_id:
        name = NAMES.get(country, "")
        template = gettext_noop("Falta el %(name)s.") if name else gettext_noop("Falta el identificador fiscal.")
        return TaxIdReport(tax_id, "error", code="empty", template=template, name=name)
    kind = _GENERIC.get((country, tax_id), "")
    if kind:
        return TaxIdReport(tax_id, "ok", kind)
    judge = _JUDGES.get(country, _judge_other)
    return judge(tax_id)


def is_generic(country: str, tax_id: str) -> bool:
    """Whether a normalised id is shared by many receivers (público en general, foreign residents, final consumer)."""
    return (country, tax_id) in _GENERIC


def _malformed(tax_id: str, template: str) -> TaxIdReport:
    return TaxIdReport(tax_id, "error", code="malformed", template=template)


def _wrong_digit(tax_id: str, kind: Kind, name: str) -> TaxIdReport:
    template = gettext_noop("El dígito verificador del %(name)s no corresponde: revisa que esté bien escrito.")
    return TaxIdReport(tax_id, "error", kind, "check_digit", template, name)


def _judge_other(tax_id: str) -> TaxIdReport:
    if len(tax_id) > 40 or not tax_id.isprintable():
        return _malformed(tax_id, gettext_noop("El identificador fiscal admite hasta 40 letras o dígitos."))
    return TaxIdReport(tax_id, "ok")


# Mexico. Pattern t_RFC of http://www.sat.gob.mx/sitio_internet/cfd/tipoDatos/tdCFDI/tdCFDI.xsd

_RFC = re.compile(r"([A-Z&Ñ]{3,4})[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A]")
_RFC_ALPHABET = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"


def rfc_check_digit(rfc: str) -> str:
    """The last character that the first 11 (company) or 12 (person) ask for: weights 13 to 2, modulo 11."""
    padded = rfc[:-1].rjust(12)
    rest = sum(_RFC_ALPHABET.index(char) * (13 - i) for i, char in enumerate(padded)) % 11
    return "0A987654321"[rest]


def _judge_rfc(rfc: str) -> TaxIdReport:
    """SAT itself has issued RFC whose check digit fails: it is a warning, never a refusal."""
    match = _RFC.fullmatch(rfc)
    if match is None:
        shape = gettext_noop(
            "El RFC no tiene la forma correcta: 3 letras (empresa) o 4 (persona), fecha AAMMDD y 3 caracteres."
        )
        return _malformed(rfc, shape)
    kind: Kind = "company" if len(match[1]) == 3 else "person"
    if rfc_check_digit(rfc) != rfc[-1]:
        template = gettext_noop("El dígito verificador del RFC no corresponde: confirma que esté bien escrito.")
        return TaxIdReport(rfc, "warning", kind, "check_digit", template)
    return TaxIdReport(rfc, "ok", kind)


# Chile. Módulo 11 with weights 2 to 7 from the right, https://www.sii.cl

_RUT = re.compile(r"([0-9]{1,9})-([0-9K])")


def rut_check_digit(body: str) -> str:
    weighted = sum(int(digit) * (2 + i % 6) for i, digit in enumerate(reversed(body)))
    return "0K987654321"[weighted % 11]


def _spell_rut(plain: str) -> str:
    bare = re.sub(r"[.\-‐–]", "", plain)
    if not re.fullmatch(r"[0-9]{1,12}[0-9K]", bare):
        return plain
    return f"{bare[:-1].lstrip('0') or '0'}-{bare[-1]}"


def _judge_rut(rut: str) -> TaxIdReport:
    match = _RUT.fullmatch(rut)
    if match is None:
        return _malformed(rut, gettext_noop("El RUT no tiene la forma correcta, por ejemplo 76.354.771-K."))
    kind: Kind = "company" if int(match[1]) >= 50_000_000 else "person"
    return TaxIdReport(rut, "ok", kind) if rut_check_digit(match[1]) == match[2] else _wrong_digit(rut, kind, "RUT")


# Colombia. Dígito de verificación of the NIT, https://www.dian.gov.co (Orden Administrativa 4 de 1989)

_NIT = re.compile(r"([0-9]{5,15})-([0-9])")
_NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)


def nit_check_digit(body: str) -> str:
    weighted = sum(int(digit) * weight for digit, weight in zip(reversed(body), _NIT_WEIGHTS, strict=False))
    return "01987654321"[weighted % 11]


def _spell_nit(plain: str) -> str:
    """Body and check digit. Written without hyphen, ten digits that begin with 8 or 9 hold their check digit."""
    dotless = plain.replace(".", "").replace(",", "")
    if re.fullmatch(r"[0-9]{5,15}-[0-9]", dotless):
        return dotless
    if not re.fullmatch(r"[0-9]{5,15}", dotless) or ("CO", dotless) in _GENERIC:
        return dotless if dotless.isdigit() else plain
    if len(dotless) == 10 and dotless[0] in "89" and nit_check_digit(dotless[:9]) == dotless[9]:
        return f"{dotless[:9]}-{dotless[9]}"
    return f"{dotless}-{nit_check_digit(dotless)}"


def _judge_nit(nit: str) -> TaxIdReport:
    match = _NIT.fullmatch(nit)
    if match is None:
        return _malformed(nit, gettext_noop("El NIT no tiene la forma correcta, por ejemplo 800.197.268-4."))
    kind: Kind = "company" if len(match[1]) == 9 and match[1][0] in "89" else "person"
    return TaxIdReport(nit, "ok", kind) if nit_check_digit(match[1]) == match[2] else _wrong_digit(nit, kind, "NIT")


# Spain. Real Decreto 1065/2007, arts. 19-20, https://www.boe.es/eli/es/rd/2007/07/27/1065/con; Orden EHA/451/2008

_DNI = re.compile(r"([0-9]{8}|[XYZKLM][0-9]{7})([A-Z])")
_CIF = re.compile(r"([ABCDEFGHJNPQRSUVW])([0-9]{7})([0-9A-J])")


def _spell_nif(plain: str) -> str:
    bare = re.sub(r"[.\-‐–/]", "", plain)
    bare = bare[2:] if re.fullmatch(r"ES[0-9A-Z]{9}", bare) else bare
    return bare if re.fullmatch(r"[0-9A-Z]{9}", bare) else plain


def _cif_controls(letter: str, digits: str) -> str:
    """Controls that a company's NIF may carry: a digit, a letter, or either, by its first letter."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[::2])
    number = -(doubled + sum(int(digit) for digit in digits[1::2])) % 10
    as_letter = "JABCDEFGHI"[number]
    if letter in "ABEH":
        return str(number)
    return as_letter if letter in "NPQRSW" else f"{number}{as_letter}"


def _judge_nif(nif: str) -> TaxIdReport:
    if match := _DNI.fullmatch(nif):
        number = match[1].translate(str.maketrans("XYZ", "012")).lstrip("KLM")
        right = "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == match[2]
        return TaxIdReport(nif, "ok", "person") if right else _wrong_digit(nif, "person", "NIF")
    if match := _CIF.fullmatch(nif):
        right = match[3] in _cif_controls(match[1], match[2])
        return TaxIdReport(nif, "ok", "company") if right else _wrong_digit(nif, "company", "NIF")
    return _malformed(nif, gettext_noop("El NIF no tiene la forma correcta, por ejemplo B12345674 o 12345678Z."))


def _spell_rfc(plain: str) -> str:
    return re.sub(r"[.\-‐–/]", "", plain)


_SPELLINGS: dict[str, Callable[[str], str]] = {"MX": _spell_rfc, "CL": _spell_rut, "CO": _spell_nit, "ES": _spell_nif}
_JUDGES: dict[str, Callable[[str], TaxIdReport]] = {
    "MX": _judge_rfc,
    "CL": _judge_rut,
    "CO": _judge_nit,
    "ES": _judge_nif,
}


# CLABE: bank 3, plaza 3, account 11, check 1. Banxico, https://www.banxico.org.mx/sistemas-de-pago/ (circular 14/2017)


def clabe_check_digit(first17: str) -> str:
    """The 18th digit: weights 3, 7, 1 repeating, each product modulo 10."""
    return str(-sum(int(digit) * (3, 7, 1)[i % 3] % 10 for i, digit in enumerate(first17)) % 10)


class BadClabe(Refusal):
    code = "bad_clabe"
    template = gettext_noop("La CLABE lleva 18 dígitos.")


class WrongClabeDigit(BadClabe):
    code = "check_digit"
    template = gettext_noop("El dígito de control de la CLABE no corresponde: revisa que esté bien escrita.")


def check_clabe(text: str) -> str:
    """The CLABE as 18 digits. Raises `BadClabe`.

    Any bank prefix is good: payment providers' test accounts use prefixes that no table of banks knows.
    """
    clabe = re.sub(r"[ \-]", "", text.strip())
    if not re.fullmatch(r"[0-9]{18}", clabe):
        raise BadClabe()
    if clabe_check_digit(clabe[:17]) != clabe[17]:
        raise WrongClabeDigit()
    return clabe
