"""The narrative of a movement, taken apart: who paid, from what account, for what, under which key.

Every piece of evidence says where it stands in the text, so that a screen can mark it. A bank's own patterns go first;
the generic ones work for banks nobody has described. Ids and accounts count only when their check digits hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from aldia.domain import tax_ids
from aldia.domain.folding import fold
from aldia.domain.statements import banks
from aldia.domain.statements.model import Evidence

MAX_TEXT = 1_000
KINDS = ("name", "tax_id", "account", "concept", "reference", "trace", "bank", "bank_code", "payer_key", "folio")

_STOP = (
    r"(?=,| \||;| - | RFC\b| RUT\b| NIT\b| CLABE\b| CUENTA\b| CTA\b| CVE\b| CLAVE\b| RASTREO\b| REF\b| REF\.| "
    r"REFERENCIA\b| CONCEPTO\b| FOLIO\b| BANCO\b|$)"
)
_WHO = r" ?([^|,;:0-9][^|,;:]{2,59}?)" + _STOP
_GENERIC = tuple(
    (kind, re.compile(pattern, re.I))
    for kind, pattern in (
        ("trace", r"(?:CVE|CLAVE)\.?(?: DE)? ?RAST(?:REO)?[:.]? ?([A-Z0-9]{6,30})(?![A-Z0-9])"),
        ("trace", r"RASTREO[:.]? ?([A-Z0-9]{6,30})(?![A-Z0-9])"),
        ("name", r"(?:POR ORDEN DE|ORDENANTE|DEL CLIENTE|PAGADOR|REMITENTE)[:.]?" + _WHO),
        ("name", r"(?:TRANSFERENCIA|TRANSF\.?|TRASPASO|TEF|DEPOSITO|ABONO) (?:RECIBIDA )?DE:?" + _WHO),
        (
            "concept",
            r"CONCEPTO(?: DE PAGO| DEL PAGO)?[:.]? ?([^|]{2,140}?)"
            r"(?=,? REF(?:ERENCIA)?[:. ]| CVE| CLAVE DE| \||$)",
        ),
        ("reference", r"REF(?:ERENCIA)?(?: NUM(?:ERICA)?| INTERBANCARIA)?[.:]? ?([0-9]{3,20})(?![0-9])"),
    )
)
_RFC = re.compile(
    r"(?<![A-Z0-9&Ñ])([A-ZÑ&]{3,4}[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[A-Z0-9]{2}[0-9A])(?![A-Z0-9])",
    re.I,
)
_RUT = re.compile(r"(?<![0-9.])([0-9]{1,3}(?:\.[0-9]{3}){2}-[0-9K]|[0-9]{7,10}-[0-9K])(?![A-Z0-9])", re.I)
_NIT = re.compile(r"\bNIT\.?:? ?([0-9]{3}(?:\.?[0-9]{3}){2}(?:-[0-9])?)(?![0-9])", re.I)
_NIF = re.compile(r"(?<![A-Z0-9])([A-HJNP-SUVW][0-9]{7}[0-9A-J]|[0-9]{8}[A-Z]|[XYZ][0-9]{7}[A-Z])(?![A-Z0-9])", re.I)
_CLABE = re.compile(r"(?<![0-9])([0-9]{18})(?![0-9])")
_IBAN = re.compile(r"(?<![A-Z0-9])([A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]{4}){4,6}(?: ?[0-9A-Z]{1,3})?)(?![A-Z0-9])")

# In order; what a payer may write in a concept ("comisión", "IVA") counts only at the beginning, where the bank writes.
_WORDS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            "return",
            r"\b(?:spei|tef|transf\w*|cheque|pago|deposito|recibo|traspaso)\b.{0,40}\b(?:devuelt[oa]|devolucion|rechazad[oa])"
            r"|^(?:devolucion|dev)\b.{0,40}\b(?:spei|tef|transf\w*|cheque|pago|recibo)",
        ),
        (
            "own_transfer",
            r"\b(?:traspaso|transferencia) (?:entre )?cuentas?(?: propias?)\b|\btraspaso entre cuentas\b",
        ),
        (
            "transfer_in",
            r"\b(?:spei recibid[oa]|transferencia recibida|transf\w* rec\w*|abono por transferencia|traspaso de)\b",
        ),
        ("transfer_out", r"\b(?:spei enviad[oa]|transferencia enviada|transf\w* env\w*|traspaso a)\b"),
        ("tax", r"^(?:isr|gmf|4 ?x ?1000|impto|impuesto|ide|retencion|itf|iva|gravamen)\b"),
        ("fee", r"^(?:comision(?:es)?|com|cuota de manejo|mantencion|cobro|anualidad|fee|cargo por)\b"),
        ("interest", r"^(?:pago de |abono de |abono )?(?:intereses?|rendimientos?|interest)\b"),
        (
            "card_settlement",
            r"\b(?:terminal(?:es)? punto de venta|transbank|getnet|redeban|credibanco|liquidacion tpv)\b"
            r"|^ventas (?:debito|credito|nal|int)\b",
        ),
        ("cash_in", r"\b(?:deposito (?:en )?efectivo|consignacion)\b"),
        ("cheque", r"^(?:deposito (?:de |con |en )?)?(?:cheque|chq|documentos? otros bancos|salvo buen cobro|sbc)\b"),
    )
)


def read_narrative(text: str, bank: str = "", country: str = "") -> tuple[str, tuple[Evidence, ...]]:
    """The kind of the movement ("" if nothing tells) and its evidence, at most one piece of each kind.

    Positions count characters of `text`. Without a known bank the patterns of all banks of the country are tried.
    """
    text = text[:MAX_TEXT]
    found: dict[str, Evidence] = {}
    kind = ""
    for said, match in _bank_matches(text, bank, country):
        kind = kind or said
        for name in match.groupdict():
            _keep(found, name, match, name)
    for evidence in _ids(text, country):
        found.setdefault(evidence.kind, evidence)
    for name, pattern in _GENERIC:
        if name not in found and (hit := pattern.search(text)):
            _keep(found, name, hit, 1)
    if not kind or kind == "transfer":
        kind = _kind(text) or kind
    return kind, tuple(found[name] for name in KINDS if name in found)


def _bank_matches(text: str, bank: str, country: str) -> Iterator[tuple[str, re.Match[str]]]:
    known = banks.BANKS.get(bank)
    profiles = [known] if known else [each for each in banks.BANKS.values() if each.country == country]
    for profile in profiles:
        matched = False
        for kind, pattern in profile.patterns:
            if match := pattern.search(text):
                matched = matched or bool(kind)
                yield kind, match
                if kind and kind != "return" and not known:
                    break
        if matched:
            return


def _keep(found: dict[str, Evidence], name: str, match: re.Match[str], group: str | int) -> None:
    value = match[group]
    if name in found or not value or not value.strip(" .,-/"):
        return
    start = match.start(group) + len(value) - len(value.lstrip(" .,-/"))
    value = value.strip(" .,-/")
    judged = _JUDGES.get(name, _as_it_is)(value)
    if judged:
        found[name] = Evidence(name, judged, start, start + len(value))


def _as_it_is(value: str) -> str:
    return value


def _name(value: str) -> str:
    """A name has letters, and is no word of the bank's own."""
    words = fold(value)
    return value if sum(char.isalpha() for char in words) >= 3 and words not in _NO_NAMES else ""


_NO_NAMES = frozenset(
    {"terceros", "tercero", "cuenta", "otros bancos", "fondos", "efectivo", "internet", "cliente", "banco", "ahorro"}
)


def numeric_reference(value: str) -> str:
    """The seven digits of a SPEI as a folio; "" for none, or for a date written there (0260825 is 25 August 2026)."""
    digits = value.strip().lstrip("0")
    if not digits or len(digits) < 2:
        return ""
    if len(value) == 7 and len(digits) in (5, 6) and _is_date(digits.zfill(6)):
        return ""
    return digits


def _is_date(six: str) -> bool:
    first, middle, last = int(six[:2]), int(six[2:4]), int(six[4:])
    return any(
        _day_exists(2000 + year, middle, day) for year, day in ((first, last), (last, first)) if 20 <= year <= 39
    )


def _day_exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _trace(value: str) -> str:
    return value.upper() if any(char.isdigit() for char in value) else ""


_JUDGES: dict[str, Callable[[str], str]] = {
    "name": _name,
    "reference": numeric_reference,
    "trace": _trace,
    "tax_id": lambda value: tax_id_of(value, ""),
    "account": lambda value: value.replace(" ", "").upper(),
}


def _ids(text: str, country: str) -> Iterator[Evidence]:
    """Tax ids of the country and accounts whose check digits hold."""
    for pattern in _ID_PATTERNS.get(country, (_RFC, _RUT, _NIT)):
        for match in pattern.finditer(text):
            tax_id = tax_id_of(match[1], country)
            if tax_id:
                yield Evidence("tax_id", tax_id, match.start(1), match.end(1))
    for match in _CLABE.finditer(text):
        if tax_ids.clabe_check_digit(match[1][:17]) == match[1][17]:
            yield Evidence("account", match[1], match.start(1), match.end(1))
    for match in _IBAN.finditer(text):
        iban = match[1].replace(" ", "")
        if iban_holds(iban):
            yield Evidence("account", iban, match.start(1), match.end(1))


_ID_PATTERNS: dict[str, tuple[re.Pattern[str], ...]] = {"MX": (_RFC,), "CL": (_RUT,), "CO": (_NIT,), "ES": (_NIF,)}


def tax_id_of(text: str, country: str) -> str:
    """The id as it is stored, "" when it identifies nobody: wrong check digit, or the id of the general public."""
    for land in (country,) if country else ("MX", "CL", "CO", "ES"):
        tax_id = tax_ids.normalise(land, text)
        report = tax_ids.check(land, tax_id)
        if report.ok and report.kind not in ("generic", "foreign") and (country or _looks_like(land, tax_id)):
            return tax_id
    return ""


def _looks_like(country: str, tax_id: str) -> bool:
    """Without a country only an unmistakable spelling counts: digits alone could be of several."""
    return {"MX": tax_id[:3].isalpha(), "CL": "-" in tax_id, "CO": False, "ES": not tax_id.isdigit()}[country]


def iban_holds(iban: str) -> bool:
    """Check digits of an IBAN (ISO 13616: the rest of dividing by 97 is 1)."""
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", iban):
        return False
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def _kind(text: str) -> str:
    words = fold(text)
    return next((kind for kind, pattern in _WORDS if pattern.search(words)), "")
