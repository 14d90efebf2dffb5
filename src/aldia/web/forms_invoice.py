"""A whole document as the screen has it: its head, its lines, the documents it names; read into a draft and back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.domain.fiscal.drafts import DraftDocument, DraftRelation, GlobalPeriod
from aldia.issuing.models import IssueKind
from aldia.web.forms import currency_choices
from aldia.web.forms_issuer import coded, postal_field
from aldia.web.forms_issuing import LineForm, MicroField, initial_of, micro_text, text_field

MOST_LINES, MOST_RELATED = 300, 100
GENERIC, FOREIGN = "XAXX010101000", "XEXX010101000"
PUE, PPD, TO_BE_SAID = "PUE", "PPD", "99"
METHODS = [(PUE, _("PUE · Se paga en una exhibición")), (PPD, _("PPD · En parcialidades o después"))]
RELATIONS = [
    ("01", _("01 · Nota de crédito")),
    ("02", _("02 · Nota de débito")),
    ("03", _("03 · Devolución de mercancía")),
    ("04", _("04 · Sustituye a")),
    ("05", _("05 · Traslado de mercancía facturada")),
    ("06", _("06 · Factura de traslados previos")),
    ("07", _("07 · Aplica el anticipo")),
]
USUAL_RELATION = {IssueKind.CREDIT_NOTE: "01", IssueKind.DEBIT_NOTE: "02"}
_TOKEN = re.compile(r"[a-z][a-z0-9]{0,15}")
_UUID = re.compile(r"[0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12}")


class HeadForm(forms.Form):
    """Receiver, money, terms. `generic`: for público en general, which says its period."""

    receiver_name = forms.CharField(label=_("Nombre registrado"), max_length=300, required=False)
    receiver_postal_code = postal_field(_("Código postal"))
    receiver_regime = forms.ChoiceField(label=_("Régimen fiscal"), required=False)
    use = forms.ChoiceField(label=_("Uso del CFDI"), required=False)
    residence = text_field(_("País de residencia"), 3, placeholder="USA")
    foreign_id = text_field(_("Identificador fiscal en su país"), 40)
    keep_receiver = forms.BooleanField(label=_("Guardar estos datos en su ficha"), required=False)
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices, required=False)
    exchange_rate = MicroField(label=_("Tipo de cambio"), help_text=_("Pesos por unidad, el del DOF."))
    method = forms.ChoiceField(label=_("Método de pago"), choices=METHODS, required=False)
    form = forms.ChoiceField(label=_("Forma de pago"), required=False)
    conditions = text_field(_("Condiciones de pago"), 1000)
    export = forms.ChoiceField(label=_("Exportación"), required=False)
    periodicity = forms.ChoiceField(label=_("Periodicidad"), required=False)
    months = forms.ChoiceField(label=_("Meses"), required=False)
    year = forms.IntegerField(label=_("Año"), required=False, min_value=2021, max_value=2100)
    note = forms.CharField(
        label=_("Nota para el cliente"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}), help_text=_("Sale en el PDF; el XML no la lleva."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiver_postal_code"].required = False
        empty = ("", _("Elige…"))
        for name, catalogue in CODED.items():
            self.fields[name].choices = [empty, *coded(catalogue)]  # type: ignore[attr-defined]
        for name in ("receiver_regime", "use", "form", "export"):
            self._offer(name)

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or "MXN"

    def _offer(self, name: str) -> None:
        """A code that a draft has and the catalogue does not (any more) stays, and the checks say so."""
        value, field = str(self[name].value() or ""), self.fields[name]
        if re.fullmatch(r"[A-Z0-9]{2,4}", value) and value not in dict(field.choices):  # type: ignore[attr-defined]
            field.choices = [*field.choices, (value, value)]  # type: ignore[attr-defined]


CODED = {
    "receiver_regime": "c_RegimenFiscal", "use": "c_UsoCFDI", "form": "c_FormaPago", "export": "c_Exportacion",
    "periodicity": "c_Periodicidad", "months": "c_Meses",
}  # fmt: skip


class RelatedForm(forms.Form):
    """A document that this one names, and what for."""

    code = forms.ChoiceField(label=_("Relación"), choices=RELATIONS, required=False)
    uuid = text_field("UUID", 40, spellcheck="false", **{"data-documents": ""})

    def clean_code(self) -> str:
        return self.cleaned_data["code"] or RELATIONS[0][0]

    def clean_uuid(self) -> str:
        text = "".join(self.cleaned_data["uuid"].split()).upper()
        if text and not _UUID.fullmatch(text):
            raise forms.ValidationError(_("Un UUID tiene 32 letras y números, en cinco grupos."))
        return text


@dataclass
class Sheet:
    """A document on the screen: forms that were read, or drawn from a draft."""

    head: HeadForm
    lines: list[LineForm]
    related: list[RelatedForm]

    def is_valid(self) -> bool:
        """Whether all that is written can be read; blank rows count for nothing."""
        good = [self.head.is_valid()]
        good += [each.is_valid() for each in self.lines if not each.is_blank]
        good += [each.is_valid() for each in self.related if each["uuid"].value()]
        return all(good)

    def draft(self, base: DraftDocument) -> DraftDocument:
        """The draft that the screen says, over one whose parties and kind are known."""
        data = self.head.cleaned_data
        receiver = replace(
            base.receiver,
            name=" ".join(data["receiver_name"].split()),
            postal_code=data["receiver_postal_code"],
            regime=data["receiver_regime"],
            use=data["use"],
            residence=data["residence"].upper(),
            foreign_id=data["foreign_id"],
        )
        is_home = data["currency"] in ("MXN", "XXX")
        return replace(
            base,
            receiver=receiver,
            lines=tuple(each.line() for each in self.lines if not each.is_blank),
            currency=data["currency"],
            exchange_rate=0 if is_home else data["exchange_rate"] or 0,
            method=data["method"],
            form=data["form"],
            conditions=data["conditions"].strip(),
            relations=self._relations(),
            global_period=_period(data),
            export=data["export"] or "01",
            note=data["note"].strip(),
        )

    def _relations(self) -> tuple[DraftRelation, ...]:
        """The documents named, together by what for, in the order of the screen."""
        groups: dict[str, list[str]] = {}
        for each in self.related:
            if each["uuid"].value() and each.cleaned_data["uuid"] not in groups.get(each.cleaned_data["code"], []):
                groups.setdefault(each.cleaned_data["code"], []).append(each.cleaned_data["uuid"])
        return tuple(DraftRelation(code, tuple(uuids)) for code, uuids in groups.items())

    def errors(self) -> list[str]:
        """What cannot be read, said once each."""
        forms_ = [self.head, *self.lines, *self.related]
        said = [str(text) for form in forms_ if form.is_bound for found in form.errors.values() for text in found]
        return list(dict.fromkeys(said))


def _period(data: Mapping[str, Any]) -> GlobalPeriod | None:
    if not (data["periodicity"] and data["months"]):
        return None
    return GlobalPeriod(data["periodicity"], data["months"], data["year"] or 0)


def read_sheet(data: Mapping[str, Any], *, decimal: str = ".") -> Sheet:
    """What was typed. Rows are named by their tokens: `line` and `related`, in the order of the screen."""
    asked = str(data.get("currency", ""))
    currency = asked if asked in dict(currency_choices()) else "MXN"
    lines = _tokens(data, "line", MOST_LINES)
    return Sheet(
        HeadForm(data),
        [LineForm(data, prefix=each, currency=currency, decimal=decimal) for each in lines],
        [RelatedForm(data, prefix=each) for each in _tokens(data, "related", MOST_RELATED)],
    )


def _tokens(data: Any, name: str, most: int) -> list[str]:
    found = [each for each in data.getlist(name) if _TOKEN.fullmatch(each)]
    return list(dict.fromkeys(found))[:most]


def sheet_of(draft: DraftDocument) -> Sheet:
    """A draft as the screen shows it."""
    lines = [LineForm(prefix=token("l"), initial=initial_of(each, draft.currency), currency=draft.currency)
             for each in draft.lines[:MOST_LINES]]  # fmt: skip
    related = [
        RelatedForm(prefix=token("r"), initial={"code": group.code, "uuid": uuid})
        for group in draft.relations
        for uuid in group.uuids
    ]
    return Sheet(HeadForm(initial=_head_of(draft)), lines or [blank_line(draft.currency)], related)


def _head_of(draft: DraftDocument) -> dict[str, Any]:
    receiver, period = draft.receiver, draft.global_period
    found: dict[str, Any] = {
        "receiver_name": receiver.name, "receiver_postal_code": receiver.postal_code,
        "receiver_regime": receiver.regime, "use": receiver.use, "residence": receiver.residence,
        "foreign_id": receiver.foreign_id, "currency": draft.currency, "method": draft.method, "form": draft.form,
        "conditions": draft.conditions, "export": draft.export, "note": draft.note,
        "exchange_rate": micro_text(draft.exchange_rate) if draft.exchange_rate else "",
    }  # fmt: skip
    if period is not None:
        found |= {"periodicity": period.periodicity, "months": period.months, "year": period.year or ""}
    return found


def blank_line(currency: str, prefix: str = "") -> LineForm:
    return LineForm(prefix=prefix or token("l"), currency=currency)


def blank_related(kind: str, prefix: str = "") -> RelatedForm:
    return RelatedForm(prefix=prefix or token("r"), initial={"code": USUAL_RELATION.get(IssueKind(kind), "04")})


def token(letter: str) -> str:
    """A name for a row that no other row of the page has."""
    return f"{letter}{secrets.token_hex(4)}"
