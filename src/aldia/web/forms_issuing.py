"""The lines of a document that the company writes: each reads what was typed and gives a draft's line.

Nothing is required here: a draft may be half written. What is missing to issue it, the draft's own checks say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.domain.fiscal.drafts import EXEMPT, IEPS, ISR, IVA, MICRO, QUOTA, RATE, DraftLine, DraftTax, half_up
from aldia.domain.money import MoneyError, exponent, minor_text, parse_money

MOST_DIGITS = 12  # before the point: more is a slip of the finger
NONE, EXEMPTED = "none", "exempt"
IVA_CHOICES = (
    ("160000", _("IVA 16 %")),
    ("80000", _("IVA 8 % (frontera)")),
    ("0", _("IVA 0 %")),
    (EXEMPTED, _("Exento de IVA")),
    (NONE, _("Sin IVA")),
)
IVA_WITHHELD = (
    ("", _("Sin retención de IVA")),
    ("106667", _("Retiene IVA 10.6667 % (dos tercios)")),
    ("40000", _("Retiene IVA 4 % (autotransporte)")),
    ("60000", _("Retiene IVA 6 % (servicios con personal)")),
    ("80000", _("Retiene IVA 8 %")),
    ("160000", _("Retiene IVA 16 %")),
)
ISR_WITHHELD = (
    ("", _("Sin retención de ISR")),
    ("12500", _("Retiene ISR 1.25 % (RESICO)")),
    ("100000", _("Retiene ISR 10 % (honorarios, arrendamiento)")),
    ("200000", _("Retiene ISR 20 %")),
    ("350000", _("Retiene ISR 35 %")),
)
IEPS_RATES = (30_000, 60_000, 70_000, 80_000, 90_000, 250_000, 265_000, 300_000, 304_000, 500_000, 530_000, 1_600_000)
OBJECTS = (
    ("", _("Según sus impuestos")),
    ("01", _("01 · No objeto de impuesto")),
    ("03", _("03 · Objeto, no obligado al desglose")),
    ("04", _("04 · Objeto, no causa impuesto")),
    ("05", _("05 · Objeto, IVA crédito PODEBI")),
    ("06", _("06 · Objeto del IVA, sin traslado")),
    ("07", _("07 · Sin traslado de IVA, con IEPS")),
    ("08", _("08 · Sin traslado de IVA ni IEPS")),
)
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{0,6})?|\.\d{1,6}")
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*%")
_RATE = re.compile(r"[0-9]{1,7}")


def read_micro(text: str) -> int:
    """A number with at most six decimals, in millionths: "1,234.5" is 1234500000. Raises ValueError."""
    bare = text.strip().lstrip("$").replace(" ", "")
    if not bare.isascii() or not _NUMBER.fullmatch(bare):
        raise ValueError(text)
    whole, _point, decimals = bare.replace(",", "").partition(".")
    if len(whole) > MOST_DIGITS:
        raise ValueError(text)
    return int(whole or 0) * MICRO + int(decimals.ljust(6, "0"))


def micro_text(value: int, places: int = 0) -> str:
    """Millionths as people type them, with at least `places` decimals: 1234500000 is "1234.5"."""
    whole, rest = divmod(value, MICRO)
    decimals = f"{rest:06}".rstrip("0").ljust(places, "0")
    return f"{whole}.{decimals}" if decimals else str(whole)


def percent_text(rate: int) -> str:
    """A rate in millionths as a percent: 106667 is "10.6667"."""
    return micro_text(rate * 100)


class MicroField(forms.CharField):
    """A number with up to six decimals; its value is millionths, None when empty."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"})
        super().__init__(max_length=30, required=False, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return read_micro(text)
        except ValueError:
            raise forms.ValidationError(_("Escribe un número, con seis decimales a lo más.")) from None


class RateField(forms.ChoiceField):
    """One of the usual rates, or the one that the draft already had."""

    def valid_value(self, value: str) -> bool:
        return super().valid_value(value) or _RATE.fullmatch(value) is not None

    def offer(self, value: str) -> None:
        """Put a rate that is not among the usual ones into the list."""
        if _RATE.fullmatch(value or "") and value not in {str(key) for key, _label in self.choices}:
            self.choices = [*self.choices, (value, f"{percent_text(int(value))} %")]


def text_field(label: Any, most: int, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", **attrs})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget)


class LineForm(forms.Form):
    """A concept. Its prefix is a token of the page: lines come and go without being counted."""

    product_key = text_field(_("Clave del SAT"), 8, **{"data-catalogue": "c_ClaveProdServ", "spellcheck": "false"})
    description = forms.CharField(
        label=_("Descripción"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 1, "autocomplete": "off", "data-concepts": ""}),
    )  # fmt: skip
    unit_key = text_field(_("Unidad"), 3, **{"data-catalogue": "c_ClaveUnidad", "spellcheck": "false"})
    quantity = MicroField(label=_("Cantidad"), initial="1")
    unit_price = MicroField(label=_("Precio unitario"))
    discount = forms.CharField(
        label=_("Descuento"), max_length=30, required=False, help_text=_("Importe, o porcentaje: 10 %"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num", "autocomplete": "off"}),
    )  # fmt: skip
    iva = RateField(label=_("IVA"), choices=IVA_CHOICES, initial="160000", required=False)
    iva_withheld = RateField(label=_("Retención de IVA"), choices=IVA_WITHHELD, required=False)
    isr_withheld = RateField(label=_("Retención de ISR"), choices=ISR_WITHHELD, required=False)
    ieps = RateField(label=_("IEPS"), required=False)
    ieps_quota = MicroField(label=_("IEPS por unidad"), help_text=_("Cuota en pesos por litro, kilo o unidad."))
    quota_units = MicroField(label=_("Unidades de la cuota"), help_text=_("Vacío: la cantidad."))
    identification = text_field(_("No. de identificación"), 100)
    unit = text_field(_("Nombre de la unidad"), 20)
    object_code = forms.ChoiceField(label=_("Objeto de impuesto"), choices=OBJECTS, required=False)
    customs = text_field(_("Pedimentos"), 300)
    property_account = text_field(_("Cuenta predial"), 150)

    def __init__(self, *args: Any, currency: str = "MXN", decimal: str = ".", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.decimal = currency, decimal
        none = ("", _("Sin IEPS"))
        rates = [(str(rate), _now("IEPS %(rate)s %%") % {"rate": percent_text(rate)}) for rate in IEPS_RATES]
        self.fields["ieps"].choices = [none, *rates]  # type: ignore[attr-defined]
        for name in ("iva", "iva_withheld", "isr_withheld", "ieps"):
            field = self.fields[name]
            assert isinstance(field, RateField)  # noqa: S101
            field.offer(str(self[name].value() or ""))

    @property
    def has_more(self) -> bool:
        """Whether something is written where a line does not show it at first."""
        names = ("iva_withheld", "isr_withheld", "ieps", "ieps_quota", "identification", "unit", "object_code",
                 "customs", "property_account")  # fmt: skip
        return any(self[name].value() for name in names) or any(self[name].errors for name in names)

    @property
    def is_blank(self) -> bool:
        """Nothing was written in it but what it comes with."""
        return not any(str(self[name].value() or "").strip() for name in ("description", "product_key", "unit_price"))

    def clean_discount(self) -> Any:
        """Minor units, or a percent in ten-thousandths of it as a negative number until the amount is known."""
        text = self.cleaned_data["discount"].strip()
        if not text:
            return 0
        if found := _PERCENT.fullmatch(text):
            rate = read_micro(found[1]) // 100
            if rate > MICRO:
                raise forms.ValidationError(_("Un descuento no pasa de 100 %."))
            return -rate
        try:
            return parse_money(text, self.currency, decimal=self.decimal).minor
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"] or 0

    def clean_unit_price(self) -> int:
        return self.cleaned_data["unit_price"] or 0

    def line(self) -> DraftLine:
        """The draft's line; only after it was found valid."""
        data = self.cleaned_data
        line = self._line(0)
        discount = data["discount"]
        if discount < 0:  # a percent of the amount
            discount = half_up(line.amount * -discount, MICRO)
        return self._line(discount)

    def _line(self, discount: int) -> DraftLine:
        data = self.cleaned_data
        return DraftLine(
            product_key=data["product_key"].strip().upper(),
            unit_key=data["unit_key"].strip().upper(),
            description=" ".join(data["description"].split()),
            quantity_micro=data["quantity"],
            price_micro=data["unit_price"],
            taxes=tuple(taxes_of(data)),
            discount=discount,
            identification=data["identification"].strip(),
            unit=data["unit"].strip(),
            decimals=exponent(self.currency),
            object_code=data["object_code"],
            quota_units=data["quota_units"] or 0,
            customs=tuple(part for part in re.split(r"[;\n]+", data["customs"]) if part.strip()),
            property_account=data["property_account"].strip(),
        )


def taxes_of(data: dict[str, Any]) -> Iterable[DraftTax]:
    """The taxes that a line's choices say."""
    if data["object_code"] in ("01", "03", "04", "05"):
        return
    if data["ieps"]:
        yield DraftTax(IEPS, int(data["ieps"]))
    if data["ieps_quota"]:
        yield DraftTax(IEPS, data["ieps_quota"], factor=QUOTA)
    if data["iva"] == EXEMPTED:
        yield DraftTax(IVA, 0, factor=EXEMPT)
    elif data["iva"] and data["iva"] != NONE:
        yield DraftTax(IVA, int(data["iva"]))
    if data["iva_withheld"]:
        yield DraftTax(IVA, int(data["iva_withheld"]), withheld=True)
    if data["isr_withheld"]:
        yield DraftTax(ISR, int(data["isr_withheld"]), withheld=True)


def initial_of(line: DraftLine, currency: str) -> dict[str, Any]:
    """A draft's line as the form shows it."""
    found: dict[str, Any] = {
        "product_key": line.product_key, "description": line.description, "unit_key": line.unit_key,
        "quantity": micro_text(line.quantity_micro),
        "unit_price": micro_text(line.price_micro, exponent(currency)) if line.price_micro else "",
        "discount": minor_text(line.discount, currency) if line.discount else "",
        "identification": line.identification, "unit": line.unit, "object_code": line.object_code,
        "quota_units": micro_text(line.quota_units) if line.quota_units else "",
        "customs": "; ".join(line.customs), "property_account": line.property_account, "iva": NONE,
    }  # fmt: skip
    for tax in line.taxes:
        found |= _initial_tax(tax)
    return found


def _initial_tax(tax: DraftTax) -> dict[str, str]:
    if tax.code == IEPS:
        return {"ieps_quota": micro_text(tax.rate)} if tax.factor == QUOTA else {"ieps": str(tax.rate)}
    if tax.withheld:
        return {"isr_withheld" if tax.code == ISR else "iva_withheld": str(tax.rate)}
    return {"iva": EXEMPTED if tax.factor == EXEMPT else str(tax.rate)}


def fits(lines: Sequence[DraftLine]) -> bool:
    """Whether the form can show every tax of the lines without losing one."""
    for line in lines:
        names = [name for tax in line.taxes for name in _initial_tax(tax)]
        if len(names) != len(set(names)) or any(tax.factor not in (RATE, QUOTA, EXEMPT) for tax in line.taxes):
            return False
    return True
