"""Forms of the bank's pages: they read what was typed; what may be is decided by the operations."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.banking.models import AdjustmentReason, MatchingSettings
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.receivables.models import LedgerAccount
from aldia.web.forms_customers import VersionedForm
from aldia.web.forms_receivables import AmountField, reason_field
from aldia.web.matching_words import ALIAS_KINDS, DIRECTIONS

CHECK = {"class": "form-check-input"}
PLAIN = {"autocomplete": "off"}
MOST_COMMISSIONS = 8
SPARE_COMMISSIONS = 2
MODES = [("auto", _("Concilia sola lo que está demostrado")), ("shadow", _("Solo propone"))]


class UndoForm(forms.Form):
    reason = reason_field(_("Por qué se deshace"), _("Queda en la historia del movimiento."))


class ArchiveForm(forms.Form):
    reason = reason_field(_("Por qué se archiva"))


class CommentForm(forms.Form):
    text = forms.CharField(
        label=_("Comentario"), max_length=2000, widget=forms.Textarea(attrs={"rows": 2, **PLAIN})
    )  # fmt: skip


class AdjustForm(forms.Form):
    """All that is left of a movement, or a part, goes to the account of a reason."""

    reason = forms.ChoiceField(label=_("Motivo"))
    amount = AmountField(label=_("Importe"), help_text=_("Lo que falta por explicar, o solo una parte."))
    note = forms.CharField(label=_("Nota"), max_length=500, required=False, widget=forms.TextInput(attrs=PLAIN))

    def __init__(
        self,
        data: Any = None,
        *,
        reasons: Sequence[AdjustmentReason],
        left: int,
        currency: str,
        decimal: str,
        **kwargs: Any,
    ) -> None:
        shown = minor_text(abs(left), currency).replace(".", decimal)
        super().__init__(data, initial={"amount": shown}, **kwargs)
        self.left = left
        self.reasons = reasons
        self.fields["reason"].choices = [  # type: ignore[attr-defined]
            ("", _("Elige un motivo")), *((str(each.pk), each.name) for each in reasons),
        ]  # fmt: skip
        amount = self.fields["amount"]
        assert isinstance(amount, AmountField)  # noqa: S101
        amount.currency, amount.decimal = currency, decimal

    def clean_amount(self) -> int:
        amount: int = self.cleaned_data["amount"] or 0
        if not 0 < amount <= abs(self.left):
            raise forms.ValidationError(_now("Tiene que ser mayor que cero y no pasar de lo que falta por explicar."))
        return amount if self.left > 0 else -amount

    def values(self) -> dict[str, Any]:
        by_id = {str(each.pk): each.pk for each in self.reasons}
        data = self.cleaned_data
        return {"reason_id": by_id[data["reason"]], "amount": data["amount"], "note": data["note"]}


class AliasForm(VersionedForm):
    """A payer that is not the customer by its own data."""

    kind = forms.ChoiceField(label=_("Qué se reconoce"), choices=list(ALIAS_KINDS.items()))
    value = forms.CharField(
        label=_("Como lo escribe el banco"), max_length=200, widget=forms.TextInput(attrs=PLAIN),
        help_text=_("El RFC, la CLABE o el nombre, tal como aparece en los movimientos."),
    )  # fmt: skip
    note = forms.CharField(
        label=_("Nota"), max_length=300, required=False, widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Por ejemplo: «Paga la matriz por todas las tiendas»."),
    )  # fmt: skip

    def __init__(self, *args: Any, is_new: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["kind"], self.fields["value"]


class ReasonForm(VersionedForm):
    """Why money has no document, and the account it goes to."""

    name = forms.CharField(
        label=_("Motivo"), max_length=100, widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Como lo leerá quien concilia: «Intereses ganados», «Traspaso entre cuentas»."),
    )  # fmt: skip
    code = forms.CharField(
        label=_("Cuenta contable"), max_length=30, widget=forms.TextInput(attrs={"list": "ledger-codes", **PLAIN}),
        help_text=_("El código de tu catálogo. Si no existe, se crea."),
    )  # fmt: skip
    account_name = forms.CharField(
        label=_("Nombre de la cuenta"), max_length=150, required=False, widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Solo si la cuenta es nueva."),
    )  # fmt: skip
    direction = forms.ChoiceField(
        label=_("Se ofrece para"), choices=DIRECTIONS, initial="both", widget=forms.RadioSelect(attrs=CHECK)
    )

    @staticmethod
    def accounts() -> list[LedgerAccount]:
        """The accounts of the chart, to choose from while typing."""
        return list(LedgerAccount.objects.order_by("code")[:500])


class MatchingSettingsForm(VersionedForm):
    """How far matching may go by itself. Amounts are typed in the company's currency."""

    mode = forms.ChoiceField(label=_("Qué hace por sí sola"), choices=MODES, widget=forms.RadioSelect(attrs=CHECK))
    cap = AmountField(
        label=_("Nunca sin preguntar arriba de"), help_text=_("Para cualquier clase, por probada que esté.")
    )
    young_cap = AmountField(
        label=_("Mientras una clase es joven, arriba de"),
        help_text=_("Hasta que tenga suficientes casos tuyos, pregunta desde este importe."),
    )
    rounding = AmountField(label=_("Se toma por redondeo si falta menos de"), help_text=_("Diferencias de centavos."))
    review_per_mille = forms.IntegerField(
        label=_("Revisión a ciegas (de cada mil)"), min_value=5, max_value=100,
        help_text=_("Cuántas conciliaciones automáticas revisa una persona sin ver la respuesta."),
    )  # fmt: skip
    fees = forms.CharField(
        label=_("Comisiones fijas que descuenta el banco"), max_length=300, required=False,
        widget=forms.TextInput(attrs={"inputmode": "decimal", **PLAIN}),
        help_text=_("Separadas por espacios o punto y coma: 5.80; 11.60"),
    )  # fmt: skip

    AMOUNTS = ("cap", "young_cap", "rounding")

    def __init__(self, data: Any = None, *, row: MatchingSettings, currency: str, decimal: str) -> None:
        self.currency, self.decimal = currency, decimal
        shown = {name: self._shown(getattr(row, name)) for name in self.AMOUNTS}
        plain = {"mode": row.mode, "review_per_mille": row.review_per_mille, "version": row.version}
        fees = "; ".join(self._shown(int(each)) for each in row.fees)
        super().__init__(data, initial={**shown, **plain, "fees": fees})
        for name in self.AMOUNTS:
            field = self.fields[name]
            assert isinstance(field, AmountField)  # noqa: S101
            field.currency, field.decimal = currency, decimal
        self.commissions = [CommissionRow(self, place) for place in range(MOST_COMMISSIONS)]
        if data is None:
            for line, kept in zip(self.commissions, row.commissions, strict=False):
                line.show(kept)
        else:
            for line in self.commissions:
                line.take(data)

    @property
    def lines(self) -> list[CommissionRow]:
        """The lines of the table that are drawn: those in use, and some to write in."""
        used = max((line.place + 1 for line in self.commissions if line.key or line.share or line.fixed), default=0)
        return self.commissions[: used + SPARE_COMMISSIONS]

    def _shown(self, minor: int) -> str:
        return minor_text(minor, self.currency).replace(".", self.decimal)

    def read(self, text: str) -> int:
        return parse_money(text, self.currency, decimal=self.decimal).minor

    def clean_fees(self) -> list[int]:
        try:
            return sorted({self.read(each) for each in self.cleaned_data["fees"].replace(";", " ").split()})
        except MoneyError as error:
            raise forms.ValidationError(str(error)) from None

    def is_valid(self) -> bool:
        fine = super().is_valid()
        wrong = [line for line in self.commissions if not line.check()]
        return fine and not wrong

    def values(self) -> dict[str, Any]:
        names = ("mode", *self.AMOUNTS, "review_per_mille", "fees")
        kept = [line.kept for line in self.commissions if line.kept is not None]
        return {name: self.cleaned_data[name] for name in names} | {"commissions": kept}


class CommissionRow:
    """One line of the table of commissions: name, per cent, fixed amount, and VAT on both."""

    def __init__(self, form: MatchingSettingsForm, place: int) -> None:
        self.form, self.place = form, place
        self.key = self.share = self.fixed = self.vat = self.error = ""
        self.kept: dict[str, Any] | None = None

    def show(self, kept: dict[str, Any]) -> None:
        self.key = str(kept.get("key", ""))
        self.share, self.vat = (_percent(int(kept.get(name, 0))) for name in ("ppm", "vat_ppm"))
        fixed = int(kept.get("fixed", 0))
        self.fixed = self.form._shown(fixed) if fixed else ""

    def take(self, data: Any) -> None:
        names = ("key", "share", "fixed", "vat")
        self.key, self.share, self.fixed, self.vat = (
            str(data.get(f"commission-{self.place}-{name}", "")).strip()[:60] for name in names
        )

    def check(self) -> bool:
        """Read what was typed; a line without a name and without figures is no line."""
        if not (self.key or self.share or self.fixed):
            return True
        try:
            if not self.key:
                raise ValueError(_now("Ponle nombre."))
            fixed = self.form.read(self.fixed) if self.fixed else 0
            self.kept = {"key": self.key, "ppm": _ppm(self.share), "fixed": fixed, "vat_ppm": _ppm(self.vat)}
            if not self.kept["ppm"] and not fixed:
                raise ValueError(_now("Escribe el porcentaje o la cantidad fija."))
        except ValueError as error:
            self.error = str(error)
        return not self.error


def _percent(ppm: int) -> str:
    if not ppm:
        return ""
    text = f"{Decimal(ppm) / 10_000:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _ppm(text: str) -> int:
    """A per cent as people write it, as parts per million."""
    if not text:
        return 0
    try:
        value = Decimal(text.replace("%", "").replace(",", ".").strip())
    except InvalidOperation:
        raise ValueError(_now("«%(text)s» no es un porcentaje.") % {"text": text[:20]}) from None
    if not value.is_finite() or not 0 <= value < 100:
        raise ValueError(_now("El porcentaje va de 0 a 100."))
    return int(value * 10_000)
