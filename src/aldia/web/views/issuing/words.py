"""How a draft is said on the screen: its taxes, its totals, and where each finding is mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from aldia.domain.fiscal.draft_checks import Finding
from aldia.domain.fiscal.drafts import EXEMPT, IEPS, ISR, IVA, QUOTA, DraftDocument, DraftTax, sum_taxes
from aldia.issuing.queries import catalogues
from aldia.web.forms_invoice import Sheet
from aldia.web.forms_issuing import LineForm, micro_text, percent_text

CATALOGUES = {"product_key": catalogues.PRODUCTS, "unit_key": catalogues.UNITS}
TAXES = {IVA: "IVA", ISR: "ISR", IEPS: "IEPS"}
FIELDS = {  # of a draft's line: the form's
    "price_micro": "unit_price", "quantity_micro": "quantity", "product_key": "product_key", "unit_key": "unit_key",
    "description": "description", "discount": "discount", "taxes": "iva", "object_code": "object_code",
    "quota_units": "quota_units", "customs": "customs", "property_account": "property_account",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mend:
    """A finding with the id of the field where it is mended ("" where there is none on the page)."""

    sentence: str
    anchor: str = ""
    where: str = ""
    is_warning: bool = False


def figure(value: int, places: int = 0) -> str:
    """Millionths as people read them: "1,250.50"."""
    whole, point, decimals = micro_text(value, places).partition(".")
    return f"{int(whole):,}{point}{decimals}"


def tax_name(tax: DraftTax) -> str:
    """ "IVA 16 %", "Retención de ISR 1.25 %", "IVA exento", "IEPS por unidad"."""
    name = TAXES.get(tax.code, tax.code)
    if tax.factor == EXEMPT:
        return _("%(tax)s exento") % {"tax": name}
    if tax.factor == QUOTA:
        return _("%(tax)s de %(amount)s por unidad") % {"tax": name, "amount": micro_text(tax.rate, 2)}
    words = {"tax": name, "rate": percent_text(tax.rate)}
    return (_("Retención de %(tax)s %(rate)s %%") if tax.withheld else "%(tax)s %(rate)s %%") % words


def totals_of(draft: DraftDocument) -> list[tuple[str, int]]:
    """What leads to the total, line by line: subtotal, discount, each tax with its sign."""
    rows = [(_("Subtotal"), draft.subtotal)]
    if draft.discount:
        rows.append((_("Descuento"), -draft.discount))
    for each in sum_taxes(draft.lines):
        if each.tax.factor != EXEMPT:
            rows.append((tax_name(each.tax), -each.amount if each.tax.withheld else each.amount))
    return rows


def amounts_of(sheet: Sheet, draft: DraftDocument) -> list[tuple[str, int]]:
    """The amount of each line that is written, by its token, after its discount."""
    written = [str(each.prefix) for each in sheet.lines if not each.is_blank]
    return [(token, line.base) for token, line in zip(written, draft.lines, strict=False)]


def said(finding: Finding) -> str:
    """A finding's sentence in the person's language."""
    text = _(finding.template)
    return text % finding.params if finding.params else text


def mends(findings: Iterable[Finding], sheet: Sheet) -> list[Mend]:
    """Each finding with where it is mended on this page."""
    return [Mend(said(each), *_place(each.field, sheet), is_warning=each.is_warning) for each in findings]


def _place(path: str, sheet: Sheet) -> tuple[str, str]:
    """The id of the field that a path in the draft is of, and which concept it is in where there are several."""
    head, _dot, rest = path.partition(".")
    if head == "lines":
        return _place_of_line(rest, sheet)
    name, part = head, "part-issuer" if head in ("issuer", "place") else ""
    if head in ("receiver", "relations", "global_period"):
        last = rest.rpartition(".")[2]
        name = {"receiver": f"receiver_{last}", "global_period": last, "relations": ""}[head]
        name, part = last if last in ("use", "residence", "foreign_id") else name, f"part-{head}"
    if name not in sheet.head.fields:
        return part, ""
    return f"id_{name}", str(sheet.head[name].label)


def _place_of_line(rest: str, sheet: Sheet) -> tuple[str, str]:
    place, _dot, name = rest.partition(".")
    written = [each for each in sheet.lines if not each.is_blank]
    if not place.isdecimal() or int(place) >= len(written):
        first = sheet.lines[0] if sheet.lines else None
        return (str(first["description"].id_for_label) if first else ""), ""
    field = written[int(place)][FIELDS.get(name.partition(".")[0], "description")]
    number = _("Concepto %(number)s") % {"number": int(place) + 1} if len(written) > 1 else ""
    return str(field.id_for_label), " · ".join(each for each in (number, str(field.label)) if each)


def name_codes(lines: Iterable[LineForm]) -> None:
    """Let each code of SAT carry its name, so that the page shows what it means."""
    known: dict[tuple[str, str], str] = {}
    for form in lines:
        for name, catalogue in CATALOGUES.items():
            code = str(form[name].value() or "").strip().upper()[:8]
            if code and (catalogue, code) not in known:
                known[catalogue, code] = catalogues.name_of(catalogue, code)
            form.fields[name].widget.attrs["data-name"] = known.get((catalogue, code), "")


def unreadable(sheet: Sheet) -> list[Mend]:
    """What was typed and cannot be read, field by field."""
    found = []
    forms = [(sheet.head, ""), *((each, "") for each in sheet.related)]
    forms += [(each, _("Concepto %(number)s") % {"number": at}) for at, each in enumerate(sheet.lines, 1)]
    for form, where in forms:
        for name, errors in form.errors.items() if form.is_bound else ():
            field = form[name] if name in form.fields else None
            label = " · ".join(part for part in (where, str(field.label) if field else "") if part)
            found += [Mend(str(text), str(field.id_for_label) if field else "", label) for text in errors]
    return found
