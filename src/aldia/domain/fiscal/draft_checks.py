"""What a PAC or the authority would refuse in a draft, said before it is sealed: sentences with their field.

Matriz de errores del CFDI 4.0 (codes CFDI40xxx) and c_UsoCFDI, c_RegimenFiscal of catCFDI, both at
http://omawww.sat.gob.mx/tramitesyservicios/Paginas/anexo_20.htm. What only the authority knows (that name and postal
code are those of its register) no check can say; the concepts are checked by `draft_lines`.
"""

from __future__ import annotations

import re
from datetime import date

from aldia.domain import currencies, tax_ids
from aldia.domain.fiscal.catalogues import BUILT_IN
from aldia.domain.fiscal.draft_findings import Exists, Finding, Findings
from aldia.domain.fiscal.draft_lines import check_lines
from aldia.domain.fiscal.drafts import Draft, DraftDocument, DraftParty
from aldia.domain.sentences import gettext_noop

__all__ = ["Finding", "blocking", "by_heart", "check_draft", "fits_person", "fits_regime", "uses_for"]

_POSTAL = re.compile(r"[0-9]{5}")
_KEY = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")
_CAPITAL = re.compile(r"\bS\.? ?A\.?( ?P\.? ?I\.?)?( ?B\.?)?( DE C\.? ?V\.?)?$|\bS\.? DE R\.? ?L\.?( DE C\.? ?V\.?)?$")
NOBODY = "616"  # sin obligaciones fiscales
PUBLIC_NAME = "PUBLICO EN GENERAL"

# c_RegimenFiscal: for whom each is
_ONLY_COMPANIES = frozenset(("601", "603", "620", "623", "624"))
_BOTH = frozenset(("610", "622", "626"))
# c_UsoCFDI: regimes of the receiver
_BUSINESS = frozenset(("601", "603", "606", "612", "620", "621", "622", "623", "624", "625", "626"))
_PERSONAL = frozenset(("605", "606", "607", "608", "611", "612", "614", "615", "625"))
_USES: dict[str, frozenset[str]] = (
    dict.fromkeys(("G01", "G03", *(f"I{n:02d}" for n in range(1, 9))), _BUSINESS)
    | {"G02": _BUSINESS | {NOBODY}}
    | dict.fromkeys((f"D{n:02d}" for n in range(1, 11)), _PERSONAL)
    | {"CN01": frozenset(("605",))}
)
_ONLY_PERSONS = frozenset(f"D{n:02d}" for n in range(1, 11)) | {"CN01"}


def fits_person(regime: str, tax_id: str) -> bool:
    """Whether a regime may be that of a tax id: companies have 12 characters, persons 13."""
    if regime in _BOTH:
        return True
    return (regime in _ONLY_COMPANIES) == (len(tax_id) == 12)


def fits_regime(use: str, regime: str, tax_id: str) -> bool:
    """Whether c_UsoCFDI lets a receiver of that regime and kind of person use it so. S01 and CP01 are for all."""
    if use in _ONLY_PERSONS and len(tax_id) == 12:
        return False
    return regime in _USES.get(use, (regime,))


def uses_for(regime: str, tax_id: str) -> tuple[str, ...]:
    """The uses that a receiver may choose, by code."""
    offered = (use for use in sorted(BUILT_IN["c_UsoCFDI"]) if use not in ("P01", "CP01", "CN01"))
    return tuple(use for use in offered if fits_regime(use, regime, tax_id))


def by_heart(catalogue: str, code: str) -> bool | None:
    """Without the authority's catalogues: the small closed ones are known by heart, of the others nobody can say."""
    if catalogue in ("c_ClaveProdServ", "c_ClaveUnidad", "c_Moneda"):
        return None
    return code in BUILT_IN.get(catalogue, {})


def check_draft(draft: Draft, *, today: date, exists: Exists = by_heart) -> list[Finding]:
    """Every finding, in the order of the form: parties, then how it is paid, relations, concepts, totals."""
    findings = Findings()
    _check_issuer(draft, findings, exists)
    _check_receiver(draft, findings, exists)
    _check_relations(draft, findings, exists)
    if isinstance(draft, DraftDocument):
        _check_money(draft, findings, exists)
        _check_payment(draft, findings, exists)
        _check_global(draft, findings, today)
        findings.text("conditions", draft.conditions, 1000)
        if draft.export == "02":
            told = gettext_noop(
                "La exportación con clave A1 lleva el complemento de comercio exterior: no se emite aquí."
            )
            findings.say("export", told, "CFDI40122")
        check_lines(draft, findings, exists)
    elif not draft.payments:
        findings.say("payments", gettext_noop("El complemento no tiene pagos."))
    findings.text("series", draft.series, 25)
    return findings.found


# ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _check_issuer(draft: Draft, findings: Findings, exists: Exists) -> None:
    issuer = draft.issuer
    if not (issuer.rfc and issuer.name and issuer.regime and draft.place):
        findings.say("issuer", gettext_noop("Faltan los datos fiscales de tu empresa: complétalos en Facturación."))
        return
    _check_name("issuer.name", issuer, findings)
    if findings.code("issuer.regime", "c_RegimenFiscal", issuer.regime, exists, "CFDI40140"):
        _check_person("issuer.regime", issuer, findings, "CFDI40141")
    if not _POSTAL.fullmatch(draft.place):
        findings.say("place", gettext_noop("El lugar de expedición es un código postal de cinco dígitos."), "CFDI40126")


def _check_receiver(draft: Draft, findings: Findings, exists: Exists) -> None:
    receiver = draft.receiver
    report = tax_ids.check("MX", receiver.rfc)
    if not report.ok:
        findings.say("receiver.rfc", report.template, "CFDI40143", **({"name": report.name} if report.name else {}))
    elif receiver.rfc != report.tax_id:
        findings.say("receiver.rfc", gettext_noop("Escribe el RFC en mayúsculas y sin espacios."), "CFDI40143")
    elif report.level == "warning":
        findings.warn("receiver.rfc", report.template)
    if receiver.rfc == draft.issuer.rfc and draft.type_code != "T":
        findings.say("receiver.rfc", gettext_noop("No puedes emitirte este documento a tu propia empresa."))
    _check_name("receiver.name", receiver, findings)
    _check_where(draft, findings)
    if findings.code("receiver.regime", "c_RegimenFiscal", receiver.regime, exists, "CFDI40157"):
        if receiver.rfc in (tax_ids.MX_PUBLIC, tax_ids.MX_FOREIGN):
            if receiver.regime != NOBODY:
                told = gettext_noop("Con RFC genérico el régimen es 616, Sin obligaciones fiscales.")
                findings.say("receiver.regime", told, "CFDI40158")
        else:
            _check_person("receiver.regime", receiver, findings, "CFDI40158")
    if isinstance(draft, DraftDocument):
        _check_use(draft, findings, exists)


def _check_name(where: str, party: DraftParty, findings: Findings) -> None:
    if not findings.text(where, party.name, 300, is_needed=True):
        return
    if party.name != party.name.upper():
        findings.warn(where, gettext_noop("En la constancia del SAT el nombre está en mayúsculas."), "CFDI40145")
    elif len(party.rfc) == 12 and _CAPITAL.search(party.name):
        told = gettext_noop("El nombre va sin el régimen de capital («S.A. de C.V.»), como en la constancia del SAT.")
        findings.warn(where, told, "CFDI40145")


def _check_person(where: str, party: DraftParty, findings: Findings, code: str) -> None:
    if fits_person(party.regime, party.rfc):
        return
    for_companies = gettext_noop("El régimen %(regime)s no es de empresas (personas morales).")
    for_people = gettext_noop("El régimen %(regime)s no es de personas físicas.")
    findings.say(where, for_companies if len(party.rfc) == 12 else for_people, code, regime=party.regime)


def _check_where(draft: Draft, findings: Findings) -> None:
    receiver = draft.receiver
    if not _POSTAL.fullmatch(receiver.postal_code):
        told = gettext_noop("El código postal del domicilio fiscal lleva cinco dígitos.")
        findings.say("receiver.postal_code", told, "CFDI40147")
    elif receiver.rfc in (tax_ids.MX_PUBLIC, tax_ids.MX_FOREIGN) and receiver.postal_code != draft.place:
        told = gettext_noop("Con RFC genérico el código postal es el del lugar de expedición (%(place)s).")
        findings.say("receiver.postal_code", told, "CFDI40149", place=draft.place)
    if receiver.rfc != tax_ids.MX_FOREIGN and (receiver.residence or receiver.foreign_id):
        told = gettext_noop("Residencia y registro tributario son solo de extranjeros (RFC XEXX010101000).")
        findings.say("receiver.residence", told, "CFDI40151")
    elif receiver.residence == "MEX":
        findings.say("receiver.residence", gettext_noop("La residencia fiscal no puede ser México."), "CFDI40152")
    elif receiver.foreign_id and not receiver.residence:
        told = gettext_noop("Con registro tributario hace falta el país de residencia fiscal.")
        findings.say("receiver.residence", told, "CFDI40153")


def _check_use(draft: DraftDocument, findings: Findings, exists: Exists) -> None:
    receiver = draft.receiver
    if not findings.code("receiver.use", "c_UsoCFDI", receiver.use, exists, "CFDI40160"):
        return
    if receiver.use in ("CP01", "CN01", "P01"):
        findings.say("receiver.use", gettext_noop("Ese uso no es de facturas ni de notas."), "CFDI40161")
    elif not fits_regime(receiver.use, receiver.regime, receiver.rfc):
        told = gettext_noop("El uso %(use)s no va con el régimen %(regime)s del cliente.")
        findings.say("receiver.use", told, "CFDI40161", use=receiver.use, regime=receiver.regime)
    elif draft.type_code == "E" and receiver.use not in ("G02", "S01"):
        findings.warn("receiver.use", gettext_noop("Una nota de crédito suele llevar el uso G02."))


# ── how it is paid ────────────────────────────────────────────────────────────────────────────────────────────


def _check_money(draft: DraftDocument, findings: Findings, exists: Exists) -> None:
    if draft.currency == "XXX" or draft.currency not in currencies.CURRENCIES:
        findings.say("currency", gettext_noop("Elige la moneda del documento."), "CFDI40113")
        return
    findings.code("currency", "c_Moneda", draft.currency, exists, "CFDI40113")
    if draft.currency == "MXN" and draft.exchange_rate not in (0, 1_000_000):
        findings.say("exchange_rate", gettext_noop("En pesos no hay tipo de cambio."), "CFDI40114")
    elif draft.currency != "MXN" and draft.exchange_rate <= 0:
        findings.say("exchange_rate", gettext_noop("Escribe el tipo de cambio a pesos."), "CFDI40115")
    elif draft.exchange_rate >= 10**24:
        findings.say("exchange_rate", gettext_noop("El tipo de cambio es demasiado grande."), "CFDI40117")


def _check_payment(draft: DraftDocument, findings: Findings, exists: Exists) -> None:
    if draft.type_code == "T":
        return
    if draft.method not in ("PUE", "PPD"):
        findings.say(
            "method", gettext_noop("Elige si se paga en una sola exhibición (PUE) o después (PPD)."), "CFDI40124"
        )
        return
    if draft.type_code == "E" and draft.method == "PPD":
        findings.say("method", gettext_noop("Una nota de crédito se emite con método PUE."))
    if not findings.code("form", "c_FormaPago", draft.form, exists, "CFDI40104"):
        return
    if draft.method == "PPD" and draft.form != "99":
        findings.say("form", gettext_noop("Con método PPD la forma de pago es 99, Por definir."), "CFDI40105")
    elif draft.method == "PUE" and draft.form == "99":
        told = gettext_noop("Con método PUE hay que decir cómo se paga; si aún no se sabe, el método es PPD.")
        findings.say("form", told)


def _check_global(draft: DraftDocument, findings: Findings, today: date) -> None:
    period, receiver = draft.global_period, draft.receiver
    is_public = receiver.rfc == tax_ids.MX_PUBLIC and receiver.name == PUBLIC_NAME
    if period is None:
        if is_public and draft.type_code == "I":
            told = gettext_noop("A «PUBLICO EN GENERAL» solo se le emite la factura global: di su periodo.")
            findings.say("global_period", told, "CFDI40130")
        return
    if not is_public:
        told = gettext_noop("La factura global se emite a XAXX010101000, «PUBLICO EN GENERAL».")
        findings.say("receiver.rfc", told, "CFDI40146")
    _check_period(draft, findings, today)
    if draft.method != "PUE":
        findings.say("method", gettext_noop("La factura global lleva método PUE."))


def _check_period(draft: DraftDocument, findings: Findings, today: date) -> None:
    period = draft.global_period
    assert period is not None  # noqa: S101
    months = BUILT_IN["c_Meses"]
    if period.periodicity not in BUILT_IN["c_Periodicidad"]:
        findings.say("global_period.periodicity", gettext_noop("Elige la periodicidad."), "CFDI40131")
    elif period.months not in months:
        findings.say("global_period.months", gettext_noop("Elige el mes."), "CFDI40133")
    elif (period.periodicity == "05") != (period.months > "12"):
        told = gettext_noop("Un periodo bimestral lleva dos meses; los demás, uno.")
        findings.say("global_period.months", told, "CFDI40135" if period.periodicity == "05" else "CFDI40134")
    if period.periodicity == "05" and draft.issuer.regime != "621":
        told = gettext_noop("La factura global bimestral es solo del régimen 621.")
        findings.say("global_period.periodicity", told, "CFDI40132")
    if not today.year - 1 <= period.year <= today.year:
        told = gettext_noop("El año de la factura global es este o el anterior.")
        findings.say("global_period.year", told, "CFDI40136")


# ── what it names ─────────────────────────────────────────────────────────────────────────────────────────────


def _check_relations(draft: Draft, findings: Findings, exists: Exists) -> None:
    seen: set[str] = set()
    for place, relation in enumerate(draft.relations):
        where = f"relations.{place}"
        if not findings.code(f"{where}.code", "c_TipoRelacion", relation.code, exists, "CFDI40137"):
            continue
        if relation.code in seen:
            findings.say(f"{where}.code", gettext_noop("Junta en una las relaciones del mismo tipo."))
        seen.add(relation.code)
        _check_relation(draft.type_code, relation.code, f"{where}.code", findings)
        if not relation.uuids:
            findings.say(f"{where}.uuids", gettext_noop("Di con qué documento se relaciona."))
        if any(not _KEY.fullmatch(key) for key in relation.uuids):
            findings.say(f"{where}.uuids", gettext_noop("Un folio fiscal relacionado no está bien escrito."))
        elif len(set(relation.uuids)) != len(relation.uuids):
            findings.say(f"{where}.uuids", gettext_noop("Un folio fiscal relacionado está repetido."))
    if draft.type_code == "E" and not draft.relations:
        findings.warn(
            "relations", gettext_noop("La nota no dice a qué factura corresponde: alguien tendrá que asignarla.")
        )


def _check_relation(type_code: str, code: str, where: str, findings: Findings) -> None:
    if type_code == "P" and code != "04":
        findings.say(where, gettext_noop("Un complemento de pago solo se relaciona con el que sustituye (04)."))
    elif type_code == "I" and code in ("01", "03"):
        told = gettext_noop("La relación %(code)s es de notas de crédito, no de facturas.")
        findings.say(where, told, code=code)
    elif type_code == "E" and code in ("02", "05", "06"):
        findings.say(where, gettext_noop("La relación %(code)s no es de notas de crédito."), code=code)


def blocking(findings: list[Finding]) -> list[Finding]:
    """Those that keep a draft from being submitted."""
    return [each for each in findings if not each.is_warning]
